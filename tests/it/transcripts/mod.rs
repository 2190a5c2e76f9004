//! Dialogue transcripts: each file in `tests/transcripts/` is a conversation that reads like those in the RFCs, and is
//! held to the letter. Whatever a machine says that its script does not list fails the test.
//!
//! ```text
//! # a comment; a requirement's tag may stand here
//! profile: operators           settings of the subject, before the first dialogue line
//! C: EHLO mx.b.fr              a line of the client, sent with CRLF
//! C> raw\r\nbytes\0            bytes of the client: \r \n \0 \\ \xHH, no CRLF added
//! S: 250 mx.a.fr               a line of the server
//! -- TLS handshake             something else that happens
//! == 120 seconds pass          something that is done to the subject from outside
//! ```
//! Lines of one side that follow each other are sent in one packet; each conversation is held once so and once byte by
//! byte. The side that the script's subject plays is its output, the other side is its input.

mod imap;
mod smtp;
mod smtp_client;

use std::fs;
use std::path::{Path, PathBuf};

/// What a subject does next.
pub(crate) enum Act {
    /// It says this.
    Say(Vec<u8>),
    /// Something worth a `--` line happened.
    Note(String),
    /// It wants the TLS handshake; [`Subject::secured`] follows once all the input in clear was given.
    StartTls,
    /// It waits for input.
    Wait,
    /// It ends the connection.
    Close,
}

