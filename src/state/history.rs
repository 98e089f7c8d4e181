//! Reads what is kept of earlier releases: their records, and one of them in full.
//!
//! A file without content has been pruned and counts as gone. Whatever is read for a release is held to its fingerprint:
//! a release is brought back exactly, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::draft::decode_stack;
use super::store::{content_path, record_path, stack_path};
use super::{Opened, Release, StateError, Store, Versions, archive};
use crate::model::{Fingerprint, Stack};
use crate::secret::Secret;

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its file in the state volume.
    pub file: String,
    /// Why.
    pub why: String,
}

impl Unreadable {
    /// The number of the release that it was the record of.
    pub fn number(&self) -> Option<u64> {
        self.file.strip_prefix("releases/")?.strip_suffix(".json")?.parse().ok()
    }
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
        self.unreadable.retain(|record| record.number().is_none_or(|number| number <= last));
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

/// Everything that the state volume holds, as it was at one moment.
#[derive(Debug)]
pub struct Everything {
    /// What is current.
    pub opened: Opened,
    /// The records, but for those that never counted.
    pub history: History,
    /// The files with content, by their path in the volume.
    files: BTreeMap<String, Secret<Vec<u8>>>,
}

impl Everything {
    /// The files of records, stacks, secrets and configs that have content.
    pub fn files_of_releases(&self) -> impl Iterator<Item = &str> {
        let kinds = ["releases/", "stacks/", "secrets/", "configs/"];
        self.files.keys().map(String::as_str).filter(move |path| kinds.iter().any(|kind| path.starts_with(kind)))
    }

    /// The files that go with the records `dropped`: what neither one of the `kept` releases nor the head needs, and last
    /// the records themselves, so that a run cut short finds them again.
    pub fn not_needed(&self, kept: &[&Release], dropped: &[&Release]) -> Vec<String> {
        let head = &self.opened.head;
        let mut needed: BTreeSet<String> = head.stack.iter().map(stack_path).collect();
        needed.extend(head.secrets.iter().map(|(name, version)| content_path("secret", name.as_str(), version)));
        for release in kept.iter().filter(|release| release.came_about()) {
            needed.extend(release.stack.iter().map(stack_path));
            needed.extend(release.secrets.iter().map(|(name, version)| content_path("secret", name.as_str(), version)));
            needed.extend(release.configs.iter().map(|(name, version)| content_path("config", name.as_str(), version)));
        }
        let contents = self.files_of_releases().filter(|path| !path.starts_with("releases/") && !needed.contains(*path));
        let records = dropped.iter().map(|release| record_path(release.number)).filter(|path| self.files.contains_key(path));
        contents.map(str::to_owned).chain(records).collect()
    }

    /// A release with everything that is needed to bring it about again.
    ///
    /// # Errors
    /// [`StateError::NoSuchRelease`], and [`StateError::Incomplete`] when something of it is missing or damaged.
    pub fn load(&self, number: u64) -> Result<Loaded, StateError> {
        let record = self.files.get(&record_path(number)).ok_or(StateError::NoSuchRelease { number })?;
        let lacking = |what: String| StateError::Incomplete { number, what };
        let release = Release::decode(record.expose()).map_err(|why| lacking(format!("its record cannot be read: {why}")))?;
        let Some(print) = &release.stack else {
            return Err(lacking(match release.came_about() {
                true => "it was recorded by an earlier medianestctl, which kept no stack".into(),
                false => "it did not come about".into(),
            }));
        };
        let key = &self.opened.key;
        let stack = self.files.get(&stack_path(print)).filter(|file| key.fingerprint(&[file.expose()]) == *print);
        let stack = stack.ok_or_else(|| lacking("its stack is gone or damaged".into()))?;
        let mut stack = decode_stack(stack.expose()).map_err(|e| lacking(format!("its stack cannot be read: {e}")))?;
        let content = |kind: &str, name: &str, version: &Fingerprint| {
            // What is empty by right is not there either.
            let content = self.files.get(&content_path(kind, name, version)).cloned().unwrap_or(Secret::new(Vec::new()));
            let whole = key.fingerprint(&[content.expose()]) == *version;
            whole.then_some(content).ok_or_else(|| lacking(format!("{kind} `{name}` is gone or damaged")))
        };
        let mut versions = Versions::default();
        for (name, version) in &release.secrets {
            let content = content("secret", name.as_str(), version)?;
            versions.secrets.insert(name.clone(), (version.clone(), content));
        }
        for (name, version) in &release.configs {
            let content = content("config", name.as_str(), version)?.expose().clone();
            if let Some(config) = stack.configs.get_mut(name) {
                config.content.clone_from(&content);
            }
            versions.configs.insert(name.clone(), (version.clone(), content));
        }
        Ok(Loaded { release, stack, versions })
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
        let tar = self.engine.get_archive(&self.holder(), &self.path("releases")).await?;
        let files = tar.map(|tar| with_content(&Secret::new(tar), false)).transpose()?;
        Ok(History::of(&files.unwrap_or_default()))
    }

    /// One record; `None` when there is none of that number, or it was pruned.
    pub async fn release(&self, number: u64) -> Result<Option<Release>, StateError> {
        let Some(tar) = self.engine.get_archive(&self.holder(), &self.path(&record_path(number))).await? else { return Ok(None) };
        let Some((_, content)) = archive::files(&tar)?.into_iter().next().filter(|(_, c)| !c.is_empty()) else { return Ok(None) };
        let lacking = |why| StateError::Incomplete { number, what: format!("its record cannot be read: {why}") };
        Release::decode(&content).map(Some).map_err(lacking)
    }

    /// Everything, in one call: each costs the engine the same, whatever it brings. `None` when there is no state yet.
    pub async fn everything(&self) -> Result<Option<Everything>, StateError> {
        let Some(tar) = self.archive("").await? else { return Ok(None) };
        let files = with_content(&Secret::new(tar), true)?;
        let opened = self.opened(files.iter().map(|(path, content)| (path.as_str(), content.expose().as_slice())))?;
        let history = History::of(&files).up_to(opened.head.last);
        Ok(Some(Everything { opened, history, files }))
    }
}

/// The files of an archive that have content. `whole`: it is of all of the volume, whose name each path begins with.
pub(super) fn with_content(tar: &Secret<Vec<u8>>, whole: bool) -> Result<BTreeMap<String, Secret<Vec<u8>>>, StateError> {
    let mut found = BTreeMap::new();
    for (name, content) in archive::files(tar.expose())? {
        let name = if whole { name.split_once('/').map(|(_, rest)| rest.to_owned()) } else { Some(name) };
        if let Some(name) = name.filter(|_| !content.is_empty()) {
            found.insert(name, Secret::new(content));
        }
    }
    Ok(found)
}
