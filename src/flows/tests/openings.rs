//! The table of openings, as clients really behave.

use super::*;
use crate::mail::{MailboxId, Uid};
use crate::store::Account;

/// What a client does with messages, by their numbers from 1.
#[derive(Clone, Copy)]
enum Does {
    Fetch(&'static [u32], FetchBasis, Access),
    MarkSeen(&'static [u32]),
}

use Access::{ReadOnly, ReadWrite};
use Does::{Fetch, MarkSeen};
use FetchBasis::{Body, BodyOfMany, Peek};

/// What is done, and the events of the first message that follow, without its arrival.
const TABLE: &[(&str, &[Does], &[&str])] = &[
    ("Outlook: prefetch, nothing else", &[Fetch(&[1], Peek, ReadWrite)], &["transfer imap-peek"]),
    (
        "Thunderbird: prefetch, then \\Seen when the person reads",
        &[Fetch(&[1, 2], Peek, ReadWrite), MarkSeen(&[1])],
        &["transfer imap-peek", "open imap-seen declared"],
    ),
    ("one body, not yet cached", &[Fetch(&[1], Body, ReadWrite)], &["transfer imap-body", "open imap-body implied"]),
    ("several bodies in one command", &[Fetch(&[1, 2], BodyOfMany, ReadWrite)], &["transfer imap-bulk"]),
    ("a body in a mailbox opened by EXAMINE", &[Fetch(&[1], Body, ReadOnly)], &["transfer imap-peek"]),
    (
        "\\Seen on several",
        &[Fetch(&[1, 2], Peek, ReadWrite), MarkSeen(&[1, 2])],
        &["transfer imap-peek", "seen imap-mark"],
    ),
    ("\\Seen before any fetch", &[MarkSeen(&[1])], &["seen imap-mark"]),
    (
        "everything twice, recorded once; a grade is never raised",
        &[Fetch(&[1], Body, ReadWrite), Fetch(&[1], Body, ReadWrite), Fetch(&[1], Peek, ReadWrite), MarkSeen(&[1])],
        &["transfer imap-body", "open imap-body implied"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_signal_is_the_event_that_the_table_says() {
    // [proofs#when-is-it-open]
    for (what, steps, expected) in TABLE {
        let world = World::new();
        let (envelope, account, inbox) = two_messages(&world).await;
        for step in *steps {
            apply(&world, &account, inbox, *step).await;
        }
        let events: Vec<_> = world.store.events_of(envelope).unwrap().split_off(2);
        let told: Vec<_> = events.iter().map(|event| line(event.leaf.text())).collect();
        assert_eq!(told, *expected, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_read_costs_no_commit() {
    let world = World::new();
    let (_, account, inbox) = two_messages(&world).await;
    apply(&world, &account, inbox, Fetch(&[1], Peek, ReadWrite)).await;
    let hint = account.subscribe().unwrap();
    let waiting = world.store.pending_events(100).unwrap().len();
    apply(&world, &account, inbox, Fetch(&[1], Peek, ReadWrite)).await;
    assert_eq!(world.store.pending_events(100).unwrap().len(), waiting);
    assert!(!hint.has_changed().unwrap());
}

async fn two_messages(world: &World) -> (EnvelopeId, Account, MailboxId) {
    let mut first = None;
    for _ in 0..2 {
        let mut incoming =
            world.intake().begin(Arc::clone(&world.b), peer(), path("bruno@b.mssante.fr"), &nothing()).unwrap();
        incoming.recipient(&world.anne.address, &no_wish()).unwrap();
        let envelope = send(incoming, "Subject: x\r\n\r\ny\r\n").await.unwrap();
        first.get_or_insert(envelope);
    }
    let account = world.store.account(world.anne.account).unwrap();
    let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap().id;
    (first.unwrap(), account, inbox)
}

async fn apply(world: &World, account: &Account, inbox: MailboxId, step: Does) {
    let uids = |numbers: &[u32]| numbers.iter().map(|n| Uid::new(*n).unwrap()).collect::<Vec<_>>();
    match step {
        Fetch(numbers, basis, access) => {
            let openings = Openings::new(Arc::clone(&world.store));
            let uids = uids(numbers);
            let receipts = openings.fetch(account, inbox, &uids, &world.anne, basis, access).await.unwrap();
            for (uid, receipt) in uids.iter().zip(&receipts) {
                account.body(inbox, *uid, receipt).unwrap();
            }
        }
        MarkSeen(numbers) => {
            let (account, login, uids) = (account.clone(), world.anne.clone(), uids(numbers));
            world.store.write(move |tx| Openings::seen(tx, &account, inbox, &uids, uids.len(), &login)).await.unwrap();
        }
    }
}

/// `open imap-seen declared` of a leaf.
fn line(leaf: &str) -> String {
    let value = |key: &str| leaf.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_default();
    format!("{} {} {}", value("sceau-event/v1 "), value("basis "), value("grade ")).trim().to_owned()
}
