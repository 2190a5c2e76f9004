//! What an attestation says of samples, and that it says the same each time.

use super::*;

const POLICY: &str = include_str!("../../docs/samples/politique");
const SEAL: &[u8] = include_bytes!("../../docs/samples/scellement.preuve");
const OPEN: &[u8] = include_bytes!("../../docs/samples/ouverture.preuve");
const REDACTED: &[u8] = include_bytes!("../../docs/samples/ouverture-reduite.preuve");

fn judged(bytes: &[u8], policy: &str) -> Result<Proven, Invalid> {
    Proven::judge("a.preuve", ProofFile::parse(bytes).unwrap(), &Policy::parse(policy).unwrap(), None)
}

fn attestation(proofs: &[&[u8]]) -> Attestation {
    let proofs = proofs.iter().map(|bytes| judged(bytes, POLICY).unwrap()).collect();
    Attestation::new(proofs, Policy::parse(POLICY).unwrap(), POLICY)
}

#[test]
fn facts_stand_in_their_order_and_names_once() {
    let document = attestation(&[OPEN, SEAL, OPEN]).document();
    let names: Vec<_> = document.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.preuve", "2-a.preuve", "3-a.preuve", "politique.txt", "verification-a-la-main.sh"]);
    assert_eq!(document.attachments[0].bytes, SEAL);
    assert_eq!(document.time, Time::parse_rfc3339("2026-11-22T10:15:47Z").unwrap(), "when the witnesses had seen it");
    assert!(html(&document).contains("Fait n° 3"));
}

#[test]
fn the_same_proofs_give_the_same_bytes() {
    let documents = [attestation(&[SEAL, OPEN]).document(), attestation(&[OPEN, SEAL]).document()];
    assert_eq!(html(&documents[0]), html(&documents[1]));
    assert_eq!(pdf(&documents[0]).unwrap(), pdf(&documents[1]).unwrap());
}

#[test]
fn what_is_hidden_is_said_to_be_hidden_and_what_is_invalid_is_not_attested() {
    let text = html(&attestation(&[REDACTED]).document());
    assert!(text.contains("<em>non divulgué</em>") && text.contains("Lu, déclaré par le logiciel de bob.petit"));
    let mut wrong = String::from_utf8(OPEN.to_vec()).unwrap();
    wrong = wrong.replacen("via imap", "via web", 1);
    let refused = ProofFile::parse(wrong.as_bytes()).map(|_| ()).is_err() || judged(wrong.as_bytes(), POLICY).is_err();
    assert!(refused);
}

#[test]
fn values_cannot_become_a_page() {
    let document = Document {
        title: "<script>".to_owned(),
        blocks: vec![Block::Paragraph(Text::default().and(Style::Code, "\"'&<b>"))],
        ..attestation(&[SEAL]).document()
    };
    let text = html(&document);
    assert!(text.contains("<code>&quot;&#39;&amp;&lt;b&gt;</code>") && !text.contains("<script"));
    for outside in ["http:", "https:", "src=", "url(", "@import"] {
        assert!(!text.contains(outside), "{outside}");
    }
}

#[test]
fn names_of_files_are_tame() {
    for (name, safe) in [("../a b.preuve", ".._a b.preuve"), ("a\"\n.txt", "a__.txt"), ("", "preuve"), ("..", "preuve")]
    {
        assert_eq!(safe_name(name), safe);
    }
}
