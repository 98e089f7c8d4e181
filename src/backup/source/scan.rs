//! From an archive that comes from elsewhere, an engine for one, to index entries and totals, while its bytes go by unchanged.
//!
//! Refuses an archive without its end: whoever sends one may just stop.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use super::{
    Archived, ExtractError, Notes,
    member::{Kind, Member},
    read::ArchiveReader,
};
use crate::backup::{
    digest::Digest,
    index::{EntryKind, IndexEntry, RawPath},
    manifest::FileTotals,
};

const CHUNK: usize = 256 << 10;

/// Hands on each byte that is read.
struct Passing<'a> {
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
}

impl Read for Passing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.output.write_all(&buffer[..length])?;
        Ok(length)
    }
}

/// Reads an archive to its end, writes its bytes to `output`, and calls `on_entry` for each of its entries.
pub fn scan(
    input: &mut dyn Read,
    output: &mut dyn Write,
    on_entry: &mut dyn FnMut(IndexEntry) -> io::Result<()>,
) -> Result<Archived, ExtractError> {
    let mut passing = Passing { input, output };
    let mut totals = FileTotals::default();
    let mut buffer = vec![0; CHUNK];
    {
        let mut archive = ArchiveReader::new(&mut passing);
        while let Some(member) = archive.next()? {
            let kind = match &member.kind {
                Kind::File { size, .. } => {
                    let mut hash = Sha256::new();
                    loop {
                        match archive.read(&mut buffer)? {
                            0 => break,
                            length => hash.update(&buffer[..length]),
                        }
                    }
                    totals.bytes += size;
                    EntryKind::File { size: *size, sha256: Digest::new(hash.finalize().into()) }
                }
                Kind::HardLink { to } => EntryKind::HardLink { to: RawPath::new(clean(to)) },
                Kind::Symlink { to } => EntryKind::Symlink { to: RawPath::new(to.clone()) },
                Kind::Directory => EntryKind::Directory,
                Kind::Fifo => EntryKind::Fifo,
                Kind::CharDevice { major, minor } => EntryKind::CharDevice { major: *major, minor: *minor },
                Kind::BlockDevice { major, minor } => EntryKind::BlockDevice { major: *major, minor: *minor },
            };
            totals.entries += 1;
            let Member { path, mode, uid, gid, mtime, .. } = member;
            on_entry(IndexEntry { path: RawPath::new(clean(&path)), kind, mode, uid, gid, mtime })
                .map_err(ExtractError::Input)?;
        }
    }
    // The second block of the end, and what fills the last record.
    while passing.read(&mut buffer).map_err(ExtractError::Input)? > 0 {}
    Ok(Archived { totals, notes: Notes::default() })
}

/// A path as the index has it: below the root, which is `.`.
fn clean(path: &[u8]) -> Vec<u8> {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    let path = path.strip_suffix(b"/").unwrap_or(path);
    if path.is_empty() { b".".to_vec() } else { path.to_vec() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{archive, open_directory};
    use super::*;

    #[test]
    fn what_goes_by_is_what_was_archived() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("a")).unwrap();
        fs::write(directory.path().join("a/b"), "content".repeat(1000)).unwrap();
        std::os::unix::fs::symlink("a/b", directory.path().join("link")).unwrap();
        let (mut made, mut entries) = (Vec::new(), Vec::new());
        let root = open_directory(directory.path()).unwrap();
        let note = &mut |entry| {
            entries.push(entry);
            Ok(())
        };
        let archived = archive(root, &mut made, note).unwrap();
        let (mut passed, mut seen) = (Vec::new(), Vec::new());
        let note = &mut |entry| {
            seen.push(entry);
            Ok(())
        };
        let scanned = scan(&mut made.as_slice(), &mut passed, note).unwrap();
        assert_eq!((&passed, &seen, scanned.totals), (&made, &entries, archived.totals));
        let cut = scan(&mut &made[..made.len() - 1024], &mut Vec::new(), &mut |_| Ok(()));
        assert!(cut.is_err(), "an archive without its end");
    }
}
