//! Archives that want out. Each is refused, and nothing outside of the destination is touched.

use std::{fs, path::Path};

use medianestctl::backup::{
    manifest::FileTotals,
    source::{Devices, ExtractError, ExtractOptions, Links, Refusal, Remark},
};
use tar::{EntryType, Header};

use crate::archive::{EVERYTHING, extracted};

/// A member as an attacker writes it: no check in the way.
fn member(kind: EntryType, path: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header.set_device_major(1).unwrap();
    header.set_device_minor(3).unwrap();
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(path: &str) -> Vec<u8> {
    member(EntryType::Regular, path, "", b"evil")
}

fn link(path: &str, to: &str) -> Vec<u8> {
    member(EntryType::Symlink, path, to, b"")
}

fn hard_link(path: &str, to: &str) -> Vec<u8> {
    member(EntryType::Link, path, to, b"")
}

fn directory(path: &str) -> Vec<u8> {
    member(EntryType::Directory, path, "", b"")
}

fn whole(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// Extracts into `destination/inner`, with a victim beside it that must not change.
fn outcome(members: &[Vec<u8>], options: &ExtractOptions) -> Result<(), ExtractError> {
    let around = tempfile::tempdir().unwrap();
    let inner = around.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(around.path().join("victim"), b"as it was").unwrap();
    let outcome = extracted(&whole(members), &inner, options).map(|_| ());
    assert_eq!(fs::read(around.path().join("victim")).unwrap(), b"as it was");
    let mut left: Vec<_> = fs::read_dir(around.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["inner", "victim"], "nothing was made beside the destination");
    outcome
}

fn refusal(members: &[Vec<u8>], options: &ExtractOptions) -> Refusal {
    match outcome(members, options) {
        Err(ExtractError::Refused { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

const CONFINED: ExtractOptions = ExtractOptions { links: Links::Confined, devices: Devices::Refuse, ..EVERYTHING };

#[test]
fn paths_that_lead_out() {
    for path in ["../victim", "a/../../victim", "./../victim", "..", "../../../../../../tmp/evil"] {
        assert_eq!(refusal(&[file(path)], &EVERYTHING), Refusal::LeadsOut, "{path}");
        assert_eq!(refusal(&[directory(path)], &EVERYTHING), Refusal::LeadsOut, "{path}");
    }
    for path in ["/etc/evil", "//etc/evil"] {
        assert_eq!(refusal(&[file(path)], &EVERYTHING), Refusal::Absolute, "{path}");
    }
    assert_eq!(refusal(&[file("")], &EVERYTHING), Refusal::NoName);
    assert_eq!(refusal(&[file(".")], &EVERYTHING), Refusal::NoName, "a file in the root's place");
}

#[test]
fn writing_through_a_link_that_the_archive_has_made() {
    for options in [EVERYTHING, ExtractOptions { links: Links::AsRecorded, ..CONFINED }] {
        for target in ["..", "/tmp", "../..", "."] {
            assert_eq!(refusal(&[link("a", target), file("a/victim")], &options), Refusal::ThroughOther, "{target}");
            assert_eq!(refusal(&[link("a", target), directory("a/b")], &options), Refusal::ThroughOther, "{target}");
            assert_eq!(refusal(&[link("a", target), directory("a")], &options), Refusal::Exists, "{target}");
            assert_eq!(refusal(&[link("a", target), link("a/b", "x")], &options), Refusal::ThroughOther, "{target}");
            assert_eq!(refusal(&[link("a", target), hard_link("b", "a/victim")], &options), Refusal::ThroughOther, "{target}");
        }
        assert_eq!(refusal(&[link("a", "../victim"), file("a")], &options), Refusal::Exists);
        assert_eq!(refusal(&[link("a", "../victim"), member(EntryType::Fifo, "a", "", b"")], &options), Refusal::Exists);
        assert_eq!(refusal(&[directory("d"), link("d/a", "../.."), file("d/a/victim")], &options), Refusal::ThroughOther);
        assert_eq!(refusal(&[file("a"), file("a/b")], &options), Refusal::ThroughOther, "a file is no directory");
    }
}

/// A directory that was entered, taken away and replaced by a link: nothing in an archive can take anything away.
#[test]
fn nothing_is_replaced() {
    assert_eq!(refusal(&[file("a"), file("a")], &EVERYTHING), Refusal::Exists);
    assert_eq!(refusal(&[directory("a"), link("a", "/tmp")], &EVERYTHING), Refusal::Exists);
    assert_eq!(refusal(&[directory("a"), file("a")], &EVERYTHING), Refusal::Exists);
    assert_eq!(refusal(&[file("a"), directory("a")], &EVERYTHING), Refusal::Exists);
    assert_eq!(refusal(&[file("a"), file("b"), hard_link("a", "b")], &EVERYTHING), Refusal::Exists);
    outcome(&[directory("a"), directory("a"), file("a/b")], &EVERYTHING).unwrap();
}

#[test]
fn links_that_lead_out() {
    for target in ["..", "../victim", "/etc/passwd", "a/../../victim", "a/.."] {
        assert!(matches!(refusal(&[link("l", target)], &CONFINED), Refusal::LinkEscapes(_)), "{target}");
    }
    assert!(matches!(refusal(&[directory("d"), link("d/l", "../../victim")], &CONFINED), Refusal::LinkEscapes(_)));
    outcome(&[directory("d"), link("d/l", "../x"), link("l", "d/x")], &CONFINED).unwrap();
    outcome(&[link("l", "../victim")], &EVERYTHING).unwrap();
}

#[test]
fn further_names_of_what_lies_outside() {
    for target in ["../victim", "/etc/passwd"] {
        assert!(matches!(refusal(&[hard_link("l", target)], &EVERYTHING), Refusal::LinkEscapes(_)), "{target}");
    }
    assert!(matches!(refusal(&[hard_link("l", "nothing")], &EVERYTHING), Refusal::LinkToNothing(_)));
    assert!(matches!(refusal(&[hard_link("l", "no/thing")], &EVERYTHING), Refusal::LinkToNothing(_)));
    assert!(matches!(refusal(&[directory("d"), hard_link("l", "d")], &EVERYTHING), Refusal::LinkToNothing(_)));
    assert!(matches!(refusal(&[hard_link("l", ".")], &EVERYTHING), Refusal::LinkToNothing(_)));
    // Of a link it is the link that gets the name: what it points to is not touched.
    outcome(&[link("a", "../victim"), hard_link("b", "a")], &EVERYTHING).unwrap();
}

#[test]
fn devices() {
    for kind in [EntryType::Char, EntryType::Block] {
        let device = || [member(kind, "device", "", b"")];
        assert_eq!(refusal(&device(), &CONFINED), Refusal::Device);
        let to = tempfile::tempdir().unwrap();
        let done = extracted(&whole(&device()), to.path(), &ExtractOptions { devices: Devices::Skip, ..CONFINED }).unwrap();
        assert_eq!((done.notes.first[0].remark, fs::read_dir(to.path()).unwrap().count()), (Remark::DeviceSkipped, 0));
        outcome(&device(), &EVERYTHING).unwrap();
    }
}

#[test]
fn bombs() {
    let limited = |entries, bytes| ExtractOptions { limits: FileTotals { entries, bytes }, ..EVERYTHING };
    outcome(&[file("a"), file("b")], &limited(2, 8)).unwrap();
    assert_eq!(refusal(&[file("a"), file("b")], &limited(1, 8)), Refusal::TooMany(1));
    assert_eq!(refusal(&[file("a"), file("b")], &limited(2, 7)), Refusal::TooLarge(7));
    // A hole of an exbibyte takes a few hundred bytes.
    let records =
        b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=x\n43 GNU.sparse.realsize=1152921504606846976\n";
    let mut map = b"1\n1152921504606846976\n0\n".to_vec();
    map.resize(512, 0);
    let bomb = [member(EntryType::XHeader, "x", "", records), member(EntryType::Regular, "x", "", &map)];
    assert_eq!(refusal(&bomb, &limited(10, 1 << 30)), Refusal::TooLarge(1 << 30));
}

/// Names that another reader would take apart differently.
#[test]
fn names_with_zeros_and_lies() {
    let record = |key: &str, value: &str| {
        let rest = key.len() + value.len() + 3;
        let length = (1..4).map(|digits| rest + digits).find(|length| length - rest == length.to_string().len()).unwrap();
        format!("{length} {key}={value}\n").into_bytes()
    };
    let with = |key, value: &str, then: Vec<u8>| [member(EntryType::XHeader, "x", "", &record(key, value)), then];
    assert_eq!(refusal(&with("path", "../victim", file("harmless")), &EVERYTHING), Refusal::LeadsOut);
    assert_eq!(refusal(&with("path", "a\0b", file("harmless")), &EVERYTHING), Refusal::NoName);
    assert!(matches!(refusal(&with("linkpath", "../victim", hard_link("harmless", "x")), &EVERYTHING), Refusal::LinkEscapes(_)));
    assert_eq!(refusal(&with("linkpath", "a\0b", link("harmless", "x")), &EVERYTHING), Refusal::NoName);
    assert_eq!(
        refusal(&[member(EntryType::GNULongName, "x", "", b"../victim\0"), file("harmless")], &EVERYTHING),
        Refusal::LeadsOut
    );
    assert!(!Path::new("/tmp/evil").exists());
}
