//! Reports as bytes, and back.

use proptest::prelude::*;

use super::*;
use crate::mail::{Address, Domain, EnvelopeId, Time};
use crate::proto::mime::{self, walk};
use crate::proto::report::{Attachment, Kind, Returned, TypedAddress, part};

fn status(recipient: &str, action: Action, diagnostic: &str) -> RecipientStatus {
    RecipientStatus {
        recipient: Address::parse(recipient).unwrap(),
        original: None,
        action,
        diagnostic: diagnostic.to_owned(),
        remote: None,
        retry_until: None,
    }
}

fn report(recipients: &[RecipientStatus], returned: Returned<'_>) -> Vec<u8> {
    compose(&Report {
        host: &Domain::parse("mx.a.mssante.fr").unwrap(),
        to: &Address::parse("jean@a.mssante.fr").unwrap(),
        date: Time::from_secs(1_795_342_503),
        arrival: Time::from_secs(1_795_342_500),
        envelope: EnvelopeId([7; 16]),
        envid: Some("QQ314159"),
        message_id: "1@mx.a.mssante.fr",
        thread: &["first@a".to_owned(), "about@a".to_owned()],
        recipients,
        returned,
        attachments: &[],
    })
}

fn text(diagnostic: &str, recipient: &str) -> String {
    let failed = [status(recipient, Action::Failed, diagnostic)];
    String::from_utf8(report(&failed, Returned::Header(b"From: a\r\nSubject: \xe9\r\n\r\n"))).unwrap()
}

/// The fields for programs of a composed report, read back.
fn read_back(bytes: &[u8]) -> (crate::proto::report::Part, Reported) {
    let structure = walk(bytes, mime::Limits::default());
    let found = part(&structure, bytes).unwrap();
    let reported = read(&found.fields).unwrap();
    (found, reported)
}

#[test]
fn a_report_has_its_three_parts() {
    // [rfc3464#2] [rfc3464#2.2] [rfc3464#2.3] [rfc6522#3] [rfc6522#4] [rfc3834#5] [rfc3461#6.3]
    let text = text("550 5.1.1 no such user", "x@b.mssante.fr");
    for needed in [
        "report-type=\"delivery-status\"",
        "Content-Type: message/delivery-status",
        "Original-Envelope-Id: QQ314159",
        "Reporting-MTA: dns; mx.a.mssante.fr",
        "Final-Recipient: rfc822; x@b.mssante.fr",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "Content-Type: text/rfc822-headers",
        "Subject: ?",
        "Auto-Submitted: auto-replied",
        "In-Reply-To: <about@a>",
        "References: <first@a> <about@a>",
    ] {
        assert!(text.contains(needed), "{needed} is missing in\n{text}");
    }
}

#[test]
fn what_a_peer_replied_adds_no_line() {
    let text = text("550 no\r\nBcc: victim@x.fr\n.\r\n", "e@b.mssante.fr");
    assert!(!text.lines().any(|l| l.starts_with("Bcc:") || l == "."), "{text}");
    assert!(text.contains("Status: 5.0.0"));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "no bare line ends");
}

