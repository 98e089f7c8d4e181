//! From plain bytes to a stored object and back, in bounded memory, whatever the size.
//!
//! ```text
//! store:  source ─▶ blocks of 4 MiB ─▶ compressors, one a core ─▶ age ─▶ sha256 ─▶ Upload
//! fetch:  Sink::read ─▶ sha256 ─▶ age ─▶ decompression ─▶ sha256 ─▶ consumer
//! ```
//!
//! Each arrow is a channel with few places, so whoever is faster waits, asleep, for whoever is slower. Each block becomes a
//! frame (zstd) or member (gzip) of its own; stock tools read them one after the other as one file.
//!
//! Refuses to call an object read before all of it was: a consumer sees the end of its input only when the size and digest of
//! the stored bytes are those of the manifest.

mod blocks;
mod compress;
mod error;
mod fetch;
mod pool;
mod store;

use std::sync::Arc;

use super::{digest::Digest, manifest::ObjectRecord, set::Packing};

pub use error::{Damage, FetchError, StoreError};
pub use fetch::{Expected, fetch};
pub use store::{StoreSettings, store};

/// Plain bytes in a frame. Large enough to compress well, small enough for one a core and a few more.
pub(crate) const BLOCK: usize = 4 << 20;

/// Bytes that are handed to a sink at once.
const CHUNK: usize = 1 << 20;

/// How a new object is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    packing: Packing,
    level: i32,
}

impl Compression {
    /// Zstandard at level 3.
    pub const ZSTD: Self = Self { packing: Packing::Zstd, level: 3 };
    /// Gzip at level 6.
    pub const GZIP: Self = Self { packing: Packing::Gzip, level: 6 };

    /// Of this kind, at the level that is its usual one here.
    pub const fn of(packing: Packing) -> Self {
        match packing {
            Packing::Zstd => Self::ZSTD,
            Packing::Gzip => Self::GZIP,
        }
    }

    /// The same kind at another level: 1 to 19 for zstd, 1 to 9 for gzip. Beyond these it is taken to the nearest.
    pub fn at_level(self, level: i32) -> Self {
        let most = match self.packing {
            Packing::Zstd => 19,
            Packing::Gzip => 9,
        };
        Self { level: level.clamp(1, most), ..self }
    }

    /// Of which kind it is, as object names tell it.
    pub const fn packing(self) -> Packing {
        self.packing
    }
}

/// What was stored, for the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Bytes as stored.
    pub size: u64,
    /// SHA-256 of these.
    pub sha256: Digest,
    /// Bytes that the source gave.
    pub plain_size: u64,
    /// SHA-256 of these.
    pub plain_sha256: Digest,
}

impl From<Stored> for ObjectRecord {
    fn from(stored: Stored) -> Self {
        Self {
            size: stored.size,
            sha256: stored.sha256,
            plain_size: stored.plain_size,
            plain_sha256: stored.plain_sha256,
            files: None,
            rows: std::collections::BTreeMap::new(),
            keys: None,
            notes: Vec::new(),
        }
    }
}

/// Bytes that have gone by since the last report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Plain ones, at the source or consumer.
    pub plain: u64,
    /// Stored ones, at the sink.
    pub stored: u64,
}

/// Called from several threads as bytes go by; must not block.
pub type Progress = Arc<dyn Fn(Moved) + Send + Sync>;

/// For those who do not want to know.
pub fn no_progress() -> Progress {
    Arc::new(|_| {})
}
