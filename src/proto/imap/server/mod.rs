//! The server's side of a connection: bytes become [`Event`]s within limits, [`Answer`]s become tagged responses.
//!
//! It holds the order of commands and answers, literals, SASL exchanges, IDLE and STARTTLS. Untagged data is not its
//! matter: the session writes it between an event and its answer.

mod append;
mod begin;
mod limits;

use std::collections::VecDeque;

use bytes::Bytes;

pub use self::limits::{Bounds, Limits};
use super::append::{Form, Place};
use super::args::{Args, is_astring};
use super::assembler::{Announced, Assembler, Pace, Piece};
use super::command::{AppendStep, Command};
use super::response::{self, Completion};
use super::table::{self, Offer, State};
use crate::mail::{Fault, Status};
use crate::proto::sasl::{self, Exchange, KeysGiven, KeysWanted, SaslStep, Terms};
use crate::proto::{Machine, Step};

/// What the client did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A command. Needs an answer: [`Answer::Done`], or for IDLE [`Answer::Proceed`].
    Command(Command),
    /// A login needs the keys of an account. Needs an answer: [`Answer::Keys`], or a failure.
    Keys(KeysWanted),
    /// A step of APPEND or REPLACE. Needs an answer: [`Answer::Proceed`] to go on, or a failure.
    Append(AppendStep),
    /// Octets of the message. No answer.
    Content(Bytes),
    /// All messages are complete. Needs an answer.
    AppendEnd,
    /// What followed a message was wrong: nothing is to be kept. No answer.
    AppendDropped,
    /// IDLE has ended. Needs an answer.
    IdleEnd(IdleEnd),
}

/// How IDLE ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleEnd {
    /// By `DONE`.
    Done,
    /// By something else.
    Broken,
}

/// What the session makes of an event.
#[derive(Debug)]
pub enum Answer {
    /// The client may go on: send the message, or idle.
    Proceed,
    /// The keys that were asked for.
    Keys(KeysGiven),
    /// The command has ended.
    Done {
        /// How.
        result: Result<Completion, Fault>,
        /// Where the connection stands from now on, if that changes.
        state: Option<State>,
    },
}

impl Answer {
    /// The command succeeded, or not.
    #[must_use]
    pub fn done(result: Result<Completion, Fault>) -> Self {
        Self::Done { result, state: None }
    }

    /// The command ended, and the connection stands elsewhere.
    #[must_use]
    pub fn becoming(result: Result<Completion, Fault>, state: State) -> Self {
        Self::Done { result, state: Some(state) }
    }
}

/// What is going on.
#[derive(Debug)]
enum Phase {
    Greeting,
    /// A command is being read.
    Reading,
    /// An event waits for its answer.
    Asked,
    /// [`Event::Append`] waits for its answer.
    AppendAsked(AppendAsked),
    /// Octets of a message, then a segment of its command from this place.
    Appending(Form, Place),
    /// What is left of a command is thrown away; then this is its answer.
    Refusing(Fault),
    Exchanging(Exchange),
    /// [`Event::Keys`] waits for its answer.
    KeysAsked(Exchange),
    /// The credentials of an exchange wait for their answer.
    LoginAsked(Exchange),
    Idling,
    /// STARTTLS was answered, TLS is not there yet.
    Handshake(Handshake),
    Closing,
}

/// The steps of a segment that wait to be told, and what follows them.
#[derive(Debug)]
struct AppendAsked {
    form: Form,
    steps: VecDeque<AppendStep>,
    /// The literal that follows, with the place behind it; without one the command is complete.
    literal: Option<(Announced, Place)>,
}

#[derive(Debug, Clone, Copy)]
enum Handshake {
    Due,
    Begun,
}

/// The command that is being answered.
#[derive(Debug, Clone)]
struct Current {
    tag: String,
    name: &'static str,
}

