//! What containers write.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt};
use medianestctl::engine::{ErrorKind, LogChunk, LogOptions, LogSource};
use tokio::time::{Instant, sleep};

use crate::support::{Lab, Program};

async fn read(lab: &Lab, name: &str, options: &LogOptions) -> Vec<LogChunk> {
    lab.engine().logs(name, options).try_collect().await.unwrap()
}

/// The text of one stream, or of both.
fn text(chunks: &[LogChunk], source: Option<LogSource>) -> String {
    let wanted = chunks.iter().filter(|chunk| source.is_none_or(|s| s == chunk.source));
    wanted.map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect()
}

/// Waits until a container has written this.
pub(crate) async fn until_said(lab: &Lab, name: &str, word: &str) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !text(&read(lab, name, &LogOptions::default()).await, None).contains(word) {
        assert!(Instant::now() < patience, "{name} does not say `{word}`");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn output_is_kept_by_stream(lab: &Lab) {
    let name = lab.running(Program::Exit(3)).await;
    lab.engine().wait(&name).await.unwrap();
    let chunks = read(lab, &name, &LogOptions::default()).await;
    assert_eq!(text(&chunks, Some(LogSource::Stdout)), "out\n");
    assert_eq!(text(&chunks, Some(LogSource::Stderr)), "err\n");
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    assert_eq!(read(lab, &spec.name, &LogOptions::default()).await, [], "one that was never started has said nothing");
}

pub(crate) async fn the_tail_and_the_time(lab: &Lab) {
    let name = lab.running(Program::Exit(3)).await;
    lab.engine().wait(&name).await.unwrap();
    let tail = read(lab, &name, &LogOptions { tail: Some(1), ..LogOptions::default() }).await;
    assert!(["out\n", "err\n"].contains(&text(&tail, None).as_str()), "{tail:?}");
    let stamped = read(lab, &name, &LogOptions { timestamps: true, ..LogOptions::default() }).await;
    let first = text(&stamped[..1], None);
    let (time, rest) = first.split_once(' ').unwrap();
    assert!(["out\n", "err\n"].contains(&rest), "{first}");
    let time: DateTime<Utc> = time.parse().unwrap();
    let started = lab.inspect(&name).await.started_at.unwrap();
    assert!((time - started).abs() < chrono::TimeDelta::seconds(30), "{time} and {started}");
    // Only what is newer, to the fraction of a second.
    let since = |time| LogOptions { since: Some(time), ..LogOptions::default() };
    let second = chrono::TimeDelta::seconds(1);
    assert_eq!(read(lab, &name, &since(time + second)).await, []);
    assert_eq!(text(&read(lab, &name, &since(time - second)).await, None).len(), "out\nerr\n".len());
    // From where a reader stopped, another run gives its own lines and no other.
    let last = text(&stamped, None).lines().map(|line| line.split_once(' ').unwrap().0.parse().unwrap()).max().unwrap();
    lab.engine().start(&name).await.unwrap();
    lab.engine().wait(&name).await.unwrap();
    assert_eq!(text(&read(lab, &name, &since(last)).await, None).len(), "out\nerr\n".len());
}

pub(crate) async fn following_ends_with_the_container(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    until_said(lab, &name, "ready").await;
    let follow = LogOptions { follow: true, ..LogOptions::default() };
    let stopping = async {
        let mut lines = lab.engine().logs(&name, &follow);
        assert_eq!(lines.next().await.unwrap().unwrap().bytes, "ready\n");
        let (rest, stopped) = tokio::join!(lines.next(), lab.engine().stop(&name, Duration::from_secs(20)));
        stopped.unwrap();
        assert!(rest.is_none(), "{rest:?}");
    };
    tokio::time::timeout(Duration::from_secs(30), stopping).await.unwrap();
}

pub(crate) async fn following_ends_at_the_limit(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let limit = Some(Duration::from_secs(1));
    let began = Instant::now();
    let lines = read(lab, &name, &LogOptions { follow: true, limit, ..LogOptions::default() }).await;
    assert!((Duration::from_secs(1)..Duration::from_secs(15)).contains(&began.elapsed()));
    assert_eq!(text(&lines, None), "ready\n");
    assert!(lab.inspect(&name).await.state.is_running());
}

pub(crate) async fn without_a_container_there_are_no_logs(lab: &Lab) {
    let mut lines = lab.engine().logs(&lab.name("nobody"), &LogOptions::default());
    assert_eq!(lines.next().await.unwrap().unwrap_err().kind, ErrorKind::NotFound);
    assert!(lines.next().await.is_none());
}
