//! Which hosts take a domain's messages: a fixed route, or the mail exchangers in DNS (RFC 5321 §5.1).
//!
//! What DNS says is not trusted: whoever answers must show the certificate that the white list has for the domain.

use std::future::Future;
use std::net::IpAddr;

use hickory_resolver::proto::rr::RData;
use hickory_resolver::{ResolverBuilder, TokioResolver};

use super::routes::Routes;
use crate::mail::{Chance, Domain};

/// Where mail exchangers listen (RFC 5321 §4.5.4.2).
pub const MX_PORT: u16 = 25;

/// A host that takes messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host {
    /// Its name, which its certificate must say; or an IP address.
    pub name: String,
    /// Its port.
    pub port: u16,
}

/// A mail exchanger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanger {
    /// Lower is tried earlier.
    // [rfc5321#5.1]
    pub preference: u16,
    /// Its name without the final dot; empty for «no mail here» (RFC 7505).
    pub name: String,
}

/// Looks names up.
pub trait Names: Send + Sync {
    /// The mail exchangers of a domain; none when it has no such record.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn exchangers(&self, domain: &Domain) -> impl Future<Output = Result<Vec<Exchanger>, String>> + Send;

    /// The addresses of a host.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn addresses(&self, host: &str) -> impl Future<Output = Result<Vec<IpAddr>, String>> + Send;
}

/// The resolver that the system is set to use.
#[derive(Debug)]
pub struct SystemNames(Result<TokioResolver, String>);

impl SystemNames {
    /// Reads the system's configuration (`/etc/resolv.conf`). Without one, only fixed routes to IP addresses work,
    /// and the reason is told with each message that needs more.
    #[must_use]
    pub fn new() -> Self {
        let resolver = TokioResolver::builder_tokio().and_then(ResolverBuilder::build);
        Self(resolver.map_err(|error| format!("no resolver: {error}")))
    }
}

#[cfg(test)]
impl SystemNames {
    /// With a resolver of the test's.
    pub(super) fn with(resolver: TokioResolver) -> Self {
        Self(Ok(resolver))
    }
}

impl Default for SystemNames {
    fn default() -> Self {
        Self::new()
    }
}

impl Names for SystemNames {
    async fn exchangers(&self, domain: &Domain) -> Result<Vec<Exchanger>, String> {
        let resolver = self.0.as_ref().map_err(String::clone)?;
        let lookup = match resolver.mx_lookup(format!("{domain}.")).await {
            Ok(lookup) => lookup,
            Err(error) if error.is_no_records_found() && !error.is_nx_domain() => return Ok(Vec::new()),
            Err(error) => return Err(format!("MX of {domain}: {error}")),
        };
        let exchanger = |data: &RData| match data {
            RData::MX(mx) => Some(Exchanger { preference: mx.preference, name: plain(&mx.exchange.to_ascii()) }),
            _ => None,
        };
        Ok(lookup.answers().iter().filter_map(|record| exchanger(&record.data)).collect())
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let resolver = self.0.as_ref().map_err(String::clone)?;
        let lookup =
            resolver.lookup_ip(format!("{host}.")).await.map_err(|error| format!("addresses of {host}: {error}"))?;
        Ok(lookup.iter().collect())
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Why there is no host to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoHost {
    /// The domain says that it takes no mail (RFC 7505): for good.
    NoMail,
    /// Anything else may pass.
    NotNow(String),
}

/// The hosts to try for a domain, in order.
pub(super) async fn hosts(
    domain: &Domain,
    routes: &Routes,
    names: &impl Names,
    us: (&Domain, u16),
    chance: &dyn Chance,
) -> Result<Vec<Host>, NoHost> {
    if let Some((route, _)) = routes.of(domain) {
        return Ok(vec![route]);
    }
    let exchangers = names.exchangers(domain).await.map_err(NoHost::NotNow)?;
    let (host, port) = us;
    let ordered = in_order(exchangers, domain, host.as_str(), chance)?;
    Ok(ordered.into_iter().map(|name| Host { name, port }).collect())
}

/// The hosts that a server of this name tries for a domain, in order, for whoever wants to see them.
///
/// # Errors
/// Why there are none.
pub async fn hosts_of(
    domain: &Domain,
    routes: &Routes,
    names: &impl Names,
    us: &Domain,
    chance: &dyn Chance,
) -> Result<Vec<Host>, String> {
    hosts(domain, routes, names, (us, MX_PORT), chance).await.map_err(|why| match why {
        NoHost::NoMail => "the domain takes no mail (null MX)".to_owned(),
        NoHost::NotNow(reason) => reason,
    })
}

/// By preference, by chance among equals; without ourselves and those after us, which would be a loop.
// [rfc5321#5.1] [rfc7505#4.2]
fn in_order(exchangers: Vec<Exchanger>, domain: &Domain, us: &str, chance: &dyn Chance) -> Result<Vec<String>, NoHost> {
    if exchangers.is_empty() {
        return Ok(vec![domain.to_string()]);
    }
    if exchangers.iter().all(|exchanger| exchanger.name.is_empty()) {
        return Err(NoHost::NoMail);
    }
    let ours = exchangers.iter().filter(|exchanger| exchanger.name == us).map(|exchanger| exchanger.preference).min();
    let mut draw = [0; 4];
    let mut ordered: Vec<_> = exchangers
        .into_iter()
        .filter(|exchanger| !exchanger.name.is_empty() && ours.is_none_or(|ours| exchanger.preference < ours))
        .map(|exchanger| {
            chance.fill(&mut draw);
            (exchanger.preference, draw, exchanger.name)
        })
        .collect();
    ordered.sort();
    if ordered.is_empty() {
        return Err(NoHost::NotNow(format!("this server is itself the mail exchanger of {domain}")));
    }
    Ok(ordered.into_iter().map(|(_, _, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(std::sync::atomic::AtomicU8);

    impl Chance for Count {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn order(exchangers: &[(u16, &str)]) -> Result<Vec<String>, NoHost> {
        let exchangers = exchangers.iter().map(|&(preference, name)| Exchanger { preference, name: name.to_owned() });
        let chance = Count(std::sync::atomic::AtomicU8::new(200));
        in_order(exchangers.collect(), &Domain::parse("a.fr").unwrap(), "mx.us.fr", &chance)
    }

    #[test]
    // [rfc5321#5.1]
    fn exchangers_are_tried_by_preference_and_equals_by_chance() {
        let names = |wanted: &[&str]| Ok(wanted.iter().map(|&name| name.to_owned()).collect());
        assert_eq!(order(&[(20, "b"), (10, "a"), (30, "c")]), names(&["a", "b", "c"]));
        assert_eq!(order(&[(10, "a"), (10, "b")]), names(&["b", "a"]), "the second drew the lower lot");
        assert_eq!(order(&[]), names(&["a.fr"]), "no MX: the domain itself");
        assert_eq!(order(&[(10, "a"), (20, "mx.us.fr"), (20, "b"), (30, "c")]), names(&["a"]));
        assert!(matches!(order(&[(10, "mx.us.fr")]), Err(NoHost::NotNow(_))));
    }

    #[test]
    // [rfc7505#4.2]
    fn a_null_exchanger_means_no_mail() {
        assert_eq!(order(&[(0, "")]), Err(NoHost::NoMail));
    }
}
