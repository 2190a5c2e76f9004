//! The commands of SMTP (RFC 5321 §4.1) and their grammar. One line in, one [`Command`] or the status to refuse it with.
//!
//! Not here: whether a command may come now; that is the server machine's table.

use crate::mail::{Address, MailParams, RcptParams, ReversePath, Status};

use super::{Profile, Settings, params, path};

/// Octets of the name in EHLO (a domain, RFC 5321 §4.5.3.1.2).
const HELLO_MAX: usize = 255;

/// The first word of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// EHLO
    Ehlo,
    /// HELO
    Helo,
    /// STARTTLS (RFC 3207)
    StartTls,
    /// AUTH (RFC 4954)
    Auth,
    /// MAIL
    Mail,
    /// RCPT
    Rcpt,
    /// DATA
    Data,
    /// BDAT (RFC 3030)
    Bdat,
    /// RSET
    Rset,
    /// NOOP
    Noop,
    /// QUIT
    Quit,
    /// VRFY
    Vrfy,
    /// EXPN
    Expn,
    /// HELP
    Help,
}

/// Every verb with its word. A word that is not here is not a command.
const VERBS: [(&str, Verb); 14] = [
    ("EHLO", Verb::Ehlo),
    ("HELO", Verb::Helo),
    ("STARTTLS", Verb::StartTls),
    ("AUTH", Verb::Auth),
    ("MAIL", Verb::Mail),
    ("RCPT", Verb::Rcpt),
    ("DATA", Verb::Data),
    ("BDAT", Verb::Bdat),
    ("RSET", Verb::Rset),
    ("NOOP", Verb::Noop),
    ("QUIT", Verb::Quit),
    ("VRFY", Verb::Vrfy),
    ("EXPN", Verb::Expn),
    ("HELP", Verb::Help),
];

impl Verb {
    /// The verb of a line without its CRLF, and its arguments as bytes.
    #[must_use]
    pub fn of(line: &[u8]) -> Option<(Self, &[u8])> {
        let end = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        let verb = VERBS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))?.1;
        Some((verb, rest.strip_prefix(b" ").unwrap_or(rest)))
    }
}

/// How a client greeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// HELO: no extensions.
    Basic,
    /// EHLO.
    Extended,
}

/// EHLO or HELO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Which of the two.
    pub dialect: Dialect,
    /// The name that the client gives itself: unchecked, but safe to write into a trace field.
    pub name: String,
}

/// A command with its arguments parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// EHLO, HELO
    Hello(Hello),
    /// STARTTLS
    StartTls,
    /// AUTH: the mechanism and the initial response, in base64 still; `=` stands for an empty one.
    Auth {
        /// The mechanism's name as sent.
        mechanism: String,
        /// The initial response.
        initial: Option<Vec<u8>>,
    },
    /// MAIL FROM
    Mail {
        /// Where errors go.
        path: ReversePath,
        /// What was said of the message.
        params: MailParams,
    },
    /// RCPT TO
    Rcpt {
        /// Whom the message is for.
        address: Address,
        /// What was said of this recipient.
        params: RcptParams,
    },
    /// DATA
    Data,
    /// BDAT: so many octets follow at once.
    Chunk {
        /// Octets.
        size: u64,
        /// Whether they end the message.
        last: bool,
    },
    /// RSET
    Reset,
    /// NOOP
    Noop,
    /// QUIT
    Quit,
    /// VRFY, whose argument is of no interest: nobody learns from it who exists.
    Verify,
    /// HELP
    Help,
}

/// Parses one line without its CRLF.
///
/// # Errors
/// The status to answer: `CommandUnknown`, `Syntax`, `AddressSyntax`, `ParameterUnknown`, `Utf8Needed`,
/// `NotImplemented`.
pub fn parse(line: &[u8], settings: &Settings) -> Result<Command, Status> {
    let (verb, rest) = Verb::of(line).ok_or(Status::CommandUnknown)?;
    let text = std::str::from_utf8(rest).map_err(|_| Status::Syntax)?;
    // a control character has no place in any argument and would be an injection wherever the argument is written
    if text.chars().any(char::is_control) {
        return Err(Status::Syntax);
    }
    match verb {
        Verb::Ehlo => hello(Dialect::Extended, text, settings.profile),
        Verb::Helo => hello(Dialect::Basic, text, settings.profile),
        Verb::Mail => mail(text, settings),
        Verb::Rcpt => rcpt(text, settings),
        Verb::Auth => auth(text),
        Verb::StartTls => bare(text, Command::StartTls),
        Verb::Data => bare(text, Command::Data),
        Verb::Bdat => chunk(text),
        Verb::Rset => bare(text, Command::Reset),
        Verb::Quit => bare(text, Command::Quit),
        // [rfc5321#4.1.1.9] the argument is ignored
        Verb::Noop => Ok(Command::Noop),
        Verb::Help => Ok(Command::Help),
        Verb::Vrfy if text.trim().is_empty() => Err(Status::Syntax),
        Verb::Vrfy => Ok(Command::Verify),
        Verb::Expn => Err(Status::NotImplemented),
    }
}

