//! Plans for containers that are there: start, stop, restart, remove.
//!
//! They need no Compose file: the order comes from the labels, so that a stack can be stopped when its files are gone
//! or broken.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    time::Duration,
};

use super::{Action, Change, Note, Plan, PlanError, StepId, build::Builder, place::is_active};
use crate::drift;
use crate::ingress::render;
use crate::model::{
    ContainerState, Healthcheck, Ingress, Maintenance, Observed, ObservedContainer, ProjectName, ServiceName, is_put_aside,
    label, made_for, state_holder, state_volume,
};

/// Which services are meant; none named means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection(pub BTreeSet<ServiceName>);

impl Selection {
    fn has(&self, name: &ServiceName) -> bool {
        self.0.is_empty() || self.0.contains(name)
    }
}

/// How long a gate waits for a container without a health check.
const PATIENCE: Duration = Duration::from_secs(120);
/// The engine's own time to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long a container may take to stop, as it was created.
pub(super) fn grace(container: &ObservedContainer) -> Duration {
    container.stop_timeout.unwrap_or(GRACE)
}

/// A service's containers with what they wait for, read from the labels.
struct Group<'a> {
    containers: Vec<&'a ObservedContainer>,
    needs: BTreeSet<ServiceName>,
}

impl<'a> Group<'a> {
    /// One container for each replica: those that run; where none does, the one with the proper name. What a killed
    /// update left beside it is for the next deploy to deal with.
    fn replicas(&self) -> Vec<&'a ObservedContainer> {
        let mut places: BTreeMap<Option<u32>, Vec<&ObservedContainer>> = BTreeMap::new();
        for container in &self.containers {
            places.entry(container.number()).or_default().push(container);
        }
        let choose = |place: Vec<&'a ObservedContainer>| {
            let (active, idle): (Vec<_>, Vec<_>) = place.into_iter().partition(|c| is_active(c));
            if active.is_empty() {
                idle.into_iter().min_by_key(|c| (c.name.len(), &c.name)).into_iter().collect()
            } else {
                active
            }
        };
        places.into_values().flat_map(choose).collect()
    }
}

/// What a container depends on, from its label: names, and whether it restarts with them.
fn depends_on(container: &ObservedContainer) -> impl Iterator<Item = (ServiceName, bool)> {
    let text = container.labels.get(label::COMPOSE_DEPENDS_ON).map(String::as_str).unwrap_or_default();
    text.split(',').filter_map(|entry| {
        let mut parts = entry.split(':');
        Some((parts.next()?.parse().ok()?, parts.nth(1) == Some("true")))
    })
}

fn groups<'a>(
    project: &ProjectName,
    observed: &'a Observed,
    selection: &Selection,
) -> Result<BTreeMap<ServiceName, Group<'a>>, PlanError> {
    let mut groups: BTreeMap<ServiceName, Group<'a>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for container in observed.containers.iter().filter(|c| c.is_of(project)) {
        let Some(service) = container.service() else { continue };
        known.insert(service.clone());
        // Jobs have run; a container kept for inspection stays as it is.
        if container.role() != Some("service") || is_put_aside(&container.name) || !selection.has(&service) {
            continue;
        }
        let group = groups.entry(service).or_insert_with(|| Group { containers: Vec::new(), needs: BTreeSet::new() });
        group.needs.extend(depends_on(container).map(|(name, _)| name));
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

fn await_healthy(container: &ObservedContainer, service: &ServiceName) -> (Action, String) {
    let patience = container.healthcheck.as_ref().map_or(PATIENCE, Healthcheck::patience);
    let action =
        Action::AwaitHealthy { container: container.name.clone(), service: service.clone(), patience, settle: Duration::ZERO };
    (action, format!("to be healthy, {} s at most", patience.as_secs()))
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
            let action = Action::Stop { container: container.name.clone(), grace: grace(container) };
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
        builder.add(Action::Record { release: None, upstreams, migration: None }, "nobody need wait for these again", ends);
    }
}

