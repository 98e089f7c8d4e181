//! Jobs: containers that are meant to end, run when they have not succeeded in their present form.
//!
//! That a job has succeeded is written nowhere but in its container, which stays: the engine itself keeps the exit code.

use std::time::Duration;

use super::{Deploy, Rest, Scope};
use crate::model::{ContainerSpec, ContainerState, ObservedContainer, Service};
use crate::plan::{
    Action, StepId, change,
    slot::{Leftover, is_active},
};

/// How long one attempt of a job may take. Long: a migration that is cut short helps nobody.
const PATIENCE: Duration = Duration::from_secs(6 * 3600);

/// What is there of a job.
struct There<'a> {
    /// The container under the job's name.
    own: Option<&'a ObservedContainer>,
    /// Why that one is not what is wanted.
    reason: Option<String>,
}

impl There<'_> {
    fn is_wanted(&self) -> bool {
        self.own.is_some() && self.reason.is_none()
    }

    fn has_succeeded(&self) -> bool {
        self.is_wanted() && self.own.is_some_and(|c| matches!(c.state, ContainerState::Exited { exit_code: 0, .. }))
    }
}

impl<'a> Deploy<'a> {
    /// Plans a job; returns what its completion waits for, nothing when it is complete.
    pub(super) fn job(&mut self, service: &Service, ready: &[StepId], waits: &[StepId], rest: &mut Rest) -> Vec<StepId> {
        let spec = self.spec(service, 1, "job");
        self.note_made(&spec);
        let job = self.find(service, &spec, &["service", "job"], rest);
        let once_more = matches!(self.scope, Scope::Migration(_)) && service.migration.is_some();
        let runs = once_more || !job.has_succeeded();

        let check = service.migration.as_ref().and_then(|m| m.verify.clone());
        let check = check.map(|command| ContainerSpec { command: Some(command), ..self.spec(service, 1, "verify") });
        let check_there = match &check {
            Some(check) => {
                self.note_made(check);
                self.find(service, check, &["verify"], rest)
            }
            None => {
                let old = self.there(&service.name, &["verify"]);
                rest.leftovers.extend(old.into_iter().map(|c| leftover(c, service)));
                There { own: None, reason: None }
            }
        };

        let mut after: Vec<_> = waits.to_vec();
        let mut check_after = ready.to_vec();
        let untouched = |c: &ObservedContainer| c.state == ContainerState::Created && check_there.is_wanted();
        let check_made = check_there.own.is_some_and(untouched);
        if runs
            && !check_made
            && let Some(old) = check_there.own
        {
            // Gone before the job runs: a check that was passed before says nothing of what comes now.
            let remove = Action::RemoveContainer { container: old.name.clone() };
            let id = self.builder.add(remove, "what it has checked changes", waits.iter().copied());
            after.push(id);
            check_after.push(id);
        }
        let ran = runs.then(|| {
            let cause = match (&job.reason, job.own) {
                (Some(reason), _) => reason.clone(),
                (None, _) if once_more => "the migration runs once more".into(),
                (None, Some(_)) => "it has not succeeded yet".into(),
                (None, None) => "it has not run yet".into(),
            };
            if once_more || !job.is_wanted() {
                after.push(self.make_anew(&spec, job.own, &cause, service, ready, waits));
            }
            let migration = service.migration.as_ref();
            let run = Action::RunJob {
                container: spec.name.clone(),
                service: service.name.clone(),
                attempts: migration.map_or(1, |m| m.attempts.max(1)),
                backoff: migration.map_or(Duration::ZERO, |m| m.backoff),
                patience: PATIENCE,
            };
            self.builder.add(run, cause, after)
        });
        let Some(check) = check else { return ran.into_iter().collect() };
        if !runs && check_there.has_succeeded() {
            return Vec::new();
        }
        let mut after: Vec<_> = waits.iter().copied().chain(ran).collect();
        if runs && !check_made {
            let create = Action::CreateContainer { spec: Box::new(check.clone()) };
            after.push(self.builder.add(create, "checks what the migration did", check_after));
        } else if !runs && !check_there.is_wanted() {
            after.push(self.make_anew(&check, check_there.own, "checks what the migration did", service, ready, waits));
        }
        let run = Action::RunJob {
            container: check.name,
            service: service.name.clone(),
            attempts: 1,
            backoff: Duration::ZERO,
            patience: PATIENCE,
        };
        vec![self.builder.add(run, "a migration counts when its result has been checked", after)]
    }

    /// The container under the name of `spec`; those under other names are left over.
    fn find(&self, service: &Service, spec: &ContainerSpec, roles: &[&str], rest: &mut Rest) -> There<'a> {
        let image = self.observed.images.get(&spec.image);
        let (own, others): (Vec<_>, Vec<_>) = self.there(&service.name, roles).into_iter().partition(|c| c.name == spec.name);
        rest.leftovers.extend(others.into_iter().map(|c| leftover(c, service)));
        let own = own.first().copied();
        There { own, reason: own.and_then(|c| change::reason(c, spec, image)) }
    }

    /// Creates the job's container, the one of that name removed.
    fn make_anew(
        &mut self,
        spec: &ContainerSpec,
        old: Option<&ObservedContainer>,
        cause: &str,
        service: &Service,
        ready: &[StepId],
        waits: &[StepId],
    ) -> StepId {
        let mut after = ready.to_vec();
        if let Some(old) = old {
            let mut before = waits.to_vec();
            if is_active(old) {
                let run = Action::RunJob {
                    container: old.name.clone(),
                    service: service.name.clone(),
                    attempts: 1,
                    backoff: Duration::ZERO,
                    patience: PATIENCE,
                };
                before.push(self.builder.add(run, "it is still at work, and half a job helps nobody", waits.iter().copied()));
            }
            let remove = Action::RemoveContainer { container: old.name.clone() };
            after.push(self.builder.add(remove, format!("another one takes its place: {cause}"), before));
        }
        self.builder.add(Action::CreateContainer { spec: Box::new(spec.clone()) }, cause, after)
    }
}

fn leftover(container: &ObservedContainer, service: &Service) -> Leftover {
    Leftover {
        container: container.name.clone(),
        running: is_active(container).then_some(service.stop_grace_period),
        cause: "the job has another one",
    }
}
