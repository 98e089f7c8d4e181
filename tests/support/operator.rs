//! What a command does once it has read its files: look, plan, lock, look and plan again, carry out.
//!
//! The command line does the same with a terminal around it. Every plan that is made here is held to what holds for
//! every plan: it is sound, it is the same when made again, and no secret stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::join;
use medianestctl::drift::Drift;
use medianestctl::engine::{self, Engine, EngineError, Wanted};
use medianestctl::event::Event;
use medianestctl::execute::{self, Context, Failure, Finished};
use medianestctl::model::{Contents, Maintenance, Observed, ObservedImage, Stack, lock_holder};
use medianestctl::plan::autoupdate::Hold;
use medianestctl::plan::{self, DeployOptions, Plan, PlanError, Selection, Way, lint};
use medianestctl::secret::{FingerprintKey, Secret};
use medianestctl::state::rollback::{self, RollbackError};
use medianestctl::state::{
    Draft, Fence, History, Holder, Lock, LockError, Making, Note, Opened, ReleaseImages, Standing, StateError, Store, Versions,
};
use medianestctl::status;
use tokio_util::sync::CancellationToken;

use super::Project;

/// Why a command did not come to its end.
#[derive(Debug)]
pub enum Trouble {
    Plan(PlanError),
    Engine(EngineError),
    State(StateError),
    Lock(LockError),
    Rollback(RollbackError),
    Step(Box<Failure>),
}

