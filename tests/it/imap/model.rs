//! Four clients at one mailbox, against a naive model: after each answer what a client was told must be the mailbox as it
//! is, as far as it may know, and nothing may be told that is not so.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{Client, Setting, World};

type Flags = BTreeSet<String>;

const FLAGS: [&str; 6] = ["\\Answered", "\\Deleted", "\\Seen", "$a", "$b", "$c"];

/// Which messages a command names: numbers are taken modulo what there is, and a little beyond.
#[derive(Debug, Clone)]
struct Set {
    by_uid: bool,
    from: u32,
    /// None for `*`.
    to: Option<u32>,
}

#[derive(Debug, Clone)]
enum Does {
    Append(Flags),
    Store {
        set: Set,
        sign: &'static str,
        silent: bool,
        conditional: bool,
        flags: Flags,
    },
    Expunge,
    UidExpunge(Set),
    Fetch(Set),
    Search {
        by_uid: bool,
    },
    Copy(Set, Target),
    Move(Set, Target),
    Noop,
    Idle,
    /// It goes, and later selects the mailbox again with what it knew.
    ComeBack {
        away: Box<[(usize, Does)]>,
    },
}

/// What a client has enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Condstore,
    Qresync,
}

const CLIENTS: [Kind; 4] = [Kind::Plain, Kind::Plain, Kind::Condstore, Kind::Qresync];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Here,
    Elsewhere,
}

fn flags() -> impl Strategy<Value = Flags> {
    proptest::collection::btree_set(prop::sample::select(&FLAGS[..]).prop_map(str::to_owned), 0..4)
}

fn set() -> impl Strategy<Value = Set> {
    (any::<bool>(), 0_u32..9, proptest::option::of(0_u32..9)).prop_map(|(by_uid, from, to)| Set { by_uid, from, to })
}

/// Steps that are over at once.
fn deed() -> impl Strategy<Value = Does> {
    let target = || prop::sample::select(&[Target::Here, Target::Elsewhere][..]);
    let sign = prop::sample::select(&["", "+", "-"][..]);
    prop_oneof![
        3 => flags().prop_map(Does::Append),
        5 => (set(), sign, any::<bool>(), any::<bool>(), flags())
            .prop_map(|(set, sign, silent, conditional, flags)| Does::Store { set, sign, silent, conditional, flags }),
        2 => Just(Does::Expunge),
        1 => set().prop_map(Does::UidExpunge),
        4 => set().prop_map(Does::Fetch),
        1 => any::<bool>().prop_map(|by_uid| Does::Search { by_uid }),
        1 => (set(), target()).prop_map(|(set, target)| Does::Copy(set, target)),
        1 => (set(), target()).prop_map(|(set, target)| Does::Move(set, target)),
        2 => Just(Does::Noop),
        1 => Just(Does::Idle),
    ]
}

fn does() -> impl Strategy<Value = Does> {
    let away = proptest::collection::vec((0..CLIENTS.len(), deed()), 0..6);
    prop_oneof![12 => deed(), 1 => away.prop_map(|away| Does::ComeBack { away: away.into() })]
}

/// The mailbox as it is.
#[derive(Debug, Default)]
struct Truth {
    messages: BTreeMap<u32, Flags>,
    /// The number of each message's last change, as the store has it.
    modseqs: BTreeMap<u32, u64>,
    last_uid: u32,
}

impl Truth {
    fn add(&mut self, flags: Flags) -> u32 {
        self.last_uid += 1;
        self.messages.insert(self.last_uid, flags);
        self.last_uid
    }
}

/// What a client believes, and what it ought to hear of.
struct Believer {
    kind: Kind,
    client: Client,
    /// UIDs by sequence number. That of a new message it learns at once.
    numbers: Vec<u32>,
    /// The largest UID that it ever knew.
    known_to: u32,
    /// Flags that it was told.
    flags: BTreeMap<u32, Flags>,
    /// Messages that others changed since it was told.
    changed: BTreeSet<u32>,
    /// The change up to which it knows the mailbox (RFC 7162).
    highest: u64,
    /// The highest number of a change that this command told.
    told: u64,
    /// SELECT was said and not yet answered.
    selecting: bool,
}

