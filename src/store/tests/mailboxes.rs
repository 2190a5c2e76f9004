//! Accounts and mailboxes.

use super::*;

// [clients#first-login]
#[tokio::test]
async fn a_new_account_has_the_mailboxes_that_clients_expect() {
    let store = memory();
    let id = account(&store, "jean").await;
    let mailboxes = store.account(id).unwrap().mailboxes().unwrap();
    let shown: Vec<_> = mailboxes.iter().map(|m| (m.name.as_str(), m.special_use, m.subscribed)).collect();
    assert_eq!(
        shown,
        [
            ("INBOX", None, true),
            ("Archive", Some(SpecialUse::Archive), true),
            ("Drafts", Some(SpecialUse::Drafts), true),
            ("Junk", Some(SpecialUse::Junk), true),
            ("Sent", Some(SpecialUse::Sent), true),
            ("Trash", Some(SpecialUse::Trash), true),
        ]
    );
}

#[tokio::test]
async fn accounts_are_found_by_their_address_in_any_case_and_are_there_once() {
    let store = memory();
    let id = account(&store, "Jean").await;
    assert_eq!(store.find(&address("jEAN")).unwrap().id, id);
    let again = new_account("jean", 5);
    let refused = store.write(move |tx| tx.create_account(again)).await.unwrap_err();
    assert_eq!(refused.status, Status::MailboxExists);
    store.write(move |tx| tx.deactivate(id)).await.unwrap();
    assert!(!store.find(&address("jean")).unwrap().active);
    store.write(move |tx| tx.set_password(id, "new".to_owned(), None)).await.unwrap();
    assert_eq!(store.password_hash(id).as_deref(), Some("new"));
    assert!(store.find(&address("jeanne")).is_none());
}

#[tokio::test]
async fn an_account_and_its_first_message_can_be_one_transaction() {
    let store = memory();
    let bytes = text(100);
    let (body, structure) = (sealed(&store, &bytes).await, structure(&bytes));
    let work = move |tx: &mut Tx<'_>| {
        let id = tx.create_account(new_account("a", 5000))?;
        let (inbox, now) = (tx.inbox(id)?, tx.now());
        let new = NewMessage {
            body: &body,
            prefix: b"",
            structure: &structure,
            flags: FlagSet::default(),
            internal_date: now,
            envelope: None,
        };
        tx.append(id, inbox, new)?;
        Ok(id)
    };
    let id = store.write(work).await.unwrap();
    assert_eq!(mailbox(&store, id, "INBOX").messages, 1);
}

// [rfc9051#6.3.4] [rfc9051#6.3.5]
#[tokio::test]
async fn names_are_a_tree() {
    let store = memory();
    let id = account(&store, "jean").await;
    let deep = store.write(move |tx| tx.create_mailbox(id, "a/b/c/")).await.unwrap();
    assert!(["a", "a/b", "a/b/c"].iter().all(|name| names(&store, id).contains(&(*name).to_owned())));
    let exists = store.write(move |tx| tx.create_mailbox(id, "inbox")).await.unwrap_err();
    assert_eq!(exists.status, Status::MailboxExists);
    let (a, inbox) = (mailbox(&store, id, "a").id, mailbox(&store, id, "INBOX").id);
    let above = store.write(move |tx| tx.delete_mailbox(id, a)).await.unwrap_err();
    assert_eq!(above.status, Status::HasChildren);
    let never = store.write(move |tx| tx.delete_mailbox(id, inbox)).await.unwrap_err();
    assert_eq!(never.status, Status::CannotOnThisMailbox);
    store.write(move |tx| tx.delete_mailbox(id, deep)).await.unwrap();
    let gone = store.write(move |tx| tx.delete_mailbox(id, deep)).await.unwrap_err();
    assert_eq!(gone.status, Status::NoSuchMailbox);
}

// [rfc9051#6.3.6]
#[tokio::test]
async fn renaming_takes_what_lies_below_along() {
    let store = memory();
    let id = account(&store, "jean").await;
    let a = store.write(move |tx| tx.create_mailbox(id, "a")).await.unwrap();
    store.write(move |tx| tx.create_mailbox(id, "a/b")).await.unwrap();
    store.write(move |tx| tx.create_mailbox(id, "ab")).await.unwrap();
    append(&store, id, a, &text(10)).await;
    let below = store.write(move |tx| tx.rename_mailbox(id, a, "a/b/c")).await.unwrap_err();
    assert_eq!(below.status, Status::BadMailboxName);
    store.write(move |tx| tx.rename_mailbox(id, a, "x/y")).await.unwrap();
    assert_eq!(names(&store, id)[5..], ["Trash", "ab", "x", "x/y", "x/y/b"]);
    assert_eq!((mailbox(&store, id, "x/y").id, mailbox(&store, id, "x/y").messages), (a, 1));
}

// [rfc9051#6.3.6]
#[tokio::test]
async fn renaming_inbox_moves_its_messages_and_leaves_it() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    store.write(move |tx| tx.create_mailbox(id, "INBOX/below")).await.unwrap();
    for _ in 0..3 {
        append(&store, id, inbox, &text(10)).await;
    }
    store.write(move |tx| tx.rename_mailbox(id, inbox, "old/mail")).await.unwrap();
    let (old, new) = (mailbox(&store, id, "old/mail"), mailbox(&store, id, "inbox"));
    assert_eq!((old.messages, new.messages, new.id, new.uid_next), (3, 0, inbox, 4));
    assert!(names(&store, id).contains(&"INBOX/below".to_owned()));
}

// [rfc9051#2.3.1.1]
#[tokio::test]
async fn a_uid_validity_is_never_given_twice() {
    let store = memory();
    let id = account(&store, "jean").await;
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..5 {
        if round == 3 {
            store.clock.set(Time(0));
        }
        let made = store.write(move |tx| tx.create_mailbox(id, "again")).await.unwrap();
        assert!(seen.insert(mailbox(&store, id, "again").uid_validity), "round {round}");
        store.write(move |tx| tx.delete_mailbox(id, made)).await.unwrap();
    }
}

// [rfc9051#6.3.7] [rfc9051#6.3.8]
#[tokio::test]
async fn subscriptions_are_names_and_outlive_mailboxes() {
    let store = memory();
    let id = account(&store, "jean").await;
    let made = store.write(move |tx| tx.create_mailbox(id, "a")).await.unwrap();
    store.write(move |tx| tx.subscribe(id, "a")).await.unwrap();
    store.write(move |tx| tx.delete_mailbox(id, made)).await.unwrap();
    store.write(move |tx| tx.unsubscribe(id, "trash")).await.unwrap();
    store.write(move |tx| tx.unsubscribe(id, "Trash")).await.unwrap();
    let subscribed = store.account(id).unwrap().subscriptions().unwrap();
    assert!(subscribed.contains("a") && !subscribed.contains("Trash"));
}

#[tokio::test]
async fn limits_hold() {
    let store = with_settings(Settings { mailboxes_per_account: 8, ..Settings::default() });
    let id = account(&store, "jean").await;
    let over = store.write(move |tx| tx.create_mailbox(id, "a/b/c")).await.unwrap_err();
    assert_eq!(over.status, Status::LimitReached);
    assert_eq!(names(&store, id).len(), 6, "nothing of it was kept");
}
