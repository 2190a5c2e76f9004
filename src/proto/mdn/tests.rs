//! Notifications as bytes, and back.

use proptest::prelude::*;

use super::*;
use crate::mail::{Address, Domain, Time};
use crate::proto::mime::{self, walk};
use crate::proto::report::{Kind, part};

fn notice(recipient: &str, subject: &str) -> Vec<u8> {
    compose(&Notice {
        host: &Domain::parse("mx.a.mssante.fr").unwrap(),
        recipient: &Address::parse(recipient).unwrap(),
        name: "Dr Anne MARTIN",
        to: &Address::parse("jean@b.mssante.fr").unwrap(),
        date: Time::from_secs(1_795_342_503),
        opened: Time::from_secs(1_795_342_500),
        grade: "ouverture probable",
        message_id: "1@mx.a.mssante.fr",
        thread: &["about@b".to_owned()],
        subject,
        original: None,
        header: b"Message-ID: <about@b>\r\n",
        attachments: &[],
    })
}

#[test]
fn a_notification_has_its_fields() {
    // [rfc8098#3] [rfc8098#3.2] [rfc8098#3.2.6]
    let text = String::from_utf8(notice("anne@a.mssante.fr", "CR\r\nBcc: x@y")).unwrap();
    for needed in [
        "report-type=\"disposition-notification\"",
        "Content-Type: message/disposition-notification",
        "Final-Recipient: rfc822; anne@a.mssante.fr",
        "Original-Message-ID: <about@b>",
        "Disposition: manual-action/MDN-sent-automatically; displayed",
        "In-Reply-To: <about@b>",
        "Auto-Submitted: auto-replied",
    ] {
        assert!(text.contains(needed), "{needed} is missing in\n{text}");
    }
    assert!(!text.lines().any(|l| l.starts_with("Bcc:")), "{text}");
}

#[test]
fn addresses_beyond_ascii_make_a_global_notification() {
    // [rfc6533#5]
    let bytes = notice("élise@a.mssante.fr", "");
    assert!(String::from_utf8_lossy(&bytes).contains("message/global-disposition-notification"));
    let found = part(&walk(&bytes, mime::Limits::default()), &bytes).unwrap();
    assert_eq!(found.kind, Kind::Disposition);
    assert_eq!(read(&found.fields).unwrap().recipient.mail().unwrap().to_string(), "élise@a.mssante.fr");
}

#[test]
fn dispositions_are_read() {
    // [rfc8098#3.2] [rfc8098#3.2.6] [mss#5.mdn]
    for (field, expected) in [
        ("manual-action/MDN-sent-manually; displayed", Some((Mode::Manual, Became::Displayed, false, vec![]))),
        (
            "automatic-action/MDN-sent-automatically; processed",
            Some((Mode::Automatic, Became::Processed, false, vec![])),
        ),
        (
            "automatic-action/MDN-sent-automatically; processed/Error: 902^Patient inconnu",
            Some((Mode::Automatic, Became::Processed, true, vec!["902^Patient inconnu".to_owned()])),
        ),
        (
            "automatic-action/MDN-sent-automatically;deleted/warning,ERROR\r\nError: full",
            Some((Mode::Automatic, Became::Deleted, true, vec!["full".to_owned()])),
        ),
        (
            "Manual-Action/MDN-sent-manually; eaten",
            Some((Mode::Manual, Became::Other("eaten".to_owned()), false, vec![])),
        ),
        ("displayed", None),
    ] {
        let part = format!("Final-Recipient: rfc822; x@b.fr\r\nOriginal-Message-ID: <a@b>\r\nDisposition: {field}\r\n");
        let read = read(part.as_bytes());
        assert!(read.iter().all(|d| d.about.as_deref() == Some("a@b")));
        assert_eq!(read.map(|d| (d.mode, d.became, d.failed, d.errors)), expected, "{field}");
    }
    assert_eq!(read(b"Disposition: a/b; displayed\r\n"), None, "nobody's");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }
}
