//! Key records of signatures (DKIM), looked up in DNS within one bound for all of a message's.

use std::time::Duration;

use hickory_resolver::proto::rr::RData;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use tokio::time::timeout;

use crate::flows::{Boxed, KeyRecords, Records};
use crate::proto::dkim::Lookup;

/// How long a message waits for all of its records.
const WITHIN: Duration = Duration::from_secs(3);
/// Octets of a record that are read: a key of 4,096 bits takes 740.
const RECORD_MAX: usize = 4096;

/// The resolver that the system is set to use.
#[derive(Debug)]
pub struct SystemKeyRecords(Option<TokioResolver>);

impl SystemKeyRecords {
    /// Reads the system's configuration. Without one there are no answers.
    #[must_use]
    pub fn new() -> Self {
        Self(TokioResolver::builder_tokio().and_then(ResolverBuilder::build).ok())
    }

    async fn record(&self, name: &str) -> Lookup {
        let Some(resolver) = &self.0 else { return Lookup::Failed };
        match Box::pin(resolver.txt_lookup(format!("{name}."))).await {
            Ok(found) => {
                // One record's strings are one text (RFC 6376 §3.6.2.2).
                let texts = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(txt) => Some(txt.txt_data.concat()),
                    _ => None,
                });
                let mut text = texts.into_iter().next().unwrap_or_default();
                text.truncate(RECORD_MAX);
                Lookup::Found(String::from_utf8_lossy(&text).into_owned())
            }
            Err(error) if error.is_no_records_found() => Lookup::Missing,
            Err(_) => Lookup::Failed,
        }
    }
}

impl Default for SystemKeyRecords {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyRecords for SystemKeyRecords {
    fn look_up<'a>(&'a self, names: &'a [String]) -> Boxed<'a, Records> {
        Box::pin(async move {
            let mut records: Records = names.iter().map(|name| (name.clone(), Lookup::Failed)).collect();
            let look = async {
                for (name, found) in &mut records {
                    *found = self.record(name).await;
                }
            };
            // What was not answered in time has failed already.
            let _ = timeout(WITHIN, look).await;
            records
        })
    }
}
