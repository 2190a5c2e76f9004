//! A disk as it may be after a loss of power.
//!
//! What is assumed of it, on the strict side of what Linux's journaling file systems promise:
//! - fsync and fdatasync of a file make all bytes and the size durable that it had when the call *began*. Nothing else
//!   does, least of all `sync_file_range`.
//! - Any other write is there, is not, or is there in part: each of its 512-byte sectors for itself (a sector is never
//!   torn), in any order with other writes. Where the size was kept and the bytes were not, there are zeros.
//! - A file's size changes in order: any one of the sizes that it had since its last sync.
//! - A name (of a new, renamed or removed file or directory) is durable after fsync of its *directory*; ext4's habit of
//!   keeping a new file's name with fsync of the file is not relied upon. Until then, a directory holds its changes up
//!   to any one of them: they are journaled in order. A rename is never half done.
//! - Directories and files are independent of each other.
//!
//! Not modelled: bits that rot, sectors that become unreadable, a disk that lies about its flush.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path};

use super::chance::Chance;
use super::record::{Event, Node};

const SECTOR: usize = 512;

/// The disk at one moment of a record: what is durable, and what is not yet.
#[derive(Clone, Default)]
pub struct Disk {
    things: Vec<Thing>,
    /// The recorder's numbers → places in `things`.
    known: HashMap<Node, usize>,
    /// The syncs that have begun → how many changes their thing had seen by then.
    syncs: HashMap<u64, u64>,
}

#[derive(Clone)]
enum Thing {
    File(File),
    Directory(Directory),
}

#[derive(Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change<FileChange>>,
    changes: u64,
}

#[derive(Clone)]
enum FileChange {
    Write { at: usize, data: Vec<u8> },
    Truncate(usize),
}

#[derive(Clone, Default)]
struct Directory {
    durable: Names,
    pending: Vec<Change<NameChange>>,
    changes: u64,
    now: Names,
}

type Names = BTreeMap<String, usize>;

#[derive(Clone)]
enum NameChange {
    Add(String, usize),
    Remove(String),
    Rename(String, String),
    Link(String, String),
}

/// A change and its number in its thing's history.
#[derive(Clone)]
struct Change<T> {
    number: u64,
    what: T,
}

/// What a loss of power does to what was not durable: one temper for a whole trial.
#[derive(Debug, Clone, Copy)]
pub struct Temper {
    /// The share of pending writes that are there as a whole, of 100.
    pub kept: u32,
    /// The share of the others that are there in part, of 100.
    pub torn: u32,
}

impl Temper {
    /// From «nothing unsynced survives» to «everything does», with much of the kind in between.
    pub fn random(chance: &mut Chance) -> Self {
        const SHARES: [u32; 6] = [0, 0, 20, 50, 90, 100];
        Self { kept: SHARES[chance.below(6)], torn: SHARES[chance.below(6)] }
    }
}

impl Disk {
    /// A disk with nothing but an empty directory.
    pub fn empty() -> Self {
        Self { things: vec![Thing::Directory(Directory::default())], ..Self::default() }
    }

    /// The disk that holds this directory, all of it durable.
    pub fn load(directory: &Path) -> Self {
        let mut disk = Self::default();
        disk.load_directory(directory);
        disk
    }

    fn load_directory(&mut self, path: &Path) -> usize {
        let place = self.add(Thing::Directory(Directory::default()));
        let mut names = Names::new();
        for entry in fs::read_dir(path).into_iter().flatten() {
            let entry = entry.unwrap();
            let child = if entry.file_type().unwrap().is_dir() {
                self.load_directory(&entry.path())
            } else {
                let durable = fs::read(entry.path()).unwrap();
                self.add(Thing::File(File { durable, ..File::default() }))
            };
            names.insert(entry.file_name().into_string().unwrap(), child);
        }
        let directory = self.directory(place);
        directory.durable.clone_from(&names);
        directory.now = names;
        place
    }

