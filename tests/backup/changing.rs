//! Trees that change while they are archived. The change is made in the middle of the archive's output, or when an entry was told,
//! so it comes at the same place every time.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use medianestctl::backup::source::{Archived, Remark, SourceError, archive, open_directory};

use crate::archive::{EVERYTHING, extracted};

/// Calls `change` when the name of `at` has gone by.
struct Meddler<'a> {
    bytes: Vec<u8>,
    at: &'a [u8],
    change: Option<Box<dyn FnOnce() + 'a>>,
}

impl Write for Meddler<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if bytes.starts_with(self.at)
            && let Some(change) = self.change.take()
        {
            change();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Archives, changing the tree when the head of `at` is written; gives what was noted, and the tree that comes out.
fn archived_while(root: &Path, at: &str, change: impl FnOnce()) -> (Vec<String>, tempfile::TempDir) {
    let mut output = Meddler { bytes: Vec::new(), at: at.as_bytes(), change: Some(Box::new(change)) };
    let done: Archived = archive(open_directory(root).unwrap(), &mut output, &mut |_| Ok(())).unwrap();
    assert!(output.change.is_none(), "the change was made");
    let to = tempfile::tempdir().unwrap();
    let back = extracted(&output.bytes, to.path(), &EVERYTHING).unwrap();
    assert_eq!(back.totals, done.totals, "the archive is whole");
    (done.notes.first.iter().map(ToString::to_string).collect(), to)
}

fn tree(files: &[(&str, usize)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, size) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![b'x'; *size]).unwrap();
    }
    root
}

#[test]
fn a_file_that_shrinks_is_filled_up() {
    let root = tree(&[("a", 1_000_000), ("b", 3)]);
    let file = root.path().join("a");
    let (notes, to) =
        archived_while(root.path(), "a", || fs::File::options().write(true).open(&file).unwrap().set_len(1000).unwrap());
    assert_eq!(notes, ["`a` became shorter while it was read; its end is zeros"]);
    let back = fs::read(to.path().join("a")).unwrap();
    assert!(back.len() == 1_000_000 && back[..1000].iter().all(|b| *b == b'x') && back[1000..].iter().all(|b| *b == 0));
    assert_eq!(fs::read(to.path().join("b")).unwrap(), b"xxx");
}

#[test]
fn a_file_that_grows_is_cut() {
    let root = tree(&[("a", 1000), ("b", 3)]);
    let file = root.path().join("a");
    let (notes, to) = archived_while(root.path(), "a", || {
        fs::File::options().append(true).open(&file).unwrap().write_all(&[b'y'; 100_000]).unwrap();
    });
    assert_eq!(notes, ["`a` was written while it was read, or after the moment of the backup"]);
    assert_eq!(fs::read(to.path().join("a")).unwrap(), [b'x'; 1000]);
    assert_eq!(fs::read(to.path().join("b")).unwrap(), b"xxx");
}

#[test]
fn what_vanishes_is_noted_and_the_rest_goes_on() {
    let root = tree(&[("a", 10), ("b", 10), ("c/d", 10), ("e", 10)]);
    let (notes, to) = archived_while(root.path(), "a", || {
        fs::remove_file(root.path().join("b")).unwrap();
        fs::remove_dir_all(root.path().join("c")).unwrap();
    });
    assert_eq!(notes, ["`b` vanished before it could be read", "`c` vanished before it could be read"]);
    assert!(to.path().join("e").exists() && !to.path().join("b").exists());
}

/// A link in a directory's place must not lead the walk elsewhere.
#[test]
fn a_link_that_takes_a_directorys_place_is_not_followed() {
    let (root, elsewhere) = (tree(&[("a", 10), ("c/d", 10), ("e", 10)]), tree(&[("secret", 10)]));
    let (notes, to) = archived_while(root.path(), "a", || {
        fs::remove_dir_all(root.path().join("c")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("c")).unwrap();
    });
    assert_eq!(notes, Vec::<String>::new());
    assert_eq!(fs::read_link(to.path().join("c")).unwrap(), elsewhere.path(), "it is a link in the archive");
    assert!(!to.path().join("c/d").exists());
}

/// Deeper than directories are kept open, the way back is checked.
#[test]
fn a_directory_that_is_moved_away_is_no_way_back() {
    let deep = vec!["d"; 80].join("/");
    let (root, elsewhere) = (tree(&[(&format!("{deep}/a"), 10), ("z", 10)]), tempfile::tempdir().unwrap());
    let change = || fs::rename(root.path().join("d/d/d"), elsewhere.path().join("d")).unwrap();
    let name = format!("{deep}/a");
    // The name is longer than a header holds, so it stands in the records before it.
    let mut output = Meddler { bytes: Vec::new(), at: &name.as_bytes()[..100], change: Some(Box::new(change)) };
    let outcome = archive(open_directory(root.path()).unwrap(), &mut output, &mut |_| Ok(()));
    assert!(output.change.is_none());
    assert!(matches!(outcome, Err(SourceError::Moved { .. })), "{outcome:?}");
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let root = tree(&[("a", 10)]);
    let outcome = archive(open_directory(root.path()).unwrap(), &mut Full, &mut |_| Ok(()));
    assert!(matches!(outcome, Err(SourceError::Output(error)) if error.kind() == io::ErrorKind::StorageFull));
    let outcome = archive(open_directory(root.path()).unwrap(), &mut io::sink(), &mut |_| Err(io::ErrorKind::BrokenPipe.into()));
    assert!(matches!(outcome, Err(SourceError::Output(_))));
}

#[test]
fn notes_are_bounded() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a"), b"x").unwrap();
    for number in 0..300 {
        fs::write(root.path().join(format!("b{number}")), b"x").unwrap();
    }
    let change = || (0..300).for_each(|number| fs::remove_file(root.path().join(format!("b{number}"))).unwrap());
    let mut output = Meddler { bytes: Vec::new(), at: b"a", change: Some(Box::new(change)) };
    let done = archive(open_directory(root.path()).unwrap(), &mut output, &mut |_| Ok(())).unwrap();
    assert_eq!((done.notes.first.len(), done.notes.more), (200, 100));
    assert!(done.notes.first.iter().all(|note| note.remark == Remark::Vanished));
}
