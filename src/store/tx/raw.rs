//! Rows of the queue: any bytes under any key, sealed under the queue's own key; and the queue's index, whose keys hold
//! keyed tags and numbers only. Every change of the index becomes news with its commit, whoever made it.

use super::{Effect, Tx};
use crate::mail::{Fault, Status};
use crate::seal::row::{open_row, seal_row};
use crate::store::engine::KeyValue;
use crate::store::news::Mark;
use crate::store::rows::key;

impl Tx<'_> {
    /// One row of the queue, opened.
    ///
    /// # Errors
    /// `Storage`.
    pub fn queue_get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let place = key::queue(name);
        let damaged = |error| Fault::ours(Status::Storage, "row of the queue").caused_by(error);
        self.get(&place)?.map(|sealed| open_row(&self.core.keys.queue, &place, &sealed).map_err(damaged)).transpose()
    }

    /// Writes a row of the queue; at most 16 KiB less the 28 bytes of the sealing.
    pub fn queue_put(&mut self, name: &[u8], clear: &[u8]) {
        let place = key::queue(name);
        let sealed = seal_row(&self.core.keys.queue, &place, clear, self.core.edge.chance.as_ref());
        self.put(place, sealed);
    }

    /// Deletes a row of the queue, if it is there.
    pub fn queue_delete(&mut self, name: &[u8]) {
        self.delete(key::queue(name));
    }

    /// The rows of the queue whose names begin with `prefix`, opened, in order of their names, as this transaction sees
    /// them.
    ///
    /// # Errors
    /// `Storage`.
    pub fn queue_rows(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, Fault> {
        let damaged = |error| Fault::ours(Status::Storage, "row of the queue").caused_by(error);
        let open = |(place, sealed): KeyValue| {
            let clear = open_row(&self.core.keys.queue, &place, &sealed).map_err(damaged)?;
            Ok((place[1..].to_vec(), clear))
        };
        self.scan(&key::queue(prefix))?.into_iter().map(open).collect()
    }

    /// Puts a name into the queue's index.
    pub fn queue_mark(&mut self, name: &[u8]) {
        self.put(key::queue_mark(name), Vec::new());
        self.effect(Effect::News(Mark::Put(name.to_vec())));
    }

    /// Takes a name out of the queue's index, if it is there.
    pub fn queue_unmark(&mut self, name: &[u8]) {
        self.delete(key::queue_mark(name));
        self.effect(Effect::News(Mark::Gone(name.to_vec())));
    }

    /// What a text is called in keys of the queue, where no personal data may stand.
    #[must_use]
    pub fn queue_tag(&self, kind: &str, text: &str) -> [u8; 16] {
        self.core.keys.tag(kind, text)
    }
}
