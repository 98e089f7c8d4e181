//! Names of objects. Owns what such a name may be, so that the same names work on every file system and object store;
//! refuses to know what the objects are.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How the names of files begin that are being written: never part of a key.
pub(super) const TEMPORARY: &str = ".medianest-part-";
/// Longest key, in bytes. S3 takes 1024 with the configured prefix, which is a key of at most 255.
const MAX_LENGTH: usize = 768;
/// Longest part of a key: what file systems take as a name.
const MAX_PART: usize = 255;

/// The name of an object in a sink: relative, parts separated by `/`, of `[A-Za-z0-9._-]` only, none of them empty, `.` or
/// `..`, none beginning as the sinks' own temporary files do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{key}` cannot name an object: {why}")]
pub struct InvalidKey {
    /// The text, shortened, without control characters.
    pub key: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl ObjectKey {
    /// A key from its text.
    ///
    /// # Errors
    /// When the text is no key.
    pub fn new(key: impl Into<String>) -> Result<Self, InvalidKey> {
        let key = key.into();
        match problem(&key) {
            None => Ok(Self(key)),
            Some(why) => Err(InvalidKey { key: key.chars().take(80).map(printable).collect(), why }),
        }
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of something inside the folder of this key.
    ///
    /// # Errors
    /// When `inner` is no key, or both together are too long.
    pub fn join(&self, inner: &str) -> Result<Self, InvalidKey> {
        Self::new(format!("{}/{inner}", self.0))
    }

    /// Whether it lies in the folder of the other key, at any depth.
    pub fn is_within(&self, folder: &Self) -> bool {
        self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The parts, and the last one apart: the folders and the name.
    pub(super) fn split(&self) -> (Vec<&str>, &str) {
        let mut folders: Vec<&str> = self.0.split('/').collect();
        let name = folders.pop().unwrap_or_default();
        (folders, name)
    }
}

/// Whether a name may be a part of a key.
pub(super) fn is_part(part: &str) -> bool {
    part_problem(part).is_none()
}

fn problem(key: &str) -> Option<&'static str> {
    if key.len() > MAX_LENGTH {
        return Some("it is longer than 768 bytes");
    }
    key.split('/').find_map(part_problem)
}

fn part_problem(part: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if part.is_empty() || part == "." || part == ".." {
        Some("a part of it is empty, `.` or `..`")
    } else if part.len() > MAX_PART {
        Some("a part of it is longer than 255 bytes")
    } else if !part.chars().all(allowed) {
        Some("letters, digits, `.`, `_` and `-` are allowed, and `/` between parts")
    } else if part.starts_with(TEMPORARY) {
        Some("names that begin so are for files being written")
    } else {
        None
    }
}

fn printable(c: char) -> char {
    if c.is_control() { '?' } else { c }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(key: &str) -> Result<Self, InvalidKey> {
        Self::new(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_relative_plain_and_bounded() {
        for good in ["latest", "shop/20261128T142211Z-0badcafe/uploads.tar.zst.age", ".hidden", "a..b", "A-_.9"] {
            assert_eq!(ObjectKey::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a b", "a\nb", "ä", "a\\b", "a\0"] {
            assert!(ObjectKey::new(bad).is_err(), "{bad:?}");
        }
        assert!(ObjectKey::new("a/.medianest-part-1f").is_err(), "temporary files are no objects");
        let part = "x".repeat(255);
        assert!(ObjectKey::new(part.clone()).is_ok());
        assert!(ObjectKey::new(format!("{part}x")).is_err());
        assert!(ObjectKey::new([part.as_str(); 3].join("/")).is_ok(), "767 bytes");
        assert!(ObjectKey::new(["x"; 385].join("/")).is_err(), "769 bytes");
    }

    #[test]
    fn an_error_shows_no_control_characters() {
        assert!(!ObjectKey::new("a\x1b[31m").unwrap_err().to_string().contains('\x1b'));
    }

    #[test]
    fn a_folder_ends_at_its_slash() {
        let folder = ObjectKey::new("shop/a").unwrap();
        assert!(folder.join("b").unwrap().is_within(&folder));
        assert!(folder.join("../b").is_err());
        assert!(!ObjectKey::new("shop/ab").unwrap().is_within(&folder));
        assert!(!folder.is_within(&folder));
    }
}
