//! How much one peer, one address or one account may do in a time, and how many connections one operator may hold.
//!
//! Counted in memory: a restart gives everybody a whole allowance anew. Keeping the counts would cost a durable write for
//! every message, and what they guard against, a client that has run wild, is still there after the restart. Other
//! settings do not: what was used stays used.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::mail::{AccountId, Fault, Status, Time, neighbourhood};

/// Keys that a meter holds at most. Only those are kept that have used some of their allowance.
const KEYS_MAX: usize = 100_000;

/// So much in such a time; used at once or spread over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How much; 0 sets no limit.
    pub amount: u32,
    /// In which time.
    pub within: Duration,
}

impl Rate {
    /// So much in a minute.
    #[must_use]
    pub const fn per_minute(amount: u32) -> Self {
        Self { amount, within: Duration::from_secs(60) }
    }

    /// So much in an hour.
    #[must_use]
    pub const fn per_hour(amount: u32) -> Self {
        Self { amount, within: Duration::from_secs(3600) }
    }

    /// So much in a day.
    #[must_use]
    pub const fn per_day(amount: u32) -> Self {
        Self { amount, within: Duration::from_secs(86_400) }
    }
}

/// Counts by key. A bucket that fills evenly: after a pause of the whole time the whole amount may be used at once.
pub struct Meter<K> {
    state: Mutex<State<K>>,
}

struct State<K> {
    rate: Rate,
    /// For each key, in microseconds since 1970, when its bucket is full again.
    full_at: HashMap<K, i64>,
}

impl<K: Eq + Hash> Meter<K> {
    /// A meter on which nothing was used.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { state: Mutex::new(State { rate, full_at: HashMap::new() }) }
    }

    /// Goes on by another rate in the same time; whoever has used half of the old amount has used half of the new one.
    pub fn set_amount(&self, amount: u32) {
        self.state().rate.amount = amount;
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses one; says whether there was one left.
    pub fn take(&self, key: K, now: Time) -> bool {
        let mut state = self.state();
        let State { rate, full_at } = &mut *state;
        if rate.amount == 0 {
            return true;
        }
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let (now, within) = (now.0.saturating_mul(1000), micros(rate.within));
        if full_at.len() >= KEYS_MAX && !full_at.contains_key(&key) {
            full_at.retain(|_, full| *full > now);
            if full_at.len() >= KEYS_MAX {
                return false;
            }
        }
        let full = full_at.entry(key).or_insert(now);
        let then = (*full).max(now).saturating_add(within / i64::from(rate.amount));
        let left = then.saturating_sub(now) <= within;
        if left {
            *full = then;
        }
        left
    }
}

/// Which rates other operators are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerRates {
    /// Connections of one operator, by the DN of its certificate.
    pub connections: usize,
    /// Messages of one operator in a minute; 0 sets no limit.
    pub messages: u32,
    /// Messages from one address in a minute; 0 sets no limit.
    pub messages_from_address: u32,
}

/// What other operators use.
pub struct PeerUse {
    connections: Seats,
    by_name: Meter<String>,
    by_address: Meter<IpAddr>,
}

impl PeerUse {
    /// With nothing used.
    #[must_use]
    pub fn new(rates: PeerRates) -> Arc<Self> {
        Arc::new(Self {
            connections: Seats { most: AtomicUsize::new(rates.connections), taken: Mutex::default() },
            by_name: Meter::new(Rate::per_minute(rates.messages)),
            by_address: Meter::new(Rate::per_minute(rates.messages_from_address)),
        })
    }

    /// Goes on by other rates; what is in use stays in use.
    pub fn set_rates(&self, rates: PeerRates) {
        self.connections.most.store(rates.connections, Ordering::Relaxed);
        self.by_name.set_amount(rates.messages);
        self.by_address.set_amount(rates.messages_from_address);
    }

    /// One more connection of this operator, until the seat is dropped.
    ///
    /// # Errors
    /// `421 4.7.0` when it has all that it may have.
    pub fn connect(self: &Arc<Self>, name: &str) -> Result<Seat, Fault> {
        let mut taken = self.connections.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(name.to_owned()).or_default();
        if *count >= self.connections.most.load(Ordering::Relaxed) {
            return Err(Fault::peer(Status::TooManyConnections, format!("{count} connections of {name}")));
        }
        *count += 1;
        Ok(Seat { of: Arc::clone(self), name: name.to_owned() })
    }

