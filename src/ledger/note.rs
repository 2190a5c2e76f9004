//! Signed notes (C2SP signed-note): a text, and signatures by named Ed25519 keys. Also the time-stamped signatures of
//! witnesses (C2SP tlog-cosignature). What the text means is said elsewhere, see [`super::checkpoint`].

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::tree::sha256;
use crate::mail::{Chance, Time};
use crate::seal::keys::write_new;

/// Signatures that a note may carry; C2SP asks for 16 at least.
const SIGNATURES_MAX: usize = 64;
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_END: &str = "\n-----END PRIVATE KEY-----\n";

/// What a key signs. The number is the type byte of C2SP signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// A log signs its checkpoints.
    Log = 1,
    /// A witness signs, with its time, that it saw a log grow consistently.
    Witness = 4,
}

/// Why a text is no note, no key, or a signature isn't good.
#[derive(Debug)]
pub enum NoteError {
    /// It doesn't have the form of a signed note.
    Note,
    /// It doesn't have the form `name+id+key`, or the id isn't the key's.
    Vkey,
    /// A key that the verifier knows has signed something else: somebody changed the note.
    BadSignature(String),
    /// The key file can't be read or written.
    Io(PathBuf, io::Error),
    /// The key file isn't PKCS#8 with an Ed25519 key, or others may read it.
    KeyFile(PathBuf, &'static str),
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note => f.write_str("not a signed note: text, empty line, signature lines"),
            Self::Vkey => f.write_str("not a verifier key of the form name+id+base64"),
            Self::BadSignature(name) => write!(f, "the signature of {name} is wrong: the note was changed"),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::KeyFile(path, what) => write!(f, "{}: {what}", path.display()),
        }
    }
}

impl std::error::Error for NoteError {}

/// A public key with its name: `name+id+base64(type || key)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key_use: KeyUse,
    public: [u8; 32],
}

impl VerifierKey {
    /// A key under a name, which may hold neither spaces nor `+`.
    ///
    /// # Errors
    /// `Vkey` when the name can't be one.
    pub fn new(name: &str, key_use: KeyUse, public: [u8; 32]) -> Result<Self, NoteError> {
        if !name_ok(name) {
            return Err(NoteError::Vkey);
        }
        // [c2sp#signed-note]
        let hashed = [name.as_bytes(), b"\n", &[key_use as u8], &public].concat();
        let digest = sha256(&hashed);
        Ok(Self { name: name.to_owned(), id: [digest[0], digest[1], digest[2], digest[3]], key_use, public })
    }

    /// Reads the text form; the id must be the key's, the base64 canonical.
    ///
    /// # Errors
    /// `Vkey`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Vkey);
        };
        let key: [u8; 33] = STANDARD.decode(key).ok().and_then(|key| key.try_into().ok()).ok_or(NoteError::Vkey)?;
        let key_use = match key[0] {
            1 => KeyUse::Log,
            4 => KeyUse::Witness,
            _ => return Err(NoteError::Vkey),
        };
        let parsed = Self::new(name, key_use, std::array::from_fn(|i| key[i + 1]))?;
        if parsed.hex_id() == id { Ok(parsed) } else { Err(NoteError::Vkey) }
    }

    /// The name; for a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The 32 bytes of the Ed25519 public key (RFC 8032).
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    fn hex_id(&self) -> String {
        crate::mail::hex(&self.id)
    }

    /// The signature of this key on a note, if it has one. A witness's signature gives the witness's time.
    ///
    /// # Errors
    /// `BadSignature` when the note has one that is not good, or two.
    // [c2sp#signed-note] [c2sp#tlog-cosignature]
    pub fn signed(&self, note: &Note) -> Result<Option<Signed>, NoteError> {
        let mut ours = note.signatures.iter().filter(|line| line.id == self.id && line.name == self.name);
        let Some(line) = ours.next() else { return Ok(None) };
        let bad = || NoteError::BadSignature(self.name.clone());
        if ours.next().is_some() {
            return Err(bad());
        }
        match self.key_use {
            KeyUse::Log => self.check(note.text.as_bytes(), &line.signature).then_some(Signed::Log),
            KeyUse::Witness => {
                let (time, signature) = line.signature.split_first_chunk::<8>().ok_or_else(bad)?;
                let seconds = i64::try_from(u64::from_be_bytes(*time)).map_err(|_| bad())?;
                let good = self.check(cosigned(&note.text, seconds).as_bytes(), signature);
                good.then_some(Signed::Witness(Time::from_secs(seconds)))
            }
        }
        .map(Some)
        .ok_or_else(bad)
    }

    fn check(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.key_use as u8], self.public.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.hex_id(), STANDARD.encode(key))
    }
}

