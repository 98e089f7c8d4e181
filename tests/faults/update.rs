//! An update whose containers do not become healthy: what served before serves again, and the culprit is kept.

use std::time::Duration;

use chrono::Utc;
use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::execute::{Failure, StepError, Undone};
use medianestctl::model::Health;
use medianestctl::status;

use crate::support::{Mortal, Operator, Project, assert_settled, containers, ids, shop, shop_engine};

fn v2() -> Project {
    shop().var("VERSION", "v2")
}

fn never_healthy() -> Behaviour {
    Behaviour::NeverHealthy { output: "no route to the database".into() }
}

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

/// The replicas of v1 run as before, under their own names, and the status says that all is well.
async fn assert_v1_serves(engine: &FakeEngine, before: &std::collections::BTreeMap<String, String>) {
    let project = shop();
    let operator = Operator::new(&project, engine);
    let there = containers(engine, operator.stack()).await;
    for name in ["shop-db-1", "shop-api-1", "shop-api-2", "shop-proxy-1"] {
        let container = there.iter().find(|c| c.name == name).expect(name);
        assert_eq!(Some(&container.id), before.get(name), "{name} is the same container");
        assert!(container.state.is_running(), "{name} runs");
    }
    let kept = operator.look().await.unwrap().observed.kept;
    let status = status::of(&operator.stack().project, &there, &kept, Utc::now());
    assert!(status.healthy, "{status:#?}");
    assert_eq!(kept.version.as_deref(), Some("v1"));
}

