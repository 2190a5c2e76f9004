//! The commands of access control lists (RFC 4314 §3), and how lists and rights are written.

use super::args::{Args, Parsed, syntax};
use super::name::{Names, WireName};
use super::response;
use crate::mail::AclRights;

/// A command about the rights over a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclCommand {
    /// GETACL
    Get(WireName),
    /// SETACL
    Set {
        /// Of which mailbox.
        mailbox: WireName,
        /// Whose entry.
        identifier: Identifier,
        /// What becomes of it.
        modification: Modification,
    },
    /// DELETEACL
    Delete {
        /// Of which mailbox.
        mailbox: WireName,
        /// Whose entry.
        identifier: Identifier,
    },
    /// LISTRIGHTS
    List {
        /// Of which mailbox.
        mailbox: WireName,
        /// Whose entry.
        identifier: Identifier,
    },
    /// MYRIGHTS
    Mine(WireName),
}

/// Whose entry is meant: a name as it was written, without the dash of a negative entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// The name.
    pub name: String,
    /// Whether the entry takes rights instead of giving them.
    pub sign: Sign,
}

/// Which of the two entries that an identifier can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `anne@…`
    Gives,
    /// `-anne@…`
    Takes,
}

/// What SETACL does with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modification {
    /// `lrs`: these and no others.
    Replace(AclRights),
    /// `+lrs`
    Add(AclRights),
    /// `-lrs`
    Remove(AclRights),
}

// [rfc4314#3.3]
pub(super) fn get(args: &mut Args<'_>) -> Parsed<AclCommand> {
    last_mailbox(args).map(AclCommand::Get)
}

// [rfc4314#3.5]
pub(super) fn mine(args: &mut Args<'_>) -> Parsed<AclCommand> {
    last_mailbox(args).map(AclCommand::Mine)
}

// [rfc4314#3.1]
pub(super) fn set(args: &mut Args<'_>) -> Parsed<AclCommand> {
    let (mailbox, identifier) = (mailbox(args)?, identifier(args)?);
    args.space()?;
    let modification = modification(&args.text()?)?;
    args.end()?;
    Ok(AclCommand::Set { mailbox, identifier, modification })
}

// [rfc4314#3.2]
pub(super) fn delete(args: &mut Args<'_>) -> Parsed<AclCommand> {
    let (mailbox, identifier) = (mailbox(args)?, identifier(args)?);
    args.end()?;
    Ok(AclCommand::Delete { mailbox, identifier })
}

// [rfc4314#3.4]
pub(super) fn list(args: &mut Args<'_>) -> Parsed<AclCommand> {
    let (mailbox, identifier) = (mailbox(args)?, identifier(args)?);
    args.end()?;
    Ok(AclCommand::List { mailbox, identifier })
}

fn mailbox(args: &mut Args<'_>) -> Parsed<WireName> {
    args.space()?;
    args.mailbox().map(WireName)
}

fn last_mailbox(args: &mut Args<'_>) -> Parsed<WireName> {
    let mailbox = mailbox(args)?;
    args.end()?;
    Ok(mailbox)
}

/// An identifier is prepared as names of logins are; one that is nothing then is no identifier.
// [rfc4314#3]
fn identifier(args: &mut Args<'_>) -> Parsed<Identifier> {
    args.space()?;
    let text = args.text()?;
    let (name, sign) = match text.strip_prefix('-') {
        Some(name) => (name, Sign::Takes),
        None => (text.as_str(), Sign::Gives),
    };
    match stringprep::saslprep(name) {
        Ok(name) if !name.is_empty() => Ok(Identifier { name: name.into_owned(), sign }),
        _ => Err(syntax("not an identifier")),
    }
}

fn modification(text: &str) -> Parsed<Modification> {
    let rights = |text: &str| AclRights::parse(text).ok_or_else(|| syntax("a right is not known"));
    match text.split_at_checked(1) {
        Some(("+", added)) => rights(added).map(Modification::Add),
        Some(("-", taken)) => rights(taken).map(Modification::Remove),
        _ => rights(text).map(Modification::Replace),
    }
}

/// `* MYRIGHTS INBOX lrs`
// [rfc4314#3.8]
pub fn write_mine(out: &mut Vec<u8>, mailbox: &str, rights: AclRights, names: Names) {
    out.extend_from_slice(b"* MYRIGHTS ");
    response::mailbox(out, mailbox, names);
    response::line(out, format_args!(" {rights}"));
}

/// `* ACL INBOX anne@a.fr lrs -paul@a.fr w`
// [rfc4314#3.6]
pub fn write_list(out: &mut Vec<u8>, mailbox: &str, entries: &[(String, AclRights)], names: Names) {
    out.extend_from_slice(b"* ACL ");
    response::mailbox(out, mailbox, names);
    for (identifier, rights) in entries {
        out.push(b' ');
        response::string(out, identifier.as_bytes());
        response::text(out, format_args!(" {rights}"));
    }
    out.extend_from_slice(b"\r\n");
}

