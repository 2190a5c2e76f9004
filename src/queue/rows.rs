//! The queue's rows: `m` a message by its envelope, `i` a recipient by envelope and number, `r` a route by its domain,
//! all sealed by the store; and the index of [`Slot`]s, one for each `i`, written in the same commits.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schedule::Job;
use super::slot::{Due, Slot, Tag};
use super::{Item, Message};
use crate::mail::{Domain, EnvelopeId, Fault, Status};
use crate::store::{Store, Tx};

const MESSAGES: &[u8] = b"m";
const ITEMS: &[u8] = b"i";
const ROUTES: &[u8] = b"r";

/// Puts a message and its first items into the queue, due at once or when the sender wants it released (RFC 4865).
///
/// # Errors
/// When the rows can't be written.
pub fn enqueue(tx: &mut Tx<'_>, mut message: Message, items: &[(u16, Item)]) -> Result<(), Fault> {
    message.open_items = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let sender = Tag::of(tx.queue_tag("queue-sender", &message.reverse_path.to_string()));
    let mut known: Option<(&Domain, Tag)> = None;
    for (rcpt, item) in items {
        let domain = item.recipient.domain();
        let tag = match known {
            Some((same, tag)) if same == domain => tag,
            _ => Tag::of(tx.queue_tag("queue-domain", domain.as_str())),
        };
        known = Some((domain, tag));
        let due = Due::At(message.released());
        let item = Item { due, domain: tag, sender, priority: message.wishes.priority.level(), ..item.clone() };
        put_item(tx, message.envelope, *rcpt, &item)?;
    }
    tx.queue_put(&message_key(message.envelope), &encode(&message)?);
    Ok(())
}

/// Changes an item that is still in the queue, its place in the index with it; gives the item as it is then.
///
/// # Errors
/// When the rows can't be read or written.
pub fn change(
    tx: &mut Tx<'_>,
    envelope: EnvelopeId,
    rcpt: u16,
    change: impl FnOnce(&mut Item),
) -> Result<Option<Item>, Fault> {
    let Some(row) = tx.queue_get(&item_key(envelope, rcpt))? else { return Ok(None) };
    let mut item: Item = decode(&row)?;
    tx.queue_unmark(&item.slot(envelope, rcpt).name());
    change(&mut item);
    put_item(tx, envelope, rcpt, &item)?;
    Ok(Some(item))
}

fn put_item(tx: &mut Tx<'_>, envelope: EnvelopeId, rcpt: u16, item: &Item) -> Result<(), Fault> {
    tx.queue_put(&item_key(envelope, rcpt), &encode(item)?);
    tx.queue_mark(&item.slot(envelope, rcpt).name());
    Ok(())
}

/// Takes items of one message out; with the last one the message goes too. Finishing twice changes nothing. Gives the
/// numbers of those that were there.
///
/// # Errors
/// When the rows can't be read or written.
pub fn finish(tx: &mut Tx<'_>, envelope: EnvelopeId, rcpts: &[u16]) -> Result<Vec<u16>, Fault> {
    let mut finished = Vec::with_capacity(rcpts.len());
    for rcpt in rcpts {
        let key = item_key(envelope, *rcpt);
        let Some(row) = tx.queue_get(&key)? else { continue };
        let item: Item = decode(&row)?;
        tx.queue_unmark(&item.slot(envelope, *rcpt).name());
        tx.queue_delete(&key);
        finished.push(*rcpt);
    }
    let key = message_key(envelope);
    let Some(row) = tx.queue_get(&key)? else { return Ok(finished) };
    let mut message: Message = decode(&row)?;
    message.open_items = message.open_items.saturating_sub(u32::try_from(finished.len()).unwrap_or(u32::MAX));
    if message.open_items == 0 {
        tx.queue_delete(&key);
        tx.release_body(&message.body)?;
    } else if !finished.is_empty() {
        tx.queue_put(&key, &encode(&message)?);
    }
    Ok(finished)
}

/// One item, as committed.
///
/// # Errors
/// When the row can't be read.
pub fn item(store: &Store, envelope: EnvelopeId, rcpt: u16) -> Result<Option<Item>, Fault> {
    store.queue_get(&item_key(envelope, rcpt))?.map(|row| decode(&row)).transpose()
}

