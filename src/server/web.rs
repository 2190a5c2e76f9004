//! The web as flows ask it: witnesses, time stamps, peers' logs.

use std::sync::Arc;
use std::time::Duration;

use super::data::StartError;
use crate::config::Config;
use crate::flows::web::{Ask, Said, Web};
use crate::mail::{Edge, Fault, Status};
use crate::net::http::{ClearText, Client, Request, Settings, Url};
use crate::trust::{Anchors, load_anchors};

/// For one request as a whole. Witnesses answer in milliseconds; one that is dead must not hold up the others' round.
const WITHIN: Duration = Duration::from_secs(8);

/// Asks over HTTPS, with the anchors of the configuration.
#[derive(Clone)]
pub struct HttpWeb(Client);

impl HttpWeb {
    /// With the anchors of `[proofs]`, or of `[trust]` where it names none.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn new(config: &Config, edge: &Edge) -> Result<Self, StartError> {
        let own = &config.proofs.anchors;
        let files = if own.is_empty() { &config.trust.anchors } else { own };
        let anchors = load_anchors(files).map_err(StartError::new)?;
        Self::with(anchors, edge)
    }

    /// With these anchors.
    ///
    /// # Errors
    /// When they can't be used.
    pub fn with(anchors: Anchors, edge: &Edge) -> Result<Self, StartError> {
        let settings = Settings { within: WITHIN, ..Settings::default() };
        Client::new(anchors, settings, Arc::clone(&edge.clock)).map(Self).map_err(StartError::new)
    }

    /// Also in clear text: for answers that are signed themselves, as time stamps are.
    #[must_use]
    pub fn with_clear_text(&self) -> Self {
        let settings = Settings { within: WITHIN, clear_text: ClearText::Allowed, ..Settings::default() };
        Self(self.0.within(settings))
    }
}

impl Web for HttpWeb {
    async fn ask(&self, ask: Ask) -> Result<Said, Fault> {
        let no = |error: &dyn std::fmt::Display| Fault::upstream(Status::PeerUnreachable, error.to_string());
        let url: Url = ask.url.parse().map_err(|error| no(&error))?;
        let request = match ask.post {
            Some((kind, body)) => Request::post(&url, kind, body),
            None => Request::get(&url),
        };
        let request = match ask.token {
            Some(token) => request.with_secret("authorization", &format!("Bearer {token}")),
            None => request,
        };
        let response = self.0.send(request).await.map_err(|error| no(&error))?;
        Ok(Said { status: response.status, kind: response.kind, body: response.body })
    }
}
