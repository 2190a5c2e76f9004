//! Accounts as people read them.

use crate::server::accounts::{AccountFacts, CertificateRule, HolderFacts};

/// One line for each account.
pub(super) fn list(accounts: &[AccountFacts]) -> String {
    if accounts.is_empty() {
        return "Aucun compte : sceau account add ADRESSE en crée un.".to_owned();
    }
    accounts.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(account: &AccountFacts) -> String {
    let state = if account.active { "actif" } else { "fermé" };
    let AccountFacts { address, kind, name, .. } = account;
    format!("{address:<44} {kind:<4} {state:<6} {:<28} {name}", ways(account)).trim_end().to_owned()
}

/// How an account is signed in to, in short.
fn ways(account: &AccountFacts) -> String {
    let mut ways = Vec::new();
    match (account.password, account.scram) {
        (true, true) => ways.push("mot de passe, SCRAM".to_owned()),
        (true, false) => ways.push("mot de passe".to_owned()),
        (false, _) => {}
    }
    for (count, what) in [
        (account.persons.len(), "idnat"),
        (account.certificates.len(), "certificat"),
        (account.holders.len(), "détenteur"),
    ] {
        match count {
            0 => {}
            1 => ways.push(format!("1 {what}")),
            many => ways.push(format!("{many} {what}s")),
        }
    }
    if ways.is_empty() { "rien : personne n'y entre".to_owned() } else { ways.join(", ") }
}

/// All of one account.
pub(super) fn show(account: &AccountFacts) -> String {
    let mut lines = vec![line(account)];
    lines.extend(account.persons.iter().map(|id| format!("  identifiant national  {id}")));
    lines.extend(account.certificates.iter().map(|rule| format!("  certificat            {}", certificate(rule))));
    lines.extend(account.holders.iter().map(|holder| format!("  détenue par           {}", right(holder))));
    lines.extend(account.holds.iter().map(|held| format!("  détient               {}", right(held))));
    lines.join("\n")
}

fn right(holder: &HolderFacts) -> String {
    format!("{} : {}, depuis le {}", holder.address, rights(&holder.rights), holder.since)
}

fn certificate(rule: &CertificateRule) -> String {
    match &rule.sha256 {
        Some(sha256) => format!("{sha256} seulement, {}", rule.subject),
        None => rule.subject.clone(),
    }
}

/// `read,send` in French.
pub(super) fn rights(words: &str) -> String {
    let french = |word: &str| match word.trim() {
        "read" => "lire".to_owned(),
        "write" => "modifier".to_owned(),
        "send" => "écrire en son nom".to_owned(),
        "admin" => "donner des droits par dossier".to_owned(),
        other => other.to_owned(),
    };
    words.split(',').map(french).collect::<Vec<_>>().join(", ")
}

/// The certificates of accounts, one a line.
pub(super) fn certificates(accounts: &[&AccountFacts]) -> String {
    if accounts.is_empty() {
        return "Aucun certificat n'est attaché.".to_owned();
    }
    let of = |account: &&AccountFacts| {
        let rules: Vec<_> =
            account.certificates.iter().map(|rule| format!("{:<44} {}", account.address, certificate(rule))).collect();
        rules.join("\n")
    };
    accounts.iter().map(of).collect::<Vec<_>>().join("\n")
}
