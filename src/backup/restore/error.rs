//! How a restore can fail, and what became of what it had done.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::{journal::JournalError, record::Record};
use crate::{
    backup::{
        index::{IndexError, RawPath},
        pipeline::FetchError,
        sink::{InvalidKey, SinkError},
        source::{ExtractError, SourceError},
    },
    engine::EngineError,
    execute::Failure as PlanFailure,
    plan::PlanError,
    state::{LockLost, StateError},
};

/// Why a step of a restore did not succeed.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// An object of the set is not what it should be, or cannot be read.
    #[error("`{part}` of the backup: {source}")]
    Object {
        /// The part's name.
        part: String,
        /// Why.
        source: Box<FetchError<ConsumeError>>,
    },
    /// The set has no such object.
    #[error("the backup has no {0}")]
    NoObject(String),
    /// The place where the set is kept fails.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The stack's name is not one that a place for backups takes.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// The engine fails.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A command in a container failed.
    #[error("{what} in {container} ended with code {code}: {words}")]
    Command {
        /// The program.
        what: String,
        /// Where it ran.
        container: String,
        /// Its exit code.
        code: i64,
        /// The last that it said.
        words: String,
    },
    /// No container of the service runs.
    #[error("no container of `{0}` runs")]
    NotRunning(String),
    /// The server has other databases than it should at this place.
    #[error("database `{0}` is not as the restore left it: {1}")]
    Database(String, String),
    /// What was restored is not what was backed up.
    #[error("{what}: {detail}; the backup has {wanted}")]
    Differs {
        /// The table, or what is counted.
        what: String,
        /// What was found.
        detail: String,
        /// What was recorded.
        wanted: String,
    },
    /// Files of a volume or of the deployment directory.
    #[error("{path}: {source}")]
    Files {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The path is not in the archive.
    #[error("there is no `{0}` in the backup")]
    NoSuchPath(RawPath),
    /// The volume's files cannot be reached from here.
    #[error("the files of volume `{0}` cannot be reached from here")]
    OutOfReach(String),
    /// The services do not stop or start.
    #[error("{0}")]
    Services(Box<PlanFailure>),
    /// The services cannot be planned for.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The engine has no state of this project.
    #[error("project `{0}` was not deployed by medianestctl")]
    NotDeployed(String),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The backup of what is there failed.
    #[error("what is there now could not be backed up: {0}")]
    SafetyCopy(String),
    /// Something did not come about in time.
    #[error("{what} did not come about within {seconds} s")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// The record cannot be written, so nothing more is done.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The lock is lost, so nothing more is done.
    #[error(transparent)]
    LockLost(#[from] LockLost),
    /// Somebody asked to stop.
    #[error("stopped at your request")]
    Cancelled,
    /// A thread of ours ended before its time.
    #[error("a thread ended before its time")]
    Thread,
}

/// Why the consumer of an object's bytes gave up.
#[derive(Debug, Error)]
pub enum ConsumeError {
    /// The archive is refused, or cannot be unpacked here.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// What was unpacked cannot be read again.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The index is damaged.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// What was unpacked is not what the index says.
    #[error("`{path}` was restored as {found}, and the backup has {wanted}")]
    Differs {
        /// Where.
        path: RawPath,
        /// What is there.
        found: String,
        /// What should be.
        wanted: String,
    },
    /// It cannot be written down.
    #[error("it cannot be written: {0}")]
    Write(io::Error),
    /// Whoever takes it takes no more, for a reason told elsewhere.
    #[error("it was not taken to its end")]
    NotTaken,
}

impl RestoreError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Object { source, .. } => match &**source {
                FetchError::Consumer(ConsumeError::Extract(error)) => error.hint().map(Into::into),
                FetchError::Consumer(ConsumeError::Differs { .. }) => None,
                FetchError::Sink(error) => error.hint(),
                other => other.hint().map(Into::into),
            },
            Self::NoObject(_) | Self::NoSuchPath(_) => Some("medianestctl backup show tells what is in a backup".to_owned()),
            Self::Sink(error) => error.hint(),
            Self::NotRunning(service) => Some(format!("start it with `medianestctl start {service}`")),
            Self::OutOfReach(_) => {
                Some("run the restore as root on the machine of the engine, which can read the volume's directory".to_owned())
            }
            Self::NotDeployed(_) => {
                Some("bring the stack about with `medianestctl deploy` first, then restore its data".to_owned())
            }
            Self::SafetyCopy(_) => Some(
                "mend that, or go without a way back to what is lost by this: `medianestctl restore --skip-safety-copy`"
                    .to_owned(),
            ),
            Self::LockLost(lost) => Some(lost.hint()),
            _ => None,
        }
    }

    /// Whether nothing more may be done: neither forward nor back. A later run goes on from the record.
    pub(super) const fn ends_all(&self) -> bool {
        matches!(self, Self::Journal(_) | Self::LockLost(_))
    }

    /// Whether the backup itself is not what it should be.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Object { source, .. } => matches!(
                &**source,
                FetchError::Damaged(_)
                    | FetchError::TooMuchWork
                    | FetchError::Consumer(ConsumeError::Differs { .. } | ConsumeError::Index(_))
                    | FetchError::Consumer(ConsumeError::Extract(ExtractError::Damaged { .. } | ExtractError::Refused { .. }))
            ),
            Self::Differs { .. } => true,
            _ => false,
        }
    }

    /// Whether the key does not open it, or none was given.
    pub fn is_wrong_key(&self) -> bool {
        matches!(self, Self::Object { source, .. } if matches!(**source, FetchError::WrongKey | FetchError::NoKey))
    }
}

/// What became of what had been done before a failure.
#[derive(Debug)]
pub enum Undone {
    /// Nothing live was touched; what lay beside it is gone.
    Untouched,
    /// The old data is back, and the services run.
    Completely,
    /// It could not be taken back; the record says where it is.
    Failed(Box<RestoreError>),
    /// It was not tried: the record could not be written, or the lock was lost.
    NotTried,
}

/// A restore that did not come to its end.
#[derive(Debug, Error)]
#[error("{verb} {object}: {error}")]
pub struct Failure {
    /// What the step was to do.
    pub verb: &'static str,
    /// To what.
    pub object: String,
    /// Why it failed.
    pub error: RestoreError,
    /// What became of it.
    pub undone: Undone,
    /// How far it is; nothing is open when it was taken back.
    pub record: Box<Record>,
}
