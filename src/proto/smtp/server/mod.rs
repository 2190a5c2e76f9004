//! The server's side of a conversation: bytes in, [`Event`]s out; [`Answer`]s in, replies out.
//!
//! The machine keeps the order of commands, the limits and the framing; the session decides what is allowed to whom.
//! It sees no event that would break the order: no recipient without a sender, no content without a recipient, nothing
//! but greetings before TLS, and [`Event::ContentEnd`] only for content that is whole, within the limits and free of
//! lone line ends.

mod auth;
mod content;
mod lines;
mod order;

use std::collections::VecDeque;

use crate::mail::{Address, EnvelopeId, Fault, MailParams, RcptParams, ReversePath, Status};
use crate::proto::sasl::{Credentials, Exchange, KeysGiven, KeysWanted, Terms};
use crate::proto::{Machine, Step};

use super::Settings;
use super::chunk::Form;
use super::command::{self, Command, Dialect, Hello, Verb};
use super::keywords::{self, Security};
use super::reply::{self, Good};
use content::{Content, Declared};
use lines::{Line, Lines};

/// What happens in a conversation. Each needs an answer, unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The connection is there: accept it (`220`), or refuse it and close.
    Greeting,
    /// EHLO or HELO.
    Hello(Hello),
    /// A login needs the keys of an account: answer [`Answer::Keys`], or refuse.
    Keys(KeysWanted),
    /// Somebody claims to be somebody.
    Login(Credentials),
    /// A transaction begins.
    Mail {
        /// Where errors go.
        path: ReversePath,
        /// What was said of the message.
        params: MailParams,
    },
    /// A recipient of the transaction.
    Rcpt {
        /// Whom the message is for.
        address: Address,
        /// What was said of this recipient.
        params: RcptParams,
    },
    /// The content is about to come, by DATA or in chunks; there is at least one accepted recipient.
    Data,
    /// A piece of the content, without dot-stuffing. A refusal makes the machine read the rest by itself and then give
    /// that refusal as the reply; [`Event::Abandoned`] is not told in this case.
    Content(Vec<u8>),
    /// The content is whole: answer [`Answer::Taken`], or refuse.
    ContentEnd {
        /// Its size.
        bytes: u64,
    },
    /// Needs no answer. The transaction is over without a message (RSET, EHLO, a spoiled message …): drop it.
    Abandoned(Option<Status>),
    /// Needs no answer. The machine ends the connection for this reason, which it has told the peer.
    Ending(Status),
}

/// What the session says to an event.
#[derive(Debug)]
pub enum Answer {
    /// Yes.
    Accept,
    /// The keys that were asked for.
    Keys(KeysGiven),
    /// The message is durable, under this identity.
    Taken(EnvelopeId),
    /// No; the conversation goes on, unless the status is a `421`.
    Refuse(Fault),
    /// No, and the connection ends.
    Close(Fault),
}

/// What an answer is awaited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Greeting,
    Hello(Dialect),
    Keys,
    Login,
    Mail {
        utf8: bool,
        declared: Declared,
    },
    Rcpt,
    Data,
    /// As [`Question::Data`], for the first chunk, which follows at once.
    Chunks,
    Content,
    ContentEnd,
}

#[derive(Debug)]
enum Phase {
    /// Nothing happened yet.
    New,
    /// A command line is awaited.
    Command,
    /// An answer of the session is awaited.
    Asked(Question),
    /// A line of an AUTH exchange is awaited.
    Exchange(Exchange),
    /// Content is awaited.
    Content,
    /// A chunk that came when none could is read over.
    Skip { left: u64, status: Status },
    /// `220` to STARTTLS was said.
    StartTls,
    /// The handshake is going on.
    Handshake,
    /// The connection is to be closed.
    Closing,
}

/// What one use of the input came to.
enum Move {
    /// Something to tell the session.
    Event(Event),
    /// Something was done; there may be more to do.
    Done,
    /// More input is needed.
    Starved,
}

/// What is known of the present transaction.
#[derive(Debug)]
struct Transaction {
    utf8: bool,
    declared: Declared,
    recipients: usize,
    /// A chunk has come: neither recipients nor DATA any more.
    in_chunks: bool,
}