/// A command without arguments; trailing space is borne with (RFC 5321 §4.1.1).
fn bare(rest: &str, command: Command) -> Result<Command, Status> {
    if rest.trim_matches(' ').is_empty() { Ok(command) } else { Err(Status::Syntax) }
}

// [rfc3030#2]
fn chunk(rest: &str) -> Result<Command, Status> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let size = words.next().ok_or(Status::Syntax)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(Status::Syntax),
    };
    let digits = (1..=20).contains(&size.len()) && size.bytes().all(|b| b.is_ascii_digit());
    if !digits || words.next().is_some() {
        return Err(Status::Syntax);
    }
    Ok(Command::Chunk { size: size.parse().unwrap_or(u64::MAX), last })
}

// [rfc5321#4.1.1.1]
fn hello(dialect: Dialect, rest: &str, profile: Profile) -> Result<Command, Status> {
    let name = rest.trim_matches(' ');
    // People's machines have names that are no host names, with underscores for instance (RFC 5321 §4.1.4 says not to
    // refuse them). What matters is that the name can be written into `Received:`.
    let allowed = |b: u8| match profile {
        Profile::Operators => b.is_ascii_alphanumeric() || b"-.[]:".contains(&b),
        Profile::Submission => b.is_ascii_graphic() && !b"()<>\\\";,".contains(&b),
    };
    if name.is_empty() || name.len() > HELLO_MAX || !name.bytes().all(allowed) {
        return Err(Status::Syntax);
    }
    Ok(Command::Hello(Hello { dialect, name: name.to_owned() }))
}

// [rfc5321#4.1.1.2]
fn mail(rest: &str, settings: &Settings) -> Result<Command, Status> {
    let (inside, rest) = path::split(rest, "FROM:", settings.profile)?;
    let path = path::reverse(inside)?;
    let params = params::mail(rest, settings.profile)?;
    // [rfc6531#3.5]
    if !params.utf8 && !inside.is_ascii() {
        return Err(Status::Utf8Needed);
    }
    Ok(Command::Mail { path, params })
}

// [rfc5321#4.1.1.3]
fn rcpt(rest: &str, settings: &Settings) -> Result<Command, Status> {
    let (inside, rest) = path::split(rest, "TO:", settings.profile)?;
    let address = path::forward(inside, settings)?;
    Ok(Command::Rcpt { address, params: params::rcpt(rest)? })
}

