//! Makes a set: sessions are opened, the application is held still for a moment, everything is read as it was then, the index and
//! the signed manifest come last.
//!
//! ```text
//! sessions ─▶ [ held still: snapshots ] ─▶ parts ─▶ index ─▶ manifest ─▶ latest
//!                                            └──────▶ every target at once
//! ```
//!
//! Owns the order of all that, and that nothing is left of an attempt that fails. Refuses to write a manifest for less than was
//! planned.

mod error;
mod files;
mod job;
mod output;
mod pipe;
mod postgres;
mod progress;
mod redis;
mod session;
mod still;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::{join_all, try_join_all};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub use error::{CreateError, PartError};
pub use still::{LONGEST_PAUSE, Unwatched, Watch};

use self::{
    files::IndexInlet,
    job::{Job, Meter},
    postgres::Postgres,
    progress::Steps,
    redis::Redis,
    still::Still,
};
use super::{
    keys::Lock,
    manifest::{Consistency, FORMAT, Manifest, ObjectRecord, Openers},
    pipeline::{StoreSettings, Stored},
    plan::{BackupPlan, Directory, Part, Place, VolumeWay},
    set::{Component, MANIFEST, ObjectName, SetId},
    signature::SigningKey,
    sink::{InvalidKey, ObjectKey, Put, SinkError, SinkErrorKind, Target, Tee},
    source::{Archived, Held},
};
use crate::{engine::Engine, event, state::Fence};

/// The object that names the newest set of a stack at a target.
pub const LATEST: &str = "latest";

/// How often a moment is tried for when Redis begins a save of its own just then.
const MOMENTS: u32 = 5;
/// How long clearing away may take at a target.
const CLEARING: Duration = Duration::from_secs(120);

/// Everything that making a backup needs.
pub struct Making<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// What is made.
    pub plan: &'a BackupPlan,
    /// The deployment directory.
    pub directory: &'a Directory,
    /// Compression and encryption.
    pub settings: &'a StoreSettings,
    /// Where it goes.
    pub tee: &'a Tee,
    /// Who signs it.
    pub signing: &'a SigningKey,
    /// What it is called.
    pub set: SetId,
    /// A person's word for it.
    pub label: Option<String>,
    /// Versions of the tool and of the engine, by name.
    pub versions: BTreeMap<String, String>,
    /// Who lets the application go on when we cannot.
    pub watch: &'a dyn Watch,
    /// Where events go.
    pub events: event::Sink<'a>,
    /// Ends it in good order.
    pub cancel: CancellationToken,
    /// Whether the lock is still held.
    pub fence: &'a Fence,
    /// The time.
    pub now: fn() -> DateTime<Utc>,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Made {
    /// What is in it.
    pub manifest: Manifest,
    /// How long the application was held still; `None` when it was not.
    pub held: Option<Duration>,
    /// How long all of it took.
    pub took: Duration,
}

/// Makes the backup at all targets that go along; which do, `Making::tee` tells afterwards.
///
/// # Errors
/// Then nothing of it is left at the targets, as far as they can be reached, and the application goes on.
pub async fn create(making: &Making<'_>) -> Result<Made, CreateError> {
    let begun = Instant::now();
    let mut run = Run::new(making)?;
    let made = run.make().await;
    run.end(made.is_ok()).await;
    making.tee.settled().await;
    let targets: Vec<Target> = match &made {
        Ok(_) => making.tee.standing().into_iter().filter_map(|(target, failed)| failed.map(|_| target)).collect(),
        Err(_) => making.tee.standing().into_iter().map(|(target, _)| target).collect(),
    };
    let folder = run.folder.clone();
    // What cannot be removed has no manifest, and is no backup.
    join_all(targets.iter().map(|target| timeout(CLEARING, clear(target, &folder)))).await;
    let (manifest, held) = made?;
    Ok(Made { manifest, held, took: begun.elapsed() })
}

/// Does `work`, of which nothing has to be taken back, unless somebody asks to stop.
async fn or_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T, CreateError>>,
) -> Result<T, CreateError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(CreateError::Cancelled),
        done = work => done,
    }
}

/// Removes what is in the folder of a set that has come to nothing, the manifest first.
async fn clear(target: &Target, folder: &ObjectKey) {
    let Ok(mut objects) = target.sink.list(Some(folder)).await else { return };
    objects.sort_by_key(|object| !object.key.as_str().ends_with(MANIFEST));
    for object in objects {
        let _ = target.sink.remove(&object.key).await;
    }
}

