//! Lists of rights: what adds up, what is inherited, and what goes with a mailbox or a person; annotations beside them.

use super::*;
use crate::mail::{AclRights, MailboxId, Rights};
use crate::store::{AccountToo, Sign};

fn rights(letters: &str) -> AclRights {
    AclRights::parse(letters).unwrap()
}

/// An organisation with `a/b`, of which Anne may read everything and Paul was given something in `a`.
async fn organisation(store: &Store) -> (AccountId, AccountId, AccountId, MailboxId, MailboxId) {
    let (shared, anne, paul) =
        (account(store, "accueil").await, account(store, "anne").await, account(store, "paul").await);
    let write = move |tx: &mut Tx<'_>| {
        tx.set_holder(shared, anne, Rights::READ)?;
        let a = tx.create_mailbox(shared, "a")?;
        tx.set_rights(shared, a, paul, Sign::Gives, rights("lrwk"))?;
        tx.set_rights(shared, a, anne, Sign::Gives, rights("lrk"))?;
        tx.set_rights(shared, a, anne, Sign::Takes, rights("k"))?;
        Ok((a, tx.create_mailbox(shared, "a/b")?))
    };
    let (a, b) = store.write(write).await.unwrap();
    (shared, anne, paul, a, b)
}

// [rfc4314#2] [rfc4314#4]
#[tokio::test]
async fn entries_add_up_and_survive_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let (shared, anne, paul, a, b) = organisation(&on_disk(directory.path())).await;
    let store = on_disk(directory.path());
    let inbox = store.account(shared).unwrap().mailbox_by_name("INBOX").unwrap().unwrap().id;
    let entry = store.entry(shared).unwrap();
    for (person, mailbox, letters) in [
        (shared, a, "lrswipkxtea"),
        (anne, inbox, "lr"),
        (anne, a, "lr"),
        (anne, b, "lr"),
        (paul, inbox, ""),
        (paul, a, "lrwk"),
        (paul, b, "lrwk"),
    ] {
        assert_eq!(entry.rights_in(mailbox, person), rights(letters), "{person} {mailbox}");
    }
    let reached = |person| store.reached_by(person).iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!((reached(anne), reached(paul)), (vec![shared], vec![shared]));
    assert!(store.held_by(paul).is_empty(), "a list of one mailbox makes nobody a holder");
    let list: Vec<_> = entry.list_of(a).iter().map(|e| (e.person, e.sign, e.rights.to_string())).collect();
    let expected = [(anne, Sign::Gives, "lrkc"), (anne, Sign::Takes, "kc"), (paul, Sign::Gives, "lrwkc")];
    assert_eq!(list, expected.map(|(person, sign, told)| (person, sign, told.to_owned())));
}

#[tokio::test]
async fn lists_go_with_mailboxes_grants_and_persons() {
    let store = memory();
    let (shared, anne, paul, a, b) = organisation(&store).await;
    store.write(move |tx| tx.rename_mailbox(shared, a, "z")).await.unwrap();
    assert_eq!(store.entry(shared).unwrap().rights_in(b, paul), rights("lrwk"), "a new name changes nothing");
    // what the administrator says of the whole account has the last word
    store.write(move |tx| tx.set_holder(shared, anne, Rights::WRITE)).await.unwrap();
    assert_eq!(store.entry(shared).unwrap().rights_in(a, anne), AclRights::from(Rights::WRITE));
    store.write(move |tx| tx.remove_holder(shared, paul)).await.unwrap();
    assert!(store.reached_by(paul).is_empty() && store.entry(shared).unwrap().rights_in(b, paul).is_empty());
    let again = store.write(move |tx| tx.remove_holder(shared, paul)).await.unwrap_err();
    assert_eq!(again.status, Status::NoSuchMailbox);
    store.write(move |tx| tx.set_rights(shared, b, paul, Sign::Gives, rights("lr"))).await.unwrap();
    store.write(move |tx| tx.delete_mailbox(shared, b)).await.unwrap();
    assert!(store.reached_by(paul).is_empty(), "the list went with its mailbox");
    let gone = store.write(move |tx| tx.set_rights(shared, b, paul, Sign::Gives, rights("lr"))).await.unwrap_err();
    assert_eq!(gone.status, Status::NoSuchMailbox);
    // somebody who is erased stands in no list; what they noted for themselves goes with their account
    store.write(move |tx| tx.set_rights(shared, a, paul, Sign::Takes, rights("w"))).await.unwrap();
    store.write(move |tx| tx.annotate(paul, Some(a), "/private/comment", Some(b"x".to_vec()))).await.unwrap();
    store.erase_person(&address("paul"), "test".to_owned(), AccountToo::Yes).await.unwrap();
    assert!(store.entry(shared).unwrap().list_of(a).iter().all(|entry| entry.person != paul));
}

// [rfc5464#4.1]
#[tokio::test]
async fn private_annotations_of_a_deleted_mailbox_go_with_it() {
    let store = memory();
    let (shared, anne, _, _, b) = organisation(&store).await;
    let write = move |tx: &mut Tx<'_>| {
        tx.annotate(anne, Some(b), "/private/comment", Some(b"hers".to_vec()))?;
        tx.annotate(shared, Some(b), "/shared/comment", Some(b"all".to_vec()))
    };
    store.write(write).await.unwrap();
    let kept = |keeper| store.account(keeper).unwrap().annotations(Some(b)).unwrap().len();
    assert_eq!((kept(anne), kept(shared)), (1, 1));
    store.write(move |tx| tx.delete_mailbox(shared, b)).await.unwrap();
    assert_eq!((kept(anne), kept(shared)), (0, 0));
}
