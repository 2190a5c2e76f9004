//! Paths of MAIL and RCPT (RFC 5321 §4.1.2): `<local@domain>`, `<>`, `<postmaster>`, a source route before the address.

use crate::mail::{Address, AddressError, ReversePath, Status};

use super::{Profile, Settings};

/// Takes `FROM:<…>` or `TO:<…>` off the arguments: gives what is between the brackets and what follows.
pub(super) fn split<'a>(text: &'a str, word: &str, profile: Profile) -> Result<(&'a str, &'a str), Status> {
    let head = text.get(..word.len()).ok_or(Status::Syntax)?;
    if !head.eq_ignore_ascii_case(word) {
        return Err(Status::Syntax);
    }
    let mut path = &text[word.len()..];
    // [clients#outlook] Outlook and old mail programs write a space there; RFC 5321 §3.3 forbids it
    if profile == Profile::Submission {
        path = path.trim_start_matches(' ');
    }
    let path = path.strip_prefix('<').ok_or(Status::Syntax)?;
    let end = closing_bracket(path).ok_or(Status::Syntax)?;
    let (inside, rest) = (&path[..end], &path[end + 1..]);
    if rest.is_empty() || rest.starts_with(' ') { Ok((inside, rest)) } else { Err(Status::Syntax) }
}

/// The first `>` outside a quoted string.
fn closing_bracket(path: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, byte) in path.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(index),
            _ => {}
        }
    }
    None
}

// [rfc5321#4.1.1.2]
pub(super) fn reverse(inside: &str) -> Result<ReversePath, Status> {
    if inside.is_empty() { Ok(ReversePath::Null) } else { address(inside).map(ReversePath::Address) }
}

// [rfc5321#4.1.1.3]
pub(super) fn forward(inside: &str, settings: &Settings) -> Result<Address, Status> {
    // [rfc5321#4.5.1] the postmaster may be named without a domain
    if inside.eq_ignore_ascii_case("postmaster") {
        return address(&format!("{inside}@{}", settings.host));
    }
    address(inside)
}

fn address(inside: &str) -> Result<Address, Status> {
    let wrong = |_: AddressError| Status::AddressSyntax;
    // [rfc5321#C] a source route is accepted and ignored
    match inside.strip_prefix('@') {
        None => Address::parse(inside).map_err(wrong),
        Some(routed) => {
            let (_, mailbox) = routed.split_once(':').ok_or(Status::AddressSyntax)?;
            Address::parse(mailbox).map_err(wrong)
        }
    }
}
