//! Jobs: containers that are meant to end, run when they have not succeeded in their present form.
//!
//! That a job has succeeded is written in its container, which stays: the engine itself keeps the exit code. The one
//! of the release before stays too, so that the way back runs nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Deploy, Rest, Scope, names::Settlement};
use crate::model::{ContainerSpec, ContainerState, MigrationForm, ObservedContainer, Service, ServiceName, label};
use crate::plan::{
    Action, StepId, Way,
    place::{Place, free_name},
};

/// How long one attempt of a job may take. Long: a migration that is cut short helps nobody.
pub(super) const PATIENCE: Duration = Duration::from_secs(6 * 3600);

fn succeeded(container: &ObservedContainer) -> bool {
    matches!(container.state, ContainerState::Exited { exit_code: 0, .. })
}

/// How a job's container is run.
struct Run {
    attempts: u32,
    backoff: Duration,
    cause: String,
}

impl Run {
    fn once(cause: impl Into<String>) -> Self {
        Self { attempts: 1, backoff: Duration::ZERO, cause: cause.into() }
    }
}

/// A job that is to be run, or is known to be done.
struct Task<'s, 'a> {
    service: &'s Service,
    place: Place<'a>,
    /// It has succeeded in its present form.
    done: bool,
    /// It is to run although it has.
    once_more: bool,
    /// What a container waits for before it can be created.
    ready: &'s [StepId],
    /// What the job waits for before it starts.
    waits: Vec<StepId>,
}

impl Task<'_, '_> {
    fn runs(&self) -> bool {
        self.once_more || !self.done
    }
}

impl<'a> Deploy<'a> {
    /// Plans a job; returns what its completion waits for, nothing when it is complete.
    pub(super) fn job(&mut self, service: &Service, ready: &[StepId], waits: &[StepId], rest: &mut Rest) -> Vec<StepId> {
        let spec = self.spec(service, 1, "job");
        self.note_made(&spec);
        let mut place = self.job_place(service, spec, &["service", "job"]);
        if self.is_stale(service, &place) {
            place.set_aside();
        }
        let once_more = matches!(self.scope, Scope::Migration(_)) && service.migration.is_some();
        let migrated = self.is_migrated(service, &place.spec);
        let done = migrated || place.wanted.is_some_and(succeeded);
        let taken_up = place.is_kept() && self.options.way != Way::Returning;
        let mut task = Task { service, place, done, once_more, ready, waits: waits.to_vec() };
        let runs = task.runs();
        let check = service.migration.as_ref().and_then(|m| m.verify.clone());
        let check = check.map(|command| ContainerSpec { command: Some(command), ..self.spec(service, 1, "verify") });
        let Some(check) = check else {
            let old = self.there(&service.name, &["verify"]);
            rest.leftovers.extend(old.into_iter().map(|c| super::finish::leftover(c, service, "the job has no check any more")));
            task.waits.extend(self.dump(service, runs, waits));
            let ran = self.run_job(task, rest);
            return self.read_schema(service, ran, taken_up.then_some(waits)).into_iter().collect();
        };
        self.note_made(&check);
        let mut check = self.job_place(service, check, &["verify"]);
        let mut waits_for_check = ready.to_vec();
        if runs && check.is_kept() {
            check.set_aside();
        } else if runs && let Some(old) = check.wanted.filter(|c| c.state != ContainerState::Created) {
            // Gone before the job runs: a check that was passed before says nothing of what comes now.
            let remove = Action::RemoveContainer { container: old.name.clone() };
            let id = self.builder.add(remove, "what it has checked changes", waits.iter().copied());
            check.wanted = None;
            task.waits.push(id);
            waits_for_check.push(id);
        }
        task.waits.extend(self.dump(service, runs, waits));
        let checked = !runs && (migrated || check.wanted.is_some_and(succeeded));
        let made = (!checked).then(|| self.make_job(&check, "checks what the migration did", &waits_for_check)).flatten();
        let ran = self.run_job(task, rest);
        if checked {
            match check.wanted {
                Some(there) => rest.settlements.push(Settlement::of(&check, there.name.clone())),
                None => never_started(&check, service, rest),
            }
            return self.read_schema(service, ran, taken_up.then_some(waits)).into_iter().collect();
        }
        let after: Vec<_> = waits.iter().copied().chain(ran).collect();
        let run = Run::once("a migration counts when its result has been checked");
        let checked = self.run_made(service, &check, made, run, after, rest);
        self.read_schema(service, Some(checked), None).into_iter().collect()
    }

