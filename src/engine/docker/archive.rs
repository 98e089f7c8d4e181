//! Tar archives into containers and out of them, piece by piece.
//!
//! Owns their idle limits. Refuses to look into an archive.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bollard::{
    Docker,
    query_parameters::{DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder},
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep_until, timeout};

use super::error::{failed, is_not_found, timed_out};
use super::stream::limited;
use crate::engine::command::{input_failed, silent};
use crate::engine::{EngineError, Input};

/// How an upload goes, as its body sees it.
struct Upload {
    moved: Instant,
    failure: Option<String>,
}

/// Sends an archive. `idle` is the longest time in which the engine asks for nothing of it, or its source gives nothing.
pub(super) async fn put(
    docker: &Docker,
    action: &str,
    name: &str,
    path: &str,
    tar: Input,
    idle: Duration,
) -> Result<(), EngineError> {
    let upload = Arc::new(Mutex::new(Upload { moved: Instant::now(), failure: None }));
    let seen = Arc::clone(&upload);
    let body = tar.inspect(move |piece| {
        let mut upload = seen.lock().unwrap_or_else(PoisonError::into_inner);
        upload.moved = Instant::now();
        if let Err(error) = piece {
            upload.failure = Some(error.to_string());
        }
    });
    let options = UploadToContainerOptionsBuilder::new().path(path).build();
    let mut call = std::pin::pin!(docker.upload_to_container(name, Some(options), bollard::body_try_stream(body)));
    let state = || upload.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let patience = state().moved + idle;
        tokio::select! {
            answer = &mut call => {
                // The engine only sees the connection break; why is known here.
                return match (state().failure.take(), answer) {
                    (Some(why), _) => Err(input_failed(action, &why)),
                    (None, answer) => answer.map_err(|error| failed(action, &error)),
                };
            }
            () = sleep_until(patience) => {
                if state().moved + idle <= Instant::now() {
                    return Err(silent(action, idle));
                }
            }
        }
    }
}

/// A path of a container as a tar archive; `None` when the container or the path is missing. `idle` is the longest
/// time without a byte.
pub(super) async fn get(
    docker: &Docker,
    action: String,
    name: &str,
    path: &str,
    idle: Duration,
) -> Result<Option<BoxStream<'static, Result<Bytes, EngineError>>>, EngineError> {
    let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
    let mut chunks = docker.download_from_container(name, Some(options)).boxed();
    match timeout(idle, chunks.next()).await {
        Ok(Some(Ok(first))) => {
            let rest = limited(chunks, action, Some(idle));
            Ok(Some(stream::once(ready(Ok(first))).chain(rest).boxed()))
        }
        Ok(Some(Err(error))) if is_not_found(&error) => Ok(None),
        Ok(Some(Err(error))) => Err(failed(action, &error)),
        Ok(None) => Ok(Some(stream::empty().boxed())),
        Err(_) => Err(timed_out(action, idle)),
    }
}
