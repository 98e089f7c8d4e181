//! Archives unpacked beside live files, and compared with the index of the set, entry by entry.
//!
//! Refuses to follow what it has unpacked before all of it was compared.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufReader, Read},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    },
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    error::{ConsumeError, RestoreError},
    id::RestoreId,
    input::Source,
    picked::Picked,
    tree::{Tree, is_hidden},
};
use crate::backup::{
    digest::Digest,
    index::{EntryKind, IndexEntry, IndexLine, IndexReader, RawPath},
    set::{Component, ObjectName},
    source::{self, Devices, ExtractOptions, Links, Notes},
};

/// Unpacks a whole volume beside its live content, and compares it.
pub(super) async fn stage_volume(
    source: &Source<'_>,
    object: &ObjectName,
    root: PathBuf,
    id: RestoreId,
) -> Result<Notes, RestoreError> {
    let failed = at(&root);
    let tree = Tree::open(&root, id).map_err(&failed)?;
    let staged = tree.stage().map_err(&failed)?;
    let notes = unpack(source, object, staged.try_clone().map_err(&failed)?, Scope::Whole).await?;
    tokio::task::spawn_blocking(move || tree.sync()).await.map_err(|_| RestoreError::Thread)?.map_err(&failed)?;
    compare(source, object, staged, Scope::Whole).await?;
    Ok(notes)
}

/// Unpacks single files beside the live ones, and tells which paths are to be exchanged: what was asked for, or all that differ.
pub(super) async fn stage_files(
    source: &Source<'_>,
    object: &ObjectName,
    root: PathBuf,
    wanted: Option<&RawPath>,
    id: RestoreId,
) -> Result<Vec<RawPath>, RestoreError> {
    let failed = at(&root);
    let staged = Picked::open(&root, id).and_then(|picked| picked.stage()).map_err(&failed)?;
    let scope = Scope::of(source, object, wanted).await?;
    unpack(source, object, staged.try_clone().map_err(&failed)?, scope.clone()).await?;
    let found = compare(source, object, staged, scope).await?;
    match wanted {
        Some(path) if found.is_empty() => Err(RestoreError::NoSuchPath(path.clone())),
        Some(path) => Ok(vec![path.clone()]),
        None => {
            let check = move || {
                found
                    .into_iter()
                    .filter(|entry| entry.kind != EntryKind::Directory && differs(&root, entry))
                    .map(|entry| entry.path)
                    .collect()
            };
            tokio::task::spawn_blocking(check).await.map_err(|_| RestoreError::Thread)
        }
    }
}

/// Which files of an archive are other ones in a directory, or are not there; from the index alone, so that nothing is written.
pub async fn differing(source: &Source<'_>, object: &ObjectName, root: &Path) -> Result<Vec<RawPath>, RestoreError> {
    let (archive, root) = (object.clone(), root.to_owned());
    let consumer = move |input: &mut dyn Read| {
        let mut found = Vec::new();
        each_entry(input, &archive, |entry| {
            if entry.kind != EntryKind::Directory && differs(&root, &entry) {
                found.push(entry.path);
            }
            Ok(())
        })?;
        Ok(found)
    };
    source.read(index(source)?, consumer).await
}

fn index<'a>(source: &'a Source<'_>) -> Result<&'a ObjectName, RestoreError> {
    let index = source.object(&Component::Index).map(|(name, _)| name);
    index.ok_or_else(|| RestoreError::NoObject(Component::Index.file_name()))
}

fn at(path: &Path) -> impl Fn(io::Error) -> RestoreError + use<> {
    let path = path.to_owned();
    move |source| RestoreError::Files { path: path.clone(), source }
}

/// What of an archive is unpacked.
#[derive(Debug, Clone)]
enum Scope {
    /// All, the attributes of its root among it.
    Whole,
    /// All that is in it.
    Files,
    /// A path, and all below it; and the first names of files that have a further one there.
    Only(RawPath, BTreeSet<RawPath>),
}

