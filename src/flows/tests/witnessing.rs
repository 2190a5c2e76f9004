//! Operators that witness each other, over a network that is a table.

use std::collections::HashMap;
use std::path::Path;

use super::proving::{arrival, recorder, shards};
use super::web::{Ask, Cache, Method, Said, Web, WebAnswer, WebHandler, WebRequest};
use super::*;
use crate::ledger::note::KeyUse;
use crate::ledger::policy::Known;
use crate::ledger::verify::{Assurance, Hour};
use crate::ledger::{Policy, ProofFile, SigningKey, Witness, verify};
use crate::mail::{Fault, Status, Time};

/// Who answers at which prefix; nobody answers elsewhere.
#[derive(Clone, Default)]
struct Network(Arc<Mutex<HashMap<String, Arc<dyn WebHandler>>>>);

impl Network {
    fn connect(&self, name: &str, door: Arc<dyn WebHandler>) {
        self.0.lock().unwrap().insert(format!("https://{name}"), door);
    }

    fn disconnect(&self, name: &str) {
        self.0.lock().unwrap().remove(&format!("https://{name}"));
    }
}

impl Web for Network {
    async fn ask(&self, ask: Ask) -> Result<Said, Fault> {
        let (prefix, path) = ask.url.split_at(ask.url[8..].find('/').unwrap() + 8);
        let door = self.0.lock().unwrap().get(prefix).cloned();
        let door = door.ok_or_else(|| Fault::upstream(Status::PeerUnreachable, prefix.to_owned()))?;
        let method = if ask.post.is_some() { Method::Post } else { Method::Get };
        let body = ask.post.map_or_else(Vec::new, |(_, body)| body);
        let authorization = ask.token.map(|token| format!("Bearer {token}"));
        let request = WebRequest { method, path: path.to_owned(), authorization, body };
        let WebAnswer { status, kind, body, .. } = tokio::task::block_in_place(|| door.answer(&request));
        Ok(Said { status, kind: kind.split(';').next().unwrap().to_owned(), body })
    }
}

/// The witness of a peer, with its door.
struct Peer {
    key: SigningKey,
    door: Arc<ProofsDoor>,
    store: Arc<Store>,
    directory: tempfile::TempDir,
}

fn witness_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&format!("temoin{seed}.mssante.fr"), KeyUse::Witness, &[seed; 32]).unwrap()
}

fn door(world: &World, store: &Arc<Store>, directory: &Path, witness: Option<Witness>) -> Arc<ProofsDoor> {
    let publication = Arc::new(Publication::new(shards(world, directory)));
    let digest = crate::mail::hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"jeton").as_ref());
    let auditors = Auditors::parse(&format!("# qui\nanssi sha256:{digest}\n")).unwrap();
    let parts = (Arc::clone(store), world.space.edge.clone());
    Arc::new(ProofsDoor::new(publication, witness.map(Arc::new), auditors, parts))
}

fn witness_peer(world: &World, network: &Network, seed: u8, log: &Known) -> Peer {
    let directory = tempfile::tempdir().unwrap();
    let witness = Witness::open(&directory.path().join("w"), witness_key(seed), std::slice::from_ref(log)).unwrap();
    let store = Store::in_memory(world.space.edge.clone()).unwrap();
    let door = door(world, &store, directory.path(), Some(witness));
    network.connect(&format!("w{seed}.fr"), Arc::clone(&door) as _);
    Peer { key: witness_key(seed), door, store, directory }
}

/// An operator with three witnesses, two of which must sign.
struct Scene {
    world: World,
    network: Network,
    peers: Vec<Peer>,
    home: tempfile::TempDir,
    policy: Policy,
}

/// One process of the operator.
struct Process {
    recorder: Arc<Recorder>,
    publication: Arc<Publication>,
    witnessing: Witnessing<Network>,
    proofs: Proofs,
}

impl Scene {
    fn new() -> Self {
        let (world, network, home) = (World::new(), Network::default(), tempfile::tempdir().unwrap());
        // The log's key exists before its peers know it.
        let key = shards(&world, home.path()).open(world.space.edge.now()).unwrap().1.log().key().clone();
        let log = Known { key, url: None };
        let peers: Vec<Peer> = (1..4).map(|seed| witness_peer(&world, &network, seed, &log)).collect();
        let lines: String =
            (1..4).map(|n| format!("witness W{n} {} https://w{n}.fr/\n", witness_key(n).verifier())).collect();
        let policy = Policy::parse(&format!("log {}\n{lines}group G 2 W1 W2 W3\nquorum G\n", log.key)).unwrap();
        Self { world, network, peers, home, policy }
    }

