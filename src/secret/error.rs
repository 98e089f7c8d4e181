//! How reading and writing secrets can fail, and what to run then. Refuses to carry values.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::{
    GENERATE_COMMAND, aside,
    check::{self, ProblemKind},
    generate::GenerateError,
    quoted,
};

/// Why a secret cannot be read or written. Names paths, never values.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The path of the directory leads to something else.
    #[error("{} is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// There is no such secret.
    #[error("there is no secret file {}", path.display())]
    Missing {
        /// The secret.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// The file or directory cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A directory, pipe or device stands where a file is wanted.
    #[error("{} is not an ordinary file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// No secret is that large.
    #[error("{} is too large for a secret: more than 1 MiB", path.display())]
    TooLarge {
        /// The path.
        path: PathBuf,
    },
    /// The secret exists already and is not overwritten.
    #[error("the secret file {} exists already", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// The file or directory cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Other processes change the secrets all the time.
    #[error("the secrets in {} are being changed by another process", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// The values cannot be made.
    #[error("{source} (in {})", path.display())]
    Generate {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: GenerateError,
    },
}

impl StoreError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        let denied = |source: &io::Error| source.kind() == io::ErrorKind::PermissionDenied;
        Some(match self {
            Self::Unreadable { path, source } if denied(source) => {
                let file = quoted(path);
                // 0600 for a file, 0700 for a directory.
                format!("sudo chown \"$USER\" {file} && chmod u=rwX,go= {file}")
            }
            Self::Unwritable { path, source } if denied(source) => {
                let directory = quoted(path.parent().unwrap_or(path));
                format!("sudo chown \"$USER\" {directory} && chmod 700 {directory}")
            }
            Self::Unreadable { path, .. } | Self::Unwritable { path, .. } | Self::TooLarge { path } => {
                format!("ls -ld {}", quoted(path))
            }
            Self::Missing { name, path } => check::create(name, path),
            Self::NotADirectory { path } | Self::NotAFile { path } | Self::Exists { path } => aside(&[path]),
            Self::Busy { .. } => GENERATE_COMMAND.to_owned(),
            Self::Generate { path, source } => source.hint(path)?,
        })
    }

    /// What kind of problem it is for the secret that was wanted.
    pub(super) fn kind(&self) -> ProblemKind {
        match self {
            Self::Missing { .. } => ProblemKind::Missing,
            _ => ProblemKind::Unreadable,
        }
    }
}
