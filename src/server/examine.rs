//! Looks at everything that a configuration names, without starting anything: what `sceau check` tells.
//!
//! Each finding says what was looked at and how it is; a bad one says what to do. Nothing is changed.

use std::collections::HashSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::lock::{DataLock, LockError};
use super::{settings, tokens};
use crate::config::Config;
use crate::mail::Time;
use crate::net::tls::{Identity, Offered, Tickets, offered};
use crate::trust::{Age, CertificateFacts, Snapshot, Trust};

/// What ends within so many days is mentioned, ever more urgently.
const SOON_DAYS: [i64; 3] = [1, 7, 30];
const DAY: i64 = 86_400;

/// The fewest of the days for warnings that are left. Days that are more than half of the whole life are no warning:
/// a revocation list for a week always ends within a week.
fn soon(begun: Time, end: Time, now: Time) -> Option<i64> {
    let (whole, left) = (end.secs() - begun.secs(), end.secs() - now.secs());
    SOON_DAYS.into_iter().find(|days| left < days * DAY && 2 * days * DAY <= whole)
}

fn within(days: i64) -> String {
    if days == 1 { "moins d'un jour".to_owned() } else { format!("moins de {days} jours") }
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Good,
    /// It works, but not for long or not as well as it could.
    Warning,
    /// The server would not start, or not do its work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub grade: Grade,
    /// What it is and how, in French; for a bad one with the remedy.
    pub text: String,
}

/// Looks at everything.
#[must_use]
pub fn examine(config: &Config, now: Time) -> Vec<Finding> {
    let mut report = Report { list: examine_files(config, now), now };
    report.tls(config);
    if report.data(config) {
        report.ports(config);
    }
    report.list
}

/// Looks at certificates, keys and lists.
#[must_use]
pub fn examine_files(config: &Config, now: Time) -> Vec<Finding> {
    let mut report = Report { list: Vec::new(), now };
    let trust = report.trust(config);
    report.operator(config, trust.as_ref());
    report.clients(config);
    report.tokens(config);
    report.secret("clé maîtresse", &settings::master_key(config));
    for key in fs::read_dir(settings::ledger_keys(config)).into_iter().flatten().flatten() {
        report.secret("clé du journal de preuves", &key.path());
    }
    report.list
}

struct Report {
    list: Vec<Finding>,
    now: Time,
}

impl Report {
    fn add(&mut self, grade: Grade, text: impl Into<String>) {
        self.list.push(Finding { grade, text: text.into() });
    }

    fn good(&mut self, text: impl Into<String>) {
        self.add(Grade::Good, text);
    }

    fn bad(&mut self, text: impl Into<String>) {
        self.add(Grade::Bad, text);
    }

    /// What every handshake offers: nothing of it is a setting, but for the resumption of sessions.
    // [mss#4]
    fn tls(&mut self, config: &Config) {
        let Offered { versions, suites, groups } = offered();
        let tickets = match config.operators.tickets {
            Tickets::Off => "sans reprise de session",
            Tickets::On => "avec reprise de session",
        };
        self.good(format!("TLS : {}, {tickets}", versions.join(", ")));
        self.good(format!("TLS, suites : {}", suites.join(", ")));
        self.good(format!("TLS, courbes : {}", groups.join(", ")));
    }

    fn trust(&mut self, config: &Config) -> Option<Trust> {
        let snapshot = match settings::trust(config).look(None, self.now) {
            Ok(look) => {
                look.problems.iter().for_each(|error| self.bad(format!("espace de confiance : {error}")));
                look.snapshot
            }
            Err(error) => {
                self.bad(format!("espace de confiance : {error}"));
                return None;
            }
        };
        let mut told = HashSet::new();
        for authority in snapshot.anchors.roots().iter().chain(snapshot.anchors.authorities()) {
            if told.insert(authority.sha256) {
                self.dates("autorité", authority);
            }
        }
        self.revocation(config, &snapshot);
        self.white_list(config, &snapshot);
        Some(Trust::new(snapshot))
    }

    fn revocation(&mut self, config: &Config, snapshot: &Snapshot) {
        let grace = i64::try_from(config.trust.crl_grace.as_secs()).unwrap_or(i64::MAX);
        if snapshot.revocation.facts().next().is_none() {
            let text = "aucune CRL : les opérateurs reçoivent 451 tant qu'aucune n'est là (unknown_revocation) ; \
                        le serveur télécharge crl_urls et celles que nomment les certificats";
            self.add(Grade::Warning, text);
        }
        for crl in snapshot.revocation.facts() {
            let text = format!(
                "CRL de {} : du {}, jusqu'au {}, {} certificats révoqués{}",
                crl.issuer,
                crl.this_update,
                crl.next_update,
                crl.revoked,
                if crl.verified { "" } else { " (signature vérifiée à l'usage)" }
            );
            if self.now <= crl.next_update {
                match soon(crl.this_update, crl.next_update, self.now) {
                    None => self.good(text),
                    Some(days) => self.add(
                        Grade::Warning,
                        format!("{text} : finit dans {} ; vérifier crl_urls et le réseau", within(days)),
                    ),
                }
            } else if self.now <= crl.next_update.plus_secs(grace) {
                self.add(Grade::Warning, format!("{text} : périmée, encore utilisée (crl_grace) ; la retélécharger"));
            } else if crl.verified {
                self.bad(format!("{text} : périmée ; la retélécharger"));
            } else {
                let why = "périmée ; son autorité n'est pas dans « anchors » : ne concerne que qui la montrerait";
                self.add(Grade::Warning, format!("{text} : {why}"));
            }
        }
    }

