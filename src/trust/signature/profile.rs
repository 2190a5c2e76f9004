//! Reads the signature element strictly: each part once, in its place, and no other.

use aws_lc_rs::digest::{self as hash, Algorithm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use rustls::pki_types::SignatureVerificationAlgorithm;

use super::{SIGNATURE_ALGORITHMS, SignatureError};
use crate::mail::Time;

/// The namespace of XML signatures.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The namespace of XAdES 1.3.2.
pub(crate) const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// The signature element.
pub(super) const SIGNATURE: (&str, &str) = (DSIG, "Signature");
/// Exclusive canonicalisation without comments.
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// XPath Filter 2.
pub(crate) const FILTER2: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
/// RSA PKCS#1 v1.5 with SHA-256.
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// SHA-256.
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// The transform that says the same as `subtract /descendant::ds:Signature` when there is one signature.
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// The type of the reference to the signed properties.
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// Certificates in one signature.
const CERTIFICATES_MAX: usize = 10;

type Digest = (&'static Algorithm, Vec<u8>);

/// The parts of a signature of the profile.
pub(super) struct Profile<'a, 'x> {
    pub(super) signed_info: Node<'a, 'x>,
    pub(super) algorithm: &'static dyn SignatureVerificationAlgorithm,
    pub(super) value: Vec<u8>,
    content_digest: Digest,
    properties_digest: Digest,
    pub(super) properties: Node<'a, 'x>,
    pub(super) certificates: Vec<Vec<u8>>,
}

impl<'a, 'x> Profile<'a, 'x> {
    pub(super) fn read(document: &'a Document<'x>, signature: Node<'a, 'x>) -> Result<Self, SignatureError> {
        let [signed_info, value, key_info, object] =
            children(signature, DSIG, ["SignedInfo", "SignatureValue", "KeyInfo", "Object"])?;
        let [canonicalization, method, content, properties] =
            children(signed_info, DSIG, ["CanonicalizationMethod", "SignatureMethod", "Reference", "Reference"])?;
        expect_algorithm(canonicalization, EXCLUSIVE)?;
        no_children(canonicalization)?;
        let properties_id = check_references(content, properties)?;
        Ok(Self {
            signed_info,
            algorithm: signature_algorithm(method)?,
            value: decode(value)?,
            content_digest: reference_digest(content)?,
            properties_digest: reference_digest(properties)?,
            properties: signed_properties(document, signature, object, properties_id)?,
            certificates: certificates(key_info)?,
        })
    }

    pub(super) fn content_digest(&self) -> (&'static Algorithm, &[u8]) {
        (self.content_digest.0, &self.content_digest.1)
    }

    pub(super) fn properties_digest(&self) -> (&'static Algorithm, &[u8]) {
        (self.properties_digest.0, &self.properties_digest.1)
    }

    /// The certificate whose digest stands among the signed properties: nobody can put another with the same key there.
    // [xades#5.2.2]
    pub(super) fn signer(&self) -> Result<&[u8], SignatureError> {
        let missing = SignatureError::Profile("no SigningCertificate among the signed properties");
        let named = descendants(self.properties, XADES, &["SigningCertificate", "SigningCertificateV2"]);
        let [named] = named[..] else { return Err(missing) };
        let digests = descendants(named, XADES, &["CertDigest"]);
        // The first is the signer's; others may name its chain.
        let (algorithm, expected) = method_and_value(*digests.first().ok_or(missing)?)?;
        let fits = |der: &&Vec<u8>| hash::digest(algorithm, der).as_ref() == expected.as_slice();
        let signer = self.certificates.iter().find(fits).map(Vec::as_slice);
        signer.ok_or(SignatureError::Profile("the certificate of SigningCertificate is not in KeyInfo"))
    }

    /// `SigningTime`, as the signer tells it.
    pub(super) fn signed_at(&self) -> Option<Time> {
        let times = descendants(self.properties, XADES, &["SigningTime"]);
        times.first().and_then(|time| Time::parse_rfc3339(time.text()?.trim()).ok())
    }
}

/// The first reference is to the whole document less the signature, the second to the signed properties. Gives their id.
fn check_references<'a>(content: Node<'a, '_>, properties: Node<'a, '_>) -> Result<&'a str, SignatureError> {
    if content.attribute("URI") != Some("") {
        return Err(SignatureError::Profile("the first reference is not to the whole document"));
    }
    let [less_signature, canonical] = transforms(content)?[..] else {
        return Err(SignatureError::Profile("the whole document's reference needs two transforms"));
    };
    expect_algorithm(canonical, EXCLUSIVE)?;
    no_children(canonical)?;
    check_subtraction(less_signature)?;

    let [canonical] = transforms(properties)?[..] else {
        return Err(SignatureError::Profile("the signed properties' reference needs one transform"));
    };
    expect_algorithm(canonical, EXCLUSIVE)?;
    no_children(canonical)?;
    if properties.attribute("Type") != Some(SIGNED_PROPERTIES) {
        return Err(SignatureError::Profile("the second reference is not of the type of signed properties"));
    }
    let id = properties.attribute("URI").and_then(|uri| uri.strip_prefix('#')).filter(|id| !id.is_empty());
    id.ok_or(SignatureError::Profile("the second reference names no element"))
}

/// The transform takes the signature away and nothing else.
fn check_subtraction(transform: Node<'_, '_>) -> Result<(), SignatureError> {
    if transform.attribute("Algorithm") == Some(ENVELOPED) {
        return no_children(transform);
    }
    expect_algorithm(transform, FILTER2)?;
    let [xpath] = children(transform, FILTER2, ["XPath"])?;
    let expression = xpath.text().unwrap_or_default().trim();
    let prefix = expression.strip_prefix("/descendant::").and_then(|rest| rest.strip_suffix(":Signature"));
    let is_signature = prefix.is_some_and(|prefix| xpath.lookup_namespace_uri(Some(prefix)) == Some(DSIG));
    if xpath.attribute("Filter") == Some("subtract") && is_signature && xpath.children().count() == 1 {
        return Ok(());
    }
    Err(SignatureError::Profile("the XPath filter takes something else away than the signature"))
}

fn transforms<'a, 'x>(reference: Node<'a, 'x>) -> Result<Vec<Node<'a, 'x>>, SignatureError> {
    let [transforms, _, _] = children(reference, DSIG, ["Transforms", "DigestMethod", "DigestValue"])?;
    let transforms: Vec<_> = transforms.children().filter(Node::is_element).collect();
    if transforms.iter().all(|transform| transform.has_tag_name((DSIG, "Transform"))) {
        return Ok(transforms);
    }
    Err(SignatureError::Profile("something among the transforms is none"))
}

fn reference_digest(reference: Node<'_, '_>) -> Result<Digest, SignatureError> {
    let [_, method, value] = children(reference, DSIG, ["Transforms", "DigestMethod", "DigestValue"])?;
    Ok((digest_algorithm(method)?, decode(value)?))
}

fn method_and_value(parent: Node<'_, '_>) -> Result<Digest, SignatureError> {
    let [method, value] = children(parent, DSIG, ["DigestMethod", "DigestValue"])?;
    Ok((digest_algorithm(method)?, decode(value)?))
}

/// The signed properties: the only element with that id, in this signature's only object, for this signature.
fn signed_properties<'a, 'x>(
    document: &'a Document<'x>,
    signature: Node<'a, 'x>,
    object: Node<'a, 'x>,
    id: &str,
) -> Result<Node<'a, 'x>, SignatureError> {
    let [qualifying] = children(object, XADES, ["QualifyingProperties"])?;
    let target = qualifying.attribute("Target").and_then(|target| target.strip_prefix('#'));
    if target.is_none() || target != signature.attribute("Id") {
        return Err(SignatureError::Profile("the qualifying properties are not of this signature"));
    }
    let mut properties = qualifying.children().filter(Node::is_element);
    let properties = properties.next().filter(|node| node.has_tag_name((XADES, "SignedProperties")));
    let properties = properties.ok_or(SignatureError::Profile("there are no signed properties"))?;
    let mut with_id =
        document.descendants().filter(|node| ["Id", "ID", "id"].iter().any(|a| node.attribute(*a) == Some(id)));
    if with_id.next() == Some(properties) && with_id.next().is_none() {
        return Ok(properties);
    }
    Err(SignatureError::Profile("the second reference is not to the signed properties alone"))
}

fn certificates(key_info: Node<'_, '_>) -> Result<Vec<Vec<u8>>, SignatureError> {
    let certificates = descendants(key_info, DSIG, &["X509Certificate"]);
    if certificates.is_empty() || certificates.len() > CERTIFICATES_MAX {
        return Err(SignatureError::Profile("KeyInfo holds no certificate, or too many"));
    }
    certificates.into_iter().map(decode).collect()
}

fn signature_algorithm(method: Node<'_, '_>) -> Result<&'static dyn SignatureVerificationAlgorithm, SignatureError> {
    no_children(method)?;
    let name = method.attribute("Algorithm").unwrap_or_default();
    let known = SIGNATURE_ALGORITHMS.iter().find(|(known, _)| *known == name);
    known.map(|(_, algorithm)| *algorithm).ok_or_else(|| SignatureError::Algorithm(name.to_owned()))
}

fn digest_algorithm(method: Node<'_, '_>) -> Result<&'static Algorithm, SignatureError> {
    no_children(method)?;
    match method.attribute("Algorithm").unwrap_or_default() {
        SHA256 => Ok(&hash::SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(&hash::SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(&hash::SHA512),
        other => Err(SignatureError::Algorithm(other.to_owned())),
    }
}

/// Exactly these child elements, in this order.
fn children<'a, 'x, const N: usize>(
    parent: Node<'a, 'x>,
    namespace: &str,
    names: [&'static str; N],
) -> Result<[Node<'a, 'x>; N], SignatureError> {
    let found: Vec<_> = parent.children().filter(Node::is_element).collect();
    let found: [Node<'a, 'x>; N] = found.try_into().map_err(|_| SignatureError::Profile(names[0]))?;
    for (node, name) in found.iter().zip(names) {
        if !node.has_tag_name((namespace, name)) {
            return Err(SignatureError::Profile(name));
        }
    }
    Ok(found)
}

fn descendants<'a, 'x>(parent: Node<'a, 'x>, namespace: &str, names: &[&str]) -> Vec<Node<'a, 'x>> {
    let wanted = |node: &Node<'_, '_>| names.iter().any(|name| node.has_tag_name((namespace, *name)));
    parent.descendants().filter(wanted).collect()
}

fn expect_algorithm(node: Node<'_, '_>, algorithm: &str) -> Result<(), SignatureError> {
    match node.attribute("Algorithm").unwrap_or_default() {
        found if found == algorithm => Ok(()),
        other => Err(SignatureError::Algorithm(other.to_owned())),
    }
}

fn no_children(node: Node<'_, '_>) -> Result<(), SignatureError> {
    if node.children().any(|child| child.is_element()) {
        return Err(SignatureError::Profile("an algorithm has parameters"));
    }
    Ok(())
}

/// Base64 with white space in it.
fn decode(node: Node<'_, '_>) -> Result<Vec<u8>, SignatureError> {
    let text: String = node.children().filter_map(|child| if child.is_text() { child.text() } else { None }).collect();
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map_err(|_| SignatureError::Profile("base64"))
}

/// The digest of bytes by the profile's main algorithm, in base64.
pub(crate) fn digest(bytes: &[u8]) -> String {
    STANDARD.encode(hash::digest(&hash::SHA256, bytes))
}
