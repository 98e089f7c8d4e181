//! One replica's place: the containers that are there in it, the one that is wanted, and the steps that make it run.
//!
//! Refuses to decide when predecessors go: that is the rollout's.

use std::time::Duration;

use super::{Action, Back, StepId, build::Builder, change};
use crate::drift;
use crate::model::{
    ContainerSpec, ContainerState, Health, Observed, ObservedContainer, ObservedImage, ProjectName, RestartPolicy, Service,
    failed_name, is_failed, previous_name,
};

/// A container that is in the way of nothing and not wanted any more.
pub(super) struct Leftover {
    /// Its name.
    pub(super) container: String,
    /// It runs, and is to be stopped first; how long that may take.
    pub(super) running: Option<Duration>,
    /// Why it goes.
    pub(super) cause: &'static str,
}

/// Whether it runs, or would run again by itself any moment.
pub(super) fn is_active(container: &ObservedContainer) -> bool {
    matches!(container.state, ContainerState::Running { .. } | ContainerState::Restarting { .. })
}

/// The proper name, or while others have it a name of a successor that is free.
pub(super) fn free_name(name: &str, others: &[&ObservedContainer]) -> String {
    let successors = (2u32..).map(|n| format!("{name}-next-{n}"));
    [name.to_owned(), format!("{name}-next")]
        .into_iter()
        .chain(successors)
        .find(|candidate| others.iter().all(|c| c.name != *candidate))
        .unwrap_or_else(|| name.to_owned())
}

/// Whether the engine would start a stopped container again when it starts itself.
pub(super) fn revives(policy: RestartPolicy) -> bool {
    matches!(policy, RestartPolicy::Always | RestartPolicy::OnFailure(_))
}

/// One replica's place.
pub(super) struct Place<'a> {
    /// The container that is wanted, under its proper name.
    pub(super) spec: ContainerSpec,
    /// The one that is there and is what is wanted, whatever its name.
    pub(super) wanted: Option<&'a ObservedContainer>,
    /// Everything else that is there.
    pub(super) others: Vec<&'a ObservedContainer>,
    /// Why a predecessor is not what is wanted.
    pub(super) changed: Option<String>,
    /// The identifiers of those others that were made as the wanted one is, and changed by hand: no way back.
    drifted: Vec<&'a str>,
}

impl<'a> Place<'a> {
    /// Looks at what is there; `there` are the tool's containers in this place.
    pub(super) fn of(spec: ContainerSpec, there: &[&'a ObservedContainer], image: Option<&ObservedImage>) -> Self {
        let reason = |c: &ObservedContainer| change::reason(c, &spec, image);
        // A container kept for inspection is never the one that is wanted, whatever it was made from.
        let usable = |c: &&&'a ObservedContainer| !is_failed(&c.name) && reason(c).is_none();
        let wanted = there.iter().filter(usable).max_by_key(|c| (is_active(c), c.name == spec.name)).copied();
        let others: Vec<_> = there.iter().filter(|c| wanted.is_none_or(|w| w.id != c.id)).copied().collect();
        let kept = |c: &&&ObservedContainer| is_failed(&c.name) || c.name == previous_name(&spec.name);
        let changed = others.iter().filter(|c| !kept(c)).find_map(|c| reason(c));
        let drifted = others.iter().filter(|c| change::same_make(c, &spec, image)).map(|c| c.id.as_str()).collect();
        Self { spec, wanted, others, changed, drifted }
    }

    /// The one that is there is not to be used: another one is made.
    pub(super) fn set_aside(&mut self) {
        self.others.extend(self.wanted.take());
    }

    /// Whether the one that is wanted was kept for a way back.
    pub(super) fn is_kept(&self) -> bool {
        self.wanted.is_some_and(|c| c.name == previous_name(&self.spec.name))
    }

    /// Those that run and are not wanted: they serve until another one does.
    pub(super) fn active(&self) -> impl Iterator<Item = &'a ObservedContainer> {
        self.others.iter().filter(|c| is_active(c)).copied()
    }

    /// Whether something that runs is to be replaced.
    pub(super) fn replaces(&self) -> bool {
        self.active().next().is_some()
    }

