//! The arguments of APPEND and REPLACE (RFC 9051 §6.3.12, RFC 3502, RFC 4469, RFC 6855 §4, RFC 8508), read between the
//! literals so that messages can be streamed: each segment of text gives steps, and says what follows it.

use super::args::{Args, Parsed, syntax};
use super::command::{Append, AppendStep, Headers, Message, Numbers, Replaced, Source};
use super::name::WireName;
use super::{date, flags};
use crate::mail::{Fault, FlagSet, Status};

/// Which command takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// APPEND: one message or more.
    Append,
    /// REPLACE, UID REPLACE: the message to be replaced, and one message.
    Replace(Numbers),
}

/// Where in the command a segment begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind the command's name.
    Start,
    /// Behind a message.
    Message,
    /// Behind a message or a part that opened a parenthesis for its UTF-8.
    Utf8(Within),
    /// Behind a part of CATENATE.
    Part,
}

/// What a literal is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// It is the message.
    Message,
    /// CATENATE.
    Catenate,
}

/// What follows a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A literal with octets of a message, then a segment from this place.
    Octets(Place),
    /// A literal that is a string of this segment: it is read again with it.
    String,
    /// Nothing: the command is complete.
    End,
}

/// Reads one segment. `size` is what its last thing, a literal's announcement, says; without one there is none.
///
/// # Errors
/// `Syntax`; `EmptyMessage` for a message without octets.
// [rfc3501#6.3.11] [rfc9051#6.3.12] [rfc6855#4] [rfc3502#6.3.11] [rfc4469#3] [rfc8508#3.4]
pub(super) fn segment(
    args: &mut Args<'_>,
    form: Form,
    mut place: Place,
    size: Option<u64>,
) -> Parsed<(Vec<AppendStep>, Next)> {
    let mut reader = Reader { form, size, steps: Vec::new() };
    loop {
        let next = match place {
            Place::Start => reader.start(args)?,
            Place::Utf8(within) => {
                args.expect(")")?;
                place = if within == Within::Message { Place::Message } else { Place::Part };
                continue;
            }
            Place::Message if args.is_empty() => Flow::Stops(Next::End),
            Place::Message if form != Form::Append => return Err(syntax("REPLACE takes one message")),
            Place::Message => {
                args.space()?;
                reader.message(args)?
            }
            Place::Part if args.take(b")") => Flow::Goes(Place::Message),
            Place::Part => {
                args.space()?;
                reader.part(args)?
            }
        };
        match next {
            Flow::Goes(to) => place = to,
            Flow::Stops(next) => return Ok((reader.steps, next)),
        }
    }
}

enum Flow {
    Goes(Place),
    Stops(Next),
}

struct Reader {
    form: Form,
    size: Option<u64>,
    steps: Vec<AppendStep>,
}

impl Reader {
    fn start(&mut self, args: &mut Args<'_>) -> Parsed<Flow> {
        let replaces = match self.form {
            Form::Append => None,
            Form::Replace(numbers) => {
                // [rfc8508#3.4] `*` is the last message
                let number = if args.take(b"*") { None } else { Some(args.number()?) };
                args.space()?;
                Some(Replaced { numbers, number })
            }
        };
        if announcement(args.rest()) {
            return Ok(Flow::Stops(Next::String));
        }
        let mailbox = WireName(args.mailbox()?);
        args.space()?;
        self.steps.push(AppendStep::Start(Append { mailbox, replaces }));
        self.message(args)
    }

    fn message(&mut self, args: &mut Args<'_>) -> Parsed<Flow> {
        let mut flags = FlagSet::default();
        if args.peek() == Some(b'(') {
            flags = flags::list(args)?;
            args.space()?;
        }
        let mut date = None;
        if args.peek() == Some(b'"') {
            date = Some(date::date_time(args)?);
            args.space()?;
        }
        if args.take(b"CATENATE (") {
            self.steps.push(AppendStep::Message(Message { flags, date, source: Source::Parts }));
            return self.part(args);
        }
        let (headers, place) = octets(args, Within::Message);
        let size = self.announced(args)?;
        if size == 0 {
            return Err(Fault::user(Status::EmptyMessage, "APPEND of nothing"));
        }
        self.steps.push(AppendStep::Message(Message { flags, date, source: Source::Octets { size, headers } }));
        Ok(Flow::Stops(Next::Octets(place)))
    }

    fn part(&mut self, args: &mut Args<'_>) -> Parsed<Flow> {
        if args.take(b"URL ") {
            if announcement(args.rest()) {
                return Ok(Flow::Stops(Next::String));
            }
            self.steps.push(AppendStep::Url(args.text()?));
            return Ok(Flow::Goes(Place::Part));
        }
        let (headers, place) = octets(args, Within::Catenate);
        if headers == Headers::Ascii {
            args.expect("TEXT ")?;
        }
        let size = self.announced(args)?;
        self.steps.push(AppendStep::Text { size, headers });
        Ok(Flow::Stops(Next::Octets(place)))
    }

    /// The size of the literal with which the segment ends.
    fn announced(&self, args: &Args<'_>) -> Parsed<u64> {
        let size = self.size.filter(|_| announcement(args.rest()));
        size.ok_or_else(|| syntax("expected the message as a literal"))
    }
}

/// Which form the octets have that are announced next, and where the command goes on behind them.
fn octets(args: &mut Args<'_>, within: Within) -> (Headers, Place) {
    let behind = if within == Within::Message { Place::Message } else { Place::Part };
    if args.take(b"UTF8 (") { (Headers::Utf8, Place::Utf8(within)) } else { (Headers::Ascii, behind) }
}

