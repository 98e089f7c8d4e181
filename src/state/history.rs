//! Reads what is kept of earlier releases: their records, and one of them in full.
//!
//! A file without content has been pruned and counts as gone. Whatever is read for a release is held to its fingerprint:
//! a release is brought back exactly, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::try_join;
use serde::Serialize;

use super::draft::decode_stack;
use super::store::{content_path, record_path, stack_path};
use super::{Head, Release, StateError, Store, Versions, archive};
use crate::model::{Fingerprint, Stack};
use crate::secret::{FingerprintKey, Secret};

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its file in the state volume.
    pub file: String,
    /// Why.
    pub why: String,
}

/// The records that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Records, the oldest first.
    pub releases: Vec<Release>,
    /// Those that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl History {
    /// Those that were given a number up to `last`: a record beyond it was written by a run that died before it counted.
    pub fn up_to(mut self, last: u64) -> Self {
        self.releases.retain(|release| release.number <= last);
        self
    }

    /// The record of that number.
    pub fn release(&self, number: u64) -> Option<&Release> {
        self.releases.iter().find(|release| release.number == number)
    }

    fn of(files: &BTreeMap<String, Secret<Vec<u8>>>) -> Self {
        let mut history = Self::default();
        for (path, content) in files.iter().filter(|(path, _)| path.starts_with("releases/")) {
            match Release::decode(content.expose()) {
                Ok(release) => history.releases.push(release),
                Err(why) => history.unreadable.push(Unreadable { file: path.clone(), why }),
            }
        }
        history.releases.sort_by_key(|release| release.number);
        history
    }
}

/// Everything that the state volume holds of releases.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The records.
    pub history: History,
    /// The files of records, stacks, secrets and configs that have content, by their path in the volume.
    pub files: BTreeSet<String>,
}

impl Inventory {
    /// The files that go with the records `dropped`: what neither one of the `kept` releases nor `head` needs, and last the
    /// records themselves, so that a run cut short finds them again.
    pub fn not_needed(&self, kept: &[&Release], dropped: &[&Release], head: &Head) -> Vec<String> {
        let mut needed: BTreeSet<String> = head.stack.iter().map(stack_path).collect();
        needed.extend(head.secrets.iter().map(|(name, version)| content_path("secret", name.as_str(), version)));
        for release in kept.iter().filter(|release| release.came_about()) {
            needed.extend(release.stack.iter().map(stack_path));
            needed.extend(release.secrets.iter().map(|(name, version)| content_path("secret", name.as_str(), version)));
            needed.extend(release.configs.iter().map(|(name, version)| content_path("config", name.as_str(), version)));
        }
        let contents = self.files.iter().filter(|path| !path.starts_with("releases/") && !needed.contains(*path)).cloned();
        let records = dropped.iter().map(|release| record_path(release.number)).filter(|path| self.files.contains(path));
        contents.chain(records).collect()
    }
}

/// A release in full.
#[derive(Debug)]
pub struct Loaded {
    /// Its record.
    pub release: Release,
    /// The resolved stack, contents of configs included.
    pub stack: Stack,
    /// The contents of its secrets and configs.
    pub versions: Versions,
}

impl Store<'_> {
    /// The records, in one call. Pruned ones are passed over.
    ///
    /// # Errors
    /// When the engine fails; a record that cannot be read is no error.
    pub async fn releases(&self) -> Result<History, StateError> {
        Ok(History::of(&self.files("releases").await?))
    }

    /// One record; `None` when there is none of that number, or it was pruned.
    pub async fn release(&self, number: u64) -> Result<Option<Release>, StateError> {
        let Some(tar) = self.engine.get_archive(&self.holder(), &self.path(&record_path(number))).await? else { return Ok(None) };
        let Some((_, content)) = archive::files(&tar)?.into_iter().next().filter(|(_, c)| !c.is_empty()) else { return Ok(None) };
        let lacking = |why| StateError::Incomplete { number, what: format!("its record cannot be read: {why}") };
        Release::decode(&content).map(Some).map_err(lacking)
    }

    /// What is there of all releases, in one call.
    pub async fn inventory(&self) -> Result<Inventory, StateError> {
        let files = self.files("").await?;
        let kinds = ["releases/", "stacks/", "secrets/", "configs/"];
        let of_releases = files.keys().filter(|path| kinds.iter().any(|kind| path.starts_with(kind)));
        Ok(Inventory { history: History::of(&files), files: of_releases.cloned().collect() })
    }

    /// A release with everything that is needed to bring it about again. `key` is that of the project's fingerprints.
    ///
    /// # Errors
    /// [`StateError::NoSuchRelease`], and [`StateError::Incomplete`] when something of it is missing or damaged.
    pub async fn load(&self, number: u64, key: &FingerprintKey) -> Result<Loaded, StateError> {
        let release = self.release(number).await?.ok_or(StateError::NoSuchRelease { number })?;
        let lacking = |what: String| StateError::Incomplete { number, what };
        let Some(print) = &release.stack else {
            return Err(lacking(match release.came_about() {
                true => "it was recorded by an earlier medianestctl, which kept no stack".into(),
                false => "it did not come about".into(),
            }));
        };
        let file = stack_path(print);
        let (mut stacks, secrets, configs) = try_join!(self.files(&file), self.files("secrets"), self.files("configs"))?;
        // One file is named by its last part alone.
        let stack = stacks.pop_first().map(|(_, content)| content);
        let stack = stack.filter(|file| key.fingerprint(&[file.expose()]) == *print);
        let stack = stack.ok_or_else(|| lacking("its stack is gone or damaged".into()))?;
        let mut stack = decode_stack(stack.expose()).map_err(|e| lacking(format!("its stack cannot be read: {e}")))?;
        let content = |files: &BTreeMap<String, Secret<Vec<u8>>>, kind: &str, name: &str, version: &Fingerprint| {
            // What is empty by right is not there either.
            let content = files.get(&content_path(kind, name, version)).cloned().unwrap_or(Secret::new(Vec::new()));
            let whole = key.fingerprint(&[content.expose()]) == *version;
            whole.then_some(content).ok_or_else(|| lacking(format!("{kind} `{name}` is gone or damaged")))
        };
        let mut versions = Versions::default();
        for (name, version) in &release.secrets {
            let content = content(&secrets, "secret", name.as_str(), version)?;
            versions.secrets.insert(name.clone(), (version.clone(), content));
        }
        for (name, version) in &release.configs {
            let content = content(&configs, "config", name.as_str(), version)?.expose().clone();
            if let Some(config) = stack.configs.get_mut(name) {
                config.content.clone_from(&content);
            }
            versions.configs.insert(name.clone(), (version.clone(), content));
        }
        Ok(Loaded { release, stack, versions })
    }

    /// The files with content below a directory of the volume (`""` is all of it), by their path in the volume.
    async fn files(&self, directory: &str) -> Result<BTreeMap<String, Secret<Vec<u8>>>, StateError> {
        let path = self.path(directory);
        let path = path.trim_end_matches('/');
        let tar = self.engine.get_archive(&self.holder(), path).await?;
        let Some(tar) = tar.map(Secret::new) else { return Ok(BTreeMap::new()) };
        let mut found = BTreeMap::new();
        for (name, content) in archive::files(tar.expose())? {
            // The archive names everything from the last part of the path on; that is the volume's own name for all of it.
            let name = if directory.is_empty() { name.split_once('/').map(|(_, rest)| rest.to_owned()) } else { Some(name) };
            if let Some(name) = name.filter(|_| !content.is_empty()) {
                found.insert(name, Secret::new(content));
            }
        }
        Ok(found)
    }
}
