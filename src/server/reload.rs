//! The configuration file, read again while the server runs: what may change does, what may not is said.
//!
//! A file with anything wrong in it changes nothing. What changes, changes for those who come from now on; conversations
//! under way keep the limits that they began with.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;

use super::data::Data;
use super::doors::Doors;
use super::fetching::{Fetcher, Plan};
use super::identities::{Identities, Look, look_at};
use super::ocsp::OcspInquiry;
use super::ports::Plans;
use super::revoked::Cutter;
use super::{logging, settings};
use crate::config::{self, Config, Operators, Submission};
use crate::net::places::Places;

/// The parts of a running server that take other settings.
pub(super) struct Reloader {
    pub(super) in_force: Mutex<InForce>,
    pub(super) data: Arc<Data>,
    pub(super) doors: Arc<ArcSwap<Doors>>,
    pub(super) places: Vec<(&'static str, Arc<Places>)>,
    pub(super) identities: Arc<Identities>,
    pub(super) fetcher: Arc<Fetcher>,
    pub(super) cutter: Arc<Cutter>,
    pub(super) inquiry: Arc<OcspInquiry>,
    /// Puts the settings of `[relay]` in force, for what is queued already too.
    pub(super) relay: OnceLock<Act>,
}

/// What takes other settings by itself.
pub(super) type Act = Box<dyn Fn(&Config) + Send + Sync>;

/// The settings in force, and their file.
pub(super) struct InForce {
    config: Config,
    file: Option<PathBuf>,
    /// How the file looked when it was last read.
    seen: Look,
}

impl InForce {
    pub(super) fn new(config: Config) -> Self {
        Self { config, file: None, seen: Look::new() }
    }
}

/// Whether a file that looks as before is read all the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// An administrator asked.
    Anyway,
    /// Only if it changed.
    IfChanged,
}

/// What may change while the server runs, taken from the new settings; everything else from the old ones. A key that is
/// not here needs a restart, which the log says.
fn merged(old: &Config, new: &Config) -> Config {
    let mut merged = old.clone();
    merged.log.level.clone_from(&new.log.level);
    merged.trust.clone_from(&new.trust);
    // The clock that looks at the files ticks already.
    merged.trust.reread_every = old.trust.reread_every;
    // Limits change, places and identities do not.
    let Operators { listen, certificate, key, tickets, .. } = old.operators.clone();
    merged.operators = Operators { listen, certificate, key, tickets, ..new.operators.clone() };
    let Submission { listen, listen_tls, .. } = old.submission.clone();
    merged.submission = Submission { listen, listen_tls, ..new.submission.clone() };
    let (to, from) = (&mut merged.imap, &new.imap);
    to.append_max = from.append_max;
    (to.connections, to.connections_per_address) = (from.connections, from.connections_per_address);
    merged.relay.clone_from(&new.relay);
    merged
}

impl Reloader {
    /// The settings in force.
    pub(super) fn config(&self) -> Config {
        self.in_force().config.clone()
    }

    /// Says what takes the settings of `[relay]`.
    pub(super) fn reloads_relay(&self, act: Act) {
        // There is one relay, which says so once.
        let _ = self.relay.set(act);
    }

    /// Says which file the settings came from: from now on it is looked at.
    pub(super) fn watch(&self, file: PathBuf) {
        // The first look reads it again: it may have changed since the settings were taken from it.
        self.in_force().file = Some(file);
    }

    /// Reads the file, and puts what may change in force. Waits for the disk.
    pub(super) fn reload(&self, reading: Reading) {
        let mut in_force = self.in_force();
        let Some(file) = in_force.file.clone() else { return };
        let seen = look_at(std::slice::from_ref(&file));
        if reading == Reading::IfChanged && seen == in_force.seen {
            return;
        }
        in_force.seen = seen;
        let new = match config::load(&file) {
            Ok(new) => new,
            Err(problems) => return refused(&problems),
        };
        let merged = merged(&in_force.config, &new);
        if let Err(error) = logging::change_level(&merged.log.level) {
            return refused(&error);
        }
        let applied = config::differing(&in_force.config, &merged);
        let restart = config::differing(&merged, &new);
        if !applied.is_empty() {
            self.apply(&merged);
            tracing::warn!(target: "sceau::server", keys = applied.join(", "), "settings changed");
        }
        if !restart.is_empty() {
            let keys = restart.join(", ");
            tracing::warn!(target: "sceau::server", keys, "these settings changed in the file and need a restart");
        }
        in_force.config = merged;
    }

    fn apply(&self, config: &Config) {
        let doors = self.doors.load().renewed(config, &self.data, &self.identities.trust);
        self.doors.store(Arc::new(doors));
        for (service, limits) in Plans::of(config).limits() {
            for (_, places) in self.places.iter().filter(|(name, _)| *name == service) {
                places.set_limits(limits);
            }
        }
        self.cutter.set(config.trust.cut_revoked_sessions);
        self.inquiry.set_keep(config.trust.crl_every);
        self.fetcher.replan(Plan::of(config));
        if let Some(relay) = self.relay.get() {
            relay(config);
        }
        self.identities.take_settings(settings::trust(config));
    }

    fn in_force(&self) -> std::sync::MutexGuard<'_, InForce> {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(problems: &dyn std::fmt::Display) {
    metrics::counter!("sceau_configuration_refused_total").increment(1);
    tracing::error!(target: "sceau::server", "the configuration file is refused, the old settings stay in force:\n{problems}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const MINIMAL: &str = "[server]\nname = \"a.fr\"\ndomains = \"a.fr\"\n[trust]\nanchors = \"a\"\n[operators]\n\
                           certificate = \"a\"\nkey = \"a\"\n[clients]\ncertificate = \"a\"\nkey = \"a\"\n";

    fn parse(text: &str) -> Config {
        config::parse(text, Path::new("/x/sceau.toml")).unwrap()
    }

    #[test]
    fn limits_change_and_places_do_not() {
        let old = parse(MINIMAL);
        let new = parse(
            &MINIMAL
                .replace(
                    "[operators]",
                    "crl_every = \"2 h\"\nreread_every = \"2 min\"\n[operators]\nmessage_max = \"1 MB\"\nmessages_per_minute = 7",
                )
                .replace("name = \"a.fr\"", "name = \"b.fr\"\ndata = \"/y\""),
        );
        let merged = merged(&old, &new);
        assert_eq!(
            config::differing(&old, &merged),
            ["[trust] crl_every", "[operators] message_max", "[operators] messages_per_minute"]
        );
        assert_eq!(config::differing(&merged, &new), ["[server] name", "[server] data", "[trust] reread_every"]);
        assert!(config::differing(&old, &old.clone()).is_empty());
    }
}
