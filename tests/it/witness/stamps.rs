//! Time stamps (RFC 3161) by `openssl ts` as the authority, behind a small HTTP server of the test.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pair::{Pair, proof};
use super::{QUORUM, text};
use crate::tools::have;

const SETTINGS: &str = "\
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
certs = ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_alg = ALGORITHM
[stamping]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = critical,CA:false
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
";

/// A directory with a time-stamp authority.
fn authority(directory: &Path, algorithm: &str) {
    fs::write(directory.join("tsa.cnf"), SETTINGS.replace("ALGORITHM", algorithm)).unwrap();
    fs::write(directory.join("serial"), "01\n").unwrap();
    for command in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=AC-essai -extensions authority -config tsa.cnf",
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Horodateur-essai -config tsa.cnf",
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 30 -extfile tsa.cnf -extensions stamping",
    ] {
        openssl(directory, command);
    }
}

fn openssl(directory: &Path, command: &str) -> String {
    // openssl req wants this section, whatever the subject.
    let config = directory.join("tsa.cnf");
    let settings = fs::read_to_string(&config).unwrap();
    if !settings.contains("[req]") {
        fs::write(&config, format!("{settings}[req]\ndistinguished_name = dn\n[dn]\n")).unwrap();
    }
    let output = Command::new("openssl").args(command.split(' ')).current_dir(directory).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{command}: {text}");
    text
}

/// Answers time-stamp queries over HTTP until the test ends; gives where.
fn serve(directory: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Some(query) = read_query(&mut stream.as_ref().unwrap()) else { continue };
            fs::write(directory.join("query"), query).unwrap();
            openssl(&directory, "ts -reply -queryfile query -out reply -config tsa.cnf");
            let reply = fs::read(directory.join("reply")).unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                reply.len()
            );
            let _ = stream.unwrap().write_all(&[head.as_bytes(), &reply].concat());
        }
    });
    format!("http://{address}/tsa")
}

fn read_query(stream: &mut &TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        assert!(head.starts_with("post /tsa ") && head.contains("content-type: application/timestamp-query"), "{head}");
        let length: usize = head.split("content-length: ").nth(1)?.lines().next()?.trim().parse().ok()?;
        if bytes.len() >= end + 4 + length {
            return Some(bytes[end + 4..].to_vec());
        }
    }
}

// [proofs#anchor] [rfc3161#2.4.1] [rfc3161#2.4.2] [rfc5652#5.4] [rfc5816#2.2]
#[test]
fn a_log_that_openssl_stamps_gives_proofs_of_level_p2() {
    if !have("time stamps", &["openssl"]) {
        return;
    }
    let tsa = tempfile::tempdir().unwrap();
    authority(tsa.path(), "sha256");
    let (ca, url) = (tsa.path().join("ca.pem"), serve(tsa.path().to_owned()));
    let stamps = format!("time_stamps = {url:?}\ntime_stamp_anchors = [{ca:?}]\ntime_stamp_every = \"1 s\"");
    let pair = Pair::on_loopback(&stamps);
    let [a, b] = &pair.operators;
    let _running = [a.start(), b.start()];
    a.wait_for(&[QUORUM]);
    pair.deliver(a, "un@essai", "");
    // relay-in, deliver, anchor.
    a.wait_for(&["publiées : 3", QUORUM]);
    let (policy, files) = (a.verifiers_policy(), a.export("un@essai"));
    let verify =
        |file: &Path, more: &[&str]| proof(&[&["verify", "--policy", text(&policy), text(file)], more].concat());
    let (code, said) = verify(&files[0], &["--tsa", text(&ca)]);
    assert!(code == 0 && said.contains("P2") && said.contains("Horodatage"), "{said}");
    assert!(verify(&files[0], &[]).1.contains("P1"), "without the authority it is as good as before");
    let stranger = tempfile::tempdir().unwrap();
    authority(stranger.path(), "sha256");
    let (code, said) = verify(&files[0], &["--tsa", text(&stranger.path().join("ca.pem"))]);
    assert!(code == 0 && said.contains("P1"), "an unknown authority counts for nothing: {said}");
    openssl_agrees(tsa.path(), &files[0]);
    changed_tokens_are_refused(&files[0], |file| verify(file, &["--tsa", text(&ca)]));
}

