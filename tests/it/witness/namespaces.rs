//! Two operators in separate network namespaces, as on two machines: each reaches the other through a wire only.

use std::path::PathBuf;
use std::process::Command;

use super::pair::{Operator, Pair, proof};
use super::{QUORUM, text};
use crate::tools::have;

/// Namespaces with a wire between them; they go with the test.
struct Wire([String; 2]);

fn ip(arguments: &str) -> bool {
    Command::new("ip").args(arguments.split(' ')).output().is_ok_and(|output| output.status.success())
}

impl Wire {
    /// None, with one line, where this may not be done.
    fn lay() -> Option<Self> {
        if !have("two network namespaces", &["ip"]) {
            return None;
        }
        let id = std::process::id();
        let wire = Self([format!("sceau-n{id}"), format!("sceau-s{id}")]);
        let [north, south] = &wire.0;
        let laid = ip(&format!("netns add {north}"))
            && ip(&format!("netns add {south}"))
            && ip(&format!("link add sn{id} netns {north} type veth peer name ss{id} netns {south}"));
        if !laid {
            eprintln!("skipped: two network namespaces need root and the kernel's leave");
            return None;
        }
        for (namespace, device, address) in
            [(north, format!("sn{id}"), "10.87.0.1"), (south, format!("ss{id}"), "10.87.0.2")]
        {
            for command in [
                format!("addr add {address}/24 dev {device}"),
                format!("link set {device} up"),
                "link set lo up".to_owned(),
            ] {
                assert!(ip(&format!("-n {namespace} {command}")), "{command}");
            }
        }
        Some(wire)
    }

    fn operator(&self, place: usize, name: &'static str) -> Operator {
        let address = [10, 87, 0, u8::try_from(place).unwrap() + 1].into();
        let namespace = Some(self.0[place].clone());
        Operator { name, directory: PathBuf::new(), address, smtp: 25, proofs: 443, namespace }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for namespace in &self.0 {
            ip(&format!("netns del {namespace}"));
        }
    }
}

// [proofs#witnessed] [c2sp#tlog-witness]
#[test]
fn two_operators_in_separate_networks_witness_each_other() {
    let Some(wire) = Wire::lay() else { return };
    let pair = Pair::new([wire.operator(0, "nord"), wire.operator(1, "sud")], "");
    let [a, b] = &pair.operators;
    let _a = a.start();
    // Alone it waits for its witness, and says so.
    a.wait_for(&["en attente", "n'a encore rien signé ;"]);
    let _b = b.start();
    a.wait_for(&[QUORUM]);
    b.wait_for(&[QUORUM]);
    let ca = pair.pki("anchors.pem");
    let fetched = a.command("curl").args(["-s", "--cacert", text(&ca), &format!("{}/keys", b.url())]).output().unwrap();
    let keys = String::from_utf8(fetched.stdout).unwrap();
    assert!(keys.contains("preuves.sud.mssante.fr/") && keys.contains("temoin.sud.mssante.fr+"), "{keys}");
    // The proof of an event of the log itself verifies anywhere.
    let (code, said) = proof(&["audit", text(&a.data().join("ledger"))]);
    assert!(code == 0 && said.contains("preuves.nord.mssante.fr"), "{said}");
}
