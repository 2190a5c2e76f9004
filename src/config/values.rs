//! What a value in the file may be: sizes, durations, addresses, names, paths, choices.
//!
//! Each kind says in French what it expects, because that text stands in the error that an administrator reads.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use crate::mail::Domain;
use crate::net::clamav::Socket;
use crate::net::http::Url;
use crate::net::tls::Tickets;
use crate::net::tokens::{Algorithm, Inquiry, Issuer};
use crate::trust::signature::SignaturePolicy;
use crate::trust::{AttributeType, DistinguishedName, ExtendedUsage, HostNameRule, RevocationDepth, UnknownRevocation};

/// A value of the configuration file.
pub trait Setting: Sized {
    /// What is expected, to complete «il faut …».
    const EXPECTED: &'static str;

    /// Reads it. Paths are relative to `base`, the directory of the file. None when it is not what is expected.
    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self>;

    /// Writes it as TOML.
    fn write(&self) -> String;

    /// Whether it lies between two others, bounds included. Only kinds with an order have limits.
    fn between(&self, _low: &Self, _high: &Self) -> bool {
        true
    }
}

/// A number of bytes, written `60 MB`, `64 KiB`, `10 Go`, `512`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

const SIZE_UNITS: [(&str, u64); 10] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("Go", 1_000_000_000),
    ("Mo", 1_000_000),
    ("ko", 1000),
    ("B", 1),
];

/// The first five are also written.
const DURATION_UNITS: [(&str, u64); 7] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1), ("j", 86_400_000), ("m", 60_000)];

/// Splits `60 MB` and multiplies. Without a unit only where `plain` allows it.
fn quantity(text: &str, units: &[(&str, u64)], plain: Option<u64>) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim();
    let factor = match unit {
        "" => plain?,
        unit => units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
    };
    number.checked_mul(factor)
}

/// The shortest exact form.
fn in_units(value: u64, units: &[(&str, u64)]) -> String {
    let exact = units.iter().filter(|(_, factor)| value.is_multiple_of(*factor));
    let (name, factor) = exact.min_by_key(|(_, factor)| std::cmp::Reverse(*factor)).copied().unwrap_or(("", 1));
    format!("{} {name}", value / factor)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Setting for Size {
    const EXPECTED: &'static str = "une taille avec son unité, par exemple \"60 MB\", \"64 KiB\" ou \"2 Go\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        quantity(value.as_str()?.trim(), &SIZE_UNITS, None).map(Self)
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }

    fn between(&self, low: &Self, high: &Self) -> bool {
        (low..=high).contains(&self)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_units(self.0, &SIZE_UNITS))
    }
}

/// Reads a duration with its unit, as in the file: `30 s`, `5 min`, `4 h`, `7 d`.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    quantity(text.trim(), &DURATION_UNITS, None).map(Duration::from_millis)
}

impl Setting for Duration {
    const EXPECTED: &'static str = "une durée avec son unité, par exemple \"30 s\", \"5 min\", \"4 h\" ou \"7 d\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        duration(value.as_str()?)
    }

    fn write(&self) -> String {
        quoted(&in_units(u64::try_from(self.as_millis()).unwrap_or(u64::MAX), &DURATION_UNITS[..5]))
    }

    fn between(&self, low: &Self, high: &Self) -> bool {
        (low..=high).contains(&self)
    }
}

impl Setting for u32 {
    const EXPECTED: &'static str = "un nombre entier, sans guillemets";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        let integer = value.as_integer()?;
        Self::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    fn write(&self) -> String {
        self.to_string()
    }

