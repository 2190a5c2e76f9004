//! What failed logins cost: first nothing, then growing waits, then a temporary refusal.
//!
//! Three scores are kept: of a name from one network, of a name from everywhere, of a network. They must not become a
//! weapon against somebody whose address is known, so:
//!
//! * a network from which an account has signed in well before is hindered by its own failures with this name only,
//!   not by others' elsewhere nor by its neighbours' (a hospital behind one address);
//! * a name's score over all networks makes newcomers wait, and never refuses;
//! * the same wrong password again is no second guess (a telephone that still has the old one).
//!
//! An attempt is counted before it is judged, and taken back when it was right: a crowd of attempts at the same moment
//! gains nothing. Memory is bounded; names and networks are kept as keyed digests, for this process's life.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::mail::{AccountId, Chance, Fault, Status, Time};

/// Scores that are kept, of about 100 octets each.
const SCORES_MAX: usize = 50_000;
/// Of so many the least is forgotten when there is no room.
const SAMPLE: usize = 16;
/// Networks from which an account has signed in, the last ones.
const NETWORKS_PER_ACCOUNT: usize = 16;
/// Accounts whose networks are remembered.
const ACCOUNTS_MAX: usize = 100_000;
/// A name may fail so many times more over all networks than from one before newcomers wait.
const EVERYWHERE: u32 = 10;
/// The first wait; it doubles with each further failure.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What failed logins cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// Failures of one name from one network that cost nothing.
    pub free: u32,
    /// Failures of all names together from one network that cost nothing, where nobody signed in before.
    pub free_per_network: u32,
    /// The longest that a client is let wait; what would take longer is refused.
    pub wait_max: Duration,
    /// The time in which half of the failures are forgotten; no penalty is longer.
    pub half_life: Duration,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            free: 5,
            free_per_network: 50,
            wait_max: Duration::from_secs(10),
            half_life: Duration::from_secs(15 * 60),
        }
    }
}

/// A digest of a name, a network or a password.
type Tag = [u8; 16];

#[derive(Debug, Clone, Copy)]
struct Score {
    failures: u32,
    /// When the last one was, or will be once it has waited.
    last: Time,
    /// The last wrong secret.
    secret: Option<Tag>,
}

/// An attempt that was let in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    /// How long it waits before it is judged.
    pub(super) wait: Duration,
    pair: Tag,
    name: Tag,
    network: Tag,
    address: IpAddr,
    counted: bool,
}

#[derive(Debug, Default)]
struct Scores {
    of: HashMap<Tag, Score>,
    /// When those that count nothing any more were last forgotten: looking at all takes a while, so not each time.
    swept: Time,
}

/// What keeps the scores.
pub(super) struct Throttle {
    settings: ThrottleSettings,
    key: hmac::Key,
    scores: Mutex<Scores>,
    known: Mutex<HashMap<AccountId, Vec<IpAddr>>>,
}

/// What a score of failures asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Wait(Duration),
    Refuse,
}

