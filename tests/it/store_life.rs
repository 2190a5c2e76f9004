//! A life for a store and its log, to be cut short by a kill or a loss of power: deliveries, copies, flags and expunges
//! by several clients at once, each told to somebody as soon as it is done. And the look afterwards: whatever was told
//! is true, nothing is there in part, and the store and the log agree with themselves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sceau::flows::Recorder;
use sceau::ledger::note::KeyUse;
use sceau::ledger::{Ledger, SigningKey, audit};
use sceau::mail::{AccountId, Address, EnvelopeId, Fault, FlagSet, MailboxId, SystemFlags, Uid};
use sceau::proto::mime::{Limits, Walker};
use sceau::seal::event::{Draft, EventKind, Field};
use sceau::seal::keys::MasterKey;
use sceau::server::edge::system;
use sceau::store::engine::Sled;
use sceau::store::{
    AccountKind, BodyOrigin, FlagOp, MailboxIndex, NewAccount, NewMessage, Settings, Store, Subject, Tx,
};
use tokio::task::JoinSet;

const ACCOUNTS: u64 = 2;
const CLIENTS: u64 = 4;
/// Where the log lies in the directory of a life.
const LEDGER: &str = "ledger";

/// Who is told what was done: one line each.
///
/// | line | what it says |
/// |---|---|
/// | `+ account mailbox uid tag` | the message with the bytes of this tag is there |
/// | `? account mailbox uid` | an expunge begins; from now on the message may be gone |
/// | `- account mailbox uid` | the message is gone |
/// | `s account mailbox uid` | the message is marked as seen |
/// | `l size` | the log has so many leaves |
pub type Tell = dyn Fn(String) + Send + Sync;

/// A store with its log.
pub struct Life {
    /// The store.
    pub store: Arc<Store>,
    /// What moves proofs into the log.
    pub recorder: Recorder,
}

/// Opens what lies in the directory, or begins it.
pub fn open(directory: &Path) -> Result<Life, String> {
    let master = MasterKey::from_bytes([7; 32]);
    let store = Store::open_directory(directory, Settings::default(), Sled::CACHE, master, system());
    let store = store.map_err(|fault| format!("the store does not open: {fault}"))?;
    let key = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).map_err(|error| error.to_string())?;
    let ledger = Ledger::open(&directory.join(LEDGER), key);
    let ledger = ledger.map_err(|error| format!("the log does not open: {error}"))?;
    Ok(Life { recorder: Recorder::new(store.clone(), ledger), store })
}

/// Lives: each client does so many things, telling each.
pub fn live(directory: &Path, deeds: u64, tell: &Arc<Tell>) {
    let life = open(directory).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let accounts = accounts(&life.store).await;
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let seed = u64::from_be_bytes(system().bytes());
            let client =
                Client { store: life.store.clone(), account: accounts[(client % ACCOUNTS) as usize], state: seed | 1 };
            clients.spawn(client.work(deeds, tell.clone()));
        }
        while !clients.is_empty() {
            tokio::task::block_in_place(|| life.recorder.drain()).unwrap();
            tell(format!("l {}", life.recorder.ledger().log().size()));
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            while let Some(ended) = clients.try_join_next() {
                ended.unwrap();
            }
        }
    });
    life.store.close();
}

async fn accounts(store: &Store) -> Vec<AccountId> {
    let mut accounts = Vec::new();
    for number in 0..ACCOUNTS {
        let address = Address::parse(&format!("u{number}@a.mssante.fr")).unwrap();
        let known = store.find(&address).map(|entry| entry.id);
        let new = NewAccount {
            address,
            name: String::new(),
            password_hash: String::new(),
            kind: AccountKind::Personal,
            quota: u64::MAX,
        };
        accounts.push(match known {
            Some(id) => id,
            None => store.write(move |tx| tx.create_account(new)).await.unwrap(),
        });
    }
    accounts
}

struct Client {
    store: Arc<Store>,
    account: AccountId,
    state: u64,
}

impl Client {
    async fn work(mut self, deeds: u64, tell: Arc<Tell>) {
        let mut mine: Vec<(MailboxId, Uid, u64)> = Vec::new();
        for _ in 0..deeds {
            let deed = self.draw() % 10;
            if deed < 6 || mine.is_empty() {
                let tag = self.draw();
                let (mailbox, uid) = self.deliver(tag).await;
                tell(format!("+ {} {mailbox} {uid} {tag}", self.account));
                mine.push((mailbox, uid, tag));
            } else {
                let at = (self.draw() as usize) % mine.len();
                self.handle(deed, &mut mine, at, tell.as_ref()).await;
            }
        }
    }

