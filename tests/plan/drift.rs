//! What was done to a running stack by hand: `status` and `plan` tell it, `deploy` mends it and touches nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use insta::assert_snapshot;
use medianestctl::engine::Engine;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::model::{Bytes, ContainerSpec, Labels, RestartPolicy, is_previous, label};

use crate::support::{Mortal, Operator, Project, assert_settled, ids, planned, shop, shop_engine};

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

/// What `status` finds, a line each.
async fn drift(engine: &FakeEngine) -> String {
    let shop = shop();
    let found = Operator::new(&shop, engine).drift().await;
    found.iter().map(|d| format!("{} {}: {}\n", d.kind.word(), d.container, d.what)).collect()
}

/// What `status` finds and what a deploy would do; the deploy then does it, and only these containers are others.
async fn mended(engine: &FakeEngine, others: &[&str]) -> String {
    let stack = shop().stack();
    let (found, before) = (drift(engine).await, ids(engine, &stack).await);
    let plan = planned(&shop(), engine).await;
    let after = ids(engine, &stack).await;
    let replaced: Vec<_> = after.iter().filter(|(_, id)| !before.values().any(|b| b == *id)).map(|(n, _)| n.as_str()).collect();
    assert_eq!(replaced, others, "what is replaced");
    assert!(!after.keys().any(|name| is_previous(name)), "what was changed by hand is no way back");
    assert_eq!(drift(engine).await, "");
    let shop = shop();
    let kept = Operator::new(&shop, engine).look().await.unwrap().observed.kept;
    assert_eq!(kept.release, Some(1), "what mends a release is no new one");
    format!("{found}\n{plan}")
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_nobody_touched_has_no_drift() {
    let engine = running().await;
    assert_eq!(drift(&engine).await, "");
    // Neither does one with the last release's containers put aside.
    shop().var("VERSION", "v2").deploy(&engine).await.unwrap();
    assert!(ids(&engine, &shop().stack()).await.keys().any(|name| is_previous(name)));
    assert_eq!(drift(&engine).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_was_changed() {
    let engine = running().await;
    assert!(engine.update_by_hand("shop-api-2", |r| r.memory = Some(Bytes::mib(64))));
    assert_snapshot!(mended(&engine, &["shop-api-2"]).await);
}

#[tokio::test(start_paused = true)]
async fn a_restart_policy_that_was_changed() {
    let engine = running().await;
    engine.set_restart("shop-db-1", RestartPolicy::No).await.unwrap();
    assert_snapshot!(mended(&engine, &[]).await);
    let db = engine.container("shop-db-1").await.unwrap().unwrap();
    assert_eq!(db.restart, RestartPolicy::UnlessStopped);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_was_disconnected() {
    let engine = running().await;
    assert!(engine.disconnect_by_hand("shop-api-1", "shop_front"));
    assert_snapshot!(mended(&engine, &["shop-api-1"]).await);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_was_connected_again_without_the_address() {
    let engine = running().await;
    assert!(engine.disconnect_by_hand("shop-api-1", "shop_front") && engine.connect_by_hand("shop-api-1", "shop_front"));
    let told = mended(&engine, &["shop-api-1"]).await;
    assert!(told.starts_with("disconnected shop-api-1: it has no fixed address in network shop_front\n"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_network_that_was_connected() {
    let engine = running().await;
    assert!(engine.connect_by_hand("shop-api-1", "bridge"));
    let told = mended(&engine, &["shop-api-1"]).await;
    assert!(told.starts_with("connected shop-api-1: it was connected to network bridge by hand\n"), "{told}");
    assert_eq!(told.matches("it was connected to network bridge by hand").count(), 2 + 1, "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_container_that_was_paused_and_one_that_was_renamed() {
    let engine = running().await;
    assert!(engine.pause_by_hand("shop-api-1"));
    engine.rename("shop-db-1", "my-database").await.unwrap();
    assert_snapshot!(mended(&engine, &[]).await);
}

#[tokio::test(start_paused = true)]
async fn containers_that_were_stopped_and_removed() {
    let engine = running().await;
    engine.stop("shop-api-2", Duration::from_secs(1)).await.unwrap();
    engine.remove_container("shop-proxy-1", true).await.unwrap();
    assert_snapshot!(mended(&engine, &["shop-proxy-1"]).await);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_update_left_is_told() {
    let engine = running().await;
    let project = shop().var("VERSION", "v2");
    let mortal = Mortal::before(&engine, "stop shop-api-1");
    assert!(mortal.live(Operator::new(&project, &mortal).deploy()).await.is_none());
    let left = "left shop-api-1-next: a run that did not end left it\nleft shop-api-2-next: a run that did not end left it\n";
    assert_eq!(drift(&engine).await, left);
}

/// A container that somebody started, with these labels.
async fn started(engine: &FakeEngine, name: &str, labels: &[(&str, &str)]) -> String {
    let labels: Labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let spec = ContainerSpec { command: None, ..ContainerSpec::holder(name.into(), "shop/proxy:1".into(), labels, Vec::new()) };
    let id = engine.create_container(&spec).await.unwrap();
    engine.start(name).await.unwrap();
    id
}

const MINE: (&str, &str) = (label::COMPOSE_PROJECT, "shop");

async fn exists(engine: &FakeEngine, id: &str) -> bool {
    engine.container(id).await.unwrap().is_some()
}

#[tokio::test(start_paused = true)]
async fn orphans_are_listed_and_removed_only_when_agreed_to() {
    let engine = running().await;
    let shop = shop();
    let operator = Operator::new(&shop, &engine);
    let before = ids(&engine, operator.stack()).await;
    let plain = started(&engine, "debug", &[MINE]).await;
    let fourth = started(&engine, "shop-api-7", &[MINE, (label::COMPOSE_SERVICE, "api")]).await;
    let old = [MINE, (label::COMPOSE_SERVICE, "worker"), (label::PROJECT, "shop"), (label::ROLE, "service")];
    let ours = started(&engine, "shop-worker-1", &old).await;
    let elsewhere = started(&engine, "blog-web-1", &[(label::COMPOSE_PROJECT, "blog")]).await;
    let marked = started(&engine, "odd", &[MINE, (label::PROJECT, "blog")]).await;
    assert_snapshot!("orphans_in_status", drift(&engine).await);
    assert_snapshot!("orphans_in_plan", operator.plan().await.unwrap().to_text());

    assert!(operator.deploy().await.unwrap().finished.is_none(), "nothing to do without consent");
    // Consent is to containers, not to names, and to no more than was agreed to.
    let done = operator.deploy_removing(&BTreeSet::from([plain.clone(), elsewhere.clone(), marked.clone()])).await.unwrap();
    assert_eq!(done.plan.steps.len(), 1, "{}", done.plan.to_text());
    assert!(!exists(&engine, &plain).await && exists(&engine, &fourth).await && exists(&engine, &ours).await);
    let done = operator.deploy_removing(&BTreeSet::from([fourth.clone(), ours.clone()])).await.unwrap();
    assert_snapshot!("orphans_removed", done.plan.to_text());
    assert!(!exists(&engine, &fourth).await && !exists(&engine, &ours).await);
    for id in [&elsewhere, &marked] {
        assert!(engine.container(id).await.unwrap().unwrap().state.is_running(), "those of others are not touched");
    }
    engine.remove_container(&marked, true).await.unwrap();
    assert_eq!(ids(&engine, operator.stack()).await, before);
    assert_settled(&shop, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn down_removes_the_orphans_that_were_agreed_to_and_tells_of_the_others() {
    let engine = running().await;
    let shop = shop();
    let operator = Operator::new(&shop, &engine);
    let plain = started(&engine, "debug", &[MINE]).await;
    let service = started(&engine, "shop-api-7", &[MINE, (label::COMPOSE_SERVICE, "api")]).await;
    let old = [MINE, (label::COMPOSE_SERVICE, "worker"), (label::PROJECT, "shop"), (label::ROLE, "service")];
    let ours = started(&engine, "shop-worker-1", &old).await;
    let elsewhere = started(&engine, "blog-web-1", &[(label::COMPOSE_PROJECT, "blog")]).await;
    let marked = started(&engine, "odd", &[MINE, (label::PROJECT, "blog")]).await;
    let agreed = BTreeSet::from([&plain, &elsewhere, &marked].map(Clone::clone));
    let done = operator.down_removing(&agreed).await.unwrap();
    assert_snapshot!("orphans_in_down", done.plan.to_text());
    assert!(!exists(&engine, &plain).await && !exists(&engine, &ours).await, "what the tool made goes anyway");
    for id in [&service, &elsewhere, &marked] {
        assert!(engine.container(id).await.unwrap().unwrap().state.is_running(), "nobody agreed to it");
    }
    // What is left is told of, also where there is nothing else to do.
    let again = operator.down(false).await.unwrap();
    assert!(again.finished.is_none());
    assert_snapshot!("orphans_after_down", again.plan.to_text());
    operator.down_removing(&BTreeSet::from([service.clone()])).await.unwrap();
    assert!(!exists(&engine, &service).await);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_container_with_the_name_of_a_replica_is_in_the_way() {
    let engine = running().await;
    engine.remove_container("shop-api-2", true).await.unwrap();
    started(&engine, "shop-api-2", &[MINE]).await;
    let error = shop().plan(&engine).await.unwrap_err().plan();
    assert_snapshot!(error.to_string(), @"container `shop-api-2` exists and was not made by medianestctl");
    assert!(error.hint().unwrap().contains("docker rename shop-api-2 shop-api-2-old"));
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_a_replica_goes() {
    let engine = running().await;
    let api = engine.container("shop-api-1").await.unwrap().unwrap();
    let labels: Vec<_> = api.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    started(&engine, "copy-of-api", &labels).await;
    assert_eq!(drift(&engine).await, "added copy-of-api: shop-api-1 has its place\n");
    assert!(planned(&shop(), &engine).await.contains("remove   container copy-of-api"));
    assert_eq!(engine.container("shop-api-1").await.unwrap().unwrap().id, api.id);
}

#[tokio::test(start_paused = true)]
async fn a_project_without_a_release_has_no_drift() {
    let engine = shop_engine();
    started(&engine, "shop-api-1", &[MINE, (label::COMPOSE_SERVICE, "api")]).await;
    assert_eq!(drift(&engine).await, "");
    let project: Project = shop();
    let error = project.plan(&engine).await.unwrap_err().plan();
    assert!(error.hint().unwrap().contains("docker compose -p shop down"));
}
