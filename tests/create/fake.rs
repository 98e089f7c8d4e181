//! Backups on the fake engine: what is asked in which order, and that an attempt in which anything fails leaves nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use medianestctl::{
    backup::{
        create::{CreateError, Made, Making, Unwatched, create},
        manifest::{Consistency, SignedManifest},
        pipeline::{Compression, StoreSettings},
        plan::{BackupPlan, Choices, Directory, Reach, plan},
        set::SetId,
        signature::SigningKey,
        sink::{DiskSink, ObjectKey, Put, Sink, SinkError, SinkErrorKind, StoredObject, Target, Tee, Tidied, Upload},
    },
    engine::{
        ContainerSpec, Engine, VolumeSpec, Wanted,
        fake::{CommandScript, Dialogue, FakeEngine, FakeImage, Fault, Inside, Reply},
        observe,
    },
    event::Event,
    model::{ContainerState, Labels, Mount, MountSource, Stack},
    secret::Secret,
    state::Fence,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::fakes::Project;

const COMPOSE: &str = "
name: shop
services:
  db: {image: 'postgres:15', volumes: ['pg:/var/lib/postgresql/data']}
  cache: {image: 'redis:7', volumes: ['rd:/data']}
  app: {image: 'shop/app:1', volumes: ['near:/near', 'far:/far']}
volumes: {pg: {}, rd: {}, near: {}, far: {}}
";

/// What the servers do.
#[derive(Default)]
struct Servers {
    /// The server says so when it is asked whether its save went well.
    save_fails: bool,
    /// Redis begins a save of its own this many times just when it is asked for one.
    busy: AtomicUsize,
    dump_code: i64,
    globals_code: i64,
    /// What happened at the servers, with whether the application was frozen.
    seen: Mutex<Vec<(String, bool)>>,
}

fn said(text: impl Into<String>) -> Reply {
    Reply { stdout: text.into().into_bytes(), ..Reply::default() }
}

impl Servers {
    fn note(&self, inside: &Inside<'_>, what: &str) {
        self.seen.lock().unwrap().push((what.to_owned(), inside.is_frozen("shop-app-1")));
    }

    fn psql(&self, inside: &Inside<'_>, question: &str) -> Reply {
        let mark = question.lines().last().unwrap().trim_start_matches("\\echo ").to_owned();
        let answer = if question.contains("server_version") {
            "0\n15.4 (Fake)\n".to_owned()
        } else if question.contains("pg_export_snapshot") {
            self.note(inside, "snapshot");
            "00000003-0000001B-1\n".to_owned()
        } else if question.contains("\\gexec") {
            "[\"public.films\", 3]\n".to_owned()
        } else {
            String::new()
        };
        said(format!("{answer}{mark}\n"))
    }

    fn redis(&self, inside: &Inside<'_>, question: &str, saves: &AtomicUsize) -> Reply {
        let mark = question.lines().last().unwrap().trim_start_matches("ECHO ").to_owned();
        let asked = question.lines().next().unwrap();
        let answer = match asked {
            "BGSAVE" if self.busy.load(Ordering::Relaxed) > 0 => {
                self.busy.fetch_sub(1, Ordering::Relaxed);
                "ERR Background save already in progress\n".to_owned()
            }
            "BGSAVE" => {
                self.note(inside, "bgsave");
                saves.fetch_add(1, Ordering::Relaxed);
                "Background saving started\n".to_owned()
            }
            "TIME" => "2000\n5\n".to_owned(),
            "CONFIG GET dir" => "dir\n/data\n".to_owned(),
            "CONFIG GET dbfilename" => "dbfilename\ndump.rdb\n".to_owned(),
            "INFO server" => "# Server\r\nredis_version:7.2.1\r\n".to_owned(),
            "INFO memory" => "used_memory:1000\r\n".to_owned(),
            "INFO keyspace" => "# Keyspace\r\ndb0:keys=5,expires=0,avg_ttl=0\r\ndb3:keys=2,expires=0,avg_ttl=0\r\n".to_owned(),
            "INFO persistence" => {
                let status = if self.save_fails { "err" } else { "ok" };
                let time = 1000 + 5000 * saves.load(Ordering::Relaxed);
                format!("rdb_bgsave_in_progress:0\r\nrdb_last_save_time:{time}\r\nrdb_last_bgsave_status:{status}\r\n")
            }
            other => panic!("nobody asks for {other}"),
        };
        said(format!("{answer}{mark}\n"))
    }
}

