//! Composes the notification that a person read a message, in that person's name.

use crate::mail::{Address, Domain, Time};
use crate::proto::report::{self, Attachment, Draft, Machine, Returned, TypedAddress, line};

/// The facts of one notification.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// This server's name.
    pub host: &'a Domain,
    /// Whose mailbox it is: the notification's author.
    pub recipient: &'a Address,
    /// The name shown beside the address; empty when there is none.
    pub name: &'a str,
    /// To whom: `Disposition-Notification-To`.
    pub to: &'a Address,
    /// When the notification is made.
    pub date: Time,
    /// When the message was opened.
    pub opened: Time,
    /// How sure that is, in French, as the proof says it.
    pub grade: &'a str,
    /// The notification's own id, without angle brackets.
    pub message_id: &'a str,
    /// The ids of the conversation, the message's last, without angle brackets.
    pub thread: &'a [String],
    /// The message's subject, in clear; empty when it has none.
    pub subject: &'a str,
    /// `Original-Recipient` of the message.
    pub original: Option<&'a TypedAddress>,
    /// The message's header, returned.
    pub header: &'a [u8],
    /// Proofs.
    pub attachments: &'a [Attachment],
}

/// The notification as a message, CRLF line ends.
// [rfc8098#3]
#[must_use]
pub fn compose(notice: &Notice<'_>) -> Vec<u8> {
    let subject = line(notice.subject, 200);
    report::compose(Draft {
        // [rfc8098#3] from the person on whose behalf it is sent
        from: (notice.name, notice.recipient.to_string()),
        to: notice.to,
        subject: if subject.is_empty() {
            "Accusé de lecture".to_owned()
        } else {
            format!("Accusé de lecture : {subject}")
        },
        date: notice.date,
        message_id: notice.message_id,
        thread: notice.thread,
        text: explanation(notice),
        machine: machine(notice),
        returned: Returned::Header(notice.header),
        attachments: notice.attachments,
    })
}

fn explanation(notice: &Notice<'_>) -> String {
    let Notice { recipient, opened, grade, attachments, .. } = notice;
    let mut text = format!(
        "Bonjour,\r\n\r\n\
         Le message que vous avez envoyé à {recipient} a été ouvert le {}\r\n\
         ({grade}). Cela ne garantit pas qu'il a été lu en entier ou compris.\r\n\r\n\
         (Your message was displayed. There is no guarantee that it was read or understood.)\r\n",
        opened.rfc5322(),
    );
    if !attachments.is_empty() {
        text.push_str("\r\nLe fichier joint (.preuve) prouve ce fait ; il se vérifie hors ligne, sans nous.\r\n");
    }
    text
}

// [rfc8098#3.2] [rfc6533#5]
fn machine(notice: &Notice<'_>) -> Machine {
    let utf8 = notice.recipient.needs_utf8();
    let kind = if utf8 { "utf-8" } else { "rfc822" };
    let mut fields = format!("Reporting-UA: {}; Sceau\r\n", notice.host);
    if let Some(original) = notice.original {
        let address = line(&format!("{}; {}", original.kind, original.text), 500);
        let address: String = address.chars().map(|c| if utf8 || c.is_ascii() { c } else { '?' }).collect();
        fields.push_str(&format!("Original-Recipient: {address}\r\n"));
    }
    fields.push_str(&format!("Final-Recipient: {kind}; {}\r\n", notice.recipient));
    if let Some(about) = notice.thread.last() {
        fields.push_str(&format!("Original-Message-ID: <{about}>\r\n"));
    }
    // [rfc8098#3.2.6] the person opened it, the server sends this by itself
    fields.push_str("Disposition: manual-action/MDN-sent-automatically; displayed\r\n");
    Machine {
        media_type: if utf8 { "message/global-disposition-notification" } else { "message/disposition-notification" },
        report_type: "disposition-notification",
        fields,
    }
}
