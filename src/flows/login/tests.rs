//! Everybody who should come in, and everybody who should not, with a store in memory and a PKI made for the test.

use std::sync::Mutex;

use super::*;
use crate::mail::Time;
use crate::store::{AccountKind, Identity, NewAccount, Tx};
use crate::trust::lab::{Flaw, Issued, Leaf, Organisation};
use crate::trust::testing::Space;
use crate::trust::{CertificateFacts, DistinguishedName};

const PASSWORD: &str = "correct horse battery";
const PERSON: &str = "810001234567";

/// Anne (personal, with a password and a national identifier) holds `accueil` (read, send) and `labo` (read); `appli`
/// belongs to the laboratory's certificate; `parti` is not active, `muet` has no password.
struct World {
    space: Space,
    store: Arc<Store>,
    logins: Logins,
    pauses: Arc<Pauses>,
}

/// Remembers how long it was to wait, and does not.
#[derive(Default)]
struct Pauses(Mutex<Vec<Duration>>);

impl Pause for Pauses {
    fn pause(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().unwrap().push(span);
        Box::pin(std::future::ready(()))
    }
}

/// Knows one token, of Anne.
struct Tokens;

impl TokenChecker for Tokens {
    fn check<'a>(&'a self, token: &'a str) -> Pin<Box<dyn Future<Output = Result<TokenFacts, Fault>> + Send + 'a>> {
        Box::pin(std::future::ready(match token {
            "good" => {
                Ok(TokenFacts { person: PERSON.to_owned(), level: Level::Psc, evidence: "token jti:1".to_owned() })
            }
            "other" => Ok(TokenFacts { person: "899999999999".to_owned(), level: Level::Psc, evidence: String::new() }),
            _ => Err(failed("expired")),
        }))
    }
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@a.mssante.fr")).unwrap()
}

fn laboratory() -> Leaf {
    Leaf::operator("dpi.labo.fr", &Organisation::new("LABO", "318310021300028", "Gers (32)"))
}

/// A professional's certificate.
fn card() -> Leaf {
    Leaf::operator(PERSON, &Organisation::agency()).with(Flaw::PersonsAuthority)
}

fn subject(issued: &Issued) -> Identity {
    let facts = CertificateFacts::read(issued.der()).unwrap();
    Identity::Subject { key: facts.subject.key(), text: facts.subject.to_string() }
}

fn visitor(certificates: Vec<Vec<u8>>, purpose: Rights) -> Visitor {
    Visitor { address: "192.0.2.1".parse().unwrap(), certificates, purpose }
}

fn reader() -> Visitor {
    visitor(Vec::new(), Rights::READ)
}

impl World {
    fn new() -> Self {
        let space = Space::new();
        let operator = space.issue(&Space::north());
        let trust = space.trust(&[("b.mssante.fr", &operator)], &[]);
        let store = Store::in_memory(space.edge.clone()).unwrap();
        let identity = subject(&space.issue(&laboratory()));
        tokio::task::block_in_place(|| store.write_blocking(move |tx| fill(tx, identity))).unwrap();
        let settings = LoginSettings {
            scram_iterations: Some(4096),
            persons: PersonCertificates {
                issuers: vec![DistinguishedName::parse("CN=TEST AC IGC-SANTE ELEMENTAIRE PERSONNES").unwrap()],
                ..PersonCertificates::default()
            },
            throttle: ThrottleSettings::default(),
        };
        let pauses = Arc::new(Pauses::default());
        let logins = Logins::new(Arc::clone(&store), space.edge.clone(), settings).unwrap();
        let logins = logins.trusting(Arc::new(trust)).checking(Arc::new(Tokens)).pausing(pauses.clone());
        Self { space, store, logins, pauses }
    }

    fn id(&self, name: &str) -> AccountId {
        self.store.find(&address(name)).unwrap().id
    }

    async fn write(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<(), Fault> + Send + 'static) {
        self.store.write(work).await.unwrap();
    }

    fn hashed(&self) -> u64 {
        self.logins.passwords.hashed.load(std::sync::atomic::Ordering::SeqCst)
    }

    async fn password(&self, user: &str, authzid: Option<&str>) -> Result<String, Status> {
        let login = self.logins.password(&reader(), user, authzid, PASSWORD).await;
        login.map(|login| told(&login)).map_err(|fault| fault.status)
    }

