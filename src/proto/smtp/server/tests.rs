//! Properties of the server machine: cuts of the input change nothing, memory stays bounded, nothing panics. What it
//! says in which case is in `tests/transcripts/smtp`.

use proptest::prelude::*;

use super::*;
use crate::mail::Domain;
use crate::proto::smtp::{Limits, Profile};

/// One thing that the outside saw; neighbours of one kind are merged, since cuts may divide them.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Said(Vec<u8>),
    Content(Vec<u8>),
    Event(Event),
    Closed,
}

struct Talk {
    machine: Server,
    seen: Vec<Seen>,
}

impl Talk {
    fn new(profile: Profile, limits: Limits) -> Self {
        let machine = Server::new(Settings::new(Domain::parse("mx.a.fr").unwrap(), profile, limits));
        Self { machine, seen: Vec::new() }
    }

    /// Gives one piece and lets the machine do all it can.
    fn hear(&mut self, piece: &[u8]) {
        self.machine.receive(piece);
        loop {
            match self.machine.next() {
                Step::Event(event) => self.answer(event),
                Step::Send(bytes) => match self.seen.last_mut() {
                    Some(Seen::Said(said)) => said.extend(bytes),
                    _ => self.seen.push(Seen::Said(bytes)),
                },
                // the handshake waits until all the input was given: what comes before it is in clear
                Step::StartTls => {}
                Step::NeedInput => return,
                Step::Close => {
                    if self.seen.last() != Some(&Seen::Closed) {
                        self.seen.push(Seen::Closed);
                    }
                    return;
                }
            }
        }
    }

    fn answer(&mut self, event: Event) {
        let refused = |status| Answer::Refuse(Fault::peer(status, ""));
        let answer = match &event {
            Event::Content(piece) => {
                match self.seen.last_mut() {
                    Some(Seen::Content(content)) => content.extend(piece),
                    _ => self.seen.push(Seen::Content(piece.clone())),
                }
                return self.machine.answer(Answer::Accept);
            }
            Event::Mail { path: ReversePath::Null, .. } => refused(Status::DomainNotOperators),
            Event::Rcpt { address, .. } if address.local() == "unknown" => refused(Status::RecipientUnknown),
            Event::ContentEnd { .. } => Answer::Taken(EnvelopeId([7; 16])),
            _ => Answer::Accept,
        };
        self.seen.push(Seen::Event(event));
        self.machine.answer(answer);
    }
}

fn run(profile: Profile, tls: bool, input: &[u8], cuts: &[usize]) -> Vec<Seen> {
    let limits = Limits { line: 40, auth_line: 60, message: 50, errors: 6, ..Limits::default() };
    let mut talk = Talk::new(profile, limits);
    if tls {
        talk.machine.secured();
    }
    talk.hear(b"");
    let mut rest = input;
    for &size in cuts.iter().chain([&usize::MAX]) {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        talk.hear(piece);
        rest = after;
    }
    talk.seen
}

/// Conversations that come near every rule: whole commands, halves of them, line ends of all kinds.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    // a beginning that reaches content, so that half of the cases are about it
    let reach = b"EHLO b.fr\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\nDATA\r\n".as_slice();
    let start = prop_oneof![Just(b"".as_slice()), Just(b"EHLO b.fr\r\n".as_slice()), Just(reach)];
    (start, proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..20))
        .prop_map(|(start, rest)| [start, &rest.concat()].concat())
}

