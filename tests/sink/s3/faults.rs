//! A store that fails: each call of an upload, each way of failing. Then all is well, or the error is typed; and no upload
//! stays open.

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use medianestctl::backup::sink::{Patience, Put, S3Settings, S3Sink, Sink, SinkErrorKind};

use super::{
    bench::{Bench, SECRET_KEY, variable},
    front::{Call, Fault},
};
use crate::support::{MIB, content, key, list, read, upload};

const INTERNAL: Fault = Fault::Answer(500, "InternalError", "We encountered an internal error. Please try again.");
const SLOW_DOWN: Fault = Fault::Answer(503, "SlowDown", "Please reduce your request rate.");
/// Two parts.
const SIZE: usize = 9 * MIB;
/// The calls of a large upload, and of a small one.
const LARGE: [Call; 4] = [Call::Head, Call::Create, Call::Part, Call::Complete];
const SMALL: [Call; 2] = [Call::Head, Call::Put];

/// One upload with faults; afterwards nothing is open and the object is whole.
async fn goes_well(bench: &Bench, sink: &S3Sink, size: usize, case: &str) {
    let content = content(size);
    let stored = upload(sink, "set/a", &content).await.unwrap_or_else(|error| panic!("{case}: {error}"));
    bench.faults.none();
    assert_eq!(stored.size, size as u64, "{case}");
    assert!(read(sink, "set/a", 0).await.unwrap() == content, "{case}");
    assert_eq!((bench.shelf.open(), list(sink, None).await.len()), (0, 1), "{case}");
}

