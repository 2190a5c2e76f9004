//! AUTH (RFC 4954): the exchange between the client, its mechanism and the session.

use crate::mail::{Fault, Status};
use crate::proto::sasl::{self, Exchange, SaslStep, Terms};
use crate::proto::smtp::reply;

use super::{Event, Move, Phase, Question, Server};

impl Server {
    /// What AUTH offers from now on; to be said after [`Machine::secured`](crate::proto::Machine::secured), which
    /// forgets it.
    pub fn offer(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// The certificate that the peer showed is a login of its own: MAIL needs no AUTH before it. Forgotten by
    /// [`Machine::secured`](crate::proto::Machine::secured).
    pub fn know_by_certificate(&mut self) {
        self.known_by_certificate = true;
    }

    // [rfc4954#4]
    pub(super) fn begin_login(&mut self, mechanism: &str, initial: Option<&[u8]>) -> Move {
        let initial = match initial {
            None => Ok(None),
            Some(b"=") => Ok(Some(zeroize::Zeroizing::default())),
            Some(base64) => sasl::decode(base64).map(Some),
        };
        match initial {
            Ok(initial) => {
                let initial = initial.as_ref().map(|initial| initial.as_slice());
                let (exchange, step) = Exchange::start(&self.terms, mechanism, initial);
                self.on_sasl(exchange, step)
            }
            Err(fault) => self.login_refused(fault.status),
        }
    }

    /// A line of the client within an exchange.
    pub(super) fn on_response(&mut self, mut exchange: Exchange, line: &[u8]) -> Move {
        if line == b"*" {
            return self.login_refused(Status::LoginCancelled);
        }
        match sasl::decode(line) {
            Ok(response) => {
                let step = exchange.respond(&response);
                self.on_sasl(exchange, step)
            }
            Err(fault) => self.login_refused(fault.status),
        }
    }

    fn on_sasl(&mut self, exchange: Exchange, step: SaslStep) -> Move {
        match step {
            SaslStep::Challenge(challenge) => {
                reply::challenge(&mut self.output, &sasl::encode(&challenge));
                self.phase = Phase::Exchange(exchange);
                Move::Done
            }
            SaslStep::Keys(wanted) => {
                self.exchange = Some(exchange);
                self.ask(Question::Keys, Event::Keys(wanted))
            }
            SaslStep::Credentials(credentials) => {
                self.exchange = Some(exchange);
                self.ask(Question::Login, Event::Login(credentials))
            }
            SaslStep::Failed(fault) => self.login_refused(fault.status),
        }
    }

    /// Goes on with the exchange that waited for the session's answer.
    pub(super) fn resume(&mut self, go_on: impl FnOnce(&mut Exchange) -> SaslStep) {
        let Some(mut exchange) = self.exchange.take() else { return };
        let step = go_on(&mut exchange);
        if let Move::Event(event) = self.on_sasl(exchange, step) {
            self.events.push_back(event);
        }
    }

    /// The session says no: some mechanisms explain that to the client before they fail.
    pub(super) fn login_denied(&mut self, question: Question, fault: Fault) {
        // [rfc5321#3.8] a 421 says that the connection ends
        if fault.status.smtp() == 421 {
            self.exchange = None;
            self.close(fault.status);
            return;
        }
        self.resume(|exchange| match question {
            Question::Login => exchange.refused(fault),
            _ => SaslStep::Failed(fault),
        });
    }

    pub(super) fn login_refused(&mut self, status: Status) -> Move {
        self.phase = Phase::Command;
        reply::refusal(&mut self.output, status);
        self.counters.logins += 1;
        if self.counters.logins >= self.settings.limits.logins {
            self.close(Status::TooManyErrors);
        }
        Move::Done
    }
}
