//! How the stack is doing, in one document: what `status` prints and `status --json` promises.
//!
//! Layer 1, pure. Works from the engine's labels alone, so that it answers where the Compose files are not at hand.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::drift::{self, Drift};
use crate::model::{ContainerState, Health, Kept, Maintenance, ObservedContainer, ProjectName, ServiceName, is_put_aside, label};

/// The document's version.
pub const SCHEMA: u32 = 1;

/// What a service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// Every replica runs and is healthy.
    Running,
    /// Every replica runs, and some are not known to be healthy yet.
    Starting,
    /// Some replicas run and are healthy, some do not.
    Degraded,
    /// Replicas run and none is healthy.
    Unhealthy,
    /// None runs.
    Stopped,
    /// There are no containers of it any more.
    Missing,
    /// A job that has succeeded.
    Completed,
    /// A job that has failed, or has not run.
    Failed,
}

/// How many replicas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Replicas {
    /// Wanted at the last deploy.
    pub desired: u32,
    /// Running.
    pub running: u32,
    /// Running and healthy (or without a health check).
    pub healthy: u32,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceStatus {
    /// Name.
    pub name: ServiceName,
    /// What it is doing.
    pub state: ServiceState,
    /// All is as it should be.
    pub healthy: bool,
    /// Replicas; a job has none.
    pub replicas: Replicas,
    /// Image reference, of the first replica.
    pub image: String,
    /// The application's version that it was deployed with; the lowest where replicas differ.
    pub version: Option<String>,
    /// Seconds since the youngest replica was started; `null` when none runs.
    pub uptime_s: Option<i64>,
}

/// The project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Version of this document.
    pub schema: u32,
    /// Project.
    pub project: ProjectName,
    /// The application's version that runs; `null` when none does or replicas differ. Services that the newest release
    /// left as they were carry the version that they were deployed with.
    pub version: Option<String>,
    /// Every service is as it should be, and there is at least one.
    pub healthy: bool,
    /// Visitors are told to come back later; `null` when the site is open.
    pub maintenance: Option<Maintenance>,
    /// Services, by name.
    pub services: Vec<ServiceStatus>,
    /// What is not as the release left it, by container.
    pub drift: Vec<Drift>,
}

/// The status of a project.
pub fn of(project: &ProjectName, containers: &[ObservedContainer], kept: &Kept, now: DateTime<Utc>) -> Status {
    let mut groups: BTreeMap<ServiceName, Vec<&ObservedContainer>> = BTreeMap::new();
    for container in containers {
        let counted = match container.role() {
            None => true,
            // What is kept for inspection or for a way back, or waits to take a place, is no replica.
            Some("job") => container.state.is_running() || !has_suffix(&container.name),
            Some("service") => container.state.is_running() || !has_suffix(&container.name),
            Some(_) => false,
        };
        if let (true, Some(service)) = (counted, container.service()) {
            groups.entry(service).or_default().push(container);
        }
    }
    let differ = |containers: &Vec<&ObservedContainer>| containers.iter().any(|c| c.version() != containers[0].version());
    let mixed = groups.values().any(differ);
    let gone = kept.services.iter().filter(|(name, _)| !groups.contains_key(*name));
    let mut services: Vec<_> = gone.map(|(name, desired)| missing(name.clone(), *desired)).collect();
    services.extend(groups.into_iter().map(|(name, containers)| service(name, &containers, kept, now)));
    services.sort_by(|a, b| a.name.cmp(&b.name));
    let versions: BTreeSet<_> = services
        .iter()
        .filter(|s| s.state != ServiceState::Completed && s.state != ServiceState::Failed)
        .filter_map(|s| s.version.clone())
        .collect();
    let version = match versions.len() {
        0 | 1 => versions.into_iter().next(),
        _ => kept.version.clone().filter(|version| versions.contains(version) && !mixed),
    };
    Status {
        schema: SCHEMA,
        project: project.clone(),
        version,
        maintenance: kept.maintenance.clone(),
        healthy: !services.is_empty() && services.iter().all(|s| s.healthy),
        services,
        drift: drift::of(project, containers, kept),
    }
}

