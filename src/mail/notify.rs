//! What a sender asks to be told of (RFC 3461): the words of NOTIFY, RET and ORCPT, from the dialogue to the queue.

use serde::{Deserialize, Serialize};

/// What RET asks a failure notice to bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Return {
    /// `FULL`
    Full,
    /// `HDRS`
    Headers,
}

/// When a recipient's sender wants a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notify {
    /// `NEVER`
    Never,
    /// On these occasions; at least one is set.
    On(NotifyOn),
}

/// Occasions of a notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyOn {
    /// `SUCCESS`
    pub success: bool,
    /// `FAILURE`
    pub failure: bool,
    /// `DELAY`
    pub delay: bool,
}

/// ORCPT: the recipient as the first sender wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRecipient {
    /// The address type, lower case, such as `rfc822`.
    pub kind: String,
    /// The address, decoded from xtext.
    pub address: String,
}
