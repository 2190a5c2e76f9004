//! SMTP as a whole: the server machine against a naive model, memory under hostile input, and the documentation's tables
//! against the code.

#[path = "model.rs"]
mod model;

use model::{PIECES, observe, predict};
use proptest::prelude::*;
use sceau::proto::smtp::Profile;

/// Bytes that a failure shows as text.
#[derive(Clone)]
struct Text(Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// A conversation of pieces; most begin where they get somewhere.
fn conversation(starts: Vec<&'static [u8]>) -> impl Strategy<Value = Text> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..25);
    (proptest::sample::select(starts), pieces).prop_map(|(start, pieces)| Text([start, &pieces.concat()].concat()))
}

fn in_clear() -> impl Strategy<Value = Text> {
    let noise = conversation(vec![b"", b"EHLO b.fr\r\n"]);
    prop_oneof![4 => Just(Text(b"EHLO b.fr\r\nSTARTTLS\r\n".to_vec())), 1 => noise]
}

fn in_tls() -> impl Strategy<Value = Text> {
    conversation(vec![
        b"",
        b"EHLO b.fr\r\n",
        b"EHLO b.fr\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\n",
        b"EHLO b.fr\r\nMAIL FROM:<a@b.fr> BODY=BINARYMIME\r\nRCPT TO:<c@a.fr>\r\n",
        b"EHLO b.fr\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@b.fr>\r\nRCPT TO:<c@a.fr>\r\n",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    // [rfc5321#4.1.4] [rfc3030#2] [rfc3207#4.2] [rfc2920#3]
    fn the_server_does_what_a_naive_model_does_however_its_input_is_cut(
        submission: bool,
        clear in in_clear(),
        tls in in_tls(),
        cuts in proptest::collection::vec(1usize..30, 0..60),
    ) {
        let profile = if submission { Profile::Submission } else { Profile::Operators };
        let model = predict(profile, &clear.0, &tls.0);
        prop_assert_eq!(&observe(profile, &clear.0, &tls.0, &[]), &model, "in one piece");
        prop_assert_eq!(&observe(profile, &clear.0, &tls.0, &cuts), &model, "in pieces");
    }
}
