//! Layer 4, the life of a message: receive, submit, deliver, open, record, purge; and salvage.
//!
//! Each flow is a struct whose fields are what it depends on, built once in `server`. A flow decides by `policy`,
//! writes through `store` in one commit together with the proof of what it did, and says yes last. What it needs from
//! the network is a trait that it declares here ([`Transport`]) and that `net` implements.

mod anchor;
mod authorship;
mod blind_copies;
mod bounce;
mod content;
mod deliver;
mod facts;
mod gossip;
mod grants;
mod keep;
mod login;
mod open;
mod prove;
mod publish;
mod purge;
mod receipts;
mod receive;
mod record;
mod refuse;
mod release;
mod remote;
mod salvage;
mod scan;
mod signatures;
pub mod statistics;
mod submit;
mod switched_off;
mod trace;
mod transaction;
mod transport;
pub mod web;
mod witnessing;

pub use anchor::Anchoring;
pub use deliver::{Relay, RelaySettings};
pub use facts::{ClockWatch, Facts, Incident, record_incident, record_notice};
pub use gossip::{Gossip, Rumour};
pub use grants::{Grants, Modification, RightsChange};
pub use keep::{Changed, DropNotice, Keep, Picked, QueueKeeper};
pub use login::{
    Behalf, Level, Login, LoginSettings, Logins, Pause, PersonCertificates, ThrottleSettings, TokenChecker, TokenFacts,
    Visitor, addresses, hash_password, new_scram_keys,
};
pub use open::{Access, Deletions, FetchBasis, Handing, Openings};
pub use prove::{ExportedProof, Proofs};
pub use publish::{Auditors, ProofsDoor, Publication};
pub use purge::{Purge, PurgeSettings, Purged};
pub use receipts::{Fact, ReadingPolicy, Receipts, ReceiptsSettings, Stage, State, Word, fact, state};
pub use receive::{Incoming, Intake, IntakeSettings};
pub use record::{Gate, Recorder};
pub use remote::{Audited, RemoteLog};
pub use salvage::{SALVAGED, Salvage};
pub use scan::{Boxed, Finding, Scan, Scanner};
pub use signatures::{KeyRecords, Records, Signers};
pub use submit::{Outgoing, Submission, SubmissionSettings};
pub use switched_off::SwitchedOff;
pub use transaction::{Peer, Transaction};
pub use transport::{Content, Outbound, Outcome, Transport};
pub use witnessing::{WitnessState, Witnessing};

use crate::mail::{Fault, hex};
use crate::policy::Recipient;
use crate::store::{AccountEntry, Store};
use crate::trust::VerifiedOperator;

/// What policy must know of a recipient here.
fn recipient_facts(store: &Store, entry: &AccountEntry) -> Result<Recipient, Fault> {
    let usage = store.account(entry.id)?.usage()?;
    Ok(Recipient { active: entry.active, used: usage.bytes, quota: usage.quota })
}

/// How proofs name a peer: its certificate's subject and SHA-256.
fn peer_value(operator: &VerifiedOperator) -> String {
    format!("{} sha256:{}", operator.dn(), hex(&operator.certificate_sha256()))
}

#[cfg(test)]
mod tests;
