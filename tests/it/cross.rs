//! Logs and proofs of ours, read by implementations of the same specifications that are not ours: `tlog_tiles` and
//! `signed_note` (ports of Go's), `ct-merkle`.

use std::path::Path;

use sceau::ledger::note::KeyUse;
use sceau::ledger::tiles::Resource;
use sceau::ledger::{Ledger, Log, SigningKey};
use sceau::mail::{EnvelopeId, Time};
use sceau::seal::event::{Draft, EventKind, Leaf, Level, Via};
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Hash, Tile, TileHashReader, TileReader};

/// Chance that is not needed: the leaves have no salts.
struct None0;

impl sceau::mail::Chance for None0 {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

fn leaf(number: u64) -> Leaf {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let draft = Draft::new(EventKind::Seal, EnvelopeId(id)).level(Level::Otp).via(Via::Submission);
    draft.into_leaf(Time::from_secs(1_795_342_503), 0, None, &None0).unwrap().0
}

/// A log of these sizes, one after the other, with its checkpoints.
fn log(directory: &Path, sizes: &[u64]) -> (Ledger, Vec<sceau::ledger::Checkpoint>) {
    let key = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).unwrap();
    let mut ledger = Ledger::open(directory, key).unwrap();
    let mut checkpoints = Vec::new();
    for size in sizes {
        let leaves: Vec<Leaf> = (ledger.log().size()..*size).map(leaf).collect();
        ledger.append(&leaves).unwrap();
        checkpoints.push(ledger.log().checkpoint().checkpoint.clone());
    }
    (ledger, checkpoints)
}

/// What is served, by the paths of the specification.
struct Served<'a>(&'a Log);

impl TileReader for Served<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            // Go's paths name the height, C2SP's do not.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            let Some(Resource::Tile(tile)) = Resource::parse(&path) else { panic!("{path}") };
            self.0.tile(tile).unwrap().unwrap_or_else(|| panic!("{path} is not served"))
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

fn hashes(path: &[[u8; 32]]) -> Vec<Hash> {
    path.iter().map(|hash| Hash(*hash)).collect()
}

// [c2sp#tlog-tiles] [rfc6962#2.1.1] [rfc6962#2.1.2]
#[test]
fn tlog_tiles_reads_our_tiles_and_believes_our_proofs() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, checkpoints) = log(dir.path(), &[1, 5, 256, 257, 700, 1030]);
    let log = ledger.log();
    let (size, root) = (log.size(), Hash(log.checkpoint().checkpoint.root));
    let served = Served(log);
    let reader = TileHashReader::new(size, root, &served);
    for index in [0, 1, 4, 255, 256, 511, 699, 1023, 1029] {
        let record = tlog_tiles::record_hash(log.leaf(index).unwrap().bytes());
        assert_eq!(record.0, log.leaf(index).unwrap().hash().0);
        let theirs = tlog_tiles::prove_record(size, index, &reader).unwrap();
        let ours = hashes(&log.prove(index).unwrap().path);
        assert_eq!(theirs, ours, "{index}");
        tlog_tiles::check_record(&ours, size, root, index, record).unwrap();
    }
    for old in &checkpoints[..checkpoints.len() - 1] {
        let theirs = tlog_tiles::prove_tree(size, old.size, &reader).unwrap();
        let ours = hashes(&log.consistency(old.size).unwrap());
        assert_eq!(theirs, ours, "{}", old.size);
        tlog_tiles::check_tree(&ours, size, root, old.size, Hash(old.root)).unwrap();
    }
    let theirs = tlog_tiles::Checkpoint::from_bytes(log.checkpoint().note.text().as_bytes()).unwrap();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), ("preuves.a.fr/2026", size, root.0));
}

// [c2sp#signed-note]
#[test]
fn signed_note_believes_our_signatures_and_ignores_witnesses() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = log(dir.path(), &[7]);
    let witness = SigningKey::from_seed("temoin.b.fr", KeyUse::Witness, &[2; 32]).unwrap();
    let checkpoint = ledger.log().checkpoint();
    let note = checkpoint.note.with_lines(&witness.cosign(checkpoint.note.text(), Time::from_secs(1_795_342_503)));
    let theirs = Note::from_bytes(note.to_string().as_bytes()).unwrap();
    assert_eq!(theirs.to_bytes(), note.to_string().as_bytes(), "one form");
    let vkey = ledger.log().key().to_string();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&vkey).unwrap())]);
    let (verified, unverified) = theirs.verify(&known).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 1));
    let changed = note.to_string().replace("\n7\n", "\n8\n");
    assert!(Note::from_bytes(changed.as_bytes()).unwrap().verify(&known).is_err());
}

// [rfc6962#2.1.1] [rfc6962#2.1.2]
#[test]
fn ct_merkle_believes_our_proofs() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, checkpoints) = log(dir.path(), &[3, 100, 333]);
    let log = ledger.log();
    let root = |c: &sceau::ledger::Checkpoint| ct_merkle::RootHash::<Sha256>::new(c.root.into(), c.size);
    let now = root(&log.checkpoint().checkpoint);
    for index in [0, 2, 3, 99, 100, 255, 256, 332] {
        let path = log.prove(index).unwrap().path.concat();
        let proof = ct_merkle::InclusionProof::<Sha256>::from_bytes(path);
        now.verify_inclusion(&log.leaf(index).unwrap().bytes(), index, &proof).unwrap();
    }
    for old in &checkpoints[..2] {
        let path = log.consistency(old.size).unwrap().concat();
        let proof = ct_merkle::ConsistencyProof::<Sha256>::try_from_bytes(path).unwrap();
        now.verify_consistency(&root(old), &proof).unwrap();
    }
}
