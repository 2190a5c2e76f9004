//! Where domains go when not where DNS says: the routes of the configuration file, and those that an administrator set
//! while the server ran. The latter win: whoever sets one does so because of something that is happening now, and
//! `sceau queue route` shows it until it is cleared.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::names::Host;
use crate::mail::Domain;

/// Domain to host.
pub type RouteTable = BTreeMap<Domain, Host>;

/// Both tables, shared by deliveries and administrators.
#[derive(Debug, Default)]
pub struct Routes {
    configured: ArcSwap<RouteTable>,
    set: ArcSwap<RouteTable>,
}

/// Why a domain goes where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteSource {
    /// The configuration file says so.
    Configured,
    /// An administrator said so while the server ran.
    Set,
}

impl Routes {
    /// With these tables.
    #[must_use]
    pub fn new(configured: RouteTable, set: RouteTable) -> Self {
        Self { configured: ArcSwap::from_pointee(configured), set: ArcSwap::from_pointee(set) }
    }

    /// Uses another configuration from now on.
    pub fn configure(&self, configured: RouteTable) {
        self.configured.store(Arc::new(configured));
    }

    /// Sets or clears the route of a domain.
    pub fn set(&self, domain: &Domain, host: Option<&Host>) {
        self.set.rcu(|table| {
            let mut table = RouteTable::clone(table);
            match host {
                Some(host) => drop(table.insert(domain.clone(), host.clone())),
                None => drop(table.remove(domain)),
            }
            table
        });
    }

    /// The route of a domain, and where it is from.
    #[must_use]
    pub fn of(&self, domain: &Domain) -> Option<(Host, RouteSource)> {
        let set = self.set.load().get(domain).cloned().map(|host| (host, RouteSource::Set));
        set.or_else(|| self.configured.load().get(domain).cloned().map(|host| (host, RouteSource::Configured)))
    }

    /// All routes that are in force.
    #[must_use]
    pub fn all(&self) -> Vec<(Domain, Host, RouteSource)> {
        let (configured, set) = (self.configured.load(), self.set.load());
        let mut all: BTreeMap<&Domain, (&Host, RouteSource)> =
            configured.iter().map(|(domain, host)| (domain, (host, RouteSource::Configured))).collect();
        all.extend(set.iter().map(|(domain, host)| (domain, (host, RouteSource::Set))));
        all.into_iter().map(|(domain, (host, source))| (domain.clone(), host.clone(), source)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_administrator_sets_wins_until_it_is_cleared() {
        let (a, b) = (Domain::parse("a.fr").unwrap(), Domain::parse("b.fr").unwrap());
        let host = |name: &str| Host { name: name.to_owned(), port: 25 };
        let routes = Routes::new(RouteTable::from([(a.clone(), host("file"))]), RouteTable::new());
        assert_eq!(routes.of(&a), Some((host("file"), RouteSource::Configured)));
        routes.set(&a, Some(&host("admin")));
        routes.set(&b, Some(&host("admin")));
        assert_eq!(routes.of(&a), Some((host("admin"), RouteSource::Set)));
        assert_eq!(routes.all().len(), 2);
        routes.configure(RouteTable::from([(a.clone(), host("other file"))]));
        assert_eq!(routes.of(&a), Some((host("admin"), RouteSource::Set)), "also over a new configuration");
        routes.set(&a, None);
        assert_eq!(routes.of(&a), Some((host("other file"), RouteSource::Configured)));
        routes.set(&b, None);
        assert_eq!(routes.of(&b), None);
    }
}
