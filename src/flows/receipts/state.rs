//! How far a message has come to each recipient, and by whose word: one pure function of the recipient's events.
//!
//! Nothing is concluded that no event says. A transfer is not an opening, a peer's `250` is not a delivery, and the
//! grade of an opening is that of its best single event.

use crate::mail::Time;
use crate::seal::event::{Basis, EventKind, Field, Grade, Plain};
use crate::store::StoredEvent;

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It was accepted and has not left.
    Sealed,
    /// Another operator's server took it.
    Relayed,
    /// It will not arrive.
    Failed,
    /// It is in the mailbox.
    Delivered,
    /// Software fetched it.
    Transferred,
    /// It was opened.
    Opened(Grade),
}

/// By whose word something is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// This server saw it.
    Here,
    /// Another operator says so: the subject of its certificate, unless that was erased.
    Peer(Option<String>),
    /// Another operator has proved it in its own log: the subject of its certificate, unless that was erased.
    PeerProof(Option<String>),
    /// The recipient's own software says so.
    Recipient,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub time: Time,
    /// What happened.
    pub kind: EventKind,
    /// By whose word.
    pub word: Word,
    /// How sure an opening is.
    pub grade: Option<Grade>,
    /// On which signal.
    pub basis: Option<Basis>,
    /// What a peer or software answered.
    pub reply: Option<String>,
}

/// How far a message has come to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The recipient's number in the envelope.
    pub rcpt: u16,
    /// The recipient's address, unless it was erased.
    pub address: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// Since when.
    pub since: Time,
    /// By whose word.
    pub word: Word,
}

impl Stage {
    /// What people read, in French.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Sealed => "scellé, pas encore parti".to_owned(),
            Self::Relayed => "transmis à l'opérateur du destinataire".to_owned(),
            Self::Failed => "non remis".to_owned(),
            Self::Delivered => "remis dans la boîte aux lettres".to_owned(),
            Self::Transferred => "téléchargé (affichage non établi)".to_owned(),
            Self::Opened(grade) => format!("ouvert ({})", grade.label()),
        }
    }

    /// A word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Relayed => "relayed",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Transferred => "transferred",
            Self::Opened(_) => "opened",
        }
    }
}

impl Word {
    /// What people read, in French.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Here => "constaté ici".to_owned(),
            Self::Peer(Some(name)) => format!("selon l'opérateur {name}"),
            Self::Peer(None) => "selon l'opérateur pair".to_owned(),
            Self::PeerProof(Some(name)) => format!("prouvé par l'opérateur {name}"),
            Self::PeerProof(None) => "prouvé par l'opérateur pair".to_owned(),
            Self::Recipient => "selon le logiciel du destinataire".to_owned(),
        }
    }
}

/// One event as people read it.
#[must_use]
pub fn fact(event: &StoredEvent) -> Fact {
    let leaf = &event.leaf;
    let basis = leaf.plain(Plain::Basis).and_then(Basis::parse);
    Fact {
        time: leaf.time(),
        kind: leaf.kind(),
        word: word(event, basis),
        grade: leaf.plain(Plain::Grade).and_then(Grade::parse),
        basis,
        reply: opened(event, Field::Reply),
    }
}

fn word(event: &StoredEvent, basis: Option<Basis>) -> Word {
    let proved = event.leaf.committed(Field::PeerProof).is_some();
    let peer = |field| {
        let name = opened(event, field).map(|value| without_fingerprint(&value));
        if proved { Word::PeerProof(name) } else { Word::Peer(name) }
    };
    let by_peer = event.leaf.committed(Field::Auth).is_some() && event.leaf.plain(Plain::Via) == Some("smtp");
    match (event.leaf.kind(), basis) {
        (EventKind::Deliver, Some(Basis::Dsn)) => peer(Field::Peer),
        (EventKind::RelayFail, _) if event.leaf.committed(Field::Peer).is_some() => peer(Field::Peer),
        (_, Some(Basis::Mdn | Basis::Service)) if by_peer => peer(Field::Auth),
        (_, Some(Basis::Mdn | Basis::Service)) => Word::Recipient,
        _ => Word::Here,
    }
}

