//! Canaries: values that name a person go through the whole life of a server, with the log at its loudest, and are
//! looked for in every byte of every file, in file names, in the log and in the metrics: in clear, in the forms that mail
//! and programs give to text, and as unsalted digests. Then the person is erased, and a backup from before is looked at.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::tools::{have, run};

const LOCAL: &str = "canari.boite@chu-valnord.mssante.fr";
const INS: &str = "279035121518989";
const SUBJECT: &str = "CANARI-OBJET-DUPONT-7f3a";
const FILE: &str = "canari-piece-91c2.pdf";
const BODY: &str = "CANARI-CORPS-5e8d";
const SENDER: &str = "anne.martin@chu-valnord.mssante.fr";
const SENDERS_PASSWORD: &str = "cardio-valnord-2026";
const PASSWORD: &str = "mot-de-passe-du-canari";

/// All forms of all canaries, each with what it is.
fn forms() -> Vec<(String, Vec<u8>)> {
    let mut forms = Vec::new();
    let patient = format!("{INS}@oliviers.mssante.fr");
    for canary in [LOCAL, INS, &patient, SUBJECT, FILE, BODY] {
        let raw = canary.as_bytes();
        let utf16: Vec<u8> = raw.iter().flat_map(|byte| [*byte, 0]).collect();
        forms.push((format!("{canary} raw"), raw.to_vec()));
        forms.push((format!("{canary} UTF-16"), utf16));
        forms.push((format!("{canary} in capitals"), canary.to_uppercase().into_bytes()));
        forms.push((format!("{canary} in hex"), hex(raw).into_bytes()));
        forms.push((format!("{canary} quoted-printable"), canary.replace('-', "=2D").replace('@', "=40").into_bytes()));
        for shift in 0..3 {
            // The middle of the encoding is the same whatever stands around it.
            let encoded = STANDARD.encode([&b"xxx"[..shift], raw].concat());
            forms.push((format!("{canary} base64"), encoded.as_bytes()[4..encoded.len() - 4].to_vec()));
        }
        for value in [canary.to_owned(), format!("<{canary}>"), format!("{canary}\n")] {
            for algorithm in [&digest::SHA256, &digest::SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA512] {
                let digest = digest::digest(algorithm, value.as_bytes());
                let bytes = digest.as_ref();
                // Truncated digests count too: sixteen bytes are enough to test a guess.
                forms.push((format!("{value:?} digest"), bytes[..16].to_vec()));
                forms.push((format!("{value:?} digest in hex"), hex(&bytes[..16]).into_bytes()));
                forms.push((format!("{value:?} digest in base64"), STANDARD.encode(bytes).into_bytes()[..20].to_vec()));
                forms.push((
                    format!("{value:?} digest in base64url"),
                    URL_SAFE_NO_PAD.encode(&bytes[..15]).into_bytes(),
                ));
            }
        }
    }
    forms
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Which forms stand in these bytes.
fn found(place: &str, bytes: &[u8], forms: &[(String, Vec<u8>)], told: &mut Vec<String>) {
    for (what, form) in forms {
        if memchr::memmem::find(bytes, form).is_some() {
            told.push(format!("{place}: {what}"));
        }
    }
}

/// In how many files of a directory, at least, something can stand: fewer means that the search looked elsewhere.
fn everywhere(directory: &Path, least: usize, forms: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut told = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    let mut files = 0;
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            found("a name", path.file_name().unwrap().as_encoded_bytes(), forms, &mut told);
            if path.is_dir() {
                waiting.push(path);
            } else if path.is_file() {
                files += 1;
                found(&path.display().to_string(), &fs::read(&path).unwrap(), forms, &mut told);
            }
        }
    }
    assert!(files >= least, "{files} files were looked at in {}", directory.display());
    told
}

