//! PAX records (POSIX.1-2001): what a header of 512 bytes has no room for, as `length key=value` lines.

use std::{collections::BTreeMap, io};

/// No header of ours comes near it; a larger one is not read.
pub(super) const LARGEST: u64 = 16 << 20;

/// Extended attributes, as star, GNU tar, libarchive and Python write them.
pub(super) const ATTRIBUTE: &str = "SCHILY.xattr.";

/// Appends a record.
pub(super) fn push(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    // The length counts its own digits.
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// Reads records; of a key that comes twice the last one counts.
pub(super) fn parse(mut bytes: &[u8]) -> io::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "a PAX record is not well formed");
    let mut records = BTreeMap::new();
    while !bytes.is_empty() {
        let space = bytes.iter().take(20).position(|byte| *byte == b' ').ok_or_else(wrong)?;
        let digits = std::str::from_utf8(&bytes[..space]).map_err(|_| wrong())?;
        let length: usize = digits.parse().map_err(|_| wrong())?;
        let (record, rest) = bytes.split_at_checked(length).ok_or_else(wrong)?;
        let record = record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or_else(wrong)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        records.insert(record[..equals].to_vec(), record[equals + 1..].to_vec());
        bytes = rest;
    }
    Ok(records)
}

/// An attribute's name as part of a key, which ends at the first `=`: as GNU tar writes it.
pub(super) fn attribute_key(name: &[u8]) -> Vec<u8> {
    let mut key = ATTRIBUTE.as_bytes().to_vec();
    for byte in name {
        match byte {
            b'=' => key.extend_from_slice(b"%3D"),
            b'%' => key.extend_from_slice(b"%25"),
            byte => key.push(*byte),
        }
    }
    key
}

/// The name in such a key; none when it is of another kind.
pub(super) fn attribute_name(key: &[u8]) -> Option<Vec<u8>> {
    let mut rest = key.strip_prefix(ATTRIBUTE.as_bytes())?;
    let mut name = Vec::new();
    while let Some((byte, after)) = rest.split_first() {
        (name, rest) = if let Some(after) = rest.strip_prefix(b"%3D") {
            name.push(b'=');
            (name, after)
        } else if let Some(after) = rest.strip_prefix(b"%25") {
            name.push(b'%');
            (name, after)
        } else {
            name.push(*byte);
            (name, after)
        };
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_counts_itself() {
        for length in [1, 2, 3, 84, 85, 86, 87, 88, 89, 90, 91, 980, 981, 982, 983, 984, 985, 986, 987, 988, 989, 990, 991] {
            let mut records = Vec::new();
            push(&mut records, b"path", &vec![b'x'; length]);
            let digits: Vec<u8> = records.iter().copied().take_while(|byte| *byte != b' ').collect();
            assert_eq!(String::from_utf8(digits).unwrap(), records.len().to_string());
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for wrong in
            ["x", "5", "5 a=b", "99 a=b\n", "6 a=b", "0 a=b\n", "1 a=b\n", "-6 a=b\n", "6 abcd\n", "18446744073709551615 a=b\n"]
        {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        assert_eq!(parse(b"6 a=b\n6 a=c\n").unwrap(), BTreeMap::from([(b"a".to_vec(), b"c".to_vec())]));
    }

    proptest! {
        #[test]
        fn records_come_back(values: BTreeMap<Vec<u8>, Vec<u8>>) {
            let mut records = Vec::new();
            for (name, value) in &values {
                push(&mut records, &attribute_key(name), value);
            }
            let read = parse(&records).unwrap().into_iter().map(|(key, value)| (attribute_name(&key).unwrap(), value)).collect::<BTreeMap<_, _>>();
            prop_assert_eq!(read, values);
        }
    }
}
