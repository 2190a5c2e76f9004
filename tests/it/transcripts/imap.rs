//! Conversations of IMAP sessions over a store in memory.

use std::collections::VecDeque;
use std::path::Path;

use sceau::sessions::{Session, TlsFacts, Want};

use super::{Act, Subject, run_folder};
use crate::imap::world::{Client, Setting, Ways, World};

#[test]
fn imap_sessions() {
    run_folder("imap", 'C', Talk::new);
}

/// | setting | what it does |
/// |---|---|
/// | `begin: in clear` | the sessions begin without TLS; so it is without this setting |
/// | `begin: in TLS` | they begin behind the handshake |
/// | `begin: signed in` | the person has signed in |
/// | `begin: selected` | and INBOX is selected |
/// | `message: a.eml \Seen` | a message in INBOX, delivered before |
/// | `logins: all` | SCRAM and tokens beside passwords, and mailboxes that the person holds |
/// | `logins: shared` | a colleague, and mailboxes of organisations that the person holds |
/// | `quota: 100`, `append: 100` | octets of the account, of a message in APPEND |
/// | `messages: 2` | messages that one command may work on |
/// | `dovecot: agrees` | the script is played to Dovecot too (`tests/programs/dovecot.py`) |
///
/// | cue | what it does |
/// |---|---|
/// | `session 2` | another session goes on; what it has to say unasked, it says now |
/// | `paul is session 2` | another session, in which somebody else has signed in |
/// | `a.eml is delivered to accueil` | to an organisation's INBOX |
/// | `120 seconds pass` | so it is, too |
/// | `a.eml is delivered` | and so |
/// | `what is recorded?` | the events since the last time are mentioned |
struct Talk {
    world: World,
    begin: String,
    sessions: Vec<Client>,
    current: usize,
    acts: VecDeque<Act>,
}

impl Talk {
    fn new(settings: &[(String, String)]) -> Self {
        let (mut setting, mut begin, mut messages) = (Setting::default(), "in clear".to_owned(), Vec::new());
        for (key, value) in settings {
            match key.as_str() {
                "begin" => begin = value.clone(),
                "message" => messages.push(value.split_once(' ').unwrap_or((value, ""))),
                "quota" => setting.quota = value.parse().unwrap(),
                "logins" if value == "all" => setting.logins = Ways::All,
                "logins" if value == "shared" => setting.logins = Ways::Shared,
                // said to the program that plays scripts to Dovecot
                "dovecot" => {}
                "append" => setting.append = value.parse().unwrap(),
                "messages" => setting.messages = value.parse().unwrap(),
                other => panic!("unknown setting {other:?}"),
            }
        }
        let mut world = World::new(setting);
        for (file, flags) in messages {
            world.deliver(&message(file), flags);
        }
        let mut talk = Self { world, begin, sessions: Vec::new(), current: 0, acts: VecDeque::new() };
        talk.connect();
        talk
    }

    fn connect(&mut self) {
        self.current = self.sessions.len();
        let mut client = match self.begin.as_str() {
            "in clear" | "in TLS" => self.world.connect(),
            "signed in" | "selected" => self.world.sign_in(),
            other => panic!("unknown beginning {other:?}"),
        };
        match self.begin.as_str() {
            "in TLS" => client.session.secured(TlsFacts::default()),
            "selected" => drop(self.world.talk(&mut client, "s SELECT INBOX\r\n")),
            _ => {}
        }
        self.sessions.push(client);
    }

    fn mention_news(&mut self) {
        self.acts.extend(self.world.news(&mut self.sessions[self.current]).map(Act::Say));
        self.acts.push_back(Act::Wait);
    }
}

impl Subject for Talk {
    fn receive(&mut self, bytes: &[u8]) {
        self.sessions[self.current].session.receive(bytes);
    }

    fn act(&mut self) -> Act {
        if self.acts.is_empty() {
            let (said, want) = self.world.advance(&mut self.sessions[self.current]);
            self.acts.extend((!said.is_empty()).then_some(Act::Say(said)));
            self.acts.push_back(match want {
                Want::Input => Act::Wait,
                Want::StartTls => Act::StartTls,
                // what is compressed is `net`'s matter
                Want::Compress => Act::Note("compressed from here".to_owned()),
                Want::Close => Act::Close,
            });
        }
        self.acts.pop_front().unwrap()
    }

    fn secured(&mut self) {
        self.sessions[self.current].session.secured(TlsFacts::default());
    }

    fn cue(&mut self, cue: &str) {
        if cue == "what is recorded?" {
            self.acts.extend(self.world.events().into_iter().map(Act::Note));
            return self.acts.push_back(Act::Wait);
        }
        if let Some((name, number)) = cue.split_once(" is session ") {
            self.current = number.parse::<usize>().unwrap() - 1;
            assert_eq!(self.current, self.sessions.len());
            let client = self.world.sign_in_as(&format!("{name}@a.mssante.fr"));
            return self.sessions.push(client);
        }
        if let Some(number) = cue.strip_prefix("session ") {
            self.current = number.parse::<usize>().unwrap() - 1;
            if self.current == self.sessions.len() {
                return self.connect();
            }
        } else if let Some(seconds) = cue.strip_suffix(" seconds pass") {
            self.world.pass(seconds.parse().unwrap());
        } else if let Some((file, name)) = cue.split_once(" is delivered to ") {
            let account = self.world.named(name);
            self.world.deliver_to(account, &message(file), "");
        } else if let Some(file) = cue.strip_suffix(" is delivered") {
            self.world.deliver(&message(file), "");
        } else {
            panic!("nothing is known of {cue:?}");
        }
        self.mention_news();
    }

    fn rest(&mut self) -> Vec<String> {
        self.world.events().into_iter().map(|event| format!("-- not asked for: {event}")).collect()
    }
}

/// A message beside the scripts, with the line ends of mail.
fn message(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/imap").join(file);
    String::from_utf8(std::fs::read(&path).unwrap()).unwrap().replace('\n', "\r\n").into_bytes()
}
