//! What a record says after a deploy, after one that failed, and what can be brought back from it.

use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::model::{ServiceName, Stack};
use medianestctl::state::{Outcome, Release, StateError, Store, archive};

use crate::support::{Operator, Project, assert_settled, shop, shop_engine, stocked};

pub const HOLDER: &str = "shop-medianestctl-state";
pub const VOLUME: &str = "/shop_medianestctl";

/// A value of the environment that stands nowhere else.
pub const VALUE: &str = "tell-nobody-4711";

/// The shop in that version, with a value in its environment that nobody must see.
pub fn project(version: &str) -> Project {
    shop().var("VERSION", version).var("LOG_LEVEL", VALUE)
}

pub async fn deployed(versions: &[&str]) -> FakeEngine {
    let mut engine = shop_engine();
    for version in versions {
        engine = stocked(engine, &project(version).stack());
        project(version).deploy(&engine).await.unwrap();
    }
    engine
}

pub async fn put(engine: &FakeEngine, path: &str, content: &[u8]) {
    let mut archive = archive::Archive::default();
    archive.file(path, 0, 0, 0o600, content).unwrap();
    engine.put_archive(HOLDER, VOLUME, archive.finish().unwrap()).await.unwrap();
}

/// The files of the state volume with their content and permission bits.
pub async fn volume(engine: &FakeEngine) -> Vec<(String, Vec<u8>, u32)> {
    use std::io::Read as _;
    let tar = engine.get_archive(HOLDER, VOLUME).await.unwrap().unwrap();
    let mut found = Vec::new();
    for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type() == tar::EntryType::Regular {
            let path = entry.path().unwrap().to_string_lossy().split_once('/').unwrap().1.to_owned();
            let mode = entry.header().mode().unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            found.push((path, content, mode));
        }
    }
    found
}

fn service(name: &str) -> ServiceName {
    name.parse().unwrap()
}

async fn history(engine: &FakeEngine) -> Vec<Release> {
    let project = shop();
    let history = Operator::new(&project, engine).history().await;
    assert!(history.unreadable.is_empty(), "{:?}", history.unreadable);
    history.releases
}

fn unhealthy() -> FakeImage {
    FakeImage::unchecked(Behaviour::NeverHealthy { output: "no route to the database".into() })
}

#[tokio::test(start_paused = true)]
async fn a_record_says_what_a_release_is_made_of() {
    let engine = deployed(&["v1", "v2"]).await;
    let releases = history(&engine).await;
    let [first, second] = releases.as_slice() else { panic!("two releases: {releases:#?}") };
    assert_eq!(
        (first.number, first.version.as_deref(), second.number, second.version.as_deref()),
        (1, Some("v1"), 2, Some("v2"))
    );
    assert_eq!((&first.outcome, &*first.by, &*first.command), (&Outcome::Deployed, "ann@laptop", "deploy"));
    assert!(first.took_ms.is_some() && first.stack.is_some() && first.stack != second.stack);

    let there = engine.containers(&shop().stack().project).await.unwrap();
    let api = &second.services[&service("api")];
    assert_eq!((&*api.image, api.replicas), ("shop/api:v2", 2));
    for container in there.iter().filter(|c| c.service() == Some(service("api")) && c.state.is_running()) {
        assert_eq!(api.image_id.as_ref(), Some(&container.image_id));
        assert_eq!(api.config_hashes.get(&container.number().unwrap()).map(String::as_str), container.config_hash());
        assert!(!container.volumes.is_empty() && container.volumes.is_subset(&api.volumes), "{:?}", api.volumes);
    }
    // What the second deploy left alone is recorded as it was found.
    let db = there.iter().find(|c| c.service() == Some(service("db"))).unwrap();
    assert_eq!(second.services[&service("db")].config_hash(), db.config_hash());
    assert!(!second.services[&service("db")].volumes.contains("shop_data"), "data is no file set");
    assert_eq!(second.services[&service("db")].volumes.len(), 1);

    let job = second.migration.as_ref().expect("the stack has a migration");
    let container = there.iter().find(|c| c.name == "shop-migrate-1").unwrap();
    assert_eq!(job.key(), format!("{} {}", container.config_hash().unwrap(), container.image_id));
    let kept = Operator::new(&project("v2"), &engine).look().await.unwrap().observed.kept;
    assert_eq!((kept.release, kept.last), (Some(2), 2));
}

