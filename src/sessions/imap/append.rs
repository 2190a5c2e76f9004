//! APPEND: the message goes to the store as it comes, and into the mailbox when it is complete.

use super::Imap;
use super::dispatch::Outcome;
use crate::mail::{Fault, FlagSet, MailboxId, Status, Time, UidValidity};
use crate::proto::imap::command::{Append, Headers};
use crate::proto::imap::name::Names;
use crate::proto::imap::response::Completion;
use crate::proto::imap::server::Answer;
use crate::proto::mime::{self, Walker};
use crate::store::{BodyOrigin, BodyWriter, NewMessage};

/// A message on its way in.
pub(super) struct Upload {
    mailbox: MailboxId,
    uid_validity: UidValidity,
    flags: FlagSet,
    date: Option<Time>,
    walker: Walker,
    body: BodyWriter,
    /// What went wrong; the rest of the message is then let go by.
    fault: Option<Fault>,
}

impl Imap {
    // [rfc3501#6.3.11] [rfc6855#4]
    pub(super) fn append_start(&mut self, append: Append) -> Answer {
        match self.begin_upload(append) {
            Ok(upload) => {
                self.upload = Some(upload);
                Answer::Proceed
            }
            Err(fault) => Answer::done(Err(fault)),
        }
    }

    fn begin_upload(&self, append: Append) -> Result<Upload, Fault> {
        if append.headers == Headers::Utf8 && self.names != Names::Utf8 {
            return Err(Fault::user(Status::OutOfSequence, "UTF8 without ENABLE UTF8=ACCEPT"));
        }
        let to = self.destination(&append.mailbox)?;
        // told before the message comes; what counts is the same question in the commit
        let usage = self.account()?.usage()?;
        if usage.bytes.saturating_add(append.size) > usage.quota {
            return Err(Fault::user(Status::MailboxFull, "APPEND beyond the quota"));
        }
        Ok(Upload {
            mailbox: to.id,
            uid_validity: to.uid_validity,
            flags: append.flags,
            date: append.date,
            walker: Walker::new(mime::Limits::default()),
            body: self.services.store.begin_body(BodyOrigin { envelope: None, account: Some(self.account()?.id()) }),
            fault: None,
        })
    }

    pub(super) async fn append_content(&mut self, bytes: &[u8]) {
        let Some(upload) = &mut self.upload else { return };
        if upload.fault.is_none() {
            upload.walker.push(bytes);
            upload.fault = match memchr::memchr(0, bytes) {
                // [rfc3501#4.3] what holds NUL could not be sent again: no literal may
                Some(_) => Some(Fault::user(Status::NulInContent, "NUL in APPEND")),
                None => upload.body.write(bytes).await.err(),
            };
        }
    }

    // [rfc4315#3]
    pub(super) async fn append_end(&mut self) -> Outcome {
        let nothing = || Fault::ours(Status::Storage, "APPEND ended without its message");
        let upload = self.upload.take().ok_or_else(nothing)?;
        if let Some(fault) = upload.fault {
            return Err(fault);
        }
        let (account, mailbox, flags, date) = (self.account()?.id(), upload.mailbox, upload.flags, upload.date);
        let structure = upload.walker.finish();
        let body = upload.body.finish().await?;
        let job = move |tx: &mut crate::store::Tx<'_>| {
            let internal_date = date.unwrap_or_else(|| tx.now());
            let message =
                NewMessage { body: &body, prefix: &[], structure: &structure, flags, internal_date, envelope: None };
            tx.append(account, mailbox, message)
        };
        let appended = self.services.store.write(job).await?;
        Ok(Completion::with(format!("APPENDUID {} {}", upload.uid_validity, appended.uid)))
    }
}
