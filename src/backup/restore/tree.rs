//! A directory's content taken aside for another, both within that directory, by renames that can be cut off anywhere.
//!
//! What has been done can be read from which of three hidden directories are there, so a restore goes on, or back, after any cut:
//!
//! | there is | then in the directory itself is |
//! |---|---|
//! | `restore` alone | the old content, all of it |
//! | `restore`, `keeping` | a part of the old content; the rest is in `keeping` |
//! | `restore`, `kept` | a part of the new content; the rest is in `restore`, and all of the old in `kept` |
//! | `kept` alone | the new content, all of it |
//!
//! Nobody else may write to the directory meanwhile; what somebody does write is never replaced. Refuses to touch what other restores
//! keep, and to follow links.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, Dir, Gid, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, Uid, fchmod, fchown, fstat, fsync, futimens,
        mkdirat, openat, renameat, renameat_with, unlinkat,
    },
    io::Errno,
};

use super::id::{HIDDEN, RestoreId};
use crate::backup::source;

/// Asked before each change: whether it may still be made.
pub type Permit<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// How far an exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of this restore is there.
    Nothing,
    /// The new content lies beside the old one, whole or not.
    Staged,
    /// The old content is on its way out, or back in.
    Keeping,
    /// The new content is on its way in, or out again.
    Placing,
    /// The new content is in place, and the old one kept.
    Swapped,
}

