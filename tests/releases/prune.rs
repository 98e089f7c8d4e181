//! What `prune` removes, and what it never does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::engine::{ContainerSpec, Engine, VolumeSpec};
use medianestctl::model::{HOLDER_IMAGE, Labels, Mount, MountSource, label};
use medianestctl::plan::{Action, PlanError, Prunable, prune};
use medianestctl::state::{Store, retention};
use proptest::prelude::*;

use super::records::{deployed, project, put, volume};
use crate::support::{Mortal, Operator, Project, Trouble, assert_settled, shop};

/// The files with content of one kind.
async fn kept(engine: &FakeEngine, kind: &str) -> Vec<String> {
    let files = volume(engine).await.into_iter().filter(|(path, content, _)| path.starts_with(kind) && !content.is_empty());
    files.map(|(path, ..)| path).collect()
}

/// Releases of the shop, each with another token; the last one runs.
async fn history(count: usize) -> FakeEngine {
    let engine = deployed(&["v1"]).await;
    for number in 1..count {
        project("v1").secret("api_token", &format!("token number {number}")).deploy(&engine).await.unwrap();
    }
    engine
}

fn volume_spec(name: &str, labels: &[(&str, &str)]) -> VolumeSpec {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    VolumeSpec { name: name.into(), labels, driver: None, driver_opts: BTreeMap::new() }
}

/// A container of the shop's api under that name, made like one that is there.
async fn put_aside(engine: &FakeEngine, name: &str, change: impl FnOnce(&mut Labels), volumes: &[&str]) {
    let there = engine.container("shop-api-1").await.unwrap().unwrap();
    let mut labels = there.labels;
    change(&mut labels);
    let mount =
        |name: &&str| Mount { source: MountSource::Volume(name.parse().unwrap()), target: format!("/{name}"), read_only: true };
    let spec = ContainerSpec::holder(name.into(), there.image, labels, volumes.iter().map(mount).collect());
    engine.create_container(&spec).await.unwrap();
}

async fn volumes(engine: &FakeEngine) -> BTreeSet<String> {
    engine.volumes().await.unwrap().into_iter().map(|v| v.name).collect()
}

