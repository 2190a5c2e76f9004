//! The story itself: eight steps, each with its figures; a step that does not hold ends it.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use super::super::Failure;
use super::super::proof::Stop;
use super::super::proof::attest::{self, Kept, Unjudged};
use super::super::terminal::tell;
use super::LOG;
use super::client::{Reader, knock, submit};
use super::message::{SUBJECT, compose, pdf};
use super::world::{Operator, World};
use crate::ledger::verify::{Hour, Invalid, Verdict, find_message, find_piece};
use crate::ledger::{Policy, ProofFile, audit, verify};
use crate::mail::Time;
use crate::server::Running;
use crate::server::edge::{self, Stopwatch};
use crate::server::evidence::{EventFacts, ExportedProof, Which, policy_text, verifier_keys};

/// How long an event may take from the store into the ledger.
const LOGGED_WITHIN: Duration = Duration::from_secs(10);

/// The teller: numbers the steps and takes their time.
pub(super) struct Told {
    step: u32,
    since: Stopwatch,
}

impl Told {
    pub(super) fn begin() -> Result<Self, Failure> {
        tell("Sceau : la vie d'un message entre deux opérateurs MSSanté, de l'envoi à la preuve\n")?;
        Ok(Self { step: 0, since: Stopwatch::start() })
    }

    /// Ends a step: its title with the time that it took, then its facts.
    fn step(&mut self, title: &str, facts: &[(&str, String)]) -> Result<(), Failure> {
        self.step += 1;
        let took = self.since.elapsed();
        tell(&format!("{:>2}. {title}  ({})", self.step, duration(took)))?;
        for (label, value) in facts {
            tell(&format!("      {label:<22} {value}"))?;
        }
        self.since = Stopwatch::start();
        Ok(())
    }

    /// Makes the world.
    pub(super) fn world(&mut self, directory: &Path, base: Option<u16>) -> Result<World, Failure> {
        let world = World::make(directory, base, &edge::system())?;
        let list = std::fs::metadata(&world.white_list)?.len();
        self.step(
            "Un espace de confiance est créé",
            &[
                (
                    "autorités",
                    "une racine, une pour les organisations, une pour les personnes, et leurs CRL".to_owned(),
                ),
                ("liste blanche", format!("2 domaines, {}, signée (XAdES-B, RSA-SHA256)", octets(list))),
                ("opérateur A", format!("{} : {}", world.operators[0].name, world.operators[0].subject)),
                ("opérateur B", format!("{} : {}", world.operators[1].name, world.operators[1].subject)),
                ("fichiers", world.directory.display().to_string()),
            ],
        )?;
        Ok(world)
    }

    /// Both servers are up.
    pub(super) fn started(&mut self, world: &World) -> Result<(), Failure> {
        let services = |operator: &Operator| {
            let ports: Vec<_> =
                operator.services().map(|(name, address)| format!("{name} {}", address.port())).collect();
            format!("{} ; {} comptes", ports.join(", "), operator.people.len())
        };
        let facts = [("A écoute", services(&world.operators[0])), ("B écoute", services(&world.operators[1]))];
        self.step("Deux opérateurs démarrent, chacun avec ses boîtes et son journal, chacun témoin de l'autre", &facts)
    }
}

/// What happened so far.
struct Sent {
    message: Vec<u8>,
    envelope: String,
    accepted: Stopwatch,
}

/// From the sending to the proof.
pub(super) async fn tell_all(told: &mut Told, world: &World, running: &[Running; 2]) -> Result<(), Failure> {
    let [a, b] = &world.operators;
    let mut reader = Reader::open(a.address("imaps"), &world.anchors_pem, login(a)).await?;
    reader.command("SELECT INBOX").await?;
    told.since = Stopwatch::start();
    let sent = send(told, world).await?;
    relay(told, &mut reader, &sent).await?;
    let there = read(told, &mut reader, &sent).await?;
    let traces = [events(&running[0], &there).await?, events(&running[1], &sent.envelope).await?];
    journal(told, world, &traces)?;
    let proofs = [
        witnessed(&running[0], &world.operators[0], &there).await?,
        witnessed(&running[1], &world.operators[1], &sent.envelope).await?,
    ];
    verified(told, world, &proofs, &sent)?;
    attested(told, world, &proofs[1])?;
    falsified(told, world, &proofs[1])?;
    intruder(told, world).await?;
    audited(told, world, running).await?;
    tell(&format!("\nChaque étape a tenu : « {SUBJECT} » est arrivé de {} à {}, preuves à l'appui.", b.name, a.name))
}

