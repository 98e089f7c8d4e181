//! What the Compose file declares about backups: who can open them, where they go, how many are kept, and how the data of a
//! service is read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{S3Target, Service, TargetName};

/// `x-medianest.backup`; what is left out has the defaults of the methods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BackupSettings {
    /// Who can open the sets: age recipients (`age1…`) as they are written. Those of the deployment directory come on top.
    pub recipients: Vec<String>,
    /// How the parts of a set are brought to one moment.
    pub consistency: Option<Consistency>,
    /// How objects are compressed.
    pub compress: Option<Packing>,
    /// Which sets a target keeps that does not say so itself.
    pub keep: Option<KeepPolicy>,
    /// Where sets go, in the order of their names; when empty, `backups` of the deployment directory.
    pub targets: Vec<BackupTarget>,
}

impl BackupSettings {
    /// The directory of the target that there is when none is declared, below the deployment directory.
    pub const DIRECTORY: &str = "backups";

    /// How the parts of a set are brought to one moment; the application is paused for a moment when the file does not say.
    pub fn consistency(&self) -> Consistency {
        self.consistency.unwrap_or(Consistency::Barrier)
    }

    /// How objects are compressed; Zstandard when the file does not say.
    pub fn packing(&self) -> Packing {
        self.compress.unwrap_or(Packing::Zstd)
    }

    /// Where sets go, at least one place. `directory` is the deployment's.
    pub fn targets(&self, directory: &str) -> Vec<BackupTarget> {
        if !self.targets.is_empty() {
            return self.targets.clone();
        }
        let path = PathBuf::from(directory).join(Self::DIRECTORY);
        vec![BackupTarget { name: TargetName::local(), place: TargetPlace::Disk(path), keep: None }]
    }

    /// Which sets the target keeps.
    pub fn keep(&self, target: &BackupTarget) -> KeepPolicy {
        target.keep.or(self.keep).unwrap_or_default()
    }
}

/// How the parts of a set were brought to one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// Not at all: each part is consistent in itself.
    Live,
    /// The application was paused while snapshots were taken.
    Barrier,
    /// The application was stopped.
    Stop,
}

impl Consistency {
    /// The word for it in files and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Barrier => "barrier",
            Self::Stop => "stop",
        }
    }
}

/// How an object is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// Zstandard frames (`.zst`).
    Zstd,
    /// Gzip members (`.gz`).
    Gzip,
}

impl Packing {
    /// The word for it in files and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

/// How many sets are kept. The newest of a day, of an ISO week and of a month stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Counts", into = "Counts")]
pub struct KeepPolicy(Counts);

/// How many of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Counts {
    /// The newest so many sets.
    pub last: u32,
    /// One each of the newest so many days that have any.
    pub daily: u32,
    /// One each of the newest so many weeks that have any.
    pub weekly: u32,
    /// One each of the newest so many months that have any.
    pub monthly: u32,
}

/// A policy that keeps nothing is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a policy that keeps no backup at all is none; say how many to keep")]
pub struct KeepsNothing;

impl KeepPolicy {
    /// The newest `last` sets, and one each of the newest so many days, weeks and months that have any.
    ///
    /// # Errors
    /// When all of them are zero.
    pub const fn new(last: u32, daily: u32, weekly: u32, monthly: u32) -> Result<Self, KeepsNothing> {
        if last == 0 && daily == 0 && weekly == 0 && monthly == 0 {
            return Err(KeepsNothing);
        }
        Ok(Self(Counts { last, daily, weekly, monthly }))
    }

    /// How many of each kind; not all of them are zero.
    pub const fn counts(self) -> Counts {
        self.0
    }
}

impl Default for KeepPolicy {
    /// The last seven, a week of days, four weeks, a year of months.
    fn default() -> Self {
        Self(Counts { last: 7, daily: 7, weekly: 4, monthly: 12 })
    }
}

impl TryFrom<Counts> for KeepPolicy {
    type Error = KeepsNothing;