#[derive(Debug, Default)]
struct Counters {
    errors: u32,
    refusals: u32,
    logins: u32,
    idle: u32,
    /// MAIL commands.
    transactions: u32,
    /// Chunks that came when none could.
    skipped: u32,
}

/// The machine. Its memory is bounded by one line ([`super::Limits`]) and what was received since it last said
/// `NeedInput`.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    lines: Lines,
    output: Vec<u8>,
    events: VecDeque<Event>,
    phase: Phase,
    security: Security,
    terms: Terms,
    greeted: bool,
    logged_in: bool,
    /// The peer's certificate is a login of its own, without AUTH.
    known_by_certificate: bool,
    /// The AUTH exchange that waits for the session's answer.
    exchange: Option<Exchange>,
    transaction: Option<Transaction>,
    /// A pipelining client sends on before it knows that MAIL or a chunk was refused: no errors of its own.
    failed_before: bool,
    content: Content,
    counters: Counters,
    /// Something that needs TLS was tried without.
    tried_in_clear: bool,
}

impl Server {
    /// A conversation that has not begun. On a port with implicit TLS call [`Machine::secured`] first.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            lines: Lines::default(),
            output: Vec::new(),
            events: VecDeque::new(),
            phase: Phase::New,
            security: Security::Clear,
            terms: Terms::default(),
            greeted: false,
            logged_in: false,
            known_by_certificate: false,
            exchange: None,
            transaction: None,
            failed_before: false,
            content: Content::by_data(Declared { form: Form::Text, eight_bit: false }),
            counters: Counters::default(),
            tried_in_clear: false,
        }
    }

    /// Ends the conversation from our side: silence for too long, shutdown. Says why with this status.
    // [rfc5321#3.8]
    pub fn end(&mut self, status: Status) {
        reply::refusal(&mut self.output, status);
        self.abandon(Some(status));
        self.phase = Phase::Closing;
    }

    /// Whether the peer was told to begin TLS, because it tried without.
    #[must_use]
    pub fn tried_in_clear(&self) -> bool {
        self.tried_in_clear
    }

    /// Whether content of a message is awaited: the time-out of RFC 5321 §4.5.3.2.5 applies.
    #[must_use]
    pub fn in_content(&self) -> bool {
        matches!(self.phase, Phase::Content | Phase::Skip { .. })
    }

    /// Uses up some of the input.
    fn advance(&mut self) -> Move {
        match self.phase {
            Phase::Content => return self.content_piece(),
            Phase::Skip { left, status } => return self.skip_piece(left, status),
            _ => {}
        }
        match self.lines.next(self.line_limit()) {
            Line::Whole(line) => self.on_line(&line),
            Line::TooLong if matches!(self.phase, Phase::Exchange(_)) => self.login_refused(Status::LineTooLong),
            Line::TooLong => self.complain(Status::LineTooLong),
            Line::Broken(status) => self.close(status),
            Line::Partial => Move::Starved,
        }
    }

    fn on_line(&mut self, line: &[u8]) -> Move {
        match std::mem::replace(&mut self.phase, Phase::Command) {
            Phase::Exchange(exchange) => self.on_response(exchange, line),
            _ => self.on_command(line),
        }
    }

    fn on_command(&mut self, line: &[u8]) -> Move {
        let verb = Verb::of(line).map(|(verb, _)| verb);
        if verb == Some(Verb::Bdat) {
            return self.on_chunk(line);
        }
        let parsed = self
            .may_come(verb)
            .and_then(|()| command::parse(line, &self.settings))
            .and_then(|command| self.fits(line, command));
        match parsed {
            Ok(command) => self.obey(command),
            // [rfc5321#3.8]
            Err(status) if status.smtp() == 421 => self.close(status),
            Err(status) => {
                let done = self.complain(status);
                self.failed_before |= verb == Some(Verb::Mail) && self.transaction.is_none();
                done
            }
        }
    }

    fn obey(&mut self, command: Command) -> Move {
        if !matches!(command, Command::Mail { .. } | Command::Rcpt { .. } | Command::Data) && self.idles_too_long() {
            return Move::Done;
        }
        match command {
            Command::Hello(hello) => {
                // [rfc5321#4.1.4] as after RSET
                self.abandon(None);
                self.ask(Question::Hello(hello.dialect), Event::Hello(hello))
            }
            Command::StartTls => self.say(Good::StartTls, Phase::StartTls),
            Command::Auth { mechanism, initial } => self.begin_login(&mechanism, initial.as_deref()),
            Command::Mail { path, params } => self.begin(path, params),
            Command::Rcpt { address, params } => self.ask(Question::Rcpt, Event::Rcpt { address, params }),
            Command::Data => self.ask(Question::Data, Event::Data),
            // taken apart before
            Command::Chunk { .. } => Move::Done,
            // [rfc5321#4.1.1.5]
            Command::Reset => {
                self.abandon(None);
                self.say(Good::Done, Phase::Command)
            }
            Command::Noop => self.say(Good::Done, Phase::Command),
            Command::Verify => self.say(Good::NoVerification, Phase::Command),
            Command::Help => self.say(Good::Help, Phase::Command),
            Command::Quit => {
                self.abandon(None);
                self.say(Good::Bye, Phase::Closing)
            }
        }
    }

    fn begin(&mut self, path: ReversePath, params: MailParams) -> Move {
        self.failed_before = false;
        self.counters.transactions += 1;
        let (utf8, declared) = (params.utf8, self.declared(&params));
        self.ask(Question::Mail { utf8, declared }, Event::Mail { path, params })
    }

    fn accepted(&mut self, question: Question) {
        match question {
            Question::Greeting => {
                let line = format!("220 {} ESMTP\r\n", self.settings.host);
                self.output.extend_from_slice(line.as_bytes());
            }
            Question::Hello(dialect) => self.greet(dialect),
            Question::Keys => {}
            Question::Login => {
                self.exchange = None;
                self.logged_in = true;
                reply::good(&mut self.output, Good::LoggedIn);
            }
            Question::Mail { utf8, declared } => {
                self.transaction = Some(Transaction { utf8, declared, recipients: 0, in_chunks: false });
                reply::good(&mut self.output, Good::SenderTaken);
            }
            Question::Rcpt => {
                self.counters.idle = 0;
                if let Some(transaction) = &mut self.transaction {
                    transaction.recipients += 1;
                }
                reply::good(&mut self.output, Good::RecipientTaken);
            }
            Question::Data => {
                let declared = self.transaction.as_ref().map(|transaction| transaction.declared);
                self.content = Content::by_data(declared.unwrap_or(Declared { form: Form::Text, eight_bit: false }));
                self.phase = Phase::Content;
                reply::good(&mut self.output, Good::SendContent);
            }
            Question::Chunks | Question::Content => self.phase = Phase::Content,
            Question::ContentEnd => {
                self.transaction = None;
                reply::good(&mut self.output, Good::Done);
            }
        }
    }

    fn greet(&mut self, dialect: Dialect) {
        self.greeted = true;
        let mut lines = keywords::lines(&self.settings, self.security, &self.terms);
        if dialect == Dialect::Basic {
            lines.truncate(1);
        }
        reply::lines(&mut self.output, &lines);
    }

    fn refused(&mut self, question: Question, fault: &Fault) {
        match question {
            Question::Greeting => {
                self.close(fault.status);
                return;
            }
            Question::Keys | Question::Login => {}
            Question::Chunks | Question::Content => {
                self.content.refuse(fault.status);
                self.transaction = None;
                self.phase = Phase::Content;
                return;
            }
            Question::Mail { .. } | Question::Rcpt => {
                self.failed_before = matches!(question, Question::Mail { .. });
                reply::refusal(&mut self.output, fault.status);
                self.counters.refusals += 1;
                if self.counters.refusals >= self.settings.limits.refusals {
                    self.close(Status::TooManyErrors);
                }
            }
            Question::Hello(_) => reply::refusal(&mut self.output, fault.status),
            Question::Data | Question::ContentEnd => {
                self.transaction = None;
                reply::refusal(&mut self.output, fault.status);
            }
        }
        // [rfc5321#3.8] a 421 says that the connection ends
        if fault.status.smtp() == 421 {
            self.abandon(Some(fault.status));
            self.phase = Phase::Closing;
        }
    }

    fn ask(&mut self, question: Question, event: Event) -> Move {
        self.phase = Phase::Asked(question);
        Move::Event(event)
    }

    fn say(&mut self, reply: Good, next: Phase) -> Move {
        reply::good(&mut self.output, reply);
        self.phase = next;
        Move::Done
    }

    fn say_refusal(&mut self, status: Status) -> Move {
        reply::refusal(&mut self.output, status);
        Move::Done
    }

    /// Forgets the transaction and says so, if there was one.
    fn abandon(&mut self, status: Option<Status>) {
        self.failed_before = false;
        if self.transaction.take().is_some() {
            self.events.push_back(Event::Abandoned(status));
        }
    }

    /// Refuses a command and counts it.
    fn complain(&mut self, status: Status) -> Move {
        reply::refusal(&mut self.output, status);
        self.tried_in_clear |= status == Status::TlsRequired;
        if !self.is_consequence(status) {
            self.counters.errors += 1;
        }
        if self.counters.errors >= self.settings.limits.errors {
            return self.close(Status::TooManyErrors);
        }
        Move::Done
    }

    /// Says why, and ends the connection.
    fn close(&mut self, status: Status) -> Move {
        reply::refusal(&mut self.output, status);
        self.abandon(Some(status));
        self.events.push_back(Event::Ending(status));
        self.phase = Phase::Closing;
        Move::Done
    }

    // [rfc5321#4.5.3.1.4]
    fn line_limit(&self) -> impl Fn(&[u8]) -> usize + use<> {
        let limits = (self.settings.limits.line, self.settings.limits.auth_line);
        let in_exchange = matches!(self.phase, Phase::Exchange(_));
        let may_auth = keywords::auth_offered(&self.settings, self.security);
        move |head| {
            let auth = head.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"AUTH "));
            if in_exchange || (auth && may_auth) { limits.1 } else { limits.0 }
        }
    }
}

