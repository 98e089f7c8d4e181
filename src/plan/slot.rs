//! One replica: from the containers that are there in its place to the one that is wanted.

use std::time::Duration;

use super::{Action, StepId, build::Builder, change};
use crate::model::{ContainerSpec, ContainerState, Health, Observed, ObservedContainer, Service};

/// What the steps of a replica wait for.
pub(super) struct Gates {
    /// Before it can be created: networks, volumes, files.
    pub(super) create: Vec<StepId>,
    /// Before it can be started: what it depends on.
    pub(super) start: Vec<StepId>,
    /// Before a container that runs may be stopped: migrations, and the replicas before it.
    pub(super) disturb: Vec<StepId>,
    /// It is restarted with something that it depends on: why, and after what.
    pub(super) with: Option<(String, Vec<StepId>)>,
}

/// A container that is in the way of nothing and not wanted any more.
pub(super) struct Leftover {
    /// Its name.
    pub(super) container: String,
    /// It runs, and is to be stopped first; how long that may take.
    pub(super) running: Option<Duration>,
    /// Why it goes.
    pub(super) cause: &'static str,
}

/// What others wait for.
#[derive(Default)]
pub(super) struct Outcome {
    /// Its start, when there is one.
    pub(super) started: Option<StepId>,
    /// Its being healthy, when that is waited for.
    pub(super) healthy: Option<StepId>,
    /// They are removed when all is well.
    pub(super) leftovers: Vec<Leftover>,
    /// It runs under a name that is not its own yet.
    pub(super) rename: Option<(String, String)>,
}

/// The replica's proper name, or while others have it a name of a successor that is free.
fn free_name(name: &str, others: &[&ObservedContainer]) -> String {
    let successors = (2u32..).map(|n| format!("{name}-next-{n}"));
    [name.to_owned(), format!("{name}-next")]
        .into_iter()
        .chain(successors)
        .find(|candidate| others.iter().all(|c| c.name != *candidate))
        .unwrap_or_else(|| name.to_owned())
}

/// The name under which a container that did not become healthy is kept for inspection.
fn failed_name(name: &str) -> String {
    format!("{name}-failed")
}

/// Whether it runs, or would run again by itself any moment.
pub(super) fn is_active(container: &ObservedContainer) -> bool {
    matches!(container.state, ContainerState::Running { .. } | ContainerState::Restarting { .. })
}

/// How long a successor must stay up after it is healthy (Compose specification, `update_config.monitor`: 5 s).
const MONITOR: Duration = Duration::from_secs(5);

/// One replica in the making.
pub(super) struct Slot<'a> {
    pub(super) builder: &'a mut Builder,
    pub(super) observed: &'a Observed,
    pub(super) service: &'a Service,
    /// The container that is wanted, under its proper name.
    pub(super) spec: &'a ContainerSpec,
    pub(super) gates: &'a Gates,
    /// How long it may take to become healthy.
    pub(super) patience: Duration,
}

