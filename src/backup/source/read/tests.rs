use proptest::prelude::*;

use super::*;

fn members(archive: &[u8]) -> Result<Vec<Member>, String> {
    let mut input = archive;
    let mut reader = ArchiveReader::new(&mut input);
    let mut members = Vec::new();
    while let Some(member) = reader.next().map_err(|error| error.to_string())? {
        members.push(member);
    }
    Ok(members)
}

fn member(path: &[u8], kind: Kind) -> Member {
    Member {
        path: path.to_vec(),
        kind,
        mode: 0o4711,
        uid: 1001,
        gid: 70,
        mtime: FileTime(1_700_000_000, 5),
        attributes: Attributes::new(),
    }
}

fn archive(all: &[Member]) -> Vec<u8> {
    let mut output = Vec::new();
    for member in all {
        let start = output.len();
        let stored = member.write_head(&mut output).unwrap();
        if let Kind::File { map, .. } = &member.kind {
            let data = map.as_ref().map_or(stored, |map| map.iter().map(|segment| segment.length).sum());
            output.resize(output.len() + usize::try_from(data).unwrap(), b'x');
            output.extend_from_slice(padding(stored));
        }
        assert_eq!((output.len() - start) % BLOCK, 0);
    }
    output.extend_from_slice(&crate::backup::source::member::END);
    output
}

fn kind() -> impl Strategy<Value = Kind> {
    let path = prop::collection::vec(1..=255_u8, 1..300);
    prop_oneof![
        (0..2000_u64).prop_map(|size| Kind::File { size, map: None }),
        prop::collection::vec((1..999_u64, 1..99_u64), 0..80).prop_map(|stretches| {
            let mut place = 0;
            let segments: Vec<_> = stretches
                .into_iter()
                .map(|(hole, length)| {
                    let segment = sparse::Segment { offset: place + hole, length };
                    place += hole + length;
                    segment
                })
                .collect();
            Kind::File { size: place + 7, map: Some(segments) }
        }),
        path.clone().prop_map(|to| Kind::HardLink { to }),
        path.prop_map(|to| Kind::Symlink { to }),
        Just(Kind::Directory),
        Just(Kind::Fifo),
        (0..4000_u32, 0..100_000_u32).prop_map(|(major, minor)| Kind::CharDevice { major, minor }),
        (0..4000_u32, 0..100_000_u32).prop_map(|(major, minor)| Kind::BlockDevice { major, minor }),
    ]
}

proptest! {
    #[test]
    fn any_member_comes_back(
        kind in kind(),
        path in prop::collection::vec(prop_oneof![1..=46_u8, 48..=255_u8], 1..300),
        mode in 0..0o10000_u32,
        uid: u32,
        gid: u32,
        seconds in -99_999_999_999_i64..99_999_999_999,
        nanoseconds in 0..1_000_000_000_u32,
        attributes: Attributes,
    ) {
        let written = Member { path, kind, mode, uid, gid, mtime: FileTime(seconds, nanoseconds), attributes };
        let mut read = members(&archive(&[written.clone(), member(b"next", Kind::Fifo)])).unwrap();
        // Whether a name ends in a slash is for the extraction to mind.
        prop_assert_eq!(read.pop(), Some(member(b"next", Kind::Fifo)));
        let mut expected = written;
        if expected.kind == Kind::Directory {
            expected.path.push(b'/');
        }
        prop_assert_eq!(read, [expected]);
    }

    /// No bytes make it panic, run on or ask for much memory.
    #[test]
    fn any_damage_is_refused_or_harmless(place in 0..4096_usize, byte: u8, cut in 0..9000_usize) {
        let sparse = Kind::File { size: 900, map: Some(vec![sparse::Segment { offset: 4, length: 5 }]) };
        let mut bytes = archive(&[member(&[b'p'; 200], sparse), member(b"a", Kind::File { size: 700, map: None }), member(b"b", Kind::Symlink { to: vec![b'l'; 200] })]);
        let place = place % bytes.len();
        bytes[place] = byte;
        bytes.truncate(cut);
        let _ = members(&bytes);
    }
}

#[test]
fn large_numbers_come_back() {
    let huge = Member { uid: u32::MAX - 1, gid: 2_097_152, mtime: FileTime(1 << 40, 0), ..member(b"x", Kind::Fifo) };
    assert_eq!(members(&archive(std::slice::from_ref(&huge))).unwrap(), [huge]);
    let large = member(b"x", Kind::File { size: 9 << 30, map: None });
    let mut head = Vec::new();
    large.write_head(&mut head).unwrap();
    let mut input = head.as_slice();
    assert_eq!(ArchiveReader::new(&mut input).next().unwrap(), Some(large));
    let hole = member(b"x", Kind::File { size: 1 << 60, map: Some(Vec::new()) });
    assert_eq!(members(&archive(std::slice::from_ref(&hole))).unwrap(), [hole]);
}

#[test]
fn what_ends_early_or_lies_is_damaged() {
    let whole = archive(&[member(b"a", Kind::File { size: 700, map: None })]);
    for end in 0..whole.len() - BLOCK {
        assert!(members(&whole[..end]).unwrap_err().contains("is damaged at member"), "cut at {end}");
    }
    let mut flipped = whole.clone();
    flipped[3] ^= 1;
    assert!(members(&flipped).is_err());
    let mut header = Header::new_ustar();
    for (kind, what) in [
        (b'S', "of a kind that is not read"),
        (b'V', "of a kind that is not read"),
        (b'3', "a device without"),
        (b'2', "a link to nothing"),
    ] {
        header.as_mut_bytes()[0] = b'n';
        header.set_mode(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(0);
        header.set_entry_type(EntryType::new(kind));
        if kind == b'3' {
            header.as_mut_bytes()[257..265].fill(0);
        }
        header.set_cksum();
        let error = members(header.as_bytes()).unwrap_err();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn an_extended_header_is_bounded() {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[0] = b'n';
    header.set_size(1 << 40);
    header.set_entry_type(EntryType::XHeader);
    header.set_cksum();
    assert!(members(header.as_bytes()).unwrap_err().contains("larger than any"));
}

#[test]
fn times_are_decimal_numbers() {
    for (text, time) in [
        ("1", Some(FileTime(1, 0))),
        ("1.5", Some(FileTime(1, 500_000_000))),
        ("-1.5", Some(FileTime(-2, 500_000_000))),
        ("-0.5", Some(FileTime(-1, 500_000_000))),
        ("0.1234567899", Some(FileTime(0, 123_456_789))),
        ("", None),
        ("x", None),
        ("1.-5", None),
        ("--1", None),
        (".5", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(parse_time(text.as_bytes()), time, "{text}");
    }
}
