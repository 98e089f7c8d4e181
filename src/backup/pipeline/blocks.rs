//! What a source writes into: fills blocks, hashes and counts what goes by, and hands the blocks to the compressors.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::{BLOCK, Moved, Progress, pool::Entrance};
use crate::backup::digest::Digest;

/// A writer whose bytes become blocks.
pub(super) struct BlockWriter {
    pool: Entrance,
    block: Vec<u8>,
    hash: Sha256,
    size: u64,
    submitted: bool,
    cancel: CancellationToken,
    progress: Progress,
}

impl BlockWriter {
    pub(super) fn new(pool: Entrance, cancel: CancellationToken, progress: Progress) -> Self {
        let block = pool.buffer();
        Self { pool, block, hash: Sha256::new(), size: 0, submitted: false, cancel, progress }
    }

    fn submit(&mut self) -> io::Result<()> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, Stopped));
        }
        let block = std::mem::replace(&mut self.block, self.pool.buffer());
        self.hash.update(&block);
        self.size += block.len() as u64;
        (self.progress)(Moved { plain: block.len() as u64, stored: 0 });
        self.submitted = true;
        self.pool.submit(block).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, Stopped))
    }

    /// Hands on what is left; gives size and digest of all. An empty source becomes one empty block, because stock tools take
    /// no bytes at all for a file that was cut short.
    pub(super) fn finish(mut self) -> io::Result<(u64, Digest)> {
        if !self.block.is_empty() || !self.submitted {
            self.submit()?;
        }
        Ok((self.size, Digest::new(self.hash.finalize().into())))
    }
}

impl Write for BlockWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BLOCK - self.block.len();
        let taken = &bytes[..bytes.len().min(room)];
        self.block.extend_from_slice(taken);
        if self.block.len() == BLOCK {
            self.submit()?;
        }
        Ok(taken.len())
    }

    /// A block is handed on when it is full, and not before.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a source's writes end with when there is nobody to write for any more.
#[derive(Debug, thiserror::Error)]
#[error("the backup has been stopped")]
struct Stopped;
