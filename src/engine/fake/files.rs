//! Files of volumes and containers in memory, and their archives.
//!
//! Owns no rule of engines about which path may be written; it stores, lists, and speaks tar.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

/// A file, directory or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) mode: u32,
    pub(super) mtime: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File(Vec<u8>),
    Link(String),
}

impl Node {
    pub(super) fn directory(mode: u32) -> Self {
        Self { kind: Kind::Directory, uid: 0, gid: 0, mode, mtime: 0 }
    }

    pub(super) fn file(content: Vec<u8>) -> Self {
        Self { kind: Kind::File(content), uid: 0, gid: 0, mode: 0o644, mtime: 0 }
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }
}

/// A file system: nodes by their path from its root, without slashes at the ends; the root itself is `""`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<String, Node>);

impl Default for Tree {
    fn default() -> Self {
        Self([(String::new(), Node::directory(0o755))].into())
    }
}

impl Tree {
    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// Nothing was ever put in.
    pub(super) fn is_fresh(&self) -> bool {
        *self == Self::default()
    }

    /// Puts a node at a path, with the directories above it.
    pub(super) fn put(&mut self, path: &str, node: Node) {
        for (at, _) in path.match_indices('/') {
            self.0.entry(path[..at].to_owned()).or_insert_with(|| Node::directory(0o755));
        }
        self.0.insert(path.to_owned(), node);
    }

    /// Takes a path and everything below it out.
    pub(super) fn take(&mut self, path: &str) -> BTreeMap<String, Node> {
        let (taken, kept) = std::mem::take(&mut self.0).into_iter().partition(|(at, _)| below(at, path).is_some());
        self.0 = kept;
        taken
    }
}

/// The rest of `path` below `top`, `""` for `top` itself; `None` when it is elsewhere.
pub(super) fn below<'a>(path: &'a str, top: &str) -> Option<&'a str> {
    if top.is_empty() {
        return Some(path);
    }
    match path.strip_prefix(top)? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

/// A path without slashes at its ends, `.` and empty parts; `..` stays what it is and finds nothing.
pub(super) fn clean(path: &str) -> String {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

/// `top` and `rest` as one path.
pub(super) fn join(top: &str, rest: &str) -> String {
    match (top, rest) {
        ("", rest) => rest.to_owned(),
        (top, "") => top.to_owned(),
        (top, rest) => format!("{top}/{rest}"),
    }
}

/// What an archive holds, in its order; its root directory, which engines skip, left out.
pub(super) fn unpack(archive: &[u8]) -> io::Result<Vec<(String, Node)>> {
    let mut found: Vec<(String, Node)> = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = clean(&entry.path()?.to_string_lossy());
        let header = entry.header();
        let link = || -> io::Result<String> {
            Ok(entry.link_name()?.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
        };
        let kind = match header.entry_type() {
            tar::EntryType::Directory => Kind::Directory,
            tar::EntryType::Symlink => Kind::Link(link()?),
            tar::EntryType::Link => {
                let target = clean(&link()?);
                let same = found.iter().find(|(at, _)| *at == target).map(|(_, node)| node.kind.clone());
                same.ok_or_else(|| io::Error::other(format!("link to {target}, which is not in the archive")))?
            }
            _ => Kind::File(Vec::new()),
        };
        // Engines read an empty field as zero.
        let number = |field: io::Result<u64>| field.unwrap_or_default();
        let (uid, gid, mtime) = (number(header.uid()), number(header.gid()), number(header.mtime()));
        let mode = header.mode().unwrap_or_default();
        let mut node = Node { kind, uid, gid, mode: mode & 0o7777, mtime };
        if let Kind::File(content) = &mut node.kind {
            entry.read_to_end(content)?;
        }
        if !path.is_empty() {
            found.push((path, node));
        }
    }
    Ok(found)
}

/// An archive of nodes by the path in it.
pub(super) fn pack<'a>(nodes: impl Iterator<Item = (String, &'a Node)>) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, node) in nodes {
        let mut header = tar::Header::new_gnu();
        header.set_uid(node.uid);
        header.set_gid(node.gid);
        header.set_mode(node.mode);
        header.set_mtime(node.mtime);
        header.set_size(0);
        let (path, content) = match &node.kind {
            Kind::Directory => {
                header.set_entry_type(tar::EntryType::Directory);
                (format!("{path}/"), [].as_slice())
            }
            Kind::File(content) => {
                header.set_size(u64::try_from(content.len()).unwrap_or(u64::MAX));
                (path, content.as_slice())
            }
            Kind::Link(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name(target)?;
                (path, [].as_slice())
            }
        };
        match header.as_old_mut().name.get_mut(..path.len()) {
            // Put in as it is: the library would take a `./` away, which engines write.
            Some(name) => {
                name.copy_from_slice(path.as_bytes());
                header.set_cksum();
                builder.append(&header, content)?;
            }
            None => builder.append_data(&mut header, path, content)?,
        }
    }
    builder.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_go_round() {
        let node = Node { kind: Kind::File(b"abc".to_vec()), uid: 70, gid: 71, mode: 0o640, mtime: 5 };
        let link = Node { kind: Kind::Link("/etc/x".into()), ..node.clone() };
        let archive =
            pack([("d/f".to_owned(), &node), ("d".to_owned(), &Node::directory(0o700)), ("l".to_owned(), &link)].into_iter());
        let found = unpack(&archive.unwrap()).unwrap();
        assert_eq!(found, [("d/f".to_owned(), node), ("d".to_owned(), Node::directory(0o700)), ("l".to_owned(), link)]);
        assert!(unpack(b"no archive").is_err());
    }

    #[test]
    fn paths() {
        assert_eq!(clean("//a/./b/"), "a/b");
        assert_eq!(
            (below("a/b", "a"), below("ab", "a"), below("a", "a"), below("a", "")),
            (Some("b"), None, Some(""), Some("a"))
        );
        let mut tree = Tree::default();
        tree.put("a/b/c", Node::file(Vec::new()));
        assert!(tree.get("a/b").unwrap().is_directory());
        assert_eq!(tree.take("a/b").len(), 2);
        assert!(tree.get("a/b/c").is_none() && tree.get("a").is_some());
    }
}
