//! The form in which settings are declared: one entry gives the field, the parser, the limits and the example.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::values::Setting;
use crate::net::tls::Tickets;
use crate::trust::signature::SignaturePolicy;
use crate::trust::{ExtendedUsage, HostNameRule, RevocationDepth, UnknownRevocation};

/// What happens when a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The file must have it.
    Required,
    /// The entry's text is used.
    Default,
    /// It stays unset; the documentation says what that means.
    Optional,
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// Its documentation, French, line by line.
    pub about: &'static [&'static str],
    /// What happens when it is absent.
    pub presence: Presence,
    /// The default, or an example, as TOML.
    pub text: &'static str,
    /// The smallest and the largest value, as TOML.
    pub limits: Option<(&'static str, &'static str)>,
}

/// One section.
#[derive(Debug)]
pub struct Table {
    /// As it stands between the brackets.
    pub name: &'static str,
    /// Its documentation, French, line by line.
    pub about: &'static [&'static str],
    /// Its keys.
    pub keys: &'static [Key],
}

/// A file while it is read: collects what is wrong instead of stopping at the first.
pub(super) struct Reader<'a> {
    text: &'a str,
    base: &'a Path,
    root: &'a DeTable<'a>,
    pub(super) problems: Vec<Problem>,
}

/// How far a mistyped word may be from the one that was meant.
const NEAR: f64 = 0.7;

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, base: &'a Path, root: &'a DeTable<'a>) -> Self {
        Self { text, base, root, problems: Vec::new() }
    }

    /// Refuses sections that are not among these.
    pub(super) fn known_sections(&mut self, tables: &[&Table]) {
        let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
        for (key, value) in self.root {
            let name = key.get_ref();
            let line = self.line(key.span().start);
            if !names.contains(&name.as_ref()) {
                self.unknown(line, &format!("[{name}]"), name, "section inconnue", &names);
            } else if !value.get_ref().is_table() {
                self.problem(line, name, "c'est une section".to_owned(), format!("écrire [{name}] seul sur sa ligne"));
            }
        }
    }

    /// Refuses keys of this section that are not among its own.
    pub(super) fn known_keys(&mut self, table: &Table) {
        let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
        for (key, _) in self.section(table).into_iter().flatten() {
            let name = key.get_ref();
            if !names.contains(&name.as_ref()) {
                let line = self.line(key.span().start);
                self.unknown(line, &format!("[{}] {name}", table.name), name, "clé inconnue", &names);
            }
        }
    }

    /// The value of a key, or what stands for it.
    pub(super) fn value<T: Setting + Absent>(&mut self, table: &Table, key: &Key) -> Option<T> {
        let place = format!("[{}] {}", table.name, key.name);
        let Some(value) = self.section(table).and_then(|section| section.get(key.name)) else {
            return match key.presence {
                Presence::Default => parse_literal(key.text, self.base),
                Presence::Optional => T::absent(),
                Presence::Required => {
                    let remedy = format!("ajouter dans la section [{}] : {} = {}", table.name, key.name, key.text);
                    self.problems.push(Problem {
                        line: None,
                        place,
                        reason: "clé obligatoire, absente".into(),
                        remedy,
                    });
                    None
                }
            };
        };
        let line = self.line(value.span().start);
        let found = &self.text[value.span()];
        let Some(read) = T::read(value.get_ref(), self.base) else {
            self.problem(line, &place, format!("valeur refusée : {found}"), format!("il faut {}", T::EXPECTED));
            return None;
        };
        if let Some((low, high)) = key.limits
            && !self.between(&read, low, high)
        {
            self.problem(line, &place, format!("valeur hors limites : {found}"), format!("de {low} à {high}"));
            return None;
        }
        Some(read)
    }

    fn between<T: Setting>(&self, value: &T, low: &str, high: &str) -> bool {
        let bounds = parse_literal(low, self.base).zip(parse_literal(high, self.base));
        bounds.is_some_and(|(low, high)| value.between(&low, &high))
    }

    fn section(&self, table: &Table) -> Option<&'a DeTable<'a>> {
        self.root.get(table.name).and_then(|value| value.get_ref().as_table())
    }

    fn line(&self, offset: usize) -> usize {
        line_of(self.text, offset)
    }

    fn problem(&mut self, line: usize, place: &str, reason: String, remedy: String) {
        self.problems.push(Problem { line: Some(line), place: place.to_owned(), reason, remedy });
    }

    fn unknown(&mut self, line: usize, place: &str, name: &str, reason: &str, known: &[&str]) {
        let likeness = |candidate: &&&str| strsim::jaro_winkler(name, candidate);
        let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let remedy = match nearest.filter(|nearest| likeness(nearest) >= NEAR) {
            Some(nearest) => format!("peut-être « {nearest} » ? sinon l'effacer"),
            None => format!("l'effacer ; on connaît : {}", known.join(", ")),
        };
        self.problem(line, place, reason.to_owned(), remedy);
    }
}

