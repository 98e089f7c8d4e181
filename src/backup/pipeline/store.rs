//! Drives an object into a sink: starts the threads, hands their output to the upload, and finishes or aborts it.

use std::{
    error::Error,
    io::{self, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{CHUNK, Compression, Moved, Progress, StoreError, Stored, blocks::BlockWriter, pool};
use crate::backup::{digest::Digest, keys::Lock, sink::Upload};

/// How an object is made.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// How it is compressed.
    pub compression: Compression,
    /// Whom it is encrypted for; none leaves it readable.
    pub lock: Option<Lock>,
}

/// Runs `source` on a thread of its own and stores what it writes.
///
/// The upload is finished only when the source came to a good end and everything that it wrote was taken; otherwise it is aborted.
/// A source is stopped by its writes failing; one that may wait long for its own input must look at `cancel` itself.
pub async fn store<T, E, F>(
    settings: &StoreSettings,
    source: F,
    mut upload: Box<dyn Upload>,
    cancel: &CancellationToken,
    progress: Progress,
) -> Result<(Stored, T), StoreError<E>>
where
    T: Send + 'static,
    E: Error + Send + 'static,
    F: FnOnce(&mut dyn Write) -> Result<T, E> + Send + 'static,
{
    let (threads, mut chunks) = match start(settings, source, cancel, &progress) {
        Ok(started) => started,
        Err(error) => {
            upload.abort().await;
            return Err(StoreError::Encode(error.to_string()));
        }
    };
    let mut outcome = Ok(());
    while outcome.is_ok() {
        let chunk = tokio::select! {
            biased;
            () = cancel.cancelled() => { outcome = Err(StoreError::Cancelled); break }
            chunk = chunks.recv() => chunk,
        };
        let Some(chunk) = chunk else { break };
        let stored = chunk.len() as u64;
        outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(StoreError::Cancelled),
            written = upload.write(chunk) => written.map_err(StoreError::Sink),
        };
        progress(Moved { plain: 0, stored });
    }
    // Whoever waits to hand on a chunk is woken by this, and the threads end one after the other.
    drop(chunks);
    let ended = threads.join().await;
    let (stored, value) = match outcome.and(ended) {
        Ok(done) => done,
        Err(error) => {
            upload.abort().await;
            // The source's complaint that it was stopped is no cause.
            return Err(if cancel.is_cancelled() { StoreError::Cancelled } else { error });
        }
    };
    let object = upload.finish().await?;
    if object.size != stored.size {
        return Err(StoreError::Size { given: stored.size, stored: object.size });
    }
    Ok((stored, value))
}

/// How each thread ended.
struct Threads<T, E> {
    source: oneshot::Receiver<Result<(T, u64, Digest), SourceEnd<E>>>,
    encoder: oneshot::Receiver<io::Result<()>>,
    hash: oneshot::Receiver<(u64, Digest)>,
}

enum SourceEnd<E> {
    Failed(E),
    NotTaken,
}

impl<T, E: Error + 'static> Threads<T, E> {
    async fn join(self) -> Result<(Stored, T), StoreError<E>> {
        let (source, encoder, hash) = (self.source.await, self.encoder.await, self.hash.await);
        let died = || StoreError::Encode("a thread ended before its time".to_owned());
        match encoder {
            Ok(Ok(())) => {}
            // Nobody took its output: the cause is elsewhere, and told there.
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Ok(Err(error)) => return Err(StoreError::Encode(error.to_string())),
            Err(_) => return Err(died()),
        }
        match (source, hash) {
            (Ok(Ok((value, plain_size, plain_sha256))), Ok((size, sha256))) => {
                Ok((Stored { size, sha256, plain_size, plain_sha256 }, value))
            }
            (Ok(Err(SourceEnd::Failed(error))), _) => Err(StoreError::Source(error)),
            _ => Err(died()),
        }
    }
}

type Started<T, E> = (Threads<T, E>, mpsc::Receiver<Bytes>);