/// [rfc3464#2.3.6] What people get, by what happened: `golden/*.eml` beside this file. After a change that is meant, run with
/// `SCEAU_UPDATE_GOLDEN=1` and read the difference.
#[test]
fn reports_read_as_they_should() {
    let retry = Time::from_secs(1_795_342_500 + 2 * 86_400);
    let failed = status("x@b.mssante.fr", Action::Failed, "550 5.1.1 no such user");
    let remote = Some("mx.b.mssante.fr".to_owned());
    let original = Some(TypedAddress { kind: "rfc822".to_owned(), text: "ancienne@b.fr".to_owned() });
    let delayed = status("y@c.mssante.fr", Action::Delayed, "mx.c.mssante.fr [192.0.2.7]: connection refused");
    let delivered = status("anne.martin@a.mssante.fr", Action::Delivered, "250 2.1.5 delivered");
    let relayed = status("z@d.mssante.fr", Action::Relayed, "250 2.0.0 Ok: queued as 4F");
    let failed = RecipientStatus { remote, original, ..failed };
    let delayed = RecipientStatus { retry_until: Some(retry), ..delayed };
    let header = b"From: Jean <jean@a.mssante.fr>\r\nTo: x@b.mssante.fr\r\nSubject: =?utf-8?Q?R=C3=A9sultats?=\r\n\r\n";
    let message = [&header[..], b"Bonjour,\r\n.\r\nBien \xc3\xa0 vous.\r\n"].concat();
    for (name, recipients, returned) in [
        ("failed", vec![failed.clone()], Returned::Header(header)),
        ("failed-full", vec![failed.clone()], Returned::Message(&message)),
        ("delayed", vec![delayed.clone()], Returned::Header(header)),
        ("delivered", vec![delivered.clone()], Returned::Header(header)),
        ("relayed", vec![relayed.clone()], Returned::Header(header)),
        ("mixed", vec![failed, delayed, delivered, relayed], Returned::Nothing),
    ] {
        let bytes = report(&recipients, returned);
        let file = format!("{}/src/proto/dsn/golden/{name}.eml", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("SCEAU_UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &bytes).unwrap();
        }
        let golden = std::fs::read(&file).unwrap();
        assert!(bytes == golden, "{name} differs:\n{}", String::from_utf8_lossy(&bytes));
        assert_eq!(read_back(&bytes).1.recipients.len(), recipients.len());
    }
}

#[test]
fn addresses_beyond_ascii_make_a_global_report() {
    // [rfc3464#2.3.2] [rfc6533#3] [rfc6533#4] [rfc6533#6]
    let recipients = [status("élise@b.mssante.fr", Action::Delivered, "250 2.0.0 ok")];
    let bytes = report(&recipients, Returned::Header("Subject: é\r\n\r\n".as_bytes()));
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("Content-Type: message/global-delivery-status"), "{text}");
    assert!(text.contains("Final-Recipient: utf-8; élise@b.mssante.fr"), "{text}");
    assert!(text.contains("Content-Type: message/global-headers"), "{text}");
    let (found, reported) = read_back(&bytes);
    assert_eq!(found.kind, Kind::Delivery);
    assert_eq!(reported.recipients[0].recipient.mail().unwrap().to_string(), "élise@b.mssante.fr");
}

#[test]
fn codes_fit_their_action() {
    // [rfc3464#2.3.4]
    for (action, diagnostic, code) in [
        (Action::Failed, "550 5.1.1 no", "5.1.1"),
        (Action::Failed, "450 4.1.1 no", "5.0.0"),
        (Action::Delayed, "450 4.1.1 no", "4.1.1"),
        (Action::Delivered, "250 2.1.5 ok", "2.1.5"),
        (Action::Relayed, "250 ok", "2.0.0"),
        (Action::Failed, "5.1.1.1 5.x.1 55.1.1 5.1.1", "5.0.0"),
    ] {
        assert_eq!(enhanced_code(action, diagnostic), code, "{diagnostic}");
    }
}

#[test]
fn what_is_returned_is_what_was_asked_for() {
    // [rfc6522#4]
    let message = b"From: a\r\nMessage-ID: <about@a>\r\n\r\nBonjour\r\n";
    let failed = [status("x@b.mssante.fr", Action::Failed, "")];
    for (returned, kind, has_body) in [
        (Returned::Message(message), "message/rfc822", true),
        (Returned::Header(&message[..33]), "text/rfc822-headers", false),
    ] {
        let bytes = report(&failed, returned);
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(&format!("Content-Type: {kind}")), "{text}");
        assert_eq!(text.contains("\r\n\r\nBonjour\r\n\r\n--"), has_body, "{text}");
        assert_eq!(read_back(&bytes).0.about.as_deref(), Some("about@a"));
    }
    let bytes = report(&failed, Returned::Nothing);
    assert_eq!(read_back(&bytes).0.about, None);
}

