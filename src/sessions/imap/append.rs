//! APPEND and REPLACE: messages go to the store as they come, and into the mailbox in one commit when all are complete.

use super::dispatch::{Outcome, write_line};
use super::places::Pass;
use super::{Imap, Output};
use crate::flows::Deletions;
use crate::mail::{AccountId, AclRights, Fault, FlagSet, MailboxId, ModSeq, Status, Time, Uid, UidValidity};
use crate::proto::imap::command::{Append, AppendStep, Headers, Message, Numbers, Replaced, Source};
use crate::proto::imap::name::Names;
use crate::proto::imap::response::Completion;
use crate::proto::imap::sequence::compact;
use crate::proto::imap::server::Answer;
use crate::proto::mime::{self, Structure, Walker};
use crate::store::{BodyOrigin, BodyWriter, NewMessage, SealedBody, Tx};

/// Messages of one command.
const MESSAGES_MAX: usize = 1000;
/// Literals and URLs of one command, whether each is a message or a part of one.
const PARTS_MAX: usize = 1000;
/// Octets of headers that wait for the commit of one command.
const HEADERS_MAX: usize = 16 << 20;

/// Messages on their way in.
pub(super) struct Upload {
    account: AccountId,
    mailbox: MailboxId,
    pass: Pass,
    rights: AclRights,
    uid_validity: UidValidity,
    replaces: Option<(Uid, Pass)>,
    /// Octets that the account still has room for.
    room: u64,
    /// Octets of headers that are kept.
    headers: usize,
    parts: usize,
    complete: Vec<Complete>,
    current: Option<Current>,
    /// What went wrong; the rest of the command is then let go by.
    fault: Option<Fault>,
}

/// The message whose octets come.
struct Current {
    flags: FlagSet,
    date: Option<Time>,
    size: u64,
    walker: Walker,
    body: BodyWriter,
}

/// A message that waits for the commit.
struct Complete {
    flags: FlagSet,
    date: Option<Time>,
    structure: Structure,
    body: SealedBody,
}

impl Imap {
    // [rfc3501#6.3.11] [rfc3502#6.3.11] [rfc4469#3] [rfc8508#3.1]
    pub(super) async fn append_step(&mut self, step: AppendStep) -> Answer {
        let outcome = match step {
            AppendStep::Start(append) => self.begin_upload(&append),
            AppendStep::Message(message) => self.begin_message(message).await,
            AppendStep::Url(url) => self.append_url(&url).await,
            AppendStep::Text { size, headers } => self.expect_octets(size, headers),
        };
        match outcome {
            Ok(()) => Answer::Proceed,
            Err(fault) => {
                self.upload = None;
                Answer::done(Err(fault))
            }
        }
    }

    fn begin_upload(&mut self, append: &Append) -> Result<(), Fault> {
        let replaces = append.replaces.map(|replaced| self.replaced(replaced)).transpose()?;
        let to = self.destination(&append.mailbox)?;
        let pass = to.require(AclRights::INSERT, self.person()?)?;
        let usage = to.account.usage()?;
        self.upload = Some(Upload {
            account: to.account.id(),
            mailbox: to.info.id,
            pass,
            rights: to.rights,
            uid_validity: to.info.uid_validity,
            replaces,
            room: usage.quota.saturating_sub(usage.bytes),
            headers: 0,
            parts: 0,
            complete: Vec::new(),
            current: None,
            fault: None,
        });
        Ok(())
    }

    /// The message that is to give way.
    // [rfc8508#3.4]
    fn replaced(&self, Replaced { numbers, number }: Replaced) -> Result<(Uid, Pass), Fault> {
        let selected = self.selected()?;
        selected.for_changes()?;
        // [rfc4314#4]
        let needed = AclRights::DELETE_MESSAGES.with(AclRights::EXPUNGE);
        let pass = selected.require(needed, self.person()?.login.account)?;
        let view = &selected.view;
        let found = match (number, numbers) {
            (None, _) => view.last(),
            (Some(number), Numbers::Uid) => Uid::new(number).filter(|uid| view.number(*uid).is_some()),
            (Some(number), Numbers::Sequence) => view.all().find(|(at, _)| *at == number).map(|(_, uid)| uid),
        };
        let missing = if numbers == Numbers::Uid { Status::MessageGone } else { Status::Syntax };
        found.map(|uid| (uid, pass)).ok_or_else(|| Fault::user(missing, "REPLACE of no message"))
    }

    async fn begin_message(&mut self, message: Message) -> Result<(), Fault> {
        self.complete_message().await?;
        let account = self.upload()?.account;
        let body = self.services.store.begin_body(BodyOrigin { envelope: None, account: Some(account) });
        let walker = Walker::new(mime::Limits::default());
        let before = self.upload()?.complete.len();
        self.within_limit(before + 1)?;
        let upload = self.upload()?;
        if before >= MESSAGES_MAX {
            return Err(Fault::user(Status::LimitReached, "too many messages in one APPEND"));
        }
        // [rfc4314#4]
        let flags = message.flags.allowed(upload.rights);
        upload.current = Some(Current { flags, date: message.date, size: 0, walker, body });
        match message.source {
            Source::Octets { size, headers } => self.expect_octets(size, headers),
            Source::Parts => Ok(()),
        }
    }

