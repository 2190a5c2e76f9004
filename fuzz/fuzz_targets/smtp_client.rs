//! A whole conversation of the SMTP client machine with a hostile server: no panic, no endless loop, nothing said in
//! clear but EHLO and STARTTLS, one outcome per recipient.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::mail::{Address, Domain, ReversePath, Status};
use sceau::proto::smtp::client::{Answer, Client, Event, Recipient, Transaction};
use sceau::proto::{Machine, Step};

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (step, replies, content) = input;
    let mut talk = Talk {
        machine: Client::new(Domain::parse("mx.b.fr").expect("a domain")),
        content,
        begun: 0,
        told: 0,
        clear: Vec::new(),
        tls: false,
    };
    talk.run();
    for piece in replies.chunks(usize::from(step).max(1)) {
        talk.machine.receive(piece);
        talk.run();
    }
    talk.machine.lost(Status::PeerUnreachable);
    talk.run();
    assert_eq!(talk.begun, talk.told);
    assert!(["".as_bytes(), b"EHLO mx.b.fr\r\n", b"EHLO mx.b.fr\r\nSTARTTLS\r\n"].contains(&talk.clear.as_slice()));
});

struct Talk<'a> {
    machine: Client,
    content: &'a [u8],
    begun: usize,
    told: usize,
    clear: Vec<u8>,
    tls: bool,
}

impl Talk<'_> {
    fn run(&mut self) {
        loop {
            match self.machine.next() {
                Step::Event(event) => self.answer(event),
                Step::Send(bytes) if !self.tls => self.clear.extend(bytes),
                Step::Send(_) => {}
                Step::StartTls => {
                    self.tls = true;
                    self.machine.secured();
                }
                Step::NeedInput | Step::Close => return,
            }
        }
    }

    fn answer(&mut self, event: Event) {
        let answer = match event {
            Event::Outcomes(outcomes) => {
                assert_eq!(outcomes.len(), 2);
                self.told += 1;
                return;
            }
            Event::Failed(_) => return,
            Event::Ready(_) if self.begun < 3 => {
                self.begun += 1;
                Answer::Begin(transaction(self.content.len() as u64))
            }
            Event::Ready(_) => Answer::Quit,
            Event::Content => match self.content.split_at_checked(8) {
                Some((piece, rest)) => {
                    self.content = rest;
                    Answer::Content(piece.to_vec())
                }
                None => Answer::ContentEnd,
            },
        };
        self.machine.answer(answer);
    }
}

fn transaction(size: u64) -> Transaction {
    let recipient = |text: &str| Recipient::from(text.parse::<Address>().expect("an address"));
    Transaction::new(ReversePath::Null, vec![recipient("a@a.fr"), recipient("b@a.fr")], size)
}
