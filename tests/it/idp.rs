//! An identity provider for tests, over HTTPS: describes itself, publishes keys, signs tokens, answers questions about
//! them; and can be down, lie, or change its key. Signs by hand, with nothing of the code under test.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "unit tests and integration tests each use a part")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::web::{Asked, Reply, Web};

/// The claims' person.
pub const PERSON: &str = "810001234567";
pub const PSC_PATH: &str = "/.well-known/wallet-openid-configuration";

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A key of the provider, of its name.
pub struct Signing {
    pub kid: String,
    pair: Pair,
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signing {
    pub fn rsa(kid: &str) -> Self {
        Self { kid: kid.to_owned(), pair: Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())) }
    }

    pub fn ec(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { kid: kid.to_owned(), pair: Pair::Ec(pair) }
    }

    pub fn ed(kid: &str) -> Self {
        Self { kid: kid.to_owned(), pair: Pair::Ed(Ed25519KeyPair::generate().unwrap()) }
    }

    /// As a provider publishes it.
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": b64(n), "e": b64(e) })
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..]) })
            }
            Pair::Ed(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key().as_ref()) }),
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let scheme = if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(scheme, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this algorithm in its header.
    pub fn token(&self, algorithm: &str, claims: &Value) -> String {
        self.with_header(&json!({ "alg": algorithm, "kid": self.kid, "typ": "JWT" }).to_string(), claims)
    }

    /// A token with exactly this header, signed all the same.
    pub fn with_header(&self, header: &str, claims: &Value) -> String {
        let algorithm = serde_json::from_str::<Value>(header).unwrap()["alg"].as_str().unwrap().to_owned();
        let message = unsigned(header, claims);
        format!("{message}.{}", b64(&self.sign(&algorithm, message.as_bytes())))
    }
}

/// Header and claims, as they are signed.
pub fn unsigned(header: &str, claims: &Value) -> String {
    format!("{}.{}", b64(header.as_bytes()), b64(claims.to_string().as_bytes()))
}

#[derive(Default)]
struct State {
    issuer: String,
    published: Vec<Value>,
    /// What is known of opaque tokens, and of those that were asked about.
    told: BTreeMap<String, Value>,
    down: bool,
    /// Instead of what would be true.
    description: Option<Value>,
}

/// The provider.
pub struct Idp {
    pub web: Web,
    state: Arc<Mutex<State>>,
}

impl Idp {
    /// With this certificate and key (PEM) of its HTTPS server.
    pub fn start(chain: &str, key: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let of_web = Arc::clone(&state);
        let web = Web::https(chain, key, move |asked| answer(&of_web.lock().unwrap(), asked));
        state.lock().unwrap().issuer = web.url("/realms/essai");
        Self { web, state }
    }

    pub fn issuer(&self) -> String {
        self.state.lock().unwrap().issuer.clone()
    }

    pub fn publish(&self, keys: &[&Signing]) {
        self.publish_raw(keys.iter().map(|key| key.jwk()).collect());
    }

    pub fn publish_raw(&self, keys: Vec<Value>) {
        self.state.lock().unwrap().published = keys;
    }

    /// Says that this is so when it is asked about a token.
    pub fn tells(&self, token: &str, claims: Value) {
        self.state.lock().unwrap().told.insert(token.to_owned(), claims);
    }

    pub fn goes_down(&self, down: bool) {
        self.state.lock().unwrap().down = down;
    }

    pub fn describes(&self, description: Value) {
        self.state.lock().unwrap().description = Some(description);
    }

    /// Good claims at this time, in seconds.
    pub fn claims(&self, now: i64) -> Value {
        json!({
            "iss": self.issuer(), "sub": "f:1:anne", "aud": ["sceau", "account"], "azp": "mail-client",
            "scope": "openid scope_all", "iat": now - 10, "nbf": now - 10, "exp": now + 60,
            "SubjectNameID": PERSON, "preferred_username": PERSON,
        })
    }

    /// How often something at this path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.web.asked().iter().filter(|asked| asked.path().ends_with(path)).count()
    }
}

fn answer(state: &State, asked: &Asked) -> Reply {
    let issuer = &state.issuer;
    let found = match asked.path() {
        _ if state.down => return Reply::new("503 Down", "", b""),
        path if path.contains("/.well-known/") => state.description.clone().unwrap_or_else(|| {
            json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/certs"),
                    "introspection_endpoint": format!("{issuer}/introspect"), "scopes_supported": ["openid"] })
        }),
        path if path.ends_with("/certs") => json!({ "keys": state.published }),
        path if path.ends_with("/introspect") => {
            // sceau : s%C3%A9cret+/ in RFC 6749's form
            if !asked.head.contains("authorization: Basic c2NlYXU6cyVDMyVBOWNyZXQlMkIlMkY=\r\n") {
                return Reply::new("401 No", "", b"");
            }
            let body = String::from_utf8(asked.body.clone()).unwrap();
            let token = body.strip_prefix("token=").unwrap().split('&').next().unwrap();
            state.told.get(token).cloned().unwrap_or_else(|| json!({ "active": false }))
        }
        _ => return Reply::new("404 No", "", b""),
    };
    Reply::new("200 OK", "Content-Type: application/json\r\n", found.to_string().as_bytes())
}
