//! The few forms of DER that OCSP needs: one item after the other, whole, with its own octets.

/// One item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) tag: u8,
    /// Tag, length and contents.
    pub(super) raw: &'a [u8],
    pub(super) data: &'a [u8],
}

/// Takes the next item. None at the end, and for what is not DER: indefinite or longer-than-needed lengths, tags of
/// several octets, items that end beyond the input.
pub(super) fn take<'a>(input: &mut &'a [u8]) -> Option<Item<'a>> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
            if octets[0] == 0 || length < 0x80 {
                return None;
            }
            (length, rest)
        }
        _ => return None,
    };
    let (data, after) = rest.split_at_checked(length)?;
    let raw = &input[..input.len() - after.len()];
    if tag & 0x1f == 0x1f {
        return None;
    }
    *input = after;
    Some(Item { tag, raw, data })
}

/// Takes the next item, which has this tag.
pub(super) fn expect<'a>(input: &mut &'a [u8], tag: u8) -> Option<Item<'a>> {
    take(input).filter(|item| item.tag == tag)
}

/// Takes the next item if it has this tag.
pub(super) fn optional<'a>(input: &mut &'a [u8], tag: u8) -> Option<Item<'a>> {
    if input.first() == Some(&tag) { take(input) } else { None }
}

/// An item with these contents, one after the other.
pub(super) fn item(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length = contents.iter().map(|part| part.len()).sum::<usize>();
    let octets = length.to_be_bytes();
    let short = &octets[octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1)..];
    let mut written = vec![tag];
    if length >= 0x80 {
        // Eight octets of a length at most.
        written.push(0x80 | u8::try_from(short.len()).unwrap_or(8));
    }
    written.extend_from_slice(short);
    contents.iter().for_each(|part| written.extend_from_slice(part));
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_der_is_refused() {
        for input in [
            &[][..],
            &[0x30],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 0x7f],
            &[0x30, 0x82, 0, 0x80],
            &[0x30, 2, 0],
            &[0x3f, 1, 0],
            &[0x30, 0x84, 0, 0, 0, 1, 0],
        ] {
            assert_eq!(take(&mut &*input), None, "{input:x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tag in 0_u8..0x1f, data in proptest::collection::vec(any::<u8>(), 0..70_000), more: Vec<u8>) {
            let raw = item(tag, &[&data]);
            let all = [&raw[..], &more].concat();
            let mut input = &all[..];
            prop_assert_eq!(take(&mut input), Some(Item { tag, raw: &raw, data: &data }));
            prop_assert_eq!(input, &more[..]);
        }
    }
}
