//! Files with holes: where their data is, and how an archive says so (GNU.sparse 1.0: decimal numbers, one a line, before the data).

use std::{io, os::fd::AsFd};

use rustix::{
    fs::{SeekFrom, seek},
    io::Errno,
};

use super::member::BLOCK;

/// A stretch of data: offset and length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What lies beyond so many stretches counts as one; a map is held in memory.
const MOST_SEGMENTS: usize = 1 << 16;

/// The map of a file; none when it has no holes (or the file system cannot tell).
pub(super) fn map_of(file: impl AsFd, size: u64) -> io::Result<Option<Vec<Segment>>> {
    let mut segments = Vec::new();
    let mut place = 0;
    while place < size {
        let start = match seek(&file, SeekFrom::Data(place)) {
            Ok(start) => start,
            // No data any more.
            Err(Errno::NXIO) => break,
            Err(Errno::INVAL | Errno::NOTSUP) if segments.is_empty() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if start >= size {
            break;
        }
        let end = if segments.len() + 1 == MOST_SEGMENTS {
            size
        } else {
            match seek(&file, SeekFrom::Hole(start)) {
                Ok(end) => end.min(size),
                // It was cut in between.
                Err(Errno::NXIO) => size,
                Err(error) => return Err(error.into()),
            }
        };
        segments.push(Segment { offset: start, length: end - start });
        place = end;
    }
    let whole = [Segment { offset: 0, length: size }];
    Ok(if segments == whole || size == 0 { None } else { Some(segments) })
}

/// The map as it stands before the data, filled up to a block.
pub(super) fn encode(segments: &[Segment], size: u64) -> Vec<u8> {
    let mut all = segments.to_vec();
    // As GNU tar does: a hole at the end is marked by an empty stretch there.
    if all.last().is_none_or(|last| last.offset + last.length < size) {
        all.push(Segment { offset: size, length: 0 });
    }
    let mut text = format!("{}\n", all.len());
    for Segment { offset, length } in all {
        text.push_str(&format!("{offset}\n{length}\n"));
    }
    let mut bytes = text.into_bytes();
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

/// Reads a map, block by block through `next`; gives it and the number of bytes that it took.
pub(super) fn decode(size: u64, mut next: impl FnMut() -> io::Result<[u8; BLOCK]>) -> io::Result<(Vec<Segment>, u64)> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("the map of a sparse file {what}"));
    let (mut block, mut used, mut taken) = ([0; BLOCK], BLOCK, 0_u64);
    let mut number = || {
        let mut value = 0_u64;
        loop {
            if used == BLOCK {
                (block, used, taken) = (next()?, 0, taken + BLOCK as u64);
            }
            let byte = block[used];
            used += 1;
            match byte {
                b'0'..=b'9' => {
                    value = value
                        .checked_mul(10)
                        .and_then(|v| v.checked_add(u64::from(byte - b'0')))
                        .ok_or_else(|| wrong("holds too large a number"))?;
                }
                b'\n' => return Ok(value),
                _ => return Err(wrong("holds something else than numbers")),
            }
        }
    };
    let count = number()?;
    if count > MOST_SEGMENTS as u64 + 1 {
        return Err(wrong("is longer than any"));
    }
    let mut segments = Vec::new();
    let mut place = 0;
    for _ in 0..count {
        let segment = Segment { offset: number()?, length: number()? };
        let end = segment.offset.checked_add(segment.length).filter(|end| *end <= size && segment.offset >= place);
        place = end.ok_or_else(|| wrong("is not in order"))?;
        if segment.length > 0 {
            segments.push(segment);
        }
    }
    Ok((segments, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], size: u64) -> io::Result<(Vec<Segment>, u64)> {
        let mut blocks = bytes.chunks(BLOCK);
        decode(size, || {
            let block = blocks.next().ok_or(io::ErrorKind::UnexpectedEof)?;
            let mut whole = [0; BLOCK];
            whole[..block.len()].copy_from_slice(block);
            Ok(whole)
        })
    }

    #[test]
    fn maps_come_back() {
        let many: Vec<_> = (0..500).map(|n| Segment { offset: n * 8192, length: 4096 }).collect();
        for segments in [vec![], vec![Segment { offset: 4096, length: 10 }], many] {
            let bytes = encode(&segments, 1 << 40);
            assert_eq!(bytes.len() % BLOCK, 0);
            assert_eq!(decoded(&bytes, 1 << 40).unwrap(), (segments, bytes.len() as u64));
        }
        assert_eq!(encode(&[Segment { offset: 5, length: 5 }], 10)[..6], *b"1\n5\n5\n", "no hole at the end");
    }

    #[test]
    fn maps_that_lie_are_refused() {
        for (text, size) in [
            ("1\n0\n11\n", 10),
            ("2\n5\n5\n4\n1\n", 10),
            ("2\n0\n5\n4\n1\n", 10),
            ("99999999\n", 10),
            ("1\n18446744073709551615\n2\n", 10),
            ("99999999999999999999999\n", 10),
            ("1\n-1\n2\n", 10),
            ("1\n0", 10),
            ("", 10),
        ] {
            assert!(decoded(text.as_bytes(), size).is_err(), "{text:?}");
        }
    }
}
