//! The world of the story: a PKI, a signed white list, two operators with their configuration, people on both.
//!
//! Everything is made anew at each run, in one directory, and everything but the authority is what a real operator has.

use std::cell::RefCell;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::pki::configuration::{SERVICES, STRIDE, ServerFile, address};
use crate::config::load;
use crate::mail::{Domain, Edge};
use crate::server::{settings, witness_key};
use crate::trust::lab::pki::{Kind, Pki};
use crate::trust::lab::{Flaw, Key, Leaf, Organisation};

/// Where free ports are looked for when none were asked for.
const FIRST_BASE: u16 = 25_025;
const LAST_BASE: u16 = 26_025;

/// The file name of a certificate that nobody may come in with.
const EXPIRED: &str = "operateur-expire";

/// A person of the story.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) local: &'static str,
    pub(super) name: &'static str,
    pub(super) password: &'static str,
}

/// What is known of an operator before the world is made.
struct Cast {
    letter: &'static str,
    name: &'static str,
    domain: &'static str,
    organisation: (&'static str, &'static str, &'static str),
    people: [Person; 2],
}

const CAST: [Cast; 2] = [
    Cast {
        letter: "a",
        name: "CHU de Val-Nord",
        domain: "chu-valnord.mssante.fr",
        organisation: ("CHU DE VAL NORD", "1599990009", "Nord (59)"),
        people: [
            Person { local: "anne.martin", name: "Dr Anne MARTIN", password: "cardio-valnord-2026" },
            Person {
                local: "secretariat.cardiologie",
                name: "Secrétariat de cardiologie",
                password: "secret-valnord-2026",
            },
        ],
    },
    Cast {
        letter: "b",
        name: "Maison de santé des Oliviers",
        domain: "oliviers.mssante.fr",
        organisation: ("MAISON DE SANTE DES OLIVIERS", "1349990002", "Hérault (34)"),
        people: [
            Person { local: "paul.durand", name: "Dr Paul DURAND", password: "cabinet-oliviers-2026" },
            Person { local: "accueil", name: "Accueil des Oliviers", password: "accueil-oliviers-2026" },
        ],
    },
];

/// One operator, ready to be started.
pub(super) struct Operator {
    pub(super) letter: &'static str,
    pub(super) name: &'static str,
    pub(super) domain: &'static str,
    pub(super) people: [Person; 2],
    /// Its directory, with `sceau.toml` and `data`.
    pub(super) directory: PathBuf,
    /// Its operator's certificate and key.
    pub(super) identity: (PathBuf, PathBuf),
    /// The subject of that certificate.
    pub(super) subject: String,
    base: u16,
}

impl Operator {
    /// The address of a service of [`SERVICES`].
    pub(super) fn address(&self, service: &str) -> SocketAddr {
        address(self.base, service)
    }

    /// The same for people and programs: by name, because not every client compares an IP address with a certificate.
    pub(super) fn host_port(&self, service: &str) -> String {
        format!("localhost:{}", self.address(service).port())
    }

    /// All services with their addresses.
    pub(super) fn services(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        SERVICES.iter().map(|service| (*service, self.address(service)))
    }

    /// A person's mail address.
    pub(super) fn mailbox(&self, person: usize) -> String {
        format!("{}@{}", self.people[person].local, self.domain)
    }

    /// A person's name and password to sign in with.
    pub(super) fn login(&self, person: usize) -> (String, &'static str) {
        (self.mailbox(person), self.people[person].password)
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.directory.join("sceau.toml")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Whom it witnesses and who witnesses it.
    pub(super) fn policy(&self) -> PathBuf {
        self.directory.join("politique")
    }
}

/// The whole world.
pub(super) struct World {
    pub(super) directory: PathBuf,
    /// A receives, B sends.
    pub(super) operators: [Operator; 2],
    pub(super) anchors: PathBuf,
    pub(super) anchors_pem: String,
    pub(super) crls: PathBuf,
    pub(super) white_list: PathBuf,
    /// The ports, held until the servers take them: another program must not while the world is made.
    reserved: RefCell<Vec<TcpListener>>,
    /// A certificate that expired yesterday: nobody may come in with it.
    pub(super) expired: (PathBuf, PathBuf),
}

impl World {
    /// Makes everything in `directory`. `base` is the first port; without it free ones are looked for.
    pub(super) fn make(directory: &Path, base: Option<u16>, edge: &Edge) -> Result<Self, Failure> {
        let (base, reserved) = reserve(base)?;
        let pki = directory.join("pki");
        let mut pki = Pki::init(&pki, edge, true).map_err(told)?;
        let mut operators = Vec::new();
        for (cast, base) in CAST.iter().zip([base, base + STRIDE]) {
            operators.push(operator(cast, base, directory, &mut pki)?);
        }
        issue(&mut pki, EXPIRED, Kind::Conformance, &leaf(&CAST[1], "mx").with(Flaw::Expired), &[])?;
        let [crls, _] = pki.crls();
        let world = Self {
            directory: directory.to_owned(),
            anchors: pki.anchors(),
            anchors_pem: fs::read_to_string(pki.anchors())?,
            crls,
            white_list: pki.white_list(),
            expired: pki.files_of(EXPIRED),
            reserved: RefCell::new(reserved),
            operators: operators.try_into().map_err(|_| Failure::new("il faut deux opérateurs"))?,
        };
        world.configure(&pki)?;
        world.introduce_witnesses(edge)?;
        Ok(world)
    }

