//! Restores at a real engine.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Mutex, atomic::AtomicUsize},
    time::Duration,
};

use async_trait::async_trait;
use medianestctl::{
    backup::{
        manifest::{Manifest, SignedManifest},
        pipeline::no_progress,
        restore::{
            Context, Failure, Finished, RestoreError, Source,
            app::Services,
            back, confirm, forward,
            id::RestoreId,
            journal::{AtEngine, Journal},
            record::{FORMAT, Item, Record, RedisFiles, Step, Way},
        },
        set::{Component, ObjectName},
        sink::DiskSink,
    },
    engine::{ConnectOptions, Engine as _, connect, docker::DockerEngine},
    model::{ProjectName, ServiceName},
    state::Fence,
};
use tokio_util::sync::CancellationToken;

use crate::{
    made::{Copied, Mortal},
    shop::{Data, Shop},
    tree::differences,
};

#[track_caller]
fn assert_same(found: &Data, wanted: &Data) {
    assert_eq!(found.database, wanted.database);
    assert_eq!(found.keys, wanted.keys);
    assert_eq!(differences(&found.files, &wanted.files), Vec::<String>::new());
}

/// The whole way through the command line: a set is restored under load, taken back, restored again, confirmed.
#[test]
fn real_a_set_takes_the_place_of_live_data_and_gives_it_back() {
    let shop = Shop::deployed();
    let then = shop.look();
    let (set, _) = shop.back_up();
    shop.change();
    let now = shop.look();
    assert_ne!(now.database, then.database);
    shop.load();
    let ran = shop.run(&["restore", "--dry-run"]).exits(0);
    assert!(ran.out.contains("database shop of db") && ran.out.contains("stop app, cache"), "{}", ran.out);
    assert_eq!(shop.beside(), Vec::<String>::new());
    shop.run(&["restore", "--non-interactive"]).exits(9);

    let ran = shop.run(&["restore", "--yes", "--json", &set]).exits(0);
    let finished = ran.events().pop().unwrap();
    assert_eq!((&finished["event"], &finished["set"]), (&"finished".into(), &set.as_str().into()), "{finished}");
    assert!(finished["safety_copy"].is_string(), "{finished}");
    assert_same(&shop.look(), &then);
    assert_eq!(shop.beside().len(), 4, "the old data is kept: {:?}", shop.beside());
    shop.run(&["status"]).exits(0);
    let ran = shop.run(&["restore", "--yes"]).exits(2);
    assert!(ran.err.contains("restore confirm") && ran.err.contains("restore rollback"), "{}", ran.err);

    shop.run(&["restore", "rollback", "--yes"]).exits(0);
    assert_same(&shop.look(), &now);
    assert_eq!(shop.beside(), Vec::<String>::new());
    shop.run(&["status"]).exits(0);
    shop.run(&["restore", "rollback", "--yes"]).exits(2);

    shop.run(&["restore", "--yes", "--skip-safety-copy", &set]).exits(0);
    shop.run(&["restore", "confirm", "--yes"]).exits(0);
    assert_same(&shop.look(), &then);
    assert_eq!(shop.beside(), Vec::<String>::new());
    // The safety copy has the data that was lost by it.
    let safety = finished["safety_copy"].as_str().unwrap();
    shop.run(&["restore", "--yes", "--skip-safety-copy", "--only", "cache", safety]).exits(0);
    assert_eq!(shop.look().keys, now.keys);
    assert_eq!(shop.look().database, then.database, "only what was named");
}

