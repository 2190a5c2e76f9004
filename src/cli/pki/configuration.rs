//! Configuration files for servers of a laboratory: all on this machine, each with its ports and routes to the others.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::super::Failure;
use super::super::terminal::tell;
use crate::mail::Domain;
use crate::trust::lab::pki::{Entry, Kind, Pki};

/// Ports of one server, counted from its first.
pub(in crate::cli) const SERVICES: [&str; 6] = ["smtp", "submission", "submissions", "imap", "imaps", "proofs"];
/// From one server's first port to the next one's.
pub(in crate::cli) const STRIDE: u16 = 10;

/// The address of a service of [`SERVICES`].
pub(in crate::cli) fn address(base: u16, service: &str) -> SocketAddr {
    let offset = SERVICES.iter().position(|name| *name == service).unwrap_or_default();
    (Ipv4Addr::LOCALHOST, base + u16::try_from(offset).unwrap_or_default()).into()
}

/// What is told apart between the servers of a laboratory.
pub(in crate::cli) struct ServerFile<'a> {
    /// A line for people.
    pub(in crate::cli) title: String,
    /// The host's name.
    pub(in crate::cli) host: String,
    pub(in crate::cli) domains: &'a [Domain],
    pub(in crate::cli) data: PathBuf,
    pub(in crate::cli) log_level: &'a str,
    pub(in crate::cli) operator: (PathBuf, PathBuf),
    pub(in crate::cli) clients: (PathBuf, PathBuf),
    /// The first port.
    pub(in crate::cli) base: u16,
    /// Where the other servers' domains are.
    pub(in crate::cli) routes: BTreeMap<Domain, SocketAddr>,
    /// Whom it witnesses and who witnesses it; then its log is published often, because people wait for it.
    pub(in crate::cli) policy: Option<PathBuf>,
}

impl ServerFile<'_> {
    /// The text of `sceau.toml`.
    pub(in crate::cli) fn text(&self, pki: &Pki) -> String {
        let quoted = |path: &Path| format!("{:?}", path.to_string_lossy());
        let list = |items: Vec<String>| items.join(", ");
        let signature = match pki.list_signer() {
            Some(signer) => format!("white_list_signature = \"required\"\nwhite_list_signer = {signer:?}\n"),
            None => "white_list_signature = \"off\"\n".to_owned(),
        };
        let routes = self.routes.iter().map(|(domain, address)| format!("\"{domain}\" = \"{address}\""));
        let at = |service| address(self.base, service);
        format!(
            "# {title} : configuration de laboratoire. Tout est expliqué dans config/sceau.example.toml.\n\
             [server]\nname = \"{host}\"\ndomains = [{domains}]\ndata = {data}\n\n\
             [log]\nlevel = \"{level}\"\n\n\
             [trust]\nanchors = [{anchors}]\ncrls = [{crls}]\nwhite_list = {white_list}\n{signature}\n\
             [operators]\nlisten = [\"{smtp}\"]\ncertificate = {certificate}\nkey = {key}\n\n\
             [clients]\ncertificate = {clients_certificate}\nkey = {clients_key}\n\n\
             [submission]\nlisten = [\"{submission}\"]\nlisten_tls = [\"{submissions}\"]\n\n\
             [imap]\nlisten = [\"{imap}\"]\nlisten_tls = [\"{imaps}\"]\n\n\
             [relay]\nroutes = {{ {routes} }}\n\n\
             [proofs]\nlisten = [\"{proofs}\"]\n{policy}",
            title = self.title,
            host = self.host,
            domains = list(self.domains.iter().map(|domain| format!("\"{domain}\"")).collect()),
            data = quoted(&self.data),
            level = self.log_level,
            anchors = quoted(&pki.anchors()),
            crls = list(pki.crls().iter().map(|path| quoted(path)).collect()),
            white_list = quoted(&pki.white_list()),
            smtp = at("smtp"),
            certificate = quoted(&self.operator.0),
            key = quoted(&self.operator.1),
            clients_certificate = quoted(&self.clients.0),
            clients_key = quoted(&self.clients.1),
            submission = at("submission"),
            submissions = at("submissions"),
            imap = at("imap"),
            imaps = at("imaps"),
            proofs = at("proofs"),
            policy = self.policy.as_ref().map_or_else(String::new, |policy| {
                format!("policy = {}\npublish_every = \"200 ms\"\n", quoted(policy))
            }),
            routes = list(routes.collect()),
        )
    }
}

/// Writes `DIR/serveurs/<name>/sceau.toml` for each operator with domains.
pub(super) fn write_all(pki: &Pki, first: u16, force: bool) -> Result<(), Failure> {
    let operator =
        |entry: &&Entry| entry.kind == Kind::Operator && entry.revoked.is_none() && !entry.domains.is_empty();
    let operators: Vec<&Entry> = pki.entries().iter().filter(operator).collect();
    if operators.is_empty() {
        return Err(Failure::new("aucun opérateur avec un domaine : sceau pki operator … --domain …"));
    }
    let last = usize::from(first) + operators.len() * usize::from(STRIDE);
    if last > usize::from(u16::MAX) {
        return Err(Failure::new(format!("--ports {first} : trop grand pour {} opérateurs", operators.len())));
    }
    let based: Vec<(&Entry, u16)> = operators.iter().copied().zip((first..).step_by(usize::from(STRIDE))).collect();
    let directory = pki.directory().join("serveurs");
    let file = |entry: &Entry| directory.join(&entry.name).join("sceau.toml");
    if let Some((entry, _)) = based.iter().find(|(entry, _)| !force && file(entry).exists()) {
        let file = file(entry);
        return Err(Failure::new(format!("{} existe déjà ; --force les remplace tous", file.display())));
    }
    for (entry, base) in &based {
        write_one(pki, entry, *base, &based, &file(entry))?;
    }
    Ok(())
}

fn write_one(pki: &Pki, entry: &Entry, base: u16, all: &[(&Entry, u16)], file: &Path) -> Result<(), Failure> {
    let own = file.parent().unwrap_or(file);
    fs::create_dir_all(own)?;
    let pair = pki.files_of(&entry.name);
    let others = all.iter().filter(|(other, _)| other.name != entry.name);
    let routes = others.flat_map(|(other, base)| other.domains.iter().map(|d| (d.clone(), address(*base, "smtp"))));
    let text = ServerFile {
        title: entry.name.clone(),
        host: common_name(&entry.subject),
        domains: &entry.domains,
        data: own.join("data"),
        log_level: "info",
        operator: pair.clone(),
        clients: pair,
        base,
        routes: routes.collect(),
        policy: None,
    }
    .text(pki);
    fs::write(file, text)?;
    tell(&format!("sceau serve --config {}", file.display()))?;
    let ports = SERVICES.map(|service| format!("{service} {}", address(base, service).port()));
    tell(&format!("  {} : {}", entry.domains[0], ports.join(", ")))
}

/// The first CN of a subject.
pub(super) fn common_name(subject: &str) -> String {
    let name = crate::trust::DistinguishedName::parse(subject).ok();
    let kind = crate::trust::AttributeType::common_name();
    name.and_then(|name| name.values(&kind).next().map(str::to_owned)).unwrap_or_default()
}
