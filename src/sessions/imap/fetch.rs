//! FETCH. What records and views answer costs no event; what needs a body goes through [`Openings`] first, whose
//! receipts come with a durable proof, and is streamed afterwards.

use super::dispatch::{Outcome, write_line};
use super::resync::Missed;
use super::selected::Along;
use super::stream::{self, Peer};
use super::{Enabled, Imap, Output, preview, render};
use crate::flows::{self, FetchBasis, Openings};
use crate::mail::{AclRights, Fault, FlagSet, Keyword, ModSeq, Status, SystemFlags, Uid};
use crate::proto::imap::command::{Access, Numbers};
use crate::proto::imap::fetch::{Content, FetchItem, MarksSeen};
use crate::proto::imap::name::Names;
use crate::proto::imap::response::{self, Completion};
use crate::proto::imap::resync::FetchModifiers;
use crate::proto::imap::sequence::SequenceSet;
use crate::proto::mime::{Part, Structure};
use crate::store::{Account, BodyReader, BodySource, FlagOp, MessageView, Record, TransferReceipt};

/// Messages whose flags are written between two looks at whether the client keeps up.
const RECORDS_AT_ONCE: usize = 1000;
/// Messages whose transfers are recorded in one commit.
const BODIES_AT_ONCE: usize = 100;
/// How often a batch is begun again because a message of it was expunged meanwhile.
const ATTEMPTS: usize = 3;

/// What a FETCH asks of every message.
struct Plan {
    items: Vec<FetchItem>,
    /// Whether octets of bodies are asked for, and how.
    basis: FetchBasis,
    seen: MarksSeen,
}

/// A message that is about to be told.
struct Message {
    number: u32,
    uid: Uid,
    structure: Structure,
    source: BodySource,
    receipt: Option<TransferReceipt>,
}

impl Plan {
    fn contents(&self) -> impl Iterator<Item = &Content> {
        self.items.iter().filter_map(|item| if let FetchItem::Content(content) = item { Some(content) } else { None })
    }

    /// Whether the records alone don't answer it.
    fn needs_views(&self) -> bool {
        let by_record = |item: &FetchItem| {
            !matches!(
                item,
                FetchItem::Envelope
                    | FetchItem::Body
                    | FetchItem::BodyStructure
                    | FetchItem::Preview
                    | FetchItem::BinarySize(_)
                    | FetchItem::Content(_)
            )
        };
        !self.items.iter().all(by_record)
    }

    /// Whether octets of this message's body are asked for: a section that it does not have is none.
    fn needs_body(&self, structure: &Structure) -> bool {
        self.contents().any(|content| content.is_body() && content.section.find(structure).is_some())
    }
}

impl Imap {
    // [rfc3501#6.4.5] [rfc3501#6.4.8] [rfc9051#6.4.9]
    pub(super) async fn fetch(
        &mut self,
        set: &SequenceSet,
        numbers: Numbers,
        mut items: Vec<FetchItem>,
        modifiers: FetchModifiers,
        out: &mut Output,
    ) -> Outcome {
        let mut chosen = self.meant(set, numbers, &modifiers, out)?;
        let limited = self.limited(&mut chosen, |(_, uid)| *uid);
        if modifiers.since.is_some() && !items.contains(&FetchItem::ModSeq) {
            items.push(FetchItem::ModSeq);
        }
        self.enabled.condstore |= items.contains(&FetchItem::ModSeq);
        let plan = self.plan(items, numbers, chosen.len())?;
        let at_once = if plan.needs_views() { BODIES_AT_ONCE } else { RECORDS_AT_ONCE };
        let mut told = 0;
        for batch in chosen.chunks(at_once) {
            told += if plan.needs_views() {
                self.tell_messages(&plan, batch, out).await?
            } else {
                self.tell_records(&plan, batch, out)?
            };
            if self.broken || out.flush_if_large().await.is_err() {
                break;
            }
        }
        // [rfc5530#3] what is missing was expunged: the client may want to hear of it soon
        let complete = told == chosen.len();
        Ok(match limited {
            Some(code) => Completion::with(code),
            None if complete => Completion::plain(),
            None => Completion::with("EXPUNGEISSUED"),
        })
    }

