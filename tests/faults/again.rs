//! Replicas that passed their gates and ended while others were replaced; containers that people remove in the middle.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine};
use medianestctl::event::Event;
use medianestctl::execute::{Failure, StepError, Undone};

use crate::support::{Operator, Project, Watched, assert_settled, ids, shop, shop_but, shop_engine};

const REPLICAS: &str = "deploy: {replicas: \"${REPLICAS:-2}\"}";

fn v2(project: &Project) -> Project {
    project.clone().var("VERSION", "v2")
}

async fn running(project: &Project) -> FakeEngine {
    let engine = shop_engine();
    project.deploy(&engine).await.unwrap();
    engine
}

/// An update in which `hand` is laid on the engine as soon as the step `begun` (verb and object) begins.
async fn meddled(
    project: &Project,
    engine: &FakeEngine,
    begun: &'static str,
    hand: impl Fn(&FakeEngine) -> bool + Send + Sync,
) -> Result<(), Box<Failure>> {
    let done = AtomicBool::new(false);
    let mut operator = Operator::new(project, engine);
    operator.on_event = Box::new(|event| {
        if let Event::StepStarted { verb, object, .. } = event
            && format!("{verb} {object}") == begun
            && !done.swap(true, Relaxed)
        {
            assert!(hand(engine), "the container is there");
        }
    });
    let answer = operator.deploy().await.map(|_| ()).map_err(|e| e.step());
    drop(operator);
    assert!(done.load(Relaxed), "no step `{begun}`");
    answer
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_ends_after_its_window_takes_the_update_back() {
    for (monitor, after, policy) in [(1, 2, "\"no\""), (1, 2, "unless-stopped"), (5, 8, "\"no\"")] {
        let extra = format!("deploy: {{replicas: 2, update_config: {{monitor: {monitor}s}}}}");
        let restart = "environment: {LOG_LEVEL";
        let project = shop_but(&[
            (REPLICAS, &extra),
            ("restart: unless-stopped\n    environment: {LOG_LEVEL", &format!("restart: {policy}\n    {restart}")),
        ]);
        let engine = running(&project).await;
        let before = ids(&engine, &project.stack()).await;
        let crash = Behaviour::ExitsWith { code: 3, after: Duration::from_secs(after), log: vec!["out of ideas".into()] };
        let engine = engine.with_script_for("shop-api-1-next", crash);
        let failure = v2(&project).deploy(&engine).await.unwrap_err().step();
        let StepError::Unhealthy { container, why, .. } = &failure.error else { panic!("{failure:?}") };
        assert_eq!(container, "shop-api-1-next");
        assert!(why.starts_with("was healthy and did not stay so: it ended"), "{why}");
        assert_eq!(failure.undone, Undone::Completely(vec!["shop-api-1-failed".into()]), "kept for inspection");
        let after = ids(&engine, &project.stack()).await;
        for name in ["shop-api-1", "shop-api-2"] {
            assert_eq!(after.get(name), before.get(name));
            assert!(engine.container(name).await.unwrap().unwrap().state.is_running(), "{name} runs");
        }
        Watched::shop(&engine).look("the end").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_removed_by_hand_takes_the_update_back_before_the_next_old_one_goes() {
    for begun in ["stop container shop-api-1", "start container shop-api-2-next", "stop container shop-api-2"] {
        let engine = running(&shop()).await;
        let stops = |engine: &FakeEngine| engine.changes().iter().filter(|c| *c == "stop shop-api-2").count();
        let failure = meddled(&v2(&shop()), &engine, begun, |e| e.remove_by_hand("shop-api-1-next")).await.unwrap_err();
        assert!(matches!(failure.error, StepError::Unhealthy { .. }), "{failure:?}");
        assert!(failure.to_string().contains("did not stay so: it is gone"), "{failure}");
        assert!(matches!(failure.undone, Undone::Completely(_)), "{begun}: {failure:?}");
        assert_eq!(stops(&engine), 0, "{begun}: the last old one was never stopped");
        for name in ["shop-api-1", "shop-api-2"] {
            assert!(engine.container(name).await.unwrap().unwrap().state.is_running(), "{begun}: {name} runs");
        }
        Watched::shop(&engine).look("the end").await;
        shop().deploy(&engine).await.unwrap();
        assert_settled(&shop(), &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_replica_that_is_removed_by_hand_is_one_less_to_stop() {
    for begun in ["start container shop-api-1-next", "stop container shop-api-2"] {
        for policy in ["always", "unless-stopped"] {
            let extra = "environment: {LOG_LEVEL";
            let project =
                shop_but(&[("restart: unless-stopped\n    environment: {LOG_LEVEL", &format!("restart: {policy}\n    {extra}"))]);
            let engine = running(&project).await;
            meddled(&v2(&project), &engine, begun, |e| e.remove_by_hand("shop-api-2")).await.unwrap();
            assert!(engine.container("shop-api-2-previous").await.unwrap().is_none(), "there is no such way back");
            assert_settled(&v2(&project), &engine).await;
        }
    }
}
