//! The command line as an administrator meets it: the built binary, its words and its exit codes.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use sceau::server::edge::Stopwatch;
use tempfile::TempDir;

const PASSWORD: &str = "un-bon-mot-de-passe";

fn sceau(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sceau"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

/// A configuration whose certificates are not there: enough for commands that need none.
fn configuration(directory: &TempDir) -> PathBuf {
    let file = directory.path().join("sceau.toml");
    let text = "[server]\nname = \"mail.a.mssante.fr\"\ndomains = [\"a.mssante.fr\"]\ndata = \"data\"\n\
                [trust]\nanchors = \"ca.pem\"\ncrls = \"ca.crl\"\nwhite_list = \"liste.xml\"\n\
                [operators]\nlisten = []\ncertificate = \"op.pem\"\nkey = \"op.key\"\n\
                [clients]\ncertificate = \"srv.pem\"\nkey = \"srv.key\"\n\
                [submission]\nlisten = []\nlisten_tls = []\n[imap]\nlisten = []\nlisten_tls = []\n";
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn the_version_and_the_help_are_told() {
    assert_eq!(said(&sceau(&["--version"], "")), format!("sceau {}\n", env!("CARGO_PKG_VERSION")));
    let help = said(&sceau(&["--help"], ""));
    for command in ["serve", "check", "account", "queue", "trace", "proof", "store", "demo"] {
        assert!(help.contains(command), "{command}:\n{help}");
    }
    assert_eq!(sceau(&["dance"], "").status.code(), Some(2));
}

#[test]
fn the_example_is_printed_as_it_is_in_the_repository() {
    let stored = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sceau.example.toml")).unwrap();
    assert_eq!(said(&sceau(&["check", "--example"], "")), stored);
}

#[test]
fn a_mistyped_key_stops_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(&directory);
    let text = fs::read_to_string(&file).unwrap().replace("[imap]", "[imap]\nconections = 3");
    fs::write(&file, text).unwrap();
    for command in [&["serve"][..], &["check"], &["account", "list"]] {
        let output = sceau(&[command, &["--config", file.to_str().unwrap()]].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let told = said(&output);
        assert!(told.contains("conections : clé inconnue") && told.contains("« connections »"), "{told}");
    }
}

#[test]
fn check_names_each_file_that_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(&directory);
    let output = sceau(&["check", "--config", file.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    let told = said(&output);
    for name in ["ca.pem", "op.pem", "srv.pem"] {
        assert!(told.lines().any(|line| line.contains("FAUX") && line.contains(name)), "{name}:\n{told}");
    }
    assert!(told.contains("name = \"mail.a.mssante.fr\""), "the settings in force: {told}");
    for words in ["TLS : TLSv1.3, TLSv1.2, sans reprise", "TLS13_AES_256_GCM_SHA384, ", "courbes : X25519"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!directory.path().join("data").exists(), "nothing was made");
}

#[test]
fn accounts_are_added_changed_and_listed_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(&directory);
    let config = file.to_str().unwrap();
    let account = |arguments: &[&str], input: &str| {
        sceau(&[&["account"], arguments, &["--config", config]].concat(), &format!("{input}\n"))
    };
    let anne = "anne.martin@a.mssante.fr";
    let added = account(&["add", anne, "--name", "Dr Anne MARTIN"], PASSWORD);
    assert!(added.status.success(), "{}", said(&added));
    let again = account(&["add", anne], PASSWORD);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("existe déjà"), "{}", said(&again));
    assert!(account(&["passwd", anne], "un-autre-mot-de-passe").status.success());

    for (arguments, input, why) in [
        (["add", "paul@b.mssante.fr"], PASSWORD, "a.mssante.fr"),
        (["add", "paul"], PASSWORD, "adresse refusée"),
        (["add", "paul@a.mssante.fr"], "court", "12 caractères"),
        (["passwd", "paul@a.mssante.fr"], PASSWORD, "compte inconnu"),
    ] {
        let refused = account(&arguments, input);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(said(&refused).contains(why), "{arguments:?}: {}", said(&refused));
    }
    let list = said(&account(&["list"], ""));
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains(anne) && list.contains("Dr Anne MARTIN"), "{list}");
    assert!(!list.contains(PASSWORD));
}

