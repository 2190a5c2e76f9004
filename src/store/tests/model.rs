//! Any sequence of writes has the effect that a naive model says, on the rows and on the records in memory alike.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Op {
    Append {
        mailbox: usize,
        size: usize,
    },
    Flag {
        mailbox: usize,
        message: usize,
        op: FlagOp,
        system: u8,
        keyword: Option<u8>,
    },
    Expunge {
        mailbox: usize,
        message: usize,
    },
    Copy {
        from: usize,
        message: usize,
        to: usize,
    },
    Move {
        from: usize,
        message: usize,
        to: usize,
    },
    Create {
        name: u8,
    },
    Delete {
        mailbox: usize,
    },
    Rename {
        mailbox: usize,
        name: u8,
    },
    /// Does something and fails in the end.
    Fail {
        mailbox: usize,
    },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let flag_op = prop_oneof![Just(FlagOp::Add), Just(FlagOp::Remove), Just(FlagOp::Replace)];
    let op = prop_oneof![
        4 => (0usize..9, 0usize..300).prop_map(|(mailbox, size)| Op::Append { mailbox, size }),
        4 => (0usize..9, 0usize..20, flag_op, 0u8..32, prop::option::of(0u8..4))
            .prop_map(|(mailbox, message, op, system, keyword)| Op::Flag { mailbox, message, op, system, keyword }),
        2 => (0usize..9, 0usize..20).prop_map(|(mailbox, message)| Op::Expunge { mailbox, message }),
        1 => (0usize..9, 0usize..20, 0usize..9).prop_map(|(from, message, to)| Op::Copy { from, message, to }),
        1 => (0usize..9, 0usize..20, 0usize..9).prop_map(|(from, message, to)| Op::Move { from, message, to }),
        1 => (0u8..6).prop_map(|name| Op::Create { name }),
        1 => (0usize..9).prop_map(|mailbox| Op::Delete { mailbox }),
        1 => (0usize..9, 0u8..6).prop_map(|(mailbox, name)| Op::Rename { mailbox, name }),
        1 => (0usize..9).prop_map(|mailbox| Op::Fail { mailbox }),
    ];
    prop::collection::vec(op, 1..60)
}

fn name_of(name: u8) -> &'static str {
    ["a", "a/b", "a/b/c", "d", "d/e", "f"][usize::from(name)]
}

/// Flags and size of a message.
type Message = (u8, BTreeSet<u8>, usize);

#[derive(Debug, Default, Clone, PartialEq)]
struct Model {
    /// By name: UIDNEXT and the messages.
    mailboxes: BTreeMap<String, (u32, BTreeMap<u32, Message>)>,
}

impl Model {
    fn new() -> Self {
        let names = ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"];
        Self { mailboxes: names.into_iter().map(|name| (name.to_owned(), (1, BTreeMap::new()))).collect() }
    }

    fn name(&self, at: usize) -> String {
        self.mailboxes.keys().nth(at % self.mailboxes.len()).unwrap().clone()
    }

    fn uid(&self, name: &str, at: usize) -> Option<u32> {
        let messages = &self.mailboxes[name].1;
        messages.keys().nth(at % messages.len().max(1)).copied()
    }

    fn add(&mut self, name: &str, message: Message) {
        let (next, messages) = self.mailboxes.get_mut(name).unwrap();
        messages.insert(*next, message);
        *next += 1;
    }

    fn create(&mut self, name: &str) {
        for (end, _) in name.match_indices('/').chain([(name.len(), "")]) {
            self.mailboxes.entry(name[..end].to_owned()).or_insert((1, BTreeMap::new()));
        }
    }

    fn has_children(&self, name: &str) -> bool {
        self.mailboxes.keys().any(|other| other.starts_with(&format!("{name}/")))
    }

    fn rename(&mut self, from: &str, to: &str) -> bool {
        if self.mailboxes.contains_key(to) || to.starts_with(&format!("{from}/")) {
            return false;
        }
        if from == "INBOX" {
            self.create(to);
            let messages = std::mem::take(&mut self.mailboxes.get_mut(from).unwrap().1);
            messages.into_values().for_each(|message| self.add(to, message));
            return true;
        }
        if let Some((parent, _)) = to.rsplit_once('/') {
            self.create(parent);
        }
        let moved: Vec<String> =
            self.mailboxes.keys().filter(|n| *n == from || n.starts_with(&format!("{from}/"))).cloned().collect();
        for name in moved {
            let mailbox = self.mailboxes.remove(&name).unwrap();
            self.mailboxes.insert(format!("{to}{}", &name[from.len()..]), mailbox);
        }
        true
    }

    fn flag(message: &mut Message, op: FlagOp, system: u8, keyword: Option<u8>) {
        match op {
            FlagOp::Add => {
                message.0 |= system;
                message.1.extend(keyword);
            }
            FlagOp::Remove => {
                message.0 &= !system;
                keyword.map(|keyword| message.1.remove(&keyword));
            }
            FlagOp::Replace => (message.0, message.1) = (system, keyword.into_iter().collect()),
        }
    }
}

