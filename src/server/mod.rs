//! Layer 7, composition: builds the parts, starts the tasks, stops them.

pub mod control;
pub mod edge;
pub mod examine;
pub mod lock;
pub mod logging;
pub mod notify;
pub mod office;
pub mod settings;
