//! Redis: its files written so that it starts with them, and its keys counted before anybody uses it.
//!
//! A snapshot beside an append-only file counts for nothing: Redis reads the latter. So the snapshot is written as what the
//! append-only file begins with, and as the snapshot as well. Refuses to call a Redis restored that has fewer keys than the backup.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::{OpenOptionsExt as _, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    error::{ConsumeError, RestoreError},
    id::RestoreId,
    input::{Source, run, write_file},
    picked::Picked,
    record::RedisFiles,
    tree::Tree,
};
use crate::{
    backup::{index::RawPath, set::ObjectName},
    engine::{Command, Engine},
};

const SCRIPT: &str = include_str!("../create/redis.sh");
const SOON: Duration = Duration::from_secs(30);
/// How long Redis may take to read its files.
const LOADING: Duration = Duration::from_secs(3600);
const LOOK: Duration = Duration::from_millis(100);

/// What is exchanged in its data directory.
pub(super) fn paths(files: &RedisFiles) -> Vec<RawPath> {
    let append = files.directory.as_ref().unwrap_or(&files.append);
    [append, &files.snapshot].map(|name| RawPath::new(name.as_bytes())).into()
}

fn create(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes its files beside the live ones.
pub(super) async fn stage(
    source: &Source<'_>,
    object: &ObjectName,
    files: &RedisFiles,
    root: PathBuf,
    id: RestoreId,
) -> Result<(), RestoreError> {
    let files = files.clone();
    let consumer = move |input: &mut dyn io::Read| {
        let written = || -> io::Result<File> {
            Picked::open(&root, id)?.stage()?;
            let staged = root.join(id.staged());
            let base = match &files.directory {
                None => staged.join(&files.append),
                Some(directory) => {
                    fs::create_dir(staged.join(directory))?;
                    let name = |end: &str| format!("{}.1.{end}", files.append);
                    let (base, increments) = (name("base.rdb"), name("incr.aof"));
                    create(&staged.join(directory).join(&increments))?.sync_all()?;
                    let manifest = format!("file {base} seq 1 type b\nfile {increments} seq 1 type i\n");
                    let path = staged.join(directory).join(format!("{}.manifest", files.append));
                    io::Write::write_all(&mut create(&path)?, manifest.as_bytes())?;
                    staged.join(directory).join(base)
                }
            };
            create(&base)
        };
        let mut file = written().map_err(ConsumeError::Write)?;
        write_file(input, &mut file)?;
        finish(&root, id, &files).map_err(ConsumeError::Write)
    };
    source.read(object, consumer).await
}

/// The same content as the snapshot, and all of it the server's own.
fn finish(root: &Path, id: RestoreId, files: &RedisFiles) -> io::Result<()> {
    let tree = Tree::open(root, id)?;
    let (uid, gid) = tree.owner()?;
    let staged = root.join(id.staged());
    let base = match &files.directory {
        Some(directory) => staged.join(directory).join(format!("{}.1.base.rdb", files.append)),
        None => staged.join(&files.append),
    };
    // Redis replaces both by renames, and never writes into them.
    fs::hard_link(&base, staged.join(&files.snapshot))?;
    let mut all = vec![base];
    if let Some(directory) = &files.directory {
        let directory = staged.join(directory);
        for entry in fs::read_dir(&directory)? {
            all.push(entry?.path());
        }
        all.push(directory);
    }
    for path in all {
        chown(path, Some(uid), Some(gid))?;
    }
    tree.sync()
}

/// A Redis in a container.
pub(super) struct Redis<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) container: String,
}

