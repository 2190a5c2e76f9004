//! NOTIFY at its bound: what a session watches is refused or given up, and never more than was said.

use super::world::{Setting, World};

/// Creates mailboxes with these numbers.
fn create(world: &World, numbers: std::ops::Range<u32>) {
    let account = world.account;
    let job = move |tx: &mut sceau::store::Tx<'_>| {
        numbers.into_iter().try_for_each(|number| tx.create_mailbox(account, &format!("m{number}")).map(drop))
    };
    world.store.write_blocking(job).unwrap();
}

// [rfc5465#3.1] [rfc5465#5.8]
#[test]
fn more_mailboxes_than_are_watched_are_refused_and_given_up() {
    let world = World::new(Setting::default());
    create(&world, 0..490);
    let mut client = world.sign_in();
    let said = world.talk(&mut client, "a NOTIFY SET (personal (MailboxName))\r\n");
    assert!(said.ends_with("a OK NOTIFY completed\r\n"), "{said}");
    create(&world, 490..492);
    let news = String::from_utf8(world.news(&mut client).unwrap()).unwrap();
    assert_eq!(news.matches("* LIST (\\HasNoChildren) \"/\" \"m49").count(), 2, "{news}");
    create(&world, 492..520);
    let news = String::from_utf8(world.news(&mut client).unwrap()).unwrap();
    assert!(news.starts_with("* OK [NOTIFICATIONOVERFLOW] ") && news.lines().count() == 1, "{news}");
    // as after NOTIFY NONE
    create(&world, 520..521);
    assert_eq!(world.news(&mut client), None);
    let said = world.talk(&mut client, "b NOTIFY SET (personal (MailboxName))\r\n");
    assert!(said.starts_with("b NO [NOTIFICATIONOVERFLOW] "), "{said}");
    let said = world.talk(&mut client, "c NOTIFY SET (mailboxes (m1 m2) (MailboxName))\r\n");
    assert!(said.ends_with("c OK NOTIFY completed\r\n"), "{said}");
}
