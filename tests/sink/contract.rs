//! What every sink must do.

use std::{task::Poll, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use medianestctl::backup::sink::{DiskSink, Put, Sink, SinkErrorKind};

use crate::support::{MIB, content, key, list, read, upload};

/// A sink, and a view on what is behind it.
struct Place {
    sink: Box<dyn Sink>,
    /// Uploads that were neither finished nor aborted.
    left: Box<dyn Fn() -> usize>,
    _behind: Box<dyn std::any::Any>,
}

impl Place {
    fn disk() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let left = move || crate::disk::temporary_files(&path).len();
        Self { sink: Box::new(DiskSink::new(folder.path())), left: Box::new(left), _behind: Box::new(folder) }
    }

    #[cfg(feature = "s3")]
    fn s3() -> Self {
        let bench = crate::s3::bench::Bench::new();
        let shelf = bench.shelf.clone();
        Self { sink: Box::new(bench.sink()), left: Box::new(move || shelf.open()), _behind: Box::new(bench) }
    }
}

macro_rules! contract {
    ($($name:ident)*) => {
        mod on_disk {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::Place::disk()).await;
            })*
        }
        #[cfg(feature = "s3")]
        mod on_s3 {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::Place::s3()).await;
            })*
        }
    };
}

contract! {
    nothing_is_seen_before_it_is_finished
    what_is_written_comes_back
    it_is_read_from_any_byte_on
    a_new_object_replaces_none
    of_many_new_ones_exactly_one_comes_about
    an_upload_replaces_none
    a_replaced_object_is_the_new_one
    objects_are_listed_in_order_and_by_folder
    what_is_removed_is_gone_and_nothing_else
    an_aborted_upload_leaves_nothing
    an_upload_that_nobody_waits_for_any_more_can_be_aborted
    what_is_cut_short_is_tidied_by_age
    what_is_missing_is_not_found
}

async fn nothing_is_seen_before_it_is_finished(place: &Place) {
    let sink = &*place.sink;
    let mut upload = sink.begin(&key("set/a")).await.unwrap();
    upload.write(content(9 * MIB)).await.unwrap();
    assert_eq!(list(sink, None).await, []);
    assert_eq!(read(sink, "set/a", 0).await.unwrap_err().kind, SinkErrorKind::NotFound);
    let stored = upload.finish().await.unwrap();
    assert_eq!((stored.key, stored.size), (key("set/a"), 9 << 20));
    // Some of S3's answers give the fraction of a second, others do not.
    let listed = sink.list(None).await.unwrap()[0].modified;
    assert_eq!(listed.timestamp(), stored.modified.timestamp(), "the time is the store's");
    assert_eq!(list(sink, None).await, [("set/a".to_owned(), 9 << 20)]);
    assert_eq!((place.left)(), 0);
}

async fn what_is_written_comes_back(place: &Place) {
    // Around the sizes at which parts and loads change.
    for size in [0, 1, 4 * MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 21 * MIB] {
        let (name, content) = (format!("set/{size}"), content(size));
        assert_eq!(upload(&*place.sink, &name, &content).await.unwrap().size, size as u64);
        assert!(read(&*place.sink, &name, 0).await.unwrap() == content, "{size}");
    }
    assert_eq!((place.left)(), 0);
}

async fn it_is_read_from_any_byte_on(place: &Place) {
    let content = content(3 * MIB);
    upload(&*place.sink, "a", &content).await.unwrap();
    for from in [1, MIB, 3 * MIB - 1, 3 * MIB] {
        assert!(read(&*place.sink, "a", from as u64).await.unwrap() == content.slice(from..), "from {from}");
    }
    let error = read(&*place.sink, "a", 3 * MIB as u64 + 1).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Damaged, "{error}");
}

async fn a_new_object_replaces_none(place: &Place) {
    place.sink.put(&key("set/manifest.json"), "one".into(), Put::New).await.unwrap();
    let error = place.sink.put(&key("set/manifest.json"), "two".into(), Put::New).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Exists);
    assert_eq!(read(&*place.sink, "set/manifest.json", 0).await.unwrap(), "one");
    assert_eq!((place.left)(), 0);
}

async fn of_many_new_ones_exactly_one_comes_about(place: &Place) {
    let name = key("claim");
    let puts = (0..8).map(|n| place.sink.put(&name, Bytes::from(format!("claim {n}")), Put::New));
    let done = join_all(puts).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    assert!(done.iter().flat_map(|done| done.as_ref().err()).all(|error| error.kind == SinkErrorKind::Exists));
    let winner = done.iter().position(Result::is_ok).unwrap();
    assert_eq!(read(&*place.sink, "claim", 0).await.unwrap(), format!("claim {winner}"));
    assert_eq!((place.left)(), 0);
}

