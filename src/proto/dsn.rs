//! Delivery status notifications (RFC 3464) as messages: what the sender reads when a recipient could not be reached.
//!
//! Composes bytes from facts. Whether one is due, and to whom, is a flow's decision; a report on a report never is
//! (RFC 5321 §6.1: the reverse-path of a report is null).

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use crate::mail::{Address, Domain, EnvelopeId, Time};

/// What happened to a recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It will not arrive.
    Failed,
    /// It has not arrived yet and is still tried.
    Delayed,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
        }
    }
}

/// One recipient of the report.
#[derive(Debug, Clone)]
pub struct RecipientStatus {
    /// As the sender wrote it.
    pub recipient: Address,
    /// What happened.
    pub action: Action,
    /// The other side's last reply, or our own words when there was none.
    pub diagnostic: String,
}

/// The facts of one report.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// This server's name.
    pub host: &'a Domain,
    /// To whom: the reverse-path of the message.
    pub to: &'a Address,
    /// When the report is made.
    pub date: Time,
    /// When the message was accepted.
    pub arrival: Time,
    /// The envelope on this server.
    pub envelope: EnvelopeId,
    /// The report's own id, without angle brackets.
    pub message_id: &'a str,
    /// What happened to whom; at least one.
    pub recipients: &'a [RecipientStatus],
    /// The header of the message, returned as `text/rfc822-headers`; contents never are.
    pub header: &'a [u8],
}

/// Octets of a diagnostic that are passed on.
const DIAGNOSTIC_MAX: usize = 500;

/// The report as a message, CRLF line ends.
// [rfc3464#2]
#[must_use]
pub fn compose(report: &Report<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let parts = vec![
        MimePart::new("text/plain", explanation(report)),
        MimePart::new("message/delivery-status", status_fields(report).into_bytes()).transfer_encoding("7bit"),
        MimePart::new("text/rfc822-headers", printable(report.header)).transfer_encoding("7bit"),
    ];
    let kind = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
    MessageBuilder::new()
        .from(("Messagerie Sceau".to_owned(), format!("postmaster@{}", report.host)))
        .to(report.to.to_string())
        .subject(subject(report))
        .date(Date::new(report.date.secs()))
        .message_id(report.message_id)
        // RFC 3834 §5: so that no vacation notice answers it.
        .header("Auto-Submitted", Raw::new("auto-replied"))
        .body(MimePart::new(kind, parts))
        .serialize(&mut bytes);
    bytes
}

fn subject(report: &Report<'_>) -> &'static str {
    if report.recipients.iter().any(|r| r.action == Action::Failed) { "Message non remis" } else { "Message retardé" }
}

fn explanation(report: &Report<'_>) -> String {
    let mut text = String::from("Bonjour,\r\n\r\n");
    for status in report.recipients {
        let sentence = match status.action {
            Action::Failed => "Votre message n'a pas pu être remis à",
            Action::Delayed => "Votre message n'est pas encore parvenu (les tentatives continuent) à",
        };
        let reason = line(&status.diagnostic);
        text.push_str(&format!("{sentence} {} :\r\n    {reason}\r\n\r\n", status.recipient));
    }
    text.push_str(&format!("Référence de l'envoi : {}\r\n", report.envelope));
    text
}

/// RFC 3464 §2.2 and §2.3: the fields of the message, then a block per recipient.
fn status_fields(report: &Report<'_>) -> String {
    let mut fields = format!(
        "Reporting-MTA: dns; {}\r\nX-Sceau-Envelope: {}\r\nArrival-Date: {}\r\n",
        report.host,
        report.envelope,
        report.arrival.rfc5322()
    );
    for status in report.recipients {
        fields.push_str(&format!(
            "\r\nFinal-Recipient: {}\r\nAction: {}\r\nStatus: {}\r\nDiagnostic-Code: smtp; {}\r\n",
            typed(&status.recipient),
            status.action.word(),
            enhanced_code(status.action, &status.diagnostic),
            ascii(&line(&status.diagnostic)),
        ));
    }
    fields
}

/// RFC 3464 §2.3.2; addresses beyond ASCII as RFC 6533 §3 writes them.
fn typed(address: &Address) -> String {
    if !address.needs_utf8() {
        return format!("rfc822; {address}");
    }
    let text = address.to_string();
    let escaped: String =
        text.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\x{{{:X}}}", u32::from(c)) }).collect();
    format!("utf-8; {escaped}")
}

/// The enhanced status code in a reply when its class fits the action, else the general one of that class.
#[must_use]
pub fn enhanced_code(action: Action, diagnostic: &str) -> String {
    let class = match action {
        Action::Failed => '5',
        Action::Delayed => '4',
    };
    let is_code = |word: &&str| {
        let numbers: Vec<&str> = word.split('.').collect();
        let digits = |n: &&str| !n.is_empty() && n.len() <= 3 && n.bytes().all(|b| b.is_ascii_digit());
        numbers.len() == 3 && numbers.iter().all(digits) && word.starts_with(class) && numbers[0].len() == 1
    };
    let found = diagnostic.split_ascii_whitespace().take(3).find(is_code);
    found.map_or_else(|| format!("{class}.0.0"), str::to_owned)
}

/// One line without control characters, bounded: what a peer replied must not become a header of ours.
fn line(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut end = line.len().min(DIAGNOSTIC_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// A header block in 7 bits with clean line ends, whatever the message had.
fn printable(header: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(header.len());
    for line in header.split(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        clean.extend(line.iter().map(|&b| if b.is_ascii() && (b >= b' ' || b == b'\t') { b } else { b'?' }));
        clean.extend_from_slice(b"\r\n");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(diagnostic: &str, recipient: &str) -> String {
        let host = Domain::parse("mx.a.mssante.fr").unwrap();
        let statuses = [RecipientStatus {
            recipient: Address::parse(recipient).unwrap(),
            action: Action::Failed,
            diagnostic: diagnostic.to_owned(),
        }];
        let bytes = compose(&Report {
            host: &host,
            to: &Address::parse("jean@a.mssante.fr").unwrap(),
            date: Time::from_secs(1_795_342_503),
            arrival: Time::from_secs(1_795_342_500),
            envelope: EnvelopeId([7; 16]),
            message_id: "1@mx.a.mssante.fr",
            recipients: &statuses,
            header: b"From: a\r\nSubject: \xe9\r\n\r\n",
        });
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_report_has_its_three_parts() {
        // [rfc3464#2]
        let text = report("550 5.1.1 no such user", "x@b.mssante.fr");
        for needed in [
            "report-type=\"delivery-status\"",
            "Content-Type: message/delivery-status",
            "Reporting-MTA: dns; mx.a.mssante.fr",
            "Final-Recipient: rfc822; x@b.mssante.fr",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 no such user",
            "Content-Type: text/rfc822-headers",
            "Subject: ?",
            "Auto-Submitted: auto-replied",
        ] {
            assert!(text.contains(needed), "{needed} is missing in\n{text}");
        }
    }

    #[test]
    fn what_a_peer_replied_adds_no_line() {
        let text = report("550 no\r\nBcc: victim@x.fr\n.\r\n", "é@b.mssante.fr");
        assert!(!text.lines().any(|l| l.starts_with("Bcc:") || l == "."), "{text}");
        assert!(text.contains("Status: 5.0.0"));
        assert!(text.contains("Final-Recipient: utf-8; \\x{E9}@b.mssante.fr"));
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "no bare line ends");
    }
}
