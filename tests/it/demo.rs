//! The demonstration as anybody runs it, and what its files say when one byte of them is changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn sceau(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sceau")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

/// A demonstration that was told to its end, with its files.
struct Told {
    directory: TempDir,
    story: String,
}

fn tell() -> Told {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("demo");
    let info = directory.path().join("info.json");
    let [place, info] = [&place, &info].map(|path| path.to_str().unwrap());
    let output = sceau(&["demo", "--once", "--dir", place, "--info", info]);
    assert!(output.status.success(), "{}", said(&output));
    Told { story: said(&output), directory }
}

impl Told {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("demo").join(name)
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The one shard of an operator's ledger.
    fn shard(&self, operator: &str) -> PathBuf {
        self.files(&format!("{operator}/data/ledger")).remove(0)
    }

    fn proof(&self, event: &str) -> PathBuf {
        let files = self.files("preuves");
        files.into_iter().find(|file| file.to_str().unwrap().ends_with(&format!("-{event}.preuve"))).unwrap()
    }

    fn verify(&self, proof: &Path, more: &[&str]) -> Output {
        let policy = self.path("preuves/politique-b.txt");
        let [proof, policy] = [proof, &policy].map(|path| path.to_str().unwrap());
        sceau(&[&["proof", "verify", "--policy", policy, proof], more].concat())
    }
}

/// Changes one byte in the middle of a file.
fn change_a_byte(file: &Path) {
    change_byte(file, usize::try_from(fs::metadata(file).unwrap().len()).unwrap() / 2);
}

fn change_byte(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn the_story_is_told_with_its_figures_and_leaves_what_programs_need() {
    let told = tell();
    for word in [
        "liste blanche",
        "250 2.0.0 ",
        "Scellement",
        "Remise",
        "Ouverture",
        "sha256",
        "falsifiée",
        "niveau P1",
        "attestation.pdf",
        "a tenu",
    ] {
        assert!(told.story.contains(word), "{word} is missing:\n{}", told.story);
    }
    assert!(fs::read(told.path("preuves/attestation.pdf")).unwrap().starts_with(b"%PDF-1.7"));
    let info: serde_json::Value =
        serde_json::from_slice(&fs::read(told.directory.path().join("info.json")).unwrap()).unwrap();
    let operators = info["operators"].as_array().unwrap();
    assert_eq!(operators.len(), 2);
    for operator in operators {
        for key in [
            "name",
            "domain",
            "smtp",
            "submission",
            "submissions",
            "imap",
            "imaps",
            "proofs",
            "ca",
            "crl",
            "white_list",
        ] {
            assert!(operator[key].is_string(), "{key}: {operator}");
        }
        for file in [&operator["ca"], &operator["tls_client"]["cert"], &operator["tls_client"]["key"]] {
            assert!(Path::new(file.as_str().unwrap()).is_file(), "{file}");
        }
        assert_eq!(operator["users"].as_array().unwrap().len(), 2);
    }
}

/// [proofs#proof-file] [proofs#audit]
#[test]
fn one_byte_changed_anywhere_is_found_and_named() {
    let told = tell();
    let shard = told.shard("b");
    let shard_path = shard.to_str().unwrap();
    let config = told.path("a/sceau.toml");
    let check = || sceau(&["store", "check", "--config", config.to_str().unwrap()]);
    let seal = told.proof("seal");

    // As it was left, everything holds, and the other operator's clock attests the hour.
    assert_eq!(sceau(&["proof", "audit", shard_path]).status.code(), Some(0));
    assert_eq!(check().status.code(), Some(0), "{}", said(&check()));
    let message = told.path("preuves/message.eml");
    let verified = told.verify(&seal, &["--eml", message.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));

    change_a_byte(&message);
    assert_eq!(told.verify(&seal, &["--eml", message.to_str().unwrap()]).status.code(), Some(1));
    change_a_byte(&seal);
    assert_eq!(told.verify(&seal, &[]).status.code(), Some(1));

    change_a_byte(&shard.join("entries"));
    let audited = sceau(&["proof", "audit", shard_path]);
    assert_eq!(audited.status.code(), Some(1));
    assert!(said(&audited).contains("entries"), "{}", said(&audited));

    let segment = told.files("a/data/store/bodies").into_iter().find(|file| fs::metadata(file).unwrap().len() > 0);
    // In the message: behind it lies what was sent back to the other operator, and is nobody's any more.
    change_byte(&segment.unwrap(), 1000);
    let checked = check();
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    assert!(said(&checked).contains("FAUX"), "{}", said(&checked));
}

#[test]
fn a_directory_that_is_in_use_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("a")).unwrap();
    let output = sceau(&["demo", "--once", "--dir", directory.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("sert déjà"), "{}", said(&output));
}
