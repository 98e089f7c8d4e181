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
    /// Before a running predecessor may be stopped: migrations, and the replica before it.
    pub(super) replace: Vec<StepId>,
}

/// What others wait for.
#[derive(Default)]
pub(super) struct Outcome {
    /// Its start, when there is one.
    pub(super) started: Option<StepId>,
    /// Its being healthy, when that is waited for.
    pub(super) healthy: Option<StepId>,
    /// Containers that are in its place and not wanted any more; they are removed when all is well.
    pub(super) leftovers: Vec<String>,
    /// It runs under a name that is not its own yet.
    pub(super) rename: Option<(String, String)>,
    /// A running predecessor is replaced.
    pub(super) replaced: bool,
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

fn stop(container: &str, grace: Duration) -> Action {
    Action::Stop { container: container.to_owned(), grace }
}

fn start(container: &str) -> Action {
    Action::Start { container: container.to_owned() }
}

/// Plans one replica. `there` are the tool's containers in its place; `spec` has its proper name.
pub(super) fn reconcile(
    builder: &mut Builder,
    observed: &Observed,
    service: &Service,
    spec: &ContainerSpec,
    there: &[&ObservedContainer],
    gates: &Gates,
    patience: Duration,
) -> Outcome {
    let image = observed.images.get(&spec.image);
    let name = spec.name.as_str();
    let await_healthy =
        |container: &str| Action::AwaitHealthy { container: container.to_owned(), service: service.name.clone(), patience };
    let grace = service.stop_grace_period;
    let mut outcome = Outcome::default();

    // A container kept for inspection is never the one that is wanted, whatever it was made from.
    let usable = |c: &&&ObservedContainer| c.name != failed_name(name) && change::reason(c, spec, image).is_none();
    let wanted = there.iter().filter(usable).max_by_key(|c| (c.state.is_running(), c.name == name)).copied();
    let others: Vec<_> = there.iter().filter(|c| wanted.is_none_or(|w| w.id != c.id)).copied().collect();
    let running: Vec<_> = others.iter().filter(|c| c.state.is_running()).copied().collect();
    let updating = observed.containers.iter().any(|c| c.is_ours() && c.state.is_running());
    let cause = match (wanted, others.iter().find_map(|c| change::reason(c, spec, image))) {
        (Some(_), _) => "it is not the one that is wanted".to_owned(),
        (None, Some(reason)) => reason,
        (None, None) => "it is not there yet".to_owned(),
    };

    // The container that shall run, under the name that it has until the end.
    let (container, created) = match wanted {
        Some(there) => (there.name.clone(), None),
        None => {
            let target = free_name(name, &others);
            let spec = ContainerSpec { name: target.clone(), ..spec.clone() };
            let create =
                builder.add(Action::CreateContainer { spec: Box::new(spec) }, cause.clone(), gates.create.iter().copied());
            if updating {
                let kept = failed_name(name);
                builder.undo(
                    create,
                    vec![
                        Action::RemoveContainer { container: kept.clone() },
                        Action::Rename { container: target.clone(), to: kept },
                    ],
                );
            }
            (target, Some(create))
        }
    };
    outcome.leftovers = others.iter().map(|c| c.name.clone()).collect();

    // Predecessors make way.
    let mut before: Vec<StepId> = gates.start.iter().copied().chain(created).collect();
    for old in &running {
        outcome.replaced = true;
        let after = before.iter().chain(&gates.replace).copied().collect::<Vec<_>>();
        let id = builder.add(stop(&old.name, grace), format!("{container} takes its place: {cause}"), after);
        let back = Action::AwaitHealthy { container: old.name.clone(), service: service.name.clone(), patience };
        builder.undo(id, vec![start(&old.name), back]);
        before.push(id);
    }

    // The one that is wanted runs, and is healthy.
    let health = wanted.map(|c| observed.kept.health_of(c));
    match wanted.map(|c| &c.state) {
        Some(ContainerState::Running { .. }) if health == Some(Health::Unhealthy) => {
            let id = builder.add(stop(&container, grace), "it is unhealthy", before.iter().chain(&gates.replace).copied());
            let id = builder.add(start(&container), "it is unhealthy", [id]);
            outcome.started = Some(id);
            outcome.healthy = Some(builder.add(await_healthy(&container), "others may rely on it only then", [id]));
        }
        Some(ContainerState::Running { .. }) if health == Some(Health::Starting) => {
            outcome.healthy = Some(builder.add(await_healthy(&container), "it runs and is not healthy yet", before));
        }
        Some(ContainerState::Running { .. }) => {}
        state => {
            let cause = match state {
                None | Some(ContainerState::Created) => "it is to run".to_owned(),
                Some(ContainerState::Exited { exit_code, oom_killed: true }) => {
                    format!("it was killed for its use of memory (exit code {exit_code})")
                }
                Some(ContainerState::Exited { exit_code, .. }) => format!("it is stopped (exit code {exit_code})"),
                Some(_) => "it does not run properly".to_owned(),
            };
            let id = builder.add(start(&container), cause, before);
            if updating && wanted.is_none() {
                builder.undo(id, vec![stop(&container, grace)]);
            }
            outcome.started = Some(id);
            outcome.healthy = Some(builder.add(await_healthy(&container), "others may rely on it only then", [id]));
        }
    }
    if container != name {
        outcome.rename = Some((container, name.to_owned()));
    }
    outcome
}
