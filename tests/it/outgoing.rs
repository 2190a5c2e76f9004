//! Messages that were accepted and have to leave: submitted through the same flow as people's, while no server runs.

use std::sync::Arc;

use sceau::flows::{Login, Peer, Submission, Transaction};
use sceau::mail::{Address, EnvelopeId, MailParams, RcptParams, ReversePath};
use sceau::seal::event::Level;
use sceau::server::{Data, edge::system, settings};
use sceau::store::Store;
use sceau::trust::Trust;
use tokio::task::JoinSet;

use crate::operator::{Operator, addresses, open};

/// Submissions that wait for the same commits.
const AT_ONCE: usize = 64;

/// The data of an operator, and the way into them.
pub struct Sender {
    data: Arc<Data>,
    submission: Arc<Submission>,
}

impl Sender {
    /// Opens the data.
    pub fn open(operator: &Operator) -> Self {
        let config = sceau::config::load(&operator.config()).unwrap();
        let data = open(&operator.config()).unwrap();
        let snapshot = settings::trust(&config).load(system().now()).unwrap();
        let outgoing = settings::submission(&config, &data.ledger_name);
        let submission = Submission::new(Arc::clone(&data.store), Arc::new(Trust::new(snapshot)), system(), outgoing);
        Self { data: Arc::new(data), submission: Arc::new(submission) }
    }

    /// Submits all of these, each from an account of its turn to somebody at the peer; gives their envelopes.
    pub async fn submit(&self, texts: impl Iterator<Item = Vec<u8>>, accounts: usize) -> Vec<EnvelopeId> {
        let (mut envelopes, mut under_way) = (Vec::new(), JoinSet::new());
        let accounts = addresses(accounts);
        for (number, text) in texts.enumerate() {
            let login = self.login(&accounts[number % accounts.len()]);
            under_way.spawn(one(Arc::clone(&self.submission), login, number, text));
            if under_way.len() >= AT_ONCE {
                envelopes.extend(under_way.join_next().await.map(Result::unwrap));
            }
        }
        envelopes.extend(under_way.join_all().await);
        envelopes
    }

    fn login(&self, address: &str) -> Login {
        let address = Address::parse(address).unwrap();
        Login::new(self.data.store.find(&address).unwrap().id, address, Level::Password)
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.data.store
    }

    /// Brings the ledger up to date and closes.
    pub fn close(self) {
        self.data.close();
    }
}

async fn one(submission: Arc<Submission>, login: Login, number: usize, text: Vec<u8>) -> EnvelopeId {
    let peer = Peer { address: "127.0.0.1:1".parse().unwrap(), helo: "test".to_owned(), tls: "TLSv1.3".to_owned() };
    let path = ReversePath::Address(login.address.clone());
    let from = format!("From: <{}>\r\n", login.address);
    let mut outgoing = submission.begin(&login, peer, path, &MailParams::default()).unwrap();
    let to = Address::parse(&format!("r{}@pair.mssante.fr", number % 50)).unwrap();
    outgoing.recipient(&to, &RcptParams::default()).unwrap();
    outgoing.begin_content().await.unwrap();
    outgoing.write(from.as_bytes()).await.unwrap();
    outgoing.write(&text).await.unwrap();
    outgoing.commit().await.unwrap()
}
