//! Whole conversations of the operators' and of people's sessions, with flows that only remember what they were asked.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::testing::{Fixed, Flows, NOW, World, operator_a, operator_b, settings, stranger};
use super::*;
use crate::mail::Time;
use crate::sessions::operator::Operator;
use crate::sessions::rates::{AccountRates, AccountUse, PeerRates, PeerUse};
use crate::sessions::submission::Person;
use crate::trust::lab::{Flaw, Leaf, Organisation};

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4025))
}

struct Talk<R: Role> {
    session: SmtpSession<R>,
    out: Output,
    runtime: Runtime,
}

impl<R: Role> Talk<R> {
    fn new(session: SmtpSession<R>) -> Self {
        let runtime = Builder::new_current_thread().build().unwrap();
        Self { session, out: Output::memory(), runtime }
    }

    /// Gives these lines and gets the last line of the answer.
    fn say(&mut self, lines: &str) -> (String, Want) {
        self.session.receive(lines.replace('\n', "\r\n").as_bytes());
        let want = self.runtime.block_on(self.session.advance(&mut self.out));
        let said = String::from_utf8(self.out.take()).unwrap();
        (said.lines().next_back().unwrap_or_default().to_owned(), want)
    }

    /// Up to a greeting in TLS.
    fn greet(&mut self, facts: TlsFacts) -> (String, Want) {
        assert_eq!(self.say("EHLO mx.b.fr\nSTARTTLS\n"), ("220 2.0.0 ready for TLS".to_owned(), Want::StartTls));
        self.session.secured(facts);
        self.say("EHLO mx.b.fr\n")
    }
}

fn accepted(line: &str) -> (String, Want) {
    (line.to_owned(), Want::Input)
}

fn operator(world: &World, flows: &Flows) -> Talk<Operator<Flows>> {
    Talk::new(world.session(flows, address()))
}

fn person(flows: &Flows) -> Talk<Person<Flows>> {
    let rates = AccountRates { messages_hour: 2, messages_day: 0, recipients_hour: 3, recipients_day: 0 };
    let role = Person::new(flows.clone(), address(), AccountUse::new(rates), Arc::new(Fixed::default()));
    Talk::new(SmtpSession::new(role, address(), settings(), Timing::default()))
}

#[test]
// [mss#2] [mss#4]
fn a_listed_operator_delivers_for_its_domain_only() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let mut talk = operator(&world, &flows);
    assert!(!talk.session.authenticated());
    assert_eq!(talk.greet(world.facts(&operator_b())), accepted("250 LIMITS MAILMAX=1000 RCPTMAX=100"));
    assert!(talk.session.authenticated());
    let foreign = "550 5.7.1 the sender's domain is not listed for this certificate";
    assert_eq!(talk.say("MAIL FROM:<x@c.fr>\n"), accepted(foreign));
    assert_eq!(talk.say("MAIL FROM:<jean@b.fr> SIZE=9\n"), accepted("250 2.1.0 sender OK"));
    assert_eq!(talk.say("RCPT TO:<unknown@a.fr>\n"), accepted("550 5.1.1 there is no such mailbox here"));
    assert_eq!(talk.say("RCPT TO:<claire@a.fr>\nDATA\n"), accepted("354 send the message, end with CRLF.CRLF"));
    assert_eq!(talk.say("bonjour\n.\n"), accepted("250 2.0.0 2tra2tra2tra2tra2tra2g"));
    let diary = flows.0.lock().unwrap().clone();
    let begun = "mx.b.fr TLSv1.3 TLS13_AES_256_GCM_SHA384 from <jean@b.fr> size Some(9)";
    assert_eq!(diary, [begun, "message bonjour\\r\\n"]);
}

