//! An object in memory, with an upload that can be told to fail, and ways to store to it and fetch from it.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::{StreamExt as _, stream::BoxStream};
use medianestctl::{
    backup::{
        keys::{Identity, Lock, Unlock},
        manifest::ObjectRecord,
        pipeline::{Compression, Expected, FetchError, StoreSettings, Stored, fetch, no_progress, store},
        set::{Component, ObjectName},
        sink::{ObjectKey, SinkError, SinkErrorKind, StoredObject, Upload},
    },
    secret::Secret,
};
use tokio_util::sync::CancellationToken;

/// What became of an upload.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub enum Fate {
    #[default]
    Open,
    Finished,
    Aborted,
}

#[derive(Debug, Default)]
pub struct Object {
    pub bytes: Vec<u8>,
    pub fate: Fate,
}

pub type Shared = Arc<Mutex<Object>>;

/// What happens at a write, given the bytes that are there already.
type AtWrite = Box<dyn FnMut(usize) -> Result<(), SinkError> + Send>;

pub struct MemoryUpload {
    object: Shared,
    at_write: AtWrite,
}

pub fn upload() -> (Box<dyn Upload>, Shared) {
    upload_with(|_| Ok(()))
}

pub fn upload_with(at_write: impl FnMut(usize) -> Result<(), SinkError> + Send + 'static) -> (Box<dyn Upload>, Shared) {
    let object = Shared::default();
    (Box::new(MemoryUpload { object: Arc::clone(&object), at_write: Box::new(at_write) }), object)
}

pub fn full() -> SinkError {
    SinkError::new(SinkErrorKind::Full, "write", "no space left")
}

#[async_trait]
impl Upload for MemoryUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError> {
        let mut object = self.object.lock().unwrap();
        (self.at_write)(object.bytes.len())?;
        object.bytes.extend_from_slice(&chunk);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<StoredObject, SinkError> {
        let mut object = self.object.lock().unwrap();
        object.fate = Fate::Finished;
        let key = ObjectKey::new("object".to_owned()).unwrap();
        Ok(StoredObject { key, size: object.bytes.len() as u64, modified: DateTime::UNIX_EPOCH })
    }

    async fn abort(self: Box<Self>) {
        self.object.lock().unwrap().fate = Fate::Aborted;
    }
}

/// How bytes are stored and read back.
#[derive(Clone)]
pub struct Setup {
    pub compression: Compression,
    pub key: Option<Identity>,
}

impl Setup {
    pub fn encrypted(compression: Compression) -> Self {
        Self { compression, key: Some(Identity::generate()) }
    }

    pub fn settings(&self) -> StoreSettings {
        let lock = self.key.as_ref().map(|key| Lock::recipients(vec![key.recipient()]).unwrap());
        StoreSettings { compression: self.compression, lock }
    }

    pub fn unlock(&self) -> Option<Unlock> {
        self.key.clone().map(|key| Unlock::Identities(vec![key]))
    }

    pub fn name(&self) -> ObjectName {
        ObjectName { component: Component::Config, packing: self.compression.packing(), encrypted: self.key.is_some() }
    }

    /// Stores what `source` writes.
    pub async fn store_from<T: Send + 'static>(
        &self,
        source: impl FnOnce(&mut dyn Write) -> io::Result<T> + Send + 'static,
    ) -> (Vec<u8>, Stored, T) {
        let (upload, object) = upload();
        let (stored, value) = store(&self.settings(), source, upload, &CancellationToken::new(), no_progress()).await.unwrap();
        let object = object.lock().unwrap();
        assert_eq!(object.fate, Fate::Finished);
        (object.bytes.clone(), stored, value)
    }

    pub async fn store(&self, plain: &[u8]) -> (Vec<u8>, Stored) {
        let plain = plain.to_vec();
        let (bytes, stored, ()) = self.store_from(move |output| output.write_all(&plain)).await;
        (bytes, stored)
    }

    pub fn expected(&self, stored: Stored) -> Expected {
        Expected::of(&self.name(), &ObjectRecord::from(stored))
    }

    /// Reads bytes back, as if they were what was stored.
    pub async fn fetch(&self, bytes: Vec<u8>, stored: Stored) -> Result<Vec<u8>, FetchError<io::Error>> {
        self.fetch_with(bytes, stored, |input| {
            let mut plain = Vec::new();
            input.read_to_end(&mut plain).map(|_| plain)
        })
        .await
    }

    pub async fn fetch_with<T: Send + 'static>(
        &self,
        bytes: Vec<u8>,
        stored: Stored,
        consumer: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FetchError<io::Error>> {
        let unlock = self.unlock();
        fetch(stream(bytes), self.expected(stored), unlock.as_ref(), consumer, &CancellationToken::new(), no_progress()).await
    }
}

/// Bytes as a sink gives them, in chunks of odd sizes.
pub fn stream(bytes: Vec<u8>) -> BoxStream<'static, Result<Bytes, SinkError>> {
    let bytes = Bytes::from(bytes);
    let chunk = 9973;
    let starts = (0..bytes.len()).step_by(chunk);
    let chunks: Vec<_> = starts.map(|start| Ok(bytes.slice(start..bytes.len().min(start + chunk)))).collect();
    futures_util::stream::iter(chunks).boxed()
}

pub fn passphrase(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}
