//! The grammar of MAIL's and RCPT's parameters: SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), SMTPUTF8 (RFC 6531), DSN
//! (RFC 3461), REQUIRETLS (RFC 8689), between operators XSCEAU (docs/proofs.md), and on submission HOLDFOR and HOLDUNTIL (RFC 4865), BY (RFC 2852), MT-PRIORITY
//! (RFC 6710) and AUTH (RFC 4954).

use crate::mail::{
    Body, DeliverBy, Hold, Late, MailParams, Notify, NotifyOn, OriginalRecipient, Priority, RcptParams, Return, Status,
    Time,
};

use super::Profile;

/// Octets of an ENVID (RFC 3461 §4.4).
const ENVID_MAX: usize = 100;
/// Octets of an ORCPT (RFC 3461 §4.2).
const ORCPT_MAX: usize = 500;
/// Octets of a HOLDUNTIL: a date and time with fractions and an offset.
const DATE_TIME_MAX: usize = 35;

/// Reads what follows the path of MAIL.
///
/// # Errors
/// `Syntax` for a known parameter of no valid form or given twice, `ParameterUnknown` for one that this profile does
/// not offer.
pub(super) fn mail(text: &str, profile: Profile) -> Result<MailParams, Status> {
    let mut params = MailParams::default();
    let mut seen = Seen::default();
    for (keyword, value) in split(text) {
        seen.once(&keyword)?;
        match (keyword.as_str(), value) {
            ("SIZE", Some(value)) => params.size = Some(size(value)?),
            ("BODY", Some(value)) => params.body = Some(body(value)?),
            // [rfc6531#3.4]
            ("SMTPUTF8", None) => params.utf8 = true,
            ("RET", Some(value)) => params.ret = Some(ret(value)?),
            ("ENVID", Some(value)) => params.envid = Some(envid(value)?),
            // [rfc8689#2]
            ("REQUIRETLS", None) => params.require_tls = true,
            ("SIZE" | "BODY" | "SMTPUTF8" | "RET" | "ENVID" | "REQUIRETLS", _) => return Err(Status::Syntax),
            // [proofs#xsceau]
            ("XSCEAU", None) if profile == Profile::Operators => params.proofs = true,
            ("XSCEAU", Some(_)) if profile == Profile::Operators => return Err(Status::Syntax),
            _ if profile == Profile::Submission => submission(&mut params, &keyword, value)?,
            _ => return Err(Status::ParameterUnknown),
        }
    }
    Ok(params)
}

/// The parameters that only people's clients may use.
fn submission(params: &mut MailParams, keyword: &str, value: Option<&str>) -> Result<(), Status> {
    match (keyword, value) {
        // [rfc4865#4] one of the two, once
        ("HOLDFOR" | "HOLDUNTIL", _) if params.hold.is_some() => return Err(Status::Syntax),
        ("HOLDFOR", Some(value)) => params.hold = Some(Hold::For(number(value, 9)?)),
        ("HOLDUNTIL", Some(value)) => params.hold = Some(Hold::Until(date_time(value)?)),
        ("BY", Some(value)) => params.deliver_by = Some(deliver_by(value)?),
        ("MT-PRIORITY", Some(value)) => params.priority = Some(priority(value)?),
        // [rfc4954#5] taken and not believed: the login says who sends
        ("AUTH", Some(value)) => drop(xtext(value)?),
        ("HOLDFOR" | "HOLDUNTIL" | "BY" | "MT-PRIORITY" | "AUTH", None) => return Err(Status::Syntax),
        _ => return Err(Status::ParameterUnknown),
    }
    Ok(())
}

/// Reads what follows the path of RCPT.
///
/// # Errors
/// As [`mail`].
// [rfc3461#4]
pub(super) fn rcpt(text: &str) -> Result<RcptParams, Status> {
    let mut params = RcptParams::default();
    let mut seen = Seen::default();
    for (keyword, value) in split(text) {
        seen.once(&keyword)?;
        match (keyword.as_str(), value) {
            ("NOTIFY", Some(value)) => params.notify = Some(notify(value)?),
            ("ORCPT", Some(value)) => params.original = Some(original(value)?),
            ("NOTIFY" | "ORCPT", None) => return Err(Status::Syntax),
            _ => return Err(Status::ParameterUnknown),
        }
    }
    Ok(params)
}

fn split(text: &str) -> impl Iterator<Item = (String, Option<&str>)> {
    text.split(' ').filter(|param| !param.is_empty()).map(|param| match param.split_once('=') {
        Some((keyword, value)) => (keyword.to_ascii_uppercase(), Some(value)),
        None => (param.to_ascii_uppercase(), None),
    })
}

/// Refuses a parameter given twice.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn once(&mut self, keyword: &str) -> Result<(), Status> {
        if self.0.iter().any(|seen| seen == keyword) {
            return Err(Status::Syntax);
        }
        self.0.push(keyword.to_owned());
        Ok(())
    }
}

