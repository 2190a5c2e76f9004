//! XOAUTH2 and OAUTHBEARER.

use super::*;

fn token(user: Option<&str>, token: &str) -> Option<Credentials> {
    Some(Credentials::Token { user: user.map(str::to_owned), token: Zeroizing::new(token.to_owned()) })
}

// [rfc7628#3] [rfc7628#3.1]
#[test]
fn both_forms_carry_a_name_and_a_token() {
    let google = b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01";
    let read = token(Some("someuser@example.com"), "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
    assert_eq!(run("XOAUTH2", Some(google), &[]), (vec![], read.clone()));
    assert_eq!(run("XOAUTH2", None, &[google]), (vec![vec![]], read));
    // the example of RFC 7628 §4.1
    let rfc = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
        auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
    let read = token(Some("user@example.com"), "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    assert_eq!(run("OAUTHBEARER", Some(rfc), &[]), (vec![], read));
    assert_eq!(run("OAUTHBEARER", Some(b"n,,\x01auth=bearer  t\x01\x01"), &[]).1, token(None, "t"));
    assert_eq!(run("OAUTHBEARER", Some(b"y,a=a=2Cb=3D,\x01auth=Bearer t\x01\x01"), &[]).1, token(Some("a,b="), "t"));
    assert_eq!(run("XOAUTH2", Some(b"user=\x01auth=Bearer t\x01\x01"), &[]).1, token(None, "t"));
}

#[test]
fn what_has_no_valid_form_fails_at_once() {
    for (name, bad) in [
        ("XOAUTH2", b"".as_slice()),
        ("XOAUTH2", b"user=a\x01auth=Bearer t"),
        ("XOAUTH2", b"user=a\x01auth=Basic t\x01\x01"),
        ("XOAUTH2", b"user=a\x01auth=Bearer \x01\x01"),
        ("XOAUTH2", b"user=a\x01auth=Bearer t\x01x=y\x01\x01"),
        ("XOAUTH2", b"user=a\0b\x01auth=Bearer t\x01\x01"),
        ("XOAUTH2", b"user=\xff\x01auth=Bearer t\x01\x01"),
        ("XOAUTH2", b"user=a\x01auth=Bearer t t\x01\x01"),
        ("OAUTHBEARER", b"p=tls-exporter,,\x01auth=Bearer t\x01\x01"),
        ("OAUTHBEARER", b"n,\x01auth=Bearer t\x01\x01"),
        ("OAUTHBEARER", b"n,a=x=,\x01auth=Bearer t\x01\x01"),
        ("OAUTHBEARER", b"n,b=x,\x01auth=Bearer t\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01host\x01auth=Bearer t\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01auth=Bearer \xc3\xa9\x01\x01"),
    ] {
        assert_eq!(run(name, Some(bad), &[]), (vec![], None), "{name} {}", bad.escape_ascii());
    }
}

// [rfc7628#3.2.2] [rfc7628#3.2.3] [rfc7628#4.3]
#[test]
fn a_refused_token_is_explained_and_then_the_exchange_fails() {
    for (name, response, bye, json) in [
        (
            "OAUTHBEARER",
            b"n,,\x01auth=Bearer t\x01\x01".as_slice(),
            b"\x01".as_slice(),
            r#"{"openid-configuration":"https://idp.example/.well-known/x","scope":"openid scope_all","status":"invalid_token"}"#,
        ),
        (
            "XOAUTH2",
            b"user=a\x01auth=Bearer t\x01\x01",
            b"",
            r#"{"schemes":"bearer","scope":"openid scope_all","status":"401"}"#,
        ),
    ] {
        let (mut exchange, step) = Exchange::start(&everything(), name, Some(response));
        assert!(matches!(step, SaslStep::Credentials(_)));
        let told = exchange.refused(Fault::user(Status::LoginFailed, "expired"));
        let SaslStep::Challenge(told) = told else { panic!("{name}: {told:?}") };
        assert_eq!(String::from_utf8(told).unwrap(), json);
        assert!(matches!(exchange.respond(bye), SaslStep::Failed(fault) if fault.detail == "expired"));
        assert!(matches!(exchange.respond(bye), SaslStep::Failed(fault) if fault.status == Status::LoginMalformed));
    }
    // a client that brings no token learns where to get one
    let (mut exchange, step) = Exchange::start(&everything(), "OAUTHBEARER", Some(b"n,,\x01auth=\x01\x01"));
    assert!(matches!(step, SaslStep::Challenge(_)));
    assert!(matches!(exchange.respond(b"\x01"), SaslStep::Failed(fault) if fault.status == Status::LoginFailed));
    // and one that comes while the provider can't be asked hears that it is not its token
    let (mut exchange, _) = Exchange::start(&everything(), "OAUTHBEARER", Some(b"n,,\x01auth=Bearer t\x01\x01"));
    let told = exchange.refused(Fault::upstream(Status::TokensUnavailable, ""));
    assert!(matches!(told, SaslStep::Challenge(json) if String::from_utf8_lossy(&json).contains("temporarily")));
}
