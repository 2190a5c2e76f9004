//! Trust data from files: what is taken, what is refused, and that a refusal leaves everything as it was.

use std::fs;

use super::*;
use crate::trust::Trust;
use crate::trust::lab::{Issued, LabFiles, Leaf, ListRow, sign_white_list, white_list_xml};
use crate::trust::testing::{Space, domain, start};

struct Bench {
    space: Space,
    folder: tempfile::TempDir,
    files: LabFiles,
    operator: Issued,
}

impl Bench {
    fn new() -> Self {
        let space = Space::new();
        let folder = tempfile::tempdir().unwrap();
        let files = LabFiles::new(folder.path()).unwrap();
        let operator = space.issue(&Space::north());
        files.anchors(&space.lab).unwrap();
        files.crls(&space.lab, &[]).unwrap();
        let bench = Self { space, folder, files, operator };
        bench.write_list(20, start());
        bench
    }

    fn list(&self, rows: usize, generated: Time) -> String {
        let name = self.operator.name().unwrap();
        let rows: Vec<_> = (0..rows).map(|n| ListRow::new(&domain(&format!("d{n}.mssante.fr")), &name)).collect();
        white_list_xml(&rows, generated)
    }

    fn write_list(&self, rows: usize, generated: Time) {
        self.files.white_list(&self.list(rows, generated)).unwrap();
    }

    fn settings(&self) -> Settings {
        let path = |name: &str| self.folder.path().join(name);
        Settings::new(path("anchors.pem"), path("crls.pem"), path("liste-blanche.xml"))
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }
}

#[test]
fn what_is_loaded_judges() {
    let bench = Bench::new();
    let trust = Trust::new(bench.settings().load(start()).unwrap());
    let operator = trust.operator(&bench.operator.chain(), start()).unwrap();
    assert!(operator.may_send_for(&domain("d19.mssante.fr")));
    let mut folder = bench.settings();
    folder.anchors = vec![bench.folder.path().to_owned()];
    bench.write("notes.txt", b"not a certificate");
    fs::remove_file(bench.folder.path().join("crls.pem")).unwrap();
    folder.crls = Vec::new();
    assert_eq!(folder.load(start()).unwrap().anchors.authorities().len(), 3);
}

#[test]
fn errors_name_file_reason_and_remedy() {
    let bench = Bench::new();
    let leaf = bench.operator.chain_pem();
    let issuing = bench.space.lab.anchors_pem().replacen(&bench.space.lab.root_pem(), "", 1);
    for (file, bytes, reason) in [
        ("anchors.pem", "nothing", "there is no CERTIFICATE in it"),
        ("anchors.pem", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", "damaged PEM"),
        ("anchors.pem", leaf.as_str(), "is not a certification authority"),
        ("anchors.pem", issuing.as_str(), "no root certificate"),
        ("anchors.pem", "0", "the certificate cannot be read"),
        ("crls.pem", "", "there is no X509 CRL in it"),
        ("crls.pem", "0", "the revocation list cannot be used"),
        ("liste-blanche.xml", "<a/>", "line 1: <a> stands where <ListeBlancheMSSante>"),
    ] {
        let before = fs::read(bench.folder.path().join(file)).unwrap();
        bench.write(file, bytes.as_bytes());
        let error = bench.settings().load(start()).map(|_| ()).unwrap_err();
        assert_eq!(error.file(), Some(bench.folder.path().join(file).as_path()), "{error}");
        assert!(error.reason().contains(reason), "{error}");
        assert!(!error.remedy().is_empty());
        bench.write(file, &before);
    }
    let mut settings = bench.settings();
    settings.white_list = ListSource::File("/nowhere/liste.xml".into());
    let error = settings.load(start()).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/liste.xml: No such file") && error.contains("check the path"), "{error}");
}

/// [mss#2]
#[test]
fn the_signature_policy_decides() {
    let bench = Bench::new();
    let signer = bench.space.issue(&Leaf::list_signer());
    let unsigned = bench.list(2, start());
    let signed = sign_white_list(&unsigned, &signer, start()).unwrap();
    let tampered = signed.replacen("d1.", "d2.", 1);
    let name = DistinguishedName::parse("CN=Liste Blanche TEST MSSante,OU=318751275100020").unwrap();
    let anchors = bench.space.anchors();
    for (policy, signer, xml, taken) in [
        (SignaturePolicy::Required, Some(&name), &signed, true),
        (SignaturePolicy::Required, Some(&name), &unsigned, false),
        (SignaturePolicy::Required, Some(&name), &tampered, false),
        (SignaturePolicy::Required, None, &signed, false),
        (SignaturePolicy::IfPresent, None, &unsigned, true),
        (SignaturePolicy::IfPresent, Some(&name), &signed, true),
        (SignaturePolicy::IfPresent, Some(&name), &tampered, false),
        (SignaturePolicy::IfPresent, None, &signed, false),
        (SignaturePolicy::Off, None, &tampered, true),
    ] {
        let settings = Settings { signature: policy, signer: signer.cloned(), ..bench.settings() };
        let list = settings.read_list(xml.as_bytes(), &anchors, &Revocation::none(), start());
        assert_eq!(list.is_ok(), taken, "{policy:?}: {:?}", list.err());
    }
}