// [rfc1870#6]
fn size(value: &str) -> Result<u64, Status> {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    // twenty digits may be more than a u64 holds, and are then certainly too many
    if digits { Ok(value.parse().unwrap_or(u64::MAX)) } else { Err(Status::Syntax) }
}

// [rfc6152#2]
fn body(value: &str) -> Result<Body, Status> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Ok(Body::SevenBit),
        "8BITMIME" => Ok(Body::EightBit),
        // [rfc3030#3]
        "BINARYMIME" => Ok(Body::Binary),
        _ => Err(Status::ParameterUnknown),
    }
}

/// Digits, at most so many.
fn number(value: &str, digits: usize) -> Result<u32, Status> {
    let valid = (1..=digits).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    if valid { value.parse().map_err(|_| Status::Syntax) } else { Err(Status::Syntax) }
}

// [rfc4865#4] an Internet date and time as RFC 3339 has it
fn date_time(value: &str) -> Result<Time, Status> {
    let shape = value.len() <= DATE_TIME_MAX && value.get(10..11) == Some("T") && value.is_ascii();
    if shape { Time::parse_rfc3339(value).map_err(|_| Status::Syntax) } else { Err(Status::Syntax) }
}

// [rfc2852#4]
fn deliver_by(value: &str) -> Result<DeliverBy, Status> {
    let (time, mode) = value.split_once(';').ok_or(Status::Syntax)?;
    let (late, trace) = match mode.to_ascii_uppercase().as_str() {
        "R" => (Late::Return, false),
        "RT" => (Late::Return, true),
        "N" => (Late::Notify, false),
        "NT" => (Late::Notify, true),
        _ => return Err(Status::Syntax),
    };
    let digits = time.strip_prefix(['-', '+']).unwrap_or(time);
    let amount = i32::try_from(number(digits, 9)?).map_err(|_| Status::Syntax)?;
    let seconds = if time.starts_with('-') { -amount } else { amount };
    // a message that has to come back at once was not to be sent
    if late == Late::Return && seconds <= 0 { Err(Status::Syntax) } else { Ok(DeliverBy { seconds, late, trace }) }
}

// [rfc6710#3]
fn priority(value: &str) -> Result<Priority, Status> {
    let digit = value.strip_prefix(['-', '+']).unwrap_or(value);
    let level = i8::try_from(number(digit, 1)?).map_err(|_| Status::Syntax)?;
    Priority::new(if value.starts_with('-') { -level } else { level }).ok_or(Status::Syntax)
}

fn ret(value: &str) -> Result<Return, Status> {
    match value.to_ascii_uppercase().as_str() {
        "FULL" => Ok(Return::Full),
        "HDRS" => Ok(Return::Headers),
        _ => Err(Status::Syntax),
    }
}

fn envid(value: &str) -> Result<String, Status> {
    let id = xtext(value)?;
    let valid = !id.is_empty() && value.len() <= ENVID_MAX && id.bytes().all(|b| (b' '..=b'~').contains(&b));
    if valid { Ok(id) } else { Err(Status::Syntax) }
}

fn notify(value: &str) -> Result<Notify, Status> {
    if value.eq_ignore_ascii_case("NEVER") {
        return Ok(Notify::Never);
    }
    let mut on = NotifyOn::default();
    for word in value.split(',') {
        match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => on.success = true,
            "FAILURE" => on.failure = true,
            "DELAY" => on.delay = true,
            _ => return Err(Status::Syntax),
        }
    }
    Ok(Notify::On(on))
}

fn original(value: &str) -> Result<OriginalRecipient, Status> {
    let (kind, address) = value.split_once(';').ok_or(Status::Syntax)?;
    let kind_ok = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let address = xtext(address)?;
    if kind_ok && !address.is_empty() && value.len() <= ORCPT_MAX {
        Ok(OriginalRecipient { kind: kind.to_ascii_lowercase(), address })
    } else {
        Err(Status::Syntax)
    }
}