/// A good signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// By a log; says nothing about time.
    Log,
    /// By a witness, at this time of its own clock.
    Witness(Time),
}

/// A text and its signature lines. Nothing of it may be believed before a known key's signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// Reads a note: strict form, at most 64 signatures, canonical base64.
    ///
    /// # Errors
    /// `Note`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let split = text.rfind("\n\n").ok_or(NoteError::Note)?;
        let (body, lines) = (&text[..=split], &text[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Note)?;
        if body.len() < 2 || text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Note);
        }
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::Note);
            }
            signatures.push(SignatureLine::parse(line).ok_or(NoteError::Note)?);
        }
        Ok(Self { text: body.to_owned(), signatures })
    }

    /// What was signed, with its final LF.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first signature under this name as its line has it: base64 of id and signature. Not checked here.
    #[must_use]
    pub fn signature_under(&self, name: &str) -> Option<String> {
        let line = self.signatures.iter().find(|line| line.name == name)?;
        Some(STANDARD.encode([line.id.as_slice(), &line.signature].concat()))
    }

    /// The note with those signatures only that bear the name and id of one of these keys.
    #[must_use]
    pub fn only(&self, keys: &[VerifierKey]) -> Self {
        let mut note = self.clone();
        note.signatures.retain(|line| keys.iter().any(|key| line.id == key.id && line.name == key.name));
        note
    }

    /// The note with more signature lines; malformed ones, and those beyond the 64th, are left out.
    #[must_use]
    pub fn with_lines(&self, lines: &str) -> Self {
        let mut note = self.clone();
        let room = SIGNATURES_MAX.saturating_sub(note.signatures.len());
        note.signatures.extend(lines.lines().filter_map(SignatureLine::parse).take(room));
        note
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            f.write_str(&signature_line(&line.name, line.id, &line.signature))?;
        }
        Ok(())
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        (name_ok(name) && !signature.is_empty()).then(|| Self {
            name: name.to_owned(),
            id: *id,
            signature: signature.to_vec(),
        })
    }
}

/// A private key with its name.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifierKey,
}

impl SigningKey {
    /// The key of this seed (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// `Vkey` when the name can't be one.
    pub fn from_seed(name: &str, key_use: KeyUse, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::Vkey)?;
        Self::with_pair(name, key_use, pair)
    }

    /// Makes a key and writes it to a new file: PKCS#8 in PEM, mode 0600, durable.
    ///
    /// # Errors
    /// `Io`, also when the file exists: a log's key is never overwritten.
    pub fn create(path: &Path, name: &str, key_use: KeyUse, chance: &dyn Chance) -> Result<Self, NoteError> {
        let mut seed = Zeroizing::new([0; 32]);
        chance.fill(seed.as_mut_slice());
        let key = Self::from_seed(name, key_use, &seed)?;
        let der = key.pair.to_pkcs8v1().map_err(|_| NoteError::KeyFile(path.to_owned(), "cannot be encoded"))?;
        let encoded = Zeroizing::new(STANDARD.encode(der.as_ref()));
        let pem = Zeroizing::new(format!("{PEM_BEGIN}{}{PEM_END}", *encoded));
        write_new(path, pem.as_bytes()).map_err(|error| NoteError::Io(path.to_owned(), error))?;
        Ok(key)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// `Io`; `KeyFile` when it is no Ed25519 key in PKCS#8 PEM or when group or others may read it.
    pub fn load(path: &Path, name: &str, key_use: KeyUse) -> Result<Self, NoteError> {
        let io = |error| NoteError::Io(path.to_owned(), error);
        let file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.mode() & 0o077 != 0 {
            return Err(NoteError::KeyFile(path.to_owned(), "others may read this private key: run chmod 600 on it"));
        }
        let mut pem = Zeroizing::new(String::new());
        file.take(4096).read_to_string(&mut pem).map_err(io)?;
        let pair = read_pem(&pem);
        let pair = pair.ok_or(NoteError::KeyFile(path.to_owned(), "not an Ed25519 key in PKCS#8 PEM form"))?;
        Self::with_pair(name, key_use, pair)
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.public
    }

    /// The signature line of this key over a note's text, for a log.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        signature_line(&self.public.name, self.public.id, self.pair.sign(text.as_bytes()).as_ref())
    }

    /// The signature line of a witness that saw this text at this time.
    #[must_use]
    pub fn cosign(&self, text: &str, time: Time) -> String {
        let seconds = time.secs().max(0);
        let signature = self.pair.sign(cosigned(text, seconds).as_bytes());
        let stamped = [seconds.to_be_bytes().as_slice(), signature.as_ref()].concat();
        signature_line(&self.public.name, self.public.id, &stamped)
    }

    fn with_pair(name: &str, key_use: KeyUse, pair: Ed25519KeyPair) -> Result<Self, NoteError> {
        let public = pair.public_key().as_ref().try_into().map_err(|_| NoteError::Vkey)?;
        Ok(Self { public: VerifierKey::new(name, key_use, public)?, pair })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.public)
    }
}

fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("— {name} {}\n", STANDARD.encode([id.as_slice(), signature].concat()))
}

/// What a witness signs (C2SP tlog-cosignature, `cosignature/v1`).
fn cosigned(text: &str, seconds: i64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

fn name_ok(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn read_pem(pem: &str) -> Option<Ed25519KeyPair> {
    let inner = pem.trim().strip_prefix(PEM_BEGIN.trim_end())?.strip_suffix(PEM_END.trim())?;
    let encoded = Zeroizing::new(inner.split_ascii_whitespace().collect::<String>());
    let der = Zeroizing::new(STANDARD.decode(encoded.as_bytes()).ok()?);
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key_use: KeyUse) -> SigningKey {
        SigningKey::from_seed("example.com/log", key_use, &[1; 32]).unwrap()
    }

    // [c2sp#signed-note]
    #[test]
    fn the_example_of_the_go_library_verifies() {
        // golang.org/x/mod/sumdb/note, package example.
        let vkey = VerifierKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = Note::parse(note).unwrap();
        assert_eq!(vkey.signed(&note).unwrap(), Some(Signed::Log));
        assert_eq!(vkey.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    }

    // [c2sp#tlog-cosignature]
    #[test]
    fn a_witness_signs_with_its_time() {
        let witness = key(KeyUse::Witness);
        let text = "example.com/log\n1\nAAAA\n";
        let note = Note::parse(&format!("{text}\n{}", witness.cosign(text, Time::from_secs(1_679_315_147)))).unwrap();
        let signed = witness.verifier().signed(&note).unwrap();
        assert_eq!(signed, Some(Signed::Witness(Time::from_secs(1_679_315_147))));
        let log = key(KeyUse::Log);
        assert_ne!(log.verifier().id, witness.verifier().id, "the same key for another use is another key");
        assert_eq!(log.verifier().signed(&note).unwrap(), None);
    }

    #[test]
    fn a_known_key_with_a_bad_signature_is_an_error_and_an_unknown_one_is_not() {
        let log = key(KeyUse::Log);
        let note = format!("text\n\n{}", log.sign("text\n"));
        let signed = |note: &str| log.verifier().signed(&Note::parse(note).unwrap());
        assert_eq!(signed(&note).unwrap(), Some(Signed::Log));
        assert!(matches!(signed(&note.replace("text", "test")), Err(NoteError::BadSignature(_))));
        let twice = format!("{note}{}", log.sign("text\n"));
        assert!(matches!(signed(&twice), Err(NoteError::BadSignature(_))));
        assert_eq!(signed(&note.replace("— example.com/log", "— example.com/other")).unwrap(), None);
    }

    #[test]
    fn notes_have_one_form() {
        let line = key(KeyUse::Log).sign("text\n");
        let good = format!("text\n\n{line}");
        assert_eq!(Note::parse(&good).unwrap().to_string(), good);
        for bad in [
            String::new(),
            "text\n".to_owned(),
            "text\n\n".to_owned(),
            good.trim_end().to_owned(),
            format!("\n{line}"),
            format!("text\n\n{line}\n"),
            format!("text\r\n\n{line}"),
            good.replace('—', "-"),
            good.replace("=\n", "\n"),
            good.replace("— ", "—  "),
            format!("text\n\n{}", line.repeat(SIGNATURES_MAX + 1)),
        ] {
            assert!(Note::parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn vkeys_have_one_form() {
        let good = key(KeyUse::Log).verifier().to_string();
        assert_eq!(VerifierKey::parse(&good).unwrap().to_string(), good);
        for bad in ["", "a", "a+b+c", &good.to_uppercase(), &good.replace("example", "Example"), &good[1..]] {
            assert!(VerifierKey::parse(bad).is_err(), "{bad}");
        }
        assert!(VerifierKey::new("a b", KeyUse::Log, [0; 32]).is_err());
    }

    #[test]
    fn a_key_survives_its_file() {
        use crate::seal::testing::Counting;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.key");
        let key = SigningKey::create(&path, "a/2026", KeyUse::Log, &Counting::default()).unwrap();
        let loaded = SigningKey::load(&path, "a/2026", KeyUse::Log).unwrap();
        assert_eq!(key.verifier(), loaded.verifier());
        assert!(SigningKey::create(&path, "a/2026", KeyUse::Log, &Counting::default()).is_err(), "never overwritten");
        std::fs::write(&path, "x").unwrap();
        assert!(SigningKey::load(&path, "a/2026", KeyUse::Log).is_err());
    }
}
