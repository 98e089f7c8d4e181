//! The binary: hands the arguments over and ends with the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    medianestctl::cli::main()
}
