//! Properties of the client machine: cuts of the replies change nothing, nothing panics, and each recipient gets
//! exactly one outcome. What it says in which case is in `tests/transcripts/smtp-client`.

use proptest::prelude::*;

use super::*;
use crate::mail::ReversePath;

const MESSAGES: usize = 2;

/// What came out: bytes, outcomes and failures, in order.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Said(Vec<u8>),
    Outcomes(Vec<Outcome>),
    Failed(Failure),
    Closed,
}

struct Talk {
    machine: Client,
    begun: usize,
    asked: usize,
    seen: Vec<Seen>,
}

impl Talk {
    fn new() -> Self {
        let machine = Client::new(Domain::parse("mx.b.fr").unwrap());
        Self { machine, begun: 0, asked: 0, seen: Vec::new() }
    }

    fn hear(&mut self, piece: &[u8]) {
        self.machine.receive(piece);
        loop {
            match self.machine.next() {
                Step::Event(Event::Outcomes(outcomes)) => self.seen.push(Seen::Outcomes(outcomes)),
                Step::Event(Event::Failed(failure)) => self.seen.push(Seen::Failed(failure)),
                Step::Event(event) => self.answer(&event),
                Step::Send(bytes) => match self.seen.last_mut() {
                    Some(Seen::Said(said)) => said.extend(bytes),
                    _ => self.seen.push(Seen::Said(bytes)),
                },
                Step::StartTls => self.machine.secured(),
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

    fn answer(&mut self, event: &Event) {
        let answer = match event {
            Event::Ready(_) if self.begun < MESSAGES => {
                (self.begun, self.asked) = (self.begun + 1, 0);
                Answer::Begin(two_recipients())
            }
            Event::Content if self.asked == 0 => {
                self.asked = 1;
                Answer::Content(b".a\r\n".to_vec())
            }
            Event::Content => Answer::ContentEnd,
            _ => Answer::Quit,
        };
        self.machine.answer(answer);
    }
}

fn two_recipients() -> Transaction {
    let recipients =
        ["c@a.fr", "d@a.fr"].map(|text| Recipient::from(text.parse::<crate::mail::Address>().unwrap())).into();
    Transaction::new(ReversePath::Null, recipients, 4)
}

/// Gives the replies in pieces of these sizes, but never two replies' bytes at once: an early reply is a breach.
fn run(replies: &[Vec<u8>], cuts: &[usize]) -> Vec<Seen> {
    let mut talk = Talk::new();
    let mut cuts = cuts.iter().copied().chain(std::iter::repeat(usize::MAX));
    for reply in replies {
        let mut rest = reply.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cuts.next().unwrap_or(1).clamp(1, rest.len()));
            talk.hear(piece);
            rest = after;
        }
    }
    talk.machine.lost(Status::PeerUnreachable);
    talk.hear(b"");
    talk.seen
}

fn replies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"250 OK\r\n",
        b"250 OK\r\n",
        b"250 OK\r\n",
        b"354 go\r\n",
        b"354 go\r\n",
        b"550 5.1.1 no\r\n",
        b"450 later\r\n",
        b"421 closing\r\n",
        b"503-a\r\n503 b\r\n",
        b"250-a\r\n",
        b"220 x\r\n",
        b"oops\r\n",
        b"250 x\n",
    ];
    let hello: Vec<&[u8]> = vec![b"220 mx\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n"];
    let offers = prop_oneof![
        Just(b"250 mx\r\n".as_slice()),
        Just(b"250-mx\r\n250 PIPELINING\r\n".as_slice()),
        Just(b"250-mx\r\n250 CHUNKING\r\n".as_slice()),
        Just(b"250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n".as_slice()),
    ];
    (0..=3usize, offers, proptest::collection::vec(proptest::sample::select(pieces), 0..14)).prop_map(
        move |(known, offers, rest)| {
            let start = hello[..known].iter().copied().chain((known == 3).then_some(offers));
            start.chain(rest).map(<[u8]>::to_vec).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn cuts_change_nothing(replies in replies(), cuts in proptest::collection::vec(0usize..12, 0..60)) {
        prop_assert_eq!(run(&replies, &cuts), run(&replies, &[]));
    }

    #[test]
    fn every_message_begun_gets_an_outcome_for_each_recipient(replies in replies()) {
        let mut talk = Talk::new();
        for reply in &replies {
            talk.hear(reply);
        }
        talk.machine.lost(Status::PeerSilent);
        talk.hear(b"");
        let outcomes: Vec<_> = talk.seen.iter().filter_map(|seen| match seen {
            Seen::Outcomes(outcomes) => Some(outcomes.len()),
            _ => None,
        }).collect();
        prop_assert_eq!(outcomes, vec![2; talk.begun]);
        prop_assert_eq!(talk.seen.last(), Some(&Seen::Closed));
    }

    #[test]
    fn nothing_panics(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        run(&[b"220 x\r\n".to_vec(), input], &[1, 2, 3]);
    }
}

/// A conversation up to the point where the reply to the content is awaited.
fn waiting_for_verdict() -> Talk {
    let mut talk = Talk::new();
    for reply in
        ["220 x", "250-x\r\n250 STARTTLS", "220 x", "250-x\r\n250 PIPELINING", "250 x", "250 x", "550 x", "354 x"]
    {
        talk.hear(format!("{reply}\r\n").as_bytes());
    }
    talk.seen.clear();
    talk
}

#[test]
// [rfc5321#4.5.3.2]
fn each_stage_is_told_for_its_time_out() {
    let mut talk = Talk::new();
    let mut stages = vec![talk.machine.stage()];
    for reply in ["220 x", "250-x\r\n250 STARTTLS", "220 x", "250 x", "250 x", "250 x", "250 x", "354 x", "250 x"] {
        talk.hear(format!("{reply}\r\n").as_bytes());
        stages.push(talk.machine.stage());
    }
    use Stage::{Data, Envelope, Greeting, Hello, Verdict};
    assert_eq!(stages, [Greeting, Hello, Hello, Hello, Envelope, Envelope, Envelope, Data, Verdict, Envelope]);
}

/// Content of so many large pieces for a peer with these offers, up to where a reply is awaited; gives the commands.
fn in_chunks(machine: &mut Client, pieces: &mut usize) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        match machine.next() {
            Step::Event(Event::Content) if *pieces > 0 => {
                *pieces -= 1;
                machine.answer(Answer::Content([vec![b'x'; 100_000], b"\r\n".to_vec()].concat()));
            }
            Step::Event(Event::Content) => machine.answer(Answer::ContentEnd),
            Step::Event(Event::Outcomes(outcomes)) => said.push(format!("{outcomes:?}")),
            Step::Event(_) => said.push("ready".to_owned()),
            // a chunk's command may stand behind the content of the one before
            Step::Send(bytes) => said.extend(
                bytes
                    .split(|byte| *byte == b'\n')
                    .map(String::from_utf8_lossy)
                    .filter(|line| !line.starts_with('x'))
                    .filter(|line| !line.is_empty())
                    .map(|line| line.trim_end().to_owned()),
            ),
            Step::StartTls | Step::NeedInput | Step::Close => return said,
        }
    }
}

