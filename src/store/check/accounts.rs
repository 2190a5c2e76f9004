//! Accounts, mailboxes and messages.

use std::collections::{BTreeSet, HashMap};

use super::Check;
use crate::mail::{Fault, MailboxId, ModSeq};
use crate::store::acl::Lists;
use crate::store::core::unseal;
use crate::store::directory::AccountEntry;
use crate::store::index::decode_record;
use crate::store::name;
use crate::store::record::Record;
use crate::store::rows::{self, AccountCounters, AccountRow, Change, ChangeKind, MailboxCounters, key};
use crate::store::{tx, view};

/// What the records of an account add up to.
#[derive(Default)]
struct Sums {
    bytes: u64,
    messages: u64,
    /// The records that share each view.
    views: HashMap<u64, Vec<Record>>,
}

impl Check<'_, '_> {
    pub(super) fn check_accounts(&mut self) -> Result<(), Fault> {
        for entry in self.tx.entries() {
            self.report.accounts += 1;
            let place = format!("account {}", entry.id);
            self.check_row(&place, &entry)?;
            let look_up = key::directory(&self.tx.core.keys.master.directory_tag(&entry.address.key()));
            if self.tx.get(&look_up)?.as_deref() != Some(entry.id.0.to_be_bytes().as_slice()) {
                self.find(&place, "its address leads elsewhere");
            }
            if entry.id.0 >= self.globals.next_id {
                self.find(&place, "its number will be given again");
            }
            let counters: Option<AccountCounters> =
                self.tx.row("account counters", &key::account_counters(entry.id))?;
            match counters {
                Some(counters) => self.check_account(&place, &entry, &counters)?,
                None => self.find(&place, "it has no counters"),
            }
        }
        Ok(())
    }

    /// The account's row says what the memory does.
    fn check_row(&mut self, place: &str, entry: &AccountEntry) -> Result<(), Fault> {
        let row_place = key::account(entry.id);
        let sealed = self.tx.get(&row_place)?.unwrap_or_default();
        let key = self.tx.core.keys.account(entry.id);
        let row = key.and_then(|key| unseal::<AccountRow>("an account", &key, &row_place, &sealed));
        let Some(row) = self.found(place, row) else { return Ok(()) };
        if row.address != entry.address || row.password_hash != entry.password_hash || row.quota != entry.quota {
            self.find(place, "its row says something else than the memory");
        }
        self.check_access(place, entry)
    }

    /// How it is signed in to is what the memory says, and who holds it exists.
    fn check_access(&mut self, place: &str, entry: &AccountEntry) -> Result<(), Fault> {
        let (access, holders, lists) = (self.tx.access(entry.id), self.tx.holders(entry.id), self.tx.lists(entry.id));
        let (access, holders) = (self.found(place, access), self.found(place, holders));
        let (Some(access), Some(holders), Some(lists)) = (access, holders, self.found(place, lists)) else {
            return Ok(());
        };
        self.check_lists(place, entry, &lists)?;
        if access.identities != entry.identities || access.scram != entry.scram || holders != entry.holders {
            self.find(place, "its identities or holders are other ones than the memory says");
        }
        if holders.iter().any(|holder| self.tx.entry(holder.person).is_err()) {
            self.find(place, "somebody holds it who is not there");
        }
        Ok(())
    }

    /// The lists of rights are what the memory says, of mailboxes that exist, and name persons who do.
    fn check_lists(&mut self, place: &str, entry: &AccountEntry, lists: &Lists) -> Result<(), Fault> {
        if *lists != entry.acl {
            self.find(place, "its lists of rights are other ones than the memory says");
        }
        for (mailbox, entries) in lists {
            if self.tx.get(&key::mailbox(entry.id, *mailbox))?.is_none() {
                self.find(place, format!("a list of rights is that of no mailbox: {mailbox}"));
            }
            if entries.iter().any(|listed| self.tx.entry(listed.person).is_err()) {
                self.find(place, format!("the list of rights of mailbox {mailbox} names somebody who is not there"));
            }
        }
        Ok(())
    }

    fn check_account(&mut self, place: &str, entry: &AccountEntry, counters: &AccountCounters) -> Result<(), Fault> {
        let mut sums = Sums::default();
        let mut names = BTreeSet::new();
        let rows = self.tx.scan(&key::mailboxes(entry.id))?;
        self.expect_equal(place, "mailboxes", counters.mailboxes as usize, rows.len());
        for (row_place, sealed) in rows {
            let Some((id, row)) = self.found(place, tx::open_mailbox(entry, &row_place, &sealed)) else { continue };
            self.check_mailbox(entry, id, counters.modseq, &mut sums)?;
            if !names.insert(row.name) {
                self.find(place, format!("two mailboxes have the name of mailbox {id}"));
            }
        }
        if !names.contains("INBOX") {
            self.find(place, "it has no INBOX");
        }
        if names.iter().any(|name| name::parent(name).is_some_and(|parent| !names.contains(parent))) {
            self.find(place, "the names of its mailboxes form no tree");
        }
        self.expect_equal(place, "octets", counters.bytes, sums.bytes);
        self.expect_equal(place, "messages", counters.messages, sums.messages);
        self.check_views(place, entry, &sums)
    }

