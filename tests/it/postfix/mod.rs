//! Debian's Postfix as another operator, with mutual TLS, both ways: what leaves one arrives at the other byte for byte,
//! whatever happens on the way, and who is not whom the white list names gets nothing.

mod instance;
mod wire;
mod world;

use world::{ANNE, World, addresses, wait_until};

use crate::tools::have;

/// The largest message: a little below the 60 MB that are allowed.
const LARGEST: usize = 59_000_000;

fn possible(test: &str) -> bool {
    if !have(test, &["postfix", "postqueue"]) {
        return false;
    }
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    assert!(root || std::env::var_os("SCEAU_REQUIRE_TOOLS").is_none(), "{test} needs root");
    if !root {
        eprintln!("skipped: {test} needs root");
    }
    root
}

/// A message with this Message-ID; its lines are as mail's are.
fn message(id: &str, from: &str, subject: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "Message-ID: <{id}@test.invalid>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nFrom: <{from}>\r\nTo: <x@y.invalid>\r\n\
         Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Contents that something on the way might want to change: name, subject, body.
fn contents() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let dots = b".\r\n..\r\n. \r\n.x\r\n\r\n\r\nlast\r\n".to_vec();
    let odd = (1..=u8::MAX).filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<_>>();
    let eight_bit = [odd.as_slice(), b"\r\n\xc3\xa9t\xc3\xa9 \xff\xfe\r\n", &[b'x'; 990], b"\r\n"].concat();
    let large =
        b"Un compte rendu de soixante-seize caracteres, et encore, et encore, et la fin.\r\n".repeat(LARGEST / 80);
    vec![
        ("plain", "plain", b"Bonjour\r\n".to_vec()),
        ("dots", "dots", dots),
        ("eight-bit", "eight-bit", eight_bit),
        ("utf8", "r\u{e9}sum\u{e9} d'h\u{f4}pital", "d\u{e9}j\u{e0}\r\n".as_bytes().to_vec()),
        ("large", "large", large),
    ]
}

/// Whether one of these ends with exactly this content, and no other has its Message-ID.
fn arrived_once(found: &[Vec<u8>], id: &str, content: &[u8]) -> bool {
    let with_id = format!("Message-ID: <{id}@test.invalid>");
    let holds = |text: &[u8]| text[..text.len().min(16_384)].windows(with_id.len()).any(|w| w == with_id.as_bytes());
    let same: Vec<_> = found.iter().filter(|text| holds(text)).collect();
    assert!(same.len() <= 1, "{id} arrived {} times", same.len());
    same.first().is_some_and(|text| {
        assert!(text.ends_with(content), "{id} was changed on its way: {} octets of {}", text.len(), content.len());
        true
    })
}

