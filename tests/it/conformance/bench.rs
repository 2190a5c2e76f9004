//! The server: `sceau serve` on a laboratory that `sceau pki` made.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use sceau::server::edge;
use sceau::trust::lab::pki::{Kind, Pki};
use sceau::trust::lab::{Issued, Leaf, Organisation};
use serde_json::Value;

use crate::tools::run;

pub const RECIPIENT: &str = "anne.martin@chu-nord.mssante.fr";

/// Tries, a tenth of a second apart: for the server to listen.
const TRIES: usize = 200;

pub struct Bench {
    pub address: SocketAddr,
    pub config: PathBuf,
    server: Child,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A server with these lines more in `[trust]`.
    pub fn new(trust: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut pki = Pki::init(&folder.path().join("pki"), &edge::system(), true).unwrap();
        let organisation = Organisation::new("CHU DU NORD", "1590000012", "Nord (59)");
        let ours = Leaf::operator("mss.chu-nord.fr", &organisation);
        pki.issue("ours", Kind::Operator, &ours, vec!["chu-nord.mssante.fr".parse().unwrap()]).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = folder.path().join("sceau.toml");
        fs::write(&config, configuration(address, pki.list_signer().unwrap(), trust)).unwrap();
        let sceau = env!("CARGO_BIN_EXE_sceau");
        let mut add = Command::new(sceau);
        add.args(["account", "add", RECIPIENT, "--config"]).arg(&config);
        let (added, told) = run(&mut add, "correct horse battery staple\n");
        assert!(added, "{told}");
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut serve = Command::new(sceau);
        let server = serve.args(["serve", "--config"]).arg(&config).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let bench = Self { address, config, server, folder };
        bench.wait_until_it_listens();
        bench
    }

    /// A certificate of this leaf, which nobody enters anywhere.
    pub fn issue(&self, leaf: &Leaf) -> Issued {
        let pki = Pki::open(&self.folder.path().join("pki"), &edge::system()).unwrap();
        pki.lab().issue(leaf).unwrap()
    }

    /// `sceau trust conformance` with these arguments more.
    pub fn conformance(&self, arguments: &[&str]) -> Output {
        self.conformance_by(&self.config, arguments)
    }

    /// The same with the expectations of another configuration than the one that the server reads.
    pub fn conformance_by(&self, config: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
        command.args(["trust", "conformance", "--config"]).arg(config).args(arguments);
        command.output().unwrap()
    }

    /// `sceau stats --json`.
    pub fn stats(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
        command.args(["stats", "--json", "--config"]).arg(&self.config).output().unwrap()
    }

    /// The server's log.
    pub fn log(&self) -> Vec<Value> {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        log.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::String(line.to_owned()))).collect()
    }

    fn wait_until_it_listens(&self) {
        for _ in 0..TRIES {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the server does not listen:\n{:#?}", self.log());
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn configuration(address: SocketAddr, signer: &str, trust: &str) -> String {
    format!(
        r#"[server]
name = "mss.chu-nord.fr"
domains = "chu-nord.mssante.fr"
data = "data"
[log]
format = "json"
[trust]
anchors = "pki/anchors.pem"
crls = ["pki/crls.pem", "pki/crls-conformite.pem"]
white_list = "pki/liste-blanche.xml"
white_list_signature = "required"
white_list_signer = {signer:?}
{trust}
[operators]
listen = "{address}"
certificate = "pki/ours.pem"
key = "pki/ours.key"
[clients]
certificate = "pki/ours.pem"
key = "pki/ours.key"
[submission]
listen = []
listen_tls = []
[imap]
listen = []
listen_tls = []
"#
    )
}
