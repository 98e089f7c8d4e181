//! tar archives as the engine's archive call takes and gives them, in memory: they hold small files only.

use std::io::{self, Read as _};

use tar::{Builder, EntryType, Header};

/// An archive under construction.
pub struct Archive(Builder<Vec<u8>>);

impl Default for Archive {
    fn default() -> Self {
        Self(Builder::new(Vec::new()))
    }
}

fn header(kind: EntryType, uid: u32, gid: u32, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_uid(uid.into());
    header.set_gid(gid.into());
    header.set_mode(mode);
    header.set_size(size);
    // A fixed time: the same content makes the same archive.
    header.set_mtime(0);
    header
}

impl Archive {
    /// Adds a directory; an existing one gets this owner and mode.
    pub fn directory(&mut self, path: &str, uid: u32, gid: u32, mode: u32) -> io::Result<()> {
        let mut header = header(EntryType::Directory, uid, gid, mode, 0);
        self.0.append_data(&mut header, format!("{}/", path.trim_matches('/')), io::empty())
    }

    /// Adds a file; an existing one is replaced.
    pub fn file(&mut self, path: &str, uid: u32, gid: u32, mode: u32, content: &[u8]) -> io::Result<()> {
        let mut header = header(EntryType::Regular, uid, gid, mode, content.len() as u64);
        self.0.append_data(&mut header, path.trim_start_matches('/'), content)
    }

    /// The archive's bytes.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.0.into_inner()
    }
}

/// The regular files of an archive: path as it stands there, and content.
pub fn files(tar: &[u8]) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type() != EntryType::Regular {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        found.push((path, content));
    }
    Ok(found)
}
