//! Why a backup was not made.

use thiserror::Error;

use crate::backup::{
    keys::KeyError,
    manifest::ManifestError,
    pipeline::StoreError,
    sink::SinkError,
    source::{ExtractError, SourceError},
};
use crate::engine::EngineError;
use crate::state::LockLost;

/// Why a part could not be read.
#[derive(Debug, Error)]
pub enum PartError {
    /// The engine refuses or is gone.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Files cannot be read.
    #[error(transparent)]
    Files(#[from] SourceError),
    /// The engine's archive of a volume is none.
    #[error("the engine's archive cannot be read: {0}")]
    Archive(#[from] ExtractError),
    /// A program in the container, or the server, says no.
    #[error("{what}: {detail}")]
    Refused {
        /// What was tried.
        what: String,
        /// What came back.
        detail: String,
        /// What helps.
        hint: Option<String>,
    },
    /// Something did not come about in time.
    #[error("{what} did not come about within {seconds} s")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// What was read ended before its time, for a reason told elsewhere.
    #[error("it ended before its time")]
    CutOff,
    /// Our own machine fails.
    #[error("{what}: {source}")]
    Machine {
        /// What was tried.
        what: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl PartError {
    pub(super) fn refused(what: impl Into<String>, detail: impl Into<String>, hint: Option<&str>) -> Self {
        Self::Refused { what: what.into(), detail: detail.into(), hint: hint.map(Into::into) }
    }

    pub(super) fn machine(what: impl Into<String>, source: impl Into<std::io::Error>) -> Self {
        Self::Machine { what: what.into(), source: source.into() }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Files(error) => error.hint().map(Into::into),
            Self::Refused { hint, .. } => hint.clone(),
            _ => None,
        }
    }
}

/// Why a backup was not made. Nothing of it is listed as one.
#[derive(Debug, Error)]
pub enum CreateError {
    /// A part could not be read.
    #[error("`{part}` could not be backed up: {source}")]
    Part {
        /// Its name.
        part: String,
        /// Why.
        source: PartError,
    },
    /// The parts could not be brought to one moment.
    #[error("the application could not be held still: {0}")]
    Still(PartError),
    /// What was held still could not be let go on.
    #[error("{containers} may still be paused or stopped: {source}")]
    StillHeld {
        /// Their names, separated by commas.
        containers: String,
        /// Why.
        source: EngineError,
    },
    /// No target takes it.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Compression, encryption or the index failed.
    #[error("{0}")]
    Encode(String),
    /// Its description cannot be made.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A key is not one.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Somebody has taken the lock away.
    #[error(transparent)]
    Lock(#[from] LockLost),
    /// Somebody asked to stop.
    #[error("the backup was interrupted")]
    Cancelled,
}

impl CreateError {
    /// What helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Part { source, .. } | Self::Still(source) => source.hint(),
            Self::StillHeld { .. } => {
                Some("let them go on with `docker unpause` or `docker start`, or run `medianestctl deploy`".into())
            }
            Self::Sink(error) => error.hint(),
            Self::Key(error) => Some(error.hint().into()),
            Self::Manifest(error) => error.hint().map(Into::into),
            Self::Lock(lost) => Some(lost.hint()),
            Self::Encode(_) | Self::Cancelled => None,
        }
    }

    /// A failure to store `part`.
    pub(super) fn of(part: &str, error: StoreError<PartError>) -> Self {
        match error {
            StoreError::Source(source) => Self::Part { part: part.to_owned(), source },
            StoreError::Sink(error) => Self::Sink(error),
            StoreError::Cancelled => Self::Cancelled,
            error @ (StoreError::Encode(_) | StoreError::Size { .. }) => Self::Encode(error.to_string()),
        }
    }

    /// Whether it only says that somebody else ended it.
    pub(super) const fn is_a_consequence(&self) -> bool {
        use PartError::{CutOff, Files};
        matches!(self, Self::Cancelled | Self::Part { source: CutOff | Files(SourceError::Output(_)), .. })
    }

    pub(super) fn part(part: &str) -> impl Fn(PartError) -> Self {
        move |source| Self::Part { part: part.to_owned(), source }
    }
}
