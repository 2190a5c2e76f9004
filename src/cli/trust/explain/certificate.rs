//! What would happen to a certificate: its chain link by link, its revocation, its name, and the verdict in each role.

use std::collections::BTreeSet;

use super::super::words;
use super::text::{Explanation, date, days};
use super::{Around, name};
use crate::mail::Domain;
use crate::trust::{ChainFacts, Link, Refusal, Source};

/// OIDs of signature algorithms, by their usual names.
const ALGORITHMS: [(&str, &str); 9] = [
    ("1.2.840.113549.1.1.4", "RSA avec MD5"),
    ("1.2.840.113549.1.1.5", "RSA avec SHA-1"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.1.11", "RSA avec SHA-256"),
    ("1.2.840.113549.1.1.12", "RSA avec SHA-384"),
    ("1.2.840.113549.1.1.13", "RSA avec SHA-512"),
    ("1.2.840.10045.4.1", "ECDSA avec SHA-1"),
    ("1.2.840.10045.4.3.2", "ECDSA avec SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA avec SHA-384"),
];

/// A certificate that ends sooner than this is worth a look.
const SOON_SECS: i64 = 30 * 86_400;

pub(super) fn explain(around: &Around, file: &str, chain: &[Vec<u8>]) -> Result<Explanation, Refusal> {
    let facts = around.snapshot.explain(chain)?;
    let leaf = &facts.links[0];
    let mut told = Explanation::new(format!("Certificat {} ({file})", leaf.facts.subject));
    tell_leaf(around, leaf, &mut told);
    for link in &facts.links[1..] {
        tell_authority(around, link, &mut told);
    }
    tell_anchor(&facts, &mut told);
    for link in &facts.links {
        tell_revocation(around, link, &mut told);
    }
    around.tell_list(&mut told);
    name::tell_identifiers(&[&leaf.facts.subject], &mut told);
    name::tell_listed(around, &leaf.facts.subject, &mut told);
    conclude(around, leaf, chain, &mut told);
    Ok(told)
}

fn tell_leaf(around: &Around, leaf: &Link, told: &mut Explanation) {
    tell_dates(around, "Certificat", leaf, told);
    told.detail(format!("émis par : {}", leaf.facts.issuer));
    told.detail(format!("numéro de série : {}", leaf.facts.serial));
    told.detail(format!("empreinte SHA-256 : {}", crate::mail::hex(&leaf.facts.sha256)));
    told.detail(format!("clé {}, signé en {}", leaf.key, algorithm(leaf)));
    told.detail(match &leaf.usage {
        None => "usage de la clé : non précisé (tout est permis)".to_owned(),
        Some(usages) => format!("usage de la clé : {}", usages.join(", ")),
    });
    told.detail(match &leaf.extended_usage {
        None => "usage étendu : non précisé (tout est permis)".to_owned(),
        Some(usages) => format!("usage étendu : {}", usages.join(", ")),
    });
    told.detail(match leaf.hosts.as_slice() {
        [] => "noms d'hôte : aucun ; on ne peut pas l'appeler par un nom, seulement recevoir de lui".to_owned(),
        hosts => format!("noms d'hôte : {}", hosts.join(", ")),
    });
}

fn tell_authority(around: &Around, link: &Link, told: &mut Explanation) {
    tell_dates(around, "Signé par", link, told);
    let source = match link.source {
        Source::Shown => "montrée avec le certificat",
        Source::Anchors => "trouvée dans « anchors »",
    };
    told.detail(format!("{source} ; clé {}, signée en {}", link.key, algorithm(link)));
}

fn tell_dates(around: &Around, what: &str, link: &Link, told: &mut Explanation) {
    let facts = &link.facts;
    let text = format!("{what} {}, valable du {} au {}", facts.subject, date(facts.not_before), date(facts.not_after));
    let left = facts.not_after.secs() - around.now.secs();
    if around.now < facts.not_before {
        told.bad(format!("{text} : pas encore valable."));
    } else if left < 0 {
        told.bad(format!("{text} : expiré depuis {}.", days(-left)));
    } else if left < SOON_SECS {
        told.warning(format!("{text} : expire dans {}.", days(left)));
    } else {
        told.good(format!("{text}."));
    }
}

fn algorithm(link: &Link) -> &str {
    let known = ALGORITHMS.iter().find(|(oid, _)| *oid == link.signature);
    known.map_or(link.signature.as_str(), |(_, name)| name)
}

fn tell_anchor(facts: &ChainFacts, told: &mut Explanation) {
    if facts.anchored {
        told.good("La chaîne mène à une de nos ancres ; chaque signature est juste.");
        return;
    }
    let Some(last) = facts.links.last() else { return };
    if last.facts.subject == last.facts.issuer {
        told.bad("La chaîne s'arrête à un certificat autosigné qui n'est pas une de nos ancres.");
        return;
    }
    told.bad("La chaîne s'arrête ici : le certificat suivant manque, ou ne l'a pas signée.");
    told.detail(format!("attendu : {}", last.facts.issuer));
    told.detail("ni dans le fichier, ni dans « anchors »");
}

fn tell_revocation(around: &Around, link: &Link, told: &mut Explanation) {
    let Some(revocation) = &link.revocation else { return };
    let subject = &link.facts.subject;
    let Some(list) = &revocation.list else {
        told.bad(format!("Révocation de {subject} : inconnue, il n'y a pas de CRL de {}.", link.facts.issuer));
        return;
    };
    let until = format!("CRL du {}, jusqu'au {}", date(list.this_update), date(list.next_update));
    let late = around.now.secs() - list.next_update.secs();
    let grace = i64::try_from(around.snapshot.policy.crl_grace.as_secs()).unwrap_or(i64::MAX);
    if revocation.revoked {
        told.bad(format!("Révocation de {subject} : RÉVOQUÉ ({until})."));
    } else if late <= 0 {
        told.good(format!("Révocation de {subject} : non révoqué ({until})."));
    } else if late <= grace {
        let rest = days(grace - late);
        told.warning(format!("Révocation de {subject} : non révoqué, mais {until} ; elle sert encore {rest}."));
    } else {
        told.bad(format!("Révocation de {subject} : inconnue, {until}, trop ancienne pour servir."));
    }
}

fn conclude(around: &Around, leaf: &Link, chain: &[Vec<u8>], told: &mut Explanation) {
    let domains: std::collections::BTreeSet<&Domain> = around.snapshot.list.domains_of(&leaf.facts.subject).collect();
    let incoming = around
        .trust
        .client_certificate(chain, around.now)
        .map_err(|refusal| (refusal, "la connexion TLS échoue"))
        .and_then(|()| match around.trust.operator(chain, around.now) {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_temporary() => Err((refusal, "451 4.7.1, le correspondant réessaiera")),
            Err(refusal) => Err((refusal, "554 5.7.1, connexion fermée")),
        });
    told.conclude(match incoming {
        Ok(()) => format!("En réception (il nous appelle) : ACCEPTÉ, pour {}.", count(&domains)),
        Err((refusal, reply)) => refused("En réception (il nous appelle)", refusal, reply),
    });
    let Some(host) = leaf.hosts.iter().find(|host| host.parse::<std::net::IpAddr>().is_err()) else {
        told.conclude("En émission (nous l'appelons) : impossible, le certificat n'a pas de nom d'hôte.");
        return;
    };
    let outgoing = around.trust.server_certificate(chain, host, around.now).and_then(|()| match domains.first() {
        Some(domain) => around.trust.operator_for(chain, domain, around.now).map(|_| ()),
        None => around.trust.operator(chain, around.now).map(|_| ()),
    });
    told.conclude(match outgoing {
        Ok(()) => format!("En émission (nous l'appelons sous le nom {host}) : ACCEPTÉ, pour {}.", count(&domains)),
        Err(refusal) => refused("En émission (nous l'appelons)", refusal, "le message attend"),
    });
}

fn count(domains: &BTreeSet<&Domain>) -> String {
    match domains.len() {
        1 => domains.first().map_or_else(String::new, ToString::to_string),
        several => format!("{several} domaines"),
    }
}

fn refused(way: &str, refusal: Refusal, reply: &str) -> String {
    let mark = if refusal.is_temporary() { "DIFFÉRÉ" } else { "REFUSÉ" };
    format!(
        "{way} : {mark} ({reply}), car {} [{}].\n   Remède : {}.",
        words::what(refusal),
        refusal.reason(),
        words::remedy(refusal)
    )
}
