//! Reads the fields of somebody else's delivery status notification. They are claims; a flow judges who may make them.

use super::Action;
use crate::proto::report::{Fields, TypedAddress, groups, line};

/// Octets of a diagnostic that are kept.
const DIAGNOSTIC_MAX: usize = 500;

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The ENVID with which we sent the message.
    pub envid: Option<String>,
    /// What it says of recipients; those without a readable address and action are left out.
    pub recipients: Vec<ReportedRecipient>,
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedRecipient {
    /// The address to which the other side delivered, or tried to.
    pub recipient: TypedAddress,
    /// The ORCPT with which we sent the message.
    pub original: Option<TypedAddress>,
    /// What happened.
    pub action: Action,
    /// The enhanced status code, of the action's class.
    pub status: String,
    /// The diagnostic, one line; empty when there is none.
    pub diagnostic: String,
}

/// Reads the part for programs; none when it names no recipient.
// [rfc3464#2.1]
#[must_use]
pub fn read(part: &[u8]) -> Option<Reported> {
    let groups = groups(part);
    let (message, recipients) = groups.split_first()?;
    // [rfc3461#6.3]
    let envid = message.get("Original-Envelope-Id").map(|id| line(id, 200)).filter(|id| !id.is_empty());
    let recipients: Vec<_> = recipients.iter().filter_map(recipient).collect();
    (!recipients.is_empty()).then_some(Reported { envid, recipients })
}

fn recipient(fields: &Fields) -> Option<ReportedRecipient> {
    let action = Action::parse(word(fields.get("Action")?))?;
    let status = super::enhanced_code(action, fields.get("Status").unwrap_or_default());
    let diagnostic = fields.get("Diagnostic-Code").map(|code| code.split_once(';').map_or(code, |(_, text)| text));
    Some(ReportedRecipient {
        recipient: fields.address("Final-Recipient")?,
        original: fields.address("Original-Recipient"),
        action,
        status,
        diagnostic: line(diagnostic.unwrap_or_default(), DIAGNOSTIC_MAX),
    })
}

/// A value without a comment behind it.
fn word(value: &str) -> &str {
    value.split(['(', ' ']).next().unwrap_or_default()
}
