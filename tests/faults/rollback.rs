//! The way back: to what was recorded, byte for byte, without anything but the engine; or not at all.

use std::time::Duration;

use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage, Fault};
use medianestctl::execute::{StepError, Undone};
use medianestctl::model::{Contents, RestartPolicy};
use medianestctl::plan::{self, DeployOptions, PlanError};
use medianestctl::state::rollback::RollbackError;
use medianestctl::state::{Outcome, Progress, Standing, Store};

use crate::support::{Mortal, Operator, Project, Watched, assert_settled, containers, good, ids, shop, shop_but, shop_engine};

fn v(n: u8) -> Project {
    shop().var("VERSION", &format!("v{n}"))
}

async fn at_v2() -> FakeEngine {
    let engine = shop_engine().with_image("shop/api:v3", FakeImage { size: 3, ..good() });
    v(1).deploy(&engine).await.unwrap();
    v(2).deploy(&engine).await.unwrap();
    engine
}

/// Images that differ, as versions do.
fn image(number: u64) -> FakeImage {
    FakeImage { size: number, ..good() }
}

/// Changing calls of a rollback under the eyes of visitors.
async fn back(engine: &FakeEngine, project: &Project, wanted: Option<&str>) -> Vec<String> {
    let before = engine.changes().len();
    let watched = Watched::shop(engine);
    project.rollback(&watched, wanted).await.unwrap();
    watched.assert_served();
    engine.changes().split_off(before)
}

