//! Layer 3, the append-only log of proofs: a Merkle tree whose checkpoints anybody can check.
//!
//! Leaves come from [`crate::seal::event`]; here they get a place for ever. The tree is that of RFC 6962, files and
//! signatures are those of the C2SP family (tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-proof,
//! tlog-policy), so that tools which are not ours can read them. What it is *not*: it decides no event, keeps no
//! opening and no clock, and speaks to no network.
//!
//! | file | what |
//! |---|---|
//! | [`tree`] | hashes, roots, inclusion and consistency |
//! | [`note`] | signed notes and their keys |
//! | [`checkpoint`] | origin, size, root |
//! | [`log`] | the files of a shard, read |
//! | [`writer`] | the one writer: append, recovery |
//! | [`shards`] | a shard a year, and the step to the next |
//! | [`tiles`] | what a log serves, by its path |
//! | [`witness`] | countersigns the checkpoints of peers' logs |
//! | [`cosigned`] | our checkpoints that witnesses countersigned |
//! | [`heard`] | others' checkpoints, one an hour |
//! | [`anchors`] | our checkpoints that an authority time-stamped |
//! | [`audit`](mod@audit) | recomputes everything and says where it is wrong |
//! | [`recount`] | the same over what a log serves |
//! | [`proof`] | inclusion with its checkpoint, as text |
//! | [`proof_file`] | the `.preuve`: event, disclosures, proof |
//! | [`policy`] | whom a verifier trusts |
//! | [`verify`](mod@verify) | judges a `.preuve`, offline |

pub mod anchors;
pub mod audit;
pub mod checkpoint;
pub mod cosigned;
mod error;
mod files;
#[cfg(test)]
mod fixture;
pub mod heard;
pub mod log;
pub mod note;
pub mod policy;
pub mod proof;
pub mod proof_file;
pub mod recount;
pub mod shards;
pub mod tiles;
pub mod tree;
pub mod verify;
pub mod witness;
pub mod writer;

pub use audit::{Finding, Report, audit, audit_all};
pub use checkpoint::Checkpoint;
pub use cosigned::Cosigned;
pub use error::LedgerError;
pub use files::FileError;
pub use log::Log;
pub use note::{SigningKey, VerifierKey};
pub use policy::Policy;
pub use proof::Proof;
pub use proof_file::{Anchor, ProofFile};
pub use shards::{ShardName, Shards};
pub use verify::{Verdict, verify, verify_stamped};
pub use witness::Witness;
pub use writer::Ledger;
