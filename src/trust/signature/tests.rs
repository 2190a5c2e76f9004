//! The list's signature: taken when it is of the profile and by the right signer, refused otherwise.

use std::sync::OnceLock;

use super::*;
use crate::trust::WhiteList;
use crate::trust::lab::ListRow;
use crate::trust::lab::{Flaw, Issued, Leaf, Organisation, sign_white_list, white_list_xml};
use crate::trust::testing::{DAY, Space, domain, start};

/// RSA keys take a moment to make: one space and one signer for all tests.
fn bench() -> &'static (Space, Issued) {
    static BENCH: OnceLock<(Space, Issued)> = OnceLock::new();
    BENCH.get_or_init(|| {
        let space = Space::new();
        let signer = space.issue(&Leaf::list_signer());
        (space, signer)
    })
}

fn unsigned() -> String {
    let name = DistinguishedName::parse("CN=mss.a.fr,OU=1590000012,O=A & \"B\",ST=Rhône (69),C=FR").unwrap();
    white_list_xml(&[ListRow::new(&domain("a.fr"), &name), ListRow::new(&domain("b.fr"), &name)], start())
}

fn signed() -> String {
    sign_white_list(&unsigned(), &bench().1, start()).unwrap()
}

fn verify_at(xml: &str, now: Time) -> Result<Signed, SignatureError> {
    let signer = DistinguishedName::parse("CN=Liste Blanche TEST MSSante,OU=318751275100020").unwrap();
    let (space, _) = bench();
    let (anchors, revocation) = (space.anchors(), space.revocation(&[]));
    Verifier { signer: &signer, anchors: &anchors, revocation: &revocation, limits: &Limits::default(), now }
        .verify(xml.as_bytes())
}

fn verify(xml: &str) -> Result<Signed, SignatureError> {
    verify_at(xml, start())
}