/// A single file comes back, and nothing else; no service is stopped for it.
#[test]
fn real_a_single_file_is_restored() {
    let shop = Shop::deployed();
    let then = shop.look();
    let (set, _) = shop.back_up();
    shop.change();
    let started = shop.site.identities("app");
    shop.run(&["restore", "--yes", "--skip-safety-copy", "--file", "uploads/text", &set]).exits(0);
    let found = shop.look();
    assert_eq!(fs::read(shop.uploads().join("text")).unwrap().len(), 5000);
    assert_eq!(found.files[std::path::Path::new("text")].mtime, then.files[std::path::Path::new("text")].mtime);
    assert!(shop.uploads().join("later").exists() && !shop.uploads().join("noise").exists());
    assert_eq!(shop.site.identities("app"), started);
    shop.run(&["restore", "rollback", "--yes"]).exits(0);
    assert_eq!(fs::read_to_string(shop.uploads().join("text")).unwrap(), "changed");
    shop.run(&["restore", "--yes", "--skip-safety-copy", "--file", "uploads/links", &set]).exits(0);
    shop.run(&["restore", "confirm", "--yes"]).exits(0);
    assert_eq!(fs::read_link(shop.uploads().join("links/up")).unwrap().to_str(), Some(".."));
    assert_eq!(shop.beside(), Vec::<String>::new());
    shop.run(&["restore", "--yes", "--skip-safety-copy", "--file", "uploads/no/such", &set]).exits(1);
    assert_eq!(shop.beside(), Vec::<String>::new());
}

/// Each object, flipped and cut: refused before anything is touched, with the code for it.
#[test]
fn real_damaged_sets_touch_nothing_live() {
    let shop = Shop::deployed();
    let (set, folder) = shop.back_up();
    let before = shop.look();
    let mut refused = 0;
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("config") {
            continue;
        }
        let whole = fs::read(entry.path()).unwrap();
        for cut in [false, true] {
            let mut damaged = whole.clone();
            let place = whole.len() / 2;
            if cut {
                damaged.truncate(place)
            } else {
                damaged[place] ^= 1
            }
            fs::write(entry.path(), damaged).unwrap();
            let ran = shop.run(&["restore", "--yes", "--skip-safety-copy", &set]).exits(8);
            assert!(!ran.err.contains("panicked"), "{}", ran.err);
            assert_eq!(shop.beside(), Vec::<String>::new(), "{name} {cut}");
            refused += 1;
        }
        fs::write(entry.path(), whole).unwrap();
    }
    assert!(refused >= 10, "{refused}");
    assert_same(&shop.look(), &before);
    shop.run(&["status"]).exits(0);
}

/// The services of the shop, without the application's own waiting: Redis is stopped and started, PostgreSQL runs.
struct Quick<'a> {
    engine: &'a DockerEngine,
    project: String,
}

impl Quick<'_> {
    fn cache(&self) -> String {
        format!("{}-cache-1", self.project)
    }
}

#[async_trait]
impl Services for Quick<'_> {
    async fn stop(&self, _: &BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        Ok(self.engine.stop(&self.cache(), Duration::from_secs(10)).await?)
    }

    async fn start(&self, _: &BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        self.engine.start(&self.cache()).await?;
        let ping = ["sh", "-c", "until redis-cli ping | grep -qx PONG; do sleep 0.02; done"].map(str::to_owned);
        self.engine.exec(&self.cache(), &ping, Duration::from_secs(30)).await?;
        Ok(())
    }

    async fn container(&self, service: &ServiceName) -> Result<String, RestoreError> {
        Ok(format!("{}-{service}-1", self.project))
    }
}

struct Stage<'a> {
    engine: &'a DockerEngine,
    services: Quick<'a>,
    sink: DiskSink,
    manifest: Manifest,
    events: Mutex<Vec<medianestctl::event::Event>>,
}

