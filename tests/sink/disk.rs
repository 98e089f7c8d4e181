//! What only a directory can get wrong: modes, links, foreign files, a disk that is full or not there.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use medianestctl::backup::sink::{DiskSink, Put, Sink, SinkErrorKind};

use crate::support::{MIB, content, key, list, read, upload};

/// Our own temporary files at any depth.
pub fn temporary_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(temporary_files(&entry.path()));
        } else if entry.file_name().to_string_lossy().starts_with(".medianest-part-") {
            found.push(entry.path());
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn everything_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let sink = DiskSink::new(folder.path());
    let mut part = sink.begin(&key("shop/set/a")).await.unwrap();
    part.write(content(5 * MIB)).await.unwrap();
    part.write(content(5 * MIB)).await.unwrap();
    assert_eq!(mode(&temporary_files(folder.path())[0]), 0o600);
    part.finish().await.unwrap();
    sink.put(&key("latest"), "x".into(), Put::Replace).await.unwrap();
    let at = |name: &str| mode(&folder.path().join(name));
    assert_eq!((at("shop"), at("shop/set"), at("shop/set/a"), at("latest")), (0o700, 0o700, 0o600, 0o600));
}

#[tokio::test]
async fn links_in_the_target_are_not_followed() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(outside.path().join("a"), "precious").unwrap();
    fs::write(outside.path().join(".medianest-part-00"), "precious").unwrap();
    symlink(outside.path(), folder.path().join("set")).unwrap();
    symlink(outside.path().join("a"), folder.path().join("a")).unwrap();
    let sink = DiskSink::new(folder.path());
    assert_eq!(list(&sink, None).await, []);
    assert_eq!(list(&sink, Some("set")).await, []);
    for name in ["set/a", "a"] {
        let error = read(&sink, name, 0).await.unwrap_err();
        assert!(error.hint().unwrap().contains("symbolic link"), "{error}");
    }
    for name in ["set/a", "set/b"] {
        assert_eq!(sink.begin(&key(name)).await.err().unwrap().kind, SinkErrorKind::Other);
        assert_eq!(sink.put(&key(name), "x".into(), Put::Replace).await.unwrap_err().kind, SinkErrorKind::Other);
        assert_eq!(sink.remove(&key(name)).await.unwrap_err().kind, SinkErrorKind::Other);
    }
    assert_eq!(sink.put(&key("a"), "x".into(), Put::New).await.unwrap_err().kind, SinkErrorKind::Exists);
    assert_eq!(sink.tidy(Duration::ZERO).await.unwrap().uploads, 0);
    // A link in the place of an object is replaced itself.
    sink.put(&key("a"), "x".into(), Put::Replace).await.unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("a")).unwrap(), "precious");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn the_target_itself_may_be_a_link() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(disk.path(), folder.path().join("backups")).unwrap();
    let sink = DiskSink::new(folder.path().join("backups"));
    upload(&sink, "a", &content(10)).await.unwrap();
    assert!(disk.path().join("a").is_file());
}

#[tokio::test]
async fn foreign_files_are_left_alone_and_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = ["read me.txt", "lost+found", "ümlaut", ".medianest-part", "set/.part~"];
    fs::create_dir(folder.path().join("set")).unwrap();
    for name in foreign {
        fs::write(folder.path().join(name), "foreign").unwrap();
    }
    fs::create_dir(folder.path().join(".medianest-part-dir")).unwrap();
    let fifo = Command::new("mkfifo").args([folder.path().join("fifo"), folder.path().join(".medianest-part-fifo")]).status();
    assert!(fifo.unwrap().success());
    let sink = DiskSink::new(folder.path());
    sink.put(&key("set/a"), "x".into(), Put::New).await.unwrap();
    assert_eq!(list(&sink, None).await, [(".medianest-part".to_owned(), 7), ("set/a".to_owned(), 1)], "a name that can be a key");
    assert_eq!(read(&sink, "fifo", 0).await.unwrap_err().kind, SinkErrorKind::NotFound, "and it does not wait for a writer");
    assert_eq!(sink.tidy(Duration::ZERO).await.unwrap().uploads, 0);
    sink.remove(&key("set/a")).await.unwrap();
    for name in foreign {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "foreign");
    }
    assert!(folder.path().join(".medianest-part-dir").is_dir() && folder.path().join(".medianest-part-fifo").exists());
}

