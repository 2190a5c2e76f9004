//! Certificates and revocation lists made by OpenSSL: another encoder than our laboratory's, and weak ones that the
//! laboratory cannot make.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sceau::mail::{Clock, Time};
use sceau::server::edge::SystemClock;
use sceau::trust::lab::{ListRow, white_list_xml};
use sceau::trust::{Anchors, DistinguishedName, Limits, Policy, Refusal, Revocation, Snapshot, Trust, WhiteList};

use crate::tools::{have, run};

const CONFIGURATION: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n\
    default_crl_days=7\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n";
const LEAF: &str = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n";
const SUBJECT: &str = "/C=FR/ST=Paris (75)/O=CHU DU CENTRE/OU=1750048886/CN=mss.chu-centre.fr";
/// The same as a person writes it.
const LISTED: &str = "CN=MSS.CHU-CENTRE.FR ,OU=1750048886, O=\"CHU  DU CENTRE\",ST=Paris(75),C=FR";

struct Authority(tempfile::TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        for (name, text) in [("ca.cnf", CONFIGURATION), ("leaf.ext", LEAF), ("index.txt", ""), ("number", "01\n")] {
            fs::write(authority.path(name), text).unwrap();
        }
        authority.openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -addext keyUsage=keyCertSign,cRLSign",
            &["-subj", "/C=FR/O=LABO/CN=AC OPENSSL"],
        );
        authority
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.0.path()).join(name)
    }

    fn openssl(&self, arguments: &str, more: &[&str]) {
        let mut command = Command::new("openssl");
        command.current_dir(self.0.path()).args(arguments.split_whitespace()).args(more);
        let (done, output) = run(&mut command, "");
        assert!(done, "openssl {arguments}: {output}");
    }

    /// A leaf's chain.
    fn issue(&self, name: &str, key: &str, digest: &str) -> Vec<Vec<u8>> {
        self.openssl(&format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj"), &[SUBJECT]);
        let sign = "x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 10 -extfile leaf.ext";
        self.openssl(&format!("{sign} {digest} -in {name}.csr -out {name}.pem"), &[]);
        self.openssl(&format!("x509 -in {name}.pem -outform der -out {name}.der"), &[]);
        vec![fs::read(self.path(&format!("{name}.der"))).unwrap()]
    }

    fn revoke(&self, name: &str) {
        self.openssl(&format!("ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke {name}.pem"), &[]);
    }

    fn trust(&self, now: Time) -> Trust {
        self.openssl("ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem", &[]);
        let anchors = Anchors::from_bytes(&fs::read(self.path("ca.pem")).unwrap()).unwrap();
        let mut revocation = Revocation::none();
        revocation.add(&fs::read(self.path("crl.pem")).unwrap(), &anchors, now.plus_secs(5)).unwrap();
        let name = DistinguishedName::parse(LISTED).unwrap();
        let xml = white_list_xml(&[ListRow::new(&"chu-centre.mssante.fr".parse().unwrap(), &name)], now);
        let list = Arc::new(WhiteList::parse(xml.as_bytes(), &Limits::default()).unwrap());
        Trust::new(Snapshot { anchors, revocation, list, policy: Policy::default() })
    }
}

/// [mss#2] [mss#3]
#[test]
fn what_openssl_issues_is_judged() {
    if !have("what_openssl_issues_is_judged", &["openssl"]) {
        return;
    }
    let authority = Authority::new();
    let good = authority.issue("good", "rsa:2048", "-sha256");
    let curve = authority.issue("curve", "ec -pkeyopt ec_paramgen_curve:P-256", "-sha384");
    let revoked = authority.issue("revoked", "rsa:2048", "-sha256");
    let small = authority.issue("small", "rsa:1024", "-sha256");
    let sha1 = authority.issue("sha1", "rsa:2048", "-sha1");
    authority.revoke("revoked");
    // The certificates begin at the second that has just passed.
    let now = SystemClock.now().plus_secs(5);
    let trust = authority.trust(now);
    for (case, chain, expected) in [
        ("RSA", good, None),
        ("P-256", curve, None),
        ("revoked", revoked, Some(Refusal::Revoked)),
        ("RSA of 1,024 bits", small, Some(Refusal::WeakAlgorithm)),
        ("SHA-1", sha1, Some(Refusal::WeakAlgorithm)),
    ] {
        assert_eq!(trust.client_certificate(&chain, now).err(), expected, "{case}");
        assert_eq!(trust.operator(&chain, now).err(), expected, "{case}");
    }
}
