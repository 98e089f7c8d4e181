//! The store: `s3s-fs` over a directory, with what it lacks: open uploads are listed, locks are kept, lists come in pages of
//! three, conditions hold also for two calls at once, a bucket must be there and a folder is no object.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use s3s::{S3, S3Request, S3Response, S3Result, dto::*};
use s3s_fs::FileSystem;

/// Open uploads: their keys, and when they were begun.
type Open = BTreeMap<String, (String, Timestamp)>;
/// By key: mode and end of the lock that was asked for when the object was written.
type Locks = BTreeMap<String, (String, DateTime<Utc>)>;

#[derive(Clone)]
pub struct Shelf {
    folder: PathBuf,
    files: Arc<FileSystem>,
    open: Arc<Mutex<Open>>,
    pub locks: Arc<Mutex<Locks>>,
    /// By key.
    pub classes: Arc<Mutex<BTreeMap<String, String>>>,
    /// Bytes by which HEAD is wrong.
    pub error_of_size: Arc<AtomicI64>,
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
}

impl Shelf {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            files: Arc::new(FileSystem::new(folder).unwrap()),
            open: Arc::default(),
            locks: Arc::default(),
            classes: Arc::default(),
            error_of_size: Arc::default(),
            one_at_a_time: Arc::default(),
        }
    }

    /// How many uploads are open.
    pub fn open(&self) -> usize {
        self.open.lock().unwrap().len()
    }

    fn bucket(&self, name: &str) -> S3Result<PathBuf> {
        let bucket = self.folder.join(name);
        if bucket.is_dir() { Ok(bucket) } else { Err(s3s::s3_error!(NoSuchBucket)) }
    }

    fn keep_lock(&self, key: &str, mode: Option<&ObjectLockMode>, until: Option<&Timestamp>) {
        if let (Some(mode), Some(until)) = (mode, until) {
            let mut text = Vec::new();
            until.format(TimestampFormat::DateTime, &mut text).unwrap();
            let until = String::from_utf8(text).unwrap().parse().unwrap();
            self.locks.lock().unwrap().insert(key.to_owned(), (mode.as_str().to_owned(), until));
        }
    }

    fn keep_class(&self, key: &str, class: Option<&StorageClass>) {
        if let Some(class) = class {
            self.classes.lock().unwrap().insert(key.to_owned(), class.as_str().to_owned());
        }
    }
}

#[async_trait]
impl S3 for Shelf {
    async fn put_object(&self, mut req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let _alone = self.one_at_a_time.lock().await;
        let input = &mut req.input;
        self.bucket(&input.bucket)?;
        self.keep_lock(&input.key, input.object_lock_mode.as_ref(), input.object_lock_retain_until_date.as_ref());
        self.keep_class(&input.key, input.storage_class.take().as_ref());
        self.files.put_object(req).await
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        if self.bucket(&req.input.bucket)?.join(&req.input.key).is_dir() {
            return Err(s3s::s3_error!(NoSuchKey));
        }
        let wanted = req.input.if_match.clone();
        let answer = self.files.get_object(req).await?;
        if let (Some(wanted), Some(found)) = (wanted.as_ref().and_then(|wanted| wanted.as_etag()), &answer.output.e_tag)
            && wanted != found
        {
            return Err(s3s::s3_error!(PreconditionFailed));
        }
        Ok(answer)
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let key = req.input.key.clone();
        let mut answer = self.files.head_object(req).await?;
        if let Some(size) = &mut answer.output.content_length {
            *size += self.error_of_size.load(Ordering::Relaxed);
        }
        let until = self.locks.lock().unwrap().get(&key).map(|(_, until)| Timestamp::from(SystemTime::from(*until)));
        answer.output.object_lock_retain_until_date = until;
        Ok(answer)
    }

    async fn list_objects_v2(&self, mut req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        req.input.max_keys = Some(3);
        self.files.list_objects_v2(req).await
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(req).await
    }

    async fn create_multipart_upload(
        &self,
        mut req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = &mut req.input;
        self.bucket(&input.bucket)?;
        let key = input.key.clone();
        self.keep_lock(&key, input.object_lock_mode.as_ref(), input.object_lock_retain_until_date.as_ref());
        self.keep_class(&key, input.storage_class.take().as_ref());
        let answer = self.files.create_multipart_upload(req).await?;
        let id = answer.output.upload_id.clone().unwrap();
        self.open.lock().unwrap().insert(id, (key, SystemTime::now().into()));
        Ok(answer)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        if !self.open.lock().unwrap().contains_key(&req.input.upload_id) {
            return Err(s3s::s3_error!(NoSuchUpload));
        }
        self.files.upload_part(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let _alone = self.one_at_a_time.lock().await;
        let id = req.input.upload_id.clone();
        if !self.open.lock().unwrap().contains_key(&id) {
            return Err(s3s::s3_error!(NoSuchUpload));
        }
        let answer = self.files.complete_multipart_upload(req).await?;
        self.open.lock().unwrap().remove(&id);
        Ok(answer)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let id = req.input.upload_id.clone();
        if self.open.lock().unwrap().remove(&id).is_none() {
            return Err(s3s::s3_error!(NoSuchUpload));
        }
        self.files.abort_multipart_upload(req).await
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let prefix = req.input.prefix.unwrap_or_default();
        let after = req.input.upload_id_marker.unwrap_or_default();
        let open = self.open.lock().unwrap();
        // One a page. By identifier, which is an order as good as any.
        let mut found = open.iter().filter(|(id, (key, _))| key.starts_with(&prefix) && **id > after);
        let page: Vec<_> = found.by_ref().take(1).collect();
        let last = page.last().map(|(id, (key, _))| ((*id).clone(), key.clone()));
        let upload = |(id, (key, begun)): &(&String, &(String, Timestamp))| MultipartUpload {
            key: Some(key.clone()),
            upload_id: Some((*id).clone()),
            initiated: Some(begun.clone()),
            ..Default::default()
        };
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(page.iter().map(upload).collect()),
            is_truncated: Some(found.next().is_some()),
            next_key_marker: last.as_ref().map(|(_, key)| key.clone()),
            next_upload_id_marker: last.map(|(id, _)| id),
            ..Default::default()
        }))
    }
}
