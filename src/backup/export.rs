//! A set, copied from where it is kept to another place, to be taken away. Every byte is checked on its way, and the manifest
//! comes last, as when the set was made.
//!
//! Refuses to copy what is not what was stored, and to replace what is there.

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use bytes::Bytes;
use futures_util::StreamExt as _;

use super::{
    catalog::VerifiedManifest,
    flaw::Flaw,
    manifest::{ManifestError, ObjectRecord},
    pipeline::{Moved, Progress, no_progress},
    set::{MANIFEST, ObjectName},
    sink::{InvalidKey, ObjectKey, Put, Sink, SinkError, SinkErrorKind, Upload},
    verify::{self, Hashing},
};

/// Why a set was not copied. What was copied stays, without the manifest that would make it a set; the next run goes on there.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The set is damaged.
    #[error("the backup is damaged: {0}")]
    Damaged(Flaw),
    /// A place fails.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// What is there under a name of the set is something else.
    #[error("{0} is there already, and is something else")]
    Occupied(ObjectKey),
    /// Somebody asked to stop.
    #[error("the export was interrupted")]
    Cancelled,
    /// The manifest cannot be written out.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// No object of ours has so long a name.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// A thread was lost.
    #[error("a thread ended before its time: {0}")]
    Thread(std::io::Error),
}

impl ExportError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Damaged(_) => Some("medianestctl backup verify looks at every set; take another one away".to_owned()),
            Self::Sink(error) => error.hint(),
            Self::Occupied(_) => Some("name an empty directory".to_owned()),
            Self::Cancelled => Some("run it again: it goes on from there".to_owned()),
            Self::Manifest(_) | Self::Key(_) | Self::Thread(_) => None,
        }
    }
}

/// Copies a set from one place to another, where it lies under the same names.
///
/// # Errors
/// See [`ExportError`].
pub async fn export(
    set: &VerifiedManifest,
    from: &dyn Sink,
    to: &dyn Sink,
    cancel: &CancellationToken,
    progress: &Progress,
) -> Result<(), ExportError> {
    for (name, record) in &set.manifest().objects {
        copy(name, record, &set.key(name)?, (from, to), cancel, progress).await?;
    }
    let at = set.folder().join(MANIFEST)?;
    let content = Bytes::from(set.signed().to_bytes()?);
    match to.put(&at, content.clone(), Put::New).await {
        Err(error) if error.kind == SinkErrorKind::Exists => {
            if holds(to, &at, &content).await? {
                Ok(())
            } else {
                Err(ExportError::Occupied(at))
            }
        }
        put => Ok(put?),
    }
}

/// Whether a small object has this content.
async fn holds(sink: &dyn Sink, at: &ObjectKey, content: &Bytes) -> Result<bool, SinkError> {
    let mut rest = content.as_ref();
    let mut chunks = sink.read(at, 0).await?;
    while let Some(chunk) = chunks.next().await {
        match rest.strip_prefix(chunk?.as_ref()) {
            Some(after) => rest = after,
            None => return Ok(false),
        }
    }
    Ok(rest.is_empty())
}

async fn copy(
    name: &ObjectName,
    record: &ObjectRecord,
    at: &ObjectKey,
    (from, to): (&dyn Sink, &dyn Sink),
    cancel: &CancellationToken,
    progress: &Progress,
) -> Result<(), ExportError> {
    let mut upload = match to.begin(at).await {
        Ok(upload) => upload,
        // Of an earlier run that was cut short; or something else.
        Err(error) if error.kind == SinkErrorKind::Exists => {
            return match verify::stored(to, at, record, cancel, &no_progress()).await {
                Ok(None) => {
                    progress(Moved { plain: 0, stored: record.size });
                    Ok(())
                }
                Ok(Some(_)) => Err(ExportError::Occupied(at.clone())),
                Err(verify::VerifyError::Sink(error)) => Err(error.into()),
                Err(verify::VerifyError::Thread(error)) => Err(ExportError::Thread(error)),
                Err(_) => Err(ExportError::Cancelled),
            };
        }
        Err(error) => return Err(error.into()),
    };
    match pass(name, record, at, from, upload.as_mut(), cancel, progress).await {
        Ok(()) => {
            upload.finish().await?;
            Ok(())
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

/// Hands an object's bytes on, and says whether they were those that were stored.
async fn pass(
    name: &ObjectName,
    record: &ObjectRecord,
    at: &ObjectKey,
    from: &dyn Sink,
    upload: &mut dyn Upload,
    cancel: &CancellationToken,
    progress: &Progress,
) -> Result<(), ExportError> {
    let damaged = |damage| ExportError::Damaged(Flaw::of_object(name, damage));
    let mut hashing = Hashing::of(record);
    let mut chunks = from.read(at, 0).await?;
    loop {
        let chunk = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ExportError::Cancelled),
            chunk = chunks.next() => chunk,
        };
        let Some(chunk) = chunk.transpose()? else { break };
        progress(Moved { plain: 0, stored: chunk.len() as u64 });
        if let Some(damage) = hashing.take(chunk.clone()).await {
            return Err(damaged(damage));
        }
        upload.write(chunk).await?;
    }
    match hashing.finish().await.map_err(ExportError::Thread)? {
        Some(damage) => Err(damaged(damage)),
        None => Ok(()),
    }
}
