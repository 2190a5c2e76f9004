//! Golden texts of explanations, with made-up data: `golden.txt` beside this file is what a sysadmin reads. After a
//! change that was meant, `SCEAU_UPDATE_GOLDEN=1 cargo test explanations` writes it anew; read the difference.

use std::fmt::Write as _;

use super::*;
use crate::mail::hex;
use crate::trust::CertificateFacts;
use crate::trust::lab::{Flaw, Issued, Key, Leaf, Organisation};
use crate::trust::testing::{DAY, Space, start};

const GOLDEN: &str = include_str!("golden.txt");

/// What differs from run to run is replaced.
fn settled(text: &str, issued: &[&Issued]) -> String {
    issued.iter().fold(text.to_owned(), |text, issued| {
        let facts = CertificateFacts::read(issued.der()).unwrap();
        text.replace(&facts.serial, "<SÉRIE>").replace(&hex(&facts.sha256), "<EMPREINTE>")
    })
}

struct World {
    around: Around,
    good: Issued,
    all: Vec<(&'static str, Issued)>,
}

/// Us, `chu-nord`, and some neighbours; certificates good and bad.
fn world() -> World {
    let space = Space::new();
    let clinic = Organisation::new("CLINIQUE DES LILAS", "1750048887", "Paris (75)");
    let hub = Organisation::new("HEBERGEUR", "318751275100020", "Paris (75)");
    let good = space.issue(&Space::north());
    let revoked = space.issue(&Space::north());
    let (first, second) = (Leaf::operator("smtp1.lilas.fr", &clinic), Leaf::operator("smtp2.hub.fr", &hub));
    let (first, second) = (space.issue(&first), space.issue(&second));
    let rows = [
        ("chu-nord.mssante.fr", &good),
        ("lilas.mssante.fr", &first),
        ("lilas.mssante.fr", &second),
        ("labo.lilas.mssante.fr", &second),
        ("hub.mssante.fr", &second),
    ];
    let all = vec![
        ("bon", space.issue(&Leaf { key: Key::Rsa2048, ..Space::north() })),
        ("révoqué", revoked),
        ("expiré", space.flawed(Flaw::Expired)),
        ("d'une autre autorité", space.flawed(Flaw::OtherAuthority)),
        ("d'un autre serveur", space.issue(&Leaf { common_name: "mx2.chu-nord.fr".into(), ..Space::north() })),
    ];
    let trust = space.trust(&rows, &[&all[1].1]);
    let now = start().plus_secs(3 * DAY);
    let ours = vec![crate::trust::testing::domain("chu-nord.mssante.fr")];
    let routes = [(crate::trust::testing::domain("hub.mssante.fr"), "127.0.0.1:2525".to_owned())];
    let around = Around::new(trust, now, ours, Some(good.name().unwrap()), routes.into());
    World { around, good, all }
}

fn explain(around: &Around, text: &str) -> Explanation {
    match read_subject(text).unwrap() {
        Subject::Domain(domain) => domain::explain(around, &domain),
        Subject::Name(name) => name::explain(around, &name),
        Subject::File(file) => panic!("{}", file.display()),
    }
}

#[test]
fn explanations_read_as_they_should() {
    let mut world = world();
    let mut told = String::new();
    for text in [
        "chu-nord.mssante.fr",
        "anne@lilas.mssante.fr",
        "hub.mssante.fr",
        "lila.mssante.fr",
        "labo.mssante.fr",
        "radio.lilas.mssante.fr",
        "CN=mss.chu-nord.fr,OU=1590000012,O=CHU DU NORD,ST=Nord (59),C=FR",
        "C=FR, ST=NORD(59), O=Chu du Nord, OU=1590000012, CN=MSS.chu-nord.fr",
        "CN=mx9.chu-nord.fr,OU=1590000012,O=CHU DU NORD,ST=Nord (59),C=FR",
        "CN=smtp1.lilas.fr,OU=1750048887,O=CLINIQUE LES LILAS,L=Paris (75),C=FR",
        "CN=ailleurs.fr,OU=RECHERCHE,O=AILLEURS,C=FR",
    ] {
        write!(told, "===== {text}\n{}\n", explain(&world.around, text)).unwrap();
    }
    for (name, issued) in &world.all {
        let explanation = certificate::explain(&world.around, "pair.pem", &issued.chain()).unwrap();
        write!(told, "===== un certificat {name}\n{}\n", settled(&explanation.to_string(), &[issued])).unwrap();
    }
    // The leaf alone, when the list and the revocation lists are long past their dates.
    world.around.now = start().plus_secs(40 * DAY);
    let late = certificate::explain(&world.around, "pair.pem", &[world.good.der().to_vec()]).unwrap();
    write!(
        told,
        "===== un certificat bon, nos listes trop anciennes\n{}\n",
        settled(&late.to_string(), &[&world.good])
    )
    .unwrap();
    write!(told, "===== un domaine, liste trop ancienne\n{}", explain(&world.around, "lilas.mssante.fr")).unwrap();
    if std::env::var_os("SCEAU_UPDATE_GOLDEN").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/trust/explain/golden.txt"), &told).unwrap();
    } else {
        assert!(told == GOLDEN, "differs from golden.txt:\n{told}");
    }
}

#[test]
fn what_is_asked_is_told_apart() {
    assert!(matches!(read_subject("CN=a/b,C=FR"), Ok(Subject::Name(_))));
    assert!(matches!(read_subject("/etc/x"), Ok(Subject::File(_))));
    assert!(matches!(read_subject("x.pem"), Ok(Subject::File(_))));
    assert!(matches!(read_subject("Chu.MSSante.fr"), Ok(Subject::Domain(_))));
    for nonsense in ["", "a b", "=x"] {
        assert!(read_subject(nonsense).is_err(), "{nonsense}");
    }
}

#[test]
fn explanations_are_json_too() {
    let told = serde_json::to_value(explain(&world().around, "nulle-part.fr")).unwrap();
    assert_eq!(told["steps"][1]["mark"], "bad");
    assert!(told["conclusion"].as_array().is_some_and(|lines| lines.len() == 2));
}