#[test]
fn one_operator_has_so_many_connections_and_so_many_messages_in_a_minute() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let in_use = PeerUse::new(PeerRates { connections: 1, messages: 2, messages_from_address: 0 });
    let mut first = Talk::new(world.session_within(&flows, address(), &in_use));
    assert_eq!(first.greet(world.facts(&operator_b())).1, Want::Input);
    let mut second = Talk::new(world.session_within(&flows, address(), &in_use));
    let full = "421 4.7.0 too many connections from you, close some or use them longer";
    assert_eq!(second.greet(world.facts(&operator_b())), (full.to_owned(), Want::Close));
    let too_fast = "451 4.7.1 too many messages in a short time, send the rest later";
    for reply in ["250 2.1.0 sender OK", "250 2.1.0 sender OK", too_fast] {
        assert_eq!(first.say("RSET\nMAIL FROM:<jean@b.fr>\n"), accepted(reply));
    }
    drop(first);
    let mut third = Talk::new(world.session_within(&flows, address(), &in_use));
    assert_eq!(third.greet(world.facts(&operator_b())).1, Want::Input);
}

#[test]
fn an_account_has_so_many_messages_and_recipients_in_an_hour() {
    let mut talk = person(&Flows::default());
    talk.greet(TlsFacts::default());
    let too_fast = "451 4.7.1 too many messages in a short time, send the rest later";
    assert_eq!(
        talk.say("AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=\nMAIL FROM:<jean@a.fr>\n"),
        accepted("250 2.1.0 sender OK")
    );
    for reply in
        ["250 2.1.5 recipient OK", "550 5.1.1 there is no such mailbox here", "250 2.1.5 recipient OK", too_fast]
    {
        let name = if reply.starts_with("550") { "unknown" } else { "c" };
        assert_eq!(talk.say(&format!("RCPT TO:<{name}@a.fr>\n")), accepted(reply));
    }
    for reply in ["250 2.1.0 sender OK", too_fast] {
        assert_eq!(talk.say("RSET\nMAIL FROM:<jean@a.fr>\n"), accepted(reply));
    }
}

#[test]
// [mss#2]
fn an_operator_that_is_not_listed_hears_it_and_the_connection_ends() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let refused = "554 5.7.1 this certificate is not one of a listed operator";
    for leaf in [
        stranger(),
        Leaf::operator("other.b.fr", &Organisation::new("OPERATEUR B", "318751275100020", "Paris (75)")),
        operator_b().with(Flaw::Expired),
        operator_b().with(Flaw::OtherAuthority),
    ] {
        let mut talk = operator(&world, &flows);
        assert_eq!(talk.greet(world.facts(&leaf)), (refused.to_owned(), Want::Close), "{leaf:?}");
        assert!(!talk.session.authenticated());
    }
    let mut talk = operator(&world, &flows);
    assert_eq!(talk.greet(TlsFacts::default()), (refused.to_owned(), Want::Close), "no certificate");
    assert!(flows.0.lock().unwrap().is_empty());
}

#[test]
fn a_white_list_past_its_grace_defers() {
    let (world, flows) = (World::new(Time::from_secs(1_700_000_000)), Flows::default());
    let mut talk = operator(&world, &flows);
    let deferred = "451 4.7.1 the trust data of this server is being renewed, try again later";
    let facts = world.facts(&operator_b());
    assert_eq!(talk.greet(facts), (deferred.to_owned(), Want::Close));
}

#[test]
fn content_that_the_store_refuses_is_swallowed_and_refused() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let mut talk = operator(&world, &flows);
    talk.greet(world.facts(&operator_b()));
    talk.say("MAIL FROM:<jean@b.fr>\nRCPT TO:<claire@a.fr>\nDATA\n");
    assert_eq!(talk.say("unlucky\n"), accepted(""));
    assert_eq!(talk.say("more\n.\n"), accepted("451 4.3.1 insufficient system storage, try again later"));
    assert_eq!(talk.say("RCPT TO:<claire@a.fr>\n"), accepted("503 5.5.1 not now: another command must come first"));
    assert_eq!(flows.0.lock().unwrap().len(), 1, "begun, never taken");
}

