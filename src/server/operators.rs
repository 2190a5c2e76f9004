//! Who serves which domain, for what is grouped by operator: the plan of deliveries and the queue's tables.

use std::sync::{Arc, OnceLock};

use crate::config::Config;
use crate::mail::{Domain, Edge};
use crate::server::settings;
use crate::trust::{Settings, Trust};

/// Names operators by the white list.
pub struct Operators {
    settings: Settings,
    edge: Edge,
    trust: OnceLock<Option<Arc<Trust>>>,
}

impl Operators {
    /// By the white list of this configuration, which is read when it is first needed.
    #[must_use]
    pub fn new(config: &Config, edge: &Edge) -> Self {
        Self { settings: settings::trust(config), edge: edge.clone(), trust: OnceLock::new() }
    }

    /// By the white list that a running server keeps up to date.
    pub fn follow(&self, trust: &Arc<Trust>) {
        // told once, before anybody asks
        let _ = self.trust.set(Some(Arc::clone(trust)));
    }

    /// The name of a domain's operator: its certificate's subject, the first in alphabetical order where the domain is
    /// open to several; the domain itself when it is not listed.
    #[must_use]
    pub fn of(&self, domain: &Domain) -> String {
        let load = || self.settings.load(self.edge.now()).ok().map(|snapshot| Arc::new(Trust::new(snapshot)));
        let trust = self.trust.get_or_init(load);
        let names = trust.as_ref().map(|trust| trust.snapshot());
        let name = names.and_then(|snapshot| snapshot.list.names_of(domain).map(ToString::to_string).min());
        name.unwrap_or_else(|| domain.to_string())
    }
}
