//! What every changing command does once it knows how to plan: show, ask, lock, look and plan again, carry out, say.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::Context as _;
use chrono::Utc;

use crate::cli::{
    Exit,
    compared::{self, Compared},
    env,
    error::{Defect, Interrupted, Overtaken, Unfinished},
    project::{self, Provided, Site},
    signal::Interrupt,
};
use crate::engine::{Engine, ErrorKind};
use crate::execute::{self, Context, Failure, Finished, StepError, Undone};
use crate::model::{NetworkSpec, Observed, ObservedContainer, ObservedImage, ProjectName, Stack, lock_holder};
use crate::plan::{Action, Plan, PlanError, lint};
use crate::secret::{self, FingerprintKey};
use crate::state::{Draft, Fence, Holder, Lock, Making, Release, Standing, StateError, Store, Versions};
use crate::ui::{self, Progress, Ui, Verbosity};

/// How often somebody else may be quicker with a subnet, and the first pause before another look.
const TURNS: u32 = 6;
const TURN_PAUSE: Duration = Duration::from_millis(100);

/// One change of one project.
pub struct Change<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// The engine's machine is this one.
    pub local: bool,
    /// The project.
    pub project: &'a ProjectName,
    /// The stack, for commands that need it.
    pub stack: Option<&'a Stack>,
    /// Contents of secrets and configs, for commands that deliver them.
    pub provided: Option<&'a Provided>,
    /// Images that count in the place of those that the stack's references lead to.
    pub images: &'a BTreeMap<String, ObservedImage>,
    /// A new release comes of it.
    pub release: bool,
    /// That release is brought back by it.
    pub rollback_of: Option<u64>,
    /// The verb, for the lock.
    pub command: &'static str,
    /// Plans from what is there.
    pub plan: &'a (dyn Fn(&Observed) -> Result<Plan, PlanError> + Sync),
}

/// How a change went.
pub enum Outcome {
    /// There was nothing to do.
    Nothing,
    /// It was carried out.
    Done(Finished, Plan),
}

/// The network for whose subnet there was no room any more; nothing that served was touched by then.
fn taken_network<'a>(error: &anyhow::Error, plan: &'a Plan) -> Option<&'a NetworkSpec> {
    let failure = &error.downcast_ref::<Unfinished>()?.failure;
    let taken = matches!(&failure.error, StepError::Engine(e) if e.kind == ErrorKind::AddressInUse);
    match &plan.step(failure.step)?.action {
        Action::CreateNetwork { spec } if taken && failure.undone == Undone::Nothing => Some(spec),
        _ => None,
    }
}

/// `user@host` of whoever runs the program.
pub fn who() -> String {
    let user = env::text(env::USER).unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    format!("{user}@{}", rustix::system::uname().nodename().to_string_lossy())
}

/// The identifiers of the orphans that are there now, each named and agreed to. One that comes later is not among them.
pub fn agreed(orphans: &[(&ObservedContainer, &str)], dry_run: bool, ui: &Ui) -> anyhow::Result<BTreeSet<String>> {
    if !orphans.is_empty() && !dry_run {
        let named: Vec<_> = orphans.iter().map(|(c, why)| format!("{} ({why})", c.name)).collect();
        ui::confirm(ui, &format!("This removes {}. Go on?", named.join(", ")))?;
    }
    Ok(orphans.iter().map(|(c, _)| c.id.clone()).collect())
}