    fn certificate(&self, issued: &Issued, wanted: Option<&str>) -> Result<String, String> {
        let login = self.logins.certificate(&visitor(issued.chain(), Rights::READ), wanted);
        login.map(|login| told(&login)).map_err(|fault| fault.detail.split(':').next().unwrap().to_owned())
    }
}

/// `who (on what): level`.
fn told(login: &Login) -> String {
    let behalf = login.behalf.as_ref().map_or(String::new(), |b| format!(" on {} [{}]", b.address.local(), b.rights));
    format!("{}{behalf}: {}", login.address.local(), login.level.word())
}

fn fill(tx: &mut Tx<'_>, laboratory: Identity) -> Result<(), Fault> {
    let mut ids = Vec::new();
    for (name, kind) in [
        ("anne", AccountKind::Personal),
        ("accueil", AccountKind::Organisation),
        ("labo", AccountKind::Organisation),
        ("secret", AccountKind::Organisation),
        ("appli", AccountKind::Application),
        ("parti", AccountKind::Personal),
        ("muet", AccountKind::Personal),
    ] {
        let new = NewAccount {
            address: address(name),
            name: name.to_owned(),
            password_hash: String::new(),
            kind,
            quota: 1 << 20,
        };
        ids.push(tx.create_account(new)?);
    }
    let [anne, accueil, labo, _, appli, parti, _] = ids[..] else { unreachable!() };
    for account in [anne, parti] {
        let keys = new_scram_keys(PASSWORD, 4096, tx.edge().chance.clone().as_ref());
        tx.set_password(account, hash_password(PASSWORD)?, Some(keys))?;
    }
    tx.deactivate(parti)?;
    tx.add_identity(anne, Identity::Person(PERSON.to_owned()))?;
    tx.add_identity(appli, laboratory)?;
    tx.set_holder(accueil, anne, Rights::parse("read,send").unwrap())?;
    tx.set_holder(labo, anne, Rights::READ)
}

#[tokio::test(flavor = "multi_thread")]
// [rfc4616#2]
async fn a_person_acts_on_the_own_mailbox_or_on_one_that_she_holds() {
    let world = World::new();
    let failed = Err(Status::LoginFailed);
    for (user, authzid, login) in [
        ("anne@a.mssante.fr", None, Ok("anne: password")),
        ("Anne@A.mssante.FR", Some("anne@a.mssante.fr"), Ok("anne: password")),
        ("anne@a.mssante.fr", Some("accueil@a.mssante.fr"), Ok("anne on accueil [read,send]: password")),
        ("anne@a.mssante.fr*accueil@a.mssante.fr", None, Ok("anne on accueil [read,send]: password")),
        ("anne@a.mssante.fr*labo@a.mssante.fr", Some("labo@a.mssante.fr"), Ok("anne on labo [read]: password")),
        // nobody acts as somebody else by asking for it
        ("anne@a.mssante.fr", Some("secret@a.mssante.fr"), failed),
        ("anne@a.mssante.fr", Some("nobody@a.mssante.fr"), failed),
        ("anne@a.mssante.fr", Some("not an address"), failed),
        ("anne@a.mssante.fr*labo@a.mssante.fr", Some("accueil@a.mssante.fr"), failed),
        ("accueil@a.mssante.fr", Some("anne@a.mssante.fr"), failed),
        ("anne@a.mssante.fr*", None, failed),
        ("anne", None, failed),
        ("anné@a.mssante.fr", None, failed),
    ] {
        assert_eq!(world.password(user, authzid).await, login.map(str::to_owned), "{user} {authzid:?}");
    }
    // what the session is for decides which right is needed
    let sender = visitor(Vec::new(), Rights::SEND);
    let login = world.logins.password(&sender, "anne@a.mssante.fr*labo@a.mssante.fr", None, PASSWORD).await;
    assert_eq!(login.unwrap_err().status, Status::LoginFailed, "reading is not sending");
}

