//! Reads ANS's XML.

use std::collections::HashMap;
use std::fmt;

use roxmltree::{Document, Node, ParsingOptions};

use super::{Limits, Row, RowNote, WhiteList};
use crate::mail::{Domain, Time};
use crate::trust::DistinguishedName;

/// The namespace of the list.
const NAMESPACE: &str = "https://listeblanche.mssante.fr/schema";
/// The namespace of XML signatures; what stands in it is not this module's.
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Nodes of one row: seven elements and the text in and between them.
const NODES_PER_ROW: usize = 32;

/// Why a text is not a white list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListError {
    /// More bytes than allowed.
    TooLarge,
    /// More rows, or more XML per row, than allowed.
    TooManyRows,
    /// Elements nested deeper than allowed, at this line.
    TooDeep(u32),
    /// Not UTF-8.
    Encoding,
    /// A document type declaration: where entities would come from.
    DocumentType,
    /// Not well-formed XML; where, and why.
    Xml(String),
    /// Another document, or a part of the list is missing or double; at this line.
    Shape(u32, String),
    /// More rows with an unreadable domain or name than allowed; the last of them.
    TooManyUnreadable(RowNote),
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("the list is larger than allowed"),
            Self::TooManyRows => f.write_str("the list has more rows than allowed"),
            Self::TooDeep(line) => write!(f, "line {line}: elements are nested deeper than allowed"),
            Self::Encoding => f.write_str("the list is not encoded in UTF-8"),
            Self::DocumentType => f.write_str("the list declares a document type, which it never does"),
            Self::Xml(error) => write!(f, "the list is not well-formed XML: {error}"),
            Self::Shape(line, what) => write!(f, "line {line}: {what}"),
            Self::TooManyUnreadable(note) => {
                write!(f, "too many unreadable rows, the last is row {}, line {}: {}", note.row, note.line, note.what)
            }
        }
    }
}

impl std::error::Error for ListError {}

/// Parses XML into a tree, within bounds that no document of this kind reaches.
pub(in crate::trust) fn tree<'a>(xml: &'a [u8], limits: &Limits) -> Result<Document<'a>, ListError> {
    if xml.len() > limits.bytes {
        return Err(ListError::TooLarge);
    }
    let text = std::str::from_utf8(xml).map_err(|_| ListError::Encoding)?;
    let nodes = limits.rows.saturating_mul(NODES_PER_ROW).saturating_add(10_000);
    let options = ParsingOptions {
        // Without a document type there are no entities but XML's own five. [mss#2]
        allow_dtd: false,
        nodes_limit: u32::try_from(nodes).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => ListError::DocumentType,
        roxmltree::Error::NodesLimitReached => ListError::TooManyRows,
        error => ListError::Xml(error.to_string()),
    })?;
    check_depth(&document, limits.depth)?;
    Ok(document)
}

fn check_depth(document: &Document<'_>, limit: usize) -> Result<(), ListError> {
    let mut depth = 0;
    let mut node = document.root();
    loop {
        if let Some(child) = node.first_child() {
            depth += 1;
            node = child;
            if depth > limit {
                return Err(ListError::TooDeep(line(node)));
            }
            continue;
        }
        loop {
            if let Some(sibling) = node.next_sibling() {
                node = sibling;
                break;
            }
            let Some(parent) = node.parent() else { return Ok(()) };
            node = parent;
            depth -= 1;
        }
    }
}

pub(super) fn parse(xml: &[u8], limits: &Limits) -> Result<WhiteList, ListError> {
    let document = tree(xml, limits)?;
    let root = document.root_element();
    expect(root, "ListeBlancheMSSante")?;
    let (mut generated, mut table) = (None, None);
    for child in elements(root) {
        if child.tag_name().namespace() == Some(SIGNATURE) {
            continue;
        }
        match child.tag_name().name() {
            "DateDeGeneration" => once(&mut generated, child)?,
            "ListeDomaines" => once(&mut table, child)?,
            other => return Err(shape(child, format!("<{other}> does not belong here"))),
        }
    }
    let generated = generated.ok_or_else(|| shape(root, "there is no <DateDeGeneration>"))?;
    let table = table.ok_or_else(|| shape(root, "there is no <ListeDomaines>"))?;
    expect(table, "ListeDomaines")?;
    expect(generated, "DateDeGeneration")?;
    let date = text(generated, limits).ok().and_then(|text| time(&text));
    let date = date.ok_or_else(|| shape(generated, "<DateDeGeneration> is not a date and time"))?;
    Reader { document: &document, limits, list: WhiteList::empty(date), names: HashMap::new() }.rows(table)
}

struct Reader<'a, 'x> {
    document: &'a Document<'x>,
    limits: &'a Limits,
    list: WhiteList,
    /// The same name stands in thousands of rows: each way of writing it is parsed once.
    names: HashMap<String, usize>,
}

