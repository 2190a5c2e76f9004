//! How commands begin once their line is there.

use super::super::args::{Args, Parsed, syntax};
use super::super::command::{Command, Kind};
use super::super::response;
use super::super::table::{self, Action, Row, State};
use super::{Current, Event, Handshake, Phase, Server, read_tag};
use crate::mail::{Fault, Status};
use crate::proto::Step;
use crate::proto::sasl::{self, Exchange, SaslStep};

impl Server {
    /// A whole command is there.
    pub(super) fn command_line(&mut self, text: &[u8]) -> Option<Step<Event>> {
        let mut args = Args::new(text);
        let row = match self.begin(&mut args) {
            Ok(row) => row,
            Err(fault) => {
                self.fail(&fault);
                return None;
            }
        };
        match row.action {
            Action::Ask(parse) => match parse(&mut args) {
                Ok(kind) => return Some(self.ask(kind)),
                Err(fault) => self.fail(&fault),
            },
            Action::Authenticate => return self.authenticate(&mut args),
            Action::Append(form) => return self.append_whole(form, &mut args),
            Action::StartTls => match args.end() {
                Ok(()) => self.start_tls(),
                Err(fault) => self.fail(&fault),
            },
            Action::Logout => self.logout(),
        }
        None
    }

    /// Reads tag and name, and judges whether the command may be given now.
    pub(super) fn begin(&mut self, args: &mut Args<'_>) -> Parsed<&'static Row> {
        self.current = Current { tag: "*".to_owned(), name: "" };
        self.current.tag = read_tag(args).ok_or_else(|| syntax("a line without a tag"))?;
        let holds_nul = args.rest().contains(&0);
        args.space()?;
        let name = table::name(args)?;
        let known = table::find(&name).filter(|row| !row.is_off(&self.off));
        let row = known.ok_or_else(|| Fault::user(Status::CommandUnknown, "unknown command"))?;
        // [rfc5464#5] values of annotations may be any octets; what reads them refuses NUL elsewhere
        if holds_nul && row.name != "SETMETADATA" {
            return Err(syntax("NUL"));
        }
        self.current.name = row.name;
        if row.states.contains(self.state) {
            return Ok(row);
        }
        // [rfc3501#6.2.3] [rfc9051#6.2.3] nothing but TLS before login
        let status = match self.state {
            State::Plain => Status::TlsRequired,
            State::Secured if !row.states.contains(State::Plain) => Status::LoginRequired,
            _ => Status::OutOfSequence,
        };
        Err(Fault::user(status, format!("{} is not allowed now", row.name)))
    }

    fn ask(&mut self, kind: Kind) -> Step<Event> {
        self.phase = Phase::Asked;
        Step::Event(Event::Command(Command { tag: self.current.tag.clone(), kind }))
    }

    // [rfc3501#6.2.2] [rfc9051#6.2.2] [rfc4959#3]
    fn authenticate(&mut self, args: &mut Args<'_>) -> Option<Step<Event>> {
        match authenticate_arguments(args) {
            Ok((mechanism, initial)) => {
                let initial = initial.as_ref().map(|bytes| bytes.as_slice());
                let (exchange, step) = Exchange::start(&self.terms, &mechanism, initial);
                self.sasl(exchange, step)
            }
            Err(fault) => {
                self.fail(&fault);
                None
            }
        }
    }

    /// Goes on with an exchange.
    pub(super) fn sasl(&mut self, exchange: Exchange, step: SaslStep) -> Option<Step<Event>> {
        match step {
            SaslStep::Challenge(challenge) => {
                response::line(&mut self.out, format_args!("+ {}", sasl::encode(&challenge)));
                self.phase = Phase::Exchanging(exchange);
                None
            }
            SaslStep::Keys(wanted) => {
                self.phase = Phase::KeysAsked(exchange);
                Some(Step::Event(Event::Keys(wanted)))
            }
            SaslStep::Credentials(credentials) => {
                let step = self.ask(Kind::Login(credentials));
                self.phase = Phase::LoginAsked(exchange);
                Some(step)
            }
            SaslStep::Failed(fault) => {
                self.fail(&fault);
                None
            }
        }
    }

    /// Goes on with an exchange that waited for the session's answer.
    pub(super) fn resume(&mut self, exchange: Exchange, step: SaslStep) {
        // No mechanism asks twice in a row, so what is next is said or read.
        self.pending = self.sasl(exchange, step);
    }

    // [rfc3501#6.2.1] [rfc9051#6.2.1]
    fn start_tls(&mut self) {
        response::line(&mut self.out, format_args!("{} OK begin TLS now", self.current.tag));
        self.phase = Phase::Handshake(Handshake::Due);
    }

    // [rfc3501#6.1.3] [rfc9051#6.1.3]
    fn logout(&mut self) {
        response::line(&mut self.out, format_args!("* BYE logging out"));
        response::line(&mut self.out, format_args!("{} OK LOGOUT completed", self.current.tag));
        self.phase = Phase::Closing;
    }
}

type Initial = Option<zeroize::Zeroizing<Vec<u8>>>;

fn authenticate_arguments(args: &mut Args<'_>) -> Parsed<(String, Initial)> {
    args.space()?;
    let mechanism = args.word()?;
    let initial = if args.take(b" ") && !args.is_empty() {
        let text = args.run(|b| b.is_ascii_graphic(), "a response")?;
        // `=` stands for an initial response of no octets (RFC 4959 §3)
        Some(if text == b"=" { zeroize::Zeroizing::default() } else { sasl::decode(text)? })
    } else {
        None
    };
    args.end()?;
    Ok((mechanism, initial))
}
