//! What was done to the stack's containers behind the tool's back: removed, edited, disconnected, added by hand.
//!
//! Layer 1, pure. Each container says in a label what it was created as, so that drift is told without Compose files.
//! Refuses to judge where no release is recorded, and to look at containers of other projects. How it is mended is the
//! plan's.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::model::{
    ContainerSpec, ContainerState, Kept, ObservedContainer, ProjectName, Resources, RestartPolicy, ServiceName, is_next_of,
    is_put_aside, label,
};

/// What a container was created as, of what can be changed while it is there. Kept in one of its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its proper name; while it waits to take its place it has another one.
    pub name: String,
    /// Limits and reservations.
    pub resources: Resources,
    /// When the engine starts it again by itself.
    pub restart: RestartPolicy,
    /// Its networks, with its fixed address there.
    pub networks: BTreeMap<String, Option<Ipv4Addr>>,
}

impl Form {
    /// The form that a container of this specification has.
    pub fn of(spec: &ContainerSpec) -> Self {
        Self {
            name: spec.name.clone(),
            resources: spec.resources,
            restart: spec.restart,
            networks: spec.networks.iter().map(|(name, endpoint)| (name.clone(), endpoint.address)).collect(),
        }
    }

    /// The label's value.
    pub fn to_label(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The form that a container was created with; `None` when it does not say.
    pub fn read(container: &ObservedContainer) -> Option<Self> {
        serde_json::from_str(container.labels.get(label::FORM)?).ok()
    }
}

/// What kind of thing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A replica of the release is gone.
    Removed,
    /// A replica of the release is stopped.
    Stopped,
    /// It is frozen.
    Paused,
    /// Its limits or its restart policy were changed.
    Edited,
    /// It has another name.
    Renamed,
    /// It is not in a network that it was made for, or has lost its address there.
    Disconnected,
    /// It is in a network that it was not made for.
    Connected,
    /// There is one container more than the release has.
    Added,
    /// A run that did not end left it.
    Left,
    /// It belongs to the project, and to no service of it.
    Orphan,
}

impl Kind {
    /// As it is written for people; the same word as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Edited => "edited",
            Self::Renamed => "renamed",
            Self::Disconnected => "disconnected",
            Self::Connected => "connected",
            Self::Added => "added",
            Self::Left => "left",
            Self::Orphan => "orphan",
        }
    }

    fn mend(self) -> &'static str {
        match self {
            Self::Orphan => "medianestctl deploy --remove-orphans",
            _ => "medianestctl deploy",
        }
    }
}

/// One thing about one container that is not as the release left it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// Kind.
    pub kind: Kind,
    /// The container's name.
    pub container: String,
    /// Its service; `null` when it has none.
    pub service: Option<ServiceName>,
    /// What is the matter, in words.
    pub what: String,
    /// The command that mends it.
    pub mend: &'static str,
}

/// A restart policy as Compose files have it.
pub fn restart_word(policy: RestartPolicy) -> String {
    match policy {
        RestartPolicy::No => "no".into(),
        RestartPolicy::Always => "always".into(),
        RestartPolicy::UnlessStopped => "unless-stopped".into(),
        RestartPolicy::OnFailure(None | Some(0)) => "on-failure".into(),
        RestartPolicy::OnFailure(Some(times)) => format!("on-failure:{times}"),
    }
}

/// What of the restart policy is not as the container was created, in words.
pub fn edited_restart(created: RestartPolicy, now: RestartPolicy) -> Option<String> {
    let (created, now) = (restart_word(created), restart_word(now));
    (created != now).then(|| format!("its restart policy was changed by hand from {created} to {now}"))
}

