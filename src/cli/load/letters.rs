//! A mailbox full of letters as people write them: conversations, correspondents who come back, French words in
//! quoted-printable, now and then a document. What is read, searched, sorted and threaded should be worth it.

use std::fmt::Write;

/// Messages of one conversation.
const CONVERSATION: u64 = 5;
/// Different correspondents.
const CORRESPONDENTS: u64 = 200;
/// One letter in so many has a document.
const WITH_DOCUMENT: u64 = 5;
/// Seconds between two letters.
const APART: u64 = 613;
/// When the first one was written: 1 March 2026, in seconds since 1970.
const FIRST: u64 = 1_772_323_200;
/// Octets of a line of text, about.
const LINE: usize = 72;
/// Found in the subject of one letter in [`RARE`].
pub(super) const RARE_SUBJECT: &str = "Urgence";
/// Found in the text of one letter in [`RARE`].
pub(super) const RARE_TEXT: &str = "tachycardie";
const RARE: u64 = 97;

const WORDS: [&str; 32] = [
    "le",
    "patient",
    "est",
    "venu",
    "en",
    "consultation",
    "avec",
    "une",
    "douleur",
    "thoracique",
    "mod=C3=A9r=C3=A9e",
    "depuis",
    "trois",
    "jours",
    "sans",
    "fi=C3=A8vre",
    "ni",
    "toux",
    "la",
    "radiographie",
    "montre",
    "un",
    "=C5=93d=C3=A8me",
    "discret",
    "nous",
    "proposons",
    "de",
    "revoir",
    "dossier",
    "au",
    "prochain",
    "contr=C3=B4le",
];
const SUBJECTS: [&str; 8] = [
    "Compte rendu de consultation",
    "=?utf-8?q?R=C3=A9sultats_d=27analyses?=",
    "Lettre de liaison",
    "=?utf-8?q?Demande_d=27avis_sp=C3=A9cialis=C3=A9?=",
    "Ordonnance de sortie",
    "Imagerie du genou",
    "=?utf-8?q?Bilan_pr=C3=A9op=C3=A9ratoire?=",
    "Suivi du traitement",
];

/// Makes letters of one size.
#[derive(Debug, Clone)]
pub struct Letters {
    size: usize,
    run: u64,
}

impl Letters {
    /// Letters of about `size` octets, whose Message-IDs hold `run`.
    #[must_use]
    pub fn new(size: usize, run: u64) -> Self {
        Self { size, run }
    }

    /// When the letter with this number was written, in seconds since 1970.
    #[must_use]
    pub fn written(number: u64) -> u64 {
        FIRST + number * APART
    }