fn opened(event: &StoredEvent, field: Field) -> Option<String> {
    event.openings.iter().find(|opening| opening.field == field).map(|opening| opening.value.clone())
}

fn without_fingerprint(peer: &str) -> String {
    peer.split(" sha256:").next().unwrap_or(peer).to_owned()
}

/// How far the message of these events has come to one recipient; none when no event is about that recipient.
/// `events` are all of the envelope.
#[must_use]
pub fn state(events: &[StoredEvent], rcpt: u16) -> Option<State> {
    let seal = events.iter().find(|event| event.rcpt == 0 && event.leaf.kind() == EventKind::Seal);
    let own: Vec<_> = events.iter().filter(|event| event.rcpt == rcpt).collect();
    let mut best: Option<(Stage, Time, Word)> = seal.map(|seal| (Stage::Sealed, seal.leaf.time(), Word::Here));
    for event in &own {
        let Some(stage) = reached(event) else { continue };
        // The same stage by a stronger word counts: a proof of the peer behind its notice.
        let proved = event.leaf.committed(Field::PeerProof).is_some();
        if best.as_ref().is_none_or(|(known, _, word)| {
            stage > *known || (stage == *known && proved && matches!(word, Word::Peer(_)))
        }) {
            let fact = fact(event);
            best = Some((stage, fact.time, fact.word));
        }
    }
    let (stage, since, word) = best?;
    let sealed_for = seal.and_then(|seal| opened(seal, Field::To(rcpt)));
    if own.is_empty() && sealed_for.is_none() {
        return None;
    }
    let delivered_to = || {
        let deliver = own.iter().find(|event| event.leaf.kind() == EventKind::Deliver)?;
        opened(deliver, Field::Mailbox).and_then(|mailbox| mailbox.split(' ').next().map(str::to_owned))
    };
    Some(State { rcpt, address: sealed_for.or_else(delivered_to), stage, since, word })
}