/// [mss#2] [xmldsig#3.2] [xades#5.2.2]
#[test]
fn a_signed_list_is_verified_and_only_what_was_signed_is_read() {
    let signed = verify(&signed()).unwrap();
    assert_eq!(signed.signed_at, Some(start()));
    assert_eq!(signed.signer, CertificateFacts::read(bench().1.der()).unwrap());
    let content = String::from_utf8(signed.content).unwrap();
    assert!(!content.contains("Signature") && content.starts_with("<ListeBlancheMSSante xmlns="), "{content}");
    let list = WhiteList::parse(content.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(list.domain_count(), 2);
}

fn assert_refused(cases: impl IntoIterator<Item = (&'static str, String, SignatureError)>) {
    for (case, text, expected) in cases {
        assert_eq!(verify(&text).map(|_| ()), Err(expected), "{case}");
    }
}

/// [mss#2]
#[test]
fn changes_of_what_was_signed_are_refused() {
    let good = signed();
    let swap = |from: &str, to: &str| good.replacen(from, to, 1);
    let properties = SignatureError::Digest("the signed properties");
    assert_refused([
        ("unsigned", unsigned(), SignatureError::Unsigned),
        ("a row", swap("b.fr", "c.fr"), SignatureError::Digest("the list")),
        ("a date", swap("2026-06-01T00", "2026-06-01T01"), SignatureError::Digest("the list")),
        ("text after a comment", swap("a.fr", "a.fr<!-- -->x"), SignatureError::Digest("the list")),
        ("the signing time", swap("SigningTime>2026", "SigningTime>2027"), properties),
    ]);
}

/// Where the signature stands, and what is put around it: wrapping. [mss#2]
#[test]
fn a_signature_in_another_place_is_refused() {
    let good = signed();
    let at = good.find("<ds:Signature ").unwrap();
    let (before, signature) = (&good[..at], &good[at..good.rfind("</ListeBlancheMSSante>").unwrap()]);
    let inside = before.replacen("<Domaine>", &format!("<Domaine>{signature}"), 1) + "</ListeBlancheMSSante>";
    let wrapped = before.replacen("a.fr", "evil.fr", 1) + &wrap(signature, before);
    let id_twice = good.replacen("<Domaine>", "<Domaine Id=\"properties-1\">", 1);
    let alone = SignatureError::Profile("the second reference is not to the signed properties alone");
    assert_refused([
        ("two", format!("{before}{signature}{signature}</ListeBlancheMSSante>"), SignatureError::Several),
        ("another root", format!("<x>{}</x>", good.split_once("?>").unwrap().1), SignatureError::Misplaced),
        ("inside a row", inside, SignatureError::Misplaced),
        ("the signed list inside the signature", wrapped, SignatureError::Profile("SignedInfo")),
        ("the same id twice", id_twice, alone),
    ]);
}

/// What other profiles allow, and ours does not. [mss#2]
#[test]
fn other_profiles_are_refused() {
    let good = signed();
    let (sha1, c14n) = ("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
    let algorithm = |name: &str| SignatureError::Algorithm(name.to_owned());
    let subtraction = SignatureError::Profile("the XPath filter takes something else away than the signature");
    let whole = SignatureError::Profile("the first reference is not to the whole document");
    let alone = SignatureError::Profile("the second reference is not to the signed properties alone");
    let owner = SignatureError::Profile("the qualifying properties are not of this signature");
    let swap = |from: &str, to: &str| good.replacen(from, to, 1);
    assert_refused([
        ("SHA-1", good.replace(SHA256, sha1), algorithm(sha1)),
        ("inclusive", swap(EXCLUSIVE, c14n), algorithm(c14n)),
        ("inclusive transform", replace_nth(&good, EXCLUSIVE, c14n, 1), algorithm(c14n)),
        ("more taken away", swap("descendant::ds:Signature", "descendant::ds:Signature|//*"), subtraction.clone()),
        ("an intersection", swap("\"subtract\"", "\"intersect\""), subtraction),
        ("a part of the document", swap("URI=\"\"", "URI=\"#x\""), whole),
        ("other signed properties", swap("#properties-1", "#elsewhere"), alone),
        ("another signature's properties", swap("Target=\"#signature-1\"", "Target=\"#x\""), owner),
        ("no key", without(&good, "<ds:KeyInfo>", "</ds:KeyInfo>"), SignatureError::Profile("SignedInfo")),
    ]);
}

/// The signature with the list that it signed in an object of its own: the classic wrapping.
fn wrap(signature: &str, list: &str) -> String {
    let list = list.split_once("?>").unwrap().1;
    let object = format!("<ds:Object>{list}</ListeBlancheMSSante></ds:Object></ds:Signature></ListeBlancheMSSante>");
    signature.replace("</ds:Signature>", &object)
}

fn replace_nth(text: &str, from: &str, to: &str, skip: usize) -> String {
    let (at, _) = text.match_indices(from).nth(skip).unwrap();
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

fn without(text: &str, from: &str, to: &str) -> String {
    let (start, end) = (text.find(from).unwrap(), text.find(to).unwrap() + to.len());
    format!("{}{}", &text[..start], &text[end..])
}

/// Every byte of what is signed counts: flip each one of a stretch and look. [xmldsig#3.2]
#[test]
fn no_byte_of_the_signed_parts_may_change() {
    let good = signed();
    let bytes = good.as_bytes();
    let signature_end = good.find("</ds:SignatureValue>").unwrap();
    let object_end = good.find("</xades:SignedProperties>").unwrap();
    // From the root element on: what stands before it is no part of the canonical form.
    let from = good.find("<ListeBlanche").unwrap();
    for at in (from..signature_end).chain(signature_end..object_end).step_by(23) {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x01;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let Ok(taken) = verify(&changed) else { continue };
        // What is taken all the same must say the same: white space between attributes, another certificate of the
        // chain that is not needed.
        assert_eq!(taken.content, verify(&good).unwrap().content, "byte {at}");
    }
}

#[test]
fn layout_that_canonicalisation_forgives() {
    let good = signed();
    for text in [
        good.replacen("<ds:Signature xmlns:ds=", "<ds:Signature\n  xmlns:ds=", 1),
        good.replacen("<Domaine>", "<Domaine ><!-- a comment -->", 1),
        good.replacen("?>", "?>\n<!-- before the root -->\n", 1),
        good.replace('\n', "\r\n"),
        good.replacen("&amp;", "&#38;", 1),
    ] {
        verify(&text).unwrap();
    }
}

/// [mss#2]
#[test]
fn signers_that_are_not_taken() {
    let (space, _) = bench();
    let agency = Organisation::agency();
    let by = |leaf: Leaf| sign_white_list(&unsigned(), &space.issue(&leaf), start()).unwrap();
    let other = Leaf { common_name: "Somebody else".into(), ..Leaf::list_signer() };
    let elsewhere = Leaf { organisation: Organisation { unit: "1590000012".into(), ..agency }, ..Leaf::list_signer() };
    for (case, leaf, expected) in [
        ("expired", Leaf::list_signer().with(Flaw::Expired), Some(Refusal::Expired)),
        ("other CA", Leaf::list_signer().with(Flaw::OtherAuthority), Some(Refusal::UnknownIssuer)),
        ("self-signed", Leaf::list_signer().with(Flaw::SelfSigned), Some(Refusal::UnknownIssuer)),
        ("key usage", Leaf::list_signer().with(Flaw::WrongUsage), Some(Refusal::BadUsage)),
        ("another name", other, None),
        ("another unit", elsewhere, None),
    ] {
        match (verify(&by(leaf)).map(|_| ()), expected) {
            (Err(SignatureError::Signer(refusal)), Some(expected)) => assert_eq!(refusal, expected, "{case}"),
            (Err(SignatureError::OtherSigner(_)), None) => {}
            (result, _) => panic!("{case}: {result:?}"),
        }
    }
    let late = verify_at(&signed(), start().plus_secs(4 * 365 * DAY)).map(|_| ());
    assert_eq!(late, Err(SignatureError::Signer(Refusal::Expired)));
    let p256 = space.issue(&Leaf { key: crate::trust::lab::Key::P256, ..Leaf::list_signer() });
    assert!(sign_white_list(&unsigned(), &p256, start()).is_err());
}

/// Somebody else's certificate beside the signer's must not be taken for it. [xades#5.2.2]
#[test]
fn the_signed_certificate_is_the_signer() {
    let (space, _) = bench();
    let other = space.issue(&Leaf { key: crate::trust::lab::Key::Rsa2048, ..Space::north() });
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(other.der());
    let good = signed();
    let beside =
        good.replacen("<ds:X509Data>", &format!("<ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate>"), 1);
    assert_eq!(verify(&beside).unwrap().signer.sha256, CertificateFacts::read(bench().1.der()).unwrap().sha256);
    let instead = without(&good, "<ds:X509Certificate>", "</ds:X509Certificate>");
    let missing = SignatureError::Profile("the certificate of SigningCertificate is not in KeyInfo");
    assert_eq!(verify(&instead).map(|_| ()), Err(missing));
}

/// Examples of the rules, computed by hand. [exc-c14n#3] [c14n#2.3]
#[test]
fn exclusive_canonicalisation() {
    for (xml, canonical) in [
        ("<a/>", "<a></a>"),
        ("<?xml version='1.0'?>\n<?p  x ?>\n<a><!-- c --></a>\n<?q?>", "<?p x ?>\n<a></a>\n<?q?>"),
        ("<a  z='1'\n y=\"2&quot;'\" />", "<a y=\"2&quot;'\" z=\"1\"></a>"),
        (
            "<a xmlns='urn:x' xmlns:p='urn:p'><p:b/><b xmlns=''/></a>",
            "<a xmlns=\"urn:x\"><p:b xmlns:p=\"urn:p\"></p:b><b xmlns=\"\"></b></a>",
        ),
        (
            "<p:a xmlns:p='urn:p'><p:b/><p:b xmlns:p='urn:q'/></p:a>",
            "<p:a xmlns:p=\"urn:p\"><p:b></p:b><p:b xmlns:p=\"urn:q\"></p:b></p:a>",
        ),
        (
            "<a xmlns:z='urn:a' xmlns:y='urn:b' y:k='1' z:k='2' k='0' xml:lang='fr'/>",
            "<a xmlns:y=\"urn:b\" xmlns:z=\"urn:a\" k=\"0\" xml:lang=\"fr\" z:k=\"2\" y:k=\"1\"></a>",
        ),
        ("<a>&lt;&gt;&amp;&#13;<![CDATA[<&]]>é</a>", "<a>&lt;&gt;&amp;&#xD;&lt;&amp;é</a>"),
        ("<a b='&#9;&#10;&#13;&lt;>\t'/>", "<a b=\"&#x9;&#xA;&#xD;&lt;> \"></a>"),
        ("<a><x:Signature xmlns:x='http://www.w3.org/2000/09/xmldsig#'>s</x:Signature>t</a>", "<a>t</a>"),
    ] {
        let document = Document::parse(xml).unwrap();
        let signature = document.descendants().find(|node| node.has_tag_name(SIGNATURE));
        let left_out = signature.unwrap_or_else(|| document.root());
        let out = document_without(&document, left_out);
        assert_eq!(String::from_utf8(out).unwrap(), canonical, "{xml}");
    }
}
