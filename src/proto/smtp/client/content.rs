//! The content on its way out: over DATA with dot-stuffing, or in chunks when the peer offers CHUNKING.
//!
//! Both refuse what another server could read in two ways. Nothing is repaired: sealed bytes leave as they are, or not
//! at all.

use crate::mail::Status;
use crate::proto::smtp::chunk::{ChunkDecoder, Form};
use crate::proto::smtp::data::DataEncoder;

/// Octets that a chunk is filled to.
const CHUNK: usize = 128 * 1024;

/// How the peer is told where the content ends.
#[derive(Debug)]
pub(super) enum Framing {
    /// DATA.
    Data(DataEncoder),
    /// BDAT.
    Chunks {
        /// Holds the content to its form.
        check: ChunkDecoder,
        /// What was not sent yet: the last chunk has to be known as the last.
        held: Vec<u8>,
    },
}

impl Framing {
    pub(super) fn data() -> Self {
        Self::Data(DataEncoder::default())
    }

    pub(super) fn chunks(form: Form) -> Self {
        Self::Chunks { check: ChunkDecoder::new(form), held: Vec::new() }
    }

    /// Appends to `output` what a piece makes ready to be sent; says whether a chunk was.
    ///
    /// # Errors
    /// The content has not the form it must have; nothing more may be sent of it.
    pub(super) fn push(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Result<bool, Status> {
        let (check, held) = match self {
            Self::Data(encoder) => return encoder.encode(piece, output).map(|()| false),
            Self::Chunks { check, held } => (check, held),
        };
        let full = !held.is_empty() && held.len() + piece.len() > CHUNK;
        if full {
            chunk(held, "", output);
        }
        check.decode(piece, held);
        check.fault().map_or(Ok(full), Err)
    }

    /// Appends the end.
    ///
    /// # Errors
    /// As [`Framing::push`].
    // [rfc3030#2]
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) -> Result<(), Status> {
        match self {
            Self::Data(encoder) => std::mem::take(encoder).finish(output),
            Self::Chunks { check, held } => {
                held.extend_from_slice(check.finish()?);
                chunk(held, " LAST", output);
                Ok(())
            }
        }
    }
}

fn chunk(held: &mut Vec<u8>, last: &str, output: &mut Vec<u8>) {
    output.extend_from_slice(format!("BDAT {}{last}\r\n", held.len()).as_bytes());
    output.append(held);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::{Domain, EnvelopeId};
    use crate::proto::smtp::server::{Answer, Event, Server};
    use crate::proto::smtp::{Limits, Profile, Settings};
    use crate::proto::{Machine, Step};

    /// What a server of ours takes a conversation for.
    fn taken(wire: &[u8]) -> (Vec<Vec<u8>>, String) {
        let limits = Limits { message: 1 << 20, ..Limits::default() };
        let mut server = Server::new(Settings::new(Domain::parse("mx.a.fr").unwrap(), Profile::Submission, limits));
        server.secured();
        server.receive(b"EHLO b\r\nAUTH PLAIN AGEAYg==\r\n");
        server.receive(wire);
        let (mut messages, mut content, mut said) = (Vec::new(), Vec::new(), String::new());
        loop {
            match server.next() {
                Step::Event(Event::Content(piece)) => content.extend(piece),
                Step::Event(Event::ContentEnd { .. }) => {
                    messages.push(std::mem::take(&mut content));
                    server.answer(Answer::Taken(EnvelopeId([0; 16])));
                    continue;
                }
                Step::Event(Event::Abandoned(_) | Event::Ending(_)) => continue,
                Step::Event(_) => {}
                Step::Send(bytes) => {
                    said.push_str(&String::from_utf8(bytes).unwrap());
                    continue;
                }
                Step::StartTls | Step::NeedInput | Step::Close => return (messages, said),
            }
            server.answer(Answer::Accept);
        }
    }

    fn send(framing: &mut Framing, content: &[u8], cut: usize) -> Result<Vec<u8>, Status> {
        let mut wire = Vec::new();
        let (one, two) = content.split_at(cut.min(content.len()));
        framing.push(one, &mut wire)?;
        framing.push(two, &mut wire)?;
        framing.finish(&mut wire)?;
        Ok(wire)
    }

    /// Content in which line ends, dots and commands are frequent.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let words: Vec<&'static [u8]> =
            vec![b"\r\n", b"\r", b"\n", b".", b"\0", b"a", b"\r\n.\r\n", b"QUIT\r\n", b"BDAT 0 LAST\r\n", b"\xe9"];
        proptest::collection::vec(proptest::sample::select(words), 0..20).prop_map(|words| words.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Whatever is stored leaves as one message, the same, or not at all; and the conversation goes on behind it.
        #[test]
        // [rfc5321#2.3.8] [rfc3030#2]
        fn what_is_stored_leaves_as_one_message_or_not_at_all(
            content in hostile(), chunked: bool, binary: bool, cut in 0usize..40,
        ) {
            let form = if binary && chunked { Form::Binary } else { Form::Text };
            let mut framing = if chunked { Framing::chunks(form) } else { Framing::data() };
            if let Ok(wire) = send(&mut framing, &content, cut) {
                let body: &[u8] = if form == Form::Binary { b" BODY=BINARYMIME" } else { b"" };
                let data: &[u8] = if chunked { b"" } else { b"DATA\r\n" };
                let head = [b"MAIL FROM:<a@a.fr>", body, b"\r\nRCPT TO:<b@a.fr>\r\n", data].concat();
                let (messages, said) = taken(&[&head, wire.as_slice(), b"VRFY end\r\n"].concat());
                let incomplete = form == Form::Text && !content.is_empty() && !content.ends_with(b"\r\n");
                let whole = if incomplete { [&content, b"\r\n".as_slice()].concat() } else { content };
                prop_assert_eq!(messages, [whole]);
                prop_assert!(said.ends_with("252 2.0.0 not verified here, send and see\r\n"), "{}", said);
            } else {
                let lone = content.iter().enumerate().any(|(at, byte)| match byte {
                    b'\r' => content.get(at + 1) != Some(&b'\n'),
                    b'\n' => at == 0 || content[at - 1] != b'\r',
                    byte => *byte == 0,
                });
                prop_assert!(lone && form == Form::Text);
            }
        }
    }

    #[test]
    // [rfc3030#2]
    fn small_pieces_make_one_chunk_and_large_ones_several() {
        let mut framing = Framing::chunks(Form::Text);
        assert_eq!(
            send(&mut framing, b"Received: x\r\n\r\nb\r\n", 5),
            Ok(b"BDAT 18 LAST\r\nReceived: x\r\n\r\nb\r\n".to_vec())
        );
        let mut framing = Framing::chunks(Form::Binary);
        let mut wire = Vec::new();
        assert_eq!(framing.push(&[b'x'; CHUNK], &mut wire), Ok(false));
        assert_eq!(framing.push(&[b'y'; 1], &mut wire), Ok(true));
        framing.finish(&mut wire).unwrap();
        assert!(wire.starts_with(b"BDAT 131072\r\nx") && wire.ends_with(b"xBDAT 1 LAST\r\ny"));
    }
}
