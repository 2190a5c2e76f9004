//! A whole conversation with the SMTP server machine: no panic, no endless loop, replies that are lines, and content
//! without lone line ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::mail::{Domain, EnvelopeId, Fault, Status};
use sceau::proto::smtp::server::{Answer, Event, Server};
use sceau::proto::smtp::{Limits, Profile, Settings};
use sceau::proto::{Machine, Step};

fuzz_target!(|input: (bool, bool, u8, &[u8])| {
    let (submission, tls, step, bytes) = input;
    let profile = if submission { Profile::Submission } else { Profile::Operators };
    let limits = Limits { message: 4096, ..Limits::default() };
    let settings = Settings::new(Domain::parse("mx.a.fr").expect("a domain"), profile, limits);
    let mut machine = Server::new(settings);
    if tls {
        machine.secured();
    }
    let (mut said, mut content) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(usize::from(step).max(1)) {
        machine.receive(piece);
        loop {
            match machine.next() {
                Step::Event(event) => answer(&mut machine, event, &mut content),
                Step::Send(bytes) => said.extend(bytes),
                Step::StartTls => machine.secured(),
                Step::NeedInput | Step::Close => break,
            }
        }
    }
    assert!(said.is_empty() || said.ends_with(b"\r\n"));
    assert!(!content.contains(&0));
});

fn answer(machine: &mut Server, event: Event, content: &mut Vec<u8>) {
    let answer = match event {
        Event::Abandoned(_) | Event::Ending(_) => return,
        Event::Content(piece) => {
            content.extend(piece);
            Answer::Accept
        }
        Event::ContentEnd { bytes } => {
            assert_eq!(bytes, content.len() as u64);
            assert!(content.is_empty() || content.ends_with(b"\r\n"));
            content.clear();
            Answer::Taken(EnvelopeId([0; 16]))
        }
        Event::Mail { path, .. } => {
            content.clear();
            match path.address() {
                Some(address) if address.local().starts_with('x') => {
                    Answer::Refuse(Fault::peer(Status::DomainNotOperators, ""))
                }
                _ => Answer::Accept,
            }
        }
        Event::Keys(_) => Answer::Refuse(Fault::user(Status::LoginFailed, "")),
        Event::Login(_) => Answer::Refuse(Fault::user(Status::LoginFailed, "")),
        _ => Answer::Accept,
    };
    machine.answer(answer);
}
