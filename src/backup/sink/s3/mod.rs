//! Backups in an S3 bucket, at AWS or any store that speaks its language. The only user of the AWS SDK.
//!
//! Owns keys below the prefix, uploads in parts, how lost answers are settled, what errors mean. Refuses to wait without a
//! limit, and to say that an object is there before the store has confirmed its size.

mod client;
mod credentials;
mod errors;
mod multipart;
mod parts;
mod read;
mod settings;
mod store;
mod upload;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::Utc;
use futures_util::stream::BoxStream;

use super::{ObjectKey, Put, Sink, SinkError, SinkErrorKind, StoredObject, Tidied, Upload};
pub use settings::{CredentialSource, LockMode, ObjectLock, Patience, S3Settings};
use store::{Existing, Store};
use upload::S3Upload;

/// A bucket, or a folder of one.
#[derive(Debug, Clone)]
pub struct S3Sink {
    store: Arc<Store>,
    description: String,
}

impl S3Sink {
    /// The target with these settings. `variables` looks up an environment variable. Files of credentials and certificates are
    /// read; the store is not asked yet.
    ///
    /// # Errors
    /// `Denied` when there are no credentials, `Other` when a setting cannot be right.
    pub fn new(settings: &S3Settings, variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, SinkError> {
        settings.check()?;
        let credentials = credentials::find(&settings.credentials, variables)?;
        let client = client::client(settings, &credentials)?;
        let folder = settings.prefix.as_ref().map(|prefix| format!("/{prefix}")).unwrap_or_default();
        let description = format!("s3 {}{folder} at {}", settings.bucket, settings.host());
        Ok(Self { store: Arc::new(Store::new(client, settings)), description })
    }
}

#[async_trait]
impl Sink for S3Sink {
    fn describe(&self) -> String {
        self.description.clone()
    }

    async fn begin(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, SinkError> {
        let what = format!("write {key}");
        match self.store.look(key, &what).await? {
            Some(_) => Err(exists(what)),
            None => Ok(Box::new(S3Upload::new(Arc::clone(&self.store), key.clone()))),
        }
    }

    async fn put(&self, key: &ObjectKey, content: Bytes, how: Put) -> Result<(), SinkError> {
        let what = format!("write {key}");
        match how {
            Put::Replace => self.store.put(key, content, Existing::Replaced, &what).await,
            // Stores that know no conditions are asked beforehand at least.
            Put::New if self.store.look(key, &what).await?.is_some() => Err(exists(what)),
            Put::New => self.store.put(key, content, Existing::Kept, &what).await,
        }
    }

    async fn read(&self, key: &ObjectKey, from: u64) -> Result<BoxStream<'static, Result<Bytes, SinkError>>, SinkError> {
        read::read(Arc::clone(&self.store), key.clone(), from).await
    }

    async fn list(&self, prefix: Option<&ObjectKey>) -> Result<Vec<StoredObject>, SinkError> {
        self.store.list(prefix).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), SinkError> {
        let what = format!("remove {key}");
        // In a bucket with versions removing succeeds and frees nothing, lock or not: so the lock is asked for first.
        match self.store.look(key, &what).await? {
            Some(found) if found.locked_until.is_some_and(|until| until > Utc::now()) => {
                let kind = SinkErrorKind::Locked { until: found.locked_until };
                Err(SinkError::new(kind, what, "the object is locked"))
            }
            Some(found) if found.on_hold => {
                Err(SinkError::new(SinkErrorKind::Locked { until: None }, what, "the object is on legal hold"))
            }
            // Also when it is not there: a bucket that is missing is told only now.
            _ => self.store.remove(key, &what).await,
        }
    }

    async fn tidy(&self, older_than: Duration) -> Result<Tidied, SinkError> {
        self.store.tidy(older_than).await
    }
}

fn exists(what: String) -> SinkError {
    SinkError::new(SinkErrorKind::Exists, what, "there is an object of that key")
}