impl Redis<'_> {
    async fn ask(&self, words: &[&str]) -> Result<String, RestoreError> {
        let argv = ["sh", "-c", SCRIPT, "redis", "redis-cli"].iter().chain(words).map(|word| (*word).to_owned());
        let said = run(self.engine, &self.container, Command::new(&argv.collect::<Vec<_>>(), SOON)).await?;
        if said.code == 0 {
            return Ok(String::from_utf8_lossy(&said.out).into_owned());
        }
        let (container, code, words) = (self.container.clone(), said.code, said.words());
        Err(RestoreError::Command { what: "redis-cli".to_owned(), container, code, words })
    }

    async fn info(&self) -> Result<BTreeMap<String, String>, RestoreError> {
        let answer = self.ask(&["INFO", "everything"]).await?;
        let pair = |line: &str| line.trim().split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(answer.lines().filter_map(pair).collect())
    }

    /// Its version, where it keeps its files, and how these are called.
    pub(super) async fn files(&self) -> Result<(String, String, RedisFiles), RestoreError> {
        let version = self.info().await?.get("redis_version").cloned().unwrap_or_default();
        let mut settings = BTreeMap::new();
        for name in ["dir", "dbfilename", "appenddirname", "appendfilename"] {
            let answer = self.ask(&["CONFIG", "GET", name]).await?;
            let mut lines = answer.lines();
            if let (Some(_), Some(value)) = (lines.next(), lines.next()) {
                settings.insert(name, value.to_owned());
            }
        }
        let default = RedisFiles::default();
        let files = RedisFiles {
            snapshot: settings.get("dbfilename").cloned().unwrap_or(default.snapshot),
            directory: settings.get("appenddirname").cloned(),
            append: settings.get("appendfilename").cloned().unwrap_or(default.append),
        };
        Ok((version, settings.get("dir").cloned().unwrap_or_default(), files))
    }

    /// Waits until all is read, and counts.
    pub(super) async fn compare(&self, wanted: Option<u64>) -> Result<(), RestoreError> {
        let begun = Instant::now();
        let info = loop {
            let info = self.info().await?;
            if info.get("loading").is_some_and(|loading| loading == "0") {
                break info;
            }
            if begun.elapsed() > LOADING {
                let what = format!("reading of its files by Redis in {}", self.container);
                return Err(RestoreError::Late { what, seconds: LOADING.as_secs() });
            }
            sleep(LOOK).await;
        };
        let (found, wanted) = (keys(&info), wanted.unwrap_or_default());
        if found >= wanted {
            return Ok(());
        }
        let detail = format!("{found} keys");
        Err(RestoreError::Differs { what: self.container.clone(), detail, wanted: format!("{wanted}") })
    }
}

/// Keys that it has, or had when it read its files: those whose time was over count too.
fn keys(info: &BTreeMap<String, String>) -> u64 {
    let number = |name: &str| info.get(name).and_then(|value| value.parse::<u64>().ok()).unwrap_or_default();
    let spaces = info.iter().filter(|(name, _)| name.strip_prefix("db").is_some_and(|n| n.parse::<u32>().is_ok()));
    let in_space = |value: &String| value.split(',').find_map(|part| part.strip_prefix("keys=")?.parse::<u64>().ok());
    let live = spaces.filter_map(|(_, value)| in_space(value)).sum::<u64>();
    live.max(number("rdb_last_load_keys_loaded") + number("rdb_last_load_keys_expired"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_all_databases_and_those_whose_time_was_over() {
        let info = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let spaces = [("db0", "keys=12,expires=3,avg_ttl=0"), ("db7", "keys=5,expires=0"), ("dbsize", "keys=9")];
        assert_eq!(keys(&info(&spaces)), 17);
        let loaded = [("db0", "keys=12,expires=0"), ("rdb_last_load_keys_loaded", "12"), ("rdb_last_load_keys_expired", "4")];
        assert_eq!(keys(&info(&loaded)), 16);
        assert_eq!(keys(&info(&[])), 0);
    }

    #[test]
    fn old_and_new_servers_have_other_files() {
        let names = |files: &RedisFiles| paths(files).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&RedisFiles::default()), ["appendonlydir", "dump.rdb"]);
        let old = RedisFiles { directory: None, ..RedisFiles::default() };
        assert_eq!(names(&old), ["appendonly.aof", "dump.rdb"]);
    }
}