// [rfc4954#4]
fn auth(rest: &str) -> Result<Command, Status> {
    let mut words = rest.trim_matches(' ').split(' ');
    let mechanism = words.next().unwrap_or_default();
    let initial = words.next().map(|word| word.as_bytes().to_vec());
    let name_ok = !mechanism.is_empty()
        && mechanism.len() <= 20
        && mechanism.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !name_ok || words.next().is_some() {
        return Err(Status::Syntax);
    }
    Ok(Command::Auth { mechanism: mechanism.to_owned(), initial })
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;
    use crate::mail::Domain;

    fn settings(profile: Profile) -> Settings {
        Settings::new(Domain::parse("mx.a.fr").unwrap(), profile, Limits::default())
    }

    fn strict(line: &str) -> Result<Command, Status> {
        parse(line.as_bytes(), &settings(Profile::Operators))
    }

    fn lenient(line: &str) -> Result<Command, Status> {
        parse(line.as_bytes(), &settings(Profile::Submission))
    }

    fn from(path: &str) -> Command {
        let path = if path.is_empty() { ReversePath::Null } else { ReversePath::Address(path.parse().unwrap()) };
        Command::Mail { path, params: MailParams::default() }
    }

    fn to(address: &str) -> Command {
        Command::Rcpt { address: address.parse().unwrap(), params: RcptParams::default() }
    }

    #[test]
    // [rfc5321#4.1.1.1] [rfc5321#4.1.1.9] [rfc3030#2]
    fn commands_are_read_in_any_case_and_with_trailing_space() {
        let hello = |dialect, name: &str| Ok(Command::Hello(Hello { dialect, name: name.to_owned() }));
        for (line, command) in [
            ("EHLO mx.b.fr", hello(Dialect::Extended, "mx.b.fr")),
            ("helo mx.b.fr ", hello(Dialect::Basic, "mx.b.fr")),
            ("EHLO [IPv6:2001:db8::1]", hello(Dialect::Extended, "[IPv6:2001:db8::1]")),
            ("StartTLS", Ok(Command::StartTls)),
            ("data ", Ok(Command::Data)),
            ("NOOP anything at all", Ok(Command::Noop)),
            ("QUIT", Ok(Command::Quit)),
            ("BDAT 0 last", Ok(Command::Chunk { size: 0, last: true })),
            ("bdat 86400", Ok(Command::Chunk { size: 86_400, last: false })),
            ("VRFY jean", Ok(Command::Verify)),
            ("HELP MAIL", Ok(Command::Help)),
        ] {
            assert_eq!(strict(line), command, "{line}");
        }
    }

    #[test]
    // [rfc5321#4.1.1.2] [rfc5321#4.1.1.3] [rfc5321#C] [rfc5321#4.5.1]
    fn paths_in_all_their_forms() {
        for (line, command) in [
            ("MAIL FROM:<jean@b.fr>", from("jean@b.fr")),
            ("mail from:<>", from("")),
            ("MAIL FROM:<@x.fr,@y.fr:jean@b.fr>", from("jean@b.fr")),
            ("MAIL FROM:<\"je>an\"@b.fr>", from("\"je>an\"@b.fr")),
            ("MAIL FROM:<\"je\\\"a>n\"@b.fr>", from("\"je\\\"a>n\"@b.fr")),
            ("RCPT TO:<Jean@A.fr>", to("Jean@a.fr")),
            ("RCPT TO:<Postmaster>", to("Postmaster@mx.a.fr")),
        ] {
            assert_eq!(strict(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_has_no_valid_form_is_refused_with_its_status() {
        for (line, status) in [
            ("", Status::CommandUnknown),
            (" EHLO x", Status::CommandUnknown),
            ("MAILFROM:<a@b.fr>", Status::CommandUnknown),
            ("EXPN list", Status::NotImplemented),
            ("EHLO", Status::Syntax),
            ("EHLO a b", Status::Syntax),
            ("EHLO a_b", Status::Syntax),
            ("DATA now", Status::Syntax),
            ("STARTTLS now", Status::Syntax),
            ("VRFY", Status::Syntax),
            ("MAIL", Status::Syntax),
            ("MAIL FROM:", Status::Syntax),
            ("MAIL FROM: <a@b.fr>", Status::Syntax),
            ("MAIL FROM:a@b.fr", Status::Syntax),
            ("MAIL FROM:<a@b.fr", Status::Syntax),
            ("MAIL FROM:<a@b.fr>SIZE=1", Status::Syntax),
            ("MAIL TO:<a@b.fr>", Status::Syntax),
            ("MAIL FROM:<a@b.fr\u{85}>", Status::Syntax),
            ("MAIL FROM:<a\0@b.fr>", Status::Syntax),
            ("MAIL FROM:<a b@b.fr>", Status::AddressSyntax),
            ("MAIL FROM:<a@[192.0.2.1]>", Status::AddressSyntax),
            ("MAIL FROM:<postmaster>", Status::AddressSyntax),
            ("MAIL FROM:<a@b.fr> FOO=1", Status::ParameterUnknown),
            ("MAIL FROM:<jérôme@b.fr>", Status::Utf8Needed),
            ("RCPT TO:<>", Status::AddressSyntax),
            ("RCPT TO:<a@b.fr> SIZE=1", Status::ParameterUnknown),
            ("AUTH", Status::Syntax),
            ("AUTH PLAIN a b", Status::Syntax),
            ("AUTH a.b", Status::Syntax),
        ] {
            assert_eq!(strict(line), Err(status), "{line}");
        }
        assert_eq!(parse(b"MAIL FROM:<\xff@b.fr>", &settings(Profile::Operators)), Err(Status::Syntax));
    }

    #[test]
    // [rfc3030#2]
    fn a_chunk_has_a_count_and_perhaps_an_end() {
        for bad in ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 FIRST", "BDAT 1 LAST LAST", "BDAT 123456789012345678901"] {
            assert_eq!(strict(bad), Err(Status::Syntax), "{bad}");
        }
        let huge = Command::Chunk { size: u64::MAX, last: false };
        assert_eq!(strict("BDAT 99999999999999999999"), Ok(huge));
    }

    #[test]
    // [rfc6531#3.5]
    fn smtputf8_allows_addresses_that_are_not_ascii() {
        let Ok(Command::Mail { path, params }) = strict("MAIL FROM:<jérôme@hôpital.fr> SMTPUTF8") else { panic!() };
        assert!(params.utf8);
        assert_eq!(path.to_string(), "jérôme@xn--hpital-ixa.fr");
    }

    #[test]
    fn submission_bears_with_outlook_and_odd_host_names() {
        assert_eq!(lenient("MAIL FROM: <a@b.fr>"), Ok(from("a@b.fr")));
        assert_eq!(lenient("RCPT TO:  <a@b.fr>"), Ok(to("a@b.fr")));
        assert!(lenient("EHLO POSTE_12").is_ok());
        assert!(lenient("EHLO (a)").is_err(), "would open a comment in Received");
    }

    #[test]
    // [rfc4954#4]
    fn auth_keeps_its_initial_response_as_sent() {
        let auth = |initial: Option<&str>| Command::Auth {
            mechanism: "PLAIN".to_owned(),
            initial: initial.map(|i| i.as_bytes().to_vec()),
        };
        assert_eq!(lenient("AUTH PLAIN"), Ok(auth(None)));
        assert_eq!(lenient("AUTH PLAIN ="), Ok(auth(Some("="))));
        assert_eq!(lenient("AUTH PLAIN AGEAYg=="), Ok(auth(Some("AGEAYg=="))));
    }
}
