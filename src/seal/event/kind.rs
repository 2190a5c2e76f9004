//! The kinds of events and the one table of their fields.

use super::commitment::{Field, canonical_number, parse_base64};
use super::words::{Basis, Grade, Level, Via};
use crate::mail::{EnvelopeId, Time};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// These exact bytes were accepted from a login, for these recipients.
    Seal,
    /// A submission was refused.
    Refuse,
    /// A peer answered 250.
    RelayOut,
    /// A peer's bytes came.
    RelayIn,
    /// A peer refused for good, or time ran out.
    RelayFail,
    /// It is in the mailbox and can be fetched.
    Deliver,
    /// A notice went to the person's ordinary address.
    Notify,
    /// Bytes left for a client.
    Transfer,
    /// It was opened, with a grade.
    Open,
    /// \Seen was set without an opening.
    Seen,
    /// A login deleted it.
    Delete,
    /// End of a recipient's chain: the content is destroyed.
    Close,
    /// Openings were destroyed.
    Erase,
    /// A login may now open a mailbox.
    Grant,
    /// A login may no longer open it.
    Revoke,
    /// A key of the log: the next one, or where the shard before ended.
    Key,
    /// A time-stamp of somebody else over a checkpoint.
    Anchor,
    /// The clock was compared or set.
    Clock,
    /// Something that readers of the log must know of.
    Incident,
}

/// A field that everybody may read. None can hold personal data: each has a narrow form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Plain {
    /// When the operator says that it happened: `2026-11-22T10:15:03Z`.
    Time,
    /// The envelope, 22 characters.
    Envelope,
    /// The number in the recipient's chain, 0 first.
    Event,
    /// The hash of the chain's leaf before; only when `event` is above 0.
    Prev,
    /// The recipient's number in the envelope, from 1.
    Rcpt,
    /// An enhanced status code (RFC 3463).
    Status,
    /// By which signal.
    Basis,
    /// How strongly; follows from the basis.
    Grade,
    /// How the login had signed in.
    Level,
    /// By which way.
    Via,
    /// Events of the chain, this one included.
    Events,
    /// `yes` or `no`.
    Transferred,
    /// `no` or the highest grade.
    Opened,
    /// On which ground something was erased: a short word.
    Ground,
    /// A number of leaves.
    Leaves,
    /// A public key in the form of C2SP signed notes.
    Vkey,
    /// A log's origin.
    Origin,
    /// A log's size.
    Size,
    /// A log's root.
    Root,
    /// The SHA-256 of a time-stamp token.
    Token,
    /// Milliseconds by which the clock was wrong, positive when it was ahead.
    Offset,
    /// A short word for what happened.
    Code,
}

/// The fields of a kind, in their order in the leaf.
#[derive(Debug)]
pub struct Fields {
    /// Plain fields that must be there. `prev` is needed when `event` is above 0 and not allowed else.
    pub required: &'static [Plain],
    /// Plain fields that may be there. They are written in the order of [`Plain`] among the required ones.
    pub optional: &'static [Plain],
    /// Committed fields that may be there, by the order in the leaf; a numbered one stands for all its numbers.
    pub committed: &'static [Field],
}

use Plain::{Basis as B, Envelope, Event, Grade as G, Level as L, Prev, Rcpt, Status, Time as T, Via as V};

