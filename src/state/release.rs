//! The record of one release, or of an attempt at one: what it is made of, from what, brought about by whom, and how it
//! went.
//!
//! A record holds references and keyed fingerprints: never a secret, never a value of the environment. It is written
//! once, under its number, and not changed afterwards.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::StateError;
use crate::model::{
    ConfigName, Contents, Fingerprint, ImageId, Observed, SecretName, Service, ServiceName, Stack, label, state_volume,
};
use crate::plan::{Action, Plan};
use crate::secret::{FingerprintKey, Secret};

/// The version of the format that is written.
const SCHEMA: u32 = 2;
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

/// The form of a migration job: when a job of this form has succeeded, it need not run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationForm {
    /// Hash of what its container is created from.
    pub config_hash: String,
    /// The content that it runs.
    pub image_id: ImageId,
}

impl MigrationForm {
    /// As it stands among the migrations that have succeeded (`Kept::migrated`).
    pub fn key(&self) -> String {
        format!("{} {}", self.config_hash, self.image_id)
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
}

impl Outcome {
    /// In a word or two, for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::RolledBack { .. } => "rolled back",
            Self::Failed { .. } => "failed",
        }
    }

    /// The word as documents for machines have it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::RolledBack { .. } => "rolled_back",
            Self::Failed { .. } => "failed",
        }
    }

    /// Why it did not come about.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Deployed => None,
            Self::RolledBack { why } | Self::Failed { why } => Some(why),
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
    /// The form of the migration job.
    #[serde(default)]
    pub migration: Option<MigrationForm>,
    /// The resolved stack, kept beside the record; `None` in records of schema 1 and of attempts that failed.
    #[serde(default)]
    pub stack: Option<Fingerprint>,
    /// How it went.
    #[serde(default)]
    pub outcome: Outcome,
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

    /// The record of an attempt that failed. Its stack is not kept: nobody returns to it.
    pub fn failed(&self, outcome: Outcome, now: DateTime<Utc>) -> Self {
        Self { outcome, stack: None, ..self.ended(now) }
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

/// The format of a stack's file.
#[derive(Serialize)]
struct StackFile<'a> {
    schema: u32,
    stack: &'a Stack,
}

/// The version of that format.
const STACK_SCHEMA: u32 = 1;

#[derive(Deserialize)]
struct StackFileVersion {
    schema: u32,
}

#[derive(Deserialize)]
struct ReadStackFile {
    stack: Stack,
}

/// A resolved stack as a file: environment in clear, contents of configs left out, because they are kept by version.
fn encode_stack(stack: &Stack) -> Result<Secret<Vec<u8>>, serde_json::Error> {
    let mut stack = stack.clone();
    for config in stack.configs.values_mut() {
        config.content.clear();
    }
    serde_json::to_vec(&StackFile { schema: STACK_SCHEMA, stack: &stack }).map(Secret::new)
}

/// Reads a stack's file; the contents of configs are empty in it.
///
/// # Errors
/// Why it cannot be read, in words that tell nothing of its values.
pub(super) fn decode_stack(content: &[u8]) -> Result<Stack, String> {
    // The parser's own words may quote what it found.
    let place = |e: serde_json::Error| format!("line {}, column {}", e.line(), e.column());
    let StackFileVersion { schema } = serde_json::from_slice(content).map_err(place)?;
    if schema != STACK_SCHEMA {
        return Err(format!("its format is version {schema}, and this program knows {STACK_SCHEMA}"));
    }
    serde_json::from_slice::<ReadStackFile>(content).map(|file| file.stack).map_err(place)
}

/// What a record is made from.
pub struct Making<'a> {
    /// What is to be brought about.
    pub stack: &'a Stack,
    /// Where it is brought about, its images pulled.
    pub observed: &'a Observed,
    /// The versions of secrets and configs.
    pub contents: &'a Contents,
    /// How it is brought about.
    pub plan: &'a Plan,
    /// The key of the project's fingerprints.
    pub key: &'a FingerprintKey,
    /// `user@host` of whoever does it.
    pub by: String,
    /// The verb.
    pub command: &'a str,
    /// When it begins.
    pub at: DateTime<Utc>,
}

/// A record before its time has come, with the resolved stack that is kept beside it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The record.
    pub record: Release,
    /// The stack's file.
    pub(super) stack: Secret<Vec<u8>>,
}

