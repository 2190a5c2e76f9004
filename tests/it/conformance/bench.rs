//! The server: `sceau serve` with a laboratory's files, its log read line by line.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sceau::mail::Domain;
use sceau::server::edge;
use sceau::trust::DistinguishedName;
use sceau::trust::lab::{Issued, Lab, LabFiles, Leaf, ListRow, Organisation, sign_white_list, white_list_xml};
use serde_json::Value;

use super::Case;
use crate::tools::run;

pub const RECIPIENT: &str = "anne.martin@chu-nord.mssante.fr";

/// The domains of ANS's seven audit peers, as the real list has them.
pub const AUDIT_DOMAINS: [&str; 7] = [
    "cert-valide-audit.espacedeconfiance.mssante.fr",
    "cert-expire-audit.espacedeconfiance.mssante.fr",
    "cert-revoque-audit.espacedeconfiance.mssante.fr",
    "cert-non-igc-audit.espacedeconfiance.mssante.fr",
    "cert-no-match-audit.espacedeconfiance.mssante.fr",
    "cert-cn-diff-dn-audit.espacedeconfiance.mssante.fr",
    "sans-tls-audit.espacedeconfiance.mssante.fr",
];

/// Tries, a tenth of a second apart: for the server to listen, for a log line to come.
const TRIES: usize = 200;

pub struct Bench {
    lab: Lab,
    pub valid: Issued,
    pub revoked: Issued,
    /// Listed, for another domain.
    pub other: Issued,
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<Value>>>,
    server: Child,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let edge = edge::system();
        let lab = Lab::new(&edge).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let issue = |leaf: &Leaf| lab.issue(leaf).unwrap();
        let (valid, revoked) = (issue(&audit_leaf(AUDIT_DOMAINS[0])), issue(&audit_leaf(AUDIT_DOMAINS[2])));
        let elsewhere = Organisation::new("ENOVACOM", "344368557300034", "Bouches-du-Rhône (13)");
        let other = issue(&Leaf::operator("mss.enovacom.fr", &elsewhere));
        let organisation = Organisation::new("CHU DU NORD", "1590000012", "Nord (59)");
        let ours = issue(&Leaf::operator("mss.chu-nord.fr", &organisation));

        let files = LabFiles::new(folder.path()).unwrap();
        files.anchors(&lab).unwrap();
        files.crls(&lab, &[&revoked]).unwrap();
        files.identity("ours", &ours).unwrap();
        let signer = lab.issue(&Leaf::list_signer()).unwrap();
        let rows = rows(&[("chu-nord.mssante.fr", &ours), ("enovacom.mssante.fr", &other)]);
        let list = sign_white_list(&white_list_xml(&rows, edge.now()), &signer, edge.now()).unwrap();
        files.white_list(&list).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = folder.path().join("sceau.toml");
        fs::write(&config, configuration(address)).unwrap();
        let (server, log) = start(&config);
        let bench = Self { lab, valid, revoked, other, address, log, server, _folder: folder };
        bench.wait_until_it_listens();
        bench
    }

    pub fn issue(&self, leaf: &Leaf) -> Issued {
        self.lab.issue(leaf).unwrap()
    }

    /// Lets each peer of a table call, and compares what it met and what the log says. Prints the table when it fails.
    pub fn meet(&self, table: &[Case]) {
        let mut wrong = Vec::new();
        for case in table {
            let (address, met) = case.peer.call(self.address, case.domain);
            let reason = self.reason_for(address, case.reason);
            if met != case.met || reason.as_deref() != case.reason {
                let (expected, wanted) = (&case.met, case.reason);
                wrong.push(format!("{}: {met:?}, {reason:?}; expected {expected:?}, {wanted:?}", case.name));
            }
        }
        assert!(wrong.is_empty(), "{}\n{:#?}", wrong.join("\n"), self.log.lock().unwrap());
    }

    /// The reason in the log lines about this peer: waited for when there should be one. Several lines must agree.
    fn reason_for(&self, peer: SocketAddr, expected: Option<&str>) -> Option<String> {
        for _ in 0..TRIES {
            let found = self.reasons(peer);
            if expected.is_none() || found.iter().any(|reason| Some(reason.as_str()) == expected) {
                return found.into_iter().next();
            }
            thread::sleep(Duration::from_millis(100));
        }
        self.reasons(peer).into_iter().next()
    }

    fn reasons(&self, peer: SocketAddr) -> Vec<String> {
        let peer = peer.to_string();
        let log = self.log.lock().unwrap();
        let about = log.iter().filter(|line| line["peer"] == peer.as_str() && line["level"] == "WARN");
        about.filter_map(|line| line["reason"].as_str().map(str::to_owned)).collect()
    }

    fn wait_until_it_listens(&self) {
        for _ in 0..TRIES {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the server does not listen:\n{:#?}", self.log.lock().unwrap());
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What the certificate of an audit peer is issued for: its domain is its host name, its name the one in the list.
pub fn audit_leaf(domain: &str) -> Leaf {
    Leaf::operator(
        domain,
        &Organisation::new("CAPGEMINI TECHNOLOGY SERVICES", "347976684200724", "Hauts-de-Seine (92)"),
    )
}

/// The audit peers' rows as in the real list, where each domain has the bus of the agency as another operator; and
/// these.
fn rows(more: &[(&str, &Issued)]) -> Vec<ListRow> {
    let domain = |text: &str| Domain::parse(text).unwrap();
    let name = |host: &str| {
        let rest = "OU=347976684200724,O=CAPGEMINI TECHNOLOGY SERVICES,ST=Hauts-de-Seine (92),C=FR";
        DistinguishedName::parse(&format!("CN={host},{rest}")).unwrap()
    };
    let audit = AUDIT_DOMAINS
        .iter()
        .flat_map(|host| [name(host), name("bus.mssante.fr")].map(|name| ListRow::new(&domain(host), &name)));
    audit.chain(more.iter().map(|(text, issued)| ListRow::new(&domain(text), &issued.name().unwrap()))).collect()
}

fn configuration(address: SocketAddr) -> String {
    format!(
        r#"[server]
name = "mss.chu-nord.fr"
domains = "chu-nord.mssante.fr"
data = "data"
[log]
format = "json"
[trust]
anchors = "anchors.pem"
crls = "crls.pem"
white_list = "liste-blanche.xml"
white_list_signature = "required"
white_list_signer = "CN=Liste Blanche TEST MSSante,OU=318751275100020"
[operators]
listen = "{address}"
certificate = "ours.pem"
key = "ours.key"
[clients]
certificate = "ours.pem"
key = "ours.key"
[submission]
listen = []
listen_tls = []
[imap]
listen = []
listen_tls = []
"#
    )
}

/// Makes the recipient's account and starts the server; gives its log.
fn start(config: &Path) -> (Child, Arc<Mutex<Vec<Value>>>) {
    let sceau = env!("CARGO_BIN_EXE_sceau");
    let mut add = Command::new(sceau);
    add.args(["account", "add", RECIPIENT, "--config"]).arg(config);
    let (added, told) = run(&mut add, "correct horse battery staple\n");
    assert!(added, "{told}");
    let mut server =
        Command::new(sceau).args(["serve", "--config"]).arg(config).stderr(Stdio::piped()).spawn().unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let (lines, output) = (Arc::clone(&log), BufReader::new(server.stderr.take().unwrap()));
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
            lines.lock().unwrap().push(line);
        }
    });
    (server, log)
}
