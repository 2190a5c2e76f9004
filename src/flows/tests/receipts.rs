//! What senders are told, and what others' reports become: over a store, a ledger and two listed operators.

use proptest::prelude::*;

use super::*;
use crate::mail::{MailboxId, Notify, NotifyOn, OriginalRecipient, Return, Time, Uid};
use crate::seal::event::Grade;
use crate::trust::lab::{Leaf, Organisation};

/// A world with a ledger, Claire beside Anne, and operator D that has a certificate of its own.
struct Office {
    world: World,
    d: Arc<VerifiedOperator>,
    claire: Login,
    receipts: Receipts,
    _shards: tempfile::TempDir,
}

const MESSAGE: &str = "From: Anne <anne@a.mssante.fr>\r\nTo: claire@a.mssante.fr, b1@b.mssante.fr, d1@d.mssante.fr\r\n\
     Subject: CR\r\nMessage-ID: <cr@a>\r\nReferences: <before@a>\r\nDisposition-Notification-To: anne@a.mssante.fr\r\n\
     \r\nBonjour\r\n";

fn on(success: bool, failure: bool, delay: bool) -> RcptParams {
    RcptParams { notify: Some(Notify::On(NotifyOn { success, failure, delay })), original: None }
}

impl Office {
    fn new() -> Self {
        let mut world = World::new();
        let own = Organisation::new("CHU DU SUD", "1130000013", "Bouches-du-Rhone (13)");
        let north = world.space.issue(&Space::north());
        let south = world.space.issue(&Leaf::operator("mss.chu-sud.fr", &own));
        let rows = [("b.mssante.fr", &north), ("c.mssante.fr", &north), ("d.mssante.fr", &south)];
        world.trust = Arc::new(world.space.trust(&rows, &[]));
        let verified = |issued: &crate::trust::lab::Issued| {
            Arc::new(world.trust.operator(&issued.chain(), world.space.edge.now()).unwrap())
        };
        let (b, d) = (verified(&north), verified(&south));
        world.b = b;
        let claire = account(&world.store, "claire@a.mssante.fr", 1 << 20);
        let shards = tempfile::tempdir().unwrap();
        let receipts = world.receipts(shards.path());
        Self { world, d, claire, receipts, _shards: shards }
    }

    async fn submit(&self, params: &MailParams, recipients: &[(&str, RcptParams)], message: &str) -> EnvelopeId {
        let submission = self.world.submission();
        let mut outgoing = submission.begin(&self.world.anne, peer(), path("anne@a.mssante.fr"), params).unwrap();
        for (recipient, params) in recipients {
            outgoing.recipient(&Address::parse(recipient).unwrap(), params).unwrap();
        }
        send(outgoing, message).await.unwrap()
    }

