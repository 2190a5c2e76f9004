//! The keys that sign for our domains (DKIM), from their files.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::data::StartError;
use crate::config::Config;
use crate::flows::Signers;
use crate::proto::dkim::Signer;

/// Octets of a key's file: RSA with 4,096 bits takes 3,300.
const FILE_MAX: u64 = 16 * 1024;

/// All keys of the configuration.
///
/// # Errors
/// Which file, and what to do.
pub fn signers(config: &Config) -> Result<Signers, StartError> {
    let mut keys = Vec::new();
    for (domain, files) in &config.dkim.keys {
        for key in files {
            let wrong = |why: String| StartError::new(format!("clé DKIM {} : {why}", key.file.display()));
            let pkcs8 = read(&key.file).map_err(wrong)?;
            let signer = Signer::new(domain.clone(), &key.selector, &pkcs8);
            keys.push((domain.clone(), signer.map_err(|error| wrong(error.to_string()))?));
        }
    }
    Ok(Signers::new(keys))
}

/// The PKCS#8 in a PEM file that nobody else may read.
///
/// # Errors
/// Why not, in French.
pub fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let open = File::open(file).map_err(|error| error.to_string())?;
    if open.metadata().map_err(|error| error.to_string())?.mode() & 0o077 != 0 {
        return Err("d'autres que son propriétaire peuvent la lire : chmod 600".to_owned());
    }
    let mut pem = Zeroizing::new(String::new());
    open.take(FILE_MAX).read_to_string(&mut pem).map_err(|error| error.to_string())?;
    let wrong = || "ce n'est pas une clé privée PKCS#8 en PEM (« BEGIN PRIVATE KEY »)".to_owned();
    let (_, after) = pem.split_once("-----BEGIN PRIVATE KEY-----").ok_or_else(wrong)?;
    let (body, _) = after.split_once("-----END PRIVATE KEY-----").ok_or_else(wrong)?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    STANDARD.decode(body.as_bytes()).map(Zeroizing::new).map_err(|_| wrong())
}

/// The PEM of a key in PKCS#8.
#[must_use]
pub fn pem(pkcs8: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(pkcs8));
    let mut pem = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
    for line in body.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::proto::dkim::{KeyKind, new_key};

    #[test]
    fn a_key_survives_its_file_and_nobody_else_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("dkim.key");
        for kind in [KeyKind::Rsa, KeyKind::Ed25519] {
            let key = new_key(kind).unwrap();
            std::fs::write(&file, pem(&key).as_bytes()).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(read(&file).unwrap_err().contains("chmod 600"));
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(*read(&file).unwrap(), *key);
        }
        std::fs::write(&file, "nothing").unwrap();
        assert!(read(&file).is_err() && read(&directory.path().join("none")).is_err());
    }
}
