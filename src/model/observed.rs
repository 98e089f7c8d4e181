//! The stack that is there: what the engine answered, reduced to what decisions need.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chrono::{DateTime, Utc};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Fingerprint, Health, Healthcheck, ImageId, Labels, Maintenance, ProjectName, Protocol, Resources, RestartPolicy, SecretName,
    ServiceName, label, made_for,
};

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// Release of the engine (`20.10.24`).
    pub version: String,
    /// Highest API version that both sides speak, `(major, minor)`.
    pub api: (usize, usize),
    /// Host name of the engine's machine.
    pub host: String,
    /// Processors.
    pub cpus: u64,
    /// Memory of the machine, in bytes.
    pub memory: u64,
    /// Where the engine keeps its data, a path on its machine.
    pub root_dir: String,
    /// Storage driver.
    pub storage_driver: String,
    /// Architecture (`x86_64`).
    pub architecture: String,
    /// The engine's clock when it answered.
    pub clock: Option<DateTime<Utc>>,
    /// Registries that it speaks to without proper TLS: hosts, and networks as `10.0.0.0/8`.
    #[serde(default)]
    pub insecure_registries: Vec<String>,
}

/// What a container is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Created, never started.
    Created,
    /// Running (a paused container counts as running; `paused` says so).
    Running {
        /// Frozen by `pause`.
        paused: bool,
    },
    /// Ended; the engine is about to start it again.
    Restarting {
        /// Exit code of the last run.
        exit_code: i64,
    },
    /// Ended.
    Exited {
        /// Exit code.
        exit_code: i64,
        /// Killed by the kernel for its use of memory.
        oom_killed: bool,
    },
    /// Half removed, or in another state in which it cannot be used.
    Dead,
}

impl ContainerState {
    /// Whether processes run in it.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }
}

/// A port of the host that leads into a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Address of the host, `None` for all.
    pub host_ip: Option<IpAddr>,
    /// Port of the host.
    pub published: u16,
    /// Port in the container.
    pub target: u16,
    /// Transport.
    pub protocol: Protocol,
}

/// A container of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedContainer {
    /// The engine's identifier, 64 hexadecimal digits.
    pub id: String,
    /// Name without the leading slash.
    pub name: String,
    /// The content that it runs.
    pub image_id: ImageId,
    /// The reference that it was created from.
    pub image: String,
    /// Labels.
    pub labels: Labels,
    /// What it is doing.
    pub state: ContainerState,
    /// Health as the engine knows it, answers from before the last start left out.
    pub health: Health,
    /// The health check in force: its own, else the image's; `None` when there is none or it is disabled.
    pub healthcheck: Option<Healthcheck>,
    /// How long it may take to stop before it is killed, as it was created; the engine's default when `None`.
    pub stop_timeout: Option<Duration>,
    /// When it was created, by the engine's clock.
    pub created_at: Option<DateTime<Utc>>,
    /// Last start, `None` when it was never started.
    pub started_at: Option<DateTime<Utc>>,
    /// When the engine starts it again by itself, as it is set now.
    pub restart: RestartPolicy,
    /// Limits and reservations, as they are set now.
    pub resources: Resources,
    /// How often the engine has started it again by itself.
    pub restart_count: u64,
    /// Networks it is attached to (name at the engine), with the address there when it has one.
    pub networks: BTreeMap<String, Option<Ipv4Addr>>,
    /// Addresses that it was created with, by network name.
    pub fixed_addresses: BTreeMap<String, Ipv4Addr>,
    /// Ports of the host that lead into it.
    pub ports: Vec<PublishedPort>,
    /// Volumes that it mounts, by name.
    pub volumes: BTreeSet<String>,
}

impl ObservedContainer {
    fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// The service it belongs to.
    pub fn service(&self) -> Option<ServiceName> {
        self.label(label::COMPOSE_SERVICE)?.parse().ok()
    }

    /// The replica's number, from 1.
    pub fn number(&self) -> Option<u32> {
        self.label(label::COMPOSE_NUMBER)?.parse().ok()
    }

    /// Whether the tool made it for this project.
    pub fn is_of(&self, project: &ProjectName) -> bool {
        made_for(project, &self.labels)
    }

