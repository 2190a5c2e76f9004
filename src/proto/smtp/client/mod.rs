//! The client's side of a conversation, between servers: STARTTLS required, then one message after the other.
//!
//! The machine keeps the order, frames the content and says what became of each recipient. Not here: which server to
//! ask, whether its certificate is the right one (whoever drives the machine judges that before it calls
//! [`Machine::secured`]), and when to try again.
//!
//! It never falls back: a peer without STARTTLS is given nothing, neither addresses nor content.

mod content;
mod envelope;
mod offers;
mod reply;

use std::collections::VecDeque;

use crate::mail::{Domain, Status};
use crate::proto::{Machine, Step};

use super::chunk::Form;
use content::Framing;
pub use envelope::{Outcome, Recipient, Transaction};
pub use offers::Offers;
pub use reply::PeerReply;
use reply::{NoReply, ReplyReader};

/// Chunks that a pipelining peer is sent before its first reply to one is read.
const CHUNKS_AHEAD: usize = 8;
/// Octets of envelope and content that wait for more of it.
const HELD_BACK_MAX: usize = 256 * 1024;

/// What happens in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message may be sent: answer [`Answer::Begin`] or [`Answer::Quit`].
    Ready(Offers),
    /// The content is wanted: answer [`Answer::Content`], [`Answer::ContentEnd`] or [`Answer::Abort`]. Asked again
    /// after each piece, once the piece has left.
    Content,
    /// Needs no answer: what became of the recipients, in the transaction's order.
    Outcomes(Vec<Outcome>),
    /// Needs no answer: the conversation failed and ends.
    Failed(Failure),
}

/// Why a conversation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How far it had come.
    pub stage: Stage,
    /// What happened, in our words.
    pub status: Status,
    /// The reply that ended it, if one did.
    pub reply: Option<PeerReply>,
}

/// How far a conversation has come; each stage has its time-out in RFC 5321 §4.5.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The greeting is awaited.
    Greeting,
    /// A reply to EHLO, STARTTLS, RSET is awaited.
    Hello,
    /// The TLS handshake is going on.
    Handshake,
    /// It is our turn to begin a message or to leave.
    Ready,
    /// Replies to MAIL and RCPT are awaited.
    Envelope,
    /// The reply to DATA is awaited.
    Data,
    /// Content is being sent.
    Content,
    /// The reply to the content is awaited.
    Verdict,
    /// The reply to QUIT is awaited.
    Quit,
    /// Over.
    Closed,
}

/// What the driver answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Send this message next.
    Begin(Transaction),
    /// The next piece of the content, as it is stored.
    Content(Vec<u8>),
    /// The content is complete.
    ContentEnd,
    /// The content can't be given to its end: the connection is dropped without an end of data.
    Abort(Status),
    /// No more messages.
    Quit,
}

/// A command whose reply is awaited, or that is still to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Greeting,
    Ehlo,
    StartTls,
    Mail,
    Rcpt(usize),
    Data,
    /// A chunk that is not the last one.
    Chunk,
    Content,
    /// An end of data without content, to get out of a DATA that the server accepted with no recipient.
    NoContent,
    Rset,
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Replies are awaited.
    Talking,
    /// `220` to STARTTLS came.
    StartTls,
    Handshake,
    /// An answer to [`Event::Ready`] is awaited.
    Ready,
    /// [`Event::Content`] is to be asked.
    ContentWanted,
    /// An answer to [`Event::Content`] is awaited.
    Content,
    Closing,
}

/// A transaction in progress.
#[derive(Debug)]
struct Current {
    transaction: Transaction,
    /// What is known of each recipient; none: undecided, or accepted until the content is judged.
    outcomes: Vec<Option<Outcome>>,
    accepted: Vec<bool>,
    mail_accepted: bool,
    go_ahead: bool,
    framing: Framing,
    /// A chunk was refused: what was sent behind it will be, too.
    broken: bool,
    /// As many chunks as may be are on their way.
    paused: bool,
    /// The content leaves with the envelope.
    at_once: bool,
}

