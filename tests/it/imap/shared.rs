//! A mailbox of an organisation, read by two persons with the programs that they have: every event names the person who
//! acted, each person's first one of a kind only, and the proofs that are exported say so to strangers.

use std::sync::Arc;

use sceau::flows::{Gate, Proofs, Publication, Recorder};
use sceau::ledger::{Policy, ProofFile, ShardName, Shards, verify};
use sceau::mail::{AccountId, EnvelopeId, Rights};
use sceau::seal::event::{EventKind, Field};
use sceau::sessions::Session;
use sceau::store::AccountKind::Organisation;

use super::openings::message;
use super::world::{Client, Setting, USER, World};

const SHARED: &str = "accueil@a.mssante.fr";
const OTHER: &str = "bruno@a.mssante.fr";

/// Who says what, and the events of it: who, and what.
type Row = (&'static str, &'static [(Who, &'static str)], &'static [(Who, &'static str)]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Anne,
    Bruno,
}
use Who::{Anne, Bruno};

impl Who {
    const fn address(self) -> &'static str {
        match self {
            Anne => USER,
            Bruno => OTHER,
        }
    }
}

const TABLE: &[Row] = &[
    (
        "two Outlooks prefetch by PEEK: each is named, and neither said that anything was read",
        &[
            (Anne, "SELECT INBOX"),
            (Anne, "UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)"),
            (Anne, "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)"),
            (Bruno, "SELECT INBOX"),
            (Bruno, "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)"),
            (Anne, "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)"),
            (Bruno, "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)"),
        ],
        &[(Anne, "transfer imap-peek"), (Bruno, "transfer imap-peek")],
    ),
    (
        "Thunderbird prefetches for one, Outlook for the other; who marks a message as read is who declares it",
        &[
            (Anne, "SELECT INBOX"),
            (Anne, "UID fetch 1:2 (UID RFC822.SIZE BODY.PEEK[])"),
            (Bruno, "SELECT INBOX"),
            (Bruno, "UID FETCH 2 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)"),
            (Anne, "UID store 2 +FLAGS (\\Seen)"),
            (Bruno, "NOOP"),
            (Bruno, "UID store 2 +FLAGS (\\Seen)"),
        ],
        &[
            (Anne, "transfer imap-peek"),
            (Anne, "transfer imap-peek"),
            (Bruno, "transfer imap-peek"),
            (Anne, "open imap-seen declared"),
        ],
    ),
    (
        "that one has read it raises nothing of the other's, and the other's own opening is recorded all the same",
        &[
            (Anne, "SELECT INBOX"),
            (Anne, "UID fetch 1 (BODY[]<0.65536>)"),
            (Bruno, "SELECT INBOX"),
            (Bruno, "UID FETCH 1 BODY[]"),
            (Bruno, "UID FETCH 1 BODY[]"),
        ],
        &[
            (Anne, "transfer imap-body"),
            (Anne, "open imap-body implied"),
            (Bruno, "transfer imap-body"),
            (Bruno, "open imap-body implied"),
        ],
    ),
    (
        "Apple Mail by parts for one; the other marks again what was unmarked, without ever having fetched it",
        &[
            (Anne, "SELECT INBOX"),
            (Anne, "UID FETCH 2 (BODYSTRUCTURE BODY.PEEK[HEADER])"),
            (Anne, "UID FETCH 2 (BODY.PEEK[2]<0.1000>)"),
            (Anne, "UID STORE 2 +FLAGS.SILENT (\\Seen)"),
            (Bruno, "SELECT INBOX"),
            (Bruno, "UID STORE 2 -FLAGS.SILENT (\\Seen)"),
            (Bruno, "UID STORE 2 +FLAGS.SILENT (\\Seen)"),
        ],
        &[(Anne, "transfer imap-peek"), (Anne, "open imap-seen declared"), (Bruno, "seen imap-mark")],
    ),
    (
        "who expunges is who deleted",
        &[
            (Anne, "SELECT INBOX"),
            (Anne, "UID STORE 1 +FLAGS (\\Deleted)"),
            (Bruno, "SELECT INBOX"),
            (Bruno, "UID EXPUNGE 1"),
        ],
        &[(Bruno, "delete")],
    ),
];

/// Two persons who hold one mailbox, with two messages in it.
fn world() -> (World, AccountId) {
    let mut world = World::new(Setting::default());
    let shared = world.add(SHARED, Organisation);
    world.add(OTHER, sceau::store::AccountKind::Personal);
    for person in [USER, OTHER] {
        world.grant(shared, person, Rights::ALL);
    }
    world.account = shared;
    for file in ["plain.eml", "report.eml"] {
        world.deliver(&message(file), "");
    }
    (world, shared)
}

fn client(world: &World, who: Who) -> Client {
    world.sign_in_as(&format!("{}*{SHARED}", who.address()))
}

// [proofs#when-is-it-open] [proofs#first-event-only]
#[test]
fn every_event_in_a_shared_mailbox_names_the_person_who_acted() {
    for (what, commands, expected) in TABLE {
        let (mut world, _) = world();
        let _ = world.events();
        let (mut anne, mut bruno) = (client(&world, Anne), client(&world, Bruno));
        let mut told = Vec::new();
        for (number, (who, command)) in commands.iter().enumerate() {
            let client = if *who == Anne { &mut anne } else { &mut bruno };
            let said = world.talk(client, &format!("t{number} {command}\r\n"));
            assert!(said.contains(&format!("t{number} OK")), "{what}: {command}: {said}");
            told.extend(world.events().into_iter().map(|event| (*who, event)));
        }
        let told: Vec<_> = told.iter().map(|(who, event)| (*who, event.as_str())).collect();
        assert_eq!(told, *expected, "{what}");
        assert_eq!(logins(&world), expected.iter().map(|(who, _)| who.address()).collect::<Vec<_>>(), "{what}");
    }
}

/// The logins that proofs name, as a stranger reads them: from exported files that verify, in the order of the log.
fn logins(world: &World) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let edge = world.edge();
    let (log, keys) = (dir.path().join("ledger"), dir.path().join("keys"));
    let shards = Shards::new(log, keys, "preuves.a.fr".to_owned(), Arc::clone(&edge.chance));
    let recorder = Arc::new(Recorder::open(Arc::clone(&world.store), shards.clone(), edge, Gate::Open).unwrap());
    let publication = Arc::new(Publication::new(shards.clone()));
    let proofs = Proofs::new(Arc::clone(&world.store), recorder, publication, Policy::default());
    let mut named = Vec::new();
    for number in 1..=2 {
        for proof in proofs.export(EnvelopeId([number; 16])).unwrap() {
            let text = proof.file.to_string();
            let file = ProofFile::parse(text.as_bytes()).unwrap();
            let policy = Policy::of_log(shards.log(ShardName::of(2026)).unwrap().key().clone());
            verify(&file, &policy).unwrap();
            if !matches!(proof.kind, EventKind::RelayIn | EventKind::Deliver) {
                assert_eq!(file.disclosed(Field::Mailbox), Some(format!("{SHARED} INBOX").as_str()));
                named.push((file.proof().index, file.disclosed(Field::Login).unwrap().to_owned()));
            }
        }
    }
    named.sort();
    named.into_iter().map(|(_, login)| login).collect()
}

// [proofs#events]
#[test]
fn whose_right_was_taken_leaves_no_further_event() {
    let (mut world, shared) = world();
    let (mut anne, mut bruno) = (client(&world, Anne), client(&world, Bruno));
    for client in [&mut anne, &mut bruno] {
        world.talk(client, "a SELECT INBOX\r\n");
    }
    world.talk(&mut bruno, "b UID FETCH 1 BODY.PEEK[]\r\n");
    world.revoke(shared, OTHER);
    let _ = world.events();
    let mut refused = world.connect();
    refused.session.secured(sceau::sessions::TlsFacts::default());
    let said = world.talk(&mut refused, &format!("l LOGIN \"{OTHER}*{SHARED}\" \"{}\"\r\n", super::world::PASSWORD));
    assert!(said.contains("l NO [AUTHENTICATIONFAILED]"), "{said}");
    world.talk(&mut anne, "c UID FETCH 1 BODY.PEEK[]\r\n");
    assert_eq!(world.events(), ["transfer imap-peek"], "hers alone");
    assert_eq!(logins(&world), [OTHER, USER]);
}
