//! The refusals of the trust space in French, each with what to do about it.

use crate::trust::Refusal;

/// What is wrong with the peer, as the end of a sentence.
pub(super) const fn what(refusal: Refusal) -> &'static str {
    use Refusal as R;
    match refusal {
        R::NoTls => "le correspondant parle en clair",
        R::NoCertificate => "le correspondant n'a montré aucun certificat",
        R::Unreadable => "le certificat est illisible",
        R::Expired => "un certificat de la chaîne a expiré",
        R::NotYetValid => "un certificat de la chaîne n'est pas encore valable",
        R::Revoked => "un certificat de la chaîne est révoqué",
        R::UnknownIssuer => "la chaîne ne mène à aucune de nos ancres",
        R::AnchorExpired => "l'ancre de la chaîne a elle-même expiré",
        R::BadSignature => "une signature de la chaîne est fausse",
        R::WeakAlgorithm => "une clé ou un algorithme de signature est trop faible (SHA-1, RSA de moins de 2048 bits)",
        R::BadUsage => "les usages de la clé ne permettent pas ce rôle",
        R::NotALeaf => "c'est un certificat d'autorité, pas celui d'un serveur",
        R::Constraint => "une contrainte de la chaîne est violée (noms, profondeur ou extension critique)",
        R::WrongHost => "le certificat n'est pas établi pour ce nom d'hôte",
        R::NotListed => "le DN du certificat n'est nulle part dans la liste blanche",
        R::CommonNameDiffers => "le DN ne diffère de celui de la liste blanche que par son CN",
        R::NotListedForDomain => "le DN est dans la liste blanche, mais pas pour ce domaine",
        R::DomainNotListed => "le domaine n'est pas dans la liste blanche",
        R::ListStale => "notre liste blanche est trop ancienne pour servir",
        R::CrlStale => "la liste de révocation de l'autorité est trop ancienne pour servir",
        R::CrlMissing => "nous n'avons pas de liste de révocation de l'autorité",
        #[allow(unreachable_patterns, reason = "a refusal that is new here is told in its own words")]
        other => other.text(),
    }
}

/// What to do, and who has to.
pub(super) const fn remedy(refusal: Refusal) -> &'static str {
    use Refusal as R;
    match refusal {
        R::NoTls => "le correspondant doit envoyer STARTTLS, puis montrer son certificat",
        R::NoCertificate => "le correspondant doit configurer son certificat d'opérateur comme certificat client",
        R::Unreadable => "le correspondant doit redemander son certificat",
        R::Expired => "le titulaire doit le renouveler ; vérifier aussi l'heure de ce serveur",
        R::NotYetValid => "attendre sa date de début ; vérifier aussi l'heure de ce serveur",
        R::Revoked => "le titulaire doit demander un nouveau certificat",
        R::UnknownIssuer => {
            "si l'autorité est bien de l'IGC-Santé, l'ajouter à « anchors » (voir certs/README.md) ; \
             sinon le correspondant doit utiliser un certificat de l'IGC-Santé"
        }
        R::AnchorExpired => "mettre la nouvelle racine de l'IGC-Santé dans « anchors »",
        R::BadSignature => "le correspondant doit envoyer la chaîne exacte de son autorité",
        R::WeakAlgorithm => "le correspondant doit demander un certificat RSA 2048 ou P-256, signé en SHA-256",
        R::BadUsage => {
            "le titulaire doit demander un certificat d'authentification serveur et client ; \
             réglage : « extended_usage »"
        }
        R::NotALeaf => "le correspondant doit montrer son propre certificat",
        R::Constraint => "le titulaire doit voir avec son autorité",
        R::WrongHost => {
            "le correspondant doit y inscrire le nom de son MX, ou corriger son MX ; réglage : « host_name »"
        }
        R::NotListed => "le titulaire doit faire inscrire ce DN par l'ANS ; recharger ensuite la liste",
        R::CommonNameDiffers => "le titulaire doit faire corriger le CN par l'ANS, ou montrer le certificat inscrit",
        R::NotListedForDomain => "le titulaire du domaine doit faire ajouter cet opérateur par l'ANS",
        R::DomainNotListed => "vérifier l'orthographe ; sinon le domaine n'est pas (ou plus) dans MSSanté",
        R::ListStale => "recharger la liste blanche ; réglages : « white_list_age », « white_list_grace »",
        R::CrlStale => "recharger la CRL de cette autorité ; réglages : « crl_grace », « unknown_revocation »",
        R::CrlMissing => "ajouter la CRL de cette autorité à « crls » ; réglage : « unknown_revocation »",
        #[allow(unreachable_patterns, reason = "a refusal that is new here is told in its own words")]
        _ => "voir le journal",
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const BEGIN: &str = "<!-- motifs : ce tableau est comparé au code par un test -->\n";
    const END: &str = "<!-- fin des motifs -->";

    /// What the peer meets when it calls us.
    fn reply(refusal: Refusal) -> String {
        match refusal {
            Refusal::NoTls
            | Refusal::ListStale
            | Refusal::NotListed
            | Refusal::CommonNameDiffers
            | Refusal::NotListedForDomain
            | Refusal::DomainNotListed => format!("`{} {}`", refusal.status().smtp(), refusal.status().enhanced()),
            Refusal::CrlMissing | Refusal::CrlStale => "`451 4.7.1`, selon « unknown_revocation »".to_owned(),
            Refusal::WrongHost => "en émission seulement : le message attend".to_owned(),
            _ => "échec TLS".to_owned(),
        }
    }

    /// The table of `docs/trust.md`, from the code.
    fn table() -> String {
        let mut table = "| motif | ce qui ne va pas | réponse | que faire |\n| --- | --- | --- | --- |\n".to_owned();
        for refusal in Refusal::ALL {
            let (reason, reply) = (refusal.reason(), reply(*refusal));
            writeln!(table, "| `{reason}` | {} | {reply} | {} |", what(*refusal), remedy(*refusal)).unwrap();
        }
        table
    }

    /// After a change that was meant, `SCEAU_UPDATE_GOLDEN=1 cargo test documented` writes the page anew.
    #[test]
    fn every_refusal_is_documented_with_its_remedy() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/trust.md");
        let page = std::fs::read_to_string(file).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (documented, after) = rest.split_once(END).unwrap();
        if std::env::var_os("SCEAU_UPDATE_GOLDEN").is_some() {
            std::fs::write(file, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        } else {
            assert_eq!(documented, table());
        }
    }
}
