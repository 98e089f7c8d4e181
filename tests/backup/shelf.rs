//! Sets on a disk, made small and in full: databases, archives, their index, a signed manifest.
#![allow(dead_code, reason = "each test crate uses its part of it")]

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use medianestctl::{
    backup::{
        catalog::Catalog,
        index::{self, IndexEntry, IndexLine},
        keys::{Identity, Lock, Unlock},
        manifest::{Consistency, FORMAT, Manifest, ObjectRecord, Openers},
        pipeline::{Compression, StoreSettings, no_progress, store},
        set::{Component, MANIFEST, ObjectName, Packing, PartName, SetId},
        signature::SigningKey,
        sink::{DiskSink, ObjectKey, Put, Sink},
        source::{archive, open_directory},
        verify::{Magic, Verifier},
    },
    secret::Secret,
};
use tokio_util::sync::CancellationToken;

/// A directory of sets, who signs them and who can open them.
pub struct Shelf {
    pub path: PathBuf,
    pub stack: String,
    pub identity: Option<Identity>,
    seed: [u8; 32],
}

/// A set of this second.
pub fn set(stamp: &str) -> SetId {
    format!("{stamp}-0123abcd").parse().unwrap()
}

fn part(name: &str) -> PartName {
    PartName::new(name).unwrap()
}

impl Shelf {
    /// In this directory, which is made; sets can be opened by nobody but the identity, or by everybody without one.
    pub fn new(path: &Path, stack: &str, identity: Option<Identity>) -> Self {
        fs::create_dir_all(path).unwrap();
        Self { path: path.to_owned(), stack: stack.to_owned(), identity, seed: [7; 32] }
    }

    /// The same one, signed for by somebody else.
    pub fn of_somebody_else(&self) -> Self {
        Self { path: self.path.clone(), stack: self.stack.clone(), identity: self.identity.clone(), seed: [8; 32] }
    }

    pub fn signer(&self) -> SigningKey {
        SigningKey::from_seed(&Secret::new(self.seed))
    }

    pub fn sink(&self) -> Arc<dyn Sink> {
        Arc::new(DiskSink::new(&self.path))
    }

    pub fn catalog(&self) -> Catalog {
        Catalog::new(self.sink(), &self.stack.parse().unwrap(), vec![self.signer().verifying_key()]).unwrap()
    }

    /// Looks at what is kept, or with the identity at what comes out.
    pub fn verifier(&self, with_key: bool) -> Verifier {
        let unlock = self.identity.clone().filter(|_| with_key).map(|identity| Unlock::Identities(vec![identity]));
        Verifier { sink: self.sink(), unlock, dumps: Arc::new(Magic), cancel: CancellationToken::new(), progress: no_progress() }
    }

    /// The files of a set.
    pub fn folder(&self, set: SetId) -> PathBuf {
        self.path.join(&self.stack).join(set.to_string())
    }

    /// The names of a set's files.
    pub fn files(&self, set: SetId) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.folder(set)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Makes a set of every kind of component. `word` stands in its contents, so that two sets differ.
    pub async fn make(&self, set: SetId, word: &str) -> Manifest {
        let tree = tempfile::tempdir().unwrap();
        let write = |path: &str, text: String| fs::write(tree.path().join(path), text).unwrap();
        for directory in ["uploads/a/b", "config/nginx", "secrets"] {
            fs::create_dir_all(tree.path().join(directory)).unwrap();
        }
        write("uploads/a/b/picture", format!("{word}{}", "x".repeat(3000)));
        write("uploads/name\nof two lines", word.to_owned());
        std::os::unix::fs::symlink("a/b", tree.path().join("uploads/link")).unwrap();
        fs::hard_link(tree.path().join("uploads/a/b/picture"), tree.path().join("uploads/again")).unwrap();
        fs::File::create(tree.path().join("uploads/holes")).unwrap().set_len(1 << 20).unwrap();
        write("config/compose.yaml", format!("name: {word}\n"));
        write("secrets/token", format!("{word}\n"));

        let mut objects = BTreeMap::new();
        let text = |begin: &str| format!("{begin}{word} {}", "lines of data\n".repeat(100)).into_bytes();
        for (component, content) in [
            (Component::Database(part("db")), text("PGDMP")),
            (Component::Globals(part("db")), text("-- roles\n")),
            (Component::Redis(part("cache")), text("REDIS0011")),
        ] {
            let (name, record, ()) = self.store(set, component, move |output| output.write_all(&content)).await;
            objects.insert(name, record);
        }
        let mut lines = index::head();
        for (component, directory) in
            [(Component::Volume(part("uploads")), "uploads"), (Component::Config, "config"), (Component::Secrets, "secrets")]
        {
            let root = open_directory(&tree.path().join(directory)).unwrap();
            let (name, mut record, (totals, entries)) = self
                .store(set, component, move |output| {
                    let mut entries: Vec<IndexEntry> = Vec::new();
                    let mut on_entry = |entry| {
                        entries.push(entry);
                        Ok(())
                    };
                    let done = archive(root, output, &mut on_entry).map_err(io::Error::other)?;
                    Ok((done.totals, entries))
                })
                .await;
            record.files = Some(totals);
            lines.push_str(&IndexLine::Archive { archive: name.clone() }.to_text().unwrap());
            lines.extend(entries.into_iter().map(|entry| IndexLine::Entry(entry).to_text().unwrap()));
            objects.insert(name, record);
        }
        let (name, record, ()) = self.store(set, Component::Index, move |output| output.write_all(lines.as_bytes())).await;
        objects.insert(name, record);
        let manifest = self.manifest(set, objects);
        self.sign(manifest.clone()).await;
        manifest
    }

    fn manifest(&self, set: SetId, objects: BTreeMap<ObjectName, ObjectRecord>) -> Manifest {
        Manifest {
            format: FORMAT,
            set,
            stack: self.stack.clone(),
            finished: set.begun() + chrono::TimeDelta::seconds(42),
            label: Some("before the move".to_owned()),
            consistency: Consistency::Barrier,
            versions: BTreeMap::from([("postgres".to_owned(), "15.6".to_owned())]),
            openers: match &self.identity {
                Some(identity) => Openers::Recipients(vec![identity.recipient().print()]),
                None => Openers::Everybody,
            },
            objects,
        }
    }

    /// Puts a manifest in its place, signed.
    pub async fn sign(&self, manifest: Manifest) {
        let at = self.key(manifest.set, MANIFEST);
        let bytes = manifest.sign(&self.signer()).unwrap().to_bytes().unwrap();
        self.sink().put(&at, Bytes::from(bytes), Put::Replace).await.unwrap();
    }

    fn key(&self, set: SetId, name: &str) -> ObjectKey {
        ObjectKey::new(format!("{}/{set}/{name}", self.stack)).unwrap()
    }

    /// Stores one object of a set.
    pub async fn store<T: Send + 'static>(
        &self,
        set: SetId,
        component: Component,
        source: impl FnOnce(&mut dyn Write) -> io::Result<T> + Send + 'static,
    ) -> (ObjectName, ObjectRecord, T) {
        let lock = self.identity.as_ref().map(|identity| Lock::recipients(vec![identity.recipient()]).unwrap());
        let name = ObjectName { component, packing: Packing::Zstd, encrypted: lock.is_some() };
        let upload = self.sink().begin(&self.key(set, &name.to_string())).await.unwrap();
        let settings = StoreSettings { compression: Compression::ZSTD, lock };
        let (stored, value) = store(&settings, source, upload, &CancellationToken::new(), no_progress()).await.unwrap();
        (name, ObjectRecord::from(stored), value)
    }
}

/// A moment.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