impl Change<'_> {
    /// Shows `plan`, asks when it destroys, carries it out under the lock.
    pub async fn apply(&self, ui: &Ui, site: Site, plan: Plan) -> anyhow::Result<Outcome> {
        let interrupt = Interrupt::listen().context("cannot listen for signals")?;
        let (site, plan) = match plan.pulls() {
            None => (site, plan),
            Some(pulls) => {
                ui.say(&ui::plan_summary(&pulls));
                self.execute(ui, &interrupt, &pulls, &site, None).await?;
                let site = self.look().await?;
                let plan = (self.plan)(&site.observed)?;
                (site, plan)
            }
        };
        for note in &plan.notes {
            ui.note(&note.message, note.hint.as_deref());
        }
        if plan.steps.is_empty() {
            self.bury_dead().await;
            return Ok(Outcome::Nothing);
        }
        if plan.is_empty() {
            // Waiting changes nothing and needs no lock.
            let finished = self.execute(ui, &interrupt, &plan, &site, None).await?;
            self.bury_dead().await;
            return Ok(Outcome::Done(finished, plan));
        }
        if ui.verbosity == Verbosity::Verbose {
            ui.say(&plan.to_text());
        }
        ui.say(&ui::plan_summary(&plan));
        if plan.destroys() {
            ui::confirm(ui, &format!("This removes data of `{}` for good. Go on?", self.project))?;
        }
        let holder = Holder::this_process(who(), &self.title(), Utc::now());
        let lock = Lock::acquire(self.engine, self.project, &holder).await?;
        let mut recorded = 0;
        if let Some(dead) = lock.taken_from() {
            super::lock::say_taken_over(ui, self.project, dead);
            recorded = self.record_killed(ui, dead).await;
        }
        let result = lock.keep(self.engine, self.locked(ui, &interrupt, &lock, recorded)).await;
        // What came of the change is what counts; a lock that stays behind is noticed as dead by the next command.
        if let Err(error) = lock.release(self.engine).await {
            let name = lock_holder(self.project);
            ui.warn(&format!("the lock could not be given back: {error}"), Some(&format!("remove it with `docker rm {name}`")));
        }
        result
    }

    /// Removes the lock of a run that died when its work was done: nobody would take it over where there is nothing to do.
    /// Not to succeed in that is no failure; the next change sees the same lock.
    async fn bury_dead(&self) {
        if let Ok(Some(standing)) = Standing::find(self.engine, self.project).await
            && standing.dead.is_some()
        {
            let _ = standing.remove(self.engine).await;
        }
    }

    /// Writes down the attempt of a run that was killed, and says what it may have made of the database. Returns how many
    /// records that were. Not to succeed in that is no failure of what comes now.
    async fn record_killed(&self, ui: &Ui, dead: &Standing) -> u64 {
        let services = self.stack.iter().flat_map(|stack| stack.services.values());
        let migrations = services.filter(|s| s.migration.is_some()).map(|s| s.name.clone()).collect();
        let store = Store::new(self.engine, self.project.clone());
        let Ok(containers) = self.engine.containers(self.project).await else { return 0 };
        let Ok(Some(record)) = store.save_killed(dead, &containers, &migrations, Utc::now()).await else { return 0 };
        if let (Some(_), Some(why)) = (&record.migration, record.outcome.why()) {
            ui.warn(
                &format!("`{}` was {why}", dead.command()),
                Some("docs/updates.md tells how to bring the data of before back"),
            );
        }
        1
    }

    async fn look(&self) -> anyhow::Result<Site> {
        let mut site = project::look(self.engine, self.project, self.stack, self.local).await?;
        site.observed.images.extend(self.images.clone());
        Ok(site)
    }

    /// The command as others are told of it.
    fn title(&self) -> String {
        let version = self.stack.filter(|_| self.release).and_then(|stack| stack.version.as_deref());
        version.map_or_else(|| self.command.to_owned(), |version| format!("{} {version}", self.command))
    }

    /// Whatever happened between the first look and the lock is taken into account.
    /// What was chosen counted without the records of killed runs that were `recorded` since.
    async fn locked(&self, ui: &Ui, interrupt: &Interrupt, lock: &Lock, recorded: u64) -> anyhow::Result<Outcome> {
        let mut turns = 1..=TURNS;
        // An engine may keep a subnet of which it tells nothing, so that another look does not show it.
        let mut refused = Vec::new();
        loop {
            let mut site = self.look().await?;
            site.observed.host_routes.extend(&refused);
            let last = site.observed.kept.last;
            site.observed.kept.last = last.saturating_sub(recorded);
            let plan = (self.plan)(&site.observed)?;
            site.observed.kept.last = last;
            let there: BTreeSet<_> = site.observed.containers.iter().map(|c| c.name.clone()).collect();
            let problems = lint::problems(&plan, &there);
            if !problems.is_empty() {
                return Err(Defect(format!("the plan is not sound: {}", problems.join("; "))).into());
            }
            if let (Some(provided), Some(opened)) = (self.provided, &site.opened)
                && provided.key.to_hex().expose() != opened.key.to_hex().expose()
            {
                return Err(Overtaken(self.project.clone()).into());
            }
            match self.execute(ui, interrupt, &plan, &site, Some(lock)).await {
                Ok(finished) => return Ok(Outcome::Done(finished, plan)),
                // The lock is this project's alone: another one may take the subnet that was free a moment ago.
                Err(mut error) => match (taken_network(&error, &plan), turns.next()) {
                    (Some(network), Some(turn)) => {
                        ui.say(&format!("the addresses of network {} are taken by now: looking again", network.name));
                        refused.extend(network.subnet);
                        // The engine holds a subnet a little before it shows the network.
                        tokio::time::sleep(TURN_PAUSE * turn).await;
                    }
                    _ => {
                        self.remember(&site, &plan, lock, &mut error).await;
                        return Err(error);
                    }
                },
            }
        }
    }

    /// The record of what `plan` brings about, when a new release comes of it.
    fn draft(&self, plan: &Plan, site: &Site) -> Result<Option<Draft>, StateError> {
        let (true, Some(stack), Some(Provided { contents, key, .. })) = (self.release, self.stack, self.provided) else {
            return Ok(None);
        };
        let (by, at, command) = (who(), Utc::now(), self.command);
        let mut draft = Draft::of(&Making { stack, observed: &site.observed, contents, plan, key, by, command, at })?;
        draft.record.rollback_of = self.rollback_of;
        Ok(Some(draft))
    }

    /// Writes down an attempt that failed, and finds out what it would have changed. What is told is the failure, not
    /// whether either could be done.
    async fn remember(&self, site: &Site, plan: &Plan, lock: &Lock, error: &mut anyhow::Error) {
        if let (Some(unfinished), Ok(Some(draft))) = (error.downcast_mut::<Unfinished>(), self.draft(plan, site)) {
            let mut record = draft.record;
            record.at -= unfinished.failure.took;
            let (failure, fence) = (&unfinished.failure, lock.fence());
            let _ = execute::record_attempt(self.engine, self.project, &record, failure, fence, Utc::now()).await;
            unfinished.compared = self.compare(site, plan, &record).await;
        }
    }

    /// What the attempt differs in from what is current; `None` where nothing is, or it cannot be read.
    async fn compare(&self, site: &Site, plan: &Plan, attempted: &Release) -> Option<Compared> {
        let number = site.opened.as_ref()?.head.release?;
        let current = Store::new(self.engine, self.project.clone()).release(number).await.ok()??;
        Some(Compared::of(&current, attempted, &compared::limits(&site.observed, plan)))
    }

    async fn execute(
        &self,
        ui: &Ui,
        interrupt: &Interrupt,
        plan: &Plan,
        site: &Site,
        lock: Option<&Lock>,
    ) -> anyhow::Result<Finished> {
        let progress = Progress::new(*ui);
        let none = Versions::default();
        let fresh;
        let key: &FingerprintKey = match (self.provided, &site.opened) {
            (Some(provided), _) => &provided.key,
            (None, Some(opened)) => &opened.key,
            (None, None) => {
                fresh = FingerprintKey::generate(&mut secret::system_random)?;
                &fresh
            }
        };
        let release = self.draft(plan, site)?;
        let open = Fence::open();
        let context = Context {
            engine: self.engine,
            granted: self.provided.map_or(&none, |p| &p.granted),
            key,
            head: site.opened.as_ref().map(|o| o.head.clone()),
            release,
            events: &|event| {
                if let Some(lock) = lock {
                    lock.journal().event(&event);
                }
                progress.event(event);
            },
            starts: usize::try_from(site.observed.engine.cpus).unwrap_or(usize::MAX),
            cancel: interrupt.cancel.clone(),
            abandon: interrupt.abandon.clone(),
            fence: lock.map_or(&open, Lock::fence),
            now: Utc::now,
        };
        let ended = |failure| ended(self.command, plan.destroys(), interrupt.exit(), failure);
        execute::run(plan, &context).await.map_err(ended)
    }
}