/// Whether this is an announcement and nothing else.
fn announcement(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"~").unwrap_or(rest);
    rest.first() == Some(&b'{') && rest.ends_with(b"}\r\n") && !rest[..rest.len() - 2].contains(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, form: Form, place: Place) -> Parsed<(Vec<AppendStep>, Next)> {
        let size = text.ends_with("}\r\n").then_some(3);
        segment(&mut Args::new(text.as_bytes()), form, place, size)
    }

    fn start(text: &str) -> Parsed<(Vec<AppendStep>, Next)> {
        read(text, Form::Append, Place::Start)
    }

    // [rfc3501#6.3.11] [rfc6855#4]
    #[test]
    fn heads_as_clients_send_them() {
        for (text, flags, date, headers) in [
            ("INBOX {3}\r\n", "", None, Headers::Ascii),
            ("{5}\r\nINBOX {3}\r\n", "", None, Headers::Ascii),
            ("INBOX (\\Seen) {3+}\r\n", "\\Seen", None, Headers::Ascii),
            ("INBOX (\\Seen $a) \" 1-Jan-1970 00:00:01 +0000\" {3}\r\n", "\\Seen $a", Some(1), Headers::Ascii),
            ("INBOX () \"01-Jan-1970 00:00:01 +0000\" UTF8 (~{3+}\r\n", "", Some(1), Headers::Utf8),
        ] {
            let (steps, next) = start(text).unwrap();
            let [AppendStep::Start(append), AppendStep::Message(message)] = &steps[..] else { panic!("{text}") };
            assert_eq!(append.mailbox, WireName(b"INBOX".to_vec()));
            assert_eq!(message.flags.to_string(), flags, "{text}");
            assert_eq!(message.source, Source::Octets { size: 3, headers }, "{text}");
            assert_eq!(message.date.map(crate::mail::Time::secs), date, "{text}");
            let behind = if headers == Headers::Utf8 { Place::Utf8(Within::Message) } else { Place::Message };
            assert_eq!(next, Next::Octets(behind));
        }
        assert_eq!(start("{5}\r\n").unwrap(), (vec![], Next::String));
    }

    // [rfc3502#6.3.11] [rfc4469#3] [rfc8508#3.4]
    #[test]
    fn segments_behind_a_literal_go_on_with_messages_and_parts() {
        let message = |source| AppendStep::Message(Message { flags: FlagSet::default(), date: None, source });
        let octets = || message(Source::Octets { size: 3, headers: Headers::Ascii });
        let text = || AppendStep::Text { size: 3, headers: Headers::Ascii };
        let url = |url: &str| AppendStep::Url(url.to_owned());
        for (segment, place, steps, next) in [
            ("", Place::Message, vec![], Next::End),
            (")", Place::Utf8(Within::Message), vec![], Next::End),
            (" {3}\r\n", Place::Message, vec![octets()], Next::Octets(Place::Message)),
            (") {3}\r\n", Place::Utf8(Within::Message), vec![octets()], Next::Octets(Place::Message)),
            (
                " CATENATE (URL \"/a\" TEXT {3}\r\n",
                Place::Message,
                vec![message(Source::Parts), url("/a"), text()],
                Next::Octets(Place::Part),
            ),
            (" URL /b) {3}\r\n", Place::Part, vec![url("/b"), octets()], Next::Octets(Place::Message)),
            (" URL {3}\r\n", Place::Part, vec![], Next::String),
            (" URL {3}\r\n/;a)", Place::Part, vec![url("/;a")], Next::End),
            (")", Place::Part, vec![], Next::End),
            ("))", Place::Utf8(Within::Catenate), vec![], Next::End),
        ] {
            assert_eq!(read(segment, Form::Append, place).unwrap(), (steps, next), "{segment:?}");
        }
        let (steps, _) = read("* INBOX {3}\r\n", Form::Replace(Numbers::Sequence), Place::Start).unwrap();
        let replaces = Some(Replaced { numbers: Numbers::Sequence, number: None });
        let start = AppendStep::Start(Append { mailbox: WireName(b"INBOX".to_vec()), replaces });
        assert_eq!(steps, [start, octets()]);
    }

    // [clients#imap-traps]
    #[test]
    fn what_is_no_segment_is_refused() {
        for text in [
            "INBOX",
            "INBOX ",
            "INBOX x {3}\r\n",
            "INBOX (\\Foo) {3}\r\n",
            "INBOX {1}\r\na {3}\r\n",
            "INBOX \"x\" {3}\r\n",
            "INBOX CATENATE ()",
            "INBOX CATENATE (URL a",
            "INBOX CATENATE (TEXT \"a\")",
        ] {
            assert_eq!(start(text).unwrap_err().status, Status::Syntax, "{text}");
        }
        let empty = segment(&mut Args::new(b"INBOX {0}\r\n"), Form::Append, Place::Start, Some(0)).unwrap_err();
        assert_eq!(empty.status, Status::EmptyMessage);
        let two = read(" {3}\r\n", Form::Replace(Numbers::Uid), Place::Message);
        assert_eq!(two.unwrap_err().status, Status::Syntax);
        for (text, place) in [(" ", Place::Message), ("x", Place::Message), (")", Place::Message), ("", Place::Part)] {
            assert_eq!(read(text, Form::Append, place).unwrap_err().status, Status::Syntax, "{text:?}");
        }
    }
}
