//! Golden plans, and everything that stands in the way of one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;

use super::*;
use crate::{
    backup::{
        digest::Digest,
        manifest::{Consistency, FORMAT, FileTotals, Manifest, ObjectRecord, Openers},
    },
    compose::{self, MapSource, Request},
    model::{ContainerState, EngineInfo, Health, ImageId, Kept, Labels, ObservedVolume, Resources, RestartPolicy, label},
};

const COMPOSE: &str = "
name: shop
services:
  postgres:
    image: postgres:15
    environment: {POSTGRES_USER: keeper, POSTGRES_DB: shop}
    volumes: [data:/var/lib/postgresql/data]
  cache:
    image: redis:7
    volumes: [cache:/data]
  app:
    image: app:1
    volumes: [uploads:/uploads]
    depends_on: [postgres]
  front:
    image: front:1
    depends_on: [app]
  idle:
    image: idle:1
    depends_on: [app]
  alone:
    image: alone:1
volumes: {data: {}, cache: {}, uploads: {}}
";

fn stack() -> Stack {
    let request = Request {
        directory: "/srv/shop".into(),
        files: vec!["/srv/shop/compose.yaml".into()],
        env_files: Vec::new(),
        project_name: None,
        profiles: Vec::new(),
        overrides: BTreeMap::new(),
    };
    compose::load(&MapSource::default().file("/srv/shop/compose.yaml", COMPOSE), &request).unwrap().stack
}

fn manifest(objects: &[(&str, u64)]) -> Manifest {
    let record = |size: u64| ObjectRecord {
        size: size / 2,
        sha256: Digest::new([1; 32]),
        plain_size: size,
        plain_sha256: Digest::new([2; 32]),
        files: Some(FileTotals { entries: 3, bytes: size }),
        rows: BTreeMap::new(),
        keys: Some(12),
        notes: Vec::new(),
    };
    Manifest {
        format: FORMAT,
        set: "20260131T235959Z-0123abcd".parse().unwrap(),
        stack: "shop".into(),
        finished: DateTime::from_timestamp(1_769_904_059, 0).unwrap(),
        label: Some("before the move".into()),
        consistency: Consistency::Barrier,
        versions: BTreeMap::from([("postgres".to_owned(), "15.6 (Debian 15.6-1)".to_owned())]),
        openers: Openers::Everybody,
        objects: objects.iter().map(|(name, size)| (name.parse().unwrap(), record(*size))).collect(),
    }
}

const ALL: [(&str, u64); 7] = [
    ("postgres.dump.zst", 4 << 20),
    ("postgres.globals.sql.zst", 1 << 10),
    ("cache.rdb.zst", 1 << 20),
    ("uploads.tar.zst", 10 << 20),
    ("config.tar.zst", 4096),
    ("secrets.tar.zst.age", 4096),
    ("index.zst", 100),
];

