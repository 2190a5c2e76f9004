//! The log of another operator, as it serves it: its checkpoint, its audit from tiles and bundles, and whether it
//! continues a state that was seen before.

use std::collections::HashMap;

use super::web::{Ask, Web};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::note::Signed;
use crate::ledger::recount::Recount;
use crate::ledger::tiles::{Resource, Tile, root_of_run, tile_of};
use crate::ledger::tree::{Hash, Nodes, consistency, verify_consistency};
use crate::ledger::{Checkpoint, Finding, Report, VerifierKey};
use crate::mail::{Fault, Status};

/// A log that is served at a prefix.
pub struct RemoteLog<W> {
    web: W,
    prefix: String,
    token: Option<String>,
}

/// What became of an audit.
pub enum Audited {
    /// Everything fits.
    Good(Report),
    /// The first thing that does not.
    Wrong(Finding),
}

impl<W: Web> RemoteLog<W> {
    /// At `prefix`, `https://host/2026`; `token` opens the entries to an auditor.
    #[must_use]
    pub fn new(web: W, prefix: &str, token: Option<String>) -> Self {
        Self { web, prefix: prefix.trim_end_matches('/').to_owned(), token }
    }

    /// The keys that the log's host names; not to be trusted for that.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn keys(&self) -> Result<Vec<VerifierKey>, Fault> {
        let host = self.prefix.rsplit_once('/').map_or(self.prefix.as_str(), |(host, _)| host);
        let said = self.web.ask(Ask::get(format!("{host}/keys"))).await?;
        let text = String::from_utf8_lossy(&said.body).into_owned();
        Ok(text.lines().filter_map(|line| VerifierKey::parse(line).ok()).collect())
    }

    /// The checkpoint that it shows, if one of these keys signed it.
    ///
    /// # Errors
    /// When it does not answer, or shows something else.
    pub async fn checkpoint(&self, keys: &[VerifierKey]) -> Result<SignedCheckpoint, Fault> {
        let body = self.fetch(Resource::Checkpoint).await?;
        let parsed = std::str::from_utf8(&body).ok().and_then(|text| Checkpoint::parse_note(text).ok());
        let (checkpoint, note) = parsed.ok_or_else(|| self.fault("its checkpoint has another form"))?;
        let good =
            |key: &VerifierKey| key.name() == checkpoint.origin && matches!(key.signed(&note), Ok(Some(Signed::Log)));
        if !keys.iter().any(good) {
            return Err(self.fault("no trusted key signed its checkpoint"));
        }
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Recomputes everything under a checkpoint; the log must also continue `earlier`.
    ///
    /// # Errors
    /// When something can't be fetched.
    // [proofs#audit]
    pub async fn audit(&self, checkpoint: Checkpoint, earlier: Option<Checkpoint>) -> Result<Audited, Fault> {
        let mut recount = match Recount::new(checkpoint, earlier) {
            Ok(recount) => recount,
            Err(found) => return Ok(Audited::Wrong(found)),
        };
        while let Some((place, tile)) = recount.next() {
            let hashes = self.fetch(Resource::Tile(tile)).await?;
            let entries = self.fetch(Resource::Entries(place)).await?;
            if let Err(found) = recount.take(place, &entries, &hashes) {
                return Ok(Audited::Wrong(found));
            }
        }
        for tile in recount.tiles() {
            if let Err(found) = recount.compare(tile, &self.fetch(Resource::Tile(tile)).await?) {
                return Ok(Audited::Wrong(found));
            }
        }
        Ok(recount.finish().map_or_else(Audited::Wrong, Audited::Good))
    }

    /// Whether the log under this checkpoint continues an earlier state of it, by the tiles that it serves.
    ///
    /// # Errors
    /// When they can't be fetched.
    pub async fn continues(&self, earlier: &Checkpoint, checkpoint: &Checkpoint) -> Result<bool, Fault> {
        let mut tiles = Fetched { size: checkpoint.size, tiles: HashMap::new() };
        let path = loop {
            match consistency(&tiles, earlier.size, checkpoint.size) {
                Ok(path) => break path,
                Err(missing) => {
                    let bytes = self.fetch(Resource::Tile(missing)).await?;
                    tiles.tiles.insert((missing.level, missing.place.number), bytes.as_chunks::<32>().0.to_vec());
                }
            }
        };
        let (old, new) = (earlier, checkpoint);
        Ok(verify_consistency(old.size, &old.root, new.size, &new.root, &path))
    }

    async fn fetch(&self, resource: Resource) -> Result<Vec<u8>, Fault> {
        let token = self.token.clone().filter(|_| matches!(resource, Resource::Entries(_)));
        let url = format!("{}/{}", self.prefix, resource.path());
        let said = self.web.ask(Ask { token, ..Ask::get(url) }).await?;
        match said.status {
            200 => Ok(said.body),
            401 => Err(self.fault("entries are for auditors only: their token is needed")),
            status => Err(self.fault(&format!("{} answered {status}", resource.path()))),
        }
    }

    fn fault(&self, what: &str) -> Fault {
        Fault::upstream(Status::PeerProtocol, format!("{}: {what}", self.prefix))
    }
}

/// Tiles that were fetched; a node in another one says which.
struct Fetched {
    size: u64,
    tiles: HashMap<(u32, u64), Vec<Hash>>,
}

impl Nodes for Fetched {
    type Error = Tile;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Tile> {
        let (tile, first, count) = tile_of(level, index, self.size);
        let hashes = self.tiles.get(&(tile.level, tile.place.number)).ok_or(tile)?;
        // A tile that is too short gives another root: the proof fails.
        Ok(hashes.get(first..first + count).map_or([0; 32], root_of_run))
    }
}