macro_rules! trouble {
    ($($variant:ident($error:ty)),*) => {
        $(impl From<$error> for Trouble {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}
trouble!(Plan(PlanError), Engine(EngineError), State(StateError), Lock(LockError), Rollback(RollbackError), Step(Box<Failure>));

impl Trouble {
    /// The failure of a step.
    #[track_caller]
    pub fn step(self) -> Box<Failure> {
        match self {
            Self::Step(failure) => failure,
            other => panic!("not the failure of a step: {other:?}"),
        }
    }

    /// The refusal to plan.
    #[track_caller]
    pub fn plan(self) -> PlanError {
        match self {
            Self::Plan(error) => error,
            other => panic!("not a refusal to plan: {other:?}"),
        }
    }

    /// The refusal to return.
    #[track_caller]
    pub fn rollback(self) -> RollbackError {
        match self {
            Self::Rollback(error) => error,
            other => panic!("not a refusal to return: {other:?}"),
        }
    }
}

/// A command that came to its end.
#[derive(Debug)]
pub struct Done {
    /// What was carried out under the lock, or what was left to wait for.
    pub plan: Plan,
    /// How it went; `None` when there was nothing to do.
    pub finished: Option<Finished>,
}

/// One look at the engine.
pub struct Site {
    pub observed: Observed,
    pub opened: Option<Opened>,
}

struct Provided {
    contents: Contents,
    granted: Versions,
    key: FingerprintKey,
}

/// What a command brings about.
struct Change<'c> {
    command: &'static str,
    /// A new release comes of it.
    release: bool,
    /// That release is brought back by it.
    rollback_of: Option<u64>,
    stack: &'c Stack,
    /// Contents that are not those of the project's files.
    provided: Option<&'c Provided>,
    /// Images that count in the place of those that the stack's references lead to.
    images: &'c BTreeMap<String, ObservedImage>,
    planner: Planner<'c>,
}

type Planner<'a> = &'a (dyn Fn(&Observed, &Contents, &DeployOptions) -> Result<Plan, PlanError> + Sync);

/// Somebody with a project and an engine.
pub struct Operator<'a> {
    project: &'a Project,
    stack: Stack,
    engine: &'a dyn Engine,
    pub who: String,
    /// What `autoupdate` leaves as it is.
    pub hold: Hold,
    /// How replicas that serve are replaced.
    pub way: Way,
    /// `--no-backup`.
    pub no_backup: bool,
    pub cancel: CancellationToken,
    pub abandon: CancellationToken,
    pub events: Mutex<Vec<Event>>,
    /// Called with each event.
    pub on_event: Box<dyn Fn(&Event) + Send + Sync + 'a>,
}

impl<'a> Operator<'a> {
    pub fn new(project: &'a Project, engine: &'a dyn Engine) -> Self {
        Self {
            project,
            stack: project.stack(),
            engine,
            who: "ann@laptop".into(),
            hold: Hold::default(),
            way: Way::Rolling,
            no_backup: false,
            cancel: CancellationToken::new(),
            abandon: CancellationToken::new(),
            events: Mutex::default(),
            on_event: Box::new(|_| ()),
        }
    }

    pub async fn look(&self) -> Result<Site, Trouble> {
        self.look_for(&self.stack, &BTreeMap::new()).await
    }

    async fn look_for(&self, stack: &Stack, images: &BTreeMap<String, ObservedImage>) -> Result<Site, Trouble> {
        let wanted = Wanted { images: stack.services.values().map(|s| s.image.clone()).collect(), host_routes: Vec::new() };
        let store = Store::new(self.engine, self.stack.project.clone());
        let (observed, opened) = join!(engine::observe(self.engine, &self.stack.project, wanted), store.open());
        let (mut observed, opened) = (observed?, opened?);
        if let Some(opened) = &opened {
            observed.kept = opened.head.kept();
        }
        observed.images.extend(self.hold.images.clone());
        Note::find(&self.stack.project, observed.volumes.values()).add_to(&mut observed.kept);
        observed.images.extend(images.clone());
        Ok(Site { observed, opened })
    }

    async fn provide(&self, opened: Option<&Opened>) -> Result<Provided, Trouble> {
        let key = opened.map_or_else(|| self.project.new_key(), |opened| opened.key.clone());
        let store = Store::new(self.engine, self.stack.project.clone());
        let mut provided = Provided { contents: Contents::default(), granted: Versions::default(), key };
        for name in self.stack.secrets.keys() {
            let value = match (self.project.secrets.get(name), opened.and_then(|o| o.head.secrets.get(name))) {
                (Some(here), _) => Secret::new(here.clone()),
                (None, Some(version)) => store.secret(name, version).await?.expect("the engine keeps the secret"),
                (None, None) => panic!("the test gives no secret {name}"),
            };
            let version = provided.key.fingerprint(&[value.expose()]);
            provided.contents.secrets.insert(name.clone(), version.clone());
            provided.granted.secrets.insert(name.clone(), (version, value));
        }
        for (name, config) in &self.stack.configs {
            let version = provided.key.fingerprint(&[&config.content]);
            provided.contents.configs.insert(name.clone(), version.clone());
            provided.granted.configs.insert(name.clone(), (version, config.content.clone()));
        }
        Ok(provided)
    }

    fn checked(&self, site: &Site, contents: &Contents, pulled: bool, planner: Planner<'_>) -> Result<Plan, PlanError> {
        let (patience, way, no_backup) = (self.project.patience, self.way.clone(), self.no_backup);
        let options = DeployOptions { pulled, patience, way, no_backup, ..DeployOptions::default() };
        let plan = planner(&site.observed, contents, &options)?;
        let again = planner(&site.observed, contents, &options)?;
        assert_eq!(plan.to_text(), again.to_text(), "the same inputs give the same plan");
        let there: BTreeSet<_> = site.observed.containers.iter().map(|c| c.name.clone()).collect();
        let problems = lint::problems(&plan, &there);
        assert!(problems.is_empty(), "the plan is not sound: {problems:#?}\n{}", plan.to_text());
        let shown = format!("{}{}{plan:?}", plan.to_text(), serde_json::to_string(&plan).unwrap());
        for (name, content) in &self.project.secrets {
            let content = String::from_utf8_lossy(content);
            assert!(!shown.contains(content.as_ref()), "the plan tells the secret {name}");
        }
        Ok(plan)
    }

    /// What `plan` shows.
    pub async fn plan(&self) -> Result<Plan, Trouble> {
        let planner = |o: &Observed, c: &Contents, x: &DeployOptions| plan::deploy(&self.stack, o, c, x);
        let site = self.look().await?;
        let provided = self.provide(site.opened.as_ref()).await?;
        Ok(self.checked(&site, &provided.contents, false, &planner)?)
    }

    pub async fn deploy(&self) -> Result<Done, Trouble> {
        self.apply("deploy", true, &|o, c, x| plan::deploy(&self.stack, o, c, x)).await
    }

    /// Everything that is due has been got; the rest is held.
    pub async fn autoupdate(&self) -> Result<Done, Trouble> {
        let planner = |o: &Observed, c: &Contents, x: &DeployOptions| {
            if !self.hold.still_holds(&self.stack, o) {
                return Err(PlanError::Overtaken { project: self.stack.project.clone() });
            }
            let options = DeployOptions { pulled: true, pinned: self.hold.pinned.clone(), ..x.clone() };
            plan::deploy(&self.stack, o, c, &options)
        };
        self.apply("autoupdate", true, &planner).await
    }

    /// `deploy --remove-orphans`, with these agreed to by their identifiers.
    pub async fn deploy_removing(&self, orphans: &BTreeSet<String>) -> Result<Done, Trouble> {
        let planner = |o: &Observed, c: &Contents, x: &DeployOptions| {
            plan::deploy(&self.stack, o, c, &DeployOptions { orphans: orphans.clone(), ..x.clone() })
        };
        self.apply("deploy", true, &planner).await
    }

    /// What `status` finds that is not as the release left it.
    pub async fn drift(&self) -> Vec<Drift> {
        let observed = self.look().await.unwrap().observed;
        status::of(&self.stack.project, &observed.containers, &observed.kept, now()).drift
    }

    pub async fn migrate(&self) -> Result<Done, Trouble> {
        self.apply("migrate", false, &|o, c, x| plan::migrate(&self.stack, o, c, x)).await
    }

    pub async fn down(&self, volumes: bool) -> Result<Done, Trouble> {
        self.apply("down", false, &|o, _, _| plan::down(&self.stack.project, o, volumes, &BTreeSet::new())).await
    }

    /// `down --remove-orphans`, with these agreed to by their identifiers.
    pub async fn down_removing(&self, orphans: &BTreeSet<String>) -> Result<Done, Trouble> {
        self.apply("down", false, &|o, _, _| plan::down(&self.stack.project, o, false, orphans)).await
    }

    /// `prune --keep N`.
    pub async fn prune(&self, keep: u32) -> Result<Done, Trouble> {
        let site = self.look().await?;
        let store = Store::new(self.engine, self.stack.project.clone());
        let prunable = store.prunable(&site.observed, keep).await?;
        self.apply("prune", false, &|o, _, _| plan::prune(&self.stack.project, o, &prunable, &BTreeMap::new())).await
    }

    pub async fn start(&self, services: &[&str]) -> Result<Done, Trouble> {
        self.apply("start", false, &|o, _, _| plan::start(&self.stack.project, o, &selection(services))).await
    }

    pub async fn stop(&self, services: &[&str]) -> Result<Done, Trouble> {
        self.apply("stop", false, &|o, _, _| plan::stop(&self.stack.project, o, &selection(services))).await
    }

    pub async fn restart(&self, services: &[&str]) -> Result<Done, Trouble> {
        self.apply("restart", false, &|o, _, _| plan::restart(&self.stack.project, o, &selection(services))).await
    }

    pub async fn maintenance(&self, wanted: Option<&Maintenance>) -> Result<Done, Trouble> {
        self.apply("maintenance", false, &|o, _, _| plan::maintenance(&self.stack, o, wanted)).await
    }

    /// `rollback`, to a version or number, or without either to the release before the current one.
    pub async fn rollback(&self, wanted: Option<&str>) -> Result<Done, Trouble> {
        let store = Store::new(self.engine, self.stack.project.clone());
        let everything = store.everything().await?.ok_or(RollbackError::NothingDeployed)?;
        let opened = &everything.opened;
        let interrupted = Standing::find(self.engine, &self.stack.project).await?.is_some_and(|lock| lock.dead.is_some());
        let target = rollback::way_back(&everything, &self.stack.project, &self.look().await?.observed, wanted, interrupted)?;
        let chosen = (opened.head.release, opened.head.last);
        let loaded = everything.load(target.number)?;
        let images = ReleaseImages::find(self.engine, target).await?.complete(target.number)?;
        let contents = Contents { secrets: loaded.release.secrets.clone(), configs: loaded.release.configs.clone() };
        let provided = Provided { contents, granted: loaded.versions, key: opened.key.clone() };
        let (stack, pinned) = (&loaded.stack, &images.pinned);
        let planner = |observed: &Observed, contents: &Contents, options: &DeployOptions| {
            let options = DeployOptions { pinned: pinned.clone(), ..options.clone() };
            plan::way_back(stack, observed, contents, &options, chosen)
        };
        self.carry_through(&Change {
            command: "rollback",
            release: true,
            rollback_of: Some(target.number),
            stack,
            provided: Some(&provided),
            images: &images.there,
            planner: &planner,
        })
        .await
    }

    async fn apply(&self, command: &'static str, release: bool, planner: Planner<'_>) -> Result<Done, Trouble> {
        let (stack, images) = (&self.stack, &BTreeMap::new());
        self.carry_through(&Change { command, release, rollback_of: None, stack, provided: None, images, planner }).await
    }

    async fn carry_through(&self, change: &Change<'_>) -> Result<Done, Trouble> {
        let Change { command, planner, .. } = *change;
        let mut site = self.look_for(change.stack, change.images).await?;
        let own;
        let provided = match change.provided {
            Some(provided) => provided,
            None => {
                own = self.provide(site.opened.as_ref()).await?;
                &own
            }
        };
        let mut plan = self.checked(&site, &provided.contents, command == "migrate", planner)?;
        if let Some(pulls) = plan.pulls() {
            self.execute(&pulls, &site, provided, change, None).await?;
            site = self.look_for(change.stack, change.images).await?;
            plan = self.checked(&site, &provided.contents, true, planner)?;
        }
        if plan.steps.is_empty() {
            return Ok(Done { plan, finished: None });
        }
        if plan.is_empty() {
            let finished = self.execute(&plan, &site, provided, change, None).await?;
            return Ok(Done { plan, finished: Some(finished) });
        }
        let holder = Holder::this_process(self.who.clone(), command, now());
        let lock = Lock::acquire_by(clock, self.engine, &self.stack.project, &holder).await?;
        let result = async {
            let site = self.look_for(change.stack, change.images).await?;
            let plan = self.checked(&site, &provided.contents, true, planner)?;
            let finished = self.execute(&plan, &site, provided, change, Some(&lock)).await;
            if let (Err(Trouble::Step(failure)), Some(draft)) = (&finished, self.draft(&plan, &site, provided, change)?) {
                let project = &self.stack.project;
                let _ = execute::record_attempt(self.engine, project, &draft.record, failure, lock.fence(), now()).await;
            }
            Ok(Done { plan, finished: Some(finished?) })
        };
        let result: Result<Done, Trouble> = lock.keep(self.engine, result).await;
        let released = lock.release(self.engine).await;
        let done = result?;
        released?;
        let lock = lock_holder(&self.stack.project);
        assert!(self.engine.container(&lock).await?.is_none(), "the lock is given back");
        Ok(done)
    }

    fn draft(&self, plan: &Plan, site: &Site, provided: &Provided, change: &Change<'_>) -> Result<Option<Draft>, StateError> {
        let (stack, observed, contents, key) = (change.stack, &site.observed, &provided.contents, &provided.key);
        let making = Making { stack, observed, contents, plan, key, by: self.who.clone(), command: change.command, at: now() };
        let mut draft = change.release.then(|| Draft::of(&making)).transpose()?;
        if let Some(draft) = &mut draft {
            draft.record.rollback_of = change.rollback_of;
        }
        Ok(draft)
    }

    async fn execute(
        &self,
        plan: &Plan,
        site: &Site,
        provided: &Provided,
        change: &Change<'_>,
        lock: Option<&Lock>,
    ) -> Result<Finished, Trouble> {
        let open = Fence::open();
        let release = self.draft(plan, site, provided, change)?;
        let context = Context {
            engine: self.engine,
            granted: &provided.granted,
            key: &provided.key,
            head: site.opened.as_ref().map(|o| o.head.clone()),
            release,
            events: &|event| {
                if let Some(lock) = lock {
                    lock.journal().event(&event);
                }
                (self.on_event)(&event);
                self.events.lock().unwrap().push(event);
            },
            starts: usize::try_from(site.observed.engine.cpus).unwrap(),
            cancel: self.cancel.clone(),
            abandon: self.abandon.clone(),
            fence: lock.map_or(&open, Lock::fence),
            now,
        };
        Ok(execute::run(plan, &context).await?)
    }

    /// What is current, as the engine keeps it.
    pub async fn opened(&self) -> Option<Opened> {
        Store::new(self.engine, self.stack.project.clone()).open().await.unwrap()
    }

    /// The records, as the engine keeps them.
    pub async fn history(&self) -> History {
        Store::new(self.engine, self.stack.project.clone()).releases().await.unwrap()
    }

    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    pub fn engine(&self) -> &dyn Engine {
        self.engine
    }
}

/// A clock that stands still and moves on with the test's.
pub fn clock() -> Duration {
    static BEGIN: OnceLock<std::time::Instant> = OnceLock::new();
    let now = tokio::time::Instant::now().into_std();
    now.saturating_duration_since(*BEGIN.get_or_init(|| now))
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

fn selection(services: &[&str]) -> Selection {
    Selection(services.iter().map(|name| name.parse().unwrap()).collect())
}

impl Project {
    /// Deploys, as one operator.
    pub async fn deploy(&self, engine: &dyn Engine) -> Result<Done, Trouble> {
        Operator::new(self, engine).deploy().await
    }

    /// Returns to another release, as one operator.
    pub async fn rollback(&self, engine: &dyn Engine, wanted: Option<&str>) -> Result<Done, Trouble> {
        Operator::new(self, engine).rollback(wanted).await
    }

    /// What a deploy would do.
    pub async fn plan(&self, engine: &dyn Engine) -> Result<Plan, Trouble> {
        Operator::new(self, engine).plan().await
    }
}
