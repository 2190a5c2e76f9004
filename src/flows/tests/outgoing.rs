//! What Anne sends: here, to operator B, and what becomes of it when B answers in all ways.

use super::*;
use crate::mail::{Hold, Notify, OriginalRecipient, Priority, Return, Status, Time};
use crate::queue::schedule::Limits;
use crate::queue::{self, Desk, Due};
use crate::trust::testing::start;

const MESSAGE: &str = "From: Anne <anne@a.mssante.fr>\r\n\
     To: anne@a.mssante.fr, b1@b.mssante.fr, b2@b.mssante.fr, b3@b.mssante.fr, c1@c.mssante.fr\r\nBcc: secret@b.mssante.fr\r\nSubject: s\r\n\r\nBonjour\r\n";

/// Answers as it is told, and keeps what it was given.
#[derive(Default)]
pub(super) struct Told {
    pub(super) answers: Mutex<Vec<Vec<Outcome>>>,
    sent: Mutex<Vec<(Domain, Vec<Address>, String)>>,
}

impl Told {
    /// Answers the next message so.
    pub(super) fn answer(&self, outcomes: Vec<Outcome>) {
        self.answers.lock().unwrap().push(outcomes);
    }

    /// Every message: to whom, and its text.
    pub(super) fn all(&self) -> Vec<(Vec<String>, String)> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|(_, to, text)| (to.iter().map(ToString::to_string).collect(), text.clone())).collect()
    }

    /// The last message.
    pub(super) fn last(&self) -> (Vec<String>, String) {
        self.all().pop().unwrap()
    }
}

impl Transport for Arc<Told> {
    async fn deliver(&self, mut message: Outbound) -> Vec<Outcome> {
        let mut bytes = Vec::new();
        while let Some(piece) = message.content.next_piece().unwrap() {
            bytes.extend(piece);
        }
        assert_eq!(bytes.len() as u64, message.size, "SIZE tells the truth");
        let text = String::from_utf8(bytes).unwrap();
        self.sent.lock().unwrap().push((message.domain, message.recipients, text));
        self.answers.lock().unwrap().remove(0)
    }
}

pub(super) fn relay(world: &World, told: &Arc<Told>) -> Relay<Arc<Told>> {
    let settings = RelaySettings { expire_secs: 86_400, delay_notice_secs: 4 * 3600 };
    let relay = Relay::new(Arc::clone(&world.store), desk(world), Arc::clone(told), world.space.edge.clone(), settings);
    relay.serving([domain("a.mssante.fr")].into())
}

/// A desk that groups by domain.
pub(super) fn desk(world: &World) -> Arc<Desk> {
    let limits = Limits { per_operator: 10, per_minute: 0, in_memory: 1000 };
    Arc::new(Desk::new(Arc::clone(&world.store), limits, Box::new(ToString::to_string)))
}

pub(super) async fn run(relay: &Relay<Arc<Told>>) -> usize {
    let due = relay.due(100).unwrap();
    let count = due.len();
    for attempt in due {
        relay.attempt(attempt).await.unwrap();
    }
    count
}

pub(super) async fn submit(world: &World, recipients: &[&str]) -> EnvelopeId {
    let mut outgoing = world.submission().begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
    for recipient in recipients {
        outgoing.recipient(&Address::parse(recipient).unwrap(), &no_wish()).unwrap();
    }
    send(outgoing, MESSAGE).await.unwrap()
}

/// Recipients in the queue.
pub(super) fn waiting(world: &World) -> usize {
    let mut count = 0;
    queue::for_each_item(&world.store, |_, _, _| count += 1).unwrap();
    count
}

