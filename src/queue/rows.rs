//! The queue's rows: `m` a message by its envelope, `i` an item by its due time. Both sealed by the store.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Item, ItemId, Message};
use crate::mail::{EnvelopeId, Fault, Status, Time};
use crate::store::{Store, Tx};

const MESSAGES: &[u8] = b"m";
const ITEMS: &[u8] = b"i";
/// Octets of an item's key behind its prefix: due time, envelope, recipient.
const ITEM_KEY: usize = 8 + 16 + 2;

/// Puts a message and its first items into the queue, due at once or when the sender wants it released (RFC 4865).
///
/// # Errors
/// When the rows can't be written.
pub fn enqueue(tx: &mut Tx<'_>, mut message: Message, items: &[(u16, Item)]) -> Result<(), Fault> {
    message.open_items = u32::try_from(items.len()).unwrap_or(u32::MAX);
    // [rfc4865#4]
    let due = message.wishes.hold_until.map_or(message.accepted, |until| until.max(message.accepted));
    for (rcpt, item) in items {
        let id = ItemId { due, envelope: message.envelope, rcpt: *rcpt };
        tx.queue_put(&item_key(&id), &encode(item)?);
    }
    tx.queue_put(&message_key(message.envelope), &encode(&message)?);
    Ok(())
}

/// Moves an item to another due time, with what was learnt from the attempt.
///
/// # Errors
/// When the rows can't be written.
pub fn reschedule(tx: &mut Tx<'_>, id: &ItemId, item: &Item, due: Time) -> Result<(), Fault> {
    tx.queue_delete(&item_key(id));
    tx.queue_put(&item_key(&ItemId { due, ..*id }), &encode(item)?);
    Ok(())
}

/// Takes an item out; with the last one its message goes too. Finishing twice changes nothing.
///
/// # Errors
/// When the rows can't be read or written.
pub fn finish(tx: &mut Tx<'_>, id: &ItemId) -> Result<(), Fault> {
    if tx.queue_get(&item_key(id))?.is_none() {
        return Ok(());
    }
    tx.queue_delete(&item_key(id));
    let key = message_key(id.envelope);
    let Some(row) = tx.queue_get(&key)? else { return Ok(()) };
    let mut message: Message = decode(&row)?;
    message.open_items = message.open_items.saturating_sub(1);
    if message.open_items == 0 {
        tx.queue_delete(&key);
        return tx.release_body(&message.body);
    }
    tx.queue_put(&key, &encode(&message)?);
    Ok(())
}

/// The items that are due now, oldest first, at most so many.
///
/// # Errors
/// When the rows can't be read.
pub fn due(store: &Store, now: Time, limit: usize) -> Result<Vec<(ItemId, Item)>, Fault> {
    Ok(items(store, limit)?.into_iter().take_while(|(id, _)| id.due <= now).collect())
}

/// All items by due time, at most so many.
///
/// # Errors
/// When the rows can't be read.
pub fn items(store: &Store, limit: usize) -> Result<Vec<(ItemId, Item)>, Fault> {
    let rows = store.queue_scan(ITEMS, limit)?;
    rows.iter().map(|(key, value)| Ok((item_id(key)?, decode(value)?))).collect()
}

/// How many items there are.
///
/// # Errors
/// When the rows can't be read.
pub fn count(store: &Store) -> Result<u64, Fault> {
    store.queue_count(ITEMS)
}

/// When the next item is due.
///
/// # Errors
/// When the rows can't be read.
pub fn next_due(store: &Store) -> Result<Option<Time>, Fault> {
    Ok(items(store, 1)?.first().map(|(id, _)| id.due))
}

/// The message of an item.
///
/// # Errors
/// When the row can't be read.
pub fn message(store: &Store, envelope: EnvelopeId) -> Result<Option<Message>, Fault> {
    store.queue_get(&message_key(envelope))?.map(|row| decode(&row)).transpose()
}

fn message_key(envelope: EnvelopeId) -> Vec<u8> {
    [MESSAGES, &envelope.0].concat()
}

fn item_key(id: &ItemId) -> Vec<u8> {
    // Due times are after 1970, so that their big-endian form sorts as they do.
    let due = u64::try_from(id.due.0).unwrap_or(0).to_be_bytes();
    [ITEMS, &due, &id.envelope.0, &id.rcpt.to_be_bytes()].concat()
}

fn item_id(key: &[u8]) -> Result<ItemId, Fault> {
    let bad = || Fault::ours(Status::Storage, "a queue row has a key of another form");
    let rest: &[u8; ITEM_KEY] = key.strip_prefix(ITEMS).and_then(|k| k.try_into().ok()).ok_or_else(bad)?;
    let (mut due, mut envelope, mut rcpt) = ([0; 8], [0; 16], [0; 2]);
    due.copy_from_slice(&rest[..8]);
    envelope.copy_from_slice(&rest[8..24]);
    rcpt.copy_from_slice(&rest[24..]);
    Ok(ItemId {
        due: Time(i64::try_from(u64::from_be_bytes(due)).unwrap_or(i64::MAX)),
        envelope: EnvelopeId(envelope),
        rcpt: u16::from_be_bytes(rcpt),
    })
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
    fn items_sort_by_their_due_time() {
        let id = |due, rcpt| ItemId { due: Time(due), envelope: EnvelopeId([9; 16]), rcpt };
        assert!(item_key(&id(1, 2)) < item_key(&id(2, 1)));
        assert!(item_key(&id(255, 2)) < item_key(&id(256, 1)));
        assert_eq!(item_id(&item_key(&id(300, 7))).unwrap(), id(300, 7));
        assert!(item_id(b"i").is_err());
    }
}