/// The machine.
#[derive(Debug)]
pub struct Client {
    host: Domain,
    replies: ReplyReader,
    output: Vec<u8>,
    events: VecDeque<Event>,
    phase: Phase,
    in_tls: bool,
    offers: Offers,
    /// Commands to be sent, in order.
    waiting: VecDeque<Command>,
    /// Commands whose replies are to come, in order.
    sent: VecDeque<Command>,
    current: Option<Current>,
    /// Messages that were begun.
    begun: usize,
    /// Whole replies so far.
    heard: u64,
}

impl Client {
    /// A conversation that has not begun; `host` is our name in EHLO.
    #[must_use]
    pub fn new(host: Domain) -> Self {
        Self {
            host,
            replies: ReplyReader::default(),
            output: Vec::new(),
            events: VecDeque::new(),
            phase: Phase::Talking,
            in_tls: false,
            offers: Offers::default(),
            waiting: VecDeque::new(),
            sent: VecDeque::from([Command::Greeting]),
            heard: 0,
            current: None,
            begun: 0,
        }
    }

    /// What the server offered in its last reply to EHLO.
    #[must_use]
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// How far the conversation has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match (self.phase, self.sent.front()) {
            (Phase::StartTls | Phase::Handshake, _) => Stage::Handshake,
            (Phase::Ready, _) => Stage::Ready,
            (Phase::ContentWanted | Phase::Content, _) => Stage::Content,
            (Phase::Closing, _) | (_, None) => Stage::Closed,
            (Phase::Talking, Some(command)) => match command {
                Command::Greeting => Stage::Greeting,
                Command::Ehlo | Command::StartTls | Command::Rset => Stage::Hello,
                Command::Mail | Command::Rcpt(_) => Stage::Envelope,
                Command::Data => Stage::Data,
                Command::Chunk => Stage::Content,
                Command::Content | Command::NoContent => Stage::Verdict,
                Command::Quit => Stage::Quit,
            },
        }
    }

    /// Whole replies so far: while this does not grow, the peer has not answered, however many octets it sends.
    #[must_use]
    pub fn replies(&self) -> u64 {
        self.heard
    }

    /// The connection is gone, the peer was silent for too long, or its certificate is not the right one. The events
    /// that follow tell what became of the recipients. After a message was given whole and its reply is lost, its
    /// recipients count as failed: a duplicate is allowed, a loss is not.
    pub fn lost(&mut self, status: Status) {
        // a connection that ends when nothing is under way is a normal end
        if matches!(self.stage(), Stage::Quit | Stage::Closed) {
            self.phase = Phase::Closing;
        } else {
            self.fail(status, None);
        }
    }

    fn send(&mut self, command: Command) {
        self.waiting.push_back(command);
        self.pump();
    }

    /// Sends what may be sent now: everything when the peer knows pipelining, else one command at a time.
    // [rfc2920#3]
    fn pump(&mut self) {
        while self.sent.is_empty() || self.offers.has("PIPELINING") {
            let Some(command) = self.waiting.pop_front() else { return };
            let line = match (command, &self.current) {
                (Command::Ehlo, _) => format!("EHLO {}\r\n", self.host),
                (Command::StartTls, _) => "STARTTLS\r\n".to_owned(),
                (Command::Mail, Some(current)) => current.transaction.mail(&self.offers),
                (Command::Rcpt(index), Some(current)) => current.transaction.rcpt(index, &self.offers),
                (Command::Data, Some(_)) => "DATA\r\n".to_owned(),
                (Command::NoContent, _) => ".\r\n".to_owned(),
                (Command::Rset, _) => "RSET\r\n".to_owned(),
                (Command::Quit, _) => "QUIT\r\n".to_owned(),
                _ => String::new(),
            };
            self.output.extend_from_slice(line.as_bytes());
            self.sent.push_back(command);
        }
    }

    fn on_reply(&mut self, reply: PeerReply) {
        self.heard += 1;
        if let Some(status) = self.objection(&reply) {
            return self.fail(status, Some(reply));
        }
        match self.sent.pop_front() {
            None | Some(Command::Greeting) => self.send(Command::Ehlo),
            Some(Command::Ehlo) => self.on_offers(&reply),
            Some(Command::StartTls) => self.phase = Phase::StartTls,
            Some(Command::Rset) => self.ready(),
            Some(Command::Quit) => self.phase = Phase::Closing,
            Some(command) => self.on_verdict(command, reply),
        }
    }

    /// Why a reply ends the conversation, if it does.
    fn objection(&self, reply: &PeerReply) -> Option<Status> {
        let Some(command) = self.sent.front() else { return Some(Status::PeerProtocol) };
        let (expected, status) = match command {
            Command::Quit => return None,
            // [rfc5321#3.8]
            _ if reply.code == 421 => return Some(Status::PeerUnreachable),
            Command::Greeting => (reply.code == 220, Status::PeerUnreachable),
            // [rfc3207#4] [mss#4] never in clear
            Command::Ehlo if reply.code == 250 => {
                (self.in_tls || Offers::of(reply).has("STARTTLS"), Status::PeerWithoutTls)
            }
            Command::Ehlo => (false, Status::PeerUnreachable),
            Command::StartTls => (reply.code == 220, Status::PeerWithoutTls),
            Command::Rset => (reply.is_positive(), Status::PeerProtocol),
            Command::Data => (reply.code == 354 || reply.code >= 400, Status::PeerProtocol),
            Command::Mail | Command::Rcpt(_) | Command::Chunk | Command::Content | Command::NoContent => {
                (reply.is_positive() || reply.code >= 400, Status::PeerProtocol)
            }
        };
        (!expected).then_some(status)
    }

    fn on_offers(&mut self, reply: &PeerReply) {
        if self.in_tls {
            self.offers = Offers::of(reply);
            self.ready();
        } else {
            self.send(Command::StartTls);
        }
    }

    /// A reply that says something of the transaction.
    fn on_verdict(&mut self, command: Command, reply: PeerReply) {
        let Some(current) = &mut self.current else { return };
        let positive = reply.is_positive();
        // The content that left with the envelope came to nobody: the peer may still be in the transaction.
        let in_vain = current.at_once && !current.hopeful();
        match command {
            Command::Mail if positive => current.mail_accepted = true,
            Command::Rcpt(index) if positive => current.accepted[index] = true,
            // a refusal of the sender was one of all recipients; what follows from it says nothing new
            Command::Rcpt(index) => {
                current.outcomes[index].get_or_insert(Outcome::Refused(reply));
            }
            Command::Data if reply.code == 354 => current.go_ahead = true,
            Command::Content if positive => current.decide(&Outcome::Delivered(reply)),
            Command::Mail | Command::Data | Command::Content => current.decide(&Outcome::Refused(reply)),
            Command::Chunk if !positive => {
                current.broken = true;
                current.decide(&Outcome::Refused(reply));
            }
            _ => {}
        }
        match command {
            Command::Chunk => self.after_chunk(),
            // [rfc3030#2] only RSET gets out of a message of which a chunk was refused
            Command::Content if current.broken || in_vain => self.conclude(Command::Data),
            Command::Content | Command::NoContent => self.conclude(command),
            _ => self.after_verdict(),
        }
    }

    /// On with the content, or out of the transaction once all replies came.
    fn after_chunk(&mut self) {
        let Some(current) = &mut self.current else { return };
        if current.broken {
            if self.sent.is_empty() {
                self.conclude(Command::Data);
            }
        } else if std::mem::take(&mut current.paused) {
            self.phase = Phase::ContentWanted;
        }
    }

    /// Chunks that may be on their way before the first reply: with more, and a peer that stops reading until its
    /// replies are read, both sides would wait for each other.
    // [rfc3030#2] [rfc2920#3]
    fn window(&self) -> usize {
        if self.offers.has("PIPELINING") { CHUNKS_AHEAD } else { 1 }
    }

    /// When all replies to the envelope came: on to the content, or out of the transaction.
    fn after_verdict(&mut self) {
        let Some(current) = &self.current else { return };
        let (hopeful, go_ahead, sender_refused) = (current.hopeful(), current.go_ahead, !current.mail_accepted);
        let chunked = matches!(current.framing, Framing::Chunks { .. });
        let recipients_wait = self.waiting.iter().any(|command| matches!(command, Command::Rcpt(_)));
        // without pipelining what is of no use was not sent yet, and need not be
        if sender_refused || (!hopeful && !recipients_wait) {
            self.waiting.clear();
        }
        self.pump();
        if !self.sent.is_empty() {
            return;
        }
        match (go_ahead || chunked, hopeful) {
            (true, true) => self.phase = Phase::ContentWanted,
            (true, false) if chunked => self.conclude(Command::Data),
            // [rfc2920#3.1] the server said 354 though it took no recipient
            (true, false) => self.send(Command::NoContent),
            (false, _) => self.conclude(Command::Data),
        }
    }

    /// Tells the outcomes; `last` is the command that ended the transaction.
    fn conclude(&mut self, last: Command) {
        let Some(current) = self.current.take() else { return };
        let open = current.mail_accepted && last == Command::Data;
        self.events.push_back(Event::Outcomes(current.outcomes(Status::PeerProtocol)));
        if open { self.send(Command::Rset) } else { self.ready() }
    }

    // [rfc9422#4] MAILMAX: the peer takes no more on this connection
    fn ready(&mut self) {
        if self.offers.limit("MAILMAX").is_some_and(|most| self.begun >= most.max(1)) {
            self.phase = Phase::Talking;
            return self.send(Command::Quit);
        }
        self.phase = Phase::Ready;
        self.events.push_back(Event::Ready(self.offers.clone()));
    }

    fn begin(&mut self, transaction: Transaction) {
        // a reply that nobody asked for would be taken for the one to MAIL
        if !self.replies.is_empty() {
            self.current = Some(Current::new(transaction, &self.offers));
            return self.fail(Status::PeerProtocol, None);
        }
        self.phase = Phase::Talking;
        let obstacle = transaction.obstacle(&self.offers);
        let count = transaction.recipients.len();
        let mut current = Current::new(transaction, &self.offers);
        // [rfc9422#4] the others have to go in another transaction
        let most = self.offers.limit("RCPTMAX").map_or(count, |most| most.max(1).min(count));
        if obstacle.is_none() {
            current.outcomes[most..].fill(Some(Outcome::Failed(Status::TooManyRecipients)));
        }
        let chunked = matches!(current.framing, Framing::Chunks { .. });
        current.at_once &= chunked && self.offers.has("PIPELINING");
        let at_once = current.at_once;
        self.current = Some(current);
        if let (Some(status), Some(current)) = (obstacle, &mut self.current) {
            current.decide(&Outcome::Failed(status));
            return self.conclude(Command::Mail);
        }
        self.begun += 1;
        self.waiting.push_back(Command::Mail);
        self.waiting.extend((0..most).map(Command::Rcpt));
        self.waiting.extend((!chunked).then_some(Command::Data));
        self.pump();
        if at_once {
            self.phase = Phase::ContentWanted;
        }
    }

    fn content(&mut self, piece: &[u8]) {
        let Some(current) = &mut self.current else { return };
        match current.framing.push(piece, &mut self.output) {
            Ok(chunk) => self.sent.extend(chunk.then_some(Command::Chunk)),
            Err(status) => return self.spoiled(status),
        }
        let at_once = self.current.as_ref().is_some_and(|current| current.at_once);
        let full = !at_once && self.sent.len() >= self.window();
        if let Some(current) = &mut self.current {
            current.paused = full;
        }
        self.phase = if full { Phase::Talking } else { Phase::ContentWanted };
    }

    fn content_end(&mut self) {
        let Some(current) = &mut self.current else { return };
        self.phase = Phase::Talking;
        if let Err(status) = current.framing.finish(&mut self.output) {
            return self.spoiled(status);
        }
        // a yes that came before the end of the content was not said to it: half a message would count as delivered
        if self.sent.is_empty() && !self.replies.is_empty() {
            return self.spoiled(Status::PeerProtocol);
        }
        self.sent.push_back(Command::Content);
    }

    /// Whether the envelope waits for the content, to leave with it.
    fn holds_back(&self) -> bool {
        let at_once = self.current.as_ref().is_some_and(|current| current.at_once);
        at_once && matches!(self.phase, Phase::ContentWanted | Phase::Content) && self.output.len() < HELD_BACK_MAX
    }

    /// The content has a lone CR or LF, or a NUL: dropping the connection is the only way not to end the message.
    fn spoiled(&mut self, status: Status) {
        self.output.clear();
        self.fail(status, None);
    }

    /// Ends the conversation; recipients without an outcome get this one.
    fn fail(&mut self, status: Status, reply: Option<PeerReply>) {
        let stage = self.stage();
        if let Some(mut current) = self.current.take() {
            if let Some(reply) = reply.clone().filter(|reply| reply.code >= 400) {
                current.decide(&Outcome::Refused(reply));
            }
            self.events.push_back(Event::Outcomes(current.outcomes(status)));
        }
        self.events.push_back(Event::Failed(Failure { stage, status, reply }));
        self.waiting.clear();
        self.sent.clear();
        self.phase = Phase::Closing;
    }
}

