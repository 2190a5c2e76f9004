//! The check finds what it is there to find: each row in turn is taken away, and then changed.

use std::collections::BTreeSet;

use super::proofs::{ENVELOPE, deliver, relay_in};
use super::*;

/// Rows that may be absent without anything being wrong: look-ups of Message-IDs, openings and whom they concern (which
/// can be destroyed), and which first events are recorded, of which the leaves are the truth.
const OPTIONAL: &[u8] = b"tof";
/// Subscriptions are whatever they are.
const FREE: &[u8] = b"s";

async fn filled() -> (Checked, Arc<Memory>) {
    let engine = Arc::new(Memory::default());
    let clock = Arc::new(HandClock(AtomicI64::new(NOW.0)));
    let edge = Edge { clock: clock.clone(), chance: Arc::new(Counting::default()) };
    let master = MasterKey::from_bytes([7; 32]);
    let bodies = Arc::new(MemoryBodies::default());
    let store = Store::open(Settings::default(), engine.clone(), bodies, master, edge).unwrap();
    let store = Checked { store, clock };
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    try_append(&store, id, inbox, &text(100), Some((ENVELOPE, 1))).await.unwrap();
    append(&store, id, inbox, &text(100)).await;
    let bytes = text(50);
    let (body, trash) = (sealed(&store, &bytes).await, mailbox(&store, id, "Trash").id);
    let work = move |tx: &mut Tx<'_>| {
        tx.hold_body(&body)?;
        tx.record_event(relay_in(1), Subject::Account(id))?;
        tx.record_event(deliver(1), Subject::Account(id))?;
        tx.copy(id, inbox, uid(2), trash)?;
        tx.expunge(id, inbox, uid(2))?;
        tx.copy(id, inbox, uid(1), trash)?;
        tx.remember_message_id("<1@x>", ENVELOPE);
        Ok(())
    };
    store.write(work).await.unwrap();
    let first = store.pending_events(1).unwrap()[0].0;
    store.write(move |tx| tx.mark_recorded(&[(first, 0)])).await.unwrap();
    (store, engine)
}

fn all_rows(engine: &Memory) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let mut collect = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    engine.scan(b"", &[0xff], &mut collect).unwrap();
    rows
}

fn put(engine: &Memory, key: &[u8], value: Option<Vec<u8>>) {
    engine.commit(Batch { expect: Vec::new(), put: vec![(key.to_vec(), value)] }).unwrap();
}

async fn unnoticed(change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> BTreeSet<char> {
    let (store, engine) = filled().await;
    let mut unnoticed = BTreeSet::new();
    for (key, value) in all_rows(&engine) {
        put(&engine, &key, change(&value));
        if store.check().await.is_ok_and(|report| report.is_clean()) {
            unnoticed.insert(char::from(key[0]));
        }
        put(&engine, &key, Some(value));
    }
    unnoticed
}

#[tokio::test]
async fn each_missing_row_is_found() {
    let allowed: BTreeSet<char> = OPTIONAL.iter().chain(FREE).map(|letter| char::from(*letter)).collect();
    let missed = unnoticed(|_| None).await;
    assert!(missed.is_subset(&allowed), "{missed:?}");
}

#[tokio::test]
async fn each_changed_row_is_found() {
    // Rows of `x` and `t` have no bytes to change; any bits of `f` and any place in the log are possible; numbers of `g`
    // and `u` may leave a gap.
    let allowed = "xtzfigus".chars().collect();
    let missed = unnoticed(|value| {
        let mut changed = value.to_vec();
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        Some(changed)
    })
    .await;
    assert!(missed.is_subset(&allowed), "{missed:?}");
}