const PIECES: &[&[u8]] = &[
    b"EHLO b.fr\r\n",
    b"HELO b.fr\r\n",
    b"STARTTLS\r\n",
    b"AUTH PLAIN AGEAYg==\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN\r\n",
    b"AGEAYg==\r\n",
    b"*\r\n",
    b"MAIL FROM:<a@b.fr>\r\n",
    b"MAIL FROM:<>\r\n",
    b"RCPT TO:<c@a.fr>\r\n",
    b"RCPT TO:<unknown@a.fr>\r\n",
    b"DATA\r\n",
    b"BDAT 5\r\n",
    b"BDAT 3\r\na\r\n",
    b"BDAT 2\r\n.\n",
    b"BDAT 60\r\n",
    b"BDAT 0 LAST\r\n",
    b"BDAT 7 LAST\r\nb\r\n.\r\n\xe9",
    b"BDAT x\r\n",
    b"MAIL FROM:<a@b.fr> BODY=BINARYMIME\r\n",
    b"a line of content\r\n",
    b"..\r\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"QUIT\r\n",
    b"AUTH PLAIN 0123456789012345678901234567890123456789\r\n",
    b"NOOP 01234567890123456789012345678901234567890123456789\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn cuts_change_nothing(
        submission: bool, tls: bool, input in conversation(), cuts in proptest::collection::vec(0usize..30, 0..60),
    ) {
        let profile = if submission { Profile::Submission } else { Profile::Operators };
        prop_assert_eq!(run(profile, tls, &input, &cuts), run(profile, tls, &input, &[]));
    }

    #[test]
    fn nothing_panics(submission: bool, input in proptest::collection::vec(any::<u8>(), 0..300)) {
        let profile = if submission { Profile::Submission } else { Profile::Operators };
        run(profile, true, &input, &[1, 2, 3]);
    }
}

fn ready_for_content(message: u64) -> Talk {
    let mut talk = Talk::new(Profile::Operators, Limits { message, ..Limits::default() });
    talk.machine.secured();
    talk.hear(b"EHLO b.fr\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\nDATA\r\n");
    talk.seen.clear();
    talk
}

fn closed_with(talk: &Talk, status: Status) -> bool {
    talk.seen.ends_with(&[Seen::Event(Event::Ending(status)), Seen::Closed])
}

#[test]
fn content_beyond_the_limit_is_cut_off_and_refused_at_its_end() {
    let mut talk = ready_for_content(5);
    talk.hear(b"1234567\r\n.\r\n");
    let refusal = b"552 5.3.4 the message is larger than this server takes\r\n".to_vec();
    let dropped = Event::Abandoned(Some(Status::MessageTooLarge));
    assert_eq!(talk.seen, [Seen::Content(b"12345".to_vec()), Seen::Said(refusal), Seen::Event(dropped)]);
}

#[test]
fn content_without_an_end_closes_the_connection() {
    let mut talk = ready_for_content(1000);
    for _ in 0..100 {
        talk.hear(&[b'x'; 1000]);
    }
    assert!(closed_with(&talk, Status::MessageTooLarge));
}

#[test]
// [rfc5321#4.5.3.1.4]
fn a_line_without_an_end_takes_no_memory_and_closes_the_connection() {
    let mut talk = Talk::new(Profile::Submission, Limits::default());
    talk.machine.secured();
    for _ in 0..100 {
        talk.hear(&[b'x'; 1000]);
        assert!(talk.machine.lines.input.len() <= Limits::default().line);
    }
    assert!(closed_with(&talk, Status::LineTooLong));
}

#[test]
fn what_comes_after_the_close_is_not_kept() {
    let mut talk = Talk::new(Profile::Operators, Limits::default());
    talk.hear(b"QUIT\r\n");
    talk.hear(&[b'x'; 1000]);
    assert!(talk.machine.lines.input.is_empty());
}

#[test]
fn our_own_end_is_told_and_drops_the_transaction() {
    let mut talk = ready_for_content(1000);
    talk.hear(b"half a message");
    assert!(talk.machine.in_content());
    talk.machine.end(Status::TimedOut);
    talk.hear(b"");
    let said = Seen::Said(b"421 4.4.2 nothing was heard for too long, closing\r\n".to_vec());
    let dropped = Seen::Event(Event::Abandoned(Some(Status::TimedOut)));
    assert_eq!(talk.seen[1..], [said, dropped, Seen::Closed]);
}

#[test]
fn a_refused_connection_hears_why() {
    let host = Domain::parse("mx.a.fr").unwrap();
    let mut machine = Server::new(Settings::new(host, Profile::Operators, Limits::default()));
    assert_eq!(machine.next(), Step::Event(Event::Greeting));
    assert_eq!(machine.next(), Step::NeedInput);
    machine.answer(Answer::Refuse(Fault::ours(Status::Busy, "")));
    assert_eq!(machine.next(), Step::Send(b"421 4.3.2 too busy now, try again later\r\n".to_vec()));
    assert_eq!(machine.next(), Step::Event(Event::Ending(Status::Busy)));
    assert_eq!(machine.next(), Step::Close);
}
