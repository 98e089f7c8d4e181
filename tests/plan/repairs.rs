//! Deploys of a stack that is not well: something stopped, unhealthy, failed, or left by a run that was killed.

use std::time::Duration;

use insta::assert_snapshot;
use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::model::ContainerState;
use tokio::time::advance;

use crate::support::{Mortal, Operator, Project, assert_settled, planned, shop, shop_engine};

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

fn v2() -> Project {
    shop().var("VERSION", "v2")
}

/// The update to v2, killed before a call.
async fn update_killed_before(call: &str) -> FakeEngine {
    let (engine, project) = (running().await, v2());
    let mortal = Mortal::before(&engine, call);
    assert!(mortal.live(Operator::new(&project, &mortal).deploy()).await.is_none(), "killed before `{call}`");
    engine
}

#[tokio::test(start_paused = true)]
async fn a_stopped_container_is_started() {
    let engine = running().await;
    engine.stop("shop-api-2", Duration::from_secs(1)).await.unwrap();
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn a_removed_container_is_made_again() {
    let engine = running().await;
    engine.remove_container("shop-db-1", true).await.unwrap();
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn an_unhealthy_container_is_restarted() {
    let turns = Behaviour::TurnsUnhealthy { healthy: Duration::ZERO, unhealthy: Duration::from_secs(60) };
    let engine = shop_engine().with_script_for("shop-api-1", turns);
    shop().deploy(&engine).await.unwrap();
    advance(Duration::from_secs(200)).await;
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn a_crashing_container_of_the_old_version_makes_way_too() {
    let crashes = Behaviour::ExitsWith { code: 1, after: Duration::from_secs(30), log: Vec::new() };
    let engine = shop_engine().with_script_for("shop-api-1", crashes);
    shop().deploy(&engine).await.unwrap();
    // Between two of its lives.
    while !matches!(engine.container("shop-api-1").await.unwrap().unwrap().state, ContainerState::Restarting { .. }) {
        advance(Duration::from_millis(20)).await;
    }
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn an_update_first_makes_what_is_missing_and_then_replaces_what_serves() {
    let engine = running().await;
    engine.remove_container("shop-api-2", true).await.unwrap();
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_still_at_work_is_waited_for() {
    // Killed while the migration ran, and followed by another version.
    let slow = Behaviour::ExitsWith { code: 0, after: Duration::from_secs(60), log: Vec::new() };
    let engine = shop_engine().with_script_for("shop-migrate-1", slow);
    let (project, mortal) = (shop(), Mortal::before(&engine, "start shop-migrate-verify"));
    let killed = mortal.live(tokio::time::timeout(Duration::from_secs(10), Operator::new(&project, &mortal).deploy())).await;
    assert!(killed.is_some_and(|ended| ended.is_err()), "given up in the middle of the migration");
    engine.remove_container("shop-medianestctl-lock", false).await.unwrap();
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_just_started_is_waited_for() {
    let engine = running().await;
    engine.stop("shop-api-1", Duration::from_secs(1)).await.unwrap();
    engine.start("shop-api-1").await.unwrap();
    let done = shop().deploy(&engine).await.unwrap();
    assert!(done.finished.is_some() && done.plan.is_empty(), "waiting is no change");
    assert_snapshot!(done.plan.to_text());
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn killed_before_the_first_stop() {
    let engine = update_killed_before("stop shop-api-1").await;
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_before_the_first_stop_and_given_up() {
    let engine = update_killed_before("stop shop-api-1").await;
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_with_the_old_one_stopped() {
    let engine = update_killed_before("start shop-api-1-next").await;
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_with_the_new_one_running() {
    let engine = update_killed_before("stop shop-api-2").await;
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_before_the_last_rename() {
    let engine = update_killed_before("rename shop-api-2-next").await;
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_before_the_migration_was_verified() {
    let engine = update_killed_before("start shop-migrate-verify").await;
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_before_the_release_was_recorded() {
    let engine = update_killed_before("put shop-medianestctl-state").await;
    assert_snapshot!(planned(&v2(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn killed_while_secrets_were_put_in_place_and_given_up() {
    let (engine, changed) = (running().await, shop().secret("api_token", "tick tock"));
    let mortal = Mortal::before(&engine, "put shop-medianestctl-stage");
    assert!(mortal.live(Operator::new(&changed, &mortal).deploy()).await.is_none());
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_keeps_its_container_until_the_next_good_deploy() {
    let engine = running().await.with_image("shop/api:v2", sick());
    v2().deploy(&engine).await.unwrap_err().step();
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_is_tried_again_with_new_containers() {
    let engine = running().await.with_image("shop/api:v2", sick());
    v2().deploy(&engine).await.unwrap_err().step();
    assert_snapshot!(v2().plan(&engine).await.unwrap().to_text());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_failed_runs_again() {
    let fails_thrice = Behaviour::JobExits { codes: vec![3, 3, 3, 0], after: Duration::ZERO };
    let engine = shop_engine().with_script_for("shop-migrate-1", fails_thrice);
    shop().deploy(&engine).await.unwrap_err().step();
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn the_access_to_the_records_is_made_again() {
    // What `docker container prune` does.
    let engine = running().await;
    engine.remove_container("shop-medianestctl-state", false).await.unwrap();
    assert_snapshot!(planned(&shop(), &engine).await, @"");
}

fn sick() -> FakeImage {
    FakeImage::unchecked(Behaviour::NeverHealthy { output: "no route to the database".into() })
}
