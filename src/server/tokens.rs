//! The identity providers of the configuration: who is believed, and what is asked of their tokens.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::data::StartError;
use crate::config::Config;
use crate::flows::Level;
use crate::mail::Clock;
use crate::net::http::{Client, Settings as HttpSettings};
use crate::net::tokens::{
    Freshness, Inquiry, Introspection, Issuer, MakeClient, ProviderSettings, Rules, Settings, Tokens,
};
use crate::proto::sasl::TokenTerms;
use crate::trust::{Trust, load_anchors};

/// Octets of a description, a set of keys, or an answer about a token.
const ANSWER_MAX: usize = 256 << 10;
/// Octets of a secret's file.
const SECRET_MAX: u64 = 4096;
/// Where providers describe themselves, unless they say otherwise (OpenID Connect Discovery §4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Who checks tokens, and what clients with a wrong one hear; nothing without a provider.
///
/// # Errors
/// What is missing in `[tokens]`, or which file can't be used.
pub(super) fn checker(
    config: &Config,
    trust: &Arc<Trust>,
    clock: &Arc<dyn Clock>,
) -> Result<Option<(Tokens, TokenTerms)>, StartError> {
    let Some(settings) = settings(config)? else { return Ok(None) };
    let first = settings.providers.first().map(|provider| (provider.issuer.to_string(), provider.discovery.clone()));
    let (issuer, path) = first.unwrap_or_default();
    let terms = TokenTerms {
        scope: settings.rules.scopes.join(" "),
        discovery: format!("{}/{}", issuer.trim_end_matches('/'), path.trim_start_matches('/')),
    };
    Ok(Some((Tokens::new(settings, &client(config, trust, clock)?, clock), terms)))
}

/// With the anchors of `[tokens]`, or those of peers, of whom it is known at each request what was revoked.
fn client(config: &Config, trust: &Arc<Trust>, clock: &Arc<dyn Clock>) -> Result<MakeClient, StartError> {
    let files = &config.tokens.anchors;
    let own = if files.is_empty() { None } else { Some(load_anchors(files).map_err(StartError::new)?) };
    let bounds = HttpSettings { within: config.tokens.timeout, body_max: ANSWER_MAX, ..HttpSettings::default() };
    let (trust, clock) = (Arc::clone(trust), Arc::clone(clock));
    Ok(Arc::new(move || {
        let clock = Arc::clone(&clock);
        match &own {
            // The revocation lists are those of the trust space: of other authorities they say nothing.
            Some(anchors) => Client::new(anchors.clone(), bounds, clock),
            None => {
                let snapshot = trust.snapshot();
                Client::with_crls(snapshot.anchors.clone(), snapshot.revocation.ders(), bounds, clock)
            }
        }
    }))
}

/// What `[tokens]` says; nothing without a provider.
///
/// # Errors
/// What is missing or contradicts itself, in French.
pub(super) fn settings(config: &Config) -> Result<Option<Settings>, StartError> {
    let section = &config.tokens;
    let provider = |issuer: &Issuer, discovery: &str, level| ProviderSettings {
        issuer: issuer.clone(),
        discovery: discovery.to_owned(),
        level,
    };
    let psc = section.psc_issuers.iter().map(|issuer| provider(issuer, &section.psc_discovery, Level::Psc));
    let others = section.other_issuers.iter().map(|issuer| provider(issuer, DISCOVERY, Level::Password));
    let providers: Vec<_> = psc.chain(others).collect();
    let Some(first) = providers.first() else { return Ok(None) };
    if providers.iter().enumerate().any(|(n, one)| providers.iter().skip(n + 1).any(|two| one.issuer == two.issuer)) {
        return Err(wrong("un émetteur y est deux fois"));
    }
    if section.audiences.is_empty() && section.clients.is_empty() {
        return Err(wrong("donner audiences ou clients : sinon un jeton fait pour n'importe quel service ouvrirait"));
    }
    if section.person_claims.is_empty() || section.algorithms.is_empty() {
        return Err(wrong("person_claims et algorithms ne peuvent être vides"));
    }
    let asked = section.introspection_issuer.as_ref().unwrap_or(&first.issuer);
    if !providers.iter().any(|provider| provider.issuer == *asked) {
        return Err(wrong("introspection_issuer n'est pas un des émetteurs"));
    }
    let introspection = introspection(config, asked)?;
    let rules = Rules {
        algorithms: section.algorithms.clone(),
        audiences: section.audiences.clone(),
        clients: section.clients.clone(),
        scopes: section.scopes.clone(),
        person_claims: section.person_claims.clone(),
        leeway: section.leeway,
    };
    let freshness =
        Freshness { every: section.keys_every, again_after: section.keys_again_after, grace: section.keys_grace };
    Ok(Some(Settings { providers, rules, freshness, introspection }))
}

fn introspection(config: &Config, issuer: &Issuer) -> Result<Option<Introspection>, StartError> {
    let section = &config.tokens;
    if section.introspection == Inquiry::Off {
        return Ok(None);
    }
    let (Some(client), Some(file)) = (&section.client_id, &section.client_secret) else {
        return Err(wrong("introspection demande client_id et client_secret"));
    };
    let secret = secret(file).map_err(|why| wrong(&format!("client_secret {} : {why}", file.display())))?;
    let (client, issuer) = (client.clone(), issuer.clone());
    Ok(Some(Introspection { issuer, when: section.introspection, client, secret }))
}

/// The first line of a file that nobody else may read.
fn secret(file: &Path) -> Result<Zeroizing<String>, String> {
    let open = File::open(file).map_err(|error| error.to_string())?;
    if open.metadata().map_err(|error| error.to_string())?.mode() & 0o077 != 0 {
        return Err("d'autres que son propriétaire peuvent le lire : chmod 600".to_owned());
    }
    let mut text = Zeroizing::new(String::new());
    open.take(SECRET_MAX).read_to_string(&mut text).map_err(|error| error.to_string())?;
    match text.lines().next().map(str::trim_end) {
        Some(secret) if !secret.is_empty() => Ok(Zeroizing::new(secret.to_owned())),
        _ => Err("il est vide".to_owned()),
    }
}

fn wrong(why: &str) -> StartError {
    StartError::new(format!("[tokens] {why}"))
}