/// `* LISTRIGHTS INBOX anne@a.fr "" l r s w i p k x t e a c d`: the rights that an identifier always has, and those that
/// it may have, none of which is tied to another. The virtual rights stand by themselves.
// [rfc4314#3.7] [rfc4314#2.1.1]
pub fn write_rights(out: &mut Vec<u8>, mailbox: &str, identifier: &Identifier, always: AclRights, names: Names) {
    out.extend_from_slice(b"* LISTRIGHTS ");
    response::mailbox(out, mailbox, names);
    out.push(b' ');
    let dash = if identifier.sign == Sign::Takes { "-" } else { "" };
    response::string(out, format!("{dash}{}", identifier.name).as_bytes());
    if always.is_empty() {
        out.extend_from_slice(b" \"\"");
        for letter in AclRights::LETTERS.chars().chain(['c', 'd']) {
            response::text(out, format_args!(" {letter}"));
        }
    } else {
        response::text(out, format_args!(" {always}"));
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(letters: &str) -> AclRights {
        AclRights::parse(letters).unwrap()
    }

    // [rfc4314#3] [rfc4314#3.1]
    #[test]
    fn entries_are_replaced_added_to_and_taken_from() {
        for (text, expected) in [
            (" INBOX anne@a.fr lrs", Some(("anne@a.fr", Sign::Gives, Modification::Replace(rights("lrs"))))),
            (" INBOX -anne@a.fr +w", Some(("anne@a.fr", Sign::Takes, Modification::Add(rights("w"))))),
            (" INBOX \"anne\" -cd", Some(("anne", Sign::Gives, Modification::Remove(rights("kxte"))))),
            (" INBOX anne \"\"", Some(("anne", Sign::Gives, Modification::Replace(AclRights::NONE)))),
            (" INBOX ann\u{ad}e +", None),
            (" INBOX \"ann\u{ad}e\" +", Some(("anne", Sign::Gives, Modification::Add(AclRights::NONE)))),
            (" INBOX anne lrQ", None),
            (" INBOX anne lrq", None),
            (" INBOX - lr", None),
            (" INBOX \"\" lr", None),
            (" INBOX \"a\u{7}\" lr", None),
            (" INBOX anne", None),
            (" INBOX anne l r", None),
        ] {
            let read = set(&mut Args::new(text.as_bytes()));
            let read = read.ok().map(|command| match command {
                AclCommand::Set { identifier, modification, .. } => (identifier.name, identifier.sign, modification),
                other => panic!("{other:?}"),
            });
            let expected = expected.map(|(name, sign, modification)| (name.to_owned(), sign, modification));
            assert_eq!(read, expected, "{text}");
        }
    }

    // [rfc4314#3.2] [rfc4314#3.3] [rfc4314#3.4] [rfc4314#3.5]
    #[test]
    fn the_others_take_a_mailbox_and_an_identifier() {
        type Read = fn(&mut Args<'_>) -> Parsed<AclCommand>;
        for (text, read, ok) in [
            (" INBOX", get as Read, true),
            ("", get, false),
            (" INBOX x", mine, false),
            (" \"a b\"", mine, true),
            (" INBOX x", delete, true),
            (" INBOX", delete, false),
            (" INBOX -x", list, true),
            (" INBOX x y", list, false),
        ] {
            assert_eq!(read(&mut Args::new(text.as_bytes())).is_ok(), ok, "{text}");
        }
    }

    // [rfc4314#3.6] [rfc4314#3.7] [rfc4314#3.8]
    #[test]
    fn answers_name_mailbox_identifier_and_rights() {
        let mut out = Vec::new();
        write_mine(&mut out, "a b", rights("lrst"), Names::Utf7);
        write_list(&mut out, "INBOX", &[("anne@a.fr".to_owned(), rights("lr"))], Names::Utf7);
        let identifier = Identifier { name: "paul".to_owned(), sign: Sign::Takes };
        write_rights(&mut out, "INBOX", &identifier, AclRights::NONE, Names::Utf7);
        write_rights(&mut out, "INBOX", &Identifier { sign: Sign::Gives, ..identifier }, AclRights::ALL, Names::Utf7);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "* MYRIGHTS \"a b\" lrstd\r\n* ACL INBOX \"anne@a.fr\" lr\r\n\
             * LISTRIGHTS INBOX \"-paul\" \"\" l r s w i p k x t e a c d\r\n\
             * LISTRIGHTS INBOX \"paul\" lrswipkxteacd\r\n"
        );
    }
}
