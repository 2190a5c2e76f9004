//! The laboratory's authorities on disk, so that it can go on another day.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::authority::Authority;
use super::{DAY, Lab, LabError, LabFiles, OddAuthorities, crl};
use crate::mail::Edge;

pub(super) const ROOT: &str = "TEST AC RACINE IGC-SANTE ELEMENTAIRE";
pub(super) const ORGANISATIONS: &str = "TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS";
pub(super) const PERSONS: &str = "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES";
/// The last words of the names of authorities that serve conformance only.
pub(super) const REVOKED: &str = "REVOQUEE";
pub(super) const STALE: &str = "CRL PERIMEE";
pub(super) const UNKNOWN: &str = "NON INSTALLEE";

/// How long ago the revocation list of the stale authority was published: past every grace period that can be set.
const STALE_DAYS: i64 = 60;

impl Lab {
    /// Writes the authorities with their keys into this directory. The stranger's is not kept: a new one is as strange.
    pub(super) fn keep(&self, directory: &Path) -> Result<(), LabError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let files = LabFiles::new(directory)?;
        for (file, authority) in self.kept() {
            files.write(&format!("{file}.pem"), &authority.pem())?;
            files.key(file, &authority.key_pem())?;
        }
        Ok(())
    }

    /// The authorities that [`Lab::keep`] wrote.
    pub(super) fn restore(directory: &Path, edge: &Edge) -> Result<Self, LabError> {
        let read = |file: &str, end: &str| {
            let path = directory.join(format!("{file}.{end}"));
            fs::read_to_string(&path).map_err(|error| LabError(format!("{}: {error}", path.display())))
        };
        let restore = |file: &str, name: &str| {
            Authority::restore(name, &read(file, "pem")?, &zeroize::Zeroizing::new(read(file, "key")?), edge)
        };
        let root = restore("racine", ROOT)?;
        let odd = |file: &str, name: &str| restore(file, &format!("TEST AC CONFORMITE {name}"));
        Ok(Self {
            organisations: restore("organisations", ORGANISATIONS)?,
            persons: restore("personnes", PERSONS)?,
            stranger: Authority::root("AC SANS RAPPORT", edge)?,
            odd: OddAuthorities {
                revoked: odd("conformite-revoquee", REVOKED)?,
                stale: odd("conformite-perimee", STALE)?,
                unknown: odd("conformite-non-installee", UNKNOWN)?,
                ..OddAuthorities::new(&root, edge)?
            },
            root,
            edge: edge.clone(),
        })
    }

    fn kept(&self) -> [(&'static str, &Authority); 6] {
        [
            ("racine", &self.root),
            ("organisations", &self.organisations),
            ("personnes", &self.persons),
            ("conformite-revoquee", &self.odd.revoked),
            ("conformite-perimee", &self.odd.stale),
            ("conformite-non-installee", &self.odd.unknown),
        ]
    }

    /// The revocation lists of the root and the issuing authorities, valid for so many days, with these serial numbers
    /// revoked by the organisations' and the persons' authority. The root revokes the authority that conformance needs
    /// revoked.
    pub(super) fn kept_crls(
        &self,
        organisations: &[Vec<u8>],
        persons: &[Vec<u8>],
        days: i64,
    ) -> Result<String, LabError> {
        let now = self.edge.now();
        Ok([
            crl(&self.root, std::iter::once(self.odd.revoked.serial()), now, days)?,
            crl(&self.organisations, organisations.iter().map(Vec::as_slice), now, days)?,
            crl(&self.persons, persons.iter().map(Vec::as_slice), now, days)?,
        ]
        .concat())
    }

    /// The revocation lists of the authorities that serve conformance: one as it should be, one long past its date.
    pub(super) fn conformance_crls(&self, days: i64) -> Result<String, LabError> {
        let now = self.edge.now();
        let long_ago = now.plus_secs(-STALE_DAYS * DAY);
        Ok([
            crl(&self.odd.unknown, std::iter::empty(), now, days)?,
            crl(&self.odd.revoked, std::iter::empty(), now, days)?,
            crl(&self.odd.stale, std::iter::empty(), long_ago, 7)?,
        ]
        .concat())
    }
}