async fn send(told: &mut Told, world: &World) -> Result<Sent, Failure> {
    let [a, b] = &world.operators;
    let (from, to) = (b.mailbox(0), a.mailbox(0));
    let message = compose(&from, &to, edge::system().now())?;
    let reply = submit(b.address("submissions"), &world.anchors_pem, login(b), &to, &message).await?;
    let accepted = Stopwatch::start();
    let envelope = reply.split_whitespace().nth(2).unwrap_or_default().to_owned();
    told.step(
        &format!("{} envoie à {}", b.people[0].name, a.people[0].name),
        &[
            ("de, à", format!("{from} → {to}")),
            ("message", format!("{}, dont un PDF ; sha256 {}", octets(message.len() as u64), hex(&message))),
            ("réponse de B", reply),
        ],
    )?;
    Ok(Sent { message, envelope, accepted })
}

async fn relay(told: &mut Told, reader: &mut Reader, sent: &Sent) -> Result<(), Failure> {
    reader.wait_for_arrival().await?;
    told.step(
        "B transmet à A : SMTP, STARTTLS, certificats vérifiés des deux côtés, liste blanche",
        &[("du 250 de B à la boîte", duration(sent.accepted.elapsed()))],
    )
}

/// Reads as Thunderbird does: the body by PEEK, then \Seen when the person looks at it. Gives the envelope's id at A.
async fn read(told: &mut Told, reader: &mut Reader, sent: &Sent) -> Result<String, Failure> {
    let responses = reader.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[])").await?;
    let body = responses.iter().find_map(|response| response.literals.first());
    let body = body.ok_or_else(|| Failure::new("le message n'est pas dans la boîte"))?;
    if !body.ends_with(&sent.message) {
        return Err(Failure::new("le message lu n'est pas, octet pour octet, celui qui a été scellé"));
    }
    let text = String::from_utf8_lossy(body);
    let there = envelope_id(&text).ok_or_else(|| Failure::new("pas de champ Received avec l'identifiant"))?;
    let seen = reader.command("UID STORE 1:* +FLAGS (\\Seen)").await?;
    let flags = seen.iter().any(|response| response.text.contains("\\Seen"));
    told.step(
        "A remet ; la destinataire relève par IMAPS, puis ouvre",
        &[
            ("octets reçus", format!("{}, dont {} de trace ajoutée", body.len(), body.len() - sent.message.len())),
            ("octets scellés", format!("identiques à l'envoi ; sha256 {}", hex(&sent.message))),
            ("drapeau \\Seen", if flags { "posé" } else { "posé, sans écho" }.to_owned()),
        ],
    )?;
    Ok(there)
}

/// The id that A gave: `Received: … id <22 characters>`.
fn envelope_id(message: &str) -> Option<String> {
    let received = message.split("Received:").nth(1)?;
    let mut words = received.split_whitespace();
    words.find(|word| *word == "id")?;
    words.next().map(|word| word.trim_end_matches(';').to_owned())
}

