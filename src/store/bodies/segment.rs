//! The form of a segment file: a head, then records. All numbers are big-endian.
//!
//! | bytes of the file's head | what |
//! |---|---|
//! | 0–15 | `sceau-segment/1` and LF |
//! | 16–19 | the segment's number |
//! | 20–27 | when it was begun, milliseconds since 1970 |
//!
//! | bytes of a record | what |
//! |---|---|
//! | 0–7 | `SceauRec` |
//! | 8 | version, 1 |
//! | 9 | 1 when it is the body's last extent |
//! | 10–11 | zero |
//! | 12–15 | CRC-32 of the head: bytes 0–11, then 16–79 |
//! | 16–31 | the body's identity, to which its encryption is bound |
//! | 32–47 | the envelope; zero for what a client stored |
//! | 48–55 | the account, where it was known |
//! | 56–63 | when it was written, milliseconds since 1970 |
//! | 64–71 | where these sealed bytes begin in the sealed body |
//! | 72–75 | their number |
//! | 76–79 | their CRC-32 |
//! | 80–139 | the body's key, wrapped under the server's master key and the secrets of its day and account; zero once destroyed |
//! | 140–143 | zero |
//! | 144– | the sealed bytes |
//!
//! A record says by itself what it is, so that [`salvage`] finds the messages when all rows are lost. A file ends where
//! the last whole record ends: what a kill left behind it is garbage, and nothing is ever appended after garbage, since
//! each start of the server begins a new file.

use crate::mail::{AccountId, EnvelopeId, Time};
use crate::seal::body::BodyId;
use crate::seal::keys::{BodyBinding, WrappedKey};

/// Bytes of the head of a file.
pub const FILE_HEAD: usize = 28;
/// Bytes of the head of a record.
pub const RECORD_HEAD: usize = 144;
/// Where the wrapped key lies in a record's head.
pub(super) const KEY_AT: usize = 80;
/// Bytes of the wrapped key.
pub(super) const KEY_LENGTH: usize = 60;

const FILE_MAGIC: &[u8; 16] = b"sceau-segment/1\n";
const RECORD_MAGIC: &[u8; 8] = b"SceauRec";
const VERSION: u8 = 1;
const LAST: u8 = 1;

/// The head of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHead {
    /// The segment's number.
    pub segment: u32,
    /// When it was begun.
    pub begun: Time,
}

impl FileHead {
    /// The bytes at the file's beginning.
    #[must_use]
    pub fn encode(&self) -> [u8; FILE_HEAD] {
        let mut head = [0; FILE_HEAD];
        head[..16].copy_from_slice(FILE_MAGIC);
        head[16..20].copy_from_slice(&self.segment.to_be_bytes());
        head[20..].copy_from_slice(&self.begun.0.to_be_bytes());
        head
    }

    /// Reads them; none when this is no segment file.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(FILE_MAGIC)?;
        let segment = u32::from_be_bytes(*rest.first_chunk()?);
        let begun = Time(i64::from_be_bytes(*rest.get(4..)?.first_chunk()?));
        Some(Self { segment, begun })
    }
}

/// Whether a record ends its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// More of the body follows in another record.
    Middle,
    /// The body ends with it.
    Last,
}

/// The head of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHead {
    /// The body's identity.
    pub body: BodyId,
    /// The envelope with which it came, if it came with one.
    pub envelope: Option<EnvelopeId>,
    /// The account for which it was written, where that was known.
    pub account: Option<AccountId>,
    /// When.
    pub written: Time,
    /// Where these bytes begin in the sealed body.
    pub start: u64,
    /// Whether they end it.
    pub position: Position,
    /// The number of sealed bytes.
    pub length: u32,
    /// Their CRC-32.
    pub checksum: u32,
    /// The body's key under the master key; none once it was destroyed.
    pub key: Option<WrappedKey>,
}

/// The day since 1970 of a time, as the vault counts them.
pub(in crate::store) fn day_of(time: Time) -> u32 {
    u32::try_from(time.day().max(0)).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
}

impl RecordHead {
    /// What the wrapped key is bound to.
    #[must_use]
    pub fn binding(&self) -> BodyBinding {
        BodyBinding { body: self.body, day: day_of(self.written), account: self.account }
    }

    /// The bytes before the sealed ones.
    #[must_use]
    pub fn encode(&self) -> [u8; RECORD_HEAD] {
        let mut head = [0; RECORD_HEAD];
        head[..8].copy_from_slice(RECORD_MAGIC);
        head[8] = VERSION;
        head[9] = if self.position == Position::Last { LAST } else { 0 };
        head[16..32].copy_from_slice(&self.body.0);
        head[32..48].copy_from_slice(&self.envelope.map_or([0; 16], |id| id.0));
        head[48..56].copy_from_slice(&self.account.map_or(0, |id| id.0).to_be_bytes());
        head[56..64].copy_from_slice(&self.written.0.to_be_bytes());
        head[64..72].copy_from_slice(&self.start.to_be_bytes());
        head[72..76].copy_from_slice(&self.length.to_be_bytes());
        head[76..80].copy_from_slice(&self.checksum.to_be_bytes());
        let crc = head_checksum(&head);
        head[12..16].copy_from_slice(&crc.to_be_bytes());
        if let Some(key) = &self.key {
            // In postcard's form: twelve bytes of nonce, 32 of key, sixteen of tag.
            let written = postcard::to_slice(key, &mut head[KEY_AT..]).map(|bytes| bytes.len());
            debug_assert_eq!(written, Ok(KEY_LENGTH));
        }
        head
    }