struct Server {
    child: Child,
    config: PathBuf,
    directory: PathBuf,
    ca: String,
    told: String,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let place = directory.join("demo");
        let (ok, told) = sceau(&["demo", "--once", "--dir", place.to_str().unwrap()], "");
        assert!(ok, "{told}");
        let config = place.join("a/sceau.toml");
        let text = fs::read_to_string(&config).unwrap().replace("level = \"warn\"", "level = \"trace\"");
        let ca = text.split_once("anchors = [\"").unwrap().1.split('"').next().unwrap().to_owned();
        let any_port = |line: &str| match line.split_once(" = [\"127.0.0.1:") {
            Some((key, _)) if key.starts_with("listen") => format!("{key} = [\"127.0.0.1:0\"]\n"),
            _ => format!("{line}\n"),
        };
        // The other operator, who would witness the log, has no part in this life.
        let lines = text.lines().filter(|line| !line.starts_with("policy = "));
        fs::write(&config, lines.map(any_port).collect::<String>()).unwrap();
        let systemd = UnixDatagram::bind(directory.join("notify")).unwrap();
        systemd.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_sceau"))
            .args(["serve", "--config", config.to_str().unwrap()])
            .env("NOTIFY_SOCKET", directory.join("notify"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(directory.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut status = [0; 1024];
        let length = systemd.recv(&mut status).unwrap();
        let told = String::from_utf8_lossy(&status[..length]).into_owned();
        Self { child, config, directory: directory.to_owned(), ca, told }
    }

    fn port(&self, service: &str) -> String {
        let rest = self.told.split_once(&format!("{service} 127.0.0.1:")).unwrap_or_else(|| panic!("{}", self.told)).1;
        rest.chars().take_while(char::is_ascii_digit).collect()
    }

    fn ask(&self, arguments: &[&str], input: &str) -> String {
        let (ok, told) = sceau(&[arguments, &["--config", self.config.to_str().unwrap()]].concat(), input);
        assert!(ok, "{arguments:?}: {told}");
        told
    }

    fn curl(&self, arguments: &[&str], user: &str, password: &str) -> String {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--cacert", &self.ca, "--config", "-"]).args(arguments);
        let (ok, told) = run(&mut curl, &format!("user = \"{user}:{password}\"\n"));
        assert!(ok, "{arguments:?}: {told}");
        told
    }

    fn stop(&mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sceau(arguments: &[&str], input: &str) -> (bool, String) {
    run(Command::new(env!("CARGO_BIN_EXE_sceau")).args(arguments), input)
}

fn message() -> String {
    format!(
        "From: <{SENDER}>\r\nTo: <{LOCAL}>, <{INS}@oliviers.mssante.fr>\r\nSubject: {SUBJECT}\r\n\
         Message-ID: <{SUBJECT}@chu-valnord.mssante.fr>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{BODY}\r\n\
         --b\r\nContent-Type: application/pdf; name={FILE}\r\nContent-Disposition: attachment; filename={FILE}\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nQ0FOQVJJ\r\n--b--\r\n"
    )
}

/// A message is sent, refused, relayed, read, searched, marked and moved.
fn live(server: &Server) {
    server.ask(&["account", "add", LOCAL, "--name", "Canari"], &format!("{PASSWORD}\n"));
    let file = server.directory.join("message");
    fs::write(&file, message()).unwrap();
    let submissions = format!("smtps://localhost:{}", server.port("submissions"));
    let (patient, upload) = (format!("{INS}@oliviers.mssante.fr"), file.to_str().unwrap());
    let to = ["--mail-rcpt", LOCAL, "--mail-rcpt", &patient];
    let send = [&["--url", &submissions, "--mail-from", SENDER], &to[..], &["--upload-file", upload]].concat();
    server.curl(&send, SENDER, SENDERS_PASSWORD);
    let refused = Command::new("curl")
        .args(["--silent", "--cacert", &server.ca, "--user", &format!("{LOCAL}:wrong"), "--url", &submissions])
        .args(["--mail-from", LOCAL, "--mail-rcpt", &format!("{INS}@nulle-part.fr"), "--upload-file", upload])
        .status();
    assert!(!refused.unwrap().success());
    let inbox = format!("imaps://localhost:{}/INBOX", server.port("imaps"));
    assert!(server.curl(&["--url", &format!("{inbox};UID=1")], LOCAL, PASSWORD).contains(BODY));
    for command in
        [format!("SEARCH SUBJECT {SUBJECT}"), "STORE 1 +FLAGS (\\Seen)".to_owned(), "COPY 1 Archive".to_owned()]
    {
        server.curl(&["--url", &inbox, "--request", &command], LOCAL, PASSWORD);
    }
}

#[test]
fn nothing_that_names_a_person_stands_anywhere_in_clear_and_erasure_holds_in_backups() {
    // [proofs#erasure]
    if !have("canaries", &["curl", "kill", "cp"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let forms = forms();
    let mut planted = Vec::new();
    found("the message", message().as_bytes(), &forms, &mut planted);
    assert!(planted.len() >= 6, "the search finds what is there: {planted:?}");
    let mut server = Server::start(dir.path());
    let data = dir.path().join("demo/a/data");
    live(&server);
    let trace = server.ask(&["trace", "--message", &format!("{SUBJECT}@chu-valnord.mssante.fr")], "");
    assert!(trace.contains("Scellement") && trace.contains("Ouverture"), "{trace}");
    let mut told = Vec::new();
    found("the metrics", server.ask(&["metrics"], "").as_bytes(), &forms, &mut told);
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(everywhere(&data, 6, &forms), Vec::<String>::new(), "while it runs");

    // A backup as it is to be made: everything but the vault.
    let backup = dir.path().join("backup");
    assert!(
        Command::new("cp").args(["-r", data.to_str().unwrap(), backup.to_str().unwrap()]).status().unwrap().success()
    );
    fs::remove_dir_all(backup.join("vault")).unwrap();

    server.ask(&["erase", "person", &format!("{INS}@oliviers.mssante.fr"), "--ground", "rgpd-17-1-b"], "");
    let told = server.ask(&["erase", "person", LOCAL, "--ground", "rgpd-17-1-b", "--with-account"], "");
    assert!(told.contains("Effacé"), "{told}");
    assert!(!server.ask(&["account", "list"], "").contains(LOCAL));
    // A proof that somebody exports discloses the fingerprints of parts, which stay by design (docs/erasure.md, section
    // 1): the body's is in it. Everything else must not be; the server's own files were searched for the body's too.
    let in_proofs: Vec<_> =
        forms.iter().filter(|(what, _)| !(what.contains(BODY) && what.contains("digest"))).cloned().collect();
    let proofs = dir.path().join("proofs");
    let which = ["--message", &format!("{SUBJECT}@chu-valnord.mssante.fr")];
    server.ask(&[&["proof", "export"], &which[..], &["--out", proofs.to_str().unwrap()]].concat(), "");
    assert_eq!(everywhere(&proofs, 3, &in_proofs), Vec::<String>::new(), "proofs say nothing of who was erased");
    server.ask(&["store", "check"], "");
    server.stop();
    assert_eq!(everywhere(&data, 6, &forms), Vec::<String>::new(), "after the erasure");
    assert_eq!(everywhere(&backup, 6, &forms), Vec::<String>::new(), "in the backup");
    let mut told = Vec::new();
    found("the log", &fs::read(dir.path().join("log")).unwrap(), &forms, &mut told);
    assert_eq!(told, Vec::<String>::new());

    // The backup with today's vault: everybody is there, but who was erased.
    fs::remove_dir_all(data.join("store")).unwrap();
    fs::rename(backup.join("store"), data.join("store")).unwrap();
    let list = server.ask(&["account", "list"], "");
    assert!(list.contains(SENDER) && !list.contains(LOCAL), "{list}");
    let again = dir.path().join("again");
    server.ask(&[&["proof", "export"], &which[..], &["--out", again.to_str().unwrap()]].concat(), "");
    assert_eq!(everywhere(&again, 3, &in_proofs), Vec::<String>::new(), "proofs from the backup");
}
