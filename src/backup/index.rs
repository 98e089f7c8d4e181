//! The index of a set: what its archives hold, file by file, so that one file can be found and a restored tree compared
//! without reading the archives. Pure; reads and writes lines, one at a time, so that its size does not matter.
//!
//! Refuses paths that lead out of the archive, other formats, and lines that are longer than any entry.

use std::{
    fmt,
    io::{self, BufRead, Read as _},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{digest::Digest, set::ObjectName};

/// The version of the format that is written.
pub const FORMAT: u32 = 1;

/// No line is longer, in bytes: a path of 64 KiB, each byte escaped, twice.
const LONGEST_LINE: u64 = 512 << 10;

/// A path or a link's target as the bytes that the system keeps. As text, control characters, `%` and what is no UTF-8
/// stand as `%` and two hexadecimal digits; nothing else does, so that one path has one text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RawPath(Vec<u8>);

impl RawPath {
    /// Takes bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for RawPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || c == '%' {
                    let mut buffer = [0; 4];
                    for byte in c.encode_utf8(&mut buffer).bytes() {
                        write!(f, "%{byte:02X}")?;
                    }
                } else {
                    write!(f, "{c}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RawPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl From<RawPath> for String {
    fn from(path: RawPath) -> Self {
        path.to_string()
    }
}

impl TryFrom<String> for RawPath {
    type Error = NotAPath;

    fn try_from(text: String) -> Result<Self, NotAPath> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'%' {
                bytes.push(byte);
                continue;
            }
            let (digits, after) = rest.split_at_checked(2).ok_or_else(|| NotAPath(text.clone()))?;
            let digits = std::str::from_utf8(digits).map_err(|_| NotAPath(text.clone()))?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| NotAPath(text.clone()))?);
            rest = after;
        }
        let path = Self(bytes);
        if path.to_string() == text { Ok(path) } else { Err(NotAPath(text)) }
    }
}

/// The text is not a path as the index writes it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not an escaped path")]
pub struct NotAPath(pub String);

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EntryKind {
    /// A regular file.
    File {
        /// Its length in bytes, holes included.
        size: u64,
        /// SHA-256 of its content, holes as zeros.
        sha256: Digest,
    },
    /// A further name of a file that came before.
    HardLink {
        /// That file's path.
        to: RawPath,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it points, as it stands.
        to: RawPath,
    },
    /// A named pipe.
    Fifo,
    /// A character device.
    CharDevice {
        /// Its driver.
        major: u32,
        /// Which of it.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Its driver.
        major: u32,
        /// Which of it.
        minor: u32,
    },
}

/// A moment as file systems keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileTime(
    /// Seconds since 1970, negative before.
    pub i64,
    /// Nanoseconds after that, below 1,000,000,000.
    pub u32,
);

/// One entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexEntry {
    /// Its path below the archive's root; the root itself is `.`.
    pub path: RawPath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, set-user-ID and sticky bits included.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// When its content changed last.
    pub mtime: FileTime,
}

/// A line of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IndexLine {
    /// The entries from here on are of this archive.
    Archive {
        /// Its object.
        archive: ObjectName,
    },
    /// An entry of the archive named last.
    Entry(IndexEntry),
}

/// Why an index is refused.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The line cannot be read as one.
    #[error("the index is damaged in line {line}: {detail}")]
    Damaged {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// Written by a newer tool.
    #[error("the index has format {0}; this version of the tool reads format {FORMAT}")]
    Format(u32),
    /// What is below failed.
    #[error("the index cannot be read: {0}")]
    Io(#[from] io::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: u32,
}

/// The first line.
pub fn head() -> String {
    format!("{{\"format\":{FORMAT}}}\n")
}

impl IndexLine {
    /// The line as it is written, with its end.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        Ok(text)
    }
}

/// Reads an index line by line.
pub struct IndexReader<R> {
    input: R,
    line: u64,
    in_archive: bool,
}

impl<R: BufRead> IndexReader<R> {
    /// Reads the first line, which tells the format.
    pub fn new(input: R) -> Result<Self, IndexError> {
        let mut reader = Self { input, line: 0, in_archive: false };
        let Head { format } = match reader.text()? {
            Some(text) => reader.parse(&text)?,
            None => return Err(IndexError::Damaged { line: 1, detail: "it is empty".to_owned() }),
        };
        if format == FORMAT { Ok(reader) } else { Err(IndexError::Format(format)) }
    }

    fn text(&mut self) -> Result<Option<Vec<u8>>, IndexError> {
        let mut text = Vec::new();
        self.line += 1;
        (&mut self.input).take(LONGEST_LINE).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.pop() == Some(b'\n') {
            return Ok(Some(text));
        }
        Err(IndexError::Damaged { line: self.line, detail: "the line has no end, or is too long".to_owned() })
    }

    fn parse<T: for<'a> Deserialize<'a>>(&self, text: &[u8]) -> Result<T, IndexError> {
        serde_json::from_slice(text).map_err(|error| IndexError::Damaged { line: self.line, detail: error.to_string() })
    }

