//! What the gate sees, how often it asks, and that what it has seen is not asked again.

use std::time::Duration;

use chrono::Utc;
use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::execute::{Evidence, StepError};
use medianestctl::model::Health;
use medianestctl::state::{Holder, Lock};
use medianestctl::status;
use tokio::time::Instant;

use crate::support::{Operator, Project, containers, ids};

fn web(restart: &str) -> Project {
    Project::new(&format!(
        "{{name: shop, services: {{web: {{image: 'shop/web:1', restart: '{restart}', healthcheck: {{test: [CMD, ready]}}}}}}}}"
    ))
}

fn engine(script: Behaviour) -> FakeEngine {
    FakeEngine::new().with_image("shop/web:1", FakeImage::unchecked(script))
}

fn probes(engine: &FakeEngine) -> usize {
    engine.changes().iter().filter(|line| line.starts_with("exec shop-web-1 ready")).count()
}

async fn unhealthy(project: &Project, engine: &FakeEngine) -> (String, Evidence) {
    let failure = project.deploy(engine).await.unwrap_err().step();
    match failure.error {
        StepError::Unhealthy { why, evidence, .. } => (why, *evidence),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_starter_is_asked_sixty_times_in_a_quarter_of_an_hour_at_most() {
    let mut project = web("unless-stopped");
    project.patience = Some(Duration::from_secs(900));
    let engine = engine(Behaviour::NeverHealthy { output: "starting".into() });
    let (why, evidence) = unhealthy(&project, &engine).await;
    assert_eq!(why, "did not become healthy within 900 s");
    assert_eq!(evidence.health_output.as_deref(), Some("exit code 1: starting"));
    assert!(probes(&engine) <= 60, "{} probes", probes(&engine));
}

#[tokio::test(start_paused = true)]
async fn a_container_is_known_healthy_long_before_the_engine_says_so() {
    for start in [100, 1_000, 10_000] {
        let start = Duration::from_millis(start);
        let (engine, began) = (engine(Behaviour::Healthy { after: start }), Instant::now());
        web("no").deploy(&engine).await.unwrap();
        let late = began.elapsed() - start;
        assert!(late <= start / 3 + Duration::from_millis(60), "{late:?} after {start:?}");
        assert_eq!(engine.container("shop-web-1").await.unwrap().unwrap().health, Health::Starting, "the engine is later");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_gate_has_seen_counts_until_the_engine_speaks() {
    let (engine, project) = (engine(Behaviour::default()), web("no"));
    project.deploy(&engine).await.unwrap();
    let operator = Operator::new(&project, &engine);
    let there = containers(&engine, operator.stack()).await;
    assert_eq!(there[0].health, Health::Starting);
    let kept = operator.look().await.unwrap().observed.kept;
    assert!(status::of(&operator.stack().project, &there, &kept, Utc::now()).healthy);
    let asked = probes(&engine);
    assert!(project.deploy(&engine).await.unwrap().finished.is_none(), "nothing is waited for again");
    assert_eq!(probes(&engine), asked);
    // Another start is another story.
    engine.stop("shop-web-1", Duration::from_secs(1)).await.unwrap();
    engine.start("shop-web-1").await.unwrap();
    let there = containers(&engine, operator.stack()).await;
    assert!(!status::of(&operator.stack().project, &there, &kept, Utc::now()).healthy);
}

/// It holds no lock, and the note that it would write may be older than what the other one is just writing.
#[tokio::test(start_paused = true)]
async fn who_only_waits_writes_nothing_down_while_somebody_is_at_work() {
    let (engine, project) = (engine(Behaviour::default()), web("no"));
    project.deploy(&engine).await.unwrap();
    engine.stop("shop-web-1", Duration::from_secs(1)).await.unwrap();
    engine.start("shop-web-1").await.unwrap();
    let operator = Operator::new(&project, &engine);
    let holder = Holder::this_process("bob@ci".into(), "update", Utc::now());
    let lock = Lock::acquire(&engine, &operator.stack().project, &holder).await.unwrap();
    let written = || engine.changes().iter().filter(|line| line.contains("shop_medianestctl-note")).count();
    let before = written();
    assert!(operator.deploy().await.unwrap().plan.is_empty(), "it waits for the container, and changes nothing");
    assert_eq!(written(), before);
    lock.release(&engine).await.unwrap();
    operator.deploy().await.unwrap();
    assert!(written() > before, "when nobody is at work it does");
    assert!(operator.deploy().await.unwrap().finished.is_none(), "so that nobody waits again");
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_in_a_run_that_failed_counts_too() {
    let two = "{name: shop, services: {
        db: {image: 'shop/db:1', healthcheck: {test: [CMD, ready]}},
        web: {image: 'shop/web:1', healthcheck: {test: [CMD, ready]}, depends_on: {db: {condition: service_healthy}}}}}";
    let engine = engine(Behaviour::NeverHealthy { output: String::new() });
    let engine = engine.with_image("shop/db:1", FakeImage::unchecked(Behaviour::default()));
    let project = Project::new(two);
    project.deploy(&engine).await.unwrap_err().step();
    let plan = project.plan(&engine).await.unwrap().to_text();
    assert!(!plan.contains("shop-db-1"), "the database is known to be healthy:\n{plan}");
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_is_noticed_after_three_restarts() {
    let engine = engine(Behaviour::CrashLoop { code: 9 });
    let (why, evidence) = unhealthy(&web("unless-stopped"), &engine).await;
    assert_eq!(why, "keeps crashing (3 restarts, the last time with exit code 9)");
    assert_eq!((evidence.exit_code, evidence.oom_killed), (Some(9), false));
    assert!(engine.container("shop-web-1").await.unwrap().unwrap().restart_count <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_ends_is_not_waited_for() {
    let ends = Behaviour::ExitsWith { code: 2, after: Duration::from_secs(3), log: vec!["no such table".into()] };
    // Ends before it is healthy: its check would be good, so it must be asked while it still is not.
    let engine = FakeEngine::new().with_image("shop/web:1", FakeImage::unchecked(ends));
    let project = Project::new("{name: shop, services: {web: {image: 'shop/web:1', restart: 'no'}}}");
    let began = Instant::now();
    project.deploy(&engine).await.unwrap();
    let seen = containers(&engine, &project.stack()).await;
    assert!(seen[0].state.is_running() && began.elapsed() < Duration::from_secs(3), "without a check, running is all");
    tokio::time::advance(Duration::from_secs(3)).await;
    let plan = project.plan(&engine).await.unwrap().to_text();
    assert!(plan.contains("it is stopped (exit code 2)"), "{plan}");
}

#[tokio::test(start_paused = true)]
async fn the_last_lines_of_a_container_are_evidence() {
    let ends = Behaviour::ExitsWith { code: 2, after: Duration::ZERO, log: vec!["no such table".into()] };
    let (why, evidence) = unhealthy(&web("no"), &engine(ends)).await;
    assert_eq!(why, "ended with exit code 2");
    assert_eq!((evidence.log, evidence.exit_code), (vec!["no such table".to_owned()], Some(2)));
}

#[tokio::test(start_paused = true)]
async fn too_much_memory_is_named_whether_or_not_it_restarts() {
    for (restart, expected) in [
        ("no", "was killed because it used more memory than its limit (exit code 137)"),
        ("unless-stopped", "keeps crashing (3 restarts, the last time with exit code 137)"),
    ] {
        let (why, evidence) = unhealthy(&web(restart), &engine(Behaviour::OomAfter(Duration::ZERO))).await;
        assert_eq!(why, expected);
        assert_eq!((evidence.exit_code, evidence.oom_killed), (Some(137), true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_is_told_apart_from_one_that_fails() {
    let (why, evidence) = unhealthy(&web("no"), &engine(Behaviour::HealthHangs)).await;
    assert_eq!(why, "did not become healthy within 90 s");
    assert_eq!(evidence.health_output.as_deref(), Some("no answer within 30 s"));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_fails_to_ask_once_is_asked_again() {
    use medianestctl::engine::fake::Fault;
    let engine = engine(Behaviour::default()).fail_on("exec shop-web-1", Fault::Error);
    let project = web("no");
    project.deploy(&engine).await.unwrap();
    assert_eq!(ids(&engine, &project.stack()).await.len(), 1);
}
