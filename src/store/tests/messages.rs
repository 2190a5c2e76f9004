//! Messages, flags, the change log.

use super::*;
use crate::mail::ModSeq;

async fn change(
    store: &Store,
    at: (AccountId, MailboxId, u32),
    op: FlagOp,
    flags: FlagSet,
) -> Result<FlagsChanged, Fault> {
    store.write(move |tx| tx.change_flags(at.0, at.1, uid(at.2), op, &flags, None)).await
}

#[tokio::test]
async fn uids_and_modification_sequences_ascend() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX");
    let mut last = ModSeq(0);
    for number in 1..=5 {
        let appended = append(&store, id, inbox.id, &text(10)).await;
        assert_eq!((appended.uid, appended.uid_validity), (uid(number), inbox.uid_validity));
        assert!(appended.modseq > last);
        last = appended.modseq;
    }
    let now = mailbox(&store, id, "INBOX");
    assert_eq!((now.messages, now.unseen, now.uid_next, now.highest_modseq), (5, 5, 6, last));
}

// [rfc9051#6.4.6]
#[tokio::test]
async fn flags_of_two_sessions_merge() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, &text(10)).await;
    let at = (id, inbox, 1);
    let (one, two) = tokio::join!(
        change(&store, at, FlagOp::Add, flags(SystemFlags::SEEN, &["$Label1"])),
        change(&store, at, FlagOp::Add, flags(SystemFlags::FLAGGED, &["$forwarded"])),
    );
    assert!(matches!((one, two), (Ok(FlagsChanged::Changed { .. }), Ok(FlagsChanged::Changed { .. }))));
    let index = store.account(id).unwrap().index(inbox).unwrap();
    let now = |index: &MailboxIndex| index.flags(&index.get(uid(1)).unwrap()).to_string();
    assert_eq!(now(&index), "\\Flagged \\Seen $Label1 $forwarded".replace("$Label1 $forwarded", "$forwarded $Label1"));
    change(&store, at, FlagOp::Remove, flags(SystemFlags::FLAGGED, &["$LABEL1", "unknown"])).await.unwrap();
    assert_eq!(now(&index), "\\Seen $forwarded");
    change(&store, at, FlagOp::Replace, flags(SystemFlags::DELETED, &[])).await.unwrap();
    assert_eq!(now(&index), "\\Deleted");
    let info = mailbox(&store, id, "INBOX");
    assert_eq!((info.unseen, info.deleted), (1, 1));
}

// [rfc7162#3.1.3]
#[tokio::test]
async fn what_changes_nothing_is_no_change_and_unchanged_since_protects() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    let first = append(&store, id, inbox, &text(10)).await.modseq;
    let seen = flags(SystemFlags::SEEN, &[]);
    let FlagsChanged::Changed { modseq, .. } = change(&store, (id, inbox, 1), FlagOp::Add, seen.clone()).await.unwrap()
    else {
        panic!("it changes")
    };
    let same = change(&store, (id, inbox, 1), FlagOp::Add, seen.clone()).await.unwrap();
    assert_eq!(same, FlagsChanged::Same { flags: seen.clone(), modseq });
    let work = move |tx: &mut Tx<'_>| tx.change_flags(id, inbox, uid(1), FlagOp::Remove, &seen, Some(first));
    assert_eq!(store.write(work).await.unwrap(), FlagsChanged::Modified);
}

#[tokio::test]
async fn a_mailbox_has_64_keywords_at_most() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, &text(10)).await;
    for number in 0..64 {
        let flags = flags(SystemFlags::default(), &[&format!("k{number}")]);
        change(&store, (id, inbox, 1), FlagOp::Add, flags).await.unwrap();
    }
    let over = change(&store, (id, inbox, 1), FlagOp::Add, flags(SystemFlags::SEEN, &["one-more"])).await.unwrap_err();
    assert_eq!(over.status, Status::LimitReached);
    let index = store.account(id).unwrap().index(inbox).unwrap();
    assert_eq!(index.flags(&index.get(uid(1)).unwrap()).keywords.len(), 64);
    assert!(index.get(uid(1)).unwrap().unseen(), "a job that fails leaves no trace");
}

