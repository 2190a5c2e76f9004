//! The table of openings, by what clients really send to the real sessions: sequences recorded from Outlook, Thunderbird
//! and Apple Mail, each behind it the events that the sender will read, and no others.

use std::path::Path;

use sceau::store::AccountKind::{self, Application, Personal};

use super::world::{Setting, World};

/// Who, in what kind of mailbox, says what; and the events of it, in their order.
type Row = (&'static str, AccountKind, &'static [&'static str], &'static [&'static str]);

const THUNDERBIRD_HEADERS: &str = "UID fetch 1:2 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc \
    Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])";

const TABLE: &[Row] = &[
    (
        "Outlook: lists, headers, then every body, all by PEEK; it never says that anything was read",
        Personal,
        &[
            "SELECT INBOX",
            "UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
            "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)",
            "UID FETCH 2 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)",
            "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)",
        ],
        &["transfer imap-peek", "transfer imap-peek"],
    ),
    (
        "Thunderbird: the bodies of all that arrives within milliseconds, \\Seen when the person reads one of them",
        Personal,
        &[
            "SELECT INBOX",
            "UID fetch 1:* (FLAGS)",
            THUNDERBIRD_HEADERS,
            "UID fetch 1:2 (UID RFC822.SIZE BODY.PEEK[])",
            "UID fetch 1:2 (UID BODY.PEEK[TEXT]<0.2048>)",
            "UID store 1 +FLAGS (\\Seen)",
        ],
        &["transfer imap-peek", "transfer imap-peek", "open imap-seen declared"],
    ),
    (
        "Thunderbird: one message that is not cached, in chunks; more chunks and \\Seen say nothing new",
        Personal,
        &[
            "SELECT INBOX",
            "UID fetch 1 (BODY[]<0.100>)",
            "UID fetch 1 (BODY[]<100.65536>)",
            "UID store 1 +FLAGS (\\Seen)",
        ],
        &["transfer imap-body", "open imap-body implied"],
    ),
    (
        "Thunderbird: «mark folder read» after the prefetch is no reading",
        Personal,
        &["SELECT INBOX", "UID fetch 1:2 (UID RFC822.SIZE BODY.PEEK[])", "UID store 1:2 +FLAGS (\\Seen)"],
        &["transfer imap-peek", "transfer imap-peek", "seen imap-mark", "seen imap-mark"],
    ),
    (
        "Apple Mail: structure and headers are no event, a part by number with partials is, \\Seen declares",
        Personal,
        &[
            "SELECT INBOX",
            "FETCH 1:2 (FLAGS UID)",
            "UID FETCH 2 (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to)])",
            "UID FETCH 2 (BODYSTRUCTURE BODY.PEEK[HEADER])",
            "UID FETCH 2 (BODY.PEEK[1.1]<0.12> BODY.PEEK[1.1]<12.1000>)",
            "UID FETCH 2 (BODY.PEEK[2]<0.1000>)",
            "UID STORE 2 +FLAGS.SILENT (\\Seen)",
        ],
        &["transfer imap-peek", "open imap-seen declared"],
    ),
    (
        "Apple Mail: \\Seen of a message whose parts were never fetched",
        Personal,
        &["SELECT INBOX", "UID FETCH 1 (BODYSTRUCTURE BODY.PEEK[HEADER])", "UID STORE 1 +FLAGS.SILENT (\\Seen)"],
        &["seen imap-mark"],
    ),
    (
        "views, structure and searches are no event",
        Personal,
        &["SELECT INBOX", "FETCH 1:* (ENVELOPE BODYSTRUCTURE)", "SEARCH BODY jointe", "FETCH 1 (BODY.PEEK[HEADER])"],
        &[],
    ),
    ("one body", Personal, &["SELECT INBOX", "FETCH 1 BODY[]"], &["transfer imap-body", "open imap-body implied"]),
    ("one text", Personal, &["SELECT INBOX", "FETCH 1 BODY[TEXT]"], &["transfer imap-body", "open imap-body implied"]),
    (
        "RFC822.TEXT",
        Personal,
        &["SELECT INBOX", "FETCH 1 RFC822.TEXT"],
        &["transfer imap-body", "open imap-body implied"],
    ),
    ("one part", Personal, &["SELECT INBOX", "FETCH 2 BODY[2]"], &["transfer imap-body", "open imap-body implied"]),
    (
        "several bodies in one command",
        Personal,
        &["SELECT INBOX", "FETCH 1:2 RFC822"],
        &["transfer imap-bulk", "transfer imap-bulk"],
    ),
    ("a mailbox that was only EXAMINEd", Personal, &["EXAMINE INBOX", "FETCH 1 BODY[]"], &["transfer imap-peek"]),
    (
        "a grade is never raised and nothing is said twice",
        Personal,
        &[
            "SELECT INBOX",
            "FETCH 1 BODY.PEEK[]",
            "FETCH 1 BODY[]",
            "STORE 1 -FLAGS (\\Seen)",
            "STORE 1 +FLAGS (\\Seen)",
        ],
        &["transfer imap-peek", "open imap-body implied"],
    ),
    (
        "an application fetches, marks and never opens",
        Application,
        &["SELECT INBOX", "UID FETCH 1 BODY[]", "UID FETCH 2 BODY.PEEK[]", "UID STORE 1:2 +FLAGS (\\Seen)"],
        &["transfer service", "transfer service"],
    ),
    (
        "moved to the bin is not deleted; expunged there it is",
        Personal,
        &["SELECT INBOX", "UID MOVE 1 Trash", "SELECT Trash", "UID STORE 1 +FLAGS (\\Deleted)", "UID EXPUNGE 1"],
        &["delete"],
    ),
    (
        "a copy that stays elsewhere",
        Personal,
        &["SELECT INBOX", "UID COPY 1 Archive", "UID STORE 1 +FLAGS (\\Deleted)", "EXPUNGE"],
        &[],
    ),
    (
        "CLOSE expunges; the deletion of a mailbox takes its messages",
        Personal,
        &[
            "CREATE Vieux",
            "SELECT INBOX",
            "UID MOVE 2 Vieux",
            "UID STORE 1 +FLAGS (\\Deleted)",
            "CLOSE",
            "DELETE Vieux",
        ],
        &["delete", "delete"],
    ),
];

#[test]
fn each_client_leaves_the_events_of_the_table_and_no_others() {
    // [proofs#when-is-it-open] [proofs#events]
    for (what, kind, commands, expected) in TABLE {
        let mut world = World::new(Setting { kind: *kind, ..Setting::default() });
        for file in ["plain.eml", "report.eml"] {
            world.deliver(&message(file), "");
        }
        let mut client = world.sign_in();
        for (number, command) in commands.iter().enumerate() {
            let said = world.talk(&mut client, &format!("t{number} {command}\r\n"));
            assert!(said.contains(&format!("t{number} OK")), "{what}: {command}: {said}");
        }
        assert_eq!(world.events(), *expected, "{what}");
    }
}

#[test]
fn an_event_names_the_mailbox_and_the_login_that_acted() {
    let mut world = World::new(Setting::default());
    world.deliver(&message("plain.eml"), "");
    let mut client = world.sign_in();
    for command in ["SELECT INBOX", "FETCH 1 BODY[]", "STORE 1 +FLAGS (\\Deleted)", "EXPUNGE"] {
        world.talk(&mut client, &format!("t {command}\r\n"));
    }
    let events = world.store.events_of(sceau::mail::EnvelopeId([1; 16])).unwrap();
    let named: Vec<_> = events
        .iter()
        .map(|event| {
            let openings: Vec<_> = event.openings.iter().map(|o| format!("{} {}", o.field, o.value)).collect();
            format!("{} {}", event.leaf.kind().word(), openings.join(", "))
        })
        .collect();
    let who = "login anne@a.mssante.fr, mailbox anne@a.mssante.fr INBOX";
    assert_eq!(named[2..], [format!("transfer {who}"), format!("open {who}"), format!("delete {who}")]);
}

pub fn message(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/imap").join(file);
    String::from_utf8(std::fs::read(&path).unwrap()).unwrap().replace('\n', "\r\n").into_bytes()
}
