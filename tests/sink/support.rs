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
    // A block whose size has nothing in common with those of parts and chunks, over and over.
    let block: Vec<u8> = (0..65_537_u32).map(|n| (n.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    let mut content = block.repeat(size / block.len() + 1);
    content.truncate(size);
    content.into()
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
