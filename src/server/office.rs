//! What an administrator may ask of the data: the same whether a server runs (through the control socket) or not
//! (by a command that opens the data itself).

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::accounts::{AccountOrder, Accounts};
use super::control::Reply;
use super::counter::{self, QueueAsk};
use super::data::Data;
use super::destroy::{self, HoldOn, Salvaged};
use super::evidence::{DossierFacts, ExportedProof, LedgerFacts, Traced, Which, dossier, export, ledger, trace};
use super::live::Live;
use super::refusals::RefusalFacts;
use super::stats;
use crate::flows::Salvage;
use crate::mail::{Fault, Status};
use crate::store::{AccountToo, CheckReport};
use crate::trust::{Offered, Shrink};

/// One request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Something about accounts.
    Account(AccountOrder),
    /// What concerns the queue.
    Queue {
        /// What.
        ask: QueueAsk,
    },
    /// The consistency of everything that is stored, as [`StoreFacts`].
    StoreCheck,
    /// Messages whose rows were lost come back, as [`Salvaged`]; not while a server runs.
    StoreSalvage,
    /// What a running server counts and measures, as text.
    Metrics,
    /// The statistics of a month (`2026-11`), as [`MonthFacts`](stats::MonthFacts).
    Stats {
        /// Which.
        month: String,
    },
    /// The last operators that a running server refused, as `RefusalFacts`.
    Refusals {
        /// Of this peer (`192.0.2.1:40123`) only.
        peer: Option<String>,
    },
    /// Fetches the white list now, as [`ListFetched`].
    TrustListFetch {
        /// Whether it may lack more rows than the configuration allows.
        accept_shorter: bool,
    },
    /// Everything that opens what is recorded of a person goes for good; the number of leaves.
    ErasePerson {
        /// The person's address, here or elsewhere.
        address: String,
        /// On which ground: a word for the log.
        ground: String,
        /// Their account here goes too.
        with_account: bool,
    },
    /// A hold keeps something from purges and erasure.
    HoldAdd {
        /// What.
        on: HoldOn,
        /// Why.
        reason: String,
    },
    /// All holds, as [`HoldFacts`](super::destroy::HoldFacts).
    HoldList,
    /// A hold is lifted; whether there was one.
    HoldRemove {
        /// From what.
        on: HoldOn,
    },
    /// What is old goes now, as [`PurgeFacts`](super::destroy::PurgeFacts).
    StorePurge,
    /// How far a message has come, and its events, as [`Traced`].
    Trace {
        /// Which ones.
        which: Which,
    },
    /// The proof files of envelopes, as [`ExportedProof`].
    ProofExport {
        /// Which ones.
        which: Which,
    },
    /// What a sender can show of a message, as [`DossierFacts`].
    Dossier {
        /// Which ones.
        which: Which,
    },
    /// The log of proofs and its witnesses, as [`LedgerFacts`].
    Ledger,
    /// Leaves a log that is held as it is and begins another beside it. Gives the new one's origin.
    LedgerBeginAgain,
}

/// A password on its way to be hashed: never printed, wiped after use.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(#[serde(with = "plain")] pub Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// What `store check` found.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoreFacts {
    /// What was looked at, for people.
    pub summary: String,
    /// Everything that is wrong; empty when all is well.
    pub problems: Vec<String>,
}

/// What a fetched white list came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListFetched {
    /// Whether another list is in force now.
    pub taken: bool,
    /// Rights that it has and the one before had not.
    pub added: usize,
    /// Rights that only the one before had.
    pub removed: usize,
}

impl ListFetched {
    /// In numbers.
    #[must_use]
    pub fn of(offered: &Offered) -> Self {
        match offered {
            Offered::Taken(diff) => Self { taken: true, added: diff.added.len(), removed: diff.removed.len() },
            Offered::Same => Self { taken: false, added: 0, removed: 0 },
        }
    }
}

/// Answers requests.
pub struct Office {
    data: Arc<Data>,
    live: OnceLock<Arc<Live>>,
}

impl Office {
    /// An office over opened data.
    #[must_use]
    pub fn new(data: Arc<Data>) -> Self {
        Self { data, live: OnceLock::new() }
    }

    /// The server runs: from now on its office can also answer what only a running server knows.
    pub(super) fn goes_live(&self, live: Arc<Live>) {
        // There is one server an office, so one call.
        let _ = self.live.set(live);
    }

    /// Carries a request out.
    pub async fn answer(&self, request: Request) -> Reply {
        tracing::info!(target: "sceau::control", request = word(&request), "asked");
        let done = match request {
            Request::Account(order) => Accounts(&self.data).carry_out(order).await.map(Reply::Done),
            Request::Queue { ask } => counter::answer(&self.data, ask).await,
            Request::StoreCheck => json(self.check().await),
            Request::StoreSalvage => json(self.salvage().await),
            Request::Metrics => json(self.metrics().await),
            Request::Stats { month } => json(stats::month(&self.data, month).await),
            Request::Refusals { peer } => json(self.refusals(peer.as_deref())),
            Request::TrustListFetch { accept_shorter } => json(self.fetch_list(accept_shorter).await),
            Request::ErasePerson { address, ground, with_account } => {
                let account = if with_account { AccountToo::Yes } else { AccountToo::No };
                json(destroy::erase(&self.data, &address, &ground, account).await)
            }
            Request::HoldAdd { on, reason } => json(destroy::hold(&self.data, &on, &reason).await),
            Request::HoldList => json(destroy::holds(&self.data)),
            Request::HoldRemove { on } => json(destroy::lift(&self.data, &on).await),
            Request::StorePurge => json(destroy::purge(&self.data).await),
            Request::Trace { which } => json(self.trace(&which)),
            Request::ProofExport { which } => json(self.export(which).await),
            Request::Dossier { which } => json(self.dossier(which).await),
            Request::Ledger => json(self.ledger()),
            Request::LedgerBeginAgain => json(self.begin_again().await),
        };
        done.unwrap_or_else(|fault| {
            tracing::info!(target: "sceau::control", reason = ?fault.status, "refused");
            Reply::Failed(in_french(&fault))
        })
    }

