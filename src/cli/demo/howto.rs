//! What to type, while the demonstration stays up.

use super::super::Failure;
use super::super::terminal::tell;
use super::world::{Operator, World};

/// Prints the settings of mail programs and some commands.
pub(super) fn tell_how(world: &World) -> Result<(), Failure> {
    tell("\nLes deux opérateurs restent en marche ; Ctrl-C les arrête.\n")?;
    for operator in &world.operators {
        accounts(operator)?;
    }
    tell(&format!(
        "  Autorité à importer (Thunderbird : Paramètres, Certificats ; Outlook : magasin Windows) :\n    {}",
        world.anchors.display()
    ))?;
    commands(world)
}

/// What to type into Thunderbird or Outlook.
fn accounts(operator: &Operator) -> Result<(), Failure> {
    let port = |service| operator.address(service).port();
    tell(&format!("  {} ({})", operator.name, operator.domain))?;
    for (verb, protocol, secured, upgraded) in
        [("lire   ", "IMAP", "imaps", "imap"), ("envoyer", "SMTP", "submissions", "submission")]
    {
        tell(&format!(
            "    {verb}  {protocol}   localhost  port {}  SSL/TLS   (ou {} STARTTLS)",
            port(secured),
            port(upgraded)
        ))?;
    }
    for person in 0..operator.people.len() {
        let (address, password) = operator.login(person);
        tell(&format!("    compte   {address:<44} mot de passe  {password}"))?;
    }
    tell("")
}

/// What to type into a terminal.
fn commands(world: &World) -> Result<(), Failure> {
    let [a, b] = &world.operators;
    let (ca, config) = (world.anchors.display(), a.config_file());
    let (user, password) = a.login(0);
    let (certificate, key) = (b.identity.0.display(), b.identity.1.display());
    let (imaps, smtp, config) = (a.host_port("imaps"), a.host_port("smtp"), config.display());
    tell("\n  Lire avec curl :")?;
    tell(&format!("    curl --cacert {ca} -u '{user}:{password}' 'imaps://{imaps}/INBOX;MAILINDEX=1'"))?;
    tell(&format!("\n  Parler à {} comme opérateur, avec openssl :", a.name))?;
    tell(&format!(
        "    openssl s_client -starttls smtp -crlf -connect {smtp} -CAfile {ca} -cert {certificate} -key {key}"
    ))?;
    tell("\n  Jouer contre lui les correspondants de contrôle de l'ANS, et comprendre chaque refus :")?;
    tell(&format!("    sceau trust conformance --config {config}"))?;
    tell(&format!("    sceau trust refusals --config {config}"))?;
    tell(&format!("    sceau trust explain {} --config {config}", world.expired.0.display()))?;
    tell("\n  Les événements d'un message, ses preuves, et le journal entier :")?;
    tell(&format!("    sceau trace --config {config} --envelope ID"))?;
    tell(&format!("    sceau proof export --config {config} --envelope ID --out ."))?;
    tell(&format!("    sceau proof dossier --config {} --message-id ID --out dossier", b.config_file().display()))?;
    tell(&format!("    sceau proof audit {}/ledger/*", a.data().display()))?;
    tell("\n  Ce que chacun publie de son journal, et ses témoins :")?;
    tell(&format!("    curl --cacert {ca} https://{}/keys", a.host_port("proofs")))?;
    tell(&format!("    sceau proof witnesses --config {config}"))
}
