//! A cursor over one complete command: the words of RFC 9051 §9 (atom, string, number, list). It knows the grammar's
//! small pieces and no command.
//!
//! The text holds literals in place, as they came: `{5}` CRLF and five bytes.

use std::borrow::Cow;

use crate::mail::{Fault, Status};

/// How deep lists may nest in one command. Clients stay below ten.
pub const NESTING_MAX: usize = 32;

/// What a parser gives: a value, or the refusal to tell the client.
pub(super) type Parsed<T> = Result<T, Fault>;

/// A refusal for arguments without a valid form.
pub(super) fn syntax(detail: impl Into<String>) -> Fault {
    Fault::user(Status::Syntax, detail)
}

/// What is left of a command.
pub(super) struct Args<'a> {
    rest: &'a [u8],
    depth: usize,
}

/// `ATOM-CHAR` (RFC 9051 §9). 8-bit bytes are not in it.
pub(super) fn is_atom(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte)
}

/// `ASTRING-CHAR`: an atom's, and `]`.
pub(super) fn is_astring(byte: u8) -> bool {
    is_atom(byte) || byte == b']'
}

/// `list-char`: an astring's, and the wildcards. 8-bit is let through to be judged as a name.
fn is_list(byte: u8) -> bool {
    is_astring(byte) || matches!(byte, b'%' | b'*') || byte >= 0x80
}

impl<'a> Args<'a> {
    /// All of a text.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { rest: text, depth: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Refuses anything that is left; a final space, which some clients send, is not held against them.
    pub(super) fn end(&mut self) -> Parsed<()> {
        self.take(b" ");
        if self.rest.is_empty() { Ok(()) } else { Err(syntax("more arguments than the command takes")) }
    }

    /// The next byte, not taken.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes these bytes if they come next, in any case.
    pub(super) fn take(&mut self, word: &[u8]) -> bool {
        match self.rest.get(..word.len()) {
            Some(head) if head.eq_ignore_ascii_case(word) => {
                self.rest = &self.rest[word.len()..];
                true
            }
            _ => false,
        }
    }

    /// Takes these bytes or refuses.
    pub(super) fn expect(&mut self, word: &'static str) -> Parsed<()> {
        if self.take(word.as_bytes()) { Ok(()) } else { Err(syntax(format!("expected {word:?}"))) }
    }

    /// One space.
    pub(super) fn space(&mut self) -> Parsed<()> {
        self.expect(" ")
    }

    /// Bytes while they are of a class; refuses none at all.
    pub(super) fn run(&mut self, class: impl Fn(u8) -> bool, what: &'static str) -> Parsed<&'a [u8]> {
        let end = self.rest.iter().position(|b| !class(*b)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(syntax(format!("expected {what}")));
        }
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(taken)
    }

    /// An atom.
    pub(super) fn atom(&mut self) -> Parsed<&'a str> {
        let bytes = self.run(is_atom, "a word")?;
        std::str::from_utf8(bytes).map_err(|_| syntax("a word is ASCII"))
    }

    /// An atom in upper case, to compare with names.
    pub(super) fn word(&mut self) -> Parsed<String> {
        self.atom().map(str::to_ascii_uppercase)
    }

    /// A `number` of 32 bits.
    pub(super) fn number(&mut self) -> Parsed<u32> {
        self.digits()
    }

    /// A `number64`: at most 63 bits (RFC 9051 §9).
    pub(super) fn number64(&mut self) -> Parsed<u64> {
        self.digits().and_then(|n: u64| if n >> 63 == 0 { Ok(n) } else { Err(syntax("a number is too large")) })
    }

    fn digits<N: std::str::FromStr>(&mut self) -> Parsed<N> {
        let digits = self.run(|b| b.is_ascii_digit(), "a number")?;
        let text = std::str::from_utf8(digits).unwrap_or_default();
        text.parse().map_err(|_| syntax("a number is too large"))
    }

