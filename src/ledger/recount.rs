//! An audit of what a log serves (C2SP tlog-tiles): takes checkpoint, tiles and bundles as they come, recomputes
//! everything, and says in which of them something is wrong. It fetches nothing itself.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::audit::{Chains, Finding, Report};
use super::checkpoint::Checkpoint;
use super::files::BUNDLE;
use super::tiles::{Bundle, Resource, Tile};
use super::tree::{Frontier, Hash, empty_root};
use crate::seal::event::{LEAF_MAX, Leaf};

/// An audit under way: bundles in their order, then the tiles above them.
pub struct Recount {
    checkpoint: Checkpoint,
    /// A state that the auditor kept from before.
    earlier: Option<Checkpoint>,
    frontier: Frontier,
    chains: Chains,
    /// Computed hashes of each level above the leaves.
    levels: Vec<Vec<Hash>>,
}

impl Recount {
    /// Of the log in this checkpoint, whose signature was checked. `earlier` is a checkpoint that the auditor kept: the
    /// log must continue it.
    ///
    /// # Errors
    /// When `earlier` is of another log or larger.
    pub fn new(checkpoint: Checkpoint, earlier: Option<Checkpoint>) -> Result<Self, Finding> {
        if let Some(earlier) = &earlier
            && (earlier.origin != checkpoint.origin || earlier.size > checkpoint.size)
        {
            let what = format!("{} leaves of {} were signed before: it went back", earlier.size, earlier.origin);
            return Err(finding(Resource::Checkpoint, 0, what));
        }
        let (frontier, chains) = (Frontier::default(), Chains::default());
        let recount = Self { checkpoint, earlier, frontier, chains, levels: Vec::new() };
        recount.compare_earlier()?;
        Ok(recount)
    }

    /// The bundle that is needed next, with the tile of its hashes; none when all leaves were counted.
    #[must_use]
    pub fn next(&self) -> Option<(Bundle, Tile)> {
        let place = Bundle::of(self.frontier.size(), self.checkpoint.size);
        (self.frontier.size() < self.checkpoint.size).then_some((place, Tile { level: 0, place }))
    }

    /// Takes the bundle and the tile that [`Recount::next`] named.
    ///
    /// # Errors
    /// The first thing that is wrong, by its path and byte.
    // [proofs#audit] [c2sp#tlog-tiles]
    pub fn take(&mut self, place: Bundle, entries: &[u8], hashes: &[u8]) -> Result<(), Finding> {
        let tile = Resource::Tile(Tile { level: 0, place });
        let hashes = hashes.as_chunks::<32>().0;
        if hashes.len() as u64 != place.width {
            return Err(finding(tile, 0, format!("it has {} hashes and not {}", hashes.len(), place.width)));
        }
        let mut at = 0;
        for (number, stored) in hashes.iter().enumerate() {
            let index = self.frontier.size();
            let wrong = |what: String| finding(Resource::Entries(place), at as u64, format!("leaf {index}: {what}"));
            let leaf = entry(entries, at).ok_or_else(|| wrong("it is no leaf, or cut".to_owned()))?;
            let leaf = Leaf::parse(leaf).map_err(|error| wrong(error.to_string()))?;
            let hash = leaf.hash();
            if hash.0 != *stored {
                let what = format!("hash {index} is not that of the leaf in its bundle: one of both was changed");
                return Err(finding(tile, number as u64 * 32, what));
            }
            self.chains.add(&leaf, hash).map_err(|what| wrong(what.to_owned()))?;
            at += 2 + leaf.bytes().len();
            self.push(hash.0);
            self.compare_earlier()?;
        }
        if at == entries.len() {
            return Ok(());
        }
        Err(finding(Resource::Entries(place), at as u64, "there is more than its leaves".to_owned()))
    }

    /// The tiles above the leaves, once all were counted.
    #[must_use]
    pub fn tiles(&self) -> Vec<Tile> {
        let mut tiles = Vec::new();
        for (level, hashes) in (1..).zip(&self.levels) {
            let all = hashes.len() as u64;
            tiles.extend((0..all).step_by(BUNDLE as usize).map(|at| Tile { level, place: Bundle::of(at, all) }));
        }
        tiles
    }

    /// Compares one of these tiles.
    ///
    /// # Errors
    /// Which hash of it is wrong.
    pub fn compare(&self, tile: Tile, bytes: &[u8]) -> Result<(), Finding> {
        let first = (tile.place.number * BUNDLE) as usize;
        let computed = self.levels.get(tile.level as usize - 1).map_or(&[][..], |level| &level[first..]);
        let stored = bytes.as_chunks::<32>().0;
        let same = |at: &usize| stored.get(*at) == computed.get(*at);
        let width = tile.place.width as usize;
        match (0..width.max(stored.len())).find(|at| *at >= width || !same(at)) {
            None => Ok(()),
            Some(at) => {
                let what = format!("hash {} is not that of the leaves below it", first + at);
                Err(finding(Resource::Tile(tile), at as u64 * 32, what))
            }
        }
    }