    fn white_list(&mut self, config: &Config, snapshot: &Snapshot) {
        let list = &snapshot.list;
        let text = format!(
            "liste blanche du {} : {} lignes, {} domaines, {} opérateurs",
            list.generated(),
            list.rows().len(),
            list.domain_count(),
            list.names().len()
        );
        match snapshot.list_age(self.now) {
            Age::Current => {
                let end = snapshot.list_end();
                match soon(list.generated(), end, self.now) {
                    None => self.good(text),
                    Some(days) => {
                        let within = within(days);
                        self.add(Grade::Warning, format!("{text} : ne servira plus dans {within} ; la retélécharger"));
                    }
                }
            }
            Age::Grace => {
                let left = soon(list.generated(), snapshot.list_end(), self.now);
                let left = left.map_or_else(String::new, |days| format!(", ne servira plus dans {}", within(days)));
                self.add(Grade::Warning, format!("{text} : ancienne{left} ; la retélécharger"));
            }
            Age::Stale => self.bad(format!("{text} : trop ancienne pour servir ; la retélécharger")),
        }
        for note in list.left_out() {
            self.add(Grade::Warning, format!("liste blanche : ligne {} écartée : {}", note.line, note.what));
        }
        for domain in config.server.domains.iter().filter(|domain| !list.lists(domain)) {
            self.bad(format!("{domain} n'est pas dans la liste blanche : aucun opérateur n'y écrira"));
        }
    }

    fn operator(&mut self, config: &Config, trust: Option<&Trust>) {
        let section = &config.operators;
        let Some(identity) = self.identity("[operators]", &section.certificate, &section.key) else { return };
        let Some(trust) = trust else { return };
        match trust.operator(&identity.chain(), self.now) {
            Ok(operator) => {
                for domain in &config.server.domains {
                    if operator.may_send_for(domain) {
                        self.good(format!("notre certificat est celui de la liste blanche pour {domain}"));
                    } else {
                        self.bad(format!("la liste blanche ne donne pas notre certificat pour {domain}"));
                    }
                }
            }
            Err(refusal) => self.bad(format!("les autres opérateurs refuseront notre certificat : {}", refusal.text())),
        }
    }

    fn clients(&mut self, config: &Config) {
        let section = &config.clients;
        self.identity("[clients]", &section.certificate, &section.key);
    }

    fn tokens(&mut self, config: &Config) {
        match tokens::settings(config) {
            Ok(None) => {}
            Ok(Some(settings)) => {
                for provider in &settings.providers {
                    self.good(format!("jetons de {} : acceptés", provider.issuer));
                }
            }
            Err(error) => self.bad(error.to_string()),
        }
    }

    fn identity(&mut self, place: &str, certificate: &Path, key: &Path) -> Option<Identity> {
        self.secret(&format!("{place} key"), key);
        match Identity::load(certificate, key) {
            Ok(identity) => {
                self.dates(&format!("{place} certificat"), identity.facts());
                Some(identity)
            }
            Err(error) => {
                self.bad(format!("{place} {error}"));
                None
            }
        }
    }

    fn dates(&mut self, what: &str, facts: &CertificateFacts) {
        let text = format!("{what} {} : jusqu'au {}", facts.subject, facts.not_after);
        if self.now < facts.not_before {
            self.bad(format!("{text} : valable seulement à partir du {}", facts.not_before));
        } else if self.now > facts.not_after {
            self.bad(format!("{text} : expiré ; le renouveler"));
        } else if let Some(days) = soon(facts.not_before, facts.not_after, self.now) {
            self.add(Grade::Warning, format!("{text} : expire dans {} ; le renouveler", within(days)));
        } else {
            self.good(text);
        }
    }

    /// A secret must be its owner's alone. One that is not there yet is made at the first start.
    fn secret(&mut self, what: &str, file: &Path) {
        let Ok(facts) = fs::metadata(file) else { return };
        let mode = facts.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            self.good(format!("{what} : {} (droits {mode:04o})", file.display()));
        } else {
            let file = file.display();
            self.bad(format!("{what} : {file} est lisible par d'autres (droits {mode:04o}) ; chmod 600 {file}"));
        }
    }

    /// Whether no server runs on this data: only then are the ports to be free.
    fn data(&mut self, config: &Config) -> bool {
        let data = &config.server.data;
        if !data.exists() {
            self.add(
                Grade::Warning,
                format!("données : {} n'existe pas encore ; créé au premier démarrage", data.display()),
            );
            return true;
        }
        match DataLock::take(data) {
            Ok(_) => {
                self.good(format!("données : {} (accessible, aucun serveur en marche)", data.display()));
                true
            }
            Err(LockError::Held { by, .. }) => {
                self.good(format!("données : {} (serveur en marche, processus {by})", data.display()));
                false
            }
            Err(error) => {
                self.bad(format!("données : {error} ; ce répertoire doit appartenir à l'utilisateur du serveur"));
                true
            }
        }
    }

    fn ports(&mut self, config: &Config) {
        for (service, address) in listened(config) {
            match TcpListener::bind(address) {
                Ok(_) => self.good(format!("port {address} ({service}) : libre")),
                Err(source) => {
                    let error = crate::net::listener::BindError { service, address, source };
                    self.bad(format!("port {address} ({service}) : {} ; {}", error.source, error.remedy()));
                }
            }
        }
    }
}

/// Every address that the server would listen on.
fn listened(config: &Config) -> Vec<(&'static str, SocketAddr)> {
    let services: [(&'static str, &[SocketAddr]); 5] = [
        ("smtp", &config.operators.listen),
        ("submission", &config.submission.listen),
        ("submissions", &config.submission.listen_tls),
        ("imap", &config.imap.listen),
        ("imaps", &config.imap.listen_tls),
    ];
    services.into_iter().flat_map(|(name, addresses)| addresses.iter().map(move |address| (name, *address))).collect()
}
