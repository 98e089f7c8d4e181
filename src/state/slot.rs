//! A small record of its own in the state volume, in two copies that are written in turn, as the head is: a reader always finds
//! one whole copy, whatever happens to a writer.

use sha2::{Digest as _, Sha256};

use super::{StateError, Store, archive, archive::Archive};
use crate::model::state_volume;

/// The names of the two copies.
const COPIES: [&str; 2] = ["0", "1"];

/// A copy: its checksum, its number and its content.
fn encode(sequence: u64, content: &[u8]) -> Vec<u8> {
    let mut body = format!("{sequence}\n").into_bytes();
    body.extend_from_slice(content);
    let mut copy = checksum(&body).into_bytes();
    copy.push(b'\n');
    copy.extend(body);
    copy
}

fn decode(copy: &[u8]) -> Option<(u64, &[u8])> {
    let end = copy.iter().position(|byte| *byte == b'\n')?;
    let (sum, body) = (&copy[..end], copy.get(end + 1..)?);
    if sum != checksum(body).as_bytes() {
        return None;
    }
    let end = body.iter().position(|byte| *byte == b'\n')?;
    let sequence = std::str::from_utf8(&body[..end]).ok()?.parse().ok()?;
    Some((sequence, body.get(end + 1..)?))
}

fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store<'_> {
    async fn newest(&self, name: &str) -> Result<Option<(u64, Vec<u8>)>, StateError> {
        let Some(tar) = self.archive(name).await? else { return Ok(None) };
        let files = archive::files(&tar)?;
        let copies = files.iter().filter(|(path, _)| path.rsplit('/').next().is_some_and(|last| COPIES.contains(&last)));
        let found: Vec<_> = copies.map(|(_, copy)| decode(copy)).collect();
        match found.iter().flatten().max_by_key(|(sequence, _)| *sequence) {
            Some((sequence, content)) => Ok(Some((*sequence, content.to_vec()))),
            // The first write of all was cut off: nothing had been written down.
            None if found.len() < COPIES.len() => Ok(None),
            None => Err(StateError::Unreadable {
                volume: state_volume(self.project()),
                why: format!("neither of the two copies of `{name}` is whole"),
            }),
        }
    }

    /// The record of this name; `None` when there is none, or it was emptied.
    pub async fn read_slot(&self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.newest(name).await?.map(|(_, content)| content).filter(|content| !content.is_empty()))
    }

    /// Writes the record of this name; without content it counts as gone. The state must be there.
    pub async fn write_slot(&self, name: &str, content: &[u8]) -> Result<(), StateError> {
        let sequence = self.newest(name).await?.map_or(1, |(sequence, _)| sequence + 1);
        let mut archive = Archive::default();
        archive.directory(name, 0, 0, 0o700)?;
        let path = format!("{name}/{}", COPIES[usize::from(sequence % 2 == 1)]);
        archive.file(&path, 0, 0, 0o600, &encode(sequence, content))?;
        Ok(self.engine.put_archive(&self.holder(), &self.path(""), archive.finish()?).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_copy_is_none() {
        let copy = encode(7, b"line\nline");
        assert_eq!(decode(&copy), Some((7, b"line\nline".as_slice())));
        for end in 0..copy.len() {
            assert_eq!(decode(&copy[..end]), None, "{end}");
        }
        assert_eq!(decode(&encode(8, b"")), Some((8, b"".as_slice())));
    }
}
