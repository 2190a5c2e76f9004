//! A naive model of an SMTP session, to hold the server machine against: it has the whole input in hand, looks for line
//! ends and ends of content with `find`, and keeps its state in plain fields. The grammar of single commands is the
//! machine's own, which has tables of its own; what is modelled is what they do together.
//!
//! Also used by the fuzz target `smtp_session`.

use sceau::mail::{Address, Body, Domain, EnvelopeId, Fault, Status};
use sceau::proto::sasl::Credentials;
use sceau::proto::smtp::command::{self, Command, Dialect, Verb};
use sceau::proto::smtp::server::{Answer, Event, Server};
use sceau::proto::smtp::{Limits, Profile, Settings};
use sceau::proto::{Machine, Step};

#[path = "pieces.rs"]
mod pieces;

pub use pieces::PIECES;

/// What happened in a session: the codes of the replies, and what the session behind the machine was told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Happened {
    pub codes: Vec<u16>,
    pub events: Vec<String>,
}

const MESSAGE_MAX: usize = 50;
const RECIPIENTS_MAX: usize = 3;
const TRANSACTIONS_MAX: u32 = 5;
const ERRORS_MAX: u32 = 8;
const REFUSALS_MAX: u32 = 6;
const LOGINS_MAX: u32 = 3;
/// What is read beyond twice the limit of a message.
const SWALLOWED: usize = 64 * 1024;

fn settings(profile: Profile) -> Settings {
    let limits = Limits {
        message: MESSAGE_MAX as u64,
        recipients: RECIPIENTS_MAX,
        transactions: TRANSACTIONS_MAX,
        errors: ERRORS_MAX,
        refusals: REFUSALS_MAX,
        logins: LOGINS_MAX,
        ..Limits::default()
    };
    Settings::new(Domain::parse("mx.a.fr").expect("a domain"), profile, limits)
}

/// What the session behind says to a sender.
fn sender(local: Option<&str>) -> Option<Status> {
    (local == Some("stranger")).then_some(Status::DomainNotOperators)
}

fn recipient(local: &str) -> Option<Status> {
    match local {
        "unknown" => Some(Status::RecipientUnknown),
        "full" => Some(Status::MailboxFull),
        _ => None,
    }
}

fn is_unlucky(content: &[u8]) -> bool {
    find(content, b"unlucky").is_some()
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

// ---------------------------------------------------------------------------------------------- the machine, watched

/// What the machine makes of bytes in clear and, if it gets there, bytes in TLS, both cut into pieces of these sizes.
pub fn observe(profile: Profile, clear: &[u8], tls: &[u8], cuts: &[usize]) -> Happened {
    let mut watched = Watched {
        machine: Server::new(settings(profile)),
        said: Vec::new(),
        content: Vec::new(),
        events: Vec::new(),
        handshake: false,
    };
    let mut cuts = cuts.iter().copied().chain(std::iter::repeat(usize::MAX));
    watched.hear(b"");
    for input in [clear, tls] {
        let mut rest = input;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cuts.next().unwrap_or(usize::MAX).clamp(1, rest.len()));
            watched.hear(piece);
            rest = after;
        }
        if !std::mem::take(&mut watched.handshake) {
            break;
        }
        watched.machine.secured();
    }
    Happened { codes: codes(&watched.said), events: watched.events }
}

struct Watched {
    machine: Server,
    said: Vec<u8>,
    content: Vec<u8>,
    events: Vec<String>,
    handshake: bool,
}

impl Watched {
    fn hear(&mut self, piece: &[u8]) {
        self.machine.receive(piece);
        loop {
            match self.machine.next() {
                Step::Event(event) => self.answer(event),
                Step::Send(bytes) => self.said.extend(bytes),
                Step::StartTls => self.handshake = true,
                Step::NeedInput => return,
                Step::Close => {
                    self.handshake = false;
                    return;
                }
            }
        }
    }

