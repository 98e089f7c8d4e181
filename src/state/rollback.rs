//! Which release to return to, and whether the database lets us.
//!
//! Pure. Whether an old release can read a newer schema cannot be told from SQL: it has to be declared. Refuses to guess.

use std::collections::BTreeSet;

use semver::{Version, VersionReq};
use thiserror::Error;

use super::{Everything, History, Release};
use crate::model::{ContainerState, ImageRef, MigrationForm, Observed, ObservedContainer, ProjectName, is_waiting};

/// Why there is no way back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RollbackError {
    /// Nothing has come about so far.
    #[error("nothing was deployed yet, so there is nothing to return to")]
    NothingDeployed,
    /// There is no release before the current one.
    #[error("there is no release before release {current}, the current one")]
    NoneBefore {
        /// The current release.
        current: u64,
    },
    /// No release is called that.
    #[error("no release that came about is `{wanted}`")]
    NoSuchRelease {
        /// The version or number that was asked for.
        wanted: String,
    },
    /// Migrations came between that the old release may not live with.
    #[error("the database has moved on since release {target}: {} changed it, and nothing says that release {target} can live with that", versions.join(", "))]
    Migrations {
        /// The release that was asked for.
        target: u64,
        /// The versions whose migrations are not declared backward-compatible.
        versions: Vec<String>,
    },
    /// The database has been set back since to what it was before the release that is asked for.
    #[error("the database has been set back since release {target}: it has the schema that it had before that release")]
    SetBack {
        /// The release that was asked for.
        target: u64,
        /// Its version.
        version: Option<String>,
    },
    /// An image of the release is gone.
    #[error("release {target} needs images that the engine does not have any more: {}", images.join(", "))]
    ImagesGone {
        /// The release that was asked for.
        target: u64,
        /// The images, as the files named them.
        images: Vec<String>,
        /// By which digests they could be pulled, where that is known.
        digests: Vec<String>,
    },
}

impl RollbackError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NothingDeployed => Some("`medianestctl deploy` is the first step".into()),
            Self::NoneBefore { .. } | Self::NoSuchRelease { .. } => {
                Some("see what there is with `medianestctl releases`".into())
            }
            Self::Migrations { .. } => Some(
                "when the old release can live with them, say so in `x-medianest: {migration: {backward_compatible: …}}`; when it \
                 cannot, bring the data back from the dump before the update, `medianestctl-before-update-N.dump` in the \
                 database's volume, where N is the release that it was made from (docs/updates.md)"
                    .into(),
            ),
            Self::SetBack { version, .. } => Some(format!(
                "go there with `medianestctl update {}`, which migrates the database",
                version.as_deref().unwrap_or_default()
            )),
            Self::ImagesGone { digests, .. } if digests.is_empty() => {
                Some("load them again with `docker load`, then run the same command".into())
            }
            Self::ImagesGone { digests, .. } => Some(format!("get them with `docker pull {}`", digests.join(" && docker pull "))),
        }
    }
}

/// The release to return to: the one that `wanted` means, or without it the newest one before what runs now.
/// `interrupted` says that a run has left its lock.
///
/// # Errors
/// When there is none, or the database is not known to be one that it can live with.
pub fn way_back<'e>(
    everything: &'e Everything,
    project: &ProjectName,
    observed: &Observed,
    wanted: Option<&str>,
    interrupted: bool,
) -> Result<&'e Release, RollbackError> {
    let (history, current) = (&everything.history, everything.opened.head.release);
    let ours: Vec<_> = observed.containers.iter().filter(|c| c.is_of(project)).cloned().collect();
    let unfinished = interrupted || ours.iter().any(|c| is_left(c, project));
    let target = target(history, current, wanted, &ours, unfinished)?;
    let current = current.ok_or(RollbackError::NothingDeployed)?;
    // What the current release declares of its migrations is newer than what the old one could know.
    let stacks = [current, target.number].map(|number| everything.load(number).ok().map(|loaded| loaded.stack));
    let migrations = || stacks.iter().flatten().flat_map(|s| s.services.values()).filter(|s| s.migration.is_some());
    let [now, _] = &stacks;
    let declared = now.iter().flat_map(|s| s.services.values()).find_map(|s| s.migration.as_ref()?.backward_compatible.clone());
    let jobs: BTreeSet<_> = migrations().map(|s| s.name.clone()).collect();
    let ran = ours.iter().filter(|c| c.service().is_some_and(|service| jobs.contains(&service)));
    check_migrations(history, current, target, declared.as_deref(), ran)?;
    Ok(target)
}

/// The release that `wanted` means: a number or a version, or without either the current one when a run has left something
/// that did not come to its end, and otherwise the newest one before it.
///
/// # Errors
/// When there is none.
fn target<'h>(
    history: &'h History,
    current: Option<u64>,
    wanted: Option<&str>,
    containers: &[ObservedContainer],
    unfinished: bool,
) -> Result<&'h Release, RollbackError> {
    let current = current.ok_or(RollbackError::NothingDeployed)?;
    let good = || history.releases.iter().rev().filter(|r| r.came_about());
    let given_up = good().find(|r| r.number == current);
    // What a run that was killed has left counts even where none of it serves: however far it came, the way back is the same.
    let given_up = given_up.filter(|now| unfinished || !is_what_runs(now, history, containers));
    let Some(wanted) = wanted else {
        return given_up.or_else(|| good().find(|r| r.number < current)).ok_or(RollbackError::NoneBefore { current });
    };
    let versioned = |r: &&Release| r.version.as_deref() == Some(wanted);
    let number = wanted.parse::<u64>().ok();
    given_up
        .filter(versioned)
        .or_else(|| good().filter(|r| r.number != current).find(versioned))
        .or_else(|| good().find(|r| Some(r.number) == number || versioned(r)))
        .ok_or_else(|| RollbackError::NoSuchRelease { wanted: wanted.to_owned() })
}

