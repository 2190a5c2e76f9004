//! Day 90: what goes, what is closed, what stays, and that proofs go on to verify.

use super::*;
use crate::ledger::{Policy, verify};
use crate::mail::{FlagSet, MailboxId, Uid};
use crate::seal::event::{EventKind, Plain};
use crate::seal::keys::MasterKey;
use crate::store::{Held, Settings, SpecialUse};
use crate::trust::testing::DAY;

fn purge(world: &World) -> Purge {
    let settings = PurgeSettings { content_days: 90, identity_days: 3653 };
    Purge::new(Arc::clone(&world.store), world.space.edge.clone(), settings)
}

/// Days pass as they do: with a purge on each of them.
async fn days(world: &World, purge: &Purge, days: i64) -> Purged {
    let mut sum = Purged::default();
    for _ in 0..days {
        world.clock().advance(DAY);
        let done = purge.run().await.unwrap();
        assert!(!done.waits);
        sum = Purged {
            waits: false,
            messages: sum.messages + done.messages,
            kept: done.kept,
            closed: sum.closed + done.closed,
            openings: sum.openings + done.openings,
            segments: sum.segments + done.segments,
            bytes: sum.bytes + done.bytes,
        };
    }
    sum
}

async fn arrival(world: &World) -> EnvelopeId {
    let mut incoming =
        world.intake().begin(Arc::clone(&world.b), peer(), path("bruno@b.mssante.fr"), &nothing()).unwrap();
    incoming.recipient(&world.anne.address, &no_wish()).unwrap();
    send(incoming, "Subject: DUPONT\r\n\r\ny\r\n").await.unwrap()
}

/// A world whose store lies on disk, where segments can be seen to go.
fn on_disk(directory: &std::path::Path) -> World {
    let mut world = World::new();
    let master = MasterKey::from_bytes([9; 32]);
    let edge = world.space.edge.clone();
    world.store = Store::open_directory(directory, Settings::default(), 8 << 20, master, edge).unwrap();
    world.anne = account(&world.store, "anne@a.mssante.fr", 1 << 20);
    world
}

fn segments(directory: &std::path::Path) -> usize {
    std::fs::read_dir(directory.join("bodies")).unwrap().count()
}

