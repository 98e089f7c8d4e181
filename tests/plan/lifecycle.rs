//! Stop, start, restart, down, migrate: their order comes from the containers' labels.

use std::time::Duration;

use insta::assert_snapshot;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::engine::{ContainerSpec, Engine};
use medianestctl::model::label;

use crate::support::{Mortal, Operator, assert_settled, shop, shop_engine};

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

#[tokio::test(start_paused = true)]
async fn stop_takes_dependents_first_and_start_brings_them_last() {
    let (engine, project) = (running().await, shop());
    let operator = Operator::new(&project, &engine);
    assert_snapshot!("stop", operator.stop(&[]).await.unwrap().plan.to_text());
    assert_snapshot!("start", operator.start(&[]).await.unwrap().plan.to_text());
    assert_settled(&project, &engine).await;
    assert!(operator.start(&[]).await.unwrap().finished.is_none(), "what runs is left alone");
}

#[tokio::test(start_paused = true)]
async fn what_another_project_has_marked_as_its_own_is_left_alone() {
    let (engine, project) = (running().await, shop());
    let labels =
        [(label::COMPOSE_PROJECT, "shop"), (label::COMPOSE_SERVICE, "api"), (label::PROJECT, "other"), (label::ROLE, "service")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let theirs = ContainerSpec::holder("theirs".into(), "shop/api:v1".into(), labels, Vec::new());
    engine.create_container(&ContainerSpec { command: Some(vec!["serve".into()]), ..theirs }).await.unwrap();
    engine.start("theirs").await.unwrap();
    let operator = Operator::new(&project, &engine);
    for done in [operator.restart(&[]).await, operator.stop(&[]).await, operator.down(false).await] {
        let text = done.unwrap().plan.to_text();
        assert!(!text.contains("theirs"), "{text}");
    }
    assert!(engine.container("theirs").await.unwrap().unwrap().state.is_running());
}

#[tokio::test(start_paused = true)]
async fn restart_goes_one_by_one() {
    let (engine, project) = (running().await, shop());
    assert_snapshot!(Operator::new(&project, &engine).restart(&[]).await.unwrap().plan.to_text());
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn one_service_is_restarted_alone() {
    let (engine, project) = (running().await, shop());
    assert_snapshot!(Operator::new(&project, &engine).restart(&["api"]).await.unwrap().plan.to_text());
    let error = Operator::new(&project, &engine).restart(&["web"]).await.unwrap_err().plan();
    assert_snapshot!(error.to_string(), @"there is no service `web` (there are: api, db, migrate, proxy)");
}

#[tokio::test(start_paused = true)]
async fn down_keeps_data_and_records() {
    let (engine, project) = (running().await, shop());
    let operator = Operator::new(&project, &engine);
    assert_snapshot!(operator.down(false).await.unwrap().plan.to_text());
    assert!(operator.down(false).await.unwrap().finished.is_none(), "a second one has nothing to do");
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn down_with_volumes_leaves_nothing() {
    let (engine, project) = (running().await, shop());
    let operator = Operator::new(&project, &engine);
    assert_snapshot!(operator.down(true).await.unwrap().plan.to_text());
    assert!(engine.volumes().await.unwrap().is_empty());
    assert!(engine.container("shop-medianestctl-state").await.unwrap().is_none());
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn migrate_runs_again_and_is_verified() {
    let (engine, project) = (running().await, shop());
    assert_snapshot!(Operator::new(&project, &engine).migrate().await.unwrap().plan.to_text());
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn migrate_leaves_the_files_of_others_alone() {
    // A secret changes and is not deployed yet: its old and its new version are both somebody's.
    let (engine, changed) = (running().await, shop().secret("api_token", "tick tock"));
    let mortal = Mortal::before(&engine, "create container shop-api-1-next");
    assert!(mortal.live(Operator::new(&changed, &mortal).deploy()).await.is_none());
    assert_snapshot!(Operator::new(&changed, &engine).migrate().await.unwrap().plan.to_text());
    changed.deploy(&engine).await.unwrap();
    assert_settled(&changed, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn start_after_a_killed_update_takes_one_container_a_place() {
    let (engine, next) = (running().await, shop().var("VERSION", "v2"));
    let mortal = Mortal::before(&engine, "start shop-api-1-next");
    assert!(mortal.live(Operator::new(&next, &mortal).deploy()).await.is_none());
    assert_snapshot!(Operator::new(&next, &engine).start(&[]).await.unwrap().plan.to_text());
    next.deploy(&engine).await.unwrap();
    assert_settled(&next, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn start_leaves_the_old_one_when_the_new_one_runs() {
    let (engine, next) = (running().await, shop().var("VERSION", "v2"));
    let mortal = Mortal::before(&engine, "stop shop-api-2");
    assert!(mortal.live(Operator::new(&next, &mortal).deploy()).await.is_none());
    engine.stop("shop-proxy-1", Duration::from_secs(1)).await.unwrap();
    assert_snapshot!(Operator::new(&next, &engine).start(&[]).await.unwrap().plan.to_text());
}

#[tokio::test(start_paused = true)]
async fn a_restart_takes_along_what_is_declared_to_restart_with_it() {
    let (engine, project) = (shop_engine(), shop().var("API_RESTARTS", "true"));
    project.deploy(&engine).await.unwrap();
    assert_snapshot!(Operator::new(&project, &engine).restart(&["db"]).await.unwrap().plan.to_text());
}
