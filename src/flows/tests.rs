//! The flows over a store in memory, a trust space made for the test and a transport that answers as told.

mod contents;
mod gossip;
mod incoming;
mod openings;
mod outgoing;
mod proving;
mod purging;
mod queueing;
mod receipts;
mod refusing;
mod sharing;
mod witnessing;

use std::sync::Arc;
use std::sync::Mutex;

use super::*;
use crate::ledger::Policy;
use crate::mail::{Address, Domain, EnvelopeId, MailParams, RcptParams, ReversePath};
use crate::seal::event::Level;
use crate::store::{AccountKind, NewAccount};
use crate::trust::Trust;
use crate::trust::testing::{Space, TestClock, domain};

/// Operator A with Anne and Alain, who are here; operator B is listed for `b.mssante.fr`.
struct World {
    store: Arc<Store>,
    trust: Arc<Trust>,
    space: Space,
    b: Arc<VerifiedOperator>,
    anne: Login,
}

impl World {
    fn new() -> Self {
        let space = Space::new();
        let certificate = space.issue(&Space::north());
        let trust = space.trust(&[("b.mssante.fr", &certificate), ("c.mssante.fr", &certificate)], &[]);
        let b = Arc::new(trust.operator(&certificate.chain(), space.edge.now()).unwrap());
        let store = Store::in_memory(space.edge.clone()).unwrap();
        let anne = account(&store, "anne@a.mssante.fr", 1 << 20);
        account(&store, "alain@a.mssante.fr", 100);
        Self { store, trust: Arc::new(trust), space, b, anne }
    }

    fn clock(&self) -> &TestClock {
        &self.space.clock
    }

    fn intake(&self) -> Arc<Intake> {
        let settings = IntakeSettings { message_max: 10_000, recipients_max: 3 };
        Arc::new(Intake::new(Arc::clone(&self.store), self.space.edge.clone(), "mx.a.mssante.fr".to_owned(), settings))
    }

    fn submission(&self) -> Arc<Submission> {
        let settings = SubmissionSettings {
            message_max: 10_000,
            recipients_max: 3,
            host: "mx.a.mssante.fr".to_owned(),
            domains: [domain("a.mssante.fr")].into(),
            origin: "preuves.a.mssante.fr".to_owned(),
        };
        let (store, trust) = (Arc::clone(&self.store), Arc::clone(&self.trust));
        Arc::new(Submission::new(store, trust, self.space.edge.clone(), settings))
    }

    /// Makes reports, with a ledger in this folder.
    fn receipts(&self, directory: &std::path::Path) -> Receipts {
        let recorder = proving::recorder(self, directory, Gate::Open);
        let publication = Arc::new(Publication::new(proving::shards(self, directory)));
        let proofs = Proofs::new(Arc::clone(&self.store), recorder, publication, Policy::default());
        let settings = ReceiptsSettings {
            host: domain("mx.a.mssante.fr"),
            origin: "preuves.a.mssante.fr".to_owned(),
            mailbox: "INBOX".to_owned(),
        };
        let (store, trust) = (Arc::clone(&self.store), Arc::clone(&self.trust));
        Receipts::new(store, Arc::new(proofs), trust, self.space.edge.clone(), settings)
    }

    /// Makes the reports that are owed, over a ledger that begins with them.
    async fn pay(&self) -> usize {
        let directory = tempfile::tempdir().unwrap();
        self.receipts(directory.path()).pay().await.unwrap().reports
    }

    /// The kinds of the events of an envelope, each with its recipient and number.
    fn events(&self, envelope: EnvelopeId) -> Vec<String> {
        let events = self.store.events_of(envelope).unwrap();
        events.iter().map(|e| format!("{}.{} {}", e.rcpt, e.number, e.leaf.kind().word())).collect()
    }

    /// The text of the newest message in an account's INBOX, as its owner's client would get it.
    async fn newest(&self, login: &Login) -> String {
        let account = self.store.account(login.account).unwrap();
        let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap().id;
        let uid = account.index(inbox).unwrap().snapshot().0.last().unwrap().uid;
        let openings = Openings::new(Arc::clone(&self.store));
        let receipts =
            openings.fetch(&account, inbox, &[uid], login, FetchBasis::Peek, Access::ReadWrite).await.unwrap();
        let body = account.body(inbox, uid, &receipts[0]).unwrap();
        String::from_utf8(body.read(0..body.size()).unwrap()).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let report = tokio::task::block_in_place(|| self.store.check_blocking()).unwrap();
        assert!(report.findings.is_empty(), "{report:?}");
    }
}

fn account(store: &Arc<Store>, address: &str, quota: u64) -> Login {
    let address = Address::parse(address).unwrap();
    let new = NewAccount {
        address: address.clone(),
        name: String::new(),
        password_hash: String::new(),
        kind: AccountKind::Personal,
        quota,
    };
    let account = tokio::task::block_in_place(|| store.write_blocking(move |tx| tx.create_account(new))).unwrap();
    Login::new(account, address, Level::Password)
}

fn peer() -> Peer {
    Peer { address: "192.0.2.1:4242".parse().unwrap(), helo: "mx.b.mssante.fr".to_owned(), tls: "TLSv1.3".to_owned() }
}

fn path(text: &str) -> ReversePath {
    ReversePath::Address(Address::parse(text).unwrap())
}

/// MAIL without parameters.
fn nothing() -> MailParams {
    MailParams::default()
}

/// MAIL with this SIZE.
fn sized(octets: u64) -> MailParams {
    MailParams { size: Some(octets), ..MailParams::default() }
}

/// RCPT without parameters.
fn no_wish() -> RcptParams {
    RcptParams::default()
}

/// Sends the content in small pieces and commits.
async fn send<T: Transaction>(mut transaction: T, content: &str) -> Result<EnvelopeId, Fault> {
    transaction.begin_content().await?;
    for piece in content.as_bytes().chunks(7) {
        transaction.write(piece).await?;
    }
    transaction.commit().await
}
