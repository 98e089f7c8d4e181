//! Drives an object out of a sink: starts the threads, feeds them what the sink gives, and tells the first thing that went wrong.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc, OnceLock,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{CHUNK, Damage, FetchError, Moved, Progress, store::spawn};
use crate::backup::{
    digest::Digest,
    keys::{NotOpened, Unlock},
    manifest::ObjectRecord,
    set::{ObjectName, Packing},
    sink::SinkError,
};

/// The largest window that a frame may ask memory for, as a power of two: twice what ours need.
const WINDOW: u32 = 23;

/// What must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    size: u64,
    sha256: Digest,
    plain_size: u64,
    plain_sha256: Digest,
    packing: Packing,
    encrypted: bool,
}

impl Expected {
    /// As the manifest has it.
    pub fn of(name: &ObjectName, record: &ObjectRecord) -> Self {
        Self {
            size: record.size,
            sha256: record.sha256,
            plain_size: record.plain_size,
            plain_sha256: record.plain_sha256,
            packing: name.packing,
            encrypted: name.encrypted,
        }
    }
}

/// The first thing that went wrong; later ones follow from it.
#[derive(Debug, Clone)]
enum Fault {
    Damaged(Damage),
    WrongKey,
    TooMuchWork,
}

type Faults = Arc<OnceLock<Fault>>;

/// Notes a fault, and gives the error that stops whoever was reading.
fn fault(faults: &Faults, fault: Fault) -> io::Error {
    // Only the first one counts.
    let _ = faults.set(fault);
    io::Error::new(io::ErrorKind::InvalidData, "the backup object cannot be read")
}

/// Runs `consumer` on a thread of its own, with the plain bytes of a stored object as its input. Ok means that all of the object was read and is what
/// was stored, also when the consumer did not want all of it.
///
/// What the consumer sees on the way is authentic as far as age vouches for it; the last word comes with the end of the input, so what
/// it writes must not be used before this returns.
pub async fn fetch<T, E, F>(
    mut stored: BoxStream<'static, Result<Bytes, SinkError>>,
    expected: Expected,
    unlock: Option<&Unlock>,
    consumer: F,
    cancel: &CancellationToken,
    progress: Progress,
) -> Result<T, FetchError<E>>
where
    T: Send + 'static,
    E: Error + Send + 'static,
    F: FnOnce(&mut dyn Read) -> Result<T, E> + Send + 'static,
{
    let unlock = match (expected.encrypted, unlock) {
        (true, None) => return Err(FetchError::NoKey),
        (true, Some(unlock)) => Some(unlock.clone()),
        (false, _) => None,
    };
    let faults = Faults::default();
    let (feed, fed) = mpsc::channel(2);
    let (to_unpack, unpack_in) = sync_channel(2);
    let (to_consumer, consumer_in) = sync_channel(2);
    let input = Stored {
        chunks: fed,
        chunk: Bytes::new(),
        hash: Sha256::new(),
        size: 0,
        expected,
        ended: false,
        faults: Arc::clone(&faults),
    };
    let faults_of = || Arc::clone(&faults);
    let (decrypt_faults, unpack_faults, plain_faults) = (faults_of(), faults_of(), faults_of());
    let decrypted =
        spawn("decrypt", move || decrypt(input, unlock.as_ref(), to_unpack, &decrypt_faults)).map_err(FetchError::Thread)?;
    let unpacked = spawn("decompress", move || unpack(unpack_in, expected.packing, to_consumer, &unpack_faults))
        .map_err(FetchError::Thread)?;
    let report = Arc::clone(&progress);
    let consumed = spawn("consume", move || {
        let mut plain = Plain {
            input: Handed::new(consumer_in),
            hash: Sha256::new(),
            size: 0,
            expected,
            ended: false,
            faults: plain_faults,
            progress: report,
        };
        let value = consumer(&mut plain).map_err(Some)?;
        io::copy(&mut plain, &mut io::sink()).map_err(|_| None)?;
        Ok(value)
    })
    .map_err(FetchError::Thread)?;

    let fed = async {
        while let Some(chunk) = stored.next().await {
            let chunk = chunk.map_err(FetchError::Sink)?;
            progress(Moved { plain: 0, stored: chunk.len() as u64 });
            if feed.send(Ok(chunk)).await.is_err() {
                // The threads have ended; they tell why.
                return Ok(());
            }
        }
        // The end must be said: without it the threads know that they were left alone.
        let _ = feed.send(Err(End)).await;
        Ok(())
    };
    let fed = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(FetchError::Cancelled),
        fed = fed => fed,
    };
    drop(feed);
    let fed = fed.and_then(|()| if cancel.is_cancelled() { Err(FetchError::Cancelled) } else { Ok(()) });
    let (_, _, consumed) = (decrypted.await, unpacked.await, consumed.await);
    fed?;
    if let Some(fault) = faults.get() {
        return Err(match fault.clone() {
            Fault::Damaged(damage) => FetchError::Damaged(damage),
            Fault::WrongKey => FetchError::WrongKey,
            Fault::TooMuchWork => FetchError::TooMuchWork,
        });
    }
    match consumed {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(Some(error))) => Err(FetchError::Consumer(error)),
        Ok(Err(None)) | Err(_) => Err(FetchError::Thread(io::Error::other("a thread ended before its time"))),
    }
}

/// The stored object came to its end.
struct End;