/// How a failure is told: a signal that came before anything was touched has only ended the command.
fn ended(command: &'static str, destroys: bool, signal: Option<Exit>, failure: Box<Failure>) -> anyhow::Error {
    match (&failure.error, signal) {
        (StepError::Cancelled, Some(exit)) if !failure.touched => Interrupted(exit).into(),
        _ => Unfinished { command, destroys, signal, failure, compared: None }.into(),
    }
}

#[cfg(test)]
mod tests {
    use ipnet::Ipv4Net;

    use super::*;
    use crate::engine::fake::{FakeEngine, Fault};
    use crate::model::{Labels, label};
    use crate::plan::{Phase, Step, StepId};
    use crate::ui::{Color, Format, UiOptions};

    /// A step that was interrupted while it was at work is not done, and may have changed data all the same.
    #[test]
    fn nothing_was_changed_is_said_only_of_what_had_begun_nothing() {
        let told = |touched: bool| {
            let failure = Failure {
                step: StepId(0),
                verb: "run",
                object: "container shop-migrate-1-next".into(),
                error: StepError::Cancelled,
                others: Vec::new(),
                undone: Undone::Nothing,
                done: 0,
                touched,
                jobs: Vec::new(),
                migrated: touched,
                serves: false,
                took: Duration::ZERO,
            };
            ended("update", false, Some(Exit::Interrupted), Box::new(failure)).is::<Interrupted>()
        };
        assert!(told(false) && !told(true));
    }

