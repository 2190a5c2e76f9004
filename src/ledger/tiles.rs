//! What a log serves, by its path (C2SP tlog-tiles): checkpoint, tiles of hashes, bundles of entries. Reads the files of
//! a shard; who may have entries is decided elsewhere.

use super::files::{BUNDLE, FileError, LEVELS};
use super::log::Log;
use super::tree::{Hash, Nodes, node_hash};

/// The highest level of a tile, as C2SP says.
const LEVEL_MAX: u32 = 63;

/// Something that a log serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// `checkpoint`: changes.
    Checkpoint,
    /// `tile/<L>/<N>[.p/<W>]`: hashes, for ever the same.
    Tile(Tile),
    /// `tile/entries/<N>[.p/<W>]`: leaves, for ever the same.
    Entries(Bundle),
    /// `successor`: the proof file of the leaf that closes the shard. Not of C2SP.
    Successor,
}

/// A run of at most 256 hashes of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Each hash is over `256^level` leaves.
    pub level: u32,
    /// Which run.
    pub place: Bundle,
}

/// A run of at most 256 neighbours: hashes or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle {
    /// Its number.
    pub number: u64,
    /// How many: from 1 to 256.
    pub width: u64,
}

impl Resource {
    /// Reads a path behind the shard's prefix.
    // [c2sp#tlog-tiles]
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        match path {
            "checkpoint" => return Some(Self::Checkpoint),
            "successor" => return Some(Self::Successor),
            _ => {}
        }
        let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
        let place = Bundle::parse(place)?;
        if level == "entries" {
            return Some(Self::Entries(place));
        }
        let level = super::checkpoint::decimal(level).filter(|level| *level <= u64::from(LEVEL_MAX))? as u32;
        Some(Self::Tile(Tile { level, place }))
    }

    /// The path behind the shard's prefix.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Checkpoint => "checkpoint".to_owned(),
            Self::Successor => "successor".to_owned(),
            Self::Tile(Tile { level, place }) => format!("tile/{level}/{}", place.path()),
            Self::Entries(place) => format!("tile/entries/{}", place.path()),
        }
    }
}

impl Bundle {
    /// The run that holds this index, as wide as a log of `size` has it.
    #[must_use]
    pub fn of(index: u64, size: u64) -> Self {
        let number = index / BUNDLE;
        Self { number, width: size.saturating_sub(number * BUNDLE).min(BUNDLE) }
    }

    /// `x001/x234/067`, `067.p/12`.
    fn parse(path: &str) -> Option<Self> {
        let (number, width) = match path.split_once(".p/") {
            Some((number, width)) => {
                (number, super::checkpoint::decimal(width).filter(|width| (1..BUNDLE).contains(width))?)
            }
            None => (path, BUNDLE),
        };
        let mut value: u64 = 0;
        let last = number.split('/').count() - 1;
        for (at, group) in number.split('/').enumerate() {
            let digits = if at == last { group } else { group.strip_prefix('x')? };
            let three = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
            value = value.checked_mul(1000)?.checked_add(digits.parse().ok().filter(|_| three)?)?;
        }
        let bundle = Self { number: value, width };
        // One form only: no group of zeros in front.
        (bundle.path() == path).then_some(bundle)
    }

    fn path(self) -> String {
        let mut path = format!("{:03}", self.number % 1000);
        let mut rest = self.number / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        if self.width < BUNDLE { format!("{path}.p/{}", self.width) } else { path }
    }

    /// The first index behind it, if there can be one.
    fn end(self) -> Option<u64> {
        self.number.checked_mul(BUNDLE)?.checked_add(self.width)
    }
}

impl Log {
    /// The hashes of a tile; none when the log is not that large.
    ///
    /// # Errors
    /// When a file can't be read.
    // [c2sp#tlog-tiles]
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, FileError> {
        let hashes = 8_u32.checked_mul(tile.level).and_then(|bits| self.size().checked_shr(bits)).unwrap_or(0);
        let Some(end) = tile.place.end().filter(|end| *end <= hashes) else { return Ok(None) };
        let first = end - tile.place.width;
        let mut bytes = vec![0; tile.place.width as usize * 32];
        if (tile.level as usize) < LEVELS {
            self.shard.levels[tile.level as usize].read(first * 32, &mut bytes)?;
        } else {
            for (index, hash) in (first..end).zip(bytes.as_chunks_mut::<32>().0) {
                *hash = self.shard.node(8 * tile.level, index)?;
            }
        }
        Ok(Some(bytes))
    }