fn no_key(error: InvalidKey) -> CreateError {
    CreateError::Sink(SinkError::new(SinkErrorKind::Other, "name an object", error.to_string()))
}

/// A backup that is being made.
struct Run<'a> {
    making: &'a Making<'a>,
    folder: ObjectKey,
    postgres: BTreeMap<String, Postgres<'a>>,
    redis: BTreeMap<String, Redis<'a>>,
    held: BTreeMap<String, Held>,
    objects: BTreeMap<ObjectName, ObjectRecord>,
    versions: BTreeMap<String, String>,
    steps: Steps<'a>,
    /// Set by whoever fails of those that work side by side.
    cancel: CancellationToken,
}

impl<'a> Run<'a> {
    fn new(making: &'a Making<'a>) -> Result<Self, CreateError> {
        let stack = ObjectKey::new(making.plan.project.as_str()).map_err(no_key)?;
        let objects: usize = making.plan.parts.iter().map(|part| part.components().len()).sum();
        Ok(Self {
            making,
            folder: stack.join(&making.set.to_string()).map_err(no_key)?,
            postgres: BTreeMap::new(),
            redis: BTreeMap::new(),
            held: BTreeMap::new(),
            objects: BTreeMap::new(),
            versions: making.versions.clone(),
            // Beside the objects: getting ready, the moment, the manifest.
            steps: Steps::new(making.events, objects + 3),
            cancel: making.cancel.child_token(),
        })
    }

    async fn make(&mut self) -> Result<(Manifest, Option<Duration>), CreateError> {
        self.steps.begin();
        let step =
            self.steps.start("get ready for", "the backup", "the servers are asked beforehand, so that the moment is short");
        let cancel = self.making.cancel.clone();
        let ready = or_cancelled(&cancel, self.open()).await;
        self.steps.end(step, ready)?;
        self.unless_cancelled()?;
        let step = self.steps.start("hold still for", "the moment of the backup", "so that all parts are of one moment");
        let moment = self.moment().await;
        let (still, held) = self.steps.end(step, moment)?;
        let read = self.parts().await;
        let held = match still {
            // Whatever came of it, the application goes on.
            Some(still) => Some(still.let_go().await?),
            None => held,
        };
        read?;
        let manifest = self.finish().await?;
        Ok((manifest, held))
    }

    fn unless_cancelled(&self) -> Result<(), CreateError> {
        if self.making.cancel.is_cancelled() { Err(CreateError::Cancelled) } else { Ok(()) }
    }

    /// Opens sessions at all databases.
    async fn open(&mut self) -> Result<(), CreateError> {
        let making = self.making;
        for part in &making.plan.parts {
            let name = part.name().to_owned();
            let failed = CreateError::part(part.name());
            match part {
                Part::Postgres { container, user, database, way, .. } => {
                    let opened = Postgres::open(making.engine, container, (user, database), *way, making.set).await;
                    let postgres = opened.map_err(failed)?;
                    self.versions.insert(name.clone(), postgres.version.clone());
                    self.postgres.insert(name, postgres);
                }
                Part::Redis { container, .. } => {
                    let redis = Redis::open(making.engine, container).await.map_err(failed)?;
                    self.versions.insert(name.clone(), redis.version.clone());
                    self.redis.insert(name, redis);
                }
                Part::Volume { .. } | Part::Config | Part::Secrets => {}
            }
        }
        Ok(())
    }

    /// Takes all snapshots at one moment. Gives what is still held then, or how long it was.
    async fn moment(&mut self) -> Result<(Option<Still<'a>>, Option<Duration>), CreateError> {
        let (making, plan) = (self.making, self.making.plan);
        for turn in 1..=MOMENTS {
            making.fence.check()?;
            let still = Still::hold(making.engine, making.watch, plan.consistency, &plan.still).await?;
            let taken = still.during(self.snapshots()).await;
            if let (Consistency::Stop, Ok(true)) = (plan.consistency, &taken) {
                return Ok((Some(still), None));
            }
            let held = still.let_go().await?;
            if taken? {
                return Ok((None, (!plan.still.is_empty()).then_some(held)));
            }
            if turn < MOMENTS {
                or_cancelled(&making.cancel, self.again()).await?;
            }
        }
        let what = "a moment at which Redis saves nothing by its own rules".to_owned();
        Err(CreateError::Still(PartError::Late { what, seconds: 0 }))
    }

