//! The directories of a target: walked from its root by handles, never through a symbolic link.

use std::{
    fs::File,
    io,
    path::Path,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat},
    io::Errno,
};

use super::super::{
    ObjectKey, SinkError, SinkErrorKind, StoredObject, Tidied,
    key::{TEMPORARY, is_part},
};

/// Directories are for their owner only.
const DIRECTORY_MODE: Mode = Mode::RWXU;
const OPEN_DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Turns what the system says into our error.
pub(super) fn failed(what: &str, source: impl Into<io::Error>) -> SinkError {
    let source = source.into();
    let kind = match Errno::from_io_error(&source) {
        Some(Errno::NOENT | Errno::NOTDIR) => SinkErrorKind::NotFound,
        Some(Errno::EXIST) => SinkErrorKind::Exists,
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => SinkErrorKind::Denied,
        Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => SinkErrorKind::Full,
        Some(Errno::IO) => SinkErrorKind::Damaged,
        Some(Errno::TIMEDOUT | Errno::STALE | Errno::NODEV | Errno::HOSTDOWN | Errno::NOTCONN) => SinkErrorKind::Unreachable,
        _ => SinkErrorKind::Other,
    };
    let error = SinkError::new(kind, what, source.to_string());
    match Errno::from_io_error(&source) {
        Some(Errno::LOOP) => error.with_remedy("a target must not contain symbolic links: remove the link"),
        Some(Errno::ROFS) => error.with_remedy("the file system is mounted read-only"),
        _ => error,
    }
}

/// The target's own directory. Here a link may stand: it is the person's choice where the target lies.
pub(super) fn root(target: &Path, what: &str) -> Result<File, SinkError> {
    let opened = rustix::fs::open(target, OPEN_DIRECTORY, Mode::empty());
    opened.map(File::from).map_err(|errno| {
        let error = failed(what, io::Error::from(errno));
        let error = SinkError { detail: format!("the target {}: {}", target.display(), error.detail), ..error };
        match errno {
            Errno::NOENT | Errno::NOTDIR => {
                let path = crate::secret::quoted(target);
                error.with_remedy(format!("mount the target's disk, or make the directory: mkdir -p -m 700 {path}"))
            }
            _ => error,
        }
    })
}

fn enter(parent: &File, name: &str) -> Result<File, Errno> {
    rustix::fs::openat(parent, name, OPEN_DIRECTORY | OFlags::NOFOLLOW, Mode::empty()).map(File::from)
}

/// Opens the folder below `root`; `None` when it is not there.
pub(super) fn folder(root: File, parts: &[&str], what: &str) -> Result<Option<File>, SinkError> {
    let mut at = root;
    for part in parts {
        at = match enter(&at, part) {
            Ok(next) => next,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(not_a_folder(what, part, &at, errno)),
        };
    }
    Ok(Some(at))
}

/// Opens the folder below `root`, making what is missing.
pub(super) fn make_folder(root: File, parts: &[&str], what: &str) -> Result<File, SinkError> {
    let mut at = root;
    for part in parts {
        match rustix::fs::mkdirat(&at, *part, DIRECTORY_MODE) {
            // The name is durable only when the directory that holds it is.
            Ok(()) => at.sync_all().map_err(|error| failed(what, error))?,
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed(what, errno)),
        }
        at = enter(&at, part).map_err(|errno| not_a_folder(what, part, &at, errno))?;
    }
    Ok(at)
}

/// A link answers ENOTDIR when a directory was asked for; that is told apart, because a link is not "not found".
fn not_a_folder(what: &str, part: &str, parent: &File, errno: Errno) -> SinkError {
    let found = rustix::fs::statat(parent, part, AtFlags::SYMLINK_NOFOLLOW);
    match found.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
        Ok(FileType::Symlink) => failed(what, Errno::LOOP),
        Ok(kind) if kind != FileType::Directory => {
            SinkError::new(SinkErrorKind::Other, what, format!("`{part}` is a file, not a folder"))
        }
        _ => failed(what, errno),
    }
}