    fn try_from(Counts { last, daily, weekly, monthly }: Counts) -> Result<Self, KeepsNothing> {
        Self::new(last, daily, weekly, monthly)
    }
}

impl From<KeepPolicy> for Counts {
    fn from(policy: KeepPolicy) -> Self {
        policy.0
    }
}

/// A place that sets go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTarget {
    /// What it is called.
    pub name: TargetName,
    /// Where it is.
    pub place: TargetPlace,
    /// Which sets it keeps; see [`BackupSettings::keep`].
    pub keep: Option<KeepPolicy>,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetPlace {
    /// A directory of the machine that the tool runs on.
    Disk(PathBuf),
    /// A bucket.
    S3(S3Target),
}

/// What `x-medianest.backup` of a service says of its data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseBackup {
    /// Nothing: the image tells whether it is a database.
    #[default]
    Detected,
    /// It is no database; its volumes are files like all others.
    None,
    /// It is PostgreSQL.
    Postgres {
        /// Who dumps it; see [`Service::database`].
        user: Option<String>,
        /// What is dumped; see [`Service::database`].
        database: Option<String>,
    },
    /// It is Redis.
    Redis,
}

/// A service's database, as it is read for a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// PostgreSQL.
    Postgres {
        /// Who dumps it.
        user: String,
        /// What is dumped.
        database: String,
    },
    /// Redis.
    Redis,
}

impl Service {
    /// The database that the service is: what is declared, else what the image's name tells. User and database of PostgreSQL that
    /// are not declared are those that the official image makes: `POSTGRES_USER` and `POSTGRES_DB`, else `postgres`.
    pub fn database(&self) -> Option<Database> {
        let (user, database) = match &self.backup {
            DatabaseBackup::None => return None,
            DatabaseBackup::Redis => return Some(Database::Redis),
            DatabaseBackup::Postgres { user, database } => (user.clone(), database.clone()),
            DatabaseBackup::Detected if self.image.is_redis() => return Some(Database::Redis),
            DatabaseBackup::Detected if self.image.is_postgres() => (None, None),
            DatabaseBackup::Detected => return None,
        };
        let variable = |name: &str| self.environment.get(name).cloned().flatten().filter(|value| !value.is_empty());
        let user = user.or_else(|| variable("POSTGRES_USER")).unwrap_or_else(|| "postgres".to_owned());
        let database = database.or_else(|| variable("POSTGRES_DB")).unwrap_or_else(|| user.clone());
        Some(Database::Postgres { user, database })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_there_is_one_target_that_keeps_a_year() {
        let plain = BackupSettings::default();
        let targets = plain.targets("/srv/shop");
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].name.as_str(), "local");
        assert_eq!(targets[0].place, TargetPlace::Disk("/srv/shop/backups".into()));
        assert_eq!(plain.keep(&targets[0]), KeepPolicy::new(7, 7, 4, 12).unwrap());
        assert_eq!((plain.consistency(), plain.packing()), (Consistency::Barrier, Packing::Zstd));
    }

    #[test]
    fn a_target_keeps_what_it_says_itself() {
        let all = KeepPolicy::new(3, 0, 0, 0).unwrap();
        let own = KeepPolicy::new(0, 0, 0, 1).unwrap();
        let target = |keep| BackupTarget { name: TargetName::local(), place: TargetPlace::Disk("/b".into()), keep };
        let settings = BackupSettings { keep: Some(all), ..BackupSettings::default() };
        assert_eq!((settings.keep(&target(None)), settings.keep(&target(Some(own)))), (all, own));
        assert_eq!(KeepPolicy::new(0, 0, 0, 0), Err(KeepsNothing));
        assert!(serde_json::from_str::<KeepPolicy>("{\"last\":0}").is_err());
        assert_eq!(serde_json::from_str::<KeepPolicy>("{\"last\":3}").unwrap(), all);
    }
}
