//! Reads an archive member after member: PAX, GNU's long names and sparse files, plain ustar and older. Refuses what it would
//! have to guess, and headers larger than any.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use tar::{EntryType, Header};

use super::{
    attributes::Attributes,
    error::ExtractError,
    member::{BLOCK, Kind, Member, padding},
    pax, sparse,
};
use crate::backup::index::FileTime;

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Reads members from `input`.
pub(super) struct ArchiveReader<'a> {
    input: &'a mut dyn Read,
    member: u64,
    /// Bytes of the current member's content that were not read yet.
    content: u64,
    padding: usize,
}

fn wrong(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

impl<'a> ArchiveReader<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        Self { input, member: 0, content: 0, padding: 0 }
    }

    /// A failure at the current member. What the input itself says is told apart from what is wrong with its bytes.
    pub(super) fn failed(&self, error: io::Error) -> ExtractError {
        if error.get_ref().is_some_and(|inner| inner.is::<Upstream>()) {
            ExtractError::Input(error)
        } else {
            ExtractError::Damaged { member: self.member, detail: error.to_string() }
        }
    }

    /// The next member; none at the archive's end.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ExtractError> {
        self.member += 1;
        self.skip().and_then(|()| self.read_member()).map_err(|error| self.failed(error))
    }

    /// Content of the current member: of a sparse file only its data.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ExtractError> {
        let most = usize::try_from(self.content).unwrap_or(usize::MAX).min(buffer.len());
        let length = self.input_read(&mut buffer[..most]).map_err(|error| self.failed(error))?;
        if length == 0 && most > 0 {
            return Err(self.failed(io::ErrorKind::UnexpectedEof.into()));
        }
        self.content -= length as u64;
        Ok(length)
    }

    fn input_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.input.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io::Error::new(error.kind(), Upstream(error))),
                Ok(length) => return Ok(length),
            }
        }
    }

    fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.input_read(buffer)? {
                0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends in the middle")),
                length => buffer = &mut buffer[length..],
            }
        }
        Ok(())
    }

    fn skip(&mut self) -> io::Result<()> {
        let mut scratch = [0; 16 << 10];
        let mut left = self.content + self.padding as u64;
        (self.content, self.padding) = (0, 0);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len());
            self.read_exact(&mut scratch[..most])?;
            left -= most as u64;
        }
        Ok(())
    }

    /// A header; none at the end, which is a block of zeros.
    fn read_header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        self.read_exact(header.as_mut_bytes())?;
        let bytes = header.as_bytes();
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        // The checksum's own field counts as blanks.
        let sum: u32 =
            bytes.iter().enumerate().map(|(place, byte)| if (148..156).contains(&place) { 32 } else { u32::from(*byte) }).sum();
        if header.cksum()? != sum {
            return Err(wrong("the checksum of its header is wrong"));
        }
        Ok(Some(header))
    }

    /// The content of a member that belongs to the next one.
    fn read_attached(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let size = header.size()?;
        if size > pax::LARGEST {
            return Err(wrong("its extended header is larger than any"));
        }
        let mut content = vec![0; usize::try_from(size).map_err(|_| wrong("its extended header is too large"))?];
        self.read_exact(&mut content)?;
        let mut rest = [0; BLOCK];
        self.read_exact(&mut rest[..padding(size).len()])?;
        Ok(content)
    }

    fn read_member(&mut self) -> io::Result<Option<Member>> {
        let mut records = Records::new();
        let (mut long_name, mut long_link) = (None, None);
        let mut attached = false;
        loop {
            let Some(header) = self.read_header()? else {
                return if attached { Err(wrong("it ends after an extended header")) } else { Ok(None) };
            };
            let without_end = |mut text: Vec<u8>| {
                text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
                text
            };
            match header.entry_type() {
                EntryType::XHeader => records = pax::parse(&self.read_attached(&header)?)?,
                EntryType::XGlobalHeader => {
                    // Some tools leave a remark there. Anything else would change all that follows.
                    let global = pax::parse(&self.read_attached(&header)?)?;
                    if global.keys().any(|key| key != b"comment") {
                        return Err(wrong("it has a global header that this version does not know"));
                    }
                }
                EntryType::GNULongName => long_name = Some(without_end(self.read_attached(&header)?)),
                EntryType::GNULongLink => long_link = Some(without_end(self.read_attached(&header)?)),
                _ => return self.member_of(&header, records, long_name, long_link).map(Some),
            }
            attached = true;
        }
    }

    fn member_of(
        &mut self,
        header: &Header,
        records: Records,
        long_name: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> io::Result<Member> {
        let text = |key: &[u8]| records.get(key).cloned();
        let number = |key: &[u8]| {
            let parse = |value: &Vec<u8>| std::str::from_utf8(value).ok()?.parse::<u64>().ok();
            records.get(key).map(|value| parse(value).ok_or_else(|| wrong("a number in its extended header is none"))).transpose()
        };
        let id = |value: u64| u32::try_from(value).map_err(|_| wrong("the number of its owner is too large"));
        let mut path = text(b"path").or(long_name).unwrap_or_else(|| header.path_bytes().into_owned());
        let link = text(b"linkpath").or(long_link).or_else(|| header.link_name_bytes().map(|name| name.into_owned()));
        let link = || link.filter(|name| !name.is_empty()).ok_or_else(|| wrong("it is a link to nothing"));
        let device = || -> io::Result<(u32, u32)> {
            let missing = || wrong("it is a device without a number");
            Ok((header.device_major()?.ok_or_else(missing)?, header.device_minor()?.ok_or_else(missing)?))
        };
        let refuse = |kind: EntryType| {
            wrong(format!("it is of a kind that is not read (`{}`)", char::from(kind.as_byte()).escape_default()))
        };
        if header.entry_type().is_gnu_sparse() {
            return Err(refuse(header.entry_type()));
        }
        let stored = match number(b"size")? {
            Some(size) => size,
            None => header.size()?,
        };
        let mut kind = match header.entry_type() {
            // Before POSIX a directory was a file whose name ends so.
            EntryType::Regular | EntryType::Continuous if path.ends_with(b"/") => Kind::Directory,
            EntryType::Regular | EntryType::Continuous => Kind::File { size: stored, map: None },
            EntryType::Link => Kind::HardLink { to: link()? },
            EntryType::Symlink => Kind::Symlink { to: link()? },
            EntryType::Directory => Kind::Directory,
            EntryType::Fifo => Kind::Fifo,
            EntryType::Char => device().map(|(major, minor)| Kind::CharDevice { major, minor })?,
            EntryType::Block => device().map(|(major, minor)| Kind::BlockDevice { major, minor })?,
            other => return Err(refuse(other)),
        };
        let is_file = matches!(kind, Kind::File { .. });
        if !is_file && stored > 0 {
            return Err(wrong("it has content, and is no file"));
        }
        self.content = stored;
        self.padding = padding(stored).len();
        if records.keys().any(|key| key.starts_with(b"GNU.sparse.")) {
            let version = (number(b"GNU.sparse.major")?, number(b"GNU.sparse.minor")?);
            let real = (text(b"GNU.sparse.name"), number(b"GNU.sparse.realsize")?);
            let ((Some(1), Some(0)), (Some(name), Some(size)), true) = (version, real, is_file) else {
                return Err(wrong("it is a sparse file of a form that is not read"));
            };
            path = name;
            let segments = self.read_map(size)?;
            kind = Kind::File { size, map: Some(segments) };
        }
        let mtime = match records.get(b"mtime".as_slice()) {
            Some(value) => parse_time(value).ok_or_else(|| wrong("its time is none"))?,
            None => FileTime(i64::try_from(header.mtime()?).map_err(|_| wrong("its time is none"))?, 0),
        };
        let attributes: Attributes =
            records.iter().filter_map(|(key, value)| Some((pax::attribute_name(key)?, value.clone()))).collect();
        Ok(Member {
            path,
            kind,
            mode: header.mode()? & 0o7777,
            uid: id(number(b"uid")?.map_or_else(|| header.uid(), Ok)?)?,
            gid: id(number(b"gid")?.map_or_else(|| header.gid(), Ok)?)?,
            mtime,
            attributes,
        })
    }

    fn read_map(&mut self, size: u64) -> io::Result<Vec<sparse::Segment>> {
        let stored = self.content;
        let mut left = stored;
        let (segments, taken) = sparse::decode(size, || {
            left = left.checked_sub(BLOCK as u64).ok_or_else(|| wrong("the map of a sparse file is cut"))?;
            let mut block = [0; BLOCK];
            self.read_exact(&mut block)?;
            Ok(block)
        })?;
        let data: u64 = segments.iter().map(|segment| segment.length).sum();
        if taken.checked_add(data) != Some(stored) {
            return Err(wrong("the map of a sparse file does not fit its data"));
        }
        self.content = data;
        Ok(segments)
    }
}

/// What the input itself said, as against what is wrong with its bytes.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Upstream(io::Error);

/// Decimal seconds, also negative and with more digits than a file system keeps.
fn parse_time(text: &[u8]) -> Option<FileTime> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanoseconds: u32 = format!("{:0<9}", &fraction[..fraction.len().min(9)]).parse().ok()?;
    Some(match (negative, nanoseconds) {
        (false, _) => FileTime(seconds, nanoseconds),
        (true, 0) => FileTime(-seconds, 0),
        (true, _) => FileTime(-seconds - 1, 1_000_000_000 - nanoseconds),
    })
}

#[cfg(test)]
mod tests;