#[tokio::test(start_paused = true)]
async fn records_beyond_the_kept_ones_go_with_what_only_they_needed() {
    let engine = history(5).await;
    assert_eq!((kept(&engine, "releases/").await.len(), kept(&engine, "secrets/api_token/").await.len()), (5, 5));
    let project = project("v1").secret("api_token", "token number 4");
    let operator = Operator::new(&project, &engine);
    let done = operator.prune(2).await.unwrap();
    assert_eq!(done.plan.steps.len(), 1, "{}", done.plan.to_text());

    assert_eq!(kept(&engine, "releases/").await, ["releases/000004.json", "releases/000005.json"]);
    assert_eq!(kept(&engine, "secrets/api_token/").await.len(), 2);
    assert_eq!(kept(&engine, "secrets/db_password/").await.len(), 1, "what every release uses stays");
    let everything = Store::new(&engine, project.stack().project).everything().await.unwrap().unwrap();
    for number in [4, 5] {
        assert_eq!(everything.load(number).unwrap().stack, project.stack(), "a kept release is kept in full");
    }
    for (_, content, mode) in volume(&engine).await {
        assert!(content.is_empty() || mode & 0o777 == 0o600);
    }
    assert!(operator.prune(2).await.unwrap().finished.is_none(), "there is nothing more to do");
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn even_when_one_is_kept_there_is_one_to_return_to() {
    let engine = history(4).await;
    let project = project("v1").secret("api_token", "token number 3");
    Operator::new(&project, &engine).prune(1).await.unwrap();
    assert_eq!(kept(&engine, "releases/").await, ["releases/000003.json", "releases/000004.json"]);
    // A machine without the secrets goes on from what the engine keeps.
    let mut elsewhere = project.clone();
    elsewhere.secrets.clear();
    assert!(elsewhere.deploy(&engine).await.unwrap().finished.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_run_cut_short_is_finished_by_the_next() {
    let engine = history(4).await;
    let project = project("v1").secret("api_token", "token number 3");
    let mortal = Mortal::before(&engine, "put shop-medianestctl-state");
    assert!(mortal.live(Operator::new(&project, &mortal).prune(1)).await.is_none());
    assert_eq!(kept(&engine, "releases/").await.len(), 4);
    Operator::new(&project, &engine).prune(1).await.unwrap();
    assert_eq!(kept(&engine, "releases/").await.len(), 2);
    // Torn between contents and records: the records lead to it again.
    put(&engine, "releases/000002.json", include_bytes!("../fixtures/release-schema-1.json")).await;
    Operator::new(&project, &engine).prune(1).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_container_kept_for_inspection_goes_and_the_volume_that_only_it_mounts() {
    let unhealthy = FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() });
    let engine = deployed(&["v1"]).await.with_image("shop/api:v2", unhealthy);
    let failed = project("v2").secret("api_token", "a token that only the failed one had");
    failed.deploy(&engine).await.unwrap_err().step();
    let before = volumes(&engine).await;
    let culprit = engine.container("shop-api-1-failed").await.unwrap().expect("it is kept for inspection");
    let v1 = project("v1");
    let operator = Operator::new(&v1, &engine);
    let done = operator.prune(10).await.unwrap();
    assert!(engine.container("shop-api-1-failed").await.unwrap().is_none());
    let gone: Vec<_> = before.difference(&volumes(&engine).await).cloned().collect();
    assert_eq!(gone.len(), 1, "{}", done.plan.to_text());
    assert!(culprit.volumes.contains(&gone[0]));
    assert_eq!(kept(&engine, "releases/").await.len(), 2, "the attempt is part of the history");
    // The migration of v2 has run; a deploy of v1 sees to that, and to nothing else.
    v1.deploy(&engine).await.unwrap();
    assert_settled(&v1, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_kept_release_needs_for_a_rollback_stays() {
    let engine = deployed(&["v1", "v2"]).await;
    let project = project("v2");
    let operator = Operator::new(&project, &engine);
    let stack = operator.stack();
    let first = operator.history().await.releases.remove(0);
    let (service, api) = first.services.get_key_value("api").unwrap();
    let image = api.image_id.clone().unwrap();
    let observed = operator.look().await.unwrap().observed;
    let kept = observed.containers.iter().find(|c| c.name == "shop-api-1-previous").expect("it is kept for a way back");
    assert_eq!(kept.image_id, image);
    let store = Store::new(&engine, stack.project.clone());
    let plan = |prunable: &Prunable| prune(&stack.project, &observed, prunable, &BTreeMap::new()).unwrap();

    let prunable = store.prunable(&observed, 10).await.unwrap();
    assert!(plan(&prunable).steps.is_empty(), "{}", plan(&prunable).to_text());
    // Its release gone, nobody can be brought back with it.
    let without = Prunable {
        kept: prunable.kept.iter().filter(|(name, k)| name != service || k.image != api.image_id).cloned().collect(),
        ..prunable
    };
    let steps: Vec<_> = plan(&without).steps.into_iter().map(|s| s.action).collect();
    let remove = |name: &str| Action::RemoveContainer { container: name.into() };
    assert_eq!(steps, [remove("shop-api-1-previous"), remove("shop-api-2-previous")]);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_others_is_ever_touched() {
    let engine = history(3).await;
    let project = project("v1").secret("api_token", "token number 2");
    let foreign = |labels: &mut Labels| labels.retain(|name, _| !name.starts_with("io.medianest."));
    let other = |labels: &mut Labels| _ = labels.insert(label::PROJECT.into(), "other".into());
    put_aside(&engine, "shop-api-1-failed", foreign, &[]).await;
    put_aside(&engine, "shop-api-2-failed", other, &[]).await;
    // Ours, and no container that was put aside: the name is that of nothing.
    put_aside(&engine, "something-failed", |_| (), &[]).await;
    for spec in [
        volume_spec("shop_api-secrets-000000000000", &[]),
        volume_spec("shop_api-secrets-111111111111", &[(label::PROJECT, "other"), (label::ROLE, "files")]),
        volume_spec("shop_uploads", &[(label::PROJECT, "shop"), (label::ROLE, "data")]),
        volume_spec("shop_odd", &[(label::PROJECT, "shop")]),
    ] {
        engine.create_volume(&spec).await.unwrap();
    }
    let before = volumes(&engine).await;
    let names = async |engine: &FakeEngine| {
        let there = engine.containers(&shop().stack().project).await.unwrap();
        there.into_iter().map(|c| c.name).collect::<BTreeSet<_>>()
    };
    let containers = names(&engine).await;
    let at = engine.changes().len();
    Operator::new(&project, &engine).prune(1).await.unwrap();
    assert_eq!(volumes(&engine).await, before);
    assert_eq!(names(&engine).await, containers);
    let done = engine.changes().split_off(at);
    let [take, put, give] = &done[..] else { panic!("{done:?}") };
    assert_eq!(
        (take.as_str(), put.as_str()),
        ("create container shop-medianestctl-lock", "put shop-medianestctl-state /shop_medianestctl/")
    );
    assert!(give.starts_with("remove container"), "the lock is given back: {give}");
    assert!(engine.image(HOLDER_IMAGE).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn while_a_record_cannot_be_read_nobody_knows_what_it_needs() {
    let engine = history(4).await;
    put(&engine, "releases/000001.json", b"{}").await;
    let project = project("v1").secret("api_token", "token number 3");
    engine.create_volume(&volume_spec("shop_api-x-0", &[(label::PROJECT, "shop"), (label::ROLE, "files")])).await.unwrap();
    let done = Operator::new(&project, &engine).prune(1).await.unwrap();
    assert!(done.plan.steps.is_empty(), "{}", done.plan.to_text());
    assert!(done.plan.notes[0].message.ends_with("releases/000001.json"), "{:?}", done.plan.notes);
}

#[tokio::test(start_paused = true)]
async fn images_are_named_and_never_removed() {
    let engine = deployed(&["v1", "v2"]).await;
    let image = engine.image("shop/api:v1").await.unwrap().unwrap().id;
    for token in ["first token", "second token"] {
        project("v2").secret("api_token", token).deploy(&engine).await.unwrap();
    }
    let project = project("v2").secret("api_token", "second token");
    let done = Operator::new(&project, &engine).prune(2).await.unwrap();
    let [note] = &done.plan.notes[..] else { panic!("{:?}", done.plan.notes) };
    assert!(note.message.contains(&format!("shop/api:v1 ({})", image.short())), "{note:?}");
    assert_eq!(note.hint.clone().unwrap(), format!("remove them with `docker image rm {}`", image.short()));
    assert!(engine.image("shop/api:v1").await.unwrap().is_some());
    assert_eq!(kept(&engine, "stacks/").await.len(), 1, "the stack of v1 went with its release");
}

#[tokio::test(start_paused = true)]
async fn a_history_that_has_gone_on_is_not_pruned_by_what_was_read_before() {
    let engine = history(3).await;
    let project = project("v1").secret("api_token", "token number 2");
    let operator = Operator::new(&project, &engine);
    let observed = operator.look().await.unwrap().observed;
    let store = Store::new(&engine, operator.stack().project.clone());
    let prunable = store.prunable(&observed, 1).await.unwrap();
    project.clone().secret("api_token", "by somebody else").deploy(&engine).await.unwrap();
    let observed = operator.look().await.unwrap().observed;
    let refused = prune(&operator.stack().project, &observed, &prunable, &BTreeMap::new()).unwrap_err();
    assert!(matches!(refused, PlanError::Overtaken { .. }));
}

#[tokio::test(start_paused = true)]
async fn pruning_is_for_one_at_a_time() {
    let engine = history(3).await;
    let project = project("v1").secret("api_token", "token number 2");
    let mortal = Mortal::before(&engine, "put shop-medianestctl-state");
    let first = Operator::new(&project, &mortal);
    assert!(mortal.live(first.prune(1)).await.is_none());
    // The lock of one that does not live any more is taken over, and the work is done.
    let second = Operator::new(&project, &engine).prune(1).await;
    assert!(matches!(second, Ok(_) | Err(Trouble::Lock(_))), "{second:?}");
    assert_eq!(kept(&engine, "releases/").await.len(), 2);
}

/// One deploy of a random history.
#[derive(Debug, Clone)]
struct Deploy {
    version: &'static str,
    token: u8,
    colour: u8,
    fails: bool,
}

impl Deploy {
    fn project(&self) -> Project {
        let settings = format!("{{\"colour\": {}}}", self.colour);
        project(self.version).secret("api_token", &format!("token number {}", self.token)).file("settings.json", settings)
    }
}

fn deploys() -> impl Strategy<Value = Vec<Deploy>> {
    let one = (prop_oneof![Just("v1"), Just("v2")], 0..3u8, 0..3u8, prop::bool::weighted(0.2));
    let one = one.prop_map(|(version, token, colour, fails)| Deploy { version, token, colour, fails });
    prop::collection::vec(one, 1..8)
}

/// Whatever was deployed and whatever failed: each release that is kept can be brought back in full, what runs is left
/// alone, and what does not belong to the project is as it was.
async fn prune_after(deploys: &[Deploy], keep: u32) {
    let engine = deployed(&["v1"]).await;
    engine.create_volume(&volume_spec("shop_api-secrets-999999999999", &[(label::ROLE, "files")])).await.unwrap();
    let mut running = project("v1");
    for deploy in deploys {
        let image = format!("shop/api:{}", deploy.version);
        let unhealthy = Behaviour::NeverHealthy { output: "no".into() };
        if deploy.fails {
            // Nothing to replace, nothing to fail.
            let script =
                [1, 2].iter().fold(engine.clone(), |e, n| e.with_script_for(&format!("shop-api-{n}-next"), unhealthy.clone()));
            let failed = deploy.project().deploy(&script).await.is_err();
            [1, 2].iter().fold(engine.clone(), |e, n| e.with_script_for(&format!("shop-api-{n}-next"), Behaviour::default()));
            if failed {
                continue;
            }
        } else {
            deploy
                .project()
                .deploy(
                    &engine
                        .clone()
                        .with_image(&image, FakeImage::unchecked(Behaviour::Healthy { after: Duration::from_secs(1) })),
                )
                .await
                .unwrap();
        }
        running = deploy.project();
    }
    running.deploy(&engine).await.unwrap();
    let operator = Operator::new(&running, &engine);
    let before = operator.history().await;
    let opened = operator.opened().await.unwrap();
    let (stay, _) = retention(&before.releases, opened.head.release, keep);

    operator.prune(keep).await.unwrap();
    let after = operator.history().await;
    assert_eq!(after.releases.iter().collect::<Vec<_>>(), stay, "these and no others");
    let everything = Store::new(&engine, operator.stack().project.clone()).everything().await.unwrap().unwrap();
    for release in after.releases.iter().filter(|release| release.came_about()) {
        everything.load(release.number).unwrap();
    }
    let needed: BTreeSet<_> =
        stay.iter().filter(|r| r.came_about()).flat_map(|r| r.services.values()).flat_map(|s| &s.volumes).collect();
    let there = volumes(&engine).await;
    let current = &stay.iter().rev().find(|r| Some(r.number) == opened.head.release).unwrap().services;
    assert!(current.values().flat_map(|s| &s.volumes).all(|volume| there.contains(volume) && needed.contains(volume)));
    assert!(engine.volumes().await.unwrap().iter().any(|v| v.name == "shop_api-secrets-999999999999"));
    // The volume without our label is nobody's: what is settled is looked at without it.
    engine.remove_volume("shop_api-secrets-999999999999").await.unwrap();
    assert_settled(&running, &engine).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_can_be_brought_back(deploys in deploys(), keep in 1..4u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(prune_after(&deploys, keep));
    }
}
