//! The record of one release, or of an attempt at one: what it is made of, from what, brought about by whom, and how it
//! went.
//!
//! A record holds references and keyed fingerprints: never a secret, never a value of the environment. It is written
//! once, under its number, and not changed afterwards.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ConfigName, Fingerprint, ImageId, MigrationForm, SecretName, ServiceName};

/// The version of the format that is written.
pub(super) const SCHEMA: u32 = 2;
/// How much of a reason is kept, in characters.
const REASON: usize = 300;

/// One service of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseService {
    /// The image as the Compose file names it.
    pub image: String,
    /// The content that it stood for.
    pub image_id: Option<ImageId>,
    /// Digests under which registries know that content.
    pub digests: Vec<String>,
    /// Containers; 0 for a job.
    pub replicas: u32,
    /// The config hash of each container by the replica's number; empty in records of schema 1.
    #[serde(default)]
    pub config_hashes: BTreeMap<u32, String>,
    /// The variables of its environment, each with a keyed fingerprint of name and value; `None` in records of schema 1.
    #[serde(default)]
    pub environment: Option<BTreeMap<String, Fingerprint>>,
    /// The volumes with secrets and configs that its containers mount.
    #[serde(default)]
    pub volumes: BTreeSet<String>,
}

impl ReleaseService {
    /// The config hash of its first container.
    pub fn config_hash(&self) -> Option<&str> {
        self.config_hashes.values().next().map(String::as_str)
    }
}

/// How a release went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It came about.
    #[default]
    Deployed,
    /// It did not, and what ran before runs again.
    RolledBack {
        /// Why, on one line.
        why: String,
    },
    /// It did not, and what ran before was not brought back, or there was nothing before.
    Failed {
        /// Why, on one line.
        why: String,
    },
    /// It serves, but what it left over was not tidied away, and it is not the current one: the next deploy finishes it.
    Unfinished {
        /// Why, on one line.
        why: String,
    },
}

impl Outcome {
    /// In a word or two, for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::RolledBack { .. } => "rolled back",
            Self::Failed { .. } => "failed",
            Self::Unfinished { .. } => "unfinished",
        }
    }

    /// The word as documents for machines have it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::RolledBack { .. } => "rolled_back",
            Self::Failed { .. } => "failed",
            Self::Unfinished { .. } => "unfinished",
        }
    }

    /// Why it did not come about.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Deployed => None,
            Self::RolledBack { why } | Self::Failed { why } | Self::Unfinished { why } => Some(why),
        }
    }
}

/// What a deploy brought about, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The format's version.
    pub schema: u32,
    /// Counts the project's releases and attempts from 1.
    pub number: u64,
    /// The application's version.
    pub version: Option<String>,
    /// When it was recorded, by the clock of the machine that deployed; until then, when it began.
    pub at: DateTime<Utc>,
    /// `user@host` that deployed.
    pub by: String,
    /// The verb (`deploy`, `rollback`); empty in records of schema 1.
    #[serde(default)]
    pub command: String,
    /// The Compose files.
    pub files: Vec<String>,
    /// Services.
    pub services: BTreeMap<ServiceName, ReleaseService>,
    /// The version of each secret.
    pub secrets: BTreeMap<SecretName, Fingerprint>,
    /// The version of each config.
    pub configs: BTreeMap<ConfigName, Fingerprint>,
    /// What the migration's check said last of the database, usually its newest migration.
    #[serde(default)]
    pub schema_head: Option<String>,
    /// The form of the migration job; `None` too in the record of an attempt that failed before it had begun.
    #[serde(default)]
    pub migration: Option<MigrationForm>,
    /// What its files declare of migrations that older releases can live with, as a range of versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward_compatible: Option<String>,
    /// The resolved stack, kept beside the record; `None` in records of schema 1 and of attempts that failed.
    #[serde(default)]
    pub stack: Option<Fingerprint>,
    /// How it went.
    #[serde(default)]
    pub outcome: Outcome,
    /// The services whose containers an attempt failed because of; none where it came about, or failed because of something
    /// else: an engine that does not answer, an operator who stops it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub culprits: BTreeSet<ServiceName>,
    /// The release that it brought back.
    #[serde(default)]
    pub rollback_of: Option<u64>,
    /// How long it took, in milliseconds; `None` in records of schema 1.
    #[serde(default)]
    pub took_ms: Option<u64>,
}

impl Release {
    /// Reads a record.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub(super) fn decode(content: &[u8]) -> Result<Self, String> {
        let release: Self = serde_json::from_slice(content).map_err(|e| e.to_string())?;
        if !(1..=SCHEMA).contains(&release.schema) {
            return Err(format!("its format is version {}, and this program knows {SCHEMA}", release.schema));
        }
        Ok(release)
    }

    /// The services that stay up, with their replicas.
    pub fn replicas(&self) -> BTreeMap<ServiceName, u32> {
        self.services.iter().filter(|(_, s)| s.replicas > 0).map(|(name, s)| (name.clone(), s.replicas)).collect()
    }

    /// Whether it came about, so that it can be returned to.
    pub fn came_about(&self) -> bool {
        self.outcome == Outcome::Deployed
    }

    /// The images that it needs.
    pub fn images(&self) -> BTreeSet<&ImageId> {
        self.services.values().filter_map(|s| s.image_id.as_ref()).collect()
    }

    /// The record when its time has come: `at` was when it began.
    pub fn ended(&self, now: DateTime<Utc>) -> Self {
        let took = u64::try_from((now - self.at).num_milliseconds()).unwrap_or(0);
        Self { at: now, took_ms: Some(took), ..self.clone() }
    }

    /// The record of an attempt that failed; `migrated` when its migration had begun, now or at an earlier attempt. Its
    /// stack is not kept: nobody returns to it.
    pub fn failed(&self, outcome: Outcome, migrated: bool, now: DateTime<Utc>) -> Self {
        let ended = self.ended(now);
        Self { outcome, stack: None, migration: ended.migration.clone().filter(|_| migrated), ..ended }
    }
}

/// A reason as a record keeps it: the first line, and not too much of it.
pub fn reason(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    match line.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_first_format_is_read() {
        let release = Release::decode(include_bytes!("../../tests/fixtures/release-schema-1.json")).unwrap();
        assert_eq!((release.number, release.version.as_deref(), release.schema), (3, Some("v1.1.0"), 1));
        assert!(release.came_about(), "there were no others in that format");
        assert_eq!((release.stack.clone(), release.took_ms, release.rollback_of), (None, None, None));
        let api = &release.services[&"api".parse::<ServiceName>().unwrap()];
        assert_eq!((api.replicas, api.config_hash(), api.environment.clone()), (2, None, None));
        assert_eq!(release.images().len(), 1);
        let again = Release::decode(&serde_json::to_vec(&release).unwrap()).unwrap();
        assert_eq!(again, release, "it can be passed on as it is");
    }

    #[test]
    fn a_format_to_come_is_told() {
        let text = include_str!("../../tests/fixtures/release-schema-1.json").replace("\"schema\": 1", "\"schema\": 3");
        assert_eq!(Release::decode(text.as_bytes()).unwrap_err(), "its format is version 3, and this program knows 2");
    }

    #[test]
    fn a_reason_is_one_line_and_not_long() {
        assert_eq!(reason("start x: no\nwith much more"), "start x: no");
        let long = reason(&"ö".repeat(1000));
        assert_eq!(long.chars().count(), REASON + 1);
    }
}
