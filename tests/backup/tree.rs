//! A tree of everything that is hard to keep, and a fingerprint of all that can be seen of one.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    os::{
        fd::OwnedFd,
        unix::{
            ffi::OsStrExt as _,
            fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink},
            net::UnixListener,
        },
    },
    path::{Path, PathBuf},
};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags, chownat, lgetxattr, llistxattr, lsetxattr,
    makedev, mknodat, openat, utimensat,
};
use sha2::{Digest as _, Sha256};

use crate::pipeline::{noise, text};

/// What is hard to keep, and whether devices are part of it.
pub fn make_hostile(root: &Path) {
    let at = |name: &[u8]| root.join(OsStr::from_bytes(name));
    let file = |name: &[u8], content: &[u8]| fs::write(at(name), content).unwrap();
    file(b"empty", b"");
    file(b"text", &text(5000));
    file(b"noise", &noise(700_001, 3));
    file(b"block", &noise(512, 3));
    file(b"new\nline\t\x01", b"control characters");
    file(b"\xff\xfe invalid \xc3", b"no UTF-8");
    file("größe – 価格 🐘".as_bytes(), b"UTF-8");
    file(b"-rf", b"an option");
    file(b" blanks ", b"blanks");
    file(b"%41 a=b", b"escapes");
    file(b"back\\slash\"quote'$(x)", b"for shells");
    file(&[b'n'; 255], b"a name of 255 bytes");
    file(&[0xe9; 255], b"a name of 255 bytes, no UTF-8");
    fs::write(at(b"hidden"), b"x").unwrap();
    file(b".hidden", b"x");

    // Hard links: across directories, three names; of a link and of a pipe.
    fs::create_dir(at(b"links")).unwrap();
    fs::hard_link(at(b"text"), at(b"links/text-again")).unwrap();
    fs::hard_link(at(b"text"), at(b"zz-text-again")).unwrap();
    for (name, target) in [
        ("to-text", "../text"),
        ("up", ".."),
        ("root", "/"),
        ("absolute", "/etc/passwd"),
        ("nowhere", "no/such/file"),
        ("self", "self"),
    ] {
        symlink(target, at(b"links").join(name)).unwrap();
    }
    symlink(OsStr::from_bytes(&[b't'; 3000]), at(b"links/long")).unwrap();
    symlink(OsStr::from_bytes(b"\xff\n"), at(b"links/odd")).unwrap();
    symlink("links", at(b"to-directory")).unwrap();
    fs::hard_link(at(b"links/nowhere"), at(b"links/nowhere-again")).unwrap();

    mknodat(CWD, at(b"fifo"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    mknodat(CWD, at(b"null"), FileType::CharacterDevice, Mode::from_raw_mode(0o666), makedev(1, 3)).unwrap();
    mknodat(CWD, at(b"disk"), FileType::BlockDevice, Mode::from_raw_mode(0o600), makedev(259, 65_537)).unwrap();

    // Modes and owners.
    for (name, mode, owner) in [
        ("setuid", 0o4755, (0, 0)),
        ("setgid", 0o2750, (1001, 70)),
        ("mode-000", 0, (999, 999)),
        ("huge-ids", 0o644, (4_000_000_000, 3_999_999_999)),
        ("writable", 0o666, (70, 70)),
    ] {
        file(name.as_bytes(), name.as_bytes());
        own(&at(name.as_bytes()), owner);
        fs::set_permissions(at(name.as_bytes()), fs::Permissions::from_mode(mode)).unwrap();
    }
    for (name, mode, owner) in [("locked", 0, (1001, 1001)), ("sticky", 0o1777, (0, 0)), ("shared", 0o2775, (1001, 33))] {
        fs::create_dir(at(name.as_bytes())).unwrap();
        file(format!("{name}/inside").as_bytes(), b"inside");
        own(&at(name.as_bytes()), owner);
        fs::set_permissions(at(name.as_bytes()), fs::Permissions::from_mode(mode)).unwrap();
    }
    own(&at(b"links/up"), (1234, 5678));
    own(&at(b"fifo"), (12, 34));

    // Deep: 40 directories of 30 bytes, and 300 of one byte, which is more than are kept open.
    deep(root, "d".repeat(30).as_bytes(), 40);
    deep(root, b"e", 300);

    // Holes.
    let sparse = |name: &[u8], size: u64, data: &[(u64, usize)]| {
        let file = fs::File::create(at(name)).unwrap();
        for (offset, length) in data {
            file.write_all_at(&noise(*length, 9), *offset).unwrap();
        }
        file.set_len(size).unwrap();
    };
    sparse(b"sparse-1G", 1 << 30, &[(0, 10_000), (500 << 20, 70_000), ((1 << 30) - 5, 5)]);
    sparse(b"sparse-all-hole", 64 << 20, &[]);
    sparse(b"sparse-hole-last", (8 << 20) + 17, &[(1 << 20, 4096)]);
    sparse(&[&b"sparse-"[..], &[b's'; 240]].concat(), 8 << 20, &[(4 << 20, 1)]);
    let many: Vec<(u64, usize)> = (0..300).map(|n| (n * 16_384 + 4096, 4096)).collect();
    sparse(b"sparse-many", 300 * 16_384 + 9, &many);

    // Extended attributes and access control lists.
    attribute(&at(b"text"), "user.comment", b"a comment");
    attribute(&at(b"text"), "user.odd = %3D\n", &noise(1000, 1));
    attribute(&at(b"text"), "user.empty", b"");
    attribute(&at(b"links"), "user.of-directory", b"\0\xff");
    attribute(&at(b"links/up"), "trusted.of-link", b"link");
    attribute(&at(b"fifo"), "trusted.of-fifo", b"fifo");
    attribute(
        &at(b"setuid"),
        "security.capability",
        b"\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    );
    attribute(&at(b"writable"), "system.posix_acl_access", &list(4));
    attribute(&at(b"shared"), "system.posix_acl_default", &list(7));

    // Times, directories last.
    for (name, seconds, nanoseconds) in [
        ("empty", 1, 1),
        ("noise", 1_700_000_000, 123_456_789),
        ("setuid", -1, 500_000_000),
        ("block", -1_000_000_000, 0),
        ("text", 4_294_967_296, 999_999_999),
        ("links/up", 1_600_000_000, 7),
        ("fifo", 1_500_000_000, 8),
        ("links", 1_400_000_000, 9),
        ("shared", 1_300_000_000, 10),
        ("e", 1_200_000_000, 11),
        (".", 1_100_000_000, 12),
    ] {
        let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        utimensat(CWD, root.join(name), &Timestamps { last_access: time, last_modification: time }, AtFlags::SYMLINK_NOFOLLOW)
            .unwrap();
    }
}

/// A socket, which cannot be kept.
pub fn make_socket(path: &Path) -> UnixListener {
    UnixListener::bind(path).unwrap()
}

fn own(path: &Path, (uid, gid): (u32, u32)) {
    chownat(CWD, path, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)), AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

fn attribute(path: &Path, name: &str, value: &[u8]) {
    lsetxattr(path, name, value, XattrFlags::empty()).unwrap();
}

/// An access control list as the kernel keeps it: owner, user 1001, group, mask, others; each tag, permissions, number.
fn list(permissions: u16) -> Vec<u8> {
    let none = u32::MAX;
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [(1_u16, 6, none), (2, permissions, 1001), (4, 6, none), (0x10, 6, none), (0x20, 6, none)] {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&permissions.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

/// Directories of this name within each other, a file in the lowest. Paths longer than the system takes at once are made step by step.
fn deep(root: &Path, name: &[u8], depth: usize) {
    let name = OsStr::from_bytes(name);
    let mut directory: OwnedFd = fs::File::open(root).unwrap().into();
    for _ in 0..depth {
        rustix::fs::mkdirat(&directory, name, Mode::from_raw_mode(0o755)).unwrap();
        directory = openat(&directory, name, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    let file = openat(&directory, "lowest", OFlags::CREATE | OFlags::WRONLY, Mode::from_raw_mode(0o600)).unwrap();
    fs::File::from(file).write_all(b"deep").unwrap();
}

/// All that can be seen of an entry.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Seen {
    pub mode: u32,
    pub owner: (u32, u32),
    pub mtime: (i64, i64),
    pub size: u64,
    pub device: u64,
    pub link: Option<PathBuf>,
    pub attributes: BTreeMap<Vec<u8>, Vec<u8>>,
    pub sha256: Option<String>,
    /// The first path (in order) of the same file.
    pub same_as: PathBuf,
    /// How many blocks are filled, by the thousand: allocation is not exact.
    pub filled: u64,
}

pub fn fingerprint(root: &Path) -> BTreeMap<PathBuf, Seen> {
    let mut paths = vec![root.to_owned()];
    let mut seen = BTreeMap::new();
    let mut first_names = BTreeMap::new();
    while let Some(path) = paths.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let below = path.strip_prefix(root).unwrap().to_owned();
        if meta.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let link = meta.is_symlink().then(|| fs::read_link(&path).unwrap());
        let sha256 = meta.is_file().then(|| digest(&path));
        let names: &mut Vec<PathBuf> = first_names.entry((meta.dev(), meta.ino())).or_default();
        names.push(below.clone());
        seen.insert(
            below.clone(),
            Seen {
                mode: meta.mode(),
                owner: (meta.uid(), meta.gid()),
                mtime: (meta.mtime(), meta.mtime_nsec()),
                size: if meta.is_dir() { 0 } else { meta.len() },
                device: meta.rdev(),
                link,
                attributes: attributes(&path),
                sha256,
                same_as: below,
                filled: meta.blocks() / 1000,
            },
        );
    }
    for names in first_names.values() {
        let first = names.iter().min().unwrap();
        for name in names {
            seen.get_mut(name).unwrap().same_as.clone_from(first);
        }
    }
    seen
}

fn digest(path: &Path) -> String {
    let mut file = fs::File::open(path).unwrap();
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    // Only data is read, with its place: a gigabyte of zeros takes its time.
    let size = file.metadata().unwrap().len();
    let mut place = 0;
    while place < size {
        let Ok(start) = rustix::fs::seek(&file, rustix::fs::SeekFrom::Data(place)) else { break };
        let end = rustix::fs::seek(&file, rustix::fs::SeekFrom::Hole(start)).unwrap();
        file.seek(SeekFrom::Start(start)).unwrap();
        let mut data = (&file).take(end - start);
        loop {
            let length = data.read(&mut buffer).unwrap();
            if length == 0 {
                break;
            }
            // Zeros count as a hole, wherever they are kept.
            if buffer[..length].iter().any(|byte| *byte != 0) {
                hash.update(&buffer[..length]);
            }
        }
        place = end;
    }
    format!("{:x?}", hash.finalize())
}

fn attributes(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut list = vec![0; 65_536];
    let length = llistxattr(path, &mut list[..]).unwrap();
    let names = list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let mut value = vec![0; 65_536];
            let length = lgetxattr(path, OsStr::from_bytes(name), &mut value[..]).unwrap();
            (name.to_vec(), value[..length].to_vec())
        })
        .collect()
}

/// Says in what two trees differ; empty when they do not.
pub fn differences(one: &BTreeMap<PathBuf, Seen>, other: &BTreeMap<PathBuf, Seen>) -> Vec<String> {
    let paths: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let different = paths.into_iter().filter(|path| one.get(*path) != other.get(*path));
    different.map(|path| format!("{path:?}:\n  {:?}\n  {:?}", one.get(path), other.get(path))).collect()
}
