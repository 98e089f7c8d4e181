//! Which versions registries offer: read from the tags that the images' names have for a version of the stack.
//!
//! How a tag is made of a version is seen by giving the stack a version that nobody has (`PROBE`) and looking where it comes
//! out.

use std::collections::{BTreeMap, BTreeSet};

use super::version::{VersionError, newer, read};
use crate::model::{ImageRef, ServiceName, Stack};

/// A version that is no release of anything.
pub const PROBE: &str = "v0.0.0-medianestctl.probe";

/// An image whose tag names the version of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// As the files name it now.
    pub image: ImageRef,
    before: String,
    after: String,
}

impl Follower {
    /// The versions that such tags stand for.
    pub fn versions(&self, tags: &[String]) -> BTreeSet<String> {
        let version = |tag: &String| Some(tag.strip_prefix(&self.before)?.strip_suffix(&self.after)?.to_owned());
        tags.iter().filter_map(version).filter(|version| read(version).is_ok()).collect()
    }
}

/// The images whose tags follow the version, given the same stack with `PROBE` as its version.
pub fn followers(stack: &Stack, probed: &Stack) -> Vec<Follower> {
    let follower = |(name, service): (&ServiceName, &crate::model::Service)| {
        let (now, probed) = (&service.image, &probed.services.get(name)?.image);
        // A version in another place than the tag cannot be found by listing tags.
        let same = now.repository() == probed.repository() && now.digest().is_none() && probed.digest().is_none();
        let (before, after) = probed.tag().filter(|_| same)?.split_once(PROBE)?;
        Some((now.to_string(), Follower { image: now.clone(), before: before.into(), after: after.into() }))
    };
    stack.services.iter().filter_map(follower).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The newest version that every one of the lists has, that is newer than `current`, and in `range`. Where a version is
/// there with and without its `v`, the one that is spelled as the current one is.
///
/// # Errors
/// When `current` cannot be compared with others.
pub fn newest(current: Option<&str>, range: Option<&str>, lists: &[BTreeSet<String>]) -> Result<Option<String>, VersionError> {
    let (first, others) = lists.split_first().map_or((BTreeSet::new(), lists), |(first, others)| (first.clone(), others));
    let mut all: Vec<_> = first.into_iter().filter(|version| others.iter().all(|list| list.contains(version))).collect();
    let spelled = |version: &str| version.starts_with('v');
    all.sort_by_key(|version| spelled(version) != current.is_some_and(spelled));
    Ok(newer(current, range, &all)?.map(str::to_owned))
}

/// Whether a version can be compared with others at all.
///
/// # Errors
/// When it cannot.
pub fn comparable(current: Option<&str>) -> Result<(), VersionError> {
    read(current.ok_or(VersionError::NoVersion)?).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower(before: &str, after: &str) -> Follower {
        Follower { image: "shop/api:v1.0.0".parse().unwrap(), before: before.into(), after: after.into() }
    }

    fn list(versions: &[&str]) -> BTreeSet<String> {
        versions.iter().map(|version| (*version).to_owned()).collect()
    }

    #[test]
    fn tags_are_read_as_the_files_write_them() {
        let tags = ["v1.0.0", "v1.0.0-alpine", "1.0", "latest", "v1.1.0-alpine", "2.0.0-rc.1", "sha-0a1b2c3"].map(String::from);
        assert_eq!(follower("", "").versions(&tags), list(&["v1.0.0", "v1.0.0-alpine", "v1.1.0-alpine", "2.0.0-rc.1"]));
        assert_eq!(follower("", "-alpine").versions(&tags), list(&["v1.0.0", "v1.1.0"]));
        assert_eq!(follower("v", "-alpine").versions(&tags), list(&["1.0.0", "1.1.0"]));
        assert_eq!(follower("api-", "").versions(&tags), list(&[]));
    }

    #[test]
    fn the_newest_that_all_images_have_is_taken() {
        let api = list(&["v1.0.0", "v1.0.5", "v1.1.0", "v1.2.0", "v1.3.0-rc.1", "v2.0.0"]);
        let web = list(&["v1.0.0", "v1.0.5", "v1.1.0", "v1.3.0-rc.1", "v2.0.0"]);
        let best = |current: &str, range: &str| newest(Some(current), Some(range), &[api.clone(), web.clone()]).unwrap();
        assert_eq!(best("v1.0.0", ">=1.0, <2").as_deref(), Some("v1.1.0"), "v1.2.0 is half there");
        assert_eq!(best("v1.0.0", "~1.0").as_deref(), Some("v1.0.5"));
        assert_eq!(best("v1.0.0", "*").as_deref(), Some("v2.0.0"));
        assert_eq!(best("v1.0.0", "^1.3.0-rc").as_deref(), Some("v1.3.0-rc.1"), "asked for");
        assert_eq!(best("v1.1.0", ">=1.0, <2"), None);
        assert_eq!(newest(Some("v1.0.0"), None, &[]), Ok(None));
        let both = [list(&["1.1.0", "v1.1.0"])];
        for (current, spelled) in [("v1.0.0", "v1.1.0"), ("1.0.0", "1.1.0")] {
            assert_eq!(newest(Some(current), None, &both).unwrap().as_deref(), Some(spelled));
        }
        assert_eq!(newest(Some("v1.0.0"), None, &[list(&["1.1.0"])]).unwrap().as_deref(), Some("1.1.0"));
        assert_eq!(newest(Some("latest"), None, &both), Err(VersionError::NotSemantic("latest".into())));
    }

    #[test]
    fn what_can_be_compared() {
        assert_eq!(comparable(Some("v1.0.0")), Ok(()));
        assert_eq!(comparable(None), Err(VersionError::NoVersion));
        assert_eq!(comparable(Some("1.0")), Err(VersionError::NotSemantic("1.0".into())));
    }
}
