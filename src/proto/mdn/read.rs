//! Reads the fields of a disposition notification. They are claims; a flow judges who may make them.

use super::Became;
use crate::proto::report::{TypedAddress, groups, line, message_ids};

/// Who acted, and how the notification was sent (RFC 8098 §3.2.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A person did something to the message.
    Manual,
    /// Software did it by itself.
    Automatic,
}

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// The message's id, without angle brackets.
    pub about: Option<String>,
    /// The mailbox to which the message came.
    pub recipient: TypedAddress,
    /// The ORCPT with which the message was sent.
    pub original: Option<TypedAddress>,
    /// Who acted.
    pub mode: Mode,
    /// What became of the message.
    pub became: Became,
    /// Whether the disposition has the modifier `error`.
    pub failed: bool,
    /// The texts of the error fields, and what followed `Error:` in the disposition itself, as French record software
    /// writes it: `902^Patient inconnu`.
    pub errors: Vec<String>,
}

/// Errors that are kept.
const ERRORS_MAX: usize = 8;

/// Reads the part for programs; none when it names no recipient or no disposition.
// [rfc8098#3.2] [rfc8098#3.2.6]
#[must_use]
pub fn read(part: &[u8]) -> Option<Disposition> {
    let fields = groups(part).into_iter().next()?;
    let (modes, what) = fields.get("Disposition")?.split_once(';')?;
    let (what, error_text) = match what.split_once(':') {
        Some((what, text)) => (what, Some(line(text, 500))),
        None => (what, None),
    };
    let (kind, modifiers) = what.split_once('/').unwrap_or((what, ""));
    let failed = modifiers.split(',').any(|m| m.trim().eq_ignore_ascii_case("error"));
    let from_fields = fields.all("Error").chain(fields.all("Failure")).map(|text| line(text, 500));
    let errors = error_text.into_iter().chain(from_fields).filter(|text| !text.is_empty()).take(ERRORS_MAX).collect();
    Some(Disposition {
        about: fields.get("Original-Message-ID").and_then(|id| message_ids(id, 1).pop()),
        recipient: fields.address("Final-Recipient")?,
        original: fields.address("Original-Recipient"),
        mode: if modes.trim().to_ascii_lowercase().starts_with("manual-action") {
            Mode::Manual
        } else {
            Mode::Automatic
        },
        became: Became::parse(kind.trim()),
        failed,
        errors,
    })
}
