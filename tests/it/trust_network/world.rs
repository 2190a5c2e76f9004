//! One operator with everything fetched: PKI, a web server for the white list (HTTPS) and one for revocation lists, the
//! `sceau serve` that runs on them, and peers with certificates.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sceau::mail::{Domain, Time};
use sceau::server::edge::system;
use sceau::trust::lab::{Issued, Lab, LabFiles, Leaf, ListRow, Organisation, white_list_xml};

use crate::web::{Asked, Reply, Web};

pub const HOST: &str = "mx.ici.mssante.fr";
const DOMAIN: &str = "ici.mssante.fr";
pub const PEER: &str = "pair.mssante.fr";

/// What a web server answers now.
type Served = Arc<Mutex<Option<Vec<u8>>>>;

pub struct World {
    pub folder: tempfile::TempDir,
    pub lab: Lab,
    pub files: LabFiles,
    pub own: Issued,
    pub peer: Issued,
    pub smtp: u16,
    list: Served,
    crls: Served,
    pub list_web: Web,
    pub crl_web: Web,
}

fn answer(served: &Served, asked: &Asked) -> Reply {
    match &*served.lock().unwrap() {
        Some(body) => Reply::tagged(asked, body),
        None => Reply::new("503 Down", "", b""),
    }
}

fn issue(lab: &Lab, host: &str) -> Issued {
    lab.issue(&Leaf::operator(host, &Organisation::new("ICI", "1590000012", "Nord (59)"))).unwrap()
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = Lab::new(&system()).unwrap();
        let files = LabFiles::new(&folder.path().join("pki")).unwrap();
        let (own, peer) = (issue(&lab, HOST), issue(&lab, &format!("mx.{PEER}")));
        files.identity("own", &own).unwrap();
        files.identity("peer", &peer).unwrap();
        files.anchors(&lab).unwrap();
        let web = lab.issue(&Leaf::operator("localhost.fr", &Organisation::agency()).and_name("localhost")).unwrap();
        let (list, crls) = (Served::default(), Served::default());
        let (of_list, of_crls) = (Arc::clone(&list), Arc::clone(&crls));
        let list_web = Web::https(&web.chain_pem(), &web.key_pem(), move |asked| answer(&of_list, asked));
        let crl_web = Web::http(move |asked| answer(&of_crls, asked));
        let world = Self { folder, lab, files, own, peer, smtp: free_port(), list, crls, list_web, crl_web };
        world.serve_list(3, system().now());
        world.serve_crls(&[], system().now().plus_secs(-60));
        world.configure("", "");
        world
    }

    /// The list names ours, the peer's, and so many others.
    pub fn serve_list(&self, others: usize, generated: Time) {
        let row =
            |domain: &str, issued: &Issued| ListRow::new(&Domain::parse(domain).unwrap(), &issued.name().unwrap());
        let mut rows = vec![row(DOMAIN, &self.own), row(PEER, &self.peer)];
        rows.extend((0..others).map(|n| row(&format!("d{n}.mssante.fr"), &self.peer)));
        *self.list.lock().unwrap() = Some(white_list_xml(&rows, generated).into_bytes());
    }

    pub fn list_goes_down(&self) {
        *self.list.lock().unwrap() = None;
    }

    pub fn serve_crls(&self, revoked: &[&Issued], published: Time) {
        *self.crls.lock().unwrap() = Some(self.lab.crls_pem_at(revoked, published).unwrap().into_bytes());
    }

    /// Writes the configuration, with more lines in [trust] and in [operators].
    pub fn configure(&self, trust: &str, operators: &str) {
        let pki = self.folder.path().join("pki");
        let identity = format!("certificate = {:?}\nkey = {:?}\n", pki.join("own.pem"), pki.join("own.key"));
        let text = format!(
            "[server]\nname = {HOST:?}\ndomains = [{DOMAIN:?}]\ndata = {:?}\n[log]\nlevel = \"info\"\n\
             [trust]\nanchors = [{:?}]\nwhite_list_url = {:?}\ncrl_urls = [{:?}]\ncrl_every = \"1 s\"\n\
             reread_every = \"1 s\"\n{trust}\n\
             [operators]\nlisten = [\"127.0.0.1:{}\"]\n{operators}\n{identity}[clients]\n{identity}\
             [submission]\nlisten = []\nlisten_tls = []\n[imap]\nlisten = []\nlisten_tls = []\n",
            self.folder.path().join("data"),
            pki.join("anchors.pem"),
            self.list_web.url("/liste.xml"),
            self.crl_web.url("/all.crl"),
            self.smtp,
        );
        fs::write(self.config(), text).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("sceau.toml")
    }

    /// Starts the server and waits until it takes connections. Its log is in `log` of the folder.
    pub fn serve(&self) -> Serving {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_sceau"));
        serve.args(["serve", "--config"]).arg(self.config());
        let mut child = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        for _ in 0..6000 {
            if TcpStream::connect(("127.0.0.1", self.smtp)).is_ok() {
                return Serving(child);
            }
            if child.try_wait().unwrap().is_some() {
                panic!("the server ended at its start:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not listen:\n{}", self.log());
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Runs a command with this configuration; whether it succeeded, and what it said.
    pub fn sceau(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
        command.args(arguments).arg("--config").arg(self.config());
        crate::tools::run(&mut command, "")
    }
}

/// A running server, killed when this is dropped.
pub struct Serving(pub Child);

impl Serving {
    pub fn hang_up(&self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks again and again, for two minutes at most: what a server does by itself has no moment to wait for.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never: {what}");
}
