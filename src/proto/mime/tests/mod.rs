//! Tests of the parts together; each message is written out where it is needed.

mod hostile;
mod properties;
mod sections;
mod structures;
mod values;

use super::{Limits, Structure, walk};

/// A message written with `\n`, as it comes over the wire.
fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn walked(text: &str) -> (Vec<u8>, Structure) {
    let message = crlf(text);
    let structure = walk(&message, Limits::default());
    (message, structure)
}

/// One line a part: number, type, body in quotes if it is a leaf.
fn outline(message: &[u8], structure: &Structure) -> Vec<String> {
    let line = |part: &super::Part| {
        let body = &message[part.body.start as usize..part.body.end as usize];
        let body = match part.decoded_sha256 {
            Some(_) => format!(" {:?}", String::from_utf8_lossy(body)),
            None => String::new(),
        };
        format!("{} {}/{}{body}", part.number, part.content_type.kind, part.content_type.subtype)
    };
    structure.parts.iter().map(line).collect()
}

fn outline_of(message: &[u8]) -> Vec<String> {
    outline(message, &walk(message, Limits::default()))
}