    fn answer(&mut self, event: Event) {
        let mut note = None;
        let refusal = match event {
            Event::Abandoned(_) => return self.events.push("dropped".to_owned()),
            Event::Ending(_) => return self.events.push("ending".to_owned()),
            Event::Greeting | Event::Hello(_) => None,
            Event::Login(Credentials::Password { user, password, .. }) => {
                let right = user.as_str() == "a" && password.as_str() == "b";
                note = right.then(|| "login".to_owned());
                (!right).then_some(Status::LoginFailed)
            }
            // other mechanisms are not in the pieces
            Event::Keys(_) | Event::Login(_) => Some(Status::LoginFailed),
            Event::Mail { path, params } => {
                note = Some(format!("mail <{path}> {:?}", params.body));
                sender(path.address().map(Address::local))
            }
            Event::Rcpt { address, params } => {
                note = Some(format!("rcpt <{address}> {:?}", params.notify));
                recipient(address.local())
            }
            Event::Data => {
                self.content.clear();
                None
            }
            Event::Content(piece) => {
                self.content.extend(piece);
                is_unlucky(&self.content).then_some(Status::StorageFull)
            }
            Event::ContentEnd { bytes } => {
                assert_eq!(bytes, self.content.len() as u64);
                note = Some(format!("taken {}", self.content.escape_ascii()));
                None
            }
        };
        self.events.extend(note);
        self.machine.answer(match refusal {
            Some(status) => Answer::Refuse(Fault::peer(status, "")),
            None if self.events.last().is_some_and(|last| last.starts_with("taken")) => {
                Answer::Taken(EnvelopeId([0; 16]))
            }
            None => Answer::Accept,
        });
    }
}

/// The code of each reply.
fn codes(said: &[u8]) -> Vec<u16> {
    let said = String::from_utf8(said.to_vec()).expect("replies are text");
    assert!(said.is_empty() || said.ends_with("\r\n"));
    let last_lines = said.split_terminator("\r\n").filter(|line| line.as_bytes()[3] == b' ');
    last_lines.map(|line| line[..3].parse().expect("a code")).collect()
}

// ------------------------------------------------------------------------------------------------------ the model

/// What should happen.
pub fn predict(profile: Profile, clear: &[u8], tls: &[u8]) -> Happened {
    let mut model = Model::new(profile);
    model.reply(220);
    model.hear(clear);
    if model.handshake && !model.closed {
        model.secure();
        model.hear(tls);
    }
    model.happened
}

#[derive(Default)]
struct Mail {
    utf8: bool,
    binary: bool,
    eight_bit: bool,
    recipients: usize,
    /// What came in chunks, once one came.
    chunks: Option<Vec<u8>>,
}

struct Model {
    settings: Settings,
    happened: Happened,
    tls: bool,
    handshake: bool,
    closed: bool,
    greeted: bool,
    logged_in: bool,
    in_auth: bool,
    mail: Option<Mail>,
    failed_before: bool,
    errors: u32,
    refusals: u32,
    logins: u32,
    transactions: u32,
}

/// A code, and whether it only follows from an earlier refusal.
type Refusal = (u16, bool);

impl Model {
    fn new(profile: Profile) -> Self {
        Self {
            settings: settings(profile),
            happened: Happened::default(),
            tls: false,
            handshake: false,
            closed: false,
            greeted: false,
            logged_in: false,
            in_auth: false,
            mail: None,
            failed_before: false,
            errors: 0,
            refusals: 0,
            logins: 0,
            transactions: 0,
        }
    }

    fn reply(&mut self, code: u16) {
        self.happened.codes.push(code);
    }

    fn event(&mut self, event: &str) {
        self.happened.events.push(event.to_owned());
    }

    fn drop_mail(&mut self) {
        self.failed_before = false;
        if self.mail.take().is_some() {
            self.event("dropped");
        }
    }

    fn close(&mut self, code: u16) {
        self.reply(code);
        self.drop_mail();
        self.event("ending");
        self.closed = true;
    }

    fn complain(&mut self, (code, follows): Refusal) {
        self.reply(code);
        self.errors += u32::from(!follows);
        if self.errors >= ERRORS_MAX {
            self.close(421);
        }
    }

    fn refuse(&mut self, code: u16) {
        self.reply(code);
        self.refusals += 1;
        if self.refusals >= REFUSALS_MAX {
            self.close(421);
        }
    }

    fn secure(&mut self) {
        self.tls = true;
        self.handshake = false;
        self.greeted = false;
        self.logged_in = false;
        // what was refused in clear is forgotten, too
        self.failed_before = false;
    }

    fn hear(&mut self, input: &[u8]) {
        let mut rest = input;
        while !self.closed {
            if self.handshake {
                if !rest.is_empty() {
                    self.close(554);
                }
                return;
            }
            let Some(end) = rest.iter().position(|byte| b"\r\n".contains(byte)) else { return };
            match rest[end..] {
                [b'\r', b'\n', ..] => {}
                [b'\r'] => return,
                _ => return self.close(550),
            }
            let (line, after) = (&rest[..end], &rest[end + 2..]);
            rest = if std::mem::take(&mut self.in_auth) { self.response(line, after) } else { self.line(line, after) };
        }
    }

