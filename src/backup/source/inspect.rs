//! Going through an archive without putting anything anywhere: what it holds, as the index has it.

use std::io;

use sha2::{Digest as _, Sha256};

use super::{
    archive::hash_zeros,
    error::{ExtractError, Refusal},
    member::Kind,
    place::Place,
    read::ArchiveReader,
    sparse::Segment,
};
use crate::backup::{
    digest::Digest,
    index::{EntryKind, IndexEntry, RawPath},
    manifest::FileTotals,
};

const CHUNK: usize = 256 << 10;

/// Reads an archive to its end and tells each entry with the digest of its content.
///
/// # Errors
/// When it is damaged, names something outside, or holds more than `limits`.
pub fn inspect(
    input: &mut dyn io::Read,
    limits: FileTotals,
    on_entry: &mut dyn FnMut(IndexEntry),
) -> Result<FileTotals, ExtractError> {
    let mut reader = ArchiveReader::new(input);
    let mut totals = FileTotals::default();
    let mut buffer = vec![0; CHUNK];
    while let Some(member) = reader.next()? {
        let refused = |refusal| ExtractError::Refused { path: RawPath::new(member.path.clone()), refusal };
        let path = Place::new(&member.path).map_err(refused)?.path();
        totals.entries += 1;
        if totals.entries > limits.entries {
            return Err(refused(Refusal::TooMany(limits.entries)));
        }
        let kind = match member.kind {
            Kind::File { size, map } => {
                // Asked before it is read: a file of holes alone is as large as it says, and costs nothing in the archive.
                let sum = totals.bytes.checked_add(size).filter(|sum| *sum <= limits.bytes);
                totals.bytes = sum.ok_or_else(|| ExtractError::Refused {
                    path: RawPath::new(path.clone()),
                    refusal: Refusal::TooLarge(limits.bytes),
                })?;
                EntryKind::File { size, sha256: content(&mut reader, size, map, &mut buffer)? }
            }
            Kind::HardLink { to } => EntryKind::HardLink { to: RawPath::new(to) },
            Kind::Directory => EntryKind::Directory,
            Kind::Symlink { to } => EntryKind::Symlink { to: RawPath::new(to) },
            Kind::Fifo => EntryKind::Fifo,
            Kind::CharDevice { major, minor } => EntryKind::CharDevice { major, minor },
            Kind::BlockDevice { major, minor } => EntryKind::BlockDevice { major, minor },
        };
        on_entry(IndexEntry {
            path: RawPath::new(path),
            kind,
            mode: member.mode,
            uid: member.uid,
            gid: member.gid,
            mtime: member.mtime,
        });
    }
    Ok(totals)
}

/// The digest of a file's content, holes as zeros.
fn content(
    reader: &mut ArchiveReader<'_>,
    size: u64,
    map: Option<Vec<Segment>>,
    buffer: &mut [u8],
) -> Result<Digest, ExtractError> {
    let mut hash = Sha256::new();
    let mut place = 0;
    for Segment { offset, length } in map.unwrap_or_else(|| vec![Segment { offset: 0, length: size }]) {
        hash_zeros(&mut hash, offset.saturating_sub(place));
        let mut left = length;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = reader.read(&mut buffer[..most])?;
            hash.update(&buffer[..read]);
            left -= read as u64;
        }
        place = offset.saturating_add(length);
    }
    hash_zeros(&mut hash, size.saturating_sub(place));
    Ok(Digest::new(hash.finalize().into()))
}