    /// The whole letter with this number, CRLF lines of which none begins with a dot.
    #[must_use]
    pub fn letter(&self, number: u64, to: &str) -> Vec<u8> {
        let mut random = self.run ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut letter = self.header(number, to);
        if number.is_multiple_of(WITH_DOCUMENT) {
            letter.push_str(
                "Content-Type: multipart/mixed; boundary=\"=_lettre\"\r\n\r\n--=_lettre\r\n\
                 Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            );
            let half = letter.len() + self.size.saturating_sub(letter.len()) / 2;
            text(&mut letter, half, number, &mut random);
            letter.push_str(
                "--=_lettre\r\nContent-Type: application/pdf; name=\"compte-rendu.pdf\"\r\n\
                 Content-Disposition: attachment; filename=\"compte-rendu.pdf\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n",
            );
            document(&mut letter, self.size, &mut random);
            letter.push_str("--=_lettre--\r\n");
        } else {
            letter.push_str(
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            );
            text(&mut letter, self.size, number, &mut random);
        }
        letter.into_bytes()
    }

    fn header(&self, number: u64, to: &str) -> String {
        let (conversation, place) = (number / CONVERSATION, number % CONVERSATION);
        let id = |place: u64| format!("<{conversation}.{place}.{:x}@load.invalid>", self.run);
        let from = (number * 7919) % CORRESPONDENTS;
        let mut subject = String::from(if place > 0 { "Re: " } else { "" });
        if conversation.is_multiple_of(RARE) {
            subject.push_str(RARE_SUBJECT);
            subject.push(' ');
        }
        subject.push_str(SUBJECTS[index(conversation, SUBJECTS.len())]);
        let _ = write!(subject, " {conversation}");
        let mut header = String::with_capacity(self.size + 1024);
        let _ = write!(
            header,
            "Message-ID: {}\r\nDate: {}\r\nFrom: \"Dr Prenom{from} NOM{from}\" <dr.nom{from}@pair.mssante.fr>\r\nTo: <{to}>\r\n\
             Subject: {subject}\r\n",
            id(place),
            crate::mail::Time::from_secs(i64::try_from(Self::written(number)).unwrap_or_default()).rfc5322(),
        );
        if place > 0 {
            let _ = write!(header, "In-Reply-To: {}\r\nReferences:", id(place - 1));
            (0..place).for_each(|earlier| {
                let _ = write!(header, " {}", id(earlier));
            });
            header.push_str("\r\n");
        }
        header.push_str("MIME-Version: 1.0\r\n");
        header
    }
}

/// Words until the letter is that long.
fn text(letter: &mut String, until: usize, number: u64, random: &mut u64) {
    let mut line = letter.len();
    if number.is_multiple_of(RARE) {
        letter.push_str(RARE_TEXT);
        letter.push(' ');
    }
    while letter.len() < until {
        letter.push_str(WORDS[index(next(random), WORDS.len())]);
        if letter.len() - line > LINE {
            letter.push_str("\r\n");
            line = letter.len();
        } else {
            letter.push(' ');
        }
    }
    letter.push_str("fin.\r\n");
}

/// Base64 until the letter is that long.
fn document(letter: &mut String, until: usize, random: &mut u64) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    loop {
        (0..76).for_each(|_| letter.push(char::from(ALPHABET[index(next(random), ALPHABET.len())])));
        letter.push_str("\r\n");
        if letter.len() >= until {
            return;
        }
    }
}

fn index(number: u64, length: usize) -> usize {
    usize::try_from(number % length as u64).unwrap_or_default()
}

/// The next number of a sequence that looks random (xorshift64).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::mime::{Envelope, Limits, walk};

    #[test]
    fn letters_have_about_the_size_and_are_what_they_say() {
        for (size, number) in [(2048, 0), (4096, 1), (4096, 5), (75_000, 97)] {
            let letter = Letters::new(size, 7).letter(number, "c@d.fr");
            assert!(letter.len().abs_diff(size) < 300, "{} for {size}", letter.len());
            assert!(letter.ends_with(b"\r\n"));
            assert!(letter.split(|byte| *byte == b'\n').all(|line| line.len() < 200 && !line.starts_with(b".")));
            let structure = walk(&letter, Limits::default());
            assert_eq!(structure.parts.len(), if number.is_multiple_of(WITH_DOCUMENT) { 3 } else { 1 }, "{number}");
            let envelope = Envelope::from_header(&structure.header);
            assert_eq!(envelope.in_reply_to.is_some(), number % CONVERSATION > 0, "{number}");
        }
    }

    #[test]
    fn letters_of_a_conversation_refer_to_those_before() {
        let letters = Letters::new(2048, 7);
        let first = String::from_utf8(letters.letter(10, "c@d.fr")).unwrap();
        let third = String::from_utf8(letters.letter(12, "c@d.fr")).unwrap();
        let id = first.lines().next().unwrap().strip_prefix("Message-ID: ").unwrap();
        assert!(third.contains(&format!("References: {id} ")), "{third}");
        assert_ne!(first, String::from_utf8(Letters::new(2048, 8).letter(10, "c@d.fr")).unwrap());
    }
}