async fn fails(engine: &FakeEngine, project: &Project) -> Box<Failure> {
    project.deploy(engine).await.unwrap_err().step()
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_never_healthy_is_taken_back() {
    let engine = running().await.with_image("shop/api:v2", FakeImage::unchecked(never_healthy()));
    let before = ids(&engine, &shop().stack()).await;
    let failure = fails(&engine, &v2()).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]));
    let StepError::Unhealthy { service, container, why, evidence } = &failure.error else { panic!("{failure:?}") };
    assert_eq!(
        (service.as_str(), container.as_str(), why.as_str()),
        ("api", "shop-api-1-next", "did not become healthy within 90 s")
    );
    assert_eq!(evidence.health_output.as_deref(), Some("exit code 1: no route to the database"));
    assert_v1_serves(&engine, &before).await;
    let kept = engine.container("shop-api-1-failed").await.unwrap().expect("it is kept for inspection");
    assert!(!kept.state.is_running());
    assert!(engine.container("shop-api-2-failed").await.unwrap().is_none(), "one that was never started has nothing to tell");

    // A good version removes what was kept.
    let engine = engine.with_image("shop/api:v2", FakeImage::unchecked(Behaviour::default()));
    v2().deploy(&engine).await.unwrap();
    assert_settled(&v2(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn replicas_that_were_replaced_already_come_back_too() {
    let engine = running().await.with_script_for("shop-api-2-next", never_healthy());
    let before = ids(&engine, &shop().stack()).await;
    let failure = fails(&engine, &v2()).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-2-failed".into()]), "only the culprit is kept");
    assert_v1_serves(&engine, &before).await;
    assert!(engine.container("shop-api-1-failed").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_a_killed_run_left_is_taken_back_like_a_new_one() {
    let engine = running().await.with_script_for("shop-api-1-next", never_healthy());
    let before = ids(&engine, &shop().stack()).await;
    let (project, mortal) = (v2(), Mortal::before(&engine, "exec shop-api-1-next"));
    assert!(mortal.live(Operator::new(&project, &mortal).deploy()).await.is_none());
    let failure = fails(&engine, &project).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]));
    assert_v1_serves(&engine, &before).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_failure_keeps_the_newer_culprit() {
    let engine = running().await.with_image("shop/api:v2", FakeImage::unchecked(never_healthy()));
    let before = ids(&engine, &shop().stack()).await;
    fails(&engine, &v2()).await;
    let first = engine.container("shop-api-1-failed").await.unwrap().unwrap().id;
    let failure = fails(&engine, &v2()).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]));
    assert_ne!(engine.container("shop-api-1-failed").await.unwrap().unwrap().id, first);
    assert_v1_serves(&engine, &before).await;
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_added_and_fails_is_kept_and_not_sent_requests() {
    let engine = running().await.with_script_for("shop-api-3", never_healthy());
    let before = ids(&engine, &shop().stack()).await;
    let failure = fails(&engine, &shop().var("REPLICAS", "3")).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-3-failed".into()]));
    assert_v1_serves(&engine, &before).await;
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_does_not_come_up_gives_its_port_back() {
    let engine = running().await.with_image("shop/proxy:1", FakeImage::unchecked(never_healthy()));
    let before = ids(&engine, &shop().stack()).await;
    fails(&engine, &shop()).await;
    assert_v1_serves(&engine, &before).await;
}

#[tokio::test(start_paused = true)]
async fn upstreams_that_the_proxy_refuses_leave_the_old_ones() {
    use medianestctl::engine::ExecOutput;
    use medianestctl::engine::fake::ExecScript;
    // `nginx -t` refuses three servers.
    let script = ExecScript::new(|inside, argv| {
        let text = inside.read("/etc/proxy/upstreams.conf").unwrap_or_default();
        let servers = String::from_utf8_lossy(&text).matches("server ").count();
        (argv[0] == "nginx").then(|| ExecOutput { code: i64::from(servers > 2), output: b"too many".to_vec() })
    });
    let proxy = FakeImage { exec: Some(script), ..FakeImage::unchecked(Behaviour::default()) };
    let engine = shop_engine().with_image("shop/proxy:1", proxy);
    shop().deploy(&engine).await.unwrap();
    let before = ids(&engine, &shop().stack()).await;
    let failure = fails(&engine, &shop().var("REPLICAS", "3")).await;
    assert!(matches!(failure.error, StepError::Switch(_)), "{failure:?}");
    assert_v1_serves(&engine, &before).await;
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn an_old_container_that_was_ill_is_not_waited_for_when_it_comes_back() {
    let turns = Behaviour::TurnsUnhealthy { healthy: Duration::ZERO, unhealthy: Duration::from_secs(60) };
    let engine = shop_engine().with_image("shop/api:v1", FakeImage::unchecked(turns));
    shop().deploy(&engine).await.unwrap();
    tokio::time::advance(Duration::from_secs(200)).await;
    let api = engine.container("shop-api-1").await.unwrap().unwrap();
    assert_eq!(api.health, Health::Unhealthy);
    let engine = engine.with_image("shop/api:v2", FakeImage::unchecked(never_healthy()));
    let failure = fails(&engine, &v2()).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]));
    assert!(engine.container("shop-api-1").await.unwrap().unwrap().state.is_running());
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_that_fails_leaves_what_it_made_and_goes_on_from_there() {
    let engine = shop_engine().with_image("shop/api:v1", FakeImage::unchecked(never_healthy()));
    let failure = fails(&engine, &shop()).await;
    assert_eq!(failure.undone, Undone::Nothing);
    assert!(engine.container("shop-api-1").await.unwrap().unwrap().state.is_running(), "it can be looked into");
    let database = engine.container("shop-db-1").await.unwrap().unwrap().id;
    let engine = engine.with_image("shop/api:v1", FakeImage::unchecked(Behaviour::default()));
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
    assert_eq!(engine.container("shop-db-1").await.unwrap().unwrap().id, database, "what is good stays");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_healthy_and_then_crashes_is_taken_back() {
    let crashes = Behaviour::ExitsWith { code: 1, after: Duration::from_secs(3), log: vec!["out of ideas".into()] };
    let engine = running().await.with_image("shop/api:v2", FakeImage::unchecked(crashes));
    let before = ids(&engine, &shop().stack()).await;
    let failure = fails(&engine, &v2()).await;
    assert!(matches!(&failure.undone, Undone::Completely(_)), "{failure:?}");
    let StepError::Unhealthy { why, .. } = &failure.error else { panic!("{failure:?}") };
    assert_eq!(why, "was healthy and did not stay up for 5 s: it ended with exit code 1");
    assert_v1_serves(&engine, &before).await;
}

#[tokio::test(start_paused = true)]
async fn a_container_of_somebody_else_under_a_wanted_name_is_left_alone() {
    let engine = running().await;
    let mut foreign = medianestctl::model::ContainerSpec::holder(
        "shop-api-1-next".into(),
        "shop/api:v1".into(),
        std::collections::BTreeMap::new(),
        Vec::new(),
    );
    foreign.labels.insert("owner".into(), "somebody".into());
    let id = engine.create_container(&foreign).await.unwrap();
    let before = ids(&engine, &shop().stack()).await;
    let failure = fails(&engine.clone().with_image("shop/api:v2", FakeImage::default()), &v2()).await;
    assert!(matches!(&failure.error, StepError::Engine(_)), "{failure:?}");
    assert_eq!(engine.container("shop-api-1-next").await.unwrap().map(|c| c.id), Some(id), "it is still there");
    let after = ids(&engine, &shop().stack()).await;
    for name in ["shop-db-1", "shop-api-1", "shop-api-2", "shop-proxy-1"] {
        assert_eq!(after.get(name), before.get(name), "{name} serves on");
    }
}
