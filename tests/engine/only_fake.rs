//! What only the fake has: faults on command, a journal, scripted behaviours, a registry.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use medianestctl::engine::fake::{Behaviour, CommandScript, ExecScript, FakeEngine, FakeImage, Fault, Reply};
use medianestctl::engine::{Command, CommandEvent, ContainerSpec, Counting, Engine, ErrorKind, ExecOutput, LogOptions};
use medianestctl::model::{Health, Labels, RestartPolicy};
use medianestctl::secret::Secret;
use tokio::time::{Instant, advance};

fn spec(name: &str, image: &str) -> ContainerSpec {
    let spec = ContainerSpec::holder(name.into(), image.into(), Labels::new(), Vec::new());
    ContainerSpec { command: None, ..spec }
}

fn engine(script: Behaviour) -> FakeEngine {
    FakeEngine::new().with_image("web:1", FakeImage::checked(script))
}

async fn up(engine: &FakeEngine, name: &str) {
    engine.create_container(&spec(name, "web:1")).await.unwrap();
    engine.start(name).await.unwrap();
}

fn true_within(idle: Duration) -> Command {
    Command::new(&["true".into()], idle)
}

async fn asked(engine: &FakeEngine, name: &str) -> Result<i64, ErrorKind> {
    let answer = engine.exec(name, &["/healthcheck".into()], Duration::from_secs(5)).await;
    answer.map(|output| output.code).map_err(|error| error.kind)
}

