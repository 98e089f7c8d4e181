//! Which release to return to, and whether the database lets us.
//!
//! Pure. Whether an old release can read a newer schema cannot be told from SQL: it has to be declared. Refuses to guess.

use semver::{Version, VersionReq};
use thiserror::Error;

use super::{History, Release};

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
    /// That is what runs.
    #[error("release {number} is the current one")]
    IsCurrent {
        /// Its number.
        number: u64,
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
            Self::NoneBefore { .. } | Self::NoSuchRelease { .. } | Self::IsCurrent { .. } => {
                Some("see what there is with `medianestctl releases`".into())
            }
            Self::Migrations { .. } => Some(
                "when the old release can live with them, say so in `x-medianest: {migration: {backward_compatible: …}}`; when it \
                 cannot, bring the data back from the dump before the update, `medianestctl-before-update.dump` in the \
                 database's volume (docs/updates.md)"
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

/// The release that `wanted` means: a number or a version, or without either the newest one before the current.
///
/// # Errors
/// When there is none.
pub fn target<'h>(history: &'h History, current: Option<u64>, wanted: Option<&str>) -> Result<&'h Release, RollbackError> {
    let current = current.ok_or(RollbackError::NothingDeployed)?;
    let good = || history.releases.iter().rev().filter(|r| r.came_about());
    let Some(wanted) = wanted else {
        return good().find(|r| r.number < current).ok_or(RollbackError::NoneBefore { current });
    };
    let by_version = good().filter(|r| r.number != current).find(|r| r.version.as_deref() == Some(wanted));
    let number = wanted.parse::<u64>().ok();
    let found = by_version.or_else(|| good().find(|r| Some(r.number) == number || r.version.as_deref() == Some(wanted)));
    let found = found.ok_or_else(|| RollbackError::NoSuchRelease { wanted: wanted.to_owned() })?;
    if found.number == current {
        return Err(RollbackError::IsCurrent { number: current });
    }
    Ok(found)
}

