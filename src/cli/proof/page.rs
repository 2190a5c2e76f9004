//! `sceau proof page`: one self-contained page that verifies proofs in a browser, without network.
//!
//! The page's code is its own (`page/verifier.js` follows docs/proofs.md); from here come the table of kinds and the
//! French words, so that page and program read the same leaves and say the same.

use serde_json::{Map, Value, json};

use crate::seal::event::{Basis, EventKind, Field, Grade, Level, Plain, Via};

const PAGE: &str = include_str!("page/page.html");
const VERIFIER: &str = include_str!("page/verifier.js");
const SCRIPT: &str = include_str!("page/page.js");

/// The page, with a policy to begin with.
pub(super) fn page(policy: &str) -> String {
    // In this order: what a policy says is never taken for a place of the page.
    let page = PAGE.replace("{{words}}", &words()).replace("{{verifier}}", VERIFIER).replace("{{page}}", SCRIPT);
    page.replace("{{policy}}", &escaped(policy))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn words() -> String {
    let names = |plain: &[Plain]| plain.iter().map(|plain| plain.name()).collect::<Vec<_>>();
    let kinds: Map<String, Value> = EventKind::ALL
        .into_iter()
        .map(|kind| {
            let fields = kind.fields();
            let committed: Vec<_> = fields.committed.iter().map(|field| field.stem()).collect();
            let row = json!({
                "required": names(fields.required), "optional": names(fields.optional), "committed": committed,
                "label": kind.label(), "says": kind.says(), "saysNot": kind.says_not(),
            });
            (kind.word().to_owned(), row)
        })
        .collect();
    let bases: Map<String, Value> =
        Basis::ALL.iter().map(|basis| (basis.word().to_owned(), basis_row(*basis))).collect();
    let all: Vec<Field> = EventKind::ALL.into_iter().flat_map(|kind| kind.fields().committed.iter().copied()).collect();
    let fields: Map<String, Value> = all.iter().map(|field| (field.stem().to_owned(), field.label().into())).collect();
    let labels = |pairs: Vec<(&str, &str)>| -> Map<String, Value> {
        pairs.into_iter().map(|(word, label)| (word.to_owned(), label.into())).collect()
    };
    let words = json!({
        "plain": names(&Plain::ALL), "kinds": kinds, "bases": bases, "fields": fields,
        "grades": labels(Grade::ALL.iter().map(|grade| (grade.word(), grade.label())).collect()),
        "levels": labels(Level::ALL.iter().map(|level| (level.word(), level.label())).collect()),
        "vias": labels(Via::ALL.iter().map(|via| (via.word(), via.label())).collect()),
    });
    // Nothing in it may end the script.
    words.to_string().replace('<', "\\u003c")
}

fn basis_row(basis: Basis) -> Value {
    let supports: Vec<EventKind> = EventKind::ALL.into_iter().filter(|kind| basis.supports(*kind)).collect();
    let sentences: Map<String, Value> =
        supports.iter().map(|kind| (kind.word().to_owned(), basis.sentence(*kind, "{who}").into())).collect();
    json!({
        "grade": basis.grade().map(Grade::word),
        "supports": supports.iter().map(|kind| kind.word()).collect::<Vec<_>>(),
        "sentences": sentences,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_alone_and_a_policy_cannot_become_code() {
        let page = page("</textarea><script>alert(1)</script>{{words}}");
        assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{words}}"));
        assert!(!page.contains("{{verifier}}") && !page.contains("{{page}}"));
        for outside in ["http:", "https:", "src=", "href=", "import(", "fetch(", "XMLHttp"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("</script>").count(), 3);
    }
}
