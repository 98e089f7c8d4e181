//! Updates that nobody asked for: only what is due moves, databases never, and what fails is taken back and left alone.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage, Fault};
use medianestctl::engine::{Engine, ErrorKind};
use medianestctl::execute::{Offer, StepError, Survey, Undone};
use medianestctl::model::ImageId;
use medianestctl::plan::PlanError;
use medianestctl::plan::autoupdate::{PROBE, Tried, Verdict, newest};
use medianestctl::registry::RegistryError;

use crate::support::{Done, FakeRegistry, Operator, Project, Trouble, containers, ids};

const API: &str = "reg.example/shop/api:1";
const PROXY: &str = "reg.example/shop/proxy:1";
const DATABASE: &str = "postgres:16";

const COMPOSE: &str = r#"
name: shop
x-medianest: {version: "${VERSION:-v1.0.0}"}
services:
  db:
    image: postgres:16
    user: "70:70"
    healthcheck: {test: [CMD, db-ready]}
    pull_policy: "${DB_POLICY:-missing}"
    networks: [front]
  api:
    image: reg.example/shop/api:${TAG:-1}
    user: "1000:1000"
    healthcheck: {test: [CMD, api-ready]}
    networks: [front]
    deploy: {replicas: 2}
    depends_on: {db: {condition: service_healthy}}
  proxy:
    image: reg.example/shop/proxy:1
    user: "101:101"
    configs: [{source: upstreams, target: /etc/proxy/upstreams.conf}]
    ports: ["8080:80"]
    networks: [front]
    healthcheck: {test: [CMD, proxy-ready]}
    depends_on: {api: {condition: service_healthy}}
    x-medianest:
      ingress:
        config: upstreams
        routes: [{upstream: api, service: api, port: 4000}]
networks:
  front: {x-medianest: {subnet: auto}}
configs:
  upstreams: {file: upstreams.conf}
"#;

fn project() -> Project {
    Project::new(COMPOSE).file("upstreams.conf", "upstream api { server api:4000; }")
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

/// An image that was built so many hours ago.
fn built(hours: i64) -> FakeImage {
    let created = Some(now() - TimeDelta::hours(hours));
    FakeImage { created, ..FakeImage::unchecked(Behaviour::Healthy { after: Duration::from_secs(1) }) }
}

fn never_healthy() -> FakeImage {
    FakeImage { created: built(5).created, ..FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() }) }
}

/// The stack runs, everything from a registry.
async fn running() -> FakeEngine {
    let mut engine = FakeEngine::new();
    for image in [API, PROXY, DATABASE] {
        engine = engine.with_registry_image(image, built(100));
    }
    project().deploy(&engine).await.unwrap();
    engine
}

/// One look, and the update when one is due, as the command does it.
async fn turn(
    project: &Project,
    engine: &FakeEngine,
    tried: &mut Tried,
    min_age: u64,
    together: bool,
) -> (Survey, Option<Result<Done, Trouble>>) {
    let mut operator = Operator::new(project, engine);
    let observed = operator.look().await.unwrap().observed;
    let mut survey = Survey::make(engine, operator.stack(), &observed, tried).await.unwrap();
    survey.fetch(engine, Duration::from_secs(min_age * 3600), now(), together).await.unwrap();
    if !survey.due() {
        return (survey, None);
    }
    operator.hold = survey.hold(engine).await.unwrap();
    let result = operator.autoupdate().await;
    if let Err(Trouble::Step(failure)) = &result {
        let StepError::Unhealthy { service, .. } = &failure.error else { panic!("{failure:?}") };
        tried.failed(&survey.findings, Some(service), together);
    }
    (survey, Some(result))
}

fn verdict<'s>(survey: &'s Survey, image: &str) -> &'s Verdict {
    &survey.findings.iter().find(|f| f.subject.image.to_string() == image).unwrap().verdict
}

async fn tag(engine: &FakeEngine, image: &str) -> ImageId {
    engine.image(image).await.unwrap().unwrap().id
}

async fn runs(engine: &FakeEngine, container: &str) -> ImageId {
    engine.container(container).await.unwrap().unwrap().image_id
}

