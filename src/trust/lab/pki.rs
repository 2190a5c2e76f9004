//! A laboratory on disk: its authorities, a register of what was issued and revoked, and the files that servers read:
//! anchors, revocation lists, a signed white list. What `sceau pki` and the demonstration work with.
//!
//! ```text
//! DIR/registre.json            what was issued, for whom, revoked when
//! DIR/autorites/               authorities with their keys: who has them can issue anything in this laboratory
//! DIR/anchors.pem  crls.pem  crls-conformite.pem  liste-blanche.xml
//! DIR/<name>.pem  <name>.key   one pair for each certificate
//! ```

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Issued, Lab, LabError, LabFiles, Leaf, ListRow, audit, sign_white_list, white_list_xml};
use crate::mail::{Domain, Edge, Time, hex};
use crate::trust::{CertificateFacts, DistinguishedName};

const REGISTER: &str = "registre.json";
const AUTHORITIES: &str = "autorites";
const SIGNER: &str = "signataire-liste";
const REVOKED_PEER: &str = "conformite-cert-revoque";
/// How long revocation lists are valid unless it is asked otherwise: a laboratory is not looked after every week.
pub const CRL_DAYS: i64 = 30;
/// Certificates that one laboratory issues at most: its register is read and written as a whole.
const ENTRIES_MAX: usize = 10_000;

/// For whom a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An operator's server.
    Operator,
    /// A server as its clients see it.
    Server,
    /// Software with a mailbox of its own.
    Application,
    /// A professional.
    Person,
    /// The signer of the white list.
    ListSigner,
    /// A peer that conformance tests play.
    Conformance,
}

/// One certificate of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name of its files, without ending.
    pub name: String,
    /// For whom it is.
    pub kind: Kind,
    /// The subject in RFC 4514 form.
    pub subject: String,
    /// The serial number in hexadecimal.
    pub serial: String,
    /// Its last day.
    pub not_after: Time,
    /// The domains that the white list gives it.
    #[serde(default)]
    pub domains: Vec<Domain>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked: Option<Time>,
}

#[derive(Serialize, Deserialize)]
struct Register {
    version: u32,
    /// Whether the white list is signed.
    signed: bool,
    entries: Vec<Entry>,
}

/// An opened laboratory. One at a time has it: others wait.
pub struct Pki {
    directory: PathBuf,
    files: LabFiles,
    lab: Lab,
    edge: Edge,
    register: Register,
    _lock: File,
}

impl Pki {
    /// Begins a laboratory in a directory that has none.
    ///
    /// # Errors
    /// When one is there already, or files cannot be written.
    pub fn init(directory: &Path, edge: &Edge, signed: bool) -> Result<Self, LabError> {
        if directory.join(REGISTER).exists() {
            return Err(LabError(format!("{} holds a laboratory already", directory.display())));
        }
        let files = LabFiles::new(directory)?;
        let lock = lock(directory)?;
        let lab = Lab::new(edge)?;
        lab.keep(&directory.join(AUTHORITIES))?;
        files.anchors(&lab)?;
        let register = Register { version: 1, signed, entries: Vec::new() };
        let mut pki = Self { directory: directory.to_owned(), files, lab, edge: edge.clone(), register, _lock: lock };
        pki.enter(SIGNER, Kind::ListSigner, &Leaf::list_signer(), Vec::new())?;
        pki.enter(REVOKED_PEER, Kind::Conformance, &audit::leaf(audit::DOMAINS[2]), Vec::new())?;
        let now = pki.edge.now();
        pki.register.entries.iter_mut().filter(|entry| entry.name == REVOKED_PEER).for_each(|e| e.revoked = Some(now));
        pki.publish()?;
        Ok(pki)
    }

