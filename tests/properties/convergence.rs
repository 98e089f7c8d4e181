//! Whatever has happened to a stack, one good deploy brings it about, and the next has nothing to do.

use std::collections::BTreeSet;
use std::time::Duration;

use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage, Fault};
use medianestctl::model::label;
use proptest::prelude::*;
use tokio::time::advance;

use super::shape::{Bones, Flesh, Form, Update, bones, flesh, project};
use crate::support::{Mortal, Operator, Project, assert_settled, containers, stocked};

/// Something that happens to a stack.
#[derive(Debug, Clone)]
enum Accident {
    Deployed(Flesh),
    KilledAfter(Flesh, u64),
    Failed(Flesh, u64, bool),
    NeverHealthy(Flesh, usize),
    Stopped(usize),
    Killed(usize),
    Removed(usize),
    /// `docker container prune`
    Pruned,
    AllStopped,
    AllStarted,
    TakenDown,
    Passed(u64),
}

fn accident() -> impl Strategy<Value = Accident> {
    let any_container = 0..20usize;
    prop_oneof![
        3 => flesh().prop_map(Accident::Deployed),
        6 => (flesh(), 0..90u64).prop_map(|(flesh, calls)| Accident::KilledAfter(flesh, calls)),
        4 => (flesh(), 1..90u64, any::<bool>()).prop_map(|(flesh, call, lost)| Accident::Failed(flesh, call, lost)),
        2 => (flesh(), 0..6usize).prop_map(|(flesh, which)| Accident::NeverHealthy(flesh, which)),
        1 => any_container.clone().prop_map(Accident::Stopped),
        1 => any_container.clone().prop_map(Accident::Killed),
        1 => any_container.prop_map(Accident::Removed),
        1 => Just(Accident::Pruned),
        1 => Just(Accident::AllStopped),
        1 => Just(Accident::AllStarted),
        1 => Just(Accident::TakenDown),
        1 => (1..300u64).prop_map(Accident::Passed),
    ]
}

/// The images of one deploy; the jobs of a stack succeed.
pub fn provide(engine: &FakeEngine, project: &Project) {
    let _ = stocked(engine.clone(), &project.stack());
}

async fn happen(engine: &FakeEngine, bones: &Bones, accident: &Accident) {
    let nth = async |n: usize| {
        let stack = project(bones, &any_flesh()).stack();
        let there = containers(engine, &stack).await;
        there.get(n % there.len().max(1)).map(|c| c.name.clone())
    };
    let some = project(bones, &any_flesh());
    let operator = Operator::new(&some, engine);
    // Most of these fail in one way or another, which is what they are for.
    match accident {
        Accident::Deployed(flesh) => {
            let project = project(bones, flesh);
            provide(engine, &project);
            project.deploy(engine).await.unwrap();
            assert_settled_but_for_orphans(&project, engine).await;
        }
        Accident::KilledAfter(flesh, calls) => {
            let project = project(bones, flesh);
            provide(engine, &project);
            let mortal = Mortal::after(engine, *calls);
            let _ = mortal.live(Operator::new(&project, &mortal).deploy()).await;
        }
        Accident::Failed(flesh, call, lost) => {
            let project = project(bones, flesh);
            provide(engine, &project);
            let fault = if *lost { Fault::LoseAnswer } else { Fault::Error };
            let before = u64::try_from(engine.changes().len()).unwrap();
            let _ = project.deploy(&engine.clone().fail_call(before + call, fault)).await;
            // A fault that was not met must not strike later.
            while u64::try_from(engine.changes().len()).unwrap() < before + call {
                let _ = engine.remove_volume("no-such-volume").await;
            }
        }
        Accident::NeverHealthy(flesh, which) => {
            let mut project = project(bones, flesh);
            provide(engine, &project);
            project.patience = Some(Duration::from_secs(3));
            let service = project.stack().services.into_values().nth(*which);
            let sick = FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() });
            if let Some(service) = service {
                let _ = engine.clone().with_image(&service.image.to_string(), sick);
            }
            let _ = project.deploy(engine).await;
        }
        Accident::Stopped(n) => {
            if let Some(name) = nth(*n).await {
                engine.stop(&name, Duration::from_secs(1)).await.unwrap();
            }
        }
        Accident::Killed(n) => {
            if let Some(name) = nth(*n).await {
                let _ = engine.kill(&name, "KILL").await;
            }
        }
        Accident::Removed(n) => {
            if let Some(name) = nth(*n).await {
                engine.remove_container(&name, true).await.unwrap();
            }
        }
        Accident::Pruned => {
            let stack = some.stack();
            let mut names: Vec<_> =
                containers(engine, &stack).await.into_iter().filter(|c| !c.state.is_running()).map(|c| c.name).collect();
            names.push("zoo-medianestctl-state".into());
            for name in names {
                let _ = engine.remove_container(&name, false).await;
            }
        }
        Accident::AllStopped => drop(operator.stop(&[]).await),
        Accident::AllStarted => drop(operator.start(&[]).await),
        Accident::TakenDown => drop(operator.down(false).await.unwrap()),
        Accident::Passed(seconds) => advance(Duration::from_secs(*seconds)).await,
    }
}

/// For what needs a project and asks nothing of its flesh.
fn any_flesh() -> Flesh {
    let update = Update { order: None, parallelism: None };
    let form = Form { replicas: 1, tag: 1, setting: 0, secret: true, config: false, restarts: false, healthy: false, update };
    Flesh { services: vec![form; 6], routed: vec![false; 6], verify: false, secret: 0, config: 0 }
}

/// The proxy is the one service that comes and goes: where it is gone from the files it is noted, and nobody's.
pub async fn assert_settled_but_for_orphans(project: &Project, engine: &FakeEngine) {
    let stack = project.stack();
    for container in containers(engine, &stack).await {
        if container.service().is_some_and(|s| !stack.services.contains_key(&s)) {
            engine.remove_container(&container.name, true).await.unwrap();
            // What the hint of the note says; the volumes that only it used go with the next deploy.
            project.deploy(engine).await.unwrap();
        }
    }
    assert_settled(project, engine).await;
}

async fn data_volumes(engine: &FakeEngine) -> BTreeSet<String> {
    let data = |l: &medianestctl::model::Labels| l.get(label::ROLE).is_some_and(|role| role == "data" || role == "state");
    engine.volumes().await.unwrap().into_iter().filter(|v| data(&v.labels)).map(|v| v.name).collect()
}

async fn life(bones: &Bones, accidents: &[Accident], last: &Flesh) {
    let engine = FakeEngine::new();
    let mut data = BTreeSet::new();
    for accident in accidents {
        happen(&engine, bones, accident).await;
        let now = data_volumes(&engine).await;
        assert!(data.is_subset(&now), "data is gone: {data:?}, {now:?}");
        data = now;
    }
    let project = project(bones, last);
    provide(&engine, &project);
    project.deploy(&engine).await.unwrap();
    assert_settled_but_for_orphans(&project, &engine).await;
    assert!(data.is_subset(&data_volumes(&engine).await));
}

pub fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn one_good_deploy_mends_whatever_has_happened(
        bones in bones(),
        accidents in prop::collection::vec(accident(), 0..5),
        last in flesh(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(life(&bones, &accidents, &last));
    }
}