impl Machine for Server {
    type Event = Event;
    type Answer = Answer;

    fn receive(&mut self, bytes: &[u8]) {
        match self.phase {
            // [rfc3207#4.2] what came in clear must never be taken for what came in TLS
            Phase::Handshake if !bytes.is_empty() => {
                self.close(Status::PlaintextAfterStartTls);
            }
            Phase::Handshake | Phase::Closing => {}
            _ => self.lines.input.extend_from_slice(bytes),
        }
    }

    fn next(&mut self) -> Step<Event> {
        loop {
            if !self.output.is_empty() {
                return Step::Send(std::mem::take(&mut self.output));
            }
            if let Some(event) = self.events.pop_front() {
                return Step::Event(event);
            }
            match self.phase {
                Phase::New => {
                    self.phase = Phase::Asked(Question::Greeting);
                    return Step::Event(Event::Greeting);
                }
                Phase::Asked(_) | Phase::Handshake => return Step::NeedInput,
                Phase::StartTls if self.lines.input.is_empty() => {
                    self.phase = Phase::Handshake;
                    return Step::StartTls;
                }
                Phase::StartTls => {
                    self.close(Status::PlaintextAfterStartTls);
                }
                Phase::Closing => return Step::Close,
                Phase::Command | Phase::Exchange(_) | Phase::Content | Phase::Skip { .. } => match self.advance() {
                    Move::Event(event) => self.events.push_back(event),
                    Move::Starved => return Step::NeedInput,
                    Move::Done => {}
                },
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let Phase::Asked(question) = self.phase else { return };
        self.phase = Phase::Command;
        match answer {
            Answer::Accept => self.accepted(question),
            Answer::Taken(envelope) if question == Question::ContentEnd => {
                self.transaction = None;
                reply::taken(&mut self.output, envelope);
            }
            Answer::Taken(_) => self.accepted(question),
            Answer::Keys(given) => self.resume(|exchange| exchange.keys(&given)),
            Answer::Refuse(fault) if matches!(question, Question::Keys | Question::Login) => {
                self.login_denied(question, fault);
            }
            Answer::Refuse(fault) => self.refused(question, &fault),
            Answer::Close(fault) => {
                self.close(fault.status);
            }
        }
    }

    fn secured(&mut self) {
        self.security = Security::Tls;
        self.terms = Terms::default();
        self.known_by_certificate = false;
        if matches!(self.phase, Phase::Handshake) {
            // [rfc3207#4.2] all that was said before is forgotten
            self.greeted = false;
            self.logged_in = false;
            self.abandon(None);
            self.phase = Phase::Command;
        }
    }
}

#[cfg(test)]
mod tests;
