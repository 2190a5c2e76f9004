//! Replaces what is in force, and only by what is better: files that changed, lists that were fetched.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::{CrlFacts, Diff, Settings, Shrink, Snapshot, Trust, TrustError};
use crate::disk;
use crate::mail::Time;

/// What became of an offered white list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offered {
    /// It is in force and kept; this is what changed.
    Taken(Diff),
    /// It is the list in use.
    Same,
}

/// What a look at changed files came to.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// What was refused; in its place stays what was in use.
    pub problems: Vec<TrustError>,
    /// What changed in the white list, when it was replaced.
    pub list: Option<Diff>,
}

impl Trust {
    /// Reads everything at the start, keeps the list in the history, and begins to judge.
    ///
    /// # Errors
    /// As [`Settings::load`], and when the history cannot be written.
    pub fn begin(settings: &Settings, now: Time) -> Result<(Self, Vec<TrustError>), TrustError> {
        let look = settings.look(None, now)?;
        if let (Some(history), Some((xml, source))) = (&settings.history, &look.fresh) {
            let before = history.lists()?.pop();
            let before = before.and_then(|kept| history.read(&kept).ok());
            let before = before.and_then(|xml| super::WhiteList::parse(&xml, &settings.limits).ok());
            history.keep(xml, source, &look.snapshot.list, before.as_ref(), now)?;
        }
        Ok((Self::new(look.snapshot), look.problems))
    }

    /// Reads the files again, and puts what is good in them in force together. A white list that is worse does not hold
    /// up a revocation.
    pub fn reload(&self, settings: &Settings, now: Time) -> Reloaded {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.snapshot();
        let look = match settings.look(Some(&old), now) {
            Ok(look) => look,
            Err(error) => return Reloaded { problems: vec![error], list: None },
        };
        let mut reloaded = Reloaded { problems: look.problems, list: None };
        let mut snapshot = look.snapshot;
        if let Some((xml, source)) = look.fresh {
            let diff = Diff::between(&old.list, &snapshot.list);
            match keep(settings, &xml, &source, &old, &snapshot, now) {
                Ok(()) => reloaded.list = Some(diff),
                Err(error) => {
                    // One that cannot be kept would be gone at the next start, and an older one in force again.
                    snapshot.list = Arc::clone(&old.list);
                    reloaded.problems.push(error);
                }
            }
        }
        self.replace(snapshot);
        reloaded
    }

    /// Takes a white list that was fetched, if it is good, not older, and not much shorter than the one in use.
    ///
    /// # Errors
    /// Why not. The one in use stays.
    // [mss#2]
    pub fn offer(
        &self,
        settings: &Settings,
        xml: &[u8],
        source: &str,
        shrink: Shrink,
        now: Time,
    ) -> Result<Offered, TrustError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.snapshot();
        let list = settings.read_list(xml, &old.anchors, &old.revocation, now)?;
        settings.compare(&old.list, &list, shrink)?;
        let diff = Diff::between(&old.list, &list);
        let same = diff.is_empty() && list.generated() == old.list.generated();
        let snapshot = Snapshot { list: Arc::new(list), ..Snapshot::clone(&old) };
        keep(settings, xml, source, &old, &snapshot, now)?;
        self.replace(snapshot);
        Ok(if same { Offered::Same } else { Offered::Taken(diff) })
    }

    /// Takes revocation lists that were fetched, if they are good and not older than those in use. They are kept in the
    /// file of this name.
    ///
    /// # Errors
    /// Why not. Those in use stay.
    // [rfc5280#6.3.3]
    pub fn offer_crl(
        &self,
        settings: &Settings,
        bytes: &[u8],
        name: &str,
        now: Time,
    ) -> Result<Vec<CrlFacts>, TrustError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut snapshot = Snapshot::clone(&self.snapshot());
        let facts = snapshot.revocation.compare(bytes, &snapshot.anchors, now)?;
        if let Some(directory) = &settings.fetched_crls {
            keep_crl(directory, name, bytes).map_err(|error| {
                TrustError::new(error.to_string(), "check the permissions and the disk").in_file(&directory.join(name))
            })?;
        }
        snapshot.revocation.add(bytes, &snapshot.anchors, now)?;
        self.replace(snapshot);
        Ok(facts)
    }
}

impl Settings {
    /// Takes a white list while no server runs: as [`Trust::offer`], against the newest kept one. With an empty history
    /// it is the first.
    ///
    /// # Errors
    /// As [`Trust::offer`], and when the anchors cannot be read.
    pub fn offer_at_rest(&self, xml: &[u8], source: &str, shrink: Shrink, now: Time) -> Result<Offered, TrustError> {
        let (anchors, revocation, kept) = self.at_rest(now)?;
        let list = self.read_list(xml, &anchors, &revocation, now)?;
        let kept = kept.as_deref();
        if let Some(old) = kept {
            self.compare(old, &list, shrink)?;
        }
        let diff = kept.map_or_else(|| Diff::from_nothing(&list), |old| Diff::between(old, &list));
        if let Some(history) = &self.history {
            history.keep(xml, source, &list, kept, now)?;
        }
        let same = kept.is_some_and(|old| old.generated() == list.generated()) && diff.is_empty();
        Ok(if same { Offered::Same } else { Offered::Taken(diff) })
    }
}

fn keep(
    settings: &Settings,
    xml: &[u8],
    source: &str,
    old: &Snapshot,
    new: &Snapshot,
    now: Time,
) -> Result<(), TrustError> {
    match &settings.history {
        Some(history) => history.keep(xml, source, &new.list, Some(&old.list), now),
        None => Ok(()),
    }
}

fn keep_crl(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    disk::create_directory(directory)?;
    disk::replace_file(&directory.join(name), bytes)
    // durable from here
}

#[cfg(test)]
mod tests;
