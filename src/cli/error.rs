//! Errors that only the command line knows; `classify` turns them, and those of the layers below, into exit codes.

use thiserror::Error;

use super::{Exit, compared::Compared};
use crate::backup::{create::CreateError, restore, sink::SinkError};
use crate::engine::EngineError;
use crate::execute::Failure;
use crate::model::ProjectName;
use crate::preflight::Report;

/// The command cannot be carried out as it was given.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Usage {
    /// What is wrong.
    pub message: String,
    /// What to say instead.
    pub hint: Option<String>,
}

/// A service was named that has no containers; `known` are those that have some, separated by commas.
pub fn no_containers(name: &str, known: &str) -> Usage {
    Usage {
        message: format!("service `{name}` has no containers here"),
        hint: Some(match known {
            "" => "nothing of this project is deployed: run `medianestctl deploy`".into(),
            known => format!("there are containers of: {known}"),
        }),
    }
}

/// Prerequisites are missing.
#[derive(Debug, Error)]
#[error("prerequisites are missing")]
pub struct NotReady(pub Report);

/// The engine cannot be talked to, so nothing was begun.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct NoEngine(pub EngineError);

/// A signal ended the command before anything was done.
#[derive(Debug, Error)]
#[error("stopped")]
pub struct Interrupted(pub Exit);

/// The command came part of its way.
#[derive(Debug, Error)]
#[error("{failure}")]
pub struct Unfinished {
    /// The command.
    pub command: &'static str,
    /// It was to remove data.
    pub destroys: bool,
    /// The signal that ended it, as an exit code.
    pub signal: Option<Exit>,
    /// How far it came.
    pub failure: Box<Failure>,
    /// What was to change, where a release was to take another one's place.
    pub compared: Option<Compared>,
}

/// A backup was not made.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct NotBackedUp {
    /// Why.
    pub error: CreateError,
    /// The signal that ended it, as an exit code.
    pub signal: Option<Exit>,
    /// Targets that have failed, each with why.
    pub targets: Vec<(String, SinkError)>,
}

/// A restore did not come to its end.
#[derive(Debug, Error)]
#[error("{failure}")]
pub struct NotRestored {
    /// How far it came, and what became of it.
    pub failure: Box<restore::Failure>,
    /// The signal that ended it, as an exit code.
    pub signal: Option<Exit>,
}

/// A backup is not to be restored: it was read before anything was touched.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct NotChecked {
    /// Why.
    pub error: restore::RestoreError,
    /// The signal that ended it, as an exit code.
    pub signal: Option<Exit>,
}

/// Somebody else deployed this project for the first time while this command was getting ready.
#[derive(Debug, Error)]
#[error("somebody else has just deployed `{0}` for the first time")]
pub struct Overtaken(pub ProjectName);

/// A defect of this program.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Defect(pub String);