/// The events, once all of them are in the ledger.
async fn events(running: &Running, envelope: &str) -> Result<Vec<EventFacts>, Failure> {
    let waiting = Stopwatch::start();
    loop {
        let events = running.office().trace(&Which::Envelope(envelope.to_owned())).map(|traced| traced.events);
        let events = events.map_err(|fault| Failure::new(fault.to_string()))?;
        if events.iter().all(|event| event.index.is_some()) {
            return Ok(events);
        }
        if waiting.elapsed() > LOGGED_WITHIN {
            return Err(Failure::new("des événements n'arrivent pas dans le journal"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the witness has signed all that is in the log.
pub(super) async fn countersigned(running: &Running) -> Result<(), Failure> {
    let waiting = Stopwatch::start();
    loop {
        let log = running.office().ledger().map_err(|fault| Failure::new(fault.to_string()))?;
        if log.quorum && log.published == Some(log.size) {
            return Ok(());
        }
        if waiting.elapsed() > LOGGED_WITHIN {
            return Err(Failure::new(format!("le témoin ne contresigne pas le journal : {:?}", log.witnesses)));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn journal(told: &mut Told, world: &World, traces: &[Vec<EventFacts>; 2]) -> Result<(), Failure> {
    let line = |event: &EventFacts| {
        let sure = match (&event.basis, &event.grade) {
            (Some(basis), Some(grade)) => format!(" ({basis}, {grade})"),
            (Some(basis), None) => format!(" ({basis})"),
            _ => String::new(),
        };
        let index = event.index.map_or_else(String::new, |index| index.to_string());
        format!("n° {index} {} {}{sure}", event.time, event.label)
    };
    let mut facts = Vec::new();
    for (operator, events) in [(&world.operators[1], &traces[1]), (&world.operators[0], &traces[0])] {
        let name = if operator.letter == "a" { "journal de A" } else { "journal de B" };
        facts.extend(events.iter().map(|event| (name, line(event))));
    }
    told.step("Chaque fait est un événement du journal de celui qui l'a constaté", &facts)?;
    let happened = |events: &[EventFacts], wanted: &[&str]| {
        wanted.iter().all(|word| events.iter().any(|event| event.event == *word))
    };
    if happened(&traces[1], &["seal", "relay-out"])
        && happened(&traces[0], &["relay-in", "deliver", "transfer", "open"])
    {
        Ok(())
    } else {
        Err(Failure::new("il manque des événements"))
    }
}

/// The proofs, once the witness has signed all of them: while they are exported the other operator may return its own,
/// which is one event more.
async fn witnessed(running: &Running, operator: &Operator, envelope: &str) -> Result<Vec<ExportedProof>, Failure> {
    let policy = Policy::parse(&policy(operator)?).map_err(|error| Failure::new(error.to_string()))?;
    let signed = |proof: &ExportedProof| {
        ProofFile::parse(proof.text.as_bytes()).is_ok_and(|file| verify(&file, &policy) != Err(Invalid::Quorum))
    };
    let waiting = Stopwatch::start();
    loop {
        countersigned(running).await?;
        let proofs = export(running, envelope).await?;
        if proofs.iter().all(signed) || waiting.elapsed() > LOGGED_WITHIN {
            return Ok(proofs);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn export(running: &Running, envelope: &str) -> Result<Vec<ExportedProof>, Failure> {
    let proofs = running.office().export(Which::Envelope(envelope.to_owned())).await;
    proofs.map_err(|fault| Failure::new(fault.to_string()))
}

fn verified(told: &mut Told, world: &World, proofs: &[Vec<ExportedProof>; 2], sent: &Sent) -> Result<(), Failure> {
    let directory = world.directory.join("preuves");
    std::fs::create_dir_all(&directory)?;
    let mut facts = Vec::new();
    let started = Stopwatch::start();
    for (operator, proofs) in world.operators.iter().zip(proofs) {
        let policy = policy(operator)?;
        std::fs::write(directory.join(format!("politique-{}.txt", operator.letter)), &policy)?;
        let policy = Policy::parse(&policy).map_err(|error| Failure::new(error.to_string()))?;
        for proof in proofs {
            std::fs::write(directory.join(&proof.name), &proof.text)?;
            let file = ProofFile::parse(proof.text.as_bytes()).map_err(|error| Failure::new(error.to_string()))?;
            let verdict = verify(&file, &policy).map_err(|error| Failure::new(error.to_string()))?;
            if verdict.hour != Hour::Attested {
                return Err(Failure::new(format!("{} : heure non attestée", proof.name)));
            }
            if proof.event.event == "seal" {
                find_message(&file, &sent.message).map_err(|error| Failure::new(error.to_string()))?;
                facts.push(("scellement", sealed(proof.text.len() as u64, &verdict)));
                facts.push(("message", "empreinte révélée par la preuve, égale à celle de l'envoi".to_owned()));
                let piece = find_piece(&file, &pdf()).map_err(|error| Failure::new(error.to_string()))?;
                facts.push((
                    "pièce jointe",
                    format!("partie {piece}, compte-rendu.pdf : son empreinte est révélée et égale"),
                ));
                facts.push(("feuille", proof.event.hash.clone()));
            }
        }
    }
    let count = proofs.iter().map(Vec::len).sum::<usize>();
    facts.push(("preuves valides", format!("{count} sur {count}, hors ligne, en {}", duration(started.elapsed()))));
    facts.push(("fichiers", directory.display().to_string()));
    std::fs::write(directory.join("message.eml"), &sent.message)?;
    told.step("Les preuves sont exportées et vérifiées sans les serveurs", &facts)
}

/// The bracket of time in which the seal lies, by the clock of the other operator.
fn sealed(octets_of_proof: u64, verdict: &Verdict) -> String {
    let bound = |time: Option<Time>| time.map_or_else(String::new, Time::rfc3339);
    let (size, level) = (octets(octets_of_proof), verdict.assurance.word());
    format!("{size} ; niveau {level}, heure attestée entre {} et {}", bound(verdict.after), bound(verdict.before))
}

fn policy(operator: &Operator) -> Result<String, Failure> {
    let keys = verifier_keys(&operator.data().join("ledger")).map_err(|fault| Failure::new(fault.to_string()))?;
    Ok(policy_text(&keys, Some(&std::fs::read_to_string(operator.policy())?)))
}

/// What the sender would hand to a court: B's proofs in French, with the files inside.
fn attested(told: &mut Told, world: &World, proofs: &[ExportedProof]) -> Result<(), Failure> {
    let policy = policy(&world.operators[1])?;
    let proofs = proofs.iter().cloned().map(Unjudged::from).collect();
    let stopped = |stop: Stop| Failure::new(stop.to_string());
    let attestation = attest::attested(proofs, &policy, &[], &Kept::default()).map_err(stopped)?;
    let [pdf, html] = ["attestation.pdf", "attestation.html"].map(|name| world.directory.join("preuves").join(name));
    attest::write(&attestation, Some(&pdf), Some(&html)).map_err(stopped)?;
    told.step(
        "Une attestation d'échange est écrite pour qui doit juger, preuves jointes",
        &[("PDF/A-3", pdf.display().to_string()), ("page", html.display().to_string())],
    )
}

/// Every proof of B with one byte changed must fail, wherever the byte is.
fn falsified(told: &mut Told, world: &World, proofs: &[ExportedProof]) -> Result<(), Failure> {
    let seal = proofs.iter().find(|proof| proof.event.event == "seal");
    let seal = seal.ok_or_else(|| Failure::new("pas de preuve de scellement"))?;
    let policy = policy(&world.operators[1])?;
    let policy = Policy::parse(&policy).map_err(|error| Failure::new(error.to_string()))?;
    let place = seal.text.find("time ").map_or(0, |start| start + "time ".len() + 3);
    let mut bytes = seal.text.clone().into_bytes();
    bytes[place] = if bytes[place] == b'9' { b'8' } else { bytes[place] + 1 };
    std::fs::write(world.directory.join("preuves/falsifiee.preuve"), &bytes)?;
    let refusal = match ProofFile::parse(&bytes) {
        Err(error) => error.to_string(),
        Ok(file) => match verify(&file, &policy) {
            Err(error) => error.to_string(),
            Ok(_) => return Err(Failure::new("une preuve falsifiée passe pour vraie")),
        },
    };
    told.step(
        "Une copie falsifiée est refusée",
        &[("octet changé", format!("le {place}e, dans l'heure du scellement")), ("verdict", refusal)],
    )
}

async fn intruder(told: &mut Told, world: &World) -> Result<(), Failure> {
    let refusal = knock(world.operators[0].address("smtp"), &world.anchors_pem, &world.expired).await?;
    let reason = logged_refusal(&world.directory.join(LOG)).await?;
    told.step(
        "Un certificat expiré frappe à la porte de A et reste dehors",
        &[("ce qu'il entend", refusal), ("ce que A note", reason)],
    )
}

/// Why A did not let it in, as its log says: the audit of the handshake, with the subject and the reason.
async fn logged_refusal(log: &Path) -> Result<String, Failure> {
    let waiting = Stopwatch::start();
    loop {
        let text = std::fs::read_to_string(log)?;
        let line = text.lines().find(|line| line.contains("TLS handshake failed"));
        if let Some((_, audit)) = line.and_then(|line| line.split_once("stage=")) {
            return Ok(format!("stage={audit}"));
        }
        if waiting.elapsed() > LOGGED_WITHIN {
            return Err(Failure::new("le journal d'exploitation ne dit pas le refus"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn audited(told: &mut Told, world: &World, running: &[Running; 2]) -> Result<(), Failure> {
    let mut facts = Vec::new();
    for (operator, running) in world.operators.iter().zip(running) {
        for shard in std::fs::read_dir(operator.data().join("ledger"))? {
            let report = audit(&shard?.path(), None).map_err(|finding| Failure::new(finding.to_string()))?;
            facts.push(("journal", format!("{} : {} feuilles, racine {}", report.origin, report.size, report.root)));
        }
        let stored = running.office().check().await.map_err(|fault| Failure::new(fault.to_string()))?;
        if let Some(problem) = stored.problems.first() {
            return Err(Failure::new(problem.clone()));
        }
        facts.push(("boîtes", stored.summary));
    }
    told.step("Les deux journaux et les deux magasins sont recalculés en entier", &facts)
}

fn login(operator: &Operator) -> (String, &'static str) {
    operator.login(0)
}

fn hex(bytes: &[u8]) -> String {
    crate::mail::hex(digest(&SHA256, bytes).as_ref())
}

fn octets(count: u64) -> String {
    if count < 10_000 { format!("{count} octets") } else { format!("{} ko", count / 1000) }
}

fn duration(span: Duration) -> String {
    match span.as_micros() {
        micros if micros < 1000 => format!("{micros} µs"),
        micros if micros < 10_000_000 => format!("{} ms", micros / 1000),
        micros => format!("{} s", micros / 1_000_000),
    }
}
