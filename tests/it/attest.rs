//! The attestation as a court would handle it: made by the program from the samples, then examined by Debian's programs,
//! which know nothing of us. veraPDF is no Debian package; what PDF/A-3b asks of the structure is looked for here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{have, run};

/// The sentences of the four samples, as the table of grades has them.
const SENTENCES: [&str; 4] = [
    "l'opérateur a accepté exactement ces octets, de cette connexion authentifiée, pour ces destinataires",
    "le message est dans la boîte et peut être relevé",
    "Téléchargé par le logiciel de bob.petit@chu-sud.mssante.fr (affichage non établi)",
    "Lu, déclaré par le logiciel de bob.petit@chu-sud.mssante.fr",
];
const CHAIN: [&str; 4] = ["scellement", "remise", "telechargement", "ouverture"];

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples").join(name)
}

/// Runs `sceau proof attest`; a word with `@` is a sample.
fn attest(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let words = arguments.iter().map(|word| match word.strip_prefix('@') {
        Some(name) => sample(name).into_os_string(),
        None => (*word).into(),
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
    let output = command.args(["proof", "attest"]).args(words).current_dir(directory).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// The four samples, attested with what people kept.
fn whole() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files = CHAIN.map(|name| format!("@{name}.preuve"));
    let mut arguments: Vec<&str> = files.iter().map(String::as_str).collect();
    arguments.extend(["--policy", "@politique", "--eml", "@message.eml", "--piece", "@CR.txt"]);
    arguments.extend(["--pdf", "a.pdf", "--html", "a.html"]);
    let (code, said) = attest(dir.path(), &arguments);
    assert_eq!((code, said.as_str()), (0, "a.pdf\na.html\n"));
    dir
}

/// What a program says of a file, or of what it made of it.
fn told(directory: &Path, program: &str, arguments: &[&str]) -> String {
    let (done, said) = run(Command::new(program).args(arguments).current_dir(directory), "");
    assert!(done, "{program} {arguments:?}: {said}");
    said
}

/// Words with one space between them, so that a line's end is no difference.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

// [proofs#attestation]
#[test]
fn the_pdf_is_archivable_and_says_what_the_proofs_say() {
    if !have("the attestation", &["qpdf", "pdfinfo", "pdffonts", "pdftotext"]) {
        return;
    }
    let dir = whole();
    let checked = told(dir.path(), "qpdf", &["--check", "a.pdf"]);
    assert!(checked.contains("No syntax or stream encoding errors") && checked.contains("not encrypted"), "{checked}");
    let info = told(dir.path(), "pdfinfo", &["a.pdf"]);
    for words in ["Attestation d'échange", "Encrypted:       no", "JavaScript:      no", "(A4)", "PDF version:     1.7"]
    {
        assert!(info.contains(words), "{words}: {info}");
    }
    let metadata = told(dir.path(), "pdfinfo", &["-meta", "a.pdf"]);
    for words in ["<pdfaid:part>3</pdfaid:part>", "<pdfaid:conformance>B</pdfaid:conformance>", "fr-FR"] {
        assert!(metadata.contains(words), "{words}: {metadata}");
    }
    // The information dictionary and XMP must say the same.
    assert!(metadata.contains("<xmp:CreateDate>2026-11-22T10:15:47+00:00") && info.contains("Nov 22 10:15:47 2026"));
    let fonts = told(dir.path(), "pdffonts", &["a.pdf"]);
    let fonts: Vec<Vec<&str>> = fonts.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(fonts.len(), 4, "{fonts:?}");
    for font in fonts {
        // Embedded, a subset, with a map to Unicode.
        assert_eq!(font[font.len() - 5..font.len() - 2], ["yes", "yes", "yes"], "{font:?}");
    }
    let text = flowing(&told(dir.path(), "pdftotext", &["a.pdf", "-"]));
    for words in SENTENCES.into_iter().chain(SAID) {
        assert!(text.to_lowercase().contains(&words.to_lowercase()), "{words}: {text}");
    }
    assert!(!text.to_lowercase().contains("lettre recommandée"));
}

/// What each attestation of these samples says: who, what, when, how strong, what not, how to verify.
const SAID: [&str; 15] = [
    "alice.martin@chu-nord.mssante.fr",
    "opérateur du domaine chu-nord.mssante.fr",
    "Pro Santé Connect",
    "c64f57f1fa94abf780e33ec3a8b3413cb656668cdeb6d1ef3a53459092a90741",
    "le fichier « CR.txt » est la pièce 2, à l'octet près",
    "dimanche 22 novembre 2026 à 11 h 15 min 43 s, heure de Paris (2026-11-22T10:15:43Z en temps universel)",
    "heure attestée par des tiers",
    "temoin.chu-sud.mssante.fr, le 22/11/2026 11:15:47 à Paris",
    "lecture déclarée par le logiciel",
    "P1, contresigné",
    "que le message a été lu en entier ou compris",
    "Ce que cette attestation ne prouve pas",
    "n'est pas un prestataire de services de confiance qualifié",
    "sceau proof verify --policy politique.txt scellement.preuve",
    "sh verification-a-la-main.sh scellement.preuve politique.txt",
];

// [proofs#attestation]
#[test]
fn the_structure_is_that_of_pdf_a_3b() {
    if !have("the structure of the attestation", &["qpdf"]) {
        return;
    }
    let dir = whole();
    told(dir.path(), "qpdf", &["--qdf", "--object-streams=disable", "a.pdf", "q.pdf"]);
    let bytes = fs::read(dir.path().join("q.pdf")).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let count = |word: &str| text.matches(word).count();
    assert!(bytes.starts_with(b"%PDF-1.7\n%") && bytes[10..14].iter().all(|byte| *byte > 127), "binary marker");
    assert_eq!((count("/AFRelationship /Source"), count("/AFRelationship /Supplement")), (4, 2));
    assert_eq!((count("/AF ["), count("/EmbeddedFiles <<")), (1, 1), "associated with the document");
    assert_eq!((count("/S /GTS_PDFA1"), count("/DestOutputProfile ")), (1, 1));
    let profile = bytes.windows(4).position(|four| four == b"acsp").unwrap();
    assert_eq!((&bytes[profile - 20..profile - 16], count("/OutputCondition (sRGB)")), (&b"RGB "[..], 1));
    assert_eq!((count("/ID [<"), count("/Metadata "), count("/Lang (fr-FR)")), (1, 1, 1));
    for forbidden in
        ["/Encrypt", "/JavaScript", "/JS ", "/AA ", "/LZWDecode", "/Launch", "/Movie", "/DeviceCMYK", "/OPI"]
    {
        assert_eq!(count(forbidden), 0, "{forbidden}");
    }
    for named in ["/UF ", "/F (", "/Desc ", "/ModDate (D:20261122"] {
        assert!(count(named) >= 6, "each file has {named}");
    }
}

// [proofs#attestation] [proofs#verify]
#[test]
fn the_files_come_out_equal_and_verify_by_hand_and_by_program() {
    if !have("the files of the attestation", &["pdfdetach", "sh", "sed", "sha256sum", "openssl", "awk"]) {
        return;
    }
    let dir = whole();
    let out = dir.path().join("sortie");
    fs::create_dir(&out).unwrap();
    told(dir.path(), "pdfdetach", &["-saveall", "-o", "sortie", "a.pdf"]);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 6);
    for name in CHAIN.map(|name| format!("{name}.preuve")) {
        assert_eq!(fs::read(out.join(&name)).unwrap(), fs::read(sample(&name)).unwrap(), "{name}");
        // The commands that the page prints, with what came out of it and nothing else.
        let mut sceau = Command::new(env!("CARGO_BIN_EXE_sceau"));
        let verify = sceau.args(["proof", "verify", "--policy", "politique.txt", &name]).current_dir(&out).output();
        assert!(verify.unwrap().status.success(), "{name}");
        let said = told(&out, "sh", &["verification-a-la-main.sh", &name, "politique.txt"]);
        assert_eq!(said.matches("Signature bonne : ").count(), 6, "{said}");
        for words in ["racine signée", "à 2026-11-22T10:15:47Z", "à 2026-11-22T10:15:01Z"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    by_hand_finds_changes(&out);
}

/// A disclosed value, a field of the leaf, a hash of the path, the root, a signature: each change is found by hand.
fn by_hand_finds_changes(out: &Path) {
    let good = fs::read_to_string(out.join("ouverture.preuve")).unwrap();
    let hash = good.split("\nindex 8\n").nth(1).and_then(|rest| rest.lines().next()).unwrap().to_owned();
    let other = |text: &str| format!("{}{}", if text.starts_with('A') { "B" } else { "A" }, &text[1..]);
    let signatures: Vec<String> = good
        .split("— temoin.chu-est.mssante.fr ")
        .skip(1)
        .map(|rest| rest.lines().next().unwrap_or_default().to_owned())
        .collect();
    let swapped = |signature: &str| format!("{}{}", &signature[..30], other(&signature[30..]));
    let witness = "FAUX : signature de temoin.chu-est.mssante.fr";
    for (from, to, found) in [
        (" bob.petit@", " bob.petig@", "FAUX : mailbox"),
        ("via imap", "via web", "FAUX : racine"),
        (hash.as_str(), other(&hash).as_str(), "FAUX : racine"),
        ("\n9\n", "\n8\n", "FAUX"),
        (signatures[0].as_str(), swapped(&signatures[0]).as_str(), witness),
        (signatures[1].as_str(), swapped(&signatures[1]).as_str(), witness),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(out.join("fausse.preuve"), good.replacen(from, to, 1)).unwrap();
        let mut sh = Command::new("sh");
        let (done, said) =
            run(sh.args(["verification-a-la-main.sh", "fausse.preuve", "politique.txt"]).current_dir(out), "");
        assert!(!done && said.contains(found), "{from}: {said}");
    }
}

// [proofs#attestation]
#[test]
fn the_page_is_alone_and_readable() {
    let dir = whole();
    let page = fs::read_to_string(dir.path().join("a.html")).unwrap();
    for words in SENTENCES.into_iter().chain(SAID) {
        let words = words.replace('\'', "&#39;");
        let bare = page.replace("<code>", "").replace("</code>", "").replace("<strong>", "").replace("</strong>", "");
        assert!(flowing(&bare).to_lowercase().contains(&words.to_lowercase()), "{words}");
    }
    for outside in ["http:", "https:", "src=", "url(", "<script", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for needed in ["<html lang=\"fr\">", "<main>", "<caption>", "scope=\"col\"", "scope=\"row\"", "@media print"] {
        assert!(page.contains(needed), "{needed}");
    }
    assert_eq!(page.matches("href=\"data:").count(), 6);
    if have("the page of the attestation", &["chromium", "pdftotext"]) {
        let printed = format!("--print-to-pdf={}", dir.path().join("p.pdf").display());
        let profile = format!("--user-data-dir={}", dir.path().join("profil").display());
        let address = format!("file://{}", dir.path().join("a.html").display());
        let head = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
        told(dir.path(), "chromium", &[&head[..], &[&printed, &profile, &address]].concat());
        let text = flowing(&told(dir.path(), "pdftotext", &["p.pdf", "-"]));
        assert!(
            text.contains("Lu, déclaré par le logiciel de bob.petit") && text.contains("Fichiers joints"),
            "{text}"
        );
    }
}

// [proofs#attestation]
#[test]
fn what_is_invalid_is_not_attested_and_what_is_unattested_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let out = ["--pdf", "x.pdf", "--html", "x.html"];
    for (arguments, code, says) in [
        (&["@ouverture-sans-temoin.preuve", "--policy", "@politique"][..], 1, "moins de témoins"),
        (
            &["@ouverture.preuve", "@message.eml", "--policy", "@politique"],
            1,
            "message.eml : ce n'est pas un fichier de preuve",
        ),
        (&["@scellement.preuve", "--policy", "@politique", "--piece", "@message.eml"], 1, "aucune des pièces"),
        (&["@ouverture.preuve", "--policy", "@politique", "--piece", "@CR.txt"], 1, "ne révèle pas"),
        (&["@ouverture.preuve"], 2, "--policy"),
        (&["--policy", "@politique"], 2, "rien à attester"),
        (&["@absent.preuve", "--policy", "@politique"], 2, "absent.preuve"),
        (&["@ouverture.preuve", "--policy", "@politique", "--envelope", "x"], 2, "--envelope"),
    ] {
        let (found, said) = attest(dir.path(), &[arguments, &out[..]].concat());
        assert!(found == code && said.contains(says), "{arguments:?}: {found} {said}");
        assert!(!dir.path().join("x.pdf").exists() && !dir.path().join("x.html").exists(), "{arguments:?}");
    }
    let (code, said) = attest(dir.path(), &["@ouverture.preuve", "--policy", "@politique"]);
    assert!(code == 2 && said.contains("--pdf"), "{said}");
    let bare = ["@ouverture-sans-temoin.preuve", "--policy", "@politique-sans-temoin"];
    assert_eq!(attest(dir.path(), &[&bare, &out[..]].concat()).0, 3);
    let page = fs::read_to_string(dir.path().join("x.html")).unwrap();
    for words in ["heure non attestée", "seul l&#39;opérateur l&#39;affirme", "P0, inscrit au journal"] {
        assert!(page.contains(words), "{words}");
    }
    let stamped = ["@ouverture-horodatee.preuve", "--policy", "@politique", "--tsa", "@horodatage.pem"];
    assert_eq!(attest(dir.path(), &[&stamped, &out[..]].concat()).0, 0);
    assert!(fs::read_to_string(dir.path().join("x.html")).unwrap().contains("P2, horodaté : une autorité"));
}
