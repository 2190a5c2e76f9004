//! The machine against scripts: what goes in, which events come out and which bytes are sent, however it is cut.

use proptest::prelude::*;

use super::super::command::Kind;
use super::super::name::WireName;
use super::*;

const LIMITS: Limits = Limits {
    messages: 0,
    before: Bounds { line: 100, literal: 20, command: 150, flood: 300, errors: 4 },
    after: Bounds { line: 200, literal: 50, command: 300, flood: 1000, errors: 20 },
    append: 500,
};

/// What happened, with neighbouring bytes joined so that the cut of the input leaves no trace.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Sent(String),
    Event(Event),
    StartTls,
    Closed,
}

struct Peer {
    server: Server,
    seen: Vec<Seen>,
}

impl Peer {
    fn new(limits: Limits) -> Self {
        Self { server: Server::new(limits), seen: Vec::new() }
    }

    fn secured() -> Self {
        let mut peer = Self::new(LIMITS);
        peer.server.secured();
        peer
    }

    /// Behind TLS and signed in.
    fn signed_in() -> Self {
        let mut peer = Self::secured();
        peer.feed(b"l LOGIN a b\r\n");
        peer.seen.clear();
        peer
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.server.receive(bytes);
        loop {
            match self.server.next() {
                Step::NeedInput => return,
                Step::Send(bytes) => self.sent(&String::from_utf8_lossy(&bytes)),
                Step::Event(event) => self.happened(event),
                Step::StartTls => self.seen.push(Seen::StartTls),
                Step::Close => {
                    if self.seen.last() != Some(&Seen::Closed) {
                        self.seen.push(Seen::Closed);
                    }
                    return;
                }
            }
        }
    }

    fn sent(&mut self, text: &str) {
        match self.seen.last_mut() {
            Some(Seen::Sent(before)) => before.push_str(text),
            _ => self.seen.push(Seen::Sent(text.to_owned())),
        }
    }

    fn happened(&mut self, event: Event) {
        if let Some(answer) = answer(&event) {
            self.server.answer(answer);
        }
        match (event, self.seen.last_mut()) {
            (Event::Content(more), Some(Seen::Event(Event::Content(before)))) => {
                *before = [before.as_ref(), more.as_ref()].concat().into();
            }
            (event, _) => self.seen.push(Seen::Event(event)),
        }
    }

    /// All that was sent.
    fn text(&self) -> String {
        self.seen
            .iter()
            .filter_map(|seen| if let Seen::Sent(text) = seen { Some(text.as_str()) } else { None })
            .collect()
    }
}

/// What a session that does nothing would say.
fn answer(event: &Event) -> Option<Answer> {
    let ok = Ok(Completion::plain());
    Some(match event {
        Event::Command(Command { kind: Kind::Login(_), .. }) => Answer::becoming(ok, State::Authenticated),
        Event::Command(Command { kind: Kind::Select { .. }, .. }) => Answer::becoming(ok, State::Selected),
        Event::Command(Command { kind: Kind::Idle, .. }) => Answer::Proceed,
        Event::Append(AppendStep::Start(append)) if append.mailbox == WireName(b"none".to_vec()) => {
            Answer::done(Err(Fault::user(Status::NoSuchMailbox, "none")))
        }
        Event::Append(AppendStep::Url(url)) if url == "/none" => {
            Answer::done(Err(Fault::user(Status::BadUrl, "none").about(url)))
        }
        Event::Append(_) => Answer::Proceed,
        Event::Content(_) | Event::AppendDropped => return None,
        Event::Keys(_) => Answer::done(Err(Fault::user(Status::LoginFailed, "no keys"))),
        Event::Command(_) | Event::AppendEnd | Event::IdleEnd(_) => Answer::done(ok),
    })
}

/// What is sent in answer to an input after login.
fn after_login(input: &str) -> String {
    let mut peer = Peer::signed_in();
    peer.feed(input.as_bytes());
    peer.text()
}

#[test]
fn it_greets_with_what_works_now() {
    let mut peer = Peer::new(LIMITS);
    peer.feed(b"");
    assert!(
        peer.text().starts_with("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR LOGINDISABLED ID STARTTLS] ")
    );
    let mut peer = Peer::secured();
    peer.feed(b"");
    assert!(peer.text().contains(" AUTH=PLAIN "));
}

