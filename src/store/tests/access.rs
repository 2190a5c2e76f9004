//! How accounts are signed in to, and who holds them: found at once, after a start too, and gone with the account.

use super::*;
use crate::mail::{Rights, ScramKeys};
use crate::store::{AccountToo, Identity};

fn subject(text: &str) -> Identity {
    Identity::Subject { key: text.to_lowercase(), text: text.to_owned() }
}

fn keys() -> ScramKeys {
    ScramKeys { iterations: 4096, salt: [1; 16], stored_key: [2; 32], server_key: [3; 32] }
}

#[tokio::test]
async fn identities_are_looked_up_and_taken_away() {
    let store = memory();
    let (a, b) = (account(&store, "a").await, account(&store, "b").await);
    let person = Identity::Person("810001234567".to_owned());
    let one = Identity::Certificate { sha256: [7; 32], subject: "CN=x".to_owned() };
    for (id, identity) in [(a, person.clone()), (b, person.clone()), (a, subject("CN=X")), (b, one.clone())] {
        store.write(move |tx| tx.add_identity(id, identity)).await.unwrap();
    }
    let found = |identity: &Identity| store.identified(identity).iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(found(&person), [a, b]);
    assert_eq!(found(&subject("cn=x")), [a], "by what compares, not by what was written");
    assert_eq!(found(&Identity::Certificate { sha256: [7; 32], subject: String::new() }), [b]);
    assert!(found(&subject("CN=Y")).is_empty());
    let again = store.write(move |tx| tx.add_identity(a, subject("cn=X"))).await.unwrap_err();
    assert_eq!(again.status, Status::MailboxExists);
    let look_up = person.look_up();
    store.write(move |tx| tx.remove_identity(a, &look_up)).await.unwrap();
    assert_eq!(found(&person), [b]);
    let look_up = person.look_up();
    let gone = store.write(move |tx| tx.remove_identity(a, &look_up)).await.unwrap_err();
    assert_eq!(gone.status, Status::NoSuchMailbox);
    for number in 0..40_u8 {
        let identity = Identity::Certificate { sha256: [number; 32], subject: String::new() };
        if let Err(fault) = store.write(move |tx| tx.add_identity(a, identity)).await {
            assert_eq!((fault.status, number), (Status::LimitReached, 31));
            return;
        }
    }
    panic!("no limit");
}

#[tokio::test]
async fn what_the_rows_say_survives_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let (shared, person) = {
        let store = on_disk(directory.path());
        let (shared, person) = (account(&store, "accueil").await, account(&store, "anne").await);
        let write = move |tx: &mut Tx<'_>| {
            tx.set_password(person, "hash".to_owned(), Some(keys()))?;
            tx.add_identity(person, subject("CN=X"))?;
            tx.set_holder(shared, person, Rights::READ)
        };
        store.write(write).await.unwrap();
        (shared, person)
    };
    let store = on_disk(directory.path());
    assert_eq!(store.scram_keys(person), Some(keys()));
    assert_eq!(store.identified(&subject("cn=x")).len(), 1);
    assert_eq!(store.held_by(person).iter().map(|entry| entry.id).collect::<Vec<_>>(), [shared]);
    assert_eq!(store.entry(shared).unwrap().rights_of(person), Rights::READ);
    assert_eq!(store.entry(person).unwrap().rights_of(shared), Rights::NONE);
    // a new password takes the keys of the old one with it
    store.write(move |tx| tx.set_password(person, "other".to_owned(), None)).await.unwrap();
    assert_eq!(store.scram_keys(person), None);
}

#[tokio::test]
async fn a_holder_who_is_erased_holds_nothing_any_more() {
    let store = memory();
    let (shared, anne, paul) =
        (account(&store, "accueil").await, account(&store, "anne").await, account(&store, "paul").await);
    let write = move |tx: &mut Tx<'_>| {
        tx.set_holder(shared, anne, Rights::ALL)?;
        tx.set_holder(shared, paul, Rights::READ)?;
        tx.set_holder(shared, paul, Rights::SEND)?;
        tx.add_identity(anne, subject("CN=X"))
    };
    store.write(write).await.unwrap();
    assert_eq!(store.entry(shared).unwrap().rights_of(paul), Rights::SEND, "the last ones, and no others");
    store.erase_person(&address("anne"), "test".to_owned(), AccountToo::Yes).await.unwrap();
    assert!(store.identified(&subject("CN=X")).is_empty() && store.held_by(anne).is_empty());
    assert_eq!(store.entry(shared).unwrap().holders.len(), 1);
    store.write(move |tx| tx.remove_holder(shared, paul)).await.unwrap();
    assert!(store.held_by(paul).is_empty());
    let none = store.write(move |tx| tx.remove_holder(shared, paul)).await.unwrap_err();
    assert_eq!(none.status, Status::NoSuchMailbox);
    let nobody = store.write(move |tx| tx.set_holder(shared, AccountId(999), Rights::ALL)).await.unwrap_err();
    assert_eq!(nobody.status, Status::RecipientUnknown);
}
