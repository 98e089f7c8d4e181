//! How replicas are replaced, one way after the other; and that what does not prove itself never gets a request.

use std::collections::BTreeMap;
use std::time::Duration;

use medianestctl::engine::fake::{Behaviour, ExecScript, FakeEngine, FakeImage, Reload};
use medianestctl::engine::{Engine, ExecOutput};
use medianestctl::event::Event;
use medianestctl::execute::{Failure, StepError, Undone};
use medianestctl::model::{Maintenance, RestartPolicy, Thresholds};
use medianestctl::plan::{Trial, Way};
use tokio::time::Instant;

use crate::support::{Fate, Operator, Project, Trouble, Watched, assert_settled, good, ids, shop, shop_but, shop_engine};

const REPLICAS: &str = "deploy: {replicas: \"${REPLICAS:-2}\"}";
const HUP: &str = "kill shop-proxy-1 HUP";

fn v2(project: &Project) -> Project {
    project.clone().var("VERSION", "v2")
}

fn updating(config: &str) -> Project {
    shop_but(&[(REPLICAS, &format!("deploy: {{replicas: 3, update_config: {{{config}}}}}"))])
}

async fn running(project: &Project) -> FakeEngine {
    let engine = shop_engine();
    project.deploy(&engine).await.unwrap();
    engine
}

/// Changing calls of an update to v2 under the eyes of visitors.
async fn update(project: &Project, engine: &FakeEngine) -> Vec<String> {
    let before = engine.changes().len();
    let watched = Watched::shop(engine);
    v2(project).deploy(&watched).await.unwrap();
    watched.assert_served();
    let calls = engine.changes().split_off(before);
    assert_settled(&v2(project), engine).await;
    calls
}

#[track_caller]
fn at(calls: &[String], call: &str) -> usize {
    calls.iter().position(|c| c == call).unwrap_or_else(|| panic!("no `{call}` in {calls:#?}"))
}

fn count(calls: &[String], call: &str) -> usize {
    calls.iter().filter(|c| *c == call).count()
}

/// An update that fails under the eyes of visitors, and leaves the old containers as they were.
async fn fails(engine: &FakeEngine, project: &Project, watched: Watched, way: Way) -> Box<Failure> {
    let serving = async |engine: &FakeEngine| {
        let mut there: BTreeMap<_, _> = ids(engine, &project.stack()).await;
        there.retain(|name, _| ["shop-db-1", "shop-api-1", "shop-api-2", "shop-proxy-1"].contains(&name.as_str()));
        there
    };
    let before = serving(engine).await;
    let next = v2(project);
    let mut operator = Operator::new(&next, &watched);
    operator.way = way;
    let failure = operator.deploy().await.unwrap_err().step();
    watched.look("the end").await;
    watched.assert_served();
    assert!(matches!(failure.undone, Undone::Completely(_)), "{failure:?}");
    assert_eq!(serving(engine).await, before, "the same containers serve");
    for name in before.keys() {
        assert!(engine.container(name).await.unwrap().unwrap().state.is_running(), "{name} runs");
    }
    assert!(engine.container("shop-api-1-next").await.unwrap().is_none());
    // The next good version removes what was kept, with the faulty one never having been current.
    let history = operator.history().await;
    assert_eq!(history.releases.iter().filter(|r| r.came_about()).count(), 1);
    assert_eq!(history.releases.len(), 2, "that it was tried is recorded");
    failure
}

#[tokio::test(start_paused = true)]
async fn the_new_one_has_the_requests_before_the_old_one_is_drained_and_stopped() {
    let engine = running(&shop()).await;
    let before = engine.calls().len();
    update(&shop(), &engine).await;
    let calls = engine.calls().split_off(before);
    for n in [1, 2] {
        let started = at(&calls, &format!("start shop-api-{n}-next"));
        let stopped = at(&calls, &format!("stop shop-api-{n}"));
        let switched = calls.iter().enumerate().filter(|(_, c)| *c == HUP).map(|(i, _)| i).nth(n - 1).unwrap();
        let looked = calls[switched..stopped].iter().filter(|c| *c == "processes shop-proxy-1").count();
        assert!(started < switched && switched < stopped, "{started} {switched} {stopped}");
        assert!(looked >= 2, "acknowledged, and drained");
    }
    assert_eq!(count(&calls, HUP), 2, "no reload but those");
}

