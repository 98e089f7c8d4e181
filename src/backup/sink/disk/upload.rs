//! An object on its way into a file. Owns how much is gathered before a thread is asked to write it; holds at most two such
//! loads, 8 MiB and what the last chunks are larger.

use std::mem;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::{JoinError, JoinHandle};

use super::super::{Put, SinkError, SinkErrorKind, StoredObject, Upload};
use super::{blocking, files::Part};

/// How much is gathered before it is written, in bytes. Exec streams come in chunks of 26 KB, each of which would cost the way to
/// another thread and back.
const LOAD: usize = 4 << 20;

pub(super) struct DiskUpload {
    state: State,
    gathered: Vec<Bytes>,
    gathered_size: usize,
    what: String,
}

enum State {
    Idle(Part),
    /// A load is being written while the next one is gathered.
    Writing(JoinHandle<Result<Part, SinkError>>),
    Failed(SinkError),
}

impl DiskUpload {
    pub(super) fn new(part: Part) -> Self {
        Self { what: part.what().to_owned(), state: State::Idle(part), gathered: Vec::new(), gathered_size: 0 }
    }

    /// The part, when the load before is written. Until it is given back, the upload counts as failed.
    async fn settle(&mut self) -> Result<Part, SinkError> {
        // It stays in its place while it is waited for, so that one who stops waiting can still abort.
        if let State::Writing(task) = &mut self.state {
            let died = |died: JoinError| Err(SinkError::new(SinkErrorKind::Other, &self.what, died.to_string()));
            self.state = task.await.unwrap_or_else(died).map_or_else(State::Failed, State::Idle);
        }
        let over = SinkError::new(SinkErrorKind::Other, &self.what, "the upload is over");
        match mem::replace(&mut self.state, State::Failed(over.clone())) {
            State::Idle(part) => Ok(part),
            State::Failed(error) => {
                self.state = State::Failed(error.clone());
                Err(error)
            }
            State::Writing(_) => Err(over),
        }
    }

    async fn write_gathered(&mut self) -> Result<(), SinkError> {
        let mut part = self.settle().await?;
        let load = mem::take(&mut self.gathered);
        self.gathered_size = 0;
        self.state = State::Writing(tokio::task::spawn_blocking(move || {
            let written = load.iter().try_for_each(|chunk| part.write(chunk));
            // On a full disk the space is needed at once.
            written.inspect_err(|_| part.discard()).map(|()| part)
        }));
        Ok(())
    }
}

#[async_trait]
impl Upload for DiskUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError> {
        if let State::Failed(error) = &self.state {
            return Err(error.clone());
        }
        self.gathered_size += chunk.len();
        self.gathered.push(chunk);
        if self.gathered_size >= LOAD { self.write_gathered().await } else { Ok(()) }
    }

    async fn finish(mut self: Box<Self>) -> Result<StoredObject, SinkError> {
        self.write_gathered().await?;
        let part = self.settle().await?;
        blocking(self.what, move |_| part.commit(Put::New).inspect_err(|_| part.discard())).await
    }

    async fn abort(mut self: Box<Self>) {
        if let Ok(part) = self.settle().await {
            let discarded = blocking(self.what, move |_| {
                part.discard();
                Ok(())
            });
            // What could not be removed is left to `tidy`.
            let _ = discarded.await;
        }
    }
}