/// Size and time of a regular file; `None` for anything else.
pub(super) fn regular(stat: &Stat) -> Option<(u64, DateTime<Utc>)> {
    let modified = DateTime::from_timestamp(stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or(0))?;
    let size = u64::try_from(stat.st_size).ok()?;
    (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then_some((size, modified))
}

/// The objects, in order of key.
pub(super) fn list(target: &Path, prefix: Option<&ObjectKey>, what: &str) -> Result<Vec<StoredObject>, SinkError> {
    let mut found = Vec::new();
    walk(target, prefix.map(ObjectKey::as_str).unwrap_or_default(), what, &mut |path, _, name, stat| {
        // Foreign names are no keys; foreign files with names of keys cannot be told from objects.
        let key = ObjectKey::new(if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") });
        if let (Ok(key), Some((size, modified))) = (key, regular(stat)) {
            found.push(StoredObject { key, size, modified });
        }
        Ok(())
    })?;
    found.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

/// Removes our own temporary files that nobody has written to for so long.
pub(super) fn tidy(target: &Path, older_than: Duration, what: &str) -> Result<Tidied, SinkError> {
    let limit = SystemTime::now().checked_sub(older_than).map_or(DateTime::<Utc>::MIN_UTC, DateTime::from);
    let mut tidied = Tidied::default();
    walk(target, "", what, &mut |_, folder, name, stat| {
        match regular(stat) {
            Some((size, modified)) if name.starts_with(TEMPORARY) && modified <= limit => {
                match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
                    Ok(()) => tidied = Tidied { uploads: tidied.uploads + 1, bytes: tidied.bytes + size },
                    Err(Errno::NOENT) => {}
                    Err(errno) => return Err(failed(what, errno)),
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(tidied)
}

type Visit<'a> = dyn FnMut(&str, &File, &str, &Stat) -> Result<(), SinkError> + 'a;

/// Visits what is in the folders whose names can be parts of keys: the folder's path and handle, the name, its status. One
/// handle is open at a time, however deep it goes; what vanishes meanwhile is passed over.
fn walk(target: &Path, start: &str, what: &str, visit: &mut Visit<'_>) -> Result<(), SinkError> {
    // Also where there is nothing to visit, a target that is missing is told.
    root(target, what)?;
    let mut open = vec![start.to_owned()];
    while let Some(path) = open.pop() {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let below = match folder(root(target, what)?, &parts, what) {
            Ok(Some(below)) => below,
            Ok(None) => continue,
            // A file or link where a folder of objects was asked for: there are no objects in it.
            Err(error) if error.kind == SinkErrorKind::Other => continue,
            Err(error) => return Err(error),
        };
        for entry in Dir::read_from(&below).map_err(|errno| failed(what, errno))? {
            let entry = entry.map_err(|errno| failed(what, errno))?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if !is_part(name) && !name.starts_with(TEMPORARY) {
                continue;
            }
            let stat = match rustix::fs::statat(&below, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(failed(what, errno)),
            };
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                let inner = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
                // What is nested deeper than keys can say is foreign.
                if ObjectKey::new(inner.as_str()).is_ok() {
                    open.push(inner);
                }
            } else {
                visit(&path, &below, name, &stat)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_a_kind() {
        use SinkErrorKind as Kind;
        for (errno, kind) in [
            (Errno::ACCESS, Kind::Denied),
            (Errno::ROFS, Kind::Denied),
            (Errno::NOSPC, Kind::Full),
            (Errno::DQUOT, Kind::Full),
            (Errno::IO, Kind::Damaged),
            (Errno::STALE, Kind::Unreachable),
            (Errno::MFILE, Kind::Other),
        ] {
            let error = failed("write a", errno);
            assert_eq!(error.kind, kind, "{error}");
            assert_eq!(error.hint().is_some(), kind != Kind::Other, "{error}");
        }
    }
}
