//! Properties: however the input is cut, the same comes out; and what comes out agrees with the octets it is about.

use proptest::prelude::*;
use proptest::sample::select;

use crate::proto::mime::header::Headers;
use crate::proto::mime::transfer::{Decoder, Encoding, decode};
use crate::proto::mime::{Envelope, Limits, Structure, Walker, header_text, walk};

/// Pieces of which awkward messages are made.
const PIECES: &[&str] = &[
    "--b",
    "--bb",
    "--b--",
    "--bb--",
    "--c",
    "--c--",
    "-",
    "--",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "x",
    "=",
    "=3D",
    "aGVs",
    ":",
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "Content-Type: multipart/digest; boundary=\"bb\"\r\n",
    "Content-Type: multipart/alternative;\r\n boundary=c\r\n",
    "Content-Type: message/rfc822\r\n",
    "\r\n\r\n",
    "\r\n--b\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "Subject: x\r\n\r\n",
    "From: a@b\n",
];

fn message() -> impl Strategy<Value = Vec<u8>> {
    let start =
        select(vec!["", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "Content-Type: message/rfc822\r\n\r\n"]);
    (start, proptest::collection::vec(select(PIECES), 0..60))
        .prop_map(|(start, pieces)| [start.as_bytes(), pieces.concat().as_bytes()].concat())
}

fn limits() -> impl Strategy<Value = Limits> {
    let small = (0..200_usize, 1..8_u32, 0..4_u8);
    let small =
        small.prop_map(|(header_bytes, parts, depth)| Limits { header_bytes, parts, depth, ..Limits::default() });
    prop_oneof![Just(Limits::default()), small]
}

/// Lengths of the pieces in which something is pushed.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(prop_oneof![4 => 1..4_usize, 1 => 1..200_usize], 1..40)
}

fn in_pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// What must be true of every structure, whatever the message.
fn agrees(message: &[u8], structure: &Structure) -> Result<(), TestCaseError> {
    let cut = |range: &std::ops::Range<u64>| &message[range.start as usize..range.end as usize];
    prop_assert_eq!(structure.size, message.len() as u64);
    for (index, part) in structure.parts.iter().enumerate() {
        let body = cut(&part.body);
        prop_assert_eq!(part.header.end, part.body.start);
        prop_assert_eq!(part.lines, body.iter().filter(|b| **b == b'\n').count() as u64);
        prop_assert!(part.next as usize > index && part.next as usize <= structure.parts.len());
        if let Some(parent) = part.parent {
            let parent = &structure.parts[parent as usize];
            prop_assert!(part.header.start >= parent.body.start && part.body.end <= parent.body.end);
            prop_assert!(part.next <= parent.next);
        }
        let mut end = part.body.start;
        for child in structure.children(index as u32) {
            let child = &structure.parts[child as usize];
            prop_assert_eq!(child.parent, Some(index as u32));
            prop_assert!(child.header.start >= end);
            end = child.body.end;
        }
        if let Some(sha256) = part.decoded_sha256 {
            let decoded = decode(part.transfer_encoding(), body);
            prop_assert_eq!(part.decoded_size, decoded.len() as u64);
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &decoded);
            prop_assert_eq!(&sha256[..], digest.as_ref());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_message_has_one_structure_however_it_is_cut(message in message(), cuts in cuts(), limits in limits()) {
        let whole = walk(&message, limits);
        let mut walker = Walker::new(limits);
        for piece in in_pieces(&message, &cuts) {
            walker.push(piece);
        }
        prop_assert_eq!(&walker.finish(), &whole);
        agrees(&message, &whole)?;
        prop_assert!(whole.parts.len() <= limits.parts as usize);
        prop_assert!(whole.header.len() <= limits.header_bytes);
        prop_assert!(whole.truncated || limits == Limits::default() || whole == walk(&message, Limits::default()));
    }

    #[test]
    fn a_body_is_decoded_to_the_same_however_it_is_cut(
        body in proptest::collection::vec(select(&b"=3Dd \t\r\nAz+/-\xc3"[..]), 0..400),
        cuts in cuts(),
        encoding in select(vec![Encoding::Identity, Encoding::Base64, Encoding::QuotedPrintable]),
    ) {
        let mut out = Vec::new();
        let mut decoder = Decoder::new(encoding);
        for piece in in_pieces(&body, &cuts) {
            decoder.push(piece, &mut out);
        }
        decoder.finish(&mut out);
        prop_assert_eq!(out, decode(encoding, &body));
    }

    #[test]
    fn long_white_space_is_decoded_to_the_same_however_it_is_cut(
        runs in proptest::collection::vec((select(vec!["=", "x", "\r\n", "\r", ""]), 0..2500_usize), 0..6),
        cuts in proptest::collection::vec(1..2000_usize, 1..10),
    ) {
        let body: String = runs.iter().map(|(text, spaces)| format!("{text}{}", " ".repeat(*spaces))).collect();
        let mut out = Vec::new();
        let mut decoder = Decoder::new(Encoding::QuotedPrintable);
        for piece in in_pieces(body.as_bytes(), &cuts) {
            decoder.push(piece, &mut out);
        }
        decoder.finish(&mut out);
        prop_assert_eq!(out, decode(Encoding::QuotedPrintable, body.as_bytes()));
    }

    #[test]
    fn base64_that_is_valid_comes_back(octets in proptest::collection::vec(any::<u8>(), 0..300), width in 1..100_usize) {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(&octets);
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width).collect();
        prop_assert_eq!(decode(Encoding::Base64, &lines.join(&b"\r\n"[..])), octets);
    }

    #[test]
    fn any_header_is_read_without_harm(
        header in proptest::collection::vec(select(&b"a:\"(<@>);,.=?utf-8Q*'%\\ \r\n\0\xe9[]"[..]), 0..300),
    ) {
        let named = [&b"To: "[..], &header, b"\r\nContent-Type: ", &header, b"\r\nContent-Disposition: ", &header].concat();
        let covered: usize = Headers::new(&named).map(|field| field.range.len()).sum();
        prop_assert!(covered <= named.len());
        let _ = Envelope::from_header(&named);
        let _ = header_text(&header);
        agrees(&named, &walk(&named, Limits::default()))?;
    }
}