fn is_below(path: &[u8], top: &RawPath) -> bool {
    path.strip_prefix(top.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

impl Scope {
    async fn of(source: &Source<'_>, object: &ObjectName, wanted: Option<&RawPath>) -> Result<Self, RestoreError> {
        let Some(wanted) = wanted.cloned() else { return Ok(Self::Files) };
        let (archive, top) = (object.clone(), wanted.clone());
        let consumer = move |input: &mut dyn Read| {
            let mut first_names = BTreeSet::new();
            each_entry(input, &archive, |entry| {
                if let EntryKind::HardLink { to } = entry.kind
                    && is_below(entry.path.as_bytes(), &top)
                    && !is_below(to.as_bytes(), &top)
                {
                    first_names.insert(to);
                }
                Ok(())
            })?;
            Ok(first_names)
        };
        Ok(Self::Only(wanted, source.read(index(source)?, consumer).await?))
    }

    /// Whether a path is wanted. What restores keep never is.
    fn has(&self, path: &[u8]) -> bool {
        let within = match self {
            Self::Whole => true,
            Self::Files => path != b".",
            Self::Only(wanted, first_names) => is_below(path, wanted) || first_names.contains(&RawPath::new(path)),
        };
        within && !is_hidden(path)
    }
}

async fn unpack(source: &Source<'_>, object: &ObjectName, staged: OwnedFd, scope: Scope) -> Result<Notes, RestoreError> {
    let limits = source.record(object)?.files.ok_or_else(|| RestoreError::NoObject(format!("number of entries of {object}")))?;
    let options = ExtractOptions {
        owners: rustix::process::geteuid().is_root(),
        devices: Devices::Skip,
        // The manifest proves that we have made it.
        links: Links::AsRecorded,
        limits,
    };
    let consumer = move |input: &mut dyn Read| {
        let extracted = source::extract(input, staged.as_fd(), &options, &|path| scope.has(path))?;
        Ok(extracted.notes)
    };
    source.read(object, consumer).await
}

/// Calls `visit` for each entry of an archive.
fn each_entry(
    input: &mut dyn Read,
    archive: &ObjectName,
    mut visit: impl FnMut(IndexEntry) -> Result<(), ConsumeError>,
) -> Result<(), ConsumeError> {
    let mut inside = false;
    for line in IndexReader::new(BufReader::new(input))? {
        match line? {
            IndexLine::Archive { archive: found } => inside = found == *archive,
            IndexLine::Entry(entry) if inside => visit(entry)?,
            IndexLine::Entry(_) => {}
        }
    }
    Ok(())
}

fn is_device(entry: &IndexEntry) -> bool {
    matches!(entry.kind, EntryKind::CharDevice { .. } | EntryKind::BlockDevice { .. })
}

/// Compares what was unpacked with the index, and gives the entries of single files.
async fn compare(
    source: &Source<'_>,
    object: &ObjectName,
    staged: OwnedFd,
    scope: Scope,
) -> Result<Vec<IndexEntry>, RestoreError> {
    let archive = object.clone();
    // A volume may have millions of entries; single files are few.
    let collect = !matches!(scope, Scope::Whole);
    let owners = rustix::process::geteuid().is_root();
    let consumer = move |input: &mut dyn Read| {
        let (give, expected) = std::sync::mpsc::sync_channel::<IndexEntry>(64);
        let walker = std::thread::spawn({
            let scope = scope.clone();
            move || walk(staged, &expected, &scope, owners)
        });
        let mut found = Vec::new();
        let read = each_entry(input, &archive, |entry| {
            if !scope.has(entry.path.as_bytes()) || is_device(&entry) {
                return Ok(());
            }
            if collect {
                found.push(entry.clone());
            }
            give.send(entry).map_err(|_| ConsumeError::NotTaken)
        });
        drop(give);
        let walked = walker.join().map_err(|_| ConsumeError::Write(io::Error::other("a thread ended before its time")))?;
        match (walked, read) {
            (Err(error), _) => Err(error),
            (Ok(()), read) => read.map(|()| found),
        }
    };
    source.read(index(source)?, consumer).await
}

/// Walks what was unpacked, in the order of the index.
fn walk(
    staged: OwnedFd,
    expected: &std::sync::mpsc::Receiver<IndexEntry>,
    scope: &Scope,
    owners: bool,
) -> Result<(), ConsumeError> {
    let mut difference = None;
    let mut visit = |entry: IndexEntry| {
        // The way to a wanted path is made, and is none of the archive's entries.
        if !scope.has(entry.path.as_bytes()) {
            return Ok(());
        }
        let wanted = expected.recv().ok();
        let same = wanted.as_ref().is_some_and(|wanted| is_same(wanted, &entry, owners));
        if same {
            return Ok(());
        }
        let wanted = wanted.map_or_else(|| "nothing there".to_owned(), |wanted| describe(&wanted));
        difference = Some((entry.path.clone(), describe(&entry), wanted));
        Err(io::Error::other("it differs"))
    };
    let walked = source::archive(staged, &mut io::sink(), &mut visit);
    if let Some((path, found, wanted)) = difference {
        return Err(ConsumeError::Differs { path, found, wanted });
    }
    walked?;
    match expected.recv() {
        Ok(missing) => Err(ConsumeError::Differs { wanted: describe(&missing), path: missing.path, found: "nothing".to_owned() }),
        Err(_) => Ok(()),
    }
}

fn is_same(wanted: &IndexEntry, found: &IndexEntry, owners: bool) -> bool {
    // A link's permissions are the system's affair.
    let modes = wanted.mode == found.mode || matches!(wanted.kind, EntryKind::Symlink { .. });
    let owned = !owners || (wanted.uid, wanted.gid) == (found.uid, found.gid);
    wanted.path == found.path && wanted.kind == found.kind && modes && owned && wanted.mtime == found.mtime
}

fn describe(entry: &IndexEntry) -> String {
    let kind = match &entry.kind {
        EntryKind::File { size, sha256 } => format!("a file of {size} bytes with SHA-256 {sha256}"),
        EntryKind::HardLink { to } => format!("a further name of {to}"),
        EntryKind::Directory => "a directory".to_owned(),
        EntryKind::Symlink { to } => format!("a link to {to}"),
        EntryKind::Fifo => "a pipe".to_owned(),
        EntryKind::CharDevice { .. } | EntryKind::BlockDevice { .. } => "a device".to_owned(),
    };
    let (seconds, nanoseconds) = (entry.mtime.0, entry.mtime.1);
    format!("`{}`, {kind}, mode {:o}, of {}:{}, time {seconds}.{nanoseconds:09}", entry.path, entry.mode, entry.uid, entry.gid)
}

/// Whether something other than what the entry describes is at its path below a directory: other content, or other permissions.
fn differs(root: &Path, entry: &IndexEntry) -> bool {
    let path = root.join(std::ffi::OsStr::from_bytes(entry.path.as_bytes()));
    let Ok(meta) = fs::symlink_metadata(&path) else { return true };
    match &entry.kind {
        EntryKind::Directory => !meta.is_dir(),
        EntryKind::Symlink { to } => fs::read_link(&path).map_or(true, |link| link.as_os_str().as_bytes() != to.as_bytes()),
        EntryKind::File { size, sha256 } => {
            !meta.is_file() || meta.len() != *size || meta.mode() & 0o7777 != entry.mode || digest(&path).ok() != Some(*sha256)
        }
        // Where its first name stands is compared; what else they are is not told by names.
        EntryKind::HardLink { .. } | EntryKind::Fifo => false,
        EntryKind::CharDevice { .. } | EntryKind::BlockDevice { .. } => false,
    }
}

fn digest(path: &Path) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut file = fs::File::open(path)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::new(hash.finalize().into())),
            length => hash.update(&buffer[..length]),
        }
    }
}