    /// The report, when the root is the one that was signed.
    ///
    /// # Errors
    /// When it is not.
    pub fn finish(self) -> Result<Report, Finding> {
        let Checkpoint { origin, size, root } = self.checkpoint;
        let computed = if size == 0 { empty_root() } else { self.frontier.root() };
        if computed != root || self.frontier.size() != size {
            let what = format!("the first {size} leaves do not have the root that was signed");
            return Err(finding(Resource::Checkpoint, 0, what));
        }
        let chains = self.chains.count();
        Ok(Report { origin, size, root: STANDARD.encode(root), chains, unsigned: 0, torn: 0 })
    }

    fn push(&mut self, hash: Hash) {
        let levels = &mut self.levels;
        self.frontier.push(hash, |level, hash| {
            if level.is_multiple_of(8) {
                let stored = (level / 8) as usize;
                levels.resize_with(levels.len().max(stored), Vec::new);
                levels[stored - 1].push(hash);
            }
        });
    }

    fn compare_earlier(&self) -> Result<(), Finding> {
        let Some(earlier) = self.earlier.as_ref().filter(|earlier| earlier.size == self.frontier.size()) else {
            return Ok(());
        };
        let root = if earlier.size == 0 { empty_root() } else { self.frontier.root() };
        if root == earlier.root {
            return Ok(());
        }
        let what = format!("it does not continue the {} leaves that were signed before: two histories", earlier.size);
        Err(finding(Resource::Checkpoint, 0, what))
    }
}

fn entry(entries: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*entries.get(at)?, *entries.get(at + 1)?]));
    entries.get(at + 2..at + 2 + length).filter(|_| length <= LEAF_MAX)
}

fn finding(resource: Resource, offset: u64, what: String) -> Finding {
    Finding { file: PathBuf::from(resource.path()), offset, what }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{open, seals};
    use super::super::log::Log;
    use super::*;

    /// What a log serves, changed on its way.
    fn recount(log: &Log, earlier: Option<Checkpoint>, change: impl Fn(&str, &mut Vec<u8>)) -> Result<Report, Finding> {
        let fetch = |resource: Resource| {
            let mut bytes = match resource {
                Resource::Entries(place) => log.entries(place),
                Resource::Tile(tile) => log.tile(tile),
                _ => unreachable!(),
            };
            change(&resource.path(), bytes.as_mut().unwrap().as_mut().unwrap());
            bytes.unwrap().unwrap()
        };
        let mut recount = Recount::new(log.checkpoint().checkpoint.clone(), earlier)?;
        while let Some((place, tile)) = recount.next() {
            recount.take(place, &fetch(Resource::Entries(place)), &fetch(Resource::Tile(tile)))?;
        }
        for tile in recount.tiles() {
            recount.compare(tile, &fetch(Resource::Tile(tile)))?;
        }
        recount.finish()
    }

    // [proofs#audit] [c2sp#tlog-tiles]
    #[test]
    fn every_changed_byte_of_what_is_served_is_found_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path());
        ledger.append(&seals(0..100)).unwrap();
        let earlier = ledger.log().checkpoint().checkpoint.clone();
        ledger.append(&seals(100..600)).unwrap();
        let log = ledger.log();
        let report = recount(log, Some(earlier.clone()), |_, _| {}).unwrap();
        assert_eq!((report.size, report.unsigned), (600, 0));
        for (path, step, place) in [
            ("tile/entries/000", 997, "tile/"),
            ("tile/entries/002.p/88", 499, "tile/"),
            ("tile/0/001", 333, "tile/0/001"),
            ("tile/1/000.p/2", 7, "tile/1/000.p/2"),
        ] {
            for at in (0..60_000).step_by(step) {
                let reached = std::cell::Cell::new(true);
                let found = recount(log, None, |name, bytes| {
                    if name == path {
                        reached.set(at < bytes.len());
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte ^= 2;
                        }
                    }
                });
                if !reached.get() {
                    break;
                }
                let found = found.expect_err(path);
                assert!(found.file.to_string_lossy().starts_with(place), "{path} {at}: {found}");
            }
        }
        let other = Checkpoint { root: [9; 32], ..earlier.clone() };
        assert!(recount(log, Some(other), |_, _| {}).unwrap_err().what.contains("two histories"));
        let larger = Checkpoint { size: 601, ..earlier };
        assert!(recount(log, Some(larger), |_, _| {}).unwrap_err().what.contains("went back"));
    }
}
