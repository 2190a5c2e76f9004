//! Whom a verifier trusts (C2SP tlog-policy): logs, witnesses, and how many of the witnesses must have seen a
//! checkpoint.
//!
//! ```text
//! log preuves.chu-nord.fr/2026+1a2b3c4d+AQ…
//! witness X temoin.chu-sud.fr+5e6f7081+BA…
//! witness Y temoin.chu-est.fr+92a3b4c5+BA…
//! group tous 2 X Y
//! quorum tous
//! ```
//!
//! URLs behind the keys say where a log is served and a witness is asked; verification is offline and uses none.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::note::{KeyUse, Note, NoteError, Signed, VerifierKey};
use crate::mail::Time;

/// Lines of each kind that a policy may have.
const LINES_MAX: usize = 1024;

/// Why a text is no policy; the number is the line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The line; 0 when something is missing in the whole.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(self.what) } else { write!(f, "line {}: {}", self.line, self.what) }
    }
}

impl std::error::Error for PolicyError {}

/// Trusted keys and the quorum.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    logs: Vec<Known>,
    witnesses: Vec<Known>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

/// A log or a witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its key; its name is the log's origin.
    pub key: VerifierKey,
    /// Where it is reached: a log's prefix, a witness's submission prefix. Without a slash at the end.
    pub url: Option<String>,
}

#[derive(Debug, Clone)]
struct Group {
    needed: usize,
    members: Vec<Member>,
}

/// By its place in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// When witnesses signed a checkpoint, each at its own time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sightings(Vec<(usize, Time)>);

impl Policy {
    /// A policy that trusts one log and asks for no witness: for tests, and for a look at one's own log.
    #[must_use]
    pub fn of_log(key: VerifierKey) -> Self {
        Self { logs: vec![Known { key, url: None }], ..Self::default() }
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// Names the line.
    // [c2sp#tlog-policy]
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(PolicyError { line: 0, what: "control characters are not allowed" });
        }
        let mut reader = Reader::default();
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            if words.first().is_some_and(|word| !word.starts_with('#')) {
                reader.line(&words).map_err(|what| PolicyError { line: number, what })?;
            }
        }
        if !reader.quorum_seen {
            return Err(PolicyError { line: 0, what: "there is no quorum line («quorum none» asks for no witness)" });
        }
        Ok(reader.policy)
    }

    /// The trusted key of the log with this origin.
    pub fn logs(&self, origin: &str) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().map(|known| &known.key).filter(move |key| key.name() == origin)
    }

    /// All logs, in the order of the lines.
    #[must_use]
    pub fn all_logs(&self) -> &[Known] {
        &self.logs
    }

    /// All witnesses, in the order of the lines.
    #[must_use]
    pub fn witnesses(&self) -> &[Known] {
        &self.witnesses
    }

    /// Whether the policy asks for witnesses at all.
    #[must_use]
    pub const fn asks_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// The same keys, with no witness asked for: a wrong signature of a known witness is still seen.
    #[must_use]
    pub fn asking_nobody(&self) -> Self {
        Self { quorum: None, ..self.clone() }
    }

    /// Which witnesses signed this note, and when.
    ///
    /// # Errors
    /// `BadSignature` when a known witness's signature is not good: somebody changed the note.
    pub fn sightings(&self, note: &Note) -> Result<Sightings, NoteError> {
        let mut seen = Vec::new();
        for (number, witness) in self.witnesses.iter().enumerate() {
            if let Some(Signed::Witness(time)) = witness.key.signed(note)? {
                seen.push((number, time));
            }
        }
        seen.sort_by_key(|(_, time)| *time);
        Ok(Sightings(seen))
    }

    /// Whether the quorum is met.
    #[must_use]
    pub fn met(&self, sightings: &Sightings) -> bool {
        self.quorum.is_none_or(|member| self.witnessed(member, &sightings.0))
    }

    /// The earliest time by which a quorum had seen the checkpoint: it existed then.
    #[must_use]
    pub fn existed_by(&self, sightings: &Sightings) -> Option<Time> {
        let member = self.quorum?;
        let upto = |end: usize| &sightings.0[..end];
        (1..=sightings.0.len()).find(|end| self.witnessed(member, upto(*end))).map(|end| sightings.0[end - 1].1)
    }

    /// The latest time at which a quorum still knew nothing larger than the checkpoint.
    #[must_use]
    pub fn largest_until(&self, sightings: &Sightings) -> Option<Time> {
        let member = self.quorum?;
        let from = |start: usize| &sightings.0[start..];
        (0..sightings.0.len())
            .rev()
            .find(|start| self.witnessed(member, from(*start)))
            .map(|start| sightings.0[start].1)
    }

    fn witnessed(&self, member: Member, seen: &[(usize, Time)]) -> bool {
        match member {
            Member::Witness(number) => seen.iter().any(|(witness, _)| *witness == number),
            Member::Group(number) => {
                let group = &self.groups[number];
                group.members.iter().filter(|member| self.witnessed(**member, seen)).count() >= group.needed
            }
        }
    }
}

