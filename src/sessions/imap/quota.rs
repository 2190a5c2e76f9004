//! GETQUOTA and GETQUOTAROOT (RFC 9208): one root for the whole account, with the octets that it may take.

use super::dispatch::{Outcome, write_line};
use super::{Imap, Output};
use crate::mail::{Fault, Status};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::{self, Completion};

/// Octets of a unit of STORAGE.
const UNIT: u64 = 1024;

impl Imap {
    // [rfc9208#4.1.2]
    pub(super) fn get_quota(&self, root: &str, out: &mut Output) -> Outcome {
        if !root.is_empty() {
            return Err(Fault::user(Status::NoSuchMailbox, "a quota root that is not there"));
        }
        self.tell_quota(out)
    }

    // [rfc9208#4.1.3]
    pub(super) fn get_quota_root(&self, mailbox: &WireName, out: &mut Output) -> Outcome {
        let info = self.mailbox(mailbox)?;
        let mut text = b"* QUOTAROOT ".to_vec();
        response::mailbox(&mut text, &info.name, self.names);
        text.extend_from_slice(b" \"\"\r\n");
        out.extend(&text);
        self.tell_quota(out)
    }

    // [rfc9208#4.2.1] [rfc9208#5.1]
    fn tell_quota(&self, out: &mut Output) -> Outcome {
        let usage = self.account()?.usage()?;
        let (used, limit) = (usage.bytes.div_ceil(UNIT), usage.quota / UNIT);
        write_line(out, format_args!("* QUOTA \"\" (STORAGE {used} {limit})"));
        Ok(Completion::plain())
    }
}
