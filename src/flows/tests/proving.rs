//! From the store to the ledger to a file that verifies, over New Year.

use std::path::Path;

use super::*;
use crate::ledger::note::KeyUse;
use crate::ledger::{Ledger, SigningKey};
use crate::mail::Time;

fn recorder(world: &World, shards: &Path, year: &str) -> Arc<Recorder> {
    let key = SigningKey::from_seed(&format!("preuves.a.mssante.fr/{year}"), KeyUse::Log, &[7; 32]).unwrap();
    let ledger = Ledger::open(&shards.join(year), key).unwrap();
    Arc::new(Recorder::new(Arc::clone(&world.store), ledger))
}

async fn arrival(world: &World) -> EnvelopeId {
    let mut incoming =
        world.intake().begin(Arc::clone(&world.b), peer(), path("bruno@b.mssante.fr"), &nothing()).unwrap();
    incoming.recipient(&world.anne.address, &no_wish()).unwrap();
    send(incoming, "Subject: x\r\n\r\ny\r\n").await.unwrap()
}

fn exported(world: &World, recorder: &Arc<Recorder>, shards: &Path, envelope: EnvelopeId) -> Vec<(u64, String)> {
    let proofs = Proofs::new(Arc::clone(&world.store), Arc::clone(recorder), shards.to_owned());
    let files = tokio::task::block_in_place(|| proofs.export(envelope)).unwrap();
    files.iter().map(|proof| (proof.file.proof().index, proof.file.proof().checkpoint.origin.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_proved_in_the_shard_of_its_year() {
    // [proofs#log]
    let world = World::new();
    let shards = tempfile::tempdir().unwrap();
    let old = recorder(&world, shards.path(), "2026");
    let first = arrival(&world).await;
    let of_2026 = [(0, "preuves.a.mssante.fr/2026".to_owned()), (1, "preuves.a.mssante.fr/2026".to_owned())];
    assert_eq!(exported(&world, &old, shards.path(), first), of_2026);
    drop(old);
    world.clock().set(Time::parse_rfc3339("2027-01-01T00:00:01Z").unwrap());
    let new = recorder(&world, shards.path(), "2027");
    let second = arrival(&world).await;
    let of_2027 = of_2026.clone().map(|(index, origin)| (index, origin.replace("2026", "2027")));
    assert_eq!(exported(&world, &new, shards.path(), second), of_2027);
    assert_eq!(exported(&world, &new, shards.path(), first), of_2026, "the old year's proofs stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_appended_and_not_marked_is_not_appended_twice() {
    let world = World::new();
    let shards = tempfile::tempdir().unwrap();
    let recorder = recorder(&world, shards.path(), "2026");
    arrival(&world).await;
    let waiting = world.store.pending_events(10).unwrap();
    let leaves: Vec<_> = waiting.into_iter().map(|(_, leaf)| leaf).collect();
    // As after a crash between the append and the mark.
    recorder.ledger().append(&leaves).unwrap();
    tokio::task::block_in_place(|| recorder.drain_all()).unwrap();
    assert_eq!(recorder.ledger().log().size(), 2);
    assert!(world.store.pending_events(10).unwrap().is_empty());
}
