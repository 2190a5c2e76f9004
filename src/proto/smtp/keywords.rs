//! The table from which the reply to EHLO derives: one row per extension, with its condition and its value.
//!
//! An extension is offered only when the whole path behind it keeps its promise.

use crate::proto::sasl::{self, Terms};

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
    value: fn(&Settings, &Terms) -> Option<String>,
}

const ALWAYS: fn(&Settings, Security) -> bool = |_, _| true;
const NO_VALUE: fn(&Settings, &Terms) -> Option<String> = |_, _| None;

const IN_TLS: fn(&Settings, Security) -> bool = |_, security| security == Security::Tls;
const TO_OPERATORS_IN_TLS: fn(&Settings, Security) -> bool =
    |settings, security| settings.profile == Profile::Operators && security == Security::Tls;
const TO_PEOPLE: fn(&Settings, Security) -> bool = |settings, _| settings.profile == Profile::Submission;

const ROWS: [Row; 16] = [
    // [rfc3207#4] not again once TLS is in place
    Row { name: "STARTTLS", offered: |_, security| security == Security::Clear, value: NO_VALUE },
    // [rfc2920#3]
    Row { name: "PIPELINING", offered: ALWAYS, value: NO_VALUE },
    // [rfc1870#3]
    Row { name: "SIZE", offered: ALWAYS, value: |settings, _| Some(settings.limits.message.to_string()) },
    // [rfc6152#2]
    Row { name: "8BITMIME", offered: ALWAYS, value: NO_VALUE },
    // [rfc6531#3.1]
    Row { name: "SMTPUTF8", offered: ALWAYS, value: NO_VALUE },
    // [rfc2034#2]
    Row { name: "ENHANCEDSTATUSCODES", offered: ALWAYS, value: NO_VALUE },
    // [rfc3030#2]
    Row { name: "CHUNKING", offered: ALWAYS, value: NO_VALUE },
    // [rfc3030#3]
    Row { name: "BINARYMIME", offered: ALWAYS, value: NO_VALUE },
    // [rfc3461#4]
    Row { name: "DSN", offered: ALWAYS, value: NO_VALUE },
    // [rfc8689#2] it means nothing in clear
    Row { name: "REQUIRETLS", offered: IN_TLS, value: NO_VALUE },
    // [proofs#xsceau] to operators, whose certificate says who gets the proofs
    Row { name: "XSCEAU", offered: TO_OPERATORS_IN_TLS, value: NO_VALUE },
    // [rfc9422#4]
    Row { name: "LIMITS", offered: ALWAYS, value: |settings, _| Some(limits(settings)) },
    // [rfc4954#3] never in clear
    Row {
        name: "AUTH",
        offered: auth_offered,
        value: |_, terms| Some(sasl::mechanisms(terms).collect::<Vec<_>>().join(" ")),
    },
    // [rfc4865#4]
    Row { name: "FUTURERELEASE", offered: hold_offered, value: |settings, _| Some(hold(settings)) },
    // [rfc2852#4] without a shortest time: what is late at once was not to be sent, and hears so
    Row { name: "DELIVERBY", offered: TO_PEOPLE, value: NO_VALUE },
    // [rfc6710#3]
    Row { name: "MT-PRIORITY", offered: TO_PEOPLE, value: NO_VALUE },
];

fn limits(settings: &Settings) -> String {
    format!("MAILMAX={} RCPTMAX={}", settings.limits.transactions, settings.limits.recipients)
}

fn hold_offered(settings: &Settings, security: Security) -> bool {
    TO_PEOPLE(settings, security) && settings.limits.hold > 0
}

/// The longest time in seconds, and the moment that it leads to now.
fn hold(settings: &Settings) -> String {
    let seconds = settings.limits.hold;
    format!("{seconds} {}", settings.opened.plus_secs(i64::from(seconds)).rfc3339())
}

/// The keywords that this table can offer, in its order.
pub fn all() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// Whether AUTH may be used.
#[must_use]
pub fn auth_offered(settings: &Settings, security: Security) -> bool {
    settings.profile == Profile::Submission && security == Security::Tls
}

/// The lines of the reply to EHLO: our name, then the extensions.
#[must_use]
pub fn lines(settings: &Settings, security: Security, terms: &Terms) -> Vec<String> {
    let rows = ROWS.iter().filter(|row| (row.offered)(settings, security));
    let keyword = |row: &Row| match (row.value)(settings, terms) {
        Some(value) => format!("{} {value}", row.name),
        None => row.name.to_owned(),
    };
    std::iter::once(settings.host.to_string()).chain(rows.map(keyword)).collect()
}
