//! Whole conversations of the operators' and of people's sessions, with flows that only remember what they were asked.

use std::sync::{Arc, Mutex};

use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::mail::{Chance, Clock, Domain, Edge, EnvelopeId, Time};
use crate::proto::smtp::Limits;
use crate::sessions::operator::{FromOperators, Operator};
use crate::sessions::submission::{FromPeople, Person};
use crate::trust::lab::{Flaw, Lab, Leaf, ListRow, Organisation, white_list_xml};
use crate::trust::{
    Anchors, CertificateFacts, Limits as ListLimits, Policy, Revocation, Snapshot, Trust, VerifiedOperator, WhiteList,
};

/// What the flows were asked, in order.
type Diary = Arc<Mutex<Vec<String>>>;

#[derive(Clone, Default)]
struct Flows(Diary);

struct Message {
    diary: Diary,
    content: Vec<u8>,
}

impl Flows {
    fn write(&self, line: String) -> Message {
        self.0.lock().unwrap().push(line);
        Message { diary: Arc::clone(&self.0), content: Vec::new() }
    }
}

impl Transaction for Message {
    fn recipient(&mut self, address: &Address) -> Result<(), Fault> {
        match address.local() {
            "unknown" => Err(Fault::peer(Status::RecipientUnknown, "no such account")),
            _ => Ok(()),
        }
    }

    async fn begin_content(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.content.extend(bytes);
        match memchr::memmem::find(&self.content, b"unlucky") {
            Some(_) => Err(Fault::ours(Status::StorageFull, "segment 7")),
            None => Ok(()),
        }
    }

    async fn commit(self) -> Result<EnvelopeId, Fault> {
        self.diary.lock().unwrap().push(format!("message {}", self.content.escape_ascii()));
        Ok(EnvelopeId([0xda; 16]))
    }
}

impl FromOperators for Flows {
    type Transaction = Message;

    fn begin(
        &self,
        operator: Arc<VerifiedOperator>,
        peer: Peer,
        path: ReversePath,
        size: Option<u64>,
    ) -> Result<Message, Fault> {
        let may = path.address().is_some_and(|address| operator.may_send_for(address.domain()));
        let line = format!("{} {} from <{path}> size {size:?}", peer.helo, peer.tls);
        if may { Ok(self.write(line)) } else { Err(Fault::peer(Status::DomainNotOperators, "not listed")) }
    }
}

impl FromPeople for Flows {
    type Login = String;
    type Transaction = Message;

    async fn password(&self, user: &str, password: &str) -> Result<String, Fault> {
        match (user, password) {
            ("jean@a.fr", "secret") => Ok(user.to_owned()),
            _ => Err(Fault::user(Status::LoginFailed, "wrong")),
        }
    }

    fn begin(&self, login: &String, _: Peer, path: ReversePath, _: Option<u64>) -> Result<Message, Fault> {
        if path.to_string() != *login {
            return Err(Fault::user(Status::NotYourAddress, "somebody else's"));
        }
        Ok(self.write(format!("{login} sends")))
    }
}

struct Fixed(Mutex<u8>);

impl Clock for Fixed {
    fn now(&self) -> Time {
        Time::from_secs(1_790_000_000)
    }
}

impl Chance for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in buffer {
            *next = next.wrapping_add(41);
            *byte = *next;
        }
    }
}

/// A PKI in which `mx.b.fr` is the operator of `b.fr`.
struct World {
    lab: Lab,
    trust: Arc<Trust>,
    clock: Arc<Fixed>,
}

impl World {
    fn new(generated: Time) -> Self {
        let clock = Arc::new(Fixed(Mutex::new(1)));
        let edge = Edge { clock: clock.clone(), chance: clock.clone() };
        let lab = Lab::new(&edge).unwrap();
        let listed = lab.issue(&Leaf::operator("mx.b.fr", &organisation())).unwrap();
        let name = CertificateFacts::read(listed.der()).unwrap().subject;
        let xml = white_list_xml(&[ListRow::new(&Domain::parse("b.fr").unwrap(), &name)], generated);
        let anchors = Anchors::from_der(lab.anchors_der()).unwrap();
        let mut revocation = Revocation::none();
        revocation.add(lab.crls_pem(&[]).unwrap().as_bytes(), &anchors, clock.now()).unwrap();
        let list = Arc::new(WhiteList::parse(xml.as_bytes(), &ListLimits::default()).unwrap());
        let trust = Arc::new(Trust::new(Snapshot { anchors, revocation, list, policy: Policy::default() }));
        Self { lab, trust, clock }
    }

