//! What operator B hands in at A.

use super::*;
use crate::mail::Status;

const MESSAGE: &str =
    "From: bruno@b.mssante.fr\r\nSubject: =?utf-8?q?R=C3=A9sultat?=\r\nMessage-ID: <1@b>\r\n\r\nBonjour\r\n";

fn begin(world: &World, from: &str) -> Result<Incoming, Fault> {
    world.intake().begin(Arc::clone(&world.b), peer(), path(from), &nothing())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_its_proofs_arrive_together() {
    // [rfc8601#2.2]
    let world = World::new();
    let mut incoming = begin(&world, "bruno@b.mssante.fr").unwrap();
    incoming.recipient(&Address::parse("ANNE@a.mssante.fr").unwrap(), &no_wish()).unwrap();
    let envelope = send(incoming, MESSAGE).await.unwrap();
    assert_eq!(world.events(envelope), ["1.0 relay-in", "1.1 deliver"]);
    assert_eq!(world.store.envelopes_by_message_id("<1@b>").unwrap(), [envelope]);
    let text = world.newest(&world.anne).await;
    assert!(
        text.starts_with("Return-Path: <bruno@b.mssante.fr>\r\nAuthentication-Results: mx.a.mssante.fr;"),
        "{text}"
    );
    assert!(
        text.contains("\r\nReceived: from mx.b.mssante.fr") && text.contains("\r\nX-Sceau-Operator: dn="),
        "{text}"
    );
    assert!(text.contains(&format!("id {envelope};")), "{text}");
    assert!(text.ends_with(MESSAGE), "the bytes as they came: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_is_provable_from_its_leaf() {
    let world = World::new();
    let mut incoming = begin(&world, "bruno@b.mssante.fr").unwrap();
    incoming.recipient(&world.anne.address, &no_wish()).unwrap();
    let envelope = send(incoming, MESSAGE).await.unwrap();
    let event = world.store.events_of(envelope).unwrap().remove(0);
    let told: Vec<_> = event.openings.iter().map(|o| (o.field.to_string(), o.value.clone())).collect();
    let value = |name: &str| told.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap_or_default();
    assert_eq!(value("from"), "bruno@b.mssante.fr");
    assert_eq!(value("subject"), "Résultat");
    assert_eq!(value("msgid"), "<1@b>");
    assert!(value("peer").contains("CHU DU NORD") && value("peer").contains(" sha256:"), "{told:?}");
    assert!(value("message").starts_with(&format!("message/rfc822 {} sha256:", MESSAGE.len())), "{told:?}");
    assert!(value("part.1").starts_with("text/plain "), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_before_the_content() {
    // [mss#4]
    let world = World::new();
    assert_eq!(begin(&world, "x@d.mssante.fr").err().map(|f| f.status), Some(Status::DomainNotOperators));
    let too_large = world.intake().begin(Arc::clone(&world.b), peer(), ReversePath::Null, &sized(10_001));
    assert_eq!(too_large.err().map(|f| f.status), Some(Status::MessageTooLarge));
    let mut incoming = world.intake().begin(Arc::clone(&world.b), peer(), ReversePath::Null, &sized(101)).unwrap();
    let mut judge = |text: &str| incoming.recipient(&Address::parse(text).unwrap(), &no_wish()).err().map(|f| f.status);
    assert_eq!(judge("nobody@a.mssante.fr"), Some(Status::RecipientUnknown));
    assert_eq!(judge("alain@a.mssante.fr"), Some(Status::MailboxFull));
    assert_eq!(judge("anne@a.mssante.fr"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_when_one_mailbox_turns_out_to_be_full() {
    let world = World::new();
    let mut incoming = begin(&world, "bruno@b.mssante.fr").unwrap();
    incoming.recipient(&world.anne.address, &no_wish()).unwrap();
    // Declares no size, so that the mailbox of 100 octets is found full only at the end.
    incoming.recipient(&Address::parse("alain@a.mssante.fr").unwrap(), &no_wish()).unwrap();
    let refused = send(incoming, MESSAGE).await;
    assert_eq!(refused.err().map(|f| f.status), Some(Status::MailboxFull));
    let account = world.store.account(world.anne.account).unwrap();
    assert_eq!(account.usage().unwrap().messages, 0);
    assert!(world.store.pending_events(10).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn content_beyond_the_limit_and_loops_are_refused() {
    let world = World::new();
    for (content, status) in
        [("x".repeat(10_001), Status::MessageTooLarge), ("Received: x\r\n".repeat(101) + "\r\n", Status::MailLoop)]
    {
        let mut incoming = begin(&world, "bruno@b.mssante.fr").unwrap();
        incoming.recipient(&world.anne.address, &no_wish()).unwrap();
        assert_eq!(send(incoming, &content).await.err().map(|f| f.status), Some(status));
    }
}
