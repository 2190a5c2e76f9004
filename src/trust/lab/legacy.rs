//! RSA as no library makes it any more: keys of 1,024 bits and signatures over SHA-1, for peers that must be refused.
//!
//! The signatures are real, so that a server which tolerated such a key or digest would let the peer in and be found
//! out. Nothing here resists an attacker who measures time, nothing here protects anything.

use std::fmt;

use aws_lc_rs::digest;
use num_bigint::BigUint;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};

use super::LabError;
use crate::mail::Edge;

/// 2¹⁶ + 1, as everybody's.
const EXPONENT: u32 = 65_537;
/// A candidate that passes so many rounds of Miller and Rabin is taken for a prime.
const ROUNDS: usize = 20;
/// Divided by first: most candidates go here.
const SMALL_PRIMES: [u32; 30] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127,
];

/// `sha1WithRSAEncryption` and `sha256WithRSAEncryption` differ in their last octet.
const SHA1_WITH_RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05];
const SHA256_WITH_RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];

/// What a digest stands in, in a signature of PKCS #1 v1.5 (RFC 8017 §9.2, note 1).
const SHA1_INFO: &[u8] = &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
const SHA256_INFO: &[u8] =
    &[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A key pair of any size.
#[derive(Clone)]
pub struct LegacyRsa {
    n: BigUint,
    d: BigUint,
    p: BigUint,
    q: BigUint,
    /// `RSAPublicKey` in DER.
    public: Vec<u8>,
}

impl LegacyRsa {
    /// A new key pair of so many bits.
    ///
    /// # Errors
    /// Never in practice: when no inverse of the exponent exists.
    pub(super) fn generate(bits: usize, edge: &Edge) -> Result<Self, LabError> {
        let one = BigUint::from(1_u32);
        let (p, q) = (prime(bits / 2, edge), prime(bits / 2, edge));
        let n = &p * &q;
        let d = BigUint::from(EXPONENT).modinv(&((&p - &one) * (&q - &one)));
        let d = d.ok_or_else(|| LabError("no private exponent".to_owned()))?;
        let public = sequence(&[integer(&n), integer(&BigUint::from(EXPONENT))]);
        Ok(Self { n, d, p, q, public })
    }

    /// Signs with SHA-256 (RFC 8017 §8.2): what such a peer proves its key with in TLS 1.2.
    #[must_use]
    pub fn sign_sha256(&self, message: &[u8]) -> Vec<u8> {
        self.sign_digest(SHA256_INFO, digest::digest(&digest::SHA256, message).as_ref())
    }

    fn sign_sha1(&self, message: &[u8]) -> Vec<u8> {
        self.sign_digest(SHA1_INFO, digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message).as_ref())
    }

    fn sign_digest(&self, info: &[u8], digest: &[u8]) -> Vec<u8> {
        let length = usize::try_from(self.n.bits().div_ceil(8)).unwrap_or_default();
        let mut block = vec![0xff; length];
        let end = length - info.len() - digest.len();
        (block[0], block[1], block[end - 1]) = (0, 1, 0);
        block[end..].copy_from_slice(&[info, digest].concat());
        let signature = BigUint::from_bytes_be(&block).modpow(&self.d, &self.n).to_bytes_be();
        [vec![0; length - signature.len()], signature].concat()
    }

    /// The private key as PKCS #8 in DER (RFC 5208, RFC 8017 §A.1.2).
    pub(super) fn pkcs8(&self) -> Vec<u8> {
        let one = BigUint::from(1_u32);
        let (dp, dq) = (&self.d % (&self.p - &one), &self.d % (&self.q - &one));
        let inverse = self.q.modinv(&self.p).unwrap_or_default();
        let numbers = [&BigUint::default(), &self.n, &BigUint::from(EXPONENT), &self.d, &self.p, &self.q, &dp, &dq];
        let mut key: Vec<Vec<u8>> = numbers.map(integer).into();
        key.push(integer(&inverse));
        // rsaEncryption with its NULL.
        let algorithm = [&[0x30, 0x0d][..], &SHA1_WITH_RSA[..10], &[0x01, 0x05, 0x00]].concat();
        sequence(&[integer(&BigUint::default()), algorithm, tagged(0x04, &sequence(&key))])
    }
}

