//! What would happen to a distinguished name: listed, or nearly.

use super::Around;
use super::text::Explanation;
use crate::mail::{CheckKey, Domain, StructureId};
use crate::trust::{AttributeType, DistinguishedName};

/// Domains of a name that are shown.
const SHOWN: usize = 10;
/// Near names that are shown.
const NEAR: usize = 3;
/// How many attributes a near name may not share.
const DIFFERENT: usize = 2;

pub(super) fn explain(around: &Around, name: &DistinguishedName) -> Explanation {
    let mut told = Explanation::new(format!("DN {name}"));
    let fresh = around.tell_list(&mut told);
    tell_identifiers(&[name], &mut told);
    let listed = tell_listed(around, name, &mut told);
    told.conclude(match (listed, fresh) {
        (true, true) => {
            "Un certificat à ce DN est celui d'un opérateur, pour ces domaines seulement (si sa chaîne est bonne)."
        }
        (true, false) => "Ce DN est inscrit, mais rien ne passe tant que la liste blanche n'est pas rechargée.",
        (false, _) => "Un certificat à ce DN est refusé : 554 5.7.1, et la connexion est fermée.",
    });
    told
}

/// The step about the listing of a name; whether it is listed.
pub(super) fn tell_listed(around: &Around, name: &DistinguishedName, told: &mut Explanation) -> bool {
    let list = &around.snapshot.list;
    let Some(listed) = list.names().iter().find(|listed| *listed == name) else {
        tell_near(around, name, told);
        return false;
    };
    let domains: std::collections::BTreeSet<&Domain> = list.domains_of(name).collect();
    told.good(match domains.len() {
        1 => "Ce DN est dans la liste, pour un domaine :".to_owned(),
        several => format!("Ce DN est dans la liste, pour {several} domaines :"),
    });
    for domain in domains.iter().take(SHOWN) {
        let others = list.names_of(domain).count() - 1;
        let shared = match others {
            0 => String::new(),
            1 => "  (un autre DN est inscrit aussi)".to_owned(),
            several => format!("  ({several} autres DN sont inscrits aussi)"),
        };
        told.detail(format!("{domain}{shared}"));
    }
    if domains.len() > SHOWN {
        told.detail(format!("… et {} autres", domains.len() - SHOWN));
    }
    if listed.to_string() != name.to_string() {
        told.note(format!("La liste l'écrit autrement, ce qui ne compte pas : {listed}"));
    }
    true
}

fn tell_near(around: &Around, name: &DistinguishedName, told: &mut Explanation) {
    told.bad("Ce DN n'est pas dans la liste.");
    let siblings: Vec<&DistinguishedName> = around.snapshot.list.siblings(name).collect();
    for sibling in siblings.iter().take(NEAR) {
        let cn = |name: &DistinguishedName| name.values(&AttributeType::common_name()).collect::<Vec<_>>().join(" + ");
        told.detail(format!("seul le CN diffère : « {} » ici, « {} » dans la liste", cn(name), cn(sibling)));
    }
    if siblings.len() > NEAR {
        told.detail(format!("… et {} autres DN qui ne diffèrent que par le CN", siblings.len() - NEAR));
    }
    if !siblings.is_empty() {
        told.detail(
            "causes fréquentes : certificat d'un autre serveur du même opérateur, ou renouvelé sous un autre nom",
        );
        return;
    }
    let near = near(around, name);
    for listed in &near {
        told.detail(format!("proche : {listed}"));
        for difference in differences(name, listed) {
            told.detail(format!("    {difference}"));
        }
    }
    if near.is_empty() {
        told.detail("aucun DN de la liste ne lui ressemble (ni même structure, ni même CN)");
    }
}

/// Listed names that share all but a few attributes, the nearest first.
fn near<'a>(around: &'a Around, name: &DistinguishedName) -> Vec<&'a DistinguishedName> {
    let mut near: Vec<(usize, f64, &DistinguishedName)> = Vec::new();
    for listed in around.snapshot.list.names() {
        let missing = differences(name, listed).len();
        let likeness = strsim::normalized_levenshtein(&listed.to_string(), &name.to_string());
        let common =
            |kind: &AttributeType| name.values(kind).any(|a| listed.values(kind).any(|b| a.eq_ignore_ascii_case(b)));
        let related = common(&AttributeType::common_name()) || common(&AttributeType::organizational_unit());
        if missing <= DIFFERENT && (related || likeness > 0.85) || likeness > 0.9 || related && likeness > 0.7 {
            near.push((missing, likeness, listed));
        }
    }
    near.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    near.into_iter().take(NEAR).map(|(_, _, name)| name).collect()
}

/// Attribute by attribute, what is not the same.
fn differences(here: &DistinguishedName, listed: &DistinguishedName) -> Vec<String> {
    let mut kinds: Vec<&AttributeType> = Vec::new();
    for attribute in here.attributes().iter().chain(listed.attributes()) {
        if !kinds.contains(&&attribute.kind) {
            kinds.push(&attribute.kind);
        }
    }
    let only = |name: &DistinguishedName, kind: &AttributeType| {
        let of_kind = name.attributes().iter().filter(|attribute| attribute.kind == *kind).cloned();
        DistinguishedName::new(of_kind.collect())
    };
    let text = |name: &DistinguishedName, kind: &AttributeType| match name.values(kind).collect::<Vec<_>>() {
        values if values.is_empty() => "absent".to_owned(),
        values => format!("« {} »", values.join(" + ")),
    };
    let differing = kinds.into_iter().filter(|kind| only(here, kind) != only(listed, kind));
    differing.map(|kind| format!("{kind} : {} ici, {} dans la liste", text(here, kind), text(listed, kind))).collect()
}

/// What the OUs of these names say of their structures: a wrong key is worth a look.
pub(super) fn tell_identifiers(names: &[&DistinguishedName], told: &mut Explanation) {
    let kind = AttributeType::organizational_unit();
    let mut units: Vec<&str> = names.iter().flat_map(|name| name.values(&kind)).collect();
    units.sort_unstable();
    units.dedup();
    for unit in units {
        let Ok(id) = StructureId::parse(unit) else {
            told.warning(format!("OU={unit} n'est ni 1 suivi d'un FINESS, ni 3 suivi d'un SIRET (sans effet)."));
            continue;
        };
        let text = match &id {
            StructureId::Finess(id) => format!("OU={unit} : FINESS {id}"),
            StructureId::Siret(id) => format!("OU={unit} : SIRET {id}"),
        };
        match id.key() {
            CheckKey::Right => told.note(format!("{text}, clé juste.")),
            CheckKey::Unknown => told.note(format!("{text}.")),
            CheckKey::Wrong => told.warning(format!("{text}, dont la clé est fausse (sans effet).")),
        }
    }
}
