//! The Merkle tree of RFC 6962: roots, proofs, and their verification (algorithms of RFC 9162 §2.1). Pure; where the
//! hashes lie is told by whoever implements [`Nodes`].

use aws_lc_rs::digest;

/// A SHA-256 hash of a leaf, a node or a root.
pub type Hash = [u8; 32];

/// `SHA256(0x01 || left || right)` (RFC 6962 §2.1).
// [rfc6962#2.1]
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    sha256(&bytes)
}

/// The root of a tree without leaves: `SHA256("")`.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(b"")
}

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    let digest = digest::digest(&digest::SHA256, bytes);
    std::array::from_fn(|i| digest.as_ref()[i])
}

/// Where the hashes of complete subtrees are read.
pub trait Nodes {
    /// What can go wrong in reading.
    type Error;

    /// The hash over leaves `index·2^level .. (index+1)·2^level`, all of which exist.
    ///
    /// # Errors
    /// When it can't be read.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The root of the first `size` leaves.
///
/// # Errors
/// When a node can't be read.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range_root(nodes, 0, size)
}

/// The audit path of a leaf in the tree of the first `size` leaves, from the leaf's sibling upwards. Empty when the
/// leaf isn't in that tree.
///
/// # Errors
/// When a node can't be read.
// [rfc6962#2.1.1]
pub fn inclusion<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if index >= size {
        return Ok(path);
    }
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves continues the one of `old` leaves. Empty for 0 and for equal sizes.
///
/// # Errors
/// When a node can't be read.
// [rfc6962#2.1.2]
pub fn consistency<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    let (mut start, mut end) = (0, new);
    // Walks down to the subtree that ends where the old tree ended.
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    if start > 0 {
        path.push(range_root(nodes, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether a leaf hash is in the tree with this root (RFC 9162 §2.1.3.2).
// [rfc9162#2.1.3.2]
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            skip_missing(&mut at, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree with `new_root` continues the one with `old_root` (RFC 9162 §2.1.4.2).
// [rfc9162#2.1.4.2]
#[must_use]
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    if old >= new {
        return old == new && path.is_empty() && old_root == new_root;
    }
    let (first, path) = match path.split_first() {
        _ if old.is_power_of_two() => (old_root, path),
        Some(split) => split,
        None => return false,
    };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_missing(&mut at, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// At the right edge some levels have no sibling: goes up to the next that has.
const fn skip_missing(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

/// The largest power of two below `size` (at least 2).
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The hash over `start..end`, where `start` is a multiple of a power of two that is not below the length.
fn range_root<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let mut peaks = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        peaks.push(nodes.node(level, at >> level)?);
        at += 1 << level;
    }
    Ok(fold(&peaks))
}

fn fold(peaks: &[Hash]) -> Hash {
    match peaks.split_last() {
        None => empty_root(),
        Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
    }
}

/// The right edge of a growing tree: the roots of its complete subtrees, the largest first. 64 hashes at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The right edge of the first `size` leaves.
    ///
    /// # Errors
    /// When a node can't be read.
    pub fn read<N: Nodes>(nodes: &N, size: u64) -> Result<Self, N::Error> {
        let mut peaks = Vec::new();
        let mut at = 0;
        while at < size {
            let level = (size - at).ilog2();
            peaks.push(nodes.node(level, at >> level)?);
            at += 1 << level;
        }
        Ok(Self { size, peaks })
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.peaks)
    }

    /// Adds a leaf and tells each subtree that it completes: level (1 and up) and hash.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(u32, Hash)) {
        let mut hash = leaf;
        let merges = self.size.trailing_ones();
        for level in 1..=merges {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
                completed(level, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// The definition of RFC 6962 §2.1, word for word.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    /// PATH(m, D[n]) of RFC 6962 §2.1.1.
    fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let k = split(leaves.len() as u64) as usize;
        let (left, right) = leaves.split_at(k);
        let (mut path, other) =
            if index < k { (naive_path(index, left), right) } else { (naive_path(index - k, right), left) };
        path.push(naive_root(other));
        path
    }

    struct Memory(Vec<Hash>);

    impl Nodes for Memory {
        type Error = Infallible;

        fn node(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
            let width = 1_usize << level;
            let start = index as usize * width;
            Ok(naive_root(&self.0[start..start + width]))
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| sha256(&n.to_be_bytes())).collect()
    }

    // [rfc6962#2.1]
    #[test]
    fn roots_are_those_of_the_published_vectors() {
        // The test vectors that Certificate Transparency's implementations share.
        let inputs =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let unhex = |hex: &str| -> Vec<u8> {
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
        };
        let leaves: Vec<Hash> = inputs.iter().map(|hex| sha256(&[vec![0], unhex(hex)].concat())).collect();
        let hex = |hash: Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for (size, root) in [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(hex(naive_root(&leaves[..size])), root, "{size}");
        }
        assert_eq!(hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    // [rfc6962#2.1.1] [rfc6962#2.1.2] [rfc9162#2.1.3.2] [rfc9162#2.1.4.2]
    #[test]
    fn every_proof_of_every_small_tree_verifies_and_no_other() {
        let all = leaves(20);
        let nodes = Memory(all.clone());
        for size in 0..=20_u64 {
            let whole = naive_root(&all[..size as usize]);
            assert_eq!(root(&nodes, size), Ok(whole));
            for index in 0..size {
                let path = inclusion(&nodes, index, size).unwrap();
                assert_eq!(path, naive_path(index as usize, &all[..size as usize]));
                for claimed in 0..=size {
                    let found = verify_inclusion(&all[index as usize], claimed, size, &path, &whole);
                    assert_eq!(found, claimed == index, "{index} as {claimed} in {size}");
                }
            }
            for old in 0..=size {
                let path = consistency(&nodes, old, size).unwrap();
                let old_root = naive_root(&all[..old as usize]);
                assert!(verify_consistency(old, &old_root, size, &whole, &path), "{old} → {size}");
                if old > 0 && old < size {
                    assert!(!verify_consistency(old, &whole, size, &whole, &path));
                    assert!(!verify_consistency(old, &old_root, size, &old_root, &path));
                    assert!(!verify_consistency(old, &old_root, size, &whole, &path[1..]));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_growing_tree_has_the_naive_root(count in 0usize..600, start in 0u64..600) {
            let all = leaves(count);
            let start = start.min(count as u64);
            let mut frontier = Frontier::read(&Memory(all.clone()), start).unwrap();
            for leaf in &all[start as usize..] {
                frontier.push(*leaf, |_, _| {});
            }
            prop_assert_eq!(frontier.root(), naive_root(&all));
            prop_assert_eq!(frontier.size(), count as u64);
        }
    }
}