/// A shop on a fake engine, with two targets.
struct Shop {
    engine: FakeEngine,
    servers: Arc<Servers>,
    stack: Stack,
    root: TempDir,
}

impl Shop {
    async fn new(servers: Servers) -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["site", "site/secrets", "near", "a", "b"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("site/compose.yaml"), COMPOSE).unwrap();
        fs::write(root.path().join("near/film"), "a film").unwrap();
        let servers = Arc::new(servers);
        let stack = Stack { directory: root.path().join("site").display().to_string(), ..Project::new(COMPOSE).stack() };
        let (asked, saves) = (servers.clone(), AtomicUsize::new(0));
        let psql = Dialogue::new("psql", move |inside, question| asked.psql(inside, question));
        let dumps = servers.clone();
        let dump = CommandScript::new(move |_, asked| {
            let is = |program: &str| asked.argv.iter().any(|word| word == program);
            let ends =
                |code, text: &str| Reply { code, stdout: text.into(), stderr: b"the last words".to_vec(), ..Reply::default() };
            match () {
                () if is("pg_dump") => Some(ends(dumps.dump_code, "PGDMP the rows")),
                () if is("pg_dumpall") => Some(ends(dumps.globals_code, "CREATE ROLE reader;")),
                () => None,
            }
        });
        let postgres = FakeImage { dialogues: vec![psql], commands: Some(dump), ..FakeImage::default() };
        let asked = servers.clone();
        let client = Dialogue::new("redis-cli", move |inside, question| asked.redis(inside, question, &saves));
        let file = CommandScript::new(|_, asked| {
            asked.argv.iter().any(|word| word.contains("exec cat")).then(|| said("REDIS0011 keys"))
        });
        let redis = FakeImage { dialogues: vec![client], commands: Some(file), ..FakeImage::default() };
        let engine = FakeEngine::new()
            .with_image("postgres:15", postgres)
            .with_image("redis:7", redis)
            .with_image("shop/app:1", FakeImage::default());
        for volume in stack.volumes.values() {
            let (name, labels) = (volume.name.to_string(), Labels::new());
            engine.create_volume(&VolumeSpec { name, labels, driver: None, driver_opts: BTreeMap::new() }).await.unwrap();
        }
        assert!(engine.volume_lies_at("shop_near", &root.path().join("near").display().to_string()));
        for service in stack.services.values() {
            let labels = [
                ("com.docker.compose.project", "shop"),
                ("com.docker.compose.service", service.name.as_str()),
                ("com.docker.compose.container-number", "1"),
                ("io.medianest.project", "shop"),
                ("io.medianest.role", "service"),
            ];
            let labels: Labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            let spec = ContainerSpec::holder(
                format!("shop-{}-1", service.name),
                service.image.to_string(),
                labels,
                service.mounts.clone(),
            );
            engine.create_container(&ContainerSpec { command: Some(vec!["serve".into()]), ..spec }).await.unwrap();
            engine.start(&format!("shop-{}-1", service.name)).await.unwrap();
        }
        let mount = Mount { source: MountSource::Volume("shop_far".parse().unwrap()), target: "/far".into(), read_only: false };
        let filler = ContainerSpec::holder("filler".into(), "shop/app:1".into(), Labels::new(), vec![mount]);
        engine.create_container(&filler).await.unwrap();
        let mut files = medianestctl::state::archive::Archive::default();
        files.file("song", 1001, 1001, 0o640, b"a song").unwrap();
        engine.put_archive("filler", "/far", files.finish().unwrap()).await.unwrap();
        engine.remove_container("filler", false).await.unwrap();
        Self { engine, servers, stack, root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    async fn plan(&self, consistency: Consistency) -> BackupPlan {
        let observed = observe(&self.engine, &self.stack.project, Wanted::default()).await.unwrap();
        let choices = Choices { only: Default::default(), consistency, encrypted: false, reach: Reach::Machine };
        let mut plan = plan(&self.stack, &observed, &choices).unwrap();
        // The fake's processes are none of this machine.
        plan.notes.clear();
        plan
    }

    fn disks(&self) -> Tee {
        self.tee([None, None])
    }

    /// Two directories, each failing at its n-th write, if at all.
    fn tee(&self, fails: [Option<usize>; 2]) -> Tee {
        let target = |name: &str, fails: Option<usize>| {
            let disk = DiskSink::new(self.path(name));
            let sink: Arc<dyn Sink> = match fails {
                None => Arc::new(disk),
                Some(at) => Arc::new(Frail { disk, left: Arc::new(AtomicUsize::new(at)) }),
            };
            Target { name: name.to_owned(), sink }
        };
        Tee::new(vec![target("a", fails[0]), target("b", fails[1])])
    }

    async fn make(
        &self,
        consistency: Consistency,
        tee: &Tee,
        cancel: CancellationToken,
        watch: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<Made, CreateError> {
        let plan = self.plan(consistency).await;
        let making = Making {
            engine: &self.engine,
            plan: &plan,
            directory: &Directory::of(&self.stack),
            settings: &StoreSettings { compression: Compression::ZSTD, lock: None },
            tee,
            signing: &key(),
            set: SetId::new(DateTime::from_timestamp(1_769_903_999, 0).unwrap(), 1).unwrap(),
            label: None,
            versions: BTreeMap::new(),
            watch: &Unwatched,
            events: watch,
            cancel,
            fence: &Fence::open(),
            now: Utc::now,
        };
        create(&making).await
    }

    async fn backup(&self) -> Result<Made, CreateError> {
        self.make(Consistency::Barrier, &self.disks(), CancellationToken::new(), &|_| ()).await
    }

    /// Names of all that lies at a target, but for the word for the newest set.
    fn files(&self, target: &str) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.path(target).join("shop/20260131T235959Z-00000001")) else { return Vec::new() };
        let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn plain(&self, target: &str, object: &str) -> String {
        let path = self.path(target).join("shop/20260131T235959Z-00000001").join(object);
        String::from_utf8_lossy(&zstd::decode_all(fs::read(path).unwrap().as_slice()).unwrap()).into_owned()
    }

    /// Everything runs, nothing is frozen, and nothing of ours is left at the engine.
    async fn assert_goes_on(&self) {
        for service in ["db", "cache", "app"] {
            let container = self.engine.container(&format!("shop-{service}-1")).await.unwrap().unwrap();
            assert_eq!(container.state, ContainerState::Running { paused: false }, "{service}");
        }
        assert!(self.engine.container("shop-medianestctl-backup").await.unwrap().is_none());
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&Secret::new([7; 32]))
}

const OBJECTS: [&str; 8] = [
    "cache.rdb.zst",
    "config.tar.zst",
    "db.dump.zst",
    "db.globals.sql.zst",
    "far.tar.zst",
    "index.zst",
    "manifest.json",
    "near.tar.zst",
];

#[tokio::test]
async fn all_parts_are_of_one_moment_and_the_manifest_is_last() {
    let shop = Shop::new(Servers::default()).await;
    let events = Mutex::new(Vec::new());
    let tell = |event: Event| events.lock().unwrap().push(event);
    let made = shop.make(Consistency::Barrier, &shop.disks(), CancellationToken::new(), &tell).await.unwrap();
    assert!(made.held.is_some());
    shop.assert_goes_on().await;
    for target in ["a", "b"] {
        assert_eq!(shop.files(target), OBJECTS);
        let folder = shop.path(target).join("shop");
        let bytes = fs::read(folder.join("20260131T235959Z-00000001/manifest.json")).unwrap();
        let signed = SignedManifest::parse(&bytes).unwrap();
        assert_eq!(signed.verify(&[key().verifying_key()]).unwrap(), &made.manifest);
        assert_eq!(fs::read_to_string(folder.join("latest")).unwrap(), "20260131T235959Z-00000001\n");
    }
    let object = |name: &str| made.manifest.objects[&name.parse().unwrap()].clone();
    assert_eq!(object("db.dump.zst").rows, BTreeMap::from([("public.films".to_owned(), 3)]));
    assert_eq!(object("cache.rdb.zst").keys, Some(7));
    assert_eq!(
        made.manifest.versions,
        BTreeMap::from([("db".to_owned(), "15.4".to_owned()), ("cache".to_owned(), "7.2.1".to_owned())])
    );
    assert_eq!(shop.plain("a", "db.dump.zst"), "PGDMP the rows");
    assert_eq!(shop.plain("b", "cache.rdb.zst"), "REDIS0011 keys");
    let index = shop.plain("a", "index.zst");
    for path in ["near.tar.zst", "\"film\"", "far.tar.zst", "\"song\"", "config.tar.zst", "\"compose.yaml\""] {
        assert!(index.contains(path), "{path} in {index}");
    }

    // Both snapshots were taken while the application was frozen, and nothing else was done meanwhile.
    let seen = shop.servers.seen.lock().unwrap().clone();
    let mut seen: Vec<_> = seen.iter().map(|(what, frozen)| (what.as_str(), *frozen)).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("bgsave", true), ("snapshot", true)]);
    let calls = shop.engine.changes();
    let at = |text: &str| calls.iter().position(|call| call.contains(text)).unwrap_or_else(|| panic!("{text} in {calls:#?}"));
    assert!(at("pause ") < at("unpause ") && at("unpause ") < at("pg_dump"), "{calls:#?}");
    let between = &calls[at("pause ") + 1..at("unpause ")];
    assert!(between.is_empty(), "the sessions were there beforehand: {between:?}");
    let started = events.lock().unwrap().iter().filter(|event| matches!(event, Event::StepStarted { .. })).count();
    let ended = events.lock().unwrap().iter().filter(|event| matches!(event, Event::StepFinished { .. })).count();
    assert_eq!((started, ended), (9, 9));
}