impl Throttle {
    pub(super) fn new(settings: ThrottleSettings, chance: &dyn Chance) -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        chance.fill(&mut *key);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*key);
        Self { settings, key, scores: Mutex::default(), known: Mutex::default() }
    }

    /// What tells two secrets apart, and nothing else of them.
    pub(super) fn mark(&self, secret: &str) -> Tag {
        self.tag("secret", secret)
    }

    /// An attempt without its wait: what [`Throttle::forgive`] needs when the attempt was entered before.
    pub(super) fn attempt(&self, name: &str, address: IpAddr) -> Attempt {
        let (name, address) = (name.to_lowercase(), network(address));
        Attempt {
            wait: Duration::ZERO,
            pair: self.tag("pair", &format!("{address} {name}")),
            name: self.tag("name", &name),
            network: self.tag("network", &address.to_string()),
            address,
            counted: true,
        }
    }

    /// Lets an attempt in, as a failure until it is forgiven. `account` is whose the name is, if anybody's: it decides
    /// nothing but whether it has signed in from there before.
    ///
    /// # Errors
    /// `LoginThrottled`.
    pub(super) fn enter(
        &self,
        name: &str,
        address: IpAddr,
        secret: Option<Tag>,
        account: Option<AccountId>,
        now: Time,
    ) -> Result<Attempt, Fault> {
        let mut attempt = self.attempt(name, address);
        let known = account.is_some_and(|account| self.knows(account, attempt.address));
        let mut scores = self.scores();
        let free = self.settings.free;
        let mut verdicts = vec![self.judge(&scores, attempt.pair, free, now)];
        if !known {
            verdicts.push(self.judge(&scores, attempt.network, self.settings.free_per_network, now));
            // Never a refusal: whoever knows the name could keep its owner out.
            verdicts.push(match self.judge(&scores, attempt.name, free.saturating_mul(EVERYWHERE), now) {
                Verdict::Refuse => Verdict::Wait(self.settings.wait_max),
                wait => wait,
            });
        }
        attempt.wait = longest(&verdicts).ok_or_else(throttled)?;
        let again = secret.is_some() && scores.of.get(&attempt.pair).is_some_and(|score| score.secret == secret);
        attempt.counted = !again;
        if attempt.counted {
            let at = later(now, attempt.wait);
            self.count(&mut scores, attempt.pair, secret, at);
            if !known {
                self.count(&mut scores, attempt.network, None, at);
                self.count(&mut scores, attempt.name, None, at);
            }
        }
        Ok(attempt)
    }

    /// The same for what names nobody: a token.
    ///
    /// # Errors
    /// `LoginThrottled`.
    pub(super) fn enter_network(&self, address: IpAddr, secret: Tag, now: Time) -> Result<Attempt, Fault> {
        let mut attempt = self.attempt("", address);
        let mut scores = self.scores();
        let verdict = self.judge(&scores, attempt.network, self.settings.free_per_network, now);
        attempt.wait = longest(&[verdict]).ok_or_else(throttled)?;
        attempt.counted = scores.of.get(&attempt.network).is_none_or(|score| score.secret != Some(secret));
        if attempt.counted {
            let at = later(now, attempt.wait);
            self.count(&mut scores, attempt.network, Some(secret), at);
        }
        Ok(attempt)
    }

    /// The attempt was right: it is no failure, and this account has signed in from there.
    pub(super) fn forgive(&self, attempt: &Attempt, account: AccountId, now: Time) {
        let first_time = !self.knows(account, attempt.address);
        let mut scores = self.scores();
        // The owner is there: what failed before from the same place was a slip of the finger.
        scores.of.remove(&attempt.pair);
        if attempt.counted && first_time {
            self.take_back(&mut scores, attempt.network, now);
            self.take_back(&mut scores, attempt.name, now);
        }
        drop(scores);
        self.remember(account, attempt.address);
    }

    /// The same for what names nobody.
    pub(super) fn forgive_network(&self, attempt: &Attempt) {
        if attempt.counted {
            let mut scores = self.scores();
            let last = scores.of.get(&attempt.network).map_or(Time::default(), |score| score.last);
            self.take_back(&mut scores, attempt.network, last);
        }
    }

    fn judge(&self, scores: &Scores, tag: Tag, free: u32, now: Time) -> Verdict {
        let Some(score) = scores.of.get(&tag) else { return Verdict::Wait(Duration::ZERO) };
        judge(&self.settings, free, decayed(score, self.settings.half_life, now), score.last, now)
    }

    fn count(&self, scores: &mut Scores, tag: Tag, secret: Option<Tag>, at: Time) {
        if !scores.of.contains_key(&tag) && scores.of.len() >= SCORES_MAX {
            self.make_room(scores, at);
        }
        let half_life = self.settings.half_life;
        let score = scores.of.entry(tag).or_insert(Score { failures: 0, last: at, secret: None });
        *score = Score { failures: decayed(score, half_life, at).saturating_add(1), last: at.max(score.last), secret };
    }

    fn take_back(&self, scores: &mut Scores, tag: Tag, now: Time) {
        let Some(score) = scores.of.get_mut(&tag) else { return };
        score.failures = decayed(score, self.settings.half_life, now).saturating_sub(1);
        if score.failures == 0 {
            scores.of.remove(&tag);
        }
    }

    /// Forgets those that count nothing any more; when that was done lately, the least of a few.
    fn make_room(&self, scores: &mut Scores, now: Time) {
        let half_life = self.settings.half_life;
        if now > later(scores.swept, half_life / 4) {
            scores.swept = now;
            scores.of.retain(|_, score| decayed(score, half_life, now) > 0);
        }
        if scores.of.len() >= SCORES_MAX {
            let least = scores.of.iter().take(SAMPLE).min_by_key(|(_, score)| decayed(score, half_life, now));
            if let Some(tag) = least.map(|(tag, _)| *tag) {
                scores.of.remove(&tag);
            }
        }
    }

    fn knows(&self, account: AccountId, network: IpAddr) -> bool {
        self.known().get(&account).is_some_and(|networks| networks.contains(&network))
    }

    fn remember(&self, account: AccountId, network: IpAddr) {
        let mut known = self.known();
        if !known.contains_key(&account) && known.len() >= ACCOUNTS_MAX {
            return;
        }
        let networks = known.entry(account).or_default();
        networks.retain(|known| *known != network);
        networks.push(network);
        if networks.len() > NETWORKS_PER_ACCOUNT {
            networks.remove(0);
        }
    }

    fn tag(&self, kind: &str, text: &str) -> Tag {
        let mut mac = hmac::Context::with_key(&self.key);
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let tag = mac.sign();
        std::array::from_fn(|i| tag.as_ref()[i])
    }

    fn scores(&self) -> MutexGuard<'_, Scores> {
        self.scores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<IpAddr>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The network that counts as one: an IPv4 address, an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        four => four,
    }
}