/// Starts what is stopped, in the order of what waits for what.
pub fn start(project: &ProjectName, observed: &Observed, selection: &Selection) -> Result<Plan, PlanError> {
    let groups = groups(project, observed, selection)?;
    let mut builder = Builder::default();
    let mut healthy: BTreeMap<ServiceName, Vec<StepId>> = BTreeMap::new();
    for name in needs_first(&groups) {
        let Some(group) = groups.get(&name) else { continue };
        let waits: Vec<_> = group.needs.iter().filter_map(|n| healthy.get(n)).flatten().copied().collect();
        for container in group.replicas().into_iter().filter(|c| !c.state.is_running()) {
            let action = Action::Start { container: container.name.clone() };
            let start = builder.add(action, "it is stopped", waits.iter().copied());
            let (action, cause) = await_healthy(container, &name);
            healthy.entry(name.clone()).or_default().push(builder.add(action, cause, [start]));
        }
    }
    record_evidence(&mut builder, observed);
    Ok(plan(project, builder))
}

/// Stops what runs, dependents first.
pub fn stop(project: &ProjectName, observed: &Observed, selection: &Selection) -> Result<Plan, PlanError> {
    let groups = groups(project, observed, selection)?;
    let mut builder = Builder::default();
    add_stops(&mut builder, &groups, "it is to stop");
    Ok(plan(project, builder))
}

/// The ingress, where it is known what it has and where its upstreams lie: requests can be sent past a replica.
struct Proxy<'a> {
    container: &'a str,
    path: &'a str,
    text: &'a str,
    maintenance: Option<&'a Maintenance>,
}

impl<'a> Proxy<'a> {
    fn find(project: &ProjectName, observed: &'a Observed) -> Option<Self> {
        let ours = |c: &&ObservedContainer| c.is_of(project) && c.role() == Some("service") && c.state.is_running();
        let mut running = observed.containers.iter().filter(ours);
        let (container, path) = running.find_map(|c| Some((c.name.as_str(), c.upstreams()?)))?;
        let maintenance = observed.kept.maintenance.as_ref();
        Some(Self { container, path, text: observed.kept.upstreams.as_deref()?, maintenance })
    }

    fn switch(&self, content: &str) -> Action {
        let (container, path) = (self.container.to_owned(), self.path.to_owned());
        Action::SwitchUpstreams { container, path, content: content.to_owned() }
    }

    /// Sends requests past `replica` and waits until it has none; `None` where it gets none, or nobody else would serve.
    fn set_apart(&self, builder: &mut Builder, replica: &ObservedContainer, after: Option<StepId>) -> Option<StepId> {
        let without = |address: &Ipv4Addr| Some((*address, render::without_server(self.text, *address, self.maintenance)?));
        let (address, text) = replica.fixed_addresses.values().find_map(without)?;
        let switched = builder.add(self.switch(&text), "the others serve while it restarts", after);
        builder.undo(switched, vec![self.switch(self.text)]);
        let (container, limit) = (self.container.to_owned(), Ingress::DEFAULT_DRAIN);
        // Workers from the turn of the one before may know this replica alone.
        let drain = Action::Drain { container, addresses: vec![address], connections_tell: false, limit };
        Some(builder.add(drain, "what old workers have begun it shall finish", [switched]))
    }
}

/// Restarts one container after the other, so that a service with several replicas goes on serving; behind an ingress
/// without a request lost.
pub fn restart(project: &ProjectName, observed: &Observed, selection: &Selection) -> Result<Plan, PlanError> {
    let selection = with_dependents(project, observed, selection);
    let groups = groups(project, observed, &selection)?;
    let mut builder = Builder::default();
    let mut previous: Option<StepId> = None;
    let proxy = Proxy::find(project, observed);
    for name in needs_first(&groups) {
        for container in groups.get(&name).map(Group::replicas).unwrap_or_default() {
            let mut after = previous;
            let routed = proxy.as_ref().filter(|_| container.state.is_running());
            let apart = routed.and_then(|proxy| Some((proxy, proxy.set_apart(&mut builder, container, previous)?)));
            if let Some((_, drained)) = apart {
                after = Some(drained);
            }
            if is_active(container) {
                let action = Action::Stop { container: container.name.clone(), grace: grace(container) };
                after = Some(builder.add(action, "it is to restart", after));
            }
            let start = builder.add(Action::Start { container: container.name.clone() }, "it is to restart", after);
            let (action, cause) = await_healthy(container, &name);
            let healthy = builder.add(action, cause, [start]);
            previous = Some(match apart {
                Some((proxy, _)) => {
                    builder.add(proxy.switch(proxy.text), format!("{} has the requests again", container.name), [healthy])
                }
                None => healthy,
            });
        }
    }
    record_evidence(&mut builder, observed);
    Ok(plan(project, builder))
}

