//! Reports that come in: tied to the message that they speak of, judged by who brings them, recorded as events of the
//! recipient's chain.
//!
//! A report is a claim. Another operator is believed about recipients in domains that the white list has for its
//! certificate, and about nobody else; somebody who signed in is believed about the own mailbox. Everything else stays
//! what it is, a message in the sender's mailbox.
//!
//! | report | by | event |
//! |---|---|---|
//! | DSN `delivered` | the recipient's operator | deliver, `dsn` |
//! | DSN `failed` | the recipient's operator | relay-fail |
//! | MDN `displayed` | the recipient's operator, or the recipient's login | open, `mdn`, declared |
//! | MDN `processed`, or any of an application's mailbox | the same | transfer, `service` |
//! | anything else | anybody | none |

use super::peer_proof::{PeerProof, enclosed_in};
use crate::flows::content::Content;
use crate::flows::{Login, peer_value};
use crate::ledger::{Policy, ProofFile};
use crate::mail::{Address, EnvelopeId, Fault, Status};
use crate::proto::dsn::{self, Action, ReportedRecipient};
use crate::proto::mdn::{self, Became, Disposition};
use crate::proto::report::{HEAD_MAX, Kind, TypedAddress, is_report, part};
use crate::seal::event::{Basis, Draft, EventKind, Field, Level, Plain, Via};
use crate::store::{AccountKind, Store, StoredEvent, Subject, Tx};
use crate::trust::VerifiedOperator;

/// Recipients of one report that are looked at.
const RECIPIENTS_MAX: usize = 1000;
/// Envelopes with the same Message-ID that are looked at.
const ENVELOPES_MAX: usize = 50;

/// The beginning of a message that may be a report, kept as it streams by.
#[derive(Debug, Default)]
pub(in crate::flows) struct Head {
    bytes: Vec<u8>,
    /// The header ended and is no report's: nothing is kept any more.
    uninteresting: bool,
    header_seen: bool,
}

/// Octets of header within which it must say that it is a report.
const HEADER_MAX: usize = 64 * 1024;

impl Head {
    /// What was kept: nothing of what is no report.
    pub(in crate::flows) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the next bytes of the message. Of nearly all messages only the header is kept, and that only until it ends.
    pub(in crate::flows) fn push(&mut self, bytes: &[u8]) {
        if self.uninteresting {
            return;
        }
        let from = self.bytes.len().saturating_sub(3);
        let room = HEAD_MAX - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.header_seen {
            return;
        }
        let end = self.bytes[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| from + at + 2);
        self.header_seen = end.is_some();
        let report = end.is_some_and(|end| is_report(&self.bytes[..end]));
        if !report && (self.header_seen || self.bytes.len() > HEADER_MAX) {
            self.uninteresting = true;
            self.bytes = Vec::new();
        }
    }
}

/// Who brings a report.
#[derive(Clone, Copy)]
pub(in crate::flows) enum Teller<'a> {
    /// Another operator, and the keys by which the proofs that it encloses are judged.
    Operator {
        /// Who.
        operator: &'a VerifiedOperator,
        /// None where no proof is taken.
        peers: Option<&'a Policy>,
    },
    /// Somebody who signed in.
    Login(&'a Login),
}

/// An event that a report asks for.
#[derive(Debug)]
pub(in crate::flows) struct Claim {
    envelope: EnvelopeId,
    rcpt: u16,
    draft: Draft,
    subject: Subject,
    /// One event of this kind on this signal is enough for a chain; one more where the first had no proof and this has.
    once: (EventKind, Option<Basis>),
    proof: Option<PeerProof>,
}

impl Claim {
    /// Records the event, unless the chain has it.
    pub(in crate::flows) fn write(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (kind, basis) = self.once;
        let same = tx.leaves_of(self.envelope, self.rcpt)?.iter().any(|leaf| {
            leaf.kind() == kind
                && leaf.plain(Plain::Basis) == basis.map(Basis::word)
                && (self.proof.is_none() || leaf.committed(Field::PeerProof).is_some())
        });
        if same {
            return Ok(());
        }
        // [proofs#xsceau]
        let draft = match &self.proof {
            Some(proof) => {
                proof.keep(tx, self.envelope);
                self.draft.commit(Field::PeerProof, proof.value())
            }
            None => self.draft,
        };
        tx.record_event(draft, self.subject).map(drop)
    }
}

