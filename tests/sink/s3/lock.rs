//! Locks: asked for when an object is written, told when it is to go. The store here only remembers them; none was run against
//! a store that enforces them.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use medianestctl::backup::sink::{LockMode, ObjectLock, Put, Sink, SinkErrorKind};

use super::{
    bench::Bench,
    front::{Call, Fault},
};
use crate::support::{MIB, content, key, list, read, upload};

#[tokio::test]
async fn what_is_written_is_locked_and_what_is_replaced_is_not() {
    let mut bench = Bench::new();
    bench.settings.lock = Some(ObjectLock { mode: LockMode::Compliance, days: 30 });
    let sink = bench.sink();
    let before = Utc::now();
    upload(&sink, "set/large", &content(20 * MIB)).await.unwrap();
    upload(&sink, "set/small", &content(10)).await.unwrap();
    sink.put(&key("set/manifest.json"), "{}".into(), Put::New).await.unwrap();
    sink.put(&key("latest"), "set".into(), Put::Replace).await.unwrap();
    let locks: BTreeMap<_, _> = bench.shelf.locks.lock().unwrap().clone();
    assert_eq!(locks.keys().map(String::as_str).collect::<Vec<_>>(), ["set/large", "set/manifest.json", "set/small"]);
    for (mode, until) in locks.into_values() {
        let days = until - before;
        assert_eq!(mode, "COMPLIANCE");
        assert!(days > TimeDelta::days(30) - TimeDelta::seconds(2) && days < TimeDelta::days(30) + TimeDelta::hours(1), "{days}");
    }
    assert!(read(&sink, "set/large", 0).await.unwrap() == content(20 * MIB));
    let error = sink.remove(&key("set/large")).await.unwrap_err();
    let SinkErrorKind::Locked { until: Some(until) } = error.kind else { panic!("{error}") };
    assert!(error.hint().unwrap().contains(&until.format("%Y-%m-%dT%H").to_string()));
    assert_eq!((list(&sink, Some("set")).await.len(), bench.faults.seen(Call::Delete)), (3, 0), "it was not even tried");
    sink.remove(&key("latest")).await.unwrap();
}

#[tokio::test]
async fn a_lock_that_is_over_holds_nothing() {
    let bench = Bench::new();
    let sink = bench.sink();
    sink.put(&key("a"), "x".into(), Put::New).await.unwrap();
    bench.shelf.locks.lock().unwrap().insert("a".to_owned(), ("GOVERNANCE".to_owned(), Utc::now()));
    sink.remove(&key("a")).await.unwrap();
    assert_eq!(list(&sink, None).await, []);
}

#[tokio::test]
async fn a_lock_that_only_the_refusal_tells_of_is_one() {
    let bench = Bench::new();
    let sink = bench.sink();
    sink.put(&key("a"), "x".into(), Put::New).await.unwrap();
    let refusal = Fault::Answer(403, "AccessDenied", "Access Denied because object protected by object lock.");
    bench.faults.always(Call::Delete, refusal);
    let error = sink.remove(&key("a")).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Locked { until: None }, "{error}");
    assert!(error.hint().is_some());
}