/// Whether a container was to take another's place, and did not come to it.
fn is_left(container: &ObservedContainer, project: &ProjectName) -> bool {
    let proper = container.service().zip(container.number()).map(|(service, number)| format!("{project}-{service}-{number}"));
    matches!(container.role(), Some("service" | "job"))
        && proper.is_none_or(|proper| proper != container.name)
        && is_waiting(&container.name)
}

/// Whether nothing runs but what `release` is made of, and what belongs to no service any more.
fn is_what_runs(release: &Release, history: &History, containers: &[ObservedContainer]) -> bool {
    let runs = |c: &&ObservedContainer| c.role() == Some("service") && c.state.is_running();
    containers.iter().filter(runs).all(|container| {
        let Some(name) = container.service() else { return true };
        let Some(service) = release.services.get(&name) else {
            return history.releases.iter().any(|r| r.services.contains_key(&name));
        };
        let hash = |hash: &str| service.config_hashes.is_empty() || service.config_hashes.values().any(|h| h == hash);
        service.image_id.as_ref().is_none_or(|id| *id == container.image_id) && container.config_hash().is_none_or(hash)
    })
}

/// Whether the database, as it is, is one that `target` can live with. `compatible` is the declared range of versions
/// whose migrations the releases before them can live with; `jobs` are the containers of migrations that are there.
///
/// # Errors
/// [`RollbackError::Migrations`] with the versions for which that is not known; [`RollbackError::SetBack`] where `target`
/// is ahead of the database.
fn check_migrations<'c>(
    history: &History,
    current: u64,
    target: &Release,
    compatible: Option<&str>,
    jobs: impl Iterator<Item = &'c ObservedContainer>,
) -> Result<(), RollbackError> {
    let now = history.release(current);
    // The same schema, whatever ran before the current release was recorded.
    let same_head = now.is_some_and(|now| now.schema_head.is_some() && now.schema_head == target.schema_head);
    if let Some(now) = now.filter(|_| !same_head)
        && is_ahead(history, target, now)
    {
        return Err(RollbackError::SetBack { target: target.number, version: target.version.clone() });
    }
    let since = if same_head { current.max(target.number) } else { target.number };
    let declared = |version: Option<&str>, ranges: [Option<&str>; 2]| {
        let version = version.and_then(semantic);
        let mut ranges = ranges.into_iter().flatten().filter_map(|range| VersionReq::parse(range).ok());
        version.is_some_and(|version| ranges.any(|range| range.matches(&version)))
    };
    let other = |form: &Option<MigrationForm>| form.is_some() && *form != target.migration;
    let mut versions: Vec<(u64, String)> = Vec::new();
    // A way back has migrated nothing; an attempt that failed has, when its record has the form.
    for release in history.releases.iter().filter(|r| r.number > since && r.rollback_of.is_none() && other(&r.migration)) {
        // What an attempt declared has come into no release that could tell it.
        let own = release.backward_compatible.as_deref().filter(|_| !release.came_about());
        if !declared(release.version.as_deref(), [compatible, own]) {
            let version = release.version.clone().unwrap_or_else(|| format!("release {}", release.number));
            versions.push((release.number, version));
        }
    }
    if history.releases.iter().any(|r| r.migration.is_some()) {
        let lost = history.unreadable.iter().filter_map(|record| record.number().filter(|number| *number > since));
        versions.extend(lost.map(|number| (number, format!("release {number} (its record cannot be read)"))));
    }
    versions.sort();
    let mut versions: Vec<String> = versions.into_iter().map(|(_, version)| version).collect();
    // A run that was killed has left no record, but its container.
    let ran = jobs.filter(|c| c.role() == Some("job") && c.state != ContainerState::Created);
    for job in ran {
        let form = job.config_hash().map(|hash| MigrationForm { config_hash: hash.to_owned(), image_id: job.image_id.clone() });
        let recorded = history.releases.iter().any(|r| r.migration == form);
        let image = job.image.parse::<ImageRef>().ok();
        let version = image.as_ref().and_then(ImageRef::tag);
        if other(&form) && !recorded && !declared(version, [compatible, None]) {
            versions.push(version.unwrap_or(&job.name).to_owned());
        }
    }
    versions.dedup();
    if versions.is_empty() { Ok(()) } else { Err(RollbackError::Migrations { target: target.number, versions }) }
}

/// Whether the schema of `target` came after that of `now`: a way back has the newer one still, so somebody has brought an
/// older one back by hand.
fn is_ahead(history: &History, target: &Release, now: &Release) -> bool {
    let first = |release: &Release| {
        let head = release.schema_head.as_ref()?;
        history.releases.iter().filter(|r| r.came_about() && r.schema_head.as_ref() == Some(head)).map(|r| r.number).min()
    };
    first(target).zip(first(now)).is_some_and(|(target, now)| target > now)
}

/// A tag as a semantic version: `v1.2` is 1.2.0.
pub fn semantic(tag: &str) -> Option<Version> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    let numbers = text.split(['-', '+']).next()?;
    let lacking = 2usize.checked_sub(numbers.matches('.').count())?;
    let (numbers, rest) = text.split_at(numbers.len());
    Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(lacking))).ok()
}

#[cfg(test)]
mod tests;
