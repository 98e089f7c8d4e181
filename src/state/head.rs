//! The one small file that every run reads: what is current.
//!
//! The engine's archive call is not atomic, so there are two copies with a sequence number and a checksum, and a
//! write goes to the older one: a reader always finds one whole copy, whatever happens to a writer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{Fingerprint, Kept, Maintenance, SecretName};

/// The format's version. Version 1 had no `last`, `migrated` and `stack`; it is read, and never written again.
const SCHEMA: u32 = 2;
/// The names of the two copies.
const COPIES: [&str; 2] = ["head-0", "head-1"];

/// What is current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    schema: u32,
    /// Counts the writes.
    sequence: u64,
    /// The key of this project's fingerprints, in hexadecimal digits.
    pub(super) key: String,
    /// Number of the newest release that came about: the current one.
    pub release: Option<u64>,
    /// The highest number that was given, attempts that failed among them; 0 before the first.
    #[serde(default)]
    pub last: u64,
    /// The resolved stack of the newest release, as its record refers to it.
    #[serde(default)]
    pub stack: Option<Fingerprint>,
    /// The forms (config hash, a space, image identity) of the migration jobs that have succeeded on this database.
    #[serde(default)]
    pub migrated: BTreeSet<String>,
    /// The one of these that came last: a return to an older release leaves the database where it is.
    #[serde(default)]
    pub last_migration: Option<String>,
    /// What the migration's check said last of the database.
    #[serde(default)]
    pub schema_head: Option<String>,
    /// The application's version of the newest release.
    pub version: Option<String>,
    /// The version of each secret that the running stack uses.
    pub secrets: BTreeMap<SecretName, Fingerprint>,
    /// The upstreams that are before the ingress.
    pub upstreams: Option<String>,
    /// The site is closed to visitors.
    #[serde(default)]
    pub maintenance: Option<Maintenance>,
    /// Hash of everything that the newest release brought about.
    #[serde(default)]
    pub deployed: Option<String>,
}

impl Head {
    /// The first one of a project.
    pub(super) fn first(key: String) -> Self {
        Self {
            schema: SCHEMA,
            sequence: 0,
            key,
            release: None,
            last: 0,
            stack: None,
            migrated: BTreeSet::new(),
            last_migration: None,
            schema_head: None,
            version: None,
            secrets: BTreeMap::new(),
            upstreams: None,
            maintenance: None,
            deployed: None,
        }
    }

    /// The newest whole copy among the files of an archive.
    pub(super) fn newest<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<Self> {
        let copy = |path: &str| path.strip_prefix("head/").is_some_and(|name| COPIES.contains(&name));
        files.filter(|(path, _)| copy(path)).filter_map(|(_, content)| Self::decode(content)).max_by_key(|h| h.sequence)
    }

    /// The file that the next write goes to, and its content.
    pub(super) fn next(&mut self) -> Result<(&'static str, Vec<u8>), serde_json::Error> {
        self.sequence += 1;
        let body = serde_json::to_vec(self)?;
        let mut content = checksum(&body).into_bytes();
        content.push(b'\n');
        content.extend(body);
        Ok((COPIES[usize::from(self.sequence % 2 == 1)], content))
    }

    fn decode(content: &[u8]) -> Option<Self> {
        let end = content.iter().position(|b| *b == b'\n')?;
        let (sum, body) = (content.get(..end)?, content.get(end + 1..)?);
        if sum != checksum(body).as_bytes() {
            return None;
        }
        let head = serde_json::from_slice::<Self>(body).ok().filter(|head| (1..=SCHEMA).contains(&head.schema))?;
        Some(Self { schema: SCHEMA, last: head.last.max(head.release.unwrap_or(0)), ..head })
    }

    /// The part that plans depend on; what gates have seen stands in the note.
    pub fn kept(&self) -> Kept {
        Kept {
            ready: true,
            evidence: Vec::new(),
            services: BTreeMap::new(),
            upstreams: self.upstreams.clone(),
            maintenance: self.maintenance.clone(),
            secrets: self.secrets.clone(),
            release: self.release,
            last: self.last,
            migrated: self.migrated.clone(),
            last_migration: self.last_migration.clone(),
            version: self.version.clone(),
            deployed: self.deployed.clone(),
        }
    }
}

fn checksum(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(files: &[(String, Vec<u8>)]) -> Option<Head> {
        Head::newest(files.iter().map(|(path, content)| (path.as_str(), content.as_slice())))
    }

    #[test]
    fn a_torn_write_leaves_the_copy_before_it() {
        let mut head = Head::first("00".repeat(32));
        let (first_name, first) = head.next().unwrap();
        head.release = Some(2);
        let (second_name, second) = head.next().unwrap();
        assert_ne!(first_name, second_name);
        let whole = [(format!("head/{first_name}"), first.clone()), (format!("head/{second_name}"), second.clone())];
        assert_eq!(newest(&whole).unwrap().release, Some(2));
        for cut in 0..second.len() {
            let torn = [(format!("head/{first_name}"), first.clone()), (format!("head/{second_name}"), second[..cut].to_vec())];
            assert_eq!(newest(&torn).unwrap().release, None, "cut at {cut}");
        }
        assert_eq!(newest(&[]), None);
    }

    #[test]
    fn a_head_of_the_first_format_is_read() {
        let content = include_bytes!("../../tests/fixtures/head-schema-1").to_vec();
        let mut head = newest(&[("head/head-1".into(), content)]).unwrap();
        assert_eq!((head.release, head.last, head.sequence), (Some(3), 3, 7));
        assert_eq!((head.stack.clone(), head.migrated.len()), (None, 0));
        let (name, content) = head.next().unwrap();
        assert_eq!(name, "head-0", "the older copy is overwritten");
        assert_eq!(newest(&[(format!("head/{name}"), content)]).unwrap(), head);
    }

    #[test]
    fn a_head_of_a_format_to_come_is_not_guessed_at() {
        let head = Head { schema: SCHEMA + 1, ..Head::first("00".repeat(32)) };
        let content = head.clone().next().unwrap().1;
        assert_eq!(newest(&[("head/head-1".into(), content)]), None);
    }
}