/// Whether the database, as it is, is one that `target` can live with. `compatible` is the declared range of versions
/// whose migrations the releases before them can live with.
///
/// # Errors
/// [`RollbackError::Migrations`] with the versions for which that is not known; [`RollbackError::SetBack`] where `target`
/// is ahead of the database.
pub fn check_migrations(
    history: &History,
    current: u64,
    target: &Release,
    compatible: Option<&str>,
) -> Result<(), RollbackError> {
    let now = history.release(current);
    // The same schema, whatever ran in between.
    let same_head = now.is_some_and(|now| now.schema_head.is_some() && now.schema_head == target.schema_head);
    if same_head || target.migration.is_none() {
        return Ok(());
    }
    if let Some(now) = now
        && is_ahead(history, target, now)
    {
        return Err(RollbackError::SetBack { target: target.number, version: target.version.clone() });
    }
    let range = compatible.and_then(|range| VersionReq::parse(range).ok());
    let declared = |release: &Release| {
        let version = release.version.as_deref().and_then(semantic);
        range.as_ref().zip(version).is_some_and(|(range, version)| range.matches(&version))
    };
    let between = history.releases.iter().filter(|r| r.came_about() && (target.number + 1..=current).contains(&r.number));
    let mut versions: Vec<String> = between
        // A way back has migrated nothing.
        .filter(|r| r.rollback_of.is_none() && r.migration != target.migration && !declared(r))
        .map(|r| r.version.clone().unwrap_or_else(|| format!("release {}", r.number)))
        .collect();
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
mod tests {
    use chrono::DateTime;

    use super::super::{MigrationForm, Outcome};
    use super::*;
    use crate::model::ImageId;

    fn release(number: u64, version: &str, head: Option<&str>) -> Release {
        Release {
            schema: 2,
            number,
            version: Some(version.into()),
            at: DateTime::UNIX_EPOCH,
            by: "ann@laptop".into(),
            command: "deploy".into(),
            files: Vec::new(),
            services: Default::default(),
            secrets: Default::default(),
            configs: Default::default(),
            schema_head: head.map(Into::into),
            migration: Some(MigrationForm { config_hash: "1".into(), image_id: ImageId(format!("sha256:{version}")) }),
            stack: None,
            outcome: Outcome::Deployed,
            culprits: std::collections::BTreeSet::new(),
            rollback_of: None,
            took_ms: None,
        }
    }

    fn history(releases: Vec<Release>) -> History {
        History { releases, unreadable: Vec::new() }
    }

    #[test]
    fn a_version_or_a_number_or_the_one_before() {
        let mut failed = release(3, "v2.0.0", None);
        failed.outcome = Outcome::Failed { why: "no".into() };
        let history = history(vec![release(1, "v1.0.0", None), release(2, "v1.1.0", None), failed, release(4, "v1.2.0", None)]);
        let number = |current, wanted| target(&history, current, wanted).map(|r| r.number);
        assert_eq!(number(Some(4), None), Ok(2), "an attempt that failed is nothing to return to");
        assert_eq!(number(Some(4), Some("v1.0.0")), Ok(1));
        assert_eq!(number(Some(4), Some("2")), Ok(2));
        assert_eq!(number(Some(4), Some("v1.2.0")), Err(RollbackError::IsCurrent { number: 4 }));
        assert_eq!(number(Some(4), Some("3")), Err(RollbackError::NoSuchRelease { wanted: "3".into() }));
        assert_eq!(number(Some(1), None), Err(RollbackError::NoneBefore { current: 1 }));
        assert_eq!(number(None, None), Err(RollbackError::NothingDeployed));
    }

    #[test]
    fn migrations_in_between_must_be_declared() {
        let releases = vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("5")), release(3, "v2.0.0", Some("6"))];
        let history = history(releases);
        let check = |current, to: usize, range| check_migrations(&history, current, &history.releases[to - 1], range);
        let refused = |target, versions: &[&str]| {
            Err(RollbackError::Migrations { target, versions: versions.iter().map(ToString::to_string).collect() })
        };
        assert_eq!(check(2, 1, Some("<2.0.0")), Ok(()));
        assert_eq!(check(3, 2, Some("<2.0.0")), refused(2, &["v2.0.0"]));
        assert_eq!(check(3, 1, Some("<2.0.0")), refused(1, &["v2.0.0"]));
        assert_eq!(check(3, 1, None), refused(1, &["v1.1.0", "v2.0.0"]));
        assert_eq!(check(3, 1, Some("<3")), Ok(()));
    }

    #[test]
    fn the_same_schema_needs_no_word() {
        let history = history(vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("4"))]);
        assert_eq!(check_migrations(&history, 2, &history.releases[0], None), Ok(()));
    }

    #[test]
    fn a_release_that_is_ahead_of_the_database_is_no_way_back() {
        // The data of before v2.0.0 was brought back by hand, and v1.0.0 deployed on it.
        let releases = vec![release(1, "v1.0.0", Some("4")), release(2, "v2.0.0", Some("5")), release(3, "v1.0.0", Some("4"))];
        let refused = Err(RollbackError::SetBack { target: 2, version: Some("v2.0.0".into()) });
        let set_back = history(releases);
        assert_eq!(check_migrations(&set_back, 3, &set_back.releases[1], Some("*")), refused);
        assert_eq!(check_migrations(&set_back, 3, &set_back.releases[0], None), Ok(()));
        // A way back leaves the schema as it is.
        let releases = vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("5")), release(3, "v1.0.0", Some("5"))];
        let returned = history(releases);
        assert_eq!(check_migrations(&returned, 3, &returned.releases[1], None), Ok(()));
    }

    #[test]
    fn tags_as_versions() {
        let semantic = |tag| super::semantic(tag).map(|v| v.to_string());
        assert_eq!(semantic("v1.2.3"), Some("1.2.3".into()));
        assert_eq!(semantic("2"), Some("2.0.0".into()));
        assert_eq!(semantic("v1.2-rc.1"), Some("1.2.0-rc.1".into()));
        assert_eq!((semantic("latest"), semantic("1.2.3.4")), (None, None));
    }
}
