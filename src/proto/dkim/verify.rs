//! Verdicts on signatures that come in.

use std::collections::BTreeMap;

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::Algorithm;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::{Canonicalization, Signature};

use super::BodyHashes;
use crate::mail::Time;
use crate::proto::mime::Headers;

/// Signatures that are looked at: each may cost a look-up and a verification.
const SIGNATURES_MAX: usize = 5;
/// Bits of an RSA key below which its signature says nothing (RFC 8301 §3.2).
const KEY_BITS_MIN: usize = 1024;

/// Canonical forms that signatures name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Forms {
    pub(super) relaxed: bool,
    pub(super) simple: bool,
}

/// What DNS said of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The record's text.
    Found(String),
    /// There is none.
    Missing,
    /// No answer, or not in time.
    Failed,
}

/// What is to be said of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `d=`
    pub domain: String,
    /// `s=`
    pub selector: String,
    /// The word of RFC 8601 §2.7.1.
    pub result: &'static str,
    /// Why, when it is no `pass`.
    pub reason: &'static str,
}

impl Verdict {
    fn of(signature: &Signature, result: &'static str, reason: &'static str) -> Self {
        Self { domain: signature.d.clone(), selector: signature.s.clone(), result, reason }
    }

    /// A method's result for `Authentication-Results` (RFC 8601 §2.2).
    // [rfc8601#2.7.1]
    #[must_use]
    pub fn result(&self) -> String {
        let clean = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(253).collect()
        };
        let reason = if self.reason.is_empty() { String::new() } else { format!(" reason=\"{}\"", self.reason) };
        format!("dkim={}{reason} header.d={} header.s={}", self.result, clean(&self.domain), clean(&self.selector))
    }
}

/// The forms of the body that the header's signatures need.
pub(super) fn forms(header: &[u8]) -> Forms {
    let mut forms = Forms::default();
    if Headers::find(header, "DKIM-Signature").is_none() {
        return forms;
    }
    for signature in signatures(&parsed(header)) {
        match signature.cb {
            Canonicalization::Relaxed => forms.relaxed = true,
            Canonicalization::Simple => forms.simple = true,
        }
    }
    forms
}

/// The names of the records that are needed to judge the header's signatures; none when no body hash fits.
#[must_use]
pub fn names(header: &[u8], hashes: &BodyHashes, now: Time) -> Vec<String> {
    if Headers::find(header, "DKIM-Signature").is_none() {
        return Vec::new();
    }
    let message = parsed(header);
    let worth = signatures(&message).filter(|signature| flaw(signature, hashes, now).is_none());
    let mut names: Vec<_> = worth.map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// A verdict on each signature of a header, with what DNS said of the keys.
// [rfc6376#6.1]
#[must_use]
pub fn judge(header: &[u8], hashes: &BodyHashes, records: &BTreeMap<String, Lookup>, now: Time) -> Vec<Verdict> {
    if Headers::find(header, "DKIM-Signature").is_none() {
        return Vec::new();
    }
    let message = parsed(header);
    let mut verdicts: Vec<_> = message
        .dkim_headers
        .iter()
        .take(SIGNATURES_MAX)
        .map(|field| {
            let signature = &field.header;
            if let Some((result, reason)) = flaw(signature, hashes, now) {
                return Verdict::of(signature, result, reason);
            }
            let stripped = without_signature(field.value);
            let mut fields = message.signed_headers(&signature.h, field.name, &stripped);
            let (result, reason) = match records.get(&name(signature)) {
                Some(Lookup::Found(record)) => by_record(signature, record, &mut fields),
                Some(Lookup::Missing) => ("permerror", "no key record"),
                Some(Lookup::Failed) | None => ("temperror", "no answer for the key record"),
            };
            Verdict::of(signature, result, reason)
        })
        .collect();
    if !message.errors.is_empty() && verdicts.len() < SIGNATURES_MAX {
        let none = String::new;
        let reason = "a signature has no valid form";
        verdicts.push(Verdict { domain: none(), selector: none(), result: "neutral", reason });
    }
    verdicts
}

fn parsed(header: &[u8]) -> AuthenticatedMessage<'_> {
    AuthenticatedMessage::parse(header).unwrap_or_default()
}

fn signatures<'a>(message: &'a AuthenticatedMessage<'_>) -> impl Iterator<Item = &'a Signature> {
    message.dkim_headers.iter().take(SIGNATURES_MAX).map(|field| &field.header)
}

fn name(signature: &Signature) -> String {
    format!("{}._domainkey.{}", signature.s, signature.d).to_ascii_lowercase()
}

/// The field's value as it was signed: the value of `b=` and the white space around it taken out, and the last line
/// end.
// [rfc6376#3.7]
fn without_signature(value: &[u8]) -> Vec<u8> {
    let value = value.strip_suffix(b"\r\n").or_else(|| value.strip_suffix(b"\n")).unwrap_or(value);
    let tags = value.split(|b| *b == b';').map(|tag| match tag.iter().position(|b| *b == b'=') {
        Some(at) if tag[..at].trim_ascii().eq_ignore_ascii_case(b"b") => &tag[..=at],
        _ => tag,
    });
    tags.collect::<Vec<_>>().join(&b';')
}

/// What is wrong with a signature, whatever its key is.
// [rfc6376#6.1.1] [rfc6376#6.1.3] [rfc8301#3.1]
fn flaw(signature: &Signature, hashes: &BodyHashes, now: Time) -> Option<(&'static str, &'static str)> {
    let now = u64::try_from(now.secs()).unwrap_or(0);
    let hash = match signature.cb {
        Canonicalization::Relaxed => hashes.relaxed,
        Canonicalization::Simple => hashes.simple,
    };
    let identity = signature.i.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let domain = signature.d.to_ascii_lowercase();
    let within = identity.is_empty() || identity == domain || identity.ends_with(&format!(".{domain}"));
    if signature.a == Algorithm::RsaSha1 {
        Some(("policy", "rsa-sha1 says nothing any more"))
    } else if signature.l > 0 {
        Some(("policy", "only a part of the body is signed"))
    } else if !within {
        Some(("permerror", "i= is not within d="))
    } else if !signature.h.iter().any(|name| name.eq_ignore_ascii_case("from")) {
        Some(("permerror", "From is not signed"))
    } else if signature.x > 0 && signature.x < now {
        Some(("neutral", "expired"))
    } else if hash.is_none_or(|hash| hash[..] != signature.bh[..]) {
        Some(("fail", "the body was changed"))
    } else {
        None
    }
}

fn by_record<'a>(
    signature: &Signature,
    record: &str,
    fields: &mut dyn Iterator<Item = (&'a [u8], &'a [u8])>,
) -> (&'static str, &'static str) {
    let Ok(key) = DomainKey::parse(record.as_bytes()) else { return ("permerror", "the key record can't be read") };
    if key.p.public_key_bits() < KEY_BITS_MIN {
        return ("policy", "the key is too short");
    }
    match key.p.verify(fields, &signature.b, signature.ch, signature.a) {
        Ok(()) => ("pass", ""),
        Err(_) => ("fail", "the header was changed, or the key is another"),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
