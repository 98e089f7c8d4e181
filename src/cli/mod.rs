//! The command line: arguments in, exit code out.
//!
//! Layer 5, thin: a command gathers what the layers below need, calls them, and says what came of it.

pub mod args;
mod classify;
pub mod commands;
mod compared;
mod dotenv;
pub mod env;
mod error;
mod exit;
mod project;
mod signal;
mod source;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::ui::{Color, Format, Ui, UiOptions, Verbosity};
use args::{Args, ColorChoice, OutputChoice};
pub use exit::Exit;

/// Everything that `main` does.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return not_understood(&error),
    };
    let ui = ui(&args);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(&args, &ui, Err(error.into())),
    };
    let result = runtime.block_on(commands::run(&args, &ui));
    // Whatever was abandoned must not keep the program from ending.
    runtime.shutdown_background();
    finish(&args, &ui, result)
}

fn finish(args: &Args, ui: &Ui, result: anyhow::Result<Exit>) -> ExitCode {
    let code = told(args, ui, result);
    let Some(why) = ui.unwritten() else { return code.into() };
    ui.tell_unwritten(why);
    // What was done is done; but who reads the code must not take what is lacking for the whole.
    match code {
        Exit::Ok | Exit::ChangesPending => Exit::Failure.into(),
        code => code.into(),
    }
}

fn told(args: &Args, ui: &Ui, result: anyhow::Result<Exit>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(error) => {
            let (exit, mut problem) = classify::problem(&error);
            for hint in &mut problem.hints {
                *hint = commands::in_place(&args.global, hint);
            }
            problem.show(ui);
            exit
        }
    }
}

/// Ends with what clap says. Help and version are answers, not errors; clap knows the stream of each.
fn not_understood(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && wants_json() {
        classify::usage(error).show(&Ui::new(UiOptions {
            format: Format::Json,
            verbosity: Verbosity::Normal,
            color: Color::Never,
            no_color: true,
            non_interactive: true,
            yes: false,
            dumb: true,
        }));
    } else {
        let _ = error.print();
    }
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() }
}

/// Whether a command line that could not be read asks for JSON.
fn wants_json() -> bool {
    let args: Vec<_> = std::env::args_os().take_while(|arg| arg != "--").collect();
    let separate = args.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json");
    separate || args.iter().any(|arg| arg == "--json" || arg == "--output=json")
}

fn ui(args: &Args) -> Ui {
    let global = &args.global;
    let format = match (global.json, global.output) {
        (true, _) | (_, Some(OutputChoice::Json)) => Format::Json,
        (_, Some(OutputChoice::Plain)) => Format::Plain,
        _ => Format::Human,
    };
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    Ui::new(UiOptions {
        format,
        verbosity,
        color: match global.color {
            ColorChoice::Auto => Color::Auto,
            ColorChoice::Always => Color::Always,
            ColorChoice::Never => Color::Never,
        },
        no_color: env::is_set(env::NO_COLOR),
        non_interactive: global.non_interactive || !std::io::stdin().is_terminal(),
        yes: global.yes,
        dumb: env::text(env::TERM).as_deref() == Some("dumb"),
    })
}
