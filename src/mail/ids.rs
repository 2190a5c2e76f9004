//! Identifiers. Storage is by identifier, never by name, and an identifier is never given twice.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::Chance;

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError(pub &'static str);

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for IdError {}

/// The identity of one accepted envelope on this server: 128 random bits, written in base64url without padding.
///
/// It is in the reply `250 2.0.0 <id>`, in `Received:`, in the log and in every proof. It is not the Message-ID,
/// which the sender chooses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EnvelopeId(pub [u8; 16]);

impl EnvelopeId {
    /// A fresh identifier.
    #[must_use]
    pub fn random(chance: &dyn Chance) -> Self {
        let mut bytes = [0; 16];
        chance.fill(&mut bytes);
        Self(bytes)
    }
}

impl fmt::Display for EnvelopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for EnvelopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EnvelopeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| IdError("an envelope id is base64url"))?;
        bytes.try_into().map(Self).map_err(|_| IdError("an envelope id has 22 characters"))
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// An account of this server.
    AccountId(u64)
}
number! {
    /// A mailbox of any account, unique on the whole server.
    MailboxId(u64)
}
number! {
    /// A message's unique identifier in its mailbox, given once and ascending (RFC 9051 §2.3.1.1).
    Uid(NonZeroU32)
}
number! {
    /// The validity of a mailbox's UIDs; never reused after delete and create (RFC 9051 §2.3.1.1).
    UidValidity(NonZeroU32)
}
number! {
    /// A modification sequence (RFC 7162); one counter per account, so that its change log has one order.
    ModSeq(u64)
}

impl Uid {
    /// The UID with this number; none for 0.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The plain number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_id_survives_its_text_form() {
        let id = EnvelopeId([0xfe; 16]);
        assert_eq!(id.to_string().len(), 22);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("short".parse::<EnvelopeId>().is_err());
        assert!("3q2+7wAAAAAAAAAAAAAAAA".parse::<EnvelopeId>().is_err(), "base64url only");
    }
}
