//! The vault: secrets that can be destroyed one by one, also for whoever kept a copy of everything else.
//!
//! A database keeps old pages, and a backup keeps all of them: a key that lies wrapped in a row can't be taken back by
//! deleting the row. So what must be erasable lies under keys that are *derived* from the vault, and the vault is one
//! small file apart from the data and its backups. To erase is to make the vault forget: the file is overwritten, and
//! from then on nobody, with any backup of the data, can derive that key again. All other keys stay as they were, so a
//! backup that is older than an erasure opens as before, but for what was erased.
//!
//! How one small file holds a secret for each of 2⁹⁶ holders: a tree (Goldreich, Goldwasser, Micali 1986) in which a
//! node's two children are `SHA256(0x00 || seed)` and `SHA256(0x01 || seed)`; a holder's secret is the leaf at its
//! index. To forget a leaf, the nodes above it go and the siblings along its way stay: some ninety seeds of 32 bytes
//! for each erasure, and none to speak of when days are forgotten one after the other.
//!
//! | tree | index | forgotten |
//! |---|---|---|
//! | [`Tree::Holders`] | a person's or an account's tag | when they are erased |
//! | [`Tree::Content`] | the day on which a body was written | when its bodies are purged |
//! | [`Tree::Identity`] | the day of an event | when its openings have had their time |
//!
//! A copy of the vault from before an erasure undoes it; `file` says how copies are kept. This module is *not* about
//! which rows are sealed how (see [`super::keys`]).

pub mod file;

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use self::file::{VaultFileError, VaultFiles};
use crate::mail::Chance;

const HEAD: &str = "sceau-vault/v1\n";
/// Derived secrets that are remembered: a chain of ninety digests each, and the same people write every day.
const REMEMBERED_MAX: usize = 20_000;

/// A secret of the vault.
pub type Secret = Zeroizing<[u8; 32]>;

/// Which of the three trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tree {
    /// Persons and accounts, by tags of 96 bits.
    Holders,
    /// Bodies, by the day since 1970 on which they were written.
    Content,
    /// Openings of proofs, by the day since 1970 of their event.
    Identity,
}

impl Tree {
    const ALL: [Self; 3] = [Self::Holders, Self::Content, Self::Identity];

    /// Bits of an index.
    const fn depth(self) -> u8 {
        match self {
            Self::Holders => 96,
            Self::Content | Self::Identity => 32,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Holders => "holders",
            Self::Content => "content",
            Self::Identity => "identity",
        }
    }
}

/// Why bytes are no vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultError;

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a vault, or it was changed")
    }
}

impl std::error::Error for VaultError {}

/// The seed of a node.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
struct Seed([u8; 32]);

impl Seed {
    fn child(&self, bit: u8) -> Self {
        let mut input = Zeroizing::new([0; 33]);
        input[0] = bit;
        input[1..].copy_from_slice(&self.0);
        let digest = digest::digest(&digest::SHA256, input.as_slice());
        Self(std::array::from_fn(|i| digest.as_ref()[i]))
    }
}

/// A subtree that is not forgotten: its height, and the seed at its top.
#[derive(Clone, PartialEq, Eq)]
struct Subtree {
    height: u8,
    seed: Seed,
}

/// What the vault still knows: disjoint subtrees by their first index.
#[derive(Clone, PartialEq, Eq)]
struct Known {
    /// Grows with each forgetting: an older copy is told from a newer one.
    generation: u64,
    trees: BTreeMap<(Tree, u128), Subtree>,
}

/// The secrets, in memory, and the files in which they are, if they are in files.
pub struct Vault {
    files: Option<VaultFiles>,
    known: Mutex<Known>,
    remembered: Mutex<HashMap<(Tree, u128), Secret>>,
}

/// What the vault is to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// One secret.
    One(Tree, u128),
    /// All secrets of a tree below this index.
    Below(Tree, u128),
}