    /// Told before the octets come; what counts of the quota is the same question in the commit.
    fn expect_octets(&mut self, size: u64, headers: Headers) -> Result<(), Fault> {
        // [rfc6855#4]
        if headers == Headers::Utf8 && self.names != Names::Utf8 {
            return Err(Fault::user(Status::OutOfSequence, "UTF8 without ENABLE UTF8=ACCEPT"));
        }
        self.reserve(size)
    }

    /// Room for octets that will be pushed.
    pub(super) fn reserve(&mut self, size: u64) -> Result<(), Fault> {
        let limit = self.services.limits.append;
        self.upload()?.reserve(size, limit)
    }

    pub(super) async fn append_content(&mut self, bytes: &[u8]) {
        let Some(upload) = &mut self.upload else { return };
        if upload.fault.is_none() {
            upload.fault = upload.push(bytes).await.err();
        }
    }

    /// Octets of the message that is being put together.
    pub(super) async fn append_octets(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.upload()?.push(bytes).await
    }

    // [rfc4315#3] [rfc8508#3.1]
    pub(super) async fn append_end(&mut self, out: &mut Output) -> Outcome {
        let completed = self.complete_message().await;
        let upload = self.upload.take().ok_or_else(nothing_begun)?;
        completed?;
        let Upload { account, mailbox, pass, uid_validity, replaces, complete, .. } = upload;
        let replaced =
            replaces.map(|(uid, pass)| self.deletions().map(|deletions| (deletions, uid, pass))).transpose()?;
        let job = move |tx: &mut Tx<'_>| {
            pass.check(tx)?;
            let uids = complete.iter().map(|message| message.append(tx, account, mailbox)).collect::<Result<_, _>>()?;
            let give_way = |(deletions, uid, pass): (Deletions, Uid, Pass)| {
                pass.check(tx)?;
                deletions.expunge(tx, uid)
            };
            let gone = replaced.map(give_way).transpose()?;
            Ok((uids, gone))
        };
        // durable from here: all messages, and the one that gave way, or nothing
        let (uids, gone): (Vec<Uid>, Option<ModSeq>) = self.services.store.write(job).await?;
        let code = format!("APPENDUID {uid_validity} {}", compact(uids.iter().map(|uid| uid.get())));
        if replaces.is_none() {
            return Ok(Completion::with(code));
        }
        write_line(out, format_args!("* OK [{code}] it takes the other's place"));
        Ok(self.expunged(gone))
    }

    fn deletions(&self) -> Result<Deletions, Fault> {
        let selected = self.selected()?;
        Deletions::new(&selected.account, selected.mailbox, &self.person()?.login)
    }

    /// Ends the message before the next begins, or before the commit.
    async fn complete_message(&mut self) -> Result<(), Fault> {
        let upload = self.upload()?;
        if let Some(fault) = upload.fault.take() {
            return Err(fault);
        }
        let Some(Current { flags, date, size, walker, body }) = upload.current.take() else { return Ok(()) };
        if size == 0 {
            return Err(Fault::user(Status::EmptyMessage, "CATENATE of nothing"));
        }
        let structure = walker.finish();
        upload.headers += structure.header.len();
        if upload.headers > HEADERS_MAX {
            return Err(Fault::user(Status::LimitReached, "too large headers in one APPEND"));
        }
        let body = body.finish().await?;
        upload.complete.push(Complete { flags, date, structure, body });
        Ok(())
    }

    fn upload(&mut self) -> Result<&mut Upload, Fault> {
        self.upload.as_mut().ok_or_else(nothing_begun)
    }
}

impl Upload {
    /// Takes so many octets of what the account and the message have room for.
    fn reserve(&mut self, size: u64, limit: u64) -> Result<(), Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let current = self.current.as_mut().ok_or_else(nothing_begun)?;
        current.size = current.size.saturating_add(size);
        self.parts += 1;
        if current.size > limit {
            return Err(Fault::user(Status::MessageTooLarge, "CATENATE beyond the limit"));
        }
        if self.parts > PARTS_MAX {
            return Err(Fault::user(Status::LimitReached, "too many parts in one APPEND"));
        }
        let full = || Fault::user(Status::MailboxFull, "APPEND beyond the quota");
        self.room = self.room.checked_sub(size).ok_or_else(full)?;
        Ok(())
    }

    async fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        // [rfc3501#4.3] what holds NUL could not be sent again: no literal may
        if memchr::memchr(0, bytes).is_some() {
            return Err(Fault::user(Status::NulInContent, "NUL in APPEND"));
        }
        let current = self.current.as_mut().ok_or_else(nothing_begun)?;
        current.walker.push(bytes);
        current.body.write(bytes).await
    }
}

impl Complete {
    fn append(&self, tx: &mut Tx<'_>, account: AccountId, mailbox: MailboxId) -> Result<Uid, Fault> {
        let internal_date = self.date.unwrap_or_else(|| tx.now());
        let (body, structure, flags) = (&self.body, &self.structure, self.flags.clone());
        let message = NewMessage { body, prefix: &[], structure, flags, internal_date, envelope: None };
        tx.append(account, mailbox, message).map(|appended| appended.uid)
    }
}

fn nothing_begun() -> Fault {
    Fault::ours(Status::Storage, "APPEND goes on without its beginning")
}
