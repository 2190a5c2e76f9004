//! Purge, holds and erasure: what is destroyed opens for nobody, also in a copy of everything from before.

use super::proofs::{ENVELOPE, deliver, relay_in};
use super::*;
use crate::seal::event::{Draft, EventKind, Field, Level, Plain, Via};
use crate::seal::vault::{Forget, Tree};

const DAY: i64 = 86_400;

fn seal() -> Draft {
    let draft = Draft::new(EventKind::Seal, ENVELOPE).level(Level::Password).via(Via::Submission);
    draft
        .commit(Field::From, "jean@a.mssante.fr")
        .commit(Field::Login, "jean@a.mssante.fr")
        .commit(Field::Subject, "DUPONT Léa")
        .commit(Field::Message, "message/rfc822 3 sha256:00")
        .commit(Field::To(1), "279035121518989@patient.mssante.fr")
        .commit(Field::To(2), "anne@a.mssante.fr")
        .commit(Field::Name(1), "CR DUPONT.pdf")
}

fn shown(store: &Store, event: usize) -> Vec<String> {
    let events = store.events_of(ENVELOPE).unwrap();
    events[event].openings.iter().map(|opening| opening.field.to_string()).collect()
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

// [proofs#erasure]
#[tokio::test]
async fn an_erased_person_takes_what_names_them_and_the_texts_and_leaves_the_rest() {
    let store = memory();
    let id = account(&store, "jean").await;
    store.write(move |tx| tx.record_event(seal(), Subject::Account(id))).await.unwrap();
    store.write(move |tx| tx.record_event(deliver(2), Subject::Envelope)).await.unwrap();
    let all = ["from", "login", "subject", "message", "to.1", "to.2", "name.1"];
    assert_eq!(shown(&store, 0), all);
    let patient = address("279035121518989@patient.mssante.fr");
    let leaves = store.erase_person(&patient, "rgpd-17-1-b".to_owned(), AccountToo::No).await.unwrap();
    assert_eq!(leaves, 1);
    assert_eq!(shown(&store, 0), ["from", "login", "message", "to.2"]);
    assert_eq!(shown(&store, 1), ["mailbox"]);
    let waiting = store.pending_events(9).unwrap();
    let erase = &waiting.last().unwrap().1;
    assert_eq!(erase.kind(), EventKind::Erase);
    assert_eq!((erase.plain(Plain::Ground), erase.plain(Plain::Leaves)), (Some("rgpd-17-1-b"), Some("1")));
    // What comes later in this chain is not kept either: their secret is gone for good.
    store
        .write(move |tx| {
            tx.record_event(
                Draft::new(EventKind::RelayFail, ENVELOPE)
                    .rcpt(1)
                    .plain(Plain::Status, "5.1.1")
                    .commit(Field::Reply, "550 no such user"),
                Subject::Account(id),
            )
        })
        .await
        .unwrap();
    assert!(shown(&store, 1).is_empty());
}

#[tokio::test]
async fn who_has_an_account_is_erased_with_it_or_not_at_all() {
    let store = memory();
    let (jean, anne) = (account(&store, "jean").await, account(&store, "anne").await);
    for id in [jean, anne] {
        let inbox = mailbox(&store, id, "INBOX").id;
        append(&store, id, inbox, &text(1000)).await;
    }
    store.write(move |tx| tx.record_event(seal(), Subject::Account(jean))).await.unwrap();
    let person = address("jean@a.mssante.fr");
    let ground = || "rgpd-17".to_owned();
    let refused = store.erase_person(&person, ground(), AccountToo::No).await.unwrap_err();
    assert_eq!(refused.status, Status::MailboxExists);
    store.write(move |tx| tx.hold(Held::Account(jean), "dossier 12".to_owned())).await.unwrap();
    let refused = store.erase_person(&person, ground(), AccountToo::Yes).await.unwrap_err();
    assert_eq!(refused.status, Status::LimitReached);
    assert_eq!(store.holds().unwrap()[0].reason, "dossier 12");
    assert!(store.write(move |tx| tx.lift_hold(Held::Account(jean))).await.unwrap());
    assert_eq!(store.erase_person(&person, ground(), AccountToo::Yes).await.unwrap(), 1);
    assert!(store.find(&person).is_none() && store.account(jean).is_err());
    assert_eq!(shown(&store, 0), ["message", "to.1", "to.2"]);
    assert_eq!(store.account(anne).unwrap().usage().unwrap().messages, 1);
    let new = account(&store, "jean").await;
    assert!(new.0 > anne.0, "the address is free, the number is never given again");
}

/// A directory tree, copied.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn open(directory: &Path, vault: &Path) -> Result<Arc<Store>, Fault> {
    let files = crate::seal::vault::file::VaultFiles::new(vault, &[]);
    let (edge, _) = edge();
    let vault = if files.are_missing() { files.create(edge.chance.as_ref()) } else { files.open() }.unwrap();
    let master = MasterKey::from_bytes([5; 32]).with_vault(Arc::new(vault));
    Store::open_directory(directory, Settings::default(), 8 << 20, master, edge)
}

