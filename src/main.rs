//! The `sceau` program: hands its arguments to [`sceau::cli`].

fn main() {}