    fn start(&self, home: &Path) -> Process {
        let (world, policy) = (&self.world, self.policy.clone());
        let recorder = recorder(world, home, Gate::Comparing);
        let publication = Arc::new(Publication::new(shards(world, home)));
        let edge = world.space.edge.clone();
        let parts = (Arc::clone(&recorder), Arc::clone(&publication));
        let witnessing = Witnessing::new(self.network.clone(), parts.0, parts.1, policy.clone(), edge);
        let parts = (Arc::clone(&world.store), Arc::clone(&recorder), Arc::clone(&publication));
        Process { recorder, publication, witnessing, proofs: Proofs::new(parts.0, parts.1, parts.2, policy) }
    }

    fn pass(&self, seconds: i64) {
        self.world.clock().set(self.world.space.edge.now().plus_secs(seconds));
    }
}

impl Process {
    fn proof(&self, envelope: EnvelopeId) -> ProofFile {
        let files = tokio::task::block_in_place(|| self.proofs.export(envelope)).unwrap();
        // As a stranger reads it.
        ProofFile::parse(files[0].file.to_string().as_bytes()).unwrap()
    }

    fn drain(&self) -> Result<usize, Fault> {
        tokio::task::block_in_place(|| self.recorder.drain())
    }
}

// [proofs#witnessed] [proofs#publish]
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_proved_between_two_clocks_of_others() {
    let scene = Scene::new();
    let process = scene.start(scene.home.path());
    let first = arrival(&scene.world).await;
    assert_eq!(process.drain().unwrap(), 0, "nothing is written before the witnesses were heard");
    process.witnessing.round().await.unwrap();
    assert_eq!(process.drain().unwrap(), 2);
    // It is older than the first signature: the bracket does not reach so far back.
    scene.pass(5);
    process.witnessing.round().await.unwrap();
    let second = arrival(&scene.world).await;
    process.drain().unwrap();
    let at_once = process.proof(second);
    assert!(verify(&at_once, &scene.policy).is_err(), "not signed yet: no quorum");
    scene.pass(5);
    process.witnessing.round().await.unwrap();
    let verdict = verify(&process.proof(second), &scene.policy).unwrap();
    assert_eq!((verdict.assurance, verdict.hour), (Assurance::Witnessed, Hour::Attested));
    let (after, before) = (verdict.after.unwrap(), verdict.before.unwrap());
    assert_eq!(before.secs() - after.secs(), 5, "as narrow as publication is often");
    assert_eq!(verify(&process.proof(first), &scene.policy).unwrap().hour, Hour::Attested);
    // Much later the proof says the same: the first signature over it counts.
    for _ in 0..5 {
        scene.pass(3600);
        process.witnessing.round().await.unwrap();
    }
    assert_eq!(verify(&process.proof(second), &scene.policy).unwrap(), verdict);
    let (_, shown) = process.publication.newest().unwrap();
    assert_eq!(shown.note.to_string().matches("\n— ").count(), 4, "the log and three witnesses: {}", shown.note);
}

// [proofs#witnessed]
#[tokio::test(flavor = "multi_thread")]
async fn proofs_are_raised_when_witnesses_come_back() {
    let scene = Scene::new();
    let process = scene.start(scene.home.path());
    process.witnessing.round().await.unwrap();
    scene.network.disconnect("w1.fr");
    scene.network.disconnect("w2.fr");
    scene.pass(1);
    let envelope = arrival(&scene.world).await;
    process.drain().unwrap();
    for _ in 0..3 {
        scene.pass(5);
        process.witnessing.round().await.unwrap();
    }
    let file = process.proof(envelope);
    assert!(verify(&file, &scene.policy).is_err(), "one of two");
    let alone = Policy::of_log(file.keys()[0].clone());
    assert_eq!(verify(&file, &alone).unwrap().assurance, Assurance::Logged);
    let states = process.publication.witnesses();
    assert!(states[0].problem.is_some() && states[2].problem.is_none(), "{states:?}");
    for peer in &scene.peers[..2] {
        scene.network.connect(
            &peer.key.verifier().name().replace("temoin", "w").replace(".mssante", ""),
            Arc::clone(&peer.door) as _,
        );
    }
    scene.pass(1);
    process.witnessing.round().await.unwrap();
    assert!(verify(&process.proof(envelope), &scene.policy).is_err(), "a witness that failed is left in peace a while");
    scene.pass(300);
    process.witnessing.round().await.unwrap();
    let verdict = verify(&process.proof(envelope), &scene.policy).unwrap();
    assert_eq!((verdict.assurance, verdict.hour), (Assurance::Witnessed, Hour::Attested), "{verdict:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(drop).unwrap() }
    }
}

