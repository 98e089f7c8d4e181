//! Uploads in parts as the store sees them: begun, filled, completed or aborted, and what is left of those that were cut short.

use std::time::Duration;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::{
    super::{ObjectKey, SinkError, SinkErrorKind, StoredObject, Tidied},
    client::{Attempts, limits},
    errors::failed,
    store::{Existing, Store, ago, next_page, time},
};

/// How many times faster than the slowest upload a store joins the parts of one.
const COPY_SPEED: u64 = 64;

/// An open upload in parts.
#[derive(Debug, Clone)]
pub(super) struct Multipart {
    pub(super) name: String,
    pub(super) id: String,
}

impl Store {
    /// Begins an upload in parts.
    pub(super) async fn open(&self, key: &ObjectKey, what: &str) -> Result<Multipart, SinkError> {
        let (mode, until) = self.lock().unzip();
        let attempts = Attempts::default();
        let call = self.client.create_multipart_upload().bucket(&self.bucket).key(self.name(key));
        let call = call.set_storage_class(self.storage_class()).set_checksum_algorithm(self.checksum());
        let call = call.set_object_lock_mode(mode).set_object_lock_retain_until_date(until);
        let sent = call.customize().interceptor(attempts.clone()).send().await.map_err(|error| failed(what, &error));
        let nameless = || SinkError::new(SinkErrorKind::Damaged, what, "the store gave the upload no identifier");
        let opened = sent.and_then(|answer| answer.upload_id().map(ToOwned::to_owned).ok_or_else(nameless));
        // An attempt whose answer was lost has opened one that nobody knows the identifier of.
        if attempts.were_several() || opened.is_err() {
            // What cannot be found now is left to `tidy`.
            let _ = self.abort_others(key, opened.as_deref().ok(), what).await;
        }
        opened.map(|id| Multipart { name: self.name(key), id })
    }

    pub(super) async fn send_part(
        &self,
        multipart: &Multipart,
        number: i32,
        content: Bytes,
        what: &str,
    ) -> Result<CompletedPart, SinkError> {
        let size = content.len();
        let call = self.client.upload_part().bucket(&self.bucket).key(&multipart.name).upload_id(&multipart.id);
        let call = call.part_number(number).body(ByteStream::from(content)).set_checksum_algorithm(self.checksum());
        let call = call.customize().config_override(limits(&self.patience, u64::try_from(size).unwrap_or(u64::MAX)));
        let answer = call.send().await.map_err(|error| failed(what, &error))?;
        let part = CompletedPart::builder().part_number(number);
        let part = part.set_e_tag(answer.e_tag().map(ToOwned::to_owned));
        Ok(part.set_checksum_crc32(answer.checksum_crc32().map(ToOwned::to_owned)).build())
    }

    /// Makes one object of the parts. When the answer is lost or odd, what is there decides.
    pub(super) async fn complete(
        &self,
        key: &ObjectKey,
        multipart: &Multipart,
        parts: Vec<CompletedPart>,
        size: u64,
        what: &str,
    ) -> Result<StoredObject, SinkError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        loop {
            let (attempts, condition) = (Attempts::default(), self.condition(Existing::Kept));
            let call = self.client.complete_multipart_upload().bucket(&self.bucket).key(&multipart.name).upload_id(&multipart.id);
            let call = call.multipart_upload(parts.clone()).set_if_none_match(condition.clone());
            // Some stores copy all of it before they answer, which is faster than any upload.
            let limits = limits(&self.patience, size / COPY_SPEED);
            let call = call.customize().config_override(limits).interceptor(attempts.clone());
            let error = match call.send().await {
                Ok(_) => return self.confirm(key, size, what).await,
                Err(error) => failed(what, &error),
            };
            if self.knows_no(condition.as_deref(), &error) {
                continue;
            }
            // With one attempt it was not ours; with several the first one may have done it.
            if error.kind == SinkErrorKind::Exists && !attempts.were_several() {
                return Err(error);
            }
            return match self.look(key, what).await {
                Ok(Some(found)) if found.object.size == size => Ok(found.object),
                _ => Err(error),
            };
        }
    }

    /// The object that was written, when the store has it in this size; otherwise nothing of it is left.
    pub(super) async fn confirm(&self, key: &ObjectKey, size: u64, what: &str) -> Result<StoredObject, SinkError> {
        let detail = match self.look(key, what).await? {
            Some(found) if found.object.size == size => return Ok(found.object),
            Some(found) => format!("{size} bytes were sent, the store has {}", found.object.size),
            None => "the store took it, and does not have it".to_owned(),
        };
        // If this fails as well, the error is still the first one.
        let _ = self.remove(key, what).await;
        Err(SinkError::new(SinkErrorKind::Damaged, what, detail))
    }

    /// Ends an upload without an object.
    pub(super) async fn abort(&self, multipart: &Multipart, what: &str) -> Result<(), SinkError> {
        let call = self.client.abort_multipart_upload().bucket(&self.bucket).key(&multipart.name).upload_id(&multipart.id);
        match call.send().await.map_err(|error| failed(what, &error)) {
            Err(error) if error.kind == SinkErrorKind::NotFound => Ok(()),
            done => done.map(drop),
        }
    }

    /// Ends all uploads of this key, but the one to keep.
    pub(super) async fn abort_others(&self, key: &ObjectKey, keep: Option<&str>, what: &str) -> Result<(), SinkError> {
        let name = self.name(key);
        for (upload, _) in self.open_uploads(&name, what).await? {
            if upload.name == name && Some(upload.id.as_str()) != keep {
                self.abort(&upload, what).await?;
            }
        }
        Ok(())
    }

    /// Ends the uploads in our folder that were begun so long ago.
    pub(super) async fn tidy(&self, older_than: Duration) -> Result<Tidied, SinkError> {
        let what = "remove what was cut short";
        let limit = ago(older_than);
        let mut tidied = Tidied::default();
        for (upload, begun) in self.open_uploads(&self.folder(None), what).await? {
            // One whose age is unknown may be under way.
            if self.key(&upload.name).is_some() && begun.is_some_and(|begun| begun <= limit) {
                self.abort(&upload, what).await?;
                tidied.uploads += 1;
            }
        }
        Ok(tidied)
    }

    /// Open uploads of names that begin so, each with when it was begun.
    async fn open_uploads(&self, begin: &str, what: &str) -> Result<Vec<(Multipart, Option<DateTime<Utc>>)>, SinkError> {
        let mut found = Vec::new();
        let (mut key, mut id) = (None, None);
        loop {
            let call = self.client.list_multipart_uploads().bucket(&self.bucket).prefix(begin);
            let call = call.set_key_marker(key.clone()).set_upload_id_marker(id.clone());
            let page = call.send().await.map_err(|error| failed(what, &error))?;
            for upload in page.uploads() {
                if let (Some(name), Some(id)) = (upload.key(), upload.upload_id()) {
                    found.push((Multipart { name: name.to_owned(), id: id.to_owned() }, time(upload.initiated())));
                }
            }
            if page.is_truncated() != Some(true) {
                return Ok(found);
            }
            let next = (page.next_key_marker().map(ToOwned::to_owned), page.next_upload_id_marker().map(ToOwned::to_owned));
            if next == (key.take(), id.take()) {
                next_page(None, None, what)?;
            }
            (key, id) = next;
        }
    }
}
