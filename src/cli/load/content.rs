//! The messages of the load: a short header of their own, and a body like a letter with a document in base64, which no
//! server can shorten.

use std::sync::Arc;

/// Lines of base64, as MIME wants them.
const LINE: usize = 76;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Makes messages of one size; the bodies are shared.
#[derive(Debug, Clone)]
pub struct Content {
    body: Arc<Vec<u8>>,
    run: u64,
}

impl Content {
    /// Messages of about `size` bytes, header included, whose Message-IDs hold `run`, so that runs don't repeat them.
    #[must_use]
    pub fn new(size: usize, run: u64) -> Self {
        let header = Self { body: Arc::default(), run }.header(0, "a@b.invalid", "c@d.invalid").len();
        let mut state = run | 1;
        let mut body = Vec::with_capacity(size);
        while body.len() + header < size {
            let line = (0..LINE.min(size - body.len())).map(|_| letter(&mut state));
            body.extend(line);
            body.extend_from_slice(b"\r\n");
        }
        Self { body: Arc::new(body), run }
    }

    /// The header of the message with this number.
    #[must_use]
    pub fn header(&self, number: u64, from: &str, to: &str) -> Vec<u8> {
        format!(
            "Message-ID: <{number}.{:016x}@load.invalid>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nFrom: <{from}>\r\n\
             To: <{to}>\r\nSubject: Compte rendu {number}\r\nMIME-Version: 1.0\r\n\
             Content-Type: application/pdf; name=\"cr.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            self.run
        )
        .into_bytes()
    }

    /// The body of every message.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The next letter of a sequence that looks random (xorshift64).
fn letter(state: &mut u64) -> u8 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    ALPHABET[usize::try_from(*state >> 58).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_about_the_size_and_valid_lines() {
        for size in [4096, 75_000, 1 << 20] {
            let content = Content::new(size, 7);
            let whole = [content.header(12, "a@b.fr", "c@d.fr"), content.body().to_vec()].concat();
            assert!(whole.len().abs_diff(size) < 200, "{} for {size}", whole.len());
            assert!(whole.ends_with(b"\r\n"));
            assert!(whole.split(|byte| *byte == b'\n').all(|line| line.len() < 100 && !line.starts_with(b".")));
        }
    }
}