fn texts(found: &[Vec<u8>]) -> Vec<String> {
    found.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

#[test]
// [rfc6152#3] [rfc6531#3.2] [rfc3030#2]
fn postfix_gets_and_gives_every_octet() {
    if !possible("postfix_gets_and_gives_every_octet") {
        return;
    }
    let world = World::new(0);
    for (name, subject, body) in contents() {
        let utf8 = if name == "utf8" { " SMTPUTF8" } else { "" };
        let (out, back) = (format!("{name}-out"), format!("{name}-back"));
        let to = if name == "utf8" { "<zo\u{e9}@pf.mssante.fr>" } else { "<bruno@pf.mssante.fr>" };
        let sent = message(&out, ANNE, subject, &body);
        world.submit(&format!(" BODY=8BITMIME{utf8}"), vec![to.to_owned()], &sent);
        wait_until(&out, || arrived_once(&world.postfix.delivered(), &out, &sent));
        let from = if name == "utf8" { "\u{e9}lise@pf.mssante.fr" } else { "bruno@pf.mssante.fr" };
        let sent = message(&back, from, subject, &body);
        world.inject(&format!("<{from}> BODY=8BITMIME{utf8}"), vec![format!("<{ANNE}>")], &sent);
        wait_until(&back, || arrived_once(&world.inbox(), &back, &sent));
    }
    assert_eq!(world.queue(&["list"])["recipients"], 0);
}

#[test]
// [rfc5321#4.5.3.1.10]
fn many_recipients_go_and_come() {
    if !possible("many_recipients_go_and_come") {
        return;
    }
    let mut world = World::new(1000);
    let out = message("forty", ANNE, "forty", b"Bonjour\r\n");
    world.submit("", (0..40).map(|n| format!("<r{n}@pf.mssante.fr>")).collect(), &out);
    let back = message("thousand", "bruno@pf.mssante.fr", "thousand", b"Bonjour\r\n");
    let everybody = addresses(1000).iter().map(|address| format!("<{address}>")).collect();
    world.inject("<bruno@pf.mssante.fr>", everybody, &back);
    wait_until("forty messages", || world.postfix.delivered().len() == 40);
    assert!(world.postfix.delivered().iter().all(|text| text.ends_with(&out)));
    wait_until("Postfix has nothing left", || world.postfix.queue().is_empty());
    world.shut_down();
    let store = world.store();
    let others: Vec<_> = store.entries().into_iter().filter(|entry| entry.address.to_string() != ANNE).collect();
    assert_eq!(others.len(), 1000);
    for entry in others {
        assert_eq!(store.account(entry.id).unwrap().usage().unwrap().messages, 1, "{}", entry.address);
    }
    assert!(store.check_blocking().unwrap().is_clean());
}

#[test]
// [rfc3461#4]
fn reports_go_both_ways() {
    if !possible("reports_go_both_ways") {
        return;
    }
    let world = World::new(0);
    let out = message("report-out", ANNE, "report", b"Bonjour\r\n");
    world.submit(" RET=HDRS ENVID=dossier12", vec!["<bruno@pf.mssante.fr> NOTIFY=SUCCESS,FAILURE".to_owned()], &out);
    let is_report = |text: &String, word: &str| text.contains("multipart/report") && text.contains(word);
    wait_until("Postfix's report of its delivery", || {
        let inbox = texts(&world.inbox());
        inbox.iter().any(|text| is_report(text, "Action: delivered") && text.contains("dossier12"))
    });
    let back = message("report-back", "bruno@pf.mssante.fr", "report", b"Bonjour\r\n");
    let to = vec![format!("<{ANNE}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{ANNE}")];
    world.inject("<bruno@pf.mssante.fr> RET=HDRS ENVID=dossier13", to, &back);
    wait_until("a report to Postfix's sender", || {
        let delivered = texts(&world.postfix.delivered());
        let positive = |text: &&String| is_report(text, "Action: delivered") || is_report(text, "Action: relayed");
        delivered.iter().filter(positive).any(|text| text.contains("dossier13"))
    });
    let nobody = message("report-fail", "bruno@pf.mssante.fr", "report", b"Bonjour\r\n");
    world.inject("<bruno@pf.mssante.fr>", vec!["<personne@nous.mssante.fr>".to_owned()], &nobody);
    wait_until("Postfix's report of our refusal", || {
        let delivered = texts(&world.postfix.delivered());
        delivered.iter().any(|text| is_report(text, "Action: failed") && text.contains("5.1.1"))
    });
}

#[test]
// [rfc5321#4.5.4.1]
fn peers_that_are_down_or_greylist_get_it_later_and_once() {
    if !possible("peers_that_are_down_or_greylist_get_it_later_and_once") {
        return;
    }
    let mut world = World::new(0);
    world.postfix.stop();
    let out = message("down-out", ANNE, "down", b"Bonjour\r\n");
    world.submit("", vec!["<bruno@pf.mssante.fr>".to_owned()], &out);
    assert!(world.tried(1)[0].1.contains("refused"), "{:?}", world.tried(1));
    world.postfix.run();
    assert_eq!(world.queue(&["retry", "--domain", "pf.mssante.fr"])["recipients"], 1);
    wait_until("it arrives when Postfix is back", || arrived_once(&world.postfix.delivered(), "down-out", &out));
    world.shut_down();
    let back = message("down-back", "bruno@pf.mssante.fr", "down", b"Bonjour\r\n");
    world.inject("<bruno@pf.mssante.fr>", vec![format!("<{ANNE}>")], &back);
    wait_until("Postfix has found us down", || world.postfix.queue().contains("delay_reason"));
    world.serve();
    world.postfix.flush();
    wait_until("it arrives when we are back", || arrived_once(&world.inbox(), "down-back", &back));
    let grey = message("grey", ANNE, "grey", b"Bonjour\r\n");
    let to = ["<grise@pf.mssante.fr>", "<bruno@pf.mssante.fr>"].map(str::to_owned);
    world.submit("", to.to_vec(), &grey);
    wait_until("the other recipient has it", || arrived_once(&world.postfix.delivered(), "grey", &grey));
    assert!(world.tried(1)[0].1.contains("450 4.7.1"), "{:?}", world.tried(1));
    world.postfix.greet_everybody();
    wait_until("nothing waits", || {
        // Postfix takes its time to read the list anew.
        world.queue(&["retry", "--all"]);
        world.queue(&["list"])["recipients"] == 0
    });
    let grey_ones = || texts(&world.postfix.delivered()).iter().filter(|text| text.contains("<grey@test")).count();
    wait_until("Postfix has put both into mailboxes", || grey_ones() >= 2);
    assert_eq!(grey_ones(), 2, "each recipient once");
}

#[test]
// [mss#4]
fn who_is_not_whom_the_list_names_gets_nothing() {
    if !possible("who_is_not_whom_the_list_names_gets_nothing") {
        return;
    }
    let world = World::new(0);
    let out = message("wrong", ANNE, "wrong", b"Bonjour\r\n");
    let to = ["unlisted", "other", "clear"].map(|domain| format!("<x@{domain}.mssante.fr>"));
    world.submit("", to.to_vec(), &out);
    let replies = world.tried(3);
    for (domain, reason) in [("unlisted", "not-listed"), ("other", "TLS handshake"), ("clear", "4.7.5")] {
        let reply = &replies.iter().find(|(name, _)| name.starts_with(domain)).unwrap().1;
        assert!(reply.contains(reason), "{domain}: {reply}");
    }
    assert!(world.postfix.delivered().is_empty());
    let back = message("wrong-back", "bruno@pf.mssante.fr", "wrong", b"Bonjour\r\n");
    for to in ["<inconnu@nous.mssante.fr>", "<autre@nous.mssante.fr>"] {
        world.inject("<bruno@pf.mssante.fr>", vec![to.to_owned()], &back);
    }
    let waits = |to: &str, why: &str| {
        let queue = world.postfix.queue();
        queue.lines().any(|line| line.contains(to) && line.contains("delay_reason") && line.contains(why))
    };
    wait_until("who is not listed waits", || waits("inconnu@", ""));
    wait_until("who has another authority's certificate waits", || waits("autre@", ""));
    // Postfix tells its administrator of a lost connection; our log has the reason for each.
    let log = world.log();
    for (to, reason) in [("inconnu@", "reason=\"dn-not-listed\""), ("autre@", "reason=\"bad-signature\"")] {
        assert!(log.contains(reason), "{to}: {log}");
    }
    assert!(world.inbox().is_empty());
    let dropped = world.queue(&["drop", "--domain", "clear.mssante.fr"]);
    assert_eq!(dropped["recipients"], 1);
    let reported = |text: &String| text.contains("Action: failed") && text.contains("5.7.1");
    wait_until("what is dropped is reported", || texts(&world.inbox()).iter().any(reported));
    assert_eq!(world.queue(&["drop", "--all", "--sans-avis"])["recipients"], 2);
    assert_eq!(world.inbox().len(), 1, "unless that is not wanted");
}
