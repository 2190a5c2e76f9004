//! Many writers and readers at once.

use super::*;
use crate::store::tests as base;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_writers_at_the_quota_get_exactly_what_fits() {
    let store = memory();
    let octets = text(1000).len() as u64 + "Received: here\r\n".len() as u64;
    let new = new_account("small", 10 * octets + 5);
    let id = store.write(move |tx| tx.create_account(new)).await.unwrap();
    let inbox = mailbox(&store, id, "INBOX").id;
    let writers: Vec<_> = (0..50).map(|_| base::try_append_owned(store.store.clone(), id, inbox)).collect();
    let mut taken = 0;
    for writer in writers {
        match writer.join().unwrap() {
            Ok(_) => taken += 1,
            Err(fault) => assert_eq!(fault.status, Status::MailboxFull),
        }
    }
    assert_eq!((taken, mailbox(&store, id, "INBOX").messages), (10, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_sees_each_message_once_and_in_order_while_others_deliver() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    let writers: Vec<_> = (0..40).map(|_| base::try_append_owned(store.store.clone(), id, inbox)).collect();
    let account = store.account(id).unwrap();
    let mut hints = account.subscribe().unwrap();
    let index = account.index(inbox).unwrap();
    let (mut seen, mut since) = index.snapshot();
    while seen.len() < 40 {
        let changes = index.changes(since).unwrap();
        since = changes.until;
        seen.extend(changes.changed);
        if seen.len() < 40 {
            hints.changed().await.unwrap();
        }
    }
    let uids: Vec<_> = seen.iter().map(|record| record.uid.get()).collect();
    assert_eq!(uids, (1..=40).collect::<Vec<_>>());
    for writer in writers {
        writer.join().unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn indices_in_memory_are_bounded_and_come_back() {
    let store = with_settings(Settings { records_in_memory: 10, ..Settings::default() });
    let id = account(&store, "jean").await;
    let account = store.account(id).unwrap();
    let mailboxes: Vec<_> = account.mailboxes().unwrap().iter().map(|mailbox| mailbox.id).collect();
    for mailbox in &mailboxes {
        for _ in 0..6 {
            append(&store, id, *mailbox, &text(10)).await;
        }
    }
    let held = account.index(mailboxes[0]).unwrap();
    for mailbox in mailboxes.iter().chain(&mailboxes) {
        assert_eq!(account.index(*mailbox).unwrap().len(), 6);
    }
    append(&store, id, mailboxes[0], &text(10)).await;
    assert_eq!(held.len(), 7, "one that is in use is never let go");
}

#[tokio::test]
async fn a_job_that_panics_takes_nobody_with_it() {
    let store = memory();
    let id = account(&store, "jean").await;
    let work = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
        tx.deactivate(id)?;
        panic!("a bug");
    };
    assert_eq!(store.write(work).await.unwrap_err().status, Status::Storage);
    assert!(store.find(&address("jean")).unwrap().active);
    store.write(move |tx| tx.deactivate(id)).await.unwrap();
    assert!(!store.find(&address("jean")).unwrap().active);
}