fn everywhere(world: &World) -> Vec<(String, u32)> {
    let account = world.store.account(world.anne.account).unwrap();
    account.mailboxes().unwrap().into_iter().map(|mailbox| (mailbox.name, mailbox.messages)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_day_90_content_goes_from_every_folder_and_chains_are_closed() {
    // [proofs#purge]
    let dir = tempfile::tempdir().unwrap();
    let world = on_disk(dir.path());
    let purge = purge(&world);
    let envelope = arrival(&world).await;
    let (id, login) = (world.anne.account, world.anne.clone());
    let account = world.store.account(id).unwrap();
    let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap().id;
    let openings = Openings::new(Arc::clone(&world.store));
    let one = Uid::new(1).unwrap();
    openings.fetch(&account, inbox, &[one], &login, FetchBasis::Body, Access::ReadWrite).await.unwrap();
    for name in ["Drafts", "Trash", "Archive"] {
        let to = account.mailbox_by_name(name).unwrap().unwrap().id;
        world.store.write(move |tx| tx.copy(id, inbox, one, to)).await.unwrap();
    }
    let index = account.index(inbox).unwrap();
    let before = index.highest();
    let done = days(&world, &purge, 90).await;
    assert_eq!((done.messages, done.closed), (0, 0), "90 whole days are kept");
    let done = days(&world, &purge, 1).await;
    assert_eq!((done.messages, done.closed, done.segments), (4, 1, 1));
    assert!(everywhere(&world).iter().all(|(_, messages)| *messages == 0), "{:?}", everywhere(&world));
    assert_eq!(index.changes(before).unwrap().vanished, [one], "sessions hear of it as of any expunge");
    assert_eq!(segments(dir.path()), 0);
    let chain = world.events(envelope);
    assert_eq!(chain, ["1.0 relay-in", "1.1 deliver", "1.2 transfer", "1.3 open", "1.4 close"]);
    let events = world.store.events_of(envelope).unwrap();
    let said = [Plain::Events, Plain::Transferred, Plain::Opened].map(|plain| events[4].leaf.plain(plain).unwrap());
    assert_eq!(said, ["5", "yes", "implied"]);
    assert_eq!(days(&world, &purge, 3).await, Purged::default(), "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_are_exported_and_verify_after_the_purge() {
    // [proofs#purge]
    let world = World::new();
    let envelope = arrival(&world).await;
    days(&world, &purge(&world), 91).await;
    let dir = tempfile::tempdir().unwrap();
    let recorder = super::proving::recorder(&world, dir.path(), Gate::Open);
    let publication = Arc::new(Publication::new(super::proving::shards(&world, dir.path())));
    let policy = Policy::of_log(recorder.ledger().log().key().clone());
    let proofs = Proofs::new(Arc::clone(&world.store), recorder, publication, Policy::default());
    let files = tokio::task::block_in_place(|| proofs.export(envelope)).unwrap();
    let kinds: Vec<_> = files.iter().map(|proof| proof.kind).collect();
    assert_eq!(kinds, [EventKind::RelayIn, EventKind::Deliver, EventKind::Close]);
    for proof in &files {
        verify(&proof.file, &policy).unwrap();
    }
    assert_eq!(files[0].file.disclosed(crate::seal::event::Field::Subject), Some("DUPONT"), "openings stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_owner_deleted_is_closed_on_its_day_too() {
    let world = World::new();
    let envelope = arrival(&world).await;
    let (account, login) = (world.store.account(world.anne.account).unwrap(), world.anne.clone());
    let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap().id;
    let deletions = Deletions::new(&account, inbox, &login).unwrap();
    world.store.write(move |tx| deletions.expunge(tx, Uid::new(1).unwrap())).await.unwrap();
    let done = days(&world, &purge(&world), 91).await;
    assert_eq!((done.messages, done.closed), (0, 1));
    assert_eq!(world.events(envelope), ["1.0 relay-in", "1.1 deliver", "1.2 delete", "1.3 close"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_on_an_account_or_an_envelope_keeps_what_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let world = on_disk(dir.path());
    let purge = purge(&world);
    let (held, other) = (arrival(&world).await, arrival(&world).await);
    world.store.write(move |tx| tx.hold(Held::Envelope(held), "dossier 7".to_owned())).await.unwrap();
    let done = days(&world, &purge, 100).await;
    assert_eq!((done.messages, done.kept, done.closed, done.segments), (1, 1, 1, 0));
    assert!(world.newest(&world.anne).await.ends_with("y\r\n"), "it is readable long after its day");
    assert_eq!(world.events(other).last().unwrap(), "1.2 close");
    assert!(world.store.write(move |tx| tx.lift_hold(Held::Envelope(held))).await.unwrap());
    let done = days(&world, &purge, 1).await;
    assert_eq!((done.messages, done.closed, done.segments), (1, 1, 1));

    arrival(&world).await;
    let id = world.anne.account;
    world.store.write(move |tx| tx.hold(Held::Account(id), String::new())).await.unwrap();
    let done = days(&world, &purge, 100).await;
    assert_eq!((done.messages, done.kept, done.closed), (0, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_queue_holds_can_leave_however_old_it_is() {
    let world = World::new();
    let mut outgoing = world.submission().begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
    for to in ["anne@a.mssante.fr", "bruno@b.mssante.fr"] {
        outgoing.recipient(&Address::parse(to).unwrap(), &no_wish()).unwrap();
    }
    let envelope = send(outgoing, "From: anne@a.mssante.fr\r\nTo: anne@a.mssante.fr, bruno@b.mssante.fr\r\n\r\nx\r\n")
        .await
        .unwrap();
    let done = days(&world, &purge(&world), 100).await;
    assert_eq!((done.messages, done.closed), (1, 1));
    let message = crate::queue::message(&world.store, envelope).unwrap().unwrap();
    let body = world.store.open_body(&message.body).unwrap();
    assert!(body.read(0..100).unwrap().ends_with(b"x\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_stored_themselves_has_its_90_days_like_all_else() {
    let world = World::new();
    let id = world.anne.account;
    let mut body = world.store.begin_body(crate::store::BodyOrigin { envelope: None, account: Some(id) });
    body.write(b"Subject: draft\r\n\r\n").await.unwrap();
    let body = body.finish().await.unwrap();
    let work = move |tx: &mut crate::store::Tx<'_>| {
        let drafts: MailboxId = tx.special_mailbox(id, SpecialUse::Drafts)?.unwrap();
        let structure = crate::proto::mime::Walker::new(crate::proto::mime::Limits::default()).finish();
        let new = crate::store::NewMessage {
            body: &body,
            prefix: b"",
            structure: &structure,
            flags: FlagSet::default(),
            internal_date: crate::mail::Time(0),
            envelope: None,
        };
        tx.append(id, drafts, new)
    };
    world.store.write(work).await.unwrap();
    let purge = purge(&world);
    assert_eq!(days(&world, &purge, 90).await.messages, 0, "not the date that a client gave counts");
    assert_eq!(days(&world, &purge, 1).await.messages, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_destroys_nothing_on_that_day() {
    let world = World::new();
    arrival(&world).await;
    let purge = purge(&world);
    purge.run().await.unwrap();
    world.clock().advance(1000 * DAY);
    let done = purge.run().await.unwrap();
    assert!(done.waits && done.messages == 0);
    // A server that starts anew doubts it as well.
    world.clock().advance(1000 * DAY);
    let again = super::purging::purge(&world);
    assert!(again.run().await.unwrap().waits);
    world.clock().advance(DAY);
    assert_eq!(again.run().await.unwrap().messages, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_years_proofs_say_neither_who_nor_what() {
    // [proofs#purge]
    let world = World::new();
    let purge = purge(&world);
    let (envelope, held) = (arrival(&world).await, arrival(&world).await);
    world.store.write(move |tx| tx.hold(Held::Envelope(held), String::new())).await.unwrap();
    purge.run().await.unwrap();
    let mut done = Purged::default();
    for _ in 0..3672 / 6 {
        world.clock().advance(6 * DAY);
        let step = purge.run().await.unwrap();
        done.openings += step.openings;
    }
    assert_eq!(done.openings, 2, "relay-in and deliver; the close has none");
    assert!(world.store.events_of(envelope).unwrap().iter().all(|event| event.openings.is_empty()));
    assert!(!world.store.events_of(held).unwrap()[0].openings.is_empty());
    let late = arrival(&world).await;
    assert!(!world.store.events_of(late).unwrap()[0].openings.is_empty());
}