/// The selection with every service that is declared to restart with one of it (`depends_on: {restart: true}`).
fn with_dependents(project: &ProjectName, observed: &Observed, selection: &Selection) -> Selection {
    let mut names = selection.0.clone();
    if names.is_empty() {
        return Selection(names);
    }
    loop {
        let dependents = observed.containers.iter().filter(|c| c.is_of(project) && c.role() == Some("service"));
        let joins = |c: &&ObservedContainer| depends_on(c).any(|(name, restart)| restart && names.contains(&name));
        let found: BTreeSet<_> = dependents.filter(joins).filter_map(|c| c.service()).filter(|s| !names.contains(s)).collect();
        if found.is_empty() {
            return Selection(names);
        }
        names.extend(found);
    }
}

/// The containers of the project that `down` leaves where they are because the tool did not make them, each with why.
pub fn strays<'a>(project: &ProjectName, observed: &'a Observed) -> Vec<(&'a ObservedContainer, &'static str)> {
    // What the tool made goes anyway, whether its service is in a file or not.
    let why = |c: &ObservedContainer| drift::orphaned(c, project, |_| true).filter(|_| !c.is_of(project));
    observed.containers.iter().filter_map(|c| Some((c, why(c)?))).collect()
}

/// Removes the project's containers and networks; volumes only when `volumes` is set, and never those of others. Of `strays`
/// those go whose identifiers are in `agreed`.
pub fn down(project: &ProjectName, observed: &Observed, volumes: bool, agreed: &BTreeSet<String>) -> Result<Plan, PlanError> {
    let groups = groups(project, observed, &Selection::default())?;
    let mut builder = Builder::default();
    let cause = "the stack is taken down";
    let stopped = add_stops(&mut builder, &groups, cause);
    let mut removed = Vec::new();
    for container in observed.containers.iter().filter(|c| c.is_of(project)) {
        let action = Action::RemoveContainer { container: container.name.clone() };
        removed.push(builder.add(action, cause, stopped.iter().copied()));
    }
    let (go, stay): (Vec<_>, Vec<_>) = strays(project, observed).into_iter().partition(|(c, _)| agreed.contains(&c.id));
    for (container, why) in go {
        let action =
            Action::RemoveOrphan { container: container.name.clone(), id: container.id.clone(), grace: grace(container) };
        removed.push(builder.add(action, why, stopped.iter().copied()));
    }
    for network in observed.networks.values().filter(|n| made_for(project, &n.labels)) {
        builder.add(Action::RemoveNetwork { name: network.name.clone() }, cause, removed.iter().copied());
    }
    let state = state_volume(project);
    let mut kept = Vec::new();
    for volume in observed.volumes.values().filter(|v| made_for(project, &v.labels)) {
        let role = volume.labels.get(label::ROLE).map(String::as_str);
        // Staged files and upstreams are made again from what the state volume keeps.
        let data = !matches!(role, Some("files" | "ingress" | "note"));
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
    plan.notes.extend(stay.into_iter().map(|(container, why)| Note {
        message: format!("container {} belongs to this project and stays: {why}", container.name),
        hint: Some("`medianestctl down --remove-orphans` removes it, when nobody needs it".into()),
    }));
    if !kept.is_empty() && plan.steps.iter().any(|s| s.action.change() != Change::None) {
        plan.notes.push(Note {
            message: format!("these volumes are kept: {}", kept.join(", ")),
            hint: Some("`medianestctl deploy` brings the stack back with its data".into()),
        });
    }
    Ok(plan)
}