/// The stored bytes, counted and hashed as they are read. Its end comes only when they are those that were recorded.
struct Stored {
    chunks: mpsc::Receiver<Result<Bytes, End>>,
    chunk: Bytes,
    hash: Sha256,
    size: u64,
    expected: Expected,
    ended: bool,
    faults: Faults,
}

impl Stored {
    fn damaged(&self, damage: Damage) -> io::Error {
        fault(&self.faults, Fault::Damaged(damage))
    }
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Stored {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() && !self.ended {
            match self.chunks.blocking_recv() {
                Some(Ok(chunk)) => {
                    self.size += chunk.len() as u64;
                    if self.size > self.expected.size {
                        return Err(self.damaged(Damage::Long(self.expected.size)));
                    }
                    self.hash.update(&chunk);
                    self.chunk = chunk;
                }
                Some(Err(End)) => {
                    let Expected { size: expected, sha256, .. } = self.expected;
                    if self.size < expected {
                        return Err(self.damaged(Damage::Short { found: self.size, expected }));
                    }
                    if Digest::new(self.hash.finalize_reset().into()) != sha256 {
                        return Err(self.damaged(Damage::Digest));
                    }
                    self.ended = true;
                }
                None => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        // What the caller says it took was there.
        let _ = self.chunk.split_to(amount.min(self.chunk.len()));
    }
}

/// A thread's output ends well or not at all: the next thread must not take a failure for the end of its input.
type Hand = SyncSender<Bytes>;

fn hand(chunk: Bytes, next: &Hand) -> io::Result<()> {
    next.send(chunk).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

/// An empty chunk says that this is the end.
fn hand_end(next: &Hand) -> io::Result<()> {
    hand(Bytes::new(), next)
}

/// Reads to the end, handing on what comes. The end itself is for the caller to say.
fn hand_on(mut input: impl Read, next: &Hand) -> io::Result<()> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        (&mut input).take(CHUNK as u64).read_to_end(&mut chunk)?;
        let last = chunk.len() < CHUNK;
        if !chunk.is_empty() {
            hand(Bytes::from(chunk), next)?;
        }
        if last {
            return Ok(());
        }
    }
}

fn decrypt(mut input: Stored, unlock: Option<&Unlock>, next: Hand, faults: &Faults) {
    let outcome = match unlock {
        None => hand_on(&mut input, &next),
        Some(unlock) => match unlock.open(&mut input) {
            Ok(plain) => hand_on(plain, &next),
            Err(NotOpened::WrongKey) => Err(fault(faults, Fault::WrongKey)),
            Err(NotOpened::TooMuchWork) => Err(fault(faults, Fault::TooMuchWork)),
            // A header that could not be read because the input failed has its cause noted already.
            Err(NotOpened::Damaged(why)) => Err(io::Error::other(why)),
        },
    };
    // Age may know its last bytes without having seen the end of the file, which is where the digest is compared.
    let outcome = outcome.and_then(|()| match io::copy(&mut input, &mut io::sink())? {
        0 => hand_end(&next),
        _ => Err(io::Error::other("something follows its end")),
    });
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = fault(faults, Fault::Damaged(Damage::Encryption(error.to_string())));
        }
        _ => {}
    }
}

/// What one thread handed to the next.
struct Handed {
    chunks: Receiver<Bytes>,
    chunk: Bytes,
    ended: bool,
}

impl Handed {
    const fn new(chunks: Receiver<Bytes>) -> Self {
        Self { chunks, chunk: Bytes::new(), ended: false }
    }
}

impl Read for Handed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && !self.ended {
            self.chunk = self.chunks.recv().map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            self.ended = self.chunk.is_empty();
        }
        let taken = self.chunk.split_to(self.chunk.len().min(buffer.len()));
        buffer[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

fn unpack(chunks: Receiver<Bytes>, packing: Packing, next: Hand, faults: &Faults) {
    let input = BufReader::with_capacity(CHUNK / 8, Handed::new(chunks));
    let outcome = match packing {
        Packing::Gzip => hand_on(flate2::bufread::MultiGzDecoder::new(input), &next),
        Packing::Zstd => zstd::stream::read::Decoder::with_buffer(input).and_then(|mut decoder| {
            decoder.window_log_max(WINDOW)?;
            hand_on(decoder, &next)
        }),
    };
    match outcome.and_then(|()| hand_end(&next)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = fault(faults, Fault::Damaged(Damage::Frames(error.to_string())));
        }
        _ => {}
    }
}

/// The plain bytes, counted and hashed as the consumer reads them.
struct Plain {
    input: Handed,
    hash: Sha256,
    size: u64,
    expected: Expected,
    ended: bool,
    faults: Faults,
    progress: Progress,
}

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.size += length as u64;
        self.hash.update(&buffer[..length]);
        (self.progress)(Moved { plain: length as u64, stored: 0 });
        let Expected { plain_size, plain_sha256, .. } = self.expected;
        // A bomb is stopped where the recorded size ends.
        let too_long = self.size > plain_size;
        if length == 0 && !buffer.is_empty() && !self.ended {
            self.ended = true;
            if self.size != plain_size || Digest::new(self.hash.finalize_reset().into()) != plain_sha256 {
                return Err(fault(&self.faults, Fault::Damaged(Damage::Content)));
            }
        }
        if too_long { Err(fault(&self.faults, Fault::Damaged(Damage::Content))) } else { Ok(length) }
    }
}