    /// One more message of this operator.
    ///
    /// # Errors
    /// `451 4.7.1` when it, or its address, has sent as many in the last minute as it may.
    pub fn message(&self, name: &str, address: IpAddr, now: Time) -> Result<(), Fault> {
        let too_fast = |who: &str| Fault::peer(Status::TooFast, format!("messages of one minute from the {who}"));
        if !self.by_name.take(name.to_owned(), now) {
            return Err(too_fast("operator"));
        }
        if !self.by_address.take(neighbourhood(address), now) {
            return Err(too_fast("address"));
        }
        Ok(())
    }
}

struct Seats {
    most: AtomicUsize,
    taken: Mutex<HashMap<String, usize>>,
}

/// One connection of an operator.
pub struct Seat {
    of: Arc<PeerUse>,
    name: String,
}

impl Seat {
    /// The operator's DN.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.of.connections.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.name);
            }
        }
    }
}

/// Which rates accounts are held to; 0 sets no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRates {
    /// Messages of one account in an hour.
    pub messages_hour: u32,
    /// Messages of one account in a day.
    pub messages_day: u32,
    /// Recipients that one account names in an hour, refused ones too: that is what probing for addresses is.
    pub recipients_hour: u32,
    /// Recipients that one account names in a day.
    pub recipients_day: u32,
}

/// What accounts use.
pub struct AccountUse {
    messages: [Meter<AccountId>; 2],
    recipients: [Meter<AccountId>; 2],
}

impl AccountUse {
    /// With nothing used.
    #[must_use]
    pub fn new(rates: AccountRates) -> Arc<Self> {
        let meters = |hour, day| [Meter::new(Rate::per_hour(hour)), Meter::new(Rate::per_day(day))];
        Arc::new(Self {
            messages: meters(rates.messages_hour, rates.messages_day),
            recipients: meters(rates.recipients_hour, rates.recipients_day),
        })
    }

    /// Goes on by other rates; what was used stays used.
    pub fn set_rates(&self, rates: AccountRates) {
        let AccountRates { messages_hour, messages_day, recipients_hour, recipients_day } = rates;
        for (meter, amount) in self.messages.iter().zip([messages_hour, messages_day]) {
            meter.set_amount(amount);
        }
        for (meter, amount) in self.recipients.iter().zip([recipients_hour, recipients_day]) {
            meter.set_amount(amount);
        }
    }

    /// One more message of this account.
    ///
    /// # Errors
    /// `451 4.7.1` when it has sent as many as it may.
    pub fn message(&self, account: AccountId, now: Time) -> Result<(), Fault> {
        take(&self.messages, account, now, "messages")
    }

    /// One more recipient that this account names.
    ///
    /// # Errors
    /// `451 4.7.1` when it has named as many as it may.
    pub fn recipient(&self, account: AccountId, now: Time) -> Result<(), Fault> {
        take(&self.recipients, account, now, "recipients")
    }
}