    /// Gives what is left of the input.
    fn line<'a>(&mut self, line: &[u8], rest: &'a [u8]) -> &'a [u8] {
        let verb = Verb::of(line).map(|(verb, _)| verb);
        if verb == Some(Verb::Bdat) {
            return self.chunk(line, rest);
        }
        match self.judge(verb, line) {
            Ok(command) => self.obey(command, rest),
            Err((421, _)) => {
                self.close(421);
                rest
            }
            Err(refusal) => {
                self.failed_before |= verb == Some(Verb::Mail) && self.mail.is_none();
                self.complain(refusal);
                rest
            }
        }
    }

    fn judge(&self, verb: Option<Verb>, line: &[u8]) -> Result<Command, Refusal> {
        self.order(verb)?;
        let command = command::parse(line, &self.settings).map_err(|status| (status.smtp(), false))?;
        match (&command, &self.mail) {
            (Command::Mail { params, .. }, _) if params.size.is_some_and(|size| size > MESSAGE_MAX as u64) => {
                Err((552, false))
            }
            (Command::Rcpt { .. }, Some(mail)) if !mail.utf8 && !line.is_ascii() => Err((553, false)),
            (Command::Rcpt { .. }, Some(mail)) if mail.recipients >= RECIPIENTS_MAX => Err((452, true)),
            _ => Ok(command),
        }
    }

    fn order(&self, verb: Option<Verb>) -> Result<(), Refusal> {
        use Verb::{Auth, Bdat, Data, Ehlo, Helo, Mail, Noop, Quit, Rcpt, Rset, StartTls};
        let submission = self.settings.profile == Profile::Submission;
        let in_clear = [Ehlo, Helo, StartTls, Noop, Rset, Quit];
        if !self.tls && !verb.is_some_and(|verb| in_clear.contains(&verb)) {
            return Err((530, false));
        }
        let now = match verb.ok_or((500, false))? {
            StartTls => self.greeted && !self.tls,
            Auth if !submission => return Err((502, false)),
            Auth => self.greeted && !self.logged_in && self.mail.is_none(),
            Mail if self.greeted && submission && !self.logged_in => return Err((530, false)),
            Mail if self.transactions >= TRANSACTIONS_MAX => return Err((421, false)),
            Mail => self.greeted && self.mail.is_none(),
            Rcpt => self.mail.as_ref().is_some_and(|mail| mail.chunks.is_none()),
            verb @ (Data | Bdat) => match &self.mail {
                Some(mail) if mail.recipients == 0 => return Err((554, true)),
                Some(mail) if verb == Data && mail.chunks.is_none() && mail.binary => return Err((503, true)),
                Some(mail) => verb == Bdat || mail.chunks.is_none(),
                None => false,
            },
            _ => true,
        };
        if now { Ok(()) } else { Err((503, self.failed_before)) }
    }

    fn obey<'a>(&mut self, command: Command, rest: &'a [u8]) -> &'a [u8] {
        match command {
            Command::Hello(hello) => {
                self.drop_mail();
                self.greeted = true;
                let _: Dialect = hello.dialect;
                self.reply(250);
            }
            Command::StartTls => {
                self.reply(220);
                self.handshake = true;
            }
            Command::Auth { initial, .. } => match initial {
                None => {
                    self.reply(334);
                    self.in_auth = true;
                }
                Some(initial) => self.credentials(&initial),
            },
            Command::Mail { path, params } => {
                self.failed_before = false;
                self.transactions += 1;
                self.event(&format!("mail <{path}> {:?}", params.body));
                if let Some(status) = sender(path.address().map(Address::local)) {
                    self.failed_before = true;
                    self.refuse(status.smtp());
                    return rest;
                }
                let lenient = self.settings.profile == Profile::Submission || params.utf8;
                let eight_bit = lenient || matches!(params.body, Some(Body::EightBit | Body::Binary));
                let binary = params.body == Some(Body::Binary);
                self.mail = Some(Mail { utf8: params.utf8, binary, eight_bit, recipients: 0, chunks: None });
                self.reply(250);
            }
            Command::Rcpt { address, params } => {
                self.event(&format!("rcpt <{address}> {:?}", params.notify));
                match (recipient(address.local()), &mut self.mail) {
                    (Some(status), _) => {
                        self.failed_before = false;
                        self.refuse(status.smtp());
                    }
                    (None, Some(mail)) => {
                        mail.recipients += 1;
                        self.reply(250);
                    }
                    (None, None) => unreachable!("no recipient without a sender"),
                }
            }
            Command::Data => {
                self.reply(354);
                return self.data(rest);
            }
            Command::Reset => {
                self.drop_mail();
                self.reply(250);
            }
            Command::Noop => self.reply(250),
            Command::Verify => self.reply(252),
            Command::Help => self.reply(214),
            Command::Quit => {
                self.drop_mail();
                self.reply(221);
                self.closed = true;
            }
            Command::Chunk { .. } => unreachable!("taken apart before"),
        }
        rest
    }

    fn response<'a>(&mut self, line: &[u8], rest: &'a [u8]) -> &'a [u8] {
        if line == b"*" {
            self.login_fails(501);
        } else {
            self.credentials(line);
        }
        rest
    }

    /// Only these two are well-formed in the pieces.
    fn credentials(&mut self, base64: &[u8]) {
        match base64 {
            b"AGEAYg==" => {
                self.logged_in = true;
                self.event("login");
                self.reply(235);
            }
            b"AGIAYg==" => self.login_fails(535),
            _ => self.login_fails(501),
        }
    }

    fn login_fails(&mut self, code: u16) {
        self.reply(code);
        self.logins += 1;
        if self.logins >= LOGINS_MAX {
            self.close(421);
        }
    }

    fn data<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        // DATA itself counts as a line before
        let text = [b"\r\n", rest].concat();
        let Some(end) = find(&text, b"\r\n.\r\n") else { return b"" };
        let raw = text[..end + 2][2..].to_vec();
        let mut content = Vec::new();
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            let starts = content.is_empty() || content.ends_with(b"\r\n");
            content.extend_from_slice(if starts { line.strip_prefix(b".").unwrap_or(line) } else { line });
        }
        self.conclude(content, MESSAGE_MAX, false);
        &rest[end + 3..]
    }

    fn chunk<'a>(&mut self, line: &[u8], rest: &'a [u8]) -> &'a [u8] {
        if !self.tls {
            self.close(530);
            return rest;
        }
        let Ok(Command::Chunk { size, last }) = command::parse(line, &self.settings) else {
            self.close(501);
            return rest;
        };
        let before = self.mail.as_ref().and_then(|mail| mail.chunks.as_ref()).map_or(0, Vec::len);
        if size > (2 * MESSAGE_MAX + SWALLOWED - before) as u64 {
            self.close(552);
            return rest;
        }
        let size = usize::try_from(size).expect("a small number");
        let allowed = self.order(Some(Verb::Bdat));
        if allowed.is_ok()
            && let Some(mail) = &mut self.mail
        {
            mail.chunks.get_or_insert_default();
        }
        if rest.len() < size {
            return b"";
        }
        let (octets, after) = rest.split_at(size);
        if let Err(refusal) = allowed {
            self.complain(refusal);
            return after;
        }
        let mut content = self.mail.as_mut().and_then(|mail| mail.chunks.take()).unwrap_or_default();
        // of a chunk that is known to be too much nothing is handed on
        let room = if content.len() + size > MESSAGE_MAX { content.len() } else { MESSAGE_MAX };
        content.extend_from_slice(octets);
        self.conclude(content, room, !last);
        after
    }

    /// All of DATA came, or a chunk; `more` when it is not the last one.
    fn conclude(&mut self, content: Vec<u8>, room: usize, more: bool) {
        let Some(mail) = &mut self.mail else { unreachable!("content without a sender") };
        let (good, fault) = inspect(&content, mail, room, more);
        if is_unlucky(good) {
            self.mail = None;
            self.failed_before = more;
            return self.reply(451);
        }
        if let Some(code) = fault {
            self.drop_mail();
            self.failed_before = more;
            return self.complain((code, false));
        }
        if more {
            mail.chunks = Some(content);
            return self.reply(250);
        }
        let mut content = content;
        if !mail.binary && !content.is_empty() && !content.ends_with(b"\r\n") {
            content.extend_from_slice(b"\r\n");
        }
        self.mail = None;
        self.event(&format!("taken {}", content.escape_ascii()));
        self.reply(250);
    }
}

/// The part of the content that may be handed on, and the code for what is wrong.
fn inspect<'a>(content: &'a [u8], mail: &Mail, room: usize, more: bool) -> (&'a [u8], Option<u16>) {
    let lone = |at: usize| match content[at] {
        b'\r' => content.get(at + 1).map_or(!more, |next| *next != b'\n'),
        b'\n' => at == 0 || content[at - 1] != b'\r',
        byte => byte == 0,
    };
    let spoilt = (0..content.len()).find(|at| !mail.binary && lone(*at));
    let eight_bit = (0..content.len().min(room)).find(|at| !mail.eight_bit && !content[*at].is_ascii());
    let too_large = (content.len() > room).then_some(room);
    let good = [spoilt, eight_bit, too_large].into_iter().flatten().min().unwrap_or(content.len());
    let code = spoilt.map(|_| 550).or(eight_bit.map(|_| 554)).or(too_large.map(|_| 552));
    (&content[..good], code)
}
