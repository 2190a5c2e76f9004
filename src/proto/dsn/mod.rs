//! Delivery status notifications (RFC 3464): what a sender reads of how far a message has come, and what other
//! operators' servers say of ours.
//!
//! Composes bytes from facts and reads facts from bytes. Whether one is due, to whom, and what one that came is worth
//! is a flow's decision.

mod compose;
mod read;

pub use compose::{RecipientStatus, Report, compose};
pub use read::{Reported, ReportedRecipient, read};

/// What happened to a recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Action {
    /// It will not arrive.
    Failed,
    /// It has not arrived yet and is still tried.
    Delayed,
    /// It is in the recipient's mailbox.
    Delivered,
    /// It was handed to a server that sends no such notices: nothing more will be known.
    Relayed,
    /// It was handed to a list of recipients.
    Expanded,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Failed, Self::Delayed, Self::Delivered, Self::Relayed, Self::Expanded];

    /// The word of RFC 3464.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }

    /// The one with this word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word().eq_ignore_ascii_case(word))
    }

    /// The class of enhanced status codes that fits (RFC 3463 §3).
    const fn class(self) -> char {
        match self {
            Self::Failed => '5',
            Self::Delayed => '4',
            Self::Delivered | Self::Relayed | Self::Expanded => '2',
        }
    }
}

/// The enhanced status code in a reply when its class fits the action, else the general one of that class.
// [rfc3464#2.3.4]
#[must_use]
pub fn enhanced_code(action: Action, diagnostic: &str) -> String {
    let class = action.class();
    let is_code = |word: &&str| {
        let numbers: Vec<&str> = word.split('.').collect();
        let digits = |n: &&str| !n.is_empty() && n.len() <= 3 && n.bytes().all(|b| b.is_ascii_digit());
        numbers.len() == 3 && numbers.iter().all(digits) && word.starts_with(class) && numbers[0].len() == 1
    };
    let found = diagnostic.split_ascii_whitespace().take(3).find(is_code);
    found.map_or_else(|| format!("{class}.0.0"), str::to_owned)
}

#[cfg(test)]
mod tests;