    fn facts(&self, leaf: &Leaf) -> TlsFacts {
        let certificates = self.lab.issue(leaf).unwrap().chain();
        TlsFacts { version: "TLSv1.3", cipher: "TLS13_AES_256_GCM_SHA384".to_owned(), certificates, server_name: None }
    }

    fn session(&self, flows: &Flows) -> Talk<Operator<Flows>> {
        let peer = address();
        Talk::new(Operator::new(Arc::clone(&self.trust), self.clock.clone(), flows.clone(), peer))
    }
}

fn organisation() -> Organisation {
    Organisation::new("OPERATEUR B", "318751275100020", "Paris (75)")
}

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4025))
}

struct Talk<R: Role> {
    session: SmtpSession<R>,
    out: Output,
    runtime: Runtime,
}

impl<R: Role> Talk<R> {
    fn new(role: R) -> Self {
        let host = Domain::parse("mx.a.fr").unwrap();
        let settings = Settings { host, profile: role.profile(), limits: Limits::default() };
        let runtime = Builder::new_current_thread().build().unwrap();
        Self { session: SmtpSession::new(role, address(), settings), out: Output::memory(), runtime }
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

const NOW: Time = Time::from_secs(1_790_000_000);

#[test]
// [mss#2] [mss#4]
fn a_listed_operator_delivers_for_its_domain_only() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let mut talk = world.session(&flows);
    assert!(!talk.session.authenticated());
    assert_eq!(
        talk.greet(world.facts(&Leaf::operator("mx.b.fr", &organisation()))),
        accepted("250 ENHANCEDSTATUSCODES")
    );
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
// [mss#2]
fn an_operator_that_is_not_listed_hears_it_and_the_connection_ends() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let refused = "554 5.7.1 this certificate is not one of a listed operator";
    for leaf in [
        Leaf::operator("mx.c.fr", &Organisation::new("OPERATEUR C", "318751275100020", "Paris (75)")),
        Leaf::operator("other.b.fr", &organisation()),
        Leaf::operator("mx.b.fr", &organisation()).with(Flaw::Expired),
        Leaf::operator("mx.b.fr", &organisation()).with(Flaw::OtherAuthority),
    ] {
        let mut talk = world.session(&flows);
        assert_eq!(talk.greet(world.facts(&leaf)), (refused.to_owned(), Want::Close), "{leaf:?}");
        assert!(!talk.session.authenticated());
    }
    let mut talk = world.session(&flows);
    assert_eq!(talk.greet(TlsFacts::default()), (refused.to_owned(), Want::Close), "no certificate");
    assert!(flows.0.lock().unwrap().is_empty());
}

#[test]
fn a_white_list_past_its_grace_defers() {
    let (world, flows) = (World::new(Time::from_secs(1_700_000_000)), Flows::default());
    let mut talk = world.session(&flows);
    let deferred = "451 4.7.1 the trust data of this server is being renewed, try again later";
    let facts = world.facts(&Leaf::operator("mx.b.fr", &organisation()));
    assert_eq!(talk.greet(facts), (deferred.to_owned(), Want::Close));
}

#[test]
fn content_that_the_store_refuses_is_swallowed_and_refused() {
    let (world, flows) = (World::new(NOW), Flows::default());
    let mut talk = world.session(&flows);
    talk.greet(world.facts(&Leaf::operator("mx.b.fr", &organisation())));
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
    let mut talk = Talk::new(Person::new(flows.clone()));
    assert_eq!(talk.greet(TlsFacts::default()), accepted("250 AUTH PLAIN LOGIN"));
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
// [rfc5321#3.8] [rfc5321#4.5.3.2.7]
fn silence_and_shutdown_are_told() {
    let mut talk = Talk::new(Person::new(Flows::default()));
    talk.say("");
    assert_eq!(talk.session.patience(), Duration::from_secs(300));
    talk.session.timed_out(&mut talk.out);
    assert_eq!(talk.out.take(), b"421 4.4.2 nothing was heard for too long, closing\r\n");
    let mut talk = Talk::new(Person::new(Flows::default()));
    talk.say("");
    talk.session.shut_down(&mut talk.out);
    assert_eq!(talk.out.take(), b"421 4.3.2 this server is going down, try again later\r\n");
}
