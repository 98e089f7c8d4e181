//! How archiving and extracting can fail.

use std::io;

use thiserror::Error;

use crate::backup::index::RawPath;

/// Why a directory was not archived.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file cannot be read. A backup without it would be none.
    #[error("`{path}` cannot be read: {source}")]
    Unreadable {
        /// Below the root, which is `.`.
        path: RawPath,
        /// What the system says.
        source: io::Error,
    },
    /// The tree was moved away under us.
    #[error("the directory above `{path}` was moved while it was read")]
    Moved {
        /// Below the root.
        path: RawPath,
    },
    /// What is written to failed.
    #[error("the archive cannot be written: {0}")]
    Output(io::Error),
}

impl SourceError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("run it as root: files of other users cannot be read otherwise")
            }
            Self::Moved { .. } => Some("run the backup again"),
            _ => None,
        }
    }
}

/// Why a member is not put in place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It names what is above the destination.
    #[error("its path leads out of the destination")]
    LeadsOut,
    /// It names a place from the root of the file system.
    #[error("its path is absolute")]
    Absolute,
    /// It names nothing that can be made.
    #[error("its path names nothing")]
    NoName,
    /// A link where its directory should be.
    #[error("something that is no directory stands in its path")]
    ThroughOther,
    /// It is there already.
    #[error("something of that name was there before")]
    Exists,
    /// A link whose target lies outside.
    #[error("it is a link that leads out of the destination, to `{0}`")]
    LinkEscapes(RawPath),
    /// A further name of a file that is not there.
    #[error("it is a further name of `{0}`, which is not there")]
    LinkToNothing(RawPath),
    /// A device was not asked for.
    #[error("it is a device")]
    Device,
    /// More entries than were announced.
    #[error("the archive holds more than the {0} entries that were recorded")]
    TooMany(u64),
    /// More bytes than were announced.
    #[error("the archive's files hold more than the {0} bytes that were recorded")]
    TooLarge(u64),
}

/// Why an archive was not extracted.
#[derive(Debug, Error)]
pub enum ExtractError {
    /// The archive's bytes do not come.
    #[error("the archive cannot be read: {0}")]
    Input(io::Error),
    /// It is no archive, or not one that we read.
    #[error("the archive is damaged at member {member}: {detail}")]
    Damaged {
        /// Counted from 1.
        member: u64,
        /// What is wrong.
        detail: String,
    },
    /// A member belongs elsewhere. Nothing was written outside of the destination.
    #[error("`{path}` in the archive is refused: {refusal}")]
    Refused {
        /// As it stands in the archive.
        path: RawPath,
        /// Why.
        refusal: Refusal,
    },
    /// The file system does not take it.
    #[error("`{path}` cannot be restored: {source}")]
    Output {
        /// Below the destination.
        path: RawPath,
        /// What the system says.
        source: io::Error,
    },
}

impl ExtractError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { .. } | Self::Damaged { .. } => {
                Some("do not restore this set; medianestctl backup verify looks at every set")
            }
            Self::Output { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("run it as root: owners and devices cannot be restored otherwise")
            }
            Self::Output { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("make room (df -h), then run it again")
            }
            _ => None,
        }
    }
}