/// A machine with a session behind it that answers by simple rules.
pub(crate) trait Subject {
    /// Takes bytes of the other side.
    fn receive(&mut self, bytes: &[u8]);
    /// What it does next.
    fn act(&mut self) -> Act;
    /// TLS is in place.
    fn secured(&mut self);
    /// Something happens outside of the conversation.
    fn cue(&mut self, cue: &str) {
        panic!("nothing is known of {cue:?}");
    }
    /// What the script should have mentioned, once the conversation is over.
    fn rest(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// One line of a script.
#[derive(Debug, Clone, PartialEq)]
enum Line {
    Input(Vec<u8>),
    Output(String),
    Cue(String),
}

struct Script {
    settings: Vec<(String, String)>,
    lines: Vec<Line>,
}

/// Runs every script of a folder. `input` is the letter of the other side, `C` when the subject is a server.
pub(crate) fn run_folder<S: Subject>(folder: &str, input: char, subject: impl Fn(&[(String, String)]) -> S) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "t"));
    files.sort();
    assert!(!files.is_empty(), "no scripts in {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let script = parse(&fs::read_to_string(&file).unwrap(), input)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for (how, piece) in [("in packets", usize::MAX), ("byte by byte", 1)] {
            let heard = play(&script, subject(&script.settings), piece);
            let wanted: Vec<_> = script.lines.iter().map(show).collect();
            if heard != wanted {
                wrong.push(format!("{} {how}:\n{}", file.display(), difference(&wanted, &heard)));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Holds the conversation and writes down what was said, in the form of a script.
fn play(script: &Script, mut subject: impl Subject, piece: usize) -> Vec<String> {
    let mut heard = Vec::new();
    let mut open = listen(&mut subject, &mut heard);
    for group in script.lines.chunk_by(|a, b| matches!((a, b), (Line::Input(_), Line::Input(_)))) {
        if let Line::Cue(cue) = &group[0] {
            heard.push(show(&group[0]));
            subject.cue(cue);
            open = listen(&mut subject, &mut heard);
        }
        if !matches!(group[0], Line::Input(_)) {
            continue;
        }
        let bytes: Vec<u8> =
            group.iter().flat_map(|line| if let Line::Input(b) = line { &b[..] } else { &[] }).copied().collect();
        heard.extend(group.iter().map(show));
        let mut said = Vec::new();
        for piece in bytes.chunks(piece.min(bytes.len())) {
            subject.receive(piece);
            open = listen_on(&mut subject, &mut said, open);
        }
        if open == Open::TlsWanted {
            subject.secured();
            said.push("-- TLS handshake".to_owned());
            open = listen(&mut subject, &mut said);
        }
        heard.append(&mut said);
    }
    heard.extend(subject.rest());
    heard
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Yes,
    TlsWanted,
    No,
}

fn listen(subject: &mut impl Subject, heard: &mut Vec<String>) -> Open {
    listen_on(subject, heard, Open::Yes)
}

fn listen_on(subject: &mut impl Subject, heard: &mut Vec<String>, mut open: Open) -> Open {
    if open == Open::No {
        return Open::No;
    }
    let mut said = Vec::new();
    loop {
        let act = subject.act();
        if !matches!(act, Act::Say(_)) {
            write_down(&mut said, heard);
        }
        match act {
            Act::Say(bytes) => said.extend(bytes),
            Act::Note(note) => heard.push(format!("-- {note}")),
            Act::StartTls => open = Open::TlsWanted,
            Act::Wait => return open,
            Act::Close => {
                heard.push("-- connection closed".to_owned());
                return Open::No;
            }
        }
    }
}

/// Turns bytes into lines; those of the subject are marked by `=`, whichever letter it has.
fn write_down(said: &mut Vec<u8>, heard: &mut Vec<String>) {
    let text = std::mem::take(said).escape_ascii().to_string();
    let text = text.replace("\\\'", "'").replace("\\\"", "\"").replace(r"\\", r"\");
    heard.extend(text.split_inclusive("\\r\\n").map(|line| match line.strip_suffix("\\r\\n") {
        Some(line) => format!("= {line}"),
        None => format!("= {line} (no line end)"),
    }));
}

fn show(line: &Line) -> String {
    match line {
        Line::Input(bytes) => format!("> {}", bytes.escape_ascii()),
        Line::Output(text) => text.clone(),
        Line::Cue(text) => format!("== {text}"),
    }
}

fn difference(wanted: &[String], heard: &[String]) -> String {
    let same = wanted.iter().zip(heard).take_while(|(a, b)| a == b).count();
    let (before, context) =
        (same.saturating_sub(3), |lines: &[String]| lines.get(same..).unwrap_or_default().join("\n  "));
    format!("  {}\nscript:\n  {}\nheard:\n  {}", wanted[before..same].join("\n  "), context(wanted), context(heard))
}

fn parse(text: &str, input: char) -> Result<Script, String> {
    let mut script = Script { settings: Vec::new(), lines: Vec::new() };
    for (number, line) in text.lines().enumerate() {
        let parsed = match line.split_at_checked(3) {
            _ if line.is_empty() || line.starts_with('#') => continue,
            Some(("-- ", _)) => Line::Output(line.to_owned()),
            Some(("== ", cue)) => Line::Cue(cue.to_owned()),
            None if line == format!("{input}:") => Line::Input(b"\r\n".to_vec()),
            None if matches!(line, "C:" | "S:") => Line::Output("= ".to_owned()),
            Some((head, rest)) if head == format!("{input}: ") => Line::Input([rest.as_bytes(), b"\r\n"].concat()),
            Some((head, rest)) if head == format!("{input}> ") => Line::Input(unescape(rest)?),
            Some(("C: " | "S: ", rest)) => Line::Output(format!("= {rest}")),
            _ => {
                let (key, value) = line.split_once(": ").ok_or(format!("line {}: not a dialogue line", number + 1))?;
                script.settings.push((key.to_owned(), value.to_owned()));
                continue;
            }
        };
        script.lines.push(parsed);
    }
    Ok(script)
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&kind, after) = rest.split_first().ok_or("a backslash at the end")?;
        rest = after;
        bytes.push(match kind {
            b'r' => b'\r',
            b'n' => b'\n',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let digits =
                    std::str::from_utf8(rest.get(..2).ok_or("\\x needs two digits")?).map_err(|e| e.to_string())?;
                rest = &rest[2..];
                u8::from_str_radix(digits, 16).map_err(|e| e.to_string())?
            }
            other => return Err(format!("unknown escape \\{}", char::from(other))),
        });
    }
    Ok(bytes)
}