/// What a message claims, if it is a report about messages of ours.
///
/// # Errors
/// `Storage`.
pub(in crate::flows) fn claims(store: &Store, teller: Teller<'_>, content: &Content) -> Result<Vec<Claim>, Fault> {
    if content.head.bytes.is_empty() {
        return Ok(Vec::new());
    }
    let Some(part) = part(&content.structure, &content.head.bytes) else { return Ok(Vec::new()) };
    let proofs = match teller {
        Teller::Operator { peers, .. } => enclosed_in(content, &content.head.bytes, peers),
        Teller::Login(_) => Vec::new(),
    };
    let reader = Reader { store, teller, proofs };
    match part.kind {
        Kind::Delivery => match dsn::read(&part.fields) {
            Some(reported) => reader.delivery(&reported, part.about.as_deref()),
            None => Ok(Vec::new()),
        },
        Kind::Disposition => match mdn::read(&part.fields) {
            Some(disposition) => reader.disposition(&disposition, part.about.as_deref()),
            None => Ok(Vec::new()),
        },
    }
}

struct Reader<'a> {
    store: &'a Store,
    teller: Teller<'a>,
    proofs: Vec<ProofFile>,
}

/// A recipient of an envelope of ours, with whom its events are about.
struct Found {
    envelope: EnvelopeId,
    rcpt: u16,
    address: Address,
    subject: Subject,
    chain: Vec<StoredEvent>,
}

