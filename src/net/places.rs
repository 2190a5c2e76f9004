//! The places of one service: how many connections there are, from where, and who leaves when it is full.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::connection::Notice;
use super::listener::Limits;
use crate::mail::neighbourhood;
use crate::sessions::TlsFacts;

/// The part of all places (one in so many) by which those who leave may exceed them.
const LEAVING_SHARE: usize = 4;

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The peer's address has all that one address may have.
    Address,
    /// The service has all that it may have, and everybody there is authenticated or leaving already.
    Everywhere,
}

impl Full {
    /// For the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Address => "too many connections from this address",
            Self::Everywhere => "too many connections",
        }
    }
}

/// Certificates in DER, leaf first.
type Chain = Arc<Vec<Vec<u8>>>;

/// The places of one service.
pub struct Places {
    taken: Mutex<Taken>,
}

struct Taken {
    limits: Limits,
    next: u64,
    total: usize,
    by_address: HashMap<IpAddr, usize>,
    notices: HashMap<u64, watch::Sender<Notice>>,
    /// What peers showed in their handshakes, where they showed something.
    certificates: HashMap<u64, Chain>,
    /// Oldest first.
    anonymous: BTreeMap<u64, ()>,
}

/// One connection's place; dropping it gives it back.
pub struct Place {
    places: Arc<Places>,
    number: u64,
    address: IpAddr,
    notice: watch::Receiver<Notice>,
}

