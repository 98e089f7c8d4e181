//! An object's way from the set to whatever takes it: a thread of ours, or a command in a container.
//!
//! Refuses to say that all has come before the object's size and digests were compared: a command sees the end of its input only
//! then, and its input fails where the object is not what was stored.

use std::io::{self, Read, Write as _};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::join, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::error::{ConsumeError, RestoreError};
use crate::{
    backup::{
        keys::Unlock,
        manifest::{Manifest, ObjectRecord},
        pipeline::{Expected, FetchError, Progress, fetch},
        restore::record::part_name,
        set::{Component, ObjectName},
        sink::{ObjectKey, Sink},
    },
    engine::{Command, CommandEvent, Engine},
};

/// Pieces for a command, in bytes.
const PIECE: usize = 64 << 10;
/// How much of what a command says is kept of each stream.
const SAID: usize = 4 << 20;

/// A set that can be read: a manifest that was verified, and where its objects are.
pub struct Source<'a> {
    /// Where it is kept.
    pub sink: &'a dyn Sink,
    /// What is in it.
    pub manifest: &'a Manifest,
    /// What opens it; none for a set that everybody can read.
    pub unlock: Option<&'a Unlock>,
    /// Stops reading.
    pub cancel: &'a CancellationToken,
    /// Told of bytes that have gone by.
    pub progress: Progress,
}

/// What a command said.
pub(super) struct Said {
    pub(super) code: i64,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl Said {
    /// The last lines of both streams, on one line.
    pub(super) fn words(&self) -> String {
        let text = format!("{}\n{}", String::from_utf8_lossy(&self.out), String::from_utf8_lossy(&self.err));
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(4)..].join("; ")
    }
}

/// Runs a command to its end.
pub(super) async fn run(engine: &dyn Engine, container: &str, command: Command) -> Result<Said, RestoreError> {
    let mut said = Said { code: 0, out: Vec::new(), err: Vec::new() };
    let mut events = engine.run(container, command);
    while let Some(event) = events.next().await {
        let (kept, bytes) = match event? {
            CommandEvent::Stdout(bytes) => (&mut said.out, bytes),
            CommandEvent::Stderr(bytes) => (&mut said.err, bytes),
            CommandEvent::Exit(code) => {
                said.code = code;
                return Ok(said);
            }
        };
        kept.extend_from_slice(&bytes);
        // The last words are those that tell why.
        let excess = kept.len().saturating_sub(SAID);
        kept.drain(..excess);
    }
    Err(RestoreError::Thread)
}

impl Source<'_> {
    /// The object of a component, with what the manifest says of it.
    pub(super) fn object(&self, component: &Component) -> Option<(&ObjectName, &ObjectRecord)> {
        self.manifest.objects.iter().find(|(name, _)| name.component == *component)
    }

    pub(super) fn record(&self, object: &ObjectName) -> Result<&ObjectRecord, RestoreError> {
        self.manifest.objects.get(object).ok_or_else(|| RestoreError::NoObject(object.to_string()))
    }

    /// Reads all of an object on a thread of its own. What `consumer` makes of it counts only when this is well.
    pub(super) async fn read<T, F>(&self, object: &ObjectName, consumer: F) -> Result<T, RestoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Read) -> Result<T, ConsumeError> + Send + 'static,
    {
        let record = self.record(object)?;
        let failed = |source| RestoreError::Object { part: part_name(&object.component).to_owned(), source: Box::new(source) };
        let key = ObjectKey::new(format!("{}/{}/{object}", self.manifest.stack, self.manifest.set))?;
        let bytes = self.sink.read(&key, 0).await.map_err(|error| failed(FetchError::Sink(error)))?;
        let expected = Expected::of(object, record);
        match fetch(bytes, expected, self.unlock, consumer, self.cancel, self.progress.clone()).await {
            Ok(value) => Ok(value),
            Err(FetchError::Cancelled) => Err(RestoreError::Cancelled),
            Err(error) => Err(failed(error)),
        }
    }

    /// Reads all of it and keeps nothing: what is stored is what was stored.
    pub(super) async fn check(&self, object: &ObjectName) -> Result<(), RestoreError> {
        self.read(object, |input| io::copy(input, &mut io::sink()).map(drop).map_err(ConsumeError::Write)).await
    }

    /// All of a small object, at most `most` bytes.
    pub(super) async fn whole(&self, object: &ObjectName, most: u64) -> Result<Vec<u8>, RestoreError> {
        let consumer = move |input: &mut dyn Read| {
            let mut bytes = Vec::new();
            input.take(most).read_to_end(&mut bytes).map_err(ConsumeError::Write)?;
            Ok(bytes)
        };
        self.read(object, consumer).await
    }

    /// Gives all of an object to a command as its input.
    pub(super) async fn pour(
        &self,
        object: &ObjectName,
        engine: &dyn Engine,
        container: &str,
        mut command: Command,
    ) -> Result<Said, RestoreError> {
        let (give, take) = mpsc::channel::<Bytes>(4);
        // An empty piece says that all has come; without it the input fails.
        let pieces = stream::unfold(Some(take), |take| async move {
            let mut take = take?;
            match take.recv().await {
                Some(piece) if piece.is_empty() => None,
                Some(piece) => Some((Ok(piece), Some(take))),
                None => Some((Err(io::Error::other("the backup cannot be read to its end")), None)),
            }
        });
        command.input = Some(pieces.boxed());
        let reading = self.read(object, move |input| {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                input.take(PIECE as u64).read_to_end(&mut piece).map_err(ConsumeError::Write)?;
                let last = piece.is_empty();
                give.blocking_send(Bytes::from(piece)).map_err(|_| ConsumeError::NotTaken)?;
                if last {
                    return Ok(());
                }
            }
        });
        match join(reading, run(engine, container, command)).await {
            (Ok(()), said) => said,
            // The command took no more: what it said tells why, not that we were stopped.
            (Err(RestoreError::Object { source, .. }), Ok(said))
                if said.code != 0 && matches!(*source, FetchError::Consumer(ConsumeError::NotTaken)) =>
            {
                Ok(said)
            }
            (Err(RestoreError::Object { source, .. }), Err(error))
                if matches!(*source, FetchError::Consumer(ConsumeError::NotTaken)) =>
            {
                Err(error)
            }
            (Err(error), _) => Err(error),
        }
    }
}

/// Writes all of an input to a new file.
pub(super) fn write_file(input: &mut dyn Read, file: &mut std::fs::File) -> Result<(), ConsumeError> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        let length = input.read(&mut buffer).map_err(ConsumeError::Write)?;
        if length == 0 {
            return file.sync_all().map_err(ConsumeError::Write);
        }
        file.write_all(&buffer[..length]).map_err(ConsumeError::Write)?;
    }
}