#[tokio::test(start_paused = true)]
async fn where_two_generations_cannot_run_side_by_side_the_old_one_goes_first_and_the_plan_says_why() {
    let one = |extra: &str| shop_but(&[(REPLICAS, extra)]);
    let cases = [
        (one("container_name: the-api"), "its container_name the-api can be had once only", "the-api", "the-api-next"),
        (one("ports: ['9000:4000']"), "port 9000 can be published once only", "shop-api-1", "shop-api-1-next"),
        (one("volumes: ['data:/data']"), "it alone writes to shop_data", "shop-api-1", "shop-api-1-next"),
        (updating("order: stop-first"), "its update_config says stop-first", "shop-api-1", "shop-api-1-next"),
    ];
    for (project, why, old, new) in cases {
        let engine = running(&project).await;
        let plan = v2(&project).plan(&engine).await.unwrap().to_text();
        assert!(plan.contains(&format!("; stopped first, as {why}")), "{plan}");
        let before = engine.changes().len();
        v2(&project).deploy(&engine).await.unwrap();
        let calls = engine.changes().split_off(before);
        assert!(at(&calls, &format!("create container {new}")) < at(&calls, &format!("stop {old}")), "all is made before");
        assert!(at(&calls, &format!("stop {old}")) < at(&calls, &format!("start {new}")));
        assert_settled(&v2(&project), &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn start_first_is_had_where_the_file_says_so_and_only_a_volume_speaks_against_it() {
    let extra = "volumes: ['data:/data']\n    deploy: {update_config: {order: start-first}}";
    let project = shop_but(&[(REPLICAS, extra)]);
    let engine = running(&project).await;
    let calls = update(&project, &engine).await;
    assert!(at(&calls, "start shop-api-1-next") < at(&calls, "stop shop-api-1"));
}

#[tokio::test(start_paused = true)]
async fn stop_first_replicas_are_left_by_requests_before_they_stop() {
    let project = updating("order: stop-first");
    let engine = running(&project).await;
    let calls = update(&project, &engine).await;
    assert!(at(&calls, HUP) < at(&calls, "stop shop-api-1"));
    assert!(at(&calls, "start shop-api-1-next") < at(&calls, "stop shop-api-2"), "one after the other");
}

#[tokio::test(start_paused = true)]
async fn so_many_are_replaced_side_by_side_as_the_file_says() {
    for (parallelism, order, swaps) in [("parallelism: 1", "", 3), ("parallelism: 2", "", 2), ("parallelism: 0", "", 1)] {
        let project = updating(&format!("{parallelism}{order}"));
        let engine = running(&project).await;
        let calls = update(&project, &engine).await;
        assert_eq!(count(&calls, HUP), swaps, "{parallelism}: {calls:#?}");
        let first = at(&calls, HUP);
        let started = calls[..first].iter().filter(|c| c.starts_with("start shop-api-")).count();
        assert_eq!(started, 4 - swaps, "{parallelism}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_file_says_how_long_to_pause_between_batches() {
    let took = async |config: &str| {
        let project = updating(config);
        let engine = running(&project).await;
        let begin = Instant::now();
        update(&project, &engine).await;
        begin.elapsed()
    };
    let (without, with) = (took("delay: 0s").await, took("delay: 40s").await);
    assert!(with >= without + Duration::from_secs(2 * 40 - 10), "{without:?} {with:?}");
    assert!(with <= without + Duration::from_secs(2 * 40 + 10), "no pause after the last: {without:?} {with:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_crashes_within_its_window_never_gets_a_request() {
    let project = shop_but(&[(REPLICAS, "deploy: {replicas: 2, update_config: {monitor: 30s}}")]);
    let engine = running(&project).await;
    let crashes = Behaviour::ExitsWith { code: 1, after: Duration::from_secs(20), log: vec!["out of ideas".into()] };
    let engine = engine.with_image("shop/api:v2", FakeImage::unchecked(crashes));
    let swaps = count(&engine.changes(), HUP);
    let failure = fails(&engine, &project, Watched::shop(&engine), Way::Rolling).await;
    let StepError::Unhealthy { why, .. } = &failure.error else { panic!("{failure:?}") };
    assert_eq!(why, "was healthy and did not stay up for 30 s: it ended with exit code 1");
    assert_eq!(count(&engine.changes(), HUP), swaps, "it was never switched in");
    assert!(engine.container("shop-api-1-failed").await.unwrap().is_some(), "it is kept for inspection");
}

#[tokio::test(start_paused = true)]
async fn one_that_needs_too_much_memory_is_named_and_never_gets_a_request() {
    let engine = running(&shop()).await;
    let oom = FakeImage::unchecked(Behaviour::OomAfter(Duration::from_millis(1)));
    let engine = engine.with_image("shop/api:v2", oom);
    let swaps = count(&engine.changes(), HUP);
    let failure = fails(&engine, &shop(), Watched::shop(&engine), Way::Rolling).await;
    let StepError::Unhealthy { evidence, .. } = &failure.error else { panic!("{failure:?}") };
    assert!(evidence.oom_killed && evidence.exit_code == Some(137), "{evidence:?}");
    assert_eq!(count(&engine.changes(), HUP), swaps);
}

#[tokio::test(start_paused = true)]
async fn a_second_replica_that_is_never_healthy_gives_the_first_ones_requests_back() {
    let sick = Behaviour::NeverHealthy { output: "no".into() };
    let engine = running(&shop()).await.with_script_for("shop-api-2-next", sick);
    let failure = fails(&engine, &shop(), Watched::shop(&engine), Way::Rolling).await;
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-2-failed".into()]));
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn recreate_stops_all_and_then_starts_all() {
    let engine = running(&shop()).await;
    let before = engine.changes().len();
    let project = v2(&shop());
    let mut operator = Operator::new(&project, &engine);
    operator.way = Way::Recreate;
    let done = operator.deploy().await.unwrap();
    assert!(done.plan.to_text().contains("stopped first, as recreate was asked for"), "{}", done.plan.to_text());
    let calls = engine.changes().split_off(before);
    let last_stop = at(&calls, "stop shop-api-1").max(at(&calls, "stop shop-api-2"));
    let first_start = at(&calls, "start shop-api-1-next").min(at(&calls, "start shop-api-2-next"));
    assert!(last_stop < first_start);
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn recreate_that_fails_brings_the_old_ones_back() {
    let engine = running(&shop()).await;
    let before = ids(&engine, &shop().stack()).await;
    let engine = engine.with_image("shop/api:v2", FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() }));
    let project = v2(&shop());
    let mut operator = Operator::new(&project, &engine);
    operator.way = Way::Recreate;
    operator.deploy().await.unwrap_err().step();
    let after = ids(&engine, &shop().stack()).await;
    for name in ["shop-api-1", "shop-api-2"] {
        assert_eq!(after.get(name), before.get(name));
    }
    Watched::shop(&engine).look("taking back").await;
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

fn trial() -> Trial {
    let thresholds = Thresholds { errors_permille: 10, p95_percent: 200, requests: 20, requests_for_p95: 100 };
    Trial { percent: 10, bake: Duration::from_secs(60), thresholds }
}

async fn canary(engine: &FakeEngine, watched: Watched) -> Result<(), Trouble> {
    let project = v2(&shop());
    let mut operator = Operator::new(&project, &watched);
    operator.way = Way::Canary(trial());
    operator.deploy().await?;
    watched.assert_served();
    assert_settled(&project, engine).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_does_well_becomes_the_release() {
    let engine = running(&shop()).await;
    let swaps = count(&engine.changes(), HUP);
    canary(&engine, Watched::shop(&engine).logs_trial((200, "0.020", 30), (200, "0.020", 200))).await.unwrap();
    assert_eq!(count(&engine.changes(), HUP) - swaps, 3, "the trial, and each replica");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_nobody_asked_anything_has_not_failed() {
    let engine = running(&shop()).await;
    let begin = Instant::now();
    let watched = Watched::shop(&engine).logs_trial((500, "0.020", 19), (200, "0.020", 200));
    let project = v2(&shop());
    let mut operator = Operator::new(&project, &watched);
    operator.way = Way::Canary(trial());
    operator.deploy().await.unwrap();
    watched.assert_served();
    assert!(begin.elapsed() >= trial().bake, "its time was waited for");
    let told = warnings(&operator);
    assert!(
        told.len() == 1 && told[0].starts_with("canary shop-api-1-next goes on untried: the canary: 100.0 % of 19 requests"),
        "{told:?}"
    );
}

fn warnings(operator: &Operator<'_>) -> Vec<String> {
    let events = operator.events.lock().unwrap();
    let warning = |e: &Event| if let Event::StepWarning { message, .. } = e { Some(message.clone()) } else { None };
    events.iter().filter_map(warning).collect()
}

#[tokio::test(start_paused = true)]
async fn a_canary_of_which_the_log_says_nothing_is_not_trusted() {
    let engine = running(&shop()).await;
    let failure = fails(&engine, &shop(), Watched::shop(&engine), Way::Canary(trial())).await;
    assert!(failure.error.to_string().contains("has no line of any request to `api` in 60 s"), "{failure}");
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_fails_or_is_slow_is_taken_back_at_once() {
    for (answers, words) in [
        ((502, "0.001", 30), "fails more often than the others (the canary: 100.0 % of 30 requests failed"),
        ((200, "0.900", 120), "is slower than the others (the canary: 0.0 % of 120 requests failed, 95 % took 900 ms at most"),
    ] {
        let engine = running(&shop()).await;
        let begin = Instant::now();
        let watched = Watched::shop(&engine).logs_trial(answers, (200, "0.020", 200));
        let failure = fails(&engine, &shop(), watched, Way::Canary(trial())).await;
        assert!(matches!(&failure.error, StepError::Canary { .. }), "{failure:?}");
        assert!(failure.error.to_string().contains(words), "{failure}");
        assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]), "it is kept for inspection");
        assert!(engine.container("shop-api-1-failed").await.unwrap().is_some());
        assert!(begin.elapsed() < trial().bake, "as soon as it is plain");
        shop().deploy(&engine).await.unwrap();
        assert_settled(&shop(), &engine).await;
    }
}

/// The shop whose api is asked for something before it gets requests; the proxy's `curl` answers so.
async fn smoking(status: &'static str) -> (Project, FakeEngine) {
    let check = format!("{REPLICAS}\n    x-medianest: {{smoke: [{{path: /ready}}]}}");
    let project = shop_but(&[(REPLICAS, &check)]);
    let script = ExecScript::new(move |_, argv| {
        (argv[0] == "curl").then(|| ExecOutput { code: 0, output: format!("{status} 0.010").into_bytes() })
    });
    let engine = shop_engine().with_image("shop/proxy:1", FakeImage { exec: Some(script), ..good() });
    project.deploy(&engine).await.unwrap();
    (project, engine)
}

#[tokio::test(start_paused = true)]
async fn one_that_passes_its_smoke_test_gets_requests() {
    let (project, engine) = smoking("200").await;
    let calls = update(&project, &engine).await;
    let asked = calls.iter().position(|c| c.starts_with("exec shop-proxy-1 curl")).unwrap();
    assert!(at(&calls, "start shop-api-1-next") < asked && asked < at(&calls, HUP));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_its_smoke_test_never_gets_a_request() {
    let (project, engine) = smoking("500").await;
    let swaps = count(&engine.changes(), HUP);
    let failure = fails(&engine, &project, Watched::shop(&engine), Way::Rolling).await;
    assert!(matches!(&failure.error, StepError::Smoke { .. }), "{failure:?}");
    assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]), "it is kept for inspection");
    assert!(engine.container("shop-api-1-failed").await.unwrap().is_some());
    assert_eq!(count(&engine.changes(), HUP), swaps);
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_predecessor_that_is_kept_does_not_come_back_by_itself() {
    let always = ("restart: unless-stopped\n    environment: {LOG", "restart: always\n    environment: {LOG");
    let project = shop_but(&[always]);
    let engine = running(&project).await;
    update(&project, &engine).await;
    let policy = async |name: &str| engine.container(name).await.unwrap().unwrap().restart;
    assert_eq!(policy("shop-api-1-previous").await, RestartPolicy::No);
    assert_eq!(policy("shop-api-1").await, RestartPolicy::Always);
    project.rollback(&engine, Some("v1")).await.unwrap();
    assert_eq!(policy("shop-api-1").await, RestartPolicy::Always, "it is set back");
    assert_eq!(policy("shop-api-1-previous").await, RestartPolicy::No);
    assert_settled(&project, &engine).await;
}

/// A proxy that takes a reload at once, and whose old workers go on taking in an upload for this time: no connection leads
/// to a replica meanwhile.
fn taking_in(span: Duration) -> FakeImage {
    let nobody = ExecScript::new(|_, argv| (argv[0] == "grep").then(|| ExecOutput { code: 1, output: Vec::new() }));
    FakeImage { reload: Reload::Lingers(span), exec: Some(nobody), ..good() }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_takes_longer_than_an_idle_client_is_kept_finds_somebody_at_its_end() {
    let cases =
        ["parallelism: 1, monitor: 1s", "parallelism: 2, monitor: 1s", "parallelism: 0", "order: stop-first, monitor: 1s"];
    for config in cases {
        let project = updating(config);
        let engine = shop_engine().with_image("shop/proxy:1", taking_in(Duration::from_secs(25)));
        project.deploy(&engine).await.unwrap();
        let watched = Watched::shop(&engine).tries_others();
        v2(&project).deploy(&watched).await.unwrap();
        watched.assert_served();
        assert_settled(&v2(&project), &engine).await;
        if config.contains("stop-first") {
            continue;
        }
        let watched = Watched::shop(&engine).tries_others();
        v2(&project).rollback(&watched, None).await.unwrap();
        watched.assert_served();
        assert_settled(&project, &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_finds_somebody_when_an_update_is_taken_back() {
    // What comes after the api fails when all of the api has been replaced.
    let late = "  late:\n    image: shop/late:${VERSION:-v1}\n    networks: [front]\n    healthcheck: {test: [CMD, late-ready]}\n    depends_on: {api: {condition: service_healthy}}\n";
    let shop = shop_but(&[("  proxy:\n", &format!("{late}  proxy:\n"))]);
    let sick = FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() });
    let engine = shop_engine().with_image("shop/proxy:1", taking_in(Duration::from_secs(25)));
    let engine = engine.with_image("shop/late:v1", good()).with_image("shop/late:v2", sick);
    shop.deploy(&engine).await.unwrap();
    let watched = Watched::shop(&engine).tries_others();
    let mut project = v2(&shop);
    project.patience = Some(Duration::from_secs(2));
    let failure = project.deploy(&watched).await.unwrap_err().step();
    watched.assert_served();
    assert!(matches!(failure.undone, Undone::Completely(_)), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_off_at_the_limit_is_told() {
    // A websocket keeps its worker, and its connection, for as long as it likes.
    let held = ExecScript::new(|_, argv| {
        let line = b"   1: 0300140A:9C40 020014AC:0FA0 01 00000000:00000000 00:00000000 00000000   101  0 1002\n";
        (argv[0] == "grep").then(|| ExecOutput { code: 0, output: line.repeat(3) })
    });
    let proxy = FakeImage { reload: Reload::Lingers(Duration::from_secs(3600)), exec: Some(held), ..good() };
    let engine = shop_engine().with_image("shop/proxy:1", proxy);
    shop().deploy(&engine).await.unwrap();
    let begin = Instant::now();
    let project = v2(&shop());
    let operator = Operator::new(&project, &engine);
    operator.deploy().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(120), "nobody's websocket holds an update up for ever: {:?}", begin.elapsed());
    assert_eq!(
        warnings(&operator),
        [
            "3 connections of shop-proxy-1 to 172.20.0.2 are still open after 30 s, and are cut off",
            "old workers of shop-proxy-1 are still at work after 30 s: what they take in for 172.20.0.3 is cut off",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_in_an_update_does_not_come_back_by_itself() {
    // An engine that starts anew in the middle of it would have two of them run on one volume.
    let always = ("restart: unless-stopped\n    environment: {LOG", "restart: always\n    environment: {LOG");
    let project = shop_but(&[always]);
    let engine = running(&project).await;
    let calls = update(&project, &engine).await;
    for n in [1, 2] {
        assert!(at(&calls, &format!("set restart shop-api-{n}")) < at(&calls, &format!("stop shop-api-{n}")), "{calls:#?}");
    }
    // And what is taken back is as it was, while what failed stays where it is.
    let engine = running(&project).await.with_script_for("shop-api-2-next", Behaviour::NeverHealthy { output: "no".into() });
    fails(&engine, &project, Watched::shop(&engine), Way::Rolling).await;
    let policy = async |name: &str| engine.container(name).await.unwrap().unwrap().restart;
    assert_eq!(policy("shop-api-1").await, RestartPolicy::Always);
    assert_eq!(policy("shop-api-2").await, RestartPolicy::Always);
    assert_eq!(policy("shop-api-2-failed").await, RestartPolicy::No);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_update_left_gets_no_request_before_it_is_healthy() {
    let web = "  web:\n    image: shop/web:${VERSION:-v1}\n    networks: [front]\n    healthcheck: {test: [CMD, web-ready]}\n    depends_on: {api: {condition: service_healthy}}\n";
    let route = "routes: [{upstream: api, service: api, port: 4000}]";
    let routes = "routes: [{upstream: api, service: api, port: 4000}, {upstream: web, service: web, port: 80}]";
    let project = shop_but(&[("  proxy:\n", &format!("{web}  proxy:\n")), (route, routes)]);
    let started = async || {
        let engine = shop_engine().with_image("shop/web:v1", good());
        project.deploy(&engine).await.unwrap();
        engine.with_image("shop/web:v2", FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() }))
    };
    let engine = started().await;
    let watched = Watched::shop(&engine).sick("shop/web:v2");
    let failure = v2(&project).deploy(&watched).await.unwrap_err().step();
    let calls = watched.calls();
    let call =
        |wanted: &str| calls.iter().position(|(_, call)| call == wanted).unwrap_or_else(|| panic!("no {wanted}: {failure:?}"));
    let stop = call("stop shop-api-2");
    assert!(call("start shop-web-1-next") < stop && call(HUP) < stop);

    let engine = started().await;
    let watched = Watched::shop(&engine).sick("shop/web:v2").fails(stop, Fate::Killed);
    assert!(watched.live(v2(&project).deploy(&watched)).await.is_none());
    assert!(engine.container("shop-web-1-next").await.unwrap().unwrap().state.is_running());
    let next = Watched::shop(&engine).sick("shop/web:v2");
    project.deploy(&next).await.unwrap();
    next.assert_served();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn what_restarts_with_its_dependency_has_no_request_while_it_does() {
    let project = shop().var("API_RESTARTS", "true");
    let engine = running(&project).await;
    let watched = Watched::shop(&engine);
    let next = project.var("DB_TAG", "2");
    next.deploy(&watched).await.unwrap();
    watched.assert_served();
    assert_settled(&next, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_turns_nobody_away() {
    let engine = running(&shop()).await;
    let project = shop();
    let watched = Watched::shop(&engine);
    Operator::new(&project, &watched).restart(&["api"]).await.unwrap();
    watched.assert_served();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn the_upstreams_may_move_within_the_ingress_together_with_an_update() {
    let project = shop_but(&[("target: /etc/proxy/upstreams.conf", "target: \"${WHERE:-/etc/proxy}/upstreams.conf\"")]);
    let engine = running(&project).await;
    let next = v2(&project).var("WHERE", "/etc/elsewhere");
    next.deploy(&engine).await.unwrap();
    assert_settled(&next, &engine).await;
    project.rollback(&engine, Some("v1")).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_taking_back_it_is_known_what_the_ingress_has() {
    let sick = Behaviour::NeverHealthy { output: "no".into() };
    let engine = running(&shop()).await.with_script_for("shop-api-2-next", sick);
    fails(&engine, &shop(), Watched::shop(&engine), Way::Rolling).await;
    let project = shop();
    let operator = Operator::new(&project, &engine);
    let closed = Maintenance { retry_after: 60, message: None };
    operator.maintenance(Some(&closed)).await.unwrap();
    operator.maintenance(None).await.unwrap();
    let swaps = count(&engine.changes(), HUP);
    project.deploy(&engine).await.unwrap();
    assert_eq!(count(&engine.changes(), HUP), swaps, "nothing has to be switched again");
    assert_settled(&project, &engine).await;
}
