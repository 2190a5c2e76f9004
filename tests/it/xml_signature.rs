//! The white list's signature against xmlsec1: what we sign it verifies, what it signs we verify.

use std::fs;
use std::path::Path;
use std::process::Command;

use sceau::mail::{Domain, Edge};
use sceau::server::edge;
use sceau::trust::lab::{Issued, Lab, Leaf, ListRow, sign_white_list, white_list_xml};
use sceau::trust::signature::{SignatureError, Verifier};
use sceau::trust::{Anchors, DistinguishedName, Limits, Revocation, WhiteList};

use crate::tools::{have, run};

const PROPERTIES_ID: &str = "--id-attr:Id";
const PROPERTIES: &str = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";

struct Bench {
    edge: Edge,
    lab: Lab,
    signer: Issued,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let edge = edge::system();
        let lab = Lab::new(&edge).unwrap();
        let signer = lab.issue(&Leaf::list_signer()).unwrap();
        let bench = Self { signer, lab, edge, folder: tempfile::tempdir().unwrap() };
        bench.write("anchors.pem", &bench.lab.anchors_pem());
        bench.write("signer.key", &bench.signer.key_pem());
        bench.write("signer.pem", &bench.signer.chain_pem());
        bench
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.folder.path()).join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn list(&self) -> String {
        let name = DistinguishedName::parse("CN=mss.a.fr,OU=1590000012,O=\"A & <B>, C\",ST=Rhône (69),C=FR").unwrap();
        let rows: Vec<_> =
            (0..50).map(|n| ListRow::new(&Domain::parse(&format!("d{n}.mssante.fr")).unwrap(), &name)).collect();
        white_list_xml(&rows, self.edge.now())
    }

    fn verify(&self, xml: &str) -> Result<Vec<u8>, SignatureError> {
        let anchors = Anchors::from_bytes(self.lab.anchors_pem().as_bytes()).unwrap();
        let signer = DistinguishedName::parse("CN=Liste Blanche TEST MSSante,OU=318751275100020").unwrap();
        let (limits, revocation, now) = (Limits::default(), Revocation::none(), self.edge.now());
        let verifier = Verifier { signer: &signer, anchors: &anchors, revocation: &revocation, limits: &limits, now };
        verifier.verify(xml.as_bytes()).map(|signed| signed.content)
    }

    fn xmlsec1_verifies(&self, xml: &str) -> (bool, String) {
        self.write("signed.xml", xml);
        let anchors = self.path("anchors.pem");
        let arguments = ["--verify", "--trusted-pem", &anchors, PROPERTIES_ID, PROPERTIES, &self.path("signed.xml")];
        run(Command::new("xmlsec1").args(arguments), "")
    }
}

/// [mss#2] [xmldsig#3.2]
#[test]
fn xmlsec1_verifies_what_the_laboratory_signs() {
    if !have("xmlsec1_verifies_what_the_laboratory_signs", &["xmlsec1"]) {
        return;
    }
    let bench = Bench::new();
    let signed = sign_white_list(&bench.list(), &bench.signer, bench.edge.now()).unwrap();
    let (verified, output) = bench.xmlsec1_verifies(&signed);
    assert!(verified, "{output}");
    let (verified, output) = bench.xmlsec1_verifies(&signed.replacen("d7.", "d8.", 1));
    assert!(!verified, "{output}");
}

/// The same documents, signed by somebody else's code from a template: other prefixes, other layout. [mss#2]
#[test]
fn what_xmlsec1_signs_is_verified() {
    if !have("what_xmlsec1_signs_is_verified", &["xmlsec1"]) {
        return;
    }
    let bench = Bench::new();
    let template = sign_white_list(&bench.list(), &bench.signer, bench.edge.now()).unwrap();
    let digests = empty(&empty(&template, "<ds:DigestValue>", 0), "<ds:DigestValue>", 1);
    let template = empty(&digests, "<ds:SignatureValue>", 0);
    let pretty = template
        .replace("><ds:", ">\n  <ds:")
        .replace("xmlns=\"https", "\n xmlns:unused='urn:unused'  xmlns=\"https")
        .replacen("<Domaine>", "<?target data?><Domaine\n><!-- comment --><![CDATA[ ]]>", 1);
    let renamed = template.replace("ds:", "sig:").replace("xmlns:ds=", "xmlns:sig=");
    for (case, template) in [("plain", template.clone()), ("pretty", pretty), ("renamed", renamed)] {
        bench.write("template.xml", &template);
        let keys = format!("{},{}", bench.path("signer.key"), bench.path("signer.pem"));
        let (signed, template) = (bench.path("signed.xml"), bench.path("template.xml"));
        let key = ["--sign", "--output", &signed, "--privkey-pem", &keys, PROPERTIES_ID, PROPERTIES, &template];
        let (done, output) = run(Command::new("xmlsec1").args(key), "");
        assert!(done, "{case}: {output}");
        let signed = fs::read_to_string(signed).unwrap();
        let content = bench.verify(&signed).unwrap_or_else(|error| panic!("{case}: {error}\n{signed}"));
        assert_eq!(WhiteList::parse(&content, &Limits::default()).unwrap().domain_count(), 50, "{case}");
        let tampered = bench.verify(&signed.replacen("d7.", "d8.", 1));
        assert_eq!(tampered, Err(SignatureError::Digest("the list")), "{case}");
    }
}

/// Empties the n-th element with this start tag.
fn empty(xml: &str, tag: &str, n: usize) -> String {
    let (at, _) = xml.match_indices(tag).nth(n).unwrap();
    let from = at + tag.len();
    let to = from + xml[from..].find("</").unwrap();
    format!("{}{}", &xml[..from], &xml[to..])
}
