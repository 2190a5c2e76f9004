//! The operations that are measured: what each says to the server, and how often at most.

use clap::ValueEnum;

use super::client::{Client, Mailbox};
use super::fill::exists;
use crate::cli::load::client::LoadError;
use crate::cli::load::letters::{Letters, RARE_SUBJECT, RARE_TEXT};

/// Where copies go, and what is appended.
const COPIES: &str = "Charge-copies";
const MOVED: &str = "Charge-rangement";
const APPENDED: &str = "Charge-depot";
/// Messages of one look at a list.
const WINDOW: u64 = 500;
/// Messages of one download.
const BODIES: u64 = 100;
const COPIED: u64 = 100;
const MOVED_AT_ONCE: u64 = 20;
/// Copies and moves, which fill mailboxes.
const TRANSFERS_MAX: u64 = 50;
/// What a list of messages asks for, as Thunderbird and Outlook do.
const LIST_FIELDS: &str = "UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (Date From To Cc Subject Message-ID \
     References In-Reply-To Content-Type)]";

/// What can be measured. The order is that of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Operation {
    /// TLS, LOGIN, LOGOUT.
    #[value(help = "TLS, LOGIN, LOGOUT")]
    Login,
    /// SELECT of the mailbox.
    #[value(help = "SELECT du dossier")]
    Select,
    /// The flags of all messages.
    #[value(help = "les drapeaux de tous les messages")]
    Flags,
    /// Lists of 500 messages: flags, sizes, header fields.
    #[value(help = "une liste de 500 messages : drapeaux, tailles, champs d'en-tête")]
    Headers,
    /// ENVELOPE of 500 messages.
    #[value(help = "ENVELOPE de 500 messages")]
    Envelopes,
    /// One message that was not fetched before: a server that proves transfers records one.
    #[value(help = "un message jamais lu : un serveur qui prouve les transferts en consigne un")]
    Body,
    /// One message that was fetched before.
    #[value(help = "un message déjà lu")]
    BodyAgain,
    /// 100 messages that were not fetched before.
    #[value(help = "100 messages jamais lus")]
    Bodies,
    /// 100 messages that were fetched before.
    #[value(help = "100 messages déjà lus")]
    BodiesAgain,
    /// SEARCH in subjects.
    #[value(help = "SEARCH dans les objets")]
    SearchHeader,
    /// SEARCH in headers and texts.
    #[value(help = "SEARCH dans les en-têtes et les textes")]
    SearchText,
    /// SORT by date, the newest first.
    #[value(help = "SORT par date, le plus récent d'abord")]
    Sort,
    /// THREAD by references.
    #[value(help = "THREAD par références")]
    Thread,
    /// STORE of one flag on one message.
    #[value(help = "STORE d'un drapeau sur un message")]
    Store,
    /// APPEND of one letter.
    #[value(help = "APPEND d'une lettre")]
    Append,
    /// COPY of 100 messages.
    #[value(help = "COPY de 100 messages")]
    Copy,
    /// MOVE of 20 messages.
    #[value(help = "MOVE de 20 messages")]
    Move,
    /// What changed since ten changes ago.
    #[value(help = "ce qui a changé depuis dix changements")]
    Resync,
}