impl Vault {
    /// A vault that has forgotten nothing yet.
    #[must_use]
    pub fn generate(chance: &dyn Chance) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        chance.fill(seed.as_mut_slice());
        Self::from_seed(&seed)
    }

    /// The whole vault over one seed; for tests, and for hardware that keeps it.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let top = Seed(*seed);
        let (left, right) = (top.child(0), top.child(1));
        let seeds = [left.child(0), left.child(1), right.child(0)];
        let trees = Tree::ALL.into_iter().zip(seeds);
        let trees = trees.map(|(tree, seed)| ((tree, 0), Subtree { height: tree.depth(), seed })).collect();
        Self::of(Known { generation: 0, trees })
    }

    fn of(known: Known) -> Self {
        Self { files: None, known: Mutex::new(known), remembered: Mutex::default() }
    }

    /// A secret; none when it was forgotten, or is of an index beyond the tree.
    #[must_use]
    pub fn secret(&self, tree: Tree, index: u128) -> Option<Secret> {
        // Held while it is derived: a secret that is forgotten meanwhile must not be remembered.
        let known = self.known();
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = remembered.get(&(tree, index)) {
            return Some(secret.clone());
        }
        let secret = known.secret(tree, index)?;
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert((tree, index), secret.clone());
        Some(secret)
    }

    /// How often it has forgotten.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.known().generation
    }

    /// Whether it would forget anything: what it does not know it can't.
    #[must_use]
    pub fn knows(&self, what: &Forget) -> bool {
        let known = self.known();
        match what {
            Forget::One(tree, index) => known.covering(*tree, *index).is_some(),
            Forget::Below(tree, end) => known.trees.range((*tree, 0)..(*tree, *end)).next().is_some(),
        }
    }

    /// Forgets, in memory and in all files. When this returns `Ok`, nobody can derive these secrets any more; after an
    /// error nothing was forgotten, or all will be when the vault is opened next. Waits for the disk.
    ///
    /// # Errors
    /// `Io`, with the copy that can't be written.
    pub fn forget(&self, what: &[Forget]) -> Result<(), VaultFileError> {
        if !what.iter().any(|what| self.knows(what)) {
            return Ok(());
        }
        let mut known = self.known();
        let mut after = known.clone();
        after.forget(what);
        if let Some(files) = &self.files {
            files.write(&after.file())?;
        }
        // durable from here
        *known = after;
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    fn file(&self) -> Zeroizing<String> {
        self.known().file()
    }

    fn parse(text: &str) -> Result<Self, VaultError> {
        Known::parse(text).map(Self::of).ok_or(VaultError)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.generation())
    }
}

impl Known {
    /// The subtree that holds this index.
    fn covering(&self, tree: Tree, index: u128) -> Option<(u128, &Subtree)> {
        let (&(_, start), subtree) = self.trees.range((tree, 0)..=(tree, index)).next_back()?;
        (index - start < 1 << subtree.height).then_some((start, subtree))
    }

    fn secret(&self, tree: Tree, index: u128) -> Option<Secret> {
        let (_, subtree) = self.covering(tree, index)?;
        let mut seed = subtree.seed.clone();
        for bit in (0..subtree.height).rev() {
            seed = seed.child((index >> bit & 1) as u8);
        }
        Some(Zeroizing::new(seed.0))
    }

    fn forget(&mut self, what: &[Forget]) {
        self.generation += 1;
        for what in what {
            match *what {
                Forget::One(tree, index) => self.forget_range(tree, index, index + 1),
                Forget::Below(tree, end) => self.forget_range(tree, 0, end),
            }
        }
    }

    /// Takes out what lies in the range and keeps the largest subtrees of the rest.
    fn forget_range(&mut self, tree: Tree, from: u128, to: u128) {
        let first = self.covering(tree, from).map_or(from, |(start, _)| start);
        let touched: Vec<u128> = self.trees.range((tree, first)..(tree, to)).map(|(&(_, start), _)| start).collect();
        for start in touched {
            let Some(subtree) = self.trees.remove(&(tree, start)) else { continue };
            self.keep_outside(tree, start, subtree, (from, to));
        }
    }

    fn keep_outside(&mut self, tree: Tree, start: u128, subtree: Subtree, (from, to): (u128, u128)) {
        let end = start + (1 << subtree.height);
        if end <= from || start >= to {
            self.trees.insert((tree, start), subtree);
        } else if start < from || end > to {
            let height = subtree.height - 1;
            for bit in [0, 1] {
                let half = Subtree { height, seed: subtree.seed.child(bit) };
                self.keep_outside(tree, start + (u128::from(bit) << height), half, (from, to));
            }
        }
    }

    /// One line for each subtree, and a digest over all: a file that was cut is no vault.
    fn file(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(128 + 100 * self.trees.len()));
        let _ = writeln!(text, "{HEAD}generation {}", self.generation);
        for ((tree, start), subtree) in &self.trees {
            let seed = Zeroizing::new(STANDARD.encode(subtree.seed.0));
            let _ = writeln!(text, "{} {start:x} {} {}", tree.word(), subtree.height, *seed);
        }
        let check = checksum(&text);
        let _ = writeln!(text, "end {check}");
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let (body, end) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        let body = &text[..body.len() + 1];
        if end.strip_prefix("end ")? != checksum(body) {
            return None;
        }
        let mut lines = body.strip_prefix(HEAD)?.lines();
        let generation = lines.next()?.strip_prefix("generation ")?.parse().ok()?;
        let mut known = Self { generation, trees: BTreeMap::new() };
        for line in lines {
            let (tree, start, subtree) = parse_line(line)?;
            if known.covering(tree, start).is_some() {
                return None;
            }
            known.trees.insert((tree, start), subtree);
        }
        Some(known)
    }
}