    /// Lets go of the ports of this operator, for its server to take.
    pub(super) fn free_ports(&self, operator: &Operator) {
        let ports: Vec<_> = operator.services().map(|(_, address)| Some(address)).collect();
        self.reserved.borrow_mut().retain(|held| !ports.contains(&held.local_addr().ok()));
    }

    /// The operator at the other end.
    pub(super) fn other(&self, operator: &Operator) -> &Operator {
        let [a, b] = &self.operators;
        if operator.letter == a.letter { b } else { a }
    }

    fn configure(&self, pki: &Pki) -> Result<(), Failure> {
        for operator in &self.operators {
            let other = self.other(operator);
            let text = ServerFile {
                title: operator.name.to_owned(),
                host: format!("mx.{}", operator.domain),
                domains: &[domain(operator.domain)?],
                data: operator.data(),
                log_level: "warn",
                operator: operator.identity.clone(),
                clients: pki.files_of(&format!("clients-{}", operator.letter)),
                base: operator.base,
                routes: [(domain(other.domain)?, other.address("smtp"))].into(),
                policy: Some(operator.policy()),
            };
            fs::write(operator.config_file(), text.text(pki))?;
        }
        Ok(())
    }

    /// Each is the witness of the other: their keys are exchanged, as people do it with `sceau proof keys`.
    fn introduce_witnesses(&self, edge: &Edge) -> Result<(), Failure> {
        for operator in &self.operators {
            let other = self.other(operator);
            let config = load(&other.config_file()).map_err(told)?;
            let log = settings::shards(&config, edge).open(edge.now()).map_err(told)?.1.log().key().clone();
            let witness = witness_key(&config, edge).map_err(told)?;
            let (key, at) = (witness.verifier(), other.host_port("proofs"));
            let text = format!("log {log} https://{at}/\nwitness pair {key} https://{at}/\nquorum pair\n");
            fs::write(operator.policy(), text)?;
        }
        Ok(())
    }
}

fn told(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

fn domain(text: &str) -> Result<Domain, Failure> {
    Domain::parse(text).map_err(told)
}

/// An operator's certificates, its row of the white list and its directory.
fn operator(cast: &Cast, base: u16, directory: &Path, pki: &mut Pki) -> Result<Operator, Failure> {
    let (ours, clients) = (format!("operateur-{}", cast.letter), format!("clients-{}", cast.letter));
    let mine = leaf(cast, "mx").with_key(Key::Rsa2048);
    let subject = issue(pki, &ours, Kind::Operator, &mine, &[domain(cast.domain)?])?;
    issue(pki, &clients, Kind::Server, &leaf(cast, "mail"), &[])?;
    let own = directory.join(cast.letter);
    fs::create_dir_all(&own)?;
    Ok(Operator {
        letter: cast.letter,
        name: cast.name,
        domain: cast.domain,
        people: cast.people,
        directory: own,
        identity: pki.files_of(&ours),
        subject,
        base,
    })
}

/// A certificate for `host` of this operator's domain, valid on loopback too.
fn leaf(cast: &Cast, host: &str) -> Leaf {
    let (name, unit, state) = cast.organisation;
    let leaf = Leaf::operator(&format!("{host}.{}", cast.domain), &Organisation::new(name, unit, state));
    leaf.and_name("localhost").and_name("127.0.0.1")
}

/// Issues it; gives its subject.
fn issue(pki: &mut Pki, name: &str, kind: Kind, leaf: &Leaf, domains: &[Domain]) -> Result<String, Failure> {
    pki.issue(name, kind, leaf, domains.to_vec()).map(|entry| entry.subject).map_err(told)
}

/// Takes all ports of both operators on loopback, from the base that was asked for, or else from the first from which
/// all are free.
fn reserve(asked: Option<u16>) -> Result<(u16, Vec<TcpListener>), Failure> {
    let take = |base: u16| -> std::io::Result<Vec<TcpListener>> {
        let ports = [base, base + STRIDE].into_iter().flat_map(|first| first..first + SERVICES.len() as u16);
        ports.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).collect()
    };
    match asked {
        Some(base) if base > u16::MAX - 2 * STRIDE => Err(Failure::new(format!("--ports {base} : trop grand"))),
        Some(base) => {
            let taken = take(base);
            taken.map(|held| (base, held)).map_err(|error| Failure::new(format!("--ports {base} : {error}")))
        }
        None => {
            let bases = (FIRST_BASE..LAST_BASE).step_by(2 * usize::from(STRIDE));
            let free = bases.into_iter().find_map(|base| take(base).ok().map(|held| (base, held)));
            free.ok_or_else(|| Failure::new("aucun port libre ; choisir par --ports"))
        }
    }
}
