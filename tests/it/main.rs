//! The one integration binary: the laws of the code base, and the server as its users meet it.

mod layers;
mod shape;
mod source;
mod spec;
mod tools;