    /// Opens a laboratory.
    ///
    /// # Errors
    /// When there is none, or its files cannot be read.
    pub fn open(directory: &Path, edge: &Edge) -> Result<Self, LabError> {
        let path = directory.join(REGISTER);
        let unreadable = |error: &dyn std::fmt::Display| LabError(format!("{}: {error}", path.display()));
        if !path.exists() {
            return Err(LabError(format!(
                "there is no laboratory in {}: begin one with pki init",
                directory.display()
            )));
        }
        let lock = lock(directory)?;
        let text = fs::read(&path).map_err(|error| unreadable(&error))?;
        let register: Register = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        if register.version != 1 {
            return Err(unreadable(&format!("version {} is not known", register.version)));
        }
        Ok(Self {
            directory: directory.to_owned(),
            files: LabFiles::new(directory)?,
            lab: Lab::restore(&directory.join(AUTHORITIES), edge)?,
            edge: edge.clone(),
            register,
            _lock: lock,
        })
    }

    /// Whether a laboratory is in this directory.
    #[must_use]
    pub fn is_in(directory: &Path) -> bool {
        directory.join(REGISTER).is_file()
    }

    /// Issues a certificate under this file name, enters it, and writes the white list anew when it has domains.
    ///
    /// # Errors
    /// When the name is taken or is no file name, or files cannot be written.
    pub fn issue(&mut self, name: &str, kind: Kind, leaf: &Leaf, domains: Vec<Domain>) -> Result<Entry, LabError> {
        let listed = !domains.is_empty();
        self.enter(name, kind, leaf, domains)?;
        if listed {
            self.write_list()?;
        }
        self.write_register()?;
        self.register.entries.last().cloned().ok_or_else(|| LabError("the register is empty".to_owned()))
    }

    /// Revokes a certificate: by its serial number, its file, or the name of its files. Its rows leave the white list.
    ///
    /// # Errors
    /// When there is no such certificate, or it is revoked already.
    pub fn revoke(&mut self, which: &str) -> Result<Entry, LabError> {
        let now = self.edge.now();
        let serial = match fs::read(which).ok().and_then(|bytes| crate::trust::chain_of(&bytes).ok()) {
            Some(chain) => chain.first().and_then(|leaf| CertificateFacts::read(leaf).ok()).map(|facts| facts.serial),
            None => Some(which.to_ascii_lowercase().trim_start_matches('0').to_owned()),
        };
        let found = |entry: &&mut Entry| Some(&entry.serial) == serial.as_ref() || entry.name == which;
        let entry = self.register.entries.iter_mut().find(found);
        let entry = entry.ok_or_else(|| LabError(format!("{which}: no such certificate was issued here")))?;
        if let Some(since) = entry.revoked {
            return Err(LabError(format!("{which}: revoked already, at {since}")));
        }
        entry.revoked = Some(now);
        let entry = entry.clone();
        self.publish()?;
        Ok(entry)
    }

