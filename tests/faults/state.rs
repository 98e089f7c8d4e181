//! Records that are damaged, and access to them that is lost.

use medianestctl::engine::fake::{FakeEngine, Fault};
use medianestctl::engine::{Engine, ErrorKind};
use medianestctl::model::VolumeName;
use medianestctl::state::{StateError, archive};

use crate::support::{Mortal, Operator, Project, Trouble, assert_settled, ids, shop, shop_engine};

const HOLDER: &str = "shop-medianestctl-state";
const VOLUME: &str = "/shop_medianestctl";

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

async fn copies(engine: &FakeEngine) -> Vec<(String, Vec<u8>)> {
    let tar = engine.get_archive(HOLDER, &format!("{VOLUME}/head")).await.unwrap().unwrap();
    archive::files(&tar).unwrap()
}

async fn put(engine: &FakeEngine, path: &str, content: &[u8]) {
    let mut archive = archive::Archive::default();
    archive.file(path, 0, 0, 0o600, content).unwrap();
    engine.put_archive(HOLDER, VOLUME, archive.finish().unwrap()).await.unwrap();
}

/// The number of writes that a copy tells of.
fn sequence(content: &[u8]) -> u64 {
    let body = content.split(|b| *b == b'\n').nth(1).unwrap();
    serde_json::from_slice::<serde_json::Value>(body).unwrap()["sequence"].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_torn_write_leaves_the_write_before_it() {
    let engine = running().await;
    let before = ids(&engine, &shop().stack()).await;
    let newest = copies(&engine).await.into_iter().max_by_key(|(_, content)| sequence(content)).unwrap();
    for kept in [0, 1, newest.1.len() / 2, newest.1.len() - 1] {
        put(&engine, &newest.0, &newest.1[..kept]).await;
        // The release is recorded again, and nothing else happens: the key is in both copies.
        shop().deploy(&engine).await.unwrap();
        assert_settled(&shop(), &engine).await;
        assert_eq!(ids(&engine, &shop().stack()).await, before, "cut at {kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_read_stop_a_deploy() {
    let engine = running().await;
    let before = ids(&engine, &shop().stack()).await;
    for (path, _) in copies(&engine).await {
        put(&engine, &path, b"nonsense").await;
    }
    let trouble = shop().deploy(&engine).await.unwrap_err();
    assert!(matches!(trouble, Trouble::State(StateError::Unreadable { .. })), "a new key would replace every container");
    assert_eq!(ids(&engine, &shop().stack()).await, before);
}

#[tokio::test(start_paused = true)]
async fn access_that_was_pruned_is_made_again_and_the_key_stays() {
    let engine = running().await;
    let before = ids(&engine, &shop().stack()).await;
    engine.remove_container(HOLDER, false).await.unwrap();
    assert!(shop().deploy(&engine).await.unwrap().finished.is_none(), "nothing is to be done");
    assert_settled(&shop(), &engine).await;
    assert_eq!(ids(&engine, &shop().stack()).await, before, "no container is replaced");
}

#[tokio::test(start_paused = true)]
async fn access_that_was_pruned_is_made_again_for_an_update_elsewhere() {
    let engine = running().await;
    engine.remove_container(HOLDER, false).await.unwrap();
    // Another machine, without the secrets: the engine's copy is what it has.
    let mut elsewhere: Project = shop().var("VERSION", "v2");
    elsewhere.secrets.clear();
    elsewhere.deploy(&engine).await.unwrap();
    assert_settled(&elsewhere, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_holds_nothing_yet_is_no_state() {
    let engine = shop_engine();
    let project = shop();
    let mortal = crate::support::Mortal::before(&engine, "put shop-medianestctl-state");
    assert!(mortal.live(Operator::new(&project, &mortal).deploy()).await.is_none());
    assert!(engine.container(HOLDER).await.unwrap().is_some());
    assert!(Operator::new(&project, &engine).opened().await.is_none());
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_volume_of_that_name_is_left_alone() {
    let engine = shop_engine();
    let name: VolumeName = "shop_medianestctl".parse().unwrap();
    let spec = medianestctl::model::VolumeSpec {
        name: name.to_string(),
        labels: medianestctl::model::Labels::new(),
        driver: None,
        driver_opts: std::collections::BTreeMap::new(),
    };
    engine.create_volume(&spec).await.unwrap();
    let project = shop();
    assert!(Operator::new(&project, &engine).opened().await.is_none());
    assert!(engine.container(HOLDER).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn secrets_lie_in_the_records_alone_and_for_root_alone() {
    let engine = running().await;
    let tar = engine.get_archive(HOLDER, VOLUME).await.unwrap().unwrap();
    let mut found = 0;
    for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        let (mode, path) = (entry.header().mode().unwrap() & 0o777, entry.path().unwrap().into_owned());
        match entry.header().entry_type() {
            tar::EntryType::Regular => assert_eq!(mode, 0o600, "{}", path.display()),
            // The volume's own root is the engine's to make, on a path that only root reaches.
            _ if path.components().count() > 1 => assert_eq!(mode, 0o700, "{}", path.display()),
            _ => {}
        }
        found += usize::from(path.to_string_lossy().contains("secrets/db_password/"));
    }
    assert!(found > 0, "the password is kept");
    let journal = engine.calls().join("\n");
    assert!(!journal.contains("correct horse") && !journal.contains("battery staple"));
}

/// The note was once that of a release that had not come to its record, however often the current one was deployed again.
#[tokio::test(start_paused = true)]
async fn a_note_of_a_release_that_was_given_up_is_put_right() {
    let wide = shop().var("REPLICAS", "3");
    let engine = running().await;
    let begun = engine.changes().len();
    wide.deploy(&engine).await.unwrap();
    let calls = engine.changes().len() - begun;
    for n in calls - 6..calls {
        let engine = running().await;
        let mortal = Mortal::after(&engine, u64::try_from(n).unwrap());
        assert!(mortal.live(Operator::new(&wide, &mortal).deploy()).await.is_none());
        crate::support::tell(&format!("killed after {:?}", engine.changes().last()));
        shop().deploy(&engine).await.unwrap();
        assert_settled(&shop(), &engine).await;
    }
}

/// Two commands make the access at once: the name of the other's is taken before its container can be seen.
#[tokio::test(start_paused = true)]
async fn access_that_somebody_makes_at_this_moment_is_waited_for() {
    let engine = shop_engine().fail_on(&format!("create container {HOLDER}"), Fault::Refuses(ErrorKind::Conflict));
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}
