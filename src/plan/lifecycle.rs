//! Plans for containers that are there: start, stop, restart, remove, migrate.
//!
//! All but `migrate` need no Compose file: the order comes from the labels, so that a stack can be stopped when its
//! files are gone or broken.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Action, Change, DeployOptions, Note, Plan, PlanError, StepId, build::Builder, deploy};
use crate::model::{
    ContainerState, Contents, Observed, ObservedContainer, ProjectName, ServiceName, Stack, label, state_holder, state_volume,
};

/// Which services are meant; none named means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection(pub BTreeSet<ServiceName>);

impl Selection {
    fn has(&self, name: &ServiceName) -> bool {
        self.0.is_empty() || self.0.contains(name)
    }
}

const PATIENCE: Duration = Duration::from_secs(120);
const GRACE: Duration = Duration::from_secs(60);

/// A service's containers with what they wait for, read from the labels.
struct Group<'a> {
    containers: Vec<&'a ObservedContainer>,
    needs: BTreeSet<ServiceName>,
}

fn groups<'a>(observed: &'a Observed, selection: &Selection) -> Result<BTreeMap<ServiceName, Group<'a>>, PlanError> {
    let mut groups: BTreeMap<ServiceName, Group<'a>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for container in observed.containers.iter().filter(|c| c.is_ours()) {
        let Some(service) = container.service() else { continue };
        known.insert(service.clone());
        // Jobs have run; a container kept for inspection stays as it is.
        if container.role() != Some("service") || container.name.ends_with("-failed") || !selection.has(&service) {
            continue;
        }
        let depends_on = container.labels.get(label::COMPOSE_DEPENDS_ON).map(String::as_str).unwrap_or_default();
        let needs = depends_on.split(',').filter_map(|entry| entry.split(':').next()?.parse().ok());
        let group = groups.entry(service).or_insert_with(|| Group { containers: Vec::new(), needs: BTreeSet::new() });
        group.needs.extend(needs);
        group.containers.push(container);
    }
    if let Some(name) = selection.0.iter().find(|name| !known.contains(*name)) {
        let known: Vec<_> = known.iter().map(ToString::to_string).collect();
        return Err(PlanError::NoSuchService { name: name.clone(), known: known.join(", ") });
    }
    Ok(groups)
}

/// Names so that each comes after what it needs; a circle is broken at the first name, as nothing else can be done.
fn needs_first(groups: &BTreeMap<ServiceName, Group<'_>>) -> Vec<ServiceName> {
    let mut order: Vec<ServiceName> = Vec::new();
    while order.len() < groups.len() {
        let open = || groups.iter().filter(|(name, _)| !order.contains(name));
        let ready = open().find(|(_, g)| g.needs.iter().all(|n| order.contains(n) || !groups.contains_key(n)));
        let Some(name) = ready.or_else(|| open().next()).map(|(name, _)| name.clone()) else { break };
        order.push(name);
    }
    order
}

fn plan(project: &ProjectName, builder: Builder) -> Plan {
    Plan { steps: builder.finish(), ..Plan::empty(project.clone()) }
}

fn add_starts(
    builder: &mut Builder,
    groups: &BTreeMap<ServiceName, Group<'_>>,
    cause: &str,
    wanted: impl Fn(&ObservedContainer) -> bool,
    after: &[StepId],
) {
    let mut healthy: BTreeMap<ServiceName, Vec<StepId>> = BTreeMap::new();
    for name in needs_first(groups) {
        let Some(group) = groups.get(&name) else { continue };
        let waits: Vec<_> = group.needs.iter().filter_map(|n| healthy.get(n)).flatten().chain(after).copied().collect();
        for container in group.containers.iter().filter(|c| wanted(c)) {
            let start = builder.add(Action::Start { container: container.name.clone() }, cause, waits.iter().copied());
            let wait = Action::AwaitHealthy { container: container.name.clone(), service: name.clone(), patience: PATIENCE };
            let id = builder.add(wait, "others may rely on it only then", [start]);
            healthy.entry(name.clone()).or_default().push(id);
        }
    }
}

fn add_stops(builder: &mut Builder, groups: &BTreeMap<ServiceName, Group<'_>>, cause: &str) -> Vec<StepId> {
    let mut stopped: BTreeMap<ServiceName, Vec<StepId>> = BTreeMap::new();
    for name in needs_first(groups).into_iter().rev() {
        let Some(group) = groups.get(&name) else { continue };
        let dependents = groups.iter().filter(|(_, g)| g.needs.contains(&name)).filter_map(|(n, _)| stopped.get(n));
        let waits: Vec<_> = dependents.flatten().copied().collect();
        for container in group.containers.iter().filter(|c| !matches!(c.state, ContainerState::Created)) {
            if matches!(container.state, ContainerState::Exited { .. }) {
                continue;
            }
            let action = Action::Stop { container: container.name.clone(), grace: GRACE };
            let id = builder.add(action, cause, waits.iter().copied());
            stopped.entry(name.clone()).or_default().push(id);
        }
    }
    stopped.into_values().flatten().collect()
}

fn record_evidence(builder: &mut Builder, observed: &Observed) {
    if builder.changes() {
        let ends = builder.ends();
        let upstreams = observed.kept.upstreams.clone();
        builder.add(Action::Record { upstreams }, "what the gates have seen", ends);
    }
}

/// Starts what is stopped, in the order of what waits for what.
pub fn start(project: &ProjectName, observed: &Observed, selection: &Selection) -> Result<Plan, PlanError> {
    let groups = groups(observed, selection)?;
    let mut builder = Builder::default();
    add_starts(&mut builder, &groups, "it is stopped", |c| !c.state.is_running(), &[]);
    record_evidence(&mut builder, observed);
    Ok(plan(project, builder))
}