fn chunking(offers: &str) -> Client {
    let mut machine = Client::new(Domain::parse("mx.b.fr").unwrap());
    for reply in ["220 x", "250-x\r\n250 STARTTLS", "220 x"] {
        machine.receive(format!("{reply}\r\n").as_bytes());
        while !matches!(machine.next(), Step::NeedInput | Step::StartTls) {}
    }
    machine.secured();
    machine.receive(format!("250-x\r\n{offers}250 CHUNKING\r\n").as_bytes());
    while !matches!(machine.next(), Step::Event(Event::Ready(_))) {}
    machine.answer(Answer::Begin(two_recipients()));
    machine
}

#[test]
// [rfc3030#2] [rfc2920#3]
fn so_many_chunks_are_ahead_of_their_replies_and_no_more() {
    let (mut machine, mut pieces) = (chunking("250-PIPELINING\r\n"), 12);
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["MAIL FROM:<>", "RCPT TO:<c@a.fr>", "RCPT TO:<d@a.fr>"]);
    machine.receive(b"250 x\r\n250 x\r\n250 x\r\n");
    let said = in_chunks(&mut machine, &mut pieces);
    assert_eq!(said, vec!["BDAT 100002"; CHUNKS_AHEAD]);
    machine.receive(b"250 x\r\n");
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["BDAT 100002"]);
    machine.receive(&b"250 x\r\n".repeat(8));
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["BDAT 100002", "BDAT 100002", "BDAT 100002 LAST"]);
    assert_eq!(machine.stage(), Stage::Content);
    machine.receive(b"250 x\r\n250 x\r\n250 taken\r\n");
    let delivered = Outcome::Delivered(PeerReply { code: 250, lines: vec!["taken".to_owned()] });
    let said = in_chunks(&mut machine, &mut pieces);
    assert_eq!(said, [format!("{:?}", [delivered.clone(), delivered]), "ready".to_owned()]);
}

