//! Bodies in memory, for tests of what stands on the store.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::segment::RecordHead;
use super::{Appended, Bodies, BodiesError, Durability, Extent, Removed};
use crate::mail::Time;

/// Bodies that last as long as the process. Each extent is a segment of its own.
#[derive(Debug, Default)]
pub struct MemoryBodies {
    records: Mutex<Vec<(RecordHead, Vec<u8>)>>,
}

impl MemoryBodies {
    fn with<T>(
        &self,
        extent: &Extent,
        take: impl FnOnce(&mut (RecordHead, Vec<u8>)) -> Option<T>,
    ) -> Result<T, BodiesError> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let record = extent.segment.checked_sub(1).and_then(|index| records.get_mut(index as usize));
        record.and_then(take).ok_or_else(|| BodiesError::Damaged(format!("no such extent: {extent:?}")))
    }
}

impl Bodies for MemoryBodies {
    fn append(&self, head: RecordHead, sealed: Vec<u8>, _: Durability) -> Appended {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
        let head = RecordHead { length, checksum: crc32fast::hash(&sealed), ..head };
        records.push((head, sealed));
        let segment = u32::try_from(records.len()).unwrap_or(u32::MAX);
        Box::pin(std::future::ready(Ok(Extent { segment, offset: 0, length })))
    }

    fn read(&self, extent: &Extent, start: u32, length: u32, out: &mut Vec<u8>) -> Result<(), BodiesError> {
        self.with(extent, |(_, sealed)| {
            out.extend_from_slice(sealed.get(start as usize..)?.get(..length as usize)?);
            Some(())
        })
    }

    fn verify(&self, extent: &Extent) -> Result<RecordHead, BodiesError> {
        self.with(extent, |(head, sealed)| (crc32fast::hash(sealed) == head.checksum).then(|| head.clone()))
    }

    fn records(&self, visit: &mut dyn FnMut(Extent, RecordHead)) -> Result<(), BodiesError> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        for (segment, (head, _)) in (1..).zip(records.iter()) {
            visit(Extent { segment, offset: 0, length: head.length }, head.clone());
        }
        Ok(())
    }

    fn forget_key(&self, extent: &Extent) -> Result<(), BodiesError> {
        self.with(extent, |(head, _)| {
            head.key = None;
            Some(())
        })
    }

    fn remove_unused(&self, _: &HashSet<u32>, _: Time) -> Result<Removed, BodiesError> {
        Ok(Removed::default())
    }

    fn close(&self) {}
}
