//! Signatures of domains (DKIM) over what leaves, and what is needed to judge those that come in.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use crate::mail::{Domain, Time};
use crate::proto::dkim::{BodyHashes, Digester, Lookup, Purpose, Signer, Verdict, judge, names};

/// The keys of this server, by domain. A message gets one signature by each key of its author's domain.
#[derive(Debug, Default)]
pub struct Signers(BTreeMap<Domain, Vec<Signer>>);

impl Signers {
    /// With these keys.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = (Domain, Signer)>) -> Self {
        let mut signers = Self::default();
        keys.into_iter().for_each(|(domain, signer)| signers.0.entry(domain).or_default().push(signer));
        signers
    }

    /// What is to be computed of a message.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        (!self.0.is_empty()).then_some(Purpose::Sign)
    }

    /// The fields to put above a message. What can't be signed leaves without: a signature is a courtesy here.
    // [rfc6376#5]
    pub(super) fn fields(&self, domain: &Domain, header: &[u8], hashes: &BodyHashes, now: Time) -> Vec<String> {
        let Some(body) = &hashes.relaxed else { return Vec::new() };
        let sign = |signer: &Signer| match signer.sign(header, body, now) {
            Ok(field) => Some(field),
            Err(error) => {
                tracing::error!(target: "sceau::flows::dkim", ?signer, %error, "a message leaves without this signature");
                None
            }
        };
        self.0.get(domain).into_iter().flatten().filter_map(sign).collect()
    }

    /// The same for a message that is there as a whole.
    pub(super) fn fields_of(&self, domain: &Domain, message: &[u8], now: Time) -> Vec<String> {
        if !self.0.contains_key(domain) {
            return Vec::new();
        }
        let mut digester = Digester::new(Purpose::Sign);
        digester.push(message);
        let end = message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 2);
        self.fields(domain, &message[..end], &digester.finish(), now)
    }
}

/// What DNS says of keys, by the names of their records.
pub type Records = BTreeMap<String, Lookup>;

/// Looks key records up. It answers within a bound of its own, whatever DNS does: a verdict never holds up a delivery
/// for longer.
pub trait KeyRecords: Send + Sync {
    /// One answer for each name.
    fn look_up<'a>(&'a self, names: &'a [String]) -> Pin<Box<dyn Future<Output = Records> + Send + 'a>>;
}

/// A verdict on each signature of a message that came in.
// [rfc6376#6.1]
pub(super) async fn verdicts(
    records: Option<&dyn KeyRecords>,
    header: &[u8],
    hashes: &BodyHashes,
    now: Time,
) -> Vec<Verdict> {
    let Some(records) = records else { return Vec::new() };
    let names = names(header, hashes, now);
    let found = if names.is_empty() { Records::new() } else { records.look_up(&names).await };
    judge(header, hashes, &found, now)
}
