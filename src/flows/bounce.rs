//! Reports to the sender of what could not be delivered, or not yet.
//!
//! Only to a reverse-path of this server: what comes from other operators is refused in the dialogue, and its bounce is
//! theirs to make. Never about a report (its reverse-path is null, RFC 5321 §6.1).

use super::deliver::{Judged, Verdict};
use crate::mail::{AccountId, Domain, Edge, Fault, FlagSet};
use crate::proto::dsn::{Action, RecipientStatus, Report, compose};
use crate::proto::mime::{self, Structure, Walker};
use crate::queue::Message;
use crate::store::{BodyOrigin, NewMessage, SealedBody, Store, Tx};

/// Octets of the message's header that are returned.
const HEADER_MAX: u64 = 64 * 1024;

/// A report that is sealed and waits for its commit.
pub(super) struct Bounce {
    account: AccountId,
    body: SealedBody,
    structure: Structure,
}

impl Bounce {
    /// The report that these results owe the sender, if any.
    pub(super) async fn due(
        host: &Domain,
        store: &Store,
        message: &Message,
        results: &[Judged],
        edge: &Edge,
    ) -> Result<Option<Self>, Fault> {
        let statuses: Vec<_> = results.iter().filter_map(status).collect();
        let Some(sender) = message.reverse_path.address() else { return Ok(None) };
        let Some(entry) = store.find(sender) else { return Ok(None) };
        if statuses.is_empty() {
            return Ok(None);
        }
        let bytes = compose(&Report {
            host,
            to: sender,
            date: edge.now(),
            arrival: message.accepted,
            envelope: message.envelope,
            message_id: &format!("{}.{:016x}@{host}", message.envelope, u64::from_be_bytes(edge.bytes())),
            recipients: &statuses,
            header: &header(store, message)?,
        });
        let mut walker = Walker::new(mime::Limits::default());
        walker.push(&bytes);
        let mut body = store.begin_body(BodyOrigin { envelope: None, account: Some(entry.id) });
        body.write(&bytes).await?;
        Ok(Some(Self { account: entry.id, body: body.finish().await?, structure: walker.finish() }))
    }

    /// Puts it into the sender's INBOX.
    pub(super) fn deliver(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let inbox = tx.inbox(self.account)?;
        let new = NewMessage {
            body: &self.body,
            prefix: b"Return-Path: <>\r\n",
            structure: &self.structure,
            flags: FlagSet::default(),
            internal_date: tx.now(),
            envelope: None,
        };
        tx.append(self.account, inbox, new).map(|_| ())
    }
}

fn status(result: &Judged) -> Option<RecipientStatus> {
    let (action, diagnostic) = match &result.verdict {
        Verdict::Failed { reply } => (Action::Failed, reply.clone()),
        Verdict::Later { tell: true, .. } => (Action::Delayed, result.item.last_reply.clone()),
        Verdict::Later { .. } | Verdict::Relayed { .. } => return None,
    };
    Some(RecipientStatus { recipient: result.item.recipient.clone(), action, diagnostic })
}

/// The message's header, up to the empty line.
fn header(store: &Store, message: &Message) -> Result<Vec<u8>, Fault> {
    let body = store.open_body(&message.body)?;
    let mut start = body.read(0..body.size().min(HEADER_MAX))?;
    let end = start.windows(4).position(|four| four == b"\r\n\r\n").map_or(start.len(), |at| at + 2);
    start.truncate(end);
    Ok(start)
}