    fn between(&self, low: &Self, high: &Self) -> bool {
        (low..=high).contains(&self)
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "un texte entre guillemets";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn write(&self) -> String {
        quoted(self)
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "un chemin entre guillemets (relatif : depuis le répertoire de ce fichier)";

    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self> {
        value.as_str().filter(|text| !text.is_empty()).map(|text| base.join(text))
    }

    fn write(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Setting for Domain {
    const EXPECTED: &'static str = "un nom de domaine, par exemple \"chu-exemple.mssante.fr\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        Self::parse(value.as_str()?).ok()
    }

    fn write(&self) -> String {
        quoted(self.as_str())
    }
}

impl Setting for bool {
    const EXPECTED: &'static str = "true ou false, sans guillemets";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        value.as_bool()
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for Url {
    const EXPECTED: &'static str = "une adresse http:// ou https://, sans nom d'utilisateur";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for SocketAddr {
    const EXPECTED: &'static str = "une adresse IP et un port, par exemple \"0.0.0.0:25\" ou \"[::]:25\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for Issuer {
    const EXPECTED: &'static str = "l'adresse https:// d'un émetteur, telle que ses jetons la portent";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

/// A host and a port, written `mx.exemple.mssante.fr:25`. The host is looked up when it is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// A name or an IP address (IPv6 without its brackets).
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Reads `host:port`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let valid = host.parse::<std::net::IpAddr>().is_ok() || Domain::parse(host).is_ok();
        valid.then(|| Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl Setting for HostPort {
    const EXPECTED: &'static str = "un hôte et un port, par exemple \"mx.exemple.mssante.fr:25\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for Socket {
    const EXPECTED: &'static str = "un chemin de prise unix, ou un hôte et un port";

    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self> {
        let text = value.as_str()?;
        match HostPort::parse(text) {
            Some(HostPort { host, port }) if !text.contains('/') => Some(Self::Tcp(host, port)),
            _ => PathBuf::read(value, base).map(Self::Unix),
        }
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

/// A key that signs for a domain (DKIM): its selector and its file, `s2026:/etc/sceau/dkim-s2026.key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// The selector.
    pub selector: String,
    /// The private key's file.
    pub file: PathBuf,
}

impl Setting for DkimKey {
    const EXPECTED: &'static str = "un sélecteur et un fichier, par exemple \"s2026:/etc/sceau/dkim-s2026.key\"";

    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self> {
        let (selector, file) = value.as_str()?.split_once(':')?;
        let selector = Domain::parse(selector).ok()?.to_string();
        (!file.is_empty()).then(|| Self { selector, file: base.join(file) })
    }

    fn write(&self) -> String {
        quoted(&format!("{}:{}", self.selector, self.file.display()))
    }
}

impl<T: Setting> Setting for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    /// One value may stand without its brackets.
    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self> {
        match value.as_array() {
            Some(values) => values.iter().map(|value| T::read(value.get_ref(), base)).collect(),
            None => T::read(value, base).map(|one| vec![one]),
        }
    }

    fn write(&self) -> String {
        format!("[{}]", self.iter().map(T::write).collect::<Vec<_>>().join(", "))
    }
}

impl<T: Setting> Setting for BTreeMap<Domain, T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self> {
        let entry = |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
            Some((Domain::parse(key.get_ref()).ok()?, T::read(value.get_ref(), base)?))
        };
        value.as_table()?.iter().map(entry).collect()
    }

    fn write(&self) -> String {
        let entries: Vec<_> =
            self.iter().map(|(key, value)| format!("{} = {}", quoted(key.as_str()), value.write())).collect();
        if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
    }
}

/// A value that may be absent. What is used then is said in its documentation.
impl<T: Setting> Setting for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(value: &DeValue<'_>, base: &Path) -> Option<Self> {
        T::read(value, base).map(Some)
    }

    fn write(&self) -> String {
        self.as_ref().map_or_else(String::new, T::write)
    }
}

impl Setting for DistinguishedName {
    const EXPECTED: &'static str = "un nom distinctif, par exemple \"CN=Liste Blanche,OU=318751275100020\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        Self::parse(value.as_str()?).ok()
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for AttributeType {
    const EXPECTED: &'static str = "un type d'attribut de DN, par exemple \"CN\", \"UID\" ou \"2.5.4.5\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
        Self::from_text(value.as_str()?)
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For eyes.
    Human,
    /// For collectors: one JSON object a line.
    Json,
}

/// Whether issuers are asked by OCSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ocsp {
    /// Revocation lists alone.
    Off,
    /// Both.
    On,
}

/// Gives the variants of an enumeration their words in the file.
macro_rules! words {
    ($type:ident expects $expected:literal { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl Setting for $type {
            const EXPECTED: &'static str = $expected;

            fn read(value: &DeValue<'_>, _base: &Path) -> Option<Self> {
                match value.as_str()? {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn write(&self) -> String {
                quoted(match self { $(Self::$variant => $word),+ })
            }
        }
    };
}

words! { LogFormat expects "\"human\" ou \"json\"" { Human = "human", Json = "json" } }

words! { Switch expects "\"on\" ou \"off\"" { On = "on", Off = "off" } }

words! { SignaturePolicy expects "\"required\", \"if-present\" ou \"off\"" {
    Required = "required", IfPresent = "if-present", Off = "off",
} }

words! { ExtendedUsage expects "\"role\", \"either\" ou \"any\"" { Role = "role", Either = "either", Any = "any" } }

words! { HostNameRule expects "\"alternative-name\" ou \"common-name-too\"" {
    AlternativeName = "alternative-name", CommonNameToo = "common-name-too",
} }

words! { Inquiry expects "\"off\", \"opaque\" ou \"always\"" { Off = "off", Opaque = "opaque", Always = "always" } }

words! { Algorithm expects "\"RS256\", \"PS256\", \"ES256\" ou \"EdDSA\"" {
    Rs256 = "RS256", Ps256 = "PS256", Es256 = "ES256", EdDsa = "EdDSA",
} }

words! { Tickets expects "\"off\" ou \"on\"" { Off = "off", On = "on" } }

words! { Ocsp expects "\"off\" ou \"on\"" { Off = "off", On = "on" } }

words! { RevocationDepth expects "\"chain\" ou \"leaf\"" { Chain = "chain", Leaf = "leaf" } }

words! { UnknownRevocation expects "\"defer\", \"refuse\" ou \"accept\"" {
    Defer = "defer", Refuse = "refuse", Accept = "accept",
} }

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Setting>(text: &str) -> Option<T> {
        T::read(DeValue::parse(text).unwrap().get_ref(), Path::new("/etc/sceau"))
    }

    #[test]
    fn sizes_need_their_unit() {
        for (text, bytes) in [("\"60 MB\"", 60_000_000), ("\"64KiB\"", 65_536), ("\"2 Go\"", 2_000_000_000)] {
            assert_eq!(read(text), Some(Size(bytes)), "{text}");
        }
        for text in ["60", "\"60\"", "\"MB\"", "\"-1 MB\"", "\"1.5 GB\"", "\"60 MX\"", "\"99999999999999999 GB\""] {
            assert_eq!(read::<Size>(text), None, "{text}");
        }
        assert_eq!(Size(60_000_000).to_string(), "60 MB");
        assert_eq!(Size(65_536).to_string(), "64 KiB");
        assert_eq!(Size(10_000_000_000).to_string(), "10 GB");
    }

    #[test]
    fn durations_need_their_unit() {
        for (text, seconds) in [("\"30 s\"", 30), ("\"5min\"", 300), ("\"4 h\"", 14_400), ("\"7 j\"", 604_800)] {
            assert_eq!(read(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(read::<Duration>("30"), None);
        assert_eq!(Duration::from_secs(90).write(), "\"90 s\"");
        assert_eq!(Duration::from_secs(7200).write(), "\"2 h\"");
    }

    #[test]
    fn lists_may_lose_their_brackets_and_paths_start_from_the_file() {
        assert_eq!(read::<Vec<SocketAddr>>("\"[::]:25\"").map(|list| list.len()), Some(1));
        assert_eq!(read::<Vec<SocketAddr>>("[]").map(|list| list.len()), Some(0));
        assert_eq!(read::<PathBuf>("\"tls/cle.pem\""), Some("/etc/sceau/tls/cle.pem".into()));
        assert_eq!(read::<PathBuf>("\"/tls/cle.pem\""), Some("/tls/cle.pem".into()));
    }

    #[test]
    fn routes_have_a_domain_and_a_host_with_its_port() {
        let routes = read::<BTreeMap<Domain, HostPort>>("{ \"a.fr\" = \"[::1]:2525\", \"b.fr\" = \"mx.b.fr:25\" }");
        assert_eq!(routes.unwrap().write(), "{ \"a.fr\" = \"[::1]:2525\", \"b.fr\" = \"mx.b.fr:25\" }");
        assert_eq!(read::<HostPort>("\"mx.b.fr\""), None);
        assert_eq!(read::<HostPort>("\"mx b:25\""), None);
    }
}
