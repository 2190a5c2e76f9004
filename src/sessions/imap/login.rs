//! LOGIN and AUTHENTICATE, ID, ENABLE.

use super::dispatch::{Outcome, write_line};
use super::notify::{Selection, Watch};
use super::{Compression, Enabled, Imap, Output, Person};
use crate::flows::SwitchedOff;
use crate::mail::{Fault, Status};
use crate::proto::imap::name::Names;
use crate::proto::imap::response::Completion;
use crate::proto::imap::server::Answer;
use crate::proto::imap::table::State;
use crate::proto::sasl::{Credentials, KeysWanted};
use crate::store::Account;

/// Octets of what a client says of itself that are logged.
const ID_LOGGED: usize = 64;

impl Imap {
    // [rfc3501#6.2.3] [rfc3501#6.2.2]
    pub(super) async fn login(&mut self, credentials: Credentials) -> Answer {
        let signed_in = self.sign_in(credentials).await;
        match signed_in.and_then(|person| self.switch_off(&person.account).map(|()| person)) {
            Ok(person) => {
                let behalf = person.login.behalf.as_ref().map(|behalf| behalf.account.0);
                tracing::info!(
                    target: "sceau::imap", peer = %self.peer, account = person.login.account.0, behalf,
                    level = person.login.level.word(), "signed in"
                );
                self.person = Some(person);
                let code = format!("CAPABILITY {}", self.machine.capabilities(State::Authenticated));
                Answer::becoming(Ok(Completion::with(code)), State::Authenticated)
            }
            Err(fault) => Answer::done(Err(fault)),
        }
    }

    /// The keys that a SCRAM exchange asks for.
    pub(super) async fn keys(&mut self, wanted: &KeysWanted) -> Answer {
        match self.services.logins.keys(&self.visitor, wanted).await {
            Ok(given) => Answer::Keys(given),
            Err(fault) => Answer::done(Err(fault)),
        }
    }

    async fn sign_in(&self, credentials: Credentials) -> Result<Person, Fault> {
        let login = self.services.logins.sign_in(&self.visitor, credentials).await?;
        let account = self.services.store.account(login.mailbox())?;
        let hints = account.subscribe()?;
        Ok(Person { login, account, hints })
    }

    /// What the client sent behind COMPRESS without waiting for the answer can't be told from compressed octets: then
    /// nothing is compressed.
    // [rfc4978#3] [rfc4978#2]
    pub(super) fn compress(&mut self) -> Outcome {
        if self.compression != Compression::Off {
            return Err(Fault::user(Status::CompressionActive, "COMPRESS twice"));
        }
        if !self.machine.is_drained() {
            return Err(Fault::user(Status::OutOfSequence, "input behind COMPRESS"));
        }
        self.compression = Compression::Due;
        Ok(Completion::plain())
    }

    /// Everything that came from the login and after it is forgotten; TLS stays.
    // [rfc8437#3]
    pub(super) fn unauthenticate(&mut self) -> Answer {
        self.person = None;
        self.selected = None;
        self.upload = None;
        self.names = Names::default();
        self.enabled = Enabled::default();
        (self.selection, self.watch) = (Selection::default(), None);
        self.machine.switch_off(Vec::new());
        Answer::becoming(Ok(Completion::plain()), State::Secured)
    }

    // [rfc2971#3.1] [clients#imap-what-clients-do]
    pub(super) fn id(&self, fields: &[(String, Option<String>)], out: &mut Output) -> Completion {
        let of = |name: &str| {
            let value = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.as_deref());
            value.unwrap_or_default().chars().filter(|c| !c.is_control()).take(ID_LOGGED).collect::<String>()
        };
        tracing::debug!(target: "sceau::imap", peer = %self.peer, name = of("name"), version = of("version"), "client");
        // no version: whoever has not signed in need not know which holes to try
        write_line(out, format_args!("* ID (\"name\" \"Sceau\")"));
        Completion::plain()
    }

    // [rfc5161#3.1] [rfc6855#3] [rfc7162#3.2.3] [rfc9051#6.3.1] [clients#imap-traps]
    pub(super) fn enable(&mut self, names: &[String], out: &mut Output) -> Completion {
        let mut enabled = String::new();
        for (name, switch) in ENABLES {
            if names.iter().any(|asked| asked.eq_ignore_ascii_case(name)) && !self.machine.is_off(name) {
                switch(self);
                enabled.push(' ');
                enabled.push_str(name);
            }
        }
        write_line(out, format_args!("* ENABLED{enabled}"));
        Completion::plain()
    }

    /// What is switched off for an account of which a client can't cope with something.
    // [clients#imap-what-to-offer]
    fn switch_off(&mut self, account: &Account) -> Result<(), Fault> {
        self.machine.switch_off(SwitchedOff::of(account)?.into_names());
        Ok(())
    }
}

/// Switches an extension on.
type Switch = fn(&mut Imap);

/// What ENABLE knows, and what it does.
const ENABLES: [(&str, Switch); 5] = [
    ("UTF8=ACCEPT", |imap| imap.names = Names::Utf8),
    ("CONDSTORE", |imap| imap.enabled.condstore = true),
    ("QRESYNC", |imap| imap.enabled = Enabled { condstore: true, qresync: true, ..imap.enabled }),
    ("IMAP4rev2", |imap| {
        imap.enabled.rev2 = true;
        // [rfc9051#5.1] names are UTF-8 in it
        imap.names = Names::Utf8;
    }),
    // [rfc5464#4.1] a client that was notified already has said what it wants
    ("METADATA", |imap| {
        if imap.selection == Selection::AsAlways {
            imap.watch.get_or_insert_with(Watch::of_metadata);
        }
    }),
];
