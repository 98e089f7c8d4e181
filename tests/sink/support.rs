//! What the tests of all sinks share: content, whole reads and writes.

use bytes::Bytes;
use futures_util::TryStreamExt;
use medianestctl::backup::sink::{ObjectKey, Sink, SinkError, StoredObject};

pub const MIB: usize = 1 << 20;

pub fn key(key: &str) -> ObjectKey {
    ObjectKey::new(key).unwrap()
}

/// Bytes that differ wherever two of them could be taken for one another.
pub fn content(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..size).map(|_| next()).collect()
}

/// Uploads in chunks of an odd size.
pub async fn upload(sink: &dyn Sink, name: &str, content: &Bytes) -> Result<StoredObject, SinkError> {
    let mut upload = sink.begin(&key(name)).await?;
    for at in (0..content.len()).step_by(299_993) {
        upload.write(content.slice(at..content.len().min(at + 299_993))).await?;
    }
    upload.finish().await
}

pub async fn read(sink: &dyn Sink, name: &str, from: u64) -> Result<Bytes, SinkError> {
    let chunks = sink.read(&key(name), from).await?;
    let chunks: Vec<Bytes> = chunks.try_collect().await?;
    Ok(chunks.concat().into())
}

/// Keys and sizes.
pub async fn list(sink: &dyn Sink, folder: Option<&str>) -> Vec<(String, u64)> {
    let folder = folder.map(key);
    let objects = sink.list(folder.as_ref()).await.unwrap();
    objects.into_iter().map(|object| (object.key.to_string(), object.size)).collect()
}
