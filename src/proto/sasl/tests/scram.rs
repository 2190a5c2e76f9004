//! SCRAM: the vectors of the RFC, channel bindings, and everything that must not pass.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, pbkdf2};

use super::super::scram::saslname;
use super::*;

/// The keys of a password, as RFC 5802 §3 derives them.
fn keys(password: &str, salt: [u8; 16], iterations: u32) -> ScramKeys {
    let salted = salted(password, salt, iterations);
    let client_key = mac(&salted, b"Client Key");
    let mut stored_key = [0; 32];
    stored_key.copy_from_slice(digest::digest(&digest::SHA256, &client_key).as_ref());
    ScramKeys { iterations, salt, stored_key, server_key: mac(&salted, b"Server Key") }
}

fn salted(password: &str, salt: [u8; 16], iterations: u32) -> [u8; 32] {
    let mut salted = [0; 32];
    let rounds = NonZeroU32::new(iterations).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
    salted
}

fn mac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    out.copy_from_slice(aws_lc_rs::hmac::sign(&key, text).as_ref());
    out
}

/// What a client says, and how an exchange with it ends.
struct Client {
    mechanism: &'static str,
    /// The header that it sends at first.
    header: &'static str,
    /// The header that it repeats, and the binding behind it.
    repeated: Vec<u8>,
    password: &'static str,
    /// Changes its last message before it is sent.
    tamper: fn(String) -> String,
}

impl Client {
    fn new(mechanism: &'static str, header: &'static str, binding: &[u8]) -> Self {
        let repeated = [header.as_bytes(), binding].concat();
        Self { mechanism, header, repeated, password: "pencil", tamper: |message| message }
    }

