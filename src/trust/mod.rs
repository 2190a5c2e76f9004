//! Layer 2, who is the other operator: distinguished names, the white list, certificates and their revocation.
//!
//! Everything here is plain synchronous code that turns facts (certificates, lists, a time) into a judgement: a
//! [`VerifiedOperator`] or a [`Refusal`]. It opens no socket; `net::tls` calls it inside the handshake, and fetching
//! lists over the network is not its business.

mod anchors;
mod certificate;
mod chain;
mod error;
mod explain;
mod files;
mod history;
mod identifiers;
mod judge;
pub mod lab;
mod name;
pub mod ocsp;
mod operator;
mod pem;
mod points;
mod policy;
mod refusal;
mod renew;
mod revocation;
pub mod schedule;
pub mod signature;
#[cfg(test)]
pub(crate) mod testing;
pub mod timestamp;
mod white_list;

pub use anchors::Anchors;
pub use certificate::CertificateFacts;
pub use error::TrustError;
pub use explain::{ChainFacts, Link, RevocationFacts, Source, chain_of};
pub use files::{ListSource, Look, Settings, Shrink, load_anchors};
pub use history::{History, Kept};
pub use identifiers::structure_warning;
pub use judge::{Age, Snapshot, Trust};
pub use name::{Attribute, AttributeType, DistinguishedName, NameError};
pub use operator::VerifiedOperator;
pub use points::{crl_addresses, ocsp_addresses};
pub use policy::{ExtendedUsage, HostNameRule, Policy, RevocationDepth, UnknownRevocation};
pub use refusal::Refusal;
pub use renew::{Offered, Reloaded};
pub use revocation::{CrlFacts, Revocation};
pub use white_list::{Diff, Limits, ListError, Right, Row, RowNote, WhiteList};
