//! When sets were looked into last, and what was found: a small file of the deployment directory, so that a list can tell it
//! and retention does not take a set for good that is known not to be.
//!
//! Refuses to forget what is wrong with an object until that object was looked into again.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    files,
    flaw::Flaw,
    set::{MANIFEST, SetId},
    verify::{Checked, Depth},
};
use crate::{model::TargetName, secret::quoted};

/// The version of the file's format, and the only one so far.
const FORMAT: u32 = 1;
const FILE: &str = "backup/verified.json";

/// What was found when a set was looked into last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// When.
    pub at: DateTime<Utc>,
    /// How far.
    pub depth: Depth,
    /// Into how many of its objects.
    pub checked: usize,
    /// How many it has.
    pub objects: usize,
    /// What is wrong, by the object's name, of this time and of earlier ones that were not looked into again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flaws: BTreeMap<String, String>,
}

impl Outcome {
    /// Of a set with so many objects.
    pub fn of(checked: &Checked, objects: usize, at: DateTime<Utc>) -> Self {
        let flaw = |flaw: &Flaw| (flaw.part.object(), flaw.fault.to_string());
        Self {
            at,
            depth: checked.depth,
            checked: checked.objects.len(),
            objects,
            flaws: checked.flaws.iter().map(flaw).collect(),
        }
    }

    /// Whether nothing is known to be wrong.
    pub fn is_good(&self) -> bool {
        self.flaws.is_empty()
    }

    /// With what was found before, but for the objects that were looked into now.
    fn after(mut self, before: Option<&Self>, looked_into: &BTreeSet<String>) -> Self {
        let old = before.into_iter().flat_map(|before| &before.flaws);
        for (object, what) in old.filter(|(object, _)| !looked_into.contains(*object)) {
            self.flaws.entry(object.clone()).or_insert_with(|| what.clone());
        }
        self
    }
}

type Targets = BTreeMap<TargetName, BTreeMap<SetId, Outcome>>;

/// What was found, by target and set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified(Targets);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    targets: Targets,
}

/// The file cannot be used.
#[derive(Debug, Error)]
pub enum VerifiedError {
    /// It cannot be read or written.
    #[error("{path} cannot be used: {why}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// It is not as it was written, or a newer tool's.
    #[error("{path} is not what medianestctl writes: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

impl VerifiedError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => None,
            Self::Damaged { path, .. } => {
                Some(format!("it only says what was verified when; move it away: mv {0} {0}.old", quoted(path)))
            }
        }
    }
}

impl Verified {
    /// What is known in this deployment.
    ///
    /// # Errors
    /// When there is a file and it cannot be used.
    pub fn read(deployment: &Path) -> Result<Self, VerifiedError> {
        let path = deployment.join(FILE);
        let text = files::read(&path).map_err(|why| VerifiedError::Io { path: path.clone(), why })?;
        let Some(text) = text else { return Ok(Self::default()) };
        let damaged = |detail: String| VerifiedError::Damaged { path: path.clone(), detail };
        let Written { format, targets } = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if format == FORMAT { Ok(Self(targets)) } else { Err(damaged(format!("its format is {format}"))) }
    }

    /// What was found of a set.
    pub fn of(&self, target: &TargetName, set: SetId) -> Option<&Outcome> {
        self.0.get(target)?.get(&set)
    }

    /// Whether a set is known to be damaged.
    pub fn is_damaged(&self, target: &TargetName, set: SetId) -> bool {
        self.of(target, set).is_some_and(|outcome| !outcome.is_good())
    }

    /// Notes what was found.
    pub fn note(&mut self, target: &TargetName, set: SetId, checked: &Checked, objects: usize, at: DateTime<Utc>) {
        // The manifest is looked at first of all.
        let looked_into = checked.objects.iter().map(ToString::to_string).chain([MANIFEST.to_owned()]).collect();
        let sets = self.0.entry(target.clone()).or_default();
        let outcome = Outcome::of(checked, objects, at).after(sets.get(&set), &looked_into);
        sets.insert(set, outcome);
    }

    /// Forgets the sets of a target that are there no more.
    pub fn keep_only(&mut self, target: &TargetName, there: &BTreeSet<SetId>) {
        if let Some(sets) = self.0.get_mut(target) {
            sets.retain(|set, _| there.contains(set));
        }
    }

    /// Writes it for the deployment.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, deployment: &Path) -> Result<(), VerifiedError> {
        let path = deployment.join(FILE);
        let text = serde_json::to_vec_pretty(&Written { format: FORMAT, targets: self.0.clone() });
        let written = text.map_err(io::Error::other).and_then(|text| files::replace(&path, &text, files::PUBLIC));
        written.map_err(|why| VerifiedError::Io { path, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::{flaw::Fault, set::ObjectName};

    fn object(name: &str) -> ObjectName {
        name.parse().unwrap()
    }

    fn checked(objects: &[&str], flaws: &[&str]) -> Checked {
        Checked {
            depth: Depth::Stored,
            objects: objects.iter().map(|name| object(name)).collect(),
            flaws: flaws.iter().map(|name| Flaw::of_object(&object(name), Fault::Missing)).collect(),
        }
    }

    #[test]
    fn what_is_wrong_is_remembered_until_it_is_looked_into_again() {
        let (target, set) = (TargetName::local(), "20260131T235959Z-0123abcd".parse().unwrap());
        let mut verified = Verified::default();
        assert!(!verified.is_damaged(&target, set));
        let mut note = |found: Checked| {
            verified.note(&target, set, &found, 2, DateTime::UNIX_EPOCH);
            verified.is_damaged(&target, set)
        };
        assert!(note(checked(&["a.tar.zst", "b.tar.zst"], &["a.tar.zst"])));
        assert!(note(checked(&["b.tar.zst"], &[])), "nobody has looked into it");
        assert!(!note(checked(&["a.tar.zst"], &[])));
    }

    #[test]
    fn it_comes_back_from_its_file() {
        let place = tempfile::tempdir().unwrap();
        let target = TargetName::local();
        let [old, new] = ["20260131T235959Z-0123abcd", "20260201T235959Z-0123abcd"].map(|name| name.parse::<SetId>().unwrap());
        assert_eq!(Verified::read(place.path()).unwrap(), Verified::default());
        let mut verified = Verified::default();
        verified.note(&target, old, &checked(&["a.tar.zst"], &["a.tar.zst"]), 1, DateTime::UNIX_EPOCH);
        verified.note(&target, new, &checked(&["a.tar.zst"], &[]), 1, DateTime::UNIX_EPOCH);
        verified.write(place.path()).unwrap();
        assert_eq!(Verified::read(place.path()).unwrap(), verified);
        verified.keep_only(&target, &BTreeSet::from([new]));
        assert!(verified.of(&target, old).is_none() && verified.of(&target, new).unwrap().is_good());
        for wrong in ["", "{\"format\":2,\"targets\":{}}", "{\"format\":1,\"targets\":{\"local\":{\"x\":{}}}}"] {
            std::fs::write(place.path().join(FILE), wrong).unwrap();
            assert!(Verified::read(place.path()).unwrap_err().hint().unwrap().contains("mv "), "{wrong}");
        }
    }
}