#[tokio::test(flavor = "multi_thread")]
// [clients#enumeration-and-timing]
async fn unknown_disabled_and_wrong_hear_the_same_and_cost_the_same_work() {
    let world = World::new();
    // known once, so that a remembered login would show
    world.password("anne@a.mssante.fr", None).await.unwrap();
    let mut answers = Vec::new();
    for (user, password) in [
        ("nobody@a.mssante.fr", PASSWORD),
        ("not an address", PASSWORD),
        ("parti@a.mssante.fr", PASSWORD),
        ("parti@a.mssante.fr", "wrong horse battery"),
        ("muet@a.mssante.fr", PASSWORD),
        ("accueil@a.mssante.fr", PASSWORD),
        ("anne@a.mssante.fr", "wrong horse battery"),
    ] {
        let before = world.hashed();
        let fault = world.logins.password(&reader(), user, None, password).await.unwrap_err();
        answers.push((fault.smtp_text(), fault.imap_text(), world.hashed() - before));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].2, 1);
    // and the one who signed in already costs nothing
    let before = world.hashed();
    world.password("anne@a.mssante.fr", None).await.unwrap();
    assert_eq!(world.hashed(), before);
}

#[tokio::test(flavor = "multi_thread")]
// [rfc5802#9] [clients#enumeration-and-timing]
async fn keys_for_a_proof_tell_nothing_of_who_is_there() {
    let world = World::new();
    let keys = async |user: &str| world.logins.scram_keys(&reader(), user).await.unwrap();
    let nobody = keys("nobody@a.mssante.fr").await;
    assert_eq!(nobody, keys("NOBODY@a.mssante.fr").await, "the same at each question");
    assert_eq!(nobody.iterations, keys("anne@a.mssante.fr").await.iterations);
    assert_ne!(nobody.salt, keys("somebody@a.mssante.fr").await.salt);
    let settings = LoginSettings { scram_iterations: Some(4096), ..LoginSettings::default() };
    let restarted = Logins::new(Arc::clone(&world.store), world.space.edge.clone(), settings).unwrap();
    assert_eq!(nobody, restarted.scram_keys(&reader(), "nobody@a.mssante.fr").await.unwrap(), "after a start too");
    // an account that is switched off keeps its salt, and no password fits
    let (before, parti) = (world.store.scram_keys(world.id("parti")).unwrap(), keys("parti@a.mssante.fr").await);
    assert_eq!((parti.salt, parti.iterations), (before.salt, before.iterations));
    assert!(parti.stored_key != before.stored_key && parti.server_key != before.server_key);

    let signed = |user: &str, proved| world.logins.scram(&reader(), user, None, proved).map(|login| told(&login));
    assert_eq!(signed("anne@a.mssante.fr", true).unwrap(), "anne: password");
    assert_eq!(signed("anne@a.mssante.fr*labo@a.mssante.fr", true).unwrap(), "anne on labo [read]: password");
    assert_eq!(signed("anne@a.mssante.fr", false).unwrap_err().status, Status::LoginFailed);
    assert_eq!(signed("parti@a.mssante.fr", true).unwrap_err().status, Status::LoginFailed);
}

#[tokio::test(flavor = "multi_thread")]
// [clients#client-certificate-login]
async fn a_certificate_opens_what_it_was_attached_to_and_nothing_else() {
    let world = World::new();
    let issue = |leaf: &Leaf| world.space.issue(leaf);
    let twin = Leaf::operator("dpi.labo.fr", &Organisation::new("LABO", "1750048886", "Gers (32)"));
    // an organisation that chose somebody's identifier as its common name
    let impostor = Leaf::operator(PERSON, &Organisation::agency());
    let appli = "appli@a.mssante.fr";
    for (case, leaf, wanted, result) in [
        ("its application", laboratory(), None, Ok("appli: org-cert")),
        ("named too", laboratory(), Some(appli), Ok("appli: org-cert")),
        ("another mailbox", laboratory(), Some("anne@a.mssante.fr"), Err("CN=dpi.labo.fr")),
        ("a mailbox that nobody has", laboratory(), Some("nobody@a.mssante.fr"), Err("CN=dpi.labo.fr")),
        ("the same CN, another structure", twin, None, Err("CN=dpi.labo.fr")),
        ("a person", card(), None, Ok("anne: cps")),
        ("a person on what she holds", card(), Some("accueil@a.mssante.fr"), Ok("anne on accueil [read,send]: cps")),
        ("a person on what she does not hold", card(), Some("secret@a.mssante.fr"), Err("CN=810001234567")),
        ("no person, only the name of one", impostor, None, Err("CN=810001234567")),
        ("no mapped field", Space::north(), None, Err("CN=mss.chu-nord.fr")),
        ("expired", laboratory().with(Flaw::Expired), None, Err("expired")),
        ("not yet valid", laboratory().with(Flaw::NotYetValid), None, Err("not-yet-valid")),
        ("wrong usage", laboratory().with(Flaw::WrongUsage), None, Err("wrong-usage")),
        ("for servers only", laboratory().with(Flaw::ServerUsageOnly), None, Err("wrong-usage")),
        ("another authority", laboratory().with(Flaw::OtherAuthority), None, Err("other-ca")),
        ("self-signed", laboratory().with(Flaw::SelfSigned), None, Err("other-ca")),
    ] {
        let told = world.certificate(&issue(&leaf), wanted);
        let told = told.map_err(|why| why.split(',').next().unwrap().to_owned());
        assert_eq!(told, result.map(str::to_owned).map_err(str::to_owned), "{case}");
    }
    let fault = world.logins.certificate(&reader(), None).unwrap_err();
    assert_eq!(fault.status, Status::CertificateRefused, "no certificate at all");
}