    /// A removed network's bridge may outlive it: the engine shows nothing of it and refuses its subnet.
    #[tokio::test(start_paused = true)]
    async fn a_subnet_that_is_refused_is_not_tried_again() {
        let engine = FakeEngine::new();
        for _ in 0..2 {
            engine.clone().fail_on("create network shop_net", Fault::Refuses(ErrorKind::AddressInUse));
        }
        let project: ProjectName = "shop".parse().unwrap();
        let subnets = ["172.20.0.0/24", "172.20.1.0/24", "172.20.2.0/24"].map(|net| net.parse::<Ipv4Net>().unwrap());
        let planner = |observed: &Observed| {
            let subnet = subnets.into_iter().find(|net| !observed.host_routes.contains(net));
            let labels = Labels::from([(label::PROJECT.to_owned(), "shop".to_owned())]);
            let (name, driver, driver_opts) = ("shop_net".to_owned(), None, BTreeMap::new());
            let spec = NetworkSpec { name, labels, driver, driver_opts, internal: false, subnet, ip_range: None };
            let action = Action::CreateNetwork { spec };
            let step = Step { action, cause: "there is none".into(), after: Vec::new(), phase: Phase::Work, undo: None };
            Ok(Plan { steps: vec![step], ..Plan::empty("shop".parse().unwrap()) })
        };
        let images = BTreeMap::new();
        let change = Change {
            engine: &engine,
            local: false,
            project: &project,
            stack: None,
            provided: None,
            images: &images,
            release: false,
            rollback_of: None,
            command: "deploy",
            plan: &planner,
        };
        let ui = Ui::new(UiOptions {
            format: Format::Human,
            verbosity: Verbosity::Quiet,
            color: Color::Never,
            no_color: true,
            non_interactive: true,
            yes: false,
            dumb: true,
        });
        let site = change.look().await.unwrap();
        let plan = planner(&site.observed).unwrap();
        change.apply(&ui, site, plan).await.unwrap();
        let made = engine.networks().await.unwrap();
        assert_eq!(made.iter().find(|net| net.name == "shop_net").unwrap().subnets, [subnets[2]]);
    }
}
