//! What stands in the way of a backup, each with what helps.

use thiserror::Error;

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// A database that would be missing in it.
    #[error("`{service}` cannot be backed up: {state}")]
    NotRunning {
        /// The service.
        service: String,
        /// What it does, in words.
        state: &'static str,
    },
    /// A volume that would be missing in it.
    #[error("volume `{key}` ({volume}) does not exist")]
    NoVolume {
        /// Its key in the Compose file.
        key: String,
        /// Its name at the engine.
        volume: String,
    },
    /// A name that stands for nothing.
    #[error("there is no part `{name}` in a backup of this stack")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are, separated by commas.
        known: String,
    },
    /// A name that no object can have.
    #[error("`{0}` cannot be the name of an object in a backup")]
    Name(String),
    /// Secrets for everybody to read.
    #[error("secrets are only backed up encrypted")]
    SecretsInClear,
    /// An empty backup.
    #[error("there is nothing to back up")]
    Nothing,
}

impl Obstacle {
    /// What helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotRunning { service, .. } => {
                Some(format!("start it with `medianestctl start {service}`, or name the parts that you want with `--only`"))
            }
            Self::NoVolume { .. } => Some("bring the stack about with `medianestctl deploy` first, or use `--only`".into()),
            Self::Unknown { known, .. } => Some(format!("there are: {known}")),
            Self::Name(_) => Some("names of at most 200 letters, digits, `.`, `_` and `-` can be".into()),
            Self::SecretsInClear => Some("make a key with `medianestctl backup key generate`".into()),
            Self::Nothing => None,
        }
    }
}

/// Why there is no plan: everything that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Refused(pub Vec<Obstacle>);
