//! References to images, and the identity of an image's content.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not an image reference: {why}")]
pub struct ImageRefError {
    /// The text that was given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A reference to an image as a person writes it: `[registry/]path[:tag][@digest]`.
///
/// Grammar: the distribution project's reference grammar, as Docker reads it: the first component is a registry
/// when it holds a `.` or a `:` or is `localhost`; no tag and no digest mean the tag `latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef {
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImageRef {
    /// The name without tag and digest, as written (`medianest/backend`).
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, `latest` when neither tag nor digest is given; `None` when only a digest is.
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, None) => Some("latest"),
            (None, Some(_)) => None,
        }
    }

    /// The digest (`sha256:…`) when the reference is pinned.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The content of this digest (`sha256:…`) in the same repository, whatever the tag leads to.
    pub fn at(&self, digest: &str) -> Self {
        Self { repository: self.repository.clone(), tag: None, digest: Some(digest.to_owned()) }
    }

    /// Whether it is a database, by its name: these are updated by a person who knows what the new version does to data.
    pub fn is_database(&self) -> bool {
        const NAMES: [&str; 12] = [
            "postgres",
            "postgresql",
            "mysql",
            "mariadb",
            "mongo",
            "redis",
            "valkey",
            "timescaledb",
            "postgis",
            "pgvector",
            "cockroach",
            "clickhouse-server",
        ];
        let last = self.repository.rsplit('/').next().unwrap_or_default();
        NAMES.contains(&last)
    }

    /// Whether it is PostgreSQL, by its name.
    pub fn is_postgres(&self) -> bool {
        let last = self.repository.rsplit('/').next().unwrap_or_default();
        matches!(last, "postgres" | "postgis" | "timescaledb" | "pgvector")
    }

    /// Whether it is Redis, or what speaks its language and writes its snapshots, by its name.
    pub fn is_redis(&self) -> bool {
        let last = self.repository.rsplit('/').next().unwrap_or_default();
        matches!(last, "redis" | "valkey")
    }

    /// The registry's host and port; `docker.io` when the reference names none.
    pub fn registry(&self) -> &str {
        match self.repository.split_once('/') {
            Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
            _ => "docker.io",
        }
    }
}

fn path_component(part: &str) -> bool {
    let alnum = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(alnum) && part.ends_with(alnum) && part.chars().all(|c| alnum(c) || matches!(c, '.' | '_' | '-'))
}

impl FromStr for ImageRef {
    type Err = ImageRefError;

    fn from_str(text: &str) -> Result<Self, ImageRefError> {
        let fail = |why| ImageRefError { text: text.to_owned(), why };
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").ok_or_else(|| fail("the digest must start with `sha256:`"))?;
            if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                return Err(fail("a sha256 digest is 64 lower-case hexadecimal digits"));
            }
        }
        let (repository, tag) = match name.rsplit_once(':') {
            // A colon before a slash belongs to the registry's port.
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (name, None),
        };
        if let Some(tag) = tag {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let valid = tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'));
            if !valid {
                return Err(fail("a tag takes letters, digits, `_`, `.` and `-`, 128 at most"));
            }
        }
        if repository.is_empty() {
            return Err(fail("it has no name"));
        }
        let mut parts = repository.split('/').peekable();
        if let Some(first) = parts.peek()
            && (first.contains(['.', ':']) || *first == "localhost")
            && repository.contains('/')
        {
            parts.next();
        }
        if !parts.all(path_component) {
            return Err(fail("the name takes lower-case letters, digits, `.`, `_`, `-`, separated by `/`"));
        }
        Ok(Self { repository: repository.to_owned(), tag: tag.map(Into::into), digest: digest.map(Into::into) })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for ImageRef {
    type Error = ImageRefError;

    fn try_from(text: String) -> Result<Self, ImageRefError> {
        text.parse()
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> Self {
        image.to_string()
    }
}

/// The identity of an image's content at one engine (`sha256:…` of its configuration).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageId(pub String);

impl ImageId {
    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        let hex = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        hex.get(..12).unwrap_or(hex)
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_reference() {
        let image: ImageRef = "localhost:5000/medianest/backend:v1.0.0".parse().unwrap();
        assert_eq!(
            (image.registry(), image.repository(), image.tag()),
            ("localhost:5000", "localhost:5000/medianest/backend", Some("v1.0.0"))
        );
        let image: ImageRef = "postgres".parse().unwrap();
        assert_eq!((image.registry(), image.tag(), image.to_string().as_str()), ("docker.io", Some("latest"), "postgres"));
        let pinned = format!("redis:7@sha256:{}", "a".repeat(64));
        assert_eq!(pinned.parse::<ImageRef>().unwrap().to_string(), pinned);
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", ":tag", "Upper/case", "a//b", "a:b c", "a@sha256:xyz", "a@md5:00", "a/"] {
            assert!(bad.parse::<ImageRef>().is_err(), "{bad}");
        }
    }
}
