//! Proofs as strangers meet them: the sample files of `docs/samples`, checked by tools that are not ours, by every
//! one-byte change, and by the program's exit codes.
//!
//! The samples come from fixed keys and times. `SCEAU_WRITE_SAMPLES=1 cargo test samples` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sceau::ledger::log::SignedCheckpoint;
use sceau::ledger::note::{KeyUse, Note};
use sceau::ledger::verify::{Hour, Verdict};
use sceau::ledger::{Anchor, Checkpoint, Ledger, Policy, Proof, ProofFile, SigningKey, audit, verify};
use sceau::mail::{Chance, EnvelopeId, Time};
use sceau::seal::event::{
    Basis, Draft, EventKind, Field, Leaf, LeafHash, Level, Opening, Plain, Via, message_value, part_value,
};

use crate::tools::have;

const ORIGIN: &str = "preuves.chu-nord.mssante.fr/2026";
/// 2026-11-22T10:15:03Z
const SEALED_AT: Time = Time::from_secs(1_795_342_503);
const ENVELOPE: EnvelopeId = EnvelopeId([0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const PIECE: &str = "Compte rendu de consultation : examen normal.\n";
const SEALED: &str = "From: Alice Martin <alice.martin@chu-nord.mssante.fr>\r\nTo: bob.petit@chu-sud.mssante.fr\r\n\
Subject: =?utf-8?Q?R=C3=A9sultats?=\r\nMessage-ID: <1@chu-nord.mssante.fr>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour.\r\n\
--b\r\nContent-Type: text/plain; name=\"CR.txt\"\r\nContent-Disposition: attachment; filename=\"CR.txt\"\r\n\
Content-Transfer-Encoding: base64\r\n\r\nQ29tcHRlIHJlbmR1IGRlIGNvbnN1bHRhdGlvbiA6IGV4YW1lbiBub3JtYWwuCg==\r\n--b--\r\n";

/// Chance that repeats itself.
#[derive(Default)]
struct Counting(AtomicU64);

impl Chance for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for piece in buffer.chunks_mut(8) {
            let count = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).to_be_bytes();
            piece.copy_from_slice(&count[..piece.len()]);
        }
    }
}

fn key(name: &str, key_use: KeyUse, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, key_use, &[seed; 32]).unwrap()
}

fn witnesses() -> [SigningKey; 3] {
    [("chu-sud", 2), ("chu-est", 3), ("ght-ouest", 4)]
        .map(|(name, seed)| key(&format!("temoin.{name}.mssante.fr"), KeyUse::Witness, seed))
}

fn policy(quorum: &str) -> String {
    let mut text = String::from("# Whom the samples' verifier trusts (c2sp.org/tlog-policy)\n");
    writeln!(text, "log {}", key(ORIGIN, KeyUse::Log, 1).verifier()).unwrap();
    for (name, witness) in ["sud", "est", "ouest"].iter().zip(witnesses()) {
        writeln!(text, "witness {name} {}", witness.verifier()).unwrap();
    }
    text + quorum
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().try_into().unwrap()
}

