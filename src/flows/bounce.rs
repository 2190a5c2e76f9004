//! Reports to the sender of what became of queued recipients: what is owed is written in the commit of the outcome, and
//! [`super::Receipts`] makes the report afterwards. Never about a report, whose reverse-path is null (RFC 5321 §6.1).

use super::deliver::{Judged, Verdict};
use super::receipts::debt::{About, Reader, Told, is_owed, owe};
use crate::mail::{Fault, Time};
use crate::proto::dsn::Action;
use crate::queue::Message;
use crate::store::Tx;

/// What the sender of a message is owed for an attempt.
pub(super) struct Bounce {
    message: Message,
    told: Vec<Told>,
}

impl Bounce {
    /// What these results owe the sender, if anything. `expire_secs` is how long a recipient is tried.
    pub(super) fn due(message: &Message, results: &[Judged], expire_secs: i64) -> Option<Self> {
        let retry_until = message.accepted.plus_secs(expire_secs);
        let told: Vec<_> = results.iter().filter_map(|result| told(result, retry_until)).collect();
        (!told.is_empty()).then(|| Self { message: message.clone(), told })
    }

    /// Writes it. Before the items are finished: the last of them lets the body go, which the report may return.
    pub(super) fn owe(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Message { envelope, reverse_path, accepted, wishes, prefix, body, .. } = &self.message;
        let about =
            About { envelope: *envelope, reverse_path, accepted: *accepted, wishes, prefix, reader: Reader::Sender };
        owe(tx, about, &self.told, |tx| tx.hold_again(body))
    }
}

// [rfc3461#4.1] [rfc3461#5.2.2]
fn told(result: &Judged, retry_until: Time) -> Option<Told> {
    let (action, diagnostic) = match &result.verdict {
        Verdict::Failed { reply } => (Action::Failed, reply),
        Verdict::Later { tell: true, .. } => (Action::Delayed, &result.item.last_reply),
        // A server that speaks DSN tells the sender itself what it was asked to.
        Verdict::Relayed { reply, reports: false, .. } => (Action::Relayed, reply),
        Verdict::Later { .. } | Verdict::Relayed { .. } => return None,
    };
    let item = &result.item;
    is_owed(&item.params, action).then(|| Told {
        rcpt: result.rcpt(),
        recipient: item.recipient.clone(),
        original: item.params.original.clone(),
        action,
        diagnostic: diagnostic.clone(),
        retry_until: (action == Action::Delayed).then_some(retry_until),
    })
}
