//! The sign of life of a lock's holder: a small file in the lock container's own file system, gone with the container.
//!
//! The archive call is not atomic, so two files are written in turn: a reader finds one whole one whatever happens to
//! the writer. Half of a JSON object is none, which is all the checksum that is needed.

use std::io;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{archive, archive::Archive, journal::Progress};

/// The format's version. Later ones keep `sequence` and `renewed` as they are here: by these a holder is known to live.
const SCHEMA: u32 = 1;
/// The directory of the two files; the holder image has it.
pub(super) const DIRECTORY: &str = "/volume-access";
const FILES: [&str; 2] = ["heartbeat-0", "heartbeat-1"];

/// One sign of life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Heartbeat {
    schema: u32,
    /// Counts the writes.
    sequence: u64,
    /// The engine's clock at the last renewal; `None` before the first, when the container's creation counts.
    pub(super) renewed: Option<DateTime<Utc>>,
    journal: Value,
}

impl Heartbeat {
    pub(super) fn new(sequence: u64, renewed: Option<DateTime<Utc>>, progress: &Progress) -> Self {
        Self { schema: SCHEMA, sequence, renewed, journal: serde_json::to_value(progress).unwrap_or_default() }
    }

    /// What the holder was doing; `None` when a later version wrote it in another way.
    pub(super) fn progress(&self) -> Option<Progress> {
        (self.schema == SCHEMA).then(|| serde_json::from_value(self.journal.clone()).ok()).flatten()
    }

    /// The archive to unpack at the root of the lock's container.
    pub(super) fn pack(&self) -> io::Result<Vec<u8>> {
        let name = FILES[usize::from(self.sequence % 2 == 1)];
        let mut archive = Archive::default();
        archive.file(&format!("{DIRECTORY}/{name}"), 0, 0, 0o600, &serde_json::to_vec(self)?)?;
        archive.finish()
    }

    /// The newest whole one in an archive of the directory.
    pub(super) fn newest(tar: &[u8]) -> Option<Self> {
        let ours = |path: &str| FILES.iter().any(|name| path.rsplit('/').next() == Some(name));
        let files = archive::files(tar).ok()?;
        let whole =
            files.iter().filter(|(path, _)| ours(path)).filter_map(|(_, content)| serde_json::from_slice::<Self>(content).ok());
        whole.max_by_key(|heartbeat| heartbeat.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = Archive::default();
        archive.directory("volume-access", 0, 0, 0o755).unwrap();
        for (name, content) in files {
            archive.file(&format!("volume-access/{name}"), 0, 0, 0o600, content.as_bytes()).unwrap();
        }
        archive.finish().unwrap()
    }

    const FIRST: &str = r#"{"schema":1,"sequence":4,"renewed":"2026-01-01T00:00:10Z","journal":
        {"command":"deploy v1.1.0","steps":40,"done":12,"under_way":["start container x"],"taking_back":null}}"#;

    #[test]
    fn the_first_format_is_read() {
        let found = Heartbeat::newest(&directory(&[("heartbeat-0", FIRST)])).unwrap();
        assert_eq!(found.renewed, DateTime::from_timestamp(1_767_225_610, 0));
        let progress = found.progress().unwrap();
        assert_eq!(progress.to_string(), "12 of 40 steps done, now: start container x");
        assert_eq!(Heartbeat::newest(&Heartbeat::new(4, found.renewed, &progress).pack().unwrap()), Some(found));
    }

    #[test]
    fn a_later_format_still_says_that_its_holder_lives() {
        let later = r#"{"schema":9,"sequence":5,"renewed":"2026-01-01T00:00:20Z","journal":"in verse","mood":"good"}"#;
        let found = Heartbeat::newest(&directory(&[("heartbeat-0", FIRST), ("heartbeat-1", later)])).unwrap();
        assert_eq!((found.renewed, found.progress()), (DateTime::from_timestamp(1_767_225_620, 0), None));
    }

    #[test]
    fn a_torn_write_leaves_the_sign_before_it() {
        let next = FIRST.replace("\"sequence\":4", "\"sequence\":5");
        for cut in 0..next.len() {
            let found = Heartbeat::newest(&directory(&[("heartbeat-0", FIRST), ("heartbeat-1", &next[..cut])])).unwrap();
            assert_eq!(found.sequence, 4, "cut at {cut}");
        }
        assert_eq!(Heartbeat::newest(&directory(&[])), None);
    }
}