/// The answer to one command.
#[derive(Debug, Default)]
struct Reply {
    fetched: Vec<u32>,
    searched: Vec<u32>,
    copied: Option<String>,
    modified: Option<String>,
    word: String,
    text: String,
}

impl Believer {
    /// A client that has just signed in and knows nothing.
    fn new(world: &World, kind: Kind) -> Self {
        let mut client = world.sign_in();
        match kind {
            Kind::Plain => {}
            Kind::Condstore => drop(world.talk(&mut client, "e ENABLE CONDSTORE\r\n")),
            Kind::Qresync => drop(world.talk(&mut client, "e ENABLE QRESYNC\r\n")),
        }
        let (flags, changed) = (BTreeMap::new(), BTreeSet::new());
        Self { kind, client, numbers: Vec::new(), known_to: 0, flags, changed, highest: 0, told: 0, selecting: false }
    }

    /// Whether news wait: a QRESYNC client is told nothing behind an expunge that it may not be told.
    fn waits(&self, truth: &Truth, expunges: bool) -> bool {
        let gone = || self.numbers.iter().any(|uid| !truth.messages.contains_key(uid));
        self.kind == Kind::Qresync && !expunges && gone()
    }

    fn chosen(&self, set: &Set) -> (String, Option<Vec<u32>>) {
        let last = if set.by_uid { self.numbers.last().copied() } else { u32::try_from(self.numbers.len()).ok() };
        let last = last.unwrap_or(0);
        let number = |n: u32| n % (last + 2) + 1;
        let (a, b) = (number(set.from), set.to.map(number));
        let text = format!("{a}:{}", b.map_or("*".to_owned(), |b| b.to_string()));
        let beyond = !set.by_uid && b.is_some_and(|b| a.max(b) > last);
        let (low, high) = (a.min(b.unwrap_or(last)), a.max(b.unwrap_or(last)));
        let within = (1..).zip(&self.numbers).filter(|(n, uid)| {
            let value = if set.by_uid { **uid } else { *n };
            (low..=high).contains(&value)
        });
        (text, (!beyond).then(|| within.map(|(_, uid)| *uid).collect()))
    }

    /// Believes an answer, refusing what is not so.
    fn believe(&mut self, said: &str, truth: &Truth, expunges: bool) -> Result<Reply, TestCaseError> {
        let mut reply = Reply::default();
        self.told = 0;
        for line in said.split_terminator("\r\n") {
            reply.text = line.to_owned();
            let Some(untagged) = line.strip_prefix("* ") else {
                reply.word = line.split(' ').nth(1).unwrap_or_default().to_owned();
                reply.copied = code(line, "COPYUID").or(reply.copied);
                reply.modified = code(line, "MODIFIED");
                self.hear_highest(line);
                continue;
            };
            let (first, rest) = untagged.split_once(' ').unwrap_or((untagged, ""));
            match first.parse::<usize>() {
                Ok(number) => self.numbered(number, rest, truth, expunges, &mut reply)?,
                Err(_) if first == "SEARCH" => {
                    reply.searched = rest.split_whitespace().map(|number| number.parse().unwrap()).collect();
                }
                Err(_) if first == "VANISHED" => self.vanished(rest, truth, expunges)?,
                Err(_) => {
                    reply.copied = code(line, "COPYUID").or(reply.copied);
                    self.hear_highest(line);
                }
            }
        }
        // numbers of changes count once everything in front of them may have been told
        if expunges && reply.word == "OK" {
            self.highest = self.highest.max(self.told);
        }
        Ok(reply)
    }

