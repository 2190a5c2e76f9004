//! Conversations of the SMTP server machine, with a session that knows a few addresses.

use sceau::mail::{
    Address, Domain, EnvelopeId, Fault, MailParams, Priority, RcptParams, ReversePath, ScramKeys, Status, Time, Wishes,
};
use sceau::proto::sasl::{Bindings, Credentials, KeysGiven, Terms, TokenTerms};
use sceau::proto::smtp::server::{Answer, Event, Server};
use sceau::proto::smtp::{Limits, Profile, Settings};
use sceau::proto::{Machine, Step};

use super::{Act, Subject, run_folder};

#[test]
fn smtp_server() {
    run_folder("smtp", 'C', Talk::new);
}

/// The time of every conversation.
const NOW: &str = "2026-11-22T10:00:00Z";

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
        let (mut profile, mut implicit_tls, mut known_by_certificate) = (Profile::Operators, false, false);
        let mut terms = Terms::default();
        for (key, value) in settings {
            match (key.as_str(), value.as_str()) {
                ("profile", "operators") => profile = Profile::Operators,
                ("profile", "submission") => profile = Profile::Submission,
                ("tls", "implicit") => implicit_tls = true,
                ("offers", "everything") => terms = everything(),
                ("certificate", "is a login") => known_by_certificate = true,
                ("errors", number) => limits.errors = number.parse().unwrap(),
                ("refusals", number) => limits.refusals = number.parse().unwrap(),
                ("idle commands", number) => limits.idle_commands = number.parse().unwrap(),
                ("line", number) => limits.line = number.parse().unwrap(),
                ("message", number) => limits.message = number.parse().unwrap(),
                ("transactions", number) => limits.transactions = number.parse().unwrap(),
                ("tiny chunks", number) => limits.tiny_chunks = number.parse().unwrap(),
                ("hold", number) => limits.hold = number.parse().unwrap(),
                other => panic!("unknown setting {other:?}"),
            }
        }
        let settings = Settings::new(Domain::parse("mx.a.fr").unwrap(), profile, limits);
        let mut machine = Server::new(Settings { opened: Time::parse_rfc3339(NOW).unwrap(), ..settings });
        if implicit_tls {
            machine.secured();
        }
        machine.offer(terms);
        if known_by_certificate {
            machine.know_by_certificate();
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
            Event::Keys(wanted) if wanted.user == "throttled@a.fr" => {
                Answer::Refuse(Fault::user(Status::LoginThrottled, ""))
            }
            Event::Keys(_) => Answer::Keys(keys()),
            Event::Login(credentials) => login(&credentials),
            Event::Mail { path, params } => {
                note = asked_of_message(&params);
                self.mail(&path)
            }
            Event::Rcpt { address, params } => {
                note = asked_for_recipient(&params);
                self.rcpt(&address)
            }
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

/// What the session was told of the sender's wishes, if there are any.
fn asked_of_message(params: &MailParams) -> Option<String> {
    let Wishes { ret, envid, binary, require_tls, hold_until, deliver_by, priority } =
        params.wishes(Time::parse_rfc3339(NOW).unwrap());
    let mut words = vec![
        ret.map(|ret| format!("ret={ret:?}")),
        envid.map(|envid| format!("envid={envid}")),
        binary.then(|| "binary".to_owned()),
        require_tls.then(|| "requiretls".to_owned()),
        params.proofs.then(|| "xsceau".to_owned()),
        hold_until.map(|time| format!("hold={time}")),
        deliver_by.map(|by| format!("by={} {:?}", by.at, by.late)),
    ];
    words.push((priority != Priority::default()).then(|| format!("priority={}", priority.level())));
    asked(words)
}

fn asked_for_recipient(params: &RcptParams) -> Option<String> {
    let RcptParams { notify, original } = params;
    let original = original.as_ref().map(|original| format!("orcpt={};{}", original.kind, original.address));
    asked(vec![notify.map(|notify| format!("notify={notify:?}")), original])
}

fn asked(words: Vec<Option<String>>) -> Option<String> {
    let words: Vec<_> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| format!("asked: {}", words.join(" ")))
}

/// Jean's password is `secret`, also as keys, his token is `good`, and his certificate too.
fn login(credentials: &Credentials) -> Answer {
    let good = match credentials {
        Credentials::Password { user, password, .. } => user == "jean@a.fr" && **password == "secret",
        Credentials::Scram { user, proved, .. } => user == "jean@a.fr" && *proved,
        Credentials::Token { token, .. } => **token == "good",
        Credentials::Certificate { authzid } => authzid.as_deref().is_none_or(|wanted| wanted == "jean@a.fr"),
        _ => false,
    };
    match credentials {
        _ if good => Answer::Accept,
        Credentials::Certificate { .. } => Answer::Refuse(Fault::user(Status::CertificateRefused, "")),
        _ => Answer::Refuse(Fault::user(Status::LoginFailed, "")),
    }
}

/// The keys of `secret` with a salt of sevens and 4,096 rounds, and a nonce that can be guessed.
fn keys() -> KeysGiven {
    KeysGiven {
        keys: ScramKeys { iterations: 4096, salt: [7; 16], stored_key: STORED_KEY, server_key: SERVER_KEY },
        nonce: "server".to_owned(),
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

/// A connection that allows every mechanism.
fn everything() -> Terms {
    Terms {
        certificate: true,
        scram: true,
        tokens: Some(std::sync::Arc::new(TokenTerms {
            scope: "openid".to_owned(),
            discovery: "https://idp.test/x".to_owned(),
        })),
        bindings: Bindings { exporter: Some(b"exported".to_vec()), server_end_point: None },
    }
}

const STORED_KEY: [u8; 32] = [
    29, 24, 221, 12, 211, 229, 144, 190, 73, 200, 180, 82, 225, 183, 249, 117, 153, 158, 46, 48, 143, 203, 104, 231,
    222, 248, 249, 105, 182, 38, 6, 82,
];
const SERVER_KEY: [u8; 32] = [
    74, 84, 27, 25, 179, 167, 60, 253, 74, 152, 113, 231, 138, 53, 251, 80, 17, 120, 251, 217, 107, 182, 60, 214, 46,
    166, 177, 18, 160, 38, 148, 65,
];
