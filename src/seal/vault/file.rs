//! The vault on disk: one file and its copies, each overwritten when the vault forgets.
//!
//! A file appears whole: it is written beside its place (`vault.new`), the old bytes are overwritten with zeros where
//! they lie, then the new file takes the place. A loss of power leaves the old file, or a whole new one that the next
//! opening puts into its place; once a new file is whole, nothing but it is ever used. *All* copies get their new file
//! before any old one is overwritten: when a copy can't be reached nothing is forgotten, and the error says which.
//!
//! The directory says by `CACHEDIR.TAG` that it is not for backups (bford.info/cachedir, read by tar, borg and restic):
//! a backup of the vault would bring back what was erased.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Vault;
use crate::disk;
use crate::mail::Chance;

/// Bytes of a vault's file; 1,000 erasures take about 9 MB.
const FILE_MAX: u64 = 256 << 20;
const NAME: &str = "vault";
const DRAFT: &str = "vault.new";
const TAG: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# This directory must not be backed up: see docs/erasure.md.\n";

/// Why a vault can't be opened or changed. Texts name the file and the remedy.
#[derive(Debug)]
pub enum VaultFileError {
    /// What the file system says.
    Io(PathBuf, io::Error),
    /// Somebody other than the owner may read it; the mode's low nine bits.
    Exposed(PathBuf, u32),
    /// It is no vault.
    Malformed(PathBuf),
    /// There is none.
    Missing(PathBuf),
    /// A copy has forgotten less than another: it is older, and using it would undo an erasure.
    Older(PathBuf),
}

impl fmt::Display for VaultFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Exposed(path, mode) => {
                write!(f, "{}: the mode is {mode:04o}, others may read this vault; run chmod 600", path.display())
            }
            Self::Malformed(path) => {
                write!(f, "{}: not a vault, or it was changed; put a present copy in its place", path.display())
            }
            Self::Missing(path) => {
                write!(f, "{}: the vault is missing; put a present copy in its place", path.display())
            }
            Self::Older(path) => write!(
                f,
                "{}: this vault is older than the last erasure; put a present copy in its place",
                path.display()
            ),
        }
    }
}

impl std::error::Error for VaultFileError {}

/// The directories of a vault: the one that is used, and its copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultFiles {
    directories: Vec<PathBuf>,
}

impl VaultFiles {
    /// The vault in `directory`, with copies in other directories.
    #[must_use]
    pub fn new(directory: &Path, copies: &[PathBuf]) -> Self {
        Self { directories: [&[directory.to_owned()], copies].concat() }
    }

    /// The directory of the one that is used.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directories[0]
    }

    /// Whether there is none yet, in any of the directories.
    #[must_use]
    pub fn are_missing(&self) -> bool {
        let there = |directory: &PathBuf| directory.join(NAME).exists() || directory.join(DRAFT).exists();
        !self.directories.iter().any(there)
    }

    /// Makes a vault, durable in all directories when this returns.
    ///
    /// # Errors
    /// `Io`, also when a file is there.
    pub fn create(&self, chance: &dyn Chance) -> Result<Vault, VaultFileError> {
        let vault = Vault::generate(chance);
        if !self.are_missing() {
            return Err(VaultFileError::Io(self.directories[0].join(NAME), io::ErrorKind::AlreadyExists.into()));
        }
        self.write(&vault.file())?;
        Ok(self.with(vault))
    }

    fn with(&self, mut vault: Vault) -> Vault {
        vault.files = Some(self.clone());
        vault
    }

    /// Opens the vault. What a loss of power interrupted is finished; a copy that is missing is made.
    ///
    /// # Errors
    /// `Older` when the vault that is used has forgotten less than a copy; the others as they say.
    pub fn open(&self) -> Result<Vault, VaultFileError> {
        let mut found = Vec::with_capacity(self.directories.len());
        for directory in &self.directories {
            finish(directory)?;
            found.push(read(&directory.join(NAME)));
        }
        let mut copies = found.into_iter();
        let vault = copies.next().unwrap_or_else(|| Err(VaultFileError::Missing(PathBuf::new())))?;
        for (directory, copy) in self.directories[1..].iter().zip(copies) {
            match copy {
                Ok(copy) if copy.generation() > vault.generation() => {
                    return Err(VaultFileError::Older(self.directories[0].join(NAME)));
                }
                Ok(copy) if copy.generation() == vault.generation() => {}
                Ok(_) | Err(VaultFileError::Missing(_)) => write_one(directory, &vault.file())?,
                Err(error) => return Err(error),
            }
        }
        Ok(self.with(vault))
    }

    /// Replaces all files by this one; all or none.
    pub(super) fn write(&self, text: &str) -> Result<(), VaultFileError> {
        for directory in &self.directories {
            if let Err(error) = draft(directory, text) {
                self.directories.iter().for_each(|directory| drop(fs::remove_file(directory.join(DRAFT))));
                return Err(error);
            }
        }
        self.directories.iter().try_for_each(|directory| replace(directory))
    }
}