    fn add(&mut self, thing: Thing) -> usize {
        self.things.push(thing);
        self.things.len() - 1
    }

    /// What happened next.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Known { node, path } => {
                let place = self.find(path).unwrap_or_else(|| panic!("{} comes from nowhere", path.display()));
                self.known.insert(*node, place);
            }
            Event::Create { node, path } => self.create(*node, path, Thing::File(File::default())),
            Event::MakeDirectory { node, path } => self.create(*node, path, Thing::Directory(Directory::default())),
            Event::Write { node, at, data } => {
                let at = usize::try_from(*at).unwrap();
                self.change_file(*node, FileChange::Write { at, data: data.clone() });
            }
            Event::Truncate { node, size } => {
                self.change_file(*node, FileChange::Truncate(usize::try_from(*size).unwrap()));
            }
            Event::SyncBegin { node, ticket } => {
                let changes = match &self.things[self.known[node]] {
                    Thing::File(file) => file.changes,
                    Thing::Directory(directory) => directory.changes,
                };
                self.syncs.insert(*ticket, changes);
            }
            Event::SyncEnd { node, ticket } => {
                let until = self.syncs.remove(ticket).unwrap();
                match &mut self.things[self.known[node]] {
                    Thing::File(file) => file.settle(until),
                    Thing::Directory(directory) => directory.settle(until),
                }
            }
            Event::Rename { from, to } => {
                assert_eq!(from.parent(), to.parent(), "renames between directories are not modelled");
                self.change_names(from, NameChange::Rename(name(from), name(to)));
            }
            Event::Link { from, to } => {
                assert_eq!(from.parent(), to.parent(), "links between directories are not modelled");
                self.change_names(from, NameChange::Link(name(from), name(to)));
            }
            Event::Unlink { path } => self.change_names(path, NameChange::Remove(name(path))),
            Event::SyncRange | Event::Acknowledge { .. } => {}
            Event::Unsupported { what } => panic!("the record holds {what}"),
        }
    }

    fn create(&mut self, node: Node, path: &Path, thing: Thing) {
        let place = self.add(thing);
        self.known.insert(node, place);
        self.change_names(path, NameChange::Add(name(path), place));
    }

    fn change_file(&mut self, node: Node, what: FileChange) {
        let Thing::File(file) = &mut self.things[self.known[&node]] else { panic!("{node} is a directory") };
        file.changes += 1;
        file.pending.push(Change { number: file.changes, what });
    }

    fn change_names(&mut self, path: &Path, what: NameChange) {
        let parent = path.parent().and_then(|parent| self.find(parent)).unwrap();
        let directory = self.directory(parent);
        what.clone().apply(&mut directory.now);
        directory.changes += 1;
        directory.pending.push(Change { number: directory.changes, what });
    }

    fn directory(&mut self, place: usize) -> &mut Directory {
        match &mut self.things[place] {
            Thing::Directory(directory) => directory,
            Thing::File(_) => panic!("a file is no directory"),
        }
    }

    fn find(&self, path: &Path) -> Option<usize> {
        let mut place = 0;
        for component in path.components() {
            let (Component::Normal(name), Thing::Directory(directory)) = (component, &self.things[place]) else {
                return None;
            };
            place = *directory.now.get(name.to_str()?)?;
        }
        Some(place)
    }

    /// Writes the disk as it may be when power is lost now. Two calls give two such disks.
    pub fn lose_power(&self, temper: Temper, chance: &mut Chance, target: &Path) {
        self.write_directory(0, target, &mut |thing| thing.after_loss(temper, chance));
    }

    /// Writes the disk as the running system sees it.
    pub fn write_now(&self, target: &Path) {
        self.write_directory(0, target, &mut |thing| match thing {
            Thing::File(file) => After::Bytes(file.now()),
            Thing::Directory(directory) => After::Names(directory.now.clone()),
        });
    }

    fn write_directory(&self, place: usize, target: &Path, after: &mut dyn FnMut(&Thing) -> After) {
        match after(&self.things[place]) {
            After::Bytes(bytes) => fs::write(target, bytes).unwrap(),
            After::Names(names) => {
                fs::create_dir_all(target).unwrap();
                for (name, child) in names {
                    self.write_directory(child, &target.join(name), after);
                }
            }
        }
    }
}