    /// The consistency of everything stored. Writes wait meanwhile.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn check(&self) -> Result<StoreFacts, Fault> {
        let report = self.data.store.check().await?;
        let verdict = if report.is_clean() { "tout concorde" } else { "tout ne concorde pas" };
        let CheckReport { accounts, mailboxes, messages, bodies, events, findings } = report;
        Ok(StoreFacts {
            summary: format!(
                "{accounts} comptes, {mailboxes} dossiers, {messages} messages, {bodies} corps relus, {events} événements : {verdict}"
            ),
            problems: findings.iter().map(ToString::to_string).collect(),
        })
    }

    async fn salvage(&self) -> Result<Salvaged, Fault> {
        if self.live.get().is_some() {
            return Err(Fault::user(
                Status::Syntax,
                "le serveur tourne : l'arrêter d'abord, des messages sont en chemin",
            ));
        }
        Salvage::run(&self.data.store).await.map(Salvaged::of)
    }

    fn refusals(&self, peer: Option<&str>) -> Result<Vec<RefusalFacts>, Fault> {
        Ok(self.live()?.refusals.of(peer))
    }

    fn live(&self) -> Result<Arc<Live>, Fault> {
        let live = self.live.get().map(Arc::clone);
        live.ok_or_else(|| Fault::user(Status::NoSuchMailbox, "aucun serveur ne tourne"))
    }

    async fn fetch_list(&self, accept_shorter: bool) -> Result<ListFetched, Fault> {
        let shrink = if accept_shorter { Shrink::Accepted } else { Shrink::Refused };
        let offered = self.live()?.fetcher.list(shrink).await;
        offered
            .map(|offered| ListFetched::of(&offered))
            .map_err(|error| Fault::user(Status::TrustStale, error.to_string()))
    }

    async fn metrics(&self) -> Result<String, Fault> {
        let live = self.live()?;
        let text = tokio::task::spawn_blocking(move || live.gauges.text()).await;
        text.map_err(|error| Fault::ours(Status::Storage, "metrics").caused_by(error))
    }

    /// How far a message has come, and its events.
    ///
    /// # Errors
    /// When there is no such envelope here.
    pub fn trace(&self, which: &Which) -> Result<Traced, Fault> {
        trace(&self.data.proofs, which)
    }

    /// The proof files of envelopes.
    ///
    /// # Errors
    /// When there is no such envelope here, or the ledger can't be read.
    pub async fn export(&self, which: Which) -> Result<Vec<ExportedProof>, Fault> {
        let data = Arc::clone(&self.data);
        let exported = tokio::task::spawn_blocking(move || export(&data.proofs, &which)).await;
        exported.map_err(|error| Fault::ours(Status::Storage, "proof export").caused_by(error))?
    }

    /// What a sender can show of a message.
    ///
    /// # Errors
    /// As [`Office::export`].
    pub async fn dossier(&self, which: Which) -> Result<DossierFacts, Fault> {
        let data = Arc::clone(&self.data);
        let made = tokio::task::spawn_blocking(move || dossier(&data.proofs, &which)).await;
        made.map_err(|error| Fault::ours(Status::Storage, "dossier").caused_by(error))?
    }

    /// The log of proofs and its witnesses.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn ledger(&self) -> Result<LedgerFacts, Fault> {
        ledger(&self.data)
    }

    async fn begin_again(&self) -> Result<String, Fault> {
        let data = Arc::clone(&self.data);
        let begun = tokio::task::spawn_blocking(move || {
            let name = data.recorder.begin_again()?;
            Ok(data.publication.shards().origin(name))
        });
        begun.await.map_err(|error| Fault::ours(Status::Storage, "ledger").caused_by(error))?
    }

    /// Closes the data.
    pub async fn close(&self) {
        let data = Arc::clone(&self.data);
        // It logs its own failures; a panic in it is logged by the runtime.
        let _ = tokio::task::spawn_blocking(move || data.close()).await;
    }
}

/// The request's name alone: what it says may name a person.
fn word(request: &Request) -> String {
    let whole = Zeroizing::new(format!("{request:?}"));
    whole.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

pub(super) fn json<T: Serialize>(result: Result<T, Fault>) -> Result<Reply, Fault> {
    let value = serde_json::to_value(result?);
    value.map(Reply::Done).map_err(|error| Fault::ours(Status::Storage, "JSON").caused_by(error))
}

/// The administrator reads the detail too: it is their own server.
fn in_french(fault: &Fault) -> String {
    let what = match fault.status {
        Status::AddressSyntax => "adresse refusée",
        Status::RecipientUnknown => "compte inconnu",
        Status::MailboxExists => "ce compte existe déjà",
        Status::LimitReached => "mot de passe refusé : au moins 12 caractères, au plus 1 024 octets",
        Status::NoSuchMailbox => "rien de tel ici",
        Status::TrustStale => "liste refusée, celle en vigueur reste",
        // Already in French, for whoever typed the command.
        Status::Syntax => return fault.detail.clone(),
        Status::CannotOnThisMailbox => {
            return "seules les boîtes ORG et APP se partagent, et seulement avec des comptes PER".to_owned();
        }
        _ => return fault.to_string(),
    };
    if fault.status == Status::LimitReached { what.to_owned() } else { format!("{what} ({})", fault.detail) }
}

mod plain {
    //! A wiped string as a plain one.

    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(password: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(password)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new)
    }
}