#[test]
// [rfc6409#4.3] [rfc4616#2] [rfc3207#4.2]
fn a_person_sends_as_who_signed_in() {
    let flows = Flows::default();
    let mut talk = person(&flows);
    assert_eq!(talk.greet(TlsFacts::default()), accepted("250 MT-PRIORITY"));
    // jean@a.fr with the authorisation identity of somebody else
    let refused = "535 5.7.8 the name or the password is wrong";
    assert_eq!(talk.say("AUTH PLAIN Y2xhaXJlQGEuZnIAamVhbkBhLmZyAHNlY3JldA==\n"), accepted(refused));
    assert!(!talk.session.authenticated());
    assert_eq!(talk.say("AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=\n"), accepted("235 2.7.0 logged in"));
    assert!(talk.session.authenticated());
    let not_yours = "553 5.7.1 this sender address does not belong to your login";
    assert_eq!(talk.say("MAIL FROM:<claire@a.fr>\n"), accepted(not_yours));
    assert_eq!(
        talk.say("MAIL FROM:<jean@a.fr>\nRCPT TO:<c@b.fr>\nDATA\n").0,
        "354 send the message, end with CRLF.CRLF"
    );
    assert_eq!(talk.say("x\n.\nQUIT\n"), ("221 2.0.0 bye".to_owned(), Want::Close));
    assert_eq!(*flows.0.lock().unwrap(), ["jean@a.fr sends", "message x\\r\\n"]);
}

#[test]
// [clients#client-certificate-login] [rfc3207#4.2]
fn a_certificate_is_a_login_of_its_own_without_auth() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let mut talk = person(&flows);
    assert_eq!(talk.greet(world.facts(&operator_a())), accepted("250 MT-PRIORITY"));
    assert!(talk.session.authenticated());
    assert_eq!(talk.say("MAIL FROM:<jean@a.fr>\n"), accepted("250 2.1.0 sender OK"));
    assert_eq!(talk.say("RSET\n"), accepted("250 2.0.0 OK"));
    // a password signs in as somebody else afterwards
    assert_eq!(talk.say("AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=\n"), accepted("235 2.7.0 logged in"));
    let mut talk = person(&flows);
    assert_eq!(talk.greet(world.facts(&operator_b())), accepted("250 MT-PRIORITY"));
    assert!(!talk.session.authenticated(), "a certificate of nobody here");
    assert_eq!(talk.say("MAIL FROM:<jean@a.fr>\n"), accepted("530 5.7.0 log in first"));
    let refused = "535 5.7.8 the name or the password is wrong";
    assert_eq!(talk.say("AUTH EXTERNAL =\n"), accepted(refused));
}

#[test]
// [rfc5321#3.8] [rfc5321#4.5.3.2.7]
fn silence_and_shutdown_are_told() {
    let mut talk = person(&Flows::default());
    talk.say("");
    assert_eq!((talk.session.patience(), talk.session.pace()), (Duration::from_secs(300), None));
    talk.session.timed_out(&mut talk.out);
    assert_eq!(talk.out.take(), b"421 4.4.2 nothing was heard for too long, closing\r\n");
    // [rfc5321#4.5.3.2.5]
    let (world, flows) = (World::new(NOW), Flows::default());
    let mut talk = operator(&world, &flows);
    talk.greet(world.facts(&operator_b()));
    talk.say("MAIL FROM:<jean@b.fr>\nRCPT TO:<claire@a.fr>\nDATA\n");
    assert_eq!(talk.session.patience(), Duration::from_secs(180));
    assert_eq!(talk.session.pace(), Timing::default().pace);
    talk.session.too_slow(&mut talk.out);
    assert_eq!(talk.out.take(), b"421 4.4.2 content comes too slowly, closing\r\n");
    let mut talk = person(&Flows::default());
    talk.say("");
    talk.session.shut_down(&mut talk.out);
    assert_eq!(talk.out.take(), b"421 4.3.2 this server is going down, try again later\r\n");
}
