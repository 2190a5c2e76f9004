//! Text in the form in which it is searched and sorted: case and accents do not count, so that `resultat` finds
//! «Résultat» and «œdème» is found by `oedeme`.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The folded text.
#[must_use]
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            push(c, &mut folded);
        }
    }
    folded
}

/// Compatibility characters count as what they stand for (ligatures, full width), letters without their marks.
fn push(c: char, folded: &mut String) {
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
        fn folded_text_stays_as_it_is(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