    /// The next line; none at the end.
    fn read(&mut self) -> Result<Option<IndexLine>, IndexError> {
        let Some(text) = self.text()? else { return Ok(None) };
        let line = self.parse(&text)?;
        let fault = match &line {
            IndexLine::Archive { .. } => {
                self.in_archive = true;
                None
            }
            IndexLine::Entry(_) if !self.in_archive => Some("an entry before the name of its archive"),
            IndexLine::Entry(entry) if entry.mtime.1 >= 1_000_000_000 => Some("a second has no that many nanoseconds"),
            IndexLine::Entry(entry) if !is_below(entry.path.as_bytes()) => Some("the path leads out of the archive"),
            IndexLine::Entry(_) => None,
        };
        match fault {
            Some(fault) => Err(IndexError::Damaged { line: self.line, detail: fault.to_owned() }),
            None => Ok(Some(line)),
        }
    }
}

impl<R: BufRead> Iterator for IndexReader<R> {
    type Item = Result<IndexLine, IndexError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Whether a path names the root (`.`) or something below it, and in one way only.
pub(super) fn is_below(path: &[u8]) -> bool {
    path == b"."
        || !path.contains(&0) && path.split(|byte| *byte == b'/').all(|part| !part.is_empty() && part != b"." && part != b"..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(path: &[u8]) -> IndexEntry {
        IndexEntry {
            path: RawPath::new(path),
            kind: EntryKind::File { size: 3, sha256: Digest::new([9; 32]) },
            mode: 0o4755,
            uid: 1001,
            gid: 70,
            mtime: FileTime(-1, 999_999_999),
        }
    }

    fn read(text: &str) -> Result<Vec<IndexLine>, String> {
        let lines = IndexReader::new(text.as_bytes()).and_then(Iterator::collect);
        lines.map_err(|error| error.to_string())
    }

    const ARCHIVE: &str = "{\"archive\":\"uploads.tar.zst.age\"}\n";

    #[test]
    fn an_entry_is_a_line_that_people_can_read() {
        let text = IndexLine::Entry(entry(b"a b/\xff\n100%/\xc3\xa4")).to_text().unwrap();
        assert_eq!(
            text,
            format!(
                "{{\"path\":\"a b/%FF%0A100%25/ä\",\"kind\":{{\"file\":{{\"size\":3,\"sha256\":\"{}\"}}}},\"mode\":2541,\"uid\":1001,\"gid\":70,\"mtime\":[-1,999999999]}}\n",
                "09".repeat(32)
            )
        );
    }

    #[test]
    fn lines_come_back() {
        let kinds = [
            EntryKind::HardLink { to: RawPath::new(*b"a") },
            EntryKind::Directory,
            EntryKind::Symlink { to: RawPath::new(*b"../\xfe") },
            EntryKind::Fifo,
            EntryKind::CharDevice { major: 1, minor: 3 },
            EntryKind::BlockDevice { major: 8, minor: 1 },
        ];
        let mut lines =
            vec![IndexLine::Archive { archive: "uploads.tar.zst.age".parse().unwrap() }, IndexLine::Entry(entry(b"."))];
        lines.extend(kinds.into_iter().map(|kind| IndexLine::Entry(IndexEntry { kind, ..entry(b"x/y") })));
        let text: String = lines.iter().map(|line| line.to_text().unwrap()).collect();
        assert_eq!(read(&format!("{}{text}", head())).unwrap(), lines);
    }

    #[test]
    fn what_is_not_an_index_is_refused() {
        let line = IndexLine::Entry(entry(b"a")).to_text().unwrap();
        let damaged = |text: String| read(&text).unwrap_err();
        assert_eq!(damaged(String::new()), "the index is damaged in line 1: it is empty");
        assert_eq!(damaged("{\"format\":2}\n".to_owned()), "the index has format 2; this version of the tool reads format 1");
        assert!(damaged(format!("{}{line}", head())).contains("line 2: an entry before"), "no archive");
        assert!(damaged(format!("{}{ARCHIVE}{}", head(), line.trim_end())).contains("line 3: the line has no end"));
        assert!(damaged(format!("{}{ARCHIVE}{}", head(), "x".repeat(600 << 10))).contains("line 3: the line has no end"));
        assert!(damaged(format!("{}{ARCHIVE}{}", head(), line.replace("999999999", "1000000000"))).contains("nanoseconds"));
        assert!(damaged(format!("{}{ARCHIVE}{}", head(), line.replace("\"uid\"", "\"x\":1,\"uid\""))).contains("line 3"));
        for path in ["../a", "/a", "a//b", "a/", "", "./a", "a/..", "a%00"] {
            let text = format!("{}{ARCHIVE}{}", head(), line.replace("\"a\"", &format!("\"{path}\"")));
            assert!(damaged(text).contains("leads out of the archive"), "{path}");
        }
        for path in ["%", "%0", "%0a", "%41", "a%zz"] {
            let text = format!("{}{ARCHIVE}{}", head(), line.replace("\"a\"", &format!("\"{path}\"")));
            assert!(damaged(text).contains("line 3"), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_comes_back(bytes: Vec<u8>) {
            let path = RawPath::new(bytes);
            let text = path.to_string();
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(RawPath::try_from(text).unwrap(), path);
        }
    }
}
