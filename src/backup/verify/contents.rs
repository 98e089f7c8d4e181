//! What comes out of an object: that it is what went in, and what a component of its kind is.
//!
//! Archives are compared with the index without holding either: of the entries of each only a digest is kept.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{DumpReader, Verifier, VerifyError, fault_of};
use crate::backup::{
    digest::Digest,
    flaw::Fault,
    index::{EntryKind, IndexEntry, IndexLine, IndexReader},
    manifest::{FileTotals, Manifest, ObjectRecord},
    pipeline::{Expected, FetchError, fetch},
    set::{Component, ObjectName},
    sink::ObjectKey,
    source::inspect,
};

/// Looks at how a dump begins.
#[derive(Debug, Clone, Copy)]
pub struct Magic;

impl DumpReader for Magic {
    fn read(&self, component: &Component, input: &mut dyn Read) -> Result<(), String> {
        let (begins, what): (&[u8], _) = match component {
            Component::Database(_) => (b"PGDMP", "a dump in the custom format of pg_dump"),
            Component::Redis(_) => (b"REDIS", "a Redis snapshot"),
            _ => return Ok(()),
        };
        let mut first = Vec::with_capacity(begins.len());
        input.take(begins.len() as u64).read_to_end(&mut first).map_err(|error| error.to_string())?;
        if first == begins { Ok(()) } else { Err(format!("it is not {what}")) }
    }
}

/// What the content is not.
#[derive(Debug, Error)]
#[error("{0}")]
struct Wrong(String);

/// The entries of an archive, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entries {
    totals: FileTotals,
    digest: Digest,
}

/// Adds entries up.
#[derive(Default)]
struct Sum {
    totals: FileTotals,
    hash: Sha256,
}

impl Sum {
    fn add(&mut self, entry: IndexEntry) {
        self.totals.entries += 1;
        if let EntryKind::File { size, .. } = entry.kind {
            self.totals.bytes = self.totals.bytes.saturating_add(size);
        }
        // One entry has one text, and an entry always has one.
        self.hash.update(IndexLine::Entry(entry).to_text().unwrap_or_default());
    }

    fn done(self) -> Entries {
        Entries { totals: self.totals, digest: Digest::new(self.hash.finalize().into()) }
    }
}

/// What the index says of each archive.
pub(super) struct Index(BTreeMap<ObjectName, Entries>);

/// Reads an index to its end. It may name each archive of the set once, and no other.
fn read_index(input: &mut dyn Read, archives: &[ObjectName]) -> Result<Index, Wrong> {
    let wrong = |error: crate::backup::index::IndexError| Wrong(error.to_string());
    let mut index = BTreeMap::new();
    let mut open: Option<(ObjectName, Sum)> = None;
    for line in IndexReader::new(BufReader::new(input)).map_err(wrong)? {
        match line.map_err(wrong)? {
            IndexLine::Entry(entry) => {
                // The reader lets no entry come before an archive.
                if let Some((_, sum)) = &mut open {
                    sum.add(entry);
                }
            }
            IndexLine::Archive { archive } => {
                index.extend(open.take().map(|(name, sum)| (name, sum.done())));
                if !archives.contains(&archive) || index.contains_key(&archive) {
                    return Err(Wrong(format!("it lists {archive}, which is not in the set, or lists it twice")));
                }
                open = Some((archive, Sum::default()));
            }
        }
    }
    index.extend(open.map(|(name, sum)| (name, sum.done())));
    match archives.iter().find(|archive| !index.contains_key(*archive)) {
        Some(missing) => Err(Wrong(format!("it does not list {missing}"))),
        None => Ok(Index(index)),
    }
}

/// Reads an archive to its end.
fn read_archive(input: &mut dyn Read, recorded: Option<FileTotals>, listed: Option<&Entries>) -> Result<(), Wrong> {
    let Some(recorded) = recorded else { return Err(Wrong("the manifest does not tell how much it holds".to_owned())) };
    let mut sum = Sum::default();
    inspect(input, recorded, &mut |entry| sum.add(entry)).map_err(|error| Wrong(error.to_string()))?;
    let found = sum.done();
    if found.totals != recorded {
        let FileTotals { entries, bytes } = found.totals;
        let wanted = recorded.entries;
        return Err(Wrong(format!(
            "it holds {entries} entries of {bytes} bytes, where {wanted} of {} are recorded",
            recorded.bytes
        )));
    }
    match listed {
        Some(listed) if *listed != found => Err(Wrong("its files are not those that the index lists".to_owned())),
        _ => Ok(()),
    }
}

impl Verifier {
    /// Reads the index of a set, or what is wrong with it.
    pub(super) async fn read_index(
        &self,
        at: &ObjectKey,
        name: &ObjectName,
        record: &ObjectRecord,
        manifest: &Manifest,
    ) -> Result<Result<Index, Fault>, VerifyError> {
        let archives: Vec<_> = manifest.objects.keys().filter(|name| name.component.is_archive()).cloned().collect();
        self.fetched(at, name, record, move |input| read_index(input, &archives)).await
    }

