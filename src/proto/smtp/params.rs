//! Parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), and those of DSN (RFC 3461).

use crate::mail::{Notify, NotifyOn, OriginalRecipient, Return, Status};

use super::Profile;

/// Octets of an ENVID (RFC 3461 §4.4).
const ENVID_MAX: usize = 100;
/// Octets of an ORCPT (RFC 3461 §4.2).
const ORCPT_MAX: usize = 500;

/// What BODY says of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `7BIT`
    SevenBit,
    /// `8BITMIME`
    EightBit,
}

/// The parameters of MAIL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailParams {
    /// SIZE: octets, as the client estimates them.
    pub size: Option<u64>,
    /// BODY. Absent, the content may hold 8-bit bytes all the same: Apple Mail sends them so.
    pub body: Option<Body>,
    /// SMTPUTF8: addresses and headers may be UTF-8.
    pub utf8: bool,
    /// RET.
    pub ret: Option<Return>,
    /// ENVID, decoded from xtext: printable ASCII.
    pub envid: Option<String>,
}

/// The parameters of RCPT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RcptParams {
    /// NOTIFY.
    pub notify: Option<Notify>,
    /// ORCPT.
    pub original: Option<OriginalRecipient>,
}

impl MailParams {
    pub(super) fn parse(text: &str, profile: Profile) -> Result<Self, Status> {
        let mut params = Self::default();
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
                // [rfc4954#5] taken and not believed: the login says who sends
                ("AUTH", Some(value)) if profile == Profile::Submission => drop(xtext(value)?),
                ("SIZE" | "BODY" | "SMTPUTF8" | "RET" | "ENVID", _) => return Err(Status::Syntax),
                _ => return Err(Status::ParameterUnknown),
            }
        }
        Ok(params)
    }
}

impl RcptParams {
    // [rfc3461#4]
    pub(super) fn parse(text: &str) -> Result<Self, Status> {
        let mut params = Self::default();
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
        _ => Err(Status::ParameterUnknown),
    }
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
        let parse = |text| MailParams::parse(text, Profile::Operators);
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
            ("BODY=BINARYMIME", Status::ParameterUnknown),
            ("FOO", Status::ParameterUnknown),
            ("AUTH=<>", Status::ParameterUnknown),
        ] {
            assert_eq!(parse(bad), Err(status), "{bad}");
        }
    }

    #[test]
    // [rfc4954#5]
    fn auth_is_taken_on_submission_and_not_believed() {
        assert_eq!(MailParams::parse("AUTH=e+3Dmc2@a.fr", Profile::Submission), Ok(MailParams::default()));
        assert_eq!(MailParams::parse("AUTH=<>", Profile::Submission), Ok(MailParams::default()));
    }

    #[test]
    // [rfc3461#4]
    fn parameters_of_rcpt() {
        let params = RcptParams::parse("NOTIFY=success,DELAY ORCPT=rfc822;Jean+2Bx@a.fr").unwrap();
        assert_eq!(params.notify, Some(Notify::On(NotifyOn { success: true, failure: false, delay: true })));
        let original = OriginalRecipient { kind: "rfc822".to_owned(), address: "Jean+x@a.fr".to_owned() };
        assert_eq!(params.original, Some(original));
        assert_eq!(RcptParams::parse("NOTIFY=never").unwrap().notify, Some(Notify::Never));
        for bad in ["NOTIFY=NEVER,DELAY", "NOTIFY=", "NOTIFY", "ORCPT=rfc822", "ORCPT=;a@b", "ORCPT=rfc822;+00"] {
            assert_eq!(RcptParams::parse(bad), Err(Status::Syntax), "{bad}");
        }
    }
}