fn container(service: &str, runs: bool) -> ObservedContainer {
    let labels: Labels =
        [(label::PROJECT, "shop"), (label::COMPOSE_PROJECT, "shop"), (label::COMPOSE_SERVICE, service), (label::ROLE, "service")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    ObservedContainer {
        id: format!("id-{service}"),
        name: format!("shop-{service}-1"),
        image_id: ImageId(format!("sha256:{}", "0".repeat(64))),
        image: "image".into(),
        labels,
        state: if runs {
            ContainerState::Running { paused: false }
        } else {
            ContainerState::Exited { exit_code: 0, oom_killed: false }
        },
        health: Health::NoCheck,
        healthcheck: None,
        stop_timeout: None,
        created_at: None,
        started_at: None,
        restart: RestartPolicy::No,
        resources: Resources::default(),
        restart_count: 0,
        networks: BTreeMap::new(),
        fixed_addresses: BTreeMap::new(),
        ports: Vec::new(),
        volumes: BTreeSet::new(),
    }
}

fn observed() -> Observed {
    let volume = |key: &str| {
        let name = format!("shop_{key}");
        let mountpoint = Some(format!("/var/lib/docker/volumes/{name}/_data"));
        (name.clone(), ObservedVolume { name, labels: Labels::new(), mountpoint })
    };
    Observed {
        engine: EngineInfo {
            version: "20.10.24".into(),
            api: (1, 41),
            host: "here".into(),
            cpus: 2,
            memory: 1,
            root_dir: "/var/lib/docker".into(),
            storage_driver: "overlay2".into(),
            architecture: "x86_64".into(),
            clock: None,
            insecure_registries: Vec::new(),
        },
        containers: ["alone", "app", "cache", "front", "idle", "postgres"].map(|name| container(name, name != "idle")).into(),
        networks: BTreeMap::new(),
        host_routes: Vec::new(),
        volumes: ["data", "cache", "uploads"].map(volume).into(),
        images: BTreeMap::new(),
        kept: Kept::default(),
    }
}

fn facts() -> Facts {
    let server = |version: &str, redis| Server { version: version.to_owned(), redis };
    Facts {
        reach: Reach::Machine,
        free: Some(1 << 30),
        servers: BTreeMap::from([
            ("postgres".parse().unwrap(), server("15.13", None)),
            ("cache".parse().unwrap(), server("7.0.15", Some(("/data".to_owned(), RedisFiles::default())))),
        ]),
        directory: "/srv/shop".into(),
    }
}

fn choices(only: &[&str]) -> Choices {
    Choices { only: only.iter().map(|name| (*name).to_owned()).collect(), ..Choices::default() }
}

fn planned(manifest: &Manifest, facts: &Facts, choices: &Choices) -> Result<RestorePlan, Refused> {
    let (stack, observed) = (stack(), observed());
    plan(&Scene { manifest, stack: Some(&stack), observed: Some(&observed), facts }, choices)
}

#[test]
fn everything_in_its_order() {
    let manifest = manifest(&ALL);
    let plan = planned(&manifest, &facts(), &choices(&[])).unwrap();
    assert_eq!(
        plan.to_text(&manifest, "shop"),
        "restore shop/20260131T235959Z-0123abcd of 2026-02-01 00:00:59 UTC, \"before the move\" into shop
  check every object of it
  back up what is there now (so that what is lost by this can be had again)
  restore volume uploads beside the live data (nothing live is touched before all of it is there and compared with the backup)
  restore database shop of postgres beside the live data (nothing live is touched before all of it is there and compared with the backup)
  restore the keys of cache beside the live data (nothing live is touched before all of it is there and compared with the backup)
  stop app, cache, front (nobody may write while data is exchanged)
  exchange volume uploads (by renames; what was there is kept)
  exchange database shop of postgres (by renames; what was there is kept)
  exchange the keys of cache (by renames; what was there is kept)
  start Redis with the keys of cache (it must have all of its keys before anybody uses it)
  start app, cache, front (in health order; if they do not become healthy, the old data comes back)
  19 MiB beside the live data at most
"
    );
    // The database's server is needed for the exchange, and what has nothing to do with it goes on.
    let compared: Vec<_> = plan.compared.iter().map(ToString::to_string).collect();
    assert_eq!(compared, ["config.tar.zst", "secrets.tar.zst.age"], "they are compared, and stay");
    assert_eq!(plan.lacking, Vec::<String>::new());
}

#[test]
fn only_what_is_named() {
    let manifest = manifest(&ALL);
    let plan = planned(&manifest, &facts(), &choices(&["cache"])).unwrap();
    assert_eq!(plan.services, BTreeSet::from(["cache".parse().unwrap()]));
    assert_eq!(plan.steps, [Step::SafetyCopy, Step::Stage(0), Step::Stop, Step::Swap(0), Step::Revive(0), Step::Start]);
    assert_eq!(plan.compared, []);
    let plan = planned(&manifest, &facts(), &choices(&["secrets", "config"])).unwrap();
    assert_eq!(plan.steps, [Step::Stage(0), Step::Stage(1), Step::Swap(0), Step::Swap(1)]);
    assert!(!plan.needs_engine());
}

/// The safety copy once took a database's own files along because their volume is called as the service is.
#[test]
fn the_files_of_a_database_are_never_exchanged_under_it() {
    let mut objects = ALL.to_vec();
    objects.push(("cache.tar.zst", 1 << 20));
    let both = planned(&manifest(&objects), &facts(), &choices(&["cache"])).unwrap();
    assert_eq!(both.items, planned(&manifest(&ALL), &facts(), &choices(&["cache"])).unwrap().items);
    let words = "volume `cache` holds the files of the database `cache`, which cannot be exchanged under it";
    assert_eq!(refused(&manifest(&[("cache.tar.zst", 5)]), &facts(), &choices(&[])), [words]);
}

#[test]
fn single_files_stop_nobody() {
    let manifest = manifest(&ALL);
    let files = Choices { files: vec!["uploads/a/b.png".into()], no_safety_copy: true, ..Choices::default() };
    let plan = planned(&manifest, &facts(), &files).unwrap();
    assert_eq!((plan.steps, plan.services), (vec![Step::Stage(0), Step::Swap(0)], BTreeSet::new()));
    for wrong in ["uploads", "uploads/", "uploads/../x", "uploads//a", "postgres/x", "nothing/x"] {
        let files = Choices { files: vec![wrong.into()], ..Choices::default() };
        assert!(planned(&manifest, &facts(), &files).is_err(), "{wrong}");
    }
}

fn refused(manifest: &Manifest, facts: &Facts, choices: &Choices) -> Vec<String> {
    planned(manifest, facts, choices).unwrap_err().0.iter().map(ToString::to_string).collect()
}

#[test]
fn all_that_stands_in_the_way_is_said_at_once() {
    let mut newer = manifest(&ALL);
    newer.versions.insert("postgres".into(), "17.1".into());
    let facts = Facts { free: Some(1 << 20), reach: Reach::Engine, ..facts() };
    assert_eq!(
        refused(&newer, &facts, &choices(&[])),
        [
            "the dump of `postgres` is of PostgreSQL 17.1, and the server is 15.13: an older one cannot read it",
            "the files of volume `cache` cannot be reached from here",
            "the files of volume `uploads` cannot be reached from here",
            "1 MiB are free, and the restored data needs 19 MiB beside the old",
        ]
    );
}

#[test]
fn a_newer_server_reads_an_older_dump() {
    let mut facts = facts();
    facts.servers.get_mut("postgres").unwrap().version = "17.1".into();
    assert!(planned(&manifest(&ALL), &facts, &choices(&[])).is_ok());
}

#[test]
fn what_is_not_there_is_named() {
    let all = manifest(&ALL);
    let mut facts = facts();
    assert_eq!(refused(&all, &facts, &choices(&["nothing"])), ["the backup has no part `nothing`"]);
    facts.servers.clear();
    assert_eq!(
        refused(&all, &facts, &choices(&["postgres", "cache"])),
        [
            "`postgres` does not run, and its data can only be restored while it does",
            "`cache` does not run, and its data can only be restored while it does",
        ]
    );
    let other = manifest(&[("db.dump.zst", 1), ("films.tar.zst", 1), ("index.zst", 1)]);
    assert_eq!(
        refused(&other, &facts, &choices(&[])),
        ["the backup has a database of `db`, and the stack has none", "the backup has volume `films`, and the stack has none"]
    );
    assert_eq!(refused(&manifest(&[("index.zst", 1)]), &facts, &choices(&[])), ["there is nothing to restore"]);
}

#[test]
fn what_the_backup_lacks_is_said() {
    let plan = planned(&manifest(&[("uploads.tar.zst", 1), ("index.zst", 1)]), &facts(), &choices(&[])).unwrap();
    assert_eq!(plan.lacking, ["cache", "postgres"]);
    assert_eq!(plan.services, ["app", "front"].map(|name| name.parse().unwrap()).into());
}
