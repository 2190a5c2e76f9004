//! Tokens that open and tokens that do not, with a provider made for the test, over HTTPS.

use serde_json::{Value, json};

use super::*;
use crate::mail::Time;
use crate::net::http::Settings as HttpSettings;
use crate::net::http::tests::web;
use crate::trust::lab::{Leaf, Organisation};
use crate::trust::testing::Space;

#[path = "../../../tests/it/idp.rs"]
mod idp;
use idp::{Idp, PERSON, PSC_PATH, Signing, unsigned};

struct Bench {
    space: Space,
    idp: Idp,
    rsa: Signing,
    ec: Signing,
    ed: Signing,
}

impl Bench {
    fn new() -> Self {
        let space = Space::new();
        let server = space.issue(&Leaf::operator("localhost", &Organisation::agency()).and_name("localhost"));
        let idp = Idp::start(&server.chain_pem(), &server.key_pem());
        let bench = Self { space, idp, rsa: Signing::rsa("r1"), ec: Signing::ec("e1"), ed: Signing::ed("d1") };
        bench.idp.publish(&[&bench.rsa, &bench.ec, &bench.ed]);
        bench
    }

    fn settings(&self) -> Settings {
        let issuer = Issuer::parse(&self.idp.issuer()).unwrap();
        Settings {
            providers: vec![ProviderSettings { issuer, discovery: PSC_PATH.to_owned(), level: Level::Psc }],
            rules: Rules {
                algorithms: Algorithm::ALL.to_vec(),
                audiences: vec!["sceau".to_owned()],
                clients: vec!["mail-client".to_owned()],
                scopes: vec!["openid".to_owned()],
                person_claims: vec!["SubjectNameID".to_owned(), "preferred_username".to_owned()],
                leeway: Duration::from_secs(30),
            },
            freshness: Freshness {
                every: Duration::from_secs(3600),
                again_after: Duration::from_secs(30),
                grace: Duration::from_secs(7200),
            },
            introspection: None,
        }
    }

    fn with(&self, settings: Settings) -> Tokens {
        let (anchors, clock) = (self.space.anchors(), Arc::clone(&self.space.edge.clock));
        let of_client = Arc::clone(&clock);
        let bounds = HttpSettings { body_max: 64 << 10, ..HttpSettings::default() };
        let client: MakeClient = Arc::new(move || Client::new(anchors.clone(), bounds, Arc::clone(&of_client)));
        Tokens::new(settings, &client, &clock)
    }

    fn tokens(&self) -> Tokens {
        self.with(self.settings())
    }

    fn asking(&self, when: Inquiry, secret: &str) -> Tokens {
        let issuer = Issuer::parse(&self.idp.issuer()).unwrap();
        let (client, secret) = ("sceau".to_owned(), Zeroizing::new(secret.to_owned()));
        let introspection = Introspection { issuer, when, client, secret };
        assert!(!format!("{introspection:?}").contains("cret"));
        self.with(Settings { introspection: Some(introspection), ..self.settings() })
    }

    fn now(&self) -> Time {
        self.space.edge.now()
    }