/// A directory in which one content takes another's place.
pub struct Tree {
    path: PathBuf,
    root: OwnedFd,
    id: RestoreId,
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Tree {
    /// Opens the directory.
    pub fn open(path: &Path, id: RestoreId) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), root: source::open_directory(path)?, id })
    }

    /// The numbers of its owner and group.
    pub fn owner(&self) -> io::Result<(u32, u32)> {
        let stat = fstat(&self.root)?;
        Ok((stat.st_uid, stat.st_gid))
    }

    /// How far the exchange is.
    pub fn standing(&self) -> io::Result<Standing> {
        let there = |name: String| match openat(&self.root, &name, DIRECTORY, Mode::empty()) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(io::Error::from(error)),
        };
        let (staged, keeping, kept) = (there(self.id.staged())?, there(self.id.keeping())?, there(self.id.kept())?);
        Ok(match (staged, keeping, kept) {
            (_, true, _) => Standing::Keeping,
            (true, _, true) => Standing::Placing,
            (false, _, true) => Standing::Swapped,
            (true, _, false) => Standing::Staged,
            (false, _, false) => Standing::Nothing,
        })
    }

    /// An empty directory for the new content; what a staging that was cut off has left is removed.
    pub fn stage(&self) -> io::Result<OwnedFd> {
        if !matches!(self.standing()?, Standing::Nothing | Standing::Staged) {
            return Err(io::Error::other("the exchange has begun already"));
        }
        self.quietly(|| {
            self.remove(&self.id.staged())?;
            Ok(mkdirat(&self.root, self.id.staged(), Mode::RWXU)?)
        })?;
        self.staged()
    }

    /// The directory with the new content.
    pub fn staged(&self) -> io::Result<OwnedFd> {
        self.open_hidden(&self.id.staged())
    }

    /// Everything that was written to the directory's file system is on the disk when this returns.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.root)?)
    }

    /// Puts the new content in the old one's place.
    pub fn swap(&self, permit: Permit<'_>) -> io::Result<()> {
        loop {
            permit()?;
            match self.standing()? {
                Standing::Nothing => return Err(io::Error::other("what was restored is not there any more")),
                Standing::Staged => self.make(&self.id.keeping())?,
                Standing::Keeping => {
                    let keeping = self.open_hidden(&self.id.keeping())?;
                    self.move_all(self.root.as_fd(), keeping.as_fd(), permit)?;
                    self.rename_hidden(&self.id.keeping(), &self.id.kept())?;
                }
                Standing::Placing => {
                    let staged = self.staged()?;
                    self.move_all(staged.as_fd(), self.root.as_fd(), permit)?;
                    self.leave(&staged, &self.id.staged())?;
                }
                Standing::Swapped => return Ok(()),
            }
        }
    }

    /// Puts the old content back in its place; the new one lies beside it then.
    pub fn swap_back(&self, permit: Permit<'_>) -> io::Result<()> {
        loop {
            permit()?;
            match self.standing()? {
                Standing::Nothing | Standing::Staged => return Ok(()),
                Standing::Swapped => self.make(&self.id.staged())?,
                Standing::Placing => {
                    let staged = self.staged()?;
                    self.move_all(self.root.as_fd(), staged.as_fd(), permit)?;
                    self.rename_hidden(&self.id.kept(), &self.id.keeping())?;
                }
                Standing::Keeping => {
                    let keeping = self.open_hidden(&self.id.keeping())?;
                    self.move_all(keeping.as_fd(), self.root.as_fd(), permit)?;
                    self.leave(&keeping, &self.id.keeping())?;
                }
            }
        }
    }

    /// Removes the new content that did not come into place.
    pub fn discard_staged(&self) -> io::Result<()> {
        self.remove_quietly(&[self.id.staged(), self.id.making()])
    }

    /// Removes the old content for good.
    pub fn discard_kept(&self) -> io::Result<()> {
        if matches!(self.standing()?, Standing::Keeping | Standing::Placing) {
            return Err(io::Error::other("the exchange has not come to its end"));
        }
        self.remove_quietly(&[self.id.kept(), self.id.making()])
    }

    fn open_hidden(&self, name: &str) -> io::Result<OwnedFd> {
        Ok(openat(&self.root, name, DIRECTORY, Mode::empty())?)
    }

    /// Makes a hidden directory with the attributes of the root, so that these can be given back from it.
    fn make(&self, name: &str) -> io::Result<()> {
        let making = self.id.making();
        let times = times(&fstat(&self.root)?);
        self.quietly(|| {
            self.remove(&making)?;
            mkdirat(&self.root, &making, Mode::RWXU)?;
            let made = self.open_hidden(&making)?;
            copy_attributes(self.root.as_fd(), made.as_fd())?;
            futimens(&made, &times)?;
            self.rename_hidden(&making, name)
        })
    }

    /// The name is what tells how far the exchange is, so all that it stands for is on the disk before.
    fn rename_hidden(&self, from: &str, to: &str) -> io::Result<()> {
        fsync(self.open_hidden(from)?)?;
        fsync(&self.root)?;
        renameat(&self.root, from, &self.root, to)?;
        Ok(fsync(&self.root)?)
    }

    /// The root gets the attributes of the directory whose content it has, and the directory goes.
    fn leave(&self, from: &OwnedFd, name: &str) -> io::Result<()> {
        copy_attributes(from.as_fd(), self.root.as_fd())?;
        let times = times(&fstat(from)?);
        fsync(&self.root)?;
        unlinkat(&self.root, name, AtFlags::REMOVEDIR)?;
        futimens(&self.root, &times)?;
        Ok(fsync(&self.root)?)
    }

    /// Moves every entry but what restores keep there. The time of the directory that is left stays what it was: it is that of its content.
    fn move_all(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, permit: Permit<'_>) -> io::Result<()> {
        let before = times(&fstat(from)?);
        let after = times(&fstat(to)?);
        for name in names(from)? {
            permit()?;
            renameat_with(from, &name, to, &name, RenameFlags::NOREPLACE).map_err(|error| at(&name, error))?;
            // Each time, so that whoever goes on after a cut finds them.
            futimens(from, &before)?;
            futimens(to, &after)?;
        }
        fsync(to)?;
        Ok(fsync(from)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        // The library's own removal follows no links below the path.
        match std::fs::remove_dir_all(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn remove_quietly(&self, directories: &[String]) -> io::Result<()> {
        self.quietly(|| directories.iter().try_for_each(|name| self.remove(name)))
    }

    /// Does something to hidden directories. The directory's own time is that of its content, which these are none of.
    fn quietly(&self, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let times = times(&fstat(&self.root)?);
        work()?;
        futimens(&self.root, &times)?;
        Ok(fsync(&self.root)?)
    }
}

/// Whether a path lies in what restores keep beside live data; given as archives and indexes have it.
pub fn is_hidden(path: &[u8]) -> bool {
    path.starts_with(HIDDEN.as_bytes())
}

/// What is in a directory, but for what restores keep there.
fn names(directory: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name: CString = entry?.file_name().to_owned();
        if !is_hidden(name.as_bytes()) && !matches!(name.as_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    Ok(names)
}

fn at(name: &CStr, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("`{}`: {error}", name.to_string_lossy()))
}

fn times(stat: &Stat) -> Timestamps {
    let time = |seconds, nanoseconds: u64| Timespec { tv_sec: seconds, tv_nsec: nanoseconds.try_into().unwrap_or_default() };
    Timestamps {
        last_access: time(stat.st_atime, stat.st_atime_nsec),
        last_modification: time(stat.st_mtime, stat.st_mtime_nsec),
    }
}

fn copy_attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> io::Result<()> {
    let stat = fstat(from)?;
    fchown(to, Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)))?;
    source::copy_extended(from, to)?;
    Ok(fchmod(to, Mode::from_raw_mode(stat.st_mode))?)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    };

    use super::*;

    /// Names, contents, modes and times below a directory, its own among them; what restores keep left out.
    fn look(path: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let line = |name: &str, path: &Path| {
            let meta = fs::symlink_metadata(path).unwrap();
            let content = match meta.file_type() {
                kind if kind.is_file() => String::from_utf8(fs::read(path).unwrap()).unwrap(),
                kind if kind.is_symlink() => fs::read_link(path).unwrap().display().to_string(),
                _ => String::new(),
            };
            format!("{name} {:o} {}:{} {}.{} {content}", meta.mode(), meta.uid(), meta.gid(), meta.mtime(), meta.mtime_nsec())
        };
        found.push(line(".", path));
        for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if !is_hidden(name.as_bytes()) {
                found.push(line(&name, &entry.path()));
                if entry.file_type().unwrap().is_dir() {
                    found.extend(look(&entry.path()).into_iter().map(|line| format!("{name}/{line}")));
                }
            }
        }
        found.sort();
        found
    }

    fn time(path: &Path, seconds: i64) {
        let time = Timespec { tv_sec: seconds, tv_nsec: 5 };
        let file = source::open_directory(path).unwrap();
        futimens(&file, &Timestamps { last_access: time, last_modification: time }).unwrap();
    }

    fn fill(path: &Path, what: &str, mode: u32, seconds: i64) {
        fs::create_dir_all(path.join("d/e")).unwrap();
        fs::write(path.join("d/e/f"), what).unwrap();
        fs::write(path.join(what), what).unwrap();
        symlink(what, path.join("link")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        time(path, seconds);
    }

    fn cut(mut left: usize) -> impl FnMut() -> io::Result<()> {
        move || {
            left = left.checked_sub(1).ok_or_else(|| io::Error::other("cut"))?;
            Ok(())
        }
    }

    struct Scene {
        directory: tempfile::TempDir,
        tree: Tree,
        old: Vec<String>,
        new: Vec<String>,
    }

    fn scene() -> Scene {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path(), "old", 0o751, 1_000);
        let tree = Tree::open(directory.path(), RestoreId::new(0xabcd)).unwrap();
        let before = look(directory.path());
        assert_eq!(tree.standing().unwrap(), Standing::Nothing);
        tree.stage().unwrap();
        let staged = directory.path().join(RestoreId::new(0xabcd).staged());
        fs::write(staged.join("left"), "by a staging that was cut").unwrap();
        tree.stage().unwrap();
        fill(&staged, "new", 0o700, 2_000);
        time(&staged, 2_000);
        let new = look(&staged);
        assert_eq!(look(directory.path()), before, "what is beside does not show");
        Scene { directory, tree, old: before, new }
    }

    #[test]
    fn one_content_takes_the_others_place_and_gives_it_back() {
        let Scene { directory, tree, old, new } = scene();
        tree.swap(&mut || Ok(())).unwrap();
        assert_eq!((look(directory.path()), tree.standing().unwrap()), (new.clone(), Standing::Swapped));
        tree.swap(&mut || Ok(())).unwrap();
        tree.swap_back(&mut || Ok(())).unwrap();
        assert_eq!((look(directory.path()), tree.standing().unwrap()), (old, Standing::Staged));
        tree.swap(&mut || Ok(())).unwrap();
        tree.discard_kept().unwrap();
        assert_eq!((look(directory.path()), tree.standing().unwrap()), (new, Standing::Nothing));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    /// Cut off before each change, on the way there and on the way back: from all of these it goes on to the new and back to the old.
    #[test]
    fn after_any_cut_it_is_the_old_or_the_new_and_never_both() {
        for there in 0..24 {
            for back in 0..24 {
                let Scene { directory, tree, old, new } = scene();
                let whole = tree.swap(&mut cut(there)).is_ok();
                assert!(!whole || look(directory.path()) == new);
                let returned = tree.swap_back(&mut cut(back)).is_ok();
                assert!(!returned || look(directory.path()) == old, "{there} {back}");
                tree.swap(&mut || Ok(())).unwrap();
                assert_eq!(look(directory.path()), new, "{there} {back}");
                tree.swap_back(&mut || Ok(())).unwrap();
                assert_eq!(look(directory.path()), old, "{there} {back}");
                tree.discard_staged().unwrap();
                assert_eq!(look(directory.path()), old);
                assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
            }
        }
    }

    #[test]
    fn what_somebody_wrote_meanwhile_is_not_replaced() {
        let Scene { directory, tree, .. } = scene();
        let placing = (0..24).find(|there| {
            let _ = tree.swap(&mut cut(*there));
            tree.standing().unwrap() == Standing::Placing
        });
        assert!(placing.is_some());
        fs::write(directory.path().join("new"), "of somebody else").unwrap();
        let error = tree.swap(&mut || Ok(())).unwrap_err();
        assert!(error.to_string().contains("`new`"), "{error}");
        assert_eq!(fs::read_to_string(directory.path().join("new")).unwrap(), "of somebody else");
    }
}
