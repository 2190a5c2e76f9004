//! A small server without sockets: one account, its store in memory, and as many sessions as a test wants.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sceau::flows::{Grants, LoginSettings, Logins, Openings, TokenChecker, TokenFacts, hash_password, new_scram_keys};
use sceau::mail::{
    AccountId, Address, Chance, Clock, Edge, EnvelopeId, Fault, FlagSet, Keyword, Rights, Status, SystemFlags, Time,
};
use sceau::proto::imap::server::Limits;
use sceau::proto::mime::{self, Walker};
use sceau::proto::sasl::TokenTerms;
use sceau::seal::event::{Draft, EventKind, Field, Level};
use sceau::sessions::imap::{Imap, Services, TURNS};
use sceau::sessions::sign_in::SignIn;
use sceau::sessions::{Output, Session, TlsFacts, Want};
use sceau::store::{AccountKind, BodyOrigin, Identity, NewAccount, NewMessage, Store, Subject, Tx};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::oracle;

/// The person with the account, and her password.
pub const USER: &str = "anne@a.mssante.fr";
pub const PASSWORD: &str = "correct horse battery";
/// When a world begins: 2026-11-22T10:00:00Z.
const BEGIN: i64 = 1_795_341_600;
/// The trace field that intake put above what it delivered.
const PREFIX: &[u8] = b"Return-Path: <bruno@b.mssante.fr>\r\n";

/// A clock that stands still until it is advanced.
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// Chance that repeats itself in every world.
struct TestChance(AtomicU64);

impl Chance for TestChance {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            *byte = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()[0];
        }
    }
}

/// What a world is like.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Octets of the account.
    pub quota: u64,
    /// Octets of a message in APPEND.
    pub append: u64,
    /// Messages that one command may work on; 0 for any number.
    pub messages: u32,
    /// Of which kind it is.
    pub kind: AccountKind,
    /// How people sign in.
    pub logins: Ways,
}

/// Ways to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// Passwords.
    Passwords,
    /// Passwords; there are two persons, and she holds `accueil@…` for everything, `labo@…` for reading.
    Shared,
    /// Also proofs of passwords and tokens; and the person holds `accueil@…` for reading and writing, `labo@…` for
    /// reading.
    All,
}

impl Default for Setting {
    fn default() -> Self {
        Self { quota: 1 << 30, append: 1 << 20, messages: 0, kind: AccountKind::Personal, logins: Ways::Passwords }
    }
}

/// One server with one account.
pub struct World {
    runtime: Runtime,
    clock: Arc<TestClock>,
    pub store: Arc<Store>,
    pub account: AccountId,
    services: Arc<Services>,
    delivered: u8,
    /// Events that were told to the test.
    told: usize,
}

