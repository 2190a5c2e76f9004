//! CATENATE's URLs: octets of messages that the login may read anyway become part of a new one. What leaves a body that
//! way is a transfer, as if it had been fetched: the new message can be read without another event of the old one.

use super::places::Place;
use super::{Imap, stream};
use crate::flows::{Access, FetchBasis};
use crate::mail::{AclRights, Fault, Status, Uid};
use crate::proto::imap::name::Names;
use crate::proto::imap::url::MessageUrl;
use crate::proto::mime::section::{Found, partial};
use crate::store::BodyReader;

impl Imap {
    /// Appends what a URL stands for to the message that is being put together.
    // [rfc4469#3] [rfc4469#4] [proofs#when-is-it-open]
    pub(super) async fn append_url(&mut self, url: &str) -> Result<(), Fault> {
        let bad = |fault: Fault| match fault.status {
            Status::NoSuchMailbox | Status::MessageGone => bad_url(url),
            _ => fault,
        };
        let parsed = MessageUrl::parse(url).ok_or_else(|| bad_url(url))?;
        let (place, uid) = self.pointed_at(&parsed).map_err(bad)?;
        let view = place.account.view(place.info.id, uid).map_err(bad)?;
        let structure = view.structure.prefixed(&view.prefix);
        let found = parsed.section.find(&structure).ok_or_else(|| bad_url(url))?;
        let is_body = parsed.section.is_body();
        if let (Found::Octets(range), true) = (&found, is_body) {
            let range = parsed.partial.map_or(range.clone(), |asked| partial(range, asked.start, asked.length));
            let body = self.receive_body(&place, uid).await.map_err(bad)?;
            return self.append_body(&body, range).await;
        }
        let octets = match found {
            Found::Fields(range, fields) if is_body => {
                fields.of(&self.receive_body(&place, uid).await.map_err(bad)?.read(range)?)
            }
            Found::Fields(_, fields) => fields.of(&structure.header),
            Found::Octets(_) => structure.header.clone(),
        };
        let whole = 0..octets.len() as u64;
        let range = parsed.partial.map_or(whole.clone(), |asked| partial(&whole, asked.start, asked.length));
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(octets.len());
        self.reserve(range.end - range.start)?;
        self.append_octets(&octets[at(range.start)..at(range.end)]).await
    }

    fn pointed_at(&self, url: &MessageUrl) -> Result<(Place, Uid), Fault> {
        let gone = || Fault::user(Status::MessageGone, "a URL in CATENATE");
        // a URL's names are UTF-8, whatever the session's are
        let name = url.mailbox.read(Names::Utf8).ok_or_else(gone)?;
        let place = self.mailbox_named(&name)?;
        // the same for one that may not be read
        place.require(AclRights::READ, self.person()?).map_err(|_| gone())?;
        let same = url.uid_validity.is_none_or(|asked| asked == place.info.uid_validity.0.get());
        let uid = Uid::new(url.uid).filter(|_| same).ok_or_else(gone)?;
        Ok((place, uid))
    }

    async fn receive_body(&self, place: &Place, uid: Uid) -> Result<BodyReader, Fault> {
        let (login, mailbox) = (&self.person()?.login, place.info.id);
        let (uids, openings) = ([uid], &self.services.openings);
        let (basis, access) = (FetchBasis::Peek, Access::ReadOnly);
        let receipts = openings.fetch(&place.account, mailbox, &uids, login, basis, access).await?;
        let receipt = receipts.first().ok_or_else(|| Fault::ours(Status::Storage, "a transfer without a receipt"))?;
        place.account.body(mailbox, uid, receipt)
    }

    async fn append_body(&mut self, body: &BodyReader, range: std::ops::Range<u64>) -> Result<(), Fault> {
        self.reserve(range.end - range.start)?;
        let mut at = range.start;
        while at < range.end {
            let octets = stream::next_chunk(body, at..range.end)?;
            at += octets.len() as u64;
            self.append_octets(&octets).await?;
        }
        Ok(())
    }
}

/// `[BADURL "/INBOX/;UID=9"]`: the same for a form that nobody reads, and for what does not exist.
// [rfc4469#4.1]
fn bad_url(url: &str) -> Fault {
    Fault::user(Status::BadUrl, "a URL in CATENATE").about(url)
}