/// The machine.
#[derive(Debug)]
pub struct Server {
    limits: Limits,
    terms: Terms,
    /// Capabilities that are switched off for the account, upper case.
    off: Vec<String>,
    state: State,
    phase: Phase,
    /// What an answer led to, to be told next.
    pending: Option<Step<Event>>,
    assembler: Assembler,
    out: Vec<u8>,
    current: Current,
    errors: u32,
}

impl Server {
    /// A connection that has just been opened, without TLS; on ports with implicit TLS call
    /// [`secured`](Machine::secured) first.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            terms: Terms::default(),
            off: Vec::new(),
            state: State::Plain,
            phase: Phase::Greeting,
            pending: None,
            assembler: Assembler::new(),
            out: Vec::new(),
            current: Current { tag: "*".to_owned(), name: "" },
            errors: 0,
        }
    }

    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether nothing is left of what was received.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.assembler.is_drained()
    }

    /// What AUTHENTICATE offers from now on; to be said after [`Machine::secured`], which forgets it.
    pub fn offer(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// Switches these capabilities off: they are neither announced nor known, until the next call.
    pub fn switch_off(&mut self, capabilities: Vec<String>) {
        self.off = capabilities;
    }

    /// Whether a capability is switched off.
    #[must_use]
    pub fn is_off(&self, capability: &str) -> bool {
        self.off.iter().any(|off| off.eq_ignore_ascii_case(capability))
    }

    /// What CAPABILITY lists where the connection stands in this state.
    #[must_use]
    pub fn capabilities(&self, state: State) -> String {
        let Limits { append: append_limit, messages: message_limit, .. } = self.limits;
        table::capabilities(state, &Offer { terms: &self.terms, append_limit, message_limit, off: &self.off })
    }

    /// Whether no command is being read or answered: a line of which only a part is there is no command yet.
    #[must_use]
    pub fn is_between_commands(&self) -> bool {
        matches!(self.phase, Phase::Reading)
    }

    /// Whether the client idles.
    #[must_use]
    pub fn is_idling(&self) -> bool {
        matches!(self.phase, Phase::Idling)
    }

    fn bounds(&self) -> Bounds {
        match self.state {
            State::Plain | State::Secured => self.limits.before,
            State::Authenticated | State::Selected => self.limits.after,
        }
    }

    fn greet(&mut self) {
        let capabilities = self.capabilities(self.state);
        response::line(&mut self.out, format_args!("* OK [CAPABILITY {capabilities}] Sceau ready"));
        self.phase = Phase::Reading;
    }

    /// Takes the next piece of input; an event if it makes one.
    fn read(&mut self) -> Option<Step<Event>> {
        let bounds = self.bounds();
        match self.assembler.next(bounds.line, bounds.flood) {
            Piece::More => return Some(Step::NeedInput),
            Piece::Content(bytes) => return Some(Step::Event(Event::Content(bytes))),
            Piece::ContentEnd => {}
            Piece::Flood => self.hang_up(&Fault::user(Status::LineTooLong, "more input than is thrown away")),
            Piece::Discarded => return self.discarded(),
            Piece::Announced(announced) => return self.announced(announced),
            Piece::Line => return self.line(),
        }
        None
    }

    fn line(&mut self) -> Option<Step<Event>> {
        let text = self.assembler.take_text();
        match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Exchanging(exchange) => self.exchange_line(exchange, &text),
            Phase::Appending(form, place) => Some(self.append_line(form, place, &text)),
            Phase::Idling => Some(Step::Event(self.idle_line(&text))),
            // [clients#imap-traps] empty lines between commands mean nothing
            _ if text.is_empty() => None,
            _ => self.command_line(&text),
        }
    }

    fn idle_line(&mut self, text: &[u8]) -> Event {
        self.phase = Phase::Asked;
        // [rfc2177#3] [rfc9051#6.3.13]
        Event::IdleEnd(if text.eq_ignore_ascii_case(b"DONE") { IdleEnd::Done } else { IdleEnd::Broken })
    }

    // [rfc3501#6.2.2]
    fn exchange_line(&mut self, mut exchange: Exchange, text: &[u8]) -> Option<Step<Event>> {
        if text == b"*" {
            self.fail(&Fault::user(Status::LoginMalformed, "the client gave the exchange up"));
            return None;
        }
        let step = match sasl::decode(text) {
            Ok(response) => exchange.respond(&response),
            Err(fault) => SaslStep::Failed(fault),
        };
        self.sasl(exchange, step)
    }

    /// A line ended in a literal's announcement.
    fn announced(&mut self, announced: Announced) -> Option<Step<Event>> {
        match self.phase {
            Phase::Reading => {}
            Phase::Appending(form, place) => return self.append_announced(form, place, announced),
            Phase::Idling => {
                self.assembler.take_text();
                return Some(Step::Event(self.idle_line(b"")));
            }
            _ => {
                self.refuse(announced, Fault::user(Status::LoginMalformed, "a literal in an exchange"));
                return None;
            }
        }
        match self.append_form() {
            Ok(Some(form)) => self.append_announced(form, Place::Start, announced),
            Ok(None) => {
                self.collects(announced);
                None
            }
            Err(fault) => {
                self.refuse(announced, fault);
                None
            }
        }
    }

    /// Takes a literal that becomes part of its command, unless it is beyond the limits.
    fn collects(&mut self, announced: Announced) -> bool {
        let bounds = self.bounds();
        let whole = (self.assembler.text().len() as u64).saturating_add(announced.size);
        if announced.size > bounds.literal || whole > bounds.command {
            if matches!(self.phase, Phase::Reading) {
                self.name_current();
            }
            self.refuse(announced, Fault::user(Status::LineTooLong, "a literal beyond the limits"));
            return false;
        }
        self.assembler.collect(announced.size);
        self.invite(announced);
        true
    }

    /// Says that the literal may come, if the client waits to hear that.
    fn invite(&mut self, announced: Announced) {
        if announced.pace == Pace::Waits {
            self.out.extend_from_slice(b"+ go ahead\r\n");
        }
    }

    /// Refuses a command at the announcement of a literal. The answer comes at once to a client that waits; what
    /// another sends is thrown away first, or ends the connection when it is too much.
    // [rfc7888#4] [clients#imap-traps]
    fn refuse(&mut self, announced: Announced, fault: Fault) {
        match announced.pace {
            Pace::Waits => {
                self.assembler.take_text();
                self.fail(&fault);
            }
            Pace::Sends if announced.size > self.bounds().flood => {
                self.fail(&fault);
                self.hang_up(&Fault::user(Status::LineTooLong, "a literal too large to be thrown away"));
            }
            Pace::Sends => {
                self.assembler.discard(announced.size);
                self.phase = Phase::Refusing(fault);
            }
        }
    }

    /// What was thrown away has ended.
    fn discarded(&mut self) -> Option<Step<Event>> {
        let too_long = || Fault::user(Status::LineTooLong, "a line beyond the limit");
        let (fault, event) = match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Idling => {
                self.assembler.take_text();
                return Some(Step::Event(self.idle_line(b"")));
            }
            Phase::Refusing(fault) => (fault, None),
            Phase::Appending(..) => (too_long(), Some(Step::Event(Event::AppendDropped))),
            Phase::Exchanging(_) => (too_long(), None),
            _ => {
                self.name_current();
                (too_long(), None)
            }
        };
        self.assembler.take_text();
        self.fail(&fault);
        event
    }

    /// Answers with a failure, and counts it.
    fn fail(&mut self, fault: &Fault) {
        response::tagged_fault(&mut self.out, &self.current.tag, fault);
        self.phase = Phase::Reading;
        self.errors += 1;
        if self.errors >= self.bounds().errors {
            self.hang_up(&Fault::user(Status::TooManyErrors, "too many errors"));
        }
    }

    /// Says goodbye; nothing is read any more.
    fn hang_up(&mut self, fault: &Fault) {
        response::bye(&mut self.out, fault);
        self.phase = Phase::Closing;
    }

    // [clients#starttls-injection]
    fn hang_up_injected(&mut self) {
        self.hang_up(&Fault::user(Status::PlaintextAfterStartTls, "input behind STARTTLS"));
    }

    fn succeed(&mut self, completion: &Completion) {
        response::tagged_ok(&mut self.out, &self.current.tag, self.current.name, completion);
        self.phase = Phase::Reading;
        if matches!(self.state, State::Authenticated | State::Selected) {
            self.errors = 0;
        }
    }

    /// Takes the tag of the command that is being read, so that a refusal can bear it.
    fn name_current(&mut self) {
        let mut args = Args::new(self.assembler.text());
        let tag = read_tag(&mut args).unwrap_or_else(|| "*".to_owned());
        self.current = Current { tag, name: "" };
    }
}