#[tokio::test(start_paused = true)]
async fn nothing_new_changes_nothing() {
    let engine = running().await;
    let before = engine.changes();
    let (survey, update) = turn(&project(), &engine, &mut Tried::default(), 0, false).await;
    assert!(update.is_none());
    assert_eq!([API, PROXY].map(|image| verdict(&survey, image)), [&Verdict::Current, &Verdict::Current]);
    assert_eq!(engine.changes(), before);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_moved_is_brought_about_start_first_and_nothing_else_is() {
    let engine = running().await;
    let before = ids(&engine, &project().stack()).await;
    let engine = engine.with_registry_image(API, built(50));
    let from = engine.changes().len();
    let (survey, update) = turn(&project(), &engine, &mut Tried::default(), 24, false).await;
    update.unwrap().unwrap();
    assert_eq!(verdict(&survey, API), &Verdict::Due);
    let changes = engine.changes().split_off(from);
    let place = |line: &str| changes.iter().position(|c| c == line).unwrap_or_else(|| panic!("{line}: {changes:#?}"));
    assert!(place("start shop-api-1-next") < place("stop shop-api-1"), "the new one comes first");
    let after = ids(&engine, &project().stack()).await;
    for (name, same) in [("shop-db-1", true), ("shop-proxy-1", true), ("shop-api-1", false), ("shop-api-2", false)] {
        assert_eq!(before[name] == after[name], same, "{name}");
    }
    assert_eq!(runs(&engine, "shop-api-2").await, tag(&engine, API).await, "the tag leads to what runs");
    assert!(project().plan(&engine).await.unwrap().is_empty(), "a deploy has nothing to add");
    assert!(turn(&project(), &engine, &mut Tried::default(), 24, false).await.1.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_young_waits_and_its_tag_stays() {
    let engine = running().await.with_registry_image(API, built(2)).with_registry_image(PROXY, built(30));
    let (api, proxy) = (runs(&engine, "shop-api-1").await, runs(&engine, "shop-proxy-1").await);
    let (survey, update) = turn(&project(), &engine, &mut Tried::default(), 24, false).await;
    update.unwrap().unwrap();
    let young = Verdict::TooYoung { created: built(2).created, min_age: 24 * 3600 };
    assert_eq!((verdict(&survey, API), verdict(&survey, PROXY)), (&young, &Verdict::Due));
    assert_ne!(runs(&engine, "shop-proxy-1").await, proxy, "the other one is updated");
    assert_eq!(runs(&engine, "shop-api-1").await, api);
    assert_eq!(tag(&engine, API).await, api, "so that no deploy brings about what has to wait");
    assert!(project().plan(&engine).await.unwrap().is_empty());
    // Later the same image is old enough.
    let (_, update) = turn(&project(), &engine, &mut Tried::default(), 1, false).await;
    update.unwrap().unwrap();
    assert_ne!(runs(&engine, "shop-api-1").await, api);
}

#[tokio::test(start_paused = true)]
async fn a_database_stays_even_where_its_tag_was_moved_by_hand() {
    let engine = running().await.with_registry_image(DATABASE, built(90)).with_registry_image(API, built(50));
    let before = ids(&engine, &project().stack()).await;
    engine.pull(&DATABASE.parse().unwrap(), Duration::from_secs(30), &|_| ()).await.unwrap();
    // Nor does `pull_policy: always` bring it in.
    let project = project().var("DB_POLICY", "always");
    let (survey, update) = turn(&project, &engine, &mut Tried::default(), 0, false).await;
    update.unwrap().unwrap();
    assert_eq!(verdict(&survey, DATABASE), &Verdict::Database);
    assert!(!engine.calls().contains(&format!("digest {DATABASE}")), "nobody asks for it");
    let after = ids(&engine, &project.stack()).await;
    assert_eq!((before["shop-db-1"] == after["shop-db-1"], before["shop-api-1"] == after["shop-api-1"]), (true, false));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_fails_is_taken_back_and_not_tried_again() {
    let engine = running().await.with_registry_image(API, never_healthy());
    let before = ids(&engine, &project().stack()).await;
    let mut tried = Tried::default();
    let (_, update) = turn(&project(), &engine, &mut tried, 0, false).await;
    let failure = update.unwrap().unwrap_err().step();
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]));
    for _ in 0..2 {
        let calls = engine.changes().len();
        let (survey, update) = turn(&project(), &engine, &mut tried, 0, false).await;
        assert!(update.is_none());
        assert_eq!(verdict(&survey, API), &Verdict::FailedBefore);
        assert_eq!(engine.changes().len(), calls, "nothing is touched");
    }
    let there = containers(&engine, &project().stack()).await;
    for name in ["shop-db-1", "shop-api-1", "shop-api-2", "shop-proxy-1"] {
        let container = there.iter().find(|c| c.name == name).unwrap();
        assert!(container.id == before[name] && container.state.is_running(), "{name} serves on");
    }
    // Something else is due: what failed stays out of it, although its tag leads there by now.
    let engine = engine.with_registry_image(PROXY, built(60));
    let (_, update) = turn(&project(), &engine, &mut tried, 0, false).await;
    update.unwrap().unwrap();
    assert_eq!(ids(&engine, &project().stack()).await["shop-api-1"], before["shop-api-1"]);
    // Another digest is another try.
    let engine = engine.with_registry_image(API, built(1));
    let (_, update) = turn(&project(), &engine, &mut tried, 0, false).await;
    update.unwrap().unwrap();
    assert_eq!(runs(&engine, "shop-api-1").await, tag(&engine, API).await);
}

/// A timer starts a new process each time: it knows what the records say.
#[tokio::test(start_paused = true)]
async fn what_has_failed_is_not_tried_again_by_the_next_process() {
    let engine = running().await.with_registry_image(API, never_healthy()).with_registry_image(PROXY, built(60));
    let project = project();
    let operator = Operator::new(&project, &engine);
    assert_eq!(operator.history().await.tried(), Tried::default());
    turn(&project, &engine, &mut Tried::default(), 0, false).await.1.unwrap().unwrap_err().step();
    // The proxy failed nothing.
    let (survey, update) = turn(&project, &engine, &mut operator.history().await.tried(), 0, false).await;
    update.unwrap().unwrap();
    assert_eq!((verdict(&survey, API), verdict(&survey, PROXY)), (&Verdict::FailedBefore, &Verdict::Due));
    let calls = engine.changes().len();
    assert!(turn(&project, &engine, &mut operator.history().await.tried(), 0, false).await.1.is_none());
    assert_eq!(engine.changes().len(), calls, "nothing is touched");
    // Somebody brings it about by hand, with what it lacked.
    let good = Behaviour::Healthy { after: Duration::ZERO };
    let names = ["shop-api-1", "shop-api-2", "shop-api-1-next", "shop-api-2-next"];
    let engine = names.into_iter().fold(engine.clone(), |engine, name| engine.with_script_for(name, good.clone()));
    project.deploy(&engine).await.unwrap();
    assert_eq!(runs(&engine, "shop-api-1").await, tag(&engine, API).await);
    assert_eq!(Operator::new(&project, &engine).history().await.tried(), Tried::default());
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_failed_at_is_tried_again() {
    let engine = running().await.with_registry_image(API, built(50));
    engine.pull(&API.parse().unwrap(), Duration::from_secs(30), &|_| ()).await.unwrap();
    let engine = engine.fail_on("start shop-api-1-next", Fault::Error);
    let project = project();
    assert!(matches!(project.deploy(&engine).await.unwrap_err().step().error, StepError::Engine(_)));
    let history = Operator::new(&project, &engine).history().await;
    assert_eq!((history.releases.last().unwrap().came_about(), history.tried()), (false, Tried::default()));
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_gives_nothing_is_a_finding_and_touches_nothing() {
    let engine = running().await.with_registry_image(API, built(50)).registry_hangs();
    let before = (ids(&engine, &project().stack()).await, tag(&engine, API).await);
    let (survey, update) = turn(&project(), &engine, &mut Tried::default(), 0, false).await;
    assert!(update.is_none());
    assert!(matches!(verdict(&survey, API), Verdict::Unknown { .. }), "{:?}", survey.findings);
    assert_eq!((ids(&engine, &project().stack()).await, tag(&engine, API).await), before);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_its_registry_has_lost_is_not_known() {
    let engine = running().await.with_registry_image(PROXY, built(60));
    let project = project().var("TAG", "2");
    let (survey, update) = turn(&project, &engine, &mut Tried::default(), 0, false).await;
    // The rest is updated all the same, and what nobody knows runs on, though the files name another tag.
    update.unwrap().unwrap();
    assert!(matches!(verdict(&survey, "reg.example/shop/api:2"), Verdict::Unknown { .. }));
    assert_eq!(runs(&engine, "shop-api-1").await, tag(&engine, API).await);
}

#[tokio::test(start_paused = true)]
async fn a_new_version_comes_whole_or_not_at_all() {
    let young = "reg.example/shop/api:2";
    let engine = running().await.with_registry_image(young, built(1)).with_registry_image(PROXY, built(60));
    let project = project().var("TAG", "2").var("VERSION", "v2.0.0");
    let proxy = tag(&engine, PROXY).await;
    let (survey, update) = turn(&project, &engine, &mut Tried::default(), 24, true).await;
    assert!(update.is_none());
    assert_eq!(verdict(&survey, PROXY), &Verdict::InCompany);
    assert_eq!(tag(&engine, PROXY).await, proxy, "its tag stays as well");
    let (_, update) = turn(&project, &engine, &mut Tried::default(), 0, true).await;
    update.unwrap().unwrap();
    assert_eq!(runs(&engine, "shop-api-1").await, tag(&engine, young).await);
    assert_eq!(Operator::new(&project, &engine).look().await.unwrap().observed.kept.version.as_deref(), Some("v2.0.0"));
}

/// What registries offer for a project whose images are all tagged with its version.
async fn offer(project: &Project, engine: &FakeEngine, registry: &FakeRegistry) -> Offer {
    let probed = project.clone().var("TAG", PROBE).stack();
    let observed = Operator::new(project, engine).look().await.unwrap().observed;
    Offer::gather(engine, registry, &project.stack(), &probed, &observed).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_newest_version_that_a_registry_has_in_the_range_is_brought_about() {
    let registry = FakeRegistry::default().has("reg.example/shop/api", &["v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v2.0.0", "main"]);
    let new = "reg.example/shop/api:v1.1.0";
    let engine = running().await.with_registry_image(new, built(50));
    let changes = engine.changes().len();
    let offer = offer(&project(), &engine, &registry).await;
    assert_eq!(offer.asked, ["reg.example/shop/api"], "no image but that whose tag follows the version");
    let version = newest(Some("v1.0.0"), Some(">=1.0, <2"), &offer.lists).unwrap().unwrap();
    assert_eq!((version.as_str(), engine.changes().len()), ("v1.1.0", changes), "nothing is changed by asking");
    let project = project().var("TAG", &version).var("VERSION", &version);
    let (_, update) = turn(&project, &engine, &mut Tried::default(), 24, true).await;
    update.unwrap().unwrap();
    assert_eq!(runs(&engine, "shop-api-1").await, tag(&engine, new).await);
    assert_eq!(Operator::new(&project, &engine).look().await.unwrap().observed.kept.version.as_deref(), Some("v1.1.0"));
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_does_not_list_its_tags_is_told_and_offers_nothing() {
    let error = RegistryError::NotFound { registry: "reg.example".into(), repository: "shop/api".into() };
    let engine = running().await;
    let offer = offer(&project(), &engine, &FakeRegistry::default()).await;
    assert_eq!((offer.errors, offer.lists.len()), (vec![error], 0));
}

#[tokio::test(start_paused = true)]
async fn databases_and_what_was_built_here_are_not_asked_for() {
    let compose = COMPOSE.replace("postgres:16", "postgres:${TAG:-16}").replace("shop/proxy:1", "shop/proxy:${TAG:-1}");
    let project = Project::new(&compose).file("upstreams.conf", "upstream api { server api:4000; }");
    let engine = FakeEngine::new().with_registry_image(API, built(100)).with_registry_image(DATABASE, built(100));
    let engine = engine.with_image(PROXY, built(100));
    project.deploy(&engine).await.unwrap();
    let registry = FakeRegistry::default().has("reg.example/shop/api", &["v1.1.0"]);
    let offer = offer(&project, &engine, &registry).await;
    assert_eq!((offer.asked, offer.errors), (vec!["reg.example/shop/api".to_owned()], vec![]));
    assert_eq!(registry.asked(), ["reg.example/shop/api"]);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_deployed_meanwhile_is_not_put_back() {
    let engine = running().await.with_registry_image(API, never_healthy()).with_registry_image(PROXY, built(60));
    let project = project();
    let mut tried = Tried::default();
    let _ = turn(&project, &engine, &mut tried, 0, false).await;
    let mut operator = Operator::new(&project, &engine);
    let observed = operator.look().await.unwrap().observed;
    let mut survey = Survey::make(&engine, operator.stack(), &observed, &tried).await.unwrap();
    survey.fetch(&engine, Duration::ZERO, now(), false).await.unwrap();
    operator.hold = survey.hold(&engine).await.unwrap();
    assert!(!operator.hold.pinned.is_empty());
    let engine = engine.clone().with_registry_image(API, built(3));
    engine.pull(&API.parse().unwrap(), Duration::from_secs(30), &|_| ()).await.unwrap();
    project.deploy(&engine).await.unwrap();
    let before = ids(&engine, &project.stack()).await;
    let error = operator.autoupdate().await.unwrap_err().plan();
    assert!(matches!(error, PlanError::Overtaken { .. }), "{error:?}");
    assert_eq!(ids(&engine, &project.stack()).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_does_not_know_the_tag_says_so() {
    let engine = running().await;
    let error = engine.digest_in_registry(&"reg.example/shop/api:9".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ImageUnavailable);
}
