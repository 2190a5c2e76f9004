//! Has a time-stamp authority (RFC 3161) stamp the state of our log every hour. The token is kept beside the log, its
//! digest becomes a leaf, and proofs of what the stamped state covers carry it.

use std::sync::Arc;

use super::publish::{Publication, broken};
use super::web::{Ask, Web};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::{ShardName, anchors};
use crate::mail::{Edge, Fault, Status, Time};
use crate::seal::event::{Draft, EventKind, Plain};
use crate::store::{Store, Subject};
use crate::trust::{Anchors, timestamp};

/// Seconds by which the authority's clock and ours may differ: beyond it a token is not taken, and one of both is wrong.
const CLOCKS_APART: i64 = 300;

/// Asks for time stamps.
pub struct Anchoring<W> {
    web: W,
    store: Arc<Store>,
    publication: Arc<Publication>,
    edge: Edge,
    url: String,
    authorities: Anchors,
}

impl<W: Web> Anchoring<W> {
    /// `url` is where the authority answers; its certificate must lead to `authorities`.
    #[must_use]
    pub fn new(
        web: W,
        (store, publication): (Arc<Store>, Arc<Publication>),
        edge: Edge,
        url: String,
        authorities: Anchors,
    ) -> Self {
        Self { web, store, publication, edge, url, authorities }
    }

    /// Has what is published now stamped, unless it was. Gives the authority's time.
    ///
    /// # Errors
    /// When the authority does not answer, its token is not good, or it can't be kept.
    // [proofs#anchor]
    pub async fn round(&self) -> Result<Option<Time>, Fault> {
        let Some((name, signed)) = self.publication.newest() else { return Ok(None) };
        let shard = self.publication.shards().path(name);
        let size = signed.checkpoint.size;
        if !self.has_news(name, size)? {
            return Ok(None);
        }
        let (token, time) = self.stamp(&signed).await?;
        anchors::keep(&shard, &signed, &token).map_err(|error| broken("anchors", error))?;
        self.record(&signed, &token).await?;
        tracing::info!(target: "ledger", size, %time, "the state of the log was time-stamped");
        Ok(Some(time))
    }

    /// Whether there is more than what was stamped last and the leaf that says so.
    fn has_news(&self, name: ShardName, size: u64) -> Result<bool, Fault> {
        let shard = self.publication.shards().path(name);
        let Some(last) = anchors::last_size(&shard).map_err(|error| broken("anchors", error))? else {
            return Ok(size > 0);
        };
        if size != last + 1 {
            return Ok(size > last);
        }
        let leaf = self.publication.log(name)?.leaf(last).map_err(|error| broken("anchors", error))?;
        Ok(leaf.kind() != EventKind::Anchor)
    }

    async fn stamp(&self, signed: &SignedCheckpoint) -> Result<(Vec<u8>, Time), Fault> {
        let no = |why: String| Fault::upstream(Status::PeerProtocol, format!("{}: {why}", self.url));
        let digest = anchors::digest(signed);
        let query = timestamp::query(&digest, u64::from_be_bytes(self.edge.bytes()));
        let ask = Ask::post(self.url.clone(), "application/timestamp-query", query.clone());
        let said = self.web.ask(ask).await?;
        if said.status != 200 {
            return Err(no(format!("it answered {}", said.status)));
        }
        let token = timestamp::token(&said.body).map_err(|error| no(error.to_string()))?;
        let stamp = timestamp::verify(&token, &digest, &self.authorities).map_err(|error| no(error.to_string()))?;
        if !timestamp::answers(&stamp, &query) {
            return Err(no("its token answers another request".to_owned()));
        }
        if (stamp.time.secs() - self.edge.now().secs()).abs() > CLOCKS_APART {
            return Err(no(format!("its clock says {}, ours {}", stamp.time, self.edge.now())));
        }
        Ok((token, stamp.time))
    }

    async fn record(&self, signed: &SignedCheckpoint, token: &[u8]) -> Result<(), Fault> {
        let root = crate::seal::event::LeafHash(signed.checkpoint.root).to_string();
        let draft = Draft::of_operator(EventKind::Anchor)
            .plain(Plain::Size, signed.checkpoint.size.to_string())
            .plain(Plain::Root, root)
            .plain(Plain::Token, anchors::token_name(token));
        self.store.write(move |tx| tx.record_event(draft, Subject::Envelope).map(drop)).await
    }
}
