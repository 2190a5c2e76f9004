//! What tests of SMTP sessions, here and in `net`, share: a small trust space, and flows that only remember what they
//! were asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::{SmtpSession, Timing};
use crate::flows::{Peer, Transaction, Visitor};
use crate::mail::{
    AccountId, Address, Chance, Clock, Domain, Edge, EnvelopeId, Fault, MailParams, RcptParams, ReversePath, Status,
    Time,
};
use crate::proto::sasl::{Bindings, Credentials, KeysGiven, KeysWanted, Terms};
use crate::proto::smtp::{Profile, Settings};
use crate::sessions::TlsFacts;
use crate::sessions::operator::{FromOperators, Operator};
use crate::sessions::rates::{PeerRates, PeerUse};
use crate::sessions::submission::FromPeople;
use crate::trust::lab::{Lab, Leaf, ListRow, Organisation, white_list_xml};
use crate::trust::{
    Anchors, CertificateFacts, Limits, Policy, Revocation, Snapshot, Trust, VerifiedOperator, WhiteList,
};

/// What the flows were asked, in order.
pub(crate) type Diary = Arc<Mutex<Vec<String>>>;

/// Flows that write down what they were asked.
#[derive(Clone, Default)]
pub(crate) struct Flows(pub(crate) Diary);

pub(crate) struct Message {
    diary: Diary,
    content: Vec<u8>,
}

impl Flows {
    /// The certificate of operator A's organisation is Jean's.
    fn opened_by(&self, visitor: &Visitor) -> Option<String> {
        let facts = CertificateFacts::read(visitor.certificates.first()?).ok()?;
        facts.subject.to_string().contains("OPERATEUR A").then(|| "jean@a.fr".to_owned())
    }

    fn write(&self, line: String) -> Message {
        self.0.lock().unwrap().push(line);
        Message { diary: Arc::clone(&self.0), content: Vec::new() }
    }
}

impl Transaction for Message {
    fn recipient(&mut self, address: &Address, _: &RcptParams) -> Result<(), Fault> {
        match address.local() {
            "unknown" => Err(Fault::peer(Status::RecipientUnknown, "no such account")),
            _ => Ok(()),
        }
    }

    async fn begin_content(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.content.extend(bytes);
        match memchr::memmem::find(&self.content, b"unlucky") {
            Some(_) => Err(Fault::ours(Status::StorageFull, "segment 7")),
            None => Ok(()),
        }
    }

    async fn commit(self) -> Result<EnvelopeId, Fault> {
        self.diary.lock().unwrap().push(format!("message {}", self.content.escape_ascii()));
        Ok(EnvelopeId([0xda; 16]))
    }
}

impl FromOperators for Flows {
    type Transaction = Message;

    fn begin(
        &self,
        operator: Arc<VerifiedOperator>,
        peer: Peer,
        path: ReversePath,
        params: &MailParams,
    ) -> Result<Message, Fault> {
        let may = path.address().is_some_and(|address| operator.may_send_for(address.domain()));
        let line = format!("{} {} from <{path}> size {:?}", peer.helo, peer.tls, params.size);
        if may { Ok(self.write(line)) } else { Err(Fault::peer(Status::DomainNotOperators, "not listed")) }
    }
}

impl FromPeople for Flows {
    type Login = String;
    type Transaction = Message;

    fn terms(&self, visitor: &Visitor, bindings: Bindings) -> Terms {
        Terms { certificate: !visitor.certificates.is_empty(), bindings, ..Terms::default() }
    }

    async fn keys(&self, _: &Visitor, _: &KeysWanted) -> Result<KeysGiven, Fault> {
        Err(Fault::user(Status::LoginFailed, "no keys here"))
    }

    async fn sign_in(&self, _: &Visitor, credentials: Credentials) -> Result<String, Fault> {
        match credentials {
            Credentials::Password { authzid: None, user, password } if user == "jean@a.fr" && *password == "secret" => {
                Ok(user)
            }
            _ => Err(Fault::user(Status::LoginFailed, "wrong")),
        }
    }

    fn certificate_opens(&self, visitor: &Visitor) -> Result<(), Fault> {
        match self.opened_by(visitor) {
            Some(_) => Ok(()),
            None => Err(Fault::user(Status::CertificateRefused, "unknown")),
        }
    }

    fn by_certificate(&self, visitor: &Visitor, _: Option<&Address>) -> Result<String, Fault> {
        self.opened_by(visitor).ok_or_else(|| Fault::user(Status::CertificateRefused, "unknown"))
    }

