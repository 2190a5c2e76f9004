//! The engine of tests: a map in memory, durable as long as the process.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::{PoisonError, RwLock};

use super::{Batch, Engine, EngineError, Visitor};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Rows in memory.
#[derive(Debug, Default)]
pub struct Memory {
    rows: RwLock<Rows>,
}

impl Engine for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.rows.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        if from >= to {
            return Ok(());
        }
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let range = (Bound::Included(from), Bound::Excluded(to));
        for (key, value) in rows.range::<[u8], _>(range) {
            if visit(key, value) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, batch: Batch) -> Result<(), EngineError> {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        if batch.expect.iter().any(|(key, value)| rows.get(key) != value.as_ref()) {
            return Err(EngineError::Conflict);
        }
        for (key, value) in batch.put {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }
}
