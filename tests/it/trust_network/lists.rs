//! The white list's life: first fetch, history, what is refused, a source that is down.

use sceau::server::edge::system;

use super::world::World;

fn ok(world: &World, arguments: &[&str]) -> String {
    let (ok, said) = world.sceau(arguments);
    assert!(ok, "{arguments:?}: {said}");
    said
}

fn refused(world: &World, arguments: &[&str], why: &str) {
    let (ok, said) = world.sceau(arguments);
    assert!(!ok && said.contains(why), "{arguments:?}: {said}");
}

#[test]
fn a_server_fetches_its_list_keeps_it_and_starts_from_it_when_the_source_is_down() {
    let world = World::new();
    let now = system().now();
    refused(&world, &["trust", "list", "show"], "aucune liste");
    world.list_goes_down();
    refused(&world, &["trust", "list", "fetch"], "answers 503");
    world.serve_list(3, now);
    {
        let _serving = world.serve();
        let shown = ok(&world, &["trust", "list", "show", "--rows"]);
        assert!(
            shown.contains("lignes       5") && shown.contains("d2.mssante.fr    CN=mx.pair.mssante.fr,"),
            "{shown}"
        );
        // asked for again at the start and now: the list itself travels once more, then only its tag
        assert!(ok(&world, &["trust", "list", "fetch"]).contains("à jour"));
        world.serve_list(4, now.plus_secs(1));
        let fetched = ok(&world, &["trust", "list", "fetch", "--json"]);
        assert_eq!(fetched.trim(), r#"{"taken":true,"added":1,"removed":0}"#);
        let diff = ok(&world, &["trust", "list", "diff"]);
        assert!(diff.contains("droits ajoutés : 1, retirés : 0.\n+ d3.mssante.fr  CN=mx.pair"), "{diff}");
        world.serve_list(0, now.plus_secs(2));
        refused(&world, &["trust", "list", "fetch"], "has 2 rows, the one in use 6");
        world.serve_list(9, now.plus_secs(40 * 86_400));
        refused(&world, &["trust", "list", "fetch"], "from the future");
        world.serve_list(9, now.plus_secs(-5));
        refused(&world, &["trust", "list", "fetch"], "is older");
        let measured = ok(&world, &["metrics"]);
        assert!(measured.contains("\nsceau_white_list_rows 6\n"), "{measured}");
        assert!(measured.contains("\nsceau_white_list_offers_total{outcome=\"refused\"} 3\n"), "{measured}");
        world.serve_list(0, now.plus_secs(3));
        assert!(ok(&world, &["trust", "list", "fetch", "--accept-shorter"]).contains("ajoutés : 0, retirés : 4"));
    }
    refused(&world, &["metrics"], "aucun serveur");
    world.list_goes_down();
    let _serving = world.serve();
    assert!(ok(&world, &["metrics"]).contains("\nsceau_white_list_rows 2\n"));
    let history: serde_json::Value =
        serde_json::from_str(&ok(&world, &["trust", "list", "history", "--json"])).unwrap();
    let rows: Vec<_> = history.as_array().unwrap().iter().map(|kept| kept["rows"].as_u64().unwrap()).collect();
    assert_eq!(rows, [5, 6, 2]);
    let text = ok(&world, &["trust", "list", "history"]);
    assert!(text.contains("*  3  ") && text.contains("en vigueur"), "{text}");
    let back = ok(&world, &["trust", "list", "diff", "3", history[0]["sha256"].as_str().unwrap()]);
    assert!(back.contains("ajoutés : 3, retirés : 0"), "{back}");
    refused(&world, &["trust", "list", "diff", "7"], "ne désigne pas une liste");
    let tags = world.list_web.asked().iter().filter(|asked| asked.head.contains("if-none-match")).count();
    assert!(tags >= 1, "no conditional request");
}

#[test]
fn the_list_is_fetched_without_a_server_too() {
    let world = World::new();
    assert!(ok(&world, &["trust", "list", "fetch"]).contains("ajoutés : 5"));
    assert!(ok(&world, &["trust", "list", "fetch"]).contains("à jour"));
    assert!(ok(&world, &["trust", "list", "show", "--json"]).contains("\"rows\":5"));
    refused(&world, &["trust", "list", "diff"], "il n'y a qu'une liste");
}
