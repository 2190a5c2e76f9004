//! Reads trust data from files, and replaces what is in force only by what is better.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::signature::{SignaturePolicy, Verifier, is_signed};
use super::{Anchors, DistinguishedName, History, Limits, Policy, Revocation, Snapshot, TrustError, WhiteList};
use crate::mail::Time;

const LIST_REMEDY: &str = "fetch the list again from ANS; the list that is in use stays";
const SHRINK_REMEDY: &str =
    "the list that is in use stays; if so many domains did leave: `sceau trust list fetch --accept-shorter`";
const NO_LIST_REMEDY: &str = "fetch one: `sceau trust list fetch`, or give a file as white_list";

/// How far a list's date may be ahead of our clock, in seconds: it may be a local time without its offset.
const FUTURE_MAX: i64 = 86_400;

/// Where the white list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListSource {
    /// A file, which somebody else replaces.
    File(PathBuf),
    /// It is fetched, and the history has it; a file may stand in for the first one.
    Fetched {
        /// Read only while the history is empty.
        seed: Option<PathBuf>,
    },
}

impl ListSource {
    /// The file that changes count of.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Fetched { .. } => None,
        }
    }
}

/// Whether a list may lack more rows than the configuration allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrink {
    /// It may not.
    Refused,
    /// An administrator has looked, and says so.
    Accepted,
}

/// Where trust data comes from, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Files or directories of anchors, PEM or DER.
    pub anchors: Vec<PathBuf>,
    /// Files or directories of revocation lists, PEM or DER.
    pub crls: Vec<PathBuf>,
    /// Where fetched revocation lists are kept.
    pub fetched_crls: Option<PathBuf>,
    /// The white list.
    pub white_list: ListSource,
    /// Where accepted white lists are kept.
    pub history: Option<History>,
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

/// What a look at the sources found.
#[derive(Debug)]
pub struct Look {
    /// What is to be in force.
    pub snapshot: Snapshot,
    /// What was refused on the way; where there is something in use, that stays.
    pub problems: Vec<TrustError>,
    /// A white list that is to be kept in the history: its XML, and where it came from.
    pub(super) fresh: Option<(Vec<u8>, String)>,
}

impl Settings {
    /// Settings with these files and the defaults: signature if present, 10 percent, nothing kept.
    #[must_use]
    pub fn new(anchors: PathBuf, crls: PathBuf, white_list: PathBuf) -> Self {
        Self {
            anchors: vec![anchors],
            crls: vec![crls],
            fetched_crls: None,
            white_list: ListSource::File(white_list),
            history: None,
            signature: SignaturePolicy::default(),
            signer: None,
            shrink_percent: 10,
            limits: Limits::default(),
            policy: Policy::default(),
        }
    }

    /// Reads all files, and what was kept. Writes nothing.
    ///
    /// # Errors
    /// Names the file, the reason and the remedy. A white list or a fetched revocation list that is refused is an error
    /// only where none is kept.
    pub fn load(&self, now: Time) -> Result<Snapshot, TrustError> {
        self.look(None, now).map(|look| look.snapshot)
    }

    /// The same; what is in use stays where its file is unreadable or worse.
    ///
    /// # Errors
    /// As [`Settings::load`], and only when nothing is in use.
    pub fn look(&self, in_use: Option<&Snapshot>, now: Time) -> Result<Look, TrustError> {
        let mut problems = Vec::new();
        let anchors = or_kept(self.anchors(), in_use.map(|snapshot| snapshot.anchors.clone()), &mut problems)?;
        let revocation = self.look_at_crls(&anchors, in_use, now, &mut problems)?;
        let in_force = match in_use {
            Some(snapshot) => Some(Arc::clone(&snapshot.list)),
            None => self.kept_list(&anchors, &mut problems),
        };
        let offered = match (&self.white_list, &in_force) {
            (ListSource::File(file), _) | (ListSource::Fetched { seed: Some(file) }, None) => {
                let offered = self.read_offered(file, &anchors, &revocation, in_force.as_deref(), now);
                or_kept(offered.map(Some), in_force.as_ref().map(|_| None), &mut problems)?
            }
            (ListSource::Fetched { .. }, _) => None,
        };
        let (list, fresh) = match (offered, in_force) {
            (Some((list, xml, source)), _) => (Arc::new(list), Some((xml, source))),
            (None, Some(list)) => (list, None),
            (None, None) => return Err(TrustError::new("there is no white list yet", NO_LIST_REMEDY)),
        };
        Ok(Look { snapshot: Snapshot { anchors, revocation, list, policy: self.policy.clone() }, problems, fresh })
    }

    /// Anchors, revocation lists and the newest kept white list, without a server.
    pub(super) fn at_rest(&self, now: Time) -> Result<(Anchors, Revocation, Option<Arc<WhiteList>>), TrustError> {
        let mut problems = Vec::new();
        let anchors = self.anchors()?;
        let revocation = self.look_at_crls(&anchors, None, now, &mut problems)?;
        let kept = self.kept_list(&anchors, &mut problems);
        Ok((anchors, revocation, kept))
    }

