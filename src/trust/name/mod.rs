//! Distinguished names: the only link between a row of the white list and a certificate.
//!
//! The list's names are written by hand, the certificate's are encoded by a machine, so two names are compared
//! attribute by attribute, in any order, with case, accents' composition and spaces folded. What is *not* forgiven: an
//! attribute more or less, another attribute type (`L=` is not `ST=`), another word.

mod text;
mod x509;

use std::fmt;
use std::hash::{Hash, Hasher};

use unicode_normalization::UnicodeNormalization;

pub use text::NameError;

/// Keywords of attribute types and their OIDs. The first keyword of an OID is the one that is written.
const KEYWORDS: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("OU", "2.5.4.11"),
    ("O", "2.5.4.10"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("S", "2.5.4.8"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("SN", "2.5.4.4"),
    ("GN", "2.5.4.42"),
    ("GIVENNAME", "2.5.4.42"),
    ("T", "2.5.4.12"),
    ("TITLE", "2.5.4.12"),
    ("POSTALCODE", "2.5.4.17"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
];

/// The type of an attribute, known by its OID.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributeType(String);

impl AttributeType {
    /// `CN`.
    #[must_use]
    pub fn common_name() -> Self {
        Self("2.5.4.3".to_owned())
    }

    /// `OU`.
    #[must_use]
    pub fn organizational_unit() -> Self {
        Self("2.5.4.11".to_owned())
    }

    /// `O`.
    #[must_use]
    pub fn organization() -> Self {
        Self("2.5.4.10".to_owned())
    }

    /// `ST`.
    #[must_use]
    pub fn state() -> Self {
        Self("2.5.4.8".to_owned())
    }

    /// The OID in dotted form.
    #[must_use]
    pub fn oid(&self) -> &str {
        &self.0
    }

    /// The type that a text names: a keyword in any case, or an OID with or without `OID.` before it.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if let Some((_, oid)) = KEYWORDS.iter().find(|(keyword, _)| keyword.eq_ignore_ascii_case(text)) {
            return Some(Self((*oid).to_owned()));
        }
        let oid = text.strip_prefix("OID.").or_else(|| text.strip_prefix("oid.")).unwrap_or(text);
        let arc = |arc: &str| !arc.is_empty() && arc.len() <= 20 && arc.bytes().all(|b| b.is_ascii_digit());
        (oid.contains('.') && oid.split('.').all(arc)).then(|| Self(oid.to_owned()))
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keyword = KEYWORDS.iter().find(|(_, oid)| *oid == self.0).map(|(keyword, _)| *keyword);
        f.write_str(keyword.unwrap_or(&self.0))
    }
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One attribute, its value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub kind: AttributeType,
    /// Its value without escapes. A value that is no character string is `#` and the hexadecimal of its encoding.
    pub value: String,
}

impl Attribute {
    fn folded(&self) -> (AttributeType, String) {
        (self.kind.clone(), fold(&self.value))
    }
}

/// A distinguished name in RFC 4514 order (`CN` first). Two names are equal when their attributes are, in any order,
/// after folding.
#[derive(Clone)]
pub struct DistinguishedName {
    attributes: Vec<Attribute>,
    /// The folded attributes, sorted: what is compared and hashed.
    folded: Vec<(AttributeType, String)>,
}

impl DistinguishedName {
    /// A name with these attributes, in RFC 4514 order.
    #[must_use]
    pub fn new(attributes: Vec<Attribute>) -> Self {
        let mut folded: Vec<_> = attributes.iter().map(Attribute::folded).collect();
        folded.sort();
        Self { attributes, folded }
    }

    /// Reads a name that a person wrote, in the form of RFC 4514 or near it: `CN=a, OU=b,O="c, d",ST=e ,C=FR`.
    ///
    /// # Errors
    /// Says where the text has no valid form. Empty texts and texts above 4,096 bytes or 64 attributes are refused.
    // [rfc4514#3] [mss#2]
    pub fn parse(text: &str) -> Result<Self, NameError> {
        text::parse(text).map(Self::new)
    }

    /// Reads a name of a certificate; its string types make no difference.
    #[must_use]
    pub fn from_x509(name: &x509_parser::x509::X509Name<'_>) -> Self {
        Self::new(x509::attributes(name))
    }

    /// The attributes in RFC 4514 order.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The values of one type, as written.
    pub fn values(&self, kind: &AttributeType) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(move |attribute| attribute.kind == *kind).map(|a| a.value.as_str())
    }

    /// One text for all names that are equal, to look names up by.
    #[must_use]
    pub fn key(&self) -> String {
        // Folded values hold no control characters.
        self.folded.iter().map(|(kind, value)| format!("{}\u{1}{value}\u{2}", kind.oid())).collect()
    }

    /// Whether every attribute of this name is in the other one too: for rules that give only some attributes.
    #[must_use]
    pub fn is_part_of(&self, other: &Self) -> bool {
        let mut rest = other.folded.iter();
        self.folded.iter().all(|wanted| rest.any(|attribute| attribute == wanted))
    }

    /// Whether both names differ, and only in their common names.
    #[must_use]
    pub fn differs_only_in_common_name(&self, other: &Self) -> bool {
        self != other && self.without_common_name() == other.without_common_name()
    }

    /// The folded name without its common names: equal for all names that differ only in these.
    pub(crate) fn without_common_name(&self) -> Vec<(AttributeType, String)> {
        let common_name = AttributeType::common_name();
        self.folded.iter().filter(|(kind, _)| *kind != common_name).cloned().collect()
    }
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for DistinguishedName {}

