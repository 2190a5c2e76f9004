//! Two operators with real servers that are each other's witness, wherever they run.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sceau::cli::load::{Connection, Target};
use sceau::mail::Domain;
use sceau::server::edge::system;
use sceau::trust::lab::{Issued, Lab, LabFiles, Leaf, ListRow, Organisation, sign_white_list, white_list_xml};

/// Tries, a twentieth of a second apart.
const TRIES: usize = 1200;

/// One of both.
pub struct Operator {
    pub name: &'static str,
    pub directory: PathBuf,
    pub address: IpAddr,
    pub smtp: u16,
    pub proofs: u16,
    /// The network namespace that it runs in.
    pub namespace: Option<String>,
}

/// Both, and what they have in common.
pub struct Pair {
    pub folder: tempfile::TempDir,
    pub operators: [Operator; 2],
    signer: String,
}

/// A server that ends with the test.
pub struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // SIGKILL: whatever it had said yes to must be there.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Operator {
    pub fn domain(&self) -> String {
        format!("{}.mssante.fr", self.name)
    }

    pub fn config(&self) -> PathBuf {
        self.directory.join("sceau.toml")
    }

    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub fn policy(&self) -> PathBuf {
        self.directory.join("politique")
    }

    /// Where its log is published.
    pub fn url(&self) -> String {
        format!("https://{}:{}", self.address, self.proofs)
    }

    /// A command that runs where the operator does.
    pub fn command(&self, program: &str) -> Command {
        match &self.namespace {
            None => Command::new(program),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace, program]);
                command
            }
        }
    }

    /// Runs `sceau` with this configuration; gives its exit code and what it said.
    pub fn sceau(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = self.command(env!("CARGO_BIN_EXE_sceau"));
        let output = command.args(arguments).arg("--config").arg(self.config()).stdin(Stdio::null()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    pub fn add_account(&self, local: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
        let address = format!("{local}@{}", self.domain());
        command.args(["account", "add", &address, "--name", "Une personne", "--config"]).arg(self.config());
        let (done, text) = crate::tools::run(&mut command, "mot-de-passe-de-test-2026\n");
        assert!(done, "{text}");
    }

    pub fn start(&self) -> Serving {
        // A socket that a killed server left would send the next command to the data itself, whose lock it would take
        // from the server that is starting.
        let _ = fs::remove_file(self.data().join("control.sock"));
        let log = fs::File::options().create(true).append(true).open(self.directory.join("log")).unwrap();
        let mut serve = self.command(env!("CARGO_BIN_EXE_sceau"));
        serve.args(["serve", "--config"]).arg(self.config()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Serving(serve.spawn().unwrap())
    }

    /// Waits until the state of the log, as administrators see it, holds all these words; gives it.
    pub fn wait_for(&self, words: &[&str]) -> String {
        self.wait_until(&["proof", "witnesses"], words)
    }

    /// Waits until its metrics have a line that begins so; gives them.
    pub fn wait_for_metric(&self, line: &str) -> String {
        self.wait_until(&["metrics"], &[&format!("\n{line}")])
    }

    fn wait_until(&self, arguments: &[&str], words: &[&str]) -> String {
        let mut text = String::new();
        for _ in 0..TRIES {
            if self.data().join("control.sock").exists() {
                text = self.sceau(arguments).1;
                if words.iter().all(|word| text.contains(word)) {
                    return text;
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{} does not say {words:?}:\n{text}\n{}", self.name, self.log());
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// The proofs of the message with this id, as files.
    pub fn export(&self, message_id: &str) -> Vec<PathBuf> {
        let out = tempfile::tempdir_in(&self.directory).unwrap().keep();
        let (code, text) = self.sceau(&["proof", "export", "--message", message_id, "--out", out.to_str().unwrap()]);
        assert_eq!(code, 0, "{text}");
        let mut files: Vec<_> = fs::read_dir(out).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// What a verifier needs: this operator's keys, its witnesses and its quorum.
    pub fn verifiers_policy(&self) -> PathBuf {
        let (code, text) = self.sceau(&["proof", "policy"]);
        assert_eq!(code, 0, "{text}");
        let path = self.directory.join("politique-des-verificateurs");
        fs::write(&path, text).unwrap();
        path
    }
}

impl Pair {
    /// On loopback, with ports that are free now.
    pub fn on_loopback(more: &str) -> Self {
        let operators = ["nord", "sud"].map(|name| {
            let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let (smtp, proofs, directory) = (port(), port(), PathBuf::new());
            let address = Ipv4Addr::LOCALHOST.into();
            Operator { name, directory, address, smtp, proofs, namespace: None }
        });
        Self::new(operators, more)
    }

    /// Makes PKI, white list, configuration and keys; `more` goes below `[proofs]`.
    pub fn new(operators: [Operator; 2], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let edge = system();
        let lab = Lab::new(&edge).unwrap();
        let files = LabFiles::new(&folder.path().join("pki")).unwrap();
        let operators = operators.map(|operator| Operator { directory: folder.path().join(operator.name), ..operator });
        let mut rows = Vec::new();
        for operator in &operators {
            fs::create_dir_all(&operator.directory).unwrap();
            let issued = issue(&lab, operator);
            rows.push(ListRow::new(&Domain::parse(&operator.domain()).unwrap(), &issued.name().unwrap()));
            files.identity(operator.name, &issued).unwrap();
        }
        let signer = lab.issue(&Leaf::list_signer()).unwrap();
        files.anchors(&lab).unwrap();
        files.crls(&lab, &[]).unwrap();
        let list = sign_white_list(&white_list_xml(&rows, edge.now()), &signer, edge.now()).unwrap();
        files.white_list(&list).unwrap();
        let pair = Self { folder, operators, signer: signer.name().unwrap().to_string() };
        pair.configure(more);
        pair
    }

    pub fn pki(&self, file: &str) -> PathBuf {
        self.folder.path().join("pki").join(file)
    }

    fn configure(&self, more: &str) {
        for operator in &self.operators {
            fs::write(operator.config(), self.settings(operator, more)).unwrap();
            operator.add_account("anne");
        }
        // As people do it: each gives its keys to the other.
        let [a, b] = &self.operators;
        for (operator, other) in [(a, b), (b, a)] {
            let (code, keys) = other.sceau(&["proof", "keys"]);
            assert_eq!(code, 0, "{keys}");
            let log = keys.lines().find(|line| line.starts_with("log ")).unwrap();
            let witness = keys.lines().find(|line| line.starts_with("witness ")).unwrap();
            let name = witness.split(' ').nth(1).unwrap();
            let year = log.split('+').next().unwrap().rsplit('/').next().unwrap();
            let policy = format!("{log} {url}/{year}\n{witness} {url}\nquorum {name}\n", url = other.url());
            fs::write(operator.policy(), policy).unwrap();
        }
    }

    fn settings(&self, operator: &Operator, more: &str) -> String {
        let identity =
            ["pem", "key"].map(|kind| self.pki(&format!("{}.{kind}", operator.name)).to_string_lossy().into_owned());
        let identity = format!("certificate = {:?}\nkey = {:?}\n", identity[0], identity[1]);
        // The policy is there from the second start on: its keys are made by the first.
        let policy = format!("policy = {:?}\n", operator.policy());
        fs::write(operator.policy(), "quorum none\n").unwrap();
        let [a, b] = &self.operators;
        let other = if operator.name == a.name { b } else { a };
        format!(
            "[server]\nname = \"mx.{domain}\"\ndomains = [\"{domain}\"]\ndata = {data:?}\n\n[log]\nlevel = \"info\"\n\n\
             [trust]\nanchors = [{anchors:?}]\ncrls = [{crls:?}]\nwhite_list = {list:?}\n\
             white_list_signature = \"required\"\nwhite_list_signer = {signer:?}\n\n\
             [operators]\nlisten = [\"{address}:{smtp}\"]\n{identity}\n[clients]\n{identity}\n\
             [submission]\nlisten = []\nlisten_tls = []\n\n[imap]\nlisten = []\nlisten_tls = []\n\n\
             [relay]\nroutes = {{ \"{other_domain}\" = \"{other_address}:{other_smtp}\" }}\n\n\
             [proofs]\nlisten = [\"{address}:{proofs}\"]\npublish_every = \"200 ms\"\n{policy}{more}\n",
            domain = operator.domain(),
            data = operator.data(),
            anchors = self.pki("anchors.pem"),
            crls = self.pki("crls.pem"),
            list = self.pki("liste-blanche.xml"),
            signer = self.signer,
            address = operator.address,
            smtp = operator.smtp,
            proofs = operator.proofs,
            other_domain = other.domain(),
            other_address = other.address,
            other_smtp = other.smtp,
        )
    }

    /// Delivers a message to Anne at `to`, as the other operator does; it may carry more header fields.
    pub fn deliver(&self, to: &Operator, message_id: &str, fields: &str) {
        let [a, b] = &self.operators;
        let from = if to.name == a.name { b } else { a };
        let host = format!("mx.{}", to.domain());
        let [certificate, key] = ["pem", "key"].map(|kind| self.pki(&format!("{}.{kind}", from.name)));
        let address = format!("{}:{}", to.address, to.smtp);
        let target = Target::new(&address, &host, &self.pki("anchors.pem"), &certificate, &key).unwrap();
        let text = format!("{fields}Subject: essai\r\nMessage-ID: <{message_id}>\r\n\r\nBonjour.\r\n");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = Connection::open(&target).await.unwrap();
            let (sender, recipient) = (format!("x@{}", from.domain()), format!("anne@{}", to.domain()));
            connection.deliver(&sender, &recipient, &[text.as_bytes()]).await.unwrap();
        });
    }
}

fn issue(lab: &Lab, operator: &Operator) -> Issued {
    let leaf =
        Leaf::operator(&format!("mx.{}", operator.domain()), &Organisation::new("ESSAI", "1599990009", "Nord (59)"));
    lab.issue(&leaf.and_name(&operator.address.to_string())).unwrap()
}

/// Runs `sceau proof` with these arguments; gives its exit code and what it said.
pub fn proof(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sceau")).arg("proof").args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).unwrap();
        }
    }
}