/// What of the limits is not as the container was created, in words.
///
/// A limit that is not in force at all is no drift: an engine leaves out what its kernel cannot do, and says so only once,
/// when it creates the container. A replacement would have the same fate for ever.
pub fn edited_limits(created: &Resources, now: &Resources) -> Option<String> {
    let bytes = |n: crate::model::Bytes| (n.0 > 0).then(|| n.to_string());
    let cpus = |n: crate::model::Cpus| (n.0 > 0).then(|| format!("{} CPUs", n.0 as f64 / 1e9));
    let count = |n: i64| (n > 0).then(|| n.to_string());
    let changed = |differ: bool, created: Option<String>, now: Option<String>| match now {
        Some(now) if differ => Some((created.unwrap_or_else(|| "none".into()), now)),
        _ => None,
    };
    let all = [
        ("memory limit", changed(created.memory != now.memory, created.memory.and_then(bytes), now.memory.and_then(bytes))),
        (
            "memory reservation",
            changed(
                created.memory_reservation != now.memory_reservation,
                created.memory_reservation.and_then(bytes),
                now.memory_reservation.and_then(bytes),
            ),
        ),
        ("processor limit", changed(created.cpus != now.cpus, created.cpus.and_then(cpus), now.cpus.and_then(cpus))),
        ("limit of processes", changed(created.pids != now.pids, created.pids.and_then(count), now.pids.and_then(count))),
    ];
    let words: Vec<_> = all
        .into_iter()
        .filter_map(|(what, change)| change.map(|(from, to)| format!("its {what} was changed by hand from {from} to {to}")))
        .collect();
    (!words.is_empty()).then(|| words.join(", and "))
}

/// The first network that a container is not in as it was made for, in words.
pub fn disconnected(networks: &BTreeMap<String, Option<Ipv4Addr>>, now: &ObservedContainer) -> Option<String> {
    if let Some(name) = networks.keys().find(|name| !now.networks.contains_key(*name)) {
        return Some(format!("it is not in network {name}"));
    }
    // Which address it has is its own affair; that it has one is not.
    let floating = networks.iter().find(|(name, address)| address.is_some() && !now.fixed_addresses.contains_key(*name));
    floating.map(|(name, _)| format!("it has no fixed address in network {name}"))
}

/// The first network that a container is in and was not made for, in words.
pub fn connected(networks: &BTreeMap<String, Option<Ipv4Addr>>, now: &ObservedContainer) -> Option<String> {
    let extra = now.networks.keys().find(|name| !networks.contains_key(*name));
    extra.map(|name| format!("it was connected to network {name} by hand"))
}

/// Why a container of the project belongs to no service of it, in words; `None` when it does. `is_service` tells the
/// services that there are.
pub fn orphaned(
    container: &ObservedContainer,
    project: &ProjectName,
    is_service: impl Fn(&ServiceName) -> bool,
) -> Option<&'static str> {
    let labels = &container.labels;
    let of_project = labels.get(label::COMPOSE_PROJECT).map(String::as_str) == Some(project.as_str());
    // One that another project has marked as its own is not for this one to judge.
    if !of_project || (labels.contains_key(label::PROJECT) && !container.is_of(project)) {
        return None;
    }
    match container.role() {
        None | Some("service" | "job" | "verify") => {}
        Some(_) => return None,
    }
    if !container.is_of(project) {
        return Some("it was not made by medianestctl");
    }
    let known = container.service().is_some_and(|service| is_service(&service));
    (!known).then_some("its service is in no file any more")
}

/// Everything that is not as the release left it, by container.
pub fn of(project: &ProjectName, containers: &[ObservedContainer], kept: &Kept) -> Vec<Drift> {
    // Where no release is recorded there is nothing to differ from.
    if kept.services.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let ours: Vec<_> = containers.iter().filter(|c| c.is_of(project) && c.role() == Some("service")).collect();
    for (service, desired) in &kept.services {
        let mut look = Look { project, service, found: &mut found };
        let of_service: Vec<_> = ours.iter().copied().filter(|c| c.service().as_ref() == Some(service)).collect();
        for number in 1..=*desired {
            look.place(number, of_service.iter().copied().filter(|c| c.number() == Some(number)).collect());
        }
        for extra in of_service.iter().filter(|c| !is_put_aside(&c.name) && c.number().is_none_or(|n| n == 0 || n > *desired)) {
            look.say(Kind::Added, &extra.name, "it is one replica too many");
        }
    }
    for container in containers {
        // Jobs of the release are not among its services.
        let is_service = |name: &ServiceName| container.role() != Some("service") || kept.services.contains_key(name);
        if let Some(why) = orphaned(container, project, is_service).filter(|_| !is_put_aside(&container.name)) {
            let (kind, name) = (Kind::Orphan, container.name.clone());
            found.push(Drift { kind, container: name, service: container.service(), what: why.into(), mend: kind.mend() });
        }
    }
    found.sort_by(|a, b| (&a.container, a.kind).cmp(&(&b.container, b.kind)));
    found
}