    async fn handle(&mut self, deed: u64, mine: &mut Vec<(MailboxId, Uid, u64)>, at: usize, tell: &Tell) {
        let (account, (mailbox, uid, tag)) = (self.account, mine[at]);
        match deed {
            6 | 7 => {
                let seen = FlagSet { system: SystemFlags::SEEN, keywords: Default::default() };
                let work = move |tx: &mut Tx<'_>| tx.change_flags(account, mailbox, uid, FlagOp::Add, &seen, None);
                self.store.write(work).await.unwrap();
                tell(format!("s {account} {mailbox} {uid}"));
            }
            8 => {
                let trash = self.mailbox("Trash");
                let copy = self.store.write(move |tx| tx.copy(account, mailbox, uid, trash)).await.unwrap();
                tell(format!("+ {account} {trash} {} {tag}", copy.uid));
            }
            _ => {
                mine.swap_remove(at);
                tell(format!("? {account} {mailbox} {uid}"));
                self.store.write(move |tx| tx.expunge(account, mailbox, uid)).await.unwrap();
                tell(format!("- {account} {mailbox} {uid}"));
            }
        }
    }

    fn mailbox(&self, name: &str) -> MailboxId {
        self.store.account(self.account).unwrap().mailbox_by_name(name).unwrap().unwrap().id
    }

    /// As an operator's message comes in: body, then rows and proofs.
    async fn deliver(&self, tag: u64) -> (MailboxId, Uid) {
        let (account, envelope) = (self.account, EnvelopeId(system().bytes()));
        let bytes = text(tag);
        let mut body = self.store.begin_body(BodyOrigin { envelope: Some(envelope), account: Some(account) });
        for piece in bytes.chunks(10_000) {
            body.write(piece).await.unwrap();
        }
        let body = body.finish().await.unwrap();
        let mut walker = Walker::new(Limits::default());
        walker.push(&bytes);
        let structure = walker.finish();
        let work = move |tx: &mut Tx<'_>| {
            let inbox = tx.inbox(account)?;
            let (flags, internal_date) = (FlagSet::default(), tx.now());
            let (prefix, envelope) = (b"Received: here\r\n".as_slice(), (envelope, 1));
            let new = NewMessage {
                body: &body,
                prefix,
                structure: &structure,
                flags,
                internal_date,
                envelope: Some(envelope),
            };
            let appended = tx.append(account, inbox, new)?;
            tx.record_event(
                Draft::new(EventKind::RelayIn, envelope.0).rcpt(1).commit(Field::From, "x@b.fr"),
                Subject::Envelope,
            )?;
            tx.record_event(
                Draft::new(EventKind::Deliver, envelope.0).rcpt(1).commit(Field::Mailbox, "u@a.fr"),
                Subject::Account(account),
            )?;
            Ok((inbox, appended.uid))
        };
        self.store.write(work).await.unwrap()
    }

    /// xorshift: which deed comes next need not be unguessable.
    fn draw(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state >> 3
    }
}

impl Life {
    /// Life goes on after a look: a log that forgot something that it had signed would now sign another tree of the
    /// same size, and what is delivered anew must not get in the way of what was there.
    pub fn go_on(&self) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let client = Client { store: self.store.clone(), account: accounts(&self.store).await[0], state: 1 };
            client.deliver(1).await;
        });
        self.recorder.drain_all().map_err(|fault| fault.to_string())?;
        let report = self.store.check_blocking().map_err(|fault| fault.to_string())?;
        if report.is_clean() { Ok(()) } else { Err(format!("{:?}", report.findings)) }
    }
}

/// The message of a tag. Most are small, some are of several extents.
fn text(tag: u64) -> Vec<u8> {
    let size = match tag % 64 {
        0 => 2_300_000,
        1..8 => 90_000,
        _ => 200 + tag % 6_000,
    };
    // Repeated lines are quick to make; what would be mixed up is of another tag.
    let line = format!("{tag:070}\r\n");
    let body = line.repeat(size as usize / line.len() + 1);
    format!("Subject: {tag}\r\n\r\n{body}").into_bytes()
}

/// What was told, as far as it must be true.
#[derive(Debug, Default)]
struct Told {
    /// `Some` tag when the message must be there, `None` when it must be gone. In between it isn't here.
    messages: BTreeMap<(u64, u64, u32), Option<u64>>,
    seen: Vec<(u64, u64, u32)>,
    log: u64,
}