    /// Good claims with these changed; null takes one away.
    fn claims(&self, changed: &Value) -> Value {
        let mut claims = self.idp.claims(self.now().secs());
        for (name, value) in changed.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    fn good(&self) -> String {
        self.rsa.token("RS256", &self.claims(&json!({})))
    }

    fn later(&self, seconds: i64) {
        self.space.clock.set(self.now().plus_secs(seconds));
    }
}

/// Why a token was refused; empty when it was not.
async fn why(tokens: &Tokens, token: &str) -> String {
    match tokens.check(token).await {
        Ok(facts) => {
            assert_eq!((facts.person.as_str(), facts.level), (PERSON, Level::Psc));
            assert!(!facts.evidence.contains(token));
            String::new()
        }
        Err(fault) => format!("{:?}: {}", fault.status, fault.detail),
    }
}

/// [rfc7519#7.2] [rfc7515#5.2] [rfc7517#5] [mss#8]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_each_algorithm_opens() {
    let bench = Bench::new();
    let tokens = bench.tokens();
    let claims = bench.claims(&json!({}));
    for token in [
        bench.rsa.token("RS256", &claims),
        bench.rsa.token("PS256", &claims),
        bench.ec.token("ES256", &claims),
        bench.ed.token("EdDSA", &claims),
        bench.rsa.with_header(r#"{"alg":"RS256","kid":"r1","typ":"at+JWT","jku":"https://evil.fr/"}"#, &claims),
        bench.rsa.token("RS256", &bench.claims(&json!({ "preferred_username": null, "aud": "sceau" }))),
        bench.rsa.token("RS256", &bench.claims(&json!({ "azp": null, "client_id": "mail-client", "nbf": null }))),
        bench.rsa.token("RS256", &bench.claims(&json!({ "exp": bench.now().secs() - 29, "iat": null }))),
        bench.rsa.token("RS256", &bench.claims(&json!({ "nbf": bench.now().secs() + 29, "exp": 1e12 }))),
    ] {
        assert_eq!(why(&tokens, &token).await, "", "{token}");
    }
    let facts = tokens.check(&bench.good()).await.unwrap();
    let begin = format!("token iss:{} sub:f:1:anne sha256:", bench.idp.issuer());
    assert!(facts.evidence.starts_with(&begin) && facts.evidence.len() == begin.len() + 64, "{}", facts.evidence);
    assert_eq!((bench.idp.asked(PSC_PATH), bench.idp.asked("/certs")), (1, 1));
}

/// [rfc8725#3.9] [rfc7519#4.1.1] [rfc7519#4.1.3] [rfc7519#4.1.4] [rfc7519#4.1.5] [rfc7519#4.1.6] [rfc7519#2]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_says_must_fit() {
    let bench = Bench::new();
    let tokens = bench.tokens();
    let now = bench.now().secs();
    for (changed, said) in [
        (json!({ "exp": now - 30 }), "expired"),
        (json!({ "exp": null }), "no end"),
        (json!({ "exp": "tomorrow" }), "no number"),
        (json!({ "nbf": now + 31 }), "not valid yet"),
        (json!({ "iat": now + 31 }), "not valid yet"),
        (json!({ "aud": ["account"] }), "another service"),
        (json!({ "aud": null }), "another service"),
        (json!({ "azp": "other" }), "another client"),
        (json!({ "azp": null }), "another client"),
        (json!({ "scope": "openid2 profile" }), "scope"),
        (json!({ "iss": "https://elsewhere.fr" }), "not believed"),
        (json!({ "iss": format!("{}/", bench.idp.issuer()) }), "not believed"),
        (json!({ "preferred_username": "899999999999" }), "two persons"),
        (json!({ "SubjectNameID": null, "preferred_username": null }), "no person"),
        (json!({ "SubjectNameID": "anne.martin" }), "no national identifier"),
        (json!({ "SubjectNameID": ["810001234567"] }), "no national identifier"),
    ] {
        let told = why(&tokens, &bench.rsa.token("RS256", &bench.claims(&changed))).await;
        assert!(told.starts_with("LoginFailed") && told.contains(said), "{changed}: {told}");
    }
}

