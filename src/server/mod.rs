//! Layer 7, composition: builds the parts, starts the tasks, stops them.

pub mod edge;