/// How far an event says that the message has come.
fn reached(event: &StoredEvent) -> Option<Stage> {
    match event.leaf.kind() {
        EventKind::RelayOut => Some(Stage::Relayed),
        EventKind::RelayFail => Some(Stage::Failed),
        EventKind::Deliver => Some(Stage::Delivered),
        EventKind::Transfer => Some(Stage::Transferred),
        EventKind::Open => event.leaf.plain(Plain::Grade).and_then(Grade::parse).map(Stage::Opened),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::EnvelopeId;
    use crate::seal::event::{Draft, LeafHash, Level, Via};
    use crate::trust::testing::Space;

    /// Events of recipient 1, one a second; a word is a kind, or a kind and a basis.
    fn events(words: &[&str]) -> Vec<StoredEvent> {
        let edge = Space::new().edge;
        let mut prev: Option<LeafHash> = None;
        (0_u32..)
            .zip(words)
            .map(|(number, text)| {
                let (kind, basis) =
                    text.split_once(' ').map_or((*text, None), |(kind, basis)| (kind, Basis::parse(basis)));
                let kind = EventKind::parse(kind).unwrap();
                let mut draft = Draft::new(kind, EnvelopeId([1; 16]));
                if kind == EventKind::Seal {
                    draft = draft.level(Level::Password).via(Via::Submission).commit(Field::To(1), "x@b.fr");
                } else {
                    draft = draft.rcpt(1);
                }
                if matches!(kind, EventKind::Transfer | EventKind::Open | EventKind::Seen) {
                    let by_peer = matches!(basis, Some(Basis::Mdn | Basis::Service));
                    draft = draft.level(Level::OrgCert).via(if by_peer { Via::Smtp } else { Via::Imap });
                    if by_peer {
                        draft = draft.commit(Field::Auth, "CN=b,C=FR sha256:00");
                    }
                }
                if let Some(basis) = basis {
                    draft = draft.basis(basis);
                }
                draft = with_peer(draft, basis, number);
                let time = Time::from_secs(1000 + i64::from(number));
                let (leaf, openings) = draft.into_leaf(time, number, prev, &*edge.chance).unwrap();
                prev = Some(leaf.hash());
                StoredEvent { rcpt: u16::from(kind != EventKind::Seal), number, leaf, openings, log_index: None }
            })
            .collect()
    }

    /// What another operator's word needs; only every second notice of it comes with its proof.
    fn with_peer(draft: Draft, basis: Option<Basis>, number: u32) -> Draft {
        match draft.kind() {
            EventKind::RelayFail => draft.plain(Plain::Status, "5.1.1"),
            EventKind::Deliver if basis.is_some() => {
                let draft = draft.commit(Field::Peer, "CN=b,C=FR sha256:00");
                if number.is_multiple_of(2) {
                    draft
                } else {
                    draft.commit(Field::PeerProof, "preuves.b.fr/2026 1 hash shown")
                }
            }
            _ => draft,
        }
    }

    #[test]
    fn a_state_is_what_the_best_event_says_and_no_more() {
        // [proofs#when-is-it-open]
        use Grade::{Declared, Implied};
        let peer = || Word::Peer(Some("CN=b,C=FR".to_owned()));
        let proved = || Word::PeerProof(Some("CN=b,C=FR".to_owned()));
        for (words, stage, second, word) in [
            (&["seal"][..], Stage::Sealed, 0, Word::Here),
            (&["seal", "relay-out"], Stage::Relayed, 1, Word::Here),
            (&["seal", "relay-fail"], Stage::Failed, 1, Word::Here),
            (&["seal", "relay-out", "relay-fail"], Stage::Failed, 2, Word::Here),
            (&["seal", "relay-out", "deliver dsn"], Stage::Delivered, 2, peer()),
            (&["seal", "relay-out", "relay-fail", "deliver dsn"], Stage::Delivered, 3, proved()),
            (&["seal", "relay-out", "deliver dsn", "open mdn"], Stage::Opened(Declared), 3, peer()),
            (&["seal", "relay-out", "transfer service"], Stage::Transferred, 2, peer()),
            (&["seal", "deliver dsn"], Stage::Delivered, 1, proved()),
            (&["seal", "relay-out", "deliver dsn", "deliver dsn"], Stage::Delivered, 3, proved()),
            (&["seal", "deliver dsn", "deliver dsn"], Stage::Delivered, 1, proved()),
            (&["seal", "deliver"], Stage::Delivered, 1, Word::Here),
            (&["seal", "deliver", "transfer imap-peek", "seen imap-mark"], Stage::Transferred, 2, Word::Here),
            (&["seal", "deliver", "transfer imap-body", "open imap-body"], Stage::Opened(Implied), 3, Word::Here),
            (&["seal", "deliver", "open imap-body", "open imap-seen"], Stage::Opened(Declared), 3, Word::Here),
            (&["relay-in", "deliver"], Stage::Delivered, 1, Word::Here),
        ] {
            let state = state(&events(words), 1).unwrap();
            assert_eq!((state.stage, state.word), (stage, word), "{words:?}");
            assert_eq!(state.since, Time::from_secs(1000 + second), "{words:?}");
        }
        assert_eq!(state(&events(&["seal"]), 2), None, "nobody of that number");
        assert_eq!(state(&events(&["seal"]), 1).unwrap().address.as_deref(), Some("x@b.fr"));
    }

    #[test]
    fn erased_openings_leave_the_stage() {
        let mut erased = events(&["seal", "relay-out", "deliver dsn"]);
        erased.iter_mut().for_each(|event| event.openings.clear());
        let state = state(&erased, 1).unwrap();
        assert_eq!((state.stage, state.word, state.address), (Stage::Delivered, Word::Peer(None), None));
    }

    proptest! {
        #[test]
        fn more_events_never_take_a_state_back(picks in prop::collection::vec(0_usize..6, 0..8)) {
            let words = ["relay-out", "relay-fail", "deliver dsn", "transfer imap-peek", "open imap-body", "seen imap-mark"];
            let all: Vec<_> = std::iter::once("seal").chain(picks.into_iter().map(|pick| words[pick])).collect();
            let stages: Vec<_> = (1..=all.len()).map(|n| state(&events(&all[..n]), 1).unwrap().stage).collect();
            prop_assert!(stages.windows(2).all(|pair| pair[0] <= pair[1]), "{stages:?}");
        }
    }
}