impl Reader<'_> {
    // [rfc3461#6.3] [rfc3464#2.1]
    fn delivery(&self, reported: &dsn::Reported, about: Option<&str>) -> Result<Vec<Claim>, Fault> {
        let Teller::Operator { operator, .. } = self.teller else { return Ok(Vec::new()) };
        let envelopes = match reported.envid.as_deref().and_then(|id| id.parse().ok()) {
            Some(envelope) => vec![envelope],
            None => self.envelopes(about)?,
        };
        let mut claims = Vec::new();
        for recipient in reported.recipients.iter().take(RECIPIENTS_MAX) {
            let names = [Some(&recipient.recipient), recipient.original.as_ref()];
            if let Some(found) = self.sent(&envelopes, &names)? {
                let proof = self.proof(&found, EventKind::Deliver)?;
                claims.extend(delivery_claim(operator, &found, recipient, proof));
            }
        }
        Ok(claims)
    }

    // [rfc8098#3.2] [proofs#when-is-it-open]
    fn disposition(&self, said: &Disposition, about: Option<&str>) -> Result<Vec<Claim>, Fault> {
        let envelopes = self.envelopes(said.about.as_deref().or(about))?;
        let names = [Some(&said.recipient), said.original.as_ref()];
        let found = match self.teller {
            Teller::Operator { .. } => self.sent(&envelopes, &names)?.into_iter().collect(),
            Teller::Login(login) => self.received(&envelopes, login)?,
        };
        let mut claims = Vec::new();
        for found in &found {
            let proof = self.proof(found, EventKind::Open)?;
            claims.extend(self.disposition_claim(found, said, proof));
        }
        Ok(claims)
    }

    fn envelopes(&self, message_id: Option<&str>) -> Result<Vec<EnvelopeId>, Fault> {
        let Some(id) = message_id else { return Ok(Vec::new()) };
        let mut found = self.store.envelopes_by_message_id(&format!("<{id}>"))?;
        found.truncate(ENVELOPES_MAX);
        Ok(found)
    }

    /// The recipient of one of these envelopes, sealed here, that has one of these addresses, if the teller speaks for
    /// that recipient.
    // [mss#4]
    fn sent(&self, envelopes: &[EnvelopeId], names: &[Option<&TypedAddress>]) -> Result<Option<Found>, Fault> {
        let Teller::Operator { operator, .. } = self.teller else { return Ok(None) };
        let keys: Vec<_> = names.iter().filter_map(|n| n.and_then(TypedAddress::mail)).map(|a| a.key()).collect();
        for envelope in envelopes {
            let events = self.store.events_of(*envelope)?;
            let Some(seal) = events.iter().find(|e| e.rcpt == 0 && e.leaf.kind() == EventKind::Seal) else { continue };
            let recipients = seal.openings.iter().filter_map(|opening| match opening.field {
                Field::To(number) => Some((number, Address::parse(&opening.value).ok()?)),
                _ => None,
            });
            let named = recipients.into_iter().find(|(_, address)| keys.contains(&address.key()));
            let Some((rcpt, address)) = named else { continue };
            // Who is told of somebody else's recipients by an operator is told nothing.
            if operator.refusal_for(address.domain()).is_some() {
                continue;
            }
            let sender = seal.openings.iter().find(|o| o.field == Field::Login).map(|o| Address::parse(&o.value));
            let sender = sender.and_then(Result::ok).and_then(|address| self.store.find(&address));
            let subject = sender.map_or(Subject::Envelope, |entry| Subject::Account(entry.id));
            let chain = events.into_iter().filter(|event| event.rcpt == rcpt).collect();
            return Ok(Some(Found { envelope: *envelope, rcpt, address, subject, chain }));
        }
        Ok(None)
    }

    /// The login's own mailbox among the recipients of these envelopes.
    fn received(&self, envelopes: &[EnvelopeId], login: &Login) -> Result<Vec<Found>, Fault> {
        let mut found = Vec::new();
        for envelope in envelopes {
            let events = self.store.events_of(*envelope)?;
            let own = format!("{} ", login.address);
            let delivered = events.iter().find(|event| {
                event.leaf.kind() == EventKind::Deliver && event.openings.iter().any(|o| o.value.starts_with(&own))
            });
            let Some(rcpt) = delivered.map(|event| event.rcpt) else { continue };
            found.push(Found {
                envelope: *envelope,
                rcpt,
                address: login.address.clone(),
                subject: Subject::Account(login.account),
                chain: events.into_iter().filter(|event| event.rcpt == rcpt).collect(),
            });
        }
        Ok(found)
    }

    /// The peer's own proof of an event of this recipient.
    ///
    /// # Errors
    /// `Storage` when the peer's report is here before we have noted that it took the message: it will come again.
    // [proofs#xsceau]
    fn proof(&self, found: &Found, kind: EventKind) -> Result<Option<PeerProof>, Fault> {
        if self.proofs.is_empty() {
            return Ok(None);
        }
        let relayed = found.chain.iter().rfind(|event| event.leaf.kind() == EventKind::RelayOut);
        let Some(relayed) = relayed else {
            // What we gave up is not leaving any more, whatever the peer has of it.
            if found.chain.iter().any(|event| event.leaf.kind() == EventKind::RelayFail) {
                return Ok(None);
            }
            return Err(Fault::ours(Status::Storage, "a proof of a message that is still leaving"));
        };
        let reply = relayed.openings.iter().find(|opening| opening.field == Field::Reply);
        Ok(reply.and_then(|reply| PeerProof::of(&self.proofs, kind, &found.address, &reply.value)))
    }

    fn disposition_claim(&self, found: &Found, said: &Disposition, proof: Option<PeerProof>) -> Option<Claim> {
        let application = match self.teller {
            Teller::Login(_) => self.store.find(&found.address).is_some_and(|e| e.kind == AccountKind::Application),
            Teller::Operator { .. } => false,
        };
        let (kind, basis) = match said.became {
            Became::Displayed if !application && !said.failed => (EventKind::Open, Basis::Mdn),
            Became::Displayed | Became::Processed => (EventKind::Transfer, Basis::Service),
            Became::Deleted | Became::Dispatched | Became::Other(_) => return None,
        };
        // [proofs#first-event-only]
        if let Teller::Login(login) = self.teller
            && found.chain.iter().any(|event| event.leaf.kind() == kind && is_by(event, &login.address))
        {
            return None;
        }
        let draft = Draft::new(kind, found.envelope).rcpt(found.rcpt).basis(basis);
        let mailbox = found.address.to_string();
        let draft = match self.teller {
            Teller::Operator { operator, .. } => draft
                .level(Level::OrgCert)
                .via(Via::Smtp)
                .commit(Field::Mailbox, &mailbox)
                .commit(Field::Auth, &peer_value(operator)),
            Teller::Login(login) => login.sign(draft.via(Via::Submission).commit(Field::Mailbox, &mailbox)),
        };
        // [mss#5.mdn] an application's error stays readable beside the event
        let answer = said.errors.join("; ");
        let draft = if kind == EventKind::Transfer && !answer.is_empty() {
            draft.commit(Field::Reply, &format!("processed/error: {answer}"))
        } else {
            draft
        };
        let once = (kind, Some(basis));
        let proof = proof.filter(|_| kind == EventKind::Open);
        Some(Claim { envelope: found.envelope, rcpt: found.rcpt, draft, subject: found.subject, once, proof })
    }
}