#[tokio::test(start_paused = true)]
async fn the_engines_own_check_is_late_and_asking_is_not() {
    let engine = engine(Behaviour::Healthy { after: Duration::from_millis(700) });
    up(&engine, "web-1").await;
    assert_eq!(asked(&engine, "web-1").await, Ok(1));
    advance(Duration::from_millis(700)).await;
    assert_eq!(asked(&engine, "web-1").await, Ok(0));
    let health = async || engine.container("web-1").await.unwrap().unwrap().health;
    advance(Duration::from_secs(29)).await;
    assert_eq!(health().await, Health::Starting);
    advance(Duration::from_secs(1)).await;
    assert_eq!(health().await, Health::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_newer_engine_checks_more_often_at_the_start() {
    let mut info = FakeEngine::new().info().await.unwrap();
    (info.api, info.clock) = ((1, 44), None);
    let mut image = FakeImage::checked(Behaviour::Healthy { after: Duration::from_secs(3) });
    if let Some(check) = &mut image.healthcheck {
        (check.start_period, check.start_interval) = (Some(Duration::from_secs(20)), Some(Duration::from_secs(1)));
    }
    let engine = FakeEngine::new().with_info(info).with_image("web:1", image);
    up(&engine, "web-1").await;
    let health = async || engine.container("web-1").await.unwrap().unwrap().health;
    advance(Duration::from_millis(2900)).await;
    assert_eq!(health().await, Health::Starting);
    advance(Duration::from_millis(100)).await;
    assert_eq!(health().await, Health::Healthy);
}

#[tokio::test(start_paused = true)]
async fn behaviours() {
    let hanging = engine(Behaviour::HealthHangs);
    up(&hanging, "web-1").await;
    let began = Instant::now();
    assert_eq!(asked(&hanging, "web-1").await, Err(ErrorKind::Timeout));
    assert_eq!(began.elapsed(), Duration::from_secs(5));

    let turning = engine(Behaviour::TurnsUnhealthy { healthy: Duration::ZERO, unhealthy: Duration::from_secs(3) });
    up(&turning, "web-1").await;
    assert_eq!(asked(&turning, "web-1").await, Ok(0));
    advance(Duration::from_secs(3)).await;
    assert_eq!(asked(&turning, "web-1").await, Ok(1));

    let job = engine(Behaviour::JobExits { codes: vec![1, 1, 0], after: Duration::from_secs(2) });
    for (name, code) in [("job-1", 1), ("job-2", 1), ("job-3", 0), ("job-4", 0)] {
        up(&job, name).await;
        assert_eq!(job.wait(name).await.unwrap(), code, "{name}");
    }

    let one_bad = engine(Behaviour::default()).with_script_for("web-2", Behaviour::CrashLoop { code: 9 });
    up(&one_bad, "web-1").await;
    up(&one_bad, "web-2").await;
    assert_eq!(one_bad.wait("web-2").await.unwrap(), 9);
    assert_eq!(asked(&one_bad, "web-1").await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_slows_down_and_goes_on() {
    let engine = engine(Behaviour::CrashLoop { code: 1 });
    engine.create_container(&ContainerSpec { restart: RestartPolicy::Always, ..spec("web-1", "web:1") }).await.unwrap();
    engine.start("web-1").await.unwrap();
    let count = async || engine.container("web-1").await.unwrap().unwrap().restart_count;
    assert_eq!(count().await, 1);
    advance(Duration::from_millis(100 + 200)).await;
    assert_eq!(count().await, 3);
    advance(Duration::from_secs(600)).await;
    assert!((10..30).contains(&count().await), "{}", count().await);
}

#[tokio::test(start_paused = true)]
async fn faults_strike_the_call_they_are_meant_for() {
    let engine = engine(Behaviour::default()).fail_call(2, Fault::Error).fail_call(3, Fault::Hang);
    let engine = engine.fail_on("start web-2", Fault::LoseAnswer);
    engine.create_container(&spec("web-1", "web:1")).await.unwrap();
    assert_eq!(engine.start("web-1").await.unwrap_err().kind, ErrorKind::Other);
    let began = Instant::now();
    assert_eq!(engine.start("web-1").await.unwrap_err().kind, ErrorKind::Timeout);
    assert!(began.elapsed() >= Duration::from_secs(60));
    assert!(!engine.container("web-1").await.unwrap().unwrap().state.is_running());
    engine.start("web-1").await.unwrap();
    engine.create_container(&spec("web-2", "web:1")).await.unwrap();
    assert_eq!(engine.start("web-2").await.unwrap_err().kind, ErrorKind::Unreachable);
    assert!(engine.container("web-2").await.unwrap().unwrap().state.is_running(), "done, though the answer was lost");
    let expected =
        ["create container web-1", "start web-1", "start web-1", "start web-1", "create container web-2", "start web-2"];
    assert_eq!(engine.changes(), expected);
    assert!(engine.calls().contains(&"container web-1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn faults_strike_streams() {
    let engine = engine(Behaviour::default());
    up(&engine, "web-1").await;
    let run = async || {
        let events: Vec<_> = engine.run("web-1", true_within(Duration::from_secs(1))).collect().await;
        events.into_iter().map(|event| event.map_err(|error| error.kind)).collect::<Vec<_>>()
    };
    for (fault, kind) in
        [(Fault::Error, ErrorKind::Other), (Fault::Hang, ErrorKind::Timeout), (Fault::LoseAnswer, ErrorKind::Unreachable)]
    {
        drop(engine.clone().fail_on("run web-1", fault));
        assert_eq!(run().await, [Err(kind)]);
    }
    assert_eq!(run().await, [Ok(CommandEvent::Exit(0))]);
}

#[tokio::test(start_paused = true)]
async fn a_command_script_sees_what_it_is_given() {
    let script = CommandScript::new(|inside, asked| {
        let name = format!("{} as {}: ", inside.name(), asked.user.unwrap_or("nobody"));
        let variable = asked.environment.first().map(|(name, _)| name.clone()).unwrap_or_default();
        let stdout = [name.as_bytes(), asked.input].concat();
        (asked.argv[0] == "restore").then(|| Reply { stdout, stderr: variable.into(), code: 3, ..Reply::default() })
    });
    let image = FakeImage { commands: Some(script), ..FakeImage::default() };
    let engine = FakeEngine::new().with_image("web:1", image);
    up(&engine, "web-1").await;
    let command = Command {
        user: Some("postgres".into()),
        environment: vec![("PGPASSWORD".into(), Secret::new("hunter2".into()))],
        input: Some(stream::iter(["a", "b"]).map(|piece| Ok(piece.into())).boxed()),
        ..Command::new(&["restore".into()], Duration::from_secs(1))
    };
    let events: Vec<_> = engine.run("web-1", command).try_collect().await.unwrap();
    let expected =
        [CommandEvent::Stdout("web-1 as postgres: ab".into()), CommandEvent::Stderr("PGPASSWORD".into()), CommandEvent::Exit(3)];
    assert_eq!(events, expected);
}

#[tokio::test(start_paused = true)]
async fn a_registry_has_what_it_has() {
    let engine = FakeEngine::new().with_registry_image("shop/web:1", FakeImage::default());
    let idle = Duration::from_secs(30);
    let progress = std::sync::Mutex::new(Vec::new());
    engine.pull(&"shop/web:1".parse().unwrap(), idle, &|p| progress.lock().unwrap().push(p)).await.unwrap();
    assert_eq!(progress.into_inner().unwrap().last().map(|p| p.received == p.total && p.total > 0), Some(true));
    let digest = engine.registry_digest("shop/web:1").unwrap();
    let seen = engine.image("docker.io/shop/web:1").await.unwrap().unwrap();
    assert_eq!(seen.repo_digests, [format!("shop/web@{digest}")]);
    assert_eq!(engine.image(&format!("shop/web@{digest}")).await.unwrap().map(|i| i.id), Some(seen.id.clone()));
    let unknown = engine.pull(&"shop/web:2".parse().unwrap(), idle, &|_| ()).await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::ImageUnavailable);
    // New content under the same tag; the old content keeps its digest.
    let changed = FakeImage { user: "70".into(), ..FakeImage::default() };
    let engine = engine.with_registry_image("shop/web:1", changed);
    engine.pull(&"shop/web:1".parse().unwrap(), idle, &|_| ()).await.unwrap();
    assert_ne!(engine.image("shop/web:1").await.unwrap().unwrap().id, seen.id);
    assert_eq!(engine.image(&format!("shop/web@{digest}")).await.unwrap().unwrap().id, seen.id);
    // By its digest, content comes without its tag, and a tag that is there stays.
    let newest = FakeImage { user: "71".into(), ..FakeImage::default() };
    let engine = engine.with_registry_image("shop/web:1", newest);
    let before = engine.image("shop/web:1").await.unwrap().unwrap().id;
    let exact = format!("shop/web@{}", engine.registry_digest("shop/web:1").unwrap());
    engine.pull(&exact.parse().unwrap(), idle, &|_| ()).await.unwrap();
    assert_eq!(engine.image("shop/web:1").await.unwrap().unwrap().id, before);
    assert_ne!(engine.image(&exact).await.unwrap().unwrap().id, before);
    let engine = engine.registry_hangs();
    let began = Instant::now();
    assert_eq!(engine.pull(&"shop/web:1".parse().unwrap(), idle, &|_| ()).await.unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!(began.elapsed(), idle);
}

#[tokio::test(start_paused = true)]
async fn a_script_sees_its_container() {
    let script = ExecScript::new(|inside, argv| {
        let generation = inside.signals().iter().filter(|s| *s == "HUP").count();
        (argv[0] == "generation").then(|| ExecOutput { code: 0, output: format!("{} {generation}", inside.name()).into_bytes() })
    });
    let engine = FakeEngine::new().with_image("web:1", FakeImage { exec: Some(script), ..FakeImage::default() });
    up(&engine, "web-1").await;
    engine.kill("web-1", "HUP").await.unwrap();
    let output = engine.exec("web-1", &["generation".into()], Duration::from_secs(1)).await.unwrap();
    assert_eq!(output.text(), "web-1 1");
}

#[tokio::test(start_paused = true)]
async fn a_wait_and_a_follower_see_what_others_do() {
    let engine = engine(Behaviour::ExitsWith { code: 4, after: Duration::from_secs(3600), log: vec!["bye".into()] });
    up(&engine, "web-1").await;
    let follow = LogOptions { follow: true, ..LogOptions::default() };
    let (code, lines) = tokio::join!(engine.wait("web-1"), engine.logs("web-1", &follow).collect::<Vec<_>>());
    assert_eq!((code.unwrap(), lines.len()), (4, 1));
    engine.start("web-1").await.unwrap();
    let (gone, ()) = tokio::join!(engine.wait("web-1"), async { engine.remove_container("web-1", true).await.unwrap() });
    assert_eq!(gone.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_what_they_may_do() {
    let engine = Counting::new(engine(Behaviour::default()));
    engine.create_container(&spec("web-1", "web:1")).await.unwrap();
    engine.start("web-1").await.unwrap();
    engine.info().await.unwrap();
    let ran: Vec<_> = engine.run("web-1", true_within(Duration::from_secs(1))).try_collect().await.unwrap();
    assert_eq!(ran, [CommandEvent::Exit(0)]);
    engine.put_archive("web-1", "/", vec![0; 1024]).await.unwrap();
    drop(engine.get_archive("web-1", "/").await.unwrap());
    let counts = engine.calls();
    assert_eq!((counts.mutating, counts.reading), (4, 2));
    let changes = engine.inner().changes();
    assert_eq!(changes[2..], ["run web-1 true", "put web-1 /"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_calls_give_the_same_identifiers() {
    let run = async || {
        let engine = engine(Behaviour::default());
        up(&engine, "web-1").await;
        format!("{:?}", engine.container("web-1").await.unwrap())
    };
    assert_eq!(run().await, run().await);
}
