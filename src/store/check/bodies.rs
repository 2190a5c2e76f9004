//! Bodies: each is as long as its row says, agrees with its checksums, and is referred to as often as counted.

use super::Check;
use crate::mail::Fault;
use crate::seal::body::sealed_len;
use crate::store::rows::BodyPlace;

impl Check<'_, '_> {
    /// The queue's references.
    pub(super) fn count_held_bodies(&mut self) -> Result<(), Fault> {
        for place in self.tx.held_bodies()? {
            *self.references.entry(place).or_default() += 1;
        }
        Ok(())
    }

    pub(super) fn check_bodies(&mut self) {
        let bodies = std::mem::take(&mut self.bodies);
        for (place, row) in &bodies {
            self.report.bodies += 1;
            let name = format!("body {:x}", place.0);
            let referred = self.references.remove(place).unwrap_or_default();
            self.expect_equal(&name, "references", row.references, referred);
            let length = row.extents.iter().map(|extent| u64::from(extent.length)).sum::<u64>();
            // Sizes beyond any message's would overflow where they are added up.
            let sealed = if row.size < 1 << 50 { sealed_len(row.size) } else { u64::MAX };
            self.expect_equal(&name, "sealed bytes", sealed, length);
            let mut start = 0;
            for extent in &row.extents {
                match self.tx.core.bodies.verify(extent) {
                    Ok(head) if head.start != start => self.find(&name, "its extents are out of order"),
                    Ok(_) => {}
                    Err(error) => self.find(&name, error.to_string()),
                }
                start += u64::from(extent.length);
            }
        }
        let lost: Vec<BodyPlace> = self.references.keys().copied().collect();
        for place in lost {
            self.find(format!("body {:x}", place.0), "it is referred to and has no row");
        }
    }
}