// [rfc3501#6.2.3] [rfc3501#6.2.1]
#[test]
fn before_tls_nothing_but_tls() {
    for (line, reply) in [
        ("a LOGIN a b", "a NO [PRIVACYREQUIRED]"),
        ("a AUTHENTICATE PLAIN AGEAYg==", "a NO [PRIVACYREQUIRED]"),
        ("a SELECT INBOX", "a NO [PRIVACYREQUIRED]"),
        ("a NOOP", "a OK"),
        ("a CAPABILITY", "a OK"),
        ("a ID NIL", "a OK"),
        ("a FROB", "a BAD [CLIENTBUG]"),
    ] {
        let mut peer = Peer::new(LIMITS);
        peer.feed(b"");
        peer.seen.clear();
        peer.feed(format!("{line}\r\n").as_bytes());
        assert!(peer.text().starts_with(reply), "{line}: {}", peer.text());
    }
}

// [rfc3501#6.2.1] [clients#starttls-injection]
#[test]
fn starttls_with_input_left_over_ends_the_connection() {
    let mut peer = Peer::new(LIMITS);
    peer.feed(b"a STARTTLS\r\n");
    assert!(matches!(peer.seen[..], [Seen::Sent(_), Seen::StartTls]));
    peer.server.secured();
    peer.seen.clear();
    peer.feed(b"b NOOP\r\n");
    assert_eq!(peer.text(), "b OK NOOP completed\r\n", "no second greeting");

    let mut peer = Peer::new(LIMITS);
    peer.feed(b"a STARTTLS\r\nb NOOP\r\n");
    assert!(peer.text().contains("* BYE") && !peer.text().contains("b ") && !peer.seen.contains(&Seen::StartTls));

    let mut peer = Peer::new(LIMITS);
    peer.feed(b"a STARTTLS\r\n");
    peer.feed(b"b NOOP\r\n");
    assert_eq!(peer.seen.last(), Some(&Seen::Closed));
    assert!(!peer.text().contains("b OK"));
}

// [rfc3501#6.2.2] [rfc4959#3]
#[test]
fn authenticate_in_all_its_forms() {
    for (input, replies) in [
        ("a AUTHENTICATE PLAIN AGEAYg==\r\n", "a OK AUTHENTICATE completed\r\n"),
        ("a AUTHENTICATE plain\r\nAGEAYg==\r\n", "+ \r\na OK AUTHENTICATE completed\r\n"),
        (
            "a AUTHENTICATE LOGIN\r\nYQ==\r\nYg==\r\n",
            "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\na OK AUTHENTICATE completed\r\n",
        ),
        ("a AUTHENTICATE PLAIN\r\n*\r\n", "+ \r\na BAD [CLIENTBUG] the login exchange has no valid form\r\n"),
        ("a AUTHENTICATE PLAIN\r\n***\r\n", "+ \r\na BAD [CLIENTBUG] the login exchange has no valid form\r\n"),
        ("a AUTHENTICATE PLAIN\r\n{3+}\r\nabc\r\n", "+ \r\na BAD [CLIENTBUG] the login exchange has no valid form\r\n"),
        ("a AUTHENTICATE PLAIN =\r\n", "a BAD [CLIENTBUG] the login exchange has no valid form\r\n"),
        ("a AUTHENTICATE FOO\r\n", "a NO [CANNOT] this mechanism is not offered\r\n"),
        ("a LOGIN a {1}\r\nb\r\n", "+ go ahead\r\na OK LOGIN completed\r\n"),
    ] {
        let mut peer = Peer::secured();
        peer.feed(b"");
        peer.seen.clear();
        peer.feed(input.as_bytes());
        assert_eq!(peer.text(), replies, "{input}");
    }
}

#[test]
fn commands_wait_for_their_state() {
    let mut peer = Peer::secured();
    peer.feed(
        b"a SELECT INBOX\r\nb LOGIN a b\r\nc LOGIN a b\r\nd FETCH 1 FLAGS\r\ne SELECT INBOX\r\nf FETCH 1 FLAGS\r\n",
    );
    for reply in ["a NO [NOPERM]", "b OK", "c BAD [CLIENTBUG]", "d BAD [CLIENTBUG]", "e OK", "f OK"] {
        assert!(peer.text().contains(reply), "{reply}: {}", peer.text());
    }
}

