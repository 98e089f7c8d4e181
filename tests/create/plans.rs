//! What a backup will be made of.

use std::collections::BTreeSet;

use medianestctl::{
    backup::{
        manifest::Consistency,
        plan::{BackupPlan, Choices, Obstacle, Reach, Refused, plan},
    },
    engine::{
        ContainerSpec, Engine, VolumeSpec, Wanted,
        fake::{FakeEngine, FakeImage},
        observe,
    },
    model::{Labels, Stack},
};

use crate::fakes::Project;

const COMPOSE: &str = "
name: shop
services:
  db: {image: 'postgres:15', environment: {POSTGRES_USER: ann}, volumes: ['pg:/var/lib/postgresql/data']}
  cache: {image: 'redis:7', volumes: ['cache:/data']}
  queue: {image: 'redis:7', volumes: ['jobs:/data'], x-medianest: {backup: {kind: none}}}
  api: {image: 'shop/api:1', volumes: ['uploads:/uploads', 'logs:/logs']}
volumes: {pg: {}, cache: {}, jobs: {}, uploads: {}, logs: {x-medianest: {backup: false}}}
";

async fn planned(
    consistency: Consistency,
    encrypted: bool,
    reach: Reach,
    only: &[&str],
    running: &[&str],
) -> Result<BackupPlan, Refused> {
    let stack: Stack = Project::new(COMPOSE).stack();
    let engine = ["postgres:15", "redis:7", "shop/api:1"]
        .into_iter()
        .fold(FakeEngine::new(), |engine, image| engine.with_image(image, FakeImage::default()));
    for volume in stack.volumes.values() {
        let (name, labels) = (volume.name.to_string(), Labels::new());
        engine
            .create_volume(&VolumeSpec { name: name.clone(), labels, driver: None, driver_opts: Default::default() })
            .await
            .unwrap();
        engine.volume_lies_at(&name, &format!("/volumes/{name}"));
    }
    for service in stack.services.values() {
        let labels = [
            ("com.docker.compose.project", "shop"),
            ("com.docker.compose.service", service.name.as_str()),
            ("com.docker.compose.container-number", "1"),
        ];
        let labels: Labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let spec = ContainerSpec::holder(format!("shop-{}-1", service.name), service.image.to_string(), labels, Vec::new());
        engine.create_container(&ContainerSpec { command: Some(vec!["serve".into()]), ..spec }).await.unwrap();
        if running.contains(&service.name.as_str()) {
            engine.start(&format!("shop-{}-1", service.name)).await.unwrap();
        }
    }
    let observed = observe(&engine, &stack.project, Wanted::default()).await.unwrap();
    let only: BTreeSet<String> = only.iter().map(|name| (*name).to_owned()).collect();
    plan(&stack, &observed, &Choices { only, consistency, encrypted, reach })
}

const ALL: [&str; 4] = ["db", "cache", "queue", "api"];

#[tokio::test]
async fn everything_is_in_it_unless_it_is_said_otherwise() {
    let plan = planned(Consistency::Barrier, true, Reach::Machine, &[], &ALL).await.unwrap();
    let expected = "\
cache: a snapshot that shop-cache-1 saves now
db: a dump of database ann in shop-db-1, and its roles, through a pipe
jobs: the files of volume shop_jobs, from /volumes/shop_jobs
uploads: the files of volume shop_uploads, from /volumes/shop_uploads
config: Compose files and all else of the deployment directory that is no secret
secrets: secrets, files of variables, keys of the deployment directory
paused for the moment of the snapshots: shop-api-1, shop-queue-1
not in it: volume logs (its `x-medianest.backup` says so)
";
    assert_eq!(plan.to_text(), expected);
    let plan = planned(Consistency::Stop, false, Reach::Engine, &["db", "uploads"], &["db", "api"]).await.unwrap();
    let expected = "\
db: a dump of database ann in shop-db-1, and its roles, through the engine
uploads: the files of volume shop_uploads, through the engine
stopped meanwhile: shop-api-1
note: volume uploads is read through the engine: extended attributes, access control lists and holes are not kept
";
    assert_eq!(plan.to_text(), expected);
    // A name that a database and its volume share stands for what is asked of the database.
    let plan = planned(Consistency::Live, true, Reach::Machine, &["cache"], &ALL).await.unwrap();
    assert_eq!(plan.to_text(), "cache: a snapshot that shop-cache-1 saves now\n");
}

#[tokio::test]
async fn nobody_is_kept_waiting_for_nothing() {
    let plan = planned(Consistency::Barrier, true, Reach::Machine, &["config", "secrets"], &ALL).await.unwrap();
    assert_eq!((plan.still, plan.parts.len()), (vec![], 2));
    let plan = planned(Consistency::Live, true, Reach::Machine, &[], &ALL).await.unwrap();
    assert_eq!(plan.still, []);
}

#[tokio::test]
async fn what_would_be_missing_is_told_all_at_once() {
    let refused = planned(Consistency::Barrier, false, Reach::Machine, &["db", "cache", "secrets", "other"], &["api"]).await;
    let Refused(obstacles) = refused.unwrap_err();
    let not_running = |service: &str| Obstacle::NotRunning { service: service.into(), state: "it was never started" };
    let known = "cache, config, db, jobs, logs, pg, secrets, uploads".to_owned();
    let expected =
        [Obstacle::Unknown { name: "other".into(), known }, not_running("cache"), not_running("db"), Obstacle::SecretsInClear];
    assert_eq!(obstacles, expected);
    assert!(obstacles.iter().all(|obstacle| obstacle.hint().is_some()));
    // What was left out by declaration can be asked for.
    let plan = planned(Consistency::Live, false, Reach::Machine, &["logs"], &[]).await.unwrap();
    assert_eq!(plan.parts.len(), 1);
}