    /// Gets ready for another moment.
    async fn again(&mut self) -> Result<(), CreateError> {
        for (name, redis) in &mut self.redis {
            redis.again().await.map_err(CreateError::part(name))?;
        }
        for (name, postgres) in &mut self.postgres {
            postgres.again().await.map_err(CreateError::part(name))?;
        }
        Ok(())
    }

    /// The moment is now. `false` when one of the servers could not.
    async fn snapshots(&mut self) -> Result<bool, CreateError> {
        let plan = self.making.plan;
        let volumes: Vec<(String, PathBuf)> = match plan.consistency {
            Consistency::Barrier => plan.parts.iter().filter_map(read_directly).collect(),
            Consistency::Live | Consistency::Stop => Vec::new(),
        };
        let postgres = self
            .postgres
            .iter_mut()
            .map(|(name, postgres)| async move { postgres.hold().await.map_err(CreateError::part(name)) });
        let redis = self.redis.iter_mut().map(|(name, redis)| async move { redis.hold().await.map_err(CreateError::part(name)) });
        let held = async { files::hold_now(volumes).await.map_err(CreateError::Still) };
        let (_, saving, held) = futures_util::try_join!(try_join_all(postgres), try_join_all(redis), held)?;
        self.held = held;
        Ok(saving.into_iter().all(|begun| begun))
    }

    /// Stores all parts, and beside them the index.
    async fn parts(&mut self) -> Result<(), CreateError> {
        let (inlet, outlet) = files::index();
        let name = self.object(Component::Index);
        let key = self.folder.join(&name.to_string()).map_err(no_key)?;
        let cancel = self.cancel.clone();
        let job = Job {
            tee: self.making.tee,
            settings: self.making.settings,
            key,
            cancel: cancel.clone(),
            meter: Arc::new(Meter::default()),
        };
        let index = async {
            let stored = job.store(move |output| outlet.copy(output)).await;
            stored.map_err(|error| CreateError::of("index", error)).inspect_err(|_| cancel.cancel())
        };
        let parts = async {
            let mut stored = Ok(());
            for part in &self.making.plan.parts {
                stored = self.part(part, &inlet).await;
                if stored.is_err() {
                    break;
                }
            }
            match &stored {
                Ok(()) => inlet.end().await,
                Err(_) => cancel.cancel(),
            }
            stored
        };
        match futures_util::join!(index, parts) {
            (Ok((stored, ())), Ok(())) => {
                self.objects.insert(name, stored.into());
                Ok(())
            }
            // Whoever was told to stop is not the cause.
            (Err(error), Err(other)) if other.is_a_consequence() => Err(error),
            (_, Err(error)) | (Err(error), Ok(())) => Err(error),
        }
        .map_err(|error| if self.making.cancel.is_cancelled() { CreateError::Cancelled } else { error })
    }

    fn object(&self, component: Component) -> ObjectName {
        let settings = self.making.settings;
        ObjectName { component, packing: settings.compression.packing(), encrypted: settings.lock.is_some() }
    }

