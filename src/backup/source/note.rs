//! What a person should know of a tree that was archived or restored, and is no failure.

use std::fmt;

use crate::backup::index::RawPath;

/// So many are kept; of the rest only the number.
const MOST: usize = 200;

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// It was listed, and gone when it was to be read.
    Vanished,
    /// Something else stood there when it was to be read.
    Replaced,
    /// It ended before its size; the rest is zeros in the archive.
    Shrunk,
    /// It was written while it was read (the archive has its former size), or after the moment that the backup is of.
    Changed,
    /// A socket, which is nothing without the process that made it.
    Socket,
    /// Another file system is mounted there; what is in it was left out.
    OtherFileSystem,
    /// An extended attribute cannot be kept here.
    AttributeLost,
    /// A device, which was not asked for.
    DeviceSkipped,
}

/// A remark on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Below the archive's root.
    pub path: RawPath,
    /// What was noticed.
    pub remark: Remark,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.remark {
            Remark::Vanished => "vanished before it could be read",
            Remark::Replaced => "was replaced by something else before it could be read, and is left out",
            Remark::Shrunk => "became shorter while it was read; its end is zeros",
            Remark::Changed => "was written while it was read, or after the moment of the backup",
            Remark::Socket => "is a socket, and is left out",
            Remark::OtherFileSystem => "has another file system mounted on it, whose content is left out",
            Remark::AttributeLost => "has an extended attribute that this file system does not keep",
            Remark::DeviceSkipped => "is a device, and is left out",
        };
        write!(f, "`{}` {what}", self.path)
    }
}

/// Remarks in the order in which they were made, the first few hundred.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// The first ones.
    pub first: Vec<Note>,
    /// How many more there were.
    pub more: u64,
}

impl Notes {
    /// A line for each, and one for those that were not kept.
    pub fn to_lines(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("and {} more such remarks", self.more));
        self.first.iter().map(ToString::to_string).chain(more).collect()
    }

    pub(super) fn add(&mut self, path: &[u8], remark: Remark) {
        if self.first.len() < MOST {
            self.first.push(Note { path: RawPath::new(path), remark });
        } else {
            self.more += 1;
        }
    }
}