/// What `openssl ts -verify` says of the token, over the text of the checkpoint.
fn openssl_agrees(tsa: &Path, file: &Path) {
    let file = fs::read_to_string(file).unwrap();
    let anchor = file.split("=== anchor\n").nth(1).unwrap().split("=== keys\n").next().unwrap();
    let (token, rest) = anchor.split_once('\n').unwrap();
    let note = rest.split_once("\n\n").unwrap().1;
    let signed = note.split_once("\n\n").unwrap().0;
    fs::write(tsa.join("token"), STANDARD.decode(token).unwrap()).unwrap();
    fs::write(tsa.join("text"), format!("{signed}\n")).unwrap();
    let said = openssl(tsa, "ts -verify -data text -in token -token_in -CAfile ca.pem");
    assert!(said.contains("Verification: OK"), "{said}");
}

fn changed_tokens_are_refused(file: &Path, verify: impl Fn(&Path) -> (i32, String)) {
    let good = fs::read_to_string(file).unwrap();
    let (before, after) = good.split_once("=== anchor\n").unwrap();
    let (token, rest) = after.split_once('\n').unwrap();
    let bytes = STANDARD.decode(token).unwrap();
    let stamped = |said: &str| said.lines().find(|line| line.contains("Horodatage  ")).map(str::to_owned);
    let time = stamped(&verify(file).1).unwrap();
    let path = file.with_extension("changed");
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        fs::write(&path, format!("{before}=== anchor\n{}\n{rest}", STANDARD.encode(bad))).unwrap();
        let (code, said) = verify(&path);
        // What stands in the token beside what is signed (other certificates) changes nothing that it says.
        let other = stamped(&said).is_some_and(|stamped| stamped != time);
        assert!(code == 1 || !other, "byte {at}: {said}");
        refused += u32::from(code == 1);
    }
    assert!(refused > 20, "{refused} of 40");
    let other = rest.replacen("index 0\n", "index 1\n", 1);
    fs::write(&path, format!("{before}=== anchor\n{token}\n{other}")).unwrap();
    assert_eq!(verify(&path).0, 1, "a stamp over another leaf");
}

// [rfc5816#2.2]
#[test]
fn a_token_that_names_its_certificate_in_the_old_way_is_good_too() {
    if !have("old time stamps", &["openssl"]) {
        return;
    }
    use sceau::trust::{load_anchors, timestamp};
    let tsa = tempfile::tempdir().unwrap();
    authority(tsa.path(), "sha1");
    let query = timestamp::query(&[7; 32], 1);
    fs::write(tsa.path().join("query"), &query).unwrap();
    openssl(tsa.path(), "ts -reply -queryfile query -out reply -config tsa.cnf");
    let token = timestamp::token(&fs::read(tsa.path().join("reply")).unwrap()).unwrap();
    let anchors = load_anchors(&[tsa.path().join("ca.pem")]).unwrap();
    let stamp = timestamp::verify(&token, &[7; 32], &anchors).unwrap();
    assert!(timestamp::answers(&stamp, &query) && !timestamp::answers(&stamp, &timestamp::query(&[7; 32], 5)));
    assert!(stamp.authority.contains("Horodateur"), "{stamp:?}");
    assert_eq!(timestamp::verify(&token, &[8; 32], &anchors), Err(timestamp::StampError::OtherBytes));
    // A certificate for something else does not stamp.
    let refused = openssl(tsa.path(), "ts -query -data tsa.cnf -sha512 -out query");
    assert!(!refused.contains("rror"), "{refused}");
}
