//! Modified UTF-7, in which IMAP4rev1 writes mailbox names (RFC 3501 §5.1.3). For nothing else: search strings and
//! texts have charsets of their own.
//!
//! Exactly one spelling of each name is accepted, the one that [`encode`] writes; so two spellings can't mean one
//! mailbox, and hostile input (unpaired surrogates, bits left over, encoded ASCII, raw 8-bit) means none.

/// The alphabet of base64 with `,` for `/`.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// The name that was meant; none if the bytes are not its one valid spelling.
///
/// ```
/// use sceau::proto::imap::utf7;
/// assert_eq!(utf7::decode(b"R&AOk-ponses &- avis").as_deref(), Some("Réponses & avis"));
/// assert_eq!(utf7::decode(b"R&AOk"), None);
/// ```
// [rfc3501#5.1.3]
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    let mut name = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'&' => {
                let end = rest.iter().position(|b| *b == b'-')?;
                decode_shifted(&rest[..end], &mut name)?;
                rest = &rest[end + 1..];
            }
            0x20..=0x7e => name.push(char::from(byte)),
            _ => return None,
        }
    }
    (encode(&name).as_bytes() == bytes).then_some(name)
}

/// The one spelling of a name: printable ASCII as it is, `&` as `&-`, all else as shifted base64 of UTF-16.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut shifted = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            encode_shifted(&mut shifted, &mut text);
            text.push(c);
            if c == '&' {
                text.push('-');
            }
        } else {
            shifted.extend(c.encode_utf16(&mut [0; 2]).iter());
        }
    }
    encode_shifted(&mut shifted, &mut text);
    text
}

fn decode_shifted(base64: &[u8], name: &mut String) -> Option<()> {
    if base64.is_empty() {
        name.push('&');
        return Some(());
    }
    let (mut bits, mut held) = (0_u32, 0);
    let mut units = Vec::with_capacity(base64.len());
    for byte in base64 {
        let value = ALPHABET.iter().position(|a| a == byte)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push(u16::try_from((bits >> held) & 0xffff).ok()?);
        }
    }
    name.push_str(&String::from_utf16(&units).ok()?);
    Some(())
}

fn encode_shifted(units: &mut Vec<u16>, text: &mut String) {
    if units.is_empty() {
        return;
    }
    text.push('&');
    let (mut bits, mut held) = (0_u32, 0);
    for unit in units.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        held += 16;
        while held >= 6 {
            held -= 6;
            text.push(digit(bits >> held));
        }
    }
    if held > 0 {
        text.push(digit(bits << (6 - held)));
    }
    text.push('-');
}

fn digit(bits: u32) -> char {
    char::from(ALPHABET[(bits & 63) as usize])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // [rfc3501#5.1.3]
    #[test]
    fn names_have_one_spelling() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("", ""),
            ("&", "&-"),
            ("&&", "&-&-"),
            ("Envoyés", "Envoy&AOk-s"),
            ("éà", "&AOkA4A-"),
            ("é&à", "&AOk-&-&AOA-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
            ("a😀b", "a&2D3eAA-b"),
            ("\u{7f}", "&AH8-"),
            ("\0", "&AAA-"),
        ] {
            assert_eq!(encode(name), wire, "{name}");
            assert_eq!(decode(wire.as_bytes()).as_deref(), Some(name), "{wire}");
        }
    }

    #[test]
    fn what_is_no_name_means_none() {
        for (wire, why) in [
            ("&", "no end"),
            ("&AOk", "no end"),
            ("&AOk-&AOk-", "two shifts where one does"),
            ("&AGE-", "encoded ASCII"),
            ("&ACY-", "encoded &"),
            ("&2D0-", "half a surrogate pair"),
            ("&3gDYPQ-", "surrogates in the wrong order"),
            ("&A-", "too few bits"),
            ("&AOl-", "bits left over are not zero"),
            ("&AOkA-", "a digit left over"),
            ("&AO/-", "not this alphabet"),
            ("&AOk=-", "padding"),
            ("a\u{e9}", "raw 8-bit"),
            ("a\tb", "control"),
            ("a\u{7f}", "delete"),
        ] {
            assert_eq!(decode(wire.as_bytes()), None, "{wire}: {why}");
        }
    }

    proptest! {
        #[test]
        fn every_name_survives(name in "\\PC*|.*") {
            prop_assert_eq!(decode(encode(&name).as_bytes()), Some(name));
        }

        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(name) = decode(&bytes) {
                prop_assert_eq!(encode(&name).into_bytes(), bytes);
            }
        }
    }
}