enum After {
    Bytes(Vec<u8>),
    Names(Names),
}

impl Thing {
    fn after_loss(&self, temper: Temper, chance: &mut Chance) -> After {
        match self {
            Self::File(file) => After::Bytes(file.after_loss(temper, chance)),
            Self::Directory(directory) => After::Names(directory.after_loss(temper, chance)),
        }
    }
}

impl File {
    fn settle(&mut self, until: u64) {
        let settled = self.pending.iter().take_while(|change| change.number <= until).count();
        for change in self.pending.drain(..settled) {
            change.what.apply(&mut self.durable);
        }
    }

    fn now(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        self.pending.iter().for_each(|change| change.what.apply(&mut bytes));
        bytes
    }

    fn after_loss(&self, temper: Temper, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let sized = temper.prefix(self.pending.len(), chance);
        let mut size = bytes.len();
        for (index, change) in self.pending.iter().enumerate() {
            match &change.what {
                FileChange::Write { at, data } => {
                    keep_sectors(&mut bytes, *at, data, temper, chance);
                    size = if index < sized { size.max(at + data.len()) } else { size };
                }
                FileChange::Truncate(new) if index < sized => {
                    bytes.resize(*new, 0);
                    size = *new;
                }
                // What was written after a truncation that isn't there lies in blocks that no file has.
                FileChange::Truncate(_) => break,
            }
        }
        bytes.resize(size, 0);
        bytes
    }
}

impl FileChange {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write { at, data } => put(bytes, *at, data),
            Self::Truncate(size) => bytes.resize(*size, 0),
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    bytes.resize(bytes.len().max(at + data.len()), 0);
    bytes[at..at + data.len()].copy_from_slice(data);
}

/// What is left of a write: all of it, nothing, or some of its sectors.
fn keep_sectors(bytes: &mut Vec<u8>, at: usize, data: &[u8], temper: Temper, chance: &mut Chance) {
    if chance.percent(temper.kept) {
        put(bytes, at, data);
    } else if chance.percent(temper.torn) {
        let mut from = 0;
        while from < data.len() {
            let to = data.len().min(from + SECTOR - (at + from) % SECTOR);
            if chance.percent(50) {
                put(bytes, at + from, &data[from..to]);
            }
            from = to;
        }
    }
}

impl Temper {
    /// How many of these changes, which become durable in their order, are there.
    fn prefix(self, changes: usize, chance: &mut Chance) -> usize {
        match self.kept {
            0 if chance.percent(50) => 0,
            100 if chance.percent(50) => changes,
            _ => chance.below(changes + 1),
        }
    }
}

impl Directory {
    fn settle(&mut self, until: u64) {
        let settled = self.pending.iter().take_while(|change| change.number <= until).count();
        for change in self.pending.drain(..settled) {
            change.what.apply(&mut self.durable);
        }
    }

    fn after_loss(&self, temper: Temper, chance: &mut Chance) -> Names {
        let mut names = self.durable.clone();
        let there = temper.prefix(self.pending.len(), chance);
        self.pending[..there].iter().for_each(|change| change.what.clone().apply(&mut names));
        names
    }
}

impl NameChange {
    fn apply(self, names: &mut Names) {
        match self {
            Self::Add(name, place) => {
                names.insert(name, place);
            }
            Self::Remove(name) => {
                names.remove(&name);
            }
            Self::Rename(from, to) => {
                let place = names.remove(&from).unwrap_or_else(|| panic!("{from} has no name"));
                names.insert(to, place);
            }
            Self::Link(from, to) => {
                let place = *names.get(&from).unwrap_or_else(|| panic!("{from} has no name"));
                names.insert(to, place);
            }
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}
