//! Reads trust data from files, and replaces what is in force only by what is better.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::signature::{SignaturePolicy, Verifier, is_signed};
use super::{Anchors, DistinguishedName, Limits, Policy, Revocation, Snapshot, Trust, TrustError, WhiteList};
use crate::mail::Time;

const LIST_REMEDY: &str = "fetch the list again from ANS; the list that is in use stays";

/// Where trust data comes from, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Files or directories of anchors, PEM or DER.
    pub anchors: Vec<PathBuf>,
    /// Files or directories of revocation lists, PEM or DER.
    pub crls: Vec<PathBuf>,
    /// The white list.
    pub white_list: PathBuf,
    /// Whether it must be signed.
    pub signature: SignaturePolicy,
    /// The attributes that its signer must have; without it no signature can be verified.
    pub signer: Option<DistinguishedName>,
    /// The largest share, in percent, of the rows in use that a newer list may lack.
    pub shrink_percent: u8,
    /// Bounds of the white list.
    pub limits: Limits,
    /// How peers are judged.
    pub policy: Policy,
}

/// Reads anchors: PEM or DER, files or directories.
///
/// # Errors
/// When one can't be read, or none is a root.
pub fn load_anchors(paths: &[PathBuf]) -> Result<Anchors, TrustError> {
    let mut certificates = Vec::new();
    let files = files(paths, &["pem", "crt", "cer", "der"])?;
    for file in &files {
        certificates.extend(Anchors::certificates(&read(file)?).map_err(|error| error.in_file(file))?);
    }
    let named = files.first().or(paths.first()).cloned().unwrap_or_default();
    Anchors::from_der(certificates).map_err(|error| error.in_file(&named))
}

impl Settings {
    /// Settings with these files and the defaults: signature if present, 10 percent.
    #[must_use]
    pub fn new(anchors: PathBuf, crls: PathBuf, white_list: PathBuf) -> Self {
        Self {
            anchors: vec![anchors],
            crls: vec![crls],
            white_list,
            signature: SignaturePolicy::default(),
            signer: None,
            shrink_percent: 10,
            limits: Limits::default(),
            policy: Policy::default(),
        }
    }

    /// Reads all files.
    ///
    /// # Errors
    /// Names the file, the reason and the remedy.
    pub fn load(&self, now: Time) -> Result<Snapshot, TrustError> {
        let anchors = self.load_anchors()?;
        let revocation = self.load_crls(&anchors, now)?;
        let bytes = read(&self.white_list)?;
        let list = self.read_list(&bytes, &anchors, &revocation, now);
        let list = Arc::new(list.map_err(|error| error.in_file(&self.white_list))?);
        Ok(Snapshot { anchors, revocation, list, policy: self.policy.clone() })
    }

    fn load_anchors(&self) -> Result<Anchors, TrustError> {
        load_anchors(&self.anchors)
    }

    fn load_crls(&self, anchors: &Anchors, now: Time) -> Result<Revocation, TrustError> {
        let mut revocation = Revocation::none();
        for file in files(&self.crls, &["pem", "crl", "der"])? {
            revocation.add(&read(&file)?, anchors, now).map_err(|error| error.in_file(&file))?;
        }
        Ok(revocation)
    }

    /// Verifies and parses a list. Of a signed one only what was signed is read.
    ///
    /// # Errors
    /// When it is unreadable, or not signed as these settings ask.
    // [mss#2]
    pub fn read_list(
        &self,
        xml: &[u8],
        anchors: &Anchors,
        revocation: &Revocation,
        now: Time,
    ) -> Result<WhiteList, TrustError> {
        let refuse = |error: &dyn std::fmt::Display| TrustError::new(error.to_string(), LIST_REMEDY);
        let verify = match self.signature {
            SignaturePolicy::Off => false,
            SignaturePolicy::Required => true,
            SignaturePolicy::IfPresent => is_signed(xml, &self.limits).map_err(|error| refuse(&error))?,
        };
        if !verify {
            return WhiteList::parse(xml, &self.limits).map_err(|error| refuse(&error));
        }
        let signer = self.signer.as_ref().ok_or_else(|| {
            TrustError::new("the list is signed, but no signer is configured", "give the signer's CN and OU")
        })?;
        let verifier = Verifier { signer, anchors, revocation, limits: &self.limits, now };
        let signed = verifier.verify(xml).map_err(|error| refuse(&error))?;
        WhiteList::parse(&signed.content, &self.limits).map_err(|error| refuse(&error))
    }

    /// Whether a newer list may replace the one in use.
    ///
    /// # Errors
    /// When it is older, or lacks more rows than allowed.
    pub fn compare(&self, old: &WhiteList, new: &WhiteList) -> Result<(), TrustError> {
        let (before, after) = (old.rows().len(), new.rows().len());
        if new.generated() < old.generated() {
            let reason = format!("the list of {} is older than the one of {}", new.generated(), old.generated());
            return Err(TrustError::new(reason, LIST_REMEDY));
        }
        let kept = before.saturating_mul(100_usize.saturating_sub(usize::from(self.shrink_percent)));
        if after.saturating_mul(100) < kept {
            let reason = format!("the list has {after} rows, the one in use {before}");
            return Err(TrustError::new(reason, "if so many domains did leave, restart with the new list"));
        }
        Ok(())
    }
}

impl Trust {
    /// Reads the files again and puts them in force together. After an error everything stays as it was.
    ///
    /// # Errors
    /// As [`Settings::load`] and [`Settings::compare`].
    pub fn reload(&self, settings: &Settings, now: Time) -> Result<(), TrustError> {
        let snapshot = settings.load(now)?;
        let compared = settings.compare(&self.snapshot().list, &snapshot.list);
        compared.map_err(|error| error.in_file(&settings.white_list))?;
        self.replace(snapshot);
        Ok(())
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TrustError> {
    fs::read(file).map_err(|error| {
        TrustError::new(error.to_string(), "check the path in the configuration and the file's permissions")
            .in_file(file)
    })
}

/// The files among these paths; of a directory those with one of the extensions, in the order of their names.
fn files(paths: &[PathBuf], extensions: &[&str]) -> Result<Vec<PathBuf>, TrustError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| {
            TrustError::new(error.to_string(), "check the directory's permissions").in_file(path)
        };
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            if extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)) {
                inside.push(file);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