/// The failures that are left of a score: half of them after each half-life.
fn decayed(score: &Score, half_life: Duration, now: Time) -> u32 {
    let passed = u64::try_from(now.0.saturating_sub(score.last.0)).unwrap_or(0);
    let half_life = u64::try_from(half_life.as_millis()).unwrap_or(u64::MAX).max(1);
    score.failures.checked_shr(u32::try_from(passed / half_life).unwrap_or(u32::MAX)).unwrap_or(0)
}

/// What so many failures, the last of them then, ask of the next attempt.
fn judge(settings: &ThrottleSettings, free: u32, failures: u32, last: Time, now: Time) -> Verdict {
    let Some(over) = failures.checked_sub(free) else { return Verdict::Wait(Duration::ZERO) };
    let penalty = FIRST_WAIT.saturating_mul(1_u32.checked_shl(over).unwrap_or(u32::MAX)).min(settings.half_life);
    let since = Duration::from_millis(u64::try_from(now.0.saturating_sub(last.0)).unwrap_or(0));
    let ahead = Duration::from_millis(u64::try_from(last.0.saturating_sub(now.0)).unwrap_or(0));
    let wait = (penalty + ahead).saturating_sub(since);
    if wait > settings.wait_max { Verdict::Refuse } else { Verdict::Wait(wait) }
}

fn longest(verdicts: &[Verdict]) -> Option<Duration> {
    let wait = |verdict: &Verdict| match verdict {
        Verdict::Wait(wait) => Some(*wait),
        Verdict::Refuse => None,
    };
    verdicts.iter().map(wait).try_fold(Duration::ZERO, |longest, wait| Some(longest.max(wait?)))
}