// [proofs#rolled-back]
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_not_written_over_what_witnesses_saw() {
    let scene = Scene::new();
    let backup = tempfile::tempdir().unwrap();
    let process = scene.start(scene.home.path());
    process.witnessing.round().await.unwrap();
    arrival(&scene.world).await;
    process.drain().unwrap();
    process.witnessing.round().await.unwrap();
    copy(scene.home.path(), backup.path());
    arrival(&scene.world).await;
    process.drain().unwrap();
    process.witnessing.round().await.unwrap();
    drop(process);
    // The backup lacks what was logged since; an event waits.
    let restored = scene.start(backup.path());
    let waiting = arrival(&scene.world).await;
    restored.witnessing.round().await.unwrap();
    let Gate::Held(why) = restored.recorder.gate() else { panic!("{:?}", restored.recorder.gate()) };
    assert!(why.contains("a vu 4 feuilles") && why.contains("propre signature"), "{why}");
    assert!(restored.drain().is_err());
    assert_eq!(restored.recorder.ledger().log().size(), 2, "nothing was signed over");
    assert_eq!(scene.world.store.pending_events(10).unwrap().len(), 3, "the event waits, and the conflict");
    // The administrator accepts the loss: another log, and the old one as it was.
    let name = tokio::task::block_in_place(|| restored.recorder.begin_again()).unwrap();
    restored.witnessing.round().await.unwrap();
    restored.drain().unwrap();
    let file = restored.proof(waiting);
    assert_eq!(file.proof().checkpoint.origin, format!("preuves.a.mssante.fr/{name}"));
    verify(&file, &Policy::of_log(file.keys()[0].clone())).unwrap();
}

// [proofs#rolled-back] [proofs#witness]
#[tokio::test(flavor = "multi_thread")]
async fn two_histories_of_one_log_are_refused_and_told() {
    let scene = Scene::new();
    let other = tempfile::tempdir().unwrap();
    copy(scene.home.path(), other.path());
    let process = scene.start(scene.home.path());
    process.witnessing.round().await.unwrap();
    arrival(&scene.world).await;
    process.drain().unwrap();
    process.witnessing.round().await.unwrap();
    drop(process);
    // A copy from before, which nobody asked first, writes other leaves: the same size, another root.
    let restored = scene.start(other.path());
    restored.recorder.compared();
    scene.pass(7);
    arrival(&scene.world).await;
    assert_eq!(restored.drain().unwrap(), 2);
    restored.witnessing.round().await.unwrap();
    let Gate::Held(why) = restored.recorder.gate() else { panic!("{:?}", restored.recorder.gate()) };
    assert!(why.contains("un autre journal 2026 de 2 feuilles"), "{why}");
    // Each witness has it in its own log, for its readers, and the two signatures in its files.
    for peer in &scene.peers {
        let waiting = peer.store.pending_events(10).unwrap();
        assert!(waiting.iter().any(|(_, leaf)| leaf.text().contains("code split-view")), "{waiting:?}");
        assert_eq!(std::fs::read_dir(peer.directory.path().join("w/incidents")).unwrap().count(), 1);
    }
}