    /// Reads a head; none when these are not the bytes of one, or one of them was changed.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let head: &[u8; RECORD_HEAD] = bytes.first_chunk()?;
        let u64_at = |at: usize| head[at..].first_chunk().map_or(0, |word| u64::from_be_bytes(*word));
        let u32_at = |at: usize| head[at..].first_chunk().map_or(0, |word| u32::from_be_bytes(*word));
        let id_at = |at: usize| head[at..].first_chunk::<16>().copied().unwrap_or_default();
        let known = head.starts_with(RECORD_MAGIC) && head[8] == VERSION && head[9] <= LAST;
        if !known || u32_at(12) != head_checksum(head) {
            return None;
        }
        let key = &head[KEY_AT..KEY_AT + KEY_LENGTH];
        Some(Self {
            body: BodyId(id_at(16)),
            envelope: Some(id_at(32)).filter(|id| *id != [0; 16]).map(EnvelopeId),
            account: Some(u64_at(48)).filter(|id| *id != 0).map(AccountId),
            written: Time(u64_at(56).cast_signed()),
            start: u64_at(64),
            position: if head[9] == LAST { Position::Last } else { Position::Middle },
            length: u32_at(72),
            checksum: u32_at(76),
            key: if key.iter().all(|b| *b == 0) { None } else { postcard::from_bytes(key).ok() },
        })
    }
}

fn head_checksum(head: &[u8; RECORD_HEAD]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head[..12]);
    crc.update(&head[16..KEY_AT]);
    crc.finalize()
}

/// One whole record that was found in a segment's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged<'a> {
    /// Where it begins.
    pub offset: usize,
    /// Its head.
    pub head: RecordHead,
    /// The sealed bytes, which agree with the checksum.
    pub sealed: &'a [u8],
}

/// Finds the whole records in a segment's bytes, whatever lies between them.
pub fn salvage(bytes: &[u8]) -> impl Iterator<Item = Salvaged<'_>> {
    let finder = memchr::memmem::Finder::new(RECORD_MAGIC);
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = finder.find(bytes.get(at..)?) {
            let offset = at + found;
            match record(bytes, offset) {
                Some(record) => {
                    at = offset + RECORD_HEAD + record.sealed.len();
                    return Some(record);
                }
                None => at = offset + 1,
            }
        }
        None
    })
}

/// The record at an offset, if it is whole.
fn record(bytes: &[u8], offset: usize) -> Option<Salvaged<'_>> {
    let bytes = bytes.get(offset..)?;
    let head = RecordHead::decode(bytes)?;
    let sealed = bytes.get(RECORD_HEAD..RECORD_HEAD.checked_add(head.length as usize)?)?;
    (crc32fast::hash(sealed) == head.checksum).then_some(Salvaged { offset, head, sealed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::keys::{BodyKey, MasterKey};
    use crate::seal::testing::Counting;

    fn head(sealed: &[u8]) -> RecordHead {
        let chance = Counting::default();
        let master = MasterKey::generate(&chance);
        let bound = BodyBinding { body: BodyId([4; 16]), day: 19_675, account: Some(AccountId(6)) };
        RecordHead {
            body: BodyId([4; 16]),
            envelope: Some(EnvelopeId([5; 16])),
            account: Some(AccountId(6)),
            written: Time(1_700_000_000_123),
            start: 1 << 40,
            position: Position::Last,
            length: u32::try_from(sealed.len()).unwrap(),
            checksum: crc32fast::hash(sealed),
            key: master.wrap_body(&BodyKey::generate(&chance), &bound, &chance).ok(),
        }
    }

    #[test]
    fn heads_survive_their_bytes() {
        let full = head(b"x");
        let empty = RecordHead { envelope: None, account: None, key: None, position: Position::Middle, ..full.clone() };
        for head in [full, empty] {
            assert_eq!(RecordHead::decode(&head.encode()), Some(head));
        }
        let file = FileHead { segment: 77, begun: Time(-5) };
        assert_eq!(FileHead::decode(&file.encode()), Some(file));
        assert_eq!(FileHead::decode(b"sceau-segment/1\n"), None, "cut");
    }

    #[test]
    fn every_changed_bit_outside_the_key_is_noticed() {
        let bytes = head(b"x").encode();
        for at in 0..KEY_AT {
            let mut changed = bytes;
            changed[at] ^= 1;
            assert_eq!(RecordHead::decode(&changed), None, "byte {at}");
        }
    }

    #[test]
    fn destroying_the_key_leaves_a_valid_record() {
        let mut bytes = head(b"x").encode();
        bytes[KEY_AT..][..KEY_LENGTH].fill(0);
        assert_eq!(RecordHead::decode(&bytes).unwrap().key, None);
    }

    #[test]
    fn salvage_finds_whole_records_between_garbage() {
        let record = |sealed: &[u8]| [head(sealed).encode().as_slice(), sealed].concat();
        let torn = &record(b"lost")[..RECORD_HEAD + 2];
        let mut changed = record(b"changed");
        changed[RECORD_HEAD] ^= 1;
        let bytes = [b"garbage", &record(b"one")[..], torn, b"SceauRec", &record(b"two"), &changed, b"Sceau"].concat();
        let found: Vec<_> = salvage(&bytes).map(|record| record.sealed).collect();
        assert_eq!(found, [b"one", b"two"]);
    }
}
