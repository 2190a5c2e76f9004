//! Trust data that a running server fetches: white list and revocation lists from web servers of the test, what
//! administrators see of it, what a revocation does to open sessions, and what survives bad news and bad files.

mod caller;
mod lists;
mod revocation;
mod settings;
pub mod world;