async fn an_upload_replaces_none(place: &Place) {
    let sink = &*place.sink;
    for size in [10, 9 * MIB] {
        let name = format!("set/{size}");
        let mut late = sink.begin(&key(&name)).await.unwrap();
        late.write(content(size)).await.unwrap();
        sink.put(&key(&name), "first".into(), Put::New).await.unwrap();
        let error = sink.begin(&key(&name)).await.err().unwrap();
        assert_eq!(error.kind, SinkErrorKind::Exists, "told before anything is sent");
        assert_eq!(late.finish().await.unwrap_err().kind, SinkErrorKind::Exists);
        assert_eq!(read(sink, &name, 0).await.unwrap(), "first");
    }
    assert_eq!((place.left)(), 0);
}

async fn a_replaced_object_is_the_new_one(place: &Place) {
    for text in ["one", "a longer one", "2"] {
        place.sink.put(&key("latest"), text.into(), Put::Replace).await.unwrap();
        assert_eq!(read(&*place.sink, "latest", 0).await.unwrap(), text);
    }
    assert_eq!(list(&*place.sink, None).await, [("latest".to_owned(), 1)]);
    assert_eq!((place.left)(), 0);
}

async fn objects_are_listed_in_order_and_by_folder(place: &Place) {
    let names = ["a/b", "a/b.c", "a/c/d", "a-b/c", "ab", "b/x", "latest"];
    for name in names.iter().rev() {
        place.sink.put(&key(name), "x".into(), Put::New).await.unwrap();
    }
    let listed = |found: Vec<(String, u64)>| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(listed(list(&*place.sink, None).await), sorted);
    assert_eq!(listed(list(&*place.sink, Some("a")).await), ["a/b", "a/b.c", "a/c/d"]);
    assert_eq!(listed(list(&*place.sink, Some("a/c")).await), ["a/c/d"]);
    assert_eq!(list(&*place.sink, Some("latest")).await, [], "an object is no folder");
    assert_eq!(list(&*place.sink, Some("nowhere/at/all")).await, []);
}

async fn what_is_removed_is_gone_and_nothing_else(place: &Place) {
    for name in ["one/a", "one/b", "two/a"] {
        place.sink.put(&key(name), "x".into(), Put::New).await.unwrap();
    }
    for _ in 0..2 {
        place.sink.remove(&key("one/a")).await.unwrap();
        let left: Vec<_> = list(&*place.sink, None).await;
        assert_eq!(left, [("one/b".to_owned(), 1), ("two/a".to_owned(), 1)]);
    }
    place.sink.remove(&key("nowhere/a")).await.unwrap();
    place.sink.remove(&key("one/b")).await.unwrap();
    place.sink.put(&key("one/a"), "again".into(), Put::New).await.unwrap();
    assert_eq!(read(&*place.sink, "one/a", 0).await.unwrap(), "again");
}

async fn an_aborted_upload_leaves_nothing(place: &Place) {
    for size in [0, 10, 9 * MIB, 20 * MIB] {
        let mut upload = place.sink.begin(&key("set/a")).await.unwrap();
        upload.write(content(size)).await.unwrap();
        upload.abort().await;
        assert_eq!(((place.left)(), list(&*place.sink, None).await.len()), (0, 0), "{size}");
    }
}

async fn an_upload_that_nobody_waits_for_any_more_can_be_aborted(place: &Place) {
    // As when a signal comes while a write is waited for. However far it has come then.
    let content = content(9 * MIB);
    // In the first write, in the second.
    for case in 0..16 {
        let mut upload = place.sink.begin(&key("set/a")).await.unwrap();
        for _ in 0..case / 8 {
            upload.write(content.clone()).await.unwrap();
        }
        {
            let mut write = upload.write(content.clone());
            for _ in 0..case % 8 {
                let mut once =
                    std::pin::pin!(std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_ready())));
                if once.as_mut().await {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        upload.abort().await;
        assert_eq!((place.left)(), 0, "case {case}");
    }
}

async fn what_is_cut_short_is_tidied_by_age(place: &Place) {
    place.sink.put(&key("set/whole"), "whole".into(), Put::New).await.unwrap();
    let mut upload = place.sink.begin(&key("set/a")).await.unwrap();
    upload.write(content(9 * MIB)).await.unwrap();
    drop(upload);
    assert_eq!((place.left)(), 1);
    let young = place.sink.tidy(Duration::from_secs(3600)).await.unwrap();
    assert_eq!((young.uploads, (place.left)()), (0, 1), "it may be under way");
    let old = place.sink.tidy(Duration::ZERO).await.unwrap();
    assert_eq!((old.uploads, (place.left)()), (1, 0));
    assert_eq!(list(&*place.sink, None).await, [("set/whole".to_owned(), 5)]);
}

async fn what_is_missing_is_not_found(place: &Place) {
    place.sink.put(&key("set/a"), "x".into(), Put::New).await.unwrap();
    for name in ["b", "set", "set/b", "set/a/b"] {
        let error = read(&*place.sink, name, 0).await.unwrap_err();
        assert!(error.what == format!("read {name}"), "{error}");
        assert!(matches!(error.kind, SinkErrorKind::NotFound | SinkErrorKind::Other), "{error}");
    }
    assert_eq!(read(&*place.sink, "b", 0).await.unwrap_err().kind, SinkErrorKind::NotFound);
}