    fn numbered(
        &mut self,
        number: usize,
        rest: &str,
        truth: &Truth,
        expunges: bool,
        reply: &mut Reply,
    ) -> Result<(), TestCaseError> {
        match rest.split(' ').next() {
            Some("EXISTS") => {
                let new: Vec<u32> = truth.messages.range(self.known_to + 1..).map(|(uid, _)| *uid).collect();
                self.numbers.extend(&new);
                // every client fetches what is new to it
                self.flags.extend(new.iter().map(|uid| (*uid, truth.messages[uid].clone())));
                self.known_to = truth.last_uid;
                // SELECT says how many there are, and only then what of the known went
                if !std::mem::take(&mut self.selecting) {
                    prop_assert_eq!(number, self.numbers.len(), "EXISTS");
                    prop_assert!(!new.is_empty(), "EXISTS without anything new");
                }
            }
            Some("EXPUNGE") => {
                prop_assert!(expunges, "EXPUNGE while numbers are in use");
                prop_assert!(self.kind != Kind::Qresync, "EXPUNGE for VANISHED");
                prop_assert!((1..=self.numbers.len()).contains(&number), "EXPUNGE of what is not there");
                let uid = self.numbers.remove(number - 1);
                prop_assert!(!truth.messages.contains_key(&uid), "UID {} is not gone", uid);
            }
            Some("RECENT") => prop_assert_eq!(number, 0),
            Some("FETCH") => self.fetched(number, rest, truth, reply)?,
            _ => return Err(TestCaseError::fail(format!("not expected: * {number} {rest}"))),
        }
        Ok(())
    }

    fn hear_highest(&mut self, line: &str) {
        if let Some(highest) = code(line, "HIGHESTMODSEQ") {
            self.told = self.told.max(highest.parse().unwrap());
        }
    }

    fn vanished(&mut self, rest: &str, truth: &Truth, expunges: bool) -> Result<(), TestCaseError> {
        prop_assert!(expunges && self.kind == Kind::Qresync, "VANISHED");
        let (earlier, set) = rest.strip_prefix("(EARLIER) ").map_or((false, rest), |set| (true, set));
        for uid in numbers(set) {
            prop_assert!(!truth.messages.contains_key(&uid), "UID {} is not gone", uid);
            prop_assert!(earlier || self.numbers.contains(&uid), "UID {} was not known", uid);
            self.numbers.retain(|known| *known != uid);
        }
        Ok(())
    }

    fn fetched(&mut self, number: usize, rest: &str, truth: &Truth, reply: &mut Reply) -> Result<(), TestCaseError> {
        prop_assert!((1..=self.numbers.len()).contains(&number), "FETCH of what is not there");
        let uid = self.numbers[number - 1];
        if let Some((_, told)) = rest.split_once("UID ") {
            let told = told.split([' ', ')']).next().unwrap_or_default();
            prop_assert_eq!(told, uid.to_string(), "the UID of {}", number);
        }
        if let Some((_, modseq)) = rest.split_once("MODSEQ (") {
            let modseq = modseq.split(')').next().unwrap_or_default();
            prop_assert_eq!(modseq.parse().ok(), truth.modseqs.get(&uid).copied(), "the MODSEQ of UID {}", uid);
            self.told = self.told.max(truth.modseqs[&uid]);
        }
        let list = rest.split_once("FLAGS (").and_then(|(_, list)| list.split_once(')')).map(|(list, _)| list);
        let Some(list) = list else { return Ok(()) };
        let told: Flags = list.split_whitespace().map(str::to_owned).collect();
        prop_assert_eq!(Some(&told), truth.messages.get(&uid), "the flags of UID {}", uid);
        self.flags.insert(uid, told);
        self.changed.remove(&uid);
        reply.fetched.push(uid);
        Ok(())
    }

    /// Whether the client knows the mailbox after an answer.
    fn is_right(&self, truth: &Truth, expunges: bool) -> Result<(), TestCaseError> {
        if self.waits(truth, expunges) {
            return Ok(());
        }
        let there: Vec<u32> = truth.messages.keys().copied().collect();
        let known = self.numbers.iter().copied().filter(|uid| expunges || truth.messages.contains_key(uid));
        prop_assert_eq!(known.collect::<Vec<_>>(), there, "the messages");
        for (uid, flags) in &truth.messages {
            let told = self.flags.get(uid).unwrap_or(flags);
            prop_assert_eq!(told, flags, "what was told of UID {}", uid);
        }
        Ok(())
    }
}

