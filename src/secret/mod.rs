//! The stack's secrets: what they are, how they come to be, where they lie, what is wrong with them.
//!
//! `catalogue`, `check`, `error`, `fingerprint`, `generate`, `url` and `value` are pure (layer 1: no files, environment, clock or
//! runtime); `store` alone touches the disk (layer 2). Refuses to print, log or serialise a value, to overwrite a
//! file that exists, and to change what an existing file says.

pub mod catalogue;
mod check;
mod error;
mod fingerprint;
pub mod generate;
mod store;
mod url;
mod value;

pub use check::{Problem, ProblemKind};
pub use error::StoreError;
pub use fingerprint::{FingerprintKey, FingerprintKeyError};
pub use generate::{
    Creation, DatabaseNames, GenerateError, NewSecret, NoRandomBytes, RandomSource, Recipe, Values, generate, plan_generation,
};
pub use store::{SecretDir, SecretInfo, read_file, system_random, verify_files};
pub use value::Secret;

use std::path::Path;

/// The command that creates the missing secrets, as hints name it.
pub const GENERATE_COMMAND: &str = "medianestctl secrets generate";

/// Said beside a command that makes a new password of the database.
const BEFORE_FIRST_START: &str = "before the first start only: the database keeps the password that it was initialised with";

/// A path as a shell takes it, for hints.
pub(crate) fn quoted(path: &Path) -> String {
    shell_words::quote(&path.to_string_lossy()).into_owned()
}

/// A command that puts files aside, where they can be got back.
fn aside(paths: &[&Path]) -> String {
    let moves = paths.iter().map(|path| {
        let file = path.to_string_lossy();
        format!("mv -i {} {}", shell_words::quote(&file), shell_words::quote(&format!("{file}.old")))
    });
    moves.collect::<Vec<_>>().join(" && ")
}