fn parse_line(line: &str) -> Option<(Tree, u128, Subtree)> {
    let mut words = line.split(' ');
    let word = words.next()?;
    let tree = Tree::ALL.into_iter().find(|tree| tree.word() == word)?;
    let start = u128::from_str_radix(words.next()?, 16).ok()?;
    let height: u8 = words.next()?.parse().ok().filter(|height| *height <= tree.depth())?;
    let mut bytes = STANDARD.decode(words.next()?).ok()?;
    let seed = <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Seed);
    bytes.zeroize();
    let aligned = start & ((1 << height) - 1) == 0 && start >> tree.depth() == 0;
    (aligned && words.next().is_none()).then_some((tree, start, Subtree { height, seed: seed? }))
}

/// Of secrets that nobody can guess: it tells nothing of them.
fn checksum(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    STANDARD.encode(&digest.as_ref()[..12])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vault() -> Vault {
        Vault::from_seed(&[7; 32])
    }

    #[test]
    fn what_is_forgotten_is_gone_and_all_else_is_as_it_was() {
        let (before, after) = (vault(), vault());
        let gone = 0x1234_5678_9abc_u128;
        after.forget(&[Forget::One(Tree::Holders, gone)]).unwrap();
        assert!(after.secret(Tree::Holders, gone).is_none());
        for index in [0, gone - 1, gone + 1, gone << 40, (1 << 96) - 1] {
            assert_eq!(after.secret(Tree::Holders, index), before.secret(Tree::Holders, index), "{index:x}");
        }
        assert_eq!(after.secret(Tree::Content, gone & 0xffff), before.secret(Tree::Content, gone & 0xffff));
        assert_eq!(after.secret(Tree::Holders, 1 << 96), None, "beyond the tree");
        assert!(!after.knows(&Forget::One(Tree::Holders, gone)) && after.knows(&Forget::One(Tree::Holders, gone + 1)));
    }

    #[test]
    fn a_secret_that_was_remembered_is_forgotten_too() {
        let vault = vault();
        assert!(vault.secret(Tree::Content, 20_000).is_some());
        vault.forget(&[Forget::Below(Tree::Content, 20_001)]).unwrap();
        assert!(vault.secret(Tree::Content, 20_000).is_none() && vault.secret(Tree::Content, 0).is_none());
        assert!(vault.secret(Tree::Content, 20_001).is_some());
        assert!(!vault.knows(&Forget::Below(Tree::Content, 20_001)));
    }

    #[test]
    fn days_that_are_forgotten_one_after_the_other_cost_no_room() {
        let vault = vault();
        for day in 20_000..21_000 {
            vault.forget(&[Forget::Below(Tree::Content, day)]).unwrap();
        }
        assert!(vault.file().lines().count() < 40);
    }

    #[test]
    fn a_vault_survives_its_file_and_no_changed_file_is_one() {
        let vault = vault();
        vault.forget(&[Forget::One(Tree::Holders, 5), Forget::Below(Tree::Identity, 99)]).unwrap();
        let file = vault.file();
        let read = Vault::parse(&file).unwrap();
        assert!(*read.known() == *vault.known() && read.generation() == 1);
        for cut in 0..file.len() {
            assert!(Vault::parse(&file[..cut]).is_err(), "{cut}");
        }
        let mut bytes = file.as_bytes().to_vec();
        for at in (0..bytes.len()).step_by(7) {
            bytes[at] ^= 1;
            assert!(std::str::from_utf8(&bytes).is_ok_and(|text| Vault::parse(text).is_err()), "{at}");
            bytes[at] ^= 1;
        }
        assert!(!format!("{vault:?}").contains("seed"));
    }

    proptest! {
        #[test]
        fn any_order_of_forgetting_comes_to_the_same(indices in prop::collection::vec(0_u128..200, 1..12), below in 0_u128..100) {
            let (one, other) = (vault(), vault());
            for index in &indices {
                one.forget(&[Forget::One(Tree::Content, *index)]).unwrap();
            }
            one.forget(&[Forget::Below(Tree::Content, below)]).unwrap();
            let mut all = vec![Forget::Below(Tree::Content, below)];
            all.extend(indices.iter().rev().map(|index| Forget::One(Tree::Content, *index)));
            other.forget(&all).unwrap();
            let whole = vault();
            for index in 0..210 {
                let gone = index < below || indices.contains(&index);
                prop_assert_eq!(one.secret(Tree::Content, index), other.secret(Tree::Content, index));
                prop_assert_eq!(one.secret(Tree::Content, index), whole.secret(Tree::Content, index).filter(|_| !gone));
            }
            let (a, b) = (one.known(), other.known());
            prop_assert!(a.trees == b.trees);
        }
    }
}