fn start<T, E, F>(
    settings: &StoreSettings,
    source: F,
    cancel: &CancellationToken,
    progress: &Progress,
) -> io::Result<Started<T, E>>
where
    T: Send + 'static,
    E: Error + Send + 'static,
    F: FnOnce(&mut dyn Write) -> Result<T, E> + Send + 'static,
{
    let (entrance, exit) = pool::start(settings.compression)?;
    let (to_hash, hash_in) = sync_channel(2);
    let (to_upload, upload_in) = mpsc::channel(2);
    let lock = settings.lock.clone();
    let hash = spawn("sha256", move || hash_and_pass_on(hash_in, &to_upload))?;
    let (whole, is_whole) = oneshot::channel();
    let encoder = spawn("encrypt", move || encode(&exit, lock.as_ref(), Chunks::new(to_hash), is_whole))?;
    let (cancel, progress) = (cancel.clone(), progress.clone());
    let source = spawn("source", move || {
        let mut writer = BlockWriter::new(entrance, cancel, progress);
        let value = source(&mut writer).map_err(SourceEnd::Failed)?;
        let (size, digest) = writer.finish().map_err(|_| SourceEnd::NotTaken)?;
        // Without this word the encoder leaves the file without its end, and no reader takes it for a whole one.
        let _ = whole.send(());
        Ok((value, size, digest))
    })?;
    Ok((Threads { source, encoder, hash }, upload_in))
}

/// Starts a thread whose result can be awaited.
pub(super) fn spawn<R: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> R + Send + 'static,
) -> io::Result<oneshot::Receiver<R>> {
    let (result, wait) = oneshot::channel();
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Nobody waits when the whole was given up.
        let _ = result.send(work());
    })?;
    Ok(wait)
}

/// Takes frames in order, encrypts them, and hands on chunks.
fn encode(exit: &pool::Exit, lock: Option<&Lock>, output: Chunks, whole: oneshot::Receiver<()>) -> io::Result<()> {
    let all = |writer: &mut dyn Write| {
        while let Some(packed) = exit.next() {
            let packed = packed?;
            writer.write_all(&packed.bytes)?;
            exit.give_back(packed);
        }
        whole.blocking_recv().map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    };
    match lock {
        Some(lock) => {
            let encryptor = lock.encryptor().map_err(|error| io::Error::other(error.to_string()))?;
            let mut writer = encryptor.wrap_output(output)?;
            all(&mut writer)?;
            writer.finish()?.finish()
        }
        None => {
            let mut output = output;
            all(&mut output)?;
            output.finish()
        }
    }
}

/// Counts and hashes what is stored, apart from the encryption, which has enough to do.
fn hash_and_pass_on(chunks: Receiver<Bytes>, to_upload: &mpsc::Sender<Bytes>) -> (u64, Digest) {
    let (mut size, mut hash) = (0, Sha256::new());
    for chunk in chunks {
        hash.update(&chunk);
        size += chunk.len() as u64;
        if to_upload.blocking_send(chunk).is_err() {
            break;
        }
    }
    (size, Digest::new(hash.finalize().into()))
}

/// Gathers bytes into chunks of a size that sinks like.
struct Chunks {
    chunk: Vec<u8>,
    next: SyncSender<Bytes>,
}

impl Chunks {
    fn new(next: SyncSender<Bytes>) -> Self {
        Self { chunk: Vec::with_capacity(CHUNK), next }
    }

    fn hand_on(&mut self, room: usize) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(room));
        self.next.send(Bytes::from(chunk)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn finish(mut self) -> io::Result<()> {
        if self.chunk.is_empty() { Ok(()) } else { self.hand_on(0) }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = &bytes[..bytes.len().min(CHUNK - self.chunk.len())];
        self.chunk.extend_from_slice(taken);
        if self.chunk.len() == CHUNK {
            self.hand_on(CHUNK)?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