/// The seal, the delivery, and what the recipient's client did.
fn events(chance: &Counting) -> Vec<(Leaf, Vec<Opening>)> {
    let piece = |content: &str| part_value("text/plain", content.len() as u64, &sha256(content.as_bytes()));
    let seal = Draft::new(EventKind::Seal, ENVELOPE)
        .level(Level::Psc)
        .via(Via::Submission)
        .commit(Field::From, "alice.martin@chu-nord.mssante.fr")
        .commit(Field::Login, "alice.martin@chu-nord.mssante.fr")
        .commit(Field::Subject, "Résultats")
        .commit(Field::MessageId, "<1@chu-nord.mssante.fr>")
        .commit(Field::Message, &message_value(SEALED.len() as u64, &sha256(SEALED.as_bytes())))
        .commit(Field::To(1), "bob.petit@chu-sud.mssante.fr")
        .commit(Field::Part(1), &piece("Bonjour."))
        .commit(Field::Part(2), &piece(PIECE))
        .commit(Field::Name(2), "CR.txt");
    let person = |kind, basis| {
        Draft::new(kind, ENVELOPE)
            .rcpt(1)
            .basis(basis)
            .level(Level::Password)
            .via(Via::Imap)
            .commit(Field::Mailbox, "bob.petit@chu-sud.mssante.fr")
            .commit(Field::Login, "bob.petit@chu-sud.mssante.fr")
    };
    let deliver =
        Draft::new(EventKind::Deliver, ENVELOPE).rcpt(1).commit(Field::Mailbox, "bob.petit@chu-sud.mssante.fr");
    let drafts = [
        (seal, 0),
        (deliver, 0),
        (person(EventKind::Transfer, Basis::ImapPeek), 2),
        (person(EventKind::Open, Basis::ImapSeen), 40),
    ];
    let mut prev: Option<LeafHash> = None;
    let mut leaves = Vec::new();
    for (number, (draft, seconds)) in (0..).zip(drafts) {
        let (leaf, openings) = draft.into_leaf(SEALED_AT.plus_secs(seconds), number, prev, chance).unwrap();
        prev = Some(leaf.hash());
        leaves.push((leaf, openings));
    }
    leaves
}

/// Two of the three witnesses sign.
fn cosigned(note: &Note, time: Time) -> SignedCheckpoint {
    let lines: String = witnesses()[..2].iter().map(|witness| witness.cosign(note.text(), time)).collect();
    let (checkpoint, note) = Checkpoint::parse_note(&format!("{note}{lines}")).unwrap();
    SignedCheckpoint { checkpoint, note }
}

/// Every sample, by its name.
fn samples() -> Vec<(String, Vec<u8>)> {
    let dir = tempfile::tempdir().unwrap();
    let chance = Counting::default();
    let mut ledger = Ledger::open(dir.path(), key(ORIGIN, KeyUse::Log, 1)).unwrap();
    let others: Vec<Leaf> = (1..=5).map(|number| another_seal(number, &chance)).collect();
    ledger.append(&others).unwrap();
    let earlier = cosigned(&ledger.log().checkpoint().note, SEALED_AT.plus_secs(-2));
    let events = events(&chance);
    let leaves: Vec<Leaf> = events.iter().map(|(leaf, _)| leaf.clone()).collect();
    let indices = ledger.append(&leaves).unwrap();
    let mut samples = Vec::new();
    for (((leaf, openings), index), name) in
        events.iter().zip(indices).zip(["scellement", "remise", "telechargement", "ouverture"])
    {
        let proof = ledger.log().prove(index).unwrap();
        let alone = ProofFile::new(leaf.clone(), openings, proof.clone()).unwrap();
        let note = cosigned(&proof.note, SEALED_AT.plus_secs(44)).note;
        let witnessed = ProofFile::new(leaf.clone(), openings, Proof { note, ..proof }).unwrap();
        let keys = vec![key(ORIGIN, KeyUse::Log, 1).verifier().clone()];
        let witnessed = witnessed.with_not_before(earlier.clone()).with_keys(keys);
        samples.push((format!("{name}.preuve"), witnessed.to_string()));
        if name == "ouverture" {
            samples.push((format!("{name}-sans-temoin.preuve"), alone.to_string()));
            samples.push((format!("{name}-reduite.preuve"), witnessed.redact(&[Field::Login]).to_string()));
            samples.push((format!("{name}-horodatee.preuve"), stamped(&witnessed).to_string()));
        }
    }
    let hash = leaves[0].hash();
    let trace = format!(
        "Received: from poste.chu-nord.mssante.fr; Sun, 22 Nov 2026 10:15:03 +0000\r\nX-Sceau-Seal: {ORIGIN} {ENVELOPE} {hash}\r\n"
    );
    samples.push(("message.eml".to_owned(), trace + SEALED));
    samples.push(("CR.txt".to_owned(), PIECE.to_owned()));
    samples.push(("politique".to_owned(), policy("group temoins 2 sud est ouest\nquorum temoins\n")));
    samples.push(("politique-sans-temoin".to_owned(), policy("quorum none\n")));
    let mut samples: Vec<_> = samples.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    drop(ledger);
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        let name = format!("journal/{}", file.file_name().to_string_lossy());
        samples.push((name, fs::read(file.path()).unwrap()));
    }
    samples
}

