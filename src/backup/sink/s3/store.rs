//! The calls to the store, one function each, with our keys, errors and time limits.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    primitives::{ByteStream, DateTime as SdkDateTime},
    types::{ChecksumAlgorithm, ObjectLockLegalHoldStatus, ObjectLockMode, StorageClass},
};
use bytes::Bytes;
use chrono::{DateTime, Days, Utc};

use super::{
    super::{ObjectKey, SinkError, SinkErrorKind, StoredObject},
    client::{Attempts, limits},
    errors::failed,
    settings::{LockMode, ObjectLock, Patience, S3Settings},
};

/// A bucket with how it is used.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) client: Client,
    pub(super) bucket: String,
    pub(super) patience: Patience,
    prefix: Option<ObjectKey>,
    storage_class: Option<StorageClass>,
    lock: Option<ObjectLock>,
    /// Whether the store takes `If-None-Match`, as far as is known.
    conditions: AtomicBool,
}

/// What becomes of an object of the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Kept,
    Replaced,
}

/// An object as the store describes it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) object: StoredObject,
    pub(super) locked_until: Option<DateTime<Utc>>,
    pub(super) on_hold: bool,
}

impl Store {
    pub(super) fn new(client: Client, settings: &S3Settings) -> Self {
        Self {
            client,
            bucket: settings.bucket.clone(),
            patience: settings.patience,
            prefix: settings.prefix.clone(),
            storage_class: settings.storage_class.as_deref().map(StorageClass::from),
            lock: settings.lock,
            conditions: AtomicBool::new(true),
        }
    }

    /// The key as the store knows it.
    pub(super) fn name(&self, key: &ObjectKey) -> String {
        match &self.prefix {
            Some(prefix) => format!("{prefix}/{key}"),
            None => key.to_string(),
        }
    }

    /// Our key of what the store knows; `None` for what is foreign.
    pub(super) fn key(&self, name: &str) -> Option<ObjectKey> {
        let name = match &self.prefix {
            Some(prefix) => name.strip_prefix(prefix.as_str())?.strip_prefix('/')?,
            None => name,
        };
        ObjectKey::new(name).ok()
    }

    /// What all names in the folder begin with.
    pub(super) fn folder(&self, folder: Option<&ObjectKey>) -> String {
        match (&self.prefix, folder) {
            (_, Some(folder)) => format!("{}/", self.name(folder)),
            (Some(prefix), None) => format!("{prefix}/"),
            (None, None) => String::new(),
        }
    }

    pub(super) fn storage_class(&self) -> Option<StorageClass> {
        self.storage_class.clone()
    }

    /// Mode and end of the lock that an object written now gets.
    pub(super) fn lock(&self) -> Option<(ObjectLockMode, SdkDateTime)> {
        let lock = self.lock?;
        let until = Utc::now().checked_add_days(Days::new(lock.days.into()))?;
        let mode = match lock.mode {
            LockMode::Governance => ObjectLockMode::Governance,
            LockMode::Compliance => ObjectLockMode::Compliance,
        };
        Some((mode, SdkDateTime::from_secs(until.timestamp())))
    }

    /// A checksum is required where a lock is asked for, and otherwise not sent: not every store knows it.
    pub(super) fn checksum(&self) -> Option<ChecksumAlgorithm> {
        self.lock.map(|_| ChecksumAlgorithm::Crc32)
    }

    /// The condition that there be no object yet, where the store takes it.
    pub(super) fn condition(&self, existing: Existing) -> Option<String> {
        (existing == Existing::Kept && self.conditions.load(Ordering::Relaxed)).then(|| "*".to_owned())
    }

    /// Whether a call failed only because the store does not take its condition. Conditions are left out from then on.
    pub(super) fn knows_no(&self, condition: Option<&str>, error: &SinkError) -> bool {
        let unknown = condition.is_some() && error.detail.contains("NotImplemented");
        if unknown {
            self.conditions.store(false, Ordering::Relaxed);
        }
        unknown
    }