/// What stands behind the name of a response code.
fn code(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("[{name} "))?;
    rest.split_once(']').map(|(code, _)| code.to_owned())
}

/// `1:3,7` as numbers.
fn numbers(set: &str) -> Vec<u32> {
    let parts = set.split(',').map(|part| part.split_once(':').unwrap_or((part, part)));
    parts.flat_map(|(from, to)| from.parse::<u32>().unwrap()..=to.parse().unwrap()).collect()
}

fn joined(flags: &Flags) -> String {
    flags.iter().cloned().collect::<Vec<_>>().join(" ")
}

/// The world, its truth and its believers.
struct Play {
    world: World,
    truth: Truth,
    believers: Vec<Believer>,
}

impl Play {
    fn new() -> Self {
        let world = World::new(Setting::default());
        let believers = CLIENTS.iter().map(|kind| Believer::new(&world, *kind)).collect();
        let mut play = Self { world, truth: Truth::default(), believers };
        (0..CLIENTS.len()).for_each(|who| play.select(who, "").unwrap());
        play
    }

    fn step(&mut self, who: usize, does: &Does) -> Result<(), TestCaseError> {
        match does {
            Does::Append(flags) => {
                self.truth.add(flags.clone());
                let text = format!("a APPEND INBOX ({}) {{6+}}\r\na: 1\r\n\r\n", joined(flags));
                self.says(who, &text, true, "OK").map(drop)
            }
            Does::Store { set, sign, silent, conditional, flags } => {
                let since = (*conditional && CLIENTS[who] != Kind::Plain).then_some(self.believers[who].highest);
                self.store(who, set, (sign, *silent, since), flags)
            }
            Does::ComeBack { away } => self.come_back(who, away),
            Does::Expunge => {
                let all: Vec<u32> = self.believers[who].numbers.clone();
                self.expunge(who, &all, "a EXPUNGE\r\n")
            }
            Does::UidExpunge(set) => {
                let (text, chosen) = self.believers[who].chosen(&Set { by_uid: true, ..set.clone() });
                self.expunge(who, &chosen.unwrap(), &format!("a UID EXPUNGE {text}\r\n"))
            }
            Does::Fetch(set) => self.fetch(who, set),
            Does::Search { by_uid } => self.search(who, *by_uid),
            Does::Copy(set, target) => self.copy(who, set, *target, "COPY"),
            Does::Move(set, target) => self.copy(who, set, *target, "MOVE"),
            Does::Noop => self.says(who, "a NOOP\r\n", true, "OK").map(drop),
            Does::Idle => {
                self.says(who, "a IDLE\r\n", true, "idling")?;
                self.says(who, "DONE\r\n", true, "OK").map(drop)
            }
        }
    }

    /// Gives a command, and holds the answer against the truth as it is after the command.
    fn says(&mut self, who: usize, text: &str, expunges: bool, word: &str) -> Result<Reply, TestCaseError> {
        let believer = &mut self.believers[who];
        let said = self.world.talk(&mut believer.client, text);
        self.truth.modseqs = self.world.modseqs();
        let wrong = |error: TestCaseError| TestCaseError::fail(format!("{error}\nto {text:?} came {said}"));
        let reply = believer.believe(&said, &self.truth, expunges).map_err(wrong)?;
        if reply.word != word {
            return Err(wrong(TestCaseError::fail(format!("not {word}"))));
        }
        if word != "BAD" {
            believer.is_right(&self.truth, expunges).map_err(wrong)?;
            if !believer.waits(&self.truth, expunges) {
                believer.changed.clear();
            }
        }
        Ok(reply)
    }

