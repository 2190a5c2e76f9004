//! Messages that want time or memory. What is counted is what is kept; a quadratic step would not end here.
// [clients#mime]

use crate::proto::mime::{Entry, Envelope, Limits, Structure, Walker, header_text, parameters, walk};

/// Pushes a message piece by piece, so that it need not be held as a whole.
fn pushed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Structure {
    let mut walker = Walker::new(Limits::default());
    pieces.for_each(|piece| walker.push(piece));
    walker.finish()
}

#[test]
fn a_hundred_thousand_parts() {
    let start = &b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"[..];
    let part = &b"--b\r\nContent-Type: text/html\r\n\r\nx\r\n"[..];
    let structure = pushed(std::iter::once(start).chain(std::iter::repeat_n(part, 100_000)));
    assert!(structure.truncated);
    assert_eq!(structure.parts.len(), Limits::default().parts as usize);
    let last = structure.parts.last().unwrap();
    assert_eq!((last.number.as_str(), last.body.end - last.body.start), ("999", 1), "no part swallows what follows it");
}

#[test]
fn multiparts_in_multiparts_ten_thousand_deep() {
    let levels: Vec<String> =
        (0..10_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    let structure = pushed(levels.iter().map(String::as_bytes));
    assert!(structure.truncated);
    assert_eq!(structure.parts.len(), usize::from(Limits::default().depth) + 1);
    let opaque = structure.parts.last().unwrap();
    assert!(opaque.content_type.is("application", "octet-stream"));
    assert_eq!(opaque.body.end, structure.size);
}

#[test]
fn what_is_opaque_is_digested_as_the_file_that_a_client_makes_of_it() {
    let message = b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=";
    let structure = walk(message, Limits { depth: 0, ..Limits::default() });
    let part = &structure.parts[0];
    assert!(part.content_type.is("application", "octet-stream"));
    assert_eq!((part.encoding.as_str(), part.decoded_size), ("base64", 5));
}

#[test]
fn messages_in_messages_ten_thousand_deep() {
    let structure = pushed(std::iter::repeat_n(&b"Content-Type: message/rfc822\r\n\r\n"[..], 10_000));
    assert!(structure.truncated);
    assert_eq!(structure.parts.len(), usize::from(Limits::default().depth) + 1);
    assert!(structure.parts.last().unwrap().content_type.is("application", "octet-stream"));
}

#[test]
fn a_header_of_a_hundred_megabytes() {
    let fields = |unit: &[u8], bytes: usize| unit.repeat(bytes / unit.len());
    for piece in
        [vec![b'a'; 1_000_000], fields(b"X: yyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 200_000), fields(b"X: y\r\n z\r\n", 50_000)]
    {
        let structure = pushed(std::iter::repeat_n(piece.as_slice(), 100));
        assert!(structure.truncated);
        assert!(structure.header.len() <= Limits::default().header_bytes);
        assert_eq!(structure.whole_header(), None);
        assert!(structure.header.is_empty() || structure.header.ends_with(b"\n"));
    }
}

#[test]
fn a_hundred_thousand_pieces_of_a_parameter() {
    let pieces: String = (0..100_000).map(|n| format!("; name*{n}*=%41")).collect();
    let parsed = parameters::parse(format!("a/b{pieces}").as_bytes()).parameters;
    assert_eq!(parsed.iter().count(), 1);
    assert_eq!(parsed.get("name").map(str::len), Some(128));
    let names: String = (0..100_000).map(|n| format!("; n{n}=a")).collect();
    assert_eq!(parameters::parse(format!("a/b{names}").as_bytes()).parameters.iter().count(), 128);
}

#[test]
fn comments_in_comments() {
    for unit in ["(", ")", "(\\", "(\"", "a(", "<(", "(,", "<,(\"\\\")", "<\"", "\"", "<", "x@:", "a:"] {
        let value = unit.repeat(1_000_000 / unit.len());
        let header = format!("To: {value}\r\nContent-Type: a/b; c={value}\r\nContent-Language: {value}\r\n\r\n");
        assert_eq!(walk(header.as_bytes(), Limits::default()).parts.len(), 1, "{unit}");
        let envelope = Envelope::from_header(header.as_bytes());
        assert!(envelope.to.len() <= 10_001, "{unit}");
    }
}

#[test]
fn a_hundred_thousand_addresses() {
    let header = format!("From: {}x@y\r\nTo: {}\r\n\r\n", "a@b, ".repeat(100_000), "g:;".repeat(100_000));
    let envelope = Envelope::from_header(header.as_bytes());
    let kept = |list: &[Entry]| list.len();
    assert_eq!(kept(&envelope.from), 10_000);
    assert!(kept(&envelope.to) + kept(&envelope.sender) + kept(&envelope.reply_to) <= 2);
    let embedded =
        format!("Content-Type: multipart/digest; boundary=b\r\n\r\n{}", format!("--b\r\n\r\n{header}\r\n").repeat(3));
    let structure = walk(embedded.as_bytes(), Limits::default());
    let lists = structure.parts.iter().filter_map(|part| part.envelope.as_ref());
    let total: usize = lists.map(|e| kept(&e.from) + kept(&e.sender) + kept(&e.reply_to) + kept(&e.to)).sum();
    assert!(total <= Limits::default().addresses + 10);
}

#[test]
fn lines_that_begin_like_delimiters() {
    let start = &b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"[..];
    for piece in [&b"\r\n--b-"[..], b"\n--\n-", b"--b ", b"\r", b"\n"] {
        let structure = pushed(std::iter::once(start).chain(std::iter::repeat_n(piece, 1_000_000)));
        assert!(structure.parts.len() <= 2, "{}", piece.escape_ascii());
        assert_eq!(structure.size, (start.len() + piece.len() * 1_000_000) as u64);
    }
}

#[test]
fn encoded_words_that_do_not_end() {
    for unit in ["=?", "=?a?q?", "=?a?q? ", "=?a?q?=", "=?a?q?x?= ", "=?a?b?"] {
        let raw = unit.repeat(1_000_000 / unit.len());
        assert!(header_text(raw.as_bytes()).len() <= raw.len(), "{unit}");
    }
}
