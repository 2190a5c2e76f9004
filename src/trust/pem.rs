//! PEM files: the sections of one label, or the whole file when it is DER.

use x509_parser::pem::Pem;

/// The contents of all sections with this label; a file that starts as DER does is taken whole.
///
/// # Errors
/// In words, when the file is damaged or holds no such section.
pub(super) fn sections(bytes: &[u8], label: &str) -> Result<Vec<Vec<u8>>, String> {
    // A DER sequence starts with 0x30, which is `0`: no PEM file does.
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes.to_vec()]);
    }
    let mut sections = Vec::new();
    for section in Pem::iter_from_buffer(bytes) {
        let section = section.map_err(|error| format!("damaged PEM: {error}"))?;
        if section.label == label {
            sections.push(section.contents);
        }
    }
    if sections.is_empty() { Err(format!("there is no {label} in it")) } else { Ok(sections) }
}
