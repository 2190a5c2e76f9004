//! What is done with contents besides sealing them: scans for malware, signatures of domains.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::mail::Status;
use crate::proto::dkim::{KeyKind, Lookup, Signer, new_key};

const MESSAGE: &str = "From: Anne <anne@a.mssante.fr>\r\nTo: b1@b.mssante.fr\r\nSubject: s\r\n\r\nBonjour \r\n \r\n";

/// A scanner that finds the word «malware», and may be down from some step on.
#[derive(Default)]
struct Words {
    down_after: Option<usize>,
    steps: Arc<AtomicUsize>,
}

struct Scanned {
    seen: Vec<u8>,
    down_after: Option<usize>,
    steps: Arc<AtomicUsize>,
}

impl Scanned {
    fn step(&self) -> Result<(), Fault> {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        if self.down_after.is_some_and(|most| step >= most) {
            return Err(Fault::upstream(Status::ScannerDown, "told to be down"));
        }
        Ok(())
    }
}

impl Scanner for Words {
    fn begin(&self) -> Boxed<'_, Result<Box<dyn Scan>, Fault>> {
        let scan = Scanned { seen: Vec::new(), down_after: self.down_after, steps: Arc::clone(&self.steps) };
        Box::pin(async move { scan.step().map(|()| Box::new(scan) as Box<dyn Scan>) })
    }
}

impl Scan for Scanned {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Boxed<'a, Result<(), Fault>> {
        self.seen.extend_from_slice(bytes);
        Box::pin(async move { self.step() })
    }

    fn finish(self: Box<Self>) -> Boxed<'static, Result<Finding, Fault>> {
        let found = String::from_utf8_lossy(&self.seen).contains("malware");
        let finding = if found { Finding::Malware("Test".to_owned()) } else { Finding::Nothing };
        Box::pin(async move { self.step().map(|()| finding) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malware_is_refused_and_a_scanner_that_is_down_defers() {
    for (down_after, text, expected) in [
        (None, "Bonjour\r\n", None),
        (None, "mal\r\nware malware\r\n", Some(Status::Malware)),
        (Some(0), "Bonjour\r\n", Some(Status::ScannerDown)),
        (Some(1), "Bonjour\r\n", Some(Status::ScannerDown)),
        (Some(5), "malware, and a scanner that dies before it says so\r\n", Some(Status::ScannerDown)),
    ] {
        let world = World::new();
        let scanner: Arc<dyn Scanner> = Arc::new(Words { down_after, ..Words::default() });
        let message = format!("From: anne@a.mssante.fr\r\n\r\n{text}");
        let intake = Arc::new(Arc::into_inner(world.intake()).unwrap().scanning(Some(Arc::clone(&scanner))));
        let mut incoming = intake.begin(Arc::clone(&world.b), peer(), ReversePath::Null, &nothing()).unwrap();
        incoming.recipient(&world.anne.address, &no_wish()).unwrap();
        assert_eq!(send(incoming, &message).await.err().map(|fault| fault.status), expected, "in: {text}");
        let scanner: Arc<dyn Scanner> = Arc::new(Words { down_after, ..Words::default() });
        let submission = Arc::new(Arc::into_inner(world.submission()).unwrap().scanning(Some(scanner)));
        let mut outgoing = submission.begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
        outgoing.recipient(&Address::parse("b1@b.mssante.fr").unwrap(), &no_wish()).unwrap();
        assert_eq!(send(outgoing, &message).await.err().map(|fault| fault.status), expected, "out: {text}");
        assert_eq!(super::refusing::refused(&world), if expected == Some(Status::Malware) { 1 } else { 0 }, "{text}");
        let kept = u64::from(expected.is_none());
        assert_eq!(world.store.account(world.anne.account).unwrap().usage().unwrap().messages, kept);
        assert_eq!(super::outgoing::waiting(&world) as u64, kept);
    }
    let (malware, down) = (Status::Malware, Status::ScannerDown);
    assert_eq!((malware.smtp(), down.smtp()), (554, 451));
    assert!(malware.enhanced().starts_with("5.7.") && down.enhanced().starts_with("4.7."));
}

/// DNS that has these records.
struct Zone(BTreeMap<String, Lookup>);

impl KeyRecords for Zone {
    fn look_up<'a>(&'a self, names: &'a [String]) -> Boxed<'a, Records> {
        let found = |name: &String| (name.clone(), self.0.get(name).cloned().unwrap_or(Lookup::Missing));
        Box::pin(async move { names.iter().map(found).collect() })
    }
}

/// The message as operator B would get it.
async fn what_leaves(world: &World, submission: &Arc<Submission>) -> String {
    let mut outgoing = submission.begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
    outgoing.recipient(&Address::parse("b1@b.mssante.fr").unwrap(), &no_wish()).unwrap();
    send(outgoing, MESSAGE).await.unwrap();
    let told = Arc::new(super::outgoing::Told::default());
    told.answer(vec![Outcome::Failed { reply: "550 no".to_owned() }]);
    super::outgoing::run(&super::outgoing::relay(world, &told)).await;
    told.last().1
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_is_signed_and_what_comes_has_a_verdict() {
    // [rfc6376#5] [rfc6376#6.1] [rfc8601#2.2]
    let world = World::new();
    let key = |selector: &str, kind| Signer::new(domain("a.mssante.fr"), selector, &new_key(kind).unwrap()).unwrap();
    let keys = [key("r", KeyKind::Rsa), key("e", KeyKind::Ed25519)];
    let zone: BTreeMap<_, _> = keys.iter().map(|k| k.record().unwrap()).map(|(n, t)| (n, Lookup::Found(t))).collect();
    let signers = Arc::new(Signers::new(keys.map(|key| (domain("a.mssante.fr"), key))));
    let submission = Arc::new(Arc::into_inner(world.submission()).unwrap().signing(signers));
    let left = what_leaves(&world, &submission).await;
    assert!(left.starts_with("Received: ") && left.ends_with(MESSAGE), "the sealed bytes are as they were: {left}");
    assert_eq!(left.matches("DKIM-Signature: ").count(), 2, "{left}");
    // The same comes back as if from operator B, changed on its way or not.
    for (text, zone, verdicts) in [
        (
            left.clone(),
            zone.clone(),
            ["dkim=pass header.d=a.mssante.fr header.s=e", "dkim=pass header.d=a.mssante.fr header.s=r"],
        ),
        (
            left.replace("Bonjour", "Bonsoir"),
            zone,
            ["dkim=fail reason=\"the body was changed\" header.d=a.mssante.fr header.s=e", "header.s=r"],
        ),
        (
            left,
            BTreeMap::new(),
            ["dkim=permerror reason=\"no key record\" header.d=a.mssante.fr header.s=e", "header.s=r"],
        ),
    ] {
        let intake = Arc::new(Arc::into_inner(world.intake()).unwrap().verifying(Some(Arc::new(Zone(zone)))));
        let mut incoming = intake.begin(Arc::clone(&world.b), peer(), path("x@b.mssante.fr"), &nothing()).unwrap();
        incoming.recipient(&world.anne.address, &no_wish()).unwrap();
        send(incoming, &text).await.unwrap();
        let shown = world.newest(&world.anne).await;
        let ours = shown.split("Received: ").next().unwrap();
        assert!(verdicts.iter().all(|verdict| ours.contains(verdict)), "{shown}");
    }
}
