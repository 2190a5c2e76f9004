//! Orders of certificates, from the command line's words to the laboratory's.

use clap::{Args, ValueEnum};

use super::super::Failure;
use super::super::terminal::tell;
use super::{Directory, told};
use crate::mail::{Adeli, CheckKey, Domain, Finess, ProfessionalId, Rpps, Siret, StructureId};
use crate::trust::lab::pki::{Entry, Kind, Pki};
use crate::trust::lab::{self, Leaf, Organisation};

/// The kind of key, by its usual name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Key {
    Rsa,
    Ecdsa,
}

impl From<Key> for lab::Key {
    fn from(key: Key) -> Self {
        match key {
            Key::Rsa => Self::Rsa2048,
            Key::Ecdsa => Self::P256,
        }
    }
}

/// The structure that a certificate names.
#[derive(Args)]
struct Structure {
    #[arg(long = "o", value_name = "NOM", help = "O : raison sociale, « CHU DE VAL NORD »")]
    organisation: String,
    #[arg(
        long,
        value_name = "NUMÉRO",
        required_unless_present = "siret",
        conflicts_with = "siret",
        help = "FINESS de la structure (OU = 1 + FINESS)"
    )]
    finess: Option<Finess>,
    #[arg(long, value_name = "NUMÉRO", help = "SIRET de la structure (OU = 3 + SIRET)")]
    siret: Option<Siret>,
    #[arg(
        long = "st",
        value_name = "DÉPARTEMENT",
        default_value = "Paris (75)",
        help = "ST : département, « Nord (59) »"
    )]
    state: String,
}

impl Structure {
    fn read(&self) -> Result<Organisation, Failure> {
        let id = match (&self.finess, &self.siret) {
            (Some(finess), _) => StructureId::Finess(finess.clone()),
            (None, Some(siret)) => StructureId::Siret(siret.clone()),
            (None, None) => return Err(Failure::new("il faut --finess ou --siret")),
        };
        warn_of_key(&id.to_string(), id.key())?;
        Ok(Organisation::new(&self.organisation, &id.to_string(), &self.state))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Operator {
    #[command(flatten)]
    lab: Directory,
    #[arg(long, value_name = "HÔTE", help = "CN : nom d'hôte du serveur, « mx.chu-exemple.mssante.fr »")]
    cn: String,
    #[command(flatten)]
    structure: Structure,
    #[arg(long = "domain", value_name = "DOMAINE", help = "Domaine de messagerie à inscrire ; à répéter")]
    domains: Vec<Domain>,
    #[arg(
        long,
        value_name = "HÔTE",
        help = "Autre nom d'hôte ou adresse IP ; à répéter (localhost et 127.0.0.1 y sont toujours)"
    )]
    also: Vec<String>,
    #[arg(long, value_enum, default_value_t = Key::Rsa, help = "Clé : RSA 2048 ou ECDSA P-256")]
    key: Key,
    #[arg(long, value_name = "NOM", help = "Nom des fichiers (sinon : le CN)")]
    name: Option<String>,
}

impl Operator {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut pki = self.lab.open()?;
        let leaf = Leaf::operator(&self.cn, &self.structure.read()?).with_key(self.key.into());
        let names = ["localhost", "127.0.0.1"].into_iter().chain(self.also.iter().map(String::as_str));
        let leaf = names.fold(leaf, Leaf::and_name);
        let name = self.name.unwrap_or(self.cn);
        tell_issued(&pki.issue(&name, Kind::Operator, &leaf, self.domains).map_err(told)?, &pki)
    }
}

#[derive(Args)]
pub(in crate::cli) struct Application {
    #[command(flatten)]
    lab: Directory,
    #[arg(long, value_name = "NOM", help = "CN : nom du logiciel ou de sa machine")]
    cn: String,
    #[command(flatten)]
    structure: Structure,
    #[arg(long, value_enum, default_value_t = Key::Rsa, help = "Clé : RSA 2048 ou ECDSA P-256")]
    key: Key,
    #[arg(long, value_name = "NOM", help = "Nom des fichiers (sinon : le CN)")]
    name: Option<String>,
}

impl Application {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut pki = self.lab.open()?;
        let leaf = Leaf::application(&self.cn, &self.structure.read()?).with_key(self.key.into());
        let name = self.name.unwrap_or(self.cn);
        tell_issued(&pki.issue(&name, Kind::Application, &leaf, Vec::new()).map_err(told)?, &pki)
    }
}

#[derive(Args)]
pub(in crate::cli) struct Person {
    #[command(flatten)]
    lab: Directory,
    #[arg(
        long,
        value_name = "NUMÉRO",
        required_unless_present = "adeli",
        conflicts_with = "adeli",
        help = "RPPS (CN = 8 + RPPS)"
    )]
    rpps: Option<Rpps>,
    #[arg(long, value_name = "NUMÉRO", help = "ADELI (CN = 0 + ADELI)")]
    adeli: Option<Adeli>,
    #[arg(long, value_name = "NOM", help = "Nom de famille")]
    surname: String,
    #[arg(long, value_name = "PRÉNOM", help = "Prénom")]
    given_name: String,
    #[arg(long, value_name = "PROFESSION", default_value = "Médecin", help = "Profession")]
    title: String,
    #[arg(long, value_name = "ADRESSE", default_value = "", help = "Adresse MSSanté, dans les noms alternatifs")]
    email: String,
    #[arg(long, value_enum, default_value_t = Key::Rsa, help = "Clé : RSA 2048 ou ECDSA P-256")]
    key: Key,
    #[arg(long, value_name = "NOM", help = "Nom des fichiers (sinon : l'identifiant national)")]
    name: Option<String>,
}

impl Person {
    pub(super) fn run(self) -> Result<(), Failure> {
        let id = match (self.rpps, self.adeli) {
            (Some(rpps), _) => ProfessionalId::Rpps(rpps),
            (None, Some(adeli)) => ProfessionalId::Adeli(adeli),
            (None, None) => return Err(Failure::new("il faut --rpps ou --adeli")),
        };
        warn_of_key(&id.to_string(), id.key())?;
        let mut pki = self.lab.open()?;
        let person =
            lab::Person { surname: self.surname, given_name: self.given_name, title: self.title, email: self.email };
        let id = id.to_string();
        let leaf = Leaf::person(&id, person).with_key(self.key.into());
        let name = self.name.unwrap_or(id);
        tell_issued(&pki.issue(&name, Kind::Person, &leaf, Vec::new()).map_err(told)?, &pki)
    }
}

/// A wrong key is worth a warning, never a refusal.
fn warn_of_key(id: &str, key: CheckKey) -> Result<(), Failure> {
    if key == CheckKey::Wrong { tell(&format!("ATTENTION : la clé de {id} est fausse (sans effet).")) } else { Ok(()) }
}

fn tell_issued(entry: &Entry, pki: &Pki) -> Result<(), Failure> {
    let (certificate, key) = pki.files_of(&entry.name);
    tell(&entry.subject)?;
    tell(&format!("  certificat  {}", certificate.display()))?;
    tell(&format!("  clé         {}", key.display()))?;
    tell(&format!("  série       {}   jusqu'au {}", entry.serial, entry.not_after))?;
    for domain in &entry.domains {
        tell(&format!("  inscrit     {domain}"))?;
    }
    Ok(())
}