// [proofs#successor] [proofs#shards]
#[tokio::test(flavor = "multi_thread")]
async fn witnesses_follow_a_log_into_the_new_year() {
    let scene = Scene::new();
    let process = scene.start(scene.home.path());
    process.witnessing.round().await.unwrap();
    let old = arrival(&scene.world).await;
    process.drain().unwrap();
    scene.world.clock().set(Time::parse_rfc3339("2027-01-01T00:00:05Z").unwrap());
    process.drain().unwrap();
    process.witnessing.round().await.unwrap();
    scene.pass(1);
    let new = arrival(&scene.world).await;
    process.drain().unwrap();
    scene.pass(1);
    process.witnessing.round().await.unwrap();
    // Verifiers get the new key on their own way; the witnesses are the same.
    let key = process.recorder.ledger().log().key().clone();
    assert_eq!(key.name(), "preuves.a.mssante.fr/2027");
    let lines: String = (1..4).map(|n| format!("witness W{n} {}\n", witness_key(n).verifier())).collect();
    let policy = Policy::parse(&format!("log {key}\n{lines}group G 2 W1 W2 W3\nquorum G\n")).unwrap();
    let verdict = verify(&process.proof(new), &policy).unwrap();
    assert_eq!((verdict.assurance, verdict.hour), (Assurance::Witnessed, Hour::Attested));
    assert_eq!(
        verify(&process.proof(old), &scene.policy).unwrap().assurance,
        Assurance::Witnessed,
        "closed, and signed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_never_answers_delays_the_log_but_does_not_stop_it() {
    let scene = Scene::new();
    (1..4).for_each(|n| scene.network.disconnect(&format!("w{n}.fr")));
    let process = scene.start(scene.home.path());
    arrival(&scene.world).await;
    for _ in 0..5 {
        process.witnessing.round().await.unwrap();
        assert_eq!(process.drain().unwrap(), 0);
        scene.pass(6);
    }
    process.witnessing.round().await.unwrap();
    assert_eq!(process.drain().unwrap(), 2, "after thirty seconds");
}

fn ask(door: &ProofsDoor, method: Method, path: &str, token: Option<&str>) -> WebAnswer {
    let authorization = token.map(str::to_owned);
    door.answer(&WebRequest { method, path: path.to_owned(), authorization, body: Vec::new() })
}

// [c2sp#tlog-tiles] [proofs#publish]
#[tokio::test(flavor = "multi_thread")]
async fn the_door_shows_tiles_to_all_and_entries_to_auditors() {
    let scene = Scene::new();
    let process = scene.start(scene.home.path());
    process.witnessing.round().await.unwrap();
    arrival(&scene.world).await;
    process.drain().unwrap();
    let door = door(&scene.world, &scene.world.store, scene.home.path(), None);
    let get = |path: &str| ask(&door, Method::Get, path, None);
    let checkpoint = get("/2026/checkpoint");
    assert_eq!((checkpoint.status, checkpoint.cache), (200, Cache::Seconds(5)));
    let signed = process.recorder.ledger().log().checkpoint().note.to_string();
    assert_eq!(String::from_utf8(checkpoint.body).unwrap(), signed);
    let tile = get("/2026/tile/0/000.p/2");
    assert_eq!(
        (tile.status, tile.kind, tile.cache, tile.body.len()),
        (200, "application/octet-stream", Cache::ForEver, 64)
    );
    assert_eq!(get("/keys").body, format!("{}\n", process.recorder.ledger().log().key()).into_bytes());
    nothing_else_is_shown(&door);
}

fn nothing_else_is_shown(door: &ProofsDoor) {
    let entries = "/2026/tile/entries/000.p/2";
    for (token, status) in [
        (None, 401),
        (Some("Bearer autre"), 401),
        (Some("jeton"), 401),
        (Some("Basic jeton"), 401),
        (Some("Bearer jeton"), 200),
    ] {
        assert_eq!(ask(door, Method::Get, entries, token).status, status, "{token:?}");
    }
    for path in [
        "/",
        "/2025/checkpoint",
        "/2026",
        "/2026/",
        "/2026/tile/0/000",
        "/2026/tile/0/001.p/1",
        "/../2026/checkpoint",
        "/2026/vkey",
        "/2026/successor",
        "/x",
    ] {
        assert_eq!(ask(door, Method::Get, path, None).status, 404, "{path}");
    }
    assert_eq!(ask(door, Method::Post, "/add-checkpoint", None).status, 404, "no witness here");
}

// [c2sp#tlog-witness]
#[tokio::test(flavor = "multi_thread")]
async fn the_witness_has_its_door_beside() {
    let scene = Scene::new();
    scene.start(scene.home.path()).witnessing.round().await.unwrap();
    let witness = &scene.peers[0].door;
    let post = |path: &str, body: &[u8]| {
        let request =
            WebRequest { method: Method::Post, path: path.to_owned(), authorization: None, body: body.to_vec() };
        witness.answer(&request).status
    };
    assert_eq!(post("/add-checkpoint", b"old"), 400);
    assert_eq!(post("/add-successor", b"x"), 403);
    assert_eq!(post("/other", b"x"), 404);
    let latest = format!("/{}/checkpoint", crate::ledger::witness::origin_hash("preuves.a.mssante.fr/2026"));
    let request = WebRequest { method: Method::Get, path: latest, authorization: None, body: Vec::new() };
    assert_eq!(witness.answer(&request).status, 200);
}

#[test]
fn auditors_have_one_form() {
    let digest = "a".repeat(64);
    assert!(Auditors::parse(&format!("\n# x\nanssi sha256:{digest}\n")).is_ok());
    for (line, bad) in [(1, "anssi"), (1, "anssi md5:x"), (1, "anssi sha256:AA"), (2, "\nanssi sha256:zz")] {
        assert_eq!(Auditors::parse(bad).err(), Some(line), "{bad}");
    }
    assert!(Auditors::parse(&format!("anssi sha256:{}", digest.to_uppercase())).is_err());
}