/// Reads line by line; a group may only name what stands before it, so there are no circles.
#[derive(Default)]
struct Reader {
    policy: Policy,
    names: HashMap<String, Member>,
    grouped: HashSet<Member>,
    keys: HashSet<[u8; 32]>,
    quorum_seen: bool,
}

impl Reader {
    fn line(&mut self, words: &[&str]) -> Result<(), &'static str> {
        match words {
            ["log", key, url @ ..] if url.len() < 2 => {
                let log = self.known(key, KeyUse::Log, url.first())?;
                self.policy.logs.push(log);
                Ok(())
            }
            ["witness", name, key, url @ ..] if url.len() < 2 => {
                let witness = self.known(key, KeyUse::Witness, url.first())?;
                self.policy.witnesses.push(witness);
                self.define(name, Member::Witness(self.policy.witnesses.len() - 1))
            }
            ["group", name, needed, members @ ..] if !members.is_empty() => self.group(name, needed, members),
            ["quorum", name] if !self.quorum_seen => {
                self.quorum_seen = true;
                if *name != "none" {
                    self.policy.quorum = Some(self.named(name)?);
                }
                Ok(())
            }
            ["quorum", ..] => Err("there is one quorum, with one name"),
            _ => Err("a line is log, witness, group or quorum with its arguments"),
        }
    }

    fn known(&mut self, text: &str, key_use: KeyUse, url: Option<&&str>) -> Result<Known, &'static str> {
        let key = VerifierKey::parse(text).map_err(|_| "not a verifier key of the form name+id+base64")?;
        if key.key_use() != key_use {
            return Err("the key is of another use: logs have type 1, witnesses type 4");
        }
        if self.keys.len() == LINES_MAX || !self.keys.insert(*key.public()) {
            return Err("this key is here already");
        }
        Ok(Known { key, url: url.map(|url| url.trim_end_matches('/').to_owned()) })
    }

    fn group(&mut self, name: &str, needed: &str, members: &[&str]) -> Result<(), &'static str> {
        let members = members.iter().map(|member| self.named(member)).collect::<Result<Vec<_>, _>>()?;
        let needed = match needed {
            "any" => 1,
            "all" => members.len(),
            number => super::checkpoint::decimal(number).ok_or("a group needs all, any or a number")? as usize,
        };
        if needed == 0 || needed > members.len() {
            return Err("a group needs at least one and at most all of its members");
        }
        // Each counts once, so that no witness has two votes.
        if !members.iter().all(|member| self.grouped.insert(*member)) {
            return Err("a member can belong to one group only");
        }
        if self.policy.groups.len() == LINES_MAX {
            return Err("too many groups");
        }
        self.policy.groups.push(Group { needed, members });
        self.define(name, Member::Group(self.policy.groups.len() - 1))
    }

    fn named(&self, name: &str) -> Result<Member, &'static str> {
        self.names.get(name).copied().ok_or("this name is not defined above")
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), &'static str> {
        if name == "none" || self.names.insert(name.to_owned(), member).is_some() {
            return Err("this name is taken");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::SigningKey;
    use super::*;

    fn witness(seed: u8) -> SigningKey {
        SigningKey::from_seed(&format!("w{seed}"), KeyUse::Witness, &[seed; 32]).unwrap()
    }

    fn policy(rest: &str) -> Result<Policy, PolicyError> {
        let log = SigningKey::from_seed("log", KeyUse::Log, &[9; 32]).unwrap();
        let [a, b, c] = [1, 2, 3].map(|seed| witness(seed).verifier().clone());
        let head = format!(
            "# people\n log {log} https://x/\n\nwitness A {a}\nwitness\tB {b}\nwitness C {c}\n",
            log = log.verifier()
        );
        Policy::parse(&format!("{head}{rest}"))
    }

    fn note(signers: &[(u8, i64)]) -> Note {
        let lines: String = signers.iter().map(|(s, t)| witness(*s).cosign("text\n", Time::from_secs(*t))).collect();
        Note::parse(&format!("text\n\n— stranger AAAAAAAA\n{lines}")).unwrap()
    }

    // [c2sp#tlog-policy]
    #[test]
    fn quorums_and_their_times() {
        let (two, none) = ("group G 2 A B C\nquorum G\n", "quorum none\n");
        let nested = "group X any A B\ngroup Y all X C\nquorum Y\n";
        for (rest, signers, met, by, until) in [
            (two, &[] as &[(u8, i64)], false, None, None),
            (two, &[(1, 10)], false, None, None),
            (two, &[(1, 10), (2, 20)], true, Some(20), Some(10)),
            (two, &[(3, 30), (1, 10), (2, 20)], true, Some(20), Some(20)),
            (two, &[(4, 10), (5, 20)], false, None, None),
            (nested, &[(1, 10), (2, 20)], false, None, None),
            (nested, &[(1, 10), (2, 20), (3, 30)], true, Some(30), Some(20)),
            ("quorum B\n", &[(2, 20)], true, Some(20), Some(20)),
            (none, &[(1, 10)], true, None, None),
            (none, &[], true, None, None),
        ] {
            let policy = policy(rest).unwrap();
            let seen = policy.sightings(&note(signers)).unwrap();
            assert_eq!(policy.met(&seen), met, "{rest} {signers:?}");
            assert_eq!(policy.existed_by(&seen).map(Time::secs), by, "{rest} {signers:?}");
            assert_eq!(policy.largest_until(&seen).map(Time::secs), until, "{rest} {signers:?}");
        }
    }

    #[test]
    fn a_known_witness_with_a_bad_signature_is_an_error() {
        let line = witness(1).cosign("other\n", Time::from_secs(1));
        let note = Note::parse(&format!("text\n\n{line}")).unwrap();
        assert!(policy("quorum A\n").unwrap().sightings(&note).is_err());
    }

    #[test]
    fn errors_name_the_line() {
        for (rest, line) in [
            ("", 0),
            ("quorum A\r\n", 0),
            ("quorum D\n", 7),
            ("quorum A\nquorum B\n", 8),
            ("group G 0 A\n", 7),
            ("group G 3 A B\n", 7),
            ("group G x A B\n", 7),
            ("group G any\n", 7),
            ("group A any B\n", 7),
            ("group none any B\n", 7),
            ("group G any A A\n", 7),
            ("group G any A\ngroup H any A\n", 8),
            ("group G any G\n", 7),
            ("witness A x\n", 7),
            ("what\n", 7),
        ] {
            assert_eq!(policy(rest).err().map(|error| error.line), Some(line), "{rest}");
        }
        let log = SigningKey::from_seed("log", KeyUse::Log, &[9; 32]).unwrap();
        assert!(policy(&format!("witness D {}\nquorum A\n", log.verifier())).is_err(), "a log's key is no witness");
        assert!(policy(&format!("log {}\nquorum A\n", log.verifier())).is_err(), "twice");
    }
}
