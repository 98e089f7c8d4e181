//! How storing and fetching an object can fail.

use std::{error::Error, io};

use thiserror::Error;

use crate::backup::sink::SinkError;

/// Why an object was not stored. Nothing of it is left then.
#[derive(Debug, Error)]
pub enum StoreError<E: Error + 'static> {
    /// What is backed up could not be read.
    #[error(transparent)]
    Source(E),
    /// The place where backups are kept failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Somebody asked to stop.
    #[error("the backup was interrupted")]
    Cancelled,
    /// Compression or encryption failed.
    #[error("the data could not be compressed or encrypted: {0}")]
    Encode(String),
    /// The sink says that it holds another number of bytes than it was given.
    #[error("{given} bytes were given to be stored, and {stored} are there")]
    Size {
        /// Bytes given.
        given: u64,
        /// Bytes there.
        stored: u64,
    },
}

/// What is wrong with a stored object.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    /// It ends early.
    #[error("it ends after {found} of {expected} bytes")]
    Short {
        /// Bytes there.
        found: u64,
        /// Bytes recorded.
        expected: u64,
    },
    /// It goes on beyond its recorded end.
    #[error("it is longer than the recorded {0} bytes")]
    Long(u64),
    /// The digest of the stored bytes is not the recorded one.
    #[error("its SHA-256 is not the recorded one")]
    Digest,
    /// The encryption says that it was changed.
    #[error("its encryption shows that it was changed: {0}")]
    Encryption(String),
    /// It does not decompress.
    #[error("it cannot be decompressed: {0}")]
    Frames(String),
    /// What comes out is not what went in.
    #[error("its content is not the recorded one")]
    Content,
}

/// Why an object was not read to its end.
#[derive(Debug, Error)]
pub enum FetchError<E: Error + 'static> {
    /// What the bytes are for failed.
    #[error(transparent)]
    Consumer(E),
    /// The place where backups are kept failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Somebody asked to stop.
    #[error("the restore was interrupted")]
    Cancelled,
    /// It is not what was stored.
    #[error("the object is damaged: {0}")]
    Damaged(Damage),
    /// It was encrypted to others, or with another passphrase.
    #[error("the key does not open this backup")]
    WrongKey,
    /// It is encrypted, and no key was given.
    #[error("this backup is encrypted, and no key was given")]
    NoKey,
    /// A planted or foreign file asks for more work than a passphrase of ours needs.
    #[error("the passphrase's cost in this object is higher than any that we use")]
    TooMuchWork,
    /// No thread could be started.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
}

impl<E: Error + 'static> FetchError<E> {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Damaged(_) | Self::TooMuchWork => Some("medianestctl backup verify looks at every set; restore another one"),
            Self::WrongKey | Self::NoKey => Some(
                "medianestctl backup show tells the fingerprints of the keys that open it, backup key test those of a key file",
            ),
            _ => None,
        }
    }
}