/// A token that was authenticated with this secret, as one who confuses keys would take it.
fn hmac(secret: &[u8], claims: &Value) -> String {
    use base64::Engine as _;
    let message = unsigned(r#"{"alg":"HS256","kid":"r1"}"#, claims);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// Tokens that were made without the provider's key, or with it for something else.
fn forged(bench: &Bench, claims: &Value) -> Vec<(&'static str, String)> {
    let good = bench.good();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let n = bench.rsa.jwk()["n"].as_str().unwrap().to_owned();
    let stranger = Signing::rsa("r1");
    let own_key = json!({ "alg": "RS256", "kid": "r1", "jwk": stranger.jwk() }).to_string();
    let resealed = |header: &str, claims: &Value| format!("{}.{signature}", unsigned(header, claims));
    let signed = |header: &str| bench.rsa.with_header(header, claims);
    vec![
        ("none", format!("{}.", unsigned(r#"{"alg":"none"}"#, claims))),
        ("none, with the name of a key", format!("{}.", unsigned(r#"{"alg":"None","kid":"r1"}"#, claims))),
        ("no signature", format!("{message}.")),
        ("HS256 by the public key", hmac(n.as_bytes(), claims)),
        ("HS256 by the published key", hmac(bench.rsa.jwk().to_string().as_bytes(), claims)),
        ("a stranger's key of the same name", stranger.token("RS256", claims)),
        ("the header's own key", stranger.with_header(&own_key, claims)),
        ("another algorithm's key", signed(r#"{"alg":"RS256","kid":"e1"}"#)),
        ("RS512", signed(r#"{"alg":"RS512","kid":"r1"}"#)),
        ("a header that must be understood", signed(r#"{"alg":"RS256","kid":"r1","crit":["x"]}"#)),
        ("a token for another purpose", signed(r#"{"alg":"RS256","kid":"r1","typ":"logout+jwt"}"#)),
        ("two algorithms", resealed(r#"{"alg":"RS256","alg":"none","kid":"r1"}"#, claims)),
        ("other claims", resealed(r#"{"alg":"RS256","kid":"r1","typ":"JWT"}"#, &bench.claims(&json!({ "sub": "x" })))),
        ("a fourth part", format!("{good}.x")),
        ("two parts", message.to_owned()),
        ("standard base64", good.replace(['-', '_'], "+")),
        ("nothing", "..".to_owned()),
        ("no JWT", "opaque".to_owned()),
    ]
}

/// [rfc8725#3.1] [rfc8725#3.5] [rfc8725#3.11] [rfc7515#7.1]
#[tokio::test(flavor = "multi_thread")]
async fn signatures_cannot_be_got_around() {
    let bench = Bench::new();
    let tokens = bench.tokens();
    let claims = bench.claims(&json!({}));
    for (what, token) in forged(&bench, &claims) {
        let told = why(&tokens, &token).await;
        assert!(told.starts_with("LoginFailed"), "{what}: {told}");
    }
    let narrow = bench.settings();
    let narrow = Settings { rules: Rules { algorithms: vec![Algorithm::Es256], ..narrow.rules }, ..narrow };
    let narrow = bench.with(narrow);
    assert!(why(&narrow, &bench.good()).await.contains("not allowed"));
    assert_eq!(why(&narrow, &bench.ec.token("ES256", &claims)).await, "");
}

/// [rfc7517#4.2] [rfc7517#4.4] [rfc7517#4.5]
#[tokio::test(flavor = "multi_thread")]
async fn a_set_may_hold_other_keys() {
    let bench = Bench::new();
    let claims = bench.claims(&json!({}));
    let (mut for_encryption, mut for_other) = (bench.ec.jwk(), bench.ed.jwk());
    for_encryption["use"] = json!("enc");
    for_other["alg"] = json!("ES512");
    let odd =
        [json!({ "kty": "RSA", "kid": "x" }), json!("no key"), json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "h" })];
    bench.idp.publish_raw([&odd[..], &[for_encryption, for_other, bench.rsa.jwk()]].concat());
    let tokens = bench.tokens();
    assert_eq!(why(&tokens, &bench.rsa.with_header(r#"{"alg":"RS256"}"#, &claims)).await, "");
    for token in [bench.ec.token("ES256", &claims), bench.ed.token("EdDSA", &claims)] {
        let told = why(&bench.tokens(), &token).await;
        assert!(told.contains("no such key"), "{told}");
    }
    // two that fit, and no name: none
    bench.idp.publish(&[&bench.rsa, &Signing::rsa("r2")]);
    let told = why(&bench.tokens(), &bench.rsa.with_header(r#"{"alg":"RS256"}"#, &claims)).await;
    assert!(told.contains("no such key"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_may_change_its_key() {
    let bench = Bench::new();
    let tokens = bench.tokens();
    assert_eq!(why(&tokens, &bench.good()).await, "");
    let new = Signing::rsa("r2");
    bench.idp.publish(&[&new]);
    bench.later(5);
    let with_new = |bench: &Bench| new.token("RS256", &bench.claims(&json!({})));
    // keys were fetched just now: this is not told to be wrong, only that it can't be told
    assert!(why(&tokens, &with_new(&bench)).await.starts_with("TokensUnavailable"));
    bench.later(30);
    assert_eq!(why(&tokens, &with_new(&bench)).await, "");
    let old = why(&tokens, &bench.good()).await;
    assert!(old.starts_with("TokensUnavailable"), "{old}");
    bench.later(30);
    let old = why(&tokens, &bench.good()).await;
    assert!(old.contains("no such key"), "{old}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_key_names_cost_one_fetch() {
    let bench = Bench::new();
    let tokens = Arc::new(bench.tokens());
    let claims = bench.claims(&json!({}));
    let mut crowd = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (tokens, header) = (Arc::clone(&tokens), json!({ "alg": "RS256", "kid": format!("k{n}") }));
        let token = format!("{}.AAAA", unsigned(&header.to_string(), &claims));
        crowd.spawn(async move { why(&tokens, &token).await });
    }
    let refused = crowd.join_all().await;
    assert_eq!(refused.iter().filter(|told| told.starts_with("LoginFailed")).count(), 1);
    assert!(refused.iter().all(|told| !told.is_empty()));
    assert_eq!((bench.idp.asked(PSC_PATH), bench.idp.asked("/certs")), (1, 1));
    assert_eq!(why(&tokens, &bench.good()).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_makes_nobody_wrong() {
    let bench = Bench::new();
    let tokens = bench.tokens();
    bench.idp.goes_down(true);
    assert!(why(&tokens, &bench.good()).await.starts_with("TokensUnavailable"));
    // not asked again at once
    assert!(why(&tokens, &bench.good()).await.starts_with("TokensUnavailable"));
    assert_eq!(bench.idp.asked(PSC_PATH), 1);
    bench.idp.goes_down(false);
    bench.later(30);
    assert_eq!(why(&tokens, &bench.good()).await, "");
    // old keys serve for a while, what is known to be wrong stays wrong
    bench.idp.goes_down(true);
    bench.later(3600 + 7199);
    assert_eq!(why(&tokens, &bench.good()).await, "");
    let expired = bench.rsa.token("RS256", &bench.claims(&json!({ "exp": 1 })));
    assert!(why(&tokens, &expired).await.contains("expired"));
    bench.later(1);
    assert!(why(&tokens, &bench.good()).await.starts_with("TokensUnavailable"));
    bench.idp.goes_down(false);
    bench.later(30);
    assert_eq!(why(&tokens, &bench.good()).await, "");
}

/// [rfc8414#3.3] [rfc8725#3.8]
#[tokio::test(flavor = "multi_thread")]
async fn a_description_must_be_of_whom_it_says() {
    let bench = Bench::new();
    let (issuer, keys) = (bench.idp.issuer(), format!("{}/certs", bench.idp.issuer()));
    for (description, said) in [
        (json!({ "issuer": "https://elsewhere.fr", "jwks_uri": keys }), "another issuer"),
        (json!({ "issuer": format!("{issuer}/"), "jwks_uri": keys }), "another issuer"),
        (json!({ "issuer": issuer, "jwks_uri": keys.replace("https", "http") }), "no https address"),
        (json!({ "issuer": issuer }), "missing field"),
        (json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/nowhere") }), "404"),
        (json!({ "issuer": issuer, "jwks_uri": keys, "x": "x".repeat(65 << 10) }), "larger"),
        (json!("nothing"), "invalid type"),
    ] {
        bench.idp.describes(description.clone());
        let told = why(&bench.tokens(), &bench.good()).await;
        assert!(told.starts_with("TokensUnavailable") && told.contains(said), "{told}");
    }
}

const SECRET: &str = "sécret+/";

/// [rfc7662#2.1] [rfc7662#2.2]
#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_asked_about_what_it_alone_can_read() {
    let bench = Bench::new();
    let tokens = bench.asking(Inquiry::Opaque, SECRET);
    bench.idp.tells("opaque-1", bench.claims(&json!({ "active": true, "iss": null })));
    bench.idp.tells("late", bench.claims(&json!({ "active": true, "exp": 1 })));
    bench.idp.tells("over", bench.claims(&json!({ "active": false })));
    bench.idp.tells("text", bench.claims(&json!({ "active": "true" })));
    bench.idp.tells("else", bench.claims(&json!({ "active": true, "aud": "account" })));
    bench.idp.tells("list", json!(["active"]));
    for (token, said) in [
        ("opaque-1", ""),
        ("late", "LoginFailed: a token was refused: it has expired"),
        ("over", "LoginFailed: a token was refused: its provider says that it is not active"),
        ("text", "LoginFailed: a token was refused: its provider says that it is not active"),
        ("else", "LoginFailed: a token was refused: it is for another service"),
        ("list", "TokensUnavailable: a token can't be checked: the provider's answer is no JSON object"),
        ("nobody", "LoginFailed: a token was refused: its provider says that it is not active"),
    ] {
        assert_eq!(why(&tokens, token).await, said, "{token}");
    }
    // what was signed is not asked about, and a wrong secret is our fault
    let asked = bench.idp.asked("/introspect");
    assert_eq!(why(&tokens, &bench.good()).await, "");
    assert_eq!(bench.idp.asked("/introspect"), asked);
    let told = why(&bench.asking(Inquiry::Opaque, "wrong"), "opaque-1").await;
    assert!(told.starts_with("TokensUnavailable") && told.contains("401"), "{told}");
    assert!(why(&bench.asking(Inquiry::Off, SECRET), "opaque-1").await.contains("no provider is asked"));
    bench.idp.goes_down(true);
    assert!(why(&tokens, "opaque-1").await.starts_with("TokensUnavailable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_opens_nothing_where_the_provider_is_always_asked() {
    let bench = Bench::new();
    let tokens = bench.asking(Inquiry::Always, SECRET);
    let token = bench.good();
    bench.idp.tells(&token, json!({ "active": true }));
    assert_eq!(why(&tokens, &token).await, "");
    bench.idp.tells(&token, json!({ "active": false }));
    assert!(why(&tokens, &token).await.contains("not active"));
    let asked = bench.idp.asked("/introspect");
    let expired = bench.rsa.token("RS256", &bench.claims(&json!({ "exp": 1 })));
    assert!(why(&tokens, &expired).await.contains("expired"));
    assert_eq!(bench.idp.asked("/introspect"), asked, "what is over was asked about");
}

#[test]
fn issuers_are_https_addresses() {
    for (text, is_one) in [
        ("https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet", true),
        ("https://a.fr", true),
        ("http://a.fr", false),
        ("https://a.fr?x", false),
        ("https://a.fr#x", false),
        ("a.fr", false),
    ] {
        assert_eq!(Issuer::parse(text).is_some(), is_one, "{text}");
    }
    let at = |issuer: &str| Issuer::parse(issuer).unwrap().at(PSC_PATH).unwrap().to_string();
    assert_eq!(at("https://a.fr/x/"), at("https://a.fr/x"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Whatever comes is read or is not; nothing panics.
    #[test]
    fn any_text_is_read(token in "[A-Za-z0-9_.-]{0,200}", json in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = jwt::Jwt::read(&token);
        let _ = keys::Keys::read(&json);
        let _ = Claims::read(&json);
    }
}