fn has_suffix(name: &str) -> bool {
    is_put_aside(name) || name.contains("-next")
}

/// A service of the newest release that has no container at all.
fn missing(name: ServiceName, desired: u32) -> ServiceStatus {
    ServiceStatus {
        name,
        state: ServiceState::Missing,
        healthy: false,
        replicas: Replicas { desired, ..Replicas::default() },
        image: String::new(),
        version: None,
        uptime_s: None,
    }
}

fn service(name: ServiceName, containers: &[&ObservedContainer], kept: &Kept, now: DateTime<Utc>) -> ServiceStatus {
    let first = containers.iter().min_by_key(|c| c.number());
    let image = first.map(|c| c.image.clone()).unwrap_or_default();
    let version = containers.iter().filter_map(|c| c.version()).min().map(str::to_owned);
    if containers.iter().all(|c| c.role() == Some("job")) {
        let done = containers.iter().all(|c| matches!(c.state, ContainerState::Exited { exit_code: 0, .. }));
        let runs = containers.iter().any(|c| c.state.is_running());
        let state = match (done, runs) {
            (true, _) => ServiceState::Completed,
            (false, true) => ServiceState::Starting,
            (false, false) => ServiceState::Failed,
        };
        return ServiceStatus { name, state, healthy: done, replicas: Replicas::default(), image, version, uptime_s: None };
    }
    let running: Vec<_> = containers.iter().filter(|c| c.state.is_running()).collect();
    let health: Vec<_> = running.iter().map(|c| kept.health_of(c)).collect();
    let count = |wanted: fn(&Health) -> bool| u32::try_from(health.iter().filter(|h| wanted(h)).count()).unwrap_or(u32::MAX);
    // Containers that another tool made say nothing of how many there should be.
    let counted = containers
        .iter()
        .filter_map(|c| Some((c.started_at, c.labels.get(label::REPLICAS)?.parse::<u32>().ok()?)))
        .max()
        .map_or(u32::try_from(containers.len()).unwrap_or(u32::MAX), |(_, replicas)| replicas);
    // The newest release knows better: what stays when a service is scaled keeps its labels.
    let desired = kept.services.get(&name).copied().unwrap_or(counted);
    let replicas = Replicas {
        desired,
        running: u32::try_from(running.len()).unwrap_or(u32::MAX),
        healthy: count(|h| matches!(h, Health::Healthy | Health::NoCheck)),
    };
    let starting = count(|h| *h == Health::Starting);
    let crashing = containers.iter().any(|c| matches!(c.state, ContainerState::Restarting { .. }));
    let state = match replicas {
        Replicas { healthy: 0, .. } if crashing => ServiceState::Unhealthy,
        Replicas { running: 0, .. } => ServiceState::Stopped,
        Replicas { healthy, running, desired } if healthy == running && running >= desired => ServiceState::Running,
        Replicas { healthy, running, .. } if healthy + starting == running && running >= desired => ServiceState::Starting,
        Replicas { healthy: 0, .. } if starting == 0 => ServiceState::Unhealthy,
        _ => ServiceState::Degraded,
    };
    ServiceStatus {
        name,
        state,
        healthy: state == ServiceState::Running,
        replicas,
        image,
        version,
        uptime_s: running.iter().filter_map(|c| c.started_at).max().map(|start| (now - start).num_seconds().max(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_any_container_is_missing() {
        let kept = Kept { services: [("web".parse().unwrap(), 2)].into(), ..Kept::default() };
        let status = of(&"shop".parse().unwrap(), &[], &kept, DateTime::UNIX_EPOCH);
        assert!(!status.healthy);
        assert_eq!(status.services[0].state, ServiceState::Missing);
        assert_eq!(status.services[0].replicas, Replicas { desired: 2, running: 0, healthy: 0 });
    }

    #[test]
    fn a_project_that_is_not_deployed_is_not_healthy() {
        let status = of(&"shop".parse().unwrap(), &[], &Kept::default(), DateTime::UNIX_EPOCH);
        assert!(!status.healthy && status.services.is_empty());
    }
}
