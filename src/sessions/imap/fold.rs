//! Text in the form in which it is searched and sorted: case and accents do not count, so that `resultat` finds
//! «Résultat» and «œdème» is found by `oedeme`.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The folded text.
#[must_use]
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let (mut folded, mut rest) = (String::with_capacity(text.len()), text);
    loop {
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (plain, others) = rest.split_at(ascii);
        folded.push_str(plain);
        let mut others = others.chars();
        match others.next() {
            Some(c) => push(c, &mut folded),
            None => {
                // what `push` adds is lower case already
                folded.make_ascii_lowercase();
                return folded;
            }
        }
        rest = others.as_str();
    }
}

/// The same of a text that may be kept.
#[must_use]
pub(super) fn fold_owned(mut text: String) -> String {
    if !text.is_ascii() {
        return fold(&text);
    }
    text.make_ascii_lowercase();
    text
}

/// The letters of Latin-1 and Latin Extended-A, which is nearly all that French writes beyond ASCII: what [`unfold`] says
/// of each, made once. Decomposing a character by the tables of Unicode takes twenty times as long.
static LATIN: LazyLock<Vec<Box<str>>> = LazyLock::new(|| {
    let fold_one = |c: char| {
        let mut folded = String::new();
        unfold(c, &mut folded);
        folded.into()
    };
    ('\u{0}'..LATIN_END).map(fold_one).collect()
});
const LATIN_END: char = '\u{180}';

fn push(c: char, folded: &mut String) {
    match LATIN.get(c as usize) {
        Some(text) => folded.push_str(text),
        None => unfold(c, folded),
    }
}

/// Compatibility characters count as what they stand for (ligatures, full width), letters without their marks.
fn unfold(c: char, folded: &mut String) {
    for part in c.nfkd().filter(|part| !is_combining_mark(*part)) {
        match part {
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            // a typographic apostrophe is what word processors make of the one that people type
            '’' | '‘' => folded.push('\''),
            part => folded.extend(part.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        for (text, folded) in [
            ("Résultat", "resultat"),
            ("RE\u{301}SULTAT", "resultat"),
            ("Œdème de l’œil", "oedeme de l'oeil"),
            ("ﬁèvre", "fievre"),
            ("ÇA Ÿ", "ca y"),
            ("Straße", "strasse"),
            ("ΑΣ", "ασ"),
            ("２０", "20"),
            ("漢字", "漢字"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_folds_as_its_characters_do(text in "\\PC{0,40}") {
            let mut one_by_one = String::new();
            text.chars().for_each(|c| unfold(c, &mut one_by_one));
            prop_assert_eq!(fold(&text), one_by_one);
        }

        #[test]
        fn folded_text_stays_as_it_is(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
