//! Digests of a message's body in its canonical forms (RFC 6376 §3.4.3, §3.4.4), taken as the message streams by.

use aws_lc_rs::digest::{Context, SHA256};

use super::verify::{Forms, forms};

/// Octets of header that are looked at for signatures. Beyond them nothing is verified.
const HEADER_MAX: usize = 1 << 20;

/// What the digests are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To sign: the relaxed form, whatever the header has.
    Sign,
    /// To verify: the forms that the header's signatures name; without any nothing is computed.
    Verify,
}

/// Takes a message, header first, and digests its body. However the message is cut, the same comes out.
pub struct Digester {
    purpose: Purpose,
    /// The header so far; gone once it has ended.
    header: Option<Vec<u8>>,
    /// The last octets, to see the blank line.
    tail: Tail,
    relaxed: Option<Form>,
    simple: Option<Form>,
}

/// Digests of one body. Each is there when it was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BodyHashes {
    /// SHA-256 of the relaxed form.
    pub relaxed: Option<[u8; 32]>,
    /// SHA-256 of the simple form.
    pub simple: Option<[u8; 32]>,
}

/// Where in a line end the header is: it ends with a line that is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    LineStart,
    LineStartCr,
    InLine,
    Cr,
    Ended,
}

impl Digester {
    /// Nothing taken yet.
    #[must_use]
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, header: Some(Vec::new()), tail: Tail::LineStart, relaxed: None, simple: None }
    }

    /// Takes the next octets.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if self.tail != Tail::Ended {
            let Some(end) = self.header_end(bytes) else { return self.keep(bytes) };
            let (header, body) = bytes.split_at(end);
            self.keep(header);
            self.begin();
            rest = body;
        }
        for form in [&mut self.relaxed, &mut self.simple].into_iter().flatten() {
            form.push(rest);
        }
    }

    /// The digests. A message without a blank line has an empty body.
    #[must_use]
    pub fn finish(mut self) -> BodyHashes {
        if self.tail != Tail::Ended {
            self.begin();
        }
        BodyHashes { relaxed: self.relaxed.map(Form::finish), simple: self.simple.map(Form::finish) }
    }

    /// Where in these octets the body begins, if it does.
    fn header_end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            self.tail = match (self.tail, byte) {
                (Tail::LineStart, b'\r') => Tail::LineStartCr,
                (Tail::LineStart | Tail::LineStartCr, b'\n') => Tail::Ended,
                (Tail::Cr | Tail::InLine, b'\n') => Tail::LineStart,
                (_, b'\r') => Tail::Cr,
                _ => Tail::InLine,
            };
            if self.tail == Tail::Ended {
                return Some(at + 1);
            }
        }
        None
    }

    fn keep(&mut self, header: &[u8]) {
        if let (Purpose::Verify, Some(kept)) = (self.purpose, &mut self.header) {
            kept.extend_from_slice(&header[..header.len().min(HEADER_MAX - kept.len())]);
        }
    }

    fn begin(&mut self) {
        self.tail = Tail::Ended;
        let header = self.header.take().unwrap_or_default();
        let Forms { relaxed, simple } = match self.purpose {
            Purpose::Sign => Forms { relaxed: true, simple: false },
            Purpose::Verify => forms(&header),
        };
        self.relaxed = relaxed.then(|| Form::new(Spaces::Reduced));
        self.simple = simple.then(|| Form::new(Spaces::Kept));
    }
}

/// What happens to white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spaces {
    Reduced,
    Kept,
}

/// One canonical form on its way into a digest.
struct Form {
    context: Context,
    spaces: Spaces,
    /// Line ends that are written when something follows them.
    line_ends: u64,
    /// White space that is written as one space when something follows it in the line.
    space: bool,
    /// A CR that may begin a line end.
    cr: bool,
    /// Something was written.
    begun: bool,
}

impl Form {
    fn new(spaces: Spaces) -> Self {
        Self { context: Context::new(&SHA256), spaces, line_ends: 0, space: false, cr: false, begun: false }
    }

