//! Directories into archives and back.

use std::{fs, io, os::fd::AsFd as _, path::Path};

use medianestctl::backup::{
    index::{EntryKind, IndexEntry, IndexLine, IndexReader, head},
    manifest::FileTotals,
    pipeline::Compression,
    source::{Archived, Devices, ExtractError, ExtractOptions, Extracted, Links, Remark, archive, extract, open_directory},
};

use crate::{
    memory::Setup,
    tree::{differences, fingerprint, make_hostile, make_socket},
};

pub const EVERYTHING: ExtractOptions = ExtractOptions {
    owners: true,
    devices: Devices::Create,
    links: Links::AsRecorded,
    limits: FileTotals { entries: u64::MAX, bytes: u64::MAX },
};

pub fn archived(root: &Path) -> (Vec<u8>, Vec<IndexEntry>, Archived) {
    let (mut bytes, mut entries) = (Vec::new(), Vec::new());
    let mut on_entry = |entry| {
        entries.push(entry);
        Ok(())
    };
    let done = archive(open_directory(root).unwrap(), &mut bytes, &mut on_entry).unwrap();
    (bytes, entries, done)
}

pub fn extracted(bytes: &[u8], to: &Path, options: &ExtractOptions) -> Result<Extracted, ExtractError> {
    let mut input = bytes;
    extract(&mut input, open_directory(to).unwrap().as_fd(), options, &|_| true)
}

/// Through the whole pipeline: what comes out is what went in, to the nanosecond and the hole.
#[tokio::test]
async fn a_hostile_tree_comes_back_as_it_was() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_hostile(from.path());
    let before = fingerprint(from.path());
    let setup = Setup::encrypted(Compression::ZSTD);
    let root = open_directory(from.path()).unwrap();
    let source = move |output: &mut dyn io::Write| {
        let mut index = head();
        let mut on_entry = |entry| {
            index.push_str(&IndexLine::Entry(entry).to_text()?);
            Ok(())
        };
        let done = archive(root, output, &mut on_entry).map_err(io::Error::other)?;
        Ok((done, index))
    };
    let (bytes, stored, (done, index)) = setup.store_from(source).await;
    assert!(stored.plain_size < 10 << 20, "holes are not archived");
    assert_eq!(done.notes.first, []);

    let destination = open_directory(to.path()).unwrap();
    let options = ExtractOptions { limits: done.totals, ..EVERYTHING };
    let consumer =
        move |input: &mut dyn io::Read| extract(input, destination.as_fd(), &options, &|_| true).map_err(io::Error::other);
    let back = setup.fetch_with(bytes, stored, consumer).await.unwrap();
    assert_eq!((back.totals, back.notes.first), (done.totals, vec![]));
    let after = fingerprint(to.path());
    assert_eq!(differences(&before, &after), Vec::<String>::new());
    assert_eq!(differences(&before, &fingerprint(from.path())), Vec::<String>::new(), "the source is as it was");

    // The index speaks of every entry, and its lines are read back.
    let lines = index.replacen('\n', "\n{\"archive\":\"uploads.tar.zst.age\"}\n", 1);
    let entries: Vec<_> = IndexReader::new(lines.as_bytes()).unwrap().map(Result::unwrap).collect();
    assert_eq!(entries.len() as u64 - 1, done.totals.entries);
    assert_eq!(done.totals.entries, before.len() as u64);
}

