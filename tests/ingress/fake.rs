//! Against the fake engine, whose nginx takes a reload at once, slowly, or not at all.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use medianestctl::engine::fake::{ExecScript, FakeEngine, FakeImage, Inside, Reload};
use medianestctl::engine::{ContainerSpec, Engine, ExecOutput};
use medianestctl::ingress::{Drained, SwitchError, Wait, drain, switch};
use medianestctl::model::Labels;
use medianestctl::state::archive;
use tokio::time::Instant;

const PATH: &str = "/etc/proxy/upstreams.conf";
const OLD: &str = "upstream web { server old:80; }\n";
const NEW: &str = "upstream web { server new:80; }\n";
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 5);
/// A connection to `ADDRESS` as `/proc/net/tcp` shows it.
const CONNECTION: &str = "   1: 0300140A:9C40 0500140A:0FA0 01 00000000:00000000 00:00000000 00000000   101  0 1002\n";

async fn proxy(image: FakeImage) -> FakeEngine {
    let files = [(PATH.to_owned(), OLD.as_bytes().to_vec())].into();
    let engine = FakeEngine::new().with_image("proxy:1", FakeImage { files, ..image });
    let spec = ContainerSpec::holder("proxy".into(), "proxy:1".into(), Labels::new(), Vec::new());
    engine.create_container(&ContainerSpec { command: Some(vec!["nginx".into()]), ..spec }).await.unwrap();
    engine.start("proxy").await.unwrap();
    engine
}

fn reloads(reload: Reload) -> FakeImage {
    FakeImage { reload, ..FakeImage::default() }
}

fn answers(script: impl Fn(&mut Inside<'_>, &[String]) -> Option<ExecOutput> + Send + Sync + 'static) -> FakeImage {
    FakeImage { exec: Some(ExecScript::new(script)), ..FakeImage::default() }
}

fn output(code: i64, text: &str) -> ExecOutput {
    ExecOutput { code, output: text.as_bytes().to_vec() }
}

async fn upstreams(engine: &FakeEngine) -> Option<String> {
    let tar = engine.get_archive("proxy", PATH).await.unwrap()?;
    let (_, content) = archive::files(&tar).unwrap().pop().unwrap();
    Some(String::from_utf8(content).unwrap())
}

fn signals(engine: &FakeEngine) -> usize {
    engine.changes().iter().filter(|line| *line == "kill proxy HUP").count()
}

#[tokio::test(start_paused = true)]
async fn a_switch_ends_when_the_new_workers_serve() {
    let engine = proxy(reloads(Reload::Slow(Duration::from_secs(3)))).await;
    let begin = Instant::now();
    switch(&engine, "proxy", PATH, NEW).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(3), "acknowledged after {:?}", begin.elapsed());
    assert_eq!(upstreams(&engine).await.as_deref(), Some(NEW));
    assert_eq!(signals(&engine), 1);
}

