//! From a directory to an archive, and to the index entries of what is in it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    os::fd::OwnedFd,
    path::Path,
};

use rustix::{
    fs::{FileType, Mode, OFlags, Stat, fstat, major, minor, open, readlinkat},
    io::{Errno, pread},
};
use sha2::{Digest as _, Sha256};

use super::{
    SourceError, attributes,
    held::Held,
    member::{END, Kind, Member, padding},
    note::{Notes, Remark},
    sparse::{self, Segment},
    walk::{Found, failed_at, identity, open_found, walk},
};
use crate::backup::{
    digest::Digest,
    index::{EntryKind, FileTime, IndexEntry, RawPath},
    manifest::FileTotals,
};

/// Bytes that are read from a file at once.
const CHUNK: usize = 256 << 10;

/// What was archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Entries and bytes, for the manifest.
    pub totals: FileTotals,
    /// What a person should know.
    pub notes: Notes,
}

/// Opens the directory that is to be archived or restored to. A link in its own path is followed: it is the caller's word.
pub fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Tells of a path below the root, and whether it is a directory, if it belongs into the archive.
pub type Chosen<'a> = &'a dyn Fn(&[u8], bool) -> bool;

/// Archives all that is below `root` and the root's own attributes, and calls `on_entry` for each entry, in the archive's order.
///
/// What vanishes or changes meanwhile is noted; what cannot be read is a failure.
pub fn archive(
    root: OwnedFd,
    output: &mut dyn Write,
    on_entry: &mut dyn FnMut(IndexEntry) -> io::Result<()>,
) -> Result<Archived, SourceError> {
    archive_chosen(root, &|_, _| true, Held::default(), output, on_entry)
}

/// The same of what is `chosen` only; what was `held` is archived as it was then.
pub fn archive_chosen(
    root: OwnedFd,
    chosen: Chosen<'_>,
    held: Held,
    output: &mut dyn Write,
    on_entry: &mut dyn FnMut(IndexEntry) -> io::Result<()>,
) -> Result<Archived, SourceError> {
    let stat = fstat(&root).map_err(|error| failed_at(b".", error))?;
    let mut writer = Archive {
        chosen,
        held,
        output,
        on_entry,
        device: stat.st_dev,
        names: BTreeMap::new(),
        totals: FileTotals::default(),
        buffer: vec![0; CHUNK],
    };
    let attributes = attributes::of_file(&root, &mut writer.buffer).map_err(|error| failed_at(b".", error))?;
    writer.plain(member(b".", Kind::Directory, &stat, attributes))?;
    let mut notes = Notes::default();
    walk(root, &mut notes, |found, notes| writer.visit(found, notes))?;
    writer.output.write_all(&END).map_err(SourceError::Output)?;
    Ok(Archived { totals: writer.totals, notes })
}

fn member(path: &[u8], kind: Kind, stat: &Stat, attributes: attributes::Attributes) -> Member {
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Member {
        path: path.to_vec(),
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: FileTime(stat.st_mtime, nanoseconds),
        attributes,
    }
}

/// An archive that is being written.
struct Archive<'a> {
    chosen: Chosen<'a>,
    held: Held,
    output: &'a mut dyn Write,
    on_entry: &'a mut dyn FnMut(IndexEntry) -> io::Result<()>,
    device: u64,
    /// Files with several names: the first name, and how many more are to come.
    names: BTreeMap<(u64, u64), (Vec<u8>, u64)>,
    totals: FileTotals,
    buffer: Vec<u8>,
}

