//! How replicas that serve are replaced: one strategy a file, behind one trait.
//!
//! A strategy answers small questions and builds no steps: which come first, how many at once, how long a new one is
//! watched, and whether it gets a share of the traffic for trial. Refuses to know what is there.

mod canary;
mod recreate;
mod returning;
mod rolling;

use std::time::Duration;

use crate::model::{MountSource, Service, Thresholds, UpdateOrder};

pub(super) use {canary::Canary, recreate::Recreate, returning::Returning, rolling::Rolling};

/// How the operator wants replicas to be replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Way {
    /// Batch by batch, as the file's `update_config` says.
    #[default]
    Rolling,
    /// As rolling, but the first new replica of each routed service is tried with a share of the traffic.
    Canary(Trial),
    /// All at once: everything old stops, then everything new starts.
    Recreate,
    /// Back to what served before: nothing is watched that has served already, and no time is lost.
    Returning,
}

/// A trial of a new replica with real traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its share of the requests, in percent.
    pub percent: u8,
    /// How long it is tried.
    pub bake: Duration,
    /// What it must not exceed.
    pub thresholds: Thresholds,
}

/// Which comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// The new one is healthy, and has the traffic, before the old one goes.
    StartFirst,
    /// The old one goes first; why.
    StopFirst(String),
}

/// What is asked of a strategy.
pub(super) trait Strategy {
    /// Which comes first for this service.
    fn order(&self, service: &Service) -> Order {
        match prevented(service) {
            Some(why) => Order::StopFirst(why),
            None => Order::StartFirst,
        }
    }

    /// How many of the service's replicas are replaced side by side, at least one.
    fn batch(&self, service: &Service) -> usize {
        usize::try_from(service.update.batch(service.replicas)).unwrap_or(usize::MAX).max(1)
    }

    /// The pause between two batches.
    fn delay(&self, service: &Service) -> Duration {
        service.update.delay.unwrap_or_default()
    }

    /// How long a new replica must stay up after it is healthy, before it gets traffic and its predecessor goes.
    fn window(&self, service: &Service) -> Duration {
        service.update.window()
    }

    /// The trial that the first new replica of a routed service has to pass.
    fn trial(&self) -> Option<&Trial> {
        None
    }
}

impl Way {
    /// The strategy that answers for it.
    pub(super) fn strategy(&self) -> Box<dyn Strategy + '_> {
        match self {
            Self::Rolling => Box::new(Rolling),
            Self::Canary(trial) => Box::new(Canary(trial)),
            Self::Recreate => Box::new(Recreate),
            Self::Returning => Box::new(Returning),
        }
    }
}

/// Why two generations of a service cannot run side by side; `None` when they can.
///
/// A single replica that writes to a volume is taken for its only writer (two PostgreSQL servers on one data directory
/// destroy it) unless the file says `start-first`; replicas that share a volume already show that they can.
fn prevented(service: &Service) -> Option<String> {
    if service.update.order == Some(UpdateOrder::StopFirst) {
        return Some("its update_config says stop-first".into());
    }
    if let Some(name) = &service.container_name {
        return Some(format!("its container_name {name} can be had once only"));
    }
    if let Some(port) = service.ports.iter().find_map(|p| p.published) {
        return Some(format!("port {port} can be published once only"));
    }
    if service.replicas > 1 || service.update.order == Some(UpdateOrder::StartFirst) {
        return None;
    }
    let written = service.mounts.iter().filter(|m| !m.read_only).find_map(|m| match &m.source {
        MountSource::Volume(name) => Some(name.to_string()),
        MountSource::Bind(path) => Some(path.clone()),
        MountSource::Anonymous => None,
    });
    written.map(|volume| format!("it alone writes to {volume}"))
}
