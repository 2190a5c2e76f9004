//! What operators tell each other of their logs, heard by one who knows some of them.

use super::proving::shards;
use super::*;
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::note::{KeyUse, Note};
use crate::ledger::policy::Known;
use crate::ledger::{Checkpoint, SigningKey, Witness};

const ORIGIN: &str = "preuves.b.mssante.fr/2026";

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyUse::Log, &[40; 32]).unwrap()
}

fn value(key: &SigningKey, size: u64, root: u8) -> String {
    let checkpoint = Checkpoint { origin: key.verifier().name().to_owned(), size, root: [root; 32] };
    let line = key.sign(&checkpoint.to_string());
    let signature = line.trim_end().rsplit(' ').next().unwrap();
    format!("{} {signature}", checkpoint.to_string().trim_end().replace('\n', " "))
}

fn gossip(world: &World, directory: &std::path::Path) -> Arc<Gossip> {
    let witness_key = SigningKey::from_seed("temoin.a", KeyUse::Witness, &[1; 32]).unwrap();
    let known = Known { key: key().verifier().clone(), url: None };
    let witness = Arc::new(Witness::open(&directory.join("w"), witness_key, &[known]).unwrap());
    let publication = Arc::new(Publication::new(shards(world, directory)));
    let parts = (Arc::clone(&world.store), world.space.edge.clone());
    Arc::new(Gossip::new(publication, Some(witness), directory.join("gossip"), parts))
}

fn hear(gossip: &Gossip, value: &str) -> Rumour {
    tokio::task::block_in_place(|| gossip.hear(value)).unwrap()
}

// [proofs#gossip]
#[tokio::test(flavor = "multi_thread")]
async fn one_checkpoint_an_hour_is_kept_and_two_roots_of_one_size_are_told() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let gossip = gossip(&world, dir.path());
    assert_eq!(hear(&gossip, &value(&key(), 5, 1)), Rumour::Kept);
    assert_eq!(hear(&gossip, &value(&key(), 6, 2)), Rumour::Kept, "in the same hour: compared, not kept");
    world.clock().set(world.space.edge.now().plus_secs(3600));
    assert_eq!(hear(&gossip, &value(&key(), 9, 3).replace(' ', "\r\n ")), Rumour::Kept, "folded");
    let files: Vec<_> = std::fs::read_dir(dir.path().join("gossip")).unwrap().collect();
    let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    let sizes: Vec<_> = text.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!((files.len(), sizes), (1, vec!["5", "9"]));
    assert_eq!(hear(&gossip, &value(&key(), 5, 1)), Rumour::Kept, "the same again");
    assert!(world.store.pending_events(10).unwrap().is_empty());
    for _ in 0..2 {
        assert_eq!(hear(&gossip, &value(&key(), 5, 7)), Rumour::Contradicts);
    }
    let told = world.store.pending_events(10).unwrap();
    assert_eq!(told.len(), 1, "once: {told:?}");
    assert!(told[0].1.text().contains("code split-view"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_signed_is_nothing() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let gossip = gossip(&world, dir.path());
    let forger = SigningKey::from_seed(ORIGIN, KeyUse::Log, &[41; 32]).unwrap();
    let good = value(&key(), 5, 1);
    for bad in [
        String::new(),
        value(&forger, 5, 1),
        good.replace(" 5 ", " 6 "),
        good.replace(" 5 ", " 05 "),
        format!("{good} x"),
        good.rsplit_once(' ').unwrap().0.to_owned(),
        format!("{}{good}", "x".repeat(2000)),
    ] {
        assert_eq!(hear(&gossip, &bad), Rumour::Nothing, "{bad}");
    }
    assert!(!dir.path().join("gossip").exists());
    // Of strangers some are remembered, for later; not without end.
    for number in 0..300 {
        let stranger = SigningKey::from_seed(&format!("preuves.{number}.fr/2026"), KeyUse::Log, &[41; 32]).unwrap();
        hear(&gossip, &value(&stranger, 5, 1));
    }
    assert_eq!(std::fs::read_dir(dir.path().join("gossip")).unwrap().count(), 256);
    assert_eq!(hear(&gossip, &good), Rumour::Kept, "a known log always has its place");
}

// [proofs#gossip]
#[tokio::test(flavor = "multi_thread")]
async fn messages_tell_what_is_published_and_are_heard() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let gossip = gossip(&world, dir.path());
    assert_eq!(gossip.field(), None, "nothing is published yet");
    let (name, ledger) = shards(&world, dir.path()).open(world.space.edge.now()).unwrap();
    let signed: SignedCheckpoint = ledger.log().checkpoint().clone();
    let publication = Arc::new(Publication::new(shards(&world, dir.path())));
    publication.publish(name, signed.clone(), None).unwrap();
    let parts = (Arc::clone(&world.store), world.space.edge.clone());
    let teller = Gossip::new(publication, None, dir.path().join("t"), parts);
    let field = teller.field().unwrap();
    assert!(field.ends_with("\r\n") && field.lines().all(|line| line.len() < 200), "{field}");
    let told = field.strip_prefix("X-Sceau-Checkpoint: ").unwrap();
    let words: Vec<&str> = told.split_ascii_whitespace().collect();
    let note = format!("{}\n{}\n{}\n\n— {} {}\n", words[0], words[1], words[2], words[0], words[3]);
    assert_eq!(Note::parse(&note).unwrap(), signed.note);
    assert_eq!(hear(&gossip, told), Rumour::Kept);
}
