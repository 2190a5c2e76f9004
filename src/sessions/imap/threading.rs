//! How messages become threads (RFC 5256 §3): pure functions from what messages say of themselves to trees. No recursion,
//! since a thread may be as deep as the mailbox is long.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::digest::Digest;

/// Steps that are gone up a thread to see whether a link would close a circle; beyond them it is taken to do so. Bounds
/// what references made up by somebody hostile cost.
const CLIMB_MAX: usize = 1000;

/// A message that is to be threaded.
pub(super) struct Member {
    /// As the answer names it.
    pub(super) shown: u32,
    /// Seconds since 1970: the `Date:` field, or INTERNALDATE.
    pub(super) sent: i64,
    pub(super) digest: Arc<Digest>,
}

/// A place in a thread; without a message where one is known only by references.
#[derive(Debug, Default)]
struct Node {
    message: Option<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

/// Messages with the same base subject, in the order of dates: the first, and the others as its answers.
// [rfc5256#3]
pub(super) fn by_subject(members: &[Member]) -> String {
    let mut order: Vec<usize> = (0..members.len()).collect();
    let key = |at: &usize| (members[*at].sent, members[*at].shown);
    order.sort_by(|a, b| (&members[*a].digest.subject, key(a)).cmp(&(&members[*b].digest.subject, key(b))));
    let mut threads: Vec<&[usize]> =
        order.chunk_by(|a, b| members[*a].digest.subject == members[*b].digest.subject).collect();
    threads.sort_by_key(|thread| key(&thread[0]));
    let mut text = String::new();
    for thread in threads {
        text.push_str(&format!("({}", members[thread[0]].shown));
        match &thread[1..] {
            [] => {}
            [only] => text.push_str(&format!(" {}", members[*only].shown)),
            others => {
                text.push(' ');
                others.iter().for_each(|other| text.push_str(&format!("({})", members[*other].shown)));
            }
        }
        text.push(')');
    }
    text
}

/// By references, then by base subject.
// [rfc5256#3]
pub(super) fn by_references(members: &[Member]) -> String {
    let mut forest = Forest { members, nodes: Vec::new(), roots: Vec::new() };
    forest.link();
    forest.prune();
    forest.sort_roots();
    forest.gather();
    forest.sort_all();
    forest.written()
}

struct Forest<'a> {
    members: &'a [Member],
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

impl<'a> Forest<'a> {
    /// Step 1 and 2: a place for each message and each reference, linked as the references say.
    fn link(&mut self) {
        let members = self.members;
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(members.len() * 2);
        self.nodes.reserve(members.len());
        for (at, member) in members.iter().enumerate() {
            let id = &*member.digest.message_id;
            let place = match places.get(id).copied() {
                Some(place) if !id.is_empty() && self.nodes[place].message.is_none() => place,
                // without an identity, or with that of another message, it is found by nobody
                _ => self.new_node(),
            };
            self.nodes[place].message = Some(at);
            if !id.is_empty() {
                places.entry(id).or_insert(place);
            }
            let mut before = None;
            for reference in &member.digest.references {
                let node = *places.entry(reference).or_insert_with(|| {
                    self.nodes.push(Node::default());
                    self.nodes.len() - 1
                });
                if let Some(parent) = before.filter(|_| self.nodes[node].parent.is_none()) {
                    self.adopt(parent, node);
                }
                before = Some(node);
            }
            if let Some(parent) = before {
                self.leave_parent(place);
                self.adopt(parent, place);
            }
        }
        self.roots = (0..self.nodes.len()).filter(|node| self.nodes[*node].parent.is_none()).collect();
    }

