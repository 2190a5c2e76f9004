//! The laboratory as `docs/trust.md` tells it: its five commands, word for word, then three real servers that deliver
//! to each other. And the page's other promises that a program can check.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sceau::config;

use crate::tools::run;

pub const PASSWORD: &str = "correct horse battery staple";
const OPERATORS: [&str; 3] = ["nord", "sud", "ouest"];
/// Tries, a twentieth of a second apart: for a server to listen, for a message to arrive.
const TRIES: usize = 400;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/trust.md")).unwrap()
}

/// The first block of commands that holds these words.
pub fn block(words: &str) -> String {
    let page = page();
    let mut blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    blocks.find(|block| block.contains(words)).unwrap_or_else(|| panic!("no block with {words}")).to_owned()
}

/// The first of thirty ports that are free now.
pub fn free_ports() -> u16 {
    for _ in 0..TRIES {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let Some(last) = first.checked_add(30) else { continue };
        if (first..last).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()) {
            return first;
        }
    }
    panic!("no thirty free ports in a row");
}

/// Runs commands as a shell does, with this program as `sceau`.
pub fn shell(directory: &Path, commands: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_sceau")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([program].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    let (done, told) = run(shell.arg("-eu").current_dir(directory).env("PATH", path), commands);
    assert!(done, "{commands}\n{told}");
    told
}

pub struct Server {
    child: Child,
    pub config: PathBuf,
}

impl Server {
    pub fn start(config: PathBuf) -> Self {
        let log = fs::File::create(config.with_extension("log")).unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_sceau"));
        let child = serve.args(["serve", "--config"]).arg(&config).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, config }
    }

    /// TLS to one of its ports for people, trusting the laboratory's anchors.
    pub fn connect(&self, submission: bool) -> Dialogue {
        let config = config::load(&self.config).unwrap();
        let address = if submission { config.submission.listen_tls[0] } else { config.imap.listen_tls[0] };
        let mut roots = RootCertStore::empty();
        let anchors = fs::read(&config.trust.anchors[0]).unwrap();
        for certificate in CertificateDer::pem_slice_iter(&anchors) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = builder.with_root_certificates(roots).with_no_client_auth();
        let stream = (0..TRIES).find_map(|_| {
            let stream = TcpStream::connect(address).ok();
            if stream.is_none() {
                std::thread::sleep(Duration::from_millis(50));
            }
            stream
        });
        let stream = stream.unwrap_or_else(|| panic!("{}", self.log()));
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let name = config.server.name.to_string().try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(tls), name).unwrap();
        Dialogue(BufReader::new(StreamOwned::new(connection, stream)))
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.config.with_extension("log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Dialogue(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Dialogue {
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        Read::by_ref(&mut self.0).take(4096).read_line(&mut line).unwrap();
        line
    }

    /// Says something; gives the first line of the answer, whatever it is.
    pub fn reply(&mut self, text: &str) -> String {
        self.0.get_mut().write_all(format!("{text}\r\n").as_bytes()).unwrap();
        self.line()
    }

    /// Says a line; gives the lines of the answer up to the one that begins so.
    pub fn say(&mut self, text: &str, until: &str) -> String {
        self.0.get_mut().write_all(format!("{text}\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "{text}: {answer}");
            answer += &line;
            if line.starts_with(until) {
                return answer;
            }
            assert!(!(line.starts_with('4') || line.starts_with('5')), "{text}: {answer}");
        }
    }
}

fn address(operator: &str) -> String {
    format!("anne@{operator}.mssante.example")
}

fn send(from: &Server, sender: &str, recipient: &str) {
    let mut smtp = from.connect(true);
    smtp.line();
    smtp.say("EHLO client.example", "250 ");
    let login = STANDARD.encode(format!("\0{sender}\0{PASSWORD}"));
    smtp.say(&format!("AUTH PLAIN {login}"), "235 ");
    smtp.say(&format!("MAIL FROM:<{sender}>"), "250 ");
    smtp.say(&format!("RCPT TO:<{recipient}>"), "250 ");
    smtp.say("DATA", "354 ");
    let software = "X-MSS-NIL: LPS-ESSAI\r\nX-MSS-CODECDA: 34112-3\r\nX-MSS-INS: O";
    let header = format!("From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: essai\r\n{software}");
    smtp.say(&format!("{header}\r\n\r\nBonjour.\r\n."), "250 ");
}

fn messages(server: &Server, address: &str) -> String {
    let mut imap = server.connect(false);
    imap.line();
    imap.say(&format!("a LOGIN {address} \"{PASSWORD}\""), "a OK");
    imap.say("b STATUS INBOX (MESSAGES)", "b OK")
}

