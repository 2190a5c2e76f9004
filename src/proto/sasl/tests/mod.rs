//! The exchanges of every mechanism, good, bad and broken off.

mod scram;
mod tokens;

use proptest::prelude::*;

use super::*;

/// A connection that allows everything.
fn everything() -> Terms {
    Terms {
        certificate: true,
        scram: true,
        tokens: Some(std::sync::Arc::new(TokenTerms {
            scope: "openid scope_all".to_owned(),
            discovery: "https://idp.example/.well-known/x".to_owned(),
        })),
        bindings: Bindings { exporter: Some(vec![7; 32]), server_end_point: Some(vec![9; 32]) },
    }
}

/// Runs a whole exchange; `None` as first response is «no initial response». Keys are never given.
fn run(name: &str, initial: Option<&[u8]>, responses: &[&[u8]]) -> (Vec<Vec<u8>>, Option<Credentials>) {
    let (mut exchange, mut step) = Exchange::start(&everything(), name, initial);
    let (mut challenges, mut responses) = (Vec::new(), responses.iter());
    loop {
        match step {
            SaslStep::Credentials(credentials) => return (challenges, Some(credentials)),
            SaslStep::Failed(_) | SaslStep::Keys(_) => return (challenges, None),
            SaslStep::Challenge(challenge) => challenges.push(challenge),
        }
        let Some(response) = responses.next() else { return (challenges, None) };
        step = exchange.respond(response);
    }
}

fn password(authzid: Option<&str>, user: &str, password: &str) -> Option<Credentials> {
    Some(Credentials::Password {
        authzid: authzid.map(str::to_owned),
        user: user.to_owned(),
        password: Zeroizing::new(password.to_owned()),
    })
}

#[test]
fn what_is_offered_follows_from_what_the_connection_allows() {
    let names = |terms: &Terms| mechanisms(terms).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&Terms::default()), "PLAIN LOGIN");
    let all = "EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN";
    assert_eq!(names(&everything()), all);
    let unbound = Terms { bindings: Bindings::default(), ..everything() };
    assert_eq!(names(&unbound), all.replace("SCRAM-SHA-256-PLUS ", ""));
    assert_eq!(names(&Terms { scram: false, ..everything() }), "EXTERNAL OAUTHBEARER XOAUTH2 PLAIN LOGIN");
    for (name, terms) in [("EXTERNAL", Terms::default()), ("SCRAM-SHA-256-PLUS", unbound), ("CRAM-MD5", everything())] {
        let (_, step) = Exchange::start(&terms, name, None);
        assert!(matches!(step, SaslStep::Failed(fault) if fault.status == Status::MechanismUnknown), "{name}");
    }
}

#[test]
// [rfc4616#2]
fn plain_in_all_its_forms() {
    let whole = b"\0jean@a.fr\0s3cret".as_slice();
    assert_eq!(run("PLAIN", Some(whole), &[]), (vec![], password(None, "jean@a.fr", "s3cret")));
    assert_eq!(run("plain", None, &[whole]), (vec![vec![]], password(None, "jean@a.fr", "s3cret")));
    assert_eq!(run("PLAIN", Some(b"org\0jean\0\xc3\xa9"), &[]).1, password(Some("org"), "jean", "é"));
}

#[test]
fn plain_refuses_what_has_no_valid_form() {
    let long = [b"\0a\0".as_slice(), &[b'x'; RESPONSE_MAX]].concat();
    for bad in [
        b"".as_slice(),
        b"jean",
        b"\0jean",
        b"\0\0x",
        b"\0jean\0",
        b"\0jean\0a\0b",
        b"\0je\xffan\0x",
        b"\0je\r\nan\0x",
        b"\x01\0jean\0x",
        &long,
    ] {
        assert_eq!(run("PLAIN", Some(bad), &[]).1, None, "{:?}", bad.escape_ascii().to_string());
    }
}

