//! What a login can be bound to: the connection itself, or the certificate that we show on it.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use rustls::{ProtocolVersion, ServerConnection};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The label and the length of RFC 9266 §2.
const LABEL: &[u8] = b"EXPORTER-Channel-Binding";
const EXPORTED: usize = 32;

/// `tls-exporter` of a finished handshake. Of TLS 1.3 only: RFC 9266 §4.2 asks for the extended master secret in
/// TLS 1.2, and the library does not tell whether it was agreed on.
// [rfc9266#2]
pub(in crate::net) fn exporter(connection: &ServerConnection) -> Option<Vec<u8>> {
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    connection.export_keying_material(vec![0; EXPORTED], LABEL, None).ok()
}

/// `tls-server-end-point`: the hash of our certificate by the hash of its own signature, or by SHA-256 where that is
/// weaker; none where its signature has no single hash.
// [rfc5929#4.1]
pub(super) fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let algorithm = hash_of(&parsed.signature_algorithm.algorithm.to_id_string())?;
    Some(digest(algorithm, certificate).as_ref().to_vec())
}

fn hash_of(signature: &str) -> Option<&'static Algorithm> {
    match signature {
        // MD5, SHA-1 and SHA-256, each with RSA or ECDSA
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => Some(&SHA256),
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Some(&SHA256),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(&SHA384),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(&SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5929#4.1]
    #[test]
    fn the_hash_is_that_of_the_certificates_signature() {
        for (signature, bytes) in [
            ("1.2.840.113549.1.1.5", Some(32)),
            ("1.2.840.113549.1.1.11", Some(32)),
            ("1.2.840.10045.4.3.3", Some(48)),
            ("1.2.840.113549.1.1.13", Some(64)),
            ("1.3.101.112", None),
        ] {
            assert_eq!(hash_of(signature).map(Algorithm::output_len), bytes, "{signature}");
        }
        assert_eq!(server_end_point(b"no certificate"), None);
    }
}
