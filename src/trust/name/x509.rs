//! Names of certificates: attributes in the order that people read, values freed from their string types.

use x509_parser::asn1_rs::Tag;
use x509_parser::x509::X509Name;

use super::{Attribute, AttributeType};

/// The attributes in RFC 4514 order, which is the reverse of the encoded one.
pub(super) fn attributes(name: &X509Name<'_>) -> Vec<Attribute> {
    let mut attributes: Vec<_> = name
        .iter_attributes()
        .map(|attribute| {
            let value = attribute.attr_value();
            Attribute {
                kind: AttributeType(attribute.attr_type().to_id_string()),
                value: decode(value.header.tag(), value.data).unwrap_or_else(|| hexadecimal(value.data)),
            }
        })
        .collect();
    attributes.reverse();
    attributes
}

/// The text of a BER value, or `#` and its hexadecimal when it is no character string.
pub(super) fn decode_value(ber: &[u8]) -> String {
    let short = |ber: &[u8]| {
        let (tag, length) = (*ber.first()?, *ber.get(1)?);
        let content = ber.get(2..)?;
        (length < 0x80 && usize::from(length) == content.len()).then_some((tag, content.to_vec()))
    };
    short(ber).and_then(|(tag, content)| decode(Tag(u32::from(tag)), &content)).unwrap_or_else(|| hexadecimal(ber))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold("#".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The text of a character string (X.690 §8.23). T.61 is read as Latin 1, as all software does.
fn decode(tag: Tag, bytes: &[u8]) -> Option<String> {
    match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        }
        Tag::T61String => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
        }
        Tag::UniversalString => {
            let (units, rest) = bytes.as_chunks::<4>();
            let text: Option<String> = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect();
            text.filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_types_make_no_difference() {
        for (tag, bytes) in [
            (Tag::Utf8String, "Rhône".as_bytes()),
            (Tag::T61String, b"Rh\xf4ne"),
            (Tag::BmpString, b"\0R\0h\0\xf4\0n\0e"),
            (Tag::UniversalString, b"\0\0\0R\0\0\0h\0\0\0\xf4\0\0\0n\0\0\0e"),
        ] {
            assert_eq!(decode(tag, bytes).as_deref(), Some("Rhône"), "{tag}");
        }
        assert_eq!(decode(Tag::Integer, &[1]), None);
        assert_eq!(decode(Tag::BmpString, &[0]), None);
        assert_eq!(decode(Tag::Utf8String, &[0xff]), None);
    }

    #[test]
    fn hexadecimal_values() {
        assert_eq!(decode_value(&[0x13, 2, b'F', b'R']), "FR");
        assert_eq!(decode_value(&[0x02, 1, 7]), "#020107");
        assert_eq!(decode_value(&[0x13, 9, b'F']), "#130946");
        assert_eq!(decode_value(&[]), "#");
    }
}
