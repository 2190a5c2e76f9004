//! What ANS follows, counted month by month: messages per sender domain and software, with clinical documents (CDA),
//! with a qualified INS, to and from patients; and what was refused, by reason. Numbers only: no content, no address.
//!
//! A message is counted in its own commit, so that it is counted exactly when it was taken. Refusals have no commit:
//! they gather in memory and are written together every half minute and at the end. A server that is killed loses the
//! last half minute of them; a write for each would let whoever is refused make the disk busy.
//!
//! Names are bounded: domains are the white list's or ours, the software that calls itself by ever new names ends in
//! «autres».

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::mail::{Address, Domain, Edge, Fault, Time};
use crate::proto::mime::header::Headers;
use crate::store::{Store, Tx};

/// Where patients have their mailboxes.
// [mss#6]
pub const PATIENTS: &str = "patient.mssante.fr";
/// Software of one domain and month beyond which all is [`OTHERS`]. A domain's record software can be counted by hand.
const PRODUCTS_MAX: usize = 40;
/// Characters of a software's identifier.
const PRODUCT_CHARS: usize = 40;
/// Kinds of refusals that wait in memory at most; beyond, they are of [`OTHERS`].
const WAITING_MAX: usize = 10_000;
/// The name of what is not told apart.
pub const OTHERS: &str = "autres";
/// The name of what is not said: no software, no domain.
pub const NONE: &str = "-";

/// Whose messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Other operators'.
    In,
    /// Our own people's.
    Out,
}

impl Direction {
    const fn letter(self) -> u8 {
        match self {
            Self::In => b'i',
            Self::Out => b'o',
        }
    }

    /// `in` or `out`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// What one message adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traffic {
    direction: Direction,
    domain: String,
    product: String,
    /// In the order of [`Counts`].
    adds: [u64; 6],
}

impl Traffic {
    /// Reads what is counted from a message's header. `sender` is the reverse-path's domain.
    // [mss#5]
    pub(super) fn of<'a>(
        direction: Direction,
        sender: Option<&Domain>,
        recipients: impl IntoIterator<Item = &'a Address>,
        header: &[u8],
    ) -> Self {
        let field = |name: &str| Headers::find(header, name).map(|field| field.value().trim_ascii().to_vec());
        let document = field("X-MSS-CODECDA").is_some_and(|value| !value.is_empty());
        let ins = field("X-MSS-INS").unwrap_or_default();
        let of_patients = |domain: &Domain| domain.as_str() == PATIENTS;
        let to_patients = recipients.into_iter().any(|address| of_patients(address.domain()));
        let from_patients = sender.is_some_and(of_patients);
        let facts = [
            true,
            document,
            ins.eq_ignore_ascii_case(b"O"),
            ins.eq_ignore_ascii_case(b"N"),
            to_patients,
            from_patients,
        ];
        Self {
            direction,
            domain: sender.map_or(NONE.to_owned(), ToString::to_string),
            product: product(&field("X-MSS-NIL").unwrap_or_default()),
            adds: facts.map(u64::from),
        }
    }

    /// Counts it, in the transaction of the message.
    pub(super) fn count(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let prefix = prefix(tx.now(), MESSAGES, self.direction, &self.domain);
        let name = [prefix.as_slice(), self.product.as_bytes()].concat();
        if tx.has_sums(&name)? || tx.count_sums(&prefix, PRODUCTS_MAX)? < PRODUCTS_MAX {
            return tx.add_to_sums(&name, &self.adds);
        }
        tx.add_to_sums(&[prefix.as_slice(), OTHERS.as_bytes()].concat(), &self.adds)
    }
}

const MESSAGES: u8 = b'm';
const REFUSALS: u8 = b'r';

/// A name without its last part: month, kind, direction, domain.
fn prefix(time: Time, kind: u8, direction: Direction, domain: &str) -> Vec<u8> {
    [month(time).as_bytes(), &[kind, direction.letter()], domain.as_bytes(), b"\0"].concat()
}

/// `2026-11`, in UTC.
fn month(time: Time) -> String {
    time.rfc3339().get(..7).unwrap_or_default().to_owned()
}

/// The identifier of a software as it is counted: letters, digits and a few signs, cut. Whatever else somebody puts
/// there stays out.
fn product(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let tame = |c: char| if c.is_ascii_alphanumeric() || "._-/".contains(c) { c } else { '_' };
    let product: String = text.chars().take(PRODUCT_CHARS).map(tame).collect();
    if product.is_empty() { NONE.to_owned() } else { product }
}

