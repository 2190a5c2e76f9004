//! The content of BDAT (RFC 3030): octets by count, so that nothing in them can be taken for their end.
//!
//! What comes so may leave over DATA, to a server that has no CHUNKING. Therefore content that was not declared
//! BINARYMIME is held to the same rules as in DATA: lines that end with CRLF, no lone CR or LF, no NUL.

use crate::mail::Status;

/// What content may consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines.
    Text,
    /// Any octets: BODY=BINARYMIME.
    Binary,
}

/// Takes the content of chunks, cut anywhere, and gives it on as far as it has the form.
#[derive(Debug)]
pub struct ChunkDecoder {
    form: Form,
    after_cr: bool,
    /// The last line has its CRLF, or there is none.
    at_start: bool,
    fault: Option<Status>,
}

impl ChunkDecoder {
    /// For content of this form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self { form, after_cr: false, at_start: true, fault: None }
    }

    /// Appends the content in `input` to `output`. A CR is held back until its LF is seen; after a fault nothing more
    /// is appended.
    // [rfc3030#2] [rfc3030#3]
    pub fn decode(&mut self, input: &[u8], output: &mut Vec<u8>) {
        if self.form == Form::Binary {
            output.extend_from_slice(input);
            return;
        }
        let mut rest = input;
        while self.fault.is_none()
            && let Some(&first) = rest.first()
        {
            if self.after_cr {
                self.after_cr = false;
                self.at_start = true;
                match first {
                    b'\n' => output.extend_from_slice(b"\r\n"),
                    _ => self.fault = Some(Status::BareLineEnd),
                }
                rest = &rest[1..];
                continue;
            }
            let plain = memchr::memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
            output.extend_from_slice(&rest[..plain]);
            self.at_start &= plain == 0;
            match rest.get(plain) {
                None => return,
                Some(b'\r') => self.after_cr = true,
                Some(b'\n') => self.fault = Some(Status::BareLineEnd),
                Some(_) => self.fault = Some(Status::NulInContent),
            }
            rest = &rest[plain + 1..];
        }
    }

    /// Why the message cannot be taken, whichever came first.
    #[must_use]
    pub fn fault(&self) -> Option<Status> {
        self.fault
    }

    /// The content is complete. Gives the line end that its last line lacks: over DATA it would get one on the next
    /// leg, and what is sealed must be what leaves.
    ///
    /// # Errors
    /// `BareLineEnd` when it ends in a lone CR.
    pub fn finish(&mut self) -> Result<&'static [u8], Status> {
        if self.after_cr {
            self.fault = Some(Status::BareLineEnd);
            return Err(Status::BareLineEnd);
        }
        let complete = self.form == Form::Binary || std::mem::replace(&mut self.at_start, true);
        Ok(if complete { b"" } else { b"\r\n" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::data::DataDecoder;
    use super::*;

    fn decode(form: Form, input: &[u8]) -> (Vec<u8>, Result<(), Status>) {
        let (mut decoder, mut output) = (ChunkDecoder::new(form), Vec::new());
        decoder.decode(input, &mut output);
        let end = decoder.finish().map(|end| output.extend_from_slice(end));
        (output, decoder.fault().map_or(end, Err))
    }

    #[test]
    // [rfc3030#2] [rfc3030#3]
    fn lines_are_kept_and_completed_and_binary_is_kept_as_it_is() {
        for (input, output) in [
            (b"".as_slice(), b"".as_slice()),
            (b"a\r\n", b"a\r\n"),
            (b"a\r\nb", b"a\r\nb\r\n"),
            (b".\r\n..\r\n", b".\r\n..\r\n"),
            (b"a\r\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),
        ] {
            assert_eq!(decode(Form::Text, input), (output.to_vec(), Ok(())), "{}", input.escape_ascii());
        }
        for input in [b"\n.\n\r\0".as_slice(), b"", b"a"] {
            assert_eq!(decode(Form::Binary, input), (input.to_vec(), Ok(())), "{}", input.escape_ascii());
        }
    }

    #[test]
    // [rfc5321#2.3.8]
    fn every_variant_of_an_end_that_is_none_spoils_the_message() {
        let (bare, nul) = (Status::BareLineEnd, Status::NulInContent);
        for (input, status) in [
            (b"a\n.\nb\r\n".as_slice(), bare),
            (b"a\n.\r\nb\r\n", bare),
            (b"a\r.\rb\r\n", bare),
            (b"a\r\n.\rb\r\n", bare),
            (b"a\r\n.\r", bare),
            (b"a\r\r\n.\r\r\n", bare),
            (b"a\r\n\0.\r\n", nul),
            (b"\r", bare),
            (b"\n", bare),
        ] {
            assert_eq!(decode(Form::Text, input).1, Err(status), "{}", input.escape_ascii());
        }
    }

    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(proptest::sample::select(b"\r\n.\0ab\r\n.".to_vec()), 0..40)
    }

    proptest! {
        #[test]
        fn decoding_does_not_depend_on_cuts(binary: bool, input in hostile(), cuts in proptest::collection::vec(0usize..7, 0..20)) {
            let form = if binary { Form::Binary } else { Form::Text };
            let (mut decoder, mut output, mut rest) = (ChunkDecoder::new(form), Vec::new(), input.as_slice());
            for size in cuts.into_iter().chain([usize::MAX]) {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                decoder.decode(piece, &mut output);
                rest = after;
            }
            let end = decoder.finish().map(|end| output.extend_from_slice(end));
            prop_assert_eq!((output, decoder.fault().map_or(end, Err)), decode(form, &input));
        }

        /// What DATA would take is taken here too, and nothing else.
        #[test]
        fn text_is_what_data_takes(input in hostile()) {
            let (mut content, mut data) = (Vec::new(), DataDecoder::default());
            let complete = if input.is_empty() || input.ends_with(b"\r\n") { input.clone() } else { [&input, b"\r\n".as_slice()].concat() };
            let stuffed = complete.split_inclusive(|&b| b == b'\n').flat_map(|line| {
                let dot: &[u8] = if line.starts_with(b".") { b"." } else { b"" };
                [dot, line].concat()
            });
            data.decode(&stuffed.chain(*b".\r\n").collect::<Vec<_>>(), &mut content);
            prop_assert_eq!(data.fault().is_some(), decode(Form::Text, &input).1.is_err());
            if data.fault().is_none() {
                prop_assert_eq!(content, decode(Form::Text, &input).0);
            }
        }
    }
}