    /// To two whom the header shows and two whom it does not.
    async fn submit_to_many(&self, message: &str) -> EnvelopeId {
        let submission = Arc::new(Submission::new(
            Arc::clone(&self.world.store),
            Arc::clone(&self.world.trust),
            self.world.space.edge.clone(),
            SubmissionSettings { recipients_max: 10, ..self.world.submission().settings().clone() },
        ));
        let mut outgoing = submission.begin(&self.world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
        for to in ["claire@a.mssante.fr", "b1@b.mssante.fr", "anne@a.mssante.fr", "b9@b.mssante.fr"] {
            outgoing.recipient(&Address::parse(to).unwrap(), &no_wish()).unwrap();
        }
        send(outgoing, message).await.unwrap()
    }

    async fn arrive(
        &self,
        operator: &Arc<VerifiedOperator>,
        from: ReversePath,
        to: RcptParams,
        text: &str,
    ) -> EnvelopeId {
        let intake = self.world.intake();
        let mut incoming = intake.begin(Arc::clone(operator), peer(), from, &nothing()).unwrap();
        incoming.recipient(&self.world.anne.address, &to).unwrap();
        send(incoming, text).await.unwrap()
    }

    /// Runs the queue once; each message is answered by one of these.
    async fn relay(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        let told = Arc::new(super::outgoing::Told::default());
        outcomes.into_iter().for_each(|outcome| told.answer(vec![outcome]));
        super::outgoing::run(&super::outgoing::relay(&self.world, &told)).await;
    }

    fn inbox(&self, login: &Login) -> (crate::store::Account, MailboxId, Vec<Uid>) {
        let account = self.world.store.account(login.account).unwrap();
        let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap().id;
        let uids = account.index(inbox).unwrap().snapshot().0.iter().map(|record| record.uid).collect();
        (account, inbox, uids)
    }

    /// The last events of a recipient's chain, with their basis.
    fn last(&self, envelope: EnvelopeId, rcpt: u16) -> String {
        let events = self.world.store.events_of(envelope).unwrap();
        let last = events.iter().rfind(|event| event.rcpt == rcpt).unwrap();
        let basis = last.leaf.plain(crate::seal::event::Plain::Basis).unwrap_or_default();
        format!("{} {basis}", last.leaf.kind().word()).trim().to_owned()
    }

    fn stage(&self, envelope: EnvelopeId, rcpt: u16) -> Stage {
        state(&self.world.store.events_of(envelope).unwrap(), rcpt).unwrap().stage
    }
}

/// A delivery notice as another server writes it.
fn notice(envid: &str, recipient: &str, action: &str) -> String {
    format!(
        "From: postmaster@mx.b.mssante.fr\r\nTo: anne@a.mssante.fr\r\nSubject: report\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nsee below\r\n--x\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.b.mssante.fr\r\n{envid}\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: 2.0.0\r\n--x\r\n\
         Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <cr@a>\r\n\r\n--x--\r\n"
    )
}

/// A disposition notification.
fn disposition(from: &str, recipient: &str, disposition: &str) -> String {
    format!(
        "From: {from}\r\nTo: anne@a.mssante.fr\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n\r\n--x\r\n\r\nread\r\n\
         --x\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n\
         Original-Message-ID: <cr@a>\r\nDisposition: {disposition}\r\n\r\n--x--\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_here_is_told_when_success_was_asked_for() {
    // [rfc3461#6.2] [rfc3461#4.1] [rfc3461#6.3] [proofs#standard-receipts]
    let office = Office::new();
    let params = MailParams { envid: Some("QQ314159".to_owned()), ..nothing() };
    let original = OriginalRecipient { kind: "rfc822".to_owned(), address: "Claire@a.mssante.fr".to_owned() };
    let wish = RcptParams { original: Some(original), ..on(true, false, false) };
    let envelope = office.submit(&params, &[("claire@a.mssante.fr", wish)], MESSAGE).await;
    assert_eq!(office.receipts.pay().await.unwrap().reports, 1);
    assert_eq!(office.receipts.pay().await.unwrap().reports, 0, "once");
    let report = office.world.newest(&office.world.anne).await;
    for needed in [
        "Return-Path: <>",
        "Action: delivered",
        "Original-Envelope-Id: QQ314159",
        "Original-Recipient: rfc822; Claire@a.mssante.fr",
        "Final-Recipient: rfc822; claire@a.mssante.fr",
        "In-Reply-To: <cr@a>",
        "References: <before@a> <cr@a>",
        &format!("filename=\"{envelope}-0-0-seal.preuve\""),
        &format!("filename=\"{envelope}-1-1-deliver.preuve\""),
    ] {
        assert!(report.contains(needed), "{needed} in {report}");
    }
    assert!(!report.contains("\r\n\r\nBonjour\r\n"), "success returns no content: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_kept_where_it_was_asked_for() {
    // [rfc3461#4.1]
    let office = Office::new();
    let never = RcptParams { notify: Some(Notify::Never), original: None };
    let recipients =
        [("claire@a.mssante.fr", no_wish()), ("b1@b.mssante.fr", never), ("b2@b.mssante.fr", on(true, false, false))];
    office.submit(&nothing(), &recipients, MESSAGE).await;
    let refused = || Outcome::Failed { reply: "550 5.1.1 no".to_owned() };
    office.relay([refused(), refused()]).await;
    assert_eq!(office.receipts.pay().await.unwrap(), Default::default(), "nobody asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn relayed_is_told_only_where_the_peer_tells_nothing() {
    // [rfc3461#5.2.2]
    for reports in [true, false] {
        let office = Office::new();
        let envelope = office.submit(&nothing(), &[("b1@b.mssante.fr", on(true, true, true))], MESSAGE).await;
        let peer = Arc::clone(&office.world.b);
        office.relay([Outcome::Relayed { peer, reply: "250 2.0.0 ok".to_owned(), reports }]).await;
        assert_eq!(office.receipts.pay().await.unwrap().reports, usize::from(!reports));
        assert_eq!(office.stage(envelope, 1), Stage::Relayed);
        if !reports {
            let report = office.world.newest(&office.world.anne).await;
            assert!(report.contains("Action: relayed") && report.contains("relay-out.preuve"), "{report}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_returns_what_ret_asks_within_bounds() {
    // [rfc3461#4.3] [rfc8689#5]
    for (ret, require_tls, whole) in [
        (None, false, false),
        (Some(Return::Headers), false, false),
        (Some(Return::Full), false, true),
        (Some(Return::Full), true, false),
    ] {
        let office = Office::new();
        let params = MailParams { ret, require_tls, ..nothing() };
        office.submit(&params, &[("b1@b.mssante.fr", no_wish())], MESSAGE).await;
        office.relay([Outcome::Failed { reply: "550 5.1.1 no".to_owned() }]).await;
        assert_eq!(office.receipts.pay().await.unwrap().reports, 1);
        let report = office.world.newest(&office.world.anne).await;
        assert_eq!(report.contains("\r\n\r\nBonjour\r\n"), whole, "{ret:?}: {report}");
        assert!(report.contains("Status: 5.1.1") && report.contains("relay-fail.preuve"), "{report}");
        assert!(report.contains("Subject: CR"), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_operator_s_sender_is_told_through_the_queue() {
    // [rfc3461#6.1] [rfc5321#4.5.5]
    let office = Office::new();
    let b = Arc::clone(&office.world.b);
    let message = "From: bruno@b.mssante.fr\r\nMessage-ID: <1@b>\r\n\r\nBonjour\r\n";
    office.arrive(&b, path("bruno@b.mssante.fr"), on(true, true, true), message).await;
    let paid = office.receipts.pay().await.unwrap();
    assert_eq!((paid.reports, paid.queued), (1, 1));
    let told = Arc::new(super::outgoing::Told::default());
    told.answer(vec![Outcome::Failed { reply: "550 5.1.1 no".to_owned() }]);
    super::outgoing::run(&super::outgoing::relay(&office.world, &told)).await;
    let (recipients, text) = told.last();
    assert_eq!(recipients, ["bruno@b.mssante.fr"]);
    assert!(text.starts_with("X-Sceau-Seal: ") && text.contains("Action: delivered"), "{text}");
    assert!(text.contains("In-Reply-To: <1@b>") && text.contains("deliver.preuve"), "{text}");
    assert_eq!(office.receipts.pay().await.unwrap().reports, 0, "no report about a report");
    assert_eq!(super::outgoing::waiting(&office.world), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_asks_for_proofs_gets_them_and_its_sender_is_not_told() {
    // [proofs#xsceau]
    for (notify, quiet) in [(no_wish(), true), (on(true, true, true), false)] {
        let office = Office::new();
        let intake = office.world.intake();
        let asking = MailParams { proofs: true, ..nothing() };
        let b = Arc::clone(&office.world.b);
        let mut incoming = intake.begin(b, peer(), path("bruno@b.mssante.fr"), &asking).unwrap();
        incoming.recipient(&office.world.anne.address, &notify).unwrap();
        send(incoming, "From: bruno@b.mssante.fr\r\nMessage-ID: <1@b>\r\n\r\nBonjour\r\n").await.unwrap();
        let paid = office.receipts.pay().await.unwrap();
        assert_eq!((paid.reports, paid.queued), (1, 1), "one report, whoever it is for");
        assert_eq!(office.receipts.pay().await.unwrap().reports, 0, "once");
        let told = Arc::new(super::outgoing::Told::default());
        told.answer(vec![Outcome::Failed { reply: "550 5.1.1 no".to_owned() }]);
        super::outgoing::run(&super::outgoing::relay(&office.world, &told)).await;
        let (recipients, text) = told.last();
        assert_eq!(recipients, ["bruno@b.mssante.fr"]);
        assert!(text.contains("Action: delivered") && text.contains("deliver.preuve"), "{text}");
        assert_eq!(text.contains("\r\nX-Sceau-Return: proofs\r\n"), quiet, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_returns_is_recorded_and_in_nobody_s_mailbox() {
    // [proofs#xsceau] [mss#4]
    let office = Office::new();
    let envelope = office.submit(&nothing(), &[("b1@b.mssante.fr", no_wish())], MESSAGE).await;
    let envid = format!("Original-Envelope-Id: {envelope}\r\n");
    let report = format!("X-Sceau-Return: proofs\r\n{}", notice(&envid, "b1@b.mssante.fr", "delivered"));
    let (b, d) = (Arc::clone(&office.world.b), Arc::clone(&office.d));
    office.arrive(&d, ReversePath::Null, no_wish(), &report).await;
    assert_eq!(office.world.events(envelope), ["0.0 seal"], "another operator is not believed");
    let before = office.inbox(&office.world.anne).2.len();
    office.arrive(&b, ReversePath::Null, no_wish(), &report).await;
    assert_eq!(office.last(envelope, 1), "deliver dsn");
    assert_eq!(office.inbox(&office.world.anne).2.len(), before, "it is for the server");
    // A person's message with that field is a message.
    let letter = "X-Sceau-Return: proofs\r\nFrom: bruno@b.mssante.fr\r\n\r\nBonjour\r\n";
    office.arrive(&b, path("bruno@b.mssante.fr"), no_wish(), letter).await;
    office.arrive(&b, ReversePath::Null, no_wish(), letter).await;
    assert_eq!(office.inbox(&office.world.anne).2.len(), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_s_notice_is_believed_about_its_own_recipients_only() {
    // [rfc3461#6.3] [rfc3464#2.1] [mss#4]
    let office = Office::new();
    let recipients = [("b1@b.mssante.fr", on(true, true, true)), ("d1@d.mssante.fr", no_wish())];
    let envelope = office.submit(&nothing(), &recipients, MESSAGE).await;
    let envid = format!("Original-Envelope-Id: {envelope}\r\n");
    let (b, d) = (Arc::clone(&office.world.b), Arc::clone(&office.d));
    for (operator, envid, recipient, action, rcpt, last) in [
        (&d, envid.as_str(), "b1@b.mssante.fr", "delivered", 1, None),
        (&b, &envid, "d1@d.mssante.fr", "failed", 2, None),
        (&b, &envid, "nobody@b.mssante.fr", "delivered", 1, None),
        (&b, &envid, "b1@b.mssante.fr", "delayed", 1, None),
        (&b, &envid, "B1@b.mssante.fr", "delivered", 1, Some("deliver dsn")),
        (&b, &envid, "b1@b.mssante.fr", "delivered", 1, Some("deliver dsn")),
        (&d, "", "d1@d.mssante.fr", "failed", 2, Some("relay-fail")),
    ] {
        let before = office.world.events(envelope).len();
        office.arrive(operator, ReversePath::Null, no_wish(), &notice(envid, recipient, action)).await;
        let new = office.world.events(envelope).len() - before;
        match last {
            None => assert_eq!(new, 0, "{recipient} {action}"),
            Some(last) => assert_eq!(office.last(envelope, rcpt), last),
        }
    }
    assert_eq!(office.world.events(envelope), ["0.0 seal", "1.1 deliver", "2.1 relay-fail"]);
    assert_eq!((office.stage(envelope, 1), office.stage(envelope, 2)), (Stage::Delivered, Stage::Failed));
    let (_, _, uids) = office.inbox(&office.world.anne);
    assert_eq!(uids.len(), 7, "every report is a message in the sender's mailbox");
}

/// A recipient, what operator B says became of the message, the event that follows, and how far the message has come.
const SAID: [(&str, &str, Option<&str>, Stage); 5] = [
    ("b1@b.mssante.fr", "manual-action/MDN-sent-manually; displayed", Some("open mdn"), Stage::Opened(Grade::Declared)),
    (
        "b2@b.mssante.fr",
        "automatic-action/MDN-sent-automatically; processed",
        Some("transfer service"),
        Stage::Transferred,
    ),
    (
        "b3@b.mssante.fr",
        "automatic-action/MDN-sent-automatically; processed/Error: 902^Patient inconnu",
        Some("transfer service"),
        Stage::Transferred,
    ),
    ("b4@b.mssante.fr", "manual-action/MDN-sent-manually; deleted", None, Stage::Sealed),
    ("d1@d.mssante.fr", "manual-action/MDN-sent-manually; displayed", None, Stage::Sealed),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_s_notification_of_reading_is_recorded_with_its_grade() {
    // [rfc8098#3.2] [proofs#when-is-it-open] [mss#5.mdn]
    let office = Office::new();
    let b = Arc::clone(&office.world.b);
    for (recipient, words, last, stage) in SAID {
        let message = MESSAGE.replace("cr@a", &format!("{recipient}-cr@a"));
        let envelope = office.submit(&nothing(), &[(recipient, no_wish())], &message).await;
        let text = disposition("x@b.mssante.fr", recipient, words).replace("cr@a", &format!("{recipient}-cr@a"));
        office.arrive(&b, ReversePath::Null, no_wish(), &text).await;
        office.arrive(&b, ReversePath::Null, no_wish(), &text).await;
        assert_eq!(office.stage(envelope, 1), stage, "{recipient}");
        match last {
            None => assert_eq!(office.world.events(envelope).len(), 1),
            Some(last) => {
                assert_eq!((office.last(envelope, 1).as_str(), office.world.events(envelope).len()), (last, 2));
            }
        }
        let events = office.world.store.events_of(envelope).unwrap();
        let reply = fact(events.last().unwrap()).reply;
        assert_eq!(reply.is_some_and(|reply| reply.contains("902^Patient inconnu")), recipient == "b3@b.mssante.fr");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_s_own_notification_is_an_opening_by_its_login() {
    // [rfc8098#3.2] [proofs#when-is-it-open]
    let office = Office::new();
    let envelope = office.submit(&nothing(), &[("claire@a.mssante.fr", no_wish())], MESSAGE).await;
    let text = disposition("claire@a.mssante.fr", "claire@a.mssante.fr", "manual-action/MDN-sent-manually; displayed");
    for _ in 0..2 {
        let submission = office.world.submission();
        let mut outgoing = submission.begin(&office.claire, peer(), ReversePath::Null, &nothing()).unwrap();
        outgoing.recipient(&office.world.anne.address, &on(true, true, true)).unwrap();
        send(outgoing, &text).await.unwrap();
    }
    assert_eq!(office.world.events(envelope), ["0.0 seal", "1.1 deliver", "1.2 open"]);
    assert_eq!(office.last(envelope, 1), "open mdn");
    assert_eq!(office.receipts.pay().await.unwrap().reports, 0, "its reverse-path is null");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_is_answered_once_when_its_owner_lets_the_server() {
    // [rfc8098#2.1] [rfc3503#3.1] [proofs#standard-receipts]
    for policy in [ReadingPolicy::Never, ReadingPolicy::Automatic] {
        let office = Office::new();
        let claire = office.claire.account;
        office.world.store.write(move |tx| policy.set(tx, claire)).await.unwrap();
        office.submit(&nothing(), &[("claire@a.mssante.fr", no_wish())], MESSAGE).await;
        let (account, inbox, uids) = office.inbox(&office.claire);
        let openings = Openings::new(Arc::clone(&office.world.store));
        let fetch = |basis| openings.fetch(&account, inbox, &uids, &office.claire, basis, Access::ReadWrite);
        fetch(FetchBasis::Peek).await.unwrap();
        assert_eq!(office.receipts.pay().await.unwrap().reports, 0, "a transfer is no reading");
        fetch(FetchBasis::Body).await.unwrap();
        fetch(FetchBasis::Body).await.unwrap();
        let owed = usize::from(policy == ReadingPolicy::Automatic);
        assert_eq!(office.receipts.pay().await.unwrap().reports, owed);
        let index = account.index(inbox).unwrap();
        let flags = index.flags(&index.snapshot().0[0]);
        assert_eq!(flags.keywords.iter().any(|k| k.as_str() == "$MDNSent"), owed == 1);
        if owed == 1 {
            let report = office.world.newest(&office.world.anne).await;
            for needed in
                ["; displayed", "From: ", "<claire@a.mssante.fr>", "Original-Message-ID: <cr@a>", "open.preuve"]
            {
                assert!(report.contains(needed), "{needed} in {report}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blind_copies_travel_in_envelopes_of_their_own() {
    // [rfc5321#7.2] [rfc5322#3.6.3] [proofs#blind-copies]
    let office = Office::new();
    let message = MESSAGE.replace("Subject:", "Bcc: anne@a.mssante.fr\r\nSubject:");
    let first = office.submit_to_many(&message).await;
    let envelopes = office.world.store.envelopes_by_message_id("<cr@a>").unwrap();
    assert_eq!(envelopes.len(), 3, "the shown ones together, each blind one alone");
    for envelope in envelopes {
        let events = office.world.store.events_of(envelope).unwrap();
        let to: Vec<_> =
            events[0].openings.iter().filter(|o| o.field.stem() == "to").map(|o| o.value.as_str()).collect();
        if envelope == first {
            assert_eq!(to, ["claire@a.mssante.fr", "b1@b.mssante.fr"]);
        } else {
            assert!(to == ["anne@a.mssante.fr"] || to == ["b9@b.mssante.fr"], "{to:?}");
        }
    }
    // As their clients show it.
    for login in [&office.claire, &office.world.anne] {
        let text = office.world.newest(login).await;
        assert!(!text.contains("Bcc:") && !text.contains(" for <") && !text.contains("b9@"), "{text}");
    }
    let told = Arc::new(super::outgoing::Told::default());
    let yes =
        || vec![Outcome::Relayed { peer: Arc::clone(&office.world.b), reply: "250 ok".to_owned(), reports: true }];
    (0..2).for_each(|_| told.answer(yes()));
    super::outgoing::run(&super::outgoing::relay(&office.world, &told)).await;
    for (recipients, text) in told.all() {
        let named = text.contains("b9@b.mssante.fr");
        assert!(recipients.len() == 1 && !named, "{recipients:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_go_to_the_mailbox_that_was_chosen() {
    let mut office = Office::new();
    office.receipts = office.receipts.into_mailbox("Accusés");
    office.submit(&nothing(), &[("claire@a.mssante.fr", on(true, true, true))], MESSAGE).await;
    assert_eq!(office.receipts.pay().await.unwrap().reports, 1);
    let account = office.world.store.account(office.world.anne.account).unwrap();
    assert_eq!(account.mailbox_by_name("Accusés").unwrap().unwrap().messages, 1);
    assert!(office.inbox(&office.world.anne).2.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn nobody_is_told_of_a_message_without_a_reverse_path(success: bool, failure: bool, delay: bool, outcome in 0..3_u8, full: bool) {
        // [rfc5321#6.1] [rfc3461#6.1]
        prop_assume!(success || failure || delay);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let office = Office::new();
            let ret = full.then_some(Return::Full);
            let params = MailParams { ret, ..nothing() };
            let submission = office.world.submission();
            let mut outgoing = submission.begin(&office.world.anne, peer(), ReversePath::Null, &params).unwrap();
            for to in ["claire@a.mssante.fr", "b1@b.mssante.fr"] {
                outgoing.recipient(&Address::parse(to).unwrap(), &on(success, failure, delay)).unwrap();
            }
            send(outgoing, MESSAGE).await.unwrap();
            let b = Arc::clone(&office.world.b);
            office.arrive(&b, ReversePath::Null, on(success, failure, delay), MESSAGE).await;
            office.world.clock().set(Time(crate::trust::testing::start().0 + 10 * 3_600_000));
            office.relay([match outcome {
                0 => Outcome::Failed { reply: "550 no".to_owned() },
                1 => Outcome::Deferred { reason: "later".to_owned() },
                _ => Outcome::Relayed { peer: b, reply: "250 ok".to_owned(), reports: false },
            }]).await;
            assert_eq!(office.receipts.pay().await.unwrap().reports, 0);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn debts_and_settings_lie_apart_from_the_queue_s_own_rows() {
    let office = Office::new();
    let claire = office.claire.account;
    office.world.store.write(move |tx| ReadingPolicy::Automatic.set(tx, claire)).await.unwrap();
    office
        .submit(&nothing(), &[("claire@a.mssante.fr", on(true, true, true)), ("b1@b.mssante.fr", no_wish())], MESSAGE)
        .await;
    assert_eq!(super::outgoing::waiting(&office.world), 1, "the index has the queue's items only");
    assert!(crate::queue::routes(&office.world.store).unwrap().is_empty());
    assert_eq!(office.receipts.pay().await.unwrap().reports, 1);
    let account = office.world.store.account(claire).unwrap();
    assert_eq!(ReadingPolicy::of(&account).unwrap(), ReadingPolicy::Automatic);
}