/// The items of a job that are still in the queue and not held, with their numbers.
///
/// # Errors
/// When the rows can't be read.
pub fn items_of_job(store: &Store, job: &Job) -> Result<Vec<(u16, Item)>, Fault> {
    let mut items = Vec::with_capacity(job.rcpts.len());
    for &rcpt in &job.rcpts {
        let item = item(store, job.envelope, rcpt)?.filter(|item| item.due != Due::Held);
        items.extend(item.map(|item| (rcpt, item)));
    }
    Ok(items)
}

/// The items of one message that are not finished, with their numbers.
///
/// # Errors
/// When the rows can't be read.
pub fn items_of(store: &Store, envelope: EnvelopeId) -> Result<Vec<(u16, Item)>, Fault> {
    let rows = store.queue_scan(&[ITEMS, &envelope.0].concat(), usize::MAX)?;
    rows.iter().map(|(key, row)| Ok((item_id(key)?.1, decode(row)?))).collect()
}

/// How many items there are.
///
/// # Errors
/// When the rows can't be read.
pub fn count(store: &Store) -> Result<u64, Fault> {
    store.queue_count(ITEMS)
}

/// Visits all items, in no order that means anything.
///
/// # Errors
/// When a row can't be read.
pub fn for_each_item(store: &Store, mut visit: impl FnMut(EnvelopeId, u16, Item)) -> Result<(), Fault> {
    const AT_ONCE: usize = 1000;
    let mut from = Vec::new();
    loop {
        let names = store.queue_marks(&from, &Slot::END, AT_ONCE)?;
        for name in &names {
            let slot = Slot::read(name)?;
            // gone since
            let Some(item) = item(store, slot.envelope, slot.rcpt)? else { continue };
            visit(slot.envelope, slot.rcpt, item);
        }
        let Some(last) = names.last().filter(|_| names.len() == AT_ONCE) else { return Ok(()) };
        from = [last.as_slice(), &[0]].concat();
    }
}

/// A message that has items.
///
/// # Errors
/// When the row can't be read.
pub fn message(store: &Store, envelope: EnvelopeId) -> Result<Option<Message>, Fault> {
    store.queue_get(&message_key(envelope))?.map(|row| decode(&row)).transpose()
}

/// The routes that an administrator set while the server ran: domain and `host:port`.
///
/// # Errors
/// When the rows can't be read.
pub fn routes(store: &Store) -> Result<Vec<(Domain, String)>, Fault> {
    store.queue_scan(ROUTES, usize::MAX)?.iter().map(|(_, row)| decode(row)).collect()
}

/// Sets or clears the route of a domain.
///
/// # Errors
/// When the row can't be written.
pub fn set_route(tx: &mut Tx<'_>, domain: &Domain, to: Option<&str>) -> Result<(), Fault> {
    let key = [ROUTES, &tx.queue_tag("queue-domain", domain.as_str())].concat();
    match to {
        Some(to) => tx.queue_put(&key, &encode(&(domain, to))?),
        None => tx.queue_delete(&key),
    }
    Ok(())
}

fn message_key(envelope: EnvelopeId) -> Vec<u8> {
    [MESSAGES, &envelope.0].concat()
}

fn item_key(envelope: EnvelopeId, rcpt: u16) -> Vec<u8> {
    [ITEMS, &envelope.0, &rcpt.to_be_bytes()].concat()
}

fn item_id(key: &[u8]) -> Result<(EnvelopeId, u16), Fault> {
    let bad = || Fault::ours(Status::Storage, "a queue row has a key of another form");
    let rest: &[u8; 18] = key.strip_prefix(ITEMS).and_then(|k| k.try_into().ok()).ok_or_else(bad)?;
    Ok((EnvelopeId(std::array::from_fn(|at| rest[at])), u16::from_be_bytes([rest[16], rest[17]])))
}

fn encode<T: Serialize>(row: &T) -> Result<Vec<u8>, Fault> {
    postcard::to_stdvec(row).map_err(|e| Fault::ours(Status::Storage, "a queue row can't be written").caused_by(e))
}

fn decode<T: DeserializeOwned>(row: &[u8]) -> Result<T, Fault> {
    postcard::from_bytes(row).map_err(|e| Fault::ours(Status::Storage, "a queue row can't be read").caused_by(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_items_are_read_back() {
        let envelope = EnvelopeId([9; 16]);
        assert_eq!(item_id(&item_key(envelope, 300)).unwrap(), (envelope, 300));
        assert!(item_id(b"i").is_err());
    }
}
