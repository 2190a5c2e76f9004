//! What a sender asks of the servers on the way, by the parameters of MAIL and RCPT: words that travel from the wire to
//! the queue and into reports.
//!
//! [`MailParams`] and [`RcptParams`] are what was said; [`Wishes`] is what stays with a message until it has left, with
//! durations turned into points in time. The grammar is `proto::smtp`'s, what follows from a wish is `flows`' matter.

use serde::{Deserialize, Serialize};

use super::{Notify, NotifyOn, OriginalRecipient, Return, Time};

/// What BODY says of the content (RFC 6152, RFC 3030).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `7BIT`
    SevenBit,
    /// `8BITMIME`: lines with octets above 127.
    EightBit,
    /// `BINARYMIME`: any octets, not in lines; only BDAT carries them.
    Binary,
}

/// HOLDFOR or HOLDUNTIL: not to be delivered earlier (RFC 4865).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Seconds from the acceptance, at most 999,999,999.
    For(u32),
    /// This moment. One that has passed asks for nothing.
    Until(Time),
}

/// What is to happen to a message that is late (RFC 2852 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Late {
    /// `R`: it is given up and comes back.
    Return,
    /// `N`: its sender is told, and it is tried on.
    Notify,
}

/// BY: to be delivered within a time (RFC 2852).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliverBy {
    /// Seconds from the acceptance; zero or less when the time has passed, which only [`Late::Notify`] can be.
    pub seconds: i32,
    /// What happens then.
    pub late: Late,
    /// `T`: each relay reports.
    pub trace: bool,
}

/// A point in time before which a message is to be delivered (RFC 2852).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The moment.
    pub at: Time,
    /// What happens then.
    pub late: Late,
    /// `T`: each relay reports.
    pub trace: bool,
}

impl Deadline {
    /// As the next server is to be told: with the seconds that are left, which may be less than none.
    // [rfc2852#4]
    #[must_use]
    pub fn left(self, now: Time) -> DeliverBy {
        let seconds = (self.at.secs() - now.secs()).clamp(-999_999_999, 999_999_999);
        DeliverBy { seconds: i32::try_from(seconds).unwrap_or(0), late: self.late, trace: self.trace }
    }
}

/// MT-PRIORITY: from −9 to 9, higher is more urgent (RFC 6710). The default is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Priority(i8);

impl Priority {
    /// A priority; none outside of −9 to 9.
    #[must_use]
    pub fn new(level: i8) -> Option<Self> {
        (-9..=9).contains(&level).then_some(Self(level))
    }

    /// From −9 to 9.
    #[must_use]
    pub const fn level(self) -> i8 {
        self.0
    }
}

/// The parameters of MAIL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailParams {
    /// SIZE: octets, as the client estimates them (RFC 1870).
    pub size: Option<u64>,
    /// BODY. Absent on submission, the content may hold 8-bit bytes all the same: Apple Mail sends them so.
    pub body: Option<Body>,
    /// SMTPUTF8: addresses and headers may be UTF-8 (RFC 6531).
    pub utf8: bool,
    /// RET.
    pub ret: Option<Return>,
    /// ENVID, decoded from xtext: printable ASCII, at most 100 octets (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// REQUIRETLS: to nobody but over verified TLS, hop by hop (RFC 8689).
    pub require_tls: bool,
    /// HOLDFOR or HOLDUNTIL.
    pub hold: Option<Hold>,
    /// BY.
    pub deliver_by: Option<DeliverBy>,
    /// MT-PRIORITY.
    pub priority: Option<Priority>,
    /// XSCEAU: the client is a server that wants this server's own proofs of what becomes of the message.
    pub proofs: bool,
}

/// The parameters of RCPT (RFC 3461); kept with the recipient until the message has left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RcptParams {
    /// NOTIFY.
    pub notify: Option<Notify>,
    /// ORCPT.
    pub original: Option<OriginalRecipient>,
}

impl RcptParams {
    /// Which notices are owed. Without NOTIFY a failure is told, and so is a delay (RFC 3461 §4.1 leaves that to us).
    #[must_use]
    pub fn occasions(&self) -> NotifyOn {
        match self.notify {
            None => NotifyOn { success: false, failure: true, delay: true },
            Some(Notify::Never) => NotifyOn::default(),
            Some(Notify::On(on)) => on,
        }
    }
}

/// What the sender asked, as far as it still matters once the message was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// RET.
    pub ret: Option<Return>,
    /// ENVID, for reports and for the next server: printable ASCII, at most 100 octets.
    pub envid: Option<String>,
    /// The content was declared BINARYMIME: only a peer that offers it may get it.
    pub binary: bool,
    /// REQUIRETLS: only a peer that offers it may get the message, reports on it included.
    pub require_tls: bool,
    /// Not to be delivered before.
    pub hold_until: Option<Time>,
    /// To be delivered before.
    pub deliver_by: Option<Deadline>,
    /// MT-PRIORITY.
    pub priority: Priority,
}

impl MailParams {
    /// What stays with the message that was accepted at this time.
    #[must_use]
    pub fn wishes(&self, accepted: Time) -> Wishes {
        let hold_until = self.hold.map(|hold| match hold {
            Hold::For(seconds) => accepted.plus_secs(i64::from(seconds)),
            Hold::Until(time) => time,
        });
        let deadline =
            |by: DeliverBy| Deadline { at: accepted.plus_secs(i64::from(by.seconds)), late: by.late, trace: by.trace };
        Wishes {
            ret: self.ret,
            envid: self.envid.clone(),
            binary: self.body == Some(Body::Binary),
            require_tls: self.require_tls,
            hold_until: hold_until.filter(|time| *time > accepted),
            deliver_by: self.deliver_by.map(deadline),
            priority: self.priority.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    // [rfc4865#4] [rfc2852#4]
    fn durations_become_points_in_time() {
        let accepted = Time::from_secs(1000);
        let by = DeliverBy { seconds: 120, late: Late::Return, trace: true };
        let params = MailParams { hold: Some(Hold::For(60)), deliver_by: Some(by), ..MailParams::default() };
        let wishes = params.wishes(accepted);
        assert_eq!(wishes.hold_until, Some(Time::from_secs(1060)));
        let deadline = Deadline { at: Time::from_secs(1120), late: Late::Return, trace: true };
        assert_eq!(wishes.deliver_by, Some(deadline));
        let past = MailParams { hold: Some(Hold::Until(Time::from_secs(999))), ..MailParams::default() };
        assert_eq!(past.wishes(accepted), Wishes::default());
    }

    #[test]
    // [rfc3461#4]
    fn notices_without_notify_are_of_failures_and_delays() {
        let params = |notify| RcptParams { notify, original: None };
        let all = NotifyOn { success: true, failure: true, delay: true };
        assert_eq!(params(None).occasions(), NotifyOn { success: false, ..all });
        assert_eq!(params(Some(Notify::Never)).occasions(), NotifyOn::default());
        assert_eq!(params(Some(Notify::On(all))).occasions(), all);
    }

    #[test]
    // [rfc6710#3]
    fn priorities_have_bounds() {
        assert_eq!(Priority::new(-9).map(Priority::level), Some(-9));
        assert_eq!((Priority::new(10), Priority::new(-10)), (None, None));
        assert_eq!(Priority::default().level(), 0);
    }
}