impl Slot<'_> {
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

    /// Plans the replica; `there` are the tool's containers in its place.
    pub(super) fn reconcile(mut self, there: &[&ObservedContainer]) -> Outcome {
        let name = self.spec.name.as_str();
        let image = self.observed.images.get(&self.spec.image);
        let reason = |c: &ObservedContainer| change::reason(c, self.spec, image);
        // A container kept for inspection is never the one that is wanted, whatever it was made from.
        let usable = |c: &&&ObservedContainer| c.name != failed_name(name) && reason(c).is_none();
        let wanted = there.iter().filter(usable).max_by_key(|c| (is_active(c), c.name == name)).copied();
        let others: Vec<_> = there.iter().filter(|c| wanted.is_none_or(|w| w.id != c.id)).copied().collect();
        let predecessors = others.iter().filter(|c| c.name != failed_name(name));
        let changed = predecessors.clone().find_map(|c| reason(c));
        let active: Vec<_> = others.iter().filter(|c| is_active(c)).copied().collect();
        let mut outcome = Outcome::default();

        // The container that shall run, under the name that it has until the end.
        let (container, created) = match wanted {
            Some(there) => (there.name.clone(), None),
            None => {
                let cause = changed.clone().unwrap_or_else(|| "it is not there yet".into());
                let (container, step) = self.create(&others, cause);
                (container, Some(step))
            }
        };
        for other in &others {
            let cause = if other.name == failed_name(name) {
                "it was kept for inspection until all is well"
            } else {
                "another one has its place"
            };
            // Active ones are stopped before the new one starts, and gone is gone.
            outcome.leftovers.push(Leftover { container: other.name.clone(), running: None, cause });
        }

        // Predecessors make way.
        let mut before: Vec<StepId> = self.gates.start.iter().copied().chain(created).collect();
        for old in &active {
            let cause = match (&changed, created) {
                (Some(changed), None) => format!("{container} takes its place: {changed}"),
                _ => format!("{container} takes its place"),
            };
            let after: Vec<_> = before.iter().chain(&self.gates.disturb).copied().collect();
            let id = self.builder.add(self.stop(&old.name), cause, after);
            let mut back = vec![self.start(&old.name)];
            // What was not healthy before cannot be expected to be so afterwards.
            if old.state.is_running() && matches!(self.observed.kept.health_of(old), Health::Healthy | Health::NoCheck) {
                back.push(self.await_healthy(&old.name, Duration::ZERO));
            }
            self.builder.undo(id, back);
            before.push(id);
        }

        self.run(&mut outcome, wanted, &container, &active, before);
        if container != name {
            outcome.rename = Some((container, name.to_owned()));
        }
        outcome
    }

    /// Creates the container under a name that is free.
    fn create(&mut self, others: &[&ObservedContainer], cause: String) -> (String, StepId) {
        let container = free_name(&self.spec.name, others);
        let spec = ContainerSpec { name: container.clone(), ..self.spec.clone() };
        let action = Action::CreateContainer { spec: Box::new(spec) };
        let id = self.builder.add(action, cause, self.gates.create.iter().copied());
        if self.updating() {
            // One that was never started has nothing to tell.
            self.builder.undo(id, vec![self.remove(&container)]);
        }
        (container, id)
    }

    /// Whether something serves that a failure must bring back.
    fn updating(&self) -> bool {
        self.observed.containers.iter().any(|c| c.is_ours() && c.state.is_running())
    }

    /// The one that is wanted runs, and is healthy.
    fn run(
        &mut self,
        outcome: &mut Outcome,
        wanted: Option<&ObservedContainer>,
        container: &str,
        active: &[&ObservedContainer],
        before: Vec<StepId>,
    ) {
        let health = wanted.map(|c| self.observed.kept.health_of(c));
        let restart = match wanted.map(|c| &c.state) {
            Some(ContainerState::Running { .. }) if health == Some(Health::Unhealthy) => Some("it is unhealthy".to_owned()),
            Some(ContainerState::Running { .. }) => self.gates.with.as_ref().map(|(why, _)| why.clone()),
            _ => None,
        };
        let waiting = format!("to be healthy, {} s at most", self.patience.as_secs());
        if let Some(cause) = restart {
            let with = self.gates.with.iter().flat_map(|(_, after)| after);
            let after: Vec<_> = before.iter().chain(&self.gates.disturb).chain(with).copied().collect();
            let id = self.builder.add(self.stop(container), cause.clone(), after);
            let id = self.builder.add(self.start(container), cause, [id]);
            outcome.started = Some(id);
            outcome.healthy = Some(self.builder.add(self.await_healthy(container, Duration::ZERO), waiting, [id]));
            return;
        }
        let cause = match wanted.map(|c| &c.state) {
            Some(ContainerState::Running { .. }) => {
                if health == Some(Health::Starting) {
                    outcome.healthy = Some(self.builder.add(self.await_healthy(container, Duration::ZERO), waiting, before));
                }
                return;
            }
            _ if !active.is_empty() => {
                let names: Vec<_> = active.iter().map(|c| c.name.as_str()).collect();
                format!("it takes the place of {}", names.join(" and "))
            }
            None => "it is new".to_owned(),
            Some(ContainerState::Created) => "it was never started".to_owned(),
            Some(ContainerState::Exited { exit_code, oom_killed: true }) => {
                format!("it was killed for its use of memory (exit code {exit_code})")
            }
            Some(ContainerState::Exited { exit_code, .. }) => format!("it is stopped (exit code {exit_code})"),
            Some(ContainerState::Restarting { exit_code }) => format!("it keeps ending (exit code {exit_code})"),
            Some(ContainerState::Dead) => "it does not run properly".to_owned(),
        };
        let start = self.builder.add(self.start(container), cause, before);
        // Its predecessor goes for good only when it has proven to stay up.
        let settle = if active.is_empty() { Duration::ZERO } else { MONITOR };
        let healthy = self.builder.add(self.await_healthy(container, settle), waiting, [start]);
        (outcome.started, outcome.healthy) = (Some(start), Some(healthy));
        if !active.is_empty() || (wanted.is_none() && self.updating()) {
            // Taken back from the end: one that became healthy goes, one that did not is kept for inspection.
            let failed = failed_name(&self.spec.name);
            self.builder.undo(healthy, vec![self.stop(container), self.remove(container)]);
            let keep = Action::Rename { container: container.to_owned(), to: failed.clone() };
            self.builder.undo(start, vec![self.stop(container), self.remove(&failed), keep]);
        }
    }
}
