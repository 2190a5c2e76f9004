//! `sceau queue` while no server runs: on the data themselves, as an administrator does before a start.

use std::process::{Command, Output};

use serde_json::Value;

use crate::operator::Operator;
use crate::outgoing::Sender;

struct Desk {
    operator: Operator,
    envelopes: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// Three messages wait for the peer.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = Operator::prepare(folder.path());
        operator.begin(2);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sender = Sender::open(&operator);
        let text = |number: u32| format!("Subject: {number}\r\n\r\nBonjour\r\n").into_bytes();
        let envelopes = runtime.block_on(sender.submit((0..3).map(text), 2));
        sender.close();
        Self { operator, envelopes: envelopes.iter().map(ToString::to_string).collect(), _folder: folder }
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
        let Output { status, stdout, stderr } =
            command.arg("queue").args(arguments).arg("--config").arg(self.operator.config()).output().unwrap();
        (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
    }

    fn say(&self, arguments: &[&str]) -> String {
        let (ok, told) = self.run(arguments);
        assert!(ok, "{arguments:?}: {told}");
        told
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.say(&[arguments, &["--json"]].concat())).unwrap()
    }
}

#[test]
fn the_queue_is_shown_and_changed_without_a_server() {
    let desk = Desk::new();
    let [first, second, third] = &desk.envelopes[..] else { panic!("{:?}", desk.envelopes) };
    let list = desk.say(&["list"]);
    assert!(list.contains("3 destinataires chez 1 opérateur.") && list.contains("pair.mssante.fr"), "{list}");
    assert_eq!(desk.json(&["list", "--limit", "2"])["items"].as_array().unwrap().len(), 2);
    let shown = desk.say(&["show", first]);
    for words in [
        &format!("Enveloppe    {first}"),
        "Expéditeur   u",
        "Acceptée     20",
        "Destinataire 1 : r",
        "@pair.mssante.fr",
        "essais     0",
        "aucune encore",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(desk.json(&["show", first])["items"][0]["envelope"], Value::String(first.clone()));
    let (ok, told) = desk.run(&["show", "AAAAAAAAAAAAAAAAAAAAAA"]);
    assert!(!ok && told.contains("sceau trace --envelope"), "{told}");

    assert!(desk.say(&["hold", second]).contains("1 destinataire retenus"), "held");
    assert_eq!(desk.json(&["list", "--held"])["items"][0]["envelope"], Value::String(second.clone()));
    assert!(desk.say(&["list"]).contains("retenu"));
    let (ok, told) = desk.run(&["retry"]);
    assert!(!ok && told.contains("--all"), "the whole queue is never meant by saying nothing: {told}");
    assert_eq!(desk.json(&["retry", "--all"])["recipients"], 2, "what is held stays held");
    assert_eq!(desk.json(&["release", "--domain", "pair.mssante.fr"])["recipients"], 1);
    assert_eq!(desk.json(&["drop", third])["recipients"], 1);
    assert_eq!(desk.json(&["drop", third])["recipients"], 0, "it has left");
    assert_eq!(desk.json(&["list"])["recipients"], 2);
}

#[test]
fn routes_are_shown_set_and_cleared_without_a_server() {
    let desk = Desk::new();
    assert!(desk.say(&["route"]).contains("Aucune route fixe"));
    desk.operator.route_to(2525);
    let row = |told: &str| told.lines().find(|line| line.contains("pair.mssante.fr")).unwrap_or_default().to_owned();
    let configured = row(&desk.say(&["route", "pair.mssante.fr"]));
    assert!(configured.contains("127.0.0.1:2525") && configured.contains("fichier de configuration"), "{configured}");
    let set = row(&desk.say(&["route", "pair.mssante.fr", "mx.ailleurs.fr:25"]));
    assert!(set.contains("mx.ailleurs.fr:25") && set.contains("sceau queue route"), "{set}");
    let list = desk.json(&["route"]);
    assert_eq!((&list[0]["source"], &list[0]["hosts"][0]), (&"set".into(), &"mx.ailleurs.fr:25".into()), "{list}");
    let cleared = row(&desk.say(&["route", "pair.mssante.fr", "--clear"]));
    assert!(cleared.contains("127.0.0.1:2525"), "the file's is in force again: {cleared}");
    for wrong in [&["route", "pair.mssante.fr", "sans-port"][..], &["route", "pas un domaine"], &["route", "--clear"]] {
        assert!(!desk.run(wrong).0, "{wrong:?}");
    }
}