// [clients#imap-traps]
#[test]
fn empty_lines_mean_nothing_and_bare_line_feeds_end_lines() {
    assert_eq!(after_login("\r\n\n\r\na NOOP\n\r\n"), "a OK NOOP completed\r\n");
}

#[test]
fn every_refusal_bears_its_tag_and_a_code() {
    for (input, reply) in [
        ("a\r\n", "a BAD [CLIENTBUG] the arguments have no valid form\r\n"),
        ("+ x\r\n", "* BAD [CLIENTBUG] the arguments have no valid form\r\n"),
        ("a \r\n", "a BAD [CLIENTBUG] the arguments have no valid form\r\n"),
        ("a FROB x\r\n", "a BAD [CLIENTBUG] command not recognised\r\n"),
        ("a NOOP x\r\n", "a BAD [CLIENTBUG] the arguments have no valid form\r\n"),
        ("a NOOP\0\r\n", "a BAD [CLIENTBUG] the arguments have no valid form\r\n"),
        ("a LIST (((( \r\n", "a BAD [CLIENTBUG] the arguments have no valid form\r\n"),
        ("GET / HTTP/1.1\r\n", "GET BAD [CLIENTBUG] command not recognised\r\n"),
    ] {
        assert_eq!(after_login(input), reply, "{input}");
    }
    let long = format!("a SELECT {}\r\nb NOOP\r\n", "x".repeat(300));
    assert_eq!(after_login(&long), "a BAD [TOOBIG] the line is too long\r\nb OK NOOP completed\r\n");
}

// [rfc7888#4] [clients#imap-traps]
#[test]
fn a_refused_literal_is_swallowed_or_ends_the_connection() {
    let refused = "a BAD [TOOBIG] the line is too long\r\n";
    let body = "x\r\n".repeat(20);
    assert_eq!(after_login("a SELECT {60}\r\nb NOOP\r\n"), format!("{refused}b OK NOOP completed\r\n"));
    assert_eq!(
        after_login(&format!("a SELECT {{60+}}\r\n{body}\r\nb NOOP\r\n")),
        format!("{refused}b OK NOOP completed\r\n")
    );
    assert_eq!(
        after_login(&format!("a SELECT {{60+}}\r\n{body} {{60+}}\r\n{body}\r\nb NOOP\r\n")),
        format!("{refused}b OK NOOP completed\r\n")
    );
    assert!(after_login("a SELECT {4294967295+}\r\n").starts_with(&format!("{refused}* BYE [TOOBIG]")));
    let endless = format!("a SELECT x{}", "y".repeat(2000));
    assert!(after_login(&endless).starts_with("* BYE [TOOBIG]"));
    let many = format!("a SEARCH{}", " {40+}\r\n0123456789012345678901234567890123456789".repeat(50));
    assert!(after_login(&many).contains("* BYE [TOOBIG]"));
}

#[test]
fn before_login_literals_are_tiny_and_errors_few() {
    let mut peer = Peer::secured();
    peer.feed(b"a LOGIN {21}\r\nb NOOP\r\n");
    assert!(peer.text().contains("a BAD [TOOBIG]") && peer.text().contains("b OK"));
    peer.feed(&b"a FROB\r\n".repeat(5));
    assert_eq!(peer.seen.last(), Some(&Seen::Closed));
    assert_eq!(peer.text().matches("a BAD").count(), 4);
    assert!(peer.text().ends_with("* BYE [LIMIT] too many errors, closing\r\n"));
}

// [rfc2177#3] [clients#imap-what-clients-do]
#[test]
fn done_and_the_next_command_may_share_a_packet() {
    assert_eq!(
        after_login("a IDLE\r\nDONE\r\nb NOOP\r\n"),
        "+ idling\r\na OK IDLE completed\r\nb OK NOOP completed\r\n"
    );
    let mut peer = Peer::signed_in();
    peer.feed(b"a IDLE\r\n");
    assert!(peer.server.is_idling());
    peer.feed(b"b NOOP\r\n");
    assert!(peer.seen.contains(&Seen::Event(Event::IdleEnd(IdleEnd::Broken))));
    assert!(!peer.server.is_idling());
}