    fn new_node(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// Makes a node a child, unless that would close a circle.
    fn adopt(&mut self, parent: usize, child: usize) {
        if parent == child || !self.nodes[child].children.is_empty() && self.may_be_below(parent, child) {
            return;
        }
        self.nodes[child].parent = Some(parent);
        self.nodes[parent].children.push(child);
    }

    fn may_be_below(&self, node: usize, above: usize) -> bool {
        let mut up = Some(node);
        for _ in 0..CLIMB_MAX {
            match up {
                None => return false,
                Some(place) if place == above => return true,
                Some(place) => up = self.nodes[place].parent,
            }
        }
        true
    }

    fn leave_parent(&mut self, node: usize) {
        if let Some(parent) = self.nodes[node].parent.take() {
            self.nodes[parent].children.retain(|child| *child != node);
        }
    }

    /// Every node below the roots, each behind its parent.
    fn top_down(&self) -> Vec<usize> {
        let mut order = self.roots.clone();
        let mut at = 0;
        while at < order.len() {
            order.extend_from_slice(&self.nodes[order[at]].children);
            at += 1;
        }
        order
    }

    /// Step 3: places without a message go; their children move up, but not several into the top level.
    fn prune(&mut self) {
        for node in self.top_down().into_iter().rev() {
            if self.nodes[node].children.iter().all(|child| self.nodes[*child].message.is_some()) {
                continue;
            }
            let children = std::mem::take(&mut self.nodes[node].children);
            self.nodes[node].children = children.into_iter().flat_map(|child| self.replaced(child)).collect();
        }
        let roots = std::mem::take(&mut self.roots);
        for root in roots {
            match (&self.nodes[root].message, &self.nodes[root].children[..]) {
                (None, []) => {}
                (None, [only]) => self.roots.push(*only),
                _ => self.roots.push(root),
            }
        }
    }

    /// What stands in a child's place once places without a message are gone.
    fn replaced(&mut self, child: usize) -> Vec<usize> {
        if self.nodes[child].message.is_some() { vec![child] } else { std::mem::take(&mut self.nodes[child].children) }
    }

    /// The message by which a node is sorted and named: its own, or that of its first child.
    fn first_message(&self, node: usize) -> Option<usize> {
        let node = &self.nodes[node];
        node.message.or_else(|| node.children.first().and_then(|child| self.nodes[*child].message))
    }

    fn date(&self, node: usize) -> (i64, u32) {
        self.first_message(node).map_or((i64::MAX, u32::MAX), |at| (self.members[at].sent, self.members[at].shown))
    }

    /// Step 4: the top level in the order of dates; a place without a message has the date of its earliest child.
    fn sort_roots(&mut self) {
        for root in self.roots.clone() {
            if self.nodes[root].message.is_none() {
                self.sort_children(root);
            }
        }
        let mut roots = std::mem::take(&mut self.roots);
        roots.sort_by_cached_key(|root| self.date(*root));
        self.roots = roots;
    }

    fn sort_children(&mut self, node: usize) {
        if self.nodes[node].children.len() < 2 {
            return;
        }
        let mut children = std::mem::take(&mut self.nodes[node].children);
        children.sort_by_key(|child| self.date(*child));
        self.nodes[node].children = children;
    }

    /// Step 5: threads with the same base subject become one.
    fn gather(&mut self) {
        let mut table: HashMap<&str, usize> = HashMap::with_capacity(self.roots.len());
        for root in &self.roots {
            let Some((subject, answers)) = self.subject(*root) else { continue };
            let better = |known: &usize| {
                let is_dummy = |node: usize| self.nodes[node].message.is_none();
                let answers_known = self.subject(*known).is_some_and(|(_, answers)| answers);
                is_dummy(*root) && !is_dummy(*known) || answers_known && !answers && !is_dummy(*known)
            };
            if table.get(subject).is_none_or(better) {
                table.insert(subject, *root);
            }
        }
        let mut kept = Vec::with_capacity(self.roots.len());
        for root in std::mem::take(&mut self.roots) {
            match self.subject(root).and_then(|(subject, _)| table.get_mut(subject)) {
                Some(first) if *first != root => self.merge(root, first, &mut kept),
                _ => kept.push(root),
            }
        }
        self.roots = kept;
    }

    /// Joins a thread with the one that stands for its subject.
    fn merge(&mut self, root: usize, first: &mut usize, kept: &mut Vec<usize>) {
        let is_dummy = |forest: &Self, node: usize| forest.nodes[node].message.is_none();
        let answers = |forest: &Self, node: usize| forest.subject(node).is_some_and(|(_, answers)| answers);
        match (is_dummy(self, *first), is_dummy(self, root)) {
            (true, true) => {
                let children = std::mem::take(&mut self.nodes[root].children);
                self.nodes[*first].children.extend(children);
            }
            (true, false) => self.nodes[*first].children.push(root),
            (false, false) if answers(self, root) && !answers(self, *first) => self.nodes[*first].children.push(root),
            _ => {
                let both = self.new_node();
                self.nodes[both].children = vec![*first, root];
                // what stood for the subject is in the new place, wherever it stands in the list
                match kept.iter_mut().find(|place| **place == *first) {
                    Some(place) => *place = both,
                    None => kept.push(both),
                }
                *first = both;
            }
        }
    }

    /// The folded base subject of a thread, if it has any, and whether it answers.
    fn subject(&self, root: usize) -> Option<(&'a str, bool)> {
        let members = self.members;
        let digest = &members[self.first_message(root)?].digest;
        (!digest.subject.is_empty()).then_some((&*digest.subject, digest.answers))
    }

    /// Step 6: all siblings in the order of dates.
    fn sort_all(&mut self) {
        for node in self.top_down().into_iter().rev() {
            self.sort_children(node);
        }
        let mut roots = std::mem::take(&mut self.roots);
        roots.sort_by_cached_key(|root| self.date(*root));
        self.roots = roots;
    }

    /// `(2)(3 6 (4 23)(44 7 96))`
    fn written(&self) -> String {
        enum Do {
            Node(usize),
            Say(&'static str),
        }
        let mut text = String::new();
        let mut left: Vec<Do> = Vec::new();
        for root in self.roots.iter().rev() {
            left.extend([Do::Say(")"), Do::Node(*root), Do::Say("(")]);
        }
        while let Some(next) = left.pop() {
            let node = match next {
                Do::Say(word) => {
                    text.push_str(word);
                    continue;
                }
                Do::Node(node) => &self.nodes[node],
            };
            if let Some(at) = node.message {
                // writing to a String can't fail
                let _ = write!(text, "{}", self.members[at].shown);
            }
            match &node.children[..] {
                [] => {}
                [only] => left.extend([Do::Node(*only), Do::Say(" ")]),
                children => {
                    for child in children.iter().rev() {
                        left.extend([Do::Say(")"), Do::Node(*child), Do::Say("(")]);
                    }
                    left.extend(node.message.map(|_| Do::Say(" ")));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Messages as `subject|id|references|minute`.
    fn members(lines: &[&str]) -> Vec<Member> {
        let member = |(shown, line): (u32, &&str)| {
            let fields: Vec<&str> = line.split('|').collect();
            let references: String = fields[2].split_whitespace().map(|id| format!("<{id}>")).collect();
            let header =
                format!("Subject: {}\r\nMessage-ID: <{}>\r\nReferences: {references}\r\n\r\n", fields[0], fields[1]);
            Member { shown, sent: fields[3].parse().unwrap(), digest: Arc::new(Digest::of(header.as_bytes())) }
        };
        (1..).zip(lines).map(member).collect()
    }

    // [rfc5256#3]
    #[test]
    fn references_make_threads() {
        for (lines, threads) in [
            (vec![], ""),
            (vec!["a|1||1", "b|2||2"], "(1)(2)"),
            (vec!["a|1||1", "Re: a|2|1|2", "Re: a|3|1 2|3"], "(1 2 3)"),
            (vec!["a|1||1", "Re: a|2|1|3", "Re: a|3|1|2"], "(1 (3)(2))"),
            // the answer came first
            (vec!["Re: a|2|1|2", "a|1||1"], "(2 1)"),
            // the message that both answer is not there
            (vec!["x|2|0|2", "y|3|0|1"], "((2)(1))"),
            (vec!["x|2|0|2"], "(1)"),
            // the same identity twice
            (vec!["a|1||1", "b|1||2", "c|3|1|3"], "(1 3)(2)"),
            // a circle
            (vec!["a|1|2|1", "b|2|1|2"], "(2 1)"),
            // by subject alone
            (vec!["a|1||1", "Re: a|2||2"], "(1 2)"),
            (vec!["Re: a|1||1", "Re: a|2||2"], "((1)(2))"),
            (vec!["a|1||1", "a|2||2"], "((1)(2))"),
            (vec!["Re: a|1||1", "a|2||2", "b|3||0"], "(3)(2 1)"),
            (vec!["|1||1", "|2||2"], "(1)(2)"),
            (vec!["a|1||1", "a|2||2", "a|3||3"], "((1)(2)(3))"),
        ] {
            assert_eq!(by_references(&members(&lines)), threads, "{lines:?}");
        }
    }

    // [rfc5256#3]
    #[test]
    fn subjects_make_threads() {
        for (lines, threads) in [
            (vec!["a|1||2", "b|2||1", "Re: a|3||3"], "(2)(1 3)"),
            (vec!["a|1||1", "Re: a|2||2", "a (fwd)|3||3"], "(1 (2)(3))"),
        ] {
            assert_eq!(by_subject(&members(&lines)), threads, "{lines:?}");
        }
    }

    #[test]
    fn a_deep_thread_and_a_wide_one_are_threads() {
        let deep: Vec<String> = (1..=20_000).map(|n| format!("a|{n}|{}|{n}", n - 1)).collect();
        let deep: Vec<&str> = deep.iter().map(String::as_str).collect();
        assert!(by_references(&members(&deep)).starts_with("(1 2 3 4"));
        let wide: Vec<String> = (1..=20_000).map(|n| format!("Re: a|{n}||{n}")).collect();
        let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
        assert!(by_references(&members(&wide)).starts_with("((1)(2)(3)"));
    }

    proptest! {
        #[test]
        fn every_message_is_told_once(
            lines in proptest::collection::vec(("(Re: )?[ab]?", 0_u8..12, proptest::collection::vec(0_u8..12, 0..4), 0_u8..9), 0..24),
        ) {
            let line = |(subject, id, references, minute): &(String, u8, Vec<u8>, u8)| {
                let references: Vec<String> = references.iter().map(u8::to_string).collect();
                format!("{subject}|{id}|{}|{minute}", references.join(" "))
            };
            let lines: Vec<String> = lines.iter().map(line).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            for threads in [by_references(&members(&lines)), by_subject(&members(&lines))] {
                let mut told: Vec<u32> = threads
                    .split(['(', ')', ' '])
                    .filter(|word| !word.is_empty())
                    .map(|word| word.parse().unwrap())
                    .collect();
                told.sort_unstable();
                prop_assert_eq!(told, (1..=u32::try_from(lines.len()).unwrap()).collect::<Vec<_>>(), "{}", threads);
            }
        }
    }
}