/// The numbers of a domain and its software.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Whose messages.
    pub direction: Direction,
    /// The sender's domain; [`NONE`] for the null reverse-path.
    pub domain: String,
    /// `X-MSS-NIL`; [`NONE`] without.
    pub product: String,
    /// Messages.
    pub messages: u64,
    /// Of them, with a clinical document: `X-MSS-CODECDA`.
    pub documents: u64,
    /// Of them, with a qualified INS: `X-MSS-INS: O`.
    pub ins_qualified: u64,
    /// Of them, with an INS that is not: `X-MSS-INS: N`.
    pub ins_unqualified: u64,
    /// Of them, to a patient.
    pub to_patients: u64,
    /// Of them, from a patient.
    pub from_patients: u64,
}

/// How often a domain's messages were refused for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Who wanted to send.
    pub direction: Direction,
    /// The sender's domain; [`OTHERS`] for those of no operator, [`NONE`] where none was said yet.
    pub domain: String,
    /// Why, in a word.
    pub reason: String,
    /// How often.
    pub times: u64,
}

/// One month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Month {
    /// Messages that were taken.
    pub counts: Vec<Counts>,
    /// What was refused.
    pub refused: Vec<Refused>,
}

/// Reads a month, `2026-11`.
///
/// # Errors
/// `Storage`.
pub fn statistics(store: &Store, month: &str) -> Result<Month, Fault> {
    let mut found = Month::default();
    for (name, sums) in store.sums(month.as_bytes())? {
        let Some((kind, direction, domain, last)) = read_name(&name, month.len()) else { continue };
        let sum = |index: usize| sums.get(index).copied().unwrap_or_default();
        match kind {
            MESSAGES => found.counts.push(Counts {
                direction,
                domain,
                product: last,
                messages: sum(0),
                documents: sum(1),
                ins_qualified: sum(2),
                ins_unqualified: sum(3),
                to_patients: sum(4),
                from_patients: sum(5),
            }),
            _ => found.refused.push(Refused { direction, domain, reason: last, times: sum(0) }),
        }
    }
    Ok(found)
}

fn read_name(name: &[u8], month: usize) -> Option<(u8, Direction, String, String)> {
    let (kind, direction) = (*name.get(month)?, *name.get(month + 1)?);
    let direction = if direction == Direction::In.letter() { Direction::In } else { Direction::Out };
    let (domain, last) = std::str::from_utf8(name.get(month + 2..)?).ok()?.split_once('\0')?;
    Some((kind, direction, domain.to_owned(), last.to_owned()))
}

/// What was refused and is not written yet.
pub struct Refusals {
    store: Arc<Store>,
    edge: Edge,
    waiting: Mutex<BTreeMap<Vec<u8>, u64>>,
}

impl Refusals {
    /// Nothing yet.
    #[must_use]
    pub fn new(store: Arc<Store>, edge: Edge) -> Self {
        Self { store, edge, waiting: Mutex::default() }
    }

    /// Counts one. `domain` must be of a short list: a listed one, ours, [`OTHERS`] or [`NONE`]; so must the reason.
    pub fn note(&self, direction: Direction, domain: &str, reason: &str) {
        let name = |domain: &str| [&prefix(self.edge.now(), REFUSALS, direction, domain), reason.as_bytes()].concat();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let own = name(domain);
        let key = if waiting.contains_key(&own) || waiting.len() < WAITING_MAX { own } else { name(OTHERS) };
        *waiting.entry(key).or_default() += 1;
    }

    /// Writes what gathered. After a failure it gathers on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn flush(&self) -> Result<(), Fault> {
        let Some(work) = self.take() else { return Ok(()) };
        let written = self.store.write({
            let work = work.clone();
            move |tx| add(tx, &work)
        });
        written.await.inspect_err(|_| self.put_back(work))
    }

    /// [`Refusals::flush`] outside of the asynchronous runtime.
    ///
    /// # Errors
    /// As [`Refusals::flush`].
    pub fn flush_blocking(&self) -> Result<(), Fault> {
        let Some(work) = self.take() else { return Ok(()) };
        self.store.write_blocking(move |tx| add(tx, &work))
    }

    fn take(&self) -> Option<BTreeMap<Vec<u8>, u64>> {
        let taken = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        Some(taken).filter(|taken| !taken.is_empty())
    }

    fn put_back(&self, work: BTreeMap<Vec<u8>, u64>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, times) in work {
            *waiting.entry(name).or_default() += times;
        }
    }
}

