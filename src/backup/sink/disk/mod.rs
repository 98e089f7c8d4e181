//! Backups in a directory: one file an object, written beside, synced, renamed.
//!
//! Owns file names, modes (0600, directories 0700), durability. Refuses to create the target itself (an unmounted disk
//! would fill the one beneath), to follow symbolic links inside it, and to touch files that are not its own.

mod files;
mod tree;
mod upload;

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::{ObjectKey, Put, Sink, SinkError, SinkErrorKind, StoredObject, Tidied, Upload};
use upload::DiskUpload;

/// A directory of backups.
#[derive(Debug, Clone)]
pub struct DiskSink {
    target: PathBuf,
}

impl DiskSink {
    /// The target at this path. That it is there is asked anew with every call, so that a disk that is unmounted meanwhile is
    /// noticed.
    pub fn new(target: impl Into<PathBuf>) -> Self {
        Self { target: target.into() }
    }
}

#[async_trait]
impl Sink for DiskSink {
    fn describe(&self) -> String {
        format!("disk {}", self.target.display())
    }

    async fn begin(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, SinkError> {
        let (target, key) = (self.target.clone(), key.clone());
        let part = blocking(format!("write {key}"), move |what| files::Part::create(&target, &key, what)).await?;
        Ok(Box::new(DiskUpload::new(part)))
    }

    async fn put(&self, key: &ObjectKey, content: Bytes, how: Put) -> Result<(), SinkError> {
        let (target, key) = (self.target.clone(), key.clone());
        blocking(format!("write {key}"), move |what| {
            let mut part = match how {
                Put::New => files::Part::create(&target, &key, what)?,
                Put::Replace => files::Part::create_over(&target, &key, what)?,
            };
            let written = part.write(&content);
            let written = written.and_then(|()| part.commit(how));
            written.map(drop).inspect_err(|_| part.discard())
        })
        .await
    }

    async fn read(&self, key: &ObjectKey, from: u64) -> Result<BoxStream<'static, Result<Bytes, SinkError>>, SinkError> {
        let (target, key) = (self.target.clone(), key.clone());
        let what = format!("read {key}");
        let reader = blocking(what.clone(), move |what| files::Reader::open(&target, &key, from, what)).await?;
        let chunks = stream::unfold(Some(reader), move |reader| {
            let what = what.clone();
            async move {
                let mut reader = reader?;
                let next = blocking(what, move |_| reader.chunk().map(|chunk| (chunk, reader))).await;
                match next {
                    Ok((Some(chunk), reader)) => Some((Ok(chunk), Some(reader))),
                    Ok((None, _)) => None,
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        Ok(chunks.boxed())
    }

    async fn list(&self, prefix: Option<&ObjectKey>) -> Result<Vec<StoredObject>, SinkError> {
        let (target, prefix) = (self.target.clone(), prefix.cloned());
        blocking("list objects".to_owned(), move |what| tree::list(&target, prefix.as_ref(), what)).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), SinkError> {
        let (target, key) = (self.target.clone(), key.clone());
        blocking(format!("remove {key}"), move |what| files::remove(&target, &key, what)).await
    }

    async fn tidy(&self, older_than: Duration) -> Result<Tidied, SinkError> {
        let target = self.target.clone();
        blocking("remove what was cut short".to_owned(), move |what| tree::tidy(&target, older_than, what)).await
    }
}

/// Does file work where it holds nobody up.
async fn blocking<T: Send + 'static>(
    what: String,
    work: impl FnOnce(&str) -> Result<T, SinkError> + Send + 'static,
) -> Result<T, SinkError> {
    let name = what.clone();
    let done = tokio::task::spawn_blocking(move || work(&name)).await;
    done.unwrap_or_else(|died| Err(SinkError::new(SinkErrorKind::Other, what, died.to_string())))
}