pub(super) fn deferred() -> Outcome {
    Outcome::Deferred { reason: "connection refused".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_a_local_delivery_and_queue_items_are_one_commit() {
    let world = World::new();
    let envelope = submit(&world, &["anne@a.mssante.fr", "b1@b.mssante.fr", "b2@b.mssante.fr"]).await;
    assert_eq!(world.events(envelope), ["0.0 seal", "1.1 deliver"]);
    assert_eq!(waiting(&world), 2);
    let text = world.newest(&world.anne).await;
    assert!(!text.contains("secret@"), "blind copies are taken out: {text}");
    assert!(text.contains("\r\nMessage-ID: <") && text.contains("\r\nDate: "), "completed: {text}");
    let seal = world.store.events_of(envelope).unwrap().remove(0).leaf.hash().to_string();
    let field = format!("X-Sceau-Seal: preuves.a.mssante.fr/2026 {envelope}\r\n {seal}\r\nFrom: Anne");
    assert!(text.contains(&field), "what follows the field is sealed: {text}");
}

#[tokio::test(flavor = "multi_thread")]
// [rfc3461#4] [rfc4865#4]
async fn what_was_asked_waits_with_the_message_and_travels_with_it() {
    let world = World::new();
    let mail = MailParams {
        ret: Some(Return::Headers),
        envid: Some("dossier 12".to_owned()),
        hold: Some(Hold::For(3600)),
        priority: Priority::new(3),
        require_tls: true,
        ..MailParams::default()
    };
    let original = OriginalRecipient { kind: "rfc822".to_owned(), address: "b@old.fr".to_owned() };
    let rcpt = RcptParams { notify: Some(Notify::Never), original: Some(original) };
    let mut outgoing = world.submission().begin(&world.anne, peer(), path("anne@a.mssante.fr"), &mail).unwrap();
    outgoing.recipient(&Address::parse("b1@b.mssante.fr").unwrap(), &rcpt).unwrap();
    let envelope = send(outgoing, MESSAGE).await.unwrap();
    let accepted = world.space.edge.now();
    let items = queue::items_of(&world.store, envelope).unwrap();
    assert_eq!((items[0].1.due, &items[0].1.params), (Due::At(accepted.plus_secs(3600)), &rcpt));
    let message = queue::message(&world.store, envelope).unwrap().unwrap();
    assert_eq!(message.wishes, mail.wishes(accepted));
    let told = Arc::new(Told::default());
    assert_eq!(run(&relay(&world, &told)).await, 0, "not before its time");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_s_yes_is_recorded_and_empties_the_queue() {
    let world = World::new();
    let envelope = submit(&world, &["b1@b.mssante.fr", "b2@b.mssante.fr"]).await;
    let told = Arc::new(Told::default());
    let yes = Outcome::Relayed { peer: Arc::clone(&world.b), reply: "250 2.0.0 x".to_owned(), reports: true };
    told.answers.lock().unwrap().push(vec![yes.clone(), yes]);
    assert_eq!(run(&relay(&world, &told)).await, 1, "both recipients in one transaction");
    assert_eq!(world.events(envelope), ["0.0 seal", "1.1 relay-out", "2.1 relay-out"]);
    assert_eq!(waiting(&world), 0);
    assert!(queue::message(&world.store, envelope).unwrap().is_none());
    let sent = told.sent.lock().unwrap();
    assert!(sent[0].2.starts_with("Received: ") && sent[0].2.ends_with("\r\n\r\nBonjour\r\n"), "{}", sent[0].2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_refusal_is_reported_to_the_sender() {
    let world = World::new();
    let envelope = submit(&world, &["b1@b.mssante.fr"]).await;
    let told = Arc::new(Told::default());
    told.answers.lock().unwrap().push(vec![Outcome::Failed { reply: "550 5.1.1 no such user".to_owned() }]);
    run(&relay(&world, &told)).await;
    assert_eq!(world.events(envelope), ["0.0 seal", "1.1 relay-fail"]);
    assert_eq!(world.pay().await, 1);
    let report = world.newest(&world.anne).await;
    assert!(report.starts_with("Return-Path: <>\r\n"), "{report}");
    for needed in ["Action: failed", "Status: 5.1.1", "Subject: s", "b1@b.mssante.fr"] {
        assert!(report.contains(needed), "{needed} in {report}");
    }
    assert!(!report.contains("\r\n\r\nBonjour\r\n"), "no content returned: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferral_waits_is_told_once_and_expires() {
    let world = World::new();
    let envelope = submit(&world, &["b1@b.mssante.fr"]).await;
    let told = Arc::new(Told::default());
    *told.answers.lock().unwrap() = vec![vec![deferred()]; 4];
    let relay = relay(&world, &told);
    let shards = tempfile::tempdir().unwrap();
    let receipts = world.receipts(shards.path());
    let inbox = |world: &World| world.store.account(world.anne.account).unwrap().usage().unwrap().messages;
    assert_eq!(run(&relay).await, 1);
    assert_eq!(run(&relay).await, 0, "not due at once again");
    assert_eq!(inbox(&world), 0);
    for (hours, reports) in [(5, 1), (10, 1), (25, 2)] {
        world.clock().set(start().plus_secs(hours * 3600));
        assert_eq!(run(&relay).await, 1, "after {hours} hours");
        receipts.pay().await.unwrap();
        assert_eq!(inbox(&world), reports, "after {hours} hours");
    }
    assert_eq!(world.events(envelope), ["0.0 seal", "1.1 relay-fail"]);
    assert_eq!(waiting(&world), 0);
    // [rfc3463#3.5]
    assert!(world.newest(&world.anne).await.contains("Status: 5.4.7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_in_flight_is_not_begun_twice() {
    let world = World::new();
    submit(&world, &["b1@b.mssante.fr", "c1@c.mssante.fr"]).await;
    let told = Arc::new(Told::default());
    *told.answers.lock().unwrap() = vec![vec![deferred()]; 2];
    let relay = relay(&world, &told);
    let due = relay.due(100).unwrap();
    assert_eq!(due.len(), 2, "one per domain");
    assert!(relay.due(100).unwrap().is_empty());
    for attempt in due {
        relay.attempt(attempt).await.unwrap();
    }
    world.clock().set(Time(start().0 + 3_600_000));
    assert_eq!(relay.due(100).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_writes_as_itself_inside_the_trust_space_only() {
    let world = World::new();
    let foreign = world.submission().begin(&world.anne, peer(), path("alain@a.mssante.fr"), &nothing());
    assert_eq!(foreign.err().map(|f| f.status), Some(Status::NotYourAddress));
    let mut outgoing = world.submission().begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
    let mut judge = |text: &str| outgoing.recipient(&Address::parse(text).unwrap(), &no_wish()).err().map(|f| f.status);
    assert_eq!(judge("x@gmail.com"), Some(Status::OutsideTrustSpace));
    assert_eq!(judge("nobody@a.mssante.fr"), Some(Status::RecipientUnknown));
    assert_eq!(judge("x@b.mssante.fr"), None);
}
