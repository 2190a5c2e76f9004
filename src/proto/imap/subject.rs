//! The base subject (RFC 5256 §2.1): a subject without the marks of replies and forwards, by which messages are sorted
//! and brought together.

/// Characters of a subject that count: marks may be heaped on it, and each is looked for from the start.
const SUBJECT_MAX: usize = 2000;

/// A subject's base, and whether marks of a reply or a forward were taken off it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseSubject {
    /// The base, as it is written.
    pub base: String,
    /// Whether it was a reply or a forward.
    pub answers: bool,
}

/// The base of a subject whose encoded words are decoded already, of its first 2,000 characters.
// [rfc5256#2.1]
#[must_use]
pub fn base_subject(subject: &str) -> BaseSubject {
    let end = subject.char_indices().nth(SUBJECT_MAX).map_or(subject.len(), |(at, _)| at);
    let text = subject[..end].split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut rest, mut answers) = (text.as_str(), false);
    loop {
        rest = without_trailers(rest, &mut answers);
        rest = without_leaders(rest, &mut answers);
        match forwarded(rest) {
            Some(inner) => {
                answers = true;
                rest = inner;
            }
            None => return BaseSubject { base: rest.to_owned(), answers },
        }
    }
}

fn without_trailers<'a>(mut text: &'a str, answers: &mut bool) -> &'a str {
    loop {
        text = text.trim_end();
        match strip_end(text, "(fwd)") {
            Some(rest) => {
                *answers = true;
                text = rest;
            }
            None => return text,
        }
    }
}

/// Takes off `Re: `, `[list] Re[2]: ` and lone `[list] `, unless nothing would be left.
fn without_leaders<'a>(mut text: &'a str, answers: &mut bool) -> &'a str {
    loop {
        text = text.trim_start();
        let behind_blobs = std::iter::successors(Some(text), |rest| blob(rest)).last().unwrap_or(text);
        if let Some(rest) = mark(behind_blobs) {
            *answers = true;
            text = rest;
        } else if let Some(rest) = blob(text).filter(|rest| !rest.is_empty()) {
            text = rest;
        } else {
            return text;
        }
    }
}

/// What stands behind `re:`, `fw:`, `fwd:`, `Re [2]:`.
fn mark(text: &str) -> Option<&str> {
    let rest = ["fwd", "fw", "re"].iter().find_map(|word| strip_start(text, word))?;
    let rest = rest.trim_start();
    blob(rest).unwrap_or(rest).strip_prefix(':')
}

/// What stands behind `[anything]`.
fn blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    inner[end..].strip_prefix(']').map(str::trim_start)
}

/// What stands in `[fwd: …]`.
fn forwarded(text: &str) -> Option<&str> {
    strip_start(text, "[fwd:")?.strip_suffix(']')
}

fn strip_start<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

fn strip_end<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
    tail.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5256#2.1]
    #[test]
    fn marks_are_taken_off() {
        for (subject, base, answers) in [
            ("Bilan", "Bilan", false),
            ("  Bilan \t sanguin ", "Bilan sanguin", false),
            ("Re: Bilan", "Bilan", true),
            ("RE: re:Fwd: fw: Bilan", "Bilan", true),
            ("Re[2]: Bilan", "Bilan", true),
            ("Re [ext] : Bilan", "Bilan", true),
            ("[CHU] Re: [labo] Bilan", "Bilan", true),
            ("[CHU] [labo] Bilan", "Bilan", false),
            ("[CHU]", "[CHU]", false),
            ("[CHU] Re:", "", true),
            ("Bilan (fwd) (FWD)", "Bilan", true),
            ("[Fwd: Re: Bilan]", "Bilan", true),
            ("[fwd: [fwd: Bilan (fwd)]]", "Bilan", true),
            ("Réunion", "Réunion", false),
            ("Retour", "Retour", false),
            ("é", "é", false),
            ("", "", false),
        ] {
            assert_eq!(base_subject(subject), BaseSubject { base: base.to_owned(), answers }, "{subject:?}");
        }
    }

    #[test]
    fn long_subjects_take_little_time() {
        for part in ["re:", "[x]", "[fwd:", "(fwd)", "[", "re [x"] {
            let _ = base_subject(&part.repeat(50_000));
        }
    }
}
