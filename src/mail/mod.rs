//! Layer 0, the words: addresses, identifiers, flags, times, statuses and faults that every other layer speaks.
//!
//! Nothing here reads a file, a socket, a clock or a random number. What the upper layers need of those is declared
//! here as the traits [`Clock`] and [`Chance`], so that a test can advance the one and repeat the other.

mod acl;
mod address;
mod edge;
mod fault;
mod flags;
mod hex;
mod ids;
mod national;
mod network;
mod notify;
pub mod octets;
mod params;
mod proves;
mod rights;
mod scram;
mod status;
mod time;

pub use acl::AclRights;
pub use address::{Address, AddressError, Domain, ReversePath};
pub use edge::{Chance, Clock, Edge};
pub use fault::{Blame, Fault, Retry};
pub use flags::{FlagSet, Keyword, SystemFlags};
pub use hex::hex;
pub use ids::{AccountId, EnvelopeId, IdError, MailboxId, ModSeq, Uid, UidValidity};
pub use national::{Adeli, CheckKey, Finess, FormatError, Ins, ProfessionalId, Rpps, Siret, StructureId};
pub use network::neighbourhood;
pub use notify::{Notify, NotifyOn, OriginalRecipient, Return};
pub use params::{Body, Deadline, DeliverBy, Hold, Late, MailParams, Priority, RcptParams, Wishes};
pub use proves::{PROVES, WITHOUT_PROOFS};
pub use rights::Rights;
pub use scram::ScramKeys;
pub use status::Status;
pub use time::{Time, TimeError};
