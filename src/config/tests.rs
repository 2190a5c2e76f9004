//! The declarations, the example and the texts of what is wrong.

use std::path::Path;

use super::*;

const MINIMAL: &str = r#"
[server]
name = "mail.a.mssante.fr"
domains = "a.mssante.fr"
[trust]
anchors = "ca.pem"
# revocation lists are fetched
white_list = "liste.xml"
[operators]
certificate = "op.pem"
key = "op.key"
[clients]
certificate = "srv.pem"
key = "srv.key"
"#;

fn parse_here(text: &str) -> Result<Config, Problems> {
    parse(text, Path::new("/etc/sceau/sceau.toml"))
}

/// The minimal file with one line replaced or added at the end of a section.
fn with(section: &str, lines: &str) -> String {
    MINIMAL.replacen(&format!("[{section}]\n"), &format!("[{section}]\n{lines}\n"), 1)
}

#[test]
fn a_minimal_file_gets_the_defaults() {
    let config = parse_here(MINIMAL).unwrap();
    assert_eq!(config.operators.listen, ["[::]:25".parse().unwrap()]);
    assert_eq!(config.operators.message_max, Size(60_000_000));
    assert_eq!(config.server.control, None);
    assert_eq!(config.trust.anchors, [Path::new("/etc/sceau/ca.pem")]);
    assert_eq!(config.server.domains[0].as_str(), "a.mssante.fr");
}

#[test]
fn every_default_and_example_in_the_declarations_is_valid_and_in_its_limits() {
    let mut text = String::new();
    for table in Config::TABLES {
        text.push_str(&format!("[{}]\n", table.name));
        for key in table.keys {
            text.push_str(&format!("{} = {}\n", key.name, key.text));
        }
    }
    parse_here(&text).unwrap();
}

#[test]
fn defaults_are_declared_in_the_form_in_which_they_are_written() {
    let text = effective(&parse_here(MINIMAL).unwrap());
    for key in Config::TABLES.iter().flat_map(|table| table.keys).filter(|key| key.presence == Presence::Default) {
        assert!(text.contains(&format!("{} = {}  # défaut\n", key.name, key.text)), "{}", key.name);
    }
}

#[test]
fn the_example_in_the_repository_is_the_one_the_code_writes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sceau.example.toml");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, example()).unwrap();
    }
    let stored = fs::read_to_string(file).unwrap();
    assert_eq!(stored, example(), "write it again: BLESS=1 cargo test --lib config::");
    parse(&stored, Path::new("config/sceau.example.toml")).unwrap();
}

#[test]
fn the_effective_settings_are_a_file_with_the_same_effect() {
    let config = parse_here(&with("server", "stop_within = \"1 min\"")).unwrap();
    let text = effective(&config);
    assert!(text.contains("stop_within = \"1 min\"\n"), "{text}");
    assert!(text.contains("listen = [\"[::]:25\"]  # défaut\n"), "{text}");
    assert_eq!(effective(&parse_here(&text).unwrap()), text);
}

/// A file, and what the administrator reads of it, word for word.
fn wrong_names() -> Vec<(String, &'static str)> {
    vec![
        (
            with("operators", "lisen = \"[::]:25\""),
            "/etc/sceau/sceau.toml:10: [operators] lisen : clé inconnue\n    \
             remède : peut-être « listen » ? sinon l'effacer",
        ),
        (
            with("log", "").replace("[server]\n", "[servr]\na = 1\n[server]\n"),
            "/etc/sceau/sceau.toml:2: [servr] : section inconnue\n    \
             remède : peut-être « server » ? sinon l'effacer",
        ),
        (
            with("clients", "zzz = 1"),
            "/etc/sceau/sceau.toml:13: [clients] zzz : clé inconnue\n    \
             remède : l'effacer ; on connaît : certificate, key",
        ),
        (
            MINIMAL.replace("name = \"mail.a.mssante.fr\"\n", ""),
            "/etc/sceau/sceau.toml: [server] name : clé obligatoire, absente\n    \
             remède : ajouter dans la section [server] : name = \"mail.chu-exemple.mssante.fr\"",
        ),
    ]
}

/// The same for values.
fn wrong_values() -> Vec<(String, &'static str)> {
    vec![
        (
            with("operators", "message_max = 60"),
            "/etc/sceau/sceau.toml:10: [operators] message_max : valeur refusée : 60\n    \
             remède : il faut une taille avec son unité, par exemple \"60 MB\", \"64 KiB\" ou \"2 Go\"",
        ),
        (
            with("operators", "message_max = \"2 GB\""),
            "/etc/sceau/sceau.toml:10: [operators] message_max : valeur hors limites : \"2 GB\"\n    \
             remède : de \"64 KiB\" à \"100 MB\"",
        ),
        (
            with("server", "stop_within = \"20\"\ndata = 3"),
            "/etc/sceau/sceau.toml:3: [server] stop_within : valeur refusée : \"20\"\n    \
             remède : il faut une durée avec son unité, par exemple \"30 s\", \"5 min\", \"4 h\" ou \"7 d\"\n\
             /etc/sceau/sceau.toml:4: [server] data : valeur refusée : 3\n    \
             remède : il faut un chemin entre guillemets (relatif : depuis le répertoire de ce fichier)",
        ),
        (
            with("server", "oops"),
            "/etc/sceau/sceau.toml:3: syntaxe : key with no value, expected `=`\n    \
             remède : le fichier est en TOML : [section], puis clé = valeur, textes entre guillemets",
        ),
    ]
}

#[test]
fn what_is_wrong_is_told_with_line_reason_and_remedy() {
    for (text, told) in wrong_names().into_iter().chain(wrong_values()) {
        assert_eq!(parse_here(&text).unwrap_err().to_string(), told);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let problems = load(Path::new("/nowhere/sceau.toml")).unwrap_err();
    assert!(problems.to_string().starts_with("/nowhere/sceau.toml: fichier : illisible"), "{problems}");
}

proptest::proptest! {
    /// Whatever stands in the file, there is an answer; and what is wrong has its line within the file.
    #[test]
    fn no_text_is_too_strange(
        text in "([a-z_.=\\[\\]\"' #0-9{},:-]|\n|é|\\PC){0,200}",
        section in 0..Config::TABLES.len(),
        value in "\\PC{0,20}",
    ) {
        let table = Config::TABLES[section];
        for key in table.keys {
            for value in [format!("{value:?}"), value.clone()] {
                let file = format!("[{}]\n{} = {value}\n{text}", table.name, key.name);
                let problems = parse_here(&file).unwrap_err();
                let lines = file.lines().count().max(1);
                proptest::prop_assert!(problems.list.iter().all(|problem| problem.line.is_none_or(|line| line <= lines + 1)));
            }
        }
    }
}