    /// Stores one part.
    async fn part(&mut self, part: &Part, index: &IndexInlet) -> Result<(), CreateError> {
        let making = self.making;
        let name = part.name().to_owned();
        let failed = |error| CreateError::of(part.name(), error);
        let total = self.held.get(&name).filter(|held| held.complete).map(|held| held.totals.bytes);
        for component in part.components() {
            self.unless_cancelled()?;
            let object = self.object(component.clone());
            let meter = Arc::new(Meter::default());
            let key = self.folder.join(&object.to_string()).map_err(no_key)?;
            let job =
                Job { tee: making.tee, settings: making.settings, key, cancel: self.cancel.clone(), meter: Arc::clone(&meter) };
            let step = self.steps.start("back up", &object.to_string(), part_cause(&component));
            let (index, archive) = (index.clone(), object.clone());
            let (postgres, redis) = (&mut self.postgres, &mut self.redis);
            let held = self.held.remove(&name).unwrap_or_default();
            let late = held.moment_is_partial();
            let stored = async {
                match part {
                    Part::Postgres { .. } => {
                        let postgres = postgres.get_mut(&name).ok_or(CreateError::Cancelled)?;
                        if let Component::Globals(_) = component {
                            let encrypted = making.settings.lock.is_some();
                            return postgres.globals(job, encrypted).await.map(ObjectRecord::from).map_err(failed);
                        }
                        let (stored, rows) = postgres.dump(job).await.map_err(failed)?;
                        Ok(ObjectRecord { rows, ..stored.into() })
                    }
                    Part::Redis { .. } => {
                        let redis = redis.get_mut(&name).ok_or(CreateError::Cancelled)?;
                        let (stored, keys, notes) = redis.snapshot(job).await.map_err(failed)?;
                        Ok(ObjectRecord { keys: Some(keys), notes, ..stored.into() })
                    }
                    Part::Volume { way: VolumeWay::Directory(path), .. } => {
                        let stored = files::directory(path.into(), archive, held, index, job).await;
                        let mut record = archived(stored.map_err(failed)?);
                        if late {
                            let note =
                                "not all files were read at the moment of the backup: there are too many, or they are too large";
                            record.notes.push(note.to_owned());
                        }
                        Ok(record)
                    }
                    Part::Volume { volume, way: VolumeWay::Engine, .. } => {
                        let (engine, project) = (making.engine, &making.plan.project);
                        let stored = files::through_engine(engine, project, volume, archive, index, job).await;
                        stored.map(archived).map_err(failed)
                    }
                    Part::Config | Part::Secrets => {
                        let place = if *part == Part::Config { Place::Config } else { Place::Secret };
                        let stored = files::deployment(making.directory.clone(), place, archive, index, job).await;
                        stored.map(archived).map_err(failed)
                    }
                }
            };
            let stored = self.steps.watched(step, &meter, total, stored).await;
            let record = self.steps.end(step, stored)?;
            self.objects.insert(object, record);
        }
        // Nobody has to hold a moment that was read.
        if let Some(postgres) = self.postgres.remove(&name) {
            postgres.close().await;
        }
        if let Some(redis) = self.redis.remove(&name) {
            redis.close().await;
        }
        Ok(())
    }

    /// Writes the manifest: from now on it is a backup.
    async fn finish(&mut self) -> Result<Manifest, CreateError> {
        let making = self.making;
        self.unless_cancelled()?;
        making.fence.check()?;
        let step = self.steps.start("sign", "the manifest", "it makes the objects a backup");
        let manifest = Manifest {
            format: FORMAT,
            set: making.set,
            stack: making.plan.project.to_string(),
            finished: (making.now)(),
            label: making.label.clone(),
            consistency: making.plan.consistency,
            versions: self.versions.clone(),
            openers: making.settings.lock.as_ref().map_or(Openers::Everybody, Lock::openers),
            objects: self.objects.clone(),
        };
        let written = async {
            let bytes = manifest.clone().sign(making.signing)?.to_bytes()?;
            let key = self.folder.join(MANIFEST).map_err(no_key)?;
            making.tee.put(&key, &bytes.into(), Put::New).await?;
            // Only a convenience: which set is the newest is told by their names.
            let key = ObjectKey::new(format!("{}/{LATEST}", making.plan.project)).map_err(no_key)?;
            for target in making.tee.good() {
                let _ = target.sink.put(&key, format!("{}\n", making.set).into(), Put::Replace).await;
            }
            Ok(())
        };
        let written: Result<(), CreateError> = written.await;
        self.steps.end(step, written)?;
        Ok(manifest)
    }

    /// Ends what is still open at the servers.
    async fn end(&mut self, well: bool) {
        for (_, postgres) in std::mem::take(&mut self.postgres) {
            if well { postgres.close().await } else { postgres.abandon().await }
        }
        for (_, redis) in std::mem::take(&mut self.redis) {
            redis.close().await;
        }
    }
}

fn read_directly(part: &Part) -> Option<(String, PathBuf)> {
    match part {
        Part::Volume { name, way: VolumeWay::Directory(path), .. } => Some((name.as_str().to_owned(), path.into())),
        _ => None,
    }
}

fn archived((stored, archived): (Stored, Archived)) -> ObjectRecord {
    ObjectRecord { files: Some(archived.totals), notes: archived.notes.to_lines(), ..stored.into() }
}

const fn part_cause(component: &Component) -> &'static str {
    match component {
        Component::Database(_) => "as it was at the moment of the backup",
        Component::Globals(_) => "the database's roles are not in its dump",
        Component::Redis(_) => "as it was saved at the moment of the backup",
        Component::Volume(_) => "the files that the application keeps",
        Component::Config => "what a new machine needs to run the stack",
        Component::Secrets => "without these the data is of no use on a new machine",
        Component::Index => "so that single files can be found",
    }
}