    /// Selects INBOX: what the client is told makes its list.
    fn select(&mut self, who: usize, params: &str) -> Result<(), TestCaseError> {
        self.believers[who].selecting = true;
        self.says(who, &format!("s SELECT INBOX{params}\r\n"), true, "OK").map(drop)
    }

    /// A client goes, others act, and it comes back with what it knew.
    fn come_back(&mut self, who: usize, away: &[(usize, Does)]) -> Result<(), TestCaseError> {
        let kind = CLIENTS[who];
        let before = std::mem::replace(&mut self.believers[who], Believer::new(&self.world, kind));
        for (other, does) in away.iter().filter(|(other, _)| *other != who) {
            self.step(*other, does)?;
        }
        if kind != Kind::Qresync {
            return self.select(who, "");
        }
        let params = format!(" (QRESYNC ({} {}))", self.world.uid_validity(), before.highest);
        let Believer { numbers, flags, known_to, highest, .. } = before;
        let believer = &mut self.believers[who];
        (believer.numbers, believer.flags, believer.known_to, believer.highest) = (numbers, flags, known_to, highest);
        self.select(who, &params)?;
        let told = &self.believers[who].flags;
        for (uid, flags) in &self.truth.messages {
            prop_assert_eq!(told.get(uid), Some(flags), "what UID {} is, to {:?}", uid, params);
        }
        Ok(())
    }

    fn there(&self, chosen: &[u32]) -> Vec<u32> {
        chosen.iter().copied().filter(|uid| self.truth.messages.contains_key(uid)).collect()
    }

    fn store(
        &mut self,
        who: usize,
        set: &Set,
        (sign, silent, since): (&str, bool, Option<u64>),
        flags: &Flags,
    ) -> Result<(), TestCaseError> {
        let (numbers, chosen) = self.believers[who].chosen(set);
        let (uid, dot) = (if set.by_uid { "UID " } else { "" }, if silent { ".SILENT" } else { "" });
        let condition = since.map_or_else(String::new, |since| format!("(UNCHANGEDSINCE {since}) "));
        let text = format!("a {uid}STORE {numbers} {condition}{sign}FLAGS{dot} ({})\r\n", joined(flags));
        let Some(chosen) = chosen else { return self.says(who, &text, false, "BAD").map(drop) };
        let (modified, there): (Vec<u32>, Vec<u32>) =
            self.there(&chosen).into_iter().partition(|uid| since.is_some_and(|since| self.truth.modseqs[uid] > since));
        for uid in &there {
            let before = &self.truth.messages[uid];
            let after = change(before, sign, flags);
            let differs = after != *before;
            self.truth.messages.insert(*uid, after);
            // What it has not heard of yet cannot have changed for it.
            for (_, other) in self.believers.iter_mut().enumerate().filter(|(other, _)| *other != who) {
                if differs && *uid <= other.known_to {
                    other.changed.insert(*uid);
                }
            }
            let own = &mut self.believers[who];
            if silent && let Some(told) = own.flags.get_mut(uid) {
                *told = change(told, sign, flags);
            }
        }
        let heard_of = self.believers[who].changed.clone();
        let named = |uid: &u32| match set.by_uid {
            true => *uid,
            false => {
                u32::try_from(self.believers[who].numbers.iter().position(|known| known == uid).unwrap() + 1).unwrap()
            }
        };
        let refused: Vec<u32> = modified.iter().map(named).collect();
        let waits = self.believers[who].waits(&self.truth, set.by_uid);
        let reply = self.says(who, &text, set.by_uid, "OK")?;
        prop_assert_eq!(reply.modified.as_deref().map(self::numbers).unwrap_or_default(), refused, "MODIFIED");
        for uid in &there {
            let told = reply.fetched.contains(uid);
            let wanted = !silent || heard_of.contains(uid) && !waits;
            prop_assert!(told == wanted || told && !silent, "UID {} told: {}, to {:?}", uid, told, text);
        }
        Ok(())
    }

