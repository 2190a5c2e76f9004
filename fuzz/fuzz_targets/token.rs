//! Tokens and sets of keys from anybody: no panic, and no token is signed by a key that nobody used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::net::tokens::jwt::Jwt;
use sceau::net::tokens::keys::{Algorithm, Keys};

/// Public keys of RFC 8037 and RFC 7515; the fuzzer does not know their other halves.
const KEYS: &str = r#"{"keys":[
 {"kty":"OKP","crv":"Ed25519","kid":"d","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
 {"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

fuzz_target!(|input: (&str, &[u8])| {
    let (token, set) = input;
    let known = Keys::read(KEYS.as_bytes()).unwrap();
    let Some(jwt) = Jwt::read(token) else { return drop(Keys::read(set)) };
    for algorithm in Algorithm::ALL {
        for name in [jwt.key_id(), Some("d"), Some("e")] {
            if let Some(key) = known.find(name, algorithm) {
                assert!(!jwt.is_signed_by(&key));
            }
            if let Some(key) = Keys::read(set).and_then(|keys| keys.find(name, algorithm)) {
                let _ = jwt.is_signed_by(&key);
            }
        }
    }
});
