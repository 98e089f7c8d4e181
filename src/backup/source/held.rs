//! Files that are read at one moment, for an archive that is made later: those that were written lately, as these are the ones
//! that go on changing.
//!
//! Owns the limits of that: somebody is kept waiting meanwhile. Refuses to hold more than the limits say, and says so.

use std::{collections::BTreeMap, io, os::fd::OwnedFd, time::Instant};

use rustix::{
    fs::{FileType, Stat},
    io::Errno,
    time::{ClockId, clock_gettime},
};

use super::{
    SourceError,
    attributes::{self, Attributes},
    note::Notes,
    walk::{Found, failed_at, open_found, walk},
};
use crate::backup::manifest::FileTotals;

/// How much is held.
#[derive(Debug, Clone, Copy)]
pub struct HoldLimits {
    /// Files that were written in so many seconds before.
    pub written_within: i64,
    /// The largest file, in bytes.
    pub largest: u64,
    /// All of them, in bytes.
    pub total: u64,
    /// Until when.
    pub until: Instant,
}

#[derive(Debug)]
pub(super) struct HeldFile {
    pub(super) stat: Stat,
    pub(super) attributes: Attributes,
    pub(super) content: Vec<u8>,
}

/// Files as they were at one moment; nothing, and of no moment, by default.
#[derive(Debug, Default)]
pub struct Held {
    files: BTreeMap<Vec<u8>, HeldFile>,
    /// When it was begun, in seconds and nanoseconds of the file systems' clock.
    moment: Option<(i64, i64)>,
    /// What the tree held by then, as far as it was seen.
    pub totals: FileTotals,
    /// The whole tree was seen, and all that was to be held is.
    pub complete: bool,
}

impl Held {
    /// Whether some of it is of a later moment.
    pub fn moment_is_partial(&self) -> bool {
        self.moment.is_some() && !self.complete
    }

    pub(super) fn take(&mut self, path: &[u8]) -> Option<HeldFile> {
        self.files.remove(path)
    }

    /// Whether a file was written after the moment.
    pub(super) fn is_before(&self, stat: &Stat) -> bool {
        self.moment.is_some_and(|moment| moment < (stat.st_mtime, seconds(stat.st_mtime_nsec)))
    }
}

#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions, reason = "the field differs between processors")]
fn seconds(nanoseconds: u64) -> i64 {
    i64::try_from(nanoseconds).unwrap_or_default()
}

enum Stop {
    Late,
    Failed(SourceError),
}

/// Goes through the tree below `root` once, and reads what was written lately.
///
/// # Errors
/// What cannot be read. What vanishes meanwhile is not there.
pub fn hold(root: OwnedFd, limits: &HoldLimits) -> Result<Held, SourceError> {
    let now = clock_gettime(ClockId::Realtime);
    let mut held = Held { moment: Some((now.tv_sec, now.tv_nsec)), ..Held::default() };
    let since = now.tv_sec.saturating_sub(limits.written_within);
    let (mut total, mut left_out, mut buffer) = (0, false, Vec::new());
    let mut late = false;
    let walked = walk(root, &mut Notes::default(), |found, notes| {
        let visited = if Instant::now() > limits.until {
            Err(Stop::Late)
        } else {
            visit(&mut held, found, notes, limits, since, (&mut total, &mut left_out), &mut buffer).map_err(Stop::Failed)
        };
        visited.map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Late => {
                late = true;
                failed_at(found.path, io::Error::from(io::ErrorKind::TimedOut))
            }
        })
    });
    match walked {
        Err(error) if !late => return Err(error),
        _ => {}
    }
    held.complete = !late && !left_out;
    Ok(held)
}

fn visit(
    held: &mut Held,
    found: &Found<'_>,
    notes: &mut Notes,
    limits: &HoldLimits,
    since: i64,
    (total, left_out): (&mut u64, &mut bool),
    buffer: &mut Vec<u8>,
) -> Result<Option<OwnedFd>, SourceError> {
    held.totals.entries += 1;
    match FileType::from_raw_mode(found.stat.st_mode) {
        FileType::Directory => return Ok(open_found(found, notes)?.map(|(directory, _)| directory)),
        FileType::RegularFile => {}
        _ => return Ok(None),
    }
    let size = u64::try_from(found.stat.st_size).unwrap_or_default();
    held.totals.bytes += size;
    // A file of several names is archived under the first of them only.
    if found.stat.st_mtime < since || found.stat.st_nlink != 1 {
        return Ok(None);
    }
    if size > limits.largest || *total + size > limits.total {
        *left_out = true;
        return Ok(None);
    }
    let Some((file, stat)) = open_found(found, notes)? else { return Ok(None) };
    let failed = |error: Errno| failed_at(found.path, error);
    let attributes = attributes::of_file(&file, buffer).map_err(failed)?;
    let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
    let mut read = 0;
    while read < content.len() {
        match rustix::io::read(&file, &mut content[read..]) {
            Ok(0) => break,
            Ok(length) => read += length,
            Err(Errno::INTR) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    content.truncate(read);
    *total += size;
    held.files.insert(found.path.to_vec(), HeldFile { stat, attributes, content });
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::super::{archive_chosen, open_directory};
    use super::*;

    fn limits(total: u64) -> HoldLimits {
        HoldLimits { written_within: 60, largest: 1000, total, until: Instant::now() + Duration::from_secs(60) }
    }

    fn archived(root: &std::path::Path, held: Held) -> (Vec<u8>, super::super::Archived) {
        let mut output = Vec::new();
        let root = open_directory(root).unwrap();
        let done = archive_chosen(root, &|_, _| true, held, &mut output, &mut |_| Ok(())).unwrap();
        (output, done)
    }

    fn holds(archive: &[u8], text: &str) -> bool {
        archive.windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[test]
    fn what_is_written_afterwards_is_not_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("below")).unwrap();
        fs::write(path("below/counter"), "at the moment").unwrap();
        fs::write(path("large"), "x".repeat(2000)).unwrap();
        fs::write(path("old"), "long ago").unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(path("old")).unwrap().set_modified(long_ago).unwrap();
        let held = hold(open_directory(directory.path()).unwrap(), &limits(10_000)).unwrap();
        assert!(!held.complete, "one of them was too large");
        assert_eq!(held.totals, FileTotals { entries: 4, bytes: 13 + 2000 + 8 });
        fs::write(path("below/counter"), "after the moment").unwrap();
        let (archive, done) = archived(directory.path(), held);
        assert!(holds(&archive, "at the moment") && holds(&archive, "long ago") && !holds(&archive, "after the moment"));
        assert_eq!(done.totals, FileTotals { entries: 5, bytes: 13 + 2000 + 8 });
        assert!(done.notes.first.is_empty(), "{:?}", done.notes);
    }

    #[test]
    fn a_file_that_was_not_held_and_is_written_later_is_noted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "before").unwrap();
        let held = hold(open_directory(directory.path()).unwrap(), &limits(3)).unwrap();
        assert!(!held.complete);
        let later = std::time::SystemTime::now() + Duration::from_secs(5);
        fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        let (_, done) = archived(directory.path(), held);
        assert_eq!(done.notes.to_lines(), ["`file` was written while it was read, or after the moment of the backup"]);
    }

    #[test]
    fn nothing_is_held_beyond_its_time() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("file"), "x").unwrap();
        let past = HoldLimits { until: Instant::now() - Duration::from_secs(1), ..limits(100) };
        let held = hold(open_directory(directory.path()).unwrap(), &past).unwrap();
        assert!(!held.complete && held.files.is_empty());
    }
}
