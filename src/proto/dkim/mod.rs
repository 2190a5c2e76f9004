//! DKIM (RFC 6376): signatures over what leaves, verdicts on what comes in. A verdict is told, and refuses nothing:
//! inside the trust space the certificate says who the peer is.
//!
//! Signatures and key records are read, headers brought into their canonical form, and signatures verified by
//! `mail-auth`. The body's digest is taken here, because it streams by: no message is held in memory for it, and
//! because `mail-auth` 0.13 keeps the line end of a last line that has only white space, which relaxed bodies drop.

mod body;
mod sign;
mod verify;

pub use body::{BodyHashes, Digester, Purpose};
pub use sign::{KeyKind, SignError, Signer, new_key};
pub use verify::{Lookup, Verdict, judge, names};