    /// Publishes revocation lists anew, valid for so many days.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_crls(&self, days: i64) -> Result<[PathBuf; 2], LabError> {
        let revoked = |kinds: &[Kind]| {
            let of = self.register.entries.iter().filter(|e| e.revoked.is_some() && kinds.contains(&e.kind));
            of.map(|entry| bytes(&entry.serial)).collect::<Result<Vec<_>, _>>()
        };
        use Kind as K;
        let organisations = revoked(&[K::Operator, K::Server, K::Application, K::ListSigner, K::Conformance])?;
        let crls = self.lab.kept_crls(&organisations, &revoked(&[K::Person])?, days)?;
        Ok([
            self.files.write("crls.pem", &crls)?,
            self.files.write("crls-conformite.pem", &self.lab.conformance_crls(days)?)?,
        ])
    }

    /// What was issued, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.register.entries
    }

    /// The certificate and the key of an entry.
    #[must_use]
    pub fn files_of(&self, name: &str) -> (PathBuf, PathBuf) {
        (self.directory.join(format!("{name}.pem")), self.directory.join(format!("{name}.key")))
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The anchors' file.
    #[must_use]
    pub fn anchors(&self) -> PathBuf {
        self.directory.join("anchors.pem")
    }

    /// The files of the revocation lists: the authorities', and those that serve conformance.
    #[must_use]
    pub fn crls(&self) -> [PathBuf; 2] {
        ["crls.pem", "crls-conformite.pem"].map(|file| self.directory.join(file))
    }

    /// The white list's file.
    #[must_use]
    pub fn white_list(&self) -> PathBuf {
        self.directory.join("liste-blanche.xml")
    }

    /// The name of the white list's signer; none when the list is not signed.
    #[must_use]
    pub fn list_signer(&self) -> Option<&str> {
        let signer = self.register.entries.iter().find(|entry| entry.kind == Kind::ListSigner);
        signer.filter(|_| self.register.signed).map(|entry| entry.subject.as_str())
    }

    /// The authorities, for certificates that nobody enters.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The audit peer that is revoked.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn revoked_peer(&self) -> Result<Issued, LabError> {
        self.read(REVOKED_PEER)
    }

    fn read(&self, name: &str) -> Result<Issued, LabError> {
        let (certificate, key) = self.files_of(name);
        Issued::restore(&fs::read_to_string(certificate)?, &zeroize::Zeroizing::new(fs::read_to_string(key)?))
    }

    fn enter(&mut self, name: &str, kind: Kind, leaf: &Leaf, domains: Vec<Domain>) -> Result<(), LabError> {
        let good = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if name.is_empty() || name.starts_with('.') || name.len() > 100 || !name.chars().all(good) {
            return Err(LabError(format!("{name:?} is no file name: letters, digits, dots and hyphens")));
        }
        if self.register.entries.len() >= ENTRIES_MAX {
            return Err(LabError(format!("a laboratory issues {ENTRIES_MAX} certificates at most")));
        }
        if self.register.entries.iter().any(|entry| entry.name == name) || ["anchors", "crls"].contains(&name) {
            return Err(LabError(format!("{name} is taken: choose another name for the files")));
        }
        let issued = self.lab.issue(leaf)?;
        let facts = CertificateFacts::read(issued.der()).map_err(|error| LabError(error.to_string()))?;
        self.files.identity(name, &issued)?;
        self.register.entries.push(Entry {
            name: name.to_owned(),
            kind,
            subject: facts.subject.to_string(),
            serial: facts.serial,
            not_after: facts.not_after,
            domains,
            revoked: None,
        });
        Ok(())
    }

    fn publish(&mut self) -> Result<(), LabError> {
        self.write_crls(CRL_DAYS)?;
        self.write_list()?;
        self.write_register()
    }

    fn write_list(&self) -> Result<(), LabError> {
        let mut rows = Vec::new();
        for entry in self.register.entries.iter().filter(|entry| entry.revoked.is_none()) {
            let name = DistinguishedName::parse(&entry.subject).map_err(|error| LabError(error.to_string()))?;
            rows.extend(entry.domains.iter().map(|domain| ListRow::new(domain, &name)));
        }
        rows.extend(audit::rows().map_err(|error| LabError(error.to_string()))?);
        let now = self.edge.now();
        let mut xml = white_list_xml(&rows, now);
        if self.register.signed {
            xml = sign_white_list(&xml, &self.read(SIGNER)?, now)?;
        }
        self.files.white_list(&xml).map(|_| ())
    }

    fn write_register(&self) -> Result<(), LabError> {
        let text = serde_json::to_string_pretty(&self.register).map_err(|error| LabError(error.to_string()))?;
        self.files.write(REGISTER, &(text + "\n")).map(|_| ())
    }
}

impl std::fmt::Debug for Pki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pki({})", self.directory.display())
    }
}

/// Waits until no other command changes this laboratory.
fn lock(directory: &Path) -> Result<File, LabError> {
    let file = File::create(directory.join(".verrou"))?;
    file.lock()?;
    Ok(file)
}

/// A serial number's octets.
fn bytes(serial: &str) -> Result<Vec<u8>, LabError> {
    let padded = if serial.len() % 2 == 1 { format!("0{serial}") } else { serial.to_owned() };
    let number = padded.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        u8::from_str_radix(pair, 16).map_err(|_| LabError(format!("{serial} is no serial number")))
    });
    let mut number = number.collect::<Result<Vec<_>, _>>()?;
    // A positive INTEGER does not begin with a set bit.
    if number.first().is_some_and(|first| first & 0x80 != 0) {
        number.insert(0, 0);
    }
    debug_assert_eq!(hex(&number).trim_start_matches('0'), serial);
    Ok(number)
}

#[cfg(test)]
mod tests;
