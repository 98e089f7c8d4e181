//! What the store's refusals become, and what is sent to it.

use bytes::Bytes;
use medianestctl::backup::sink::{Put, S3Settings, S3Sink, Sink, SinkError, SinkErrorKind};
use s3s::config::S3Config;

use super::{
    bench::{BUCKET, Bench, SECRET_KEY, variable},
    front::{Call, Fault},
};
use crate::support::{MIB, content, key, list, read, upload};

/// The error of each of a sink's calls.
async fn errors(sink: &dyn Sink) -> Vec<SinkError> {
    let a = key("set/a");
    let errors = [
        sink.begin(&a).await.err(),
        sink.put(&a, "x".into(), Put::New).await.err(),
        sink.put(&a, "x".into(), Put::Replace).await.err(),
        sink.read(&a, 0).await.err(),
        sink.list(None).await.err(),
        sink.remove(&a).await.err(),
        sink.tidy(std::time::Duration::ZERO).await.err(),
    ];
    errors.into_iter().map(|error| error.expect("every call fails")).collect()
}

#[tokio::test]
async fn a_wrong_secret_is_denied_and_not_repeated() {
    let bench = Bench::new();
    let sink = S3Sink::new(&bench.settings, &|name| variable(name, "a-wrong-secret")).unwrap();
    for error in errors(&sink).await {
        assert_eq!(error.kind, SinkErrorKind::Denied, "{error}");
        assert!(error.hint().unwrap().contains("secret access key"), "{error:?}");
        assert!(!format!("{error:?}").contains("a-wrong-secret"));
    }
    assert!(!format!("{sink:?} {:?}", bench.settings).contains("a-wrong-secret"));
    assert!(!format!("{:?}", bench.sink()).contains(SECRET_KEY));
}

#[tokio::test]
async fn an_unknown_key_is_denied() {
    let bench = Bench::new();
    let vary = |name: &str| if name == "AWS_ACCESS_KEY_ID" { Some("AKIDOTHER".to_owned()) } else { variable(name, SECRET_KEY) };
    for error in errors(&S3Sink::new(&bench.settings, &vary).unwrap()).await {
        assert_eq!(error.kind, SinkErrorKind::Denied, "{error}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_missing_bucket_is_not_found_with_a_hint() {
    let bench = Bench::new();
    let settings = S3Settings { bucket: "elsewhere".to_owned(), ..bench.settings.clone() };
    let sink = S3Sink::new(&settings, &|name| variable(name, SECRET_KEY)).unwrap();
    let part = async |size| upload(&sink, "set/a", &content(size)).await.err();
    let errors = [
        part(10).await,
        part(9 * MIB).await,
        sink.put(&key("a"), "x".into(), Put::New).await.err(),
        sink.list(None).await.err(),
        sink.remove(&key("a")).await.err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert_eq!(error.kind, SinkErrorKind::NotFound, "{error}");
        assert!(error.hint().unwrap().contains("bucket"), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_clock_is_told_as_such() {
    // To this store every clock is wrong.
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = 0;
    let bench = Bench::with(config, None);
    for error in errors(&bench.sink()).await {
        assert_eq!(error.kind, SinkErrorKind::Denied, "{error}");
        assert!(error.hint().unwrap().contains("clock"), "{error:?}");
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_asked() {
    let bench = Bench::new();
    let error = S3Sink::new(&bench.settings, &|_| None).unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Denied);
    assert!(error.hint().unwrap().contains("AWS_SECRET_ACCESS_KEY"));
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let bench = Bench::new();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = S3Settings { endpoint: Some(format!("http://{free}")), ..bench.settings.clone() };
    for error in errors(&S3Sink::new(&settings, &|name| variable(name, SECRET_KEY)).unwrap()).await {
        assert_eq!(error.kind, SinkErrorKind::Unreachable, "{error}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_full_store_is_full() {
    let bench = Bench::new();
    bench.faults.always(
        Call::Part,
        Fault::Answer(507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold."),
    );
    let error = upload(&bench.sink(), "set/a", &content(20 * MIB)).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Full, "{error}");
    assert!(error.hint().unwrap().contains("prune"));
    assert_eq!(bench.shelf.open(), 0);
}

#[tokio::test]
async fn everything_stays_below_the_prefix() {
    let mut bench = Bench::new();
    bench.sink().put(&key("foreign"), "x".into(), Put::New).await.unwrap();
    bench.sink().put(&key("shops/a"), "x".into(), Put::New).await.unwrap();
    let mut foreign = bench.sink().begin(&key("foreign-upload")).await.unwrap();
    foreign.write(content(9 * MIB)).await.unwrap();
    bench.settings.prefix = Some(key("shop"));
    let sink = bench.sink();
    assert_eq!(
        sink.describe(),
        format!("s3 backups/shop at {}", bench.settings.endpoint.as_ref().unwrap().trim_start_matches("http://"))
    );
    upload(&sink, "set/a", &content(9 * MIB)).await.unwrap();
    sink.put(&key("latest"), "x".into(), Put::Replace).await.unwrap();
    assert_eq!(list(&sink, None).await, [("latest".to_owned(), 1), ("set/a".to_owned(), 9 << 20)]);
    assert_eq!(list(&sink, Some("set")).await, [("set/a".to_owned(), 9 << 20)]);
    assert!(bench.folder.path().join(BUCKET).join("shop/set/a").is_file());
    assert_eq!(sink.tidy(std::time::Duration::ZERO).await.unwrap().uploads, 0, "the foreign upload goes on");
    foreign.finish().await.unwrap();
}

#[tokio::test]
async fn what_is_no_key_is_not_listed() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join(BUCKET).join("read me.txt"), "foreign").unwrap();
    bench.sink().put(&key("a"), "x".into(), Put::New).await.unwrap();
    assert_eq!(list(&bench.sink(), None).await, [("a".to_owned(), 1)]);
}

#[tokio::test]
async fn the_storage_class_is_that_of_the_settings() {
    let mut bench = Bench::new();
    bench.settings.storage_class = Some("STANDARD_IA".to_owned());
    upload(&bench.sink(), "large", &content(9 * MIB)).await.unwrap();
    upload(&bench.sink(), "small", &content(9)).await.unwrap();
    let classes = bench.shelf.classes.lock().unwrap().clone();
    assert_eq!(
        classes.into_iter().collect::<Vec<_>>(),
        [("large", "STANDARD_IA"), ("small", "STANDARD_IA")].map(|(k, c)| (k.to_owned(), c.to_owned()))
    );
}

#[tokio::test]
async fn a_store_without_conditions_is_asked_beforehand() {
    let bench = Bench::new();
    let unknown = Fault::Answer(501, "NotImplemented", "A header you provided implies functionality that is not implemented");
    bench.faults.next(1, Call::Put, unknown);
    let sink = bench.sink();
    sink.put(&key("a"), "one".into(), Put::New).await.unwrap();
    assert_eq!(sink.put(&key("a"), "two".into(), Put::New).await.unwrap_err().kind, SinkErrorKind::Exists);
    assert_eq!(read(&sink, "a", 0).await.unwrap(), "one");
    bench.faults.next(1, Call::Complete, unknown);
    let fresh = bench.sink();
    let large: Bytes = content(9 * MIB);
    upload(&fresh, "set/a", &large).await.unwrap();
    assert!(read(&fresh, "set/a", 0).await.unwrap() == large);
    assert_eq!(bench.shelf.open(), 0);
}
