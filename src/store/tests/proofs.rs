//! Proofs: chains, first events, openings, the way to the log.

use super::*;
use crate::seal::event::{Basis, Draft, EventKind, Field, Level, Plain, Via};

pub(super) const ENVELOPE: EnvelopeId = EnvelopeId([9; 16]);

pub(super) fn relay_in(rcpt: u16) -> Draft {
    let draft = Draft::new(EventKind::RelayIn, ENVELOPE).rcpt(rcpt);
    draft.commit(Field::From, "b@b.mssante.fr").commit(Field::Message, "message/rfc822 3 sha256:00")
}

pub(super) fn deliver(rcpt: u16) -> Draft {
    Draft::new(EventKind::Deliver, ENVELOPE).rcpt(rcpt).commit(Field::Mailbox, "jean@a.mssante.fr")
}

fn seen_by(kind: EventKind, basis: Basis) -> impl Fn(EnvelopeId, u16) -> Draft + Clone + Send {
    move |envelope, rcpt| {
        let draft = Draft::new(kind, envelope).rcpt(rcpt).basis(basis).level(Level::Password).via(Via::Imap);
        draft.commit(Field::Mailbox, "jean").commit(Field::Login, "jean")
    }
}

/// A message that came with the envelope, delivered to recipient 1.
async fn delivered(store: &Store) -> (AccountId, MailboxId) {
    let id = account(store, "jean").await;
    let inbox = mailbox(store, id, "INBOX").id;
    try_append(store, id, inbox, &text(100), Some((ENVELOPE, 1))).await.unwrap();
    let work = move |tx: &mut Tx<'_>| {
        tx.record_event(relay_in(1), Subject::Account(id))?;
        tx.record_event(deliver(1), Subject::Account(id))
    };
    store.write(work).await.unwrap();
    (id, inbox)
}

// [proofs#chain]
#[tokio::test]
async fn events_form_one_chain_for_each_recipient() {
    let store = memory();
    let (id, _) = delivered(&store).await;
    store.write(move |tx| tx.record_event(relay_in(2), Subject::Envelope)).await.unwrap();
    store.write(move |tx| tx.record_event(deliver(2), Subject::Account(id))).await.unwrap();
    let events = store.events_of(ENVELOPE).unwrap();
    let places: Vec<_> = events.iter().map(|event| (event.rcpt, event.number)).collect();
    assert_eq!(places, [(1, 0), (1, 1), (2, 0), (2, 1)]);
    assert_eq!(events[1].leaf.prev(), Some(events[0].leaf.hash()));
    assert_eq!(events[3].leaf.prev(), Some(events[2].leaf.hash()));
    for event in &events {
        assert_eq!(event.openings.len(), event.leaf.commitments().count());
        assert!(event.openings.iter().all(|opening| event.leaf.opens(opening)));
    }
}

// [proofs#chain]
#[tokio::test]
async fn a_chain_begins_at_the_seal_where_there_is_one() {
    let store = memory();
    let id = account(&store, "jean").await;
    let seal = Draft::new(EventKind::Seal, ENVELOPE).level(Level::Password).via(Via::Submission);
    let seal = seal.commit(Field::From, "jean@a.mssante.fr").commit(Field::To(1), "x@b.mssante.fr");
    let sealed = store.write(move |tx| tx.record_event(seal, Subject::Account(id))).await.unwrap();
    store.write(move |tx| tx.record_event(deliver(1), Subject::Account(id))).await.unwrap();
    store.write(move |tx| tx.record_event(deliver(2), Subject::Account(id))).await.unwrap();
    let events = store.events_of(ENVELOPE).unwrap();
    assert!(events[1..].iter().all(|event| event.number == 1 && event.leaf.prev() == Some(sealed)));
}