struct Look<'a> {
    project: &'a ProjectName,
    service: &'a ServiceName,
    found: &'a mut Vec<Drift>,
}

impl Look<'_> {
    fn say(&mut self, kind: Kind, container: &str, what: impl Into<String>) {
        let service = Some(self.service.clone());
        self.found.push(Drift { kind, container: container.to_owned(), service, what: what.into(), mend: kind.mend() });
    }

    /// One replica's place.
    fn place(&mut self, number: u32, there: Vec<&ObservedContainer>) {
        let usual = || format!("{}-{}-{number}", self.project, self.service);
        let proper = there.iter().find_map(|c| Form::read(c)).map_or_else(usual, |form| form.name);
        let (left, there): (Vec<_>, Vec<_>) =
            there.into_iter().filter(|c| !is_put_aside(&c.name)).partition(|c| is_next_of(&c.name, &proper));
        for container in &left {
            self.say(Kind::Left, &container.name, "a run that did not end left it");
        }
        let rank = |c: &&ObservedContainer| (c.name == proper, c.state.is_running());
        let Some(replica) = there.iter().copied().max_by_key(rank) else {
            if left.is_empty() {
                self.say(Kind::Removed, &proper, format!("replica {number} of {} is gone", self.service));
            }
            return;
        };
        for other in there.iter().filter(|c| c.id != replica.id) {
            self.say(Kind::Added, &other.name, format!("{} has its place", replica.name));
        }
        self.replica(replica);
    }

    /// The container that is a replica of the release.
    fn replica(&mut self, container: &ObservedContainer) {
        let name = &container.name;
        match container.state {
            ContainerState::Created => self.say(Kind::Left, name, "it was made and never started"),
            ContainerState::Exited { exit_code, .. } => {
                self.say(Kind::Stopped, name, format!("it is stopped (exit code {exit_code})"));
            }
            ContainerState::Running { paused: true } => self.say(Kind::Paused, name, "it is paused"),
            ContainerState::Dead => self.say(Kind::Removed, name, "it is half removed"),
            ContainerState::Running { paused: false } | ContainerState::Restarting { .. } => {}
        }
        let Some(form) = Form::read(container) else { return };
        if *name != form.name {
            self.say(Kind::Renamed, name, format!("it was {}, and was renamed by hand", form.name));
        }
        for what in [edited_limits(&form.resources, &container.resources), edited_restart(form.restart, container.restart)] {
            what.into_iter().for_each(|what| self.say(Kind::Edited, name, what));
        }
        if let Some(what) = disconnected(&form.networks, container) {
            self.say(Kind::Disconnected, name, what);
        }
        if let Some(what) = connected(&form.networks, container) {
            self.say(Kind::Connected, name, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bytes, Cpus};

    #[test]
    fn limits_are_compared_as_the_engine_has_them() {
        let limits = |memory, cpus| Resources { memory, cpus, pids: Some(-1), ..Resources::default() };
        let created = limits(Some(Bytes::mib(512)), Some(Cpus(1_500_000_000)));
        let now = Resources { pids: None, ..limits(Some(Bytes::mib(64)), Some(Cpus(500_000_000))) };
        assert_eq!(
            edited_limits(&created, &now).unwrap(),
            "its memory limit was changed by hand from 512 MiB to 64 MiB, \
             and its processor limit was changed by hand from 1.5 CPUs to 0.5 CPUs"
        );
        assert_eq!(edited_limits(&created, &Resources { pids: None, ..created }), None);
        // A kernel that cannot limit memory: the engine takes the limit away.
        assert_eq!(edited_limits(&created, &Resources::default()), None);
        let limited = edited_limits(&Resources::default(), &limits(Some(Bytes::mib(64)), None));
        assert_eq!(limited.unwrap(), "its memory limit was changed by hand from none to 64 MiB");
    }

    #[test]
    fn restart_policies_are_compared_by_what_they_do() {
        assert_eq!(edited_restart(RestartPolicy::OnFailure(Some(0)), RestartPolicy::OnFailure(None)), None);
        assert_eq!(
            edited_restart(RestartPolicy::OnFailure(Some(3)), RestartPolicy::No).unwrap(),
            "its restart policy was changed by hand from on-failure:3 to no"
        );
    }
}
