//! Replacing what serves, one plan for each way of doing it, and the ways back.

use std::time::Duration;

use insta::assert_snapshot;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::model::Thresholds;
use medianestctl::plan::{Trial, Way};

use crate::support::{Operator, Project, Watched, assert_settled, shop, shop_but, shop_engine};

const REPLICAS: &str = "deploy: {replicas: \"${REPLICAS:-2}\"}";

/// The shop with three replicas that are updated as `config` says.
fn updating(config: &str) -> Project {
    shop_but(&[(REPLICAS, &format!("deploy: {{replicas: 3, update_config: {{{config}}}}}"))])
}

async fn running(project: &Project) -> FakeEngine {
    let engine = shop_engine();
    project.deploy(&engine).await.unwrap();
    engine
}

/// The plan that an update to v2 shows, which is then carried out under the eyes of visitors.
async fn updated(project: &Project, way: Way, served: bool) -> String {
    let engine = running(project).await;
    let next = project.clone().var("VERSION", "v2");
    let watched = Watched::shop(&engine).logs_trial((200, "0.020", 120), (200, "0.020", 120));
    let mut operator = Operator::new(&next, &watched);
    operator.way = way;
    let plan = operator.plan().await.unwrap().to_text();
    operator.deploy().await.unwrap();
    if served {
        watched.assert_served();
    }
    assert_settled(&next, &engine).await;
    plan
}

/// The plan of a rollback, as it was carried out under the eyes of visitors.
async fn returned(engine: &FakeEngine, from: &Project, to: &Project) -> String {
    let watched = Watched::shop(engine);
    let done = from.rollback(&watched, None).await.unwrap();
    watched.assert_served();
    assert_settled(to, engine).await;
    done.plan.to_text()
}

#[tokio::test(start_paused = true)]
async fn two_side_by_side() {
    assert_snapshot!(updated(&updating("parallelism: 2"), Way::Rolling, true).await);
}

#[tokio::test(start_paused = true)]
async fn stop_first() {
    assert_snapshot!(updated(&updating("order: stop-first, delay: 10s"), Way::Rolling, true).await);
}

#[tokio::test(start_paused = true)]
async fn recreate() {
    // Visitors are turned away while it goes on: it was asked for.
    assert_snapshot!(updated(&shop(), Way::Recreate, false).await);
}

#[tokio::test(start_paused = true)]
async fn canary() {
    let thresholds = Thresholds { errors_permille: 10, p95_percent: 200, requests: 20, requests_for_p95: 100 };
    let trial = Trial { percent: 10, bake: Duration::from_secs(300), thresholds };
    assert_snapshot!(updated(&shop(), Way::Canary(trial), true).await);
}

#[tokio::test(start_paused = true)]
async fn rollback_to_containers_that_were_kept() {
    let engine = running(&shop()).await;
    let next = shop().var("VERSION", "v2");
    next.deploy(&engine).await.unwrap();
    assert_snapshot!(returned(&engine, &next, &shop()).await);
}

#[tokio::test(start_paused = true)]
async fn rollback_of_a_changed_config_and_secret() {
    let engine = running(&shop()).await;
    let next = shop().secret("api_token", "tick tock").file("settings.json", "{\"colour\": \"red\"}");
    next.deploy(&engine).await.unwrap();
    assert_snapshot!(returned(&engine, &next, &shop()).await);
}

#[tokio::test(start_paused = true)]
async fn rollback_of_a_changed_config_and_secret_whose_containers_are_gone() {
    use medianestctl::engine::Engine as _;
    let engine = running(&shop()).await;
    let next = shop().secret("api_token", "tick tock").file("settings.json", "{\"colour\": \"red\"}");
    next.deploy(&engine).await.unwrap();
    for number in [1, 2] {
        engine.remove_container(&format!("shop-api-{number}-previous"), false).await.unwrap();
    }
    assert_snapshot!(returned(&engine, &next, &shop()).await);
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_was_put_aside_runs_again_on_the_way_forward() {
    // By `deploy` and not by `rollback`, as after the data has been brought back.
    let engine = running(&shop()).await;
    let next = shop().var("VERSION", "v2");
    next.deploy(&engine).await.unwrap();
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
    assert_snapshot!(crate::support::planned(&next, &engine).await);
}
