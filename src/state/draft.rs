//! Makes the record of what is about to be brought about, and the file of its resolved stack.
//!
//! What a record tells of containers comes from the plan that makes them, and from the engine for those that the plan
//! leaves alone. Values of the environment go into the stack's file only; the record gets keyed fingerprints.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::StateError;
use super::release::{Outcome, Release, ReleaseService, SCHEMA};
use crate::model::{Contents, Labels, MountSource, Observed, Service, Stack, is_put_aside, label, state_volume};
use crate::plan::{Action, Plan};
use crate::secret::{FingerprintKey, Secret};

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
        let migration = making.plan.steps.iter().find_map(|step| match &step.action {
            Action::Record { migration, .. } => migration.clone(),
            _ => None,
        });
        let migrates = stack.services.values().find_map(|s| s.migration.as_ref());
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
            backward_compatible: migrates.and_then(|m| m.backward_compatible.clone()),
            stack: Some(key.fingerprint(&[file.expose()])),
            outcome: Outcome::Deployed,
            culprits: BTreeSet::new(),
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
        let wanted = |labels: &Labels| {
            let role = labels.get(label::ROLE).map(String::as_str);
            let own = labels.get(label::COMPOSE_SERVICE).is_some_and(|s| s == service.name.as_str());
            let number = labels.get(label::COMPOSE_NUMBER)?.parse::<u32>().ok()?;
            (own && matches!(role, Some("service" | "job")) && number <= service.replicas.max(1)).then_some(number)
        };
        // What is there, by the name that it has now and the one that it will have; one that goes has none.
        let mut names: BTreeMap<&str, Option<&str>> =
            self.observed.containers.iter().map(|c| (c.name.as_str(), Some(c.name.as_str()))).collect();
        for step in &self.plan.steps {
            match &step.action {
                Action::CreateContainer { spec } => {
                    let Some(number) = wanted(&spec.labels) else { continue };
                    hashes.extend(spec.labels.get(label::CONFIG_HASH).map(|hash| (number, hash.clone())));
                    volumes.extend(spec.mounts.iter().filter_map(|m| match &m.source {
                        MountSource::Volume(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
                Action::RemoveContainer { container } => rename(&mut names, container, None),
                Action::Rename { container, to } => rename(&mut names, container, Some(to)),
                _ => {}
            }
        }
        let created: BTreeSet<u32> = hashes.keys().copied().collect();
        let stays = |name: &str| names.get(name).copied().flatten().is_some_and(|name| !is_put_aside(name));
        for container in self.observed.containers.iter().filter(|c| c.is_of(&self.stack.project) && stays(&c.name)) {
            let Some(number) = wanted(&container.labels).filter(|number| !created.contains(number)) else { continue };
            hashes.extend(container.config_hash().map(|hash| (number, hash.to_owned())));
            volumes.extend(container.volumes.iter().cloned());
        }
        volumes.retain(|name| self.is_files(name));
        (hashes, volumes)
    }

    /// Whether the tool fills that volume with secrets and configs.
    fn is_files(&self, name: &str) -> bool {
        let role = |labels: &Labels| labels.get(label::ROLE).is_some_and(|role| role == "files");
        let made = self.plan.steps.iter().any(|step| match &step.action {
            Action::CreateVolume { spec } => spec.name == name && role(&spec.labels),
            _ => false,
        });
        let there = self.observed.volumes.get(name).is_some_and(|volume| role(&volume.labels));
        (made || there) && name != state_volume(&self.stack.project)
    }
}

/// The container that is called `from` by now is called `to` from now on.
fn rename<'n>(names: &mut BTreeMap<&'n str, Option<&'n str>>, from: &str, to: Option<&'n str>) {
    if let Some(name) = names.values_mut().find(|name| **name == Some(from)) {
        *name = to;
    }
}
