//! Extended attributes, of which access control lists (`system.posix_acl_*`) and capabilities are some.

use std::{
    collections::BTreeMap,
    ffi::{CString, OsStr},
    io,
    os::{
        fd::{AsFd, AsRawFd as _},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr, lgetxattr, llistxattr, lsetxattr},
    io::{Errno, Result},
};

/// Names and values.
pub(super) type Attributes = BTreeMap<Vec<u8>, Vec<u8>>;

/// The kernel takes no longer value and no longer list of names.
const LONGEST: usize = 64 << 10;

/// Of an open file or directory.
pub(super) fn of_file(file: impl AsFd, buffer: &mut Vec<u8>) -> Result<Attributes> {
    read(buffer, |list| flistxattr(&file, list), |name, value| fgetxattr(&file, name, value))
}

/// Of what has this name in an open directory, when it cannot be opened itself: links, pipes, devices.
pub(super) fn of_entry(directory: impl AsFd, name: &[u8], buffer: &mut Vec<u8>) -> Result<Attributes> {
    let path = entry_path(directory, name);
    read(buffer, |list| llistxattr(&path, list), |name, value| lgetxattr(&path, name, value))
}

/// There are no calls relative to a directory for these; the directory's descriptor makes a path that cannot be redirected.
fn entry_path(directory: impl AsFd, name: &[u8]) -> PathBuf {
    Path::new("/proc/self/fd").join(directory.as_fd().as_raw_fd().to_string()).join(OsStr::from_bytes(name))
}

fn read(
    buffer: &mut Vec<u8>,
    list: impl Fn(&mut [u8]) -> Result<usize>,
    get: impl Fn(&CString, &mut [u8]) -> Result<usize>,
) -> Result<Attributes> {
    if buffer.len() < LONGEST {
        buffer.resize(LONGEST, 0);
    }
    let length = match list(buffer) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => 0,
        Err(error) => return Err(error),
    };
    let names: Vec<CString> = buffer[..length].split(|byte| *byte == 0).filter_map(|name| CString::new(name).ok()).collect();
    let mut attributes = Attributes::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        match get(&name, buffer) {
            Ok(length) => {
                attributes.insert(name.into_bytes(), buffer[..length].to_vec());
            }
            // Removed since it was listed, or listed and not for us.
            Err(Errno::NODATA | Errno::NOTSUP) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(attributes)
}

/// Whether a failure means that the file system, or we, cannot keep such an attribute.
fn is_not_kept(error: Errno) -> bool {
    matches!(error, Errno::NOTSUP | Errno::PERM | Errno::ACCESS | Errno::INVAL)
}

/// Sets them; tells whether all were kept.
pub(super) fn set_on_file(file: impl AsFd, attributes: &Attributes) -> Result<bool> {
    set(attributes, |name, value| fsetxattr(&file, name, value, XattrFlags::empty()))
}

/// The same for what cannot be opened.
pub(super) fn set_on_entry(directory: impl AsFd, name: &[u8], attributes: &Attributes) -> Result<bool> {
    let path = entry_path(directory, name);
    set(attributes, |name, value| lsetxattr(&path, name, value, XattrFlags::empty()))
}

fn set(attributes: &Attributes, set: impl Fn(&OsStr, &[u8]) -> Result<()>) -> Result<bool> {
    let mut all = true;
    for (name, value) in attributes {
        match set(OsStr::from_bytes(name), value) {
            Ok(()) => {}
            Err(error) if is_not_kept(error) => all = false,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Gives an open directory those of another, and takes away what that has not. What the file system does not keep is left.
pub fn copy_extended(from: impl AsFd, to: impl AsFd) -> io::Result<()> {
    let mut buffer = Vec::new();
    let (wanted, there) = (of_file(&from, &mut buffer)?, of_file(&to, &mut buffer)?);
    for name in there.keys().filter(|name| !wanted.contains_key(*name)) {
        match fremovexattr(&to, OsStr::from_bytes(name)) {
            Ok(()) => {}
            Err(error) if is_not_kept(error) || error == Errno::NODATA => {}
            Err(error) => return Err(error.into()),
        }
    }
    set_on_file(&to, &wanted)?;
    Ok(())
}

/// Takes away what new files would inherit.
pub(super) fn clear_lists(directory: impl AsFd) {
    for name in ["system.posix_acl_default", "system.posix_acl_access"] {
        // That there is none, or that the file system knows none, is what is wanted.
        let _ = fremovexattr(&directory, name);
    }
}