// [proofs#event] [proofs#log]
#[tokio::test]
async fn leaves_wait_for_the_log_in_their_order() {
    let store = memory();
    delivered(&store).await;
    let waiting = store.pending_events(10).unwrap();
    let kinds: Vec<_> = waiting.iter().map(|(_, leaf)| leaf.kind()).collect();
    assert_eq!(kinds, [EventKind::RelayIn, EventKind::Deliver]);
    assert_eq!(store.pending_events(1).unwrap().len(), 1);
    let first = waiting[0].0;
    for _ in 0..2 {
        store.write(move |tx| tx.mark_recorded(&[(first, 41)])).await.unwrap();
    }
    assert_eq!(store.pending_events(10).unwrap().len(), 1);
    let events = store.events_of(ENVELOPE).unwrap();
    assert_eq!((events[0].log_index, events[1].log_index), (Some(41), None));
}

// [proofs#event] [proofs#log]
#[tokio::test]
async fn a_long_line_of_leaves_is_marked_in_any_pieces() {
    let store = memory();
    let id = account(&store, "jean").await;
    // Several leaves a group, several rows of the line, several rows of places in the log.
    for number in 0..3_u8 {
        let work = move |tx: &mut Tx<'_>| {
            for rcpt in 1..=800_u16 {
                let draft = Draft::new(EventKind::RelayIn, EnvelopeId([number; 16])).rcpt(rcpt);
                tx.record_event(draft, Subject::Account(id))?;
            }
            Ok(())
        };
        store.write(work).await.unwrap();
    }
    let (mut index, mut taken) = (7, Vec::new());
    for step in [1, 500, 300, 800, 799] {
        assert_eq!(store.pending_count().unwrap(), 2400 - taken.len() as u64);
        let waiting = store.pending_events(step).unwrap();
        assert_eq!(waiting.len(), step);
        // The log skips some places between two groups, as when another shard begins.
        index += 3;
        let marks: Vec<(u64, u64)> = waiting.iter().map(|(sequence, _)| *sequence).zip(index..).collect();
        index += step as u64;
        for _ in 0..2 {
            let marks = marks.clone();
            store.write(move |tx| tx.mark_recorded(&marks)).await.unwrap();
        }
        taken.extend(waiting.into_iter().zip(marks).map(|((_, leaf), (_, index))| (leaf.hash(), index)));
        assert!(store.check().await.unwrap().is_clean());
    }
    assert_eq!(store.pending_events(9).unwrap().len(), 0);
    for number in 0..3_u8 {
        for event in store.events_of(EnvelopeId([number; 16])).unwrap() {
            let expected = taken.iter().find(|(hash, _)| *hash == event.leaf.hash()).unwrap().1;
            assert_eq!(event.log_index, Some(expected));
        }
    }
}

// [proofs#event] [proofs#erasure]
#[tokio::test]
async fn openings_that_are_too_long_for_a_row_lie_in_pieces_and_are_erased_too() {
    let store = memory();
    let id = account(&store, "jean").await;
    let mut draft = Draft::new(EventKind::Seal, ENVELOPE).level(Level::Password).via(Via::Submission);
    draft = draft.commit(Field::From, "jean@a.mssante.fr").commit(Field::Subject, "s");
    let long = "x".repeat(1000);
    for number in 1..=60 {
        draft = draft.commit(Field::Name(number), &long);
    }
    store.write(move |tx| tx.record_event(draft, Subject::Account(id))).await.unwrap();
    assert_eq!(store.events_of(ENVELOPE).unwrap()[0].openings.len(), 62);
    assert!(store.check().await.unwrap().is_clean());
    let erased = store.erase_person(&address("jean"), "rgpd".to_owned(), AccountToo::Yes).await;
    assert_eq!(erased.unwrap(), 1);
    assert_eq!(store.events_of(ENVELOPE).unwrap()[0].openings.len(), 0);
    assert!(store.check().await.unwrap().is_clean());
}