impl World {
    pub fn new(setting: Setting) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(BEGIN)));
        let edge = Edge { clock: clock.clone(), chance: Arc::new(TestChance(AtomicU64::new(1))) };
        let store = Store::in_memory(edge.clone()).unwrap();
        let new = NewAccount {
            address: Address::parse(USER).unwrap(),
            name: "Anne Martin".to_owned(),
            password_hash: password_hash(),
            kind: setting.kind,
            quota: setting.quota,
        };
        let account = store.write_blocking(move |tx| tx.create_account(new)).unwrap();
        if setting.logins == Ways::Shared {
            store.write_blocking(move |tx| share(tx, account)).unwrap();
        }
        let services = Arc::new(Services {
            logins: sign_in(&store, &edge, account, setting.logins),
            openings: Arc::new(Openings::new(Arc::clone(&store))),
            grants: Grants::new(Arc::clone(&store)),
            about: vec![("/shared/admin".to_owned(), b"mailto:exploitation@a.mssante.fr".to_vec())],
            store: Arc::clone(&store),
            edge,
            limits: Limits::with_append(setting.append).with_messages(setting.messages),
            digests: Arc::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { runtime, clock, store, account, services, delivered: 0, told: 0 }
    }

    /// Another account, with the same password.
    pub fn add(&self, address: &str, kind: AccountKind) -> AccountId {
        let new = NewAccount {
            address: Address::parse(address).unwrap(),
            name: String::new(),
            password_hash: password_hash(),
            kind,
            quota: 1 << 30,
        };
        self.store.write_blocking(move |tx| tx.create_account(new)).unwrap()
    }

    /// Lets a person hold a mailbox, as an administrator does.
    pub fn grant(&self, mailbox: AccountId, person: &str, rights: Rights) {
        let person = self.store.find(&Address::parse(person).unwrap()).unwrap().id;
        let grants = Grants::new(Arc::clone(&self.store));
        self.runtime.block_on(grants.grant(mailbox, person, rights, "a test".to_owned())).unwrap();
    }

    /// Takes it back.
    pub fn revoke(&self, mailbox: AccountId, person: &str) {
        let person = self.store.find(&Address::parse(person).unwrap()).unwrap().id;
        let grants = Grants::new(Arc::clone(&self.store));
        self.runtime.block_on(grants.revoke(mailbox, person, "a test".to_owned())).unwrap();
    }

    /// Time and chance.
    pub fn edge(&self) -> Edge {
        self.services.edge.clone()
    }

    /// Time passes.
    pub fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Delivers a message to INBOX as it comes from another operator: behind a trace field, with proofs.
    pub fn deliver(&mut self, message: &[u8], flags: &str) {
        self.deliver_to(self.account, message, flags);
    }

    /// The same to another account.
    pub fn deliver_to(&mut self, account: AccountId, message: &[u8], flags: &str) {
        self.delivered += 1;
        let envelope = EnvelopeId([self.delivered; 16]);
        let flags = flag_set(flags);
        let mut body = self.store.begin_body(BodyOrigin { envelope: Some(envelope), account: Some(account) });
        let body = self.runtime.block_on(async {
            body.write(message).await.unwrap();
            body.finish().await.unwrap()
        });
        let mut walker = Walker::new(mime::Limits::default());
        walker.push(message);
        let structure = walker.finish();
        let job = move |tx: &mut Tx<'_>| {
            let new = NewMessage {
                body: &body,
                prefix: PREFIX,
                structure: &structure,
                flags,
                internal_date: tx.now(),
                envelope: Some((envelope, 1)),
            };
            let inbox = tx.inbox(account)?;
            tx.append(account, inbox, new)?;
            let came = Draft::new(EventKind::RelayIn, envelope).rcpt(1).commit(Field::From, "bruno@b.mssante.fr");
            tx.record_event(came, Subject::Envelope)?;
            let there = Draft::new(EventKind::Deliver, envelope).rcpt(1).commit(Field::Mailbox, "INBOX");
            tx.record_event(there, Subject::Account(account)).map(drop)
        };
        self.store.write_blocking(job).unwrap();
    }

    /// The events since the last call but those of deliveries, which the test itself made: `open imap-seen declared`.
    pub fn events(&mut self) -> Vec<String> {
        let all = self.store.pending_events(usize::MAX).unwrap();
        let new = all.iter().skip(std::mem::replace(&mut self.told, all.len()));
        let new = new.filter(|(_, leaf)| !matches!(leaf.kind(), EventKind::RelayIn | EventKind::Deliver));
        // what a test gave as an administrator does; rights that were given over IMAP are told
        let by_test =
            |kind, text: &str| matches!(kind, EventKind::Grant | EventKind::Revoke) && text.contains("\nvia server\n");
        let new = new.filter(|(_, leaf)| !by_test(leaf.kind(), leaf.text()));
        new.map(|(_, leaf)| event(leaf.text())).collect()
    }

    /// The number of each message's last change, by its UID in INBOX.
    pub fn modseqs(&self) -> BTreeMap<u32, u64> {
        let account = self.store.account(self.account).unwrap();
        let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap();
        let (records, _) = account.index(inbox.id).unwrap().snapshot();
        records.iter().map(|record| (record.uid.get(), record.modseq.0)).collect()
    }

    /// INBOX's UIDVALIDITY.
    pub fn uid_validity(&self) -> u32 {
        let account = self.store.account(self.account).unwrap();
        account.mailbox_by_name("INBOX").unwrap().unwrap().uid_validity.0.get()
    }

    /// A client that has just connected, without TLS.
    pub fn connect(&self) -> Client {
        let session = Imap::new(Arc::clone(&self.services), "192.0.2.1:40000".parse().unwrap());
        Client { session, out: Output::memory(), heard: Vec::new() }
    }

    /// A client behind TLS that has signed in.
    pub fn sign_in(&self) -> Client {
        self.sign_in_as(USER)
    }

    /// The same for a user name with her password.
    pub fn sign_in_as(&self, user: &str) -> Client {
        let mut client = self.connect();
        client.session.secured(TlsFacts::default());
        let said = self.talk(&mut client, &format!("l LOGIN \"{user}\" \"{PASSWORD}\"\r\n"));
        assert!(said.contains("l OK "), "{said}");
        client
    }

    /// The account with this local part.
    pub fn named(&self, name: &str) -> AccountId {
        self.store.find(&address(name)).unwrap().id
    }

    /// Gives a client's bytes to its session: what it says, and what it wants then.
    pub fn hear(&self, client: &mut Client, bytes: &[u8]) -> (Vec<u8>, Want) {
        client.session.receive(bytes);
        self.advance(client)
    }

    /// What a session says to a line of a client.
    pub fn talk(&self, client: &mut Client, text: &str) -> String {
        String::from_utf8_lossy(&self.hear(client, text.as_bytes()).0).into_owned()
    }

    /// Lets a session do what it can.
    pub fn advance(&self, client: &mut Client) -> (Vec<u8>, Want) {
        let want = self.runtime.block_on(Box::pin(client.session.advance(&mut client.out)));
        let said = client.out.take();
        client.heard.extend_from_slice(&said);
        (said, want)
    }

    /// What an idling session says unasked, if it has something to say.
    pub fn news(&self, client: &mut Client) -> Option<Vec<u8>> {
        let woken = self
            .runtime
            .block_on(async { tokio::time::timeout(Duration::from_millis(2), client.session.wake()).await.is_ok() });
        woken.then(|| self.advance(client).0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let report = self.store.check_blocking().unwrap();
            assert!(report.findings.is_empty(), "{report:?}");
        }
    }
}