#[test]
fn what_is_not_there_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(&directory);
    let config = file.to_str().unwrap();
    assert!(said(&sceau(&["queue", "list", "--config", config], "")).contains("Rien n'attend."));
    let trace = sceau(&["trace", "--envelope", "AAAAAAAAAAAAAAAAAAAAAA", "--config", config], "");
    assert_eq!(trace.status.code(), Some(1));
    assert!(said(&trace).contains("rien de tel ici"), "{}", said(&trace));
    assert!(sceau(&["store", "check", "--config", config], "").status.success());
}

#[test]
fn a_lost_master_key_is_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(&directory);
    let list = || sceau(&["account", "list", "--config", file.to_str().unwrap()], "");
    assert!(list().status.success());
    fs::remove_file(directory.path().join("data/master.key")).unwrap();
    let refused = list();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("remettre la clé"), "{}", said(&refused));
}

/// A server with certificates of the demonstration.
struct Serving {
    child: Child,
    config: PathBuf,
    directory: TempDir,
}

/// The demonstration's ports are free again for the next one: this server takes what the system gives.
fn on_any_port(line: &str) -> String {
    match line.rsplit_once(':') {
        Some((listen, _)) if line.starts_with("listen") => format!("{listen}:0\"]\n"),
        _ => format!("{line}\n"),
    }
}

impl Serving {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("demo");
        let told = sceau(&["demo", "--once", "--dir", place.to_str().unwrap()], "");
        assert!(told.status.success(), "{}", said(&told));
        let config = place.join("a/sceau.toml");
        let text = fs::read_to_string(&config).unwrap();
        let text = text.replace("level = \"warn\"", "level = \"info\"\nformat = \"json\"");
        fs::write(&config, text.lines().map(on_any_port).collect::<String>()).unwrap();
        let systemd = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        systemd.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_sceau"))
            .args(["serve", "--config", config.to_str().unwrap()])
            .env("NOTIFY_SOCKET", directory.path().join("notify"))
            .stderr(fs::File::create(directory.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut told = [0; 512];
        let length = systemd.recv(&mut told).unwrap();
        let told = String::from_utf8_lossy(&told[..length]).into_owned();
        assert!(told.starts_with("READY=1\nSTATUS=") && told.contains("imaps 127.0.0.1:"), "{told}");
        Self { child, config, directory }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    fn wait_for(&self, words: &str) {
        let begun = Stopwatch::start();
        while !self.log().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(20), "no «{words}» in\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_running_server_answers_commands_refuses_a_second_and_ends_politely() {
    let mut serving = Serving::start();
    let config = serving.config.to_str().unwrap().to_owned();
    let added =
        sceau(&["account", "add", "nouveau@chu-valnord.mssante.fr", "--config", &config], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", said(&added));
    assert!(said(&sceau(&["account", "list", "--config", &config], "")).contains("nouveau@"));
    assert!(sceau(&["store", "check", "--config", &config], "").status.success());
    assert!(said(&sceau(&["check", "--config", &config], "")).contains("serveur en marche"));

    let second = sceau(&["serve", "--config", &config], "");
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("sert déjà au processus"), "{}", said(&second));

    // A list that can't be read is refused, loudly, and the one in use stays.
    fs::write(serving.directory.path().join("demo/pki/liste-blanche.xml"), "<liste").unwrap();
    serving.signal("-HUP");
    serving.wait_for("the new files are refused");

    serving.signal("-TERM");
    assert!(serving.child.wait().unwrap().success());
    let log = serving.log();
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "not JSON: {line}");
    }
    assert!(log.contains("started") && log.contains("stopped"), "{log}");
    assert!(!log.contains(PASSWORD));
}