/// Decodes xtext (RFC 3461 §4), where `+` and two hexadecimal digits stand for one byte; UTF-8 is allowed to stand for
/// itself (RFC 6533 §3). A decoded control character is refused: it would be an injection wherever this text is
/// written.
fn xtext(value: &str) -> Result<String, Status> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => {
                let digits = [rest.next().ok_or(Status::Syntax)?, rest.next().ok_or(Status::Syntax)?];
                bytes.push(hex(digits).ok_or(Status::Syntax)?);
            }
            b'=' => return Err(Status::Syntax),
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| Status::Syntax)?;
    if text.chars().any(char::is_control) { Err(Status::Syntax) } else { Ok(text) }
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    let text = std::str::from_utf8(&digits).ok()?;
    let upper = digits.iter().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b));
    if upper { u8::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    // [rfc1870#6] [rfc6152#2] [rfc3461#4] [rfc6531#3.4]
    fn parameters_of_mail() {
        let parse = |text| mail(text, Profile::Operators);
        let all = parse(" size=1000 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ+2B314 ").unwrap();
        assert_eq!(all.size, Some(1000));
        assert_eq!(all.body, Some(Body::EightBit));
        assert!(all.utf8);
        assert_eq!(all.ret, Some(Return::Headers));
        assert_eq!(all.envid.as_deref(), Some("QQ+314"));
        assert_eq!(parse("SIZE=99999999999999999999").unwrap().size, Some(u64::MAX));
        for (bad, status) in [
            ("SIZE", Status::Syntax),
            ("SIZE=", Status::Syntax),
            ("SIZE=-1", Status::Syntax),
            ("SIZE=1 SIZE=2", Status::Syntax),
            ("SMTPUTF8=yes", Status::Syntax),
            ("RET=BODY", Status::Syntax),
            ("ENVID=+0D+0AX", Status::Syntax),
            ("ENVID=+0", Status::Syntax),
            ("ENVID=+0a", Status::Syntax),
            ("ENVID=a=b", Status::Syntax),
            ("BODY=UTF8", Status::ParameterUnknown),
            ("REQUIRETLS=1", Status::Syntax),
            ("HOLDFOR=60", Status::ParameterUnknown),
            ("BY=60;R", Status::ParameterUnknown),
            ("MT-PRIORITY=3", Status::ParameterUnknown),
            ("FOO", Status::ParameterUnknown),
            ("AUTH=<>", Status::ParameterUnknown),
        ] {
            assert_eq!(parse(bad), Err(status), "{bad}");
        }
    }

    #[test]
    // [rfc4954#5]
    fn auth_is_taken_on_submission_and_not_believed() {
        assert_eq!(mail("AUTH=e+3Dmc2@a.fr", Profile::Submission), Ok(MailParams::default()));
        assert_eq!(mail("AUTH=<>", Profile::Submission), Ok(MailParams::default()));
    }

    #[test]
    // [rfc4865#4] [rfc2852#4] [rfc6710#3] [rfc8689#2] [rfc3030#3]
    fn parameters_of_submission() {
        let parse = |text| mail(text, Profile::Submission);
        let all = parse("BODY=binarymime REQUIRETLS HOLDFOR=86400 BY=+120;rt MT-PRIORITY=-4").unwrap();
        assert_eq!((all.body, all.require_tls, all.hold), (Some(Body::Binary), true, Some(Hold::For(86_400))));
        assert_eq!(all.deliver_by, Some(DeliverBy { seconds: 120, late: Late::Return, trace: true }));
        assert_eq!(all.priority.map(Priority::level), Some(-4));
        let until = parse("HOLDUNTIL=2026-11-22T11:15:03+01:00 BY=-5;N").unwrap();
        assert_eq!(until.hold, Some(Hold::Until(Time::parse_rfc3339("2026-11-22T10:15:03Z").unwrap())));
        assert_eq!(until.deliver_by.map(|by| by.seconds), Some(-5));
        for bad in [
            "HOLDFOR",
            "HOLDFOR=",
            "HOLDFOR=-1",
            "HOLDFOR=1234567890",
            "HOLDFOR=1 HOLDUNTIL=2026-11-22T10:15:03Z",
            "HOLDUNTIL=2026-11-22",
            "HOLDUNTIL=20261122T101503Z",
            "HOLDUNTIL=tomorrow",
            "BY=60",
            "BY=60;",
            "BY=60;X",
            "BY=60;TR",
            "BY=0;R",
            "BY=-1;R",
            "BY=;N",
            "BY=--1;N",
            "MT-PRIORITY=10",
            "MT-PRIORITY=",
            "MT-PRIORITY=high",
            "MT-PRIORITY=--1",
        ] {
            assert_eq!(parse(bad), Err(Status::Syntax), "{bad}");
        }
    }

    #[test]
    // [rfc3461#4]
    fn parameters_of_rcpt() {
        let params = rcpt("NOTIFY=success,DELAY ORCPT=rfc822;Jean+2Bx@a.fr").unwrap();
        assert_eq!(params.notify, Some(Notify::On(NotifyOn { success: true, failure: false, delay: true })));
        let original = OriginalRecipient { kind: "rfc822".to_owned(), address: "Jean+x@a.fr".to_owned() };
        assert_eq!(params.original, Some(original));
        assert_eq!(rcpt("NOTIFY=never").unwrap().notify, Some(Notify::Never));
        for bad in ["NOTIFY=NEVER,DELAY", "NOTIFY=", "NOTIFY", "ORCPT=rfc822", "ORCPT=;a@b", "ORCPT=rfc822;+00"] {
            assert_eq!(rcpt(bad), Err(Status::Syntax), "{bad}");
        }
    }
}
