//! What this server writes by itself (delivery notices, notices of reading) about messages made to smuggle: handed over
//! by the client machine, read by the strict server machine, by DATA and in chunks. It arrives as one message, byte for
//! byte, whatever stood in the message, in a peer's reply, in a name or an address.

use proptest::prelude::*;
use sceau::mail::{Address, Domain, EnvelopeId, ReversePath, Time};
use sceau::proto::dsn::{self, Action, RecipientStatus};
use sceau::proto::mdn;
use sceau::proto::report::{Attachment, Returned, TypedAddress};
use sceau::proto::smtp::client::{self, Client, Transaction};
use sceau::proto::smtp::server::{Answer, Event, Server};
use sceau::proto::smtp::{Limits, Profile, Settings};
use sceau::proto::{Machine, Step};

/// Every way to end a line, and with it data, that some server takes for one.
const ENDS: [&str; 12] = [
    "\r\n.\r\n",
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r\n.\r",
    "\r.\r\n",
    "\n.\r",
    "\r\n\0.\r\n",
    "\r\n..\r\n",
    "\r\r\n.\r\n",
    "\n\n.\n\n",
];
const SMUGGLED: &str = "MAIL FROM:<eve@b.fr>\r\nRCPT TO:<anne@a.fr>\r\nDATA\r\nFrom: eve\r\n\r\nx";

fn hostile() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        3 => proptest::sample::select(ENDS.to_vec()).prop_map(str::to_owned),
        1 => Just(SMUGGLED.to_owned()),
        2 => "[ -~é]{0,30}",
        1 => Just(".".to_owned()),
        1 => Just("\r\n".to_owned()),
    ];
    proptest::collection::vec(words, 0..8).prop_map(|words| words.concat())
}

/// Two machines, back to back.
struct Wire {
    client: Client,
    server: Server,
    /// The content that is still to be given.
    content: Option<Vec<u8>>,
    arrived: Vec<Vec<u8>>,
    outcomes: Vec<client::Outcome>,
}

impl Wire {
    fn hand_over(content: &[u8], chunks: bool) -> Self {
        let limits = Limits { message: 1 << 20, ..Limits::default() };
        let host = |name: &str| Domain::parse(name).unwrap();
        let mut wire = Self {
            client: Client::new(host("mx.a.fr")),
            server: Server::new(Settings::new(host("mx.b.fr"), Profile::Operators, limits)),
            content: Some(content.to_vec()),
            arrived: Vec::new(),
            outcomes: Vec::new(),
        };
        let mut piece = Vec::new();
        loop {
            let said = wire.serve(&piece);
            // A server without CHUNKING is given DATA.
            let said = if chunks { said } else { without(&said, "CHUNKING") };
            match wire.speak(&said) {
                Some(next) => piece = next,
                None => return wire,
            }
        }
    }

    /// What the server says to these bytes.
    fn serve(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.server.receive(bytes);
        let mut said = Vec::new();
        loop {
            let answer = match self.server.next() {
                Step::Event(Event::Content(piece)) => {
                    self.arrived.last_mut().unwrap().extend(piece);
                    Answer::Accept
                }
                Step::Event(Event::Data) => {
                    self.arrived.push(Vec::new());
                    Answer::Accept
                }
                Step::Event(Event::ContentEnd { .. }) => Answer::Taken(EnvelopeId([1; 16])),
                Step::Event(Event::Abandoned(_) | Event::Ending(_)) => continue,
                Step::Event(_) => Answer::Accept,
                Step::Send(bytes) => {
                    said.extend(bytes);
                    continue;
                }
                Step::StartTls => {
                    self.server.secured();
                    continue;
                }
                Step::NeedInput | Step::Close => return said,
            };
            self.server.answer(answer);
        }
    }

    /// What the client says to these replies; none at its end.
    fn speak(&mut self, replies: &[u8]) -> Option<Vec<u8>> {
        self.client.receive(replies);
        let mut said = Vec::new();
        loop {
            match self.client.next() {
                Step::Event(client::Event::Ready(_)) => {
                    let begin = self.content.as_ref().filter(|_| self.outcomes.is_empty()).map(|content| {
                        let to: Address = "jean@b.fr".parse().unwrap();
                        let transaction = Transaction::new(ReversePath::Null, vec![to.into()], content.len() as u64);
                        Transaction { eight_bit: true, utf8: true, ..transaction }
                    });
                    self.client.answer(begin.map_or(client::Answer::Quit, client::Answer::Begin));
                }
                Step::Event(client::Event::Content) => {
                    let piece = self.content.take().map_or(client::Answer::ContentEnd, client::Answer::Content);
                    self.client.answer(piece);
                }
                Step::Event(client::Event::Outcomes(outcomes)) => self.outcomes = outcomes,
                Step::Event(client::Event::Failed(_)) => {}
                Step::Send(bytes) => said.extend(bytes),
                Step::StartTls => self.client.secured(),
                Step::NeedInput => return Some(said),
                Step::Close => return None,
            }
        }
    }
}

