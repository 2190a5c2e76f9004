//! Checkpoints (C2SP tlog-checkpoint): a signed note that says how large a log is and what its root is.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::Note;
use super::tree::Hash;

/// A log's state, as its signature states it. Extension lines are not used and not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: `preuves.<domain>/<year>`.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// A text that is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointError;

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a checkpoint: origin, size and root on three lines")
    }
}

impl std::error::Error for CheckpointError {}

impl Checkpoint {
    /// Reads the text of a note, strictly.
    ///
    /// # Errors
    /// When it has another form.
    // [c2sp#tlog-checkpoint]
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError)?.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError);
        };
        let origin_ok = !origin.is_empty() && !origin.chars().any(|c| c.is_whitespace() || c.is_control());
        let root = decode_hash(root).ok_or(CheckpointError)?;
        let size = decimal(size).ok_or(CheckpointError)?;
        if origin_ok { Ok(Self { origin: origin.to_owned(), size, root }) } else { Err(CheckpointError) }
    }

    /// Reads a checkpoint that may have extension lines, which other logs use: what they say is left to those who
    /// wrote them, a witness signs them as they are.
    ///
    /// # Errors
    /// As [`Checkpoint::parse`].
    // [c2sp#tlog-checkpoint]
    pub fn parse_extended(text: &str) -> Result<Self, CheckpointError> {
        let mut ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let (head, extensions) = text.split_at(ends.nth(2).ok_or(CheckpointError)?);
        if extensions.split_inclusive('\n').any(|line| line == "\n" || !line.ends_with('\n')) {
            return Err(CheckpointError);
        }
        Self::parse(head)
    }

    /// Reads a signed checkpoint. Its signatures are not checked here.
    ///
    /// # Errors
    /// When it is no note or its text no checkpoint.
    pub fn parse_note(text: &str) -> Result<(Self, Note), CheckpointError> {
        let note = Note::parse(text).map_err(|_| CheckpointError)?;
        Ok((Self::parse(note.text())?, note))
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }
}

/// A hash in canonical base64.
pub(super) fn decode_hash(text: &str) -> Option<Hash> {
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// A decimal number without sign and leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    // [c2sp#tlog-checkpoint]
    #[test]
    fn a_checkpoint_has_one_form() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = Checkpoint::parse(text).unwrap();
        assert_eq!((checkpoint.size, checkpoint.to_string().as_str()), (20_852_163, text));
        for (from, to) in [
            ("20852163", "020852163"),
            ("20852163", "+20852163"),
            ("20852163", ""),
            ("20852163", "18446744073709551616"),
            ("2I=\n", "2I=\nextension\n"),
            ("2I=\n", "2I="),
            ("2I=\n", "2J=\n"),
            ("example.com/behind-the-sofa", ""),
            ("behind-the", "behind the"),
        ] {
            assert!(Checkpoint::parse(&text.replace(from, to)).is_err(), "{from} → {to}");
        }
        assert_eq!(Checkpoint::parse_extended(text), Ok(checkpoint.clone()));
        assert_eq!(Checkpoint::parse_extended(&format!("{text}a\nb\n")), Ok(checkpoint));
        for bad in [format!("{text}a"), format!("{text}\n"), format!("{text}\na\n"), "a\n1\n".to_owned()] {
            assert!(Checkpoint::parse_extended(&bad).is_err(), "{bad}");
        }
    }
}
