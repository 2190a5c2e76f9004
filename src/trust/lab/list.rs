//! Writes a white list as ANS does.

use std::fmt::Write as _;

use crate::mail::{Domain, Time};
use crate::trust::DistinguishedName;

/// One row of a list.
#[derive(Debug, Clone)]
pub struct ListRow {
    /// The mail domain.
    pub domain: Domain,
    /// The name of the operator's certificate.
    pub name: DistinguishedName,
}

impl ListRow {
    /// A row.
    #[must_use]
    pub fn new(domain: &Domain, name: &DistinguishedName) -> Self {
        Self { domain: domain.clone(), name: name.clone() }
    }
}

/// The list as XML, unsigned, with ANS's elements, order and layout.
// [mss#2]
#[must_use]
pub fn white_list_xml(rows: &[ListRow], generated: Time) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\n    \
         <DateDeGeneration>{generated}</DateDeGeneration>\n    <ListeDomaines>\n"
    );
    for (number, row) in rows.iter().enumerate() {
        let fields = [
            ("Nom", row.domain.to_string()),
            ("Description", format!("Domaine de messagerie {}", number + 1)),
            ("DNCertificatOperateur", row.name.to_string()),
            ("ResponsableContact", "00 00 00 00 00, responsable@operateur.example".to_owned()),
            ("SupportContact", "00 00 00 00 00, support@operateur.example".to_owned()),
            ("DateMAJ", generated.to_string()),
        ];
        xml.push_str("        <Domaine>\n");
        for (element, text) in fields {
            let text = escape(&text);
            // Writing into a String cannot fail.
            let _ = writeln!(xml, "            <{element}>{text}</{element}>");
        }
        xml.push_str("        </Domaine>\n");
    }
    xml.push_str("    </ListeDomaines>\n</ListeBlancheMSSante>\n");
    xml
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}
