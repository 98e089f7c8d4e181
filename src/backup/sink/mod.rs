//! Where backups are kept: the contract of a sink, and its implementations.
//!
//! Owns named objects, each of which is there whole or not at all. Refuses to know what is in them: sets, manifests and
//! retention are other modules' affair.

mod disk;
mod error;
mod key;
#[cfg(feature = "s3")]
mod s3;
mod tee;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

pub use disk::DiskSink;
pub use error::{SinkError, SinkErrorKind};
pub use key::{InvalidKey, ObjectKey};
#[cfg(feature = "s3")]
pub use s3::{CredentialSource, LockMode, ObjectLock, Patience, S3Settings, S3Sink};
pub use tee::{Target, Tee};

/// Where sets are kept: a place of named objects, each whole or not there.
#[async_trait]
pub trait Sink: Send + Sync {
    /// For people: `disk /srv/backups`, `s3 bucket/prefix at host`. No credential.
    fn describe(&self) -> String;
    /// Begins an object; nobody sees it before `Upload::finish`.
    ///
    /// # Errors
    /// `Exists` where there is an object of that key: an upload never replaces one.
    async fn begin(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, SinkError>;
    /// Writes a small object (manifest, latest) whole. `Put::New` fails with `SinkErrorKind::Exists` where there is one,
    /// `Put::Replace` replaces atomically.
    async fn put(&self, key: &ObjectKey, content: Bytes, how: Put) -> Result<(), SinkError>;
    /// Reads an object in order, from byte `from` on. Chunks are of any size; the end of the object itself is no error,
    /// a `from` behind it is `Damaged`.
    async fn read(&self, key: &ObjectKey, from: u64) -> Result<BoxStream<'static, Result<Bytes, SinkError>>, SinkError>;
    /// Objects whose keys begin with `prefix` (a folder, or all), in order of key.
    async fn list(&self, prefix: Option<&ObjectKey>) -> Result<Vec<StoredObject>, SinkError>;
    /// Removes an object; one that is not there is no error.
    async fn remove(&self, key: &ObjectKey) -> Result<(), SinkError>;
    /// Removes what uploads cut short have left (temporary files, open multipart uploads) older than `older_than`. The age of
    /// a multipart upload counts from its beginning, so `older_than` must be longer than the longest upload takes.
    async fn tidy(&self, older_than: Duration) -> Result<Tidied, SinkError>;
}

/// An object on its way into a sink. After an error it is over: what was written is gone already, and all further calls
/// fail in the same way.
#[async_trait]
pub trait Upload: Send {
    /// Takes the next bytes. They need not be stored when it returns; an error may be that of an earlier chunk.
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError>;
    /// Makes it durable and visible; what is stored has been checked by size.
    ///
    /// # Errors
    /// Then nothing of it is left, as far as the place can be reached.
    async fn finish(self: Box<Self>) -> Result<StoredObject, SinkError>;
    /// Leaves nothing behind. Dropping without either leaves what `tidy` removes.
    async fn abort(self: Box<Self>);
}

/// How `Sink::put` meets an object of the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Fails with `SinkErrorKind::Exists`.
    New,
    /// Replaces it: a reader sees the old or the new content, whole.
    Replace,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its key.
    pub key: ObjectKey,
    /// Size in bytes.
    pub size: u64,
    /// When it was written, by the clock of the place that keeps it.
    pub modified: DateTime<Utc>,
}

/// What `Sink::tidy` has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Uploads cut short.
    pub uploads: u64,
    /// Bytes that they held, where the place tells (a disk does, S3 does not).
    pub bytes: u64,
}