/// Whether this login did it.
fn is_by(event: &StoredEvent, login: &Address) -> bool {
    event.openings.iter().any(|opening| opening.field == Field::Login && opening.value == login.to_string())
}

fn delivery_claim(
    operator: &VerifiedOperator,
    found: &Found,
    said: &ReportedRecipient,
    proof: Option<PeerProof>,
) -> Option<Claim> {
    let ReportedRecipient { action, status, diagnostic, .. } = said;
    let draft = |kind| Draft::new(kind, found.envelope).rcpt(found.rcpt).commit(Field::Peer, &peer_value(operator));
    let reply = format!("{} {status} {diagnostic}", action.word());
    let (draft, once) = match action {
        Action::Delivered => (
            draft(EventKind::Deliver).basis(Basis::Dsn).commit(Field::Mailbox, &found.address.to_string()),
            (EventKind::Deliver, Some(Basis::Dsn)),
        ),
        Action::Failed => {
            (draft(EventKind::RelayFail).plain(Plain::Status, status.clone()), (EventKind::RelayFail, None))
        }
        Action::Delayed | Action::Relayed | Action::Expanded => return None,
    };
    let draft = draft.commit(Field::Reply, reply.trim());
    let proof = proof.filter(|_| *action == Action::Delivered);
    Some(Claim { envelope: found.envelope, rcpt: found.rcpt, draft, subject: found.subject, once, proof })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(message: &[u8], cut: usize) -> Vec<u8> {
        let mut head = Head::default();
        message.chunks(cut).for_each(|piece| head.push(piece));
        head.bytes
    }

    #[test]
    fn only_reports_are_kept() {
        let report = b"Subject: x\r\nContent-Type: Multipart/Report;\r\n\r\nbody";
        assert_eq!(kept(report, 1000), report);
        assert!(kept(b"Subject: x\r\n\r\nContent-Type: multipart/report\r\n\r\n", 1000).is_empty());
        assert!(
            kept(&[b"X: y\r\n".repeat(20_000).as_slice(), b"Content-Type: multipart/report\r\n"].concat(), 999)
                .is_empty()
        );
        let long = [&report[..], &b"x".repeat(2 * HEAD_MAX)].concat();
        assert_eq!(kept(&long, 4096).len(), HEAD_MAX);
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(report: bool, body in "[a\r\n]{0,40}", cut in 1_usize..20) {
            let kind = if report { "multipart/report" } else { "text/plain" };
            let message = format!("A: b\r\nContent-Type: {kind}\r\nC: d\r\n\r\n{body}");
            prop_assert_eq!(kept(message.as_bytes(), cut), kept(message.as_bytes(), 4096));
        }
    }
}