async fn apply(store: &Store, id: AccountId, model: &mut Model, op: Op) {
    match op {
        Op::Append { mailbox: at, size } => {
            let name = model.name(at);
            append(store, id, mailbox(store, id, &name).id, &text(size)).await;
            model.add(&name, (0, BTreeSet::new(), text(size).len() + 16));
        }
        Op::Flag { mailbox: at, message, op, system, keyword } => {
            let name = model.name(at);
            let Some(number) = model.uid(&name, message) else { return };
            let names: Vec<_> = keyword.iter().map(|keyword| format!("k{keyword}")).collect();
            let set = flags(SystemFlags(system), &names.iter().map(String::as_str).collect::<Vec<_>>());
            let target = mailbox(store, id, &name).id;
            store.write(move |tx| tx.change_flags(id, target, uid(number), op, &set, None)).await.unwrap();
            Model::flag(model.mailboxes.get_mut(&name).unwrap().1.get_mut(&number).unwrap(), op, system, keyword);
        }
        Op::Expunge { mailbox: at, message } => {
            let name = model.name(at);
            let Some(number) = model.uid(&name, message) else { return };
            let target = mailbox(store, id, &name).id;
            store.write(move |tx| tx.expunge(id, target, uid(number))).await.unwrap();
            model.mailboxes.get_mut(&name).unwrap().1.remove(&number);
        }
        Op::Copy { from, message, to } => copy(store, id, model, (from, message, to), false).await,
        Op::Move { from, message, to } => copy(store, id, model, (from, message, to), true).await,
        Op::Fail { mailbox: at } => {
            let target = mailbox(store, id, &model.name(at)).id;
            let work = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
                tx.create_mailbox(id, "never/there")?;
                for uid in tx.uids(id, target)? {
                    tx.expunge(id, target, uid)?;
                }
                Err(Fault::ours(Status::Storage, "on purpose"))
            };
            assert!(store.write(work).await.is_err());
        }
        op => apply_tree(store, id, model, op).await,
    }
}

async fn apply_tree(store: &Store, id: AccountId, model: &mut Model, op: Op) {
    match op {
        Op::Create { name } => {
            let expected = !model.mailboxes.contains_key(name_of(name));
            let made = store.write(move |tx| tx.create_mailbox(id, name_of(name))).await;
            assert_eq!(made.is_ok(), expected);
            model.create(name_of(name));
        }
        Op::Delete { mailbox: at } => {
            let name = model.name(at);
            let target = mailbox(store, id, &name).id;
            let expected = name != "INBOX" && !model.has_children(&name);
            assert_eq!(store.write(move |tx| tx.delete_mailbox(id, target)).await.is_ok(), expected);
            if expected {
                model.mailboxes.remove(&name);
            }
        }
        Op::Rename { mailbox: at, name } => {
            let from = model.name(at);
            let target = mailbox(store, id, &from).id;
            let renamed = store.write(move |tx| tx.rename_mailbox(id, target, name_of(name))).await;
            assert_eq!(renamed.is_ok(), model.rename(&from, name_of(name)), "{from} to {}", name_of(name));
        }
        _ => unreachable!("the other operations"),
    }
}

async fn copy(store: &Store, id: AccountId, model: &mut Model, at: (usize, usize, usize), moving: bool) {
    let (from, to) = (model.name(at.0), model.name(at.2));
    let Some(number) = model.uid(&from, at.1) else { return };
    let (source, target) = (mailbox(store, id, &from).id, mailbox(store, id, &to).id);
    let work = move |tx: &mut Tx<'_>| {
        tx.copy(id, source, uid(number), target)?;
        if moving { tx.expunge(id, source, uid(number)).map(drop) } else { Ok(()) }
    };
    store.write(work).await.unwrap();
    let message = model.mailboxes[&from].1[&number].clone();
    model.add(&to, message);
    if moving {
        model.mailboxes.get_mut(&from).unwrap().1.remove(&number);
    }
}

/// What the store holds, in the model's terms.
fn read(store: &Store, id: AccountId) -> Model {
    let account = store.account(id).unwrap();
    let mut model = Model::default();
    for info in account.mailboxes().unwrap() {
        let index = account.index(info.id).unwrap();
        let message = |record: &Record| {
            let keywords = index.flags(record).keywords;
            let keywords = keywords.iter().map(|keyword| keyword.as_str()[1..].parse().unwrap()).collect();
            (record.uid.get(), (record.system.0, keywords, record.size as usize))
        };
        let records = index.snapshot().0;
        model.mailboxes.insert(info.name, (info.uid_next, records.iter().map(message).collect()));
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_sequence_of_writes_does_what_the_model_says(ops in ops(), early in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = memory();
            let id = account(&store, "jean").await;
            let mut model = Model::new();
            if early {
                // With the indices loaded from the beginning each step must keep them right.
                read(&store, id);
            }
            for op in ops {
                apply(&store, id, &mut model, op).await;
                if early {
                    assert_eq!(read(&store, id), model);
                }
            }
            assert_eq!(read(&store, id), model);
        });
    }
}