    /// Holds the whole exchange with the keys of `pencil`.
    fn talk(&self, terms: &Terms) -> Result<Credentials, Status> {
        let bare = "n=jean@a.fr,r=abc";
        let first = format!("{}{bare}", self.header);
        let (mut exchange, step) = Exchange::start(terms, self.mechanism, Some(first.as_bytes()));
        match step {
            SaslStep::Keys(wanted) => assert_eq!(wanted.user, "jean@a.fr"),
            SaslStep::Failed(fault) => return Err(fault.status),
            other => panic!("{other:?}"),
        }
        let given = KeysGiven { keys: keys("pencil", [3; 16], 16), nonce: "xyz".to_owned() };
        let SaslStep::Challenge(server_first) = exchange.keys(&given) else { panic!("no first message") };
        let server_first = String::from_utf8(server_first).unwrap();
        let without_proof = format!("c={},r=abcxyz", encode(&self.repeated));
        let signed = format!("{bare},{server_first},{without_proof}");
        let client_key = mac(&salted(self.password, [3; 16], 16), b"Client Key");
        let stored_key: [u8; 32] = digest::digest(&digest::SHA256, &client_key).as_ref().try_into().unwrap();
        let signature = mac(&stored_key, signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let last = (self.tamper)(format!("{without_proof},p={}", encode(&proof)));
        match exchange.respond(last.as_bytes()) {
            SaslStep::Challenge(ours) => {
                let server_key = mac(&salted("pencil", [3; 16], 16), b"Server Key");
                assert_eq!(ours, format!("v={}", encode(&mac(&server_key, signed.as_bytes()))).as_bytes());
            }
            SaslStep::Failed(fault) => return Err(fault.status),
            SaslStep::Credentials(credentials) => return Ok(credentials),
            other => panic!("{other:?}"),
        }
        // [rfc4422#5]
        match exchange.respond(b"") {
            SaslStep::Credentials(credentials) => Ok(credentials),
            other => panic!("{other:?}"),
        }
    }
}

fn scram(authzid: Option<&str>, proved: bool) -> Result<Credentials, Status> {
    Ok(Credentials::Scram { authzid: authzid.map(str::to_owned), user: "jean@a.fr".to_owned(), proved })
}

// [rfc7677#3] [rfc5802#5]
#[test]
fn the_vector_of_the_rfc() {
    let (mut exchange, step) =
        Exchange::start(&everything(), "SCRAM-SHA-256", Some(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    assert!(matches!(step, SaslStep::Keys(wanted) if wanted.user == "user"));
    let salt = decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().as_slice().try_into().unwrap();
    let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".to_owned();
    let step = exchange.keys(&KeysGiven { keys: keys("pencil", salt, 4096), nonce });
    let SaslStep::Challenge(first) = step else { panic!("{step:?}") };
    assert_eq!(
        String::from_utf8(first).unwrap(),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let last = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    let step = exchange.respond(last);
    let SaslStep::Challenge(ours) = step else { panic!("{step:?}") };
    assert_eq!(ours, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert!(matches!(exchange.respond(b""), SaslStep::Credentials(Credentials::Scram { proved: true, .. })));
}

// [rfc5802#6] [rfc9266#2] [rfc5929#4]
#[test]
fn a_binding_must_be_that_of_the_connection() {
    let (exporter, end_point) = (vec![7; 32], vec![9; 32]);
    let plus = "SCRAM-SHA-256-PLUS";
    let good = Client::new(plus, "p=tls-exporter,,", &exporter);
    assert_eq!(good.talk(&everything()), scram(None, true));
    let good = Client::new(plus, "p=tls-server-end-point,a=org@a.fr,", &end_point);
    assert_eq!(good.talk(&everything()), scram(Some("org@a.fr"), true));
    // of another connection: somebody sits between two of them
    let elsewhere = Client::new(plus, "p=tls-exporter,,", &[8; 32]);
    assert_eq!(elsewhere.talk(&everything()), scram(None, false));
    // the data of one kind under the name of the other
    let mixed = Client::new(plus, "p=tls-exporter,,", &end_point);
    assert_eq!(mixed.talk(&everything()), scram(None, false));
    // a header that is not the one of the beginning
    let changed = Client { repeated: b"n,,".to_vec(), ..Client::new(plus, "p=tls-exporter,,", &exporter) };
    assert_eq!(changed.talk(&everything()), scram(None, false));
    for header in ["n,,", "y,,", "p=tls-unique,,", "p=,,", "x,,"] {
        assert_eq!(Client::new(plus, header, &exporter).talk(&everything()), Err(Status::LoginMalformed), "{header}");
    }
    let none = Terms { bindings: Bindings { exporter: None, ..everything().bindings }, ..everything() };
    let unavailable = Client::new(plus, "p=tls-exporter,,", &exporter);
    assert_eq!(unavailable.talk(&none), Err(Status::LoginMalformed));
}

// [rfc5802#6]
#[test]
fn a_client_that_was_told_of_no_plus_notices_and_so_do_we() {
    let downgraded = Client::new("SCRAM-SHA-256", "y,,", b"");
    assert_eq!(downgraded.talk(&everything()), Err(Status::LoginFailed));
    let unbound = Terms { bindings: Bindings::default(), ..everything() };
    assert_eq!(downgraded.talk(&unbound), scram(None, true), "there is no -PLUS here");
    assert_eq!(Client::new("SCRAM-SHA-256", "n,,", b"").talk(&everything()), scram(None, true));
    let bound = Client::new("SCRAM-SHA-256", "p=tls-exporter,,", &[7; 32]);
    assert_eq!(bound.talk(&everything()), Err(Status::LoginMalformed));
}

#[test]
fn a_wrong_proof_is_a_failed_login_and_a_broken_message_is_malformed() {
    let client = || Client::new("SCRAM-SHA-256", "n,,", b"");
    assert_eq!(Client { password: "pencils", ..client() }.talk(&everything()), scram(None, false));
    let tampered = |tamper| Client { tamper, ..client() }.talk(&everything());
    assert_eq!(tampered(|m| m.replace("abcxyz", "abcxyy")), scram(None, false));
    assert_eq!(tampered(|m| m.replace(",p=", ",x=1,p=")), scram(None, false), "what is signed was changed");
    assert_eq!(tampered(|m| m.replace(",p=", ",q=")), Err(Status::LoginMalformed));
    assert_eq!(tampered(|m| m[..m.len() - 4].to_owned()), Err(Status::LoginMalformed));
    assert_eq!(tampered(|m| m.replace("c=", "d=")), Err(Status::LoginMalformed));
    assert_eq!(tampered(|_| String::new()), Err(Status::LoginMalformed));
}

// [rfc5802#7]
#[test]
fn first_messages_that_have_no_valid_form() {
    for bad in [
        "",
        "n,,",
        "n,",
        "n,,n=,r=a",
        "n,,n=a",
        "n,,n=a,r=",
        "n,,n=a,r=\u{e9}",
        "n,,m=x,n=a,r=b",
        "n,,r=b,n=a",
        "n,a=,n=a,r=b",
        "n,b=x,n=a,r=b",
        "n,,n=a=b,r=c",
        "n,,n=a\0b,r=c",
        "f,,n=a,r=b",
    ] {
        let (_, step) = Exchange::start(&everything(), "SCRAM-SHA-256", Some(bad.as_bytes()));
        assert!(matches!(step, SaslStep::Failed(fault) if fault.status == Status::LoginMalformed), "{bad:?}");
    }
    let (_, step) = Exchange::start(&everything(), "SCRAM-SHA-256", Some(b"n,,n=\xff,r=a"));
    assert!(matches!(step, SaslStep::Failed(_)));
    let long = format!("n,,n=a,r={}", "x".repeat(257));
    let (_, step) = Exchange::start(&everything(), "SCRAM-SHA-256", Some(long.as_bytes()));
    assert!(matches!(step, SaslStep::Failed(_)));
}

#[test]
fn steps_out_of_order_end_the_exchange() {
    let given = KeysGiven { keys: keys("pencil", [3; 16], 16), nonce: "xyz".to_owned() };
    let (mut exchange, step) = Exchange::start(&everything(), "SCRAM-SHA-256", None);
    assert!(matches!(step, SaslStep::Challenge(empty) if empty.is_empty()));
    assert!(matches!(exchange.keys(&given), SaslStep::Failed(_)));
    let (mut exchange, _) = Exchange::start(&everything(), "SCRAM-SHA-256", Some(b"n,,n=a,r=b"));
    assert!(matches!(exchange.respond(b"c=biws"), SaslStep::Failed(_)));
    assert!(matches!(exchange.keys(&given), SaslStep::Failed(_)));
}

// [rfc5802#5.1]
#[test]
fn names_are_unescaped() {
    for (name, plain) in [
        ("a", Some("a")),
        ("a=2Cb", Some("a,b")),
        ("=3D=3D", Some("==")),
        ("é", Some("é")),
        ("", None),
        ("a=2c", None),
        ("a=", None),
        ("a=2", None),
        ("a=2é", None),
        ("a=é", None),
    ] {
        assert_eq!(saslname(name).as_deref(), plain, "{name}");
    }
}
