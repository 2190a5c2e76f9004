//! Rows of the queue: any bytes under any key, sealed under the queue's own key.

use super::Tx;
use crate::mail::{Fault, Status};
use crate::seal::row::{open_row, seal_row};
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
}