impl Current {
    fn new(transaction: Transaction, offers: &Offers) -> Self {
        let count = transaction.recipients.len();
        let form = if transaction.binary { Form::Binary } else { Form::Text };
        Self {
            framing: if offers.has("CHUNKING") { Framing::chunks(form) } else { Framing::data() },
            broken: false,
            paused: false,
            at_once: transaction.at_once,
            transaction,
            outcomes: vec![None; count],
            accepted: vec![false; count],
            mail_accepted: false,
            go_ahead: false,
        }
    }

    /// Gives this outcome to every recipient that has none.
    fn decide(&mut self, outcome: &Outcome) {
        for undecided in self.outcomes.iter_mut().filter(|outcome| outcome.is_none()) {
            *undecided = Some(outcome.clone());
        }
    }

    /// Whether the content would reach anybody.
    fn hopeful(&self) -> bool {
        self.accepted.iter().zip(&self.outcomes).any(|(accepted, outcome)| *accepted && outcome.is_none())
    }

    fn outcomes(self, otherwise: Status) -> Vec<Outcome> {
        self.outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Failed(otherwise))).collect()
    }
}

impl Machine for Client {
    type Event = Event;
    type Answer = Answer;

    fn receive(&mut self, bytes: &[u8]) {
        match self.phase {
            // [rfc3207#4.2] what came in clear must never be taken for what came in TLS
            Phase::Handshake if !bytes.is_empty() => self.fail(Status::PeerProtocol, None),
            Phase::Handshake | Phase::Closing => {}
            _ => self.replies.receive(bytes),
        }
    }

