//! Commitments: what stands in a leaf for a name or a digest, and the openings that reveal it.
//!
//! `SHA256("sceau-commit/v1\n" name "\n" base64(salt) "\n" value "\n")` with a fresh salt of 256 bits for each field of
//! each leaf. Without the salt nobody can test a guess: an unsalted digest of an identity number is guessed in half a
//! day. Whoever has the opening can show the value and nobody can show another.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes that a committed value may have; longer ones are cut at a character.
pub const VALUE_MAX: usize = 1024;

/// The name of a committed field. Numbered ones count from 1; `part.2` and `name.2` speak of the same part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Field {
    /// Who sent it: the reverse-path, or the author's address.
    From,
    /// The login that acted.
    Login,
    /// Evidence of the authentication that somebody else signed: a token, a certificate's fingerprint.
    Auth,
    /// The subject line.
    Subject,
    /// The Message-ID.
    MessageId,
    /// The message's bytes: [`message_value`].
    Message,
    /// An envelope recipient.
    To(u16),
    /// A leaf part's decoded bytes: [`part_value`].
    Part(u16),
    /// The file name of a part.
    Name(u16),
    /// The peer: its certificate's name and fingerprint.
    Peer,
    /// What the peer answered.
    Reply,
    /// The peer's own proof of it.
    PeerProof,
    /// The mailbox.
    Mailbox,
    /// The login that gave or took a right.
    By,
}

impl Field {
    /// The name without its number.
    #[must_use]
    pub const fn stem(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::Login => "login",
            Self::Auth => "auth",
            Self::Subject => "subject",
            Self::MessageId => "msgid",
            Self::Message => "message",
            Self::To(_) => "to",
            Self::Part(_) => "part",
            Self::Name(_) => "name",
            Self::Peer => "peer",
            Self::Reply => "reply",
            Self::PeerProof => "peerproof",
            Self::Mailbox => "mailbox",
            Self::By => "by",
        }
    }

    /// The number of a numbered field.
    #[must_use]
    pub const fn number(self) -> Option<u16> {
        match self {
            Self::To(n) | Self::Part(n) | Self::Name(n) => Some(n),
            _ => None,
        }
    }

    /// What people read, in French.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::From => "Expéditeur",
            Self::Login => "Identifiant de connexion",
            Self::Auth => "Preuve d'authentification",
            Self::Subject => "Objet",
            Self::MessageId => "Message-ID",
            Self::Message => "Empreinte du message",
            Self::To(_) => "Destinataire",
            Self::Part(_) => "Empreinte de la pièce",
            Self::Name(_) => "Nom de la pièce",
            Self::Peer => "Opérateur pair",
            Self::Reply => "Réponse du pair",
            Self::PeerProof => "Preuve du pair",
            Self::Mailbox => "Boîte aux lettres",
            Self::By => "Par",
        }
    }

    /// Reads a name: `from`, `to.1`. Numbers are canonical, from 1 to 65535.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((stem, number)) = name.split_once('.') {
            let n: u16 = canonical_number(number)?.try_into().ok().filter(|n| *n > 0)?;
            return match stem {
                "to" => Some(Self::To(n)),
                "part" => Some(Self::Part(n)),
                "name" => Some(Self::Name(n)),
                _ => None,
            };
        }
        const PLAIN: [Field; 11] = [
            Field::From,
            Field::Login,
            Field::Auth,
            Field::Subject,
            Field::MessageId,
            Field::Message,
            Field::Peer,
            Field::Reply,
            Field::PeerProof,
            Field::Mailbox,
            Field::By,
        ];
        PLAIN.into_iter().find(|field| field.stem() == name)
    }

    /// Appends the name.
    pub(super) fn push_to(self, text: &mut Vec<u8>) {
        text.extend_from_slice(self.stem().as_bytes());
        if let Some(number) = self.number() {
            text.push(b'.');
            text.extend_from_slice(number.to_string().as_bytes());
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stem())?;
        self.number().map_or(Ok(()), |n| write!(f, ".{n}"))
    }
}

