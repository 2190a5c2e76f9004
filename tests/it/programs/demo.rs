//! The demonstration's two operators as a test bench: started with the built binary, ended with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::tools::run;

/// Two running operators.
pub struct Demo {
    pub dir: TempDir,
    pub info: Value,
    child: Child,
    // Keeps the pipe open: a demo that writes to a closed one would end.
    _stdout: BufReader<std::process::ChildStdout>,
}

/// What a client needs to know of one operator.
pub struct Operator<'a>(pub &'a Value);

impl Demo {
    /// Starts both and waits until the demonstration says that they are up.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let info = dir.path().join("info.json");
        let mut child = Command::new(env!("CARGO_BIN_EXE_sceau"))
            .arg("demo")
            .args(["--dir".as_ref(), dir.path().join("demo").as_os_str()])
            .args(["--info".as_ref(), info.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !info.exists() {
            let read = stdout.read_line(&mut told).unwrap();
            assert!(read > 0, "the demonstration ended before it was up:\n{told}");
        }
        let info = serde_json::from_slice(&std::fs::read(&info).unwrap()).unwrap();
        Self { dir, info, child, _stdout: stdout }
    }

    /// The operator at this place: 0 receives in the story, 1 sends.
    pub fn operator(&self, index: usize) -> Operator<'_> {
        Operator(&self.info["operators"][index])
    }

    /// The process of both operators.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A path in the test's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Operator<'_> {
    /// A text field of the information file.
    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    /// Host and port of a service.
    pub fn service(&self, name: &str) -> (&str, &str) {
        self.text(name).rsplit_once(':').unwrap()
    }

    /// Runs a program of `tests/programs` on the first person's mailbox: host, port, address and anchors are its
    /// arguments, before `more`, and the password its input. What it prints.
    pub fn python(&self, script: &str, more: &[&str]) -> String {
        let ((host, port), (user, password)) = (self.service("imaps"), self.user(0));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(script);
        let mut python = Command::new("python3");
        python.arg(script).args([host, port, user, self.text("ca")]).args(more);
        let (ok, told) = run(&mut python, &format!("{password}\n"));
        assert!(ok, "{more:?}: {told}");
        told
    }

    /// Address and password of a person.
    pub fn user(&self, index: usize) -> (&str, &str) {
        let user = &self.0["users"][index];
        (user["address"].as_str().unwrap(), user["password"].as_str().unwrap())
    }

    /// Certificate and key of the *other* operator, with which it may deliver here.
    pub fn peer(&self) -> (&Path, &Path) {
        let client = &self.0["tls_client"];
        (Path::new(client["cert"].as_str().unwrap()), Path::new(client["key"].as_str().unwrap()))
    }
}
