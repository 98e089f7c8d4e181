//! Which of several versions to move to.

use semver::{Version, VersionReq};
use thiserror::Error;

/// Why no version can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VersionError {
    /// A version that cannot be compared with others.
    #[error("`{0}` is not a semantic version such as v1.2.0, so it cannot be compared with others")]
    NotSemantic(String),
    /// The stack does not say which version it is.
    #[error("the Compose files do not say which version they are, so none can be newer")]
    NoVersion,
}

impl VersionError {
    /// What a person can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotSemantic(_) => {
                "give versions with three numbers; without `--candidate` and `range` the present tags are followed".into()
            }
            Self::NoVersion => "say `x-medianest: {version: …}` in the Compose file".into(),
        }
    }
}

pub(super) fn read(text: &str) -> Result<Version, VersionError> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).map_err(|_| VersionError::NotSemantic(text.to_owned()))
}

/// The newest of `candidates` that is newer than `current` and in `range`; `None` when there is none. What a range says of
/// pre-releases is Cargo's rule: only a range that names one lets any in, and without a range none is taken.
///
/// # Errors
/// When one of them is no semantic version.
pub fn newer<'c>(current: Option<&str>, range: Option<&str>, candidates: &'c [String]) -> Result<Option<&'c str>, VersionError> {
    if candidates.is_empty() {
        return Ok(None);
    }
    let current = read(current.ok_or(VersionError::NoVersion)?)?;
    // The loader has refused what is no range.
    let range = range.and_then(|range| VersionReq::parse(range).ok()).unwrap_or(VersionReq::STAR);
    let mut newest: Option<(Version, &str)> = None;
    for text in candidates {
        let version = read(text)?;
        let better = newest.as_ref().is_none_or(|(best, _)| version > *best);
        if version > current && range.matches(&version) && better {
            newest = Some((version, text));
        }
    }
    Ok(newest.map(|(_, text)| text))
}