/// Each kind of call fails in turn.
#[tokio::test]
async fn whatever_fails_nothing_is_listed_and_the_application_goes_on() {
    let calls = [
        "psql",
        "redis-cli",
        "df -Pk",
        "pause ",
        "pg_dump --format",
        "pg_dumpall",
        "exec cat",
        "create container shop-medianestctl-backup",
    ];
    for call in calls {
        for fault in [Fault::Error, Fault::LoseAnswer] {
            // Of a session whose last word is lost all else was heard.
            if fault == Fault::LoseAnswer && ["psql", "redis-cli"].contains(&call) {
                continue;
            }
            let shop = Shop::new(Servers::default()).await;
            let engine = shop.engine.clone().fail_on(call, fault);
            let shop = Shop { engine, ..shop };
            let error = shop.backup().await.expect_err(call);
            assert!(!error.to_string().is_empty());
            assert_eq!((shop.files("a"), shop.files("b")), (vec![], vec![]), "{call}, {fault:?}: {error}");
            assert!(!shop.path("a").join("shop/latest").exists());
            shop.assert_goes_on().await;
        }
    }
}

#[tokio::test]
async fn letting_go_is_tried_again() {
    for fault in [Fault::Error, Fault::LoseAnswer] {
        let shop = Shop::new(Servers::default()).await;
        let engine = shop.engine.clone().fail_on("unpause", fault);
        let shop = Shop { engine, ..shop };
        shop.backup().await.unwrap();
        shop.assert_goes_on().await;
    }
}

