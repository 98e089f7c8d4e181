//! An object on its way out of a bucket. Owns going on where a connection broke, and that the object is the same then.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::{
    super::{ObjectKey, SinkError, SinkErrorKind},
    errors::failed,
    store::Store,
};

type Chunks = BoxStream<'static, Result<Bytes, SinkError>>;

struct Reading {
    store: Arc<Store>,
    key: ObjectKey,
    what: String,
    /// The next byte, and the one after the last.
    next: u64,
    end: u64,
    tag: Option<String>,
    body: Option<ByteStream>,
    /// Connections in a row that brought nothing.
    fruitless: u32,
}

/// The object from byte `from` on.
pub(super) async fn read(store: Arc<Store>, key: ObjectKey, from: u64) -> Result<Chunks, SinkError> {
    let what = format!("read {key}");
    let mut reading = Reading { store, key, what, next: from, end: 0, tag: None, body: None, fruitless: 0 };
    match reading.open().await {
        Ok(()) => {}
        // From its end on there is nothing, which stores call an invalid range.
        Err(error) if from > 0 && error.kind == SinkErrorKind::Damaged => {
            let Some(found) = reading.store.look(&reading.key, &reading.what).await? else { return Err(error) };
            if found.object.size == from {
                return Ok(stream::empty().boxed());
            }
            let detail = format!("it ends at byte {}, before byte {from}", found.object.size);
            return Err(SinkError::new(SinkErrorKind::Damaged, reading.what, detail));
        }
        Err(error) => return Err(error),
    }
    let chunks = stream::unfold(Some(reading), |reading| async move {
        let mut reading = reading?;
        match reading.chunk().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(reading))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    Ok(chunks.boxed())
}

impl Reading {
    async fn open(&mut self) -> Result<(), SinkError> {
        let range = (self.next > 0).then(|| format!("bytes={}-", self.next));
        let call = self.store.client.get_object().bucket(&self.store.bucket).key(self.store.name(&self.key));
        let sent = call.set_range(range.clone()).set_if_match(self.tag.clone()).send().await;
        let answer = sent.map_err(|error| match failed(&self.what, &error) {
            // Nothing is written, so this is not about something that exists.
            error if error.kind == SinkErrorKind::Exists => {
                SinkError::new(SinkErrorKind::Damaged, &self.what, "the object was replaced while it was read")
            }
            error => error,
        })?;
        let starts = format!("bytes {}-", self.next);
        if range.is_some() && !answer.content_range().is_some_and(|given| given.starts_with(&starts)) {
            return Err(SinkError::new(SinkErrorKind::Other, &self.what, "the store does not read from the middle of an object"));
        }
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let unsized_ = || SinkError::new(SinkErrorKind::Damaged, &self.what, "the store does not tell the object's size");
        self.end = self.next.saturating_add(length.ok_or_else(unsized_)?);
        self.tag = answer.e_tag().map(ToOwned::to_owned);
        self.body = Some(answer.body);
        Ok(())
    }

    /// The next bytes; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, SinkError> {
        loop {
            if self.next == self.end {
                return Ok(None);
            }
            let Some(body) = &mut self.body else {
                self.open().await?;
                continue;
            };
            let broken = match tokio::time::timeout(self.store.patience.answer, body.next()).await {
                Ok(Some(Ok(chunk))) if chunk.is_empty() => continue,
                Ok(Some(Ok(chunk))) => {
                    self.next = self.next.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                    self.fruitless = 0;
                    if self.next > self.end {
                        return Err(SinkError::new(SinkErrorKind::Damaged, &self.what, "the store sent more than it has"));
                    }
                    return Ok(Some(chunk));
                }
                Ok(Some(Err(error))) => error.to_string(),
                Ok(None) => "the connection ended before the object did".to_owned(),
                Err(_) => "no more came in time".to_owned(),
            };
            self.body = None;
            self.fruitless += 1;
            if self.fruitless >= self.store.patience.attempts {
                return Err(SinkError::new(SinkErrorKind::Unreachable, &self.what, broken));
            }
            tokio::time::sleep(self.store.patience.pause(self.fruitless)).await;
        }
    }
}