#[test]
fn five_commands_make_three_operators_that_deliver_to_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let commands = block("sceau pki init lab");
    assert_eq!(commands.lines().count(), 5, "{commands}");
    assert!(commands.contains("--ports 26000"));
    shell(directory.path(), &commands.replace("--ports 26000", &format!("--ports {}", free_ports())));
    let config = |name: &str| directory.path().join(format!("lab/serveurs/{name}/sceau.toml"));
    let servers = OPERATORS.map(|name| {
        let mut add = Command::new(env!("CARGO_BIN_EXE_sceau"));
        add.args(["account", "add", &address(name), "--config"]).arg(config(name));
        let (added, told) = run(&mut add, &format!("{PASSWORD}\n"));
        assert!(added, "{told}");
        Server::start(config(name))
    });
    for (number, server) in servers.iter().enumerate() {
        send(server, &address(OPERATORS[number]), &address(OPERATORS[(number + 1) % 3]));
    }
    for (server, name) in servers.iter().zip(OPERATORS) {
        let arrived = (0..TRIES).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            messages(server, &address(name)).contains("MESSAGES 1")
        });
        assert!(arrived, "{}", servers.iter().map(Server::log).collect::<String>());
    }
    counted(directory.path());
}

/// What the first operator counted: one message from its own people, one from the last operator; in three forms, from
/// the running server and after its end. [mss#5]
fn counted(directory: &Path) {
    let stats = |how: &str| shell(directory, &format!("sceau stats {how} --config lab/serveurs/nord/sceau.toml"));
    let json: serde_json::Value = serde_json::from_str(&stats("--json")).unwrap();
    let rows: Vec<_> = json["messages"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(rows.len(), 2, "{json}");
    for (row, direction, domain) in [(&rows[0], "in", "ouest"), (&rows[1], "out", "nord")] {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        assert_eq!((&row["direction"], &row["product"]), (&direction.into(), &"LPS-ESSAI".into()), "{row}");
        assert_eq!(row["domain"], format!("{domain}.mssante.example"));
        assert_eq!([&row["messages"], &row["cda"], &row["ins_qualified"], &row["to_patients"]], [1, 1, 1, 0], "{row}");
    }
    assert!(stats("--csv").contains(",messages,in,ouest.mssante.example,LPS-ESSAI,,1,1,1,0,0,0"));
    assert!(stats("").contains("LPS-ESSAI") && stats("--month 2001-01").contains("0 messages"));
}

/// A revoked operator leaves the list, its certificate is explained as revoked; persons and software get theirs.
#[test]
fn the_rest_of_the_laboratory() {
    let directory = tempfile::tempdir().unwrap();
    let commands = block("sceau pki init lab");
    shell(directory.path(), &commands);
    let told = shell(
        directory.path(),
        "sceau pki person lab --rpps 99700367511 --surname MARTIN --given-name Anne
         sceau pki application lab --cn lps.nord.example --o 'CHU DU NORD' --finess 599990009
         sceau pki revoke lab lab/sud.pem
         sceau pki crl lab --days 30
         sceau pki list lab
         sceau trust explain lab/sud.pem --config lab/serveurs/nord/sceau.toml
         sceau trust explain sud.mssante.example --config lab/serveurs/nord/sceau.toml
         sceau check --config lab/serveurs/nord/sceau.toml",
    );
    for words in [
        "GN=Anne,SN=MARTIN,CN=899700367511,T=Médecin,C=FR",
        "CN=lps.nord.example,OU=1599990009",
        "Révoqué : sud",
        "En réception (il nous appelle) : REFUSÉ (la connexion TLS échoue), car un certificat de la chaîne est révoqué",
        "Le domaine n'est pas dans la liste",
        "Tout est en ordre",
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
    for (refused, why) in [
        ("sceau pki init lab", "already"),
        ("sceau pki revoke lab sud", "already"),
        ("sceau pki revoke lab personne", "no such certificate"),
        ("sceau pki operator lab --cn x.example --o X --finess 1234", "FINESS"),
        ("sceau pki operator nulle-part --cn x.example --o X --finess 599990009", "no laboratory"),
        ("sceau pki configure lab", "--force"),
    ] {
        let told = shell(directory.path(), &format!("! {refused}"));
        assert!(told.contains(why), "{refused}: {told}");
    }
}

/// A sysadmin's own settings on laboratory anchors, in one command; then the peers, against the real program.
#[test]
fn the_twin_of_a_configuration_has_its_settings() {
    let directory = tempfile::tempdir().unwrap();
    shell(directory.path(), &block("sceau pki init lab"));
    let original = directory.path().join("lab/serveurs/ouest/sceau.toml");
    let text = fs::read_to_string(&original).unwrap();
    let text = text.replace("[trust]\n", "[trust]\nunknown_revocation = \"refuse\"\ncrl_grace = \"1 d\"\n");
    fs::write(&original, text).unwrap();
    let ports = free_ports();
    shell(
        directory.path(),
        &format!("sceau pki conformance-lab essai --config lab/serveurs/ouest/sceau.toml --ports {ports}"),
    );
    let (original, twin) = (config::load(&original).unwrap(), config::load(&directory.path().join("essai/sceau.toml")));
    let twin = twin.unwrap();
    assert_eq!(twin.trust.unknown_revocation, original.trust.unknown_revocation);
    assert_eq!((twin.trust.crl_grace, &twin.server.domains), (original.trust.crl_grace, &original.server.domains));
    assert!(twin.trust.anchors[0].starts_with(directory.path().canonicalize().unwrap().join("essai")));
    let server = Server::start(directory.path().join("essai/sceau.toml"));
    server.connect(false);
    let told = shell(directory.path(), "sceau trust conformance --config essai/sceau.toml");
    assert!(told.contains("35 cas sur 35"), "{told}");
}