#[tokio::test]
async fn what_the_servers_say_counts() {
    let failing = [
        (
            Servers { dump_code: 1, ..Servers::default() },
            "`db` could not be backed up: pg_dump: it ended with code 1: the last words",
        ),
        (Servers { globals_code: 2, ..Servers::default() }, "`db` could not be backed up: pg_dumpall: it ended with code 2"),
        (Servers { save_fails: true, ..Servers::default() }, "`cache` could not be backed up: save a snapshot in shop-cache-1"),
    ];
    for (servers, words) in failing {
        let shop = Shop::new(servers).await;
        let error = shop.backup().await.unwrap_err();
        assert!(error.to_string().starts_with(words), "{error}");
        assert_eq!((shop.files("a"), shop.files("b")), (vec![], vec![]));
        shop.assert_goes_on().await;
    }
    // Redis saves by its own rules just then: the moment is tried for again, and the database's with it.
    let shop = Shop::new(Servers { busy: AtomicUsize::new(2), ..Servers::default() }).await;
    shop.backup().await.unwrap();
    let seen = shop.servers.seen.lock().unwrap().clone();
    assert_eq!(seen.iter().filter(|(what, _)| what == "snapshot").count(), 3);
    assert!(seen.iter().all(|(_, frozen)| *frozen));
}