fn content(peer: &Peer) -> Vec<u8> {
    let bytes = |seen: &Seen| if let Seen::Event(Event::Content(bytes)) = seen { bytes.to_vec() } else { Vec::new() };
    peer.seen.iter().flat_map(bytes).collect()
}

// [rfc3501#6.3.11] [rfc6855#4] [clients#imap-traps]
#[test]
fn the_message_of_an_append_is_streamed() {
    for (input, replies, message) in [
        ("a APPEND INBOX {3}\r\nx\r\n\r\n", "+ go ahead\r\na OK APPEND completed\r\n", "x\r\n"),
        ("a APPEND INBOX (\\Seen) {3+}\r\nabc\r\n", "a OK APPEND completed\r\n", "abc"),
        ("a APPEND {5}\r\nINBOX {3+}\r\nabc\r\n", "+ go ahead\r\na OK APPEND completed\r\n", "abc"),
        ("a APPEND INBOX UTF8 (~{3+}\r\nabc)\r\n", "a OK APPEND completed\r\n", "abc"),
        (
            "a APPEND none {3}\r\nb NOOP\r\n",
            "a NO [NONEXISTENT] there is no such mailbox\r\nb OK NOOP completed\r\n",
            "",
        ),
        ("a APPEND none {3+}\r\nabc\r\n", "a NO [NONEXISTENT] there is no such mailbox\r\n", ""),
        ("a APPEND INBOX {0}\r\n", "a NO [CANNOT] a message has at least one octet\r\n", ""),
        ("a APPEND INBOX {501}\r\n", "a NO [TOOBIG] the message is larger than this server takes\r\n", ""),
        ("a APPEND INBOX x\r\n", "a BAD [CLIENTBUG] the arguments have no valid form\r\n", ""),
        (
            "a APPEND INBOX x {3+}\r\nabc\r\nb NOOP\r\n",
            "a BAD [CLIENTBUG] the arguments have no valid form\r\nb OK NOOP completed\r\n",
            "",
        ),
    ] {
        let mut peer = Peer::signed_in();
        peer.feed(input.as_bytes());
        assert_eq!((peer.text().as_str(), content(&peer).as_slice()), (replies, message.as_bytes()), "{input}");
    }
}

// [rfc3502#6.3.11] [rfc4469#3] [rfc8508#3.1]
#[test]
fn messages_and_parts_follow_each_other() {
    let done = "a OK APPEND completed\r\n";
    let go = "+ go ahead\r\n";
    for (input, replies, octets) in [
        ("a APPEND INBOX {3+}\r\nabc {3+}\r\ndef\r\n", done.to_owned(), "abcdef"),
        ("a APPEND INBOX {3}\r\nabc (\\Seen) {3}\r\ndef\r\n", format!("{go}{go}{done}"), "abcdef"),
        ("a APPEND INBOX CATENATE (URL \"/a\" TEXT {3+}\r\nabc TEXT {1+}\r\nd)\r\n", done.to_owned(), "abcd"),
        ("a APPEND INBOX CATENATE (URL \"/a\")\r\n", done.to_owned(), ""),
        ("a APPEND INBOX CATENATE (URL {2}\r\n/a TEXT {0+}\r\n)\r\n", format!("{go}{done}"), ""),
        ("a APPEND INBOX CATENATE (TEXT {3+}\r\nabc URL {2+}\r\n/a) {2+}\r\nde\r\n", done.to_owned(), "abcde"),
        (
            "a APPEND INBOX CATENATE (TEXT {3+}\r\nabc URL /none TEXT {3+}\r\ndef) {3+}\r\nghi\r\n",
            "a NO [BADURL \"/none\"] this URL stands for nothing here\r\n".to_owned(),
            "abc",
        ),
        ("a REPLACE 1 INBOX {3+}\r\nabc\r\n", "a OK REPLACE completed\r\n".to_owned(), "abc"),
        ("a UID REPLACE 1 INBOX {3+}\r\nabc\r\n", "a OK UID REPLACE completed\r\n".to_owned(), "abc"),
    ] {
        let mut peer = Peer::signed_in();
        peer.feed(b"s SELECT INBOX\r\n");
        peer.seen.clear();
        peer.feed(input.as_bytes());
        assert_eq!((peer.text(), content(&peer).as_slice()), (replies, octets.as_bytes()), "{input}");
        peer.feed(b"b NOOP\r\n");
        assert!(peer.text().ends_with("b OK NOOP completed\r\n"), "{input}");
    }
}

