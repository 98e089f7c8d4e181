use super::*;
use crate::{
    backup::set::{Component, Packing, PartName},
    secret::Secret,
};

/// A set of format 1 as the first version wrote it; see `every_format_that_was_written_is_read`.
const FORMAT_1: &[u8] = include_bytes!("../../../tests/fixtures/backup-manifest-format-1.json");

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([seed; 32]))
}

fn object(component: Component) -> ObjectName {
    ObjectName { component, packing: Packing::Zstd, encrypted: true }
}

fn sample() -> Manifest {
    let record = ObjectRecord {
        size: 1234,
        sha256: Digest::new([1; 32]),
        plain_size: 5678,
        plain_sha256: Digest::new([2; 32]),
        files: None,
        rows: BTreeMap::new(),
        keys: None,
        notes: Vec::new(),
    };
    let part = |name| PartName::new(name).unwrap();
    Manifest {
        format: FORMAT,
        set: "20260131T235959Z-0123abcd".parse().unwrap(),
        stack: "medianest".to_owned(),
        finished: DateTime::from_timestamp(1_769_904_100, 123_456_789).unwrap(),
        label: Some("before the move, „groß“".to_owned()),
        consistency: Consistency::Barrier,
        versions: BTreeMap::from([("medianestctl".to_owned(), "0.1.0".to_owned()), ("postgres".to_owned(), "16.4".to_owned())]),
        openers: Openers::Recipients(vec![RecipientPrint::new([7; 8]), RecipientPrint::new([8; 8])]),
        objects: BTreeMap::from([
            (
                object(Component::Database(part("postgres"))),
                ObjectRecord { rows: BTreeMap::from([("public.users".to_owned(), 75_000)]), ..record.clone() },
            ),
            (object(Component::Redis(part("redis"))), ObjectRecord { keys: Some(1_000_000), ..record.clone() }),
            (
                object(Component::Volume(part("uploads"))),
                ObjectRecord {
                    files: Some(FileTotals { entries: 12, bytes: 3 << 40 }),
                    notes: vec!["`a%0Ab` vanished".to_owned()],
                    ..record.clone()
                },
            ),
            (object(Component::Index), record),
        ]),
    }
}

#[test]
fn what_is_signed_is_read_and_believed() {
    let bytes = sample().sign(&key(1)).unwrap().to_bytes().unwrap();
    assert!(bytes.starts_with(b"{\n  \"format\": 1,"), "the version comes first");
    let read = SignedManifest::parse(&bytes).unwrap();
    assert_eq!(read.verify(&[key(2).verifying_key(), key(1).verifying_key()]), Ok(&sample()));
    assert_eq!(read.to_bytes().unwrap(), bytes);
}

#[test]
fn every_format_that_was_written_is_read() {
    let now = String::from_utf8(sample().sign(&key(1)).unwrap().to_bytes().unwrap()).unwrap();
    assert_eq!(now, String::from_utf8_lossy(FORMAT_1), "format 1 is written as ever; a change needs another version");
    let read = SignedManifest::parse(FORMAT_1).unwrap();
    assert_eq!(read.verify(&[key(1).verifying_key()]), Ok(&sample()));
}

#[test]
fn strangers_and_forgers_are_told_apart() {
    let read = sample().sign(&key(1)).unwrap();
    assert_eq!(read.verify(&[key(2).verifying_key()]), Err(ManifestError::Stranger(key(1).verifying_key())));
    assert_eq!(read.verify(&[]), Err(ManifestError::Stranger(key(1).verifying_key())));
    let mut forged = sample().sign(&key(2)).unwrap();
    forged.proof.key = key(1).verifying_key();
    assert_eq!(forged.verify(&[key(1).verifying_key()]), Err(ManifestError::Forged(key(1).verifying_key())));
}

/// Every byte of the file counts: a change of any is refused, by its form or by its signature.
#[test]
fn every_flipped_bit_is_found() {
    let bytes = sample().sign(&key(1)).unwrap().to_bytes().unwrap();
    for place in 0..bytes.len() {
        for bit in [0x01, 0x20, 0x80] {
            let mut damaged = bytes.clone();
            damaged[place] ^= bit;
            let outcome = SignedManifest::parse(&damaged).and_then(|read| read.verify(&[key(1).verifying_key()]).cloned());
            assert!(outcome.is_err(), "byte {place}, bit {bit:#x}");
        }
    }
    for end in 0..bytes.len() {
        assert!(SignedManifest::parse(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn nothing_stands_beside_what_is_signed() {
    let text = String::from_utf8(sample().sign(&key(1)).unwrap().to_bytes().unwrap()).unwrap();
    let changed = [
        text.replacen("\"stack\"", "\"extra\": 1,\n  \"stack\"", 1),
        text.replacen("\"size\": 1234", "\"size\": 1,\n      \"size\": 1234", 1),
        text.replacen("\"postgres\": \"16.4\"", "\"postgres\": \"15\",\n    \"postgres\": \"16.4\"", 1),
        text.replacen("\"stack\": \"medianest\"", "\"stack\": \"other\",\n  \"stack\": \"medianest\"", 1),
        text.replacen("\"key\": ", "\"more\": 1,\n    \"key\": ", 1),
        text.replacen("  ", " ", 1),
        format!("{text}\n"),
        text.replacen("medianest\"", "m\\u0065dianest\"", 1),
    ];
    for text in changed {
        assert!(matches!(SignedManifest::parse(text.as_bytes()), Err(ManifestError::Damaged(_))), "{text}");
    }
}

#[test]
fn other_formats_are_named_before_anything_else_is_read() {
    assert_eq!(SignedManifest::parse(br#"{"format": 2, "new": []}"#), Err(ManifestError::Format(2)));
    assert!(matches!(SignedManifest::parse(b"{}"), Err(ManifestError::Damaged(_))));
    assert!(matches!(SignedManifest::parse(br#"{"format": 1}"#), Err(ManifestError::Damaged(_))));
}

#[test]
fn a_manifest_belongs_to_one_place() {
    let manifest = sample();
    assert_eq!(manifest.belongs_to("medianest", manifest.set), Ok(()));
    let later = "20260201T000000Z-0123abcd".parse().unwrap();
    for (stack, set) in [("medianest", later), ("other", manifest.set)] {
        let error = manifest.belongs_to(stack, set).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the manifest belongs to set medianest/20260131T235959Z-0123abcd, and was found as that of {stack}/{set}")
        );
    }
}