#[tokio::test]
async fn the_folder_of_a_removed_set_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let sink = DiskSink::new(folder.path());
    for name in ["shop/one/a", "shop/one/b", "shop/two/a"] {
        sink.put(&key(name), "x".into(), Put::New).await.unwrap();
    }
    sink.remove(&key("shop/one/a")).await.unwrap();
    assert!(folder.path().join("shop/one").is_dir());
    sink.remove(&key("shop/one/b")).await.unwrap();
    assert!(!folder.path().join("shop/one").exists());
    sink.remove(&key("shop/two/a")).await.unwrap();
    assert!(!folder.path().join("shop").exists() && folder.path().is_dir(), "the target itself stays");
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let sink = DiskSink::new(folder.path().join("disk"));
    let errors = [
        sink.begin(&key("a")).await.err(),
        sink.put(&key("a"), "x".into(), Put::Replace).await.err(),
        sink.read(&key("a"), 0).await.err(),
        sink.list(None).await.err(),
        sink.remove(&key("a")).await.err(),
        sink.tidy(Duration::ZERO).await.err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert_eq!(error.kind, SinkErrorKind::NotFound);
        assert!(error.hint().unwrap().contains("mkdir -p -m 700"), "{error:?}");
    }
    assert!(!folder.path().join("disk").exists(), "an unmounted disk would fill the one beneath");
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_is_damaged() {
    use futures_util::StreamExt;
    let folder = tempfile::tempdir().unwrap();
    let sink = DiskSink::new(folder.path());
    upload(&sink, "a", &content(3 * MIB)).await.unwrap();
    let mut chunks = sink.read(&key("a"), 0).await.unwrap();
    assert!(chunks.next().await.unwrap().is_ok());
    fs::OpenOptions::new().write(true).open(folder.path().join("a")).unwrap().set_len(MIB as u64).unwrap();
    assert_eq!(chunks.next().await.unwrap().unwrap_err().kind, SinkErrorKind::Damaged);
    assert!(chunks.next().await.is_none());
}

#[tokio::test]
async fn what_somebody_else_appends_to_a_part_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let sink = DiskSink::new(folder.path());
    let mut upload = sink.begin(&key("set/a")).await.unwrap();
    upload.write(content(10)).await.unwrap();
    fs::write(&temporary_files(folder.path())[0], content(20)).unwrap();
    let error = upload.finish().await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Damaged, "{error}");
    assert_eq!((list(&sink, None).await.len(), temporary_files(folder.path()).len()), (0, 0));
}

/// Names the small disk to the run of the test inside the namespace.
const SMALL_DISK: &str = "TEST_SMALL_DISK";

/// A real disk of 2 MiB, in a mount namespace of its own, which no privilege is needed for.
#[test]
fn a_full_disk_is_told_and_left_as_it_was() {
    if let Ok(disk) = env::var(SMALL_DISK) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        return runtime.block_on(fill(Path::new(&disk)));
    }
    let disk = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=2m,mode=700 tmpfs \"$TEST_SMALL_DISK\" && exec \"$0\" --exact \"$1\"";
    let inside = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(env::current_exe().unwrap())
        .arg("disk::a_full_disk_is_told_and_left_as_it_was")
        .env(SMALL_DISK, disk.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inside.stdout).into_owned() + &String::from_utf8_lossy(&inside.stderr);
    assert!(inside.status.success() && said.contains("1 passed"), "{said}");
}

async fn fill(disk: &Path) {
    let sink = DiskSink::new(disk);
    sink.put(&key("old"), content(MIB / 2), Put::New).await.unwrap();
    // In one load, in several, and by a small object.
    for size in [3 * MIB, 30 * MIB] {
        let error = upload(&sink, "set/a", &content(size)).await.unwrap_err();
        assert_eq!(error.kind, SinkErrorKind::Full, "{error}");
        assert!(error.hint().unwrap().contains("prune"));
        assert_eq!(temporary_files(disk).len(), 0, "the space is given back");
    }
    let error = sink.put(&key("old"), content(3 * MIB), Put::Replace).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Full);
    assert_eq!((list(&sink, None).await, temporary_files(disk).len()), (vec![("old".to_owned(), MIB as u64 / 2)], 0));
    let mut part = sink.begin(&key("set/b")).await.unwrap();
    let error = loop {
        if let Err(error) = part.write(content(MIB)).await {
            break error;
        }
    };
    assert_eq!(part.write(content(1)).await.unwrap_err(), error, "it stays failed");
    assert_eq!(part.finish().await.unwrap_err(), error);
    upload(&sink, "set/b", &content(MIB)).await.unwrap();
}