    fn account(&self, _: &String) -> AccountId {
        AccountId(1)
    }

    fn begin(&self, login: &String, _: Peer, path: ReversePath, _: &MailParams) -> Result<Message, Fault> {
        if path.to_string() != *login {
            return Err(Fault::user(Status::NotYourAddress, "somebody else's"));
        }
        Ok(self.write(format!("{login} sends")))
    }
}

/// A clock that stands still, and chance that repeats.
#[derive(Default)]
pub(crate) struct Fixed(Mutex<u8>);

impl Clock for Fixed {
    fn now(&self) -> Time {
        NOW
    }
}

impl Chance for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in buffer {
            *next = next.wrapping_add(41);
            *byte = *next;
        }
    }
}

/// The time in every world.
pub(crate) const NOW: Time = Time::from_secs(1_790_000_000);

/// A PKI in which `mx.a.fr` is the operator of `a.fr`, and `mx.b.fr` that of `b.fr`.
pub(crate) struct World {
    pub(crate) lab: Lab,
    pub(crate) trust: Arc<Trust>,
    pub(crate) edge: Edge,
}

impl World {
    /// With a white list that was generated at this time.
    pub(crate) fn new(generated: Time) -> Self {
        let fixed = Arc::new(Fixed(Mutex::new(1)));
        let edge = Edge { clock: fixed.clone(), chance: fixed };
        let lab = Lab::new(&edge).unwrap();
        let row = |domain: &str, leaf: &Leaf| {
            let name = CertificateFacts::read(lab.issue(leaf).unwrap().der()).unwrap().subject;
            ListRow::new(&Domain::parse(domain).unwrap(), &name)
        };
        let xml = white_list_xml(&[row("a.fr", &operator_a()), row("b.fr", &operator_b())], generated);
        let anchors = Anchors::from_der(lab.anchors_der()).unwrap();
        let mut revocation = Revocation::none();
        revocation.add(lab.crls_pem(&[]).unwrap().as_bytes(), &anchors, edge.now()).unwrap();
        let list = Arc::new(WhiteList::parse(xml.as_bytes(), &Limits::default()).unwrap());
        let trust = Arc::new(Trust::new(Snapshot { anchors, revocation, list, policy: Policy::default() }));
        Self { lab, trust, edge }
    }

    /// What a handshake with this peer establishes.
    pub(crate) fn facts(&self, leaf: &Leaf) -> TlsFacts {
        let certificates = self.lab.issue(leaf).unwrap().chain();
        TlsFacts {
            version: "TLSv1.3",
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            certificates,
            ..TlsFacts::default()
        }
    }

    /// A session of the operators' port of `mx.a.fr`.
    pub(crate) fn session(&self, flows: &Flows, peer: SocketAddr) -> SmtpSession<Operator<Flows>> {
        self.session_within(
            flows,
            peer,
            &PeerUse::new(PeerRates { connections: 9, messages: 0, messages_from_address: 0 }),
        )
    }

    /// The same, of a peer that has used something already.
    pub(crate) fn session_within(
        &self,
        flows: &Flows,
        peer: SocketAddr,
        in_use: &Arc<PeerUse>,
    ) -> SmtpSession<Operator<Flows>> {
        let (trust, clock) = (Arc::clone(&self.trust), Arc::clone(&self.edge.clock));
        let role = Operator::new(trust, clock, flows.clone(), peer, Arc::clone(in_use));
        SmtpSession::new(role, peer, settings(), Timing::default())
    }
}

/// The settings of `mx.a.fr`.
pub(crate) fn settings() -> Settings {
    let host = Domain::parse("mx.a.fr").unwrap();
    Settings::new(host, Profile::Operators, crate::proto::smtp::Limits::default())
}

/// The listed operator of `a.fr`.
pub(crate) fn operator_a() -> Leaf {
    Leaf::operator("mx.a.fr", &Organisation::new("OPERATEUR A", "318751275100020", "Paris (75)"))
}

/// The listed operator of `b.fr`.
pub(crate) fn operator_b() -> Leaf {
    Leaf::operator("mx.b.fr", &Organisation::new("OPERATEUR B", "318751275100020", "Paris (75)"))
}

/// An operator with a good certificate that no list names.
pub(crate) fn stranger() -> Leaf {
    Leaf::operator("mx.c.fr", &Organisation::new("OPERATEUR C", "318751275100020", "Paris (75)"))
}