    fn check_mailbox(
        &mut self,
        entry: &AccountEntry,
        id: MailboxId,
        modseq: ModSeq,
        sums: &mut Sums,
    ) -> Result<(), Fault> {
        self.report.mailboxes += 1;
        let place = format!("mailbox {id} of account {}", entry.id);
        let counters = self.tx.row::<MailboxCounters>("mailbox counters", &key::mailbox_counters(entry.id, id))?;
        let Some(stored) = counters else {
            self.find(&place, "it has no counters");
            return Ok(());
        };
        if id.0 >= self.globals.next_id || stored.uid_validity > self.globals.uid_validity {
            self.find(&place, "its number or its UIDVALIDITY will be given again");
        }
        let mut log = self.read_log(&place, entry, id)?;
        let MailboxCounters { uid_next, highest, log_from, uid_validity, .. } = stored;
        let mut counted = MailboxCounters { uid_next, highest, log_from, uid_validity, ..MailboxCounters::default() };
        for (row_place, bytes) in self.tx.scan(&key::records(entry.id, id))? {
            let Some(record) = self.found(&place, decode_record(&row_place, &bytes)) else { continue };
            count(&mut counted, sums, &record);
            self.check_record(&place, &record, log.remove(&record.modseq.0), stored.uid_next, modseq.0.min(highest));
        }
        counted.tombstones = u32::try_from(log.len()).unwrap_or(u32::MAX);
        if log_from > highest || log.values().any(|change| change.kind == ChangeKind::Put) {
            self.find(&place, "the log speaks of messages that are not there, or has forgotten what is yet to come");
        }
        if stored != counted {
            self.find(&place, format!("{stored:?} are stored, {counted:?} were counted"));
        }
        Ok(())
    }

    fn check_record(&mut self, place: &str, record: &Record, logged: Option<Change>, uid_next: u32, highest: u64) {
        self.report.messages += 1;
        if logged.is_none_or(|change| change.uid != record.uid || change.kind != ChangeKind::Put) {
            self.find(place, format!("UID {}: its last change is not in the log", record.uid));
        }
        if record.uid.get() >= uid_next || record.modseq.0 > highest {
            self.find(place, format!("UID {}: its UID or modification sequence will be given again", record.uid));
        }
    }

    fn read_log(&mut self, place: &str, entry: &AccountEntry, id: MailboxId) -> Result<HashMap<u64, Change>, Fault> {
        let mut log = HashMap::new();
        for (row_place, row) in self.tx.scan(&key::changes(entry.id, id))? {
            if let Some(change) = self.found(place, rows::decode::<Change>("a change", &row)) {
                log.insert(key::tail::<8>(&row_place).map_or(0, u64::from_be_bytes), change);
            }
        }
        Ok(log)
    }

    /// Each message has its view, shared by as many records as counted, and the view refers to the record's body.
    fn check_views(&mut self, place: &str, entry: &AccountEntry, sums: &Sums) -> Result<(), Fault> {
        for (message, records) in &sums.views {
            let name = format!("{place}, message {message}");
            let stored = self.tx.row::<u32>("sharers", &key::sharers(entry.id, *message))?.unwrap_or(1);
            self.expect_equal(&name, "records that share it", stored as usize, records.len());
            let pieces = self.tx.scan(&key::view(entry.id, *message))?;
            let sealed: Vec<u8> = pieces.into_iter().flat_map(|(_, piece)| piece).collect();
            let Some(view) = self.found(&name, view::open(entry, entry.id, *message, &sealed)) else { continue };
            let size = view.body.size + view.prefix.len() as u64;
            let same = |r: &Record| (r.body, r.envelope, r.size) == (view.body.place, view.envelope, size);
            if !records.iter().all(same) {
                self.find(&name, "a record and its view speak of different messages");
            }
            let day = self.tx.core.keys.master.content(view.body.day);
            let opened = day.and_then(|day| entry.key.unwrap_body(&view.body.key, &view.body.id, &day));
            if opened.is_err() {
                self.find(&name, "the key of its body does not open");
            }
            *self.references.entry(view.body.place).or_default() += 1;
        }
        let all = self.tx.scan(&key::views(entry.id))?;
        let known = |place: &[u8]| key::message_of_view(place).is_some_and(|message| sums.views.contains_key(&message));
        if all.iter().any(|(place, _)| !known(place)) {
            self.find(place, "it has views of messages that are not there");
        }
        Ok(())
    }
}

fn count(counted: &mut MailboxCounters, sums: &mut Sums, record: &Record) {
    counted.messages += 1;
    counted.unseen += u32::from(record.unseen());
    counted.deleted += u32::from(record.deleted());
    // A damaged size must give a wrong sum, not a panic.
    counted.bytes = counted.bytes.wrapping_add(record.size);
    sums.messages += 1;
    sums.bytes = sums.bytes.wrapping_add(record.size);
    sums.views.entry(record.message).or_default().push(*record);
}