const SEALED: &[Field] = &[
    Field::From,
    Field::Login,
    Field::Auth,
    Field::Subject,
    Field::MessageId,
    Field::Message,
    Field::To(0),
    Field::Part(0),
    Field::Name(0),
];
const REFUSED: &[Field] = &[Field::From, Field::Login, Field::Auth, Field::Message];
/// Without a seal of ours, what came in is provable from this leaf alone.
const RECEIVED: &[Field] = &[
    Field::From,
    Field::Subject,
    Field::MessageId,
    Field::Message,
    Field::Part(0),
    Field::Name(0),
    Field::Peer,
    Field::Reply,
    Field::PeerProof,
];
const WHO: &[Field] = &[Field::Mailbox, Field::Login, Field::Auth];
/// What the software that took it answers, where it answers: an error of its own is not a reading.
const TAKEN: &[Field] = &[Field::Mailbox, Field::Login, Field::Auth, Field::Reply];
/// By another operator's word (basis `dsn`) the peer and what it said stand beside the mailbox, and its own proof of it.
const PUT: &[Field] = &[Field::Mailbox, Field::Peer, Field::Reply, Field::PeerProof];
/// The recipient's operator may have proved the opening that its notification tells of.
const OPENED: &[Field] = &[Field::Mailbox, Field::Login, Field::Auth, Field::PeerProof];
const RIGHTS: &[Field] = &[Field::Mailbox, Field::Login, Field::By];
const RELAY: &[Field] = &[Field::Peer, Field::Reply, Field::PeerProof];

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::Seal,
        Self::Refuse,
        Self::RelayOut,
        Self::RelayIn,
        Self::RelayFail,
        Self::Deliver,
        Self::Notify,
        Self::Transfer,
        Self::Open,
        Self::Seen,
        Self::Delete,
        Self::Close,
        Self::Erase,
        Self::Grant,
        Self::Revoke,
        Self::Key,
        Self::Anchor,
        Self::Clock,
        Self::Incident,
    ];

    /// The table: which fields a leaf of this kind has. Builder, parser and documentation follow it.
    // [proofs#events]
    #[must_use]
    pub const fn fields(self) -> Fields {
        const fn row(required: &'static [Plain], optional: &'static [Plain], committed: &'static [Field]) -> Fields {
            Fields { required, optional, committed }
        }
        match self {
            Self::Seal => row(&[T, Envelope, Event, L, V], &[], SEALED),
            Self::Refuse => row(&[T, Envelope, Event, Status, L, V], &[Rcpt], REFUSED),
            Self::RelayIn => row(&[T, Envelope, Event, Rcpt], &[Prev], RECEIVED),
            Self::RelayOut => row(&[T, Envelope, Event, Rcpt], &[Prev], RELAY),
            Self::RelayFail => row(&[T, Envelope, Event, Rcpt, Status], &[Prev], RELAY),
            Self::Deliver => row(&[T, Envelope, Event, Rcpt], &[Prev, B], PUT),
            Self::Notify => row(&[T, Envelope, Event, Rcpt], &[Prev, V], &[]),
            Self::Transfer => row(&[T, Envelope, Event, Rcpt, B, L, V], &[Prev], TAKEN),
            Self::Seen => row(&[T, Envelope, Event, Rcpt, B, L, V], &[Prev], WHO),
            Self::Open => row(&[T, Envelope, Event, Rcpt, B, G, L, V], &[Prev], OPENED),
            Self::Delete => row(&[T, Envelope, Event, Rcpt, L, V], &[Prev], WHO),
            Self::Close => {
                row(&[T, Envelope, Event, Rcpt, Plain::Events, Plain::Transferred, Plain::Opened], &[Prev], &[])
            }
            Self::Erase => row(&[T, Plain::Ground, Plain::Leaves], &[], &[]),
            Self::Grant | Self::Revoke => row(&[T, L, V], &[], RIGHTS),
            Self::Key => row(&[T], &[Plain::Vkey, Plain::Origin, Plain::Size, Plain::Root], &[]),
            Self::Anchor => row(&[T, Plain::Size, Plain::Root, Plain::Token], &[], &[]),
            Self::Clock => row(&[T, Plain::Offset], &[], &[]),
            Self::Incident => row(&[T, Plain::Code], &[], &[]),
        }
    }

    /// The word after `sceau-event/v1`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Refuse => "refuse",
            Self::RelayOut => "relay-out",
            Self::RelayIn => "relay-in",
            Self::RelayFail => "relay-fail",
            Self::Deliver => "deliver",
            Self::Notify => "notify",
            Self::Transfer => "transfer",
            Self::Open => "open",
            Self::Seen => "seen",
            Self::Delete => "delete",
            Self::Close => "close",
            Self::Erase => "erase",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Key => "key",
            Self::Anchor => "anchor",
            Self::Clock => "clock",
            Self::Incident => "incident",
        }
    }

    /// What people read, in French.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Seal => "Scellement",
            Self::Refuse => "Refus",
            Self::RelayOut => "Transmis",
            Self::RelayIn => "Reçu",
            Self::RelayFail => "Échec",
            Self::Deliver => "Remise",
            Self::Notify => "Avis",
            Self::Transfer => "Téléchargement",
            Self::Open => "Ouverture",
            Self::Seen => "Marqué lu",
            Self::Delete => "Suppression",
            Self::Close => "Clôture",
            Self::Erase => "Effacement",
            Self::Grant => "Droit donné",
            Self::Revoke => "Droit retiré",
            Self::Key => "Clé du journal",
            Self::Anchor => "Horodatage",
            Self::Clock => "Horloge",
            Self::Incident => "Incident",
        }
    }

    /// What a leaf of this kind says, in French.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Seal => {
                "l'opérateur a accepté exactement ces octets, de cette connexion authentifiée, pour ces destinataires"
            }
            Self::Refuse => "l'opérateur a refusé un envoi, pour le motif indiqué",
            Self::RelayOut => "un pair muni de ce certificat a répondu 250",
            Self::RelayIn => "ces octets sont venus d'un pair muni de ce certificat",
            Self::RelayFail => "la transmission a échoué ; la dernière erreur est scellée",
            Self::Deliver => "le message est dans la boîte et peut être relevé",
            Self::Notify => "un avis est parti vers l'adresse ordinaire de la personne",
            Self::Transfer => "des octets du message sont partis vers un logiciel connecté",
            Self::Open => "le message a été ouvert, au degré indiqué",
            Self::Seen => "le message a été marqué comme lu",
            Self::Delete => "une connexion a supprimé le message",
            Self::Close => "fin de la chaîne de ce destinataire : le contenu est détruit",
            Self::Erase => "les ouvertures de ces feuilles ont été détruites",
            Self::Grant => "une connexion peut désormais ouvrir cette boîte",
            Self::Revoke => "une connexion ne peut plus ouvrir cette boîte",
            Self::Key => "changement de clé ou d'année du journal",
            Self::Anchor => "un tiers a horodaté un état du journal",
            Self::Clock => "l'horloge a été comparée ou réglée",
            Self::Incident => "un incident que les lecteurs du journal doivent connaître",
        }
    }

    /// What a leaf of this kind does not say, in French.
    #[must_use]
    pub const fn says_not(self) -> &'static str {
        match self {
            Self::Seal => "que telle personne a tapé le texte",
            Self::RelayOut | Self::RelayIn => "que le message a atteint une boîte aux lettres",
            Self::RelayFail => "que le message n'est jamais arrivé",
            Self::Deliver => "que le message a été relevé",
            Self::Notify => "que l'avis a été lu",
            Self::Transfer => "qu'une personne l'a vu",
            Self::Open => "que le message a été lu en entier ou compris",
            Self::Seen => "que le message a été ouvert",
            Self::Delete => "que le message avait été lu",
            Self::Refuse
            | Self::Close
            | Self::Erase
            | Self::Grant
            | Self::Revoke
            | Self::Key
            | Self::Anchor
            | Self::Clock
            | Self::Incident => "autre chose que ce qui est écrit dans la feuille",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Fields {
    /// Where a committed field stands among the kind's; none when the kind doesn't have it.
    #[must_use]
    pub fn rank(&self, field: Field) -> Option<usize> {
        self.committed.iter().position(|known| known.stem() == field.stem())
    }

    /// Whether the kind has this plain field.
    #[must_use]
    pub fn has(&self, plain: Plain) -> bool {
        self.required.contains(&plain) || self.optional.contains(&plain)
    }
}

impl Plain {
    /// All, in their order in a leaf.
    pub const ALL: [Self; 22] = [
        Self::Time,
        Self::Envelope,
        Self::Event,
        Self::Prev,
        Self::Rcpt,
        Self::Status,
        Self::Basis,
        Self::Grade,
        Self::Level,
        Self::Via,
        Self::Events,
        Self::Transferred,
        Self::Opened,
        Self::Ground,
        Self::Leaves,
        Self::Vkey,
        Self::Origin,
        Self::Size,
        Self::Root,
        Self::Token,
        Self::Offset,
        Self::Code,
    ];

    /// The name in the leaf.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Envelope => "envelope",
            Self::Event => "event",
            Self::Prev => "prev",
            Self::Rcpt => "rcpt",
            Self::Status => "status",
            Self::Basis => "basis",
            Self::Grade => "grade",
            Self::Level => "level",
            Self::Via => "via",
            Self::Events => "events",
            Self::Transferred => "transferred",
            Self::Opened => "opened",
            Self::Ground => "ground",
            Self::Leaves => "leaves",
            Self::Vkey => "vkey",
            Self::Origin => "origin",
            Self::Size => "size",
            Self::Root => "root",
            Self::Token => "token",
            Self::Offset => "offset",
            Self::Code => "code",
        }
    }

    /// The field with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plain| plain.name() == name)
    }

    /// Whether a value has the field's form. Each value has one form only.
    #[must_use]
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Time => value.len() == 20 && Time::parse_rfc3339(value).is_ok_and(|time| time.rfc3339() == value),
            Self::Envelope => value.parse::<EnvelopeId>().is_ok(),
            Self::Event | Self::Events => canonical_number(value).is_some_and(|n| n <= u64::from(u32::MAX)),
            Self::Leaves | Self::Size => canonical_number(value).is_some(),
            Self::Rcpt => canonical_number(value).is_some_and(|n| (1..=u64::from(u16::MAX)).contains(&n)),
            Self::Prev | Self::Root | Self::Token => parse_base64(value).is_some(),
            Self::Status => is_status(value),
            Self::Basis => Basis::parse(value).is_some(),
            Self::Grade => Grade::parse(value).is_some(),
            Self::Level => Level::parse(value).is_some(),
            Self::Via => Via::parse(value).is_some(),
            Self::Transferred => matches!(value, "yes" | "no"),
            Self::Opened => value == "no" || Grade::parse(value).is_some(),
            Self::Ground | Self::Code => is_word(value, 32),
            Self::Vkey | Self::Origin => {
                !value.is_empty() && value.len() <= 512 && value.bytes().all(|b| b.is_ascii_graphic())
            }
            Self::Offset => canonical_number(value.strip_prefix('-').unwrap_or(value))
                .is_some_and(|n| n <= u64::from(u32::MAX) && !(n == 0 && value.starts_with('-'))),
        }
    }
}

