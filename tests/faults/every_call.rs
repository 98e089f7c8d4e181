//! Each single call that changes something fails, or loses its answer, or is the last one before a kill: the next deploy
//! converges, and until then the site serves.

use medianestctl::engine::fake::{FakeEngine, Fault};

use crate::support::{Mortal, Operator, Project, assert_settled, containers, shop, shop_engine, tell};

fn v2() -> Project {
    shop().var("VERSION", "v2")
}

async fn fresh() -> FakeEngine {
    shop_engine()
}

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

/// Changing calls of a deploy without faults.
async fn calls(engine: FakeEngine, project: &Project) -> u64 {
    let before = engine.changes().len();
    project.deploy(&engine).await.unwrap();
    u64::try_from(engine.changes().len() - before).unwrap()
}

/// Every service has a container that runs.
async fn assert_serves(engine: &FakeEngine, project: &Project) {
    let there = containers(engine, &project.stack()).await;
    for service in ["db", "api", "proxy"] {
        let serves = there.iter().any(|c| c.service().is_some_and(|s| s.as_str() == service) && c.state.is_running());
        assert!(serves, "{service} serves");
    }
}

async fn fail_each(start: impl AsyncFn() -> FakeEngine, project: &Project, fault: Fault, serves: bool) {
    let last = calls(start().await, project).await;
    for n in 1..=last {
        let engine = start().await;
        let before = u64::try_from(engine.changes().len()).unwrap();
        let engine = engine.fail_call(before + n, fault);
        let outcome = project.deploy(&engine).await;
        let call = engine.changes().get(usize::try_from(before + n - 1).unwrap()).cloned();
        tell(&format!("call {n} of {last}, {call:?}: {}", outcome.map_or_else(|e| format!("{e:?}"), |_| "done".into())));
        if serves {
            assert_serves(&engine, project).await;
        }
        project.deploy(&engine).await.unwrap();
        assert_settled(project, &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_with_a_failed_call() {
    fail_each(fresh, &shop(), Fault::Error, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_with_a_lost_answer() {
    fail_each(fresh, &shop(), Fault::LoseAnswer, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_with_a_call_that_hangs() {
    fail_each(fresh, &shop(), Fault::Hang, false).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_with_a_failed_call() {
    fail_each(running, &v2(), Fault::Error, true).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_with_a_lost_answer() {
    fail_each(running, &v2(), Fault::LoseAnswer, true).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_with_a_call_that_hangs() {
    fail_each(running, &v2(), Fault::Hang, true).await;
}

#[tokio::test(start_paused = true)]
async fn scaling_and_new_secrets_with_a_failed_call() {
    let project = shop().var("REPLICAS", "3").secret("api_token", "tick tock");
    fail_each(running, &project, Fault::Error, true).await;
    fail_each(running, &project, Fault::LoseAnswer, true).await;
    let project = shop().var("REPLICAS", "1").file("settings.json", "{}");
    fail_each(running, &project, Fault::Error, true).await;
    fail_each(running, &project, Fault::LoseAnswer, true).await;
}

/// Kills each deploy before each of its calls; then `next` is deployed.
async fn kill_before_each(start: impl AsyncFn() -> FakeEngine, killed: &Project, next: &Project, serves: bool) {
    let last = calls(start().await, killed).await;
    for n in 0..last {
        let engine = start().await;
        let mortal = Mortal::after(&engine, n);
        let ended = mortal.live(Operator::new(killed, &mortal).deploy()).await;
        tell(&format!("killed after {n} of {last} calls, the last one {:?}", engine.changes().last()));
        assert!(ended.is_none());
        if serves {
            assert_serves(&engine, killed).await;
        }
        next.deploy(&engine).await.unwrap();
        assert_settled(next, &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_that_is_killed() {
    kill_before_each(fresh, &shop(), &shop(), false).await;
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_that_is_killed_and_followed_by_another_version() {
    kill_before_each(fresh, &shop(), &v2().var("REPLICAS", "1"), false).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_killed() {
    kill_before_each(running, &v2(), &v2(), true).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_killed_and_given_up() {
    kill_before_each(running, &v2(), &shop(), true).await;
}

#[tokio::test(start_paused = true)]
async fn scaling_that_is_killed_and_given_up() {
    let project = shop().var("REPLICAS", "3").secret("api_token", "tick tock");
    kill_before_each(running, &project, &shop(), true).await;
    let project = shop().var("REPLICAS", "1").file("settings.json", "{}");
    kill_before_each(running, &project, &shop(), true).await;
}

#[tokio::test(start_paused = true)]
async fn a_kill_while_the_last_kill_is_made_good() {
    let last = calls(running().await, &v2()).await;
    for n in (0..last).step_by(3) {
        for m in (1..last).step_by(4) {
            let engine = running().await;
            for calls in [n, m] {
                let (project, mortal) = (v2(), Mortal::after(&engine, calls));
                let _ = mortal.live(Operator::new(&project, &mortal).deploy()).await;
            }
            tell(&format!("killed after {n} calls, then after {m}"));
            assert_serves(&engine, &v2()).await;
            v2().deploy(&engine).await.unwrap();
            assert_settled(&v2(), &engine).await;
        }
    }
}