    /// The predecessor that is kept for a way back: the one with the proper name, when it has ever run.
    pub(super) fn predecessor(&self) -> Option<&'a ObservedContainer> {
        let ran = |c: &&ObservedContainer| is_active(c) || matches!(c.state, ContainerState::Exited { .. });
        let drifted = |c: &&ObservedContainer| self.drifted.contains(&c.id.as_str());
        self.others.iter().copied().find(|c| c.name == self.spec.name && !drifted(c)).filter(ran)
    }

    /// Why its container is (to be) started, in words.
    fn start_cause(&self) -> String {
        let active: Vec<_> = self.active().map(|c| c.name.as_str()).collect();
        match self.wanted.map(|c| &c.state) {
            _ if !active.is_empty() => format!("it takes the place of {}", active.join(" and ")),
            None => "it is new".to_owned(),
            Some(ContainerState::Created) => "it was never started".to_owned(),
            Some(ContainerState::Exited { exit_code, oom_killed: true }) => {
                format!("it was killed for its use of memory (exit code {exit_code})")
            }
            Some(ContainerState::Exited { exit_code, .. }) => format!("it is stopped (exit code {exit_code})"),
            Some(ContainerState::Restarting { exit_code }) => format!("it keeps ending (exit code {exit_code})"),
            Some(ContainerState::Running { .. } | ContainerState::Dead) => "it does not run properly".to_owned(),
        }
    }
}

/// A replica that runs when these steps are done.
pub(super) struct Up {
    /// Its name until the end.
    pub(super) container: String,
    /// Its start, when there is one.
    pub(super) started: Option<StepId>,
    /// Its being healthy, when that is waited for.
    pub(super) healthy: Option<StepId>,
}

/// What makes containers of one service.
pub(super) struct Maker<'b, 'o> {
    pub(super) builder: &'b mut Builder,
    pub(super) project: &'b ProjectName,
    pub(super) observed: &'o Observed,
    pub(super) service: &'b Service,
    /// How long a container may take to become healthy.
    pub(super) patience: Duration,
    /// How long one that replaces another is then watched.
    pub(super) window: Duration,
}

impl Maker<'_, '_> {
    fn stop(&self, container: &str) -> Action {
        Action::Stop { container: container.to_owned(), grace: self.service.stop_grace_period }
    }

    fn start(&self, container: &str) -> Action {
        Action::Start { container: container.to_owned() }
    }

    fn remove(&self, container: &str) -> Action {
        Action::RemoveContainer { container: container.to_owned() }
    }

    fn await_healthy(&self, container: &str, settle: Duration) -> Action {
        let service = self.service.name.clone();
        Action::AwaitHealthy { container: container.to_owned(), service, patience: self.patience, settle }
    }

    fn waiting(&self, settle: Duration) -> String {
        let then = if settle.is_zero() { String::new() } else { format!(", and then stay so for {} s", settle.as_secs()) };
        format!("to be healthy, {} s at most{then}", self.patience.as_secs())
    }

    /// Whether something serves that a failure must bring back.
    fn updating(&self) -> bool {
        self.observed.containers.iter().any(|c| c.is_of(self.project) && c.state.is_running())
    }

    /// Creates the container of a place that has none, under a name that is free; the steps that it waits for are `after`.
    pub(super) fn create(&mut self, place: &Place<'_>, after: &[StepId]) -> (String, Option<StepId>) {
        if let Some(wanted) = place.wanted {
            return (wanted.name.clone(), None);
        }
        let container = free_name(&place.spec.name, &place.others);
        let spec = ContainerSpec { name: container.clone(), ..place.spec.clone() };
        let cause = place.changed.clone().unwrap_or_else(|| "it is not there yet".into());
        let id = self.builder.add(Action::CreateContainer { spec: Box::new(spec) }, cause, after.iter().copied());
        if self.updating() {
            // One that was never started has nothing to tell.
            self.builder.undo(id, vec![self.remove(&container)]);
        }
        (container, Some(id))
    }

