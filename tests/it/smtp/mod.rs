//! SMTP as a whole: the server machine against a naive model, memory under hostile input, and the documentation's tables
//! against the code.

#[path = "model.rs"]
mod model;
#[path = "outbound.rs"]
mod outbound;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use model::{PIECES, observe, predict};
use proptest::prelude::*;
use sceau::config::Config;
use sceau::mail::Domain;
use sceau::proto::sasl::Terms;
use sceau::proto::smtp::keywords::{self, Security};
use sceau::proto::smtp::server::{Answer, Event, Server};
use sceau::proto::smtp::{Limits, Profile, Settings};
use sceau::proto::{Machine, Step};

/// Bytes that a failure shows as text.
#[derive(Clone)]
struct Text(Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// A conversation of pieces; most begin where they get somewhere.
fn conversation(starts: Vec<&'static [u8]>) -> impl Strategy<Value = Text> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..25);
    (proptest::sample::select(starts), pieces).prop_map(|(start, pieces)| Text([start, &pieces.concat()].concat()))
}

fn in_clear() -> impl Strategy<Value = Text> {
    let noise = conversation(vec![b"", b"EHLO b.fr\r\n"]);
    prop_oneof![4 => Just(Text(b"EHLO b.fr\r\nSTARTTLS\r\n".to_vec())), 1 => noise]
}

fn in_tls() -> impl Strategy<Value = Text> {
    conversation(vec![
        b"",
        b"EHLO b.fr\r\n",
        b"EHLO b.fr\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\n",
        b"EHLO b.fr\r\nMAIL FROM:<a@b.fr> BODY=BINARYMIME\r\nRCPT TO:<c@a.fr>\r\n",
        b"EHLO b.fr\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\n",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    // [rfc5321#4.1.4] [rfc3030#2] [rfc3207#4.2] [rfc2920#3]
    fn the_server_does_what_a_naive_model_does_however_its_input_is_cut(
        submission: bool,
        clear in in_clear(),
        tls in in_tls(),
        cuts in proptest::collection::vec(1usize..30, 0..60),
    ) {
        let profile = if submission { Profile::Submission } else { Profile::Operators };
        let model = predict(profile, &clear.0, &tls.0);
        prop_assert_eq!(&observe(profile, &clear.0, &tls.0, &[]), &model, "in one piece");
        prop_assert_eq!(&observe(profile, &clear.0, &tls.0, &cuts), &model, "in pieces");
    }
}

/// A server in TLS that says yes to everything, until it closes; gives the pieces of content that it handed on.
fn says_yes(machine: &mut Server, input: &[u8]) -> Option<usize> {
    machine.receive(input);
    let mut pieces = 0;
    loop {
        match machine.next() {
            Step::Event(Event::Abandoned(_) | Event::Ending(_)) | Step::Send(_) => {}
            Step::Event(event) => {
                pieces += usize::from(matches!(event, Event::Content(_)));
                machine.answer(Answer::Accept);
            }
            Step::NeedInput | Step::StartTls => return Some(pieces),
            Step::Close => return None,
        }
    }
}

#[test]
// [rfc3030#2]
fn a_million_tiny_chunks_end_after_a_thousand() {
    let settings = Settings::new(Domain::parse("mx.a.fr").unwrap(), Profile::Operators, Limits::default());
    let mut machine = Server::new(settings);
    machine.secured();
    says_yes(&mut machine, b"EHLO b.fr\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\n").unwrap();
    let taken = (0..1_000_000).find(|_| says_yes(&mut machine, b"BDAT 1\r\nx").is_none());
    assert_eq!(taken, Some(1000));
}

fn documentation() -> String {
    fs::read_to_string(root().join("docs/smtp.md")).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The rows of a table, by its heading.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = documentation();
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The words between backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn offered(profile: Profile, security: Security) -> BTreeSet<String> {
    let limits = Limits { hold: 60, ..Limits::default() };
    let settings = Settings::new(Domain::parse("mx.a.fr").unwrap(), profile, limits);
    let lines = keywords::lines(&settings, security, &Terms::default());
    lines[1..].iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn the_documented_extensions_are_those_that_are_offered() {
    let rows = table("Extensions");
    let names: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, keywords::all().collect::<Vec<_>>());
    for (profile, port) in [(Profile::Operators, "25"), (Profile::Submission, "587")] {
        for security in [Security::Clear, Security::Tls] {
            let written = rows.iter().filter(|row| {
                let here = row[2].starts_with("all") || row[2].split(", ").any(|word| word == port);
                let now = security == Security::Tls || !row[2].ends_with("in TLS");
                here && now && !(row[0] == "STARTTLS" && security == Security::Tls)
            });
            let written: BTreeSet<_> = written.map(|row| row[0].clone()).collect();
            assert_eq!(written, offered(profile, security), "port {port}, {security:?}");
        }
    }
    for test in rows.iter().flat_map(|row| quoted(&row[4])) {
        assert!(root().join("tests/transcripts/smtp").join(test).exists(), "{test}");
    }
}

#[test]
fn the_documented_limits_are_settings_with_their_defaults_and_statuses() {
    let statuses = fs::read_to_string(root().join("src/mail/status.rs")).unwrap();
    for row in table("Limits") {
        for setting in quoted(&row[1]) {
            let (section, name) = setting.split_once('.').unwrap();
            let table = Config::TABLES.iter().find(|table| table.name == section).unwrap();
            let key = table.keys.iter().find(|key| key.name == name).unwrap_or_else(|| panic!("no setting {setting}"));
            assert_eq!(key.text, row[2], "the default of {setting}");
        }
        let (code, enhanced) = row[3].split_once(' ').unwrap();
        assert!(statuses.contains(&format!("row({code}, \"{enhanced}\"")), "{}", row[3]);
    }
}
