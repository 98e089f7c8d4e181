//! The records on a real engine: its archive calls name and overwrite files as the store expects.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use medianestctl::engine::{ConnectOptions, ContainerSpec, Engine, VolumeSpec, connect};
use medianestctl::model::{Contents, HOLDER_IMAGE, Labels, Mount, MountSource, ProjectName, label, state_holder, state_volume};
use medianestctl::plan::Plan;
use medianestctl::secret::{FingerprintKey, Secret};
use medianestctl::state::{Draft, Making, Outcome, Store, Versions};

use crate::support::{Operator, Project, shop_engine};

/// A project of a name that nobody else has.
fn own_shop() -> (Project, ProjectName) {
    let name = format!("mn-releases-{}", std::process::id());
    let compose = format!(
        "name: {name}\nservices: {{app: {{image: app/x, environment: {{A: b}}, secrets: [s], configs: [{{source: c, target: /etc/c/c}}]}}}}\n\
         secrets: {{s: {{file: s}}}}\nconfigs: {{c: {{content: some}}}}\n"
    );
    (Project::new(&compose).secret("s", "hush"), name.parse().unwrap())
}

#[tokio::test]
async fn real_records_are_written_read_and_emptied() {
    let options = ConnectOptions {
        docker_host: std::env::var("DOCKER_HOST").ok(),
        timeout: Duration::from_secs(60),
        ..ConnectOptions::default()
    };
    let engine = connect(&options).await.expect("these tests need a Docker Engine");
    let (project, name) = own_shop();
    let (volume, holder) = (state_volume(&name), state_holder(&name));
    let labels: Labels = [(label::PROJECT.to_owned(), name.to_string()), (label::ROLE.to_owned(), "state".to_owned())].into();
    let mount = Mount { target: format!("/{volume}"), source: MountSource::Volume(volume.parse().unwrap()), read_only: false };
    let holder_spec = ContainerSpec::holder(holder.clone(), HOLDER_IMAGE.into(), labels.clone(), vec![mount]);
    let volume_spec = VolumeSpec { name: volume.clone(), labels, driver: None, driver_opts: BTreeMap::new() };
    let worked = tokio::spawn({
        let engine = connect(&options).await.unwrap();
        async move { write_read_and_empty(&engine, &project, &volume_spec, &holder_spec).await }
    })
    .await;
    engine.remove_container(&holder, true).await.unwrap();
    engine.remove_volume(&volume).await.unwrap();
    worked.unwrap();
}

async fn write_read_and_empty(engine: &dyn Engine, project: &Project, volume: &VolumeSpec, holder: &ContainerSpec) {
    let stack = project.stack();
    let key = FingerprintKey::generate(&mut medianestctl::secret::system_random).unwrap();
    let store = Store::new(engine, stack.project.clone());
    store.init(volume, holder, &key).await.unwrap();

    let (mut contents, mut granted) = (Contents::default(), Versions::default());
    for (secret, content) in &project.secrets {
        let version = key.fingerprint(&[content]);
        contents.secrets.insert(secret.clone(), version.clone());
        granted.secrets.insert(secret.clone(), (version, Secret::new(content.clone())));
    }
    for (config, file) in &stack.configs {
        let version = key.fingerprint(&[&file.content]);
        contents.configs.insert(config.clone(), version.clone());
        granted.configs.insert(config.clone(), (version, file.content.clone()));
    }
    // Records need no more of an engine than that it was looked at.
    let fake = shop_engine();
    let mut observed = Operator::new(project, &fake).look().await.unwrap().observed;
    for number in 1..=2 {
        let opened = store.open().await.unwrap().unwrap();
        observed.kept = opened.head.kept();
        let (plan, at) = (Plan::empty(stack.project.clone()), DateTime::UNIX_EPOCH);
        let making = Making {
            stack: &stack,
            observed: &observed,
            contents: &contents,
            plan: &plan,
            key: &key,
            by: "ann@laptop".into(),
            command: "deploy",
            at,
        };
        let draft = Draft::of(&making).unwrap();
        assert_eq!(draft.record.number, number);
        let mut head = opened.head;
        store.save(&mut head, Some((&draft, &granted))).await.unwrap();
        let failed = draft.record.failed(Outcome::Failed { why: "no".into() }, true, at);
        if number == 2 {
            store.save_attempt(failed).await.unwrap();
        }
    }
    let numbers = async || store.releases().await.unwrap().releases.iter().map(|r| r.number).collect::<Vec<_>>();
    assert_eq!(numbers().await, [1, 2, 3]);
    let everything = async || store.everything().await.unwrap().unwrap();
    let loaded = everything().await.load(2).unwrap();
    assert_eq!(loaded.stack, stack);
    assert_eq!(loaded.versions.secrets.len(), 1);
    let all = everything().await;
    let files: Vec<_> = all.files_of_releases().map(str::to_owned).collect();
    assert_eq!((files.len(), all.history.releases.len()), (6, 3), "{files:?}");

    let head = store.open().await.unwrap().unwrap().head;
    let secret = files.iter().find(|path| path.starts_with("secrets/")).unwrap();
    store.forget(&[secret.clone(), "releases/000001.json".into()]).await.unwrap();
    assert_eq!(numbers().await, [2, 3]);
    assert!(store.release(1).await.unwrap().is_none());
    assert!(everything().await.load(2).unwrap_err().to_string().ends_with("secret `s` is gone or damaged"));
    assert_eq!(head.last, 3);
    assert_eq!(head.release, Some(2));
}