    /// What it is for (`io.medianest.role`).
    pub fn role(&self) -> Option<&str> {
        self.label(label::ROLE)
    }

    /// The hash of what it was created from.
    pub fn config_hash(&self) -> Option<&str> {
        self.label(label::CONFIG_HASH)
    }

    /// The path of its upstream file, when it was made as an ingress.
    pub fn upstreams(&self) -> Option<&str> {
        self.label(label::UPSTREAMS)
    }

    /// The application's version when it was created.
    pub fn version(&self) -> Option<&str> {
        self.label(label::VERSION)
    }
}

/// A network at the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedNetwork {
    /// The engine's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Its IPv4 subnets.
    pub subnets: Vec<Ipv4Net>,
    /// The part of the subnet from which the engine hands out addresses.
    pub ip_range: Option<Ipv4Net>,
    /// The gateway's address.
    pub gateway: Option<Ipv4Addr>,
    /// No way out.
    pub internal: bool,
}

/// A volume at the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedVolume {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Where its files are, a path on the engine's machine; `None` where the engine does not say.
    #[serde(default)]
    pub mountpoint: Option<String>,
}

/// An image that the engine has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedImage {
    /// Identity of the content.
    pub id: ImageId,
    /// `name@sha256:…` under which registries know it.
    pub repo_digests: Vec<String>,
    /// When it was built, as its builder says.
    pub created: Option<DateTime<Utc>>,
    /// The user that it runs as, empty for root.
    pub user: String,
    /// Labels.
    pub labels: Labels,
}

/// That a gate has seen a container healthy: counts until the engine's own check has spoken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GateEvidence {
    /// The container.
    pub container_id: String,
    /// Its start; another start makes the evidence void.
    pub started_at: DateTime<Utc>,
}

/// Everything of one project at one moment, with what else of the engine bears on decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The engine.
    pub engine: EngineInfo,
    /// The project's containers (by Compose's project label), sorted by name; running or not.
    pub containers: Vec<ObservedContainer>,
    /// All networks of the engine, by name: subnets must not collide with any of them.
    pub networks: BTreeMap<String, ObservedNetwork>,
    /// Subnets that the engine's host reaches otherwise, as far as they are known.
    pub host_routes: Vec<Ipv4Net>,
    /// Volumes of the project and those that the stack names, by name.
    pub volumes: BTreeMap<String, ObservedVolume>,
    /// The images that the stack names, by reference; absent when the engine does not have them.
    pub images: BTreeMap<String, ObservedImage>,
    /// What the tool keeps with the engine for this project.
    pub kept: Kept,
}

/// What the tool keeps with the engine between two runs, as far as decisions need it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The volume and its access are there.
    pub ready: bool,
    /// What gates have seen.
    pub evidence: Vec<GateEvidence>,
    /// The upstreams that were last put before the ingress.
    pub upstreams: Option<String>,
    /// The site is closed to visitors.
    #[serde(default)]
    pub maintenance: Option<Maintenance>,
    /// The version of each secret that the running stack uses.
    pub secrets: BTreeMap<SecretName, Fingerprint>,
    /// The services of the newest release with their replicas, jobs left out.
    pub services: BTreeMap<ServiceName, u32>,
    /// Number of the newest release.
    pub release: Option<u64>,
    /// The highest number that a release or an attempt at one was given; 0 before the first.
    #[serde(default)]
    pub last: u64,
    /// The forms (config hash, a space, image identity) of the migration jobs that have succeeded on this database.
    #[serde(default)]
    pub migrated: BTreeSet<String>,
    /// The one of these that came last.
    pub last_migration: Option<String>,
    /// The application's version of the newest release.
    pub version: Option<String>,
    /// Hash of everything that the newest release brought about.
    pub deployed: Option<String>,
}

impl Kept {
    /// Health of a container with the gates' evidence counted in, until the engine's own check has spoken.
    pub fn health_of(&self, container: &ObservedContainer) -> Health {
        let vouched = |e: &GateEvidence| e.container_id == container.id && Some(e.started_at) == container.started_at;
        match container.health {
            // Frozen processes answer nobody.
            _ if matches!(container.state, ContainerState::Running { paused: true }) => Health::Unhealthy,
            Health::Starting if self.evidence.iter().any(vouched) => Health::Healthy,
            other => other,
        }
    }
}