/// What opens one commitment: whoever has it can show the value. Personal data; seal it before storing it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Which field.
    pub field: Field,
    /// The salt of this field of this leaf.
    pub salt: [u8; 32],
    /// The value, without control characters, at most [`VALUE_MAX`] bytes.
    pub value: String,
}

impl Opening {
    /// The commitment that this opens.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        commitment(self.field, &self.salt, &self.value)
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({}, …)", self.field)
    }
}

/// The commitment to a value.
// [proofs#commitment]
#[must_use]
pub fn commitment(field: Field, salt: &[u8; 32], value: &str) -> [u8; 32] {
    let mut text = Vec::with_capacity(80 + value.len());
    text.extend_from_slice(b"sceau-commit/v1\n");
    field.push_to(&mut text);
    text.push(b'\n');
    push_base64(salt, &mut text);
    text.push(b'\n');
    text.extend_from_slice(value.as_bytes());
    text.push(b'\n');
    sha256(&text)
}

/// The value of `message`: `message/rfc822 <size> sha256:<hex>` of the bytes as accepted (CRLF, dot-unstuffed).
#[must_use]
pub fn message_value(size: u64, sha256: &[u8; 32]) -> String {
    part_value("message/rfc822", size, sha256)
}

/// The value of `part.N`: `<type> <size> sha256:<hex>` of a leaf part's *decoded* bytes; the type in lower case.
#[must_use]
pub fn part_value(content_type: &str, size: u64, sha256: &[u8; 32]) -> String {
    let mut value = format!("{} {size} sha256:", content_type.to_ascii_lowercase());
    for byte in sha256 {
        value.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        value.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    value
}

/// A value as it is committed to: control characters become spaces, the length is bounded.
pub(super) fn normalise(value: &str) -> String {
    let mut end = value.len().min(VALUE_MAX);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    std::array::from_fn(|i| digest.as_ref()[i])
}

/// Appends the 44 characters of 32 bytes.
#[expect(clippy::expect_used, reason = "32 bytes have 44 characters in base64")]
pub(super) fn push_base64(bytes: &[u8; 32], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + 44, 0);
    STANDARD.encode_slice(bytes, &mut out[start..]).expect("44 characters");
}

/// Reads 44 characters of canonical base64.
pub(super) fn parse_base64(text: &str) -> Option<[u8; 32]> {
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Reads a decimal number without sign or leading zero.
pub(super) fn canonical_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // [proofs#commitment]
    #[test]
    fn a_commitment_is_the_digest_of_the_text_in_the_specification() {
        let salt = [0x11; 32];
        let text = format!("sceau-commit/v1\nto.3\n{}\njean@a.fr\n", STANDARD.encode(salt));
        assert_eq!(commitment(Field::To(3), &salt, "jean@a.fr"), sha256(text.as_bytes()));
    }

    #[test]
    fn names_survive_their_text_form() {
        for name in [
            "from",
            "login",
            "auth",
            "subject",
            "msgid",
            "message",
            "to.1",
            "part.65535",
            "name.7",
            "peer",
            "reply",
            "peerproof",
            "mailbox",
            "by",
        ] {
            assert_eq!(Field::parse(name).map(|field| field.to_string()).as_deref(), Some(name));
        }
        for name in ["", "to", "to.", "to.0", "to.01", "to.65536", "to.+1", "from.1", "From", "to.1.2", "x"] {
            assert_eq!(Field::parse(name), None, "{name}");
        }
    }

    #[test]
    fn values_are_bounded_and_on_one_line() {
        assert_eq!(normalise("a\r\nb\u{85}c\u{7f}"), "a  b c ");
        assert_eq!(normalise(&"é".repeat(VALUE_MAX)).len(), VALUE_MAX);
        assert_eq!(normalise(&format!("x{}", "é".repeat(VALUE_MAX))).len(), VALUE_MAX - 1);
        assert_eq!(part_value("Text/Plain", 3, &[0xab; 32]), format!("text/plain 3 sha256:{}", "ab".repeat(32)));
    }

    #[test]
    fn openings_do_not_show_their_value_in_logs() {
        let opening = Opening { field: Field::From, salt: [0; 32], value: "secret".to_owned() };
        assert_eq!(format!("{opening:?}"), "Opening(from, …)");
    }
}