fn add(tx: &mut Tx<'_>, work: &BTreeMap<Vec<u8>, u64>) -> Result<(), Fault> {
    // durable from here: the numbers, all of this half minute together
    work.iter().try_for_each(|(name, times)| tx.add_to_sums(name, &[*times]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::testing::edge;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    fn message(sender: &str, to: &str, header: &str) -> Traffic {
        let sender = Some(sender).filter(|text| !text.is_empty()).map(domain);
        Traffic::of(Direction::In, sender.as_ref(), [&Address::parse(to).unwrap()], header.as_bytes())
    }

    /// [mss#5]
    #[tokio::test]
    async fn a_month_is_counted_by_domain_and_software() {
        let store = Store::in_memory(edge().0).unwrap();
        let here = "anne@chu.mssante.fr";
        let all = [
            message("lilas.mssante.fr", here, "X-MSS-NIL: LPS-1\r\nX-MSS-CODECDA: 34112-3\r\nX-MSS-INS: O\r\n\r\n"),
            message("lilas.mssante.fr", here, "x-mss-nil:  LPS-1\r\nX-MSS-INS: N\r\n\r\n"),
            message("lilas.mssante.fr", here, "X-MSS-NIL: M. DUPONT <jean>\r\nX-MSS-CODECDA:\r\n\r\n"),
            message(PATIENTS, here, "Subject: [FIN]\r\n\r\n"),
            message("", "279035121518989@patient.mssante.fr", ""),
        ];
        store.write(move |tx| all.iter().try_for_each(|traffic| traffic.count(tx))).await.unwrap();
        let now = month(edge().0.now());
        let found = statistics(&store, &now).unwrap();
        let rows: Vec<_> = found
            .counts
            .iter()
            .map(|c| {
                let numbers =
                    [c.messages, c.documents, c.ins_qualified, c.ins_unqualified, c.to_patients, c.from_patients];
                (c.domain.as_str(), c.product.as_str(), numbers)
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("-", "-", [1, 0, 0, 0, 1, 0]),
                ("lilas.mssante.fr", "LPS-1", [2, 1, 1, 1, 0, 0]),
                ("lilas.mssante.fr", "M._DUPONT__jean_", [1, 0, 0, 0, 0, 0]),
                (PATIENTS, "-", [1, 0, 0, 0, 0, 1]),
            ]
        );
        assert!(statistics(&store, "1999-01").unwrap().counts.is_empty());
    }

    #[tokio::test]
    async fn ever_new_names_end_in_others() {
        let store = Store::in_memory(edge().0).unwrap();
        let long = "X".repeat(5000);
        for number in 0..PRODUCTS_MAX + 20 {
            let one = message("lilas.mssante.fr", "a@b.fr", &format!("X-MSS-NIL: {number}-{long}\r\n\r\n"));
            store.write(move |tx| one.count(tx)).await.unwrap();
        }
        let found = statistics(&store, &month(edge().0.now())).unwrap();
        assert_eq!(found.counts.len(), PRODUCTS_MAX + 1);
        assert!(found.counts.iter().all(|counts| counts.product.chars().count() <= PRODUCT_CHARS));
        let others = found.counts.iter().find(|counts| counts.product == OTHERS).unwrap();
        assert_eq!(others.messages, 20);
    }

    #[tokio::test]
    async fn refusals_gather_and_are_written_together() {
        let store = Store::in_memory(edge().0).unwrap();
        let refusals = Refusals::new(Arc::clone(&store), edge().0);
        refusals.note(Direction::In, "lilas.mssante.fr", "revoked");
        refusals.note(Direction::In, "lilas.mssante.fr", "revoked");
        refusals.note(Direction::Out, NONE, "login-failed");
        let now = month(edge().0.now());
        assert!(statistics(&store, &now).unwrap().refused.is_empty());
        refusals.flush().await.unwrap();
        refusals.flush().await.unwrap();
        refusals.note(Direction::In, "lilas.mssante.fr", "revoked");
        refusals.flush().await.unwrap();
        let refused = statistics(&store, &now).unwrap().refused;
        let rows: Vec<_> =
            refused.iter().map(|r| (r.direction, r.domain.as_str(), r.reason.as_str(), r.times)).collect();
        assert_eq!(
            rows,
            [(Direction::In, "lilas.mssante.fr", "revoked", 3), (Direction::Out, "-", "login-failed", 1),]
        );
        for number in 0..WAITING_MAX + 5 {
            refusals.note(Direction::In, &format!("d{number}.fr"), "expired");
        }
        assert_eq!(refusals.take().unwrap().len(), WAITING_MAX + 1);
        // After the store has closed nothing is lost from memory.
        refusals.note(Direction::In, NONE, "expired");
        store.close();
        assert!(refusals.flush().await.is_err() && refusals.take().is_some());
    }
}