impl Told {
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut told = Self::default();
        for line in lines {
            let (what, rest) = line.split_once(' ').unwrap();
            let numbers: Vec<u64> = rest.split(' ').map(|number| number.parse().unwrap()).collect();
            let at = |numbers: &[u64]| (numbers[0], numbers[1], u32::try_from(numbers[2]).unwrap());
            match what {
                "+" => drop(told.messages.insert(at(&numbers), Some(numbers[3]))),
                "?" => drop(told.messages.remove(&at(&numbers))),
                "-" => drop(told.messages.insert(at(&numbers), None)),
                "s" => told.seen.push(at(&numbers)),
                "l" => told.log = told.log.max(numbers[0]),
                _ => panic!("{line}"),
            }
        }
        told
    }
}

/// Opens what was left, looks at all that was told and at everything else that is there, and gives the life back.
pub fn look<'a>(directory: &Path, lines: impl Iterator<Item = &'a str>) -> Result<Life, String> {
    let told = Told::read(lines);
    let life = open(directory)?;
    if life.recorder.ledger().log().size() < told.log {
        return Err(format!("the log had {} leaves", told.log));
    }
    let report = life.store.check_blocking().map_err(|fault| fault.to_string())?;
    if !report.is_clean() {
        return Err(format!("{:?}", report.findings));
    }
    let mut indices = BTreeMap::new();
    for entry in life.store.entries() {
        let account = life.store.account(entry.id).unwrap();
        for mailbox in account.mailboxes().map_err(|fault| fault.to_string())? {
            let index = account.index(mailbox.id).map_err(|fault| fault.to_string())?;
            whole(&life.store, entry.id, &index)?;
            indices.insert((entry.id.0, mailbox.id.0), index);
        }
    }
    true_to(&told, &life.store, &indices)?;
    life.recorder.drain_all().map_err(|fault| fault.to_string())?;
    indices.values().try_for_each(|index| logged(&life, index))?;
    audit(&directory.join(LEDGER), None).map_err(|finding| finding.to_string())?;
    Ok(life)
}

/// Nothing is there in part: each message, told or not, has the bytes of the tag in its subject, and its proofs.
fn whole(store: &Store, account: AccountId, index: &MailboxIndex) -> Result<(), String> {
    for record in index.snapshot().0 {
        let name = format!("UID {} of mailbox {}", record.uid, index.mailbox());
        let bytes = bytes(store, account, index.mailbox(), record.uid).map_err(|fault| format!("{name}: {fault}"))?;
        let subject = bytes.strip_prefix(b"Subject: ").and_then(|rest| rest.split(|b| *b == b'\r').next());
        let tag = subject.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        if tag.map(text) != Some(bytes) {
            return Err(format!("{name} is there in part"));
        }
        let events = record.envelope.map(|(envelope, _)| store.events_of(envelope).unwrap()).unwrap_or_default();
        if events.len() < 2 {
            return Err(format!("{name} has no proof"));
        }
    }
    Ok(())
}

/// Every proof is in the log where the store says.
fn logged(life: &Life, index: &MailboxIndex) -> Result<(), String> {
    for (envelope, _) in index.snapshot().0.iter().filter_map(|record| record.envelope) {
        for event in life.store.events_of(envelope).map_err(|fault| fault.to_string())? {
            let place = event.log_index.ok_or_else(|| format!("an event of {envelope} is in no log"))?;
            let leaf = life.recorder.ledger().log().leaf(place).map_err(|error| error.to_string())?;
            if leaf.hash() != event.leaf.hash() {
                return Err(format!("leaf {place} is not the event of {envelope}"));
            }
        }
    }
    Ok(())
}

fn true_to(told: &Told, store: &Store, indices: &BTreeMap<(u64, u64), Arc<MailboxIndex>>) -> Result<(), String> {
    let record = |at: &(u64, u64, u32)| {
        let index = indices.get(&(at.0, at.1))?;
        index.get(Uid::new(at.2)?)
    };
    for (at, tag) in &told.messages {
        match (tag, record(at)) {
            (None, None) => {}
            (None, Some(_)) => return Err(format!("{at:?} was gone and is back")),
            (Some(_), None) => return Err(format!("{at:?} was there and is lost")),
            (Some(tag), Some(found)) => {
                let found = bytes(store, AccountId(at.0), MailboxId(at.1), found.uid).map_err(|f| f.to_string())?;
                if found != text(*tag) {
                    return Err(format!("{at:?} is another message"));
                }
            }
        }
    }
    match told.seen.iter().find(|at| record(at).is_some_and(|found| found.unseen())) {
        Some(at) => Err(format!("{at:?} was marked as seen")),
        None => Ok(()),
    }
}

fn bytes(store: &Store, account: AccountId, mailbox: MailboxId, uid: Uid) -> Result<Vec<u8>, Fault> {
    let body = store.account(account)?.search_text(mailbox, uid)?;
    body.read(body.prefix_len()..u64::MAX)
}