#[tokio::test]
async fn a_call_that_fails_twice_is_made_again() {
    for fault in [INTERNAL, SLOW_DOWN, Fault::Reset] {
        for (calls, size) in [(&LARGE[..], SIZE), (&SMALL[..], 10)] {
            for call in calls {
                let bench = Bench::new();
                bench.faults.next(2, *call, fault);
                goes_well(&bench, &bench.sink(), size, &format!("{call:?} {fault:?}")).await;
            }
        }
    }
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_is_settled() {
    for (calls, size) in [(&LARGE[..], SIZE), (&SMALL[..], 10)] {
        for call in calls {
            let bench = Bench::new();
            bench.faults.next(1, *call, Fault::LoseAnswer);
            goes_well(&bench, &bench.sink(), size, &format!("{call:?}")).await;
        }
    }
}

#[tokio::test]
async fn a_call_without_answer_is_given_up_and_made_again() {
    let cases = [(Call::Head, 10), (Call::Put, 10), (Call::Create, SIZE), (Call::Part, SIZE), (Call::Complete, SIZE)];
    // Side by side, because each of them waits.
    join_all(cases.map(|(call, size)| async move {
        let bench = Bench::new();
        bench.faults.next(1, call, Fault::Hang);
        goes_well(&bench, &bench.impatient(), size, &format!("{call:?}")).await;
    }))
    .await;
}

#[tokio::test]
async fn a_call_that_always_fails_ends_typed_and_leaves_nothing() {
    for fault in [INTERNAL, SLOW_DOWN, Fault::Reset] {
        for (calls, size) in [(&LARGE[..], SIZE), (&SMALL[..], 10)] {
            for call in calls {
                let (bench, case) = (Bench::new(), format!("{call:?} {fault:?}"));
                let sink = bench.sink();
                bench.faults.always(*call, fault);
                let error = upload(&sink, "set/a", &content(size)).await.unwrap_err();
                assert_eq!(error.kind, SinkErrorKind::Unreachable, "{case}: {error}");
                assert!(error.hint().is_some() && error.what == "write set/a", "{case}: {error:?}");
                assert!(bench.faults.seen(*call) >= 4, "{case}: it was tried as often as allowed");
                bench.faults.none();
                assert_eq!((bench.shelf.open(), list(&sink, None).await.len()), (0, 0), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn complete_whose_answers_are_all_lost_is_settled_by_what_is_there() {
    let bench = Bench::new();
    bench.faults.always(Call::Complete, Fault::LoseAnswer);
    goes_well(&bench, &bench.sink(), SIZE, "complete").await;
    // Also when there was one attempt, and so nothing else to go by.
    let mut bench = Bench::new();
    bench.settings.patience.attempts = 1;
    bench.faults.always(Call::Complete, Fault::LoseAnswer);
    goes_well(&bench, &bench.sink(), SIZE, "complete once").await;
}

#[tokio::test]
async fn an_upload_whose_first_part_fails_is_over_at_once() {
    let bench = Bench::new();
    let sink = bench.sink();
    bench.faults.always(Call::Part, INTERNAL);
    let mut part = sink.begin(&key("set/a")).await.unwrap();
    let mut written = 0;
    let error = loop {
        match part.write(content(MIB)).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(written < 24, "at most two parts are taken before the first one's end is known: {written}");
    assert_eq!((bench.shelf.open(), bench.faults.seen(Call::Abort)), (0, 1), "aborted before anybody says so");
    assert_eq!(part.write(content(1)).await.unwrap_err(), error);
    assert_eq!(part.finish().await.unwrap_err(), error);
}

#[tokio::test]
async fn what_cannot_be_aborted_is_tidied_later() {
    let bench = Bench::new();
    let sink = bench.sink();
    bench.faults.always(Call::Part, INTERNAL);
    bench.faults.always(Call::Abort, Fault::Reset);
    for name in ["set/a", "set/b", "set/c"] {
        assert_eq!(upload(&sink, name, &content(SIZE)).await.unwrap_err().kind, SinkErrorKind::Unreachable);
    }
    bench.faults.none();
    assert_eq!(bench.shelf.open(), 3);
    assert_eq!(sink.tidy(Duration::ZERO).await.unwrap().uploads, 3, "also over several pages");
    assert_eq!(bench.shelf.open(), 0);
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up() {
    let bench = Bench::new();
    // All that is waited for is set, so that the test waits for nothing else: one attempt, and half a second for it.
    let patience = Patience {
        answer: Duration::from_millis(500),
        total: Duration::from_millis(500),
        slowest: u64::MAX,
        attempts: 1,
        ..bench.settings.patience
    };
    let settings = S3Settings { patience, ..bench.settings.clone() };
    let sink = S3Sink::new(&settings, &|name| variable(name, SECRET_KEY)).unwrap();
    for call in [Call::Head, Call::Get, Call::List, Call::Put, Call::Delete, Call::Uploads] {
        bench.faults.always(call, Fault::Hang);
    }
    let a = key("a");
    let errors = [
        sink.begin(&a).await.err(),
        sink.put(&a, "x".into(), Put::New).await.err(),
        sink.put(&a, "x".into(), Put::Replace).await.err(),
        sink.read(&a, 0).await.err(),
        sink.list(None).await.err(),
        sink.remove(&a).await.err(),
        sink.tidy(Duration::ZERO).await.err(),
    ];
    for error in errors {
        assert_eq!(error.expect("every call ends").kind, SinkErrorKind::Unreachable);
    }
}

#[tokio::test]
async fn a_store_that_is_overloaded_is_not_knocked_at_without_pause() {
    let mut bench = Bench::new();
    // Attempts enough: the deadline ends it, and the pauses that double leave room for a few only.
    bench.settings.patience.attempts = 100;
    bench.settings.patience.total = Duration::from_millis(700);
    bench.settings.patience.first_pause = Duration::from_millis(20);
    bench.settings.patience.longest_pause = Duration::from_secs(3600);
    bench.faults.always(Call::Put, SLOW_DOWN);
    let error = bench.sink().put(&key("a"), "x".into(), Put::Replace).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Unreachable, "{error}");
    assert!(bench.faults.seen(Call::Put) < 40, "{} attempts", bench.faults.seen(Call::Put));
}

#[tokio::test]
async fn a_target_that_fails_for_long_takes_no_repetitions_from_others() {
    let (ill, well) = (Bench::new(), Bench::new());
    ill.faults.always(Call::Put, INTERNAL);
    let sink = ill.sink();
    for _ in 0..60 {
        assert!(sink.put(&key("a"), "x".into(), Put::Replace).await.is_err());
    }
    well.faults.next(2, Call::Put, INTERNAL);
    well.sink().put(&key("a"), "x".into(), Put::Replace).await.unwrap();
}

#[tokio::test]
async fn a_small_object_is_ours_when_its_answer_was_lost() {
    let bench = Bench::new();
    let sink = bench.sink();
    bench.faults.next(1, Call::Put, Fault::LoseAnswer);
    sink.put(&key("set/manifest.json"), "{}".into(), Put::New).await.unwrap();
    assert_eq!(bench.faults.seen(Call::Put), 2, "the second attempt was refused, and what is there is ours");
    // Somebody else's is not, even if our first attempt got lost before the store had it.
    bench.faults.next(1, Call::Head, Fault::Answer(404, "", ""));
    bench.faults.next(1, Call::Put, Fault::Reset);
    let error = sink.put(&key("set/manifest.json"), "[]".into(), Put::New).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Exists, "{error}");
    assert_eq!(read(&sink, "set/manifest.json", 0).await.unwrap(), "{}");
}

#[tokio::test]
async fn what_the_store_has_in_another_size_is_damaged_and_goes() {
    for size in [10, SIZE] {
        let bench = Bench::new();
        let sink = bench.sink();
        bench.shelf.error_of_size.store(-1, Ordering::Relaxed);
        let error = upload(&sink, "set/a", &content(size)).await.unwrap_err();
        assert_eq!(error.kind, SinkErrorKind::Damaged, "{error}");
        assert_eq!((list(&sink, None).await.len(), bench.shelf.open()), (0, 0));
    }
}

#[tokio::test]
async fn a_download_goes_on_where_its_connection_broke() {
    let bench = Bench::new();
    let (sink, content) = (bench.sink(), content(5 * MIB));
    upload(&sink, "a", &content).await.unwrap();
    for after in [0, 1, MIB, 3 * MIB] {
        bench.faults.next(2, Call::Get, Fault::Cut(after));
        assert!(read(&sink, "a", 0).await.unwrap() == content, "cut after {after}");
        bench.faults.next(1, Call::Get, Fault::Cut(after));
        assert!(read(&sink, "a", 7).await.unwrap() == content.slice(7..), "cut after {after}");
    }
    for fault in [INTERNAL, SLOW_DOWN, Fault::Reset, Fault::LoseAnswer] {
        bench.faults.next(2, Call::Get, fault);
        assert!(read(&sink, "a", 0).await.unwrap() == content, "{fault:?}");
    }
}

#[tokio::test]
async fn a_download_that_gets_no_further_ends_typed() {
    let bench = Bench::new();
    let sink = bench.sink();
    upload(&sink, "a", &content(MIB)).await.unwrap();
    bench.faults.always(Call::Get, Fault::Cut(0));
    let error = read(&sink, "a", 0).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn a_download_of_an_object_that_is_replaced_meanwhile_is_damaged() {
    use futures_util::StreamExt;
    let bench = Bench::new();
    let sink = bench.sink();
    sink.put(&key("latest"), content(2 * MIB), Put::Replace).await.unwrap();
    bench.faults.next(1, Call::Get, Fault::Cut(MIB));
    let mut chunks = sink.read(&key("latest"), 0).await.unwrap();
    let other: Bytes = content(3 * MIB).slice(MIB..);
    sink.put(&key("latest"), other, Put::Replace).await.unwrap();
    let error = loop {
        if let Err(error) = chunks.next().await.expect("it does not end well") {
            break error;
        }
    };
    assert_eq!(error.kind, SinkErrorKind::Damaged, "{error}");
}
