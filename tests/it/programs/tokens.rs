//! Tokens of an identity provider against the whole server, over IMAP and submission, by Python's clients; and what the
//! proofs then say of who signed in.

use std::fs;
use std::path::Path;
use std::process::Command;

use sceau::config;
use sceau::server::edge::system;
use sceau::trust::lab::{Lab, LabFiles, Leaf, Organisation};
use serde_json::json;

use crate::idp::{Idp, PERSON, Signing};
use crate::lab::{Server, block, free_ports, shell};
use crate::tools::{have, run};
use crate::trust_network::world::eventually;

const ADDRESS: &str = "anne@nord.mssante.example";

/// A laboratory's server that believes this provider, with an account of the provider's person.
fn serve(folder: &Path, idp: &Idp, anchors: &Path) -> Server {
    let commands = block("sceau pki init lab");
    shell(folder, &commands.replace("--ports 26000", &format!("--ports {}", free_ports())));
    let config = folder.join("lab/serveurs/nord/sceau.toml");
    let secret = folder.join("secret");
    fs::write(&secret, "sécret+/\n").unwrap();
    shell(folder, "chmod 600 secret");
    let tokens = format!(
        "\n[tokens]\npsc_issuers = [{:?}]\nanchors = [{anchors:?}]\nclients = [\"mail-client\"]\n\
         keys_again_after = \"1 s\"\nintrospection = \"opaque\"\nclient_id = \"sceau\"\nclient_secret = {secret:?}\n",
        idp.issuer(),
    );
    fs::write(&config, fs::read_to_string(&config).unwrap() + &tokens).unwrap();
    let checked = shell(folder, "sceau check --config lab/serveurs/nord/sceau.toml || true");
    assert!(checked.contains(&format!("jetons de {} : acceptés", idp.issuer())), "{checked}");
    shell(
        folder,
        &format!(
            "sceau account add {ADDRESS} --no-password --config lab/serveurs/nord/sceau.toml
             sceau account idnat {ADDRESS} {PERSON} --config lab/serveurs/nord/sceau.toml"
        ),
    );
    Server::start(config)
}

/// Runs the script's cases: tokens by their names, each with what is to come of it.
fn clients(server: &Server, cases: &serde_json::Value) {
    let config = config::load(&server.config).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/tokens.py");
    let mut python = Command::new("python3");
    python.arg(script).arg(&config.trust.anchors[0]).arg(config.server.name.to_string());
    python.arg(config.imap.listen_tls[0].port().to_string()).arg(config.submission.listen_tls[0].port().to_string());
    let (ok, told) = run(python.arg(ADDRESS), &cases.to_string());
    assert!(ok, "{told}\n{}", server.log());
}

#[test]
// [rfc7628#3] [rfc7628#3.2.3] [mss#8] [proofs#events]
fn tokens_open_mailboxes_over_imap_and_submission() {
    if !have("tokens_open_mailboxes_over_imap_and_submission", &["python3"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::new(&system()).unwrap();
    let files = LabFiles::new(&folder.path().join("web")).unwrap();
    files.anchors(&lab).unwrap();
    let web = lab.issue(&Leaf::operator("localhost.fr", &Organisation::agency()).and_name("localhost")).unwrap();
    let idp = Idp::start(&web.chain_pem(), &web.key_pem());
    let (rsa, new, ec) = (Signing::rsa("r1"), Signing::rsa("r2"), Signing::ec("e1"));
    idp.publish(&[&rsa, &ec]);
    let server = serve(folder.path(), &idp, &folder.path().join("web/anchors.pem"));
    drop(server.connect(false));

    let now = system().now().secs();
    let changed = |name: &str, value: serde_json::Value| {
        let mut claims = idp.claims(now);
        claims["exp"] = json!(now + 600);
        claims[name] = value;
        claims
    };
    let good = changed("aud", json!("sceau"));
    idp.tells(
        "known-to-the-provider",
        json!({ "active": true, "azp": "mail-client", "scope": "openid",
                                               "exp": now + 600, "SubjectNameID": PERSON }),
    );
    clients(
        &server,
        &json!([
            ["RS256", rsa.token("RS256", &good), "works"],
            ["ES256", ec.token("ES256", &good), "works"],
            ["introspected", "known-to-the-provider", "works"],
            ["expired", rsa.token("RS256", &changed("exp", json!(now - 60))), "refused"],
            ["for another client", rsa.token("RS256", &changed("azp", json!("other"))), "refused"],
            [
                "of somebody without an account",
                rsa.token("RS256", &changed("SubjectNameID", json!("899999999999"))),
                "refused"
            ],
            ["unsigned", format!("{}.", crate::idp::unsigned(r#"{"alg":"none"}"#, &good)), "refused"],
            ["unknown to the provider", "unknown-to-the-provider", "refused"],
        ]),
    );
    // the provider changes its key, and is down when it is asked for it: nobody is told to be wrong
    idp.goes_down(true);
    idp.publish(&[&new]);
    let rotated = new.token("RS256", &good);
    clients(&server, &json!([["while the provider is down", rotated, "later"]]));
    idp.goes_down(false);
    eventually("the provider's new key is taken", || {
        let mut imap = server.connect(false);
        imap.line();
        let said = imap.reply(&format!("a AUTHENTICATE OAUTHBEARER {}", bearer(&rotated)));
        said.starts_with("a OK").then_some(())
    });
    clients(&server, &json!([["the new key", rotated, "works"]]));
    drop(server);
    proofs_say_so(folder.path());
}

fn bearer(token: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("n,,\u{1}auth=Bearer {token}\u{1}\u{1}"))
}

/// The seals of what was sent name the level, and the log holds no token.
fn proofs_say_so(folder: &Path) {
    let told =
        shell(folder, "cat lab/serveurs/nord/data/ledger/*/entries | tr -d '\\000' ; cat lab/serveurs/nord/sceau.log");
    assert!(told.contains("level psc"), "{told}");
    assert!(!told.contains("level password") && !told.contains("Bearer"), "{told}");
}