impl Reader<'_, '_> {
    fn rows(mut self, table: Node<'_, '_>) -> Result<WhiteList, ListError> {
        let mut lines = Lines::new(self.document.input_text());
        for (index, row) in elements(table).enumerate() {
            let line = lines.line_at(row.range().start);
            if index == self.limits.rows {
                return Err(ListError::TooManyRows);
            }
            if !row.has_tag_name((NAMESPACE, "Domaine")) {
                return Err(ListError::Shape(line, "only <Domaine> belongs here".to_owned()));
            }
            match self.row(row, line) {
                Ok(row) => self.list.add(row),
                Err(what) => self.leave_out(RowNote { row: index + 1, line, what })?,
            }
        }
        Ok(self.list)
    }

    fn leave_out(&mut self, note: RowNote) -> Result<(), ListError> {
        if self.list.left_out.len() == self.limits.unreadable_rows {
            return Err(ListError::TooManyUnreadable(note));
        }
        self.list.left_out.push(note);
        Ok(())
    }

    fn row(&mut self, row: Node<'_, '_>, line: u32) -> Result<Row, String> {
        let mut fields: [Option<String>; FIELDS.len()] = Default::default();
        for field in elements(row).filter(|field| field.tag_name().namespace() == Some(NAMESPACE)) {
            let name = field.tag_name().name();
            // A field that a later version of the format adds is none of our business.
            let Some(index) = FIELDS.iter().position(|known| *known == name) else { continue };
            if fields[index].replace(text(field, self.limits)?).is_some() {
                return Err(format!("<{name}> stands twice"));
            }
        }
        let [domain, description, name, responsible, support, updated] = fields;
        let domain = domain.ok_or("there is no <Nom>")?;
        let domain = Domain::parse(domain.trim()).map_err(|error| format!("<Nom> {domain:?}: {error}"))?;
        let name = self.name(name.ok_or("there is no <DNCertificatOperateur>")?)?;
        Ok(Row {
            domain,
            name,
            description: description.unwrap_or_default(),
            responsible: responsible.unwrap_or_default(),
            support: support.unwrap_or_default(),
            updated: updated.and_then(|text| time(&text)),
            line,
        })
    }

    fn name(&mut self, text: String) -> Result<usize, String> {
        if let Some(index) = self.names.get(&text) {
            return Ok(*index);
        }
        let name = DistinguishedName::parse(&text).map_err(|error| format!("<DNCertificatOperateur>: {error}"))?;
        let index = self.list.intern(name);
        self.names.insert(text, index);
        Ok(index)
    }
}

/// The fields of a row, in ANS's order.
const FIELDS: [&str; 6] =
    ["Nom", "Description", "DNCertificatOperateur", "ResponsableContact", "SupportContact", "DateMAJ"];

fn elements<'a, 'x>(node: Node<'a, 'x>) -> impl Iterator<Item = Node<'a, 'x>> + use<'a, 'x> {
    node.children().filter(Node::is_element)
}

/// The text of an element that holds nothing else. A comment does not cut it: what stands after one counts too.
fn text(field: Node<'_, '_>, limits: &Limits) -> Result<String, String> {
    let mut text = String::new();
    for child in field.children() {
        if child.is_element() {
            return Err(format!("<{}> holds more than text", field.tag_name().name()));
        }
        if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        }
    }
    if text.len() > limits.field { Err(format!("<{}> is too long", field.tag_name().name())) } else { Ok(text) }
}

/// `xs:dateTime`; without an offset it is taken as UTC.
fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    Time::parse_rfc3339(text).or_else(|_| Time::parse_rfc3339(&format!("{text}Z"))).ok()
}

fn once<'a, 'x>(slot: &mut Option<Node<'a, 'x>>, node: Node<'a, 'x>) -> Result<(), ListError> {
    match slot.replace(node) {
        None => Ok(()),
        Some(_) => Err(shape(node, format!("<{}> stands twice", node.tag_name().name()))),
    }
}

fn expect(node: Node<'_, '_>, name: &str) -> Result<(), ListError> {
    if node.has_tag_name((NAMESPACE, name)) {
        return Ok(());
    }
    Err(shape(node, format!("<{}> stands where <{name}> of {NAMESPACE} should", node.tag_name().name())))
}

fn shape(node: Node<'_, '_>, what: impl Into<String>) -> ListError {
    ListError::Shape(line(node), what.into())
}

fn line(node: Node<'_, '_>) -> u32 {
    node.document().text_pos_at(node.range().start).row
}

/// Counts lines forward; the tree's own look-up counts from the start each time.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn line_at(&mut self, position: usize) -> u32 {
        let passed = self.text.as_bytes().get(self.at..position).unwrap_or_default();
        self.line += u32::try_from(memchr::memchr_iter(b'\n', passed).count()).unwrap_or(0);
        self.at = self.at.max(position);
        self.line
    }
}
