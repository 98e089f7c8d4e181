//! The bytes of an object as they are kept, against the manifest. Streams; needs no key.

use std::io;

use bytes::Bytes;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

use super::{VerifyError, fault_of};
use crate::backup::{
    digest::Digest,
    flaw::Fault,
    manifest::ObjectRecord,
    pipeline::{Damage, Moved, Progress},
    sink::{ObjectKey, Sink},
};

/// Bytes that are hashed on a thread of their own, while more of them come.
pub(in crate::backup) struct Hashing {
    feed: mpsc::Sender<Bytes>,
    hash: JoinHandle<Digest>,
    size: u64,
    expected: u64,
    digest: Digest,
}

impl Hashing {
    /// Expects the bytes that the record tells.
    pub(in crate::backup) fn of(record: &ObjectRecord) -> Self {
        let (feed, mut fed) = mpsc::channel::<Bytes>(2);
        let hash = spawn_blocking(move || {
            let mut hash = Sha256::new();
            while let Some(chunk) = fed.blocking_recv() {
                hash.update(&chunk);
            }
            Digest::new(hash.finalize().into())
        });
        Self { feed, hash, size: 0, expected: record.size, digest: record.sha256 }
    }

    /// Takes the next bytes; says when they are more than there should be.
    pub(in crate::backup) async fn take(&mut self, chunk: Bytes) -> Option<Damage> {
        self.size = self.size.saturating_add(chunk.len() as u64);
        if self.size > self.expected {
            return Some(Damage::Long(self.expected));
        }
        // The thread takes all that comes; were it gone, `finish` would tell.
        let _ = self.feed.send(chunk).await;
        None
    }

    /// What is wrong with them, now that they have ended.
    pub(in crate::backup) async fn finish(self) -> Result<Option<Damage>, io::Error> {
        drop(self.feed);
        let digest = self.hash.await.map_err(io::Error::other)?;
        Ok(match self.size < self.expected {
            true => Some(Damage::Short { found: self.size, expected: self.expected }),
            false if digest != self.digest => Some(Damage::Digest),
            false => None,
        })
    }
}

/// Reads an object to its end, and says what is wrong with it.
pub(in crate::backup) async fn check(
    sink: &dyn Sink,
    at: &ObjectKey,
    record: &ObjectRecord,
    cancel: &CancellationToken,
    progress: &Progress,
) -> Result<Option<Fault>, VerifyError> {
    let mut chunks = match sink.read(at, 0).await {
        Ok(chunks) => chunks,
        Err(error) => return fault_of(error).map(Some),
    };
    let mut hashing = Hashing::of(record);
    loop {
        let chunk = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(VerifyError::Cancelled),
            chunk = chunks.next() => chunk,
        };
        match chunk {
            None => break,
            Some(Err(error)) => return fault_of(error).map(Some),
            Some(Ok(chunk)) => {
                progress(Moved { plain: 0, stored: chunk.len() as u64 });
                if let Some(damage) = hashing.take(chunk).await {
                    return Ok(Some(damage.into()));
                }
            }
        }
    }
    let damage = hashing.finish().await.map_err(VerifyError::Thread)?;
    Ok(damage.map(Fault::Damaged))
}
