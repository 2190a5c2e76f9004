//! BODY and BODYSTRUCTURE of a message in IMAP's syntax (RFC 9051 §7.5.2).

use super::render_envelope;
use super::render_string::{Text, extended_value, nstring, percent_encoded, string};
use crate::proto::mime::{Disposition, Envelope, Parameter, Parameters, Part, Structure};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `BODY`: without extension data.
    Body,
    /// `BODYSTRUCTURE`: with all of it.
    BodyStructure,
}

/// Writes the structure of a message. Nested as deep as the message, which the walker's limits bound.
// [rfc9051#7.5.2]
pub fn body_structure(out: &mut Vec<u8>, structure: &Structure, form: Form, text: Text) {
    Renderer { structure, form, text }.part(out, 0);
}

struct Renderer<'a> {
    structure: &'a Structure,
    form: Form,
    text: Text,
}

impl Renderer<'_> {
    fn part(&self, out: &mut Vec<u8>, index: u32) {
        match self.structure.part(index) {
            Some(part) if part.is_multipart() => self.multipart(out, part, index),
            Some(part) => self.single(out, part, index),
            None => self.empty_part(out),
        }
    }

    fn multipart(&self, out: &mut Vec<u8>, part: &Part, index: u32) {
        out.push(b'(');
        let mut children = self.structure.children(index).peekable();
        if children.peek().is_none() {
            // The syntax has no multipart without parts.
            self.empty_part(out);
        }
        for child in children {
            self.part(out, child);
        }
        out.push(b' ');
        string(out, &part.content_type.subtype);
        if self.form == Form::BodyStructure {
            out.push(b' ');
            self.parameters(out, &part.content_type.parameters);
            self.extension(out, part);
        }
        out.push(b')');
    }

    fn single(&self, out: &mut Vec<u8>, part: &Part, index: u32) {
        let embedded = self.structure.children(index).next().filter(|_| part.content_type.is_message());
        let opaque = part.content_type.is_message() && embedded.is_none();
        let (kind, subtype) = match opaque {
            true => ("application", "octet-stream"),
            false => (part.content_type.kind.as_str(), part.content_type.subtype.as_str()),
        };
        out.push(b'(');
        string(out, kind);
        out.push(b' ');
        string(out, subtype);
        out.push(b' ');
        self.fields(out, part);
        if let Some(child) = embedded {
            self.message(out, part, child);
        }
        if embedded.is_some() || kind == "text" {
            out.extend_from_slice(format!(" {}", part.lines).as_bytes());
        }
        if self.form == Form::BodyStructure {
            out.push(b' ');
            nstring(out, part.md5.as_deref(), self.text);
            self.extension(out, part);
        }
        out.push(b')');
    }

    /// Envelope and structure of an embedded message, with the space before each.
    fn message(&self, out: &mut Vec<u8>, part: &Part, child: u32) {
        out.push(b' ');
        match &part.envelope {
            Some(envelope) => render_envelope::envelope(out, envelope, self.text),
            None => render_envelope::envelope(out, &Envelope::default(), self.text),
        }
        out.push(b' ');
        self.part(out, child);
    }

    /// `body-fields`: parameters, id, description, encoding, octets.
    fn fields(&self, out: &mut Vec<u8>, part: &Part) {
        self.parameters(out, &part.content_type.parameters);
        out.push(b' ');
        nstring(out, part.id.as_deref(), self.text);
        out.push(b' ');
        nstring(out, part.description.as_deref(), self.text);
        out.push(b' ');
        string(out, &part.encoding);
        let octets = part.body.end.saturating_sub(part.body.start);
        out.extend_from_slice(format!(" {octets}").as_bytes());
    }

    /// Disposition, language, location, with the space before them.
    fn extension(&self, out: &mut Vec<u8>, part: &Part) {
        out.push(b' ');
        self.disposition(out, part.disposition.as_ref());
        out.push(b' ');
        match part.language.as_slice() {
            [] => out.extend_from_slice(b"NIL"),
            [tag] => string(out, tag),
            tags => self.list(out, tags.iter().map(String::as_str)),
        }
        out.push(b' ');
        let location = part.location.as_deref().map(|location| match self.text.takes(location) {
            true => location.to_owned(),
            false => percent_encoded(location, |b| b.is_ascii()),
        });
        nstring(out, location.as_deref(), self.text);
    }

    fn disposition(&self, out: &mut Vec<u8>, disposition: Option<&Disposition>) {
        let Some(disposition) = disposition else {
            out.extend_from_slice(b"NIL");
            return;
        };
        out.push(b'(');
        string(out, &disposition.kind);
        out.push(b' ');
        self.parameters(out, &disposition.parameters);
        out.push(b')');
    }

    fn parameters(&self, out: &mut Vec<u8>, parameters: &Parameters) {
        if parameters.is_empty() {
            out.extend_from_slice(b"NIL");
            return;
        }
        let written: Vec<_> = parameters.iter().flat_map(|parameter| self.parameter(parameter)).collect();
        self.list(out, written.iter().map(String::as_str));
    }

    /// Name and value. An extended one keeps its `*`, so that clients know of the charset; a plain one that is not ASCII
    /// becomes extended where ASCII is asked for.
    // [rfc2231#4] [rfc9051#7.5.2]
    fn parameter(&self, parameter: &Parameter) -> [String; 2] {
        let starred = || format!("{}*", parameter.name);
        let value = &parameter.value;
        match (parameter.extended, self.text) {
            (true, Text::Rev2) => [starred(), value.clone()],
            (false, _) if self.text.takes(value) => [parameter.name.clone(), value.clone()],
            _ => [starred(), extended_value(value)],
        }
    }

    fn list<'a>(&self, out: &mut Vec<u8>, items: impl Iterator<Item = &'a str>) {
        out.push(b'(');
        for (index, item) in items.enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            string(out, item);
        }
        out.push(b')');
    }

    /// An empty text, for what the syntax wants and the message has not.
    fn empty_part(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0");
        if self.form == Form::BodyStructure {
            out.extend_from_slice(b" NIL NIL NIL NIL");
        }
        out.push(b')');
    }
}