    // [rfc6376#3.4.4]
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if std::mem::take(&mut self.cr) && byte != b'\n' {
                self.text(b"\r");
            }
            match byte {
                b'\r' => self.cr = true,
                b'\n' => {
                    self.line_ends += 1;
                    self.space = false;
                }
                b' ' | b'\t' if self.spaces == Spaces::Reduced => self.space = true,
                _ => {
                    let run = self.run(rest);
                    self.text(&rest[..run]);
                    rest = &rest[run..];
                    continue;
                }
            }
            rest = after;
        }
    }

    /// Octets that are written as they are; at least one.
    fn run(&self, bytes: &[u8]) -> usize {
        let end = match self.spaces {
            Spaces::Kept => memchr::memchr2(b'\r', b'\n', bytes),
            Spaces::Reduced => bytes.iter().position(|b| matches!(b, b'\r' | b'\n' | b' ' | b'\t')),
        };
        end.unwrap_or(bytes.len())
    }

    fn text(&mut self, text: &[u8]) {
        while self.line_ends > 0 {
            const MANY: &[u8] = b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
            let now = self.line_ends.min(MANY.len() as u64 / 2);
            self.context.update(&MANY[..usize::try_from(now).unwrap_or(0) * 2]);
            self.line_ends -= now;
        }
        if std::mem::take(&mut self.space) {
            self.context.update(b" ");
        }
        self.context.update(text);
        self.begun = true;
    }

    /// RFC 6376 §3.4.3: a simple body always ends with one line end, §3.4.4: an empty relaxed one has none.
    // [rfc6376#3.4.3] [rfc6376#3.4.4]
    fn finish(mut self) -> [u8; 32] {
        if std::mem::take(&mut self.cr) {
            self.text(b"\r");
        }
        // Spaces at the end of the last line, which had no line end, go too.
        if self.begun || self.spaces == Spaces::Kept {
            self.context.update(b"\r\n");
        }
        let digest = self.context.finish();
        std::array::from_fn(|i| digest.as_ref()[i])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sha256(text: &str) -> [u8; 32] {
        let digest = aws_lc_rs::digest::digest(&SHA256, text.as_bytes());
        digest.as_ref().try_into().unwrap()
    }

    fn form(spaces: Spaces, body: &str) -> [u8; 32] {
        let mut form = Form::new(spaces);
        form.push(body.as_bytes());
        form.finish()
    }

    #[test]
    fn relaxed_bodies_are_as_the_rfc_has_them() {
        // [rfc6376#3.4.4] its own example first; then the last lines that mail-auth 0.13 gets wrong
        for (body, canonical) in [
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            ("", ""),
            ("\r\n", ""),
            ("\r\n\r\n", ""),
            (" \r\n", ""),
            ("\t \r\n \r\n", ""),
            ("a", "a\r\n"),
            ("a \t", "a\r\n"),
            ("a\r\n \r\n", "a\r\n"),
            ("a\r\n\t\r\n \t \r\n", "a\r\n"),
            ("a\r\n \r\nb\r\n", "a\r\n\r\nb\r\n"),
            ("a\r\n  b", "a\r\n b\r\n"),
            ("a\rb\r\n", "a\rb\r\n"),
            ("a\r", "a\r\r\n"),
        ] {
            assert_eq!(form(Spaces::Reduced, body), sha256(canonical), "{body:?}");
        }
    }

    #[test]
    fn simple_bodies_end_with_one_line_end() {
        // [rfc6376#3.4.3]
        for (body, canonical) in [
            ("", "\r\n"),
            ("\r\n\r\n", "\r\n"),
            (" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n"),
            ("a\r\n \r\n", "a\r\n \r\n"),
            ("a", "a\r\n"),
        ] {
            assert_eq!(form(Spaces::Kept, body), sha256(canonical), "{body:?}");
        }
    }

    /// The defect for which the digest is ours: when this fails, the library is right and may take over.
    #[test]
    fn the_library_keeps_the_end_of_a_last_line_of_white_space() {
        use mail_auth::AuthenticatedMessage;
        let header = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=a.fr; s=s; h=From; bh=AAAA; b=AAAA\r\nFrom: a\r\n\r\n";
        let hash = |body: &str| {
            let message = format!("{header}{body}");
            let parsed = AuthenticatedMessage::parse(message.as_bytes()).unwrap();
            parsed.body_hashes.first().map(|(.., hash)| hash.clone()).unwrap()
        };
        assert_eq!(hash("a\r\n"), sha256("a\r\n"));
        assert_ne!(hash("a\r\n \r\n"), sha256("a\r\n"), "fixed: drop our own digest");
    }

    fn digests(purpose: Purpose, message: &[u8], cut: usize) -> BodyHashes {
        let mut digester = Digester::new(purpose);
        message.chunks(cut).for_each(|piece| digester.push(piece));
        digester.finish()
    }

    #[test]
    fn the_body_begins_behind_the_blank_line() {
        for (message, body) in [
            ("A: b\r\n\r\nc\r\n", "c\r\n"),
            ("\r\nc\r\n", "c\r\n"),
            ("A: b\n\nc\n", "c\r\n"),
            ("A: b\r\n", ""),
            ("", ""),
        ] {
            let found = digests(Purpose::Sign, message.as_bytes(), 1000);
            assert_eq!(found.relaxed, Some(sha256(body)), "{message:?}");
            assert_eq!(found.simple, None);
        }
        assert_eq!(digests(Purpose::Verify, b"A: b\r\n\r\nc\r\n", 3), BodyHashes::default(), "nothing is signed");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(message in "(A: b\r\n){0,2}(\r\n)?[ \t\r\na]{0,40}", cut in 1_usize..7) {
            let whole = digests(Purpose::Sign, message.as_bytes(), 4096);
            prop_assert_eq!(digests(Purpose::Sign, message.as_bytes(), cut), whole);
        }

        #[test]
        fn white_space_at_line_ends_changes_nothing_in_the_relaxed_form(
            lines in prop::collection::vec(("[a-c]{0,3}", "[ \t]{0,3}"), 0..8), end: bool,
        ) {
            let plain: String = lines.iter().map(|(text, _)| format!("{text}\r\n")).collect();
            let spaced: String = lines.iter().map(|(text, space)| format!("{text}{space}\r\n")).collect();
            let spaced = if end { format!("{spaced} \r\n") } else { spaced };
            prop_assert_eq!(form(Spaces::Reduced, &spaced), form(Spaces::Reduced, &plain));
        }
    }
}