    fn next(&mut self) -> Step<Event> {
        loop {
            if !self.output.is_empty() && !self.holds_back() {
                return Step::Send(std::mem::take(&mut self.output));
            }
            if let Some(event) = self.events.pop_front() {
                return Step::Event(event);
            }
            match self.phase {
                Phase::StartTls if self.replies.is_empty() => {
                    self.phase = Phase::Handshake;
                    return Step::StartTls;
                }
                Phase::StartTls => self.fail(Status::PeerProtocol, None),
                Phase::Handshake | Phase::Ready | Phase::Content => return Step::NeedInput,
                Phase::ContentWanted => {
                    self.phase = Phase::Content;
                    return Step::Event(Event::Content);
                }
                Phase::Closing => return Step::Close,
                Phase::Talking => match self.replies.next() {
                    Ok(Some(reply)) => self.on_reply(reply),
                    Ok(None) => return Step::NeedInput,
                    Err(NoReply) => self.fail(Status::PeerProtocol, None),
                },
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        match (self.phase, answer) {
            (Phase::Ready, Answer::Begin(transaction)) => self.begin(transaction),
            (Phase::Ready, Answer::Quit) => {
                self.phase = Phase::Talking;
                self.send(Command::Quit);
            }
            (Phase::Content, Answer::Content(piece)) => self.content(&piece),
            (Phase::Content, Answer::ContentEnd) => self.content_end(),
            (Phase::Content, Answer::Abort(status)) => self.fail(status, None),
            _ => {}
        }
    }

    fn secured(&mut self) {
        if self.phase == Phase::Handshake {
            self.in_tls = true;
            self.phase = Phase::Talking;
            // [rfc3207#4.2] what was offered in clear is forgotten
            self.send(Command::Ehlo);
        }
    }
}

#[cfg(test)]
mod tests;
