//! LOGIN, the mechanism of draft-murchison-sasl-login that Outlook uses: name and password in two responses.

use zeroize::Zeroizing;

use super::{Credentials, Mechanism, SaslStep, malformed, text};

#[derive(Default)]
pub(super) struct Login {
    user: Option<String>,
}

impl Mechanism for Login {
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep {
        // [clients#outlook] Outlook compares the prompts with exactly these texts
        let Some(response) = response else { return SaslStep::Challenge(b"Username:".to_vec()) };
        let Some(response) = text(response) else { return malformed("LOGIN: an empty response, or not UTF-8") };
        match self.user.take() {
            None => {
                self.user = Some(response.to_owned());
                SaslStep::Challenge(b"Password:".to_vec())
            }
            Some(user) => {
                let password = Zeroizing::new(response.to_owned());
                SaslStep::Credentials(Credentials::Password { authzid: None, user, password })
            }
        }
    }
}