// [rfc9051#6.4.7] [rfc9051#6.4.3] [rfc8474#5.1]
#[tokio::test]
async fn copies_share_their_message_and_live_on_alone() {
    let store = memory();
    let id = account(&store, "jean").await;
    let (inbox, trash) = (mailbox(&store, id, "INBOX").id, mailbox(&store, id, "Trash").id);
    append(&store, id, inbox, &text(1000)).await;
    change(&store, (id, inbox, 1), FlagOp::Add, flags(SystemFlags::FLAGGED, &["$Label2"])).await.unwrap();
    store.clock.set(NOW.plus_secs(60));
    for _ in 0..2 {
        store.write(move |tx| tx.copy(id, inbox, uid(1), trash)).await.unwrap();
    }
    let account = store.account(id).unwrap();
    let (from, to) = (account.index(inbox).unwrap(), account.index(trash).unwrap());
    let (original, copy) = (from.get(uid(1)).unwrap(), to.get(uid(2)).unwrap());
    assert_eq!((original.message, original.internal_date), (copy.message, copy.internal_date));
    assert_eq!(copy.saved, NOW.plus_secs(60));
    assert_eq!(to.flags(&copy), from.flags(&original));
    for mailbox in [inbox, trash] {
        store.write(move |tx| tx.expunge(id, mailbox, uid(1))).await.unwrap();
    }
    let bytes = account.search_text(trash, uid(2)).unwrap().read(0..u64::MAX).unwrap();
    assert!(bytes.ends_with(&text(1000)));
    store.write(move |tx| tx.expunge(id, trash, uid(2))).await.unwrap();
    assert_eq!(store.check().await.unwrap().bodies, 0);
    assert_eq!(account.usage().unwrap().bytes, 0);
}

// [rfc7162#3.1] [rfc7162#3.2]
#[tokio::test]
async fn the_change_log_tells_what_happened_since() {
    let store = with_settings(Settings { expunges_remembered: 10, ..Settings::default() });
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    let account = store.account(id).unwrap();
    let begin = mailbox(&store, id, "INBOX").highest_modseq;
    for _ in 0..40 {
        append(&store, id, inbox, &text(10)).await;
    }
    let index = account.index(inbox).unwrap();
    let before = index.highest();
    change(&store, (id, inbox, 3), FlagOp::Add, flags(SystemFlags::SEEN, &[])).await.unwrap();
    for number in [5, 7] {
        store.write(move |tx| tx.expunge(id, inbox, uid(number))).await.unwrap();
    }
    let changes = index.changes(before).unwrap();
    let changed: Vec<_> = changes.changed.iter().map(|record| record.uid).collect();
    assert_eq!((changed, changes.vanished, changes.reach), (vec![uid(3)], vec![uid(5), uid(7)], Reach::Complete));
    assert_eq!(index.changes(changes.until).unwrap().changed, []);
    for number in 10..20 {
        store.write(move |tx| tx.expunge(id, inbox, uid(number))).await.unwrap();
    }
    assert_eq!(index.changes(begin).unwrap().reach, Reach::Forgotten);
    let late = index.changes(index.highest()).unwrap();
    assert_eq!((late.vanished, late.reach), (vec![], Reach::Complete));
}

#[tokio::test]
async fn hints_come_after_what_they_announce() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    let account = store.account(id).unwrap();
    let mut hints = account.subscribe().unwrap();
    let index = account.index(inbox).unwrap();
    let appended = append(&store, id, inbox, &text(10)).await;
    hints.changed().await.unwrap();
    assert_eq!((*hints.borrow_and_update(), index.len()), (appended.modseq.0, 1));
    assert!(!hints.has_changed().unwrap());
}

#[tokio::test]
async fn the_quota_counts_copies_and_gives_back() {
    let store = memory();
    let new = new_account("small", 2500);
    let id = store.write(move |tx| tx.create_account(new)).await.unwrap();
    let (inbox, trash) = (mailbox(&store, id, "INBOX").id, mailbox(&store, id, "Trash").id);
    append(&store, id, inbox, &text(1000)).await;
    store.write(move |tx| tx.copy(id, inbox, uid(1), trash)).await.unwrap();
    let full = try_append(&store, id, inbox, &text(1000), None).await.unwrap_err();
    assert_eq!(full.status, Status::MailboxFull);
    store.write(move |tx| tx.expunge(id, trash, uid(1))).await.unwrap();
    append(&store, id, inbox, &text(1000)).await;
    assert_eq!(store.account(id).unwrap().usage().unwrap().messages, 2);
}

#[tokio::test]
async fn a_store_opens_again_as_it_was_closed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = text(200_000);
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, &bytes).await;
    drop(store);

    let store = on_disk(dir.path());
    let account = store.account(store.find(&address("jean")).unwrap().id).unwrap();
    let read = account.search_text(inbox, uid(1)).unwrap();
    assert_eq!(read.read(read.prefix_len()..u64::MAX).unwrap(), bytes);
    assert_eq!(append(&store, id, inbox, &bytes).await.uid, uid(2));
}

#[tokio::test]
async fn a_closed_store_refuses_writes() {
    let store = memory();
    let id = account(&store, "jean").await;
    let other = Store::in_memory(edge().0).unwrap();
    other.close();
    assert_eq!(other.write(|_| Ok(())).await.unwrap_err().status, Status::ShuttingDown);
    assert!(store.account(id).is_ok());
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    account(&store, "jean").await;
    drop(store);
    let wrong = MasterKey::from_bytes([8; 32]);
    assert!(Store::open_directory(dir.path(), Settings::default(), Sled::CACHE, wrong, edge().0).is_err());
}