async fn api_images(engine: &FakeEngine) -> Vec<String> {
    let there = containers(engine, &shop().stack()).await;
    let api = there.into_iter().filter(|c| c.state.is_running() && c.name.starts_with("shop-api-"));
    api.map(|c| c.image_id.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn kept_containers_come_back_without_a_pull_and_nothing_is_made() {
    let engine = at_v2().await;
    let before = ids(&engine, &shop().stack()).await;
    let calls = back(&engine, &v(2), None).await;
    let made: Vec<_> = calls.iter().filter(|c| c.starts_with("create container") && !c.contains("lock")).collect();
    assert!(made.is_empty(), "{made:?}");
    assert!(!calls.iter().any(|c| c.starts_with("pull") || c.starts_with("import")), "{calls:#?}");
    assert!(!calls.iter().any(|c| c.starts_with("start shop-migrate")), "no migration runs");
    assert!(!calls.iter().any(|c| c.starts_with("remove container shop-")), "what was is kept");
    let after = ids(&engine, &shop().stack()).await;
    for name in ["shop-api-1", "shop-api-2", "shop-migrate-1", "shop-migrate-verify"] {
        assert_eq!(after.get(name), before.get(&format!("{name}-previous")), "{name} is what was kept");
        assert_eq!(after.get(&format!("{name}-previous")), before.get(name), "{name} of v2 is kept");
    }
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_rollback_a_deploy_of_the_same_version_has_nothing_to_do() {
    let engine = at_v2().await;
    back(&engine, &v(2), None).await;
    let plan = v(1).plan(&engine).await.unwrap();
    assert!(plan.steps.is_empty(), "{}", plan.to_text());
    let history = Operator::new(&v(1), &engine).history().await;
    let last = history.releases.last().unwrap();
    assert_eq!((last.number, last.rollback_of, last.version.as_deref()), (3, Some(1), Some("v1")));
    assert_eq!(last.command, "rollback");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_of_a_rollback_is_where_one_was() {
    let engine = at_v2().await;
    let before = ids(&engine, &shop().stack()).await;
    back(&engine, &v(2), None).await;
    let calls = back(&engine, &v(1), None).await;
    assert!(!calls.iter().any(|c| c.starts_with("create container shop-api")), "{calls:#?}");
    assert_eq!(ids(&engine, &shop().stack()).await, before);
    assert_settled(&v(2), &engine).await;
    // And to and fro.
    for n in [1, 2, 1] {
        back(&engine, &v(2), Some(&format!("v{n}"))).await;
        assert_settled(&v(n), &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_releases_back_containers_are_made_from_what_was_recorded() {
    let engine = at_v2().await;
    let first = v(3).var("LOG_LEVEL", "debug").secret("api_token", "another").file("settings.json", "{\"colour\": \"red\"}");
    first.deploy(&engine).await.unwrap();
    assert!(engine.container("shop-api-1-previous").await.unwrap().is_some());
    let old = engine.image("shop/api:v1").await.unwrap().unwrap().id.to_string();
    // The files of v3 are what lies in the directory: nothing of it shows.
    let calls = back(&engine, &first, Some("v1")).await;
    assert!(calls.iter().any(|c| c.starts_with("create container shop-api-1-next")), "{calls:#?}");
    assert!(!calls.iter().any(|c| c.starts_with("pull")), "{calls:#?}");
    assert_eq!(api_images(&engine).await, [old.clone(), old]);
    assert_settled(&v(1), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_has_moved_is_no_way_out_of_what_was_recorded() {
    let engine = at_v2().await;
    let recorded = engine.image("shop/api:v1").await.unwrap().unwrap().id.to_string();
    let engine = engine.with_image("shop/api:v1", image(11));
    assert_ne!(engine.image("shop/api:v1").await.unwrap().unwrap().id.to_string(), recorded);
    back(&engine, &v(2), Some("v1")).await;
    assert_eq!(api_images(&engine).await, [recorded.clone(), recorded.clone()]);
    // The same where containers have to be made: the kept ones are gone.
    back(&engine, &v(2), Some("v2")).await;
    for name in ["shop-api-1-previous", "shop-api-2-previous"] {
        // One more holds the content, as a tag of another name would.
        if name.ends_with("2-previous") {
            continue;
        }
        engine.remove_container(name, false).await.unwrap();
    }
    back(&engine, &v(2), Some("v1")).await;
    assert_eq!(api_images(&engine).await, [recorded.clone(), recorded]);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_gone_is_told_before_anything_is_touched() {
    let engine = at_v2().await.with_image("shop/api:v1", image(11));
    for name in ["shop-api-1-previous", "shop-api-2-previous", "shop-migrate-1-previous", "shop-migrate-verify-previous"] {
        engine.remove_container(name, false).await.unwrap();
    }
    let before = engine.changes().len();
    let refusal = v(2).rollback(&engine, Some("v1")).await.unwrap_err().rollback();
    let RollbackError::ImagesGone { target: 1, images, .. } = &refusal else { panic!("{refusal:?}") };
    assert_eq!(images, &["shop/api:v1"]);
    assert_eq!(engine.changes().len(), before, "nothing is touched");
}

#[tokio::test(start_paused = true)]
async fn migrations_that_nobody_declared_harmless_are_a_reason_to_refuse() {
    for (declared, refused) in [(">=3", true), ("<2", true), ("nonsense?", true), (">=2", false), ("2", false), ("*", false)] {
        let Ok(project) = std::panic::catch_unwind(|| {
            let project = v(2).var("COMPATIBLE", declared);
            project.stack();
            project
        }) else {
            assert_eq!(declared, "nonsense?", "only what is no range is refused by the loader");
            continue;
        };
        let engine = shop_engine();
        v(1).deploy(&engine).await.unwrap();
        project.deploy(&engine).await.unwrap();
        let before = engine.changes().len();
        let outcome = project.rollback(&engine, None).await;
        if refused {
            let refusal = outcome.unwrap_err().rollback();
            assert!(matches!(&refusal, RollbackError::Migrations { versions, .. } if versions == &["v2"]), "{refusal:?}");
            assert_eq!(engine.changes().len(), before, "nothing is touched");
        } else {
            outcome.unwrap();
            let calls = engine.changes().split_off(before);
            assert!(!calls.iter().any(|c| c.starts_with("start shop-migrate")), "no migration runs: {calls:#?}");
            assert_settled(&v(1), &engine).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_nothing_before_the_first_release() {
    let engine = shop_engine();
    assert_eq!(v(1).rollback(&engine, None).await.unwrap_err().rollback(), RollbackError::NothingDeployed);
    v(1).deploy(&engine).await.unwrap();
    assert_eq!(v(1).rollback(&engine, None).await.unwrap_err().rollback(), RollbackError::NoneBefore { current: 1 });
}

const ALWAYS: (&str, &str) = ("restart: unless-stopped\n    environment: {LOG", "restart: always\n    environment: {LOG");

/// v2 of a shop whose api the engine always brings back, with predecessors that are ill by now.
async fn ill_predecessors() -> (Project, FakeEngine) {
    let project = shop_but(&[ALWAYS]);
    let ill = Behaviour::Healthy { after: Duration::from_secs(1) };
    let engine = shop_engine().with_image("shop/api:v1", FakeImage::unchecked(ill));
    project.deploy(&engine).await.unwrap();
    let v2 = project.var("VERSION", "v2");
    v2.deploy(&engine).await.unwrap();
    (v2, engine)
}

#[tokio::test(start_paused = true)]
async fn a_predecessor_that_cannot_be_asked_leaves_the_current_ones_serving() {
    let (project, engine) = ill_predecessors().await;
    let before = ids(&engine, &project.stack()).await;
    // Its port is taken by then, or its volume gone: it does not start.
    let engine = engine.fail_on("start shop-api-2-previous", Fault::Error);
    let watched = Watched::shop(&engine);
    let failure = project.rollback(&watched, None).await.unwrap_err().step();
    assert!(matches!(failure.undone, Undone::Completely(_)), "{failure:?}");
    watched.assert_served();
    assert_eq!(ids(&engine, &project.stack()).await, before, "what was kept is kept");
    for name in ["shop-api-1-previous", "shop-api-2-previous"] {
        let kept = engine.container(name).await.unwrap().unwrap();
        assert!(!kept.state.is_running() && kept.restart == RestartPolicy::No, "{name}: {:?} {:?}", kept.state, kept.restart);
    }
    assert_settled(&project, &engine).await;
    let attempt = Operator::new(&project, &engine).history().await.releases.pop().unwrap();
    assert!(!attempt.came_about() && attempt.rollback_of == Some(1), "{attempt:?}");
    // Later it does.
    back(&engine, &project, None).await;
    assert_settled(&shop_but(&[ALWAYS]), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_previous_release_that_is_never_healthy_leaves_the_current_one_serving() {
    let project = shop_but(&[ALWAYS]);
    // Healthy for its first ten minutes on each start, and the gate waits longer than its start takes.
    let engine = shop_engine();
    project.deploy(&engine).await.unwrap();
    let mut v2 = project.clone().var("VERSION", "v2");
    v2.deploy(&engine).await.unwrap();
    v2.patience = Some(Duration::from_millis(200));
    let before = ids(&engine, &v2.stack()).await;
    let watched = Watched::shop(&engine);
    let failure = v2.rollback(&watched, None).await.unwrap_err().step();
    assert!(failure.error.to_string().contains("did not become healthy"), "{failure}");
    watched.assert_served();
    assert_eq!(ids(&engine, &v2.stack()).await, before);
    assert_settled(&v2, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_was_killed_and_is_given_up_leaves_no_container_that_comes_back() {
    let project = shop_but(&[ALWAYS]);
    let start = async || {
        let engine = shop_engine();
        project.deploy(&engine).await.unwrap();
        let v2 = project.clone().var("VERSION", "v2");
        v2.deploy(&engine).await.unwrap();
        (v2, engine)
    };
    let (v2, engine) = start().await;
    let last = u64::try_from(back(&engine, &v2, None).await.len()).unwrap();
    for n in 0..last {
        let (v2, engine) = start().await;
        let mortal = Mortal::after(&engine, n);
        assert!(mortal.live(Operator::new(&v2, &mortal).rollback(None)).await.is_none());
        crate::support::tell(&format!("killed after {n} of {last}, {:?}", engine.changes().last()));
        let watched = Watched::shop(&engine);
        watched.look("the kill").await;
        v2.deploy(&watched).await.unwrap();
        watched.assert_served();
        assert_settled(&v2, &engine).await;
    }
}

/// The versions whose migrations are in the way of that rollback.
async fn in_the_way(project: &Project, engine: &FakeEngine, wanted: Option<&str>) -> Vec<String> {
    let before = engine.changes().len();
    let refusal = project.rollback(engine, wanted).await.unwrap_err().rollback();
    assert_eq!(engine.changes().len(), before, "nothing is touched");
    let RollbackError::Migrations { versions, .. } = refusal else { panic!("{refusal:?}") };
    versions
}

/// The migration of a release that was brought back without the job's container was once not known any more.
#[tokio::test(start_paused = true)]
async fn a_release_that_was_brought_back_without_its_job_is_held_to_migrations_too() {
    let engine = at_v2().await.with_image("shop/api:v4", image(4));
    v(3).deploy(&engine).await.unwrap();
    assert!(engine.container("shop-migrate-1-previous").await.unwrap().unwrap().image.ends_with(":v2"), "that of v1 is gone");
    back(&engine, &v(3), Some("v1")).await;
    let breaking = v(4).var("COMPATIBLE", "<4");
    breaking.deploy(&engine).await.unwrap();
    assert_eq!(in_the_way(&breaking, &engine, None).await, ["v4"]);
}

/// An attempt that fails when its migration has run leaves a database that older releases have never seen.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_migrated_and_failed_is_in_the_way() {
    let never = FakeImage { size: 3, ..FakeImage::unchecked(Behaviour::NeverHealthy { output: String::new() }) };
    let engine = at_v2().await.with_image("shop/api:v3", never);
    let current = v(2).var("COMPATIBLE", "<3");
    current.deploy(&engine).await.unwrap();
    let breaking = v(3).var("COMPATIBLE", "<3");
    breaking.deploy(&engine).await.unwrap_err().step();
    assert_eq!(in_the_way(&current, &engine, Some("v1")).await, ["v3"]);
    // The next attempt does not come so far, and nobody forgets the one before.
    let engine = engine.fail_on("start shop-api-1-next", Fault::Error);
    breaking.deploy(&engine).await.unwrap_err().step();
    assert_eq!(in_the_way(&current, &engine, Some("v1")).await, ["v3"]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_had_not_come_to_its_migration_is_in_nobodys_way() {
    let engine = at_v2().await;
    let current = v(2).var("COMPATIBLE", "<3");
    current.deploy(&engine).await.unwrap();
    let engine = engine.fail_on("create container shop-migrate-1-next", Fault::Error);
    v(3).var("COMPATIBLE", "<3").deploy(&engine).await.unwrap_err().step();
    let attempt = Operator::new(&current, &engine).history().await.releases.pop().unwrap();
    assert!(!attempt.came_about() && attempt.migration.is_none(), "{attempt:?}");
    back(&engine, &current, Some("v1")).await;
}

#[tokio::test(start_paused = true)]
async fn a_killed_update_that_migrated_is_in_the_way_too() {
    let engine = at_v2().await;
    let current = v(2).var("COMPATIBLE", "<3");
    current.deploy(&engine).await.unwrap();
    let (breaking, mortal) = (v(3).var("COMPATIBLE", "<3"), Mortal::before(&engine, "start shop-api-1-next"));
    assert!(mortal.live(Operator::new(&breaking, &mortal).deploy()).await.is_none());
    assert_eq!(in_the_way(&current, &engine, Some("v1")).await, ["v3"]);
    assert_eq!(in_the_way(&current, &engine, None).await, ["v3"], "nor can v2 be returned to");
}

#[tokio::test(start_paused = true)]
async fn a_killed_update_is_recorded_by_whoever_takes_its_lock_over() {
    for (call, migrated) in [("start shop-migrate-1-next", false), ("start shop-api-1-next", true)] {
        let engine = at_v2().await;
        let mortal = Mortal::before(&engine, call);
        assert!(mortal.live(Operator::new(&v(3), &mortal).deploy()).await.is_none());
        let project = v(2).stack().project;
        let mut dead = Standing::find(&engine, &project).await.unwrap().unwrap();
        dead.progress = Some(Progress { command: "deploy v3".into(), steps: 28, done: 4, ..Progress::default() });
        let (there, store) = (engine.containers(&project).await.unwrap(), Store::new(&engine, project.clone()));
        let migrations = ["migrate".parse().unwrap()].into();
        let now = dead.holder.since.unwrap();
        store.save_killed(&dead, &there, &migrations, now).await.unwrap().unwrap();
        let history = Operator::new(&v(2), &engine).history().await;
        let last = history.releases.last().unwrap();
        assert_eq!((last.number, last.version.as_deref(), last.migration.is_some()), (3, Some("v3"), migrated));
        let why = last.outcome.why().unwrap();
        assert!(why.starts_with("killed after at least 4 of 28 steps"), "{why}");
        assert_eq!(why.contains("the migration of v3 had begun"), migrated, "{why}");
        assert_eq!(why.contains("medianestctl-before-update-2.dump"), migrated, "{why}");
        assert!(store.save_killed(&dead, &there, &migrations, now).await.unwrap().is_none(), "once");
    }
}

/// From everywhere that a killed update leaves, the way back is to what was current.
#[tokio::test(start_paused = true)]
async fn after_a_killed_update_the_way_back_is_to_the_current_release() {
    let start = async || {
        let engine = at_v2().await;
        let begun = engine.changes().len();
        (engine, begun)
    };
    let (engine, begun) = start().await;
    v(3).deploy(&engine).await.unwrap();
    let calls = engine.changes().split_off(begun);
    let first = calls.iter().position(|call| call == "create container shop-medianestctl-lock").unwrap();
    let started = calls.iter().position(|call| call == "start shop-api-1-next").unwrap();
    let last = calls.iter().rposition(|call| call.starts_with("put shop-medianestctl-state")).unwrap();
    for n in first + 1..=last {
        // Before anything else runs a name leads to what it says.
        let wanted = if n <= started { None } else { [None, Some("2"), Some("v2")][n % 3] };
        let (engine, _) = start().await;
        let mortal = Mortal::after(&engine, u64::try_from(n).unwrap());
        assert!(mortal.live(Operator::new(&v(3), &mortal).deploy()).await.is_none());
        crate::support::tell(&format!("killed after {:?}, rollback {wanted:?}", engine.changes().last()));
        let watched = Watched::shop(&engine);
        watched.look("the kill").await;
        v(3).rollback(&watched, wanted).await.unwrap();
        watched.assert_served();
        assert_settled(&v(2), &engine).await;
    }
    // Where what is current runs, there is nothing to do for it.
    let (engine, begun) = start().await;
    assert!(v(2).rollback(&engine, Some("2")).await.unwrap().finished.is_none());
    assert_eq!(engine.changes().len(), begun);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_was_not_tidied_up_serves_and_can_be_taken_back() {
    let engine = at_v2().await.fail_on("rename shop-api-2 ", Fault::Error);
    let failure = v(3).deploy(&engine).await.unwrap_err().step();
    assert!(failure.serves && matches!(failure.error, StepError::Engine(_)), "{failure:?}");
    let attempt = Operator::new(&v(3), &engine).history().await.releases.pop().unwrap();
    assert!(matches!(&attempt.outcome, Outcome::Unfinished { why } if why.starts_with("rename")), "{:?}", attempt.outcome);
    assert!(!attempt.came_about());
    v(3).rollback(&engine, None).await.unwrap();
    assert_settled(&v(2), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_was_chosen_before_somebody_else_deployed_is_chosen_again() {
    let engine = at_v2().await;
    let (stack, operator) = (v(1).stack(), v(2));
    let way_back = async |chosen| {
        let observed = Operator::new(&operator, &engine).look().await.unwrap().observed;
        plan::way_back(&stack, &observed, &Contents::default(), &DeployOptions::default(), chosen).map(drop)
    };
    let overtaken = |outcome| matches!(outcome, Err(PlanError::Overtaken { .. }));
    assert!(!overtaken(way_back((Some(2), 2)).await));
    let engine = &engine;
    v(3).deploy(engine).await.unwrap();
    assert!(overtaken(way_back((Some(2), 2)).await), "another release is current");
    assert!(overtaken(way_back((Some(3), 2)).await), "an attempt was made");
}
