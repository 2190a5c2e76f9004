//! What a login is refused leaves a proof, up to a number a day.

use super::*;
use crate::mail::Status;
use crate::seal::event::{EventKind, Field, Leaf, Plain};

fn refusals(world: &World) -> Vec<Leaf> {
    let waiting = world.store.pending_events(1000).unwrap();
    waiting.into_iter().map(|(_, leaf)| leaf).filter(|leaf| leaf.kind() == EventKind::Refuse).collect()
}

/// How many refusals of a message were recorded; each says which message it was.
pub(super) fn refused(world: &World) -> usize {
    let leaves = refusals(world);
    for leaf in &leaves {
        let fields: Vec<_> = leaf.commitments().map(|(field, _)| field.to_string()).collect();
        assert_eq!(fields, ["from", "login", "message"]);
    }
    leaves.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_which_status_which_login_and_which_message() {
    // [proofs#events]
    let world = World::new();
    let submission = world.submission();
    let fault = Fault::user(Status::NotYourAddress, "x");
    submission.refused(&world.anne, Some(&path("eve@a.mssante.fr")), &fault).await;
    let outgoing = submission.begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
    let refused = send(outgoing, "From: eve@a.mssante.fr\r\n\r\nx\r\n").await.unwrap_err();
    assert_eq!(refused.status, Status::NotYourAddress);
    let leaves = refusals(&world);
    assert_eq!(leaves.len(), 2);
    for (leaf, fields) in leaves.iter().zip([vec!["from", "login"], vec!["from", "login", "message"]]) {
        assert_eq!(leaf.plain(Plain::Status), Some("5.7.1"));
        assert_eq!(leaf.plain(Plain::Level), Some("password"));
        let committed: Vec<_> = leaf.commitments().map(|(field, _)| field.to_string()).collect();
        assert_eq!(committed, fields);
        let event = &world.store.events_of(leaf.envelope().unwrap()).unwrap()[0];
        let login = event.openings.iter().find(|opening| opening.field == Field::Login).unwrap();
        assert_eq!(login.value, "anne@a.mssante.fr");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_cannot_fill_the_log() {
    let world = World::new();
    let submission = world.submission();
    let refuse = async |times: usize| {
        for _ in 0..times {
            let fault = Fault::user(Status::RecipientUnknown, "x");
            submission.refused(&world.anne, None, &fault).await;
        }
    };
    refuse(150).await;
    assert_eq!(refusals(&world).len(), 100);
    let incidents = || {
        let waiting = world.store.pending_events(1000).unwrap();
        waiting.iter().filter(|(_, leaf)| leaf.plain(Plain::Code) == Some("refusals-unrecorded")).count()
    };
    assert_eq!(incidents(), 1);
    // Other settings make another flow, which goes on counting.
    let submission = Arc::new(Arc::into_inner(world.submission()).unwrap().remembering(&submission));
    submission.refused(&world.anne, None, &Fault::user(Status::RecipientUnknown, "x")).await;
    assert_eq!((refusals(&world).len(), incidents()), (100, 1));
    world.clock().advance(crate::trust::testing::DAY);
    refuse(1).await;
    assert_eq!((refusals(&world).len(), incidents()), (101, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_on_our_side_is_no_refusal() {
    let world = World::new();
    world.submission().refused(&world.anne, None, &Fault::ours(Status::Storage, "x")).await;
    assert!(refusals(&world).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_and_notices_have_their_leaves() {
    // [proofs#events]
    let world = World::new();
    let facts = Facts::new(Arc::clone(&world.store));
    facts.clock(-5000).await.unwrap();
    facts.clock(i64::MAX).await.unwrap();
    facts.incident(Incident::WitnessConflict).await.unwrap();
    let leaves: Vec<_> = world.store.pending_events(9).unwrap().into_iter().map(|(_, leaf)| leaf).collect();
    assert_eq!(leaves[0].plain(Plain::Offset), Some("-5000"));
    assert_eq!(leaves[1].plain(Plain::Offset), Some("4294967295"));
    assert_eq!(leaves[2].plain(Plain::Code), Some("witness-conflict"));
    let mut incoming =
        world.intake().begin(Arc::clone(&world.b), peer(), path("bruno@b.mssante.fr"), &nothing()).unwrap();
    incoming.recipient(&world.anne.address, &no_wish()).unwrap();
    let envelope = send(incoming, "Subject: x\r\n\r\ny\r\n").await.unwrap();
    let account = world.anne.account;
    world.store.write(move |tx| record_notice(tx, account, (envelope, 1))).await.unwrap();
    assert_eq!(world.events(envelope), ["1.0 relay-in", "1.1 deliver", "1.2 notify"]);
}