    /// Makes the place's container run, and waits until it is healthy; the steps that a start waits for are `before`.
    pub(super) fn run(&mut self, place: &Place<'_>, container: String, before: Vec<StepId>) -> Up {
        let (wanted, replaces) = (place.wanted, place.replaces());
        let health = wanted.map(|c| self.observed.kept.health_of(c));
        let settle = if replaces { self.window } else { Duration::ZERO };
        let waiting = self.waiting(settle);
        let kept = place.is_kept();
        let mut up = Up { container, started: None, healthy: None };
        if let Some(ContainerState::Running { .. }) = wanted.map(|c| &c.state) {
            match health {
                Some(Health::Unhealthy) => {
                    let paused = wanted.is_some_and(|c| c.state == ContainerState::Running { paused: true });
                    let cause = if paused { "it is paused" } else { "it is unhealthy" };
                    let stop = self.builder.add(self.stop(&up.container), cause, before);
                    let start = self.builder.add(self.start(&up.container), cause, [stop]);
                    up.started = Some(start);
                    up.healthy = Some(self.builder.add(self.await_healthy(&up.container, settle), waiting, [start]));
                }
                // A run that did not end left it: it has not proven yet that it can take over.
                _ if replaces && wanted.is_some_and(|c| c.name != place.spec.name) => {
                    let start = self.builder.add(self.start(&up.container), place.start_cause(), before);
                    up.started = Some(start);
                    up.healthy = Some(self.builder.add(self.await_healthy(&up.container, settle), waiting, [start]));
                    if kept {
                        self.put_back(place, &up);
                    } else {
                        self.keep_when_it_fails(place, &up);
                    }
                }
                Some(Health::Starting) => {
                    up.healthy = Some(self.builder.add(self.await_healthy(&up.container, settle), waiting, before));
                }
                _ => {}
            }
            return up;
        }
        let mut before = before;
        if let Some(there) = wanted.filter(|c| c.restart != place.spec.restart) {
            let set = |policy| Action::SetRestart { container: there.name.clone(), policy };
            let id = self.builder.add(set(place.spec.restart), "so that the engine brings it back when it fails", before);
            if kept {
                self.builder.undo(id, vec![set(there.restart)]);
            }
            before = vec![id];
        }
        let start = self.builder.add(self.start(&up.container), place.start_cause(), before);
        let healthy = self.builder.add(self.await_healthy(&up.container, settle), waiting, [start]);
        (up.started, up.healthy) = (Some(start), Some(healthy));
        if kept && replaces {
            self.put_back(place, &up);
        } else if replaces || (wanted.is_none() && self.updating()) {
            self.keep_when_it_fails(place, &up);
        }
        up
    }

    /// One that was kept for a way back goes back to where it was, and the engine must not bring it back by itself.
    fn put_back(&mut self, place: &Place<'_>, up: &Up) {
        let Some(start) = up.started else { return };
        let mut back = vec![self.stop(&up.container)];
        if revives(place.spec.restart) {
            back.push(Action::SetRestart { container: up.container.clone(), policy: RestartPolicy::No });
        }
        self.builder.undo(start, back);
    }

    /// Taken back from the end: one that did not do its work is kept for inspection.
    fn keep_when_it_fails(&mut self, place: &Place<'_>, up: &Up) {
        let Some(start) = up.started else { return };
        let mut back = vec![Back::Do(self.stop(&up.container))];
        if revives(place.spec.restart) {
            back.push(Back::Do(Action::SetRestart { container: up.container.clone(), policy: RestartPolicy::No }));
        }
        back.push(Back::KeepOrRemove { container: up.container.clone(), to: failed_name(&place.spec.name) });
        self.builder.undo_by(start, back);
    }

    /// Gives a container that runs the restart policy back that it was made with.
    pub(super) fn mend_restart(&mut self, place: &Place<'_>) {
        let Some(running) = place.wanted.filter(|c| c.state.is_running()) else { return };
        if let Some(cause) = drift::edited_restart(place.spec.restart, running.restart) {
            let action = Action::SetRestart { container: running.name.clone(), policy: place.spec.restart };
            self.builder.add(action, cause, []);
        }
    }

    /// Restarts a container that is as it should be, because something that it depends on restarts.
    pub(super) fn restart(&mut self, container: &str, cause: &str, after: Vec<StepId>) -> Up {
        let stop = self.builder.add(self.stop(container), cause, after);
        let start = self.builder.add(self.start(container), cause, [stop]);
        let waiting = self.waiting(Duration::ZERO);
        let healthy = self.builder.add(self.await_healthy(container, Duration::ZERO), waiting, [start]);
        Up { container: container.to_owned(), started: Some(start), healthy: Some(healthy) }
    }

    /// Stops a predecessor; it is started again when a later step fails, unless one of `successors` that it may not run
    /// beside could not be stopped.
    pub(super) fn retire(
        &mut self,
        old: &ObservedContainer,
        cause: String,
        mut after: Vec<StepId>,
        successors: &[String],
    ) -> StepId {
        if revives(old.restart) {
            // Before it is stopped: an engine that starts anew in between would bring it back beside its successor.
            let set = |policy| Action::SetRestart { container: old.name.clone(), policy };
            let id = self.builder.add(set(RestartPolicy::No), "the engine must not bring it back by itself", after);
            self.builder.undo(id, vec![set(old.restart)]);
            after = vec![id];
        }
        let id = self.builder.add(self.stop(&old.name), cause, after);
        let mut back = vec![self.start(&old.name)];
        // What was not healthy before cannot be expected to be so afterwards.
        if old.state.is_running() && matches!(self.observed.kept.health_of(old), Health::Healthy | Health::NoCheck) {
            back.push(self.await_healthy(&old.name, Duration::ZERO));
        }
        self.builder.undo_without(id, back, successors.to_vec());
        id
    }
}
