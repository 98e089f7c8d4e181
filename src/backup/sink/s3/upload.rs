//! An object on its way into a bucket. Owns the parts: one is sent while the next one is filled, so at most two are in memory
//! (16 MiB up to 39 GiB; see `parts`).

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::types::CompletedPart;
use bytes::{Buf, Bytes, BytesMut};
use tokio::task::JoinHandle;

use super::{
    super::{ObjectKey, SinkError, SinkErrorKind, StoredObject, Upload},
    multipart::Multipart,
    parts::{MAX_PARTS, part_size},
    store::{Existing, Store},
};

pub(super) struct S3Upload {
    store: Arc<Store>,
    key: ObjectKey,
    what: String,
    /// The part that is being filled.
    filling: BytesMut,
    /// Parts handed over, and bytes with those that are being filled.
    parts: u32,
    size: u64,
    /// Opened with the first full part: what is smaller goes in one call.
    multipart: Option<Multipart>,
    /// The store has been asked to open it, and has not answered.
    opening: bool,
    sending: Option<JoinHandle<Result<CompletedPart, SinkError>>>,
    sent: Vec<CompletedPart>,
    failed: Option<SinkError>,
}

impl S3Upload {
    pub(super) fn new(store: Arc<Store>, key: ObjectKey) -> Self {
        Self {
            what: format!("write {key}"),
            store,
            key,
            filling: BytesMut::new(),
            parts: 0,
            size: 0,
            multipart: None,
            opening: false,
            sending: None,
            sent: Vec::new(),
            failed: None,
        }
    }

    async fn take(&mut self, mut chunk: Bytes) -> Result<(), SinkError> {
        self.size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        while chunk.has_remaining() {
            let full = usize::try_from(part_size(self.parts + 1)).unwrap_or(usize::MAX);
            if self.filling.capacity() == 0 {
                // Memory counts when it is written to, so this costs a small object nothing.
                self.filling.reserve(full);
            }
            let fits = chunk.len().min(full - self.filling.len());
            self.filling.extend_from_slice(&chunk.split_to(fits));
            if self.filling.len() == full {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Hands the filled part over to be sent, when the one before has arrived.
    async fn send(&mut self) -> Result<(), SinkError> {
        self.arrived().await?;
        if self.parts == MAX_PARTS {
            let detail = format!("the object is larger than S3 takes: {} bytes", self.size);
            return Err(SinkError::new(SinkErrorKind::Other, &self.what, detail));
        }
        let multipart = match &self.multipart {
            Some(multipart) => multipart.clone(),
            None => {
                self.opening = true;
                let opened = self.store.open(&self.key, &self.what).await;
                self.opening = false;
                self.multipart.insert(opened?).clone()
            }
        };
        self.parts += 1;
        let content = std::mem::take(&mut self.filling).freeze();
        let (store, what) = (Arc::clone(&self.store), self.what.clone());
        let number = i32::try_from(self.parts).unwrap_or(i32::MAX);
        self.sending = Some(tokio::spawn(async move { store.send_part(&multipart, number, content, &what).await }));
        Ok(())
    }

    /// Waits for the part that is under way.
    async fn arrived(&mut self) -> Result<(), SinkError> {
        // It stays in its place while it is waited for, so that one who stops waiting leaves it to `end`.
        if let Some(sending) = &mut self.sending {
            let arrived = sending.await;
            self.sending = None;
            let died = |died: tokio::task::JoinError| SinkError::new(SinkErrorKind::Other, &self.what, died.to_string());
            self.sent.push(arrived.map_err(died)??);
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<StoredObject, SinkError> {
        if self.multipart.is_none() {
            let content = std::mem::take(&mut self.filling).freeze();
            self.store.put(&self.key, content, Existing::Kept, &self.what).await?;
            return self.store.confirm(&self.key, self.size, &self.what).await;
        }
        if !self.filling.is_empty() {
            self.send().await?;
        }
        self.arrived().await?;
        match &self.multipart {
            Some(multipart) => {
                let parts = std::mem::take(&mut self.sent);
                let object = self.store.complete(&self.key, multipart, parts, self.size, &self.what).await?;
                self.multipart = None;
                Ok(object)
            }
            None => Err(SinkError::new(SinkErrorKind::Other, &self.what, "the upload is over")),
        }
    }

    /// Leaves nothing of it. What the store does not let go of now is left to `tidy`.
    async fn end(&mut self) {
        self.filling = BytesMut::new();
        if let Some(sending) = self.sending.take() {
            sending.abort();
            // A part that arrives after its upload was aborted might be kept.
            let _ = sending.await;
        }
        if let Some(multipart) = self.multipart.take() {
            let _ = self.store.abort(&multipart, &self.what).await;
        }
        // Somebody stopped waiting for the answer, so that its identifier is not known.
        if std::mem::take(&mut self.opening) {
            let _ = self.store.abort_others(&self.key, None, &self.what).await;
        }
    }
}

#[async_trait]
impl Upload for S3Upload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let taken = self.take(chunk).await;
        if let Err(error) = &taken {
            self.failed = Some(error.clone());
            self.end().await;
        }
        taken
    }

    async fn finish(mut self: Box<Self>) -> Result<StoredObject, SinkError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let committed = self.commit().await;
        self.end().await;
        committed
    }

    async fn abort(mut self: Box<Self>) {
        self.end().await;
    }
}

impl Drop for S3Upload {
    fn drop(&mut self) {
        // Nobody waits for it any more; the part's memory goes with it.
        if let Some(sending) = &self.sending {
            sending.abort();
        }
    }
}