// [proofs#erasure]
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_before_brings_back_everybody_but_who_was_erased() {
    let dir = tempfile::tempdir().unwrap();
    let (live, backup, vault) = (dir.path().join("live"), dir.path().join("backup"), dir.path().join("vault"));
    let store = open(&live, &vault).unwrap();
    let (jean, anne) = (account(&store, "jean").await, account(&store, "anne").await);
    for id in [jean, anne] {
        let inbox = mailbox(&store, id, "INBOX").id;
        append(&store, id, inbox, &text(1000)).await;
    }
    store.write(move |tx| tx.record_event(seal(), Subject::Account(jean))).await.unwrap();
    store.close();
    drop(store);
    copy(&live, &backup);
    let old_vault = std::fs::read(vault.join("vault")).unwrap();

    let store = open(&live, &vault).unwrap();
    store.erase_person(&address("jean@a.mssante.fr"), "rgpd-17".to_owned(), AccountToo::Yes).await.unwrap();
    assert!(store.check().await.unwrap().is_clean());
    store.close();
    drop(store);

    let restored = open(&backup, &vault).unwrap();
    assert!(restored.find(&address("jean@a.mssante.fr")).is_none());
    assert_eq!(shown(&restored, 0), ["message", "to.1", "to.2"]);
    let inbox = mailbox(&restored, anne, "INBOX").id;
    let body = restored.account(anne).unwrap().search_text(inbox, uid(1)).unwrap();
    assert!(body.read(0..u64::MAX).unwrap().ends_with(&text(1000)));
    restored.finish_erasures().await.unwrap();
    assert!(restored.check().await.unwrap().is_clean(), "what nobody can open is removed");
    restored.close();
    drop(restored);

    // A vault from before the erasure is refused by the data that knows of it.
    std::fs::write(vault.join("vault"), &old_vault).unwrap();
    assert!(open(&live, &vault).unwrap_err().to_string().contains("older than the last erasure"));
}

#[tokio::test]
async fn old_bodies_are_found_by_their_day_whatever_the_copies() {
    let store = memory();
    let id = account(&store, "jean").await;
    let (inbox, trash) = (mailbox(&store, id, "INBOX").id, mailbox(&store, id, "Trash").id);
    append(&store, id, inbox, &text(10)).await;
    store.clock.set(NOW.plus_secs(10 * DAY));
    append(&store, id, inbox, &text(20)).await;
    store.write(move |tx| tx.copy(id, inbox, uid(1), trash)).await.unwrap();
    let today = u32::try_from(NOW.day()).unwrap();
    assert!(store.old_bodies(today, 9).unwrap().is_empty());
    let old = store.old_bodies(today + 1, 9).unwrap();
    let found: Vec<_> = store.messages_with(id, &old).unwrap().iter().map(|old| (old.at.1, old.at.2)).collect();
    assert_eq!(found, [(inbox, uid(1)), (trash, uid(1))]);
    assert_eq!(store.messages_with(id, &store.old_bodies(today + 11, 1).unwrap()).unwrap().len(), 2, "the limit");
    assert_eq!(store.messages_with(id, &store.old_bodies(today + 11, 9).unwrap()).unwrap().len(), 3);
}

