//! What the loader needs of the outside world: files and the process environment, behind one trait.
//!
//! Owns the trait and a source in memory. Refuses to touch the file system: the program's own implementation lives
//! with the command line.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The file is there and may not be read.
    #[error("permission denied")]
    Denied,
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// Files and environment, as the loader sees them.
///
/// Paths are passed as the user wrote them or joined to the project's directory, never canonicalised; a relative one
/// is relative to the current directory.
pub trait Source {
    /// The content of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError>;
    /// A variable of the process, `None` when it is not set (an empty one is set).
    fn env(&self, name: &str) -> Option<String>;
    /// Whether there is such a file.
    fn exists(&self, path: &str) -> bool;
}

/// A source that holds everything in memory: for tests and for files that come from somewhere else.
#[derive(Debug, Clone, Default)]
pub struct MapSource {
    /// Content by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Environment.
    pub env: BTreeMap<String, String>,
}

impl MapSource {
    /// The same source with one more file.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// The same source with one more variable.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Source for MapSource {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.files.get(path).cloned().ok_or(SourceError::NotFound)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}