/// The line of an offset, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Reads a literal of a declaration. A test reads them all, so none is wrong at run time.
pub(super) fn parse_literal<T: Setting>(text: &str, base: &Path) -> Option<T> {
    T::read(DeValue::parse(text).ok()?.get_ref(), base)
}

/// What an optional key is when it is absent.
pub(super) trait Absent: Sized {
    /// Nothing, if that is a value of this type.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T> Absent for Option<T> {
    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! always_present {
    ($($type:ty),+ $(,)?) => { $(impl Absent for $type {})+ };
}

always_present!(u32, String, super::values::Size, std::time::Duration, std::path::PathBuf, crate::mail::Domain);
always_present!(
    super::values::Ocsp,
    super::values::LogFormat,
    SignaturePolicy,
    ExtendedUsage,
    HostNameRule,
    RevocationDepth
);
always_present!(crate::net::tokens::Inquiry);
always_present!(UnknownRevocation, Tickets, bool, super::values::Switch, crate::trust::AttributeType);
impl<T> Absent for Vec<T> {}
impl<K, V> Absent for std::collections::BTreeMap<K, V> {}

/// Declares all sections of the file: their structures, their tables, and [`Config`](super::Config) that has them all.
macro_rules! settings {
    ($(
        $(#[doc = $about:literal])+
        $field:ident: $section:ident {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $type:ty = $presence:ident $text:literal $(($low:literal to $high:literal))?;
            )+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone)]
            pub struct $section {
                $($(#[doc = $doc])+ pub $key: $type,)+
            }

            impl $section {
                /// The section as data.
                pub const TABLE: Table = Table {
                    name: stringify!($field),
                    about: &[$($about),+],
                    keys: &[$(Key {
                        name: stringify!($key),
                        about: &[$($doc),+],
                        presence: Presence::$presence,
                        text: $text,
                        limits: settings!(@limits $($low $high)?),
                    }),+],
                };

                fn read(reader: &mut Reader<'_>) -> Option<Self> {
                    reader.known_keys(&Self::TABLE);
                    let mut keys = Self::TABLE.keys.iter();
                    $(let $key = keys.next().and_then(|key| reader.value::<$type>(&Self::TABLE, key));)+
                    Some(Self { $($key: $key?),+ })
                }

                fn values(&self) -> Vec<String> {
                    vec![$(self.$key.write()),+]
                }
            }
        )+

        /// All settings, verified one by one.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[doc = $about])+ pub $field: $section,)+
        }

        impl Config {
            /// All sections as data, in the order of the example.
            pub const TABLES: &'static [&'static Table] = &[$(&$section::TABLE),+];

            pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
                reader.known_sections(Self::TABLES);
                $(let $field = $section::read(reader);)+
                Some(Self { $($field: $field?),+ })
            }

            /// The values in force, as TOML, by section and key in the order of [`TABLES`](Self::TABLES). Unset ones
            /// are empty.
            pub(super) fn values(&self) -> Vec<Vec<String>> {
                vec![$(self.$field.values()),+]
            }
        }
    };
    (@limits) => { None };
    (@limits $low:literal $high:literal) => { Some(($low, $high)) };
}

pub(super) use settings;