fn later(now: Time, span: Duration) -> Time {
    Time(now.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
}

fn throttled() -> Fault {
    Fault::user(Status::LoginThrottled, "too many failed logins")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::testing::Counting;

    const NOW: Time = Time::from_secs(1_790_000_000);

    struct World {
        throttle: Throttle,
        now: Time,
        guesses: u32,
    }

    impl World {
        fn new() -> Self {
            let throttle = Throttle::new(ThrottleSettings::default(), &Counting::default());
            Self { throttle, now: NOW, guesses: 0 }
        }

        /// A fresh wrong guess of a name's password; how long it waited, or none when it was refused.
        fn guess(&mut self, name: &str, from: &str, account: Option<AccountId>) -> Option<u128> {
            self.guesses += 1;
            let secret = self.throttle.mark(&self.guesses.to_string());
            let entered = self.throttle.enter(name, from.parse().unwrap(), Some(secret), account, self.now);
            let wait = entered.ok()?.wait;
            self.now = later(self.now, wait);
            Some(wait.as_millis())
        }

        fn sign_in(&mut self, name: &str, from: &str, account: AccountId) -> Option<u128> {
            let secret = self.throttle.mark("right");
            let from = from.parse().unwrap();
            let attempt = self.throttle.enter(name, from, Some(secret), Some(account), self.now).ok()?;
            self.now = later(self.now, attempt.wait);
            self.throttle.forgive(&attempt, account, self.now);
            Some(attempt.wait.as_millis())
        }
    }

    #[test]
    fn waits_grow_and_then_it_is_refused_until_time_has_passed() {
        let mut world = World::new();
        let waits: Vec<_> = (0..11).map(|_| world.guess("anne", "192.0.2.1", None)).collect();
        let expected = [0, 0, 0, 0, 0, 500, 1000, 2000, 4000, 8000].map(Some);
        assert_eq!(waits, [&expected[..], &[None]].concat());
        world.now = later(world.now, Duration::from_secs(16));
        assert_eq!(world.guess("anne", "192.0.2.1", None), Some(0), "the penalty has been served");
        assert_eq!(world.guess("anne", "192.0.2.1", None), None);
        world.now = later(world.now, Duration::from_secs(6 * 15 * 60));
        assert_eq!(world.guess("anne", "192.0.2.1", None), Some(0), "forgotten");
    }

    #[test]
    fn many_at_the_same_moment_gain_nothing() {
        let world = World::new();
        let enter = |guess: u32| {
            let secret = world.throttle.mark(&guess.to_string());
            world.throttle.enter("anne", "192.0.2.1".parse().unwrap(), Some(secret), None, NOW)
        };
        let let_in = (0..1000).filter(|guess| enter(*guess).is_ok()).count();
        assert!(let_in <= 10, "{let_in}");
    }

    #[test]
    fn whoever_signed_in_from_there_is_not_hindered_by_others() {
        let anne = AccountId(1);
        let mut world = World::new();
        assert_eq!(world.sign_in("anne", "192.0.2.1", anne), Some(0));
        // from a thousand places, and from her own hospital's address with other names
        for i in 0..1000_u32 {
            world.guess("anne", &format!("10.0.{}.{}", i / 250, i % 250), Some(anne));
        }
        for i in 0..200 {
            world.guess(&format!("other{i}"), "192.0.2.1", None);
        }
        assert_eq!(world.sign_in("anne", "192.0.2.1", anne), Some(0));
        assert_eq!(world.guess("new", "192.0.2.1", None), None, "a stranger from the busy address is refused");
        assert_eq!(world.guess("anne", "198.51.100.9", Some(anne)), Some(10_000), "a newcomer waits, is not refused");
        assert_eq!(world.sign_in("alain", "203.0.113.5", AccountId(2)), Some(0), "nobody else is concerned");
    }

    #[test]
    fn the_same_wrong_password_again_is_no_second_guess() {
        let world = World::new();
        let secret = world.throttle.mark("the old one");
        for _ in 0..1000 {
            let entered = world.throttle.enter("anne", "192.0.2.1".parse().unwrap(), Some(secret), None, NOW);
            assert_eq!(entered.unwrap().wait, Duration::ZERO);
        }
    }

    #[test]
    fn networks_are_told_apart_as_they_are_given_out() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }

    #[test]
    fn memory_is_bounded_and_a_flood_of_names_forgets_nobody_who_signed_in() {
        let anne = AccountId(1);
        let mut world = World::new();
        world.sign_in("anne", "192.0.2.1", anne);
        for i in 0..u32::try_from(SCORES_MAX).unwrap() {
            world.guess(&format!("n{i}"), &format!("10.{}.{}.{}", i >> 16, i >> 8 & 255, i & 255), None);
        }
        assert!(world.throttle.scores().of.len() <= SCORES_MAX);
        assert!(world.throttle.knows(anne, "192.0.2.1".parse().unwrap()));
        for i in 0..100 {
            world.throttle.remember(anne, IpAddr::from([10, 0, 0, i]));
        }
        assert_eq!(world.throttle.known()[&anne].len(), NETWORKS_PER_ACCOUNT);
    }
}