impl Places {
    /// With everything free.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        let taken = Taken {
            limits,
            next: 0,
            total: 0,
            by_address: HashMap::new(),
            notices: HashMap::new(),
            certificates: HashMap::new(),
            anonymous: BTreeMap::new(),
        };
        Arc::new(Self { taken: Mutex::new(taken) })
    }

    /// Takes a place. When all are taken, the oldest connection that is not authenticated is told to leave, so that
    /// a crowd of silent peers can't lock the others out; its place counts at once.
    ///
    /// # Errors
    /// When there is none.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let address = neighbourhood(address);
        let mut taken = self.taken();
        let limits = taken.limits;
        if taken.by_address.get(&address).is_some_and(|count| *count >= limits.per_address) {
            return Err(Full::Address);
        }
        if taken.total >= limits.total + limits.total.div_ceil(LEAVING_SHARE) {
            return Err(Full::Everywhere);
        }
        if taken.total >= limits.total {
            let (oldest, ()) = taken.anonymous.pop_first().ok_or(Full::Everywhere)?;
            if let Some(sender) = taken.notices.get(&oldest) {
                sender.send_replace(Notice::MakeRoom);
            }
            // Its own count goes when it has left; until then the service is over its limit by those who leave, and
            // those who do not even take their goodbye must not add up.
        }
        let number = taken.next;
        taken.next += 1;
        taken.total += 1;
        *taken.by_address.entry(address).or_default() += 1;
        taken.anonymous.insert(number, ());
        let (sender, notice) = watch::channel(Notice::None);
        taken.notices.insert(number, sender);
        Ok(Place { places: Arc::clone(self), number, address, notice })
    }

    /// Tells everybody that the server goes down.
    pub fn everybody_out(&self) {
        for sender in self.taken().notices.values() {
            sender.send_replace(Notice::ShutDown);
        }
    }

    /// Tells those to leave whose certificates are unwanted now; says how many they are.
    pub fn withdraw(&self, unwanted: impl Fn(&[Vec<u8>]) -> bool) -> usize {
        // Judged without the lock: it takes long, and nobody may come in meanwhile.
        let shown: Vec<(u64, Chain)> =
            self.taken().certificates.iter().map(|(number, chain)| (*number, Arc::clone(chain))).collect();
        let mut told = 0;
        for (number, _) in shown.iter().filter(|(_, chain)| unwanted(chain)) {
            if let Some(sender) = self.taken().notices.get(number) {
                sender.send_replace(Notice::Withdrawn);
                told += 1;
            }
        }
        told
    }

    /// How many there may be.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.taken().limits
    }

    /// Other limits from now on. Who is here already may stay.
    pub fn set_limits(&self, limits: Limits) {
        self.taken().limits = limits;
    }

    /// How many places are taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.taken().total
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Tells when to leave.
    #[must_use]
    pub fn notice(&self) -> watch::Receiver<Notice> {
        self.notice.clone()
    }

    /// To be called with what a handshake established. Before the session judges it: whoever is judged by the old
    /// revocation lists is here when the new ones are looked for.
    #[must_use]
    pub fn on_secured(&self) -> Box<dyn Fn(&TlsFacts) + Send> {
        let (places, number) = (Arc::clone(&self.places), self.number);
        Box::new(move |facts| {
            if !facts.certificates.is_empty() {
                places.taken().certificates.insert(number, Arc::new(facts.certificates.clone()));
            }
        })
    }

    /// To be called when the peer has proved who it is: from then on it need not make room.
    #[must_use]
    pub fn on_authenticated(&self) -> Box<dyn FnOnce() + Send> {
        let (places, number) = (Arc::clone(&self.places), self.number);
        Box::new(move || {
            places.taken().anonymous.remove(&number);
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.total -= 1;
        taken.anonymous.remove(&self.number);
        taken.notices.remove(&self.number);
        taken.certificates.remove(&self.number);
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn places(total: usize, per_address: usize) -> Arc<Places> {
        Places::new(Limits { total, per_address })
    }

    #[test]
    fn an_address_has_its_own_limit_and_gets_its_places_back() {
        let places = places(10, 2);
        let first = places.take(address(1)).ok().unwrap();
        let _second = places.take(address(1)).ok().unwrap();
        assert_eq!(places.take(address(1)).err(), Some(Full::Address));
        assert!(places.take(address(2)).is_ok());
        drop(first);
        assert!(places.take(address(1)).is_ok());
        assert_eq!(places.count(), 1);
    }

    #[test]
    fn neighbours_in_one_ipv6_network_and_mapped_addresses_count_as_one() {
        let places = places(10, 1);
        let _one = places.take("2001:db8::1".parse().unwrap()).ok().unwrap();
        assert_eq!(places.take("2001:db8::2".parse().unwrap()).err(), Some(Full::Address));
        assert!(places.take("2001:db8:0:1::1".parse().unwrap()).is_ok());
        let _four = places.take(address(1)).ok().unwrap();
        assert_eq!(places.take("::ffff:192.0.2.1".parse().unwrap()).err(), Some(Full::Address));
    }

    #[test]
    fn when_full_the_oldest_unauthenticated_leaves_first_and_the_authenticated_stay() {
        let places = places(2, 2);
        let known = places.take(address(1)).ok().unwrap();
        known.on_authenticated()();
        let silent = places.take(address(2)).ok().unwrap();
        let newcomer = places.take(address(3)).ok().unwrap();
        assert_eq!(*silent.notice().borrow(), Notice::MakeRoom);
        assert_eq!(*known.notice().borrow(), Notice::None);
        drop(silent);
        newcomer.on_authenticated()();
        assert_eq!(places.take(address(4)).err(), Some(Full::Everywhere));
    }

    #[test]
    fn who_showed_an_unwanted_certificate_is_told_to_leave() {
        let places = places(10, 10);
        let (bad, good, none) =
            (places.take(address(1)).ok().unwrap(), places.take(address(2)).ok().unwrap(), places.take(address(3)));
        for (place, certificate) in [(&bad, b"bad"), (&good, b"goo")] {
            place.on_secured()(&TlsFacts { certificates: vec![certificate.to_vec()], ..TlsFacts::default() });
        }
        assert_eq!(places.withdraw(|chain| chain[0] == b"bad"), 1);
        assert_eq!(*bad.notice().borrow(), Notice::Withdrawn);
        assert_eq!((*good.notice().borrow(), *none.ok().unwrap().notice().borrow()), (Notice::None, Notice::None));
        drop(bad);
        assert_eq!(places.withdraw(|chain| chain[0] == b"bad"), 0);
    }

    #[test]
    fn other_limits_count_for_those_who_come() {
        let places = places(1, 1);
        let _here = places.take(address(1)).ok().unwrap();
        places.set_limits(Limits { total: 10, per_address: 2 });
        let _also = places.take(address(1)).ok().unwrap();
        places.set_limits(Limits { total: 10, per_address: 1 });
        assert_eq!(places.take(address(1)).err(), Some(Full::Address));
        assert_eq!((places.count(), places.limits().per_address), (2, 1));
    }

    #[test]
    fn those_who_should_leave_and_do_not_are_bounded() {
        let places = places(4, 100);
        let held: Vec<_> = (0..5).map(|_| places.take(address(1)).ok().unwrap()).collect();
        assert_eq!(*held[0].notice().borrow(), Notice::MakeRoom);
        assert_eq!(places.take(address(1)).err(), Some(Full::Everywhere));
    }
}