    /// Tells of messages what was asked for once and for all. Nobody reads them now, so nothing is marked.
    // [rfc5465#5.2]
    pub(super) async fn fetch_unasked(
        &mut self,
        items: Vec<FetchItem>,
        chosen: &[(u32, Uid)],
        out: &mut Output,
    ) -> Result<(), Fault> {
        let plan = Plan { items, basis: FetchBasis::Peek, seen: MarksSeen::No };
        for batch in chosen.chunks(BODIES_AT_ONCE) {
            if plan.needs_views() {
                self.tell_messages(&plan, batch, out).await?;
            } else {
                self.tell_records(&plan, batch, out)?;
            }
            if self.broken || out.flush_if_large().await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Of a set the messages that the modifiers leave; what vanished is told.
    // [rfc7162#3.1.4] [rfc7162#3.2.6] [rfc9394#3.3]
    fn meant(
        &self,
        set: &SequenceSet,
        numbers: Numbers,
        modifiers: &FetchModifiers,
        out: &mut Output,
    ) -> Result<Vec<(u32, Uid)>, Fault> {
        let selected = self.selected()?;
        if modifiers.vanished {
            self.tell_vanished(set, modifiers, out)?;
        }
        let mut chosen = match modifiers.since {
            None => selected.choose(set, numbers)?,
            Some(since) => selected.choose_changed(set, numbers, since)?,
        };
        if let Some(window) = modifiers.partial {
            chosen = chosen[window.of(chosen.len())].to_vec();
        }
        Ok(chosen)
    }

    fn tell_vanished(&self, set: &SequenceSet, modifiers: &FetchModifiers, out: &mut Output) -> Result<(), Fault> {
        if !self.enabled.qresync {
            return Err(Fault::user(Status::OutOfSequence, "VANISHED before QRESYNC was enabled"));
        }
        let (selected, since) = (self.selected()?, modifiers.since.unwrap_or(ModSeq(0)));
        let next = selected.account.mailbox(selected.mailbox)?.uid_next;
        let missed = Missed::of(&selected.index, &selected.view, since, set, next)?;
        if let Some(vanished) = missed.vanished {
            write_line(out, format_args!("* VANISHED (EARLIER) {vanished}"));
        }
        Ok(())
    }

    fn plan(&self, mut items: Vec<FetchItem>, numbers: Numbers, messages: usize) -> Result<Plan, Fault> {
        if numbers == Numbers::Uid && !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        let asks = |item: &FetchItem| matches!(item, FetchItem::Content(content) if content.seen == MarksSeen::Yes);
        let selected = self.selected()?;
        // [rfc4314#4]
        let may_mark = selected.access == Access::ReadWrite && selected.rights.contains(AclRights::SEEN);
        let marks = items.iter().any(asks) && may_mark;
        let (seen, basis) = match (marks, messages) {
            (false, _) => (MarksSeen::No, FetchBasis::Peek),
            (true, 1) => (MarksSeen::Yes, FetchBasis::Body),
            (true, _) => (MarksSeen::Yes, FetchBasis::BodyOfMany),
        };
        Ok(Plan { items, basis, seen })
    }

    /// Tells of messages what their records answer; how many there were. The hot path of large folders.
    // [clients#imap-what-clients-do]
    fn tell_records(&mut self, plan: &Plan, batch: &[(u32, Uid)], out: &mut Output) -> Result<usize, Fault> {
        let selected = self.selected_mut()?;
        let keywords = selected.tell_keywords(out);
        let mut text = Vec::with_capacity(batch.len() * 48);
        let told = selected.index.read(|records| {
            let mut along = Along::new(records);
            let present = batch.iter().filter_map(|(number, uid)| Some((*number, along.find(*uid)?)));
            present.inspect(|(number, record)| write_record(&mut text, *number, record, plan, &keywords)).count()
        });
        out.extend(&text);
        Ok(told)
    }

    /// Tells of messages what their views and bodies answer; how many there were.
    async fn tell_messages(&mut self, plan: &Plan, batch: &[(u32, Uid)], out: &mut Output) -> Result<usize, Fault> {
        // rights that are withdrawn meanwhile end a long answer too
        self.note_rights(out)?;
        self.selected()?.require(AclRights::READ, self.person()?.login.account)?;
        let messages = self.prepare(plan, batch).await?;
        let keywords = self.selected_mut()?.tell_keywords(out);
        let mut told = 0;
        for message in &messages {
            match self.tell_message(plan, message, &keywords, out).await {
                Ok(Peer::Listens) => told += 1,
                Ok(Peer::Gone) => break,
                // [clients#imap-traps] another session was faster; its expunge is told when it may be
                Err(fault) if fault.status == Status::MessageGone => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(told)
    }

    /// Reads the views of those messages that are still there, and gets what is needed to read bodies.
    async fn prepare(&self, plan: &Plan, batch: &[(u32, Uid)]) -> Result<Vec<Message>, Fault> {
        let mut attempt = 1;
        loop {
            let mut messages = self.load(plan, batch)?;
            match self.obtain_receipts(plan, &mut messages).await {
                Ok(()) => return Ok(messages),
                Err(fault) if fault.status == Status::MessageGone && attempt < ATTEMPTS => attempt += 1,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Refuses to undo an encoding that nobody knows.
    // [rfc3516#4.2]
    fn check_encodings(plan: &Plan, structure: &Structure) -> Result<(), Fault> {
        let sections = plan.items.iter().filter_map(|item| match item {
            FetchItem::Content(content) if content.is_decoded() => Some(&content.section),
            FetchItem::BinarySize(section) => Some(section),
            _ => None,
        });
        let known =
            |part: &Part| ["7bit", "8bit", "binary", "base64", "quoted-printable"].contains(&part.encoding.as_str());
        match sections.filter_map(|section| section.part(structure)).find(|part| !known(part)) {
            Some(_) => Err(Fault::user(Status::UnknownEncoding, "a part's transfer encoding")),
            None => Ok(()),
        }
    }

    fn load(&self, plan: &Plan, batch: &[(u32, Uid)]) -> Result<Vec<Message>, Fault> {
        let selected = self.selected()?;
        let account = &selected.account;
        let records: Vec<(u32, Record)> = selected.index.read(|records| {
            let mut along = Along::new(records);
            batch.iter().filter_map(|(number, uid)| Some((*number, *along.find(*uid)?))).collect()
        });
        let mut messages = Vec::with_capacity(records.len());
        for (number, record) in records {
            match account.view_of(&record) {
                Ok(MessageView { prefix, structure, source, .. }) => {
                    let structure = structure.prefixed(&prefix);
                    Self::check_encodings(plan, &structure)?;
                    messages.push(Message { number, uid: record.uid, structure, source, receipt: None });
                }
                Err(fault) if fault.status == Status::MessageGone => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(messages)
    }

    /// Records the transfers, and `\Seen` where the client's words set it.
    // [proofs#when-is-it-open]
    async fn obtain_receipts(&self, plan: &Plan, messages: &mut [Message]) -> Result<(), Fault> {
        let (person, selected) = (self.person()?, self.selected()?);
        let (bodies, others): (Vec<_>, Vec<_>) = messages.iter_mut().partition(|m| plan.needs_body(&m.structure));
        if !bodies.is_empty() {
            let access = match selected.access {
                Access::ReadWrite => flows::Access::ReadWrite,
                Access::ReadOnly => flows::Access::ReadOnly,
            };
            let uids: Vec<Uid> = bodies.iter().map(|message| message.uid).collect();
            let openings = &self.services.openings;
            let receipts =
                openings.fetch(&selected.account, selected.mailbox, &uids, &person.login, plan.basis, access).await?;
            for (message, receipt) in bodies.into_iter().zip(receipts) {
                message.receipt = Some(receipt);
            }
        }
        if plan.seen == MarksSeen::Yes && !others.is_empty() {
            let uids = others.iter().map(|message| message.uid).collect();
            self.mark_seen(uids).await?;
        }
        Ok(())
    }

    /// Sets `\Seen` for a section that releases nothing of a body, such as `BODY[HEADER]`. Only STORE declares that a
    /// message was read: this is a mark, even on one message that was fetched before.
    // [proofs#when-is-it-open]
    async fn mark_seen(&self, uids: Vec<Uid>) -> Result<(), Fault> {
        let (account, login) = (self.selected()?.account.clone(), self.person()?.login.clone());
        let mailbox = self.selected()?.mailbox;
        let seen = FlagSet { system: SystemFlags::SEEN, ..FlagSet::default() };
        let job = move |tx: &mut crate::store::Tx<'_>| {
            Openings::marked(tx, &account, mailbox, &uids, &login)?;
            for uid in uids {
                tx.change_flags(account.id(), mailbox, uid, FlagOp::Add, &seen, None)?;
            }
            Ok(())
        };
        self.services.store.write(job).await
    }

    /// Tells of one message. Whatever can fail without leaving half a response is done before its first octet.
    async fn tell_message(
        &mut self,
        plan: &Plan,
        message: &Message,
        keywords: &[Keyword],
        out: &mut Output,
    ) -> Result<Peer, Fault> {
        let selected = self.selected()?;
        let account = &selected.account;
        let body = match &message.receipt {
            Some(receipt) => Some(account.open(&message.source, receipt)?),
            None => None,
        };
        let gone = || Fault::user(Status::MessageGone, format!("UID {}", message.uid));
        let record = selected.index.get(message.uid).ok_or_else(gone)?;
        let telling = Telling {
            plan,
            message,
            record: &record,
            keywords,
            body,
            names: self.names,
            enabled: self.enabled,
            account,
        };
        let changed = plan.seen == MarksSeen::Yes && record.modseq > selected.view.known();
        let told = telling.write(if changed { Flags::Told } else { Flags::IfAsked }, out).await;
        // half a response can't be taken back, and what follows would be read as its rest
        self.broken |= told.is_err();
        if changed && render::knows_all(&record, keywords) {
            self.selected_mut()?.view.made(message.uid, record.modseq);
        }
        told
    }
}

/// Whether flags are told that were not asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flags {
    IfAsked,
    /// This command changed them.
    Told,
}

/// One message's response.
struct Telling<'a> {
    plan: &'a Plan,
    message: &'a Message,
    record: &'a Record,
    keywords: &'a [Keyword],
    body: Option<BodyReader>,
    names: Names,
    enabled: Enabled,
    account: &'a Account,
}

impl Telling<'_> {
    // [rfc3501#7.4.2]
    async fn write(&self, flags: Flags, out: &mut Output) -> Result<Peer, Fault> {
        let mut text = Vec::new();
        response::text(&mut text, format_args!("* {} FETCH (", self.message.number));
        if flags == Flags::Told && !self.plan.items.contains(&FetchItem::Flags) {
            render::flags(&mut text, self.record, self.keywords);
            text.push(b' ');
        }
        // [rfc7162#3.1.2]
        if flags == Flags::Told && self.enabled.condstore && !self.plan.items.contains(&FetchItem::ModSeq) {
            response::text(&mut text, format_args!("MODSEQ ({}) ", self.record.modseq));
        }
        for (at, item) in self.plan.items.iter().enumerate() {
            if at > 0 {
                text.push(b' ');
            }
            let FetchItem::Content(content) = item else {
                self.write_fact(item, &mut text)?;
                continue;
            };
            out.extend(&std::mem::take(&mut text));
            if stream::content(content, &self.message.structure, self.body.as_ref(), out).await? == Peer::Gone {
                return Ok(Peer::Gone);
            }
        }
        text.extend_from_slice(b")\r\n");
        out.extend(&text);
        Ok(Peer::Listens)
    }

    fn write_fact(&self, item: &FetchItem, text: &mut Vec<u8>) -> Result<(), Fault> {
        let structure = &self.message.structure;
        if *item == FetchItem::Preview {
            preview::write(text, structure, &self.account.search_text_of(&self.message.source)?)?;
        } else if let FetchItem::BinarySize(section) = item {
            // [rfc3516#4.3]
            let size = section.part(structure).map_or_else(|| section.octets(structure), |part| part.decoded_size);
            response::text(text, format_args!("BINARY.SIZE[{section}] {size}"));
        } else if render::of_record(text, item, self.record, self.keywords).is_none() {
            render::of_structure(text, item, structure, self.names);
        }
        Ok(())
    }
}

/// `* 3 FETCH (UID 7 FLAGS (\Seen))`
fn write_record(text: &mut Vec<u8>, number: u32, record: &Record, plan: &Plan, keywords: &[Keyword]) {
    text.extend_from_slice(b"* ");
    response::number(text, number.into());
    text.extend_from_slice(b" FETCH (");
    for (at, item) in plan.items.iter().enumerate() {
        if at > 0 {
            text.push(b' ');
        }
        render::of_record(text, item, record, keywords);
    }
    text.extend_from_slice(b")\r\n");
}
