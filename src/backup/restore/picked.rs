//! Single files or directories exchanged for others, one rename at a time, within one directory.
//!
//! What was there goes to the same path below the `kept` directory, what is restored comes from the same path below the `restore`
//! directory; which of these are there tells how far it is with each, so every call can be repeated after a cut. Refuses to
//! follow links on the way to a path.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Gid, Mode, OFlags, RenameFlags, Uid, fchmod, fchown, fstat, fsync, mkdirat, openat, renameat_with, statat},
    io::Errno,
};

use super::{id::RestoreId, tree::Permit};
use crate::backup::{index::RawPath, source};

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A directory in which single paths are exchanged.
pub struct Picked {
    path: PathBuf,
    root: OwnedFd,
    id: RestoreId,
}

/// Where a path of ours leads: the open directory that it is in, and its last part.
type Spot = (OwnedFd, CString);

impl Picked {
    /// Opens the directory.
    pub fn open(path: &Path, id: RestoreId) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), root: source::open_directory(path)?, id })
    }

    /// An empty directory for what is restored, readable by its owner only; what a staging that was cut off has left is removed.
    pub fn stage(&self) -> io::Result<OwnedFd> {
        self.remove(&self.id.staged())?;
        mkdirat(&self.root, self.id.staged(), Mode::RWXU)?;
        Ok(openat(&self.root, self.id.staged(), DIRECTORY, Mode::empty())?)
    }

    /// Exchanges the paths.
    pub fn swap(&self, paths: &[RawPath], permit: Permit<'_>) -> io::Result<()> {
        let staged = openat(&self.root, self.id.staged(), DIRECTORY, Mode::empty())?;
        let kept = self.hidden(&self.id.kept())?;
        for path in paths {
            permit()?;
            let Some(from) = find(staged.as_fd(), path)? else { continue };
            let live = make_way(self.root.as_fd(), path, staged.as_fd())?;
            let aside = make_way(kept.as_fd(), path, self.root.as_fd())?;
            if is_there(&live)? && !is_there(&aside)? {
                rename(&live, &aside)?;
            }
            permit()?;
            rename(&from, &live)?;
        }
        Ok(())
    }

    /// Puts back what was there; what was restored lies beside it then.
    pub fn swap_back(&self, paths: &[RawPath], permit: Permit<'_>) -> io::Result<()> {
        let staged = self.hidden(&self.id.staged())?;
        let kept = self.hidden(&self.id.kept())?;
        for path in paths {
            permit()?;
            let aside = make_way(staged.as_fd(), path, self.root.as_fd())?;
            let Some(live) = find(self.root.as_fd(), path)? else {
                self.return_one(&kept, path)?;
                continue;
            };
            // Where it still lies beside, what is live is the old one.
            if !is_there(&aside)? {
                rename(&live, &aside)?;
            }
            self.return_one(&kept, path)?;
        }
        Ok(())
    }

    fn return_one(&self, kept: &OwnedFd, path: &RawPath) -> io::Result<()> {
        if let Some(old) = find(kept.as_fd(), path)? {
            rename(&old, &make_way(self.root.as_fd(), path, kept.as_fd())?)?;
        }
        Ok(())
    }

    /// Removes what was restored and did not come into place.
    pub fn discard_staged(&self) -> io::Result<()> {
        self.remove(&self.id.staged())
    }

    /// Removes what was there before, for good.
    pub fn discard_kept(&self) -> io::Result<()> {
        self.remove(&self.id.kept())
    }

    /// Removes the directories in which what was there before had been kept. Where anything is still in them, that stays, and is a failure.
    pub fn discard_empty_kept(&self) -> io::Result<()> {
        match remove_empty(&self.path.join(self.id.kept())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn hidden(&self, name: &str) -> io::Result<OwnedFd> {
        match mkdirat(&self.root, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(openat(&self.root, name, DIRECTORY, Mode::empty())?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_dir_all(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

fn remove_empty(directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    std::fs::remove_dir(directory)
}

fn parts(path: &RawPath) -> io::Result<(Vec<CString>, CString)> {
    let refused = || io::Error::other(format!("`{path}` names nothing below the directory"));
    let mut parts = Vec::new();
    for part in path.as_bytes().split(|byte| *byte == b'/') {
        if part.is_empty() || part == b"." || part == b".." {
            return Err(refused());
        }
        parts.push(CString::new(part).map_err(|_| refused())?);
    }
    let last = parts.pop().ok_or_else(refused)?;
    Ok((parts, last))
}

/// Where the path is, when something is there.
fn find(root: BorrowedFd<'_>, path: &RawPath) -> io::Result<Option<Spot>> {
    let (parents, last) = parts(path)?;
    let mut at = openat(root, c".", DIRECTORY, Mode::empty())?;
    for part in &parents {
        at = match openat(&at, part, DIRECTORY, Mode::empty()) {
            Ok(inner) => inner,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
    }
    let spot = (at, last);
    Ok(is_there(&spot)?.then_some(spot))
}

/// Where the path would be, with the directories on the way made as they are below `model`.
fn make_way(root: BorrowedFd<'_>, path: &RawPath, model: BorrowedFd<'_>) -> io::Result<Spot> {
    let (parents, last) = parts(path)?;
    let mut at = openat(root, c".", DIRECTORY, Mode::empty())?;
    let mut like = Some(openat(model, c".", DIRECTORY, Mode::empty())?);
    for part in &parents {
        like = like.and_then(|like| openat(&like, part, DIRECTORY, Mode::empty()).ok());
        let made = match mkdirat(&at, part, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        at = openat(&at, part, DIRECTORY, Mode::empty())?;
        if let (true, Some(like)) = (made, &like) {
            let stat = fstat(like)?;
            fchown(&at, Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)))?;
            fchmod(&at, Mode::from_raw_mode(stat.st_mode))?;
        }
    }
    Ok((at, last))
}

fn is_there((directory, name): &Spot) -> io::Result<bool> {
    match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn rename((from, name): &Spot, (to, new): &Spot) -> io::Result<()> {
    renameat_with(from, name, to, new, RenameFlags::NOREPLACE)?;
    fsync(to)?;
    Ok(fsync(from)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn exchange(limit: usize, forward: usize) -> Vec<Option<String>> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/f"), "old").unwrap();
        fs::write(root.join("g"), "old").unwrap();
        let picked = Picked::open(root, RestoreId::new(7)).unwrap();
        picked.stage().unwrap();
        let staged = root.join(RestoreId::new(7).staged());
        fs::create_dir_all(staged.join("a/b")).unwrap();
        fs::create_dir_all(staged.join("new")).unwrap();
        for path in ["a/b/f", "g", "new/h"] {
            fs::write(staged.join(path), "new").unwrap();
        }
        let paths = ["a/b/f", "g", "new/h"].map(|path| RawPath::new(path.as_bytes()));
        let cut = |limit: usize| {
            let mut left = limit;
            move || {
                left = left.checked_sub(1).ok_or_else(|| io::Error::other("cut"))?;
                Ok(())
            }
        };
        let _ = picked.swap(&paths, &mut cut(forward));
        let _ = picked.swap_back(&paths, &mut cut(limit));
        picked.swap_back(&paths, &mut || Ok(())).unwrap();
        picked.discard_empty_kept().unwrap();
        let back: Vec<_> = ["a/b/f", "g", "new/h"].iter().map(|path| fs::read_to_string(root.join(path)).ok()).collect();
        picked.swap(&paths, &mut cut(limit)).ok();
        picked.swap(&paths, &mut || Ok(())).unwrap();
        for path in ["a/b/f", "g", "new/h"] {
            assert_eq!(fs::read_to_string(root.join(path)).unwrap(), "new");
        }
        picked.discard_kept().unwrap();
        picked.discard_staged().unwrap();
        assert_eq!(fs::read_dir(root).unwrap().count(), 3);
        back
    }

    /// Cut off anywhere, on the way there and on the way back, the old files come back and the new ones come.
    #[test]
    fn after_any_cut_it_goes_on_and_back() {
        for forward in 0..8 {
            for back in 0..5 {
                let found = exchange(back, forward);
                assert_eq!(found, [Some("old".to_owned()), Some("old".to_owned()), None], "{forward} {back}");
            }
        }
    }
}
