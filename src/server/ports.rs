//! The ports: bound together before any of them accepts, so that a server listens everywhere or nowhere.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::settings::count;
use crate::config::Config;
use crate::mail::{Fault, Status};
use crate::net::connection::{Notice, Patience, Start, TlsPort};
use crate::net::listener::{BindError, Limits, Listener, Service};
use crate::net::places::Places;
use crate::sessions::Session;

/// Where each service listens.
#[derive(Debug, Clone, Default)]
pub struct Addresses(BTreeMap<&'static str, Vec<SocketAddr>>);

impl Addresses {
    /// The addresses of `smtp`, `submission`, `submissions`, `imap`, `imaps` or `proofs`.
    #[must_use]
    pub fn of(&self, service: &str) -> &[SocketAddr] {
        self.0.get(service).map_or(&[], Vec::as_slice)
    }
}

impl Addresses {
    /// Adds the addresses of a service that has ports of its own.
    pub(super) fn add(&mut self, service: &'static str, listeners: &[Listener]) {
        if !listeners.is_empty() {
            self.0.insert(service, listeners.iter().map(Listener::address).collect());
        }
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (service, addresses)) in self.0.iter().enumerate() {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            write!(f, "{}{service} {}", if number == 0 { "" } else { ", " }, addresses.join(" "))?;
        }
        Ok(())
    }
}

/// Which protocol a busy server refuses in.
#[derive(Clone, Copy)]
enum Voice {
    Smtp,
    Imap,
}

/// One service as the configuration describes it.
pub(super) struct Plan {
    name: &'static str,
    start: Start,
    listen: Vec<SocketAddr>,
    limits: Limits,
    voice: Voice,
}

/// The five services.
pub(super) struct Plans {
    pub(super) smtp: Plan,
    pub(super) submission: Plan,
    pub(super) submissions: Plan,
    pub(super) imap: Plan,
    pub(super) imaps: Plan,
}

impl Plans {
    pub(super) fn of(config: &Config) -> Self {
        let limits = |total: u32, per_address: u32| Limits { total: count(total), per_address: count(per_address) };
        let (operators, submission, imap) = (&config.operators, &config.submission, &config.imap);
        let operators_limits = limits(operators.connections, operators.connections_per_address);
        let submission_limits = limits(submission.connections, submission.connections_per_address);
        let imap_limits = limits(imap.connections, imap.connections_per_address);
        let plan = |name, start, listen: &[SocketAddr], limits, voice| Plan {
            name,
            start,
            listen: listen.to_vec(),
            limits,
            voice,
        };
        Self {
            smtp: plan("smtp", Start::Plain, &operators.listen, operators_limits, Voice::Smtp),
            submission: plan("submission", Start::Plain, &submission.listen, submission_limits, Voice::Smtp),
            submissions: plan("submissions", Start::Tls, &submission.listen_tls, submission_limits, Voice::Smtp),
            imap: plan("imap", Start::Plain, &imap.listen, imap_limits, Voice::Imap),
            imaps: plan("imaps", Start::Tls, &imap.listen_tls, imap_limits, Voice::Imap),
        }
    }
}

impl Plans {
    /// The limits of each service, by its name.
    pub(super) fn limits(&self) -> [(&'static str, Limits); 5] {
        let Self { smtp, submission, submissions, imap, imaps } = self;
        [smtp, submission, submissions, imap, imaps].map(|plan| (plan.name, plan.limits))
    }
}

/// A service whose ports are bound.
pub(super) struct Bound {
    plan: Plan,
    places: Arc<Places>,
    listeners: Vec<Listener>,
}

impl Plan {
    /// Takes the ports.
    pub(super) async fn bind(self) -> Result<Bound, BindError> {
        let mut listeners = Vec::with_capacity(self.listen.len());
        for address in &self.listen {
            listeners.push(Listener::bind(self.name, *address).await?);
        }
        Ok(Bound { places: Places::new(self.limits), plan: self, listeners })
    }
}

impl Bound {
    /// Says where it listens.
    pub(super) fn enter(&self, addresses: &mut Addresses) {
        addresses.add(self.plan.name, &self.listeners);
    }

    /// Its name, and its places, which outlive the listeners in metrics and take other limits.
    pub(super) fn places(&self) -> (&'static str, Arc<Places>) {
        (self.plan.name, Arc::clone(&self.places))
    }

    /// Accepts on every port; `open` makes the session of a peer.
    pub(super) fn serve<S, F>(
        self,
        tasks: &mut JoinSet<()>,
        tls: Arc<dyn TlsPort>,
        shutdown: &watch::Receiver<Notice>,
        open: F,
    ) where
        S: Session + 'static,
        F: Fn(SocketAddr) -> S + Clone + Send + Sync + 'static,
    {
        let service = Arc::new(Service {
            name: self.plan.name,
            start: self.plan.start,
            tls: Some(tls),
            patience: Patience::default(),
            busy: busy(self.plan.voice),
        });
        for listener in self.listeners {
            let run = listener.run(Arc::clone(&service), Arc::clone(&self.places), open.clone(), shutdown.clone());
            tasks.spawn(boxed(run));
        }
    }
}

/// Keeps a large future off the stack of its spawner.
fn boxed(future: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send + 'static {
    Box::pin(future)
}

fn busy(voice: Voice) -> Vec<u8> {
    // told only to an address that has all that it may have: a flood from everywhere gets no answer
    let fault = Fault::peer(Status::TooManyConnections, "no place");
    match voice {
        Voice::Smtp => format!("{} {}\r\n", Status::TooManyConnections.smtp(), fault.smtp_text()),
        Voice::Imap => format!("* BYE {}\r\n", fault.imap_text()),
    }
    .into_bytes()
}
