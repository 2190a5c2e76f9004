//! From the store to the ledger to a file that verifies, over New Year.

use std::path::Path;

use super::*;
use crate::ledger::{Policy, Shards};
use crate::mail::Time;

pub(super) fn shards(world: &World, directory: &Path) -> Shards {
    let (ledger, keys) = (directory.join("ledger"), directory.join("keys"));
    Shards::new(ledger, keys, "preuves.a.mssante.fr".to_owned(), Arc::clone(&world.space.edge.chance))
}

pub(super) fn recorder(world: &World, directory: &Path, gate: Gate) -> Arc<Recorder> {
    let shards = shards(world, directory);
    Arc::new(Recorder::open(Arc::clone(&world.store), shards, world.space.edge.clone(), gate).unwrap())
}

pub(super) async fn arrival(world: &World) -> EnvelopeId {
    let mut incoming =
        world.intake().begin(Arc::clone(&world.b), peer(), path("bruno@b.mssante.fr"), &nothing()).unwrap();
    incoming.recipient(&world.anne.address, &no_wish()).unwrap();
    send(incoming, "Subject: x\r\n\r\ny\r\n").await.unwrap()
}

fn exported(world: &World, recorder: &Arc<Recorder>, directory: &Path, envelope: EnvelopeId) -> Vec<(u64, String)> {
    let publication = Arc::new(Publication::new(shards(world, directory)));
    let proofs = Proofs::new(Arc::clone(&world.store), Arc::clone(recorder), publication, Policy::default());
    let files = tokio::task::block_in_place(|| proofs.export(envelope)).unwrap();
    files.iter().map(|proof| (proof.file.proof().index, proof.file.proof().checkpoint.origin.clone())).collect()
}

// [proofs#log] [proofs#shards]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_over_new_year_goes_on_by_itself() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(&world, dir.path(), Gate::Open);
    let first = arrival(&world).await;
    let of_2026 = [(0, "preuves.a.mssante.fr/2026".to_owned()), (1, "preuves.a.mssante.fr/2026".to_owned())];
    assert_eq!(exported(&world, &recorder, dir.path(), first), of_2026);
    world.clock().set(Time::parse_rfc3339("2026-12-31T23:59:59Z").unwrap());
    let waited = arrival(&world).await;
    world.clock().set(Time::parse_rfc3339("2027-01-01T00:00:01Z").unwrap());
    let second = arrival(&world).await;
    let place = |index| (index, "preuves.a.mssante.fr/2027".to_owned());
    // The new shard's first leaf is the old one's final checkpoint.
    assert_eq!(exported(&world, &recorder, dir.path(), second), [place(3), place(4)]);
    assert_eq!(exported(&world, &recorder, dir.path(), waited), [place(1), place(2)], "logged after midnight");
    assert_eq!(exported(&world, &recorder, dir.path(), first), of_2026, "the old year's proofs stay");
    let old = shards(&world, dir.path()).log("2026".parse().unwrap()).unwrap();
    assert_eq!(crate::ledger::shards::successor_key(&old).unwrap().as_ref(), Some(recorder.ledger().log().key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_appended_and_not_marked_is_not_appended_twice() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(&world, dir.path(), Gate::Open);
    arrival(&world).await;
    let waiting = world.store.pending_events(10).unwrap();
    let leaves: Vec<_> = waiting.into_iter().map(|(_, leaf)| leaf).collect();
    // As after a crash between the append and the mark.
    recorder.ledger().append(&leaves).unwrap();
    tokio::task::block_in_place(|| recorder.drain_all()).unwrap();
    assert_eq!(recorder.ledger().log().size(), 2);
    assert!(world.store.pending_events(10).unwrap().is_empty());
}

// [proofs#rolled-back]
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_held_lets_mail_go_on_and_leaves_wait() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(&world, dir.path(), Gate::Comparing);
    arrival(&world).await;
    let drain = || tokio::task::block_in_place(|| recorder.drain());
    assert_eq!(drain().unwrap(), 0, "not before it was compared");
    assert!(recorder.hold("vu plus grand".to_owned()));
    recorder.compared();
    assert!(drain().unwrap_err().to_string().contains("vu plus grand"), "held stays held");
    assert!(!recorder.hold("encore".to_owned()), "told once");
    assert_eq!(world.store.pending_events(10).unwrap().len(), 2);
    let name = tokio::task::block_in_place(|| recorder.begin_again()).unwrap();
    assert_eq!(name.to_string(), "2026-2");
    tokio::task::block_in_place(|| recorder.drain_all()).unwrap();
    let log = shards(&world, dir.path()).log(name).unwrap();
    let kinds: Vec<_> = (0..log.size()).map(|index| log.leaf(index).unwrap().kind().word()).collect();
    assert_eq!(kinds, ["key", "relay-in", "deliver", "incident"]);
    assert!(tokio::task::block_in_place(|| recorder.begin_again()).is_err(), "only a log that is held");
}