impl Archive<'_> {
    /// Archives one entry; gives a directory opened, to go into.
    fn visit(&mut self, found: &Found<'_>, notes: &mut Notes) -> Result<Option<OwnedFd>, SourceError> {
        let kind = FileType::from_raw_mode(found.stat.st_mode);
        if !(self.chosen)(found.path, kind == FileType::Directory) {
            return Ok(None);
        }
        if kind == FileType::Socket {
            notes.add(found.path, Remark::Socket);
            return Ok(None);
        }
        if kind == FileType::Directory {
            return self.directory(found, notes);
        }
        if let Some(to) = self.former_name(&found.stat) {
            self.plain(member(found.path, Kind::HardLink { to }, &found.stat, BTreeMap::new()))?;
            return Ok(None);
        }
        let (major, minor) = (major(found.stat.st_rdev), minor(found.stat.st_rdev));
        let archived = match kind {
            FileType::RegularFile => self.file(found, notes)?,
            FileType::Symlink => match readlinkat(found.parent, found.name, Vec::new()) {
                Ok(to) => self.special(found, Kind::Symlink { to: to.into_bytes() })?,
                Err(Errno::NOENT | Errno::INVAL) => {
                    notes.add(found.path, Remark::Replaced);
                    false
                }
                Err(error) => return Err(failed_at(found.path, error)),
            },
            FileType::Fifo => self.special(found, Kind::Fifo)?,
            FileType::CharacterDevice => self.special(found, Kind::CharDevice { major, minor })?,
            FileType::BlockDevice => self.special(found, Kind::BlockDevice { major, minor })?,
            _ => return Err(failed_at(found.path, io::Error::from(io::ErrorKind::Unsupported))),
        };
        if archived && found.stat.st_nlink > 1 {
            #[allow(clippy::useless_conversion, reason = "the field is narrower on other processors")]
            let more = u64::from(found.stat.st_nlink) - 1;
            self.names.insert(identity(&found.stat), (found.path.to_vec(), more));
        }
        Ok(None)
    }

    /// The name under which this file is in the archive already.
    fn former_name(&mut self, stat: &Stat) -> Option<Vec<u8>> {
        if stat.st_nlink < 2 {
            return None;
        }
        let (path, left) = self.names.get_mut(&identity(stat))?;
        *left -= 1;
        if *left > 0 {
            return Some(path.clone());
        }
        // Its last name within reach of us: nothing has to be remembered any more.
        self.names.remove(&identity(stat)).map(|(path, _)| path)
    }

    fn directory(&mut self, found: &Found<'_>, notes: &mut Notes) -> Result<Option<OwnedFd>, SourceError> {
        let Some((directory, stat)) = open_found(found, notes)? else { return Ok(None) };
        let attributes = attributes::of_file(&directory, &mut self.buffer).map_err(|error| failed_at(found.path, error))?;
        self.plain(member(found.path, Kind::Directory, &stat, attributes))?;
        if stat.st_dev != self.device {
            notes.add(found.path, Remark::OtherFileSystem);
            return Ok(None);
        }
        Ok(Some(directory))
    }

    fn special(&mut self, found: &Found<'_>, kind: Kind) -> Result<bool, SourceError> {
        let attributes = match attributes::of_entry(found.parent, found.name.as_bytes(), &mut self.buffer) {
            Ok(attributes) => attributes,
            // It is in the archive as it was seen; that it is gone since does no harm.
            Err(Errno::NOENT) => BTreeMap::new(),
            Err(error) => return Err(failed_at(found.path, error)),
        };
        self.plain(member(found.path, kind, &found.stat, attributes))?;
        Ok(true)
    }

    /// A member without content.
    fn plain(&mut self, member: Member) -> Result<(), SourceError> {
        let kind = match &member.kind {
            // Its digest is known when it was read, so it comes another way.
            Kind::File { .. } => return Ok(()),
            Kind::HardLink { to } => EntryKind::HardLink { to: RawPath::new(to.clone()) },
            Kind::Symlink { to } => EntryKind::Symlink { to: RawPath::new(to.clone()) },
            Kind::Directory => EntryKind::Directory,
            Kind::Fifo => EntryKind::Fifo,
            Kind::CharDevice { major, minor } => EntryKind::CharDevice { major: *major, minor: *minor },
            Kind::BlockDevice { major, minor } => EntryKind::BlockDevice { major: *major, minor: *minor },
        };
        member.write_head(self.output).map_err(SourceError::Output)?;
        self.entry(member, kind)
    }

    fn entry(&mut self, member: Member, kind: EntryKind) -> Result<(), SourceError> {
        self.totals.entries += 1;
        let Member { path, mode, uid, gid, mtime, .. } = member;
        (self.on_entry)(IndexEntry { path: RawPath::new(path), kind, mode, uid, gid, mtime }).map_err(SourceError::Output)
    }

    /// A file that was read before, at the moment that counts.
    fn held(&mut self, path: &[u8], stat: &Stat, attributes: attributes::Attributes, content: &[u8]) -> Result<(), SourceError> {
        let size = content.len() as u64;
        let member = member(path, Kind::File { size, map: None }, stat, attributes);
        let stored = member.write_head(self.output).map_err(SourceError::Output)?;
        self.output.write_all(content).map_err(SourceError::Output)?;
        self.output.write_all(padding(stored)).map_err(SourceError::Output)?;
        self.totals.bytes += size;
        self.entry(member, EntryKind::File { size, sha256: Digest::new(Sha256::digest(content).into()) })
    }

    fn file(&mut self, found: &Found<'_>, notes: &mut Notes) -> Result<bool, SourceError> {
        if let Some(file) = self.held.take(found.path) {
            self.held(found.path, &file.stat, file.attributes, &file.content)?;
            return Ok(false);
        }
        let Some((file, stat)) = open_found(found, notes)? else { return Ok(false) };
        let failed = |error: io::Error| failed_at(found.path, error);
        let attributes = attributes::of_file(&file, &mut self.buffer).map_err(|error| failed(error.into()))?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        // Files with holes have fewer blocks than bytes; all others need no search for them.
        let holes = u64::try_from(stat.st_blocks).unwrap_or(0) * 512 < size;
        let map = if holes { sparse::map_of(&file, size).map_err(failed)? } else { None };
        let member = member(found.path, Kind::File { size, map: map.clone() }, &stat, attributes);
        let stored = member.write_head(self.output).map_err(SourceError::Output)?;
        let segments = map.unwrap_or_else(|| vec![Segment { offset: 0, length: size }]);
        let mut hash = Sha256::new();
        let (mut place, mut shrunk) = (0, false);
        for Segment { offset, length } in segments {
            hash_zeros(&mut hash, offset - place);
            shrunk |= !self.copy(&file, found.path, offset, length, &mut hash)?;
            place = offset + length;
        }
        hash_zeros(&mut hash, size - place);
        self.output.write_all(padding(stored)).map_err(SourceError::Output)?;
        let after = fstat(&file).map_err(|error| failed(error.into()))?;
        let changed = (after.st_size, after.st_mtime, after.st_mtime_nsec) != (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
        if shrunk {
            notes.add(found.path, Remark::Shrunk);
        } else if changed || self.held.is_before(&stat) {
            notes.add(found.path, Remark::Changed);
        }
        self.totals.bytes += size;
        self.entry(member, EntryKind::File { size, sha256: Digest::new(hash.finalize().into()) })?;
        Ok(true)
    }

    /// Copies a stretch, and zeros where the file has come to its end meanwhile; tells whether it was all there.
    fn copy(
        &mut self,
        file: &OwnedFd,
        path: &[u8],
        mut offset: u64,
        mut length: u64,
        hash: &mut Sha256,
    ) -> Result<bool, SourceError> {
        let mut whole = true;
        while length > 0 {
            let most = usize::try_from(length).unwrap_or(CHUNK).min(CHUNK);
            let buffer = &mut self.buffer[..most];
            let mut read = if whole {
                match pread(file, &mut *buffer, offset) {
                    Ok(read) => read,
                    Err(Errno::INTR) => continue,
                    Err(error) => return Err(failed_at(path, error)),
                }
            } else {
                0
            };
            if read == 0 {
                whole = false;
                read = most;
                buffer.fill(0);
            }
            hash.update(&buffer[..read]);
            self.output.write_all(&buffer[..read]).map_err(SourceError::Output)?;
            offset += read as u64;
            length -= read as u64;
        }
        Ok(whole)
    }
}

pub(super) fn hash_zeros(hash: &mut Sha256, mut length: u64) {
    const ZEROS: [u8; 16 << 10] = [0; 16 << 10];
    while length > 0 {
        let most = usize::try_from(length).unwrap_or(ZEROS.len()).min(ZEROS.len());
        hash.update(&ZEROS[..most]);
        length -= most as u64;
    }
}
