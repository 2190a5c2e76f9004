//! SASL exchanges with a hostile client: no panic, no endless exchange, nothing accepted that was not proved, and an
//! exchange that is over stays over.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sceau::mail::{Fault, ScramKeys, Status};
use sceau::proto::sasl::{Bindings, Credentials, Exchange, KeysGiven, SaslStep, Terms, TokenTerms};

const NAMES: [&str; 7] =
    ["EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"];

fuzz_target!(|input: (u8, Option<&[u8]>, Vec<&[u8]>)| {
    let (choice, initial, responses) = input;
    let terms = Terms {
        certificate: choice & 1 == 0,
        scram: choice & 2 == 0,
        tokens: (choice & 4 == 0).then(|| Arc::new(TokenTerms::default())),
        bindings: Bindings { exporter: Some(vec![7; 32]), server_end_point: (choice & 8 == 0).then(|| vec![9; 32]) },
    };
    let name = NAMES[usize::from(choice >> 4) % NAMES.len()];
    let (mut exchange, mut step) = Exchange::start(&terms, name, initial);
    let mut responses = responses.into_iter();
    for _ in 0..16 {
        step = match step {
            // nobody knows a password of these keys
            SaslStep::Keys(_) => exchange.keys(&KeysGiven {
                keys: ScramKeys { iterations: 4096, salt: [1; 16], stored_key: [2; 32], server_key: [3; 32] },
                nonce: "server".to_owned(),
            }),
            SaslStep::Credentials(credentials) => {
                assert!(!matches!(credentials, Credentials::Scram { proved: true, .. }));
                exchange.refused(Fault::user(Status::LoginFailed, "no"))
            }
            SaslStep::Challenge(_) => match responses.next() {
                Some(response) => exchange.respond(response),
                None => return,
            },
            SaslStep::Failed(_) => {
                assert!(matches!(exchange.respond(b""), SaslStep::Failed(_)));
                return;
            }
        };
    }
    panic!("an exchange without end");
});
