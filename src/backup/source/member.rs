//! One member of an archive, and how its head is written: ustar with PAX records where that has no room.

use std::io::{self, Write};

use tar::{EntryType, Header};

use super::{
    attributes::Attributes,
    pax,
    sparse::{self, Segment},
};
use crate::backup::index::FileTime;

/// Everything in an archive is a multiple of this.
pub(super) const BLOCK: usize = 512;

/// What the fields of a header can hold.
const LONGEST_NAME: usize = 100;
const LARGEST_ID: u32 = 0o7_777_777;
const LARGEST_NUMBER: u64 = 0o77_777_777_777;

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of this size, holes included. Its content follows.
    File {
        size: u64,
        map: Option<Vec<Segment>>,
    },
    /// A further name of what came before under this path.
    HardLink {
        to: Vec<u8>,
    },
    Directory,
    Symlink {
        to: Vec<u8>,
    },
    Fifo,
    CharDevice {
        major: u32,
        minor: u32,
    },
    BlockDevice {
        major: u32,
        minor: u32,
    },
}

/// A member without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Below the root, which is `.`.
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    /// The lower twelve bits.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: FileTime,
    pub(super) attributes: Attributes,
}

/// Zeros that fill up a block after so many bytes.
pub(super) fn padding(length: u64) -> &'static [u8] {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let rest = (length % BLOCK as u64) as usize;
    if rest == 0 { &[] } else { &ZEROS[rest..] }
}

impl Member {
    /// The name in the archive: directories end in `/`.
    fn name(&self) -> Vec<u8> {
        let mut name = self.path.clone();
        if self.kind == Kind::Directory {
            name.push(b'/');
        }
        name
    }

    /// Writes all that comes before the content; a sparse file's map is part of that. What must follow is the data of the map's
    /// stretches, or the whole content, and the padding after what this returns (bytes of map and data).
    pub(super) fn write_head(&self, output: &mut dyn Write) -> io::Result<u64> {
        let mut records = Vec::new();
        let mut header = Header::new_ustar();
        let mut name = self.name();
        let mut map = Vec::new();
        let mut stored = 0;
        match &self.kind {
            Kind::File { size, map: None } => {
                header.set_entry_type(EntryType::Regular);
                stored = *size;
            }
            Kind::File { size, map: Some(segments) } => {
                header.set_entry_type(EntryType::Regular);
                map = sparse::encode(segments, *size);
                stored = map.len() as u64 + segments.iter().map(|segment| segment.length).sum::<u64>();
                pax::push(&mut records, b"GNU.sparse.major", b"1");
                pax::push(&mut records, b"GNU.sparse.minor", b"0");
                pax::push(&mut records, b"GNU.sparse.name", &name);
                pax::push(&mut records, b"GNU.sparse.realsize", size.to_string().as_bytes());
                // A reader that does not know maps must not take this for the file.
                let base = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                name = [b"GNUSparseFile.0/".as_slice(), &base[..base.len().min(80)]].concat();
            }
            Kind::HardLink { to } => link(&mut header, &mut records, EntryType::Link, to),
            Kind::Symlink { to } => link(&mut header, &mut records, EntryType::Symlink, to),
            Kind::Directory => header.set_entry_type(EntryType::Directory),
            Kind::Fifo => header.set_entry_type(EntryType::Fifo),
            Kind::CharDevice { major, minor } => device(&mut header, EntryType::Char, *major, *minor)?,
            Kind::BlockDevice { major, minor } => device(&mut header, EntryType::Block, *major, *minor)?,
        }
        if name.len() > LONGEST_NAME {
            pax::push(&mut records, b"path", &name);
        }
        put(&mut header, 0, &name);
        header.set_mode(self.mode);
        header.set_uid(self.id(&mut records, b"uid", self.uid));
        header.set_gid(self.id(&mut records, b"gid", self.gid));
        header.set_mtime(self.time(&mut records));
        header.set_size(stored);
        if stored > LARGEST_NUMBER {
            pax::push(&mut records, b"size", stored.to_string().as_bytes());
        }
        for (name, value) in &self.attributes {
            pax::push(&mut records, &pax::attribute_key(name), value);
        }
        header.set_cksum();
        if !records.is_empty() {
            self.write_records(&records, output)?;
        }
        output.write_all(header.as_bytes())?;
        output.write_all(&map)?;
        Ok(stored)
    }

    fn id(&self, records: &mut Vec<u8>, key: &[u8], id: u32) -> u64 {
        if id <= LARGEST_ID {
            return id.into();
        }
        pax::push(records, key, id.to_string().as_bytes());
        0
    }

    fn time(&self, records: &mut Vec<u8>) -> u64 {
        let FileTime(seconds, nanoseconds) = self.mtime;
        let fits = u64::try_from(seconds).ok().filter(|seconds| *seconds <= LARGEST_NUMBER);
        if nanoseconds > 0 || fits.is_none() {
            pax::push(records, b"mtime", time_text(self.mtime).as_bytes());
        }
        fits.unwrap_or(0)
    }

    /// A member of its own that holds the records of the next one.
    fn write_records(&self, records: &[u8], output: &mut dyn Write) -> io::Result<()> {
        let mut all = Vec::new();
        if std::str::from_utf8(records).is_err()
            && [&self.path[..], self.link_target()].iter().any(|text| std::str::from_utf8(text).is_err())
        {
            // By the standard values are UTF-8 unless this comes first. (Readers that do not know it take the bytes as they are.)
            pax::push(&mut all, b"hdrcharset", b"BINARY");
        }
        all.extend_from_slice(records);
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        put(&mut header, 0, b"PaxHeaders/next");
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(all.len() as u64);
        header.set_cksum();
        output.write_all(header.as_bytes())?;
        output.write_all(&all)?;
        output.write_all(padding(all.len() as u64))
    }

    fn link_target(&self) -> &[u8] {
        match &self.kind {
            Kind::HardLink { to } | Kind::Symlink { to } => to,
            _ => &[],
        }
    }
}

/// Seconds with nine decimals, as PAX has it: `-1.5` is a second and a half before 1970.
fn time_text(FileTime(seconds, nanoseconds): FileTime) -> String {
    if seconds < 0 && nanoseconds > 0 {
        // The sign by hand: between -1 and 0 the whole part has none.
        return format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - nanoseconds);
    }
    format!("{seconds}.{nanoseconds:09}")
}

/// Writes a text into a field of the header, cut to what it holds. (The library's setters refuse what they would not extract.)
fn put(header: &mut Header, offset: usize, text: &[u8]) {
    let length = text.len().min(LONGEST_NAME);
    header.as_mut_bytes()[offset..offset + length].copy_from_slice(&text[..length]);
}

fn link(header: &mut Header, records: &mut Vec<u8>, kind: EntryType, to: &[u8]) {
    /// Where the link's name begins.
    const LINK_NAME: usize = 157;
    header.set_entry_type(kind);
    put(header, LINK_NAME, to);
    if to.len() > LONGEST_NAME {
        pax::push(records, b"linkpath", to);
    }
}

fn device(header: &mut Header, kind: EntryType, major: u32, minor: u32) -> io::Result<()> {
    header.set_entry_type(kind);
    header.set_device_major(major)?;
    header.set_device_minor(minor)
}

/// What comes after the last member.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
