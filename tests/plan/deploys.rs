//! Deploys of a stack that is well: the first one, one without changes, and one for each kind of change.

use insta::assert_snapshot;
use medianestctl::engine::fake::FakeEngine;

use crate::support::{Project, planned, shop, shop_but, shop_engine, stocked};

/// A shop that runs in version v1.
async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

#[tokio::test(start_paused = true)]
async fn first_deploy() {
    assert_snapshot!(planned(&shop(), &shop_engine()).await);
}

#[tokio::test(start_paused = true)]
async fn first_deploy_pulls_before_anything_else() {
    assert_snapshot!(shop().plan(&FakeEngine::new()).await.unwrap().to_text());
}

#[tokio::test(start_paused = true)]
async fn first_deploy_of_the_bundled_stack() {
    let project = Project::bundled();
    let engine = stocked(FakeEngine::new(), &project.stack());
    assert_snapshot!(planned(&project, &engine).await);
}

#[tokio::test(start_paused = true)]
async fn second_deploy_has_nothing_to_do() {
    let engine = running().await;
    assert_snapshot!(planned(&shop(), &engine).await, @"");
    let project = Project::bundled();
    let engine = stocked(FakeEngine::new(), &project.stack());
    project.deploy(&engine).await.unwrap();
    assert_snapshot!(planned(&project, &engine).await, @"");
}

/// Nothing is replaced because somebody sets up backups.
#[tokio::test(start_paused = true)]
async fn what_is_said_of_backups_changes_no_container() {
    let declared = shop_but(&[
        ("{version: ", "{backup: {compress: gzip, keep: {last: 1}, targets: {there: {disk: {path: /mnt}}}}, version: "),
        ("image: shop/db:${DB_TAG:-1}", "image: shop/db:${DB_TAG:-1}\n    x-medianest: {backup: {kind: postgres, user: dump}}"),
        ("mode: \"0700\"}", "mode: \"0700\", backup: false}"),
    ]);
    assert_ne!(declared.stack().backup, shop().stack().backup);
    assert_snapshot!(planned(&declared, &running().await).await, @"");
}

#[tokio::test(start_paused = true)]
async fn new_version_replaces_one_after_the_other_after_the_migration() {
    let engine = running().await;
    assert_snapshot!(planned(&shop().var("VERSION", "v2"), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn new_version_of_the_bundled_stack() {
    let project = Project::bundled();
    let engine = stocked(FakeEngine::new(), &project.stack());
    project.deploy(&engine).await.unwrap();
    let next = project.var("MEDIANEST_VERSION", "v1.1.0");
    let engine = stocked(engine, &next.stack());
    assert_snapshot!(planned(&next, &engine).await);
}

#[tokio::test(start_paused = true)]
async fn new_image_under_the_same_tag() {
    let engine = running().await;
    let other = medianestctl::engine::fake::FakeImage { size: 1, ..Default::default() };
    let engine = engine.with_image("shop/proxy:1", other);
    assert_snapshot!(planned(&shop(), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn changed_setting() {
    let engine = running().await;
    assert_snapshot!(planned(&shop().var("LOG_LEVEL", "debug"), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn no_value_of_the_environment_stands_in_a_plan() {
    let compose = "{name: shop, services: {web: {image: 'shop/web:1', environment: {TOKEN: tell-nobody, EMPTY: ''}}}}";
    let project = Project::new(compose);
    let engine = stocked(FakeEngine::new(), &project.stack());
    let plan = project.plan(&engine).await.unwrap();
    let shown = format!("{}{}", plan.to_text(), serde_json::to_string(&plan).unwrap());
    assert!(!shown.contains("tell-nobody"), "{shown}");
    let document = serde_json::to_value(&plan).unwrap();
    let steps = document["steps"].as_array().unwrap();
    let named: Vec<_> = steps.iter().map(|step| &step["spec"]["environment"]).filter(|e| e.is_array()).collect();
    assert_eq!(named, [&serde_json::json!(["EMPTY", "TOKEN"])], "{document:#}");
}

#[tokio::test(start_paused = true)]
async fn changed_config() {
    let engine = running().await;
    assert_snapshot!(planned(&shop().file("settings.json", "{\"colour\": \"red\"}"), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn changed_secret() {
    let engine = running().await;
    assert_snapshot!(planned(&shop().secret("api_token", "tick tock"), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn scale_up() {
    let engine = running().await;
    assert_snapshot!(planned(&shop().var("REPLICAS", "3"), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn scale_down() {
    let engine = shop_engine();
    shop().var("REPLICAS", "3").deploy(&engine).await.unwrap();
    assert_snapshot!(planned(&shop().var("REPLICAS", "1"), &engine).await);
}

#[tokio::test(start_paused = true)]
async fn what_restarts_with_its_dependency() {
    // `depends_on: {restart: true}`
    let engine = shop_engine();
    let project = shop().var("API_RESTARTS", "true");
    project.deploy(&engine).await.unwrap();
    assert_snapshot!(planned(&project.var("DB_TAG", "2"), &engine).await);
}
