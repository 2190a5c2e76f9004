//! The closed vocabularies of a leaf: basis, grade, level, way in. Each word with what people read for it.

use super::EventKind;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$item_doc])* $item,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$item,)+];

            /// The word in a leaf.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$item => $word,)+ }
            }

            /// What people read, in French.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$item => $label,)+ }
            }

            /// The one with this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|item| item.word() == word)
            }
        }
    };
}

words! {
    /// How strongly an opening is established. Ordered; a grade follows from its basis and is never raised.
    Grade {
        /// The client's software took the text in the way that readers do; nobody said so.
        Implied = "implied", "ouverture probable";
        /// The client's software says that the person read it.
        Declared = "declared", "lecture déclarée par le logiciel";
        /// Our own page showed it on the person's click.
        Displayed = "displayed", "affichage constaté";
    }
}

words! {
    /// How the person or software had signed in.
    Level {
        /// An account of a service, not of a person.
        Service = "service", "compte de service";
        /// A password alone.
        Password = "password", "mot de passe";
        /// A password and a one-time code.
        Otp = "otp", "mot de passe et code à usage unique";
        /// An organisation's certificate.
        OrgCert = "org-cert", "certificat de personne morale";
        /// Pro Santé Connect.
        Psc = "psc", "Pro Santé Connect";
        /// A health professional's card.
        Cps = "cps", "carte de professionnel de santé (CPS)";
    }
}

words! {
    /// The way by which it happened.
    Via {
        /// Another operator's server, over SMTP with mutual TLS.
        Smtp = "smtp", "échange entre opérateurs (SMTP)";
        /// A person's client or software, over submission.
        Submission = "submission", "envoi (soumission SMTP)";
        /// IMAP.
        Imap = "imap", "IMAP";
        /// Our web page.
        Web = "web", "page web";
        /// A programming interface.
        Api = "api", "interface applicative";
        /// This server by itself: purge, expiry, administration.
        Server = "server", "le serveur";
    }
}

words! {
    /// By which signal an event became known. The label is what the sender reads, before «X».
    Basis {
        /// FETCH of a body with PEEK: a prefetch.
        ImapPeek = "imap-peek", "Téléchargé par le logiciel de";
        /// FETCH of one message's body without PEEK in a mailbox that was SELECTed.
        ImapBody = "imap-body", "Ouverture probable, logiciel de";
        /// The same of several messages in one command.
        ImapBulk = "imap-bulk", "Téléchargé par le logiciel de";
        /// \Seen set on one message that this login has already fetched.
        ImapSeen = "imap-seen", "Lu, déclaré par le logiciel de";
        /// \Seen set on many at once, or before any fetch.
        ImapMark = "imap-mark", "Marqué comme lu par";
        /// A copy was handed to a delegate.
        Delegate = "delegate", "Copie remise au délégué";
        /// A disposition notification «displayed» (RFC 8098).
        Mdn = "mdn", "Accusé de lecture de";
        /// An application fetched or processed it.
        Service = "service", "Récupéré par l'application";
        /// Our own web page showed it on a click.
        WebView = "web-view", "Ouvert par";
        /// A delivery notice (RFC 3464) of the recipient's operator: its word, not ours.
        Dsn = "dsn", "Remise attestée par l'opérateur de";
    }
}

impl Basis {
    /// The grade of an opening known by this signal; none where the signal never means an opening.
    // [proofs#when-is-it-open]
    #[must_use]
    pub const fn grade(self) -> Option<Grade> {
        match self {
            Self::ImapBody => Some(Grade::Implied),
            Self::ImapSeen | Self::Mdn => Some(Grade::Declared),
            Self::WebView => Some(Grade::Displayed),
            Self::ImapPeek | Self::ImapBulk | Self::ImapMark | Self::Delegate | Self::Service | Self::Dsn => None,
        }
    }

    /// Whether an event of this kind can rest on this signal.
    #[must_use]
    pub const fn supports(self, kind: EventKind) -> bool {
        match kind {
            EventKind::Open => self.grade().is_some(),
            EventKind::Transfer => matches!(
                self,
                Self::ImapPeek | Self::ImapBody | Self::ImapBulk | Self::Delegate | Self::Service | Self::WebView
            ),
            EventKind::Seen => matches!(self, Self::ImapMark),
            EventKind::Deliver => matches!(self, Self::Dsn),
            _ => false,
        }
    }

    /// The sentence about `who`, in French: «Lu, déclaré par le logiciel de X».
    #[must_use]
    pub fn sentence(self, kind: EventKind, who: &str) -> String {
        match (self, kind) {
            (Self::ImapPeek | Self::ImapBulk | Self::ImapBody, EventKind::Transfer) => {
                format!("{} {who} (affichage non établi)", Self::ImapPeek.label())
            }
            (Self::WebView, EventKind::Transfer) => format!("Téléchargé par {who} (affichage non établi)"),
            _ => format!("{} {who}", self.label()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // [proofs#when-is-it-open]
    #[test]
    fn basis_grade_and_sentence_are_the_table_of_the_specification() {
        use EventKind::{Open, Seen, Transfer};
        for (basis, kind, grade, sentence) in [
            ("imap-peek", Transfer, None, "Téléchargé par le logiciel de X (affichage non établi)"),
            ("imap-body", Transfer, None, "Téléchargé par le logiciel de X (affichage non établi)"),
            ("imap-body", Open, Some("implied"), "Ouverture probable, logiciel de X"),
            ("imap-bulk", Transfer, None, "Téléchargé par le logiciel de X (affichage non établi)"),
            ("imap-seen", Open, Some("declared"), "Lu, déclaré par le logiciel de X"),
            ("imap-mark", Seen, None, "Marqué comme lu par X"),
            ("delegate", Transfer, None, "Copie remise au délégué X"),
            ("mdn", Open, Some("declared"), "Accusé de lecture de X"),
            ("service", Transfer, None, "Récupéré par l'application X"),
            ("web-view", Open, Some("displayed"), "Ouvert par X"),
            ("dsn", EventKind::Deliver, None, "Remise attestée par l'opérateur de X"),
        ] {
            let basis = Basis::parse(basis).unwrap();
            assert!(basis.supports(kind), "{basis:?}");
            let found = if kind == Open { basis.grade().map(Grade::word) } else { None };
            assert_eq!(found, grade, "{basis:?}");
            assert_eq!(basis.sentence(kind, "X"), sentence);
        }
        for basis in [Basis::ImapPeek, Basis::ImapBulk, Basis::ImapMark, Basis::Delegate, Basis::Service] {
            assert!(!basis.supports(Open), "{basis:?} never means an opening");
        }
    }

    #[test]
    fn grades_are_ordered() {
        assert!(Grade::Implied < Grade::Declared && Grade::Declared < Grade::Displayed);
    }
}