#[tokio::test]
async fn what_a_hold_keeps_outlives_the_secret_of_its_day() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    for size in [10, 20] {
        append(&store, id, inbox, &text(size)).await;
    }
    let account = store.account(id).unwrap();
    let kept = account.index(inbox).unwrap().get(uid(1)).unwrap().message;
    for _ in 0..2 {
        store.write(move |tx| tx.keep_beyond_its_day(id, kept)).await.unwrap();
    }
    store.forget(vec![Forget::Below(Tree::Content, u128::from(u32::MAX - 1))]).await.unwrap();
    assert!(account.search_text(inbox, uid(1)).unwrap().read(0..u64::MAX).unwrap().ends_with(&text(10)));
    assert!(account.search_text(inbox, uid(2)).is_err());
    store.write(move |tx| tx.expunge(id, inbox, uid(2))).await.unwrap();
}

// [proofs#events]
#[tokio::test]
async fn a_closed_chain_says_what_became_of_the_message() {
    let store = memory();
    let id = account(&store, "jean").await;
    store.write(move |tx| tx.record_event(relay_in(1), Subject::Account(id))).await.unwrap();
    store.write(move |tx| tx.record_event(deliver(1), Subject::Account(id))).await.unwrap();
    store.write(move |tx| tx.record_event(relay_in(2), Subject::Account(id))).await.unwrap();
    store.write(move |tx| tx.record_event(deliver(2), Subject::Account(id))).await.unwrap();
    let today = u32::try_from(NOW.day()).unwrap();
    assert_eq!(store.unclosed(today, None, 9).unwrap(), []);
    let first = store.unclosed(today + 1, None, 1).unwrap()[0];
    let second = store.unclosed(today + 1, Some(first), 9).unwrap();
    assert_eq!(
        second.iter().map(|open| (open.day, open.envelope, open.rcpt)).collect::<Vec<_>>(),
        [(today, ENVELOPE, 2)]
    );
    let second = second[0];
    for expected in [true, false] {
        let closed = store.write(move |tx| tx.close_chain(first, &Holds::default())).await.unwrap();
        assert_eq!(closed.is_some(), expected);
    }
    let events = store.events_of(ENVELOPE).unwrap();
    let close = &events[2].leaf;
    let said = [Plain::Events, Plain::Transferred, Plain::Opened].map(|plain| close.plain(plain).unwrap());
    assert_eq!((close.kind(), said), (EventKind::Close, ["3", "no", "no"]));
    store.write(move |tx| tx.hold(Held::Envelope(ENVELOPE), String::new())).await.unwrap();
    let holds = store.held().unwrap();
    let kept = store.write(move |tx| tx.close_chain(second, &holds)).await.unwrap();
    assert!(kept.is_none() && store.unclosed(today + 1, None, 9).unwrap().len() == 1);
}

#[tokio::test]
async fn openings_have_their_time_and_a_hold_lengthens_it() {
    let store = memory();
    let (id, other) = (account(&store, "jean").await, EnvelopeId([8; 16]));
    store.write(move |tx| tx.record_event(seal(), Subject::Account(id))).await.unwrap();
    let draft = Draft::new(EventKind::RelayIn, other).rcpt(1).commit(Field::From, "anne@a.mssante.fr");
    store.write(move |tx| tx.record_event(draft, Subject::Envelope)).await.unwrap();
    store.write(move |tx| tx.hold(Held::Envelope(ENVELOPE), String::new())).await.unwrap();
    let (holds, before) = (store.held().unwrap(), u32::try_from(NOW.day()).unwrap() + 1);
    let (mut expired, mut from) = (0, Some(Vec::new()));
    while let Some(place) = from.take() {
        let holds = holds.clone();
        let step = store.write(move |tx| tx.expire_openings(before, &holds, &place, 1)).await.unwrap();
        expired += step.0;
        from = step.1;
    }
    store.forget(vec![Forget::Below(Tree::Identity, u128::from(before))]).await.unwrap();
    assert_eq!(expired, 1);
    assert_eq!(shown(&store, 0).len(), 7);
    assert!(store.events_of(other).unwrap()[0].openings.is_empty());
}
