//! Where sets are kept.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use thiserror::Error;

/// Where sets are kept: a place of named objects, each whole or not there.
#[async_trait]
pub trait Sink: Send + Sync {
    /// For people: `disk /srv/backups`, `s3 bucket/prefix at host`. No credential.
    fn describe(&self) -> String;
    /// Begins an object; nobody sees it before `Upload::finish`.
    async fn begin(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, SinkError>;
    /// Writes a small object (manifest, latest) whole. `Put::New` fails with `SinkErrorKind::Exists` where there is one, `Put::Replace` replaces atomically.
    async fn put(&self, key: &ObjectKey, content: Bytes, how: Put) -> Result<(), SinkError>;
    /// Reads an object in order, from byte `from` on. Chunks are of any size.
    async fn read(&self, key: &ObjectKey, from: u64) -> Result<BoxStream<'static, Result<Bytes, SinkError>>, SinkError>;
    /// Objects whose keys begin with `prefix` (a folder, or all), in order of key.
    async fn list(&self, prefix: Option<&ObjectKey>) -> Result<Vec<StoredObject>, SinkError>;
    /// Removes an object; one that is not there is no error.
    async fn remove(&self, key: &ObjectKey) -> Result<(), SinkError>;
    /// Removes what uploads cut short have left (temporary files, open multipart uploads) older than `older_than`.
    async fn tidy(&self, older_than: Duration) -> Result<Tidied, SinkError>;
}

/// An object that is being written.
#[async_trait]
pub trait Upload: Send {
    /// Takes the next bytes.
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError>;
    /// Makes it durable and visible; what is stored has been checked by size.
    async fn finish(self: Box<Self>) -> Result<StoredObject, SinkError>;
    /// Leaves nothing behind. Dropping without either leaves what `tidy` removes.
    async fn abort(self: Box<Self>);
}

/// The name of an object: relative, parts between `/` of letters, digits, `.`, `_`, `-`, none empty, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Checks a name.
    pub fn new(key: impl Into<String>) -> Result<Self, InvalidKey> {
        let key = key.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(allowed);
        if key.split('/').all(part) { Ok(Self(key)) } else { Err(InvalidKey { key }) }
    }
}

/// The text is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{key}` is not the key of an object")]
pub struct InvalidKey {
    /// The text.
    pub key: String,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a small object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Only where there is none.
    New,
    /// In place of what is there.
    Replace,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its name.
    pub key: ObjectKey,
    /// In bytes.
    pub size: u64,
    /// When it was stored.
    pub modified: DateTime<Utc>,
}

/// What `tidy` removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// How many remains of uploads.
    pub removed: u64,
}

/// The kinds of failure that decisions depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkErrorKind {
    /// No such object.
    NotFound,
    /// There is one already.
    Exists,
    /// Credentials or permissions do not suffice.
    Denied,
    /// No space is left.
    Full,
    /// It cannot be removed yet.
    Locked {
        /// When it can be.
        until: DateTime<Utc>,
    },
    /// The place cannot be reached.
    Unreachable,
    /// What is stored is not what was written.
    Damaged,
    /// Anything else.
    Other,
}

/// A failed operation.
#[derive(Debug, Clone, Error)]
#[error("{what}: {detail}")]
pub struct SinkError {
    /// Its kind.
    pub kind: SinkErrorKind,
    /// Operation and key.
    pub what: String,
    /// What came back.
    pub detail: String,
}

impl SinkError {
    /// A failure of `what`.
    pub fn new(kind: SinkErrorKind, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, what: what.into(), detail: detail.into() }
    }
}
