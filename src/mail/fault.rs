//! The one public error: a status for the outside, a detail for the log, whose fault it is and whether to try again.

use std::error::Error;
use std::fmt;

use super::Status;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The other operator's server.
    Peer,
    /// The person or the software that signed in.
    User,
    /// This server.
    Us,
    /// Something this server depends on: DNS, a list's publisher.
    Upstream,
}

/// Whether the same request may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Later, unchanged.
    Later,
    /// Not without a change.
    Never,
}

/// A failure. What is not known to be somebody else's is ours and temporary.
#[derive(Debug)]
pub struct Fault {
    /// What the outside is told.
    pub status: Status,
    /// What the log is told: precise, without contents of messages.
    pub detail: String,
    /// Whose fault it is.
    pub blame: Blame,
    /// Whether to try again.
    pub retry: Retry,
    /// What the IMAP response code speaks of: something that the client itself said.
    argument: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A failure of this server: temporary.
    #[must_use]
    pub fn ours(status: Status, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), blame: Blame::Us, retry: Retry::Later, argument: None, source: None }
    }

    /// A refusal of what another operator's server asked. Temporary when the status's SMTP code is a 4xx.
    #[must_use]
    pub fn peer(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            blame: Blame::Peer,
            retry: Self::retry_of(status),
            argument: None,
            source: None,
        }
    }

    /// A refusal of what a person's client asked. Temporary when the status's SMTP code is a 4xx.
    #[must_use]
    pub fn user(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            blame: Blame::User,
            retry: Self::retry_of(status),
            argument: None,
            source: None,
        }
    }

    /// A failure of something that this server depends on: temporary.
    #[must_use]
    pub fn upstream(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            blame: Blame::Upstream,
            retry: Retry::Later,
            argument: None,
            source: None,
        }
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, where the IMAP response code names what it is about: `[BADURL "/INBOX/;UID=9"]`. What no quoted string
    /// can hold is left out.
    #[must_use]
    pub fn about(mut self, said: &str) -> Self {
        let plain = said.bytes().all(|b| matches!(b, 0x20..=0x7e) && !matches!(b, b'"' | b'\\' | b']'));
        self.argument = plain.then(|| format!("\"{said}\""));
        self
    }

    /// The same, where the IMAP response code has a number: `[MESSAGELIMIT 1000]`.
    #[must_use]
    pub fn with_number(mut self, number: u64) -> Self {
        self.argument = Some(number.to_string());
        self
    }

    /// The SMTP reply line without its code: `5.1.1 there is no such mailbox here`.
    #[must_use]
    pub fn smtp_text(&self) -> String {
        format!("{} {}", self.status.enhanced(), self.status.text())
    }

    /// The text after `NO` or `BAD` in IMAP: `[NONEXISTENT] there is no such mailbox`.
    #[must_use]
    pub fn imap_text(&self) -> String {
        match (self.status.imap(), &self.argument) {
            (Some(code), Some(argument)) => format!("[{code} {argument}] {}", self.status.text()),
            (Some(code), None) => format!("[{code}] {}", self.status.text()),
            (None, _) => self.status.text().to_owned(),
        }
    }

    fn retry_of(status: Status) -> Retry {
        if status.smtp() < 500 { Retry::Later } else { Retry::Never }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.text(), self.detail)?;
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        Ok(())
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_speaks_to_each_audience_in_its_words() {
        let fault = Fault::ours(Status::StorageFull, "segment 7").caused_by(std::io::Error::other("ENOSPC"));
        assert_eq!(fault.smtp_text(), "4.3.1 insufficient system storage, try again later");
        assert_eq!(fault.imap_text(), "[OVERQUOTA] insufficient system storage, try again later");
        let about = |said| Fault::user(Status::BadUrl, "CATENATE").about(said).imap_text();
        assert_eq!(about("/a"), "[BADURL \"/a\"] this URL stands for nothing here");
        assert_eq!(about("/a\r\nb OK"), "[BADURL] this URL stands for nothing here");
        assert!(fault.to_string().ends_with("segment 7 (ENOSPC)"));
    }

    #[test]
    fn a_refusal_is_final_unless_its_code_is_temporary() {
        assert_eq!(Fault::peer(Status::RecipientUnknown, "").retry, Retry::Never);
        assert_eq!(Fault::peer(Status::MailboxFull, "").retry, Retry::Later);
    }
}