#[test]
fn a_message_with_something_wrong_behind_it_is_not_kept() {
    for input in [
        "a APPEND INBOX {3+}\r\nabc x\r\n",
        "a APPEND INBOX {3+}\r\nabc  {3+}\r\nabc\r\n",
        "a APPEND INBOX {3+}\r\nabc (\\Foo) {3}\r\n",
        "a APPEND INBOX CATENATE (TEXT {3+}\r\nabc URL {70}\r\n",
        "a APPEND INBOX UTF8 (~{3+}\r\nabc\r\n",
        &format!("a APPEND INBOX {{3+}}\r\nabc{}\r\n", "x".repeat(300)),
    ] {
        let mut peer = Peer::signed_in();
        peer.feed(input.as_bytes());
        assert!(peer.seen.contains(&Seen::Event(Event::AppendDropped)), "{input}");
        assert!(!peer.seen.contains(&Seen::Event(Event::AppendEnd)), "{input}");
        assert!(peer.text().contains("a BAD"), "{input}");
        peer.feed(b"b NOOP\r\n");
        assert!(peer.text().ends_with("b OK NOOP completed\r\n"), "{input}");
    }
}

// [rfc3501#6.1.3] [rfc9051#6.1.3]
#[test]
fn logout_says_goodbye_first() {
    assert_eq!(after_login("a LOGOUT\r\nb NOOP\r\n"), "* BYE logging out\r\na OK LOGOUT completed\r\n");
}

/// Pieces of conversations, sensible and not, to be put together at random.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        Just("a NOOP\r\n".to_owned()),
        Just("a SELECT INBOX\r\n".to_owned()),
        Just("a IDLE\r\n".to_owned()),
        Just("DONE\r\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("a LOGIN {1}\r\na {1+}\r\nb\r\n".to_owned()),
        Just("a AUTHENTICATE LOGIN\r\n".to_owned()),
        Just("YQ==\r\n".to_owned()),
        Just("a FETCH 1:* (FLAGS BODY[])\r\n".to_owned()),
        Just("a SEARCH SUBJECT {60+}\r\n".to_owned()),
        Just("a APPEND INBOX (\\Seen) {12+}\r\n".to_owned()),
        Just("a APPEND none {12+}\r\n".to_owned()),
        Just("a APPEND INBOX CATENATE (URL {2+}\r\n/a TEXT {12+}\r\n".to_owned()),
        Just(" URL /none TEXT {3+}\r\n".to_owned()),
        Just(")\r\n".to_owned()),
        Just("a APPEND INBOX {501+}\r\n".to_owned()),
        Just("a SETACL INBOX {1}\r\nb +lr\r\n".to_owned()),
        Just("a SETMETADATA \"\" (/private/x ~{3+}\r\na\0b /shared/y NIL)\r\n".to_owned()),
        Just("a NOTIFY SET STATUS (mailboxes ({1+}\r\na b) (MessageNew MessageExpunge))\r\n".to_owned()),
        Just("hello\r\nworld".to_owned()),
        (0_usize..260).prop_map(|n| "x".repeat(n)),
        (0_u64..90, "[+]?").prop_map(|(n, plus)| format!(" {{{n}{plus}}}\r\n")),
        "[ -~\r\n]{0,12}",
    ];
    prop_oneof![8 => text.prop_map(String::into_bytes), 1 => proptest::collection::vec(any::<u8>(), 0..8)]
}

proptest! {
    #[test]
    fn however_the_input_is_cut_the_same_happens(
        fragments in proptest::collection::vec(fragment(), 0..24),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let input = fragments.concat();
        let mut whole = Peer::signed_in();
        whole.feed(&input);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let mut cut = Peer::signed_in();
        for pair in cuts.windows(2) {
            cut.feed(&input[pair[0]..pair[1]]);
        }
        prop_assert_eq!(&whole.seen, &cut.seen);
        let mut bytes = Peer::signed_in();
        for byte in input {
            bytes.feed(&[byte]);
        }
        prop_assert_eq!(&whole.seen, &bytes.seen);
    }
}
