//! A set of a directory's files, made in a directory, and what a restore of it is carried out with.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use medianestctl::{
    backup::{
        index::{self, IndexLine},
        manifest::{Consistency, FORMAT, Manifest, ObjectRecord, Openers},
        pipeline::{Compression, StoreSettings, no_progress, store},
        plan::Reach,
        restore::{
            Context, Failure, Finished, RestoreError, SafetyCopy, Source,
            app::Services,
            journal::{InDirectory, Journal, JournalError},
            plan::{Beginning, Choices, Facts, RestorePlan, Scene, plan},
            record::Record,
        },
        set::{Component, ObjectName, Packing, SetId},
        sink::{DiskSink, ObjectKey, Sink},
        source::{archive, open_directory},
    },
    event::Event,
    model::ServiceName,
    state::Fence,
};
use tokio_util::sync::CancellationToken;

/// A deployment directory with old files, and a set with other ones.
pub struct Made {
    root: tempfile::TempDir,
    pub sink: DiskSink,
    pub manifest: Manifest,
}

pub const STACK: &str = "shop";

fn write(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The files of a directory, their contents and modes; what restores keep left out.
pub fn look(path: &Path) -> BTreeMap<String, (String, u32)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with(".medianestctl-") {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            found.extend(look(&entry.path()).into_iter().map(|(path, what)| (format!("{name}/{path}"), what)));
        } else {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
            found.insert(name, (fs::read_to_string(entry.path()).unwrap(), mode));
        }
    }
    found
}

/// What restores have left in a directory.
pub fn hidden(path: &Path) -> Vec<String> {
    let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".medianestctl-")).collect()
}

async fn object(sink: &DiskSink, folder: &ObjectKey, component: Component, bytes: Vec<u8>) -> (ObjectName, ObjectRecord) {
    let name = ObjectName { component, packing: Packing::Zstd, encrypted: false };
    let upload = sink.begin(&folder.join(&name.to_string()).unwrap()).await.unwrap();
    let settings = StoreSettings { compression: Compression::ZSTD, lock: None };
    let source = move |output: &mut dyn std::io::Write| output.write_all(&bytes);
    let (stored, ()) = store(&settings, source, upload, &CancellationToken::new(), no_progress()).await.unwrap();
    (name, stored.into())
}

impl Made {
    pub async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let (directory, model) = (root.path().join("site"), root.path().join("model"));
        for (path, text, mode) in [
            ("compose.yaml", "new", 0o644),
            ("nginx/site.conf", "new", 0o600),
            ("same", "same", 0o640),
            ("only/new", "new", 0o644),
        ] {
            write(&model.join(path), text, mode);
        }
        for (path, text, mode) in [
            ("compose.yaml", "old", 0o600),
            ("nginx/site.conf", "old", 0o644),
            ("same", "same", 0o640),
            ("only-old", "old", 0o644),
        ] {
            write(&directory.join(path), text, mode);
        }
        let backups = root.path().join("backups");
        fs::create_dir(&backups).unwrap();
        let sink = DiskSink::new(&backups);
        let set: SetId = "20260131T235959Z-0123abcd".parse().unwrap();
        let folder = ObjectKey::new(format!("{STACK}/{set}")).unwrap();
        let (mut bytes, mut lines) = (Vec::new(), index::head());
        let name = ObjectName { component: Component::Config, packing: Packing::Zstd, encrypted: false };
        lines.push_str(&IndexLine::Archive { archive: name }.to_text().unwrap());
        let archived = archive(open_directory(&model).unwrap(), &mut bytes, &mut |entry| {
            lines.push_str(&IndexLine::Entry(entry).to_text().unwrap());
            Ok(())
        });
        let archived = archived.unwrap();
        let (config, mut record) = object(&sink, &folder, Component::Config, bytes).await;
        record.files = Some(archived.totals);
        let index = object(&sink, &folder, Component::Index, lines.into_bytes()).await;
        let manifest = Manifest {
            format: FORMAT,
            set,
            stack: STACK.to_owned(),
            finished: DateTime::UNIX_EPOCH,
            label: None,
            consistency: Consistency::Live,
            versions: BTreeMap::new(),
            openers: Openers::Everybody,
            objects: BTreeMap::from([(config, record), index]),
        };
        Self { root, sink, manifest }
    }

    pub fn directory(&self) -> PathBuf {
        self.root.path().join("site")
    }

    /// The file of an object.
    pub fn stored(&self, component: &Component) -> PathBuf {
        let name = self.manifest.objects.keys().find(|name| name.component == *component).unwrap();
        self.root.path().join("backups").join(STACK).join(self.manifest.set.to_string()).join(name.to_string())
    }

    pub fn plan(&self) -> RestorePlan {
        let facts = Facts {
            reach: Reach::Engine,
            free: None,
            servers: BTreeMap::new(),
            directory: self.directory().to_string_lossy().into_owned(),
        };
        let scene = Scene { manifest: &self.manifest, stack: None, observed: None, facts: &facts };
        let choices = Choices { only: BTreeSet::from(["config".to_owned()]), ..Choices::default() };
        plan(&scene, &choices).unwrap()
    }

    /// A record of the whole line of steps, with services around the exchange.
    pub fn record(&self) -> Record {
        use medianestctl::backup::restore::record::Step;
        let beginning = Beginning {
            id: "0000002a".parse().unwrap(),
            project: String::new(),
            from: "local".to_owned(),
            begun: Utc::now(),
            by: "somebody".to_owned(),
        };
        let mut record = self.plan().record(&self.manifest, beginning);
        record.services = BTreeSet::from(["app".parse().unwrap()]);
        record.steps = vec![Step::SafetyCopy, Step::Stage(0), Step::Stop, Step::Swap(0), Step::Start];
        record
    }

    pub fn journal(&self) -> InDirectory {
        InDirectory::new(&self.directory())
    }
}