// [proofs#first-event-only]
#[tokio::test]
async fn only_the_first_transfer_of_a_login_is_recorded() {
    let store = memory();
    let (id, inbox) = delivered(&store).await;
    let account = store.account(id).unwrap();
    assert_eq!(account.standing_receipt(inbox, uid(1), id).unwrap(), None);
    let draft = seen_by(EventKind::Transfer, Basis::ImapPeek);
    for login in [id, id, AccountId(99), AccountId(99)] {
        let draft = draft.clone();
        let at = (id, inbox, uid(1));
        let receipt = store.write(move |tx| tx.transfer(at, login, draft)).await.unwrap();
        assert!(account.body(inbox, uid(1), &receipt).is_ok());
        assert_eq!(account.standing_receipt(inbox, uid(1), login).unwrap(), Some(receipt));
    }
    let transfers = store.events_of(ENVELOPE).unwrap().into_iter().filter(|e| e.leaf.kind() == EventKind::Transfer);
    assert_eq!(transfers.count(), 2);
    let index = account.index(inbox).unwrap();
    assert!(index.get(uid(1)).unwrap().observed.contains(Observed::TRANSFERRED));
}

// [proofs#first-event-only]
#[tokio::test]
async fn a_copy_is_the_same_message() {
    let store = memory();
    let (id, inbox) = delivered(&store).await;
    let trash = mailbox(&store, id, "Trash").id;
    store.write(move |tx| tx.copy(id, inbox, uid(1), trash)).await.unwrap();
    let draft = seen_by(EventKind::Open, Basis::ImapSeen);
    for (mailbox, expected) in [(inbox, true), (trash, false), (inbox, false)] {
        let draft = draft.clone();
        let at = (id, mailbox, uid(1));
        let recorded = store.write(move |tx| tx.observe(at, id, Observed::OPENED, draft)).await.unwrap();
        assert_eq!(recorded.is_some(), expected);
    }
    assert!(store.write(move |tx| tx.observed((id, trash, uid(1)), id, Observed::OPENED)).await.unwrap());
    assert!(!store.write(move |tx| tx.observed((id, trash, uid(1)), id, Observed::SEEN)).await.unwrap());
}

#[tokio::test]
async fn a_receipt_opens_no_other_message_and_what_has_no_envelope_has_no_events() {
    let store = memory();
    let (id, inbox) = delivered(&store).await;
    append(&store, id, inbox, &text(10)).await;
    let account = store.account(id).unwrap();
    let free = account.standing_receipt(inbox, uid(2), id).unwrap().unwrap();
    assert!(account.body(inbox, uid(2), &free).is_ok());
    assert!(account.body(inbox, uid(1), &free).is_err());
}

#[tokio::test]
async fn a_job_that_fails_records_nothing() {
    let store = memory();
    let work = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
        tx.record_event(relay_in(1), Subject::Envelope)?;
        Err(Fault::peer(Status::RecipientUnknown, "after all"))
    };
    assert_eq!(store.write(work).await.unwrap_err().status, Status::RecipientUnknown);
    assert_eq!((store.pending_events(9).unwrap().len(), store.events_of(ENVELOPE).unwrap().len()), (0, 0));
    let wrong = Draft::new(EventKind::Deliver, ENVELOPE);
    assert!(store.write(move |tx| tx.record_event(wrong, Subject::Envelope)).await.is_err(), "no recipient");
}

#[tokio::test]
async fn facts_about_the_operator_have_no_envelope() {
    let store = memory();
    for code in ["restored", "moved"] {
        let fact = Draft::of_operator(EventKind::Incident).plain(Plain::Code, code);
        store.write(move |tx| tx.record_event(fact, Subject::Envelope)).await.unwrap();
    }
    assert_eq!(store.pending_events(9).unwrap().len(), 2);
}

#[tokio::test]
async fn an_envelope_is_found_by_its_message_id() {
    let store = memory();
    for number in [1, 2] {
        store
            .write(move |tx| {
                tx.remember_message_id("<1@x>", EnvelopeId([number; 16]));
                Ok(())
            })
            .await
            .unwrap();
    }
    assert_eq!(store.envelopes_by_message_id("<1@x>").unwrap(), [EnvelopeId([1; 16]), EnvelopeId([2; 16])]);
    assert_eq!(store.envelopes_by_message_id("<2@x>").unwrap(), []);
}
