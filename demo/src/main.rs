//! `medianest-demo`: stands in for the MediaNest application where its images cannot be pulled.
//!
//! One program, three roles, as the arguments say: the back end, the front end, and the migration command that the
//! application gets from Prisma. It honours the application's contract against a real PostgreSQL and a real Redis, and
//! misbehaves on demand (see [`faults`]). This file owns the choice of the role and the exit code.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails"))]

mod backend;
mod environment;
mod faults;
mod frontend;
mod identity;
mod limiter;
mod log;
mod metrics;
mod migrate;
mod migrations;
mod postgres;
mod process;
mod release;
mod server;
mod shutdown;

use std::process::ExitCode;

use environment::Environment;

const USAGE: &str = "usage: medianest-demo backend | frontend | migrate deploy | migrate status | --version";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let environment = Environment::of_process();

    let outcome = match arguments.as_slice() {
        ["backend"] => run(backend::run(&environment)),
        ["frontend"] => run(frontend::run(&environment)),
        ["migrate", "deploy"] => run(migrate::deploy(&environment)),
        ["migrate", "status"] => run(migrate::status(&environment)),
        ["--version"] => {
            log::say(&format!("medianest-demo {}", env!("CARGO_PKG_VERSION")));
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            log::complain(USAGE);
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|failure| {
        log::complain(&format!("error: {}", log::describe(&*failure)));
        ExitCode::FAILURE
    })
}

/// What ends a role early: one line for the operator.
type Failure = Box<dyn std::error::Error>;

/// One thread, like the Node process that this stands in for.
fn run(role: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(role)
}