/// Services that run or do not, and look at the data when they start.
pub struct App {
    directory: PathBuf,
    running: Mutex<bool>,
    /// What they found at each start.
    pub seen: Mutex<Vec<BTreeMap<String, (String, u32)>>>,
    /// They do not start with these files.
    pub dislikes: Option<&'static str>,
}

impl App {
    pub fn new(made: &Made) -> Self {
        Self { directory: made.directory(), running: Mutex::new(true), seen: Mutex::default(), dislikes: None }
    }

    pub fn runs(&self) -> bool {
        *self.running.lock().unwrap()
    }
}

#[async_trait]
impl Services for App {
    async fn stop(&self, _: &BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        *self.running.lock().unwrap() = false;
        Ok(())
    }

    async fn start(&self, _: &BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        let found = look(&self.directory);
        let refused = self.dislikes.is_some_and(|text| found["compose.yaml"].0 == text);
        if !std::mem::replace(&mut *self.running.lock().unwrap(), true) {
            self.seen.lock().unwrap().push(found);
        }
        if refused { Err(RestoreError::NotRunning("app".to_owned())) } else { Ok(()) }
    }

    async fn container(&self, service: &ServiceName) -> Result<String, RestoreError> {
        Err(RestoreError::NotRunning(service.to_string()))
    }
}

pub struct Copied(pub Result<SetId, String>);

#[async_trait(?Send)]
impl SafetyCopy for Copied {
    async fn make(&self) -> Result<SetId, String> {
        self.0.clone()
    }
}

/// A journal whose process is killed before or after one of its writes: nothing that comes then is done.
pub struct Mortal<'a> {
    pub journal: &'a dyn Journal,
    /// Calls that are still answered.
    pub left: AtomicUsize,
    /// Whether the last one is carried out all the same.
    pub written: bool,
}

impl Mortal<'_> {
    fn dies(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }

    fn killed() -> JournalError {
        JournalError::Unreadable("killed".to_owned())
    }
}

#[async_trait]
impl Journal for Mortal<'_> {
    async fn read(&self) -> Result<Option<Record>, JournalError> {
        self.journal.read().await
    }

    async fn write(&self, record: &Record) -> Result<(), JournalError> {
        if self.dies() {
            if self.written {
                self.journal.write(record).await?;
            }
            return Err(Self::killed());
        }
        self.journal.write(record).await
    }

    async fn forget(&self) -> Result<(), JournalError> {
        if self.dies() {
            if self.written {
                self.journal.forget().await?;
            }
            return Err(Self::killed());
        }
        self.journal.forget().await
    }
}

/// Carries a record out in a process of its own, as it were.
pub async fn go(
    made: &Made,
    app: &App,
    journal: &dyn Journal,
    record: Record,
    going: impl AsyncFnOnce(Record, &Context<'_>) -> Result<Finished, Box<Failure>>,
) -> Result<Finished, Box<Failure>> {
    let cancel = CancellationToken::new();
    let source = Source { sink: &made.sink, manifest: &made.manifest, unlock: None, cancel: &cancel, progress: no_progress() };
    let fence = Fence::open();
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let copied = Copied(Ok(made.manifest.set));
    let context = Context {
        engine: None,
        services: app,
        journal,
        source: Some(&source),
        safety: &copied,
        fence: &fence,
        events: &|event| events.lock().unwrap().push(event),
    };
    going(record, &context).await
}
