//! Exclusive XML canonicalisation 1.0 without comments: the bytes that a signature is over.
//!
//! Only what signatures of the white list need: whole documents with one element left out, and single elements.

use roxmltree::{Attribute, Document, Node};

/// The namespace of `xml:` attributes, which is never declared.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The whole document without one element and what is in it.
// [exc-c14n#3]
pub(in crate::trust) fn document_without(document: &Document<'_>, left_out: Node<'_, '_>) -> Vec<u8> {
    let mut writer = Writer::new(document.input_text().len());
    let root_element = document.root_element();
    let mut after_root = false;
    for node in document.root().children() {
        if node == root_element {
            writer.tree(node, Some(left_out));
            after_root = true;
        } else if node.is_pi() {
            // [c14n#2.3] a line end stands between the root element and the instructions around it.
            if after_root {
                writer.out.push(b'\n');
            }
            writer.instruction(node);
            if !after_root {
                writer.out.push(b'\n');
            }
        }
    }
    writer.out
}

/// One element with what is in it.
pub(in crate::trust) fn element(node: Node<'_, '_>) -> Vec<u8> {
    let mut writer = Writer::new(1024);
    writer.tree(node, None);
    writer.out
}

struct Writer<'a> {
    out: Vec<u8>,
    /// The declarations that stand in the output so far, inner ones last.
    declared: Vec<(&'a str, &'a str)>,
}

impl<'a> Writer<'a> {
    fn new(size: usize) -> Self {
        Self { out: Vec::with_capacity(size), declared: Vec::new() }
    }

    /// Walks without recursion: the depth of a hostile document is not our stack's.
    fn tree<'x: 'a>(&mut self, top: Node<'a, 'x>, left_out: Option<Node<'_, '_>>) {
        let mut marks = Vec::new();
        let mut node = top;
        loop {
            let skipped = left_out == Some(node);
            if node.is_element() && !skipped {
                marks.push(self.declared.len());
                self.start(node);
                if let Some(child) = node.first_child() {
                    node = child;
                    continue;
                }
                self.end(node, &mut marks);
            } else if node.is_text() {
                escape_text(node.text().unwrap_or_default(), &mut self.out);
            } else if node.is_pi() {
                self.instruction(node);
            }
            // Up to the next sibling, or out.
            loop {
                if node == top {
                    return;
                }
                if let Some(sibling) = node.next_sibling() {
                    node = sibling;
                    break;
                }
                let Some(parent) = node.parent() else { return };
                node = parent;
                self.end(node, &mut marks);
            }
        }
    }

    fn start<'x: 'a>(&mut self, node: Node<'a, 'x>) {
        let name = qualified_name(node);
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        let mut attributes: Vec<_> = node.attributes().collect();
        self.declare(node, name, &attributes);
        attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or(""), attribute.name()));
        for attribute in attributes {
            self.attribute(attribute_name(node, &attribute), attribute.value());
        }
        self.out.push(b'>');
    }

    /// Declares the namespaces that the element and its attributes visibly use, where the output has not yet.
    fn declare<'x: 'a>(&mut self, node: Node<'a, 'x>, name: &'a str, attributes: &[Attribute<'a, 'x>]) {
        let mut used = vec![(prefix(name), node.tag_name().namespace().unwrap_or(""))];
        for attribute in attributes.iter().filter(|attribute| attribute.namespace() != Some(XML)) {
            if let Some(namespace) = attribute.namespace() {
                used.push((prefix(attribute_name(node, attribute)), namespace));
            }
        }
        used.sort_unstable();
        used.dedup();
        for (prefix, namespace) in used {
            let current = self.declared.iter().rev().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri);
            if prefix == "xml" || current.unwrap_or("") == namespace {
                continue;
            }
            self.declared.push((prefix, namespace));
            if prefix.is_empty() {
                self.attribute("xmlns", namespace);
            } else {
                self.attribute(&format!("xmlns:{prefix}"), namespace);
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        escape_attribute(value, &mut self.out);
        self.out.push(b'"');
    }

    fn end(&mut self, node: Node<'a, '_>, marks: &mut Vec<usize>) {
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(qualified_name(node).as_bytes());
        self.out.push(b'>');
        self.declared.truncate(marks.pop().unwrap_or(0));
    }

    fn instruction(&mut self, node: Node<'_, '_>) {
        let Some(instruction) = node.pi() else { return };
        self.out.extend_from_slice(b"<?");
        self.out.extend_from_slice(instruction.target.as_bytes());
        if let Some(value) = instruction.value {
            self.out.push(b' ');
            for byte in value.bytes().filter(|byte| *byte != b'\r') {
                self.out.push(byte);
            }
        }
        self.out.extend_from_slice(b"?>");
    }
}

/// The name as it was written, with its prefix: the tree itself keeps namespaces only.
fn qualified_name<'a>(node: Node<'a, '_>) -> &'a str {
    let text = node.document().input_text().get(node.range()).unwrap_or_default();
    let text = text.strip_prefix('<').unwrap_or(text);
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(text.len());
    &text[..end]
}

fn attribute_name<'a>(node: Node<'a, '_>, attribute: &Attribute<'a, '_>) -> &'a str {
    node.document().input_text().get(attribute.range_qname()).unwrap_or_default()
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn escape_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'\r' => out.extend_from_slice(b"&#xD;"),
            byte => out.push(byte),
        }
    }
}

fn escape_attribute(value: &str, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\t' => out.extend_from_slice(b"&#x9;"),
            b'\n' => out.extend_from_slice(b"&#xA;"),
            b'\r' => out.extend_from_slice(b"&#xD;"),
            byte => out.push(byte),
        }
    }
}