fn write_one(directory: &Path, text: &str) -> Result<(), VaultFileError> {
    draft(directory, text)?;
    replace(directory)
}

/// Writes the new file beside the old one.
fn draft(directory: &Path, text: &str) -> Result<(), VaultFileError> {
    let path = directory.join(DRAFT);
    let io = |error| VaultFileError::Io(path.clone(), error);
    disk::create_directory(directory).map_err(io)?;
    let tag = directory.join("CACHEDIR.TAG");
    if !tag.exists() {
        fs::write(&tag, TAG).map_err(io)?;
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)?;
    disk::sync_directory(directory).map_err(io)
}

/// Overwrites the old file where it lies, then puts the new one into its place.
fn replace(directory: &Path) -> Result<(), VaultFileError> {
    let place = directory.join(NAME);
    let io = |error| VaultFileError::Io(place.clone(), error);
    match OpenOptions::new().write(true).open(&place) {
        Ok(file) => overwrite(file).map_err(io)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    fs::rename(directory.join(DRAFT), &place).map_err(io)?;
    disk::sync_directory(directory).map_err(io)
}

fn overwrite(mut file: File) -> io::Result<()> {
    let mut left = file.metadata()?.len();
    file.rewind()?;
    let zeros = [0; 4096];
    while left > 0 {
        let length = left.min(zeros.len() as u64);
        file.write_all(&zeros[..usize::try_from(length).unwrap_or(zeros.len())])?;
        left -= length;
    }
    file.sync_all()
}

/// Finishes what a loss of power interrupted: a whole new file takes the place, a torn one goes.
fn finish(directory: &Path) -> Result<(), VaultFileError> {
    let path = directory.join(DRAFT);
    match read(&path) {
        Ok(_) => replace(directory),
        Err(VaultFileError::Missing(_)) => Ok(()),
        Err(VaultFileError::Malformed(_)) => fs::remove_file(&path).map_err(|error| VaultFileError::Io(path, error)),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> Result<Vault, VaultFileError> {
    let io = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => VaultFileError::Missing(path.to_owned()),
        _ => VaultFileError::Io(path.to_owned(), error),
    };
    let file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultFileError::Exposed(path.to_owned(), mode));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(FILE_MAX).read_to_end(&mut bytes).map_err(io)?;
    let malformed = || VaultFileError::Malformed(path.to_owned());
    Vault::parse(std::str::from_utf8(&bytes).map_err(|_| malformed())?).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::{Forget, Tree};
    use super::*;
    use crate::seal::testing::Counting;

    const GONE: [Forget; 1] = [Forget::One(Tree::Holders, 77)];

    #[test]
    fn what_is_forgotten_stays_so_in_every_copy_and_no_old_byte_remains() {
        let dir = tempfile::tempdir().unwrap();
        let files = VaultFiles::new(&dir.path().join("a"), &[dir.path().join("b")]);
        assert!(files.are_missing());
        let vault = files.create(&Counting::default()).unwrap();
        let secret = vault.secret(Tree::Holders, 78);
        vault.forget(&GONE).unwrap();
        for name in ["a", "b"] {
            let again = VaultFiles::new(&dir.path().join(name), &[]).open().unwrap();
            assert!(again.secret(Tree::Holders, 77).is_none() && vault.secret(Tree::Holders, 77).is_none());
            assert_eq!(again.secret(Tree::Holders, 78), secret);
            assert!(dir.path().join(name).join("CACHEDIR.TAG").exists());
            assert!(!dir.path().join(name).join(DRAFT).exists());
        }
    }

    #[test]
    fn the_old_bytes_are_overwritten_where_they_lie() {
        let dir = tempfile::tempdir().unwrap();
        let files = VaultFiles::new(dir.path(), &[]);
        let vault = files.create(&Counting::default()).unwrap();
        // Another name of the same blocks shows what becomes of them.
        fs::hard_link(dir.path().join(NAME), dir.path().join("blocks")).unwrap();
        vault.forget(&GONE).unwrap();
        let blocks = fs::read(dir.path().join("blocks")).unwrap();
        assert!(!blocks.is_empty() && blocks.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_copy_that_cannot_be_written_keeps_the_vault_from_forgetting() {
        let dir = tempfile::tempdir().unwrap();
        let files = VaultFiles::new(&dir.path().join("a"), &[dir.path().join("b")]);
        let vault = files.create(&Counting::default()).unwrap();
        fs::remove_dir_all(dir.path().join("b")).unwrap();
        fs::write(dir.path().join("b"), "not a directory").unwrap();
        assert!(vault.forget(&GONE).is_err());
        assert!(vault.secret(Tree::Holders, 77).is_some());
        let alone = VaultFiles::new(&dir.path().join("a"), &[]).open().unwrap();
        assert!(alone.secret(Tree::Holders, 77).is_some());
    }

    #[test]
    fn a_loss_of_power_at_any_moment_loses_nothing_and_never_brings_back() {
        let dir = tempfile::tempdir().unwrap();
        let files = VaultFiles::new(dir.path(), &[]);
        let vault = files.create(&Counting::default()).unwrap();
        let mut known = vault.known().clone();
        known.forget(&GONE);
        let (old, new) = (vault.file(), known.file());
        let (place, beside) = (dir.path().join(NAME), dir.path().join(DRAFT));
        for torn in [0, 1, new.len() / 2, new.len() - 1] {
            fs::write(&beside, &new[..torn]).unwrap();
            fs::set_permissions(&beside, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(files.open().unwrap().secret(Tree::Holders, 77).is_some(), "torn at {torn}");
            assert!(!beside.exists());
        }
        for place_holds in [old.as_bytes(), &vec![0; old.len()], &[0; 3]] {
            fs::write(&place, place_holds).unwrap();
            fs::write(&beside, new.as_bytes()).unwrap();
            fs::set_permissions(&beside, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(files.open().unwrap().secret(Tree::Holders, 77).is_none());
            assert_eq!(fs::read(&place).unwrap(), new.as_bytes());
        }
    }

    #[test]
    fn an_older_vault_is_refused_and_an_older_copy_is_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        let files = VaultFiles::new(&a, std::slice::from_ref(&b));
        let vault = files.create(&Counting::default()).unwrap();
        let old = fs::read(a.join(NAME)).unwrap();
        vault.forget(&GONE).unwrap();
        fs::write(a.join(NAME), &old).unwrap();
        assert!(matches!(files.open(), Err(VaultFileError::Older(_))));
        fs::copy(b.join(NAME), a.join(NAME)).unwrap();
        fs::write(b.join(NAME), &old).unwrap();
        assert!(files.open().unwrap().secret(Tree::Holders, 77).is_none());
        assert_eq!(fs::read(b.join(NAME)).unwrap(), fs::read(a.join(NAME)).unwrap());
        fs::remove_file(b.join(NAME)).unwrap();
        files.open().unwrap();
        assert!(b.join(NAME).exists());
    }

    #[test]
    fn files_that_others_may_read_or_that_are_none_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let files = VaultFiles::new(dir.path(), &[]);
        assert!(matches!(files.open(), Err(VaultFileError::Missing(_))));
        files.create(&Counting::default()).unwrap();
        assert!(files.create(&Counting::default()).is_err());
        fs::set_permissions(dir.path().join(NAME), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(files.open(), Err(VaultFileError::Exposed(_, 0o644))));
        fs::set_permissions(dir.path().join(NAME), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(dir.path().join(NAME), "x").unwrap();
        assert!(matches!(files.open(), Err(VaultFileError::Malformed(_))));
    }
}