#[tokio::test(flavor = "multi_thread")]
// [clients#client-certificate-login] [proofs#events]
async fn a_revoked_certificate_opens_nothing_and_a_good_one_is_evidence() {
    let world = World::new();
    let issue = |leaf: &Leaf| world.space.issue(leaf);
    let (labo, person, operator) = (issue(&laboratory()), issue(&card()), issue(&Space::north()));
    let trust = Arc::new(world.space.trust(&[("b.mssante.fr", &operator)], &[&labo, &person]));
    for issued in [&labo, &person] {
        let edge = world.space.edge.clone();
        let logins = Logins::new(Arc::clone(&world.store), edge, LoginSettings::default()).unwrap();
        let fault = logins.trusting(Arc::clone(&trust)).certificate(&visitor(issued.chain(), Rights::READ), None);
        assert!(fault.unwrap_err().detail.starts_with("revoked"));
    }
    // evidence for proofs
    let issued = issue(&laboratory());
    let login = world.logins.certificate(&visitor(issued.chain(), Rights::READ), None).unwrap();
    let facts = CertificateFacts::read(issued.der()).unwrap();
    let evidence = login.evidence.unwrap();
    assert!(evidence.starts_with(&format!("certificate sha256:{}", crate::mail::hex(&facts.sha256))), "{evidence}");
    assert!(evidence.contains(&format!("serial:{}", facts.serial)), "{evidence}");
}

#[tokio::test(flavor = "multi_thread")]
// [clients#client-certificate-login] [rfc6409#6.1]
async fn one_certificate_with_several_mailboxes_is_chosen_by_the_sender() {
    let world = World::new();
    let issued = world.space.issue(&laboratory());
    let sender = visitor(issued.chain(), Rights::SEND);
    let by = |from: Option<&str>| {
        let from = from.map(address);
        world.logins.by_certificate(&sender, from.as_ref()).map(|login| told(&login)).map_err(|fault| fault.status)
    };
    assert_eq!(by(Some("elsewhere")), Ok("appli: org-cert".to_owned()), "one only: the sender is judged later");
    assert_eq!(by(None), Ok("appli: org-cert".to_owned()));
    let (second, identity) = (world.id("secret"), subject(&issued));
    world.write(move |tx| tx.add_identity(second, identity)).await;
    assert_eq!(by(Some("secret")), Ok("secret: org-cert".to_owned()));
    assert_eq!(by(Some("appli")), Ok("appli: org-cert".to_owned()));
    assert_eq!(by(Some("anne")), Err(Status::CertificateRefused));
    assert_eq!(by(None), Err(Status::CertificateRefused), "a null reverse-path says nothing");
    let off = world.id("appli");
    world.write(move |tx| tx.deactivate(off)).await;
    assert_eq!(by(None), Ok("secret: org-cert".to_owned()), "the other one is not active");
}

