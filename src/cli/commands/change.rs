//! What every changing command does once it knows how to plan: show, ask, lock, look and plan again, carry out, say.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::Utc;

use crate::cli::{
    env,
    error::{Interrupted, Unfinished},
    project::{self, Provided, Site},
    signal::Interrupt,
};
use crate::engine::Engine;
use crate::execute::{self, Context, Finished, StepError};
use crate::model::{Observed, ProjectName, Stack};
use crate::plan::{Plan, PlanError, lint};
use crate::secret::{self, FingerprintKey};
use crate::state::{Holder, Lock, Release, Versions};
use crate::ui::{self, Progress, Ui, Verbosity};

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
    /// A new release comes of it.
    pub release: bool,
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

/// `user@host` of whoever runs the program.
pub fn who() -> String {
    let user = env::text(env::USER).unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    format!("{user}@{}", rustix::system::uname().nodename().to_string_lossy())
}

impl Change<'_> {
    /// Shows `plan`, asks when it destroys, carries it out under the lock.
    pub async fn apply(&self, ui: &Ui, site: Site, plan: Plan) -> anyhow::Result<Outcome> {
        let interrupt = Interrupt::listen().context("cannot listen for signals")?;
        let (site, plan) = match plan.pulls() {
            None => (site, plan),
            Some(pulls) => {
                ui.say(&ui::plan_summary(&pulls));
                self.execute(ui, &interrupt, &pulls, &site).await?;
                let site = project::look(self.engine, self.project, self.stack, self.local).await?;
                let plan = (self.plan)(&site.observed)?;
                (site, plan)
            }
        };
        for note in &plan.notes {
            ui.note(&note.message, note.hint.as_deref());
        }
        if plan.steps.is_empty() {
            return Ok(Outcome::Nothing);
        }
        if plan.is_empty() {
            // Waiting changes nothing and needs no lock.
            let finished = self.execute(ui, &interrupt, &plan, &site).await?;
            return Ok(Outcome::Done(finished, plan));
        }
        if ui.verbosity == Verbosity::Verbose {
            ui.say(&plan.to_text());
        }
        ui.say(&ui::plan_summary(&plan));
        if plan.destroys() {
            ui::confirm(ui, &format!("This removes data of `{}` for good. Go on?", self.project))?;
        }
        let holder = Holder::this_process(who(), self.command, Utc::now());
        let lock = Lock::acquire(self.engine, self.project, &holder).await?;
        let result = self.locked(ui, &interrupt).await;
        let released = lock.release(self.engine).await;
        let outcome = result?;
        released.context("the change was carried out, and its lock could not be given back")?;
        Ok(outcome)
    }

    /// Whatever happened between the first look and the lock is taken into account.
    async fn locked(&self, ui: &Ui, interrupt: &Interrupt) -> anyhow::Result<Outcome> {
        let site = project::look(self.engine, self.project, self.stack, self.local).await?;
        let plan = (self.plan)(&site.observed)?;
        let there: BTreeSet<_> = site.observed.containers.iter().map(|c| c.name.clone()).collect();
        let problems = lint::problems(&plan, &there);
        anyhow::ensure!(problems.is_empty(), "the plan is not sound (a defect of this program): {}", problems.join("; "));
        let finished = self.execute(ui, interrupt, &plan, &site).await?;
        Ok(Outcome::Done(finished, plan))
    }

    async fn execute(&self, ui: &Ui, interrupt: &Interrupt, plan: &Plan, site: &Site) -> anyhow::Result<Finished> {
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
        let release = match (self.release, self.stack, self.provided) {
            (true, Some(stack), Some(provided)) => {
                Some(Release::of(stack, &site.observed, &provided.contents, who(), Utc::now()))
            }
            _ => None,
        };
        let context = Context {
            engine: self.engine,
            granted: self.provided.map_or(&none, |p| &p.granted),
            key,
            head: site.opened.as_ref().map(|o| o.head.clone()),
            release,
            events: &|event| progress.event(event),
            cancel: interrupt.cancel.clone(),
            abandon: interrupt.abandon.clone(),
            now: Utc::now,
        };
        execute::run(plan, &context).await.map_err(|failure| match (&failure.error, interrupt.exit()) {
            (StepError::Cancelled, Some(exit)) if failure.done == 0 => anyhow::Error::new(Interrupted(exit)),
            (_, signal) => anyhow::Error::new(Unfinished { command: self.command, destroys: plan.destroys(), signal, failure }),
        })
    }
}
