//! Conversations of the SMTP client machine, which sends the messages that its script lists and then leaves.

use std::collections::VecDeque;

use sceau::mail::{Address, DeliverBy, Domain, Late, Notify, Priority, Return, ReversePath, Status};
use sceau::proto::smtp::client::{Answer, Client, Event, Outcome, Recipient, Transaction};
use sceau::proto::{Machine, Step};

use super::{Act, Subject, run_folder};

#[test]
fn smtp_client() {
    run_folder("smtp-client", 'S', Talk::new);
}

struct Talk {
    machine: Client,
    messages: VecDeque<(Transaction, Content)>,
    content: Content,
}

#[derive(Clone, Default)]
struct Content {
    pieces: VecDeque<Vec<u8>>,
    /// The store fails after the last piece.
    torn: bool,
}

impl Talk {
    fn new(settings: &[(String, String)]) -> Self {
        let mut messages = VecDeque::new();
        for (key, value) in settings {
            match key.as_str() {
                "message" => messages.push_back((transaction(value), Content::default())),
                "content" => messages.back_mut().unwrap().1.pieces.push_back(super::unescape(value).unwrap()),
                "needs" => need(&mut messages.back_mut().unwrap().0, value),
                "then" if value == "the store fails" => messages.back_mut().unwrap().1.torn = true,
                other => panic!("unknown setting {other:?}"),
            }
        }
        Self { machine: Client::new(Domain::parse("mx.b.fr").unwrap()), messages, content: Content::default() }
    }

    fn answer(&mut self, event: Event) -> Option<String> {
        let answer = match event {
            Event::Outcomes(outcomes) => {
                let words: Vec<_> = outcomes.iter().map(outcome).collect();
                return Some(format!("outcomes: {}", words.join(" | ")));
            }
            Event::Failed(failure) => return Some(format!("failed: {:?} at {:?}", failure.status, failure.stage)),
            Event::Ready(_) => match self.messages.pop_front() {
                Some((transaction, content)) => {
                    self.content = content;
                    Answer::Begin(transaction)
                }
                None => Answer::Quit,
            },
            Event::Content => match self.content.pieces.pop_front() {
                Some(piece) => Answer::Content(piece),
                None if self.content.torn => Answer::Abort(Status::Storage),
                None => Answer::ContentEnd,
            },
        };
        self.machine.answer(answer);
        None
    }
}

/// `jean@b.fr to claire@a.fr paul@a.fr`
fn transaction(text: &str) -> Transaction {
    let (from, to) = text.split_once(" to ").unwrap();
    let path = if from == "<>" { ReversePath::Null } else { ReversePath::Address(from.parse().unwrap()) };
    let recipients = to.split(' ').map(|address| Recipient::from(address.parse::<Address>().unwrap())).collect();
    Transaction::new(path, recipients, 30)
}

fn need(transaction: &mut Transaction, what: &str) {
    match what {
        "8bit" => transaction.eight_bit = true,
        "utf8" => transaction.utf8 = true,
        "dsn" => {
            transaction.ret = Some(Return::Headers);
            transaction.envid = Some("a+b c".to_owned());
            transaction.recipients[0].notify = Some(Notify::Never);
        }
        "binary" => transaction.binary = true,
        "requiretls" => transaction.require_tls = true,
        "priority" => transaction.priority = Priority::new(4).unwrap(),
        "back in a minute" => transaction.deliver_by = Some(by(60, Late::Return)),
        "told in a minute" => transaction.deliver_by = Some(by(60, Late::Notify)),
        size => transaction.size = size.parse().unwrap(),
    }
}

fn by(seconds: i32, late: Late) -> DeliverBy {
    DeliverBy { seconds, late, trace: false }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered(reply) => format!("delivered ({reply})"),
        Outcome::Refused(reply) if reply.is_final_refusal() => format!("refused ({reply})"),
        Outcome::Refused(reply) => format!("deferred ({reply})"),
        Outcome::Failed(status) => format!("failed ({status:?})"),
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