#[test]
// [rfc3030#2]
fn a_refused_chunk_ends_the_message_and_the_connection_can_be_used_again() {
    let refused = Outcome::Refused(PeerReply { code: 452, lines: vec!["full".to_owned()] });
    let both = format!("{:?}", [refused.clone(), refused]);
    let (mut machine, mut pieces) = (chunking("250-PIPELINING\r\n"), 20);
    in_chunks(&mut machine, &mut pieces);
    machine.receive(b"250 x\r\n250 x\r\n250 x\r\n");
    in_chunks(&mut machine, &mut pieces);
    machine.receive(&[b"452 full\r\n".as_slice(), &b"503 x\r\n".repeat(6)].concat());
    assert!(in_chunks(&mut machine, &mut pieces).is_empty(), "one reply is still to come, and no content is given");
    machine.receive(b"503 x\r\n");
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["RSET".to_owned(), both.clone()]);
    machine.receive(b"250 x\r\n");
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["ready"]);
    // without pipelining, one after the other
    let (mut machine, mut pieces) = (chunking(""), 3);
    for _ in 0..3 {
        in_chunks(&mut machine, &mut pieces);
        machine.receive(b"250 x\r\n");
    }
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["BDAT 100002"]);
    machine.receive(b"452 full\r\n");
    assert_eq!(in_chunks(&mut machine, &mut pieces), ["RSET".to_owned(), both]);
}

#[test]
fn a_reply_lost_after_the_content_counts_as_failed() {
    let mut talk = waiting_for_verdict();
    assert_eq!(talk.machine.stage(), Stage::Verdict);
    talk.machine.lost(Status::PeerSilent);
    talk.hear(b"");
    let failure = Failure { stage: Stage::Verdict, status: Status::PeerSilent, reply: None };
    let refused = Outcome::Refused(PeerReply { code: 550, lines: vec!["x".to_owned()] });
    let outcomes = vec![Outcome::Failed(Status::PeerSilent), refused];
    assert_eq!(talk.seen, [Seen::Outcomes(outcomes), Seen::Failed(failure), Seen::Closed]);
}

#[test]
fn a_reply_that_nobody_asked_for_is_not_taken_for_the_next_one() {
    let mut machine = Client::new(Domain::parse("mx.b.fr").unwrap());
    for reply in ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 x\r\n"] {
        machine.receive(reply.as_bytes());
        while !matches!(machine.next(), Step::NeedInput | Step::StartTls) {}
    }
    machine.secured();
    machine.receive(b"250 x\r\n250 forged\r\n");
    assert!(matches!(machine.next(), Step::Send(_)));
    assert!(matches!(machine.next(), Step::Event(Event::Ready(_))));
    machine.answer(Answer::Begin(two_recipients()));
    assert_eq!(machine.next(), Step::Event(Event::Outcomes(vec![Outcome::Failed(Status::PeerProtocol); 2])));
    assert!(matches!(machine.next(), Step::Event(Event::Failed(_))));
    assert_eq!(machine.next(), Step::Close);
}

#[test]
fn a_connection_that_ends_after_quit_is_no_failure() {
    let mut machine = Client::new(Domain::parse("mx.b.fr").unwrap());
    for reply in ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 x\r\n"] {
        machine.receive(reply.as_bytes());
        while !matches!(machine.next(), Step::NeedInput | Step::StartTls) {}
    }
    machine.secured();
    machine.receive(b"250 x\r\n");
    while !matches!(machine.next(), Step::Event(Event::Ready(_))) {}
    machine.answer(Answer::Quit);
    assert_eq!(machine.next(), Step::Send(b"QUIT\r\n".to_vec()));
    machine.lost(Status::PeerUnreachable);
    assert_eq!(machine.next(), Step::Close);
}