    /// Which schema the database has after the migration, for those who want to go back one day. A job that was kept for a
    /// way back and is `taken_up` after these steps has migrated nothing, and the database may be another one since.
    fn read_schema(&mut self, service: &Service, migrated: Option<StepId>, taken_up: Option<&[StepId]>) -> Option<StepId> {
        let after = migrated.map(|id| vec![id]).or_else(|| taken_up.map(<[StepId]>::to_vec))?;
        let query = service.migration.as_ref().and_then(|m| m.head.as_ref());
        let container = query.and_then(|query| self.running.get(&query.service).cloned());
        let (Some(query), Some(container)) = (query, container) else { return migrated };
        let action = Action::ReadSchema { container, command: query.command.clone() };
        Some(self.builder.add(action, "a release that has the same can be returned to without a word", after))
    }

    /// What is there of a job; one that has succeeded in the wanted form before all others.
    fn job_place(&self, service: &Service, spec: ContainerSpec, roles: &[&str]) -> Place<'a> {
        let there = self.there(&service.name, roles);
        let image = self.observed.images.get(&spec.image);
        let (done, open): (Vec<_>, Vec<_>) = there.iter().copied().partition(|c| succeeded(c));
        let mut place = Place::of(spec.clone(), &done, image);
        if place.wanted.is_none() {
            let all: Vec<_> = open.iter().chain(&done).copied().collect();
            return Place::of(spec, &all, image);
        }
        place.others.extend(open);
        place
    }

    /// The migrations that need not run and whose containers are gone: nothing is made for them.
    pub(super) fn without_containers(&self) -> BTreeSet<ServiceName> {
        let idle = |service: &&&Service| {
            let job = self.job_place(service, self.spec(service, 1, "job"), &["service", "job"]);
            let once_more = matches!(self.scope, Scope::Migration(_));
            !once_more && job.wanted.is_none() && self.is_migrated(service, &job.spec)
        };
        self.planned().iter().filter(|s| s.migration.is_some()).filter(idle).map(|s| s.name.clone()).collect()
    }

    /// Whether the migration of this form need not run although its container is gone: the database has moved on since, and
    /// the check of an old release knows nothing of what came after it. The newest one runs again, which does no harm and
    /// finds out when the database is not the one that it was. On the way back none runs at all.
    fn is_migrated(&self, service: &Service, job: &ContainerSpec) -> bool {
        let form = self.form(job).map(|form| form.key()).unwrap_or_default();
        let kept = &self.observed.kept;
        let done = kept.migrated.contains(&form) && kept.last_migration.as_ref().is_some_and(|last| *last != form);
        service.migration.is_some() && (done || self.options.way == Way::Returning)
    }

    /// The form of a migration job; `None` as long as its image is not there.
    fn form(&self, job: &ContainerSpec) -> Option<MigrationForm> {
        let config_hash = job.labels.get(label::CONFIG_HASH)?.clone();
        Some(MigrationForm { config_hash, image_id: self.observed.images.get(&job.image)?.id.clone() })
    }

    /// The form of the stack's migration job.
    pub(super) fn migration(&self) -> Option<MigrationForm> {
        let service = self.stack.services.values().find(|s| s.migration.is_some())?;
        self.form(&self.spec(service, 1, "job"))
    }

    /// Whether the newest migration was put aside since it ran. It runs again like one whose container is gone: whoever has
    /// brought back the data of the release before has undone it.
    fn is_stale(&self, service: &Service, job: &Place<'_>) -> bool {
        let newest = service.migration.is_some() && !self.is_migrated(service, &job.spec);
        newest && job.is_kept() && job.wanted.is_some_and(succeeded)
    }

    /// Runs the job unless it is done; returns the step.
    fn run_job(&mut self, task: Task<'_, 'a>, rest: &mut Rest) -> Option<StepId> {
        let runs = task.runs();
        let Task { service, place: mut job, once_more, ready, waits, .. } = task;
        if !runs {
            match job.wanted {
                Some(there) => rest.settlements.push(Settlement::of(&job, there.name.clone())),
                None => never_started(&job, service, rest),
            }
            return None;
        }
        let cause = match (&job.changed, job.wanted) {
            _ if once_more => "the migration runs once more".into(),
            (_, Some(_)) => "it has not succeeded yet".into(),
            (Some(reason), None) => reason.clone(),
            (None, None) => "it has not run yet".into(),
        };
        let mut before = waits.clone();
        let mut ready = ready.to_vec();
        if once_more && let Some(done) = job.wanted.take() {
            let remove = Action::RemoveContainer { container: done.name.clone() };
            let id = self.builder.add(remove, "another one takes its place", waits.iter().copied());
            before.push(id);
            ready.push(id);
        }
        for old in job.active() {
            let cause = "it is still at work, and half a job helps nobody";
            let action = self.run_action(service, &old.name, &Run::once(cause));
            before.push(self.builder.add(action, cause, waits.iter().copied()));
        }
        let made = self.make_job(&job, &cause, &ready);
        let migration = service.migration.as_ref();
        let run = Run {
            attempts: migration.map_or(1, |m| m.attempts.max(1)),
            backoff: migration.map_or(Duration::ZERO, |m| m.backoff),
            cause,
        };
        Some(self.run_made(service, &job, made, run, before, rest))
    }

    /// Creates the container of a job that has none.
    fn make_job(&mut self, place: &Place<'_>, cause: &str, after: &[StepId]) -> Option<(String, StepId)> {
        if place.wanted.is_some() {
            return None;
        }
        let container = free_name(&place.spec.name, &place.others);
        let spec = ContainerSpec { name: container.clone(), ..place.spec.clone() };
        let id = self.builder.add(Action::CreateContainer { spec: Box::new(spec) }, cause, after.iter().copied());
        Some((container, id))
    }

    /// Runs the container of a job.
    fn run_made(
        &mut self,
        service: &Service,
        place: &Place<'_>,
        made: Option<(String, StepId)>,
        run: Run,
        mut after: Vec<StepId>,
        rest: &mut Rest,
    ) -> StepId {
        after.extend(made.iter().map(|(_, id)| *id));
        let there = || place.wanted.map(|c| c.name.clone()).unwrap_or_else(|| place.spec.name.clone());
        let container = made.map_or_else(there, |(container, _)| container);
        let action = self.run_action(service, &container, &run);
        let id = self.builder.add(action, run.cause, after);
        // Nothing is taken back: what it did to data stays, and one that failed is kept, to be seen and to be run again.
        rest.settlements.push(Settlement::of(place, container));
        id
    }

    fn run_action(&self, service: &Service, container: &str, run: &Run) -> Action {
        Action::RunJob {
            container: container.to_owned(),
            service: service.name.clone(),
            attempts: run.attempts,
            backoff: run.backoff,
            patience: PATIENCE,
            migration: service.migration.is_some(),
        }
    }
}

/// What a run that was cut short has made for a job that need not run now.
fn never_started(place: &Place<'_>, service: &Service, rest: &mut Rest) {
    let created = place.others.iter().filter(|c| c.state == ContainerState::Created);
    rest.leftovers.extend(created.map(|c| super::finish::leftover(c, service, "it was never started, and need not run")));
}
