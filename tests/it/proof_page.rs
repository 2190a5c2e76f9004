//! The page that verifies proofs, in a real browser without network: it must say of every file what the program says,
//! of good ones, of redacted ones, and of each with one byte changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sceau::ledger::verify::Hour;
use sceau::ledger::{Policy, ProofFile, verify};
use serde_json::{Value, json};

use crate::tools::have;

/// Bytes between two that are changed in one sample; in the long run each is.
const STEP: usize = 3;

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples").join(name)).unwrap()
}

/// What the program says: `valid`, `unattested`, or why not.
fn verdict(bytes: &[u8], policy: &Policy) -> String {
    let file = match ProofFile::parse(bytes) {
        Ok(file) => file,
        Err(_) => return "malformed".to_owned(),
    };
    match verify(&file, policy) {
        Ok(verdict) if verdict.hour == Hour::Attested => "valid".to_owned(),
        Ok(_) => "unattested".to_owned(),
        Err(invalid) => invalid.code().to_owned(),
    }
}

/// Writes the page by the program, with a script behind it, and gives what that script wrote into `results`.
fn in_browser(dir: &Path, script: &str) -> Value {
    let page = dir.join("page.html");
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/politique");
    let made = Command::new(env!("CARGO_BIN_EXE_sceau"))
        .args(["proof", "page", "--policy", policy.to_str().unwrap(), "-o", page.to_str().unwrap()])
        .status();
    assert!(made.unwrap().success());
    let harness = format!(
        "<pre id=results></pre><script>(async () => {{ let told; try {{ told = await (async () => {{ {script} }})(); }} \
         catch (error) {{ told = {{ error: String(error.stack) }}; }} \
         document.getElementById('results').textContent = 'RESULTS' + JSON.stringify(told) + 'END'; }})();</script>"
    );
    fs::write(&page, fs::read_to_string(&page).unwrap().replace("</body>", &(harness + "</body>"))).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=1000000000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", dir.join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = dom.split_once("RESULTS").and_then(|(_, rest)| rest.split_once("END")).map(|(told, _)| told);
    let told = told.unwrap_or_else(|| panic!("{dom}\n{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(&told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).unwrap()
}

#[test]
fn page_and_program_say_the_same_of_every_changed_byte() {
    // [proofs#verify]
    if !have("the page that verifies proofs", &["chromium"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let policy = Policy::parse(&String::from_utf8(sample("politique")).unwrap()).unwrap();
    let names = [
        "scellement",
        "remise",
        "telechargement",
        "ouverture",
        "ouverture-reduite",
        "ouverture-sans-temoin",
        "ouverture-horodatee",
    ];
    let mut bases: Vec<Vec<u8>> = names.iter().map(|name| sample(&format!("{name}.preuve"))).collect();
    bases.push(String::from_utf8(bases[0].clone()).unwrap().replace('\n', "\r\n").into_bytes());
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for (number, base) in bases.iter().enumerate() {
        cases.push(json!([number, 0, base[0]]));
        expected.push(verdict(base, &policy));
        for at in (0..base.len()).step_by(if number < 1 || number == 3 { STEP } else { 40 }) {
            let changed = [base[at] ^ 1, b' ', b'\n'][at % 3];
            let mut bytes = base.clone();
            bytes[at] = changed;
            cases.push(json!([number, at, changed]));
            expected.push(verdict(&bytes, &policy));
        }
    }
    assert!(expected.len() > 800 && expected.iter().filter(|told| *told == "valid").count() > 4);
    let encoded: Vec<String> = bases.iter().map(|base| STANDARD.encode(base)).collect();
    let script = format!(
        "const bases = {}.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))); \
         const policy = await Verifier.parsePolicy(document.getElementById('policy').value); const told = []; \
         for (const [base, at, byte] of {}) {{ const data = bases[base].slice(); data[at] = byte; \
         try {{ told.push((await Verifier.verify(data, policy)).result); }} \
         catch (error) {{ told.push(error.code ?? String(error.stack)); }} }} return told;",
        json!(encoded),
        json!(cases)
    );
    let told = in_browser(dir.path(), &script);
    let told: Vec<String> = serde_json::from_value(told).unwrap();
    for (case, (told, expected)) in cases.iter().zip(told.iter().zip(&expected)) {
        assert_eq!(told, expected, "{case}");
    }
}

#[test]
fn people_drop_a_proof_and_pieces_and_read_the_verdict_in_french() {
    if !have("the page that verifies proofs", &["chromium"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| STANDARD.encode(sample(name));
    let script = format!(
        "const files = {{ proof: '{}', eml: '{}', piece: '{}' }}; const turn = () => new Promise((r) => setTimeout(r, 1)); \
         const choose = async (id, name, text) => {{ const data = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); \
         const list = new DataTransfer(); list.items.add(new File([data], name)); const input = document.getElementById(id); \
         const place = document.getElementById(id === 'proof' ? 'verdict' : 'pieces'), before = place.innerHTML; \
         input.files = list.files; input.dispatchEvent(new Event('change')); \
         for (let i = 0; i < 300000 && place.innerHTML === before; i++) await turn(); }}; \
         await choose('proof', 'a.preuve', files.proof); const verdict = document.getElementById('verdict').innerText; \
         await choose('piece', 'm.eml', files.eml); await choose('piece', 'CR.txt', files.piece); \
         await choose('piece', 'autre.txt', btoa('autre')); const pieces = document.getElementById('pieces').innerText; \
         await choose('proof', 'b.preuve', btoa(atob(files.proof).replace('sceau-event', 'sceau-Event'))); \
         const broken = document.getElementById('verdict').innerText; \
         const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign']); const message = new Uint8Array(99); \
         const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)); \
         const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message)); \
         const slow = [await Verifier.ed25519Slow(key, message, signature)]; message[3] = 1; \
         slow.push(await Verifier.ed25519Slow(key, message, signature)); \
         const digest = async (name) => Verifier.hex(new Uint8Array(await crypto.subtle.digest(name, message))); \
         slow.push(await digest('SHA-256') === Verifier.hex(Verifier.sha2(message, false))); \
         slow.push(await digest('SHA-512') === Verifier.hex(Verifier.sha2(message, true))); \
         return {{ verdict, pieces, broken, slow }};",
        file("scellement.preuve"),
        file("message.eml"),
        file("CR.txt")
    );
    let told = in_browser(dir.path(), &script);
    let text = |name: &str| told[name].as_str().unwrap_or_else(|| panic!("{told}")).to_owned();
    assert!(text("verdict").starts_with("VALIDE\n"), "{told}");
    for said in
        ["alice.martin@chu-nord.mssante.fr", "Résultats", "attestée par les horloges de tiers", "Pro Santé Connect"]
    {
        assert!(text("verdict").contains(said), "{said}: {told}");
    }
    for said in ["m.eml : c'est le message scellé", "CR.txt : c'est la pièce 2", "autre.txt : ce fichier n'est aucune"]
    {
        assert!(text("pieces").contains(said), "{said}: {told}");
    }
    assert!(text("broken").starts_with("INVALIDE"), "{told}");
    assert_eq!(told["slow"], json!([true, false, true, true]), "without WebCrypto");
}

/// Kept out of the browser: the page is where the program was told to write it, and says when it can't be.
#[test]
fn the_page_is_written_where_it_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let run = |policy: &PathBuf, output: &Path| {
        Command::new(env!("CARGO_BIN_EXE_sceau"))
            .args(["proof", "page", "--policy", policy.to_str().unwrap(), "-o", output.to_str().unwrap()])
            .output()
            .unwrap()
    };
    let bad = dir.path().join("bad");
    fs::write(&bad, "nonsense\n").unwrap();
    assert_eq!(run(&bad, &dir.path().join("x.html")).status.code(), Some(2));
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/politique");
    assert_eq!(run(&good, &dir.path().join("nowhere/x.html")).status.code(), Some(2));
    assert_eq!(run(&good, &dir.path().join("x.html")).status.code(), Some(0));
    assert!(fs::read_to_string(dir.path().join("x.html")).unwrap().contains("temoin.ght-ouest.mssante.fr"));
}