/// With the one thing among the samples that no fixed key makes: the token of an authority that openssl played once.
fn stamped(witnessed: &ProofFile) -> ProofFile {
    let token = fs::read_to_string(sample("horodatage.token")).unwrap();
    let token = STANDARD.decode(token.trim()).unwrap();
    witnessed.clone().with_anchor(Anchor { token, proof: witnessed.proof().clone() })
}

fn another_seal(number: u8, chance: &Counting) -> Leaf {
    let draft = Draft::new(EventKind::Seal, EnvelopeId([number; 16])).level(Level::Otp).via(Via::Submission);
    let time = SEALED_AT.plus_secs(i64::from(number) - 10);
    draft.commit(Field::From, "autre@chu-nord.mssante.fr").into_leaf(time, 0, None, chance).unwrap().0
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples").join(name)
}

#[test]
fn samples_are_what_the_code_writes() {
    for (name, content) in samples() {
        let path = sample(&name);
        if std::env::var_os("SCEAU_WRITE_SAMPLES").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &content).unwrap();
        }
        let found = fs::read(&path).unwrap_or_default();
        assert!(
            found == content,
            "docs/samples/{name} is not what the code writes; SCEAU_WRITE_SAMPLES=1 writes it anew"
        );
    }
}

fn shell(directory: &Path, script: &str) -> String {
    let output = Command::new("bash").args(["-euc", script]).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

// [proofs#leaf] [rfc6962#2.1]
#[test]
fn sha256sum_gives_the_hash_of_a_leaf() {
    if !have("the hash of a leaf", &["bash", "sed", "sha256sum", "openssl", "base64"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::copy(sample("ouverture.preuve"), dir.path().join("p")).unwrap();
    // The leaf lies between the first two section lines; no code of ours takes part.
    shell(dir.path(), "sed -n '/^=== event$/,/^=== disclosures$/p' p | sed '1d;$d' > leaf");
    let hex = shell(dir.path(), "{ printf '\\0'; cat leaf; } | sha256sum | cut -d' ' -f1");
    let file = ProofFile::parse(&fs::read(sample("ouverture.preuve")).unwrap()).unwrap();
    let ours: String = file.leaf().hash().0.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(hex.trim(), ours);
    let opened = shell(
        dir.path(),
        "line=$(sed -n '/^=== disclosures$/,/^=== proof$/p' p | grep '^login '); salt=$(cut -d' ' -f2 <<<\"$line\")
         value=$(cut -d' ' -f3- <<<\"$line\")
         printf 'sceau-commit/v1\\nlogin\\n%s\\n%s\\n' \"$salt\" \"$value\" | openssl dgst -sha256 -binary | base64",
    );
    assert!(file.leaf().text().contains(&format!("login {}", opened.trim())), "{opened}");
}

// [c2sp#signed-note]
#[test]
fn openssl_verifies_the_signature_of_a_checkpoint() {
    if !have("the signature of a checkpoint", &["bash", "openssl"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let note = fs::read_to_string(sample("journal/checkpoint")).unwrap();
    let (text, signatures) = note.rsplit_once("\n\n").unwrap();
    let signature = STANDARD.decode(signatures.trim().rsplit_once(' ').unwrap().1).unwrap();
    let vkey = fs::read_to_string(sample("journal/vkey")).unwrap();
    let public = STANDARD.decode(vkey.trim().splitn(3, '+').nth(2).unwrap()).unwrap();
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410 §4) is this prefix and the key.
    let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(), &public[1..]].concat();
    fs::write(dir.path().join("key.der"), der).unwrap();
    fs::write(dir.path().join("text"), format!("{text}\n")).unwrap();
    fs::write(dir.path().join("signature"), &signature[4..]).unwrap();
    let verify = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -sigfile signature -in text";
    assert!(shell(dir.path(), verify).contains("Successfully"));
    fs::write(dir.path().join("text"), text).unwrap();
    assert!(shell(dir.path(), &format!("{verify} 2>&1 || true")).contains("Failure"), "the last LF is signed too");
}

// [proofs#verify]
#[test]
fn a_verifier_written_from_the_documentation_agrees() {
    if !have("the independent verifier", &["python3", "openssl"]) {
        return;
    }
    let text = fs::read_to_string(sample("politique")).unwrap();
    let policy = Policy::parse(&text).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let judge = |bytes: &[u8], place: &str| {
        let path = dir.path().join("p");
        fs::write(&path, bytes).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.py");
        let output = Command::new("python3").arg(script).arg(sample("politique")).arg(path).output().unwrap();
        let ours = match judged(bytes, &policy) {
            None => 1,
            Some((_, verdict)) if verdict.hour == Hour::Attested => 0,
            Some(_) => 3,
        };
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(ours), "{place}: {said}");
    };
    for name in [
        "scellement",
        "remise",
        "telechargement",
        "ouverture",
        "ouverture-reduite",
        "ouverture-sans-temoin",
        "ouverture-horodatee",
    ] {
        judge(&fs::read(sample(&format!("{name}.preuve"))).unwrap(), name);
    }
    let good = fs::read(sample("ouverture.preuve")).unwrap();
    for at in (0..good.len()).step_by(good.len() / 15) {
        let mut bad = good.clone();
        bad[at] ^= 2;
        judge(&bad, &format!("byte {at}"));
    }
}

// [proofs#events]
#[test]
fn the_documentation_has_the_table_of_the_code() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/proofs.md")).unwrap();
    let leaf = ProofFile::parse(&fs::read(sample("ouverture.preuve")).unwrap()).unwrap().leaf().text().to_owned();
    assert!(page.contains(&leaf), "the leaf of section 1 is the sample's");
    for kind in EventKind::ALL {
        let fields = kind.fields();
        let plain = Plain::ALL.into_iter().filter(|plain| fields.has(*plain));
        let plain: Vec<String> = plain
            .map(
                |plain| {
                    if fields.required.contains(&plain) { plain.name().into() } else { format!("[{}]", plain.name()) }
                },
            )
            .collect();
        let committed: Vec<String> = fields
            .committed
            .iter()
            .map(|f| f.number().map_or_else(|| f.to_string(), |_| format!("{}.N", f.stem())))
            .collect();
        let row = format!(" | {} | {} |", plain.join(" "), committed.join(" ")).replace("|  |", "| |");
        let found = page.lines().find(|line| line.ends_with(&row) && line.contains(&format!("`{}`", kind.word())));
        assert!(found.is_some(), "docs/proofs.md has no row «`{}`{row}»", kind.word());
    }
}

/// What a proof asserts. A changed file may say less; never something else.
fn judged(bytes: &[u8], policy: &Policy) -> Option<(ProofFile, Verdict)> {
    let file = ProofFile::parse(bytes).ok()?;
    let verdict = verify(&file, policy).ok()?;
    Some((file, verdict))
}

// [proofs#proof-file] [proofs#verify]
#[test]
fn no_one_byte_change_of_a_sample_changes_what_it_asserts() {
    let policy = Policy::parse(&fs::read_to_string(sample("politique")).unwrap()).unwrap();
    for name in ["scellement.preuve", "ouverture.preuve", "ouverture-reduite.preuve"] {
        let good = fs::read(sample(name)).unwrap();
        let (file, verdict) = judged(&good, &policy).unwrap();
        assert_eq!(verdict.hour, Hour::Attested);
        for at in 0..good.len() {
            for mask in [0x01, 0x02, 0x20, 0x80, good[at] ^ b'\n', good[at] ^ b'='] {
                let mut bad = good.clone();
                bad[at] ^= mask;
                let Some((other, weaker)) = judged(&bad, &policy).filter(|_| mask != 0) else { continue };
                let place = format!("{name}, byte {at} ^ {mask}");
                assert_eq!(other.leaf(), file.leaf(), "{place}");
                assert_eq!(other.disclosures(), file.disclosures(), "{place}");
                assert_eq!(other.proof().checkpoint, file.proof().checkpoint, "{place}");
                assert_eq!(other.proof().index, file.proof().index, "{place}");
                assert!(weaker.before >= verdict.before && weaker.after <= verdict.after, "{place}");
            }
        }
    }
}

fn sceau(arguments: &[&str]) -> (i32, String) {
    let paths = arguments.iter().map(|word| match word.strip_prefix('@') {
        Some(name) => sample(name).into_os_string(),
        None => (*word).into(),
    });
    let output = Command::new(env!("CARGO_BIN_EXE_sceau")).arg("proof").args(paths).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

// [proofs#verify] [proofs#piece] [proofs#eml]
#[test]
fn the_program_says_in_french_what_a_proof_proves_and_exits_accordingly() {
    let policy = "--policy=@politique".replace('@', &sample("").display().to_string());
    let bare = policy.clone() + "-sans-temoin";
    for (arguments, code, says) in [
        (
            vec!["verify", &policy, "@ouverture.preuve"],
            0,
            vec!["VALIDE\n", "Lu, déclaré par le logiciel de bob.petit", "P1", "attestée par"],
        ),
        (vec!["verify", &policy, "@ouverture-reduite.preuve"], 0, vec!["Non révélé", "mailbox"]),
        (vec!["verify", &policy, "@telechargement.preuve"], 0, vec!["affichage non établi", "qu'une personne l'a vu"]),
        (
            vec!["verify", &policy, "@scellement.preuve", "--eml", "@message.eml", "--piece", "@CR.txt"],
            0,
            vec!["à l'octet près", "pièce 2"],
        ),
        (vec!["verify", &policy, "@scellement.preuve", "--piece", "@politique"], 1, vec!["INVALIDE"]),
        (vec!["verify", &policy, "@scellement.preuve", "--eml", "@CR.txt"], 1, vec!["INVALIDE"]),
        (vec!["verify", &policy, "@ouverture-sans-temoin.preuve"], 1, vec!["moins de témoins"]),
        (vec!["verify", &bare, "@ouverture-sans-temoin.preuve"], 3, vec!["HEURE NON ATTESTÉE", "P0"]),
        (vec!["verify", &bare, "@ouverture-sans-temoin.preuve", "--json"], 3, vec!["\"result\":\"unattested\""]),
        (vec!["verify", &policy, "@ouverture-horodatee.preuve"], 0, vec!["P1"]),
        (
            vec!["verify", &policy, "@ouverture-horodatee.preuve", "--tsa", "@horodatage.pem"],
            0,
            vec!["P2", "Horodatage", "attestée par"],
        ),
        (vec!["verify", &policy, "@message.eml"], 1, vec!["sceau-preuve/v1"]),
        (vec!["verify", &policy, "@absent.preuve"], 2, vec!["absent.preuve"]),
        (vec!["verify", "@ouverture.preuve"], 2, vec!["--policy"]),
        (vec!["show", "@ouverture.preuve"], 0, vec!["NON VÉRIFIÉE", "Ouverture"]),
        (vec!["redact", "@scellement.preuve", "--keep", "from,to.1"], 0, vec!["alice.martin", "=== end"]),
        (vec!["redact", "@scellement.preuve", "--keep", "to.2"], 2, vec!["to.2"]),
        (vec!["audit", "@journal"], 0, vec!["JOURNAL CONFORME", "Feuilles signées         9"]),
    ] {
        let (found, text) = sceau(&arguments);
        assert_eq!(found, code, "{arguments:?}: {text}");
        for word in says {
            assert!(text.contains(word), "{arguments:?} does not say {word:?}: {text}");
        }
    }
}

// [proofs#audit]
#[test]
fn one_changed_byte_of_the_log_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for file in fs::read_dir(sample("journal")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    audit(dir.path(), None).unwrap();
    let entries = dir.path().join("entries");
    let mut bytes = fs::read(&entries).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&entries, bytes).unwrap();
    let (code, text) = sceau(&["audit", &dir.path().display().to_string()]);
    assert_eq!(code, 1);
    assert!(text.contains("JOURNAL MODIFIÉ") && text.contains("entries, byte"), "{text}");
}
