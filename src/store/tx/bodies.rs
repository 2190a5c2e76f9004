//! References to bodies: counted, so that a body's key goes with its last one.

use serde::{Deserialize, Serialize};

use super::{Effect, Tx};
use crate::mail::{Fault, Status};
use crate::seal::keys::{BodyBinding, WrappedKey};
use crate::store::bodies::SealedBody;
use crate::store::core::key_fault;
use crate::store::rows::{BodyPlace, BodyRef, BodyRow, key};

/// A counted reference to a body outside of any account, for the queue: keep it in a sealed row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyHandle {
    pub(in crate::store) body: BodyRef,
    /// Tells this holding from others of the same body, so that giving it up twice does no harm.
    number: u64,
}

impl BodyHandle {
    /// Clear bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.body.size
    }
}

impl Tx<'_> {
    /// Keeps a body alive until [`Tx::release_body`].
    ///
    /// # Errors
    /// `Storage`.
    pub fn hold_body(&mut self, body: &SealedBody) -> Result<BodyHandle, Fault> {
        let binding = BodyBinding { body: body.id, day: body.day, account: None };
        let wrapped = self.core.keys.master.wrap_body(&body.key, &binding, self.core.edge.chance.as_ref());
        let wrapped = wrapped.map_err(key_fault)?;
        let body = self.refer_to(body, wrapped)?;
        let number = self.next_id()?;
        self.put(key::held(body.place, number), Vec::new());
        Ok(BodyHandle { body, number })
    }

    /// Holds once more a body that is held: both holdings are given up on their own.
    ///
    /// # Errors
    /// `Storage`, also when the body is gone.
    pub fn hold_again(&mut self, handle: &BodyHandle) -> Result<BodyHandle, Fault> {
        let place = handle.body.place;
        self.refer_again(place)?;
        let number = self.next_id()?;
        self.put(key::held(place, number), Vec::new());
        Ok(BodyHandle { body: handle.body.clone(), number })
    }

    /// Gives a body up; twice is once. With its last reference its key is destroyed.
    ///
    /// # Errors
    /// `Storage`.
    pub fn release_body(&mut self, handle: &BodyHandle) -> Result<(), Fault> {
        let held = key::held(handle.body.place, handle.number);
        if self.get(&held)?.is_none() {
            return Ok(());
        }
        self.delete(held);
        self.release(handle.body.place)
    }

    /// The bodies that the queue holds, once for each holding.
    pub(in crate::store) fn held_bodies(&self) -> Result<Vec<BodyPlace>, Fault> {
        let place = |key: &[u8]| key.get(1..9).and_then(|place| place.try_into().ok()).map(u64::from_be_bytes);
        let rows = self.scan(&key::held_prefix())?;
        Ok(rows.iter().filter_map(|(key, _)| place(key)).map(BodyPlace).collect())
    }

    /// Counts one more reference to a body and makes it, with the body's key as it was wrapped for the holder.
    pub(super) fn refer_to(&mut self, body: &SealedBody, wrapped: WrappedKey) -> Result<BodyRef, Fault> {
        let first = body.extents.first().ok_or_else(|| Fault::ours(Status::Storage, "a body without extents"))?;
        let place = BodyPlace::of(first);
        let known: Option<BodyRow> = self.row("a body", &key::body(place))?;
        let references = known.map_or(0, |row| row.references) + 1;
        let row = BodyRow { references, size: body.size(), day: body.day, extents: body.extents.clone() };
        self.put_row(key::body(place), &row);
        Ok(BodyRef { place, id: body.id, size: body.size(), day: body.day, key: wrapped })
    }

    /// Counts one more reference to a body that is there.
    pub(super) fn refer_again(&mut self, place: BodyPlace) -> Result<(), Fault> {
        let missing = || Fault::ours(Status::Storage, "a body without its row");
        let mut row: BodyRow = self.row("a body", &key::body(place))?.ok_or_else(missing)?;
        row.references += 1;
        self.put_row(key::body(place), &row);
        Ok(())
    }

    pub(super) fn release(&mut self, place: BodyPlace) -> Result<(), Fault> {
        let missing = || Fault::ours(Status::Storage, "a body without its row");
        let mut row: BodyRow = self.row("a body", &key::body(place))?.ok_or_else(missing)?;
        row.references -= 1;
        if row.references == 0 {
            self.delete(key::body(place));
            self.effect(Effect::ForgetKey(row.extents));
        } else {
            self.put_row(key::body(place), &row);
        }
        Ok(())
    }
}
