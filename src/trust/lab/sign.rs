//! Signs a white list the way ANS signs: XAdES-B, enveloped, exclusive canonicalisation, RSA-SHA256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Document;

use super::{Issued, LabError};
use crate::mail::Time;
use crate::trust::CertificateFacts;
use crate::trust::signature::{DSIG, EXCLUSIVE, FILTER2, RSA_SHA256, SHA256, XADES, digest, document_without, element};

/// The parts of a signature that are known one after the other.
#[derive(Default)]
struct Values {
    content_digest: String,
    properties_digest: String,
    signature: String,
}

/// The list with its signature before the end of the root element.
///
/// # Errors
/// When the signer's key is not RSA, or the list is not XML with an end tag.
// [mss#2]
pub fn sign_white_list(xml: &str, signer: &Issued, signed_at: Time) -> Result<String, LabError> {
    if !signer.has_rsa_key() {
        return Err(LabError("the profile needs an RSA key".to_owned()));
    }
    let properties = signed_properties(signer, signed_at)?;
    let mut values = Values::default();
    let draft = with_signature(xml, &values, &properties, signer)?;
    let document = parse(&draft)?;
    let signature = find(&document, DSIG, "Signature")?;
    values.content_digest = digest(&document_without(&document, signature));
    values.properties_digest = digest(&element(find(&document, XADES, "SignedProperties")?));

    let draft = with_signature(xml, &values, &properties, signer)?;
    let document = parse(&draft)?;
    let signed_info = element(find(&document, DSIG, "SignedInfo")?);
    values.signature = STANDARD.encode(signer.sign(&signed_info)?);
    with_signature(xml, &values, &properties, signer)
}

fn parse(xml: &str) -> Result<Document<'_>, LabError> {
    Document::parse(xml).map_err(|error| LabError(format!("the list is not XML: {error}")))
}

fn find<'a, 'x>(document: &'a Document<'x>, namespace: &str, name: &str) -> Result<roxmltree::Node<'a, 'x>, LabError> {
    let found = document.descendants().find(|node| node.has_tag_name((namespace, name)));
    found.ok_or_else(|| LabError(format!("no {name} in the draft")))
}

fn with_signature(xml: &str, values: &Values, properties: &str, signer: &Issued) -> Result<String, LabError> {
    let end = xml.rfind("</").ok_or_else(|| LabError("the list has no end tag".to_owned()))?;
    let (before, after) = xml.split_at(end);
    let Values { content_digest, properties_digest, signature } = values;
    let certificates: String = signer
        .chain()
        .iter()
        .map(|der| format!("<ds:X509Certificate>{}</ds:X509Certificate>", STANDARD.encode(der)))
        .collect();
    Ok(format!(
        "{before}<ds:Signature xmlns:ds=\"{DSIG}\" Id=\"signature-1\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/><ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/>\
         <ds:Reference Id=\"reference-1\" URI=\"\"><ds:Transforms><ds:Transform Algorithm=\"{FILTER2}\">\
         <dsig-xpath:XPath xmlns:dsig-xpath=\"{FILTER2}\" Filter=\"subtract\">/descendant::ds:Signature\
         </dsig-xpath:XPath></ds:Transform><ds:Transform Algorithm=\"{EXCLUSIVE}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue>{content_digest}</ds:DigestValue></ds:Reference>\
         <ds:Reference Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#properties-1\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{EXCLUSIVE}\"/></ds:Transforms><ds:DigestMethod Algorithm=\"{SHA256}\"/>\
         <ds:DigestValue>{properties_digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>\
         <ds:SignatureValue>{signature}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data>\
         </ds:KeyInfo><ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#signature-1\">\
         {properties}</xades:QualifyingProperties></ds:Object></ds:Signature>{after}"
    ))
}

fn signed_properties(signer: &Issued, signed_at: Time) -> Result<String, LabError> {
    let facts = CertificateFacts::read(signer.der()).map_err(|error| LabError(error.to_string()))?;
    let issuer = facts.issuer.to_string().replace('&', "&amp;").replace('<', "&lt;");
    let serial = u128::from_str_radix(&facts.serial, 16).map_err(|error| LabError(error.to_string()))?;
    let certificate = digest(signer.der());
    Ok(format!(
        "<xades:SignedProperties Id=\"properties-1\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{signed_at}</xades:SigningTime><xades:SigningCertificate><xades:Cert><xades:CertDigest>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue>{certificate}</ds:DigestValue></xades:CertDigest>\
         <xades:IssuerSerial><ds:X509IssuerName>{issuer}</ds:X509IssuerName><ds:X509SerialNumber>{serial}\
         </ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>\
         </xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat \
         ObjectReference=\"#reference-1\"><xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>\
         </xades:SignedDataObjectProperties></xades:SignedProperties>"
    ))
}