#[tokio::test(start_paused = true)]
async fn what_nginx_refuses_is_not_left_there() {
    let script = |inside: &mut Inside<'_>, argv: &[String]| {
        let new = inside.read(PATH).is_some_and(|text| text == NEW.as_bytes());
        (argv[..2] == ["nginx", "-t"]).then(|| output(i64::from(new), "[emerg] host not found"))
    };
    let engine = proxy(answers(script)).await;
    let error = switch(&engine, "proxy", PATH, NEW).await.unwrap_err();
    assert!(matches!(&error, SwitchError::Refused(text) if text.contains("host not found")), "{error}");
    assert_eq!(upstreams(&engine).await.as_deref(), Some(OLD));
    assert_eq!(signals(&engine), 0, "nobody was told of it");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_not_there_before_is_not_left_there_either() {
    let engine = proxy(answers(|_, argv| (argv[0] == "nginx").then(|| output(1, "no")))).await;
    engine.exec("proxy", &["rm", "-f", PATH].map(str::to_owned), Duration::from_secs(1)).await.unwrap();
    assert!(matches!(switch(&engine, "proxy", PATH, NEW).await, Err(SwitchError::Refused(_))));
    assert_eq!(upstreams(&engine).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_does_not_happen_is_a_failure() {
    let engine = proxy(reloads(Reload::Refused)).await;
    let error = switch(&engine, "proxy", PATH, NEW).await.unwrap_err();
    assert!(matches!(error, SwitchError::NotReloaded { .. }), "{error}");
    assert_eq!(upstreams(&engine).await.as_deref(), Some(OLD));
    assert_eq!(signals(&engine), 2, "told again, in case that it takes the other file late");
}

#[tokio::test(start_paused = true)]
async fn a_shell_that_keeps_the_signal_is_named() {
    let engine = proxy(reloads(Reload::BehindShell)).await;
    let error = switch(&engine, "proxy", PATH, NEW).await.unwrap_err();
    assert!(matches!(&error, SwitchError::NotFirst { first, .. } if first == "/bin/sh -c nginx"), "{error}");
    assert!(error.hint().unwrap().contains("exec nginx"));
    assert_eq!(upstreams(&engine).await.as_deref(), Some(OLD));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_take_the_content_is_a_failure() {
    // A rename that says that all is well, and does nothing.
    let engine = proxy(answers(|_, argv| (argv[0] == "mv").then(|| output(0, "")))).await;
    let error = switch(&engine, "proxy", PATH, NEW).await.unwrap_err();
    assert!(matches!(&error, SwitchError::NotWritten { path, .. } if path == PATH), "{error}");
    assert_eq!(upstreams(&engine).await.as_deref(), Some(OLD));
    assert_eq!(signals(&engine), 2, "it is told once more, of what lies there again");
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_with_the_old_workers() {
    let engine = proxy(reloads(Reload::Slow(Duration::from_secs(4)))).await;
    switch(&engine, "proxy", PATH, NEW).await.unwrap();
    let begin = Instant::now();
    let drained = drain(&engine, "proxy", by_workers(30), &|_| ()).await.unwrap();
    assert_eq!(drained, Drained::Quiet);
    assert!((3..6).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    assert_eq!(drain(&engine, "proxy", by_workers(0), &|_| ()).await.unwrap(), Drained::Quiet, "nothing to do");
}

/// A proxy whose old workers stay for an hour, with so many looks at its connections that find one.
async fn lingering(found: usize) -> FakeEngine {
    let looks = Arc::new(AtomicUsize::new(0));
    let script = move |_: &mut Inside<'_>, argv: &[String]| {
        let there = argv[0] == "grep" && looks.fetch_add(1, Ordering::Relaxed) < found;
        (argv[0] == "grep").then(|| if there { output(0, CONNECTION) } else { output(1, "") })
    };
    proxy(FakeImage { reload: Reload::Slow(Duration::from_secs(3600)), ..answers(script) }).await
}

fn by_workers(seconds: u64) -> Wait<'static> {
    Wait { addresses: &[ADDRESS], connections_tell: false, limit: Duration::from_secs(seconds) }
}

fn by_connections(seconds: u64) -> Wait<'static> {
    Wait { connections_tell: true, ..by_workers(seconds) }
}

/// Old workers that linger, without waiting for the switch.
async fn drained(engine: &FakeEngine, wait: Wait<'_>) -> (Drained, u64) {
    engine.kill("proxy", "HUP").await.unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let begin = Instant::now();
    let drained = drain(engine, "proxy", wait, &|_| ()).await.unwrap();
    (drained, begin.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_long_connection_to_another_replica_is_not_waited_for() {
    let (how, seconds) = drained(&lingering(0).await, by_connections(600)).await;
    assert_eq!(how, Drained::Quiet);
    assert!((10..15).contains(&seconds), "after the time in which a quiet client may speak up: {seconds}");
    let (how, seconds) = drained(&lingering(20).await, by_connections(600)).await;
    assert_eq!(how, Drained::Quiet, "its end is seen");
    assert!((20..60).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_at_its_limit() {
    let engine = lingering(usize::MAX).await;
    let reached = |connections| (Drained::LimitReached { connections }, 30);
    assert_eq!(drained(&engine, by_connections(30)).await, reached(Some(1)));
    let nowhere = Wait { addresses: &[], ..by_connections(30) };
    assert_eq!(drained(&lingering(0).await, nowhere).await, reached(None), "without addresses only workers tell");
    let blind = answers(|_, argv| (argv[0] == "grep").then(|| output(127, "no such program")));
    let blind = proxy(FakeImage { reload: Reload::Slow(Duration::from_secs(3600)), ..blind }).await;
    assert_eq!(drained(&blind, by_connections(30)).await, reached(None));
    assert_eq!(blind.changes().iter().filter(|line| line.contains("grep")).count(), 1, "not asked again");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_else_of_the_list_stays_every_old_worker_is_waited_for() {
    let engine = lingering(0).await;
    assert_eq!(drained(&engine, by_workers(30)).await, (Drained::LimitReached { connections: Some(0) }, 30));
    assert_eq!(engine.changes().iter().filter(|line| line.contains("grep")).count(), 1, "only to tell what is cut off");
}

#[tokio::test(start_paused = true)]
async fn an_ingress_that_does_not_run_holds_nothing() {
    let engine = lingering(usize::MAX).await;
    engine.stop("proxy", Duration::from_secs(1)).await.unwrap();
    let drained = drain(&engine, "proxy", by_workers(30), &|_| ()).await.unwrap();
    assert_eq!(drained, Drained::Quiet);
}
