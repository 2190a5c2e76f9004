//! Writes what a server and its peers need of the laboratory into a directory.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Issued, Lab, LabError};

/// A directory of PEM files and a white list.
#[derive(Debug, Clone)]
pub struct LabFiles {
    directory: PathBuf,
}

impl LabFiles {
    /// Files in this directory, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(directory: &Path) -> Result<Self, LabError> {
        fs::create_dir_all(directory)?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// Writes `anchors.pem`: root and issuing authorities.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn anchors(&self, lab: &Lab) -> Result<PathBuf, LabError> {
        self.write("anchors.pem", &lab.anchors_pem())
    }

    /// Writes `crls.pem`: a revocation list of each authority, with these certificates in it.
    ///
    /// # Errors
    /// When the file cannot be written or the cryptographic library fails.
    pub fn crls(&self, lab: &Lab, revoked: &[&Issued]) -> Result<PathBuf, LabError> {
        self.write("crls.pem", &lab.crls_pem(revoked)?)
    }

    /// Writes `liste-blanche.xml`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn white_list(&self, xml: &str) -> Result<PathBuf, LabError> {
        self.write("liste-blanche.xml", xml)
    }

    /// Writes `<name>.pem` (leaf and issuer) and `<name>.key` (readable by its owner only), and gives both paths.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn identity(&self, name: &str, issued: &Issued) -> Result<(PathBuf, PathBuf), LabError> {
        let certificate = self.write(&format!("{name}.pem"), &issued.chain_pem())?;
        Ok((certificate, self.key(name, &issued.key_pem())?))
    }

    /// Writes `<name>.key`, readable by its owner only.
    pub(super) fn key(&self, name: &str, pem: &str) -> Result<PathBuf, LabError> {
        let key = self.directory.join(format!("{name}.key"));
        // A key that an earlier run left with wider permissions must not keep them.
        match fs::remove_file(&key) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key)?;
        file.write_all(pem.as_bytes())?;
        Ok(key)
    }

    /// Whole or not at all: a server may read it at any moment.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, LabError> {
        let path = self.directory.join(name);
        let draft = self.directory.join(format!(".{name}.tmp"));
        fs::write(&draft, text)?;
        fs::rename(&draft, &path)?;
        Ok(path)
    }
}