#[tokio::test(flavor = "multi_thread")]
// [mss#8] [rfc7628#3.1]
async fn a_token_opens_the_accounts_of_its_person() {
    let world = World::new();
    let by = async |user: Option<&str>, token: &str| {
        let login = world.logins.token(&reader(), user, token).await;
        login.map(|login| (told(&login), login.evidence.unwrap())).map_err(|fault| fault.status)
    };
    let good = |who: &str| Ok((who.to_owned(), "token jti:1".to_owned()));
    assert_eq!(by(None, "good").await, good("anne: psc"));
    assert_eq!(by(Some("anne@a.mssante.fr"), "good").await, good("anne: psc"));
    assert_eq!(by(Some("accueil@a.mssante.fr"), "good").await, good("anne on accueil [read,send]: psc"));
    for (user, token) in [
        (Some("secret@a.mssante.fr"), "good"),
        (Some("appli@a.mssante.fr"), "good"),
        (None, "other"),
        (Some("anne@a.mssante.fr"), "other"),
        (Some("anne@a.mssante.fr"), "bad"),
    ] {
        assert_eq!(by(user, token).await, Err(Status::LoginFailed), "{user:?} {token}");
    }
    let anne = world.id("anne");
    world.write(move |tx| tx.remove_identity(anne, &Identity::Person(PERSON.to_owned()).look_up())).await;
    assert_eq!(by(None, "good").await, Err(Status::LoginFailed));
}

#[tokio::test(flavor = "multi_thread")]
// [rfc6409#6.1]
async fn a_right_that_is_taken_back_ends_at_once() {
    let world = World::new();
    let name = "anne@a.mssante.fr*accueil@a.mssante.fr";
    let login = world.logins.password(&reader(), name, None, PASSWORD).await.unwrap();
    let names = || {
        let owned = addresses(&world.store, &login).map_err(|fault| fault.status)?;
        Ok::<_, Status>(owned.iter().map(|own| own.local().to_owned()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(names(), Ok("anne accueil".to_owned()), "labo was given for reading only");
    assert!(world.logins.stands(&login).is_ok() && login.may(Rights::SEND) && !login.may(Rights::WRITE));
    let (accueil, anne) = (world.id("accueil"), world.id("anne"));
    world.write(move |tx| tx.set_holder(accueil, anne, Rights::SEND)).await;
    assert_eq!(world.logins.stands(&login).unwrap_err().status, Status::LoginRequired, "fewer rights");
    world.write(move |tx| tx.remove_holder(accueil, anne)).await;
    assert_eq!(names(), Err(Status::LoginRequired));
    assert_eq!(world.password(name, None).await, Err(Status::LoginFailed));
    let own = Login::new(anne, address("anne"), Level::Password);
    assert_eq!(addresses(&world.store, &own).unwrap().len(), 1);
    world.write(move |tx| tx.deactivate(anne)).await;
    assert_eq!(world.logins.stands(&own).unwrap_err().status, Status::LoginRequired);
}

#[tokio::test(flavor = "multi_thread")]
// [clients#sasl]
async fn failures_cost_the_one_who_fails() {
    let world = World::new();
    let anne = "anne@a.mssante.fr";
    world.password(anne, None).await.unwrap();
    let from = |last: u8| Visitor { address: [198, 51, 100, last].into(), ..reader() };
    let mut last = Status::LoginFailed;
    for guess in 0..30 {
        let wrong = format!("wrong horse {guess}");
        last = world.logins.password(&from(7), anne, None, &wrong).await.unwrap_err().status;
        if last == Status::LoginThrottled {
            break;
        }
    }
    assert_eq!(last, Status::LoginThrottled);
    let waited: Vec<_> = world.pauses.0.lock().unwrap().iter().map(Duration::as_millis).collect();
    assert!(waited.windows(2).all(|pair| pair[0] <= pair[1]) && waited.first() == Some(&500), "{waited:?}");
    let keys = world.logins.scram_keys(&from(7), anne).await;
    assert_eq!(keys.unwrap_err().status, Status::LoginThrottled, "by another mechanism either");
    // Anne, where she always is, notices nothing
    let before = world.pauses.0.lock().unwrap().len();
    assert!(world.password(anne, None).await.is_ok());
    assert_eq!(world.pauses.0.lock().unwrap().len(), before);
    let later = world.space.edge.now().plus_secs(3600);
    world.space.clock.set(Time(later.0));
    assert!(world.logins.password(&from(7), anne, None, PASSWORD).await.is_ok(), "time has passed");
}
