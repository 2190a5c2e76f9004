//! A whole operator on loopback for the kill loop and the benchmark: PKI, white list, configuration, accounts, and the
//! `sceau serve` that runs on them. A peer's certificate lies beside it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sceau::cli::load::Target;
use sceau::mail::{Address, Domain};
use sceau::server::Data;
use sceau::server::edge::system;
use sceau::server::lock::DataLock;
use sceau::store::{AccountKind, NewAccount, Store};
use sceau::trust::lab::{Issued, Lab, LabFiles, Leaf, ListRow, Organisation, sign_white_list, white_list_xml};

/// The host name in the operator's certificate.
pub const HOST: &str = "mx.charge.mssante.fr";
/// The reverse-path that the peer may use.
pub const SENDER: &str = "envoi@pair.mssante.fr";
const DOMAIN: &str = "charge.mssante.fr";
const PEER: &str = "pair.mssante.fr";

/// An operator's files.
pub struct Operator {
    directory: PathBuf,
    port: u16,
}

impl Operator {
    /// Makes everything but the data in this directory.
    pub fn prepare(directory: &Path) -> Self {
        let edge = system();
        let lab = Lab::new(&edge).unwrap();
        let files = LabFiles::new(&directory.join("pki")).unwrap();
        let (own, peer) = (issue(&lab, HOST), issue(&lab, &format!("mx.{PEER}")));
        let row = |domain, issued: &Issued| ListRow::new(&Domain::parse(domain).unwrap(), &issued.name().unwrap());
        let rows = [row(DOMAIN, &own), row(PEER, &peer)];
        let signer = lab.issue(&Leaf::list_signer()).unwrap();
        let list = sign_white_list(&white_list_xml(&rows, edge.now()), &signer, edge.now()).unwrap();
        files.identity("own", &own).unwrap();
        files.identity("peer", &peer).unwrap();
        files.anchors(&lab).unwrap();
        files.crls(&lab, &[]).unwrap();
        files.white_list(&list).unwrap();
        // Free now; nobody else on this machine asks for it in the meantime but by chance.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let operator = Self { directory: directory.canonicalize().unwrap(), port };
        fs::write(operator.config(), operator.settings(&signer.name().unwrap().to_string())).unwrap();
        operator
    }

    fn settings(&self, signer: &str) -> String {
        let pki = self.directory.join("pki");
        let identity = format!("certificate = {:?}\nkey = {:?}\n", pki.join("own.pem"), pki.join("own.key"));
        format!(
            "[server]\nname = {HOST:?}\ndomains = [{DOMAIN:?}]\ndata = {:?}\n\n[log]\nlevel = \"error\"\n\n\
             [trust]\nanchors = [{:?}]\ncrls = [{:?}]\nwhite_list = {:?}\nwhite_list_signature = \"required\"\n\
             white_list_signer = {signer:?}\n\n[operators]\nlisten = [\"127.0.0.1:{}\"]\nconnections_per_address = 1000\n\
             messages_per_minute = 0\nmessages_per_minute_per_address = 0\nmessages_per_connection = 1000000\n\
             connections_per_peer = 1000\n{identity}\n[clients]\n{identity}\n[submission]\nlisten = []\nlisten_tls = []\n\n\
             [imap]\nlisten = []\nlisten_tls = []\n",
            self.data(),
            pki.join("anchors.pem"),
            pki.join("crls.pem"),
            pki.join("liste-blanche.xml"),
            self.port,
        )
    }

    /// Sends what is for the peer to this port of this machine, from the next start on.
    pub fn route_to(&self, port: u16) {
        let mut text = fs::read_to_string(self.config()).unwrap();
        text.truncate(text.find("[relay]").unwrap_or(text.len()));
        let routes = format!("[relay]\nroutes = {{ \"{PEER}\" = \"127.0.0.1:{port}\" }}\n");
        fs::write(self.config(), text + &routes).unwrap();
    }

    /// A certificate's file and that of its key: `own` or `peer`.
    pub fn identity(&self, name: &str) -> (PathBuf, PathBuf) {
        let pki = self.directory.join("pki");
        (pki.join(format!("{name}.pem")), pki.join(format!("{name}.key")))
    }

    /// The file of authorities.
    pub fn authorities(&self) -> PathBuf {
        self.directory.join("pki/anchors.pem")
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.directory.join("sceau.toml")
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Forgets all data and begins with so many accounts.
    pub fn begin(&self, accounts: usize) {
        let _ = fs::remove_dir_all(self.data());
        fs::create_dir_all(self.data()).unwrap();
        let store = self.store().unwrap();
        for address in addresses(accounts) {
            let address = Address::parse(&address).unwrap();
            let (name, password_hash) = (String::new(), "no password".to_owned());
            let new = NewAccount { address, name, password_hash, kind: AccountKind::Personal, quota: 1 << 40 };
            store.write_blocking(move |tx| tx.create_account(new)).unwrap();
        }
        store.close();
    }

    /// Opens the mailboxes while no server runs.
    pub fn store(&self) -> Result<Arc<Store>, String> {
        open(&self.config()).map(|data| Arc::clone(&data.store))
    }

    /// Starts the server and waits until it takes connections.
    pub fn serve(&self) -> Serving {
        self.serve_noting(&AtomicU32::new(0))
    }

    /// The same; notes its process before it does anything.
    pub fn serve_noting(&self, pid: &AtomicU32) -> Serving {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_sceau"));
        serve.arg("serve").arg("--config").arg(self.config());
        let mut child = serve.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        pid.store(child.id(), Ordering::SeqCst);
        for _ in 0..6000 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Serving(child);
            }
            assert!(child.try_wait().unwrap().is_none(), "the server ended at its start");
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not listen");
    }

    /// Where it listens, `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How the peer reaches it.
    pub fn target(&self) -> Target {
        let pki = self.directory.join("pki");
        Target::new(&self.address(), HOST, &pki.join("anchors.pem"), &pki.join("peer.pem"), &pki.join("peer.key"))
            .unwrap()
    }
}

/// Opens the data of a configuration while no server runs; makes the keys where nothing was yet.
pub fn open(config: &Path) -> Result<Data, String> {
    let config = sceau::config::load(config).map_err(|problems| problems.to_string())?;
    let lock = DataLock::take(&config.server.data).map_err(|error| error.to_string())?;
    Data::open(&config, lock, system()).map_err(|error| error.to_string())
}

/// The addresses of so many accounts.
pub fn addresses(accounts: usize) -> Vec<String> {
    (0..accounts).map(|number| format!("u{number}@{DOMAIN}")).collect()
}

fn issue(lab: &Lab, host: &str) -> Issued {
    lab.issue(&Leaf::operator(host, &Organisation::new("CHARGE", "1599990009", "Nord (59)")).and_name("127.0.0.1"))
        .unwrap()
}

/// A running server, killed when this is dropped.
pub struct Serving(pub Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