    fn read_offered(
        &self,
        file: &Path,
        anchors: &Anchors,
        revocation: &Revocation,
        in_force: Option<&WhiteList>,
        now: Time,
    ) -> Result<(WhiteList, Vec<u8>, String), TrustError> {
        let xml = read(file)?;
        let list = self.read_list(&xml, anchors, revocation, now).map_err(|error| error.in_file(file))?;
        if let Some(old) = in_force {
            self.compare(old, &list, Shrink::Refused).map_err(|error| error.in_file(file))?;
        }
        Ok((list, xml, file.display().to_string()))
    }

    /// The newest kept list that is still what these settings ask of one. Signatures count as of when it was accepted:
    /// its signer's certificate may have ended since.
    fn kept_list(&self, anchors: &Anchors, problems: &mut Vec<TrustError>) -> Option<Arc<WhiteList>> {
        let history = self.history.as_ref()?;
        let lists = history.lists().map_err(|error| problems.push(error)).ok()?;
        for kept in lists.iter().rev() {
            let none = Revocation::none();
            let read = history.read(kept);
            match read.and_then(|xml| self.read_list(&xml, anchors, &none, kept.accepted_at())) {
                Ok(list) => return Some(Arc::new(list)),
                Err(error) => problems.push(error),
            }
        }
        None
    }

    fn look_at_crls(
        &self,
        anchors: &Anchors,
        in_use: Option<&Snapshot>,
        now: Time,
        problems: &mut Vec<TrustError>,
    ) -> Result<Revocation, TrustError> {
        const FORMS: &[&str] = &["pem", "crl", "der"];
        let mut revocation = Revocation::none();
        for file in or_kept(files(&self.crls, FORMS), in_use.map(|_| Vec::new()), problems)? {
            let added = read(&file).and_then(|crl| revocation.add(&crl, anchors, now));
            or_kept(added.map_err(|error| error.in_file(&file)), in_use.map(|_| ()), problems)?;
        }
        // What was fetched is fetched again: a bad one is told and left out.
        let fetched: Vec<_> = self.fetched_crls.iter().filter(|path| path.is_dir()).cloned().collect();
        for file in or_kept(files(&fetched, FORMS), Some(Vec::new()), problems)? {
            let added = read(&file).and_then(|crl| revocation.add(&crl, anchors, now));
            or_kept(added.map_err(|error| error.in_file(&file)), Some(()), problems)?;
        }
        if let Some(snapshot) = in_use {
            revocation.merge(&snapshot.revocation, anchors, now);
        }
        Ok(revocation)
    }

    /// The anchors alone.
    ///
    /// # Errors
    /// Names the file, the reason and the remedy.
    pub fn anchors(&self) -> Result<Anchors, TrustError> {
        load_anchors(&self.anchors)
    }

    /// Verifies and parses a list. Of a signed one only what was signed is read.
    ///
    /// # Errors
    /// When it is unreadable, not signed as these settings ask, or from the future: after such a one, every true list
    /// would be older.
    // [mss#2]
    pub fn read_list(
        &self,
        xml: &[u8],
        anchors: &Anchors,
        revocation: &Revocation,
        now: Time,
    ) -> Result<WhiteList, TrustError> {
        let list = self.verify_list(xml, anchors, revocation, now)?;
        if list.generated() > now.plus_secs(FUTURE_MAX) {
            let reason = format!("the list of {} comes from the future", list.generated());
            return Err(TrustError::new(reason, "check this machine's clock; the list that is in use stays"));
        }
        Ok(list)
    }

    fn verify_list(
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
    pub fn compare(&self, old: &WhiteList, new: &WhiteList, shrink: Shrink) -> Result<(), TrustError> {
        let (before, after) = (old.rows().len(), new.rows().len());
        if new.generated() < old.generated() {
            let reason = format!("the list of {} is older than the one of {}", new.generated(), old.generated());
            return Err(TrustError::new(reason, LIST_REMEDY));
        }
        let kept = before.saturating_mul(100_usize.saturating_sub(usize::from(self.shrink_percent)));
        if shrink == Shrink::Refused && after.saturating_mul(100) < kept {
            let reason = format!("the list has {after} rows, the one in use {before}");
            return Err(TrustError::new(reason, SHRINK_REMEDY));
        }
        Ok(())
    }
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

/// What was read; where it is refused and something else is there, that, and the problem is told.
fn or_kept<T>(read: Result<T, TrustError>, kept: Option<T>, problems: &mut Vec<TrustError>) -> Result<T, TrustError> {
    match (read, kept) {
        (Ok(read), _) => Ok(read),
        (Err(error), Some(kept)) => {
            problems.push(error);
            Ok(kept)
        }
        (Err(error), None) => Err(error),
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
