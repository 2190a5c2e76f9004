//! Bodies: in parts, in several extents, salvaged, destroyed.

use std::fs;

use super::*;
use crate::store::bodies::segment::{RECORD_HEAD, salvage};

fn segment_files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory.join("bodies")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn any_range_of_a_body_in_several_extents_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    let bytes = text(3_500_000);
    append(&store, id, inbox, &bytes).await;
    let whole = [b"Received: here\r\n", &bytes[..]].concat();
    let body = store.account(id).unwrap().search_text(inbox, uid(1)).unwrap();
    assert_eq!(body.size(), whole.len() as u64);
    for (start, end) in [
        (0, 10),
        (0, 16),
        (10, 40),
        (1_048_000, 1_049_000),
        (3_400_000, 9_000_000),
        (8_000_000, 8_000_001),
        (0, 3_600_000),
    ] {
        let expected = &whole[start.min(whole.len())..end.min(whole.len())];
        assert!(body.read(start as u64..end as u64).unwrap() == expected, "{start}..{end}");
    }
    assert_eq!(body.read(0..u64::MAX).unwrap().len(), whole.len());
    #[expect(clippy::reversed_empty_ranges, reason = "that is the case")]
    let backwards = 10..5;
    assert!(body.read(backwards).unwrap().is_empty());
}

#[tokio::test]
async fn an_empty_body_is_a_body() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, b"").await;
    let body = store.account(id).unwrap().search_text(inbox, uid(1)).unwrap();
    assert_eq!(body.read(0..100).unwrap(), b"Received: here\r\n");
}

#[tokio::test]
async fn one_changed_byte_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, &text(100_000)).await;
    let file = segment_files(dir.path()).remove(0);
    let good = fs::read(&file).unwrap();
    for at in [40, 28 + RECORD_HEAD + 5, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, &bad).unwrap();
        let findings = store.check().await.unwrap().findings;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(findings.len() == 1 && findings[0].what.contains(&name), "byte {at}: {findings:?}");
    }
    fs::write(&file, good).unwrap();
}

#[tokio::test]
async fn what_a_kill_left_at_a_segments_end_is_never_appended_to() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, &text(100)).await;
    drop(store);
    let torn = segment_files(dir.path()).remove(0);
    let mut bytes = fs::read(&torn).unwrap();
    bytes.extend_from_slice(b"SceauRec torn");
    fs::write(&torn, &bytes).unwrap();

    let store = on_disk(dir.path());
    append(&store, id, inbox, &text(100)).await;
    assert_eq!(fs::read(&torn).unwrap(), bytes);
    assert_eq!(segment_files(dir.path()).len(), 2);
}

#[tokio::test]
async fn segments_are_cut_by_day() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    for day in 0..3 {
        store.clock.set(NOW.plus_secs(day * 86_400));
        append(&store, id, inbox, &text(100)).await;
    }
    let names: Vec<_> = segment_files(dir.path()).iter().map(|p| p.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["0000000001-2026-11-22.seg", "0000000002-2026-11-23.seg", "0000000003-2026-11-24.seg"]);
}

#[tokio::test]
async fn segments_go_with_their_last_body() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    for day in 0..3 {
        store.clock.set(NOW.plus_secs(day * 86_400));
        append(&store, id, inbox, &text(100)).await;
    }
    store.clock.set(NOW.plus_secs(10 * 86_400));
    append(&store, id, inbox, &text(100)).await;
    fs::write(dir.path().join("bodies/0000000009-2026-11-22.seg"), b"scea").unwrap();
    for number in [1, 3, 4] {
        store.write(move |tx| tx.expunge(id, inbox, uid(number))).await.unwrap();
    }
    let removed = store.remove_unused_bodies().await.unwrap();
    assert_eq!(removed.segments, 3, "those of the first and third day and the one that a kill left");
    assert_eq!(segment_files(dir.path()).len(), 2);
    assert!(store.account(id).unwrap().search_text(inbox, uid(2)).unwrap().read(0..9).is_ok());
}

#[tokio::test]
async fn a_body_can_be_salvaged_without_rows_until_its_key_is_destroyed() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path());
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    append(&store, id, inbox, &text(500)).await;
    let master = MasterKey::from_bytes([7; 32]);
    let salvaged = || {
        let file = fs::read(segment_files(dir.path()).remove(0)).unwrap();
        let record = salvage(&file).next().unwrap();
        let key = master.unwrap_body(record.head.key.as_ref()?, &record.head.binding()).unwrap();
        let size = record.sealed.len() as u64 - 16;
        Some(crate::seal::body::Opener::new(&key, record.head.body, size).open_chunk(0, record.sealed).unwrap())
    };
    assert_eq!(salvaged(), Some(text(500)));
    store.write(move |tx| tx.expunge(id, inbox, uid(1))).await.unwrap();
    assert_eq!(salvaged(), None);
}

#[tokio::test]
async fn a_held_body_outlives_its_message() {
    let store = memory();
    let id = account(&store, "jean").await;
    let inbox = mailbox(&store, id, "INBOX").id;
    let bytes = text(100);
    let (body, structure) = (sealed(&store, &bytes).await, structure(&bytes));
    let work = move |tx: &mut Tx<'_>| {
        let new = NewMessage {
            body: &body,
            prefix: b"",
            structure: &structure,
            flags: FlagSet::default(),
            internal_date: tx.now(),
            envelope: None,
        };
        tx.append(id, inbox, new)?;
        tx.hold_body(&body)
    };
    let handle = store.write(work).await.unwrap();
    store.write(move |tx| tx.expunge(id, inbox, uid(1))).await.unwrap();
    assert_eq!(store.open_body(&handle).unwrap().read(0..u64::MAX).unwrap(), bytes);
    for _ in 0..2 {
        let handle = handle.clone();
        store.write(move |tx| tx.release_body(&handle)).await.unwrap();
    }
    assert!(store.open_body(&handle).is_err());
}