    /// A `string`: quoted, or literal.
    pub(super) fn string(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => self.literal().map(Cow::Borrowed),
            _ => Err(syntax("expected a string")),
        }
    }

    /// An `astring`: an atom with `]`, or a string.
    pub(super) fn astring(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => self.run(is_astring, "a string").map(Cow::Borrowed),
        }
    }

    /// An astring that is text: UTF-8 without NUL.
    pub(super) fn text(&mut self) -> Parsed<String> {
        let bytes = self.astring()?;
        String::from_utf8(bytes.into_owned()).map_err(|_| syntax("a string is not UTF-8"))
    }

    /// A mailbox name as it came; [`super::name`] says what it means. Raw 8-bit comes through to mean nothing there.
    pub(super) fn mailbox(&mut self) -> Parsed<Vec<u8>> {
        self.name(|b| is_astring(b) || b >= 0x80)
    }

    /// A mailbox name with wildcards as it came.
    pub(super) fn pattern(&mut self) -> Parsed<Vec<u8>> {
        self.name(is_list)
    }

    fn name(&mut self, class: fn(u8) -> bool) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string().map(Cow::into_owned),
            _ => self.run(class, "a mailbox name").map(<[u8]>::to_vec),
        }
    }

    /// `NIL`, or a string.
    pub(super) fn nstring(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.take(b"NIL") { Ok(None) } else { self.string().map(Some) }
    }

    /// The same; a literal announced by `~` may hold any octets (RFC 4466 §6).
    pub(super) fn nstring8(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        match self.peek() {
            Some(b'~') => self.octets().map(|octets| Some(Cow::Borrowed(octets))),
            _ => match self.nstring()? {
                Some(text) if text.contains(&0) => Err(syntax("a string holds NUL")),
                text => Ok(text),
            },
        }
    }

    /// A parenthesised list of at least one item, one space between two.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.nested(|args| {
            let mut items = vec![item(args)?];
            while !args.take(b")") {
                args.space()?;
                items.push(item(args)?);
            }
            Ok(items)
        })
    }

    /// The same, or `()`.
    pub(super) fn list_or_empty<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        if self.take(b"()") { Ok(Vec::new()) } else { self.list(item) }
    }

    /// What stands behind a `(`, counted as one level; `inner` takes the `)`.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.expect("(")?;
        self.deeper(inner)
    }

    /// One level down, within [`NESTING_MAX`].
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == NESTING_MAX {
            return Err(Fault::user(Status::LimitReached, "nested too deep"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        let body = &self.rest[1..];
        let plain = body.iter().position(|b| matches!(b, b'"' | b'\\')).ok_or_else(unclosed)?;
        if body[plain] == b'"' {
            self.rest = &body[plain + 1..];
            return Ok(Cow::Borrowed(&body[..plain]));
        }
        let mut text = Vec::new();
        let mut bytes = body.iter().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.rest = &body[at + 1..];
                    return Ok(Cow::Owned(text));
                }
                b'\\' => text.push(*bytes.next().ok_or_else(unclosed)?.1),
                byte => text.push(*byte),
            }
        }
        Err(unclosed())
    }

    fn literal(&mut self) -> Parsed<&'a [u8]> {
        let literal = self.octets()?;
        if literal.contains(&0) {
            return Err(syntax("a literal holds NUL"));
        }
        Ok(literal)
    }

    fn octets(&mut self) -> Parsed<&'a [u8]> {
        self.take(b"~");
        self.expect("{")?;
        let size = usize::try_from(self.number64()?).map_err(|_| syntax("a literal is too large"))?;
        let _ = self.take(b"+") || self.take(b"-");
        self.expect("}\r\n")?;
        let (literal, rest) = self.rest.split_at_checked(size).ok_or_else(|| syntax("a literal is cut"))?;
        self.rest = rest;
        Ok(literal)
    }
}

fn unclosed() -> Fault {
    syntax("a quoted string has no end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_their_three_forms() {
        for (text, string) in [
            ("abc", "abc"),
            ("a]c", "a]c"),
            ("\"\"", ""),
            ("\"a b\"", "a b"),
            ("\"a \\\" \\\\ b\"", "a \" \\ b"),
            ("{3}\r\na b", "a b"),
            ("{3+}\r\n\"\r\n", "\"\r\n"),
            ("{0}\r\n", ""),
        ] {
            let mut args = Args::new(text.as_bytes());
            assert_eq!(args.astring().unwrap().as_ref(), string.as_bytes(), "{text}");
            args.end().unwrap();
        }
    }

    #[test]
    fn what_is_no_string_is_refused() {
        for text in ["", " a", "(a)", "\"a", "\"a\\", "\"a\\\"", "{3}\r\nab", "{x}\r\n", "{3}ab", "{1}\r\n\0", "\u{e9}"]
        {
            assert!(Args::new(text.as_bytes()).astring().is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers_have_their_width() {
        assert_eq!(Args::new(b"4294967295").number().unwrap(), u32::MAX);
        assert!(Args::new(b"4294967296").number().is_err());
        assert_eq!(Args::new(b"9223372036854775807").number64().unwrap(), u64::MAX >> 1);
        assert!(Args::new(b"9223372036854775808").number64().is_err());
    }

    #[test]
    fn lists_nest_to_a_limit() {
        fn nest(args: &mut Args<'_>) -> Parsed<()> {
            if args.peek() == Some(b'(') { args.list(nest).map(drop) } else { args.atom().map(drop) }
        }
        let deep = |n| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        assert!(nest(&mut Args::new(deep(NESTING_MAX).as_bytes())).is_ok());
        assert!(nest(&mut Args::new(deep(NESTING_MAX + 1).as_bytes())).is_err());
        assert!(nest(&mut Args::new(deep(1_000_000).as_bytes())).is_err());
    }
}
