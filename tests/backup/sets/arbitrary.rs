//! Bytes that nobody made for us: readers answer, and never break.

use std::{io::Read as _, path::Path, sync::LazyLock};

use medianestctl::backup::{
    index::{IndexEntry, IndexReader},
    manifest::{FileTotals, SignedManifest},
    source::{ExtractError, inspect},
};
use proptest::prelude::*;

use crate::archive::archived;
use crate::tree::make_hostile;

const LIMITS: FileTotals = FileTotals { entries: 100_000, bytes: 1 << 24 };

fn inspected(bytes: &[u8], limits: FileTotals) -> Result<(FileTotals, Vec<IndexEntry>), ExtractError> {
    let (mut entries, mut input) = (Vec::new(), bytes);
    inspect(&mut input, limits, &mut |entry| entries.push(entry)).map(|totals| (totals, entries))
}

/// What is found in an archive is what the index said when it was made, to the last attribute of the oddest file.
#[test]
fn what_is_in_an_archive_is_what_the_index_says() {
    let place = tempfile::tempdir().unwrap();
    make_hostile(place.path());
    let (bytes, entries, done) = archived(place.path());
    let (totals, found) = inspected(&bytes, done.totals).unwrap();
    assert_eq!(totals, done.totals);
    assert_eq!(found, entries);
    let FileTotals { entries, bytes: size } = done.totals;
    for limits in [FileTotals { entries: entries - 1, bytes: size }, FileTotals { entries, bytes: size - 1 }] {
        assert!(matches!(inspected(&bytes, limits), Err(ExtractError::Refused { .. })), "more than was announced");
    }
}

/// One archive, made once.
static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    let write = |path: &Path, text: &str| std::fs::write(place.path().join(path), text).unwrap();
    write(Path::new("a"), "text");
    write(Path::new(&"long".repeat(40)), "more text");
    std::fs::File::create(place.path().join("holes")).unwrap().set_len(1 << 20).unwrap();
    std::os::unix::fs::symlink("a", place.path().join("link")).unwrap();
    archived(place.path()).0
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_get_an_answer(bytes: Vec<u8>) {
        let _ = SignedManifest::parse(&bytes);
        let _ = inspected(&bytes, LIMITS);
        if let Ok(reader) = IndexReader::new(bytes.as_slice()) {
            prop_assert!(reader.take(1000).count() <= 1000);
        }
    }

    /// Much nearer to an archive than any bytes are: a few bytes of one changed, or it is cut.
    #[test]
    fn an_archive_that_was_changed_gets_an_answer(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        cuts: bool,
    ) {
        let mut bytes = SMALL.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok((totals, entries)) = inspected(&bytes, LIMITS) {
            prop_assert_eq!(totals.entries, entries.len() as u64);
            prop_assert!(totals.bytes <= LIMITS.bytes);
        }
    }

    /// A header whose checksum is right and whose fields are any.
    #[test]
    fn a_header_of_any_fields_gets_an_answer(mut fields in prop::collection::vec(any::<u8>(), 512), rest: Vec<u8>, kind in prop::sample::select(b"0123456xgLKS\0".to_vec())) {
        fields[156] = kind;
        let sum: u32 = fields.iter().enumerate().map(|(place, byte)| if (148..156).contains(&place) { 32 } else { u32::from(*byte) }).sum();
        fields[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = fields;
        bytes.extend(rest);
        let mut all = Vec::new();
        std::io::repeat(0).take(4096).read_to_end(&mut all).unwrap();
        bytes.extend(all);
        let _ = inspected(&bytes, LIMITS);
    }
}