    fn expunge(&mut self, who: usize, of: &[u32], text: &str) -> Result<(), TestCaseError> {
        for uid in of {
            if self.truth.messages.get(uid).is_some_and(|flags| flags.contains("\\Deleted")) {
                self.truth.messages.remove(uid);
            }
        }
        self.says(who, text, true, "OK").map(drop)
    }

    fn fetch(&mut self, who: usize, set: &Set) -> Result<(), TestCaseError> {
        let (numbers, chosen) = self.believers[who].chosen(set);
        let text = format!("a {}FETCH {numbers} FLAGS\r\n", if set.by_uid { "UID " } else { "" });
        let Some(chosen) = chosen else { return self.says(who, &text, false, "BAD").map(drop) };
        let there = self.there(&chosen);
        let reply = self.says(who, &text, set.by_uid, "OK")?;
        let first: Vec<u32> = reply.fetched.iter().copied().take(there.len()).collect();
        prop_assert_eq!(&first, &there, "fetched by {:?}", text);
        prop_assert_eq!(reply.text.contains("[EXPUNGEISSUED]"), there != chosen, "{:?}: {}", text, reply.text);
        Ok(())
    }

    fn search(&mut self, who: usize, by_uid: bool) -> Result<(), TestCaseError> {
        let known = (1..).zip(&self.believers[who].numbers);
        let there = known.filter(|(_, uid)| self.truth.messages.contains_key(uid));
        let expected: Vec<u32> = there.map(|(number, uid)| if by_uid { *uid } else { number }).collect();
        let text = if by_uid { "a UID SEARCH ALL\r\n" } else { "a SEARCH ALL\r\n" };
        let reply = self.says(who, text, by_uid, "OK")?;
        prop_assert_eq!(reply.searched, expected);
        Ok(())
    }

    fn copy(&mut self, who: usize, set: &Set, target: Target, verb: &str) -> Result<(), TestCaseError> {
        let (text, chosen) = self.believers[who].chosen(set);
        let to = if target == Target::Here { "INBOX" } else { "Archive" };
        let text = format!("a {}{verb} {text} {to}\r\n", if set.by_uid { "UID " } else { "" });
        let Some(chosen) = chosen else { return self.says(who, &text, true, "BAD").map(drop) };
        let there = self.there(&chosen);
        if !set.by_uid && there != chosen {
            return self.says(who, &text, true, "NO").map(drop);
        }
        let mut arrived = Vec::new();
        for uid in &there {
            if target == Target::Here {
                arrived.push(self.truth.add(self.truth.messages[uid].clone()));
            }
        }
        if verb == "MOVE" {
            for uid in &there {
                self.truth.messages.remove(uid);
            }
        }
        let reply = self.says(who, &text, true, "OK")?;
        match reply.copied {
            None => prop_assert!(there.is_empty(), "no COPYUID to {:?}", text),
            Some(code) => {
                let mut words = code.split(' ').skip(1);
                prop_assert_eq!(numbers(words.next().unwrap()), there, "COPYUID");
                let new = numbers(words.next().unwrap());
                prop_assert!(target == Target::Elsewhere || new == arrived, "COPYUID {:?} {:?}", new, arrived);
            }
        }
        Ok(())
    }
}

fn change(before: &Flags, sign: &str, flags: &Flags) -> Flags {
    match sign {
        "+" => before | flags,
        "-" => before - flags,
        _ => flags.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    // [rfc3501#7.4.1] [rfc3501#6.4.6] [rfc3501#6.4.7] [rfc7162#3.1.3] [rfc7162#3.2.5] [clients#imap-traps]
    #[test]
    fn four_clients_believe_what_is(steps in proptest::collection::vec((0..CLIENTS.len(), does()), 1..80)) {
        let mut play = Play::new();
        for (at, (who, does)) in steps.iter().enumerate() {
            play.step(*who, does).map_err(|error| TestCaseError::fail(format!("step {at}, client {who}: {error}")))?;
        }
        for who in 0..CLIENTS.len() {
            play.step(who, &Does::Noop)?;
        }
    }
}