/// The digests of the index are those of the files, holes as zeros.
#[test]
fn the_index_has_the_digest_of_every_file() {
    use sha2::{Digest as _, Sha256};
    let from = tempfile::tempdir().unwrap();
    fs::write(from.path().join("a"), b"abc").unwrap();
    let sparse = fs::File::create(from.path().join("b")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"x", 1 << 20).unwrap();
    sparse.set_len(3 << 20).unwrap();
    fs::hard_link(from.path().join("a"), from.path().join("c")).unwrap();
    let (_, entries, done) = archived(from.path());
    let mut told = Vec::new();
    for entry in &entries {
        let content = fs::read(from.path().join(entry.path.to_string())).unwrap_or_default();
        match &entry.kind {
            EntryKind::File { size, sha256 } => {
                assert_eq!((*size, sha256.as_bytes()[..].to_vec()), (content.len() as u64, Sha256::digest(&content).to_vec()));
                told.push(format!("{} file", entry.path));
            }
            EntryKind::HardLink { to } => told.push(format!("{} as {to}", entry.path)),
            kind => told.push(format!("{} {kind:?}", entry.path)),
        }
    }
    assert_eq!(told, [". Directory", "a file", "b file", "c as a"]);
    assert_eq!(done.totals, FileTotals { entries: 4, bytes: 3 + (3 << 20) });
}

/// The same tree gives the same bytes, whatever the order in which its directories list it.
#[test]
fn an_archive_is_the_same_every_time() {
    let from = tempfile::tempdir().unwrap();
    make_hostile(from.path());
    let (one, other) = (archived(from.path()), archived(from.path()));
    assert!(one.0 == other.0 && one.1 == other.1);
}

#[test]
fn sockets_and_other_file_systems_are_noted() {
    let from = tempfile::tempdir().unwrap();
    let _socket = make_socket(&from.path().join("socket"));
    let (_, entries, done) = archived(from.path());
    let told: Vec<_> = done.notes.first.iter().map(|note| (note.path.to_string(), note.remark)).collect();
    assert_eq!((entries.len(), told), (1, vec![("socket".to_owned(), Remark::Socket)]));
    // `/dev/pts` is a file system of its own within `/dev`, wherever programs run.
    let dev = archived_shallow("/dev");
    assert!(dev.contains(&("pts".to_owned(), Remark::OtherFileSystem)), "{dev:?}");
}

/// What is noted of a tree whose content does not matter.
fn archived_shallow(root: &str) -> Vec<(String, Remark)> {
    let mut on_entry = |_| Ok(());
    let done = archive(open_directory(Path::new(root)).unwrap(), &mut io::sink(), &mut on_entry).unwrap();
    done.notes.first.iter().map(|note| (note.path.to_string(), note.remark)).collect()
}

/// One file of many, with the directories on its way.
#[test]
fn a_single_file_is_restored() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_hostile(from.path());
    let (bytes, ..) = archived(from.path());
    let mut input = bytes.as_slice();
    let destination = open_directory(to.path()).unwrap();
    let done = extract(&mut input, destination.as_fd(), &EVERYTHING, &|path| path == b"shared/inside").unwrap();
    assert_eq!(done.totals, FileTotals { entries: 1, bytes: 6 });
    let (before, after) = (fingerprint(from.path()), fingerprint(to.path()));
    assert_eq!(after.keys().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(), ["", "shared", "shared/inside"]);
    assert_eq!(before[Path::new("shared/inside")], after[Path::new("shared/inside")]);
}

/// A destination's default list would be given to all that is made in it.
#[test]
fn lists_are_not_inherited_from_the_destination() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(from.path().join("a")).unwrap();
    fs::write(from.path().join("a/b"), b"x").unwrap();
    let (bytes, ..) = archived(from.path());
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, id) in [(1_u16, u32::MAX), (2, 1001), (4, u32::MAX), (0x10, u32::MAX), (0x20, u32::MAX)] {
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&7_u16.to_le_bytes());
        list.extend_from_slice(&id.to_le_bytes());
    }
    rustix::fs::setxattr(to.path(), "system.posix_acl_default", &list, rustix::fs::XattrFlags::empty()).unwrap();
    extracted(&bytes, to.path(), &EVERYTHING).unwrap();
    assert_eq!(differences(&fingerprint(from.path()), &fingerprint(to.path())), Vec::<String>::new());
}
