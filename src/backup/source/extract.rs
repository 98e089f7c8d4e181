//! From an archive to a directory. Every member is put in place by a checked walk; nothing that is there is replaced.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{
        AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, chmodat, chownat, fchmod, fchown, ftruncate, futimens,
        linkat, makedev, mkdirat, mknodat, openat, symlinkat, utimensat,
    },
    io::{Errno, pwrite},
};

use super::{
    attributes,
    error::{ExtractError, Refusal},
    member::{Kind, Member},
    note::{Notes, Remark},
    place::{Destination, Place, stays_inside},
    read::ArchiveReader,
    sparse::Segment,
};
use crate::backup::{index::RawPath, manifest::FileTotals};

const CHUNK: usize = 256 << 10;

/// What becomes of device nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Devices {
    /// The archive is refused.
    Refuse,
    /// They are left out, with a note.
    Skip,
    /// They are made, which needs root.
    Create,
}

/// Which symbolic links are made. None is ever followed here; this is for those who come after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Those that lead out of the destination are refused. For archives whose maker is not known.
    Confined,
    /// As they stand. For archives that we have made ourselves.
    AsRecorded,
}

/// How an archive is extracted.
#[derive(Debug, Clone, Copy)]
pub struct ExtractOptions {
    /// Owners are restored, which needs root.
    pub owners: bool,
    /// See [`Devices`].
    pub devices: Devices,
    /// See [`Links`].
    pub links: Links,
    /// What was announced; an archive that holds more is refused where it does.
    pub limits: FileTotals,
}

/// What was extracted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Entries and bytes.
    pub totals: FileTotals,
    /// What a person should know.
    pub notes: Notes,
}

/// Extracts the members that `wanted` (given paths as the index has them) names to `destination`. Everything is in place when this
/// returns, and on its way to the disk.
pub fn extract(
    input: &mut dyn io::Read,
    destination: BorrowedFd<'_>,
    options: &ExtractOptions,
    wanted: &dyn Fn(&[u8]) -> bool,
) -> Result<Extracted, ExtractError> {
    let mut reader = ArchiveReader::new(input);
    let mut work = Work {
        destination: Destination::new(destination),
        options,
        open: Vec::new(),
        done: Extracted::default(),
        buffer: vec![0; CHUNK],
    };
    while let Some(member) = reader.next()? {
        let refused = |refusal| ExtractError::Refused { path: RawPath::new(member.path.clone()), refusal };
        let place = Place::new(&member.path).map_err(refused)?;
        let path = place.path();
        if wanted(&path) {
            work.count(&member).map_err(refused)?;
            work.leave(Some(&place))?;
            work.put(place, &path, member, &mut reader)?;
        }
    }
    work.leave(None)?;
    Ok(work.done)
}

struct Work<'a> {
    destination: Destination<'a>,
    options: &'a ExtractOptions,
    /// Directories that are being filled. What their members do not keep, they get when they are left: permissions that would
    /// forbid it, times that it would change, lists that would be inherited.
    open: Vec<(Place, Member)>,
    done: Extracted,
    buffer: Vec<u8>,
}

fn output(path: &[u8]) -> impl Fn(Errno) -> ExtractError {
    move |error| ExtractError::Output { path: RawPath::new(path), source: error.into() }
}

fn refused(path: &[u8], refusal: Refusal) -> ExtractError {
    ExtractError::Refused { path: RawPath::new(path), refusal }
}

/// For what must not be there yet.
fn made<T>(path: &[u8], result: rustix::io::Result<T>) -> Result<T, ExtractError> {
    result.map_err(|error| if error == Errno::EXIST { refused(path, Refusal::Exists) } else { output(path)(error) })
}

