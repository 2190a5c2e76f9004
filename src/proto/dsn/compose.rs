//! Composes a delivery status notification.

use super::{Action, enhanced_code};
use crate::mail::{Address, Domain, EnvelopeId, Time};
use crate::proto::report::{self, Attachment, Draft, Machine, Returned, TypedAddress, line};

/// Octets of a diagnostic that are passed on.
const DIAGNOSTIC_MAX: usize = 500;

/// One recipient of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientStatus {
    /// As this server had it.
    pub recipient: Address,
    /// As the first sender wrote it: ORCPT.
    pub original: Option<TypedAddress>,
    /// What happened.
    pub action: Action,
    /// The other side's last reply, or our own words when there was none.
    pub diagnostic: String,
    /// The host that replied; none when nobody did.
    pub remote: Option<String>,
    /// Until when a delayed message is tried.
    pub retry_until: Option<Time>,
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
    /// The sender's own name of the envelope: ENVID.
    pub envid: Option<&'a str>,
    /// The report's own id, without angle brackets.
    pub message_id: &'a str,
    /// The ids of the conversation, the message's last, without angle brackets.
    pub thread: &'a [String],
    /// What happened to whom; at least one.
    pub recipients: &'a [RecipientStatus],
    /// What is returned of the message.
    pub returned: Returned<'a>,
    /// Proofs.
    pub attachments: &'a [Attachment],
}

/// The report as a message, CRLF line ends.
// [rfc3464#2]
#[must_use]
pub fn compose(report: &Report<'_>) -> Vec<u8> {
    report::compose(Draft {
        from: ("Messagerie Sceau", format!("postmaster@{}", report.host)),
        to: report.to,
        subject: subject(report.recipients),
        date: report.date,
        message_id: report.message_id,
        thread: report.thread,
        text: explanation(report),
        machine: machine(report),
        returned: report.returned,
        attachments: report.attachments,
    })
}

fn subject(recipients: &[RecipientStatus]) -> String {
    let any = |action| recipients.iter().any(|r| r.action == action);
    let subject = if any(Action::Failed) {
        "Échec de remise"
    } else if any(Action::Delayed) {
        "Remise retardée"
    } else if any(Action::Delivered) {
        "Accusé de réception"
    } else {
        "Message transmis"
    };
    subject.to_owned()
}

/// For people: French first, then English, one block for each thing that happened.
fn explanation(report: &Report<'_>) -> String {
    let mut text = String::from("Bonjour,\r\n\r\n");
    for action in Action::ALL {
        let concerned: Vec<_> = report.recipients.iter().filter(|r| r.action == action).collect();
        if concerned.is_empty() {
            continue;
        }
        let (french, english) = sentences(action);
        text.push_str(&format!("{french}\r\n({english})\r\n\r\n"));
        for status in concerned {
            text.push_str(&format!("    {}\r\n", status.recipient));
            let reason = line(&status.diagnostic, DIAGNOSTIC_MAX);
            if matches!(action, Action::Failed | Action::Delayed) && !reason.is_empty() {
                text.push_str(&format!("      motif / reason : {reason}\r\n"));
            }
            if let Some(until) = status.retry_until {
                text.push_str(&format!("      nouveaux essais jusqu'au / retried until : {}\r\n", until.rfc5322()));
            }
        }
        text.push_str("\r\n");
    }
    if !report.attachments.is_empty() {
        text.push_str(
            "Les fichiers joints (.preuve) prouvent ces faits ; ils se vérifient hors ligne, sans nous.\r\n\r\n",
        );
    }
    text.push_str(&format!("Référence de l'envoi / reference: {}\r\n", report.envelope));
    text
}

/// What people read. A delivery is never called a reading.
const fn sentences(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Failed => (
            "Votre message n'a pas pu être remis à :",
            "Your message could not be delivered to the following recipients.",
        ),
        Action::Delayed => (
            "Votre message n'est pas encore parvenu à ces destinataires ; les essais continuent, vous n'avez rien à faire :",
            "Your message is delayed; this server keeps trying.",
        ),
        Action::Delivered => (
            "Votre message a été déposé dans la boîte aux lettres de (cela ne dit pas qu'il a été lu) :",
            "Your message was delivered to the following mailboxes; this does not mean that it was read.",
        ),
        Action::Relayed => (
            "Votre message a été transmis à l'opérateur de ces destinataires, qui n'envoie pas d'accusé de réception :",
            "Your message was relayed to a server that sends no delivery notices.",
        ),
        Action::Expanded => (
            "Votre message a été confié à une liste de destinataires :",
            "Your message was handed to a list of recipients.",
        ),
    }
}

// [rfc6533#4]
fn machine(report: &Report<'_>) -> Machine {
    let global = report.recipients.iter().any(|r| r.recipient.needs_utf8() || !r.diagnostic.is_ascii());
    Machine {
        media_type: if global { "message/global-delivery-status" } else { "message/delivery-status" },
        report_type: "delivery-status",
        fields: status_fields(report),
    }
}

/// RFC 3464 §2.2 and §2.3: the fields of the message, then a block per recipient.
// [rfc3464#2.2] [rfc3464#2.3]
fn status_fields(report: &Report<'_>) -> String {
    let mut fields = String::new();
    if let Some(envid) = report.envid {
        // [rfc3461#6.3] the sender's own name of the envelope, so that its software finds the message
        push(&mut fields, "Original-Envelope-Id", &line(envid, 100));
    }
    push(&mut fields, "Reporting-MTA", &format!("dns; {}", report.host));
    push(&mut fields, "X-Sceau-Envelope", &report.envelope.to_string());
    push(&mut fields, "Arrival-Date", &report.arrival.rfc5322());
    for status in report.recipients {
        fields.push_str("\r\n");
        if let Some(original) = &status.original {
            let address = line(&format!("{}; {}", original.kind, original.text), DIAGNOSTIC_MAX);
            push(&mut fields, "Original-Recipient", &address);
        }
        push(&mut fields, "Final-Recipient", &typed(&status.recipient));
        push(&mut fields, "Action", status.action.word());
        push(&mut fields, "Status", &enhanced_code(status.action, &status.diagnostic));
        if let Some(remote) = &status.remote {
            push(&mut fields, "Remote-MTA", &format!("dns; {}", line(remote, 255)));
        }
        let diagnostic = line(&status.diagnostic, DIAGNOSTIC_MAX);
        if !diagnostic.is_empty() {
            let kind = if is_reply(&diagnostic) { "smtp" } else { "x-sceau" };
            push(&mut fields, "Diagnostic-Code", &format!("{kind}; {diagnostic}"));
        }
        if let Some(until) = status.retry_until {
            push(&mut fields, "Will-Retry-Until", &until.rfc5322());
        }
    }
    fields
}

/// Whether a diagnostic is a reply of SMTP; our own words must not pass for one.
// [rfc3464#2.3.6]
fn is_reply(diagnostic: &str) -> bool {
    let code = diagnostic.bytes().take_while(u8::is_ascii_digit).count();
    code == 3 && diagnostic.as_bytes().get(3).is_none_or(|after| b" -".contains(after))
}

fn push(fields: &mut String, name: &str, value: &str) {
    fields.push_str(&format!("{name}: {value}\r\n"));
}

// [rfc3464#2.3.2] [rfc6533#3]
// [rfc3464#2.3.2] [rfc6533#3]
fn typed(address: &Address) -> String {
    if address.needs_utf8() { format!("utf-8; {address}") } else { format!("rfc822; {address}") }
}