#[tokio::test(start_paused = true)]
async fn a_release_comes_back_from_its_record_as_it_was() {
    let engine = deployed(&["v1", "v2"]).await;
    for (number, version) in [(1, "v1"), (2, "v2")] {
        let project = project(version);
        let loaded = Store::new(&engine, project.stack().project).everything().await.unwrap().unwrap().load(number).unwrap();
        assert_eq!(loaded.stack, project.stack(), "environment and configs included");
        assert_eq!(loaded.release.number, number);
        for (name, content) in &project.secrets {
            assert_eq!(loaded.versions.secrets[name].1.expose(), content);
            assert_eq!(loaded.versions.secrets[name].0, loaded.release.secrets[name]);
        }
        let configs: Vec<_> = loaded.versions.configs.keys().map(ToString::to_string).collect();
        assert_eq!(configs, ["settings", "upstreams"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_bundled_stack_comes_back_too() {
    let project = Project::bundled();
    let stack = project.stack();
    let engine = stocked(FakeEngine::new(), &stack);
    project.deploy(&engine).await.unwrap();
    let loaded = Store::new(&engine, stack.project.clone()).everything().await.unwrap().unwrap().load(1).unwrap();
    assert_eq!(loaded.stack, stack);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_or_damaged_is_told_and_nothing_is_made_up() {
    let engine = deployed(&["v1"]).await;
    let project = project("v1");
    let store = Store::new(&engine, project.stack().project);
    let load = async |number: u64| store.everything().await.unwrap().unwrap().load(number);
    let why = async |number: u64| match load(number).await.unwrap_err() {
        StateError::Incomplete { what, .. } => what,
        other => panic!("{other:?}"),
    };
    assert!(matches!(load(7).await.unwrap_err(), StateError::NoSuchRelease { number: 7 }));
    let files = volume(&engine).await;
    for (prefix, expected) in [
        ("stacks/", "its stack is gone or damaged"),
        ("secrets/db_password/", "secret `db_password` is gone or damaged"),
        ("configs/settings/", "config `settings` is gone or damaged"),
    ] {
        let (path, content, _) = files.iter().find(|(path, ..)| path.starts_with(prefix)).unwrap();
        for damaged in [&b""[..], &content[..content.len() - 1]] {
            put(&engine, path, damaged).await;
            assert_eq!(why(1).await, expected);
        }
        put(&engine, path, content).await;
    }
    assert!(load(1).await.is_ok());
    put(&engine, "releases/000002.json", include_bytes!("../fixtures/release-schema-1.json")).await;
    assert!(why(2).await.contains("kept no stack"));
    put(&engine, "releases/000001.json", b"").await;
    assert!(matches!(load(1).await.unwrap_err(), StateError::NoSuchRelease { number: 1 }));
}

#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_read_are_told_and_pruned_ones_passed_over() {
    let engine = deployed(&["v1", "v2"]).await;
    put(&engine, "releases/000003.json", b"{\"schema\": 3}").await;
    put(&engine, "releases/000001.json", b"").await;
    let calls = engine.calls().len();
    let project = shop();
    let history = Operator::new(&project, &engine).history().await;
    assert_eq!(engine.calls().len() - calls, 1, "one call for all records");
    assert_eq!(history.releases.iter().map(|r| r.number).collect::<Vec<_>>(), [2]);
    assert_eq!(history.unreadable.iter().map(|u| u.file.as_str()).collect::<Vec<_>>(), ["releases/000003.json"]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_and_is_taken_back_is_recorded_and_changes_nothing_else() {
    let engine = deployed(&["v1"]).await.with_image("shop/api:v2", unhealthy());
    for number in [2, 3] {
        project("v2").deploy(&engine).await.unwrap_err().step();
        let last = history(&engine).await.pop().unwrap();
        assert_eq!((last.number, last.version.as_deref(), last.stack.clone()), (number, Some("v2"), None));
        let Outcome::RolledBack { why } = &last.outcome else { panic!("{:?}", last.outcome) };
        assert!(why.contains("container shop-api-1-next did not become healthy within 90 s"), "{why}");
    }
    let v1 = project("v1");
    let kept = Operator::new(&v1, &engine).look().await.unwrap().observed.kept;
    assert_eq!((kept.release, kept.last, kept.version.as_deref()), (Some(1), 3, Some("v1")));

    // The next that comes about has a number of its own, and so have the attempts.
    let engine = engine.with_image("shop/api:v2", FakeImage::unchecked(Behaviour::default()));
    project("v2").deploy(&engine).await.unwrap();
    assert_settled(&project("v2"), &engine).await;
    let numbers: Vec<_> = history(&engine).await.iter().map(|r| (r.number, r.outcome.word())).collect();
    assert_eq!(numbers, [(1, "deployed"), (2, "rolled back"), (3, "rolled back"), (4, "deployed")]);
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_that_fails_is_recorded_as_one() {
    let engine = shop_engine().with_image("shop/api:v1", unhealthy());
    project("v1").deploy(&engine).await.unwrap_err().step();
    let releases = history(&engine).await;
    assert!(matches!(&releases[..], [Release { number: 1, outcome: Outcome::Failed { .. }, .. }]), "{releases:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_touches_nothing_is_no_attempt() {
    let engine = deployed(&["v1"]).await;
    // No registry has it.
    project("v9").deploy(&engine).await.unwrap_err();
    assert_eq!(history(&engine).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_written_once_while_it_is_the_same() {
    let engine = deployed(&["v1"]).await;
    let stacks = async || volume(&engine).await.into_iter().filter(|(path, ..)| path.starts_with("stacks/")).count();
    assert_eq!(stacks().await, 1);
    // Another secret: another release of the same stack.
    project("v1").secret("api_token", "another token").deploy(&engine).await.unwrap();
    let releases = history(&engine).await;
    assert_eq!((releases.len(), stacks().await), (2, 1));
    assert_eq!(releases[0].stack, releases[1].stack);
    assert_ne!(releases[0].secrets, releases[1].secrets);
}

#[tokio::test(start_paused = true)]
async fn values_lie_in_files_for_root_alone_and_in_no_record() {
    let engine = deployed(&["v1"]).await.with_image("shop/api:v2", unhealthy());
    project("v2").deploy(&engine).await.unwrap_err();
    let (mut records, mut stacks) = (0, 0);
    for (path, content, mode) in volume(&engine).await {
        assert_eq!(mode & 0o777, 0o600, "{path}");
        let text = String::from_utf8_lossy(&content);
        let tells = |value: &str| text.contains(value);
        if path.starts_with("stacks/") {
            stacks += 1;
            assert!(tells(VALUE), "the environment is kept");
            assert!(!tells("correct horse") && !tells("battery staple") && !tells("colour"), "{path}");
        } else if path.starts_with("releases/") {
            records += 1;
            assert!(tells("LOG_LEVEL") && tells("POSTGRES_PASSWORD_FILE"), "names are told");
            for value in [VALUE, "correct horse", "battery staple", "colour", "/run/secrets/db_password"] {
                assert!(!tells(value), "{value} stands in {path}");
            }
        }
    }
    assert_eq!((records, stacks), (2, 1));
}

/// The stack's file has a version, and says what the stack was.
#[tokio::test(start_paused = true)]
async fn the_stack_is_kept_in_a_format_with_a_version() {
    let engine = deployed(&["v1"]).await;
    let files = volume(&engine).await;
    let (_, content, _) = files.iter().find(|(path, ..)| path.starts_with("stacks/")).unwrap();
    let document: serde_json::Value = serde_json::from_slice(content).unwrap();
    assert_eq!(document["schema"], 1);
    let stack: Stack = serde_json::from_value(document["stack"].clone()).unwrap();
    assert!(stack.configs.values().all(|config| config.content.is_empty()), "contents are kept by version");
}

/// The engine removes a file before it writes it again: what breaks off in between takes it from every release that shares it.
#[tokio::test(start_paused = true)]
async fn what_other_releases_share_is_not_written_again() {
    let engine = deployed(&["v1"]).await;
    let kinds = ["secrets/", "configs/", "stacks/"];
    let shared: Vec<_> =
        volume(&engine).await.into_iter().filter(|(path, ..)| kinds.iter().any(|k| path.starts_with(k))).collect();
    // Its mode tells a file that was left alone.
    for (path, content, _) in &shared {
        let mut archive = archive::Archive::default();
        archive.file(path, 0, 0, 0o640, content).unwrap();
        engine.put_archive(HOLDER, VOLUME, archive.finish().unwrap()).await.unwrap();
    }
    project("v2").deploy(&engine).await.unwrap();
    project("v2").rollback(&engine, None).await.unwrap();
    let now = volume(&engine).await;
    for (path, content, _) in &shared {
        let (_, there, mode) = now.iter().find(|(name, ..)| name == path).unwrap();
        assert!(there == content && mode & 0o777 == 0o640, "{path}: {mode:o}");
    }
    assert!(shared.len() >= 5, "{shared:?}");
    // One that is damaged is made whole by the next release that has it.
    let (path, content, _) = shared.iter().find(|(path, ..)| path.starts_with("secrets/")).unwrap();
    put(&engine, path, b"torn").await;
    project("v2").deploy(&engine).await.unwrap();
    assert_eq!(&volume(&engine).await.iter().find(|(name, ..)| name == path).unwrap().1, content);
}
