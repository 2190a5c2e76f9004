//! Our operator beside Postfix: the laboratory's certificates for both, the white list, and `sceau serve`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sceau::flows::hash_password;
use sceau::mail::{Address, Domain};
use sceau::server::edge::system;
use sceau::store::{AccountKind, NewAccount, Store};
use sceau::trust::lab::{Issued, Lab, LabFiles, Leaf, ListRow, Organisation, sign_white_list, white_list_xml};

use super::instance::{Ports, Postfix};
use super::wire::{Letter, Wire};
use crate::operator;

pub const ANNE: &str = "anne@nous.mssante.fr";
const PASSWORD: &str = "correct horse battery";
const HOST: &str = "mx.nous.mssante.fr";
/// Everything that is waited for is there in less, on a busy machine too.
const DEADLINE: Duration = Duration::from_secs(180);

/// The certificates.
pub struct Files(PathBuf);

impl Files {
    /// Certificate and key.
    pub fn identity(&self, name: &str) -> (PathBuf, PathBuf) {
        (self.0.join(format!("{name}.pem")), self.0.join(format!("{name}.key")))
    }

    pub fn authorities(&self) -> PathBuf {
        self.0.join("anchors.pem")
    }
}

/// Both operators.
pub struct World {
    // Dropped in this order: Postfix ends before its folder goes.
    pub postfix: Postfix,
    operators: u16,
    submission: u16,
    imap: u16,
    server: Option<Child>,
    folder: tempfile::TempDir,
}

