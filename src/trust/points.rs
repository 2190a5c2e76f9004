//! Where a certificate says that its revocation status is published.

use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;

use super::certificate;

/// Addresses of one certificate at most.
const ADDRESSES_MAX: usize = 8;
/// `id-ad-ocsp`.
const OCSP: &str = "1.3.6.1.5.5.7.48.1";

/// The HTTP addresses of the revocation lists of the certificate's issuer; none for a certificate that cannot be read.
/// LDAP addresses and deltas are left out.
// [rfc5280#4.2.1.13]
#[must_use]
pub fn crl_addresses(der: &[u8]) -> Vec<String> {
    addresses(der, |certificate, found| {
        for extension in certificate.extensions() {
            let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else { continue };
            for point in points.iter().filter(|point| point.crl_issuer.is_none()) {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    found.extend(names.iter().filter_map(http));
                }
            }
        }
    })
}

/// The HTTP addresses of the issuer's OCSP responders.
// [rfc5280#4.2.2.1]
#[must_use]
pub fn ocsp_addresses(der: &[u8]) -> Vec<String> {
    addresses(der, |certificate, found| {
        for extension in certificate.extensions() {
            let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { continue };
            let responders = access.accessdescs.iter().filter(|one| one.access_method.to_id_string() == OCSP);
            found.extend(responders.filter_map(|one| http(&one.access_location)));
        }
    })
}

fn addresses(der: &[u8], collect: impl FnOnce(&X509Certificate<'_>, &mut Vec<String>)) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(certificate) = certificate::parse(der) {
        collect(&certificate, &mut found);
    }
    found.truncate(ADDRESSES_MAX);
    found
}

fn http(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(uri) if uri.starts_with("http://") || uri.starts_with("https://") => Some((*uri).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, CrlDistributionPoint, CustomExtension, KeyPair};

    /// [rfc5280#4.2.1.13] [rfc5280#4.2.2.1]
    #[test]
    fn http_addresses_are_found_and_others_left_out() {
        let mut params = CertificateParams::new(vec!["a.fr".to_owned()]).unwrap();
        let point = |uris: &[&str]| CrlDistributionPoint { uris: uris.iter().map(|uri| (*uri).to_owned()).collect() };
        params.crl_distribution_points =
            vec![point(&["ldap://a.fr/c", "http://igc.fr/1.crl"]), point(&["https://igc.fr/2.crl"])];
        // SEQUENCE { SEQUENCE { id-ad-ocsp, [6] "http://o.fr" }, SEQUENCE { id-ad-caIssuers, [6] "http://c.fr" } }
        let access = |last: u8, uri: &[u8]| {
            let oid = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, last];
            let name = [&[0x86, u8::try_from(uri.len()).unwrap()], uri].concat();
            [&[0x30, u8::try_from(oid.len() + name.len()).unwrap()], &oid[..], &name].concat()
        };
        let both = [access(1, b"http://o.fr"), access(2, b"http://c.fr")].concat();
        let both = [&[0x30, u8::try_from(both.len()).unwrap()], &both[..]].concat();
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], both)];
        let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        assert_eq!(crl_addresses(&der), ["http://igc.fr/1.crl", "https://igc.fr/2.crl"]);
        assert_eq!(ocsp_addresses(&der), ["http://o.fr"]);
        assert!(crl_addresses(b"no certificate").is_empty());
    }
}