#[cfg(test)]
mod tests {
    use imap_codec::ResponseCodec;
    use imap_codec::decode::Decoder;

    use super::*;
    use crate::proto::mime::{Limits, walk};

    fn rendered(message: &str, form: Form, text: Text) -> String {
        let structure = walk(message.replace('\n', "\r\n").as_bytes(), Limits::default());
        let mut out = Vec::new();
        body_structure(&mut out, &structure, form, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn single_parts_are_told_with_their_fields() {
        // [rfc9051#7.5.2]
        for (header, plain, extension) in [
            ("X: y", "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 7 1", "NIL NIL NIL NIL"),
            (
                "Content-Type: TEXT/HTML; charset=utf-8\nContent-Language: fr, en\nContent-MD5: abc\nContent-Location: x",
                "\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 7 1",
                "\"abc\" NIL (\"fr\" \"en\") \"x\"",
            ),
            (
                "Content-Type: application/pdf\nContent-ID: <a@b>\nContent-Description: =?utf-8?Q?=C3=A9?=\n\
                 Content-Transfer-Encoding: BASE64\nContent-Disposition: attachment; filename=x.pdf\nContent-Language: fr",
                "\"application\" \"pdf\" NIL \"<a@b>\" \"=?utf-8?Q?=C3=A9?=\" \"base64\" 7",
                "NIL (\"attachment\" (\"filename\" \"x.pdf\")) \"fr\" NIL",
            ),
        ] {
            let message = format!("{header}\n\nhello\n");
            assert_eq!(rendered(&message, Form::Body, Text::Ascii), format!("({plain})"));
            assert_eq!(rendered(&message, Form::BodyStructure, Text::Ascii), format!("({plain} {extension})"));
        }
    }

    #[test]
    fn multiparts_and_embedded_messages_are_nested() {
        // [rfc9051#7.5.2]
        let message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: message/rfc822\n\n\
            Subject: in\n\ntwo\n--b--\n";
        let text = "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\"";
        let envelope = "(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL)";
        let ext = " NIL NIL NIL NIL";
        assert_eq!(
            rendered(message, Form::BodyStructure, Text::Ascii),
            format!(
                "(({text} 3 0{ext})(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 18 {envelope} ({text} 3 0{ext}) 2{ext}) \
                 \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"
            )
        );
    }

    #[test]
    fn parameters_speak_the_syntax_that_the_session_reads() {
        // [rfc2231#4] [rfc9051#7.5.2]
        let extended = "Content-Disposition: attachment; filename*=utf-8''Compte-rendu%20d'op%C3%A9ration.pdf\n\n";
        let raw = "Content-Disposition: attachment; filename=\"opération.pdf\"\n\n";
        for (message, text, expected) in [
            (extended, Text::Ascii, "(\"filename*\" \"utf-8''Compte-rendu%20d%27op%C3%A9ration.pdf\")"),
            (extended, Text::Utf8, "(\"filename*\" \"utf-8''Compte-rendu%20d%27op%C3%A9ration.pdf\")"),
            (extended, Text::Rev2, "(\"filename*\" \"Compte-rendu d'opération.pdf\")"),
            (raw, Text::Ascii, "(\"filename*\" \"utf-8''op%C3%A9ration.pdf\")"),
            (raw, Text::Utf8, "(\"filename\" \"opération.pdf\")"),
            (raw, Text::Rev2, "(\"filename\" \"opération.pdf\")"),
        ] {
            let all = rendered(message, Form::BodyStructure, text);
            assert!(all.contains(expected), "{all}");
        }
    }

    #[test]
    fn what_the_syntax_lacks_is_made_up() {
        // a multipart without parts, an embedded message that is encoded, one without a header
        let empty = "Content-Type: multipart/mixed; boundary=b\n\nno delimiter\n";
        assert_eq!(
            rendered(empty, Form::Body, Text::Ascii),
            "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0) \"mixed\")"
        );
        let encoded = "Content-Type: message/rfc822; name=x.eml\nContent-Transfer-Encoding: base64\n\nQUJD\n";
        assert_eq!(
            rendered(encoded, Form::Body, Text::Ascii),
            "(\"application\" \"octet-stream\" (\"name\" \"x.eml\") NIL NIL \"base64\" 6)"
        );
    }

    #[test]
    fn another_implementation_reads_what_is_written() {
        let hostile = "Content-Type: multipart/x; boundary=b; a=\"q\\\"\\\\u\"\n\n--b\nContent-Type: message/rfc822\n\n\
            --b\nContent-Type: multipart/alternative; boundary=c\nContent-Location: é\n\n--c\nContent-ID: é\n--b--\n";
        let nested = "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nFrom: A <a@b>, g: c@d;\n\nx";
        for message in ["", "\n", hostile, nested] {
            for form in [Form::Body, Form::BodyStructure] {
                let written = rendered(message, form, Text::Ascii);
                assert!(written.is_ascii());
                let item = if form == Form::Body { "BODY" } else { "BODYSTRUCTURE" };
                let line = format!("* 1 FETCH ({item} {written})\r\n");
                let (rest, _) = ResponseCodec::default().decode(line.as_bytes()).expect(&line);
                assert!(rest.is_empty());
            }
        }
    }
}