fn without(said: &[u8], keyword: &str) -> Vec<u8> {
    String::from_utf8_lossy(said).replace(&format!("250-{keyword}\r\n"), "").into_bytes()
}

fn arrives_as_it_is(content: &[u8]) -> Result<(), TestCaseError> {
    for chunks in [false, true] {
        let wire = Wire::hand_over(content, chunks);
        let delivered = matches!(wire.outcomes[..], [client::Outcome::Delivered(_)]);
        prop_assert!(delivered, "{:?}: {}", wire.outcomes, content.escape_ascii());
        prop_assert_eq!(wire.arrived.len(), 1, "chunks: {}", chunks);
        prop_assert_eq!(wire.arrived[0].escape_ascii().to_string(), content.escape_ascii().to_string());
    }
    Ok(())
}

/// Whether all line ends are CRLF and there is no NUL: what `flows` asks of a message that is returned whole.
fn is_lines(text: &str) -> bool {
    !text.contains('\0') && !text.replace("\r\n", "").contains(['\r', '\n'])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    // [rfc5321#2.3.8]
    fn a_delivery_notice_about_anything_is_one_message(
        header in hostile(), body in hostile(), diagnostic in hostile(), envid in hostile(), original in hostile(),
    ) {
        let message = format!("Subject: {header}\r\n\r\n{body}\r\n");
        let recipient = RecipientStatus {
            recipient: "x@b.mssante.fr".parse().unwrap(),
            original: Some(TypedAddress { kind: "rfc822".to_owned(), text: original }),
            action: Action::Failed,
            diagnostic,
            remote: None,
            retry_until: None,
        };
        let whole = is_lines(&message);
        let composed = dsn::compose(&dsn::Report {
            host: &Domain::parse("mx.a.fr").unwrap(),
            to: &"jean@b.fr".parse().unwrap(),
            date: Time::from_secs(1_795_342_503),
            arrival: Time::from_secs(1_795_342_500),
            envelope: EnvelopeId([7; 16]),
            envid: Some(&envid),
            message_id: "1@mx.a.fr",
            thread: &[],
            recipients: &[recipient],
            returned: if whole { Returned::Message(message.as_bytes()) } else { Returned::Header(message.as_bytes()) },
            attachments: &[Attachment { name: "a.preuve".to_owned(), bytes: body.into_bytes() }],
        });
        arrives_as_it_is(&composed)?;
    }

    #[test]
    // [rfc5321#2.3.8]
    fn a_notice_of_reading_of_anything_is_one_message(
        header in hostile(), name in hostile(), subject in hostile(), grade in "[ -~é]{0,30}", original in hostile(),
    ) {
        let composed = mdn::compose(&mdn::Notice {
            host: &Domain::parse("mx.a.fr").unwrap(),
            recipient: &"anne@a.fr".parse().unwrap(),
            name: &name,
            to: &"jean@b.fr".parse().unwrap(),
            date: Time::from_secs(1_795_342_503),
            opened: Time::from_secs(1_795_342_500),
            grade: &grade,
            message_id: "1@mx.a.fr",
            thread: &[],
            subject: &subject,
            original: Some(&TypedAddress { kind: "rfc822".to_owned(), text: original }),
            header: header.as_bytes(),
            attachments: &[],
        });
        arrives_as_it_is(&composed)?;
    }
}

/// What would be read in two ways is not sent at all: no yes, and nothing of it arrives.
#[test]
fn content_that_ends_in_two_ways_is_not_handed_over() {
    for end in ENDS {
        let content = format!("From: a\r\n\r\nBonjour{end}{SMUGGLED}\r\n");
        for chunks in [false, true] {
            let wire = Wire::hand_over(content.as_bytes(), chunks);
            match is_lines(&content) {
                true => assert_eq!(wire.arrived, [content.as_bytes()], "{}", end.escape_debug()),
                false => {
                    assert!(!matches!(wire.outcomes[..], [client::Outcome::Delivered(_)]), "{}", end.escape_debug());
                    assert!(wire.arrived.len() <= 1, "{}", end.escape_debug());
                }
            }
        }
    }
}