impl Work<'_> {
    fn count(&mut self, member: &Member) -> Result<(), Refusal> {
        let FileTotals { entries, bytes } = self.options.limits;
        let totals = &mut self.done.totals;
        totals.entries += 1;
        if totals.entries > entries {
            return Err(Refusal::TooMany(entries));
        }
        if let Kind::File { size, .. } = member.kind {
            totals.bytes = totals.bytes.checked_add(size).filter(|sum| *sum <= bytes).ok_or(Refusal::TooLarge(bytes))?;
        }
        Ok(())
    }

    /// Finishes the directories that `next` is not in; all of them at the end.
    fn leave(&mut self, next: Option<&Place>) -> Result<(), ExtractError> {
        while let Some((place, member)) = self.open.pop_if(|(open, _)| next.is_none_or(|next| !next.is_at_or_below(open))) {
            let path = place.path();
            let directory = match place.split() {
                None => open_directory(self.destination.root(), c".").map_err(output(&path))?,
                Some((parents, name)) => {
                    let parent = self.destination.directory(parents, false)?;
                    open_directory(parent.as_fd(), name).map_err(output(&path))?
                }
            };
            self.finish_file(&directory, &path, &member)?;
        }
        Ok(())
    }

    fn put(&mut self, place: Place, path: &[u8], member: Member, reader: &mut ArchiveReader<'_>) -> Result<(), ExtractError> {
        let Some((parents, name)) = place.split() else {
            if member.kind != Kind::Directory {
                return Err(refused(path, Refusal::NoName));
            }
            // It gets those of the archive when it is left; until then all that is made in it would inherit its own.
            attributes::clear_lists(self.destination.root());
            self.open.push((place, member));
            return Ok(());
        };
        match &member.kind {
            Kind::Directory => {
                let parent = self.destination.directory(parents, true)?;
                match mkdirat(&parent, name, Mode::RWXU) {
                    Ok(()) => {}
                    // Made on the way to something in it, or given twice. Anything but a directory is refused.
                    Err(Errno::EXIST) => match open_directory(parent.as_fd(), name) {
                        Ok(_) => {}
                        Err(Errno::LOOP | Errno::NOTDIR) => return Err(refused(path, Refusal::Exists)),
                        Err(error) => return Err(output(path)(error)),
                    },
                    Err(error) => return Err(output(path)(error)),
                }
                self.open.push((place, member));
            }
            Kind::File { size, map } => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let parent = self.destination.directory(parents, true)?;
                let file = made(path, openat(&parent, name, flags, Mode::RUSR | Mode::WUSR))?;
                self.fill(&file, path, *size, map.as_deref(), reader)?;
                self.finish_file(&file, path, &member)?;
            }
            Kind::HardLink { to } => self.hard_link(parents, name, path, to)?,
            Kind::Symlink { to } => {
                if self.options.links == Links::Confined && !stays_inside(to, place.depth() - 1) {
                    return Err(refused(path, Refusal::LinkEscapes(RawPath::new(to.clone()))));
                }
                let target = CString::new(to.clone()).map_err(|_| refused(path, Refusal::NoName))?;
                let parent = self.destination.directory(parents, true)?;
                made(path, symlinkat(&target, &parent, name))?;
                self.finish_special(parents, name, path, &member)?;
            }
            Kind::Fifo => self.node(parents, name, path, &member, FileType::Fifo, 0)?,
            Kind::CharDevice { major, minor } => {
                self.device(parents, name, path, &member, FileType::CharacterDevice, (*major, *minor))?
            }
            Kind::BlockDevice { major, minor } => {
                self.device(parents, name, path, &member, FileType::BlockDevice, (*major, *minor))?
            }
        }
        Ok(())
    }

    fn fill(
        &mut self,
        file: &OwnedFd,
        path: &[u8],
        size: u64,
        map: Option<&[Segment]>,
        reader: &mut ArchiveReader<'_>,
    ) -> Result<(), ExtractError> {
        let whole = [Segment { offset: 0, length: size }];
        if map.is_some() {
            ftruncate(file, size).map_err(output(path))?;
        }
        for Segment { offset, length } in map.unwrap_or(&whole) {
            let (mut offset, mut length) = (*offset, *length);
            while length > 0 {
                let most = usize::try_from(length).unwrap_or(CHUNK).min(CHUNK);
                let read = reader.read(&mut self.buffer[..most])?;
                write_all_at(file, &self.buffer[..read], offset).map_err(output(path))?;
                offset += read as u64;
                length -= read as u64;
            }
        }
        Ok(())
    }

    fn hard_link(&mut self, parents: &[CString], name: &CString, path: &[u8], to: &[u8]) -> Result<(), ExtractError> {
        let target = Place::new(to).map_err(|_| refused(path, Refusal::LinkEscapes(RawPath::new(to))))?;
        let nothing = || refused(path, Refusal::LinkToNothing(RawPath::new(to)));
        let Some((target_parents, target_name)) = target.split() else { return Err(nothing()) };
        let from = match self.destination.directory(target_parents, false) {
            Ok(parent) => {
                parent.as_fd().try_clone_to_owned().map_err(|source| ExtractError::Output { path: RawPath::new(path), source })?
            }
            Err(ExtractError::Output { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Err(nothing()),
            Err(error) => return Err(error),
        };
        let parent = self.destination.directory(parents, true)?;
        // Without FOLLOW: a link that stands there gets a further name itself.
        match linkat(&from, target_name, &parent, name, AtFlags::empty()) {
            Err(Errno::NOENT | Errno::PERM) => Err(nothing()),
            other => made(path, other),
        }
    }

    fn device(
        &mut self,
        parents: &[CString],
        name: &CString,
        path: &[u8],
        member: &Member,
        kind: FileType,
        number: (u32, u32),
    ) -> Result<(), ExtractError> {
        match self.options.devices {
            Devices::Refuse => Err(refused(path, Refusal::Device)),
            Devices::Skip => {
                self.done.notes.add(path, Remark::DeviceSkipped);
                Ok(())
            }
            Devices::Create => self.node(parents, name, path, member, kind, makedev(number.0, number.1)),
        }
    }

    fn node(
        &mut self,
        parents: &[CString],
        name: &CString,
        path: &[u8],
        member: &Member,
        kind: FileType,
        number: u64,
    ) -> Result<(), ExtractError> {
        let parent = self.destination.directory(parents, true)?;
        made(path, mknodat(&parent, name, kind, Mode::RUSR | Mode::WUSR, number))?;
        self.finish_special(parents, name, path, member)
    }

    /// Owner first, because a change of owner takes set-user-ID and capabilities away; lists before permissions, which are part
    /// of them; the time last.
    fn finish_file(&mut self, file: &OwnedFd, path: &[u8], member: &Member) -> Result<(), ExtractError> {
        if self.options.owners {
            fchown(file, Some(Uid::from_raw(member.uid)), Some(Gid::from_raw(member.gid))).map_err(output(path))?;
        }
        if !attributes::set_on_file(file, &member.attributes).map_err(output(path))? {
            self.done.notes.add(path, Remark::AttributeLost);
        }
        fchmod(file, Mode::from_raw_mode(member.mode)).map_err(output(path))?;
        futimens(file, &times(member)).map_err(output(path))
    }

    /// The same for what cannot be opened.
    fn finish_special(&mut self, parents: &[CString], name: &CString, path: &[u8], member: &Member) -> Result<(), ExtractError> {
        let parent = self.destination.directory(parents, false)?;
        let failed = output(path);
        if self.options.owners {
            let (uid, gid) = (Uid::from_raw(member.uid), Gid::from_raw(member.gid));
            chownat(&parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW).map_err(&failed)?;
        }
        let all_kept = attributes::set_on_entry(&parent, name.as_bytes(), &member.attributes).map_err(&failed)?;
        // Links have no permissions, and the call would follow them.
        if !matches!(member.kind, Kind::Symlink { .. }) {
            chmodat(&parent, name, Mode::from_raw_mode(member.mode), AtFlags::empty()).map_err(&failed)?;
        }
        utimensat(&parent, name, &times(member), AtFlags::SYMLINK_NOFOLLOW).map_err(&failed)?;
        if !all_kept {
            self.done.notes.add(path, Remark::AttributeLost);
        }
        Ok(())
    }
}

fn open_directory(parent: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<OwnedFd> {
    openat(parent, name, super::walk::DIRECTORY, Mode::empty())
}

fn times(member: &Member) -> Timestamps {
    let time = Timespec { tv_sec: member.mtime.0, tv_nsec: i64::from(member.mtime.1) };
    Timestamps { last_access: time, last_modification: time }
}

fn write_all_at(file: &OwnedFd, mut bytes: &[u8], mut offset: u64) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match pwrite(file, bytes, offset) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
