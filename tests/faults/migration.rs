//! Migrations that fail: the application is not touched.

use std::collections::BTreeMap;
use std::time::Duration;

use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::execute::{StepError, Undone};
use tokio::time::Instant;

use crate::support::{Operator, Project, assert_settled, containers, good, shop, shop_engine};

fn v2() -> Project {
    shop().var("VERSION", "v2")
}

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

/// Identifiers and starts of what serves: a container that was stopped in between has another start.
async fn serving(engine: &FakeEngine) -> BTreeMap<String, String> {
    let there = containers(engine, &shop().stack()).await;
    let running = there.into_iter().filter(|c| c.role() == Some("service"));
    running.map(|c| (c.name.clone(), format!("{} {:?} {:?}", c.id, c.started_at, c.state))).collect()
}

fn exits(codes: &[i64]) -> Behaviour {
    Behaviour::JobExits { codes: codes.to_vec(), after: Duration::ZERO }
}

fn count(engine: &FakeEngine, call: &str) -> usize {
    engine.changes().iter().filter(|line| *line == call).count()
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_fails_is_tried_thrice_and_touches_nothing() {
    let engine = running().await.with_script_for("shop-migrate-1-next", exits(&[7]));
    let (before, starts, began) = (serving(&engine).await, count(&engine, "start shop-migrate-1-next"), Instant::now());
    let failure = v2().deploy(&engine).await.unwrap_err().step();
    let StepError::Job { service, why, evidence, .. } = &failure.error else { panic!("{failure:?}") };
    assert_eq!((service.as_str(), why.as_str()), ("migrate", "exit code 7 at the last of 3 attempts"));
    assert_eq!(evidence.exit_code, Some(7));
    assert_eq!(failure.undone, Undone::Completely(Vec::new()), "nothing is kept of what was never started");
    assert_eq!(count(&engine, "start shop-migrate-1-next") - starts, 3);
    assert_eq!(began.elapsed(), Duration::from_secs(2 + 4), "pauses of 2 and 4 seconds");
    assert_eq!(serving(&engine).await, before, "the same containers, never stopped, and no others");
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_succeeds_at_its_second_attempt_is_good() {
    // The image's first run is the migration's.
    let engine = running().await.with_script_for("shop-migrate-1-next", exits(&[7, 0]));
    v2().deploy(&engine).await.unwrap();
    assert_settled(&v2(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_migration_whose_check_fails_touches_nothing_and_is_checked_again() {
    let engine = running().await.with_script_for("shop-migrate-verify-next", exits(&[1]));
    let before = serving(&engine).await;
    let failure = v2().deploy(&engine).await.unwrap_err().step();
    assert!(matches!(&failure.error, StepError::Job { container, .. } if container == "shop-migrate-verify-next"), "{failure:?}");
    assert_eq!(serving(&engine).await, before);
    // Not forgotten: the next deploy fails at the same place, and migrates no second time.
    let starts = count(&engine, "start shop-migrate-1-next");
    let failure = v2().deploy(&engine).await.unwrap_err().step();
    assert!(matches!(&failure.error, StepError::Job { container, .. } if container == "shop-migrate-verify-next"), "{failure:?}");
    assert_eq!(count(&engine, "start shop-migrate-1-next"), starts);
    assert_eq!(serving(&engine).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_does_not_end_is_given_up() {
    let engine = running().await.with_script_for("shop-migrate-1-next", Behaviour::default());
    let before = serving(&engine).await;
    let failure = v2().deploy(&engine).await.unwrap_err().step();
    assert!(failure.error.to_string().contains("it did not end within 21600 s"), "{failure:?}");
    assert_eq!(serving(&engine).await, before);
}

/// How often the migration of that version was started.
fn migrations(engine: &FakeEngine) -> usize {
    engine.changes().iter().filter(|line| line.starts_with("start shop-migrate-1")).count()
}

/// What the job of a release that was put aside has done may be undone by now: somebody may have brought the data back.
#[tokio::test(start_paused = true)]
async fn a_migration_that_was_put_aside_runs_again() {
    let engine = running().await;
    v2().deploy(&engine).await.unwrap();
    let before = migrations(&engine);
    shop().deploy(&engine).await.unwrap();
    assert_eq!(migrations(&engine), before, "the database has moved on since v1's");
    v2().deploy(&engine).await.unwrap();
    assert_eq!(migrations(&engine), before + 1);
    assert_settled(&v2(), &engine).await;
    // On the way back and forth none runs.
    for version in [shop(), v2()] {
        version.rollback(&engine, None).await.unwrap();
    }
    assert_eq!(migrations(&engine), before + 1);
}

/// `migrate` says that the database is what this release knows: later migrations are to come again, whatever came of them once.
#[tokio::test(start_paused = true)]
async fn after_a_restore_and_migrate_the_later_migrations_run_again() {
    let v = |n: u8| shop().var("VERSION", &format!("v{n}"));
    let engine = running().await.with_image("shop/api:v3", FakeImage { size: 3, ..good() });
    for n in [2, 3, 1] {
        v(n).deploy(&engine).await.unwrap();
    }
    Operator::new(&v(1), &engine).migrate().await.unwrap();
    assert_settled(&v(1), &engine).await;
    for n in [2, 3] {
        let before = migrations(&engine);
        v(n).deploy(&engine).await.unwrap();
        assert_eq!(migrations(&engine), before + 1, "v{n}");
        assert_settled(&v(n), &engine).await;
    }
}
