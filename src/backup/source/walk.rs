//! Goes through a directory, each step relative to an open directory, following no link, so that whoever changes the tree
//! meanwhile cannot lead it elsewhere. Entries come in order of their names, a directory before what is in it.

use std::{ffi::CString, io, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};

use super::{
    SourceError,
    note::{Notes, Remark},
};
use crate::backup::index::RawPath;

/// So many directories are kept open on the way down; those above are opened again from below on the way back.
const MOST_OPEN: usize = 64;

pub(super) const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Something that was found.
pub(super) struct Found<'a> {
    /// The open directory that it is in.
    pub(super) parent: &'a OwnedFd,
    pub(super) name: &'a CString,
    /// Below the root.
    pub(super) path: &'a [u8],
    pub(super) stat: Stat,
}

struct Level {
    directory: Option<OwnedFd>,
    identity: (u64, u64),
    /// Last name first. Held as a whole, because a directory that is written to while it is listed shows names twice or not at all.
    names: Vec<CString>,
    /// Where its path ends.
    end: usize,
}

/// What identifies an inode.
pub(super) fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

fn unreadable(path: &[u8], error: Errno) -> SourceError {
    let path = if path.is_empty() { b"." } else { path };
    SourceError::Unreadable { path: RawPath::new(path), source: error.into() }
}

/// Calls `visit` for each entry below `root`, which is not visited itself. `visit` tells whether to go into a directory, and
/// gives it opened.
pub(super) fn walk(
    root: OwnedFd,
    notes: &mut Notes,
    mut visit: impl FnMut(&Found<'_>, &mut Notes) -> Result<Option<OwnedFd>, SourceError>,
) -> Result<(), SourceError> {
    let mut path = Vec::new();
    let mut levels = vec![level(root, &path)?];
    loop {
        let depth = levels.len();
        let Some(top) = levels.last_mut() else { return Ok(()) };
        let Some(directory) = &top.directory else { return Err(SourceError::Moved { path: RawPath::new(path) }) };
        let Some(name) = top.names.pop() else {
            reopen_parent(&mut levels, &path)?;
            continue;
        };
        path.truncate(top.end);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        let stat = match statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => {
                notes.add(&path, Remark::Vanished);
                continue;
            }
            Err(error) => return Err(unreadable(&path, error)),
        };
        if let Some(inside) = visit(&Found { parent: directory, name: &name, path: &path, stat }, notes)? {
            let below = level(inside, &path)?;
            if depth >= MOST_OPEN {
                levels[depth - MOST_OPEN].directory = None;
            }
            levels.push(below);
        }
    }
}

fn level(directory: OwnedFd, path: &[u8]) -> Result<Level, SourceError> {
    let failed = |error| unreadable(path, error);
    let stat = fstat(&directory).map_err(failed)?;
    let mut names = Vec::new();
    for entry in Dir::read_from(&directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_owned();
        if name.as_bytes() != b"." && name.as_bytes() != b".." {
            names.push(name);
        }
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Level { directory: Some(directory), identity: identity(&stat), names, end: path.len() })
}

/// Leaves the lowest level, and sees to it that the one above is open and the one that it was.
fn reopen_parent(levels: &mut Vec<Level>, path: &[u8]) -> Result<(), SourceError> {
    let left = levels.pop();
    let (Some(parent), Some(left)) = (levels.last_mut(), left) else { return Ok(()) };
    if parent.directory.is_none() {
        let moved = || SourceError::Moved { path: RawPath::new(&path[..left.end]) };
        let below = left.directory.ok_or_else(moved)?;
        let above = openat(&below, c"..", DIRECTORY, Mode::empty()).map_err(|error| unreadable(&path[..left.end], error))?;
        let stat = fstat(&above).map_err(|error| unreadable(&path[..left.end], error))?;
        if identity(&stat) != parent.identity {
            return Err(moved());
        }
        parent.directory = Some(above);
    }
    Ok(())
}

/// Opens what was found, when it is still there and still the same; otherwise leaves a note.
pub(super) fn open_found(found: &Found<'_>, notes: &mut Notes) -> Result<Option<(OwnedFd, Stat)>, SourceError> {
    let is_directory = FileType::from_raw_mode(found.stat.st_mode) == FileType::Directory;
    // Without NONBLOCK a pipe that was put in a file's place would keep us waiting.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let flags = if is_directory { flags | OFlags::DIRECTORY } else { flags };
    let opened = match openat(found.parent, found.name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only the owner and root may read without leaving a trace.
        Err(Errno::PERM) => openat(found.parent, found.name, flags, Mode::empty()),
        other => other,
    };
    let file = match opened {
        Ok(file) => file,
        Err(Errno::NOENT) => {
            notes.add(found.path, Remark::Vanished);
            return Ok(None);
        }
        Err(Errno::LOOP | Errno::NOTDIR | Errno::NXIO) => {
            notes.add(found.path, Remark::Replaced);
            return Ok(None);
        }
        Err(error) => return Err(unreadable(found.path, error)),
    };
    let stat = fstat(&file).map_err(|error| unreadable(found.path, error))?;
    if identity(&stat) != identity(&found.stat)
        || FileType::from_raw_mode(stat.st_mode) != FileType::from_raw_mode(found.stat.st_mode)
    {
        notes.add(found.path, Remark::Replaced);
        return Ok(None);
    }
    Ok(Some((file, stat)))
}

/// A failure of the system at a path.
pub(super) fn failed_at(path: &[u8], error: impl Into<io::Error>) -> SourceError {
    SourceError::Unreadable { path: RawPath::new(path), source: error.into() }
}
