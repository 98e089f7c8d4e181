//! Where a member of an archive belongs below the destination, and whether it may. Every step is relative to an open directory
//! and follows no link, so a link that the archive itself has put there leads nowhere.

use std::{
    ffi::CString,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{Mode, OFlags, mkdirat, openat},
    io::Errno,
};

use super::error::{ExtractError, Refusal};
use crate::backup::index::RawPath;

/// So many directories are kept open on the way down; what is deeper is opened anew for each member.
const MOST_OPEN: usize = 64;

/// For going through a directory only: that needs no permission to read it.
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A checked path: the names of the directories on the way, and its own. The root has none at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place(Vec<CString>);

impl Place {
    /// Checks a path as it stands in an archive. `./` before it and `/` after it say nothing.
    pub(super) fn new(path: &[u8]) -> Result<Self, Refusal> {
        if path.starts_with(b"/") {
            return Err(Refusal::Absolute);
        }
        if path.is_empty() {
            return Err(Refusal::NoName);
        }
        let mut names = Vec::new();
        for name in path.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => return Err(Refusal::LeadsOut),
                // A zero byte would make another, shorter name of it.
                name => names.push(CString::new(name).map_err(|_| Refusal::NoName)?),
            }
        }
        Ok(Self(names))
    }

    pub(super) fn split(&self) -> Option<(&[CString], &CString)> {
        self.0.split_last().map(|(name, parents)| (parents, name))
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_at_or_below(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// As the index has it.
    pub(super) fn path(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return b".".to_vec();
        }
        self.0.iter().map(|name| name.as_bytes()).collect::<Vec<_>>().join(&b'/')
    }
}

/// Whether a symbolic link at this depth (of its directory) stays inside by itself: `..` may come at its beginning only, where
/// it goes through true directories, and not so often that it leaves the root.
pub(super) fn stays_inside(target: &[u8], depth: usize) -> bool {
    if target.starts_with(b"/") {
        return false;
    }
    let names: Vec<&[u8]> = target.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    let up = names.iter().take_while(|name| **name == b"..").count();
    up <= depth && !names[up..].contains(&b"..".as_slice())
}

/// The destination, and the way to the directory that was wanted last.
pub(super) struct Destination<'a> {
    root: BorrowedFd<'a>,
    open: Vec<(CString, OwnedFd)>,
}

/// An open directory: the destination, or one below it.
pub(super) enum Parent<'a> {
    Kept(BorrowedFd<'a>),
    Own(OwnedFd),
}

impl AsFd for Parent<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Kept(kept) => *kept,
            Self::Own(own) => own.as_fd(),
        }
    }
}

impl<'a> Destination<'a> {
    pub(super) const fn new(root: BorrowedFd<'a>) -> Self {
        Self { root, open: Vec::new() }
    }

    pub(super) const fn root(&self) -> BorrowedFd<'a> {
        self.root
    }

    /// The directory with these names on its way. Those that are missing are made when `make` says so.
    pub(super) fn directory(&mut self, names: &[CString], make: bool) -> Result<Parent<'_>, ExtractError> {
        let common = self.open.iter().zip(names).take_while(|((open, _), name)| open == *name).count();
        self.open.truncate(common);
        let (near, far) = names.split_at(names.len().min(MOST_OPEN));
        for name in &near[common.min(near.len())..] {
            let above = self.open.last().map_or(self.root, |(_, directory)| directory.as_fd());
            let directory = step(above, name, make).map_err(|error| failed(names, error))?;
            self.open.push((name.clone(), directory));
        }
        let nearest = self.open.last().map_or(self.root, |(_, directory)| directory.as_fd());
        let mut deeper: Option<OwnedFd> = None;
        for name in far {
            let above = deeper.as_ref().map_or(nearest, AsFd::as_fd);
            deeper = Some(step(above, name, make).map_err(|error| failed(names, error))?);
        }
        Ok(deeper.map_or(Parent::Kept(nearest), Parent::Own))
    }
}

fn step(above: BorrowedFd<'_>, name: &CString, make: bool) -> rustix::io::Result<OwnedFd> {
    match openat(above, name, PASS, Mode::empty()) {
        Err(Errno::NOENT) if make => {
            mkdirat(above, name, Mode::RWXU)?;
            openat(above, name, PASS, Mode::empty())
        }
        other => other,
    }
}

fn failed(names: &[CString], error: Errno) -> ExtractError {
    let path = RawPath::new(Place(names.to_vec()).path());
    match error {
        Errno::LOOP | Errno::NOTDIR => ExtractError::Refused { path, refusal: Refusal::ThroughOther },
        error => ExtractError::Output { path, source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_has_a_place() {
        for (path, refusal) in [
            ("/etc/passwd", Refusal::Absolute),
            ("//x", Refusal::Absolute),
            ("", Refusal::NoName),
            ("a\0b", Refusal::NoName),
            ("..", Refusal::LeadsOut),
            ("../x", Refusal::LeadsOut),
            ("a/../../x", Refusal::LeadsOut),
            ("a/..", Refusal::LeadsOut),
            ("./../x", Refusal::LeadsOut),
        ] {
            assert_eq!(Place::new(path.as_bytes()), Err(refusal), "{path:?}");
        }
        for (path, same) in
            [("a", "a"), ("./a/b/", "a/b"), ("a//b", "a/b"), ("./", "."), (".", "."), ("...", "..."), ("..a/b..", "..a/b..")]
        {
            assert_eq!(Place::new(path.as_bytes()).unwrap().path(), same.as_bytes());
        }
    }

    #[test]
    fn links_are_told_apart_by_where_they_can_lead() {
        for (target, depth, inside) in [
            ("a", 0, true),
            ("a/b", 3, true),
            ("..", 0, false),
            ("..", 1, true),
            ("../..", 1, false),
            ("../../x", 2, true),
            ("./../x", 1, true),
            // Where `a` is a link upwards, `a/..` is above it.
            ("a/..", 5, false),
            ("../a/../b", 5, false),
            ("/a", 9, false),
        ] {
            assert_eq!(stays_inside(target.as_bytes(), depth), inside, "{target} at {depth}");
        }
    }
}