    /// The leaves of a bundle, each behind its length; none when the log is not that large.
    ///
    /// # Errors
    /// When a file can't be read.
    // [c2sp#tlog-tiles]
    pub fn entries(&self, bundle: Bundle) -> Result<Option<Vec<u8>>, FileError> {
        if bundle.end().is_none_or(|end| end > self.size()) {
            return Ok(None);
        }
        let start = self.shard.bundle_start(bundle.number)?;
        let mut end = start;
        if bundle.width == BUNDLE {
            end = self.shard.bundle_start(bundle.number + 1)?;
        } else {
            for _ in 0..bundle.width {
                end += 2 + u64::from(self.shard.entry_length(end)?);
            }
        }
        let mut bytes = vec![0; (end - start) as usize];
        self.shard.entries.read(start, &mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Where a node of the tree is found in tiles: the tile of a log of `size`, the first hash of the run below the node, and
/// how many there are (a power of two).
#[must_use]
pub fn tile_of(level: u32, index: u64, size: u64) -> (Tile, usize, usize) {
    let (tile_level, width) = (level / 8, 1_u64 << (level % 8));
    let first = index * width;
    let hashes = size.checked_shr(8 * tile_level).unwrap_or(0);
    let tile = Tile { level: tile_level, place: Bundle::of(first, hashes) };
    (tile, (first % BUNDLE) as usize, width as usize)
}

/// The hash over a run of neighbours, whose number is a power of two.
#[must_use]
pub fn root_of_run(run: &[Hash]) -> Hash {
    let mut hashes = run.to_vec();
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.first().copied().unwrap_or_else(super::tree::empty_root)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{open, seals};
    use super::super::tree::{consistency, inclusion};
    use super::*;
    use crate::seal::event::Leaf;

    // [c2sp#tlog-tiles]
    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = |level, number, width| Resource::Tile(Tile { level, place: Bundle { number, width } });
        for (path, resource) in [
            ("checkpoint", Resource::Checkpoint),
            ("tile/0/x001/x234/067", tile(0, 1_234_067, 256)),
            ("tile/63/000.p/1", tile(63, 0, 1)),
            ("tile/1/x001/000.p/255", tile(1, 1000, 255)),
            ("tile/entries/007", Resource::Entries(Bundle { number: 7, width: 256 })),
            (
                "tile/entries/x018/x446/x744/x073/x709/x551/615.p/3",
                Resource::Entries(Bundle { number: u64::MAX, width: 3 }),
            ),
        ] {
            assert_eq!(Resource::parse(path), Some(resource), "{path}");
            assert_eq!(resource.path(), path);
        }
    }

    #[test]
    fn other_paths_are_none() {
        for bad in [
            "",
            "/checkpoint",
            "checkpoint/",
            "tile/0",
            "tile/0/",
            "tile/0/1",
            "tile/0/0001",
            "tile/0/001/002",
            "tile/0/x000/001",
            "tile/64/000",
            "tile/00/000",
            "tile/-1/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p",
            "tile/0/000.p/1/",
            "tile/0/x001",
            "tile/0/+01",
            "tile/data/000",
            "tile/0/../0/000",
            "tile/entries/x018/x446/x744/x073/x709/x551/616",
        ] {
            assert_eq!(Resource::parse(bad), None, "{bad}");
        }
    }

    /// A reader who has the tiles only.
    struct Tiles<'a>(&'a Log);

    impl Nodes for Tiles<'_> {
        type Error = ();

        fn node(&self, level: u32, index: u64) -> Result<Hash, ()> {
            let (tile, first, count) = tile_of(level, index, self.0.size());
            let bytes = self.0.tile(tile).unwrap().ok_or(())?;
            Ok(root_of_run(&bytes.as_chunks::<32>().0[first..first + count]))
        }
    }

    // [c2sp#tlog-tiles]
    #[test]
    fn tiles_and_bundles_are_enough_for_every_proof() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path());
        let leaves = seals(0..700);
        ledger.append(&leaves).unwrap();
        let log = ledger.log();
        for index in [0, 255, 256, 511, 512, 699] {
            assert_eq!(inclusion(&Tiles(log), index, 700).unwrap(), log.prove(index).unwrap().path, "{index}");
        }
        for old in [1, 256, 300, 512, 699] {
            assert_eq!(consistency(&Tiles(log), old, 700).unwrap(), log.consistency(old).unwrap(), "{old}");
        }
        let mut found = Vec::new();
        for place in [Bundle::of(0, 700), Bundle::of(256, 700), Bundle::of(699, 700)] {
            let mut bytes = log.entries(place).unwrap().unwrap();
            while !bytes.is_empty() {
                let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                found.push(bytes[2..2 + length].to_vec());
                bytes.drain(..2 + length);
            }
        }
        assert!(found.iter().eq(leaves.iter().map(Leaf::bytes)));
        for (level, number, width) in [(0, 2, 189), (0, 3, 1), (1, 0, 3), (1, 0, 256), (2, 0, 1), (8, 0, 1), (63, 0, 1)]
        {
            assert_eq!(
                log.tile(Tile { level, place: Bundle { number, width } }).unwrap(),
                None,
                "{level} {number} {width}"
            );
        }
        assert_eq!(log.entries(Bundle { number: 2, width: 256 }).unwrap(), None);
        assert_eq!(log.entries(Bundle { number: u64::MAX, width: 256 }).unwrap(), None);
    }

    proptest! {
        #[test]
        fn every_path_is_read_back(level in 0_u32..64, number in any::<u64>(), width in 1_u64..=256) {
            let tile = Resource::Tile(Tile { level, place: Bundle { number, width } });
            prop_assert_eq!(Resource::parse(&tile.path()), Some(tile));
        }

        #[test]
        fn no_path_has_two_forms(path in "(tile/)?[0-9a-z]{0,3}/(x?[0-9]{3}/){0,3}[0-9]{0,4}(\\.p/[0-9]{0,3})?") {
            if let Some(resource) = Resource::parse(&path) {
                prop_assert_eq!(resource.path(), path);
            }
        }
    }
}