impl Stage<'_> {
    async fn go(
        &self,
        journal: &dyn Journal,
        record: Record,
        going: impl AsyncFnOnce(Record, &Context<'_>) -> Result<Finished, Box<Failure>>,
    ) -> Result<Finished, Box<Failure>> {
        let cancel = CancellationToken::new();
        let source =
            Source { sink: &self.sink, manifest: &self.manifest, unlock: None, cancel: &cancel, progress: no_progress() };
        let (fence, copied) = (Fence::open(), Copied(Ok(self.manifest.set)));
        let context = Context {
            engine: Some(self.engine),
            services: &self.services,
            journal,
            source: Some(&source),
            safety: &copied,
            fence: &fence,
            events: &|event| self.events.lock().unwrap().push(event),
        };
        going(record, &context).await
    }

    fn record(&self, number: u32) -> Record {
        let object = |wanted: fn(&Component) -> bool| -> ObjectName {
            self.manifest.objects.keys().find(|object| wanted(&object.component)).unwrap().clone()
        };
        let database = object(|component| matches!(component, Component::Database(_)));
        let cache = object(|component| matches!(component, Component::Redis(_)));
        let keys = self.manifest.objects[&cache].keys;
        let volume = |key: &str| format!("{}_{key}", self.services.project);
        Record {
            format: FORMAT,
            id: RestoreId::new(number),
            project: self.services.project.clone(),
            stack: self.manifest.stack.clone(),
            set: self.manifest.set,
            from: "local".to_owned(),
            begun: chrono::Utc::now(),
            by: "somebody".to_owned(),
            items: vec![
                Item::Volume {
                    key: "uploads".to_owned(),
                    volume: volume("uploads"),
                    object: object(|component| matches!(component, Component::Volume(_))),
                },
                Item::Database {
                    service: "db".parse().unwrap(),
                    user: "shop".to_owned(),
                    database: "shop".to_owned(),
                    object: database,
                    globals: Some(object(|component| matches!(component, Component::Globals(_)))),
                },
                Item::Redis {
                    service: "cache".parse().unwrap(),
                    volume: volume("cache"),
                    object: cache,
                    files: RedisFiles::default(),
                    keys,
                },
            ],
            services: BTreeSet::from(["cache".parse().unwrap()]),
            steps: vec![
                Step::SafetyCopy,
                Step::Stage(0),
                Step::Stage(1),
                Step::Stage(2),
                Step::Stop,
                Step::Swap(0),
                Step::Swap(1),
                Step::Swap(2),
                Step::Revive(2),
                Step::Start,
            ],
            at: 0,
            under_way: false,
            way: Way::Forward,
            safety: None,
            failure: None,
        }
    }
}

/// Killed after every fifth write of the record, with the write or without it, on the way there; then another process takes it back, or goes
/// on and another one takes it back. Each time it is all of the old or all of the new. Every single write is the turn of `line`, where a
/// round takes milliseconds.
#[test]
fn real_killed_between_any_two_steps_it_is_the_old_or_the_new() {
    let shop = Shop::deployed();
    let then = shop.look();
    let (_, folder) = shop.back_up();
    shop.change();
    let now = shop.look();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = ConnectOptions {
        docker_host: std::env::var("DOCKER_HOST").ok(),
        timeout: Duration::from_secs(60),
        ..ConnectOptions::default()
    };
    let engine = runtime.block_on(connect(&options)).unwrap();
    let project: ProjectName = shop.site.place.project.parse().unwrap();
    let manifest = SignedManifest::parse(&fs::read(folder.join("manifest.json")).unwrap()).unwrap().claims().clone();
    let stage = Stage {
        engine: &engine,
        services: Quick { engine: &engine, project: project.to_string() },
        sink: DiskSink::new(shop.site.place.directory.join("backups")),
        manifest,
        events: Mutex::default(),
    };
    let (mut taken_back, mut gone_on) = (0, 0);
    for calls in (0..).step_by(5) {
        let journal = AtEngine::new(&engine, &project);
        let mortal = Mortal { journal: &journal, left: AtomicUsize::new(calls), written: calls % 2 == 0 };
        let record = stage.record(u32::try_from(calls).unwrap());
        let done = runtime.block_on(stage.go(&mortal, record, forward));
        if done.is_ok() {
            let record = runtime.block_on(journal.read()).unwrap().unwrap();
            assert_same(&shop.look(), &then);
            runtime.block_on(stage.go(&journal, record, confirm)).unwrap();
            break;
        }
        let Some(mut record) = runtime.block_on(journal.read()).unwrap() else { continue };
        if calls % 3 == 0 {
            record = runtime.block_on(stage.go(&journal, record, forward)).unwrap().record;
            assert_same(&shop.look(), &then);
            gone_on += 1;
        }
        runtime.block_on(stage.go(&journal, record, back)).unwrap();
        assert_same(&shop.look(), &now);
        assert_eq!(shop.beside(), Vec::<String>::new(), "after {calls} calls");
        taken_back += 1;
    }
    assert!(taken_back >= 3 && gone_on >= 1, "{taken_back} {gone_on}");
    assert_same(&shop.look(), &then);
    assert_eq!(shop.beside(), Vec::<String>::new());
}
