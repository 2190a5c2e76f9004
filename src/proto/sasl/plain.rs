//! PLAIN (RFC 4616): `[authzid] NUL authcid NUL passwd` in one response.

use zeroize::Zeroizing;

use super::{Credentials, Mechanism, SaslStep, malformed, text};

pub(super) struct Plain;

impl Mechanism for Plain {
    // [rfc4616#2]
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep {
        let Some(response) = response else { return SaslStep::Challenge(Vec::new()) };
        let mut fields = response.split(|&byte| byte == 0);
        let (Some(authzid), Some(user), Some(password), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return malformed("PLAIN: not three fields");
        };
        let (Some(user), Some(password)) = (text(user), text(password)) else {
            return malformed("PLAIN: an empty field, or not UTF-8");
        };
        let authzid = match (authzid, text(authzid)) {
            (b"", _) => None,
            (_, Some(authzid)) => Some(authzid.to_owned()),
            (_, None) => return malformed("PLAIN: the authorisation identity is not a text"),
        };
        let password = Zeroizing::new(password.to_owned());
        SaslStep::Credentials(Credentials::Password { authzid, user: user.to_owned(), password })
    }
}
