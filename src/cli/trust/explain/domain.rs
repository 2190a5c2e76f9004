//! What would happen to a domain: who may speak for it, who takes its messages, and what to look at when nobody does.

use super::text::{Explanation, date};
use super::{Around, name};
use crate::mail::Domain;
use crate::trust::{DistinguishedName, Row};

/// Domains that are suggested.
const SUGGESTED: usize = 3;
/// How alike a suggestion must be.
const ALIKE: f64 = 0.88;
/// Domains below the one that was asked for, shown at most.
const BELOW: usize = 5;

pub(super) fn explain(around: &Around, domain: &Domain) -> Explanation {
    let mut told = Explanation::new(format!("Domaine {domain}"));
    let fresh = around.tell_list(&mut told);
    let operators = tell_operators(around, domain, &mut told);
    let ours = around.ours.contains(domain);
    if ours {
        tell_ours(around, domain, &mut told);
    }
    if operators == 0 {
        conclude_unlisted(ours, domain, &mut told);
        return told;
    }
    tell_both_ways(around, domain, ours, &mut told);
    if fresh {
        let who = if operators == 1 { "son opérateur" } else { "ses opérateurs" };
        told.conclude(if ours {
            format!("{domain} est à nous et dans l'espace de confiance : les autres opérateurs peuvent y écrire.")
        } else {
            format!("{domain} est dans l'espace de confiance : échanges possibles avec {who}.")
        });
    } else {
        told.conclude(
            "Rien ne passe tant que la liste blanche n'est pas rechargée (les messages attendent, rien n'est perdu).",
        );
    }
    told
}

/// The step about the domain's rows; how many names they have.
fn tell_operators(around: &Around, domain: &Domain, told: &mut Explanation) -> usize {
    let list = &around.snapshot.list;
    let names: Vec<&DistinguishedName> = list.names_of(domain).collect();
    match names.len() {
        0 => tell_unlisted(around, domain, told),
        1 => told.good("Le domaine est dans la liste, avec un seul DN d'opérateur :"),
        several => told.good(format!("Le domaine est dans la liste, avec {several} DN d'opérateur (chacun suffit) :")),
    }
    for listed in &names {
        let of_name = |row: &&Row| row.domain == *domain && list.names()[row.name] == **listed;
        let rows: Vec<&Row> = list.rows().iter().filter(of_name).collect();
        let lines: Vec<String> = rows.iter().map(|row| row.line.to_string()).collect();
        let updated = rows.iter().filter_map(|row| row.updated).max();
        let updated = updated.map_or_else(String::new, |time| format!(", mise à jour le {}", date(time)));
        let plural = if lines.len() > 1 { "lignes" } else { "ligne" };
        told.detail(format!("{listed}  ({plural} {}{updated})", lines.join(", ")));
    }
    name::tell_identifiers(&names, told);
    names.len()
}

fn tell_unlisted(around: &Around, domain: &Domain, told: &mut Explanation) {
    told.bad("Le domaine n'est pas dans la liste : il est hors de l'espace de confiance.");
    for (near, why) in suggestions(around, domain) {
        told.detail(format!("peut-être {near} ? ({why})"));
    }
    let suffix = format!(".{domain}");
    let below: Vec<String> = around
        .snapshot
        .list
        .rows()
        .iter()
        .filter(|row| row.domain.as_str().ends_with(&suffix))
        .map(|row| row.domain.to_string())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    if !below.is_empty() {
        let more = below.len().saturating_sub(BELOW);
        let more = if more > 0 { format!(" et {more} autres") } else { String::new() };
        told.detail(format!(
            "la liste a {} sous-domaines : {}{more} ; un sous-domaine ne vaut pas pour son parent",
            below.len(),
            below[..below.len().min(BELOW)].join(", ")
        ));
    }
    let parent = domain.as_str().split_once('.').and_then(|(_, parent)| Domain::parse(parent).ok());
    if let Some(parent) = parent.filter(|parent| around.snapshot.list.lists(parent)) {
        told.detail(format!("la liste a {parent} ; un domaine ne vaut pas pour ses sous-domaines"));
    }
}

/// The listed domains that were probably meant, the likeliest first.
fn suggestions(around: &Around, domain: &Domain) -> Vec<(Domain, String)> {
    let wanted = domain.as_str();
    let label = wanted.split('.').next().unwrap_or_default();
    let mut near: Vec<(f64, Domain, String)> = Vec::new();
    for row in around.snapshot.list.rows() {
        let listed = row.domain.as_str();
        if near.iter().any(|(_, known, _)| *known == row.domain) {
            continue;
        }
        let distance = strsim::damerau_levenshtein(wanted, listed);
        let likeness = strsim::normalized_damerau_levenshtein(wanted, listed);
        if distance <= 2 && listed.len() > 4 || likeness >= ALIKE {
            let plural = if distance > 1 { "s" } else { "" };
            near.push((1.0 + likeness, row.domain.clone(), format!("{distance} caractère{plural} de différence")));
        } else if label.len() > 3 && listed.split('.').next() == Some(label) {
            near.push((likeness, row.domain.clone(), "même début, autre suffixe".to_owned()));
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    // Beside a domain that is one slip away, others would only confuse.
    let slip = "1 caractère de différence";
    if near.iter().any(|(_, _, why)| why == slip) {
        near.retain(|(_, _, why)| why == slip);
    }
    near.into_iter().take(SUGGESTED).map(|(_, domain, why)| (domain, why)).collect()
}

fn tell_ours(around: &Around, domain: &Domain, told: &mut Explanation) {
    let Some(name) = &around.our_name else {
        told.bad("C'est un de nos domaines, mais notre certificat d'opérateur est illisible : voir sceau check.");
        return;
    };
    if around.snapshot.list.names_of(domain).any(|listed| listed == name) {
        told.good(format!("C'est un de nos domaines, et notre certificat est inscrit pour lui : {name}."));
    } else {
        told.bad(format!("C'est un de nos domaines, mais la liste n'y inscrit pas notre certificat : {name}."));
        told.detail("les autres opérateurs refuseront nos messages de ce domaine : faire inscrire ce DN par l'ANS");
    }
}

fn conclude_unlisted(ours: bool, domain: &Domain, told: &mut Explanation) {
    if ours {
        told.conclude(format!("Personne ne peut écrire à {domain}, et personne n'acceptera nos messages de {domain}."));
        return;
    }
    told.conclude(format!(
        "En réception : un message de …@{domain} est refusé (550 5.7.1), quel que soit l'opérateur qui le remet."
    ));
    told.conclude(format!("En émission : un message vers …@{domain} est refusé dès la saisie du destinataire."));
}

fn tell_both_ways(around: &Around, domain: &Domain, ours: bool, told: &mut Explanation) {
    if ours {
        return;
    }
    told.note(format!("En réception, un message de …@{domain} est accepté si le correspondant montre un certificat"));
    told.detail("qui mène à nos ancres, valable, non révoqué (autrement la connexion TLS échoue)");
    told.detail("dont le DN est l'un de ceux ci-dessus (autrement 550 5.7.1 à MAIL FROM)");
    let route = match around.routes.get(domain) {
        Some(host) => format!("à {host} (route fixe de la configuration)"),
        None => "au MX du domaine".to_owned(),
    };
    told.note(format!("En émission, un message vers …@{domain} est remis {route}, si le serveur"));
    told.detail("offre STARTTLS et montre un certificat établi pour le nom appelé (jamais en clair)");
    told.detail("dont le DN est l'un de ceux ci-dessus (autrement le message attend et l'expéditeur est prévenu)");
}
