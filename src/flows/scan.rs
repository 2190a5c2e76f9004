//! What the content flows need of a scanner for malware: a stream in, a finding out.

use std::future::Future;
use std::pin::Pin;

use crate::mail::Fault;

/// A future behind a pointer, since which scanner there is is known only at run time.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing.
    Nothing,
    /// Malware, by the scanner's name of it.
    Malware(String),
}

/// Examines contents.
pub trait Scanner: Send + Sync {
    /// Begins a scan.
    ///
    /// # Errors
    /// `ScannerDown`: nothing is taken that can't be examined.
    fn begin(&self) -> Boxed<'_, Result<Box<dyn Scan>, Fault>>;
}

/// One content under examination.
pub trait Scan: Send {
    /// Takes the next octets.
    ///
    /// # Errors
    /// `ScannerDown`.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Boxed<'a, Result<(), Fault>>;

    /// What was found in all of it.
    ///
    /// # Errors
    /// `ScannerDown`.
    fn finish(self: Box<Self>) -> Boxed<'static, Result<Finding, Fault>>;
}