impl fmt::Debug for LegacyRsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LegacyRsa({} bits)", self.n.bits())
    }
}

impl PublicKeyData for LegacyRsa {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// Signs certificates over SHA-1. What is signed says so; what comes out of the library says SHA-256 outside, until
/// [`says_sha1`] has gone over it.
pub(super) struct Sha1Signer(pub(super) LegacyRsa);

impl PublicKeyData for Sha1Signer {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl SigningKey for Sha1Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.0.sign_sha1(&says_sha1(message)))
    }
}

/// The same DER with SHA-1 named wherever SHA-256 with RSA was.
pub(super) fn says_sha1(der: &[u8]) -> Vec<u8> {
    let mut der = der.to_vec();
    let places: Vec<usize> = der
        .windows(SHA256_WITH_RSA.len())
        .enumerate()
        .filter(|(_, w)| *w == SHA256_WITH_RSA)
        .map(|(at, _)| at)
        .collect();
    for at in places {
        der[at..at + SHA1_WITH_RSA.len()].copy_from_slice(&SHA1_WITH_RSA);
    }
    der
}

/// A prime of so many bits, its two highest set so that a product of two has twice as many.
fn prime(bits: usize, edge: &Edge) -> BigUint {
    loop {
        let mut bytes: Vec<u8> = Vec::with_capacity(bits / 8);
        while bytes.len() < bits / 8 {
            bytes.extend(edge.bytes::<64>());
        }
        bytes.truncate(bits / 8);
        bytes[0] |= 0xc0;
        if let Some(last) = bytes.last_mut() {
            *last |= 1;
        }
        let candidate = BigUint::from_bytes_be(&bytes);
        if is_probably_prime(&candidate, edge) {
            return candidate;
        }
    }
}

fn is_probably_prime(candidate: &BigUint, edge: &Edge) -> bool {
    let (zero, one) = (BigUint::default(), BigUint::from(1_u32));
    if SMALL_PRIMES.iter().any(|prime| candidate % *prime == zero) {
        return false;
    }
    let less = candidate - &one;
    // The exponent must have an inverse.
    if &less % EXPONENT == zero {
        return false;
    }
    let twos = less.trailing_zeros().unwrap_or_default();
    let odd = &less >> twos;
    (0..ROUNDS).all(|_| {
        let base = BigUint::from_bytes_be(&edge.bytes::<32>()) % &less + &one;
        let mut power = base.modpow(&odd, candidate);
        if power == one || power == less {
            return true;
        }
        (1..twos).any(|_| {
            power = power.modpow(&BigUint::from(2_u32), candidate);
            power == less
        })
    })
}

fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] & 0x80 != 0 {
        bytes.insert(0, 0);
    }
    tagged(0x02, &bytes)
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1)..];
    let mut der = vec![tag];
    match significant {
        [short] if *short < 0x80 => der.push(*short),
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            der.extend_from_slice(long);
        }
    }
    der.extend_from_slice(content);
    der
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

    use super::*;

    /// The library, which would not sign so, verifies what was signed here.
    #[test]
    fn the_signatures_are_real() {
        let (edge, _) = crate::trust::testing::edge();
        let key = LegacyRsa::generate(1024, &edge).unwrap();
        assert_eq!(key.n.bits(), 1024);
        let public = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, &key.public);
        assert!(public.verify(b"message", &key.sign_sha256(b"message")).is_ok());
        let sha1 = &aws_lc_rs::signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY;
        let public = UnparsedPublicKey::new(sha1, &key.public);
        assert!(public.verify(b"message", &key.sign_sha1(b"message")).is_ok());
        assert!(public.verify(b"message", &key.sign_sha256(b"message")).is_err());
        let lengths = [0_usize, 1, 127, 128, 255, 256, 70_000].map(|length| tagged(4, &vec![0; length]).len() - length);
        assert_eq!(lengths, [2, 2, 2, 3, 3, 4, 5]);
    }
}
