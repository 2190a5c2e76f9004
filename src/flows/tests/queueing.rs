//! The queue under an administrator's hands, across restarts, and with times that the sender asked for.

use super::outgoing::{Told, deferred, desk, relay, run, submit, waiting};
use super::*;
use crate::mail::{Deadline, Hold, Late, Notify, NotifyOn};
use crate::queue::{self, Due, Item};
use crate::trust::testing::start;

fn keeper(world: &World, desk: &Arc<queue::Desk>) -> QueueKeeper {
    QueueKeeper::new(Arc::clone(&world.store), Arc::clone(desk), world.space.edge.clone())
}

fn all(envelope: EnvelopeId) -> Picked {
    Picked::from([(envelope, vec![1, 2])])
}

fn inbox(world: &World) -> u64 {
    world.store.account(world.anne.account).unwrap().usage().unwrap().messages
}

fn told(answers: Vec<Vec<Outcome>>) -> Arc<Told> {
    let told = Arc::new(Told::default());
    *told.answers.lock().unwrap() = answers;
    told
}

/// Changes the message of an envelope as a submission with such parameters would have written it.
async fn rewrite(world: &World, envelope: EnvelopeId, change: impl FnOnce(&mut queue::Message) + Send + 'static) {
    let items: Vec<(u16, Item)> = queue::items_of(&world.store, envelope).unwrap();
    let mut message = queue::message(&world.store, envelope).unwrap().unwrap();
    change(&mut message);
    let write = move |tx: &mut crate::store::Tx<'_>| {
        for (rcpt, item) in &items {
            tx.queue_unmark(&item.slot(envelope, *rcpt).name());
        }
        queue::enqueue(tx, message, &items)
    };
    world.store.write(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_waits_until_it_is_released_and_does_not_expire() {
    let world = World::new();
    let envelope = submit(&world, &["b1@b.mssante.fr", "b2@b.mssante.fr"]).await;
    let relay = relay(&world, &told(vec![vec![deferred(); 2]]));
    let desk = desk(&world);
    let keeper = keeper(&world, &desk);
    assert_eq!(keeper.keep(&all(envelope), Keep::Release).await.unwrap().recipients, 0, "nothing is held");
    assert_eq!(keeper.keep(&all(envelope), Keep::Hold).await.unwrap().recipients, 2);
    assert_eq!(run(&relay).await, 0);
    world.clock().set(start().plus_secs(100 * 86_400));
    assert_eq!(keeper.keep(&all(envelope), Keep::Retry).await.unwrap().recipients, 0, "held is held");
    assert_eq!(run(&relay).await, 0);
    assert_eq!(inbox(&world), 0);
    assert_eq!(keeper.keep(&all(envelope), Keep::Release).await.unwrap().recipients, 2);
    assert_eq!(run(&relay).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_dropped_without_a_proof_nor_without_a_report_unless_asked() {
    let world = World::new();
    let desk = desk(&world);
    let keeper = keeper(&world, &desk);
    let envelope = submit(&world, &["b1@b.mssante.fr", "b2@b.mssante.fr"]).await;
    let one = Picked::from([(envelope, vec![2])]);
    assert_eq!(keeper.drop(&one, DropNotice::Report).await.unwrap().recipients, 1);
    assert_eq!(world.events(envelope), ["0.0 seal", "2.1 relay-fail"]);
    world.pay().await;
    assert!(world.newest(&world.anne).await.contains("Status: 5.7.1"));
    assert_eq!(keeper.drop(&all(envelope), DropNotice::None).await.unwrap().recipients, 1, "the other one");
    assert_eq!((inbox(&world), waiting(&world)), (1, 0));
    assert_eq!(world.events(envelope), ["0.0 seal", "1.1 relay-fail", "2.1 relay-fail"], "proved all the same");
    assert!(queue::message(&world.store, envelope).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_under_way_is_left_alone() {
    let world = World::new();
    let envelope = submit(&world, &["b1@b.mssante.fr"]).await;
    let desk = desk(&world);
    let keeper = keeper(&world, &desk);
    let now = world.space.edge.now();
    let jobs = desk.begin(now, 10).unwrap();
    let changed = keeper.drop(&all(envelope), DropNotice::Report).await.unwrap();
    assert_eq!((changed.recipients, changed.busy), (0, vec![envelope]));
    assert_eq!(keeper.keep(&all(envelope), Keep::Hold).await.unwrap().busy, [envelope]);
    desk.learn(&jobs[0], &queue::schedule::Report::NotTried, now);
    desk.end(&jobs[0], now).unwrap();
    assert_eq!(keeper.keep(&all(envelope), Keep::Hold).await.unwrap().recipients, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_the_same_items() {
    let world = World::new();
    let mut envelopes = Vec::new();
    for recipients in [&["b1@b.mssante.fr", "c1@c.mssante.fr"][..], &["b2@b.mssante.fr", "b3@b.mssante.fr"]] {
        envelopes.push(submit(&world, recipients).await);
    }
    let now = world.space.edge.now();
    let jobs = |desk: &queue::Desk| {
        let mut jobs: Vec<_> =
            desk.begin(now, 10).unwrap().into_iter().map(|job| (job.envelope, job.domain, job.rcpts)).collect();
        jobs.sort();
        jobs
    };
    let before = jobs(&desk(&world));
    assert_eq!(before.len(), 3);
    assert_eq!(jobs(&desk(&world)), before, "the one that had them is gone: they are given out again");
}

#[tokio::test(flavor = "multi_thread")]
// [rfc2852#4]
async fn a_message_with_a_deadline_comes_back_or_its_sender_is_told() {
    for (mode, events, report) in [
        (Late::Return, &["0.0 seal", "1.1 relay-fail"][..], "Action: failed"),
        (Late::Notify, &["0.0 seal"][..], "Action: delayed"),
    ] {
        let world = World::new();
        let envelope = submit(&world, &["b1@b.mssante.fr"]).await;
        let deadline = start().plus_secs(90);
        rewrite(&world, envelope, move |message| {
            message.wishes.deliver_by = Some(Deadline { at: deadline, late: mode, trace: false });
        })
        .await;
        let relay = relay(&world, &told(vec![vec![deferred()]; 3]));
        assert_eq!(run(&relay).await, 1);
        assert_eq!(inbox(&world), 0);
        world.clock().set(start().plus_secs(75));
        run(&relay).await;
        world.clock().set(deadline);
        assert_eq!(run(&relay).await, 1, "at the deadline, not minutes after it: {mode:?}");
        assert_eq!(world.events(envelope), events);
        world.pay().await;
        assert!(world.newest(&world.anne).await.contains(report), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
// [rfc4865#4]
async fn a_message_for_later_is_tried_later_and_is_not_late_before() {
    let world = World::new();
    let envelope = submit(&world, &["b1@b.mssante.fr"]).await;
    let release = start().plus_secs(10 * 86_400);
    rewrite(&world, envelope, move |message| message.wishes.hold_until = Some(release)).await;
    let relay = relay(&world, &told(vec![vec![deferred()]]));
    assert_eq!(run(&relay).await, 0);
    world.clock().set(release);
    assert_eq!(run(&relay).await, 1);
    assert_eq!((inbox(&world), waiting(&world)), (0, 1), "its time begins with its release");
    let due = queue::items_of(&world.store, envelope).unwrap()[0].1.due;
    assert!(due > Due::At(release));
}

/// Anne writes to mailboxes here, to be delivered in an hour.
async fn for_later(world: &World, recipients: &[&str]) -> EnvelopeId {
    let mail = MailParams { hold: Some(Hold::For(3600)), ..MailParams::default() };
    let on = Notify::On(NotifyOn { success: true, failure: true, delay: false });
    let asked = RcptParams { notify: Some(on), original: None };
    let mut outgoing = world.submission().begin(&world.anne, peer(), path("anne@a.mssante.fr"), &mail).unwrap();
    for recipient in recipients {
        outgoing.recipient(&Address::parse(recipient).unwrap(), &asked).unwrap();
    }
    send(outgoing, "From: anne@a.mssante.fr\r\nTo: alain@a.mssante.fr\r\n\r\nPlus tard\r\n").await.unwrap()
}

fn messages(world: &World, name: &str) -> u64 {
    let account = world.store.find(&Address::parse(name).unwrap()).unwrap().id;
    world.store.account(account).unwrap().usage().unwrap().messages
}

#[tokio::test(flavor = "multi_thread")]
// [rfc4865#4]
async fn a_message_for_later_to_a_mailbox_of_this_server_is_delivered_then() {
    let world = World::new();
    let envelope = for_later(&world, &["anne@a.mssante.fr", "b1@b.mssante.fr"]).await;
    assert_eq!(world.events(envelope), ["0.0 seal"], "each recipient that the header does not name has its own");
    let relay = relay(&world, &told(Vec::new()));
    world.clock().set(start().plus_secs(3599));
    assert_eq!((run(&relay).await, inbox(&world), waiting(&world)), (0, 0, 2));
    world.clock().set(start().plus_secs(3600));
    let local: Vec<_> = relay.due(100).unwrap();
    assert_eq!(local.len(), 2);
    for job in local.into_iter().filter(|job| job.envelope == envelope) {
        relay.attempt(job).await.unwrap();
    }
    assert_eq!(world.events(envelope), ["0.0 seal", "1.1 deliver"]);
    assert_eq!((inbox(&world), waiting(&world)), (1, 1));
    let text = world.newest(&world.anne).await;
    assert!(text.starts_with("Return-Path: <anne@a.mssante.fr>\r\nReceived: "), "{text}");
    assert!(text.contains("\r\nX-Sceau-Seal: ") && text.ends_with("\r\n\r\nPlus tard\r\n"), "{text}");
    assert_eq!(world.pay().await, 1, "its sender had asked to be told");
    assert!(world.newest(&world.anne).await.contains("Action: delivered"));
}

#[tokio::test(flavor = "multi_thread")]
// [rfc4865#4]
async fn a_mailbox_that_is_full_or_closed_when_the_time_has_come_takes_nothing() {
    let world = World::new();
    let small = account(&world.store, "petite@a.mssante.fr", 2000);
    let (full, closed) =
        (for_later(&world, &["petite@a.mssante.fr"]).await, for_later(&world, &["alain@a.mssante.fr"]).await);
    let alain = world.store.find(&Address::parse("alain@a.mssante.fr").unwrap()).unwrap().id;
    world.store.write(move |tx| tx.deactivate(alain)).await.unwrap();
    let mut filling = world.intake().begin(Arc::clone(&world.b), peer(), path("x@b.mssante.fr"), &nothing()).unwrap();
    filling.recipient(&small.address, &no_wish()).unwrap();
    send(filling, &format!("From: x@b.mssante.fr\r\n\r\n{}\r\n", "x".repeat(1500))).await.unwrap();
    world.clock().set(start().plus_secs(3600));
    let relay = relay(&world, &told(Vec::new()));
    assert_eq!(run(&relay).await, 2);
    assert_eq!(world.events(closed), ["0.0 seal", "1.1 relay-fail"]);
    assert_eq!(world.events(full), ["0.0 seal"], "there may be room later");
    assert_eq!((messages(&world, "petite@a.mssante.fr"), waiting(&world)), (1, 1));
    world.pay().await;
    assert!(world.newest(&world.anne).await.contains("Status: 5.2.1"));
    world.clock().set(start().plus_secs(3600 + 2 * 86_400));
    run(&relay).await;
    assert_eq!((world.events(full), waiting(&world)), (vec!["0.0 seal".to_owned(), "1.1 relay-fail".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_change_hold_for_what_is_queued() {
    let world = World::new();
    submit(&world, &["b1@b.mssante.fr"]).await;
    let relay = relay(&world, &told(vec![vec![deferred()]; 2]));
    run(&relay).await;
    relay.reload(RelaySettings { expire_secs: 60, delay_notice_secs: 30 });
    world.clock().set(start().plus_secs(100));
    run(&relay).await;
    assert_eq!(waiting(&world), 0, "the new time is over");
}