/// The mailbox that is measured, and how far it was read.
pub(super) struct Bench<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) client: &'a mut Client,
    pub(super) folder: &'a str,
    pub(super) messages: u64,
    pub(super) letters: &'a Letters,
    /// Messages up to here were fetched.
    fetched: u64,
    /// What CHANGEDSINCE is asked with.
    since: u64,
    turn: u64,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        mailbox: &'a Mailbox,
        client: &'a mut Client,
        folder: &'a str,
        messages: u64,
        letters: &'a Letters,
    ) -> Self {
        Self { mailbox, client, folder, messages, letters, fetched: 0, since: 0, turn: 0 }
    }

    /// How often an operation may be carried out.
    pub(super) fn most(&self, operation: Operation) -> u64 {
        match operation {
            Operation::Body => (self.messages / 5).saturating_sub(self.fetched).max(1),
            Operation::Bodies => (self.messages.saturating_sub(self.fetched) / BODIES).saturating_sub(1).max(1),
            Operation::Copy | Operation::Move => TRANSFERS_MAX,
            _ => u64::MAX,
        }
    }

    /// Selects what the operation works on, and brings about what it needs.
    pub(super) async fn prepare(&mut self, operation: Operation) -> Result<(), LoadError> {
        match operation {
            Operation::Append => {
                exists(self.client, APPENDED).await?;
            }
            Operation::Copy => {
                exists(self.client, COPIES).await?;
            }
            Operation::Move => {
                exists(self.client, MOVED).await?;
                let mut there = exists(self.client, COPIES).await?;
                while there < (TRANSFERS_MAX + 1) * MOVED_AT_ONCE {
                    exists(self.client, self.folder).await?;
                    self.copy().await?;
                    there = exists(self.client, COPIES).await?;
                }
                return Ok(());
            }
            _ => {}
        }
        self.select().await?;
        if operation == Operation::Resync {
            self.since = highest(self.client, self.folder).await?;
            for number in 1..=10 {
                self.client.run(&format!("STORE {} +FLAGS (\\Flagged)", number.min(self.messages)), |_| {}).await?;
                self.client.run(&format!("STORE {} -FLAGS (\\Flagged)", number.min(self.messages)), |_| {}).await?;
            }
        }
        Ok(())
    }

    /// Carries an operation out once.
    pub(super) async fn step(&mut self, operation: Operation) -> Result<(), LoadError> {
        self.turn += 1;
        let command = match operation {
            Operation::Login => return self.sign_in_and_out().await,
            Operation::Select => format!("SELECT {}", self.folder),
            Operation::Flags => "FETCH 1:* (FLAGS)".to_owned(),
            Operation::Headers => format!("FETCH {} ({LIST_FIELDS})", self.window(WINDOW)),
            Operation::Envelopes => format!("FETCH {} (ENVELOPE)", self.window(WINDOW)),
            Operation::Body => format!("FETCH {} (BODY.PEEK[])", self.fresh(1)),
            Operation::Bodies => format!("FETCH {} (BODY.PEEK[])", self.fresh(BODIES)),
            Operation::BodyAgain => format!("FETCH {} (BODY.PEEK[])", self.known(1)),
            Operation::BodiesAgain => format!("FETCH {} (BODY.PEEK[])", self.known(BODIES)),
            Operation::SearchHeader => format!("SEARCH SUBJECT {RARE_SUBJECT}"),
            Operation::SearchText => format!("SEARCH TEXT {RARE_TEXT}"),
            Operation::Sort => "SORT (REVERSE DATE) UTF-8 ALL".to_owned(),
            Operation::Thread => "THREAD REFERENCES UTF-8 ALL".to_owned(),
            Operation::Store => {
                let (number, sign) = (1 + self.turn / 2 % self.messages.max(1), ['+', '-'][(self.turn % 2) as usize]);
                format!("STORE {number} {sign}FLAGS (\\Flagged)")
            }
            Operation::Append => return self.append().await,
            Operation::Copy => return self.copy().await,
            Operation::Move => format!("MOVE 1:{MOVED_AT_ONCE} {MOVED}"),
            Operation::Resync => format!("UID FETCH 1:* (FLAGS) (CHANGEDSINCE {})", self.since),
        };
        self.client.run(&command, |_| {}).await
    }

    async fn select(&mut self) -> Result<(), LoadError> {
        exists(self.client, self.folder).await.map(drop)
    }

    async fn sign_in_and_out(&mut self) -> Result<(), LoadError> {
        let mut client = self.mailbox.open().await?;
        client.run("LOGOUT", |_| {}).await?;
        self.client.octets += client.octets;
        Ok(())
    }

    async fn append(&mut self) -> Result<(), LoadError> {
        let letter = self.letters.letter(self.messages + self.turn, "moi@charge.mssante.fr");
        let tag = self.client.begin_append(APPENDED, &letter).await?;
        self.client.end(tag, |_| {}).await
    }

    async fn copy(&mut self) -> Result<(), LoadError> {
        let window = self.window(COPIED);
        self.client.run(&format!("COPY {window} {COPIES}"), |_| {}).await
    }

    /// So many messages, at another place each time.
    fn window(&self, length: u64) -> String {
        let places = self.messages.saturating_sub(length) + 1;
        range(1 + self.turn.wrapping_mul(7919) % places, length, self.messages)
    }

    /// So many messages that were not fetched before.
    fn fresh(&mut self, length: u64) -> String {
        let first = self.fetched % self.messages.max(1) + 1;
        self.fetched += length;
        range(first, length, self.messages)
    }

    /// So many messages that were.
    fn known(&self, length: u64) -> String {
        let places = self.fetched.min(self.messages).saturating_sub(length) + 1;
        range(1 + self.turn.wrapping_mul(7919) % places, length, self.messages)
    }
}

fn range(first: u64, length: u64, last: u64) -> String {
    format!("{first}:{}", (first + length.saturating_sub(1)).min(last).max(first))
}

/// HIGHESTMODSEQ.
async fn highest(client: &mut Client, folder: &str) -> Result<u64, LoadError> {
    let mut highest = 0;
    let hear = |response: &[u8]| {
        if let Some(at) = memchr::memmem::find(response, b"HIGHESTMODSEQ ") {
            let rest = response.get(at + 14..).unwrap_or_default();
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            highest =
                std::str::from_utf8(&rest[..digits]).ok().and_then(|digits| digits.parse().ok()).unwrap_or(highest);
        }
    };
    client.run(&format!("SELECT {folder} (CONDSTORE)"), hear).await?;
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_the_mailbox() {
        assert_eq!(range(1, 500, 10_000), "1:500");
        assert_eq!(range(9_900, 500, 10_000), "9900:10000");
        assert_eq!(range(3, 1, 10), "3:3");
        assert_eq!(range(12, 5, 10), "12:12");
    }
}