    /// Looks at an object; `None` when it is not there.
    pub(super) async fn look(&self, key: &ObjectKey, what: &str) -> Result<Option<Found>, SinkError> {
        let sent = self.client.head_object().bucket(&self.bucket).key(self.name(key)).send().await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                return match failed(what, &error) {
                    error if error.kind == SinkErrorKind::NotFound => Ok(None),
                    // The answer to a HEAD has no content, so it does not say why.
                    error if error.kind == SinkErrorKind::Unreachable => Err(error),
                    error => Err(self.explain(what).await.unwrap_or(error)),
                };
            }
        };
        let size = answer.content_length().and_then(|size| u64::try_from(size).ok());
        let size =
            size.ok_or_else(|| SinkError::new(SinkErrorKind::Damaged, what, "the store does not tell the object's size"))?;
        Ok(Some(Found {
            object: StoredObject { key: key.clone(), size, modified: time(answer.last_modified()).unwrap_or_default() },
            locked_until: time(answer.object_lock_retain_until_date()),
            on_hold: answer.object_lock_legal_hold_status() == Some(&ObjectLockLegalHoldStatus::On),
        }))
    }

    /// Why the store refuses us, from a call whose answer says so.
    async fn explain(&self, what: &str) -> Option<SinkError> {
        let sent = self.client.list_objects_v2().bucket(&self.bucket).prefix(self.folder(None)).max_keys(1).send().await;
        sent.err().map(|error| failed(what, &error))
    }

    /// Writes an object in one call.
    pub(super) async fn put(&self, key: &ObjectKey, content: Bytes, existing: Existing, what: &str) -> Result<(), SinkError> {
        let lock = if existing == Existing::Kept { self.lock() } else { None };
        let (mode, until) = lock.unzip();
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        loop {
            let (attempts, condition) = (Attempts::default(), self.condition(existing));
            let call = self.client.put_object().bucket(&self.bucket).key(self.name(key));
            let call = call.body(ByteStream::from(content.clone())).set_if_none_match(condition.clone());
            let call = call.set_storage_class(self.storage_class()).set_checksum_algorithm(self.checksum());
            let call = call.set_object_lock_mode(mode.clone()).set_object_lock_retain_until_date(until);
            let call = call.customize().config_override(limits(&self.patience, size)).interceptor(attempts.clone());
            let error = match call.send().await {
                Ok(_) => return Ok(()),
                Err(error) => failed(what, &error),
            };
            if self.knows_no(condition.as_deref(), &error) {
                continue;
            }
            // What is there may be what the first attempt has written, its answer lost.
            let ours = error.kind == SinkErrorKind::Exists && attempts.were_several() && self.holds(key, &content, what).await?;
            return if ours { Ok(()) } else { Err(error) };
        }
    }

    /// Whether an object has exactly this content.
    async fn holds(&self, key: &ObjectKey, content: &Bytes, what: &str) -> Result<bool, SinkError> {
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        match self.look(key, what).await? {
            Some(found) if found.object.size == size => {}
            _ => return Ok(false),
        }
        let sent = self.client.get_object().bucket(&self.bucket).key(self.name(key)).send().await;
        let mut body = sent.map_err(|error| failed(what, &error))?.body;
        let late = |_| SinkError::new(SinkErrorKind::Unreachable, what, "the store did not answer in time");
        let cut =
            |error: aws_sdk_s3::primitives::ByteStreamError| SinkError::new(SinkErrorKind::Unreachable, what, error.to_string());
        let mut rest = content.as_ref();
        while let Some(chunk) = tokio::time::timeout(self.patience.answer, body.next()).await.map_err(late)? {
            match rest.strip_prefix(chunk.map_err(cut)?.as_ref()) {
                Some(after) => rest = after,
                None => return Ok(false),
            }
        }
        Ok(rest.is_empty())
    }

    pub(super) async fn list(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, SinkError> {
        let what = "list objects";
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let call = self.client.list_objects_v2().bucket(&self.bucket).prefix(self.folder(folder));
            let page = call.set_continuation_token(token.clone()).send().await.map_err(|error| failed(what, &error))?;
            for object in page.contents() {
                let key = object.key().and_then(|name| self.key(name));
                let size = object.size().and_then(|size| u64::try_from(size).ok());
                if let (Some(key), Some(size)) = (key, size) {
                    objects.push(StoredObject { key, size, modified: time(object.last_modified()).unwrap_or_default() });
                }
            }
            if page.is_truncated() != Some(true) {
                break;
            }
            token = next_page(token, page.next_continuation_token(), what)?;
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    pub(super) async fn remove(&self, key: &ObjectKey, what: &str) -> Result<(), SinkError> {
        match self.client.delete_object().bucket(&self.bucket).key(self.name(key)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match failed(what, &error) {
                error if error.kind == SinkErrorKind::NotFound && error.remedy.is_none() => Ok(()),
                error => Err(error),
            },
        }
    }
}

/// The token of the next page. A store that gives the same one again would be asked for ever.
pub(super) fn next_page(last: Option<String>, next: Option<&str>, what: &str) -> Result<Option<String>, SinkError> {
    match next {
        Some(next) if last.as_deref() != Some(next) => Ok(Some(next.to_owned())),
        _ => Err(SinkError::new(SinkErrorKind::Damaged, what, "the store's list does not end")),
    }
}

pub(super) fn time(time: Option<&SdkDateTime>) -> Option<DateTime<Utc>> {
    time.and_then(|time| DateTime::from_timestamp(time.secs(), time.subsec_nanos()))
}

/// The moment so long ago.
pub(super) fn ago(age: Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(age).ok().and_then(|age| Utc::now().checked_sub_signed(age)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