#[tokio::test]
async fn the_others_go_on_when_a_target_fails_and_all_is_over_when_each_has() {
    for at in [0, 1, 3, 5, 8] {
        let shop = Shop::new(Servers::default()).await;
        let tee = shop.tee([Some(at), None]);
        let made = shop.make(Consistency::Barrier, &tee, CancellationToken::new(), &|_| ()).await.unwrap();
        assert_eq!(made.manifest.objects.len(), OBJECTS.len() - 1);
        let failed: Vec<_> = tee.standing().into_iter().map(|(target, error)| (target.name, error.is_some())).collect();
        assert_eq!(failed, [("a".to_owned(), true), ("b".to_owned(), false)], "at {at}");
        assert_eq!(shop.files("a"), Vec::<String>::new(), "what it had is cleared away");
        assert_eq!(shop.files("b"), OBJECTS);

        let shop = Shop::new(Servers::default()).await;
        let tee = shop.tee([Some(at), Some(at + 1)]);
        let error = shop.make(Consistency::Barrier, &tee, CancellationToken::new(), &|_| ()).await.unwrap_err();
        assert!(matches!(&error, CreateError::Sink(error) if error.kind == SinkErrorKind::Full), "{error}");
        assert_eq!((shop.files("a"), shop.files("b")), (vec![], vec![]), "at {at}");
        shop.assert_goes_on().await;
    }
}

#[tokio::test]
async fn one_who_asks_to_stop_is_heard_at_every_step() {
    for step in 1..=9 {
        let shop = Shop::new(Servers::default()).await;
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let tell = move |event: Event| {
            if matches!(event, Event::StepStarted { step: begun, .. } if begun == step) {
                stop.cancel();
            }
        };
        let made = shop.make(Consistency::Barrier, &shop.disks(), cancel, &tell).await;
        // The manifest is one write: by then it is too late, and the backup is good.
        if step == 9 {
            made.unwrap();
            continue;
        }
        assert!(matches!(made, Err(CreateError::Cancelled)), "step {step}: {made:?}");
        assert_eq!((shop.files("a"), shop.files("b")), (vec![], vec![]), "step {step}");
        shop.assert_goes_on().await;
    }
}

#[tokio::test]
async fn what_is_stopped_starts_when_all_is_read_and_when_it_fails() {
    for dump_code in [0, 1] {
        let shop = Shop::new(Servers { dump_code, ..Servers::default() }).await;
        let made = shop.make(Consistency::Stop, &shop.disks(), CancellationToken::new(), &|_| ()).await;
        assert_eq!(made.is_ok(), dump_code == 0);
        let calls = shop.engine.changes();
        let at = |text: &str| calls.iter().rposition(|call| call.contains(text)).unwrap();
        let app = shop.engine.container("shop-app-1").await.unwrap().unwrap().id;
        assert!(at(&format!("stop {app}")) < at("pg_dump") && at("pg_dump") < at(&format!("start {app}")), "{calls:#?}");
        assert!(!calls.iter().any(|call| call.starts_with("pause")), "{calls:#?}");
        shop.assert_goes_on().await;
    }
    let shop = Shop::new(Servers::default()).await;
    let made = shop.make(Consistency::Live, &shop.disks(), CancellationToken::new(), &|_| ()).await.unwrap();
    assert!(
        made.held.is_none() && !shop.engine.changes().iter().any(|call| call.starts_with("pause") || call.starts_with("stop"))
    );
}