impl Hash for DistinguishedName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(&self.attributes, f)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Folds a value for comparison: compatibility composition (NFKC), lower case, runs of spaces to one, no space at the
/// ends nor beside a sign, so that `PARIS(75)` equals `Paris (75) ` while words stay apart. Control characters cannot
/// vanish: they become U+FFFD, so that a NUL in a certificate never hides what follows it.
fn fold(value: &str) -> String {
    let mut folded = String::with_capacity(value.len());
    let mut space = false;
    for c in value.nfkc().flat_map(char::to_lowercase).nfkc() {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        let c = if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        let between_words = c.is_alphanumeric() && folded.ends_with(char::is_alphanumeric);
        if std::mem::take(&mut space) && between_words {
            folded.push(' ');
        }
        folded.push(c);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap()
    }

    /// What the real list holds beside what a certificate says. [mss#2]
    #[test]
    fn hand_written_names_equal_the_certificates() {
        let certificate = "CN=smtp-1.sesan.santnet.com,OU=1750048886,O=GIP SESAN,ST=Paris (75),C=FR";
        for text in [
            "CN=smtp-1.sesan.santnet.com,OU=1750048886,O=GIP SESAN,ST=Paris(75),C=FR",
            "CN=smtp-1.sesan.santnet.com, OU=1750048886, O=GIP SESAN, ST=Paris (75), C=FR",
            "CN=smtp-1.sesan.santnet.com ,OU=1750048886,O=GIP SESAN,ST=Paris (75),C=FR",
            "  CN=SMTP-1.SESAN.SANTNET.COM,OU=1750048886,O=gip  sesan,ST=PARIS (75),C=FR \n",
            "C=FR,ST=Paris (75),O=GIP SESAN,OU=1750048886,CN=smtp-1.sesan.santnet.com",
            "cn = smtp-1.sesan.santnet.com;ou=1750048886;o=\"GIP SESAN\";s=Paris (75);c=fr",
            "2.5.4.3=smtp-1.sesan.santnet.com,OID.2.5.4.11=1750048886,O=GIP\\20SESAN,ST=Paris \\(75\\),C=FR,",
            "CN=smtp-1.sesan.santnet.com,OU=#130a31373530303438383836,O=GIP SESAN,ST=Paris (75),C=FR",
        ] {
            assert_eq!(name(text), name(certificate), "{text}");
            assert_eq!(name(text).key(), name(certificate).key(), "{text}");
        }
    }

    #[test]
    fn names_that_are_not_the_same() {
        let listed = "CN=mss.chu.fr,OU=1750048886,O=CHU,ST=Paris (75),C=FR";
        for text in [
            "CN=mss.chu.fr,OU=1750048886,O=CHU,L=Paris (75),C=FR",
            "CN=mss2.chu.fr,OU=1750048886,O=CHU,ST=Paris (75),C=FR",
            "CN=mss.chu.fr,CN=mss.chu.fr,OU=1750048886,O=CHU,ST=Paris (75),C=FR",
            "CN=mss.chu.fr,OU=1750048886,O=CHU,C=FR",
            "CN=mss.chu.fr,OU=1750048886,O=C HU,ST=Paris (75),C=FR",
            "CN=mss.chu.fr,OU=1750048886,O=CHU,ST=Paris (75),C=FR,DC=x",
        ] {
            assert_ne!(name(text), name(listed), "{text}");
            assert_ne!(name(text).key(), name(listed).key(), "{text}");
        }
        let nul = Attribute { kind: AttributeType::common_name(), value: "mss.chu.fr\0.evil".into() };
        assert_ne!(fold(&nul.value), fold("mss.chu.fr.evil"));
        assert_ne!(fold(&nul.value), fold("mss.chu.fr"));
    }

    #[test]
    fn accents_and_quotes() {
        assert_eq!(name("ST=Rho\u{302}ne (69)"), name("ST=Rhône (69)"));
        assert_ne!(name("ST=Rhone (69)"), name("ST=Rhône (69)"));
        assert_eq!(name("O=\"CLCC  INSTITUT CURIE\",C=FR"), name("O=CLCC INSTITUT CURIE,C=FR"));
        let hospital = name("O=CENTRE HOSPITALIER \"FRANCK-JOLY\",C=FR");
        assert_eq!(hospital.attributes()[0].value, "CENTRE HOSPITALIER \"FRANCK-JOLY\"");
        assert_eq!(name("O=Dupont, Durand et Cie,C=FR").attributes()[0].value, "Dupont, Durand et Cie");
        assert_eq!(name("O=A\\, B\\+C,C=FR").attributes()[0].value, "A, B+C");
        assert_eq!(name("O=Lu\\C4\\8Di\\C4\\87").attributes()[0].value, "Lučić");
    }

    #[test]
    fn parts_and_common_names() {
        let signer = name("CN=Liste Blanche 1,OU=318751275100020,O=ANS,ST=Paris (75),C=FR");
        assert!(name("OU=318751275100020,CN=liste blanche 1").is_part_of(&signer));
        assert!(!name("OU=318751275100020,OU=318751275100020").is_part_of(&signer));
        assert!(!name("OU=1").is_part_of(&signer));
        let other = name("CN=x,OU=318751275100020,O=ANS,ST=Paris (75),C=FR");
        assert!(signer.differs_only_in_common_name(&other));
        assert!(!signer.differs_only_in_common_name(&signer));
        assert!(!signer.differs_only_in_common_name(&name("CN=x,OU=1")));
    }
}
