//! A whole conversation with the IMAP server machine: no panic, no endless loop, and the same however it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::mail::{Fault, Status};
use sceau::proto::imap::command::Kind;
use sceau::proto::imap::response::Completion;
use sceau::proto::imap::server::{Answer, Event, Limits, Server};
use sceau::proto::imap::table::State;
use sceau::proto::{Machine, Step};

/// What is sent and what happens, in their order; contents of messages joined.
#[derive(Default, PartialEq, Debug)]
struct Seen {
    sent: Vec<u8>,
    events: String,
    content: Vec<u8>,
    tls: bool,
}

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (step, signed_in, bytes) = (usize::from(input.0).max(1), input.1, input.2);
    // Nothing at all can't be cut.
    if bytes.is_empty() {
        return;
    }
    let whole = run(signed_in, std::iter::once(bytes));
    let cut = run(signed_in, bytes.chunks(step));
    // input behind STARTTLS is seen at once or later, and ends the connection in either case
    if !cut.tls && !whole.tls {
        assert_eq!(whole, cut);
    }
});

fn run<'a>(signed_in: bool, pieces: impl Iterator<Item = &'a [u8]>) -> Seen {
    let mut server = Server::new(Limits::with_append(1000));
    let mut seen = Seen::default();
    if signed_in {
        server.secured();
        feed(&mut server, b"a LOGIN a b\r\na SELECT INBOX\r\n", &mut seen);
    }
    for piece in pieces {
        feed(&mut server, piece, &mut seen);
    }
    seen
}

fn feed(server: &mut Server, bytes: &[u8], seen: &mut Seen) {
    server.receive(bytes);
    for _ in 0..bytes.len() * 4 + 16 {
        match server.next() {
            Step::NeedInput | Step::Close => return,
            Step::StartTls => seen.tls = true,
            Step::Send(bytes) => seen.sent.extend(bytes),
            Step::Event(Event::Content(bytes)) => seen.content.extend(bytes),
            Step::Event(event) => {
                seen.events.push_str(&format!("{event:?}\n"));
                if let Some(answer) = answer(&event) {
                    server.answer(answer);
                }
            }
        }
    }
    panic!("the machine does not come to rest");
}

fn answer(event: &Event) -> Option<Answer> {
    let ok = Ok(Completion::plain());
    Some(match event {
        Event::Command(command) => match command.kind {
            Kind::Login(_) => Answer::becoming(ok, State::Authenticated),
            Kind::Select { .. } => Answer::becoming(ok, State::Selected),
            Kind::Close | Kind::Unselect => Answer::becoming(ok, State::Authenticated),
            Kind::Idle => Answer::Proceed,
            _ => Answer::done(ok),
        },
        Event::Append(_) => Answer::Proceed,
        Event::Content(_) | Event::AppendDropped => return None,
        Event::Keys(_) => Answer::done(Err(Fault::user(Status::LoginFailed, "no keys"))),
        Event::AppendEnd | Event::IdleEnd(_) => Answer::done(ok),
    })
}
