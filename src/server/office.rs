//! What an administrator may ask of the data: the same whether a server runs (through the control socket) or not
//! (by a command that opens the data itself).

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// One request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// A new account with its six mailboxes.
    AccountAdd {
        /// Its address, in one of the server's domains.
        address: String,
        /// The person's or the organisation's name.
        name: String,
        /// The first password.
        password: Password,
    },
    /// Another password for an account.
    AccountPasswd {
        /// The account's address.
        address: String,
        /// The new password.
        password: Password,
    },
    /// All accounts.
    AccountList,
    /// What still has to leave.
    QueueList,
    /// The consistency of everything that is stored.
    StoreCheck,
    /// The proof files of an envelope.
    ProofExport {
        /// The envelope's id, or else the Message-ID.
        id: String,
    },
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