impl Draft {
    /// The record of what is about to be brought about.
    ///
    /// # Errors
    /// When the stack cannot be written down.
    pub fn of(making: &Making<'_>) -> Result<Self, StateError> {
        let Making { stack, observed, contents, key, .. } = making;
        let file = encode_stack(stack).map_err(std::io::Error::other)?;
        let services: BTreeMap<_, _> = stack.services.values().map(|s| (s.name.clone(), making.service(s))).collect();
        let migration = stack.services.values().find(|s| s.migration.is_some()).and_then(|s| {
            let recorded = services.get(&s.name)?;
            let config_hash = recorded.config_hash()?.to_owned();
            Some(MigrationForm { config_hash, image_id: recorded.image_id.clone()? })
        });
        let record = Release {
            schema: SCHEMA,
            number: observed.kept.last.max(observed.kept.release.unwrap_or(0)) + 1,
            version: stack.version.clone(),
            at: making.at,
            by: making.by.clone(),
            command: making.command.to_owned(),
            files: stack.files.clone(),
            services,
            secrets: contents.secrets.clone(),
            configs: contents.configs.clone(),
            schema_head: None,
            migration,
            stack: Some(key.fingerprint(&[file.expose()])),
            outcome: Outcome::Deployed,
            rollback_of: None,
            took_ms: None,
        };
        Ok(Self { record, stack: file })
    }

    /// The draft with its record when that one's time has come.
    pub fn ended(&self, now: DateTime<Utc>) -> Self {
        Self { record: self.record.ended(now), stack: self.stack.clone() }
    }
}

impl Making<'_> {
    fn service(&self, service: &Service) -> ReleaseService {
        let image = service.image.to_string();
        let there = self.observed.images.get(&image);
        let print = |(name, value): (&String, &Option<String>)| {
            // A variable that is unset differs from one that is empty.
            let (set, value) = value.as_ref().map_or((0, ""), |value| (1, value.as_str()));
            (name.clone(), self.key.fingerprint(&[b"environment", name.as_bytes(), &[set], value.as_bytes()]))
        };
        let (config_hashes, volumes) = self.containers(service);
        ReleaseService {
            image_id: there.map(|i| i.id.clone()),
            digests: there.map(|i| i.repo_digests.clone()).unwrap_or_default(),
            image,
            replicas: if service.is_job(self.stack) { 0 } else { service.replicas },
            config_hashes,
            environment: Some(service.environment.iter().map(print).collect()),
            volumes,
        }
    }

    /// The config hashes of the service's containers by number, and the volumes of the tool's making that they mount:
    /// those that the plan creates, and those that it leaves as they are.
    fn containers(&self, service: &Service) -> (BTreeMap<u32, String>, BTreeSet<String>) {
        let (mut hashes, mut volumes) = (BTreeMap::new(), BTreeSet::new());
        let wanted = |labels: &crate::model::Labels| {
            let role = labels.get(label::ROLE).map(String::as_str);
            let own = labels.get(label::COMPOSE_SERVICE).is_some_and(|s| s == service.name.as_str());
            let number = labels.get(label::COMPOSE_NUMBER)?.parse::<u32>().ok()?;
            (own && matches!(role, Some("service" | "job")) && number <= service.replicas.max(1)).then_some(number)
        };
        let mut going = BTreeSet::new();
        for step in &self.plan.steps {
            match &step.action {
                Action::CreateContainer { spec } => {
                    let Some(number) = wanted(&spec.labels) else { continue };
                    hashes.extend(spec.labels.get(label::CONFIG_HASH).map(|hash| (number, hash.clone())));
                    volumes.extend(spec.mounts.iter().filter_map(|m| match &m.source {
                        crate::model::MountSource::Volume(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
                Action::RemoveContainer { container } => _ = going.insert(container.as_str()),
                Action::Rename { container, to } if is_put_aside(to) => _ = going.insert(container.as_str()),
                _ => {}
            }
        }
        let created: BTreeSet<u32> = hashes.keys().copied().collect();
        let stays = |name: &str| !going.contains(name) && !is_put_aside(name);
        for container in self.observed.containers.iter().filter(|c| c.is_ours() && stays(&c.name)) {
            let Some(number) = wanted(&container.labels).filter(|number| !created.contains(number)) else { continue };
            hashes.extend(container.config_hash().map(|hash| (number, hash.to_owned())));
            volumes.extend(container.volumes.iter().cloned());
        }
        volumes.retain(|name| self.is_files(name));
        (hashes, volumes)
    }

    /// Whether the tool fills that volume with secrets and configs.
    fn is_files(&self, name: &str) -> bool {
        let role = |labels: &crate::model::Labels| labels.get(label::ROLE).is_some_and(|role| role == "files");
        let made = self.plan.steps.iter().any(|step| match &step.action {
            Action::CreateVolume { spec } => spec.name == name && role(&spec.labels),
            _ => false,
        });
        let there = self.observed.volumes.get(name).is_some_and(|volume| role(&volume.labels));
        (made || there) && name != state_volume(&self.stack.project)
    }
}

/// Whether a container of that name was put aside: for inspection, or for a rollback.
fn is_put_aside(name: &str) -> bool {
    name.ends_with("-failed") || name.ends_with("-previous")
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