/// A directory whose disk is full after so many writes.
struct Frail {
    disk: DiskSink,
    left: Arc<AtomicUsize>,
}

fn spend(left: &AtomicUsize, what: &str) -> Result<(), SinkError> {
    let spent = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    spent.map(drop).map_err(|_| SinkError::new(SinkErrorKind::Full, what, "no space left on device (injected)"))
}

struct FrailUpload(Option<Box<dyn Upload>>, Arc<AtomicUsize>);

#[async_trait]
impl Upload for FrailUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError> {
        if let Err(error) = spend(&self.1, "write") {
            // After an error nothing is left.
            if let Some(upload) = self.0.take() {
                upload.abort().await;
            }
            return Err(error);
        }
        self.0.as_mut().expect("it has not failed").write(chunk).await
    }

    async fn finish(mut self: Box<Self>) -> Result<StoredObject, SinkError> {
        let upload = self.0.take().expect("it has not failed");
        match spend(&self.1, "finish") {
            Ok(()) => upload.finish().await,
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }

    async fn abort(self: Box<Self>) {
        if let Some(upload) = self.0 {
            upload.abort().await;
        }
    }
}

#[async_trait]
impl Sink for Frail {
    fn describe(&self) -> String {
        "frail".into()
    }

    async fn begin(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, SinkError> {
        Ok(Box::new(FrailUpload(Some(self.disk.begin(key).await?), self.left.clone())))
    }

    async fn put(&self, key: &ObjectKey, content: Bytes, how: Put) -> Result<(), SinkError> {
        spend(&self.left, "put")?;
        self.disk.put(key, content, how).await
    }

    async fn read(&self, key: &ObjectKey, from: u64) -> Result<BoxStream<'static, Result<Bytes, SinkError>>, SinkError> {
        self.disk.read(key, from).await
    }

    async fn list(&self, prefix: Option<&ObjectKey>) -> Result<Vec<StoredObject>, SinkError> {
        self.disk.list(prefix).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), SinkError> {
        self.disk.remove(key).await
    }

    async fn tidy(&self, older_than: Duration) -> Result<Tidied, SinkError> {
        self.disk.tidy(older_than).await
    }
}

/// The deployment directory's files by what they are.
#[test]
fn files_that_may_hold_secrets_are_no_configuration() {
    use medianestctl::backup::plan::Place::{Config, Neither, Secret};
    let compose = "
name: shop
x-medianest: {backup: {targets: {near: {disk: {path: ./store}}}}}
services: {app: {image: 'shop/app:1', volumes: ['./data:/data'], secrets: [word]}}
secrets: {word: {file: ./private/word}}
";
    let directory = Directory::of(&Project::new(compose).stack());
    for (path, place) in [
        ("compose.yaml", Config),
        ("nginx/site.conf", Config),
        (".env", Secret),
        (".env.production", Secret),
        ("app/backend.env", Secret),
        ("secrets/x", Secret),
        ("private/word", Secret),
        ("tls/site.key", Secret),
        ("backup/signing.key", Secret),
        ("backup/recipients.txt", Config),
        ("backup/trusted.txt", Config),
        ("backup/identity.txt", Neither),
        ("store/shop/x", Neither),
        ("data/file", Neither),
        (".git/config", Neither),
    ] {
        assert_eq!(directory.place(Path::new(path)), place, "{path}");
    }
    assert!(directory.leads_to(Path::new("nginx"), Secret), "there may be some below");
    assert!(!directory.leads_to(Path::new("secrets"), Config) && !directory.leads_to(Path::new("data"), Secret));
}
