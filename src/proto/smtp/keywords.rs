//! The table from which the reply to EHLO derives: one row per extension, with its condition and its value.
//!
//! An extension is offered only when the whole path behind it keeps its promise. DSN's parameters are parsed, but the
//! keyword is not here: notices of success have no sender yet.

use crate::proto::sasl;

use super::{Profile, Settings};

/// What the conversation has reached, as far as the offer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// No TLS yet.
    Clear,
    /// In TLS.
    Tls,
}

struct Row {
    name: &'static str,
    offered: fn(&Settings, Security) -> bool,
    value: fn(&Settings) -> Option<String>,
}

const ALWAYS: fn(&Settings, Security) -> bool = |_, _| true;
const NO_VALUE: fn(&Settings) -> Option<String> = |_| None;

const ROWS: [Row; 7] = [
    // [rfc3207#4] not again once TLS is in place
    Row { name: "STARTTLS", offered: |_, security| security == Security::Clear, value: NO_VALUE },
    // [rfc2920#3]
    Row { name: "PIPELINING", offered: ALWAYS, value: NO_VALUE },
    // [rfc1870#3]
    Row { name: "SIZE", offered: ALWAYS, value: |settings| Some(settings.limits.message.to_string()) },
    // [rfc6152#2]
    Row { name: "8BITMIME", offered: ALWAYS, value: NO_VALUE },
    // [rfc6531#3.1]
    Row { name: "SMTPUTF8", offered: ALWAYS, value: NO_VALUE },
    // [rfc2034#2]
    Row { name: "ENHANCEDSTATUSCODES", offered: ALWAYS, value: NO_VALUE },
    // [rfc4954#3] never in clear
    Row { name: "AUTH", offered: auth_offered, value: |_| Some(sasl::mechanisms().collect::<Vec<_>>().join(" ")) },
];

/// Whether AUTH may be used.
#[must_use]
pub fn auth_offered(settings: &Settings, security: Security) -> bool {
    settings.profile == Profile::Submission && security == Security::Tls
}

/// The lines of the reply to EHLO: our name, then the extensions.
#[must_use]
pub fn lines(settings: &Settings, security: Security) -> Vec<String> {
    let rows = ROWS.iter().filter(|row| (row.offered)(settings, security));
    let keyword = |row: &Row| match (row.value)(settings) {
        Some(value) => format!("{} {value}", row.name),
        None => row.name.to_owned(),
    };
    std::iter::once(settings.host.to_string()).chain(rows.map(keyword)).collect()
}