/// One connection.
pub struct Client {
    pub session: Imap,
    out: Output,
    heard: Vec<u8>,
}

impl Drop for Client {
    /// All that was said must be IMAP to others too.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            oracle::read(&self.heard);
        }
    }
}

/// Hashing takes long by intent: once for all worlds.
fn password_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| hash_password(PASSWORD).unwrap()).clone()
}

fn flag_set(text: &str) -> FlagSet {
    let mut flags = FlagSet::default();
    for word in text.split_whitespace() {
        match SystemFlags::named(word) {
            Some(flag) => flags.system = flags.system.with(flag),
            None => drop(flags.keywords.insert(Keyword::new(word).unwrap())),
        }
    }
    flags
}

fn event(leaf: &str) -> String {
    let value = |key: &str| leaf.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    format!("{} {} {}", value("sceau-event/v1 "), value("basis "), value("grade ")).trim().to_owned()
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@a.mssante.fr")).unwrap()
}

fn organisation(name: &str) -> NewAccount {
    let kind = AccountKind::Organisation;
    NewAccount { address: address(name), name: String::new(), password_hash: String::new(), kind, quota: 1 << 30 }
}

/// Organisations, a colleague, and what the person holds.
fn share(tx: &mut Tx<'_>, person: AccountId) -> Result<(), Fault> {
    let paul = NewAccount { kind: AccountKind::Personal, password_hash: password_hash(), ..organisation("paul") };
    tx.create_account(paul)?;
    for (name, rights) in [("accueil", "read,write,send,admin"), ("labo", "read"), ("secret", "")] {
        let shared = tx.create_account(organisation(name))?;
        if let Some(rights) = Rights::parse(rights) {
            tx.set_holder(shared, person, rights)?;
        }
    }
    Ok(())
}

/// The logins of a world. Their chance is their own, so that what they draw does not depend on what else happened.
fn sign_in(store: &Arc<Store>, edge: &Edge, account: AccountId, ways: Ways) -> SignIn {
    let edge = Edge { clock: Arc::clone(&edge.clock), chance: Arc::new(TestChance(AtomicU64::new(7))) };
    if ways != Ways::All {
        return SignIn::new(Arc::new(Logins::new(Arc::clone(store), edge, LoginSettings::default()).unwrap()));
    }
    let keys = new_scram_keys(PASSWORD, 4096, &TestChance(AtomicU64::new(5)));
    let write = move |tx: &mut Tx<'_>| {
        tx.set_password(account, password_hash(), Some(keys))?;
        tx.add_identity(account, Identity::Person(PERSON.to_owned()))?;
        for (name, rights) in [("accueil", "read,write"), ("labo", "read"), ("secret", "")] {
            let shared = tx.create_account(organisation(name))?;
            if let Some(rights) = Rights::parse(rights) {
                tx.set_holder(shared, account, rights)?;
            }
        }
        Ok(())
    };
    store.write_blocking(write).unwrap();
    let settings = LoginSettings { scram_iterations: Some(4096), ..LoginSettings::default() };
    let logins = Logins::new(Arc::clone(store), edge, settings).unwrap().checking(Arc::new(TestTokens));
    let terms = TokenTerms { scope: "openid".to_owned(), discovery: "https://idp.test/x".to_owned() };
    SignIn::new(Arc::new(logins)).with_tokens(terms)
}

/// The person's national identifier.
const PERSON: &str = "810001234567";

/// Knows one token.
struct TestTokens;

impl TokenChecker for TestTokens {
    fn check<'a>(&'a self, token: &'a str) -> Pin<Box<dyn Future<Output = Result<TokenFacts, Fault>> + Send + 'a>> {
        Box::pin(async move {
            match token {
                "good" => Ok(TokenFacts {
                    person: PERSON.to_owned(),
                    level: Level::Psc,
                    evidence: "token of a test".to_owned(),
                }),
                "later" => Err(Fault::upstream(Status::TokensUnavailable, "the provider is down")),
                _ => Err(Fault::user(Status::LoginFailed, "expired")),
            }
        })
    }
}
