//! Conversations of the SMTP server machine, with a session that knows a few addresses.

use sceau::mail::{Address, Domain, EnvelopeId, Fault, ReversePath, Status};
use sceau::proto::sasl::Credentials;
use sceau::proto::smtp::server::{Answer, Event, Server};
use sceau::proto::smtp::{Limits, Profile, Settings};
use sceau::proto::{Machine, Step};

use super::{Act, Subject, run_folder};

#[test]
fn smtp_server() {
    run_folder("smtp", 'C', Talk::new);
}

/// The rules: `unknown@…` does not exist, `full@…` is full, `stranger@…` may not send; jean's password is `secret`;
/// content with the word `unlucky` can't be stored.
struct Talk {
    machine: Server,
    from: String,
    to: Vec<String>,
    content: Vec<u8>,
}

impl Talk {
    fn new(settings: &[(String, String)]) -> Self {
        let mut limits = Limits { message: 1000, recipients: 3, ..Limits::default() };
        let (mut profile, mut implicit_tls) = (Profile::Operators, false);
        for (key, value) in settings {
            match (key.as_str(), value.as_str()) {
                ("profile", "operators") => profile = Profile::Operators,
                ("profile", "submission") => profile = Profile::Submission,
                ("tls", "implicit") => implicit_tls = true,
                ("errors", number) => limits.errors = number.parse().unwrap(),
                ("refusals", number) => limits.refusals = number.parse().unwrap(),
                ("idle commands", number) => limits.idle_commands = number.parse().unwrap(),
                ("line", number) => limits.line = number.parse().unwrap(),
                other => panic!("unknown setting {other:?}"),
            }
        }
        let mut machine = Server::new(Settings { host: Domain::parse("mx.a.fr").unwrap(), profile, limits });
        if implicit_tls {
            machine.secured();
        }
        Self { machine, from: String::new(), to: Vec::new(), content: Vec::new() }
    }

    /// Answers an event; gives what the script should mention.
    fn answer(&mut self, event: Event) -> Option<String> {
        let mut note = None;
        let answer = match event {
            Event::Abandoned(status) => return Some(format!("transaction dropped: {status:?}")),
            Event::Ending(status) => return Some(format!("ending: {status:?}")),
            Event::Greeting | Event::Hello(_) | Event::Data => Answer::Accept,
            Event::Login(credentials) => login(&credentials),
            Event::Mail { path, .. } => self.mail(&path),
            Event::Rcpt { address, .. } => self.rcpt(&address),
            Event::Content(piece) => {
                self.content.extend(piece);
                match self.content.windows(7).any(|word| word == b"unlucky") {
                    true => Answer::Refuse(Fault::ours(Status::StorageFull, "")),
                    false => Answer::Accept,
                }
            }
            Event::ContentEnd { bytes } => {
                assert_eq!(bytes, self.content.len() as u64);
                note = Some(format!(
                    "taken from <{}> to {}: {}",
                    self.from,
                    self.to.join(" "),
                    self.content.escape_ascii()
                ));
                Answer::Taken(EnvelopeId([0xda; 16]))
            }
        };
        self.machine.answer(answer);
        note
    }

    fn mail(&mut self, path: &ReversePath) -> Answer {
        (self.from, self.to, self.content) = (path.to_string(), Vec::new(), Vec::new());
        match path.address().map(Address::local) {
            Some("stranger") => Answer::Refuse(Fault::peer(Status::DomainNotOperators, "")),
            Some("disk") => Answer::Refuse(Fault::ours(Status::Busy, "")),
            _ => Answer::Accept,
        }
    }

    fn rcpt(&mut self, address: &Address) -> Answer {
        match address.local() {
            "unknown" => return Answer::Refuse(Fault::peer(Status::RecipientUnknown, "")),
            "full" => return Answer::Refuse(Fault::peer(Status::MailboxFull, "")),
            _ => self.to.push(address.to_string()),
        }
        Answer::Accept
    }
}

fn login(credentials: &Credentials) -> Answer {
    match credentials {
        Credentials::Password { user, password, .. } if user == "jean@a.fr" && **password == "secret" => Answer::Accept,
        _ => Answer::Refuse(Fault::user(Status::LoginFailed, "")),
    }
}

impl Subject for Talk {
    fn receive(&mut self, bytes: &[u8]) {
        self.machine.receive(bytes);
    }

    fn act(&mut self) -> Act {
        loop {
            match self.machine.next() {
                Step::Event(event) => {
                    if let Some(note) = self.answer(event) {
                        return Act::Note(note);
                    }
                }
                Step::Send(bytes) => return Act::Say(bytes),
                Step::StartTls => return Act::StartTls,
                Step::NeedInput => return Act::Wait,
                Step::Close => return Act::Close,
            }
        }
    }

    fn secured(&mut self) {
        self.machine.secured();
    }
}