impl World {
    /// With Anne and so many other accounts here.
    pub fn new(others: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ports, [operators, submission, imap]) = (Ports::free(), std::array::from_fn(|_| free_port()));
        let signer = certificates(&folder.path().join("pki"));
        let settings = settings(folder.path(), &signer, ports, [operators, submission, imap]);
        fs::write(folder.path().join("sceau.toml"), settings).unwrap();
        accounts(folder.path(), others);
        let files = Files(folder.path().join("pki"));
        let postfix = Postfix::start(&folder.path().join("postfix"), &files, ports, operators);
        let mut world = Self { postfix, operators, submission, imap, server: None, folder };
        world.serve();
        world
    }

    /// Starts our server.
    pub fn serve(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("sceau.log")).unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_sceau"));
        serve.arg("serve").arg("--config").arg(self.folder.path().join("sceau.toml"));
        self.server = Some(serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        wait_until("our server listens", || {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().unwrap());
            assert!(ended.is_none(), "the server ended at its start");
            listens(self.operators) && listens(self.imap)
        });
    }

    /// Ends our server, as an administrator does.
    pub fn shut_down(&mut self) {
        if let Some(mut server) = self.server.take() {
            let kill = Command::new("kill").arg("-TERM").arg(server.id().to_string()).status().unwrap();
            assert!(kill.success() && server.wait().unwrap().success(), "{}", self.log());
        }
    }

    /// Runs `sceau queue …` and reads its JSON.
    pub fn queue(&self, arguments: &[&str]) -> serde_json::Value {
        let mut queue = Command::new(env!("CARGO_BIN_EXE_sceau"));
        queue.arg("queue").args(arguments).arg("--json").arg("--config").arg(self.folder.path().join("sceau.toml"));
        let output = queue.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Waits until everything queued was tried, and gives the last replies by domain.
    pub fn tried(&self, recipients: u64) -> Vec<(String, String)> {
        let mut replies = Vec::new();
        wait_until("every recipient was tried", || {
            let list = self.queue(&["list"]);
            let items = list["items"].as_array().unwrap();
            let word = |item: &serde_json::Value, key: &str| item[key].as_str().unwrap().to_owned();
            replies = items.iter().map(|item| (word(item, "domain"), word(item, "last_reply"))).collect();
            list["recipients"] == recipients && items.iter().all(|item| item["attempts"].as_u64() > Some(0))
        });
        replies
    }

    /// Anne sends.
    pub fn submit(&self, parameters: &str, to: Vec<String>, content: &[u8]) -> String {
        let mut wire = Wire::tls(self.submission, HOST, &Files(self.folder.path().join("pki")).authorities());
        wire.greet(Some((ANNE, PASSWORD)));
        wire.send(&Letter { from: &format!("<{ANNE}>{parameters}"), to, content })
    }

    /// Somebody at Postfix sends.
    pub fn inject(&self, from: &str, to: Vec<String>, content: &[u8]) {
        let mut wire = Wire::plain(self.postfix.ports.people);
        wire.greet(None);
        wire.send(&Letter { from, to, content });
    }

    /// Anne's messages.
    pub fn inbox(&self) -> Vec<Vec<u8>> {
        let authorities = Files(self.folder.path().join("pki")).authorities();
        Wire::tls(self.imap, HOST, &authorities).inbox(ANNE, PASSWORD)
    }

    /// Opens the mailboxes while no server runs.
    pub fn store(&self) -> Arc<Store> {
        open(self.folder.path())
    }

    /// The end of our log, and of Postfix's.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("sceau.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        format!("{}\n{}", lines[lines.len().saturating_sub(40)..].join("\n"), self.postfix.log())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// Writes all certificates and lists; gives the list's signer.
fn certificates(folder: &Path) -> String {
    let edge = system();
    let (lab, other) = (Lab::new(&edge).unwrap(), Lab::new(&edge).unwrap());
    let files = LabFiles::new(folder).unwrap();
    let leaf = |host: &str, name: &str| {
        Leaf::operator(host, &Organisation::new(name, "1599990009", "Nord (59)")).and_name("127.0.0.1")
    };
    let own = lab.issue(&leaf(HOST, "NOUS")).unwrap();
    let postfix = lab.issue(&leaf("mx.pf.mssante.fr", "POSTFIX")).unwrap();
    let unlisted = lab.issue(&leaf("mx.inconnu.mssante.fr", "INCONNU")).unwrap();
    let foreign = other.issue(&leaf("mx.pf.mssante.fr", "POSTFIX")).unwrap();
    for (name, issued) in [("own", &own), ("postfix", &postfix), ("unlisted", &unlisted), ("other", &foreign)] {
        files.identity(name, issued).unwrap();
    }
    let row = |domain: &str, issued: &Issued| {
        ListRow::new(&Domain::parse(&format!("{domain}.mssante.fr")).unwrap(), &issued.name().unwrap())
    };
    let theirs = ["pf", "unlisted", "other", "clear"].map(|domain| row(domain, &postfix));
    let rows: Vec<_> = std::iter::once(row("nous", &own)).chain(theirs).collect();
    let signer = lab.issue(&Leaf::list_signer()).unwrap();
    let list = sign_white_list(&white_list_xml(&rows, edge.now()), &signer, edge.now()).unwrap();
    files.anchors(&lab).unwrap();
    files.crls(&lab, &[]).unwrap();
    files.white_list(&list).unwrap();
    signer.name().unwrap().to_string()
}

fn settings(folder: &Path, signer: &str, to: Ports, [operators, submission, imap]: [u16; 3]) -> String {
    let pki = folder.join("pki");
    let identity = format!("certificate = {:?}\nkey = {:?}\n", pki.join("own.pem"), pki.join("own.key"));
    let routes = [("pf", to.operators), ("unlisted", to.unlisted), ("other", to.other_authority), ("clear", to.clear)];
    let routes = routes.map(|(domain, port)| format!("\"{domain}.mssante.fr\" = \"127.0.0.1:{port}\"")).join(", ");
    format!(
        "[server]\nname = {HOST:?}\ndomains = [\"nous.mssante.fr\"]\ndata = {:?}\n\n[log]\nlevel = \"info\"\n\n\
         [trust]\nanchors = [{:?}]\ncrls = [{:?}]\nwhite_list = {:?}\nwhite_list_signature = \"required\"\n\
         white_list_signer = {signer:?}\n\n[operators]\nlisten = [\"127.0.0.1:{operators}\"]\n{identity}\n\
         [clients]\n{identity}\n[submission]\nlisten = []\nlisten_tls = [\"127.0.0.1:{submission}\"]\n\n\
         [imap]\nlisten = []\nlisten_tls = [\"127.0.0.1:{imap}\"]\n\n[relay]\nroutes = {{ {routes} }}\n",
        folder.join("data"),
        pki.join("anchors.pem"),
        pki.join("crls.pem"),
        pki.join("liste-blanche.xml"),
    )
}

fn accounts(folder: &Path, others: usize) {
    fs::create_dir_all(folder.join("data")).unwrap();
    let store = open(folder);
    let known = hash_password(PASSWORD).unwrap();
    let new = |address: &str, password_hash: String| NewAccount {
        address: Address::parse(address).unwrap(),
        name: String::new(),
        password_hash,
        kind: AccountKind::Personal,
        quota: 1 << 40,
    };
    let mut all = vec![new(ANNE, known)];
    all.extend(addresses(others).iter().map(|address| new(address, "no password".to_owned())));
    store.write_blocking(move |tx| all.into_iter().try_for_each(|new| tx.create_account(new).map(|_| ()))).unwrap();
    store.close();
}

/// The addresses of so many accounts besides Anne's.
pub fn addresses(others: usize) -> Vec<String> {
    (0..others).map(|number| format!("u{number}@nous.mssante.fr")).collect()
}

fn open(folder: &Path) -> Arc<Store> {
    Arc::clone(&operator::open(&folder.join("sceau.toml")).unwrap().store)
}

/// A port that is free now; nobody else on this machine asks for it in the meantime but by chance.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < DEADLINE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