fn take(meters: &[Meter<AccountId>; 2], account: AccountId, now: Time, what: &str) -> Result<(), Fault> {
    for (meter, span) in meters.iter().zip(["hour", "day"]) {
        if !meter.take(account, now) {
            return Err(Fault::user(Status::TooFast, format!("{what} of one {span} of account {account}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time::from_secs(1_790_000_000);

    #[test]
    fn an_allowance_is_used_at_once_or_spread_and_comes_back_evenly() {
        let meter = Meter::new(Rate::per_minute(3));
        assert!((0..3).all(|_| meter.take("a", NOW)));
        assert!(!meter.take("a", NOW) && meter.take("b", NOW), "each key has its own");
        assert!(!meter.take("a", NOW.plus_secs(19)));
        assert!(meter.take("a", NOW.plus_secs(20)) && !meter.take("a", NOW.plus_secs(20)));
        assert!((0..3).all(|_| meter.take("a", NOW.plus_secs(200))));
        let free = Meter::new(Rate::per_minute(0));
        assert!((0..1000).all(|_| free.take("a", NOW)));
    }

    proptest! {
        /// In no span of the time is more than twice the amount taken, and one that keeps to the rate is never refused.
        #[test]
        fn never_more_than_the_rate(pauses in proptest::collection::vec(0i64..30, 1..200), amount in 1u32..10) {
            let meter = Meter::new(Rate::per_minute(amount));
            let (mut now, mut taken) = (NOW, Vec::new());
            for pause in pauses {
                now = now.plus_secs(pause);
                if meter.take((), now) {
                    taken.push(now.secs());
                }
            }
            for start in &taken {
                let within = taken.iter().filter(|at| **at >= *start && **at < start + 60).count();
                prop_assert!(within <= 2 * amount as usize);
            }
            prop_assert!(meter.take((), now.plus_secs(60)));
        }
    }

    #[test]
    fn an_operator_holds_so_many_connections_and_gets_them_back() {
        let in_use = PeerUse::new(PeerRates { connections: 2, messages: 0, messages_from_address: 0 });
        let first = in_use.connect("CN=b").ok().unwrap();
        let _second = in_use.connect("CN=b").ok().unwrap();
        assert_eq!(in_use.connect("CN=b").err().map(|f| f.status), Some(Status::TooManyConnections));
        assert!(in_use.connect("CN=c").is_ok());
        drop(first);
        assert!(in_use.connect("CN=b").is_ok());
        assert_eq!(in_use.connections.taken.lock().unwrap().len(), 1, "those who left are forgotten");
    }

    #[test]
    fn what_was_used_stays_used_under_other_rates() {
        let in_use = PeerUse::new(PeerRates { connections: 2, messages: 4, messages_from_address: 0 });
        let from = || in_use.message("b", IpAddr::from([192, 0, 2, 1]), NOW).is_ok();
        let _seats = [in_use.connect("CN=b").ok().unwrap(), in_use.connect("CN=b").ok().unwrap()];
        assert_eq!([from(), from()], [true, true]);
        in_use.set_rates(PeerRates { connections: 3, messages: 2, messages_from_address: 0 });
        // half of four was used, so half of two is left
        assert_eq!([from(), from()], [true, false]);
        let _third = in_use.connect("CN=b").ok().unwrap();
        assert!(in_use.connect("CN=b").is_err());
        let rates = |n| AccountRates { messages_hour: n, messages_day: n, recipients_hour: n, recipients_day: n };
        let accounts = AccountUse::new(rates(1));
        let uses = || (accounts.message(AccountId(1), NOW).is_ok(), accounts.recipient(AccountId(1), NOW).is_ok());
        assert_eq!([uses(), uses()], [(true, true), (false, false)]);
        accounts.set_rates(rates(2));
        assert_eq!(uses(), (false, false), "all of one is all of two");
        accounts.set_rates(rates(0));
        assert_eq!(uses(), (true, true));
    }

    #[test]
    fn messages_are_counted_by_operator_and_by_address() {
        let in_use = PeerUse::new(PeerRates { connections: 1, messages: 2, messages_from_address: 3 });
        let from = |name: &str, last: u8| in_use.message(name, IpAddr::from([192, 0, 2, last]), NOW).is_ok();
        assert_eq!([from("b", 1), from("b", 2), from("b", 3)], [true, true, false]);
        assert_eq!([from("c", 1), from("d", 1), from("e", 1)], [true, true, false]);
    }

    #[test]
    fn an_account_has_an_hour_and_a_day() {
        let rates = AccountRates { messages_hour: 2, messages_day: 3, recipients_hour: 0, recipients_day: 1 };
        let in_use = AccountUse::new(rates);
        let message = |secs| in_use.message(AccountId(1), NOW.plus_secs(secs)).is_ok();
        assert_eq!(
            [message(0), message(0), message(0), message(3600), message(3600)],
            [true, true, false, true, false]
        );
        assert!(in_use.recipient(AccountId(1), NOW).is_ok() && in_use.recipient(AccountId(1), NOW).is_err());
    }
}
