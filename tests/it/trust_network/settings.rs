//! Settings read again while the server runs, and dates that come near.

use std::fs;

use sceau::config;
use sceau::mail::Time;
use sceau::server::edge::system;
use sceau::server::examine::{Grade, examine_files};
use sceau::server::settings;

use super::caller::Caller;
use super::world::{World, eventually};

const DAY: i64 = 86_400;

fn size(world: &World) -> Option<String> {
    let said = Caller::hello(world, &world.peer).ok()?;
    said.lines().find_map(|line| line.get(4..)?.strip_prefix("SIZE ").map(str::to_owned))
}

#[test]
fn limits_change_at_run_time_and_a_bad_file_changes_nothing() {
    let world = World::new();
    world.configure("", "message_max = \"1 MB\"");
    let serving = world.serve();
    assert_eq!(eventually("the limit of the start", || size(&world)), "1000000");
    // without a signal: the file is looked at
    world.configure("", "message_max = \"2 MB\"\ntickets = \"on\"");
    eventually("the new limit", || size(&world).filter(|size| size == "2000000"));
    eventually("what needs a restart is said", || world.log().contains("[operators] tickets").then_some(()));

    world.configure("", "message_max = \"3 MB\"\nrecipients_max = \"lots\"");
    serving.hang_up();
    eventually("the bad file is refused", || world.log().contains("the old settings stay in force").then_some(()));
    let log = world.log();
    for part in ["sceau.toml:", "[operators] recipients_max : valeur refusée : \"lots\"", "remède : il faut un nombre"]
    {
        assert!(log.contains(part), "{part} is not in\n{log}");
    }
    assert_eq!(size(&world).as_deref(), Some("2000000"));
    fs::remove_file(world.config()).unwrap();
    serving.hang_up();
    eventually("a missing file is refused", || {
        (world.log().matches("the old settings stay in force").count() > 1).then_some(())
    });
    assert_eq!(size(&world).as_deref(), Some("2000000"));

    // anchors that are not there leave those in use
    world.configure("", "message_max = \"4 MB\"");
    let text = fs::read_to_string(world.config()).unwrap().replace("anchors.pem", "nowhere.pem");
    fs::write(world.config(), text).unwrap();
    serving.hang_up();
    eventually("the rest of the file counts", || size(&world).filter(|size| size == "4000000"));
    assert!(world.log().contains("nowhere.pem: No such file"));
}

/// What is said, with its grade, of things whose text contains this.
fn said(world: &World, at: Time, what: &str) -> Vec<(Grade, String)> {
    let findings = examine_files(&config::load(&world.config()).unwrap(), at);
    findings.into_iter().filter(|finding| finding.text.contains(what)).map(|found| (found.grade, found.text)).collect()
}

#[test]
fn ends_are_told_thirty_seven_and_one_days_before() {
    let world = World::new();
    let (ok, text) = world.sceau(&["trust", "list", "fetch"]);
    assert!(ok, "{text}");
    let now = system().now();
    let crls = world.folder.path().join("data/trust/crl");
    fs::create_dir_all(&crls).unwrap();
    fs::write(crls.join("a.crl"), world.lab.crls_pem_for(&[], now.plus_secs(-60), 90).unwrap()).unwrap();
    let own = settings::trust(&config::load(&world.config()).unwrap()).load(now).unwrap();
    let (list_end, crl_end) = (own.list_end(), own.revocation.facts().next().unwrap().next_update);
    let leaf_end = sceau::trust::CertificateFacts::read(world.own.der()).unwrap().not_after;
    for (what, end) in [("[operators] certificat", leaf_end), ("[clients] certificat", leaf_end), ("CRL de", crl_end)] {
        for (left, expected) in [
            (31, None),
            (29, Some("moins de 30 jours")),
            (8, Some("moins de 30 jours")),
            (6, Some("moins de 7 jours")),
            (2, Some("moins de 7 jours")),
            (0, Some("moins d'un jour")),
        ] {
            for (grade, text) in said(&world, end.plus_secs(-left * DAY - 60), what) {
                match expected {
                    None => assert_eq!(grade, Grade::Good, "{text}"),
                    Some(expected) => assert!(grade == Grade::Warning && text.contains(expected), "{left}: {text}"),
                }
            }
        }
    }
    assert_eq!(said(&world, leaf_end.plus_secs(60), "[operators] certificat")[0].0, Grade::Bad);
    // 7 days, then 7 of grace: thirty days before its end it was not made yet
    for (left, expected) in
        [(13, Grade::Good), (8, Grade::Good), (6, Grade::Warning), (0, Grade::Warning), (-1, Grade::Bad)]
    {
        let (grade, text) = said(&world, list_end.plus_secs(-left * DAY - 60), "liste blanche du").remove(0);
        assert_eq!(grade, expected, "{left}: {text}");
        assert!(left != 0 || text.contains("moins d'un jour"), "{text}");
        assert!(left != 6 || text.contains("moins de 7 jours"), "{text}");
    }
}
