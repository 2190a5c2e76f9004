//! What changed in the queue's index, told after each commit to the one who plans deliveries. Like the hints of
//! accounts this is a convenience over what is durable: when it is not listened to for too long it forgets everything
//! and says so, and the listener reads the index anew.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Changes that wait to be heard at most; about 80 bytes each.
const WAITING_MAX: usize = 200_000;

/// One change of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// This name is there now.
    Put(Vec<u8>),
    /// This name is gone.
    Gone(Vec<u8>),
}

/// What a listener hears.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// All changes since the last time, in their order.
    Changes(Vec<Mark>),
    /// Changes were lost, or nothing was heard yet: the index must be read.
    ReadAnew,
}

/// Changes on their way to the listener.
#[derive(Debug, Default)]
pub(super) struct Newsroom {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Nobody listens before the first look; what happens until then is in the index.
    heard_once: bool,
    lost: bool,
    waiting: VecDeque<Mark>,
}

impl Newsroom {
    /// Tells what one group of commits changed.
    pub(super) fn tell(&self, marks: Vec<Mark>) {
        if marks.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.heard_once && !state.lost {
            state.waiting.extend(marks);
            if state.waiting.len() > WAITING_MAX {
                state.waiting = VecDeque::new();
                state.lost = true;
            }
        }
        drop(state);
        self.bell.notify_one();
    }

    /// What was told since the last time.
    pub(super) fn hear(&self) -> News {
        let mut state = self.state();
        let anew = !state.heard_once || state.lost;
        state.heard_once = true;
        state.lost = false;
        let marks = std::mem::take(&mut state.waiting);
        if anew { News::ReadAnew } else { News::Changes(marks.into()) }
    }

    /// Resolves when something was told since this resolved last.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_in_order_and_too_many_mean_to_read_anew() {
        let room = Newsroom::default();
        let (put, gone) = (Mark::Put(b"a".to_vec()), Mark::Gone(b"a".to_vec()));
        room.tell(vec![put.clone()]);
        assert_eq!(room.hear(), News::ReadAnew, "what was before the first look is in the index");
        room.tell(vec![put.clone(), gone.clone()]);
        room.tell(vec![put.clone()]);
        assert_eq!(room.hear(), News::Changes(vec![put.clone(), gone, put.clone()]));
        assert_eq!(room.hear(), News::Changes(Vec::new()));
        (0..=WAITING_MAX).for_each(|_| room.tell(vec![put.clone()]));
        room.tell(vec![put.clone()]);
        assert_eq!(room.hear(), News::ReadAnew);
        room.tell(vec![put.clone()]);
        assert_eq!(room.hear(), News::Changes(vec![put]));
    }
}
