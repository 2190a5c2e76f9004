//! The commented example and the effective settings, both written from the declarations.

use std::fmt::Write as _;

use super::sections::Config;
use super::table::{Key, Presence};

const HEAD: &str = "\
# Sceau : fichier de configuration, commenté.
# Ce fichier est écrit par `sceau check --example` à partir du code : ne pas le modifier, le copier.
#
# Les clés actives sont obligatoires ; les clés précédées de « # » montrent la valeur par défaut ou un exemple.
# Tailles : « B », « kB », « MB », « GB » (ou « ko », « Mo », « Go »), « KiB », « MiB », « GiB ».
# Durées : « ms », « s », « min », « h », « d » (ou « j »). Chemins relatifs : depuis le répertoire de ce fichier.
# Les secrets ne sont jamais écrits ici : seulement le chemin de leur fichier.
# Vérifier : sceau check --config CE_FICHIER
";

/// The text of `config/sceau.example.toml`.
#[must_use]
pub fn example() -> String {
    let mut text = HEAD.to_owned();
    for table in Config::TABLES {
        text.push('\n');
        comment(&mut text, table.about);
        let _ = writeln!(text, "[{}]", table.name);
        for key in table.keys {
            text.push('\n');
            comment(&mut text, key.about);
            limits(&mut text, key);
            let mark = if key.presence == Presence::Required { "" } else { "# " };
            let _ = writeln!(text, "{mark}{} = {}", key.name, key.text);
        }
    }
    text
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "#{line}");
    }
}

fn limits(text: &mut String, key: &Key) {
    let unset = if key.presence == Presence::Optional { "Facultatif. " } else { "" };
    match key.limits {
        Some((low, high)) => {
            let plain = |text: &str| text.trim_matches('"').to_owned();
            let _ = writeln!(text, "# {unset}De {} à {}.", plain(low), plain(high));
        }
        None if unset.is_empty() => {}
        None => {
            let _ = writeln!(text, "# {}", unset.trim_end());
        }
    }
}

/// The settings in force, as a TOML file; those that are not the default are marked.
#[must_use]
pub fn effective(config: &Config) -> String {
    let mut text = String::new();
    for (table, values) in Config::TABLES.iter().zip(config.values()) {
        let _ = writeln!(text, "[{}]", table.name);
        for (key, value) in table.keys.iter().zip(values) {
            let _ = match (value.as_str(), key.presence) {
                ("", _) => writeln!(text, "# {} : non renseigné", key.name),
                (value, Presence::Default) if value == key.text => writeln!(text, "{} = {value}  # défaut", key.name),
                (value, _) => writeln!(text, "{} = {value}", key.name),
            };
        }
        text.push('\n');
    }
    text
}

/// The keys whose values differ, as `[section] key`.
#[must_use]
pub fn differing(one: &Config, other: &Config) -> Vec<String> {
    let keys = Config::TABLES.iter().flat_map(|table| table.keys.iter().map(move |key| (table.name, key.name)));
    let values = one.values().into_iter().flatten().zip(other.values().into_iter().flatten());
    let differing = keys.zip(values).filter(|(_, (one, other))| one != other);
    differing.map(|((table, key), _)| format!("[{table}] {key}")).collect()
}