fn is_status(value: &str) -> bool {
    let mut parts = value.split('.');
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    let mut detail = || parts.next().and_then(canonical_number).is_some_and(|n| n <= 999);
    class && detail() && detail() && parts.next().is_none()
}

fn is_word(value: &str, longest: usize) -> bool {
    let start = value.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    start && value.len() <= longest && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    // [proofs#events]
    #[test]
    fn the_table_is_consistent() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.word()), Some(kind));
            let fields = kind.fields();
            assert_eq!(fields.required.first(), Some(&Plain::Time), "{kind:?}");
            assert!(fields.required.is_sorted() && fields.optional.is_sorted(), "{kind:?}: order of the leaf");
            assert!(!fields.optional.iter().any(|plain| fields.required.contains(plain)), "{kind:?}");
            assert_eq!(fields.has(Plain::Envelope), fields.has(Plain::Event), "{kind:?}");
            assert!(!fields.has(Plain::Basis) || Basis::ALL.iter().any(|basis| basis.supports(kind)), "{kind:?}");
        }
        assert!(Plain::ALL.is_sorted());
        for plain in Plain::ALL {
            assert_eq!(Plain::parse(plain.name()), Some(plain));
            assert!(Field::parse(plain.name()).is_none(), "{plain:?}: a name is either plain or committed");
        }
    }

    #[test]
    fn each_value_has_one_form() {
        for (plain, good, bad) in [
            (
                Plain::Time,
                "2026-11-22T10:15:03Z",
                &["2026-11-22T10:15:03.0Z", "2026-11-22t10:15:03Z", "2026-11-22T10:15:03+00:00", "2026-11-31T10:15:03Z"]
                    as &[&str],
            ),
            (Plain::Envelope, "3q2-7wAAAAAAAAAAAAAAAA", &["3q2-7wAAAAAAAAAAAAAAAB", "3q2-7wAAAAAAAAAAAAAAAA=="]),
            (Plain::Event, "10", &["", "01", "+1", "-1", "4294967296", "1 "]),
            (Plain::Rcpt, "1", &["0", "65536"]),
            (Plain::Status, "5.7.1", &["5.7", "3.7.1", "5.07.1", "5.7.1.1", "5.7.1000"]),
            (Plain::Code, "clock-step", &["", "Clock", "-x", "a b"]),
            (Plain::Offset, "-12", &["-0", "--1", "+1", ""]),
        ] {
            assert!(plain.accepts(good), "{plain:?} {good}");
            for bad in bad {
                assert!(!plain.accepts(bad), "{plain:?} {bad:?}");
            }
        }
    }
}
