//! EXTERNAL (RFC 4422 appendix A): the certificate of the TLS handshake signs in; the response is empty or names the
//! mailbox to act as.

use super::{Credentials, Mechanism, SaslStep, malformed, text};

pub(super) struct External;

impl Mechanism for External {
    // [rfc4422#A]
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep {
        let authzid = match response {
            None => return SaslStep::Challenge(Vec::new()),
            Some(b"") => None,
            Some(response) => match text(response) {
                Some(authzid) => Some(authzid.to_owned()),
                None => return malformed("EXTERNAL: the authorisation identity is not a text"),
            },
        };
        SaslStep::Credentials(Credentials::Certificate { authzid })
    }
}
