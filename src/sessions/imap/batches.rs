//! UIDBATCHES: the mailbox cut into ranges of UIDs that hold about as many messages each, the newest first.

use super::dispatch::{Outcome, write_line};
use super::{Imap, Output};
use crate::mail::Uid;
use crate::proto::imap::multisearch::Batches;
use crate::proto::imap::response::{self, Completion};

impl Imap {
    // [rfc10022#3.1]
    pub(super) fn uid_batches(&self, tag: &str, batches: Batches, out: &mut Output) -> Outcome {
        let uids: Vec<u32> = self.selected()?.view.all().map(|(_, uid): (u32, Uid)| uid.get()).collect();
        let (mut quoted, ranges) = (Vec::new(), ranges(&uids, batches));
        response::string(&mut quoted, tag.as_bytes());
        let space = if ranges.is_empty() { "" } else { " " };
        write_line(out, format_args!("* UIDBATCHES (TAG {}){space}{ranges}", String::from_utf8_lossy(&quoted)));
        Ok(Completion::plain())
    }
}

/// `215295:99696,99695:1`: the ranges touch, so that no UID is in none of them; the last goes down to 1.
fn ranges(uids: &[u32], Batches { size, range }: Batches) -> String {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let highest: Vec<u32> = uids.rchunks(size).filter_map(|batch| batch.last().copied()).collect();
    let (first, last) = range.unwrap_or((1, u32::MAX));
    let wanted = |at: usize| u32::try_from(at + 1).is_ok_and(|number| (first..=last).contains(&number));
    let lowest = |at: usize| highest.get(at + 1).map_or(1, |next| next + 1);
    let batches = highest.iter().enumerate().filter(|(at, _)| wanted(*at));
    batches.map(|(at, high)| format!("{high}:{}", lowest(at))).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc10022#3.1]
    #[test]
    fn ranges_touch_and_the_last_goes_down_to_one() {
        let uids: Vec<u32> = (1..=1200).map(|n| n * 10).collect();
        for (range, expected) in [
            (None, "12000:7001,7000:2001,2000:1"),
            (Some((1, 1)), "12000:7001"),
            (Some((2, 9)), "7000:2001,2000:1"),
            (Some((4, 9)), ""),
        ] {
            assert_eq!(ranges(&uids, Batches { size: 500, range }), expected, "{range:?}");
        }
        assert_eq!(ranges(&uids, Batches { size: u32::MAX, range: None }), "12000:1");
        assert_eq!(ranges(&[], Batches { size: 500, range: None }), "");
    }
}