/// A tag: characters of an `astring` without `+`, and not so many that an answer could not bear them.
fn read_tag(args: &mut Args<'_>) -> Option<String> {
    let tag = args.run(|b| is_astring(b) && b != b'+', "a tag").ok()?;
    (tag.len() <= limits::TAG_MAX).then(|| String::from_utf8_lossy(tag).into_owned())
}

impl Machine for Server {
    type Event = Event;
    type Answer = Answer;

    fn receive(&mut self, bytes: &[u8]) {
        match self.phase {
            Phase::Closing => {}
            // [rfc3501#6.2.1] input in clear behind STARTTLS is an injection
            Phase::Handshake(Handshake::Begun) if !bytes.is_empty() => self.hang_up_injected(),
            _ => self.assembler.receive(bytes),
        }
    }

    fn next(&mut self) -> Step<Event> {
        loop {
            if !self.out.is_empty() {
                return Step::Send(std::mem::take(&mut self.out));
            }
            if let Some(step) = self.pending.take() {
                return step;
            }
            match self.phase {
                Phase::Greeting => self.greet(),
                Phase::Asked
                | Phase::KeysAsked(_)
                | Phase::LoginAsked(_)
                | Phase::AppendAsked(_)
                | Phase::Handshake(Handshake::Begun) => return Step::NeedInput,
                Phase::Handshake(Handshake::Due) if !self.assembler.is_drained() => self.hang_up_injected(),
                Phase::Handshake(Handshake::Due) => {
                    self.phase = Phase::Handshake(Handshake::Begun);
                    return Step::StartTls;
                }
                Phase::Closing => return Step::Close,
                _ => {
                    if let Some(step) = self.read() {
                        return step;
                    }
                }
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let phase = std::mem::replace(&mut self.phase, Phase::Reading);
        match (phase, answer) {
            (Phase::AppendAsked(asked), Answer::Proceed) => self.append_goes_on(asked),
            (Phase::AppendAsked(asked), Answer::Done { result, .. }) => {
                let unexplained = || Fault::ours(Status::Storage, "APPEND ended before its message");
                self.append_refused(&asked, result.err().unwrap_or_else(unexplained));
            }
            (Phase::KeysAsked(mut exchange), Answer::Keys(given)) => {
                let step = exchange.keys(&given);
                self.resume(exchange, step);
            }
            (Phase::LoginAsked(mut exchange), Answer::Done { result: Err(fault), .. }) => {
                let step = exchange.refused(fault);
                self.resume(exchange, step);
            }
            (_, Answer::Keys(_)) => self.fail(&Fault::ours(Status::Storage, "keys that nobody asked for")),
            (_, Answer::Proceed) => {
                self.phase = Phase::Idling;
                self.out.extend_from_slice(b"+ idling\r\n");
            }
            (_, Answer::Done { result, state }) => {
                self.state = state.unwrap_or(self.state);
                match result {
                    Ok(completion) => self.succeed(&completion),
                    Err(fault) => self.fail(&fault),
                }
            }
        }
    }

    fn secured(&mut self) {
        let phase = if matches!(self.phase, Phase::Greeting) { Phase::Greeting } else { Phase::Reading };
        *self = Self { state: State::Secured, phase, ..Self::new(self.limits) };
    }
}

#[cfg(test)]
mod tests;