#[test]
fn login_prompts_as_outlook_wants_and_takes_an_initial_response() {
    let prompts = vec![b"Username:".to_vec(), b"Password:".to_vec()];
    assert_eq!(run("LOGIN", None, &[b"jean", b"pw"]), (prompts.clone(), password(None, "jean", "pw")));
    assert_eq!(run("LOGIN", Some(b"jean"), &[b"pw"]), (prompts[1..].to_vec(), password(None, "jean", "pw")));
    // an empty initial response («AUTH LOGIN =») is one: there is no user with an empty name
    assert_eq!(run("LOGIN", Some(b""), &[b"jean", b"pw"]), (vec![], None));
    assert_eq!(run("LOGIN", None, &[b"", b"pw"]).1, None);
    assert_eq!(run("LOGIN", None, &[b"jean", b""]).1, None);
    assert_eq!(run("LOGIN", None, &[b"je\0an", b"x"]).1, None);
}

#[test]
// [rfc4422#A]
fn external_takes_the_certificates_name_or_another() {
    let certificate = |authzid: Option<&str>| Some(Credentials::Certificate { authzid: authzid.map(str::to_owned) });
    assert_eq!(run("EXTERNAL", None, &[b""]), (vec![vec![]], certificate(None)));
    assert_eq!(run("EXTERNAL", Some(b""), &[]), (vec![], certificate(None)));
    assert_eq!(run("EXTERNAL", Some(b"labo@a.fr"), &[]), (vec![], certificate(Some("labo@a.fr"))));
    assert_eq!(run("EXTERNAL", Some("hôpital@a.fr".as_bytes()), &[]).1, certificate(Some("hôpital@a.fr")));
    for bad in [b"a\0b".as_slice(), b"\xff", b"a\r\n"] {
        assert_eq!(run("EXTERNAL", Some(bad), &[]).1, None, "{}", bad.escape_ascii());
    }
}

#[test]
fn an_exchange_that_is_over_stays_over() {
    let (mut exchange, _) = Exchange::start(&everything(), "PLAIN", Some(b"\0a\0b"));
    assert!(matches!(exchange.respond(b"\0a\0b"), SaslStep::Failed(_)));
    let (mut exchange, _) = Exchange::start(&everything(), "CRAM-MD5", None);
    assert!(matches!(exchange.respond(b""), SaslStep::Failed(_)));
    let (mut exchange, _) = Exchange::start(&everything(), "PLAIN", Some(b"\0a\0b"));
    let wrong = Fault::user(Status::LoginFailed, "wrong");
    assert!(matches!(exchange.refused(wrong), SaslStep::Failed(fault) if fault.status == Status::LoginFailed));
    let again = Fault::user(Status::LoginFailed, "again");
    assert!(matches!(exchange.refused(again), SaslStep::Failed(fault) if fault.status == Status::LoginMalformed));
}

#[test]
fn nothing_prints_a_secret() {
    for (name, response) in
        [("PLAIN", b"\0jean\0s3cret".as_slice()), ("XOAUTH2", b"user=jean\x01auth=Bearer s3cret\x01\x01")]
    {
        let (exchange, step) = Exchange::start(&everything(), name, Some(response));
        assert!(matches!(step, SaslStep::Credentials(_)), "{name}");
        assert!(!format!("{step:?}{exchange:?}").contains("s3cret"), "{name}");
    }
    assert!(!format!("{:?}", everything()).contains('7'));
}

proptest! {
    #[test]
    fn no_exchange_panics_or_runs_for_ever(
        name in prop_oneof![
            Just("PLAIN"), Just("LOGIN"), Just("EXTERNAL"), Just("SCRAM-SHA-256"), Just("SCRAM-SHA-256-PLUS"),
            Just("XOAUTH2"), Just("OAUTHBEARER"),
        ],
        initial in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)),
        responses in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
    ) {
        let responses: Vec<&[u8]> = responses.iter().map(Vec::as_slice).collect();
        let (challenges, _) = run(name, initial.as_deref(), &responses);
        prop_assert!(challenges.len() <= 3);
    }

    #[test]
    fn base64_goes_there_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(decode(encode(&bytes).as_bytes()).unwrap().to_vec(), bytes);
    }
}
