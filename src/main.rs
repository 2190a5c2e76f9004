//! The `sceau` program: hands its arguments to [`sceau::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    sceau::cli::main()
}
