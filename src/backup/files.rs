//! Small files of the deployment's directory for backups: read whole and within bounds; written beside, synced, renamed.
//!
//! Refuses to know what is in them.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use zeroize::Zeroizing;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// How the names of files that are being written begin.
const TEMPORARY: &str = ".medianest-new-";
/// For its owner only.
pub(super) const PRIVATE: u32 = 0o600;
/// For everybody to read.
pub(super) const PUBLIC: u32 = 0o644;

/// The content of a file as text; `None` where there is none of that name.
pub(super) fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Asked before opening: opening a pipe would wait for its writer.
    if !found.is_file() || found.len() > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file of a size that is read"));
    }
    // Room for all of it: a buffer that grows leaves copies behind in memory.
    let room = usize::try_from(found.len()).unwrap_or_default() + 64;
    let mut text = Zeroizing::new(String::with_capacity(room));
    File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Permission bits of a file.
pub(super) fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

/// Writes a file that is not there yet. It appears whole or not at all.
///
/// # Errors
/// `AlreadyExists` where there is something of that name.
pub(super) fn create(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let file = beside(path, content, mode)?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync_directory(path)
}

/// Writes a file in place of what is there. A reader sees the old content or the new one.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let file = beside(path, content, mode)?;
    file.persist(path).map_err(|error| error.error)?;
    sync_directory(path)
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(path: &Path, content: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory(path))?;
    // For its owner only from the beginning, and removed again when something below fails.
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory(path))?;
    file.write_all(content)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A name is durable only when the directory that holds it is.
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory(path))?.sync_all()
}
