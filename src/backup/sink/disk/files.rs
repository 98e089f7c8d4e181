//! The files of a target: one that is being written, one that is being read, one that goes.

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};

use super::super::{ObjectKey, Put, SinkError, SinkErrorKind, StoredObject, key::TEMPORARY};
use super::tree::{self, failed};

/// Objects are for their owner only.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// How much is read at once, in bytes: enough that the way to another thread and back does not count.
const READ_SIZE: u64 = 1 << 20;
/// How much is written by one call, in bytes. Measured on ext4 with large folios: chunks of 1 MiB written by one call each
/// went at 150 MB/s, the time being spent in the kernel's copying; by calls of 64 KiB at 3,000.
const WRITE_SIZE: usize = 64 << 10;
/// How often a folder is made that somebody removes meanwhile, because it was empty.
const TRIES: usize = 5;

/// A file that is being written, under its temporary name beside its place.
#[derive(Debug)]
pub(super) struct Part {
    target: PathBuf,
    folder: File,
    file: File,
    temporary: String,
    key: ObjectKey,
    what: String,
    size: u64,
}

impl Part {
    /// A part for an object that is not there yet.
    pub(super) fn create(target: &Path, key: &ObjectKey, what: &str) -> Result<Self, SinkError> {
        let part = Self::create_over(target, key, what)?;
        match rustix::fs::statat(&part.folder, part.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(part),
            found => {
                part.discard();
                Err(failed(what, found.err().unwrap_or(Errno::EXIST)))
            }
        }
    }

    /// A part for an object that may be there.
    pub(super) fn create_over(target: &Path, key: &ObjectKey, what: &str) -> Result<Self, SinkError> {
        let (folders, _) = key.split();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut tries = 0;
        loop {
            tries += 1;
            let made = tree::make_folder(tree::root(target, what)?, &folders, what);
            let opened = made.and_then(|folder| {
                let temporary = temporary_name(what)?;
                let file = rustix::fs::openat(&folder, &temporary, flags, FILE_MODE).map_err(|errno| failed(what, errno))?;
                let (target, key, what) = (target.to_owned(), key.clone(), what.to_owned());
                Ok(Self { target, folder, file: file.into(), temporary, key, what, size: 0 })
            });
            match opened {
                // Removing the last object of a folder removes the folder, which may happen in between.
                Err(error) if error.kind == SinkErrorKind::NotFound && tries < TRIES => {}
                opened => return opened,
            }
        }
    }

    fn name(&self) -> &str {
        self.key.split().1
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) fn write(&mut self, chunk: &[u8]) -> Result<(), SinkError> {
        for piece in chunk.chunks(WRITE_SIZE) {
            self.file.write_all(piece).map_err(|error| failed(&self.what, error))?;
        }
        self.size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Puts it into its place, durably.
    pub(super) fn commit(&self, how: Put) -> Result<StoredObject, SinkError> {
        self.file.sync_all().map_err(|error| failed(&self.what, error))?;
        let stored = self.stored()?;
        let renamed = match how {
            Put::New => self.rename_new(),
            Put::Replace => rustix::fs::renameat(&self.folder, &self.temporary, &self.folder, self.name()),
        };
        renamed.map_err(|errno| failed(&self.what, errno))?;
        self.folder.sync_all().map_err(|error| {
            // Not durable is not there. What was replaced cannot be had back.
            if how == Put::New {
                let _ = rustix::fs::unlinkat(&self.folder, self.name(), AtFlags::empty());
            }
            failed(&self.what, error)
        })?;
        Ok(stored)
    }

    fn stored(&self) -> Result<StoredObject, SinkError> {
        let stat = rustix::fs::fstat(&self.file).map_err(|errno| failed(&self.what, errno))?;
        let (size, modified) = tree::regular(&stat).unwrap_or((0, DateTime::<Utc>::MIN_UTC));
        if size != self.size {
            let detail = format!("{} bytes were written, the file has {size}", self.size);
            return Err(SinkError::new(SinkErrorKind::Damaged, &self.what, detail));
        }
        Ok(StoredObject { key: self.key.clone(), size, modified })
    }

    fn rename_new(&self) -> Result<(), Errno> {
        let (folder, from, to) = (&self.folder, self.temporary.as_str(), self.name());
        match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
            // Some network file systems know no flags; a link does not replace either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?;
                rustix::fs::unlinkat(folder, from, AtFlags::empty())
            }
            renamed => renamed,
        }
    }

    /// Leaves nothing of it. What cannot be removed is left to `tidy`.
    pub(super) fn discard(&self) {
        if rustix::fs::unlinkat(&self.folder, &self.temporary, AtFlags::empty()).is_ok() {
            let _ = remove_empty(&self.target, self.key.split().0, &self.what);
        }
    }
}