#[test]
fn proofs_are_attachments_of_the_first_part() {
    let preuve = Attachment { name: "deliver.preuve".to_owned(), bytes: b"sceau-preuve/v1\n".to_vec() };
    let host = Domain::parse("mx.a.mssante.fr").unwrap();
    let bytes = compose(&Report {
        host: &host,
        to: &Address::parse("jean@a.mssante.fr").unwrap(),
        date: Time::from_secs(0),
        arrival: Time::from_secs(0),
        envelope: EnvelopeId([7; 16]),
        envid: None,
        message_id: "1@mx.a.mssante.fr",
        thread: &[],
        recipients: &[status("x@a.mssante.fr", Action::Delivered, "")],
        returned: Returned::Nothing,
        attachments: &[preuve],
    });
    let structure = walk(&bytes, mime::Limits::default());
    let kinds: Vec<_> = structure.parts.iter().map(|p| format!("{} {}", p.number, p.content_type.subtype)).collect();
    assert_eq!(kinds, ["TEXT report", "1 mixed", "1.1 plain", "1.2 vnd.sceau.preuve", "2 delivery-status"]);
    assert_eq!(structure.parts[3].file_name().as_deref(), Some("deliver.preuve"));
    assert_eq!(structure.parts[3].decoded_size, 16);
    assert!(part(&structure, &bytes).is_some());
}

#[test]
fn other_servers_reports_are_read() {
    // [rfc3464#2.1] as Postfix and Exchange write them
    for (fields, expected) in [
        (
            "Reporting-MTA: dns; mx.b.fr\r\nOriginal-Envelope-Id: Zm9v\r\nX-Postfix-Queue-ID: 4F\r\n\r\n\
             Final-Recipient: rfc822; x@b.fr\r\nOriginal-Recipient: rfc822;X@b.fr\r\nAction: delivered\r\n\
             Status: 2.0.0\r\nDiagnostic-Code: smtp; 250 2.0.0 Ok\r\n",
            Some((Some("Zm9v"), Action::Delivered, "2.0.0", "250 2.0.0 Ok")),
        ),
        (
            "Reporting-MTA: dns;mail.b.fr\n\nFinal-Recipient: RFC822;x@b.fr\nAction: Failed (bounced)\nStatus: 5.1.10 (gone)\n",
            Some((None, Action::Failed, "5.1.10", "")),
        ),
        ("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; x@b.fr\nAction: eaten\n", None),
        ("Reporting-MTA: dns; x\n\nAction: failed\n", None),
        ("", None),
    ] {
        let read = read(fields.as_bytes());
        let first = read.as_ref().map(|r| {
            let of = &r.recipients[0];
            (r.envid.as_deref(), of.action, of.status.as_str(), of.diagnostic.as_str())
        });
        assert_eq!(first, expected, "{fields}");
    }
}

proptest! {
    #[test]
    fn what_is_composed_is_read_back(
        local in "[a-zé][a-z0-9é.]{0,8}[a-z]", action in 0_usize..5, diagnostic in "\\PC{0,80}", original in "[ -~]{1,20}",
    ) {
        prop_assume!(!local.contains(".."));
        let action = Action::ALL[action];
        let mut wanted = status(&format!("{local}@b.mssante.fr"), action, &diagnostic);
        wanted.original = Some(TypedAddress { kind: "rfc822".to_owned(), text: original.trim().to_owned() });
        let bytes = report(std::slice::from_ref(&wanted), Returned::Nothing);
        let (_, reported) = read_back(&bytes);
        prop_assert_eq!(reported.envid.as_deref(), Some("QQ314159"));
        let found = &reported.recipients[0];
        prop_assert_eq!(found.recipient.mail(), Some(wanted.recipient));
        prop_assert_eq!(found.action, action);
        prop_assert_eq!(&found.status, &enhanced_code(action, &diagnostic));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }
}