/// Stops what runs, dependents first.
pub fn stop(project: &ProjectName, observed: &Observed, selection: &Selection) -> Result<Plan, PlanError> {
    let groups = groups(observed, selection)?;
    let mut builder = Builder::default();
    add_stops(&mut builder, &groups, "it is to stop");
    Ok(plan(project, builder))
}

/// Restarts one container after the other, so that a service with several replicas goes on serving.
pub fn restart(project: &ProjectName, observed: &Observed, selection: &Selection) -> Result<Plan, PlanError> {
    let groups = groups(observed, selection)?;
    let mut builder = Builder::default();
    let mut previous: Vec<StepId> = Vec::new();
    for name in needs_first(&groups) {
        for container in groups.get(&name).map_or(&[][..], |g| g.containers.as_slice()) {
            let mut after = previous.clone();
            if container.state.is_running() {
                let action = Action::Stop { container: container.name.clone(), grace: GRACE };
                after = vec![builder.add(action, "it is to restart", after)];
            }
            let id = builder.add(Action::Start { container: container.name.clone() }, "it is to restart", after);
            let wait = Action::AwaitHealthy { container: container.name.clone(), service: name.clone(), patience: PATIENCE };
            previous = vec![builder.add(wait, "the next one waits for it", [id])];
        }
    }
    record_evidence(&mut builder, observed);
    Ok(plan(project, builder))
}

/// Removes the project's containers and networks; volumes only when `volumes` is set, and never those of others.
pub fn down(project: &ProjectName, observed: &Observed, volumes: bool) -> Result<Plan, PlanError> {
    let groups = groups(observed, &Selection::default())?;
    let mut builder = Builder::default();
    let cause = "the stack is taken down";
    let stopped = add_stops(&mut builder, &groups, cause);
    let mut removed = Vec::new();
    for container in observed.containers.iter().filter(|c| c.is_ours()) {
        let action = Action::RemoveContainer { container: container.name.clone() };
        removed.push(builder.add(action, cause, stopped.iter().copied()));
    }
    let ours = |labels: &crate::model::Labels| labels.get(label::PROJECT).map(String::as_str) == Some(project.as_str());
    for network in observed.networks.values().filter(|n| ours(&n.labels)) {
        builder.add(Action::RemoveNetwork { name: network.name.clone() }, cause, removed.iter().copied());
    }
    let state = state_volume(project);
    let mut kept = Vec::new();
    for volume in observed.volumes.values().filter(|v| ours(&v.labels)) {
        let role = volume.labels.get(label::ROLE).map(String::as_str);
        // Staged files and upstreams are made again from what the state volume keeps.
        let data = !matches!(role, Some("files" | "ingress"));
        if data && !volumes {
            kept.push(volume.name.clone());
            continue;
        }
        let mut after = removed.clone();
        if volume.name == state {
            let holder = state_holder(project);
            after.push(builder.add(Action::RemoveContainer { container: holder }, cause, removed.iter().copied()));
        }
        builder.add(Action::RemoveVolume { name: volume.name.clone(), data }, cause, after);
    }
    let mut plan = plan(project, builder);
    if !kept.is_empty() && plan.steps.iter().any(|s| s.action.change() != Change::None) {
        plan.notes.push(Note {
            message: format!("these volumes are kept: {}", kept.join(", ")),
            hint: Some("`medianestctl deploy` brings the stack back with its data".into()),
        });
    }
    Ok(plan)
}

/// Runs the migration job once, whether or not it has run before.
pub fn migrate(stack: &Stack, observed: &Observed, contents: &Contents, options: &DeployOptions) -> Result<Plan, PlanError> {
    let jobs: BTreeSet<_> = stack.services.values().filter(|s| s.migration.is_some()).map(|s| s.name.clone()).collect();
    if jobs.is_empty() {
        return Err(PlanError::NoMigration);
    }
    // What a deploy of the jobs and of what they need would do, with the jobs' old containers out of the way.
    let mut needed = jobs.clone();
    for job in &jobs {
        deploy::needs(stack, job, &mut needed);
    }
    let mut part = stack.clone();
    part.services.retain(|name, _| needed.contains(name));
    let old: Vec<_> = observed
        .containers
        .iter()
        .filter(|c| c.is_ours() && c.service().is_some_and(|s| jobs.contains(&s)))
        .map(|c| c.name.clone())
        .collect();
    let mut seen = observed.clone();
    seen.containers.retain(|c| c.service().is_none_or(|s| needed.contains(&s)) && !old.contains(&c.name));
    let mut plan = deploy::deploy(&part, &seen, contents, options)?;
    // Files of services that are left out here are in use elsewhere.
    for step in &mut plan.steps {
        if let Action::Record { upstreams } = &mut step.action {
            upstreams.clone_from(&observed.kept.upstreams);
        }
    }
    plan.steps.retain(|s| !matches!(s.action, Action::RemoveVolume { .. }));
    prepend(&mut plan, old);
    Ok(plan)
}

/// Puts removals before everything else.
fn prepend(plan: &mut Plan, containers: Vec<String>) {
    let count = containers.len();
    for step in &mut plan.steps {
        for id in &mut step.after {
            id.0 += count;
        }
        step.after.extend((0..count).map(StepId));
        step.after.sort_unstable();
    }
    let removals = containers.into_iter().map(|container| super::Step {
        action: Action::RemoveContainer { container },
        cause: "the migration runs once more".into(),
        after: Vec::new(),
        undo: None,
    });
    plan.steps.splice(0..0, removals);
}