fn temporary_name(what: &str) -> Result<String, SinkError> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| SinkError::new(SinkErrorKind::Other, what, error.to_string()))?;
    let mut name = TEMPORARY.to_owned();
    for byte in random {
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    left: u64,
    what: String,
}

impl Reader {
    pub(super) fn open(target: &Path, key: &ObjectKey, from: u64, what: &str) -> Result<Self, SinkError> {
        let absent = || SinkError::new(SinkErrorKind::NotFound, what, "there is no such object");
        let (folders, name) = key.split();
        let folder = tree::folder(tree::root(target, what)?, &folders, what)?.ok_or_else(absent)?;
        // Without NONBLOCK a foreign fifo of that name would hold us up for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match rustix::fs::openat(&folder, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Err(absent()),
            Err(errno) => return Err(failed(what, errno)),
        };
        let stat = rustix::fs::fstat(&file).map_err(|errno| failed(what, errno))?;
        let (size, _) = tree::regular(&stat).ok_or_else(absent)?;
        let left = size
            .checked_sub(from)
            .ok_or_else(|| SinkError::new(SinkErrorKind::Damaged, what, format!("it ends at byte {size}, before byte {from}")))?;
        file.seek(SeekFrom::Start(from)).map_err(|error| failed(what, error))?;
        Ok(Self { file, left, what: what.to_owned() })
    }

    /// The next bytes; `None` at the end.
    pub(super) fn chunk(&mut self) -> Result<Option<Bytes>, SinkError> {
        let wanted = self.left.min(READ_SIZE);
        if wanted == 0 {
            return Ok(None);
        }
        let mut chunk = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
        (&self.file).take(wanted).read_to_end(&mut chunk).map_err(|error| failed(&self.what, error))?;
        if chunk.is_empty() {
            let detail = format!("it was cut while it was read, {} bytes before its end", self.left);
            return Err(SinkError::new(SinkErrorKind::Damaged, &self.what, detail));
        }
        self.left = self.left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        Ok(Some(chunk.into()))
    }
}

/// Removes an object, and the folders that are empty then.
pub(super) fn remove(target: &Path, key: &ObjectKey, what: &str) -> Result<(), SinkError> {
    let (folders, name) = key.split();
    let Some(folder) = tree::folder(tree::root(target, what)?, &folders, what)? else { return Ok(()) };
    match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) => folder.sync_all().map_err(|error| failed(what, error))?,
        Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(failed(what, errno)),
    }
    remove_empty(target, folders, what)
}

/// Removes the innermost of `folders` if it is empty, then the next one.
fn remove_empty(target: &Path, mut folders: Vec<&str>, what: &str) -> Result<(), SinkError> {
    while let Some(empty) = folders.pop() {
        let Some(parent) = tree::folder(tree::root(target, what)?, &folders, what)? else { break };
        // It is not empty, somebody else's, or gone: all the same.
        if rustix::fs::unlinkat(&parent, empty, AtFlags::REMOVEDIR).is_err() {
            break;
        }
    }
    Ok(())
}