    /// What is wrong with what comes out of an object.
    pub(super) async fn contents(
        &self,
        at: &ObjectKey,
        name: &ObjectName,
        record: &ObjectRecord,
        index: Option<&Index>,
    ) -> Result<Option<Fault>, VerifyError> {
        let (component, dumps) = (name.component.clone(), Arc::clone(&self.dumps));
        let (files, listed) = (record.files, index.and_then(|Index(index)| index.get(name)).cloned());
        let consumer = move |input: &mut dyn Read| match component {
            Component::Volume(_) | Component::Config | Component::Secrets => read_archive(input, files, listed.as_ref()),
            Component::Database(_) | Component::Globals(_) | Component::Redis(_) => dumps.read(&component, input).map_err(Wrong),
            // Of an index that no archive needs, the form.
            Component::Index => {
                let lines = IndexReader::new(BufReader::new(input)).map_err(|error| Wrong(error.to_string()))?;
                lines.into_iter().try_for_each(|line| line.map(drop).map_err(|error| Wrong(error.to_string())))
            }
        };
        Ok(self.fetched(at, name, record, consumer).await?.err())
    }

    /// Reads an object through the pipeline. What is wrong with the object is told apart from what keeps us from telling.
    async fn fetched<T: Send + 'static>(
        &self,
        at: &ObjectKey,
        name: &ObjectName,
        record: &ObjectRecord,
        consumer: impl FnOnce(&mut dyn Read) -> Result<T, Wrong> + Send + 'static,
    ) -> Result<Result<T, Fault>, VerifyError> {
        let stored = match self.sink.read(at, 0).await {
            Ok(stored) => stored,
            Err(error) => return fault_of(error).map(Err),
        };
        let expected = Expected::of(name, record);
        let progress = Arc::clone(&self.progress);
        let fetched = fetch(stored, expected, self.unlock.as_ref(), consumer, &self.cancel, progress).await;
        Ok(Err(match fetched {
            Ok(value) => return Ok(Ok(value)),
            Err(FetchError::Consumer(Wrong(what))) => Fault::Content(what),
            Err(FetchError::Damaged(damage)) => damage.into(),
            Err(FetchError::Sink(error)) => fault_of(error)?,
            Err(FetchError::Cancelled) => return Err(VerifyError::Cancelled),
            Err(FetchError::Thread(error)) => return Err(VerifyError::Thread(error)),
            // The beginning of a damaged object looks as if it was for another key.
            Err(FetchError::WrongKey | FetchError::TooMuchWork | FetchError::NoKey) => {
                self.stored(at, record).await?.ok_or(VerifyError::WrongKey)?
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::index::{self, FileTime, RawPath};

    fn names() -> Vec<ObjectName> {
        ["a.tar.zst", "b.tar.zst"].map(|name| name.parse().unwrap()).into()
    }

    fn entry(path: &str) -> IndexEntry {
        let kind = EntryKind::File { size: 3, sha256: Digest::new([1; 32]) };
        IndexEntry { path: RawPath::new(path), kind, mode: 0o644, uid: 0, gid: 0, mtime: FileTime(1, 2) }
    }

    fn text(lines: &[IndexLine]) -> String {
        index::head() + &lines.iter().map(|line| line.to_text().unwrap()).collect::<String>()
    }

    #[test]
    fn an_index_lists_each_archive_once_and_no_other() {
        let archive = |name: &str| IndexLine::Archive { archive: name.parse().unwrap() };
        let read = |lines: &[IndexLine]| read_index(&mut text(lines).as_bytes(), &names()).map_err(|Wrong(what)| what);
        let whole = [archive("a.tar.zst"), IndexLine::Entry(entry("x")), IndexLine::Entry(entry("y")), archive("b.tar.zst")];
        let Index(index) = read(&whole).unwrap_or_else(|what| panic!("{what}"));
        assert_eq!(index[&names()[0]].totals, FileTotals { entries: 2, bytes: 6 });
        assert_eq!(index[&names()[1]].totals, FileTotals::default());
        let refused = |lines: &[IndexLine]| read(lines).err().unwrap();
        assert_eq!(refused(&whole[..3]), "it does not list b.tar.zst");
        assert!(refused(&[whole.as_slice(), &[archive("a.tar.zst")]].concat()).contains("lists it twice"));
        assert!(refused(&[whole.as_slice(), &[archive("c.tar.zst")]].concat()).contains("not in the set"));
        assert!(read_index(&mut b"".as_slice(), &names()).is_err());
    }

    #[test]
    fn a_dump_begins_as_its_tool_writes_it() {
        let read = |object: &str, bytes: &[u8]| {
            let name: ObjectName = object.parse().unwrap();
            Magic.read(&name.component, &mut std::io::Cursor::new(bytes))
        };
        assert_eq!(read("db.dump.zst", b"PGDMP\x01rest"), Ok(()));
        assert_eq!(read("db.dump.zst", b"PGD"), Err("it is not a dump in the custom format of pg_dump".to_owned()));
        assert_eq!(read("cache.rdb.zst", b"REDIS0011"), Ok(()));
        assert_eq!(read("cache.rdb.zst", b""), Err("it is not a Redis snapshot".to_owned()));
        assert_eq!(read("db.globals.sql.zst", b"--"), Ok(()));
    }
}
