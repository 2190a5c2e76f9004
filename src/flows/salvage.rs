//! Messages whose rows were lost come back from their bodies, into a folder of their own of the account that they were
//! for. That it was done is an incident of the log: what is there was not delivered in the ordinary way, and what becomes
//! of it is no event of its envelope.

use std::sync::Arc;

use super::facts::{Incident, record_incident};
use crate::mail::{AccountId, Fault, FlagSet, Status, Time};
use crate::store::{Found, NewMessage, Store, Tx};

/// The folder in which salvaged messages appear.
pub const SALVAGED: &str = "Récupérés";

/// What came of a salvage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Salvage {
    /// Messages that are in a mailbox again.
    pub back: u64,
    /// Whole messages of accounts that are not known here, or of none: they lie where they lay.
    pub homeless: u64,
    /// Messages that could not be read, or for which the account has no room.
    pub failed: u64,
    /// Bodies whose keys were destroyed, as is right.
    pub destroyed: u64,
    /// Bodies that are not whole.
    pub partial: u64,
}

impl Salvage {
    /// Puts every whole body that no row knows into its account. No message may be on its way meanwhile. Twice is once.
    ///
    /// # Errors
    /// `Storage`; what was put back stays.
    // [proofs#events]
    pub async fn run(store: &Arc<Store>) -> Result<Self, Fault> {
        let reading = Arc::clone(store);
        let strays = tokio::task::spawn_blocking(move || reading.strays());
        let strays = strays.await.map_err(|error| Fault::ours(Status::Storage, "salvage").caused_by(error))??;
        let mut done = Self { destroyed: strays.destroyed, partial: strays.partial, ..Self::default() };
        for stray in strays.found {
            let Some(account) = stray.account.filter(|account| store.entry(*account).is_some()) else {
                done.homeless += 1;
                continue;
            };
            let written = stray.written;
            let first = done.back == 0;
            let put = match store.find_again(stray) {
                // durable from here: the message, and with the first of them that it was done
                Ok(found) => store.write(move |tx| put_back(tx, account, (&found, written), first)).await,
                Err(fault) => Err(fault),
            };
            match put {
                Ok(()) => done.back += 1,
                Err(fault) if fault.status == Status::Storage && store.is_read_only() => return Err(fault),
                Err(fault) => {
                    tracing::error!(target: "sceau::store", %fault, account = account.0, "a message could not be salvaged");
                    done.failed += 1;
                }
            }
        }
        Ok(done)
    }
}

fn put_back(tx: &mut Tx<'_>, account: AccountId, (found, written): (&Found, Time), first: bool) -> Result<(), Fault> {
    let mailbox = match tx.find_mailbox(account, SALVAGED)? {
        Some(mailbox) => mailbox,
        None => tx.create_mailbox(account, SALVAGED)?,
    };
    let (body, structure) = (&found.body, &found.structure);
    let (flags, internal_date) = (FlagSet::default(), written);
    let new = NewMessage { body, prefix: b"", structure, flags, internal_date, envelope: None };
    tx.append(account, mailbox, new)?;
    if first { record_incident(tx, Incident::Salvage).map(drop) } else { Ok(()) }
}
