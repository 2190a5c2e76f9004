//! The real clamd behind a server, with a database of one signature made here: clean mail passes, what it finds is
//! refused and proved, what it cannot examine waits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::lab::{PASSWORD, Server, block, free_ports, shell};
use crate::tools::have;
use crate::trust_network::world::eventually;

const ADDRESS: &str = "anne@nord.mssante.example";
/// What the one signature is of.
const FOUND: &str = "SCEAU-ESSAI-DE-PROGRAMME-MALVEILLANT";
/// Octets of a stream that clamd takes.
const STREAM_MAX: usize = 100_000;

/// A clamd of the test's own.
struct Clamd {
    folder: PathBuf,
    child: Option<Child>,
}

impl Clamd {
    fn new(folder: &Path) -> Self {
        let database = folder.join("base");
        fs::create_dir_all(&database).unwrap();
        let hex: String = FOUND.bytes().map(|byte| format!("{byte:02x}")).collect();
        fs::write(database.join("essai.ndb"), format!("Sceau.Essai:0:*:{hex}\n")).unwrap();
        let settings = format!(
            "LocalSocket {socket}\nDatabaseDirectory {database}\nForeground yes\nLogFile {log}\nLogTime yes\n\
             StreamMaxLength {STREAM_MAX}\nPidFile {pid}\n",
            socket = folder.join("clamd.ctl").display(),
            database = database.display(),
            log = folder.join("clamd.log").display(),
            pid = folder.join("clamd.pid").display(),
        );
        fs::write(folder.join("clamd.conf"), settings).unwrap();
        let mut clamd = Self { folder: folder.to_owned(), child: None };
        clamd.start();
        clamd
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("clamd.ctl")
    }

    fn start(&mut self) {
        let mut command = Command::new("/usr/sbin/clamd");
        command.arg("--config-file").arg(self.folder.join("clamd.conf"));
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let socket = self.socket();
        eventually("clamd listens", || std::os::unix::net::UnixStream::connect(&socket).ok());
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The reply to a message of which this is the rest: more fields, an empty line, the body.
fn sent(server: &Server, rest: &str) -> String {
    let mut smtp = server.connect(true);
    smtp.line();
    smtp.say("EHLO client.example", "250 ");
    smtp.say(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{ADDRESS}\0{PASSWORD}"))), "235 ");
    smtp.say(&format!("MAIL FROM:<{ADDRESS}>"), "250 ");
    smtp.say(&format!("RCPT TO:<{ADDRESS}>"), "250 ");
    // A scanner that is down is told at DATA, one that dies meanwhile at the end.
    let begun = smtp.reply("DATA");
    if !begun.starts_with("354") {
        return begun;
    }
    smtp.reply(&format!("From: <{ADDRESS}>\r\nTo: <{ADDRESS}>\r\nSubject: essai\r\n{rest}\r\n."))
}

#[test]
fn what_clamd_finds_is_refused_and_what_it_cannot_examine_waits() {
    if !have("what_clamd_finds_is_refused_and_what_it_cannot_examine_waits", &["clamd"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut clamd = Clamd::new(&folder.path().join("clamd"));
    let commands = block("sceau pki init lab");
    shell(folder.path(), &commands.replace("--ports 26000", &format!("--ports {}", free_ports())));
    let config = folder.path().join("lab/serveurs/nord/sceau.toml");
    let scan = format!("\n[scan]\nclamav = {:?}\ntimeout = \"20 s\"\n", clamd.socket());
    fs::write(&config, fs::read_to_string(&config).unwrap() + &scan).unwrap();
    let add = format!("printf '{PASSWORD}\\n' | sceau account add {ADDRESS} --config lab/serveurs/nord/sceau.toml");
    shell(folder.path(), &add);
    let server = Server::start(config);
    let encoded = STANDARD.encode(format!("Un document.\r\n{FOUND}\r\n"));
    let attached =
        format!("MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}");
    let large = "\r\nUne ligne, afin de dépasser ce que clamd prend.".repeat(STREAM_MAX / 40);
    for (what, rest, reply) in [
        ("a clean message", "\r\nBonjour.", "250 2.0.0"),
        ("a message with what the signature is of", &format!("\r\n{FOUND}"), "554 5.7.0"),
        ("a clean message again", "\r\nBonsoir.", "250 2.0.0"),
        ("the same in base64, which clamd decodes", &attached, "554 5.7.0"),
        ("a message larger than clamd's StreamMaxLength", &large, "451 4.7.0"),
    ] {
        let said = sent(&server, rest);
        assert!(said.starts_with(reply), "{what}: {said}\n{}", server.log());
    }
    clamd.stop();
    assert!(sent(&server, "\r\nBonjour.").starts_with("451 4.7.0"), "{}", server.log());
    clamd.start();
    assert!(sent(&server, "\r\nBonjour.").starts_with("250 2.0.0"), "{}", server.log());
    let log = || shell(folder.path(), "cat lab/serveurs/nord/data/ledger/*/entries | tr -d '\\000'");
    eventually("the three deliveries are in the log of proofs", || {
        (log().matches("sceau-event/v1 deliver").count() == 3).then_some(())
    });
    assert_eq!(log().matches("sceau-event/v1 refuse").count(), 2, "{}", log());
}
