//! What a program needs to talk to both operators, as JSON.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::Failure;
use super::world::{Operator, World};

/// Writes the file, whole or not at all: whoever waits for it may read it as soon as it is there.
pub(super) fn write(world: &World, file: &Path) -> Result<(), Failure> {
    let operators: Vec<Value> = world.operators.iter().map(|operator| describe(world, operator)).collect();
    let info = json!({
        "directory": world.directory,
        "ca": world.anchors,
        "crl": world.crls,
        "white_list": world.white_list,
        "operators": operators,
    });
    let text = serde_json::to_string_pretty(&info).map_err(|error| Failure::new(error.to_string()))?;
    let mut draft = file.as_os_str().to_owned();
    draft.push(".tmp");
    fs::write(&draft, text + "\n")?;
    fs::rename(&draft, file)?;
    Ok(())
}

fn describe(world: &World, operator: &Operator) -> Value {
    let peer = &world.other(operator).identity;
    let users: Vec<Value> = (0..operator.people.len())
        .map(|person| {
            let (address, password) = operator.login(person);
            json!({ "address": address, "password": password })
        })
        .collect();
    let mut info = Map::new();
    for (service, _) in operator.services() {
        info.insert(service.to_owned(), operator.host_port(service).into());
    }
    let facts = [
        ("name", json!(operator.name)),
        ("domain", json!(operator.domain)),
        ("ca", json!(world.anchors)),
        ("crl", json!(world.crls)),
        ("white_list", json!(world.white_list)),
        ("tls_client", json!({ "cert": peer.0, "key": peer.1 })),
        ("users", json!(users)),
        ("config", json!(operator.config_file())),
        ("data", json!(operator.data())),
    ];
    info.extend(facts.map(|(key, value)| (key.to_owned(), value)));
    info.into()
}
