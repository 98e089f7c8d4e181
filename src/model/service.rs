//! A service: what its containers run, may do, see and wait for.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Bytes, Cpus, DatabaseBackup, FileEntry, Healthcheck, ImageRef, Ingress, Migration, ServiceName, Smoke, UpdateConfig,
    VolumeName,
};

/// What a dependent service waits for (Compose specification, `depends_on`, long syntax).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyCondition {
    /// The dependency's containers run.
    Started,
    /// The dependency's containers are healthy.
    Healthy,
    /// The dependency's containers have ended with exit code 0.
    CompletedSuccessfully,
}

/// One edge of the start-up order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// What is waited for.
    pub condition: DependencyCondition,
    /// The dependent is restarted when the tool restarts the dependency.
    pub restart: bool,
    /// `false`: only a warning when the dependency is not in the stack.
    pub required: bool,
}

/// When the engine starts a container again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartPolicy {
    /// Never (Compose's default).
    No,
    /// Whatever the exit code, also after a restart of the engine.
    Always,
    /// After a failure, at most so many times when given.
    OnFailure(Option<u32>),
    /// As `Always`, unless it was stopped by hand.
    UnlessStopped,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// When the engine does not have it (the default).
    Missing,
    /// At each deploy.
    Always,
    /// Never.
    Never,
}

/// Transport protocol of a published port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// `tcp` or `udp`, as the engine writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A port of the container that the host forwards to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// Address of the host to listen on; all of them when not given.
    pub host_ip: Option<IpAddr>,
    /// Port of the host; the engine picks a free one when not given.
    pub published: Option<u16>,
    /// Port in the container.
    pub target: u16,
    /// Transport.
    pub protocol: Protocol,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSource {
    /// A volume of the engine, by its name there.
    Volume(VolumeName),
    /// A volume without a name, the container's own.
    Anonymous,
    /// A path of the engine's host, which must exist.
    Bind(String),
}

/// A mount in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// What is mounted.
    pub source: MountSource,
    /// Absolute path in the container.
    pub target: String,
    /// Writing is refused.
    pub read_only: bool,
}

/// A file system in memory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tmpfs {
    /// Absolute path in the container.
    pub target: String,
    /// Mount options as the engine takes them (`size=64m,mode=1777,uid=70`), empty for its defaults.
    pub options: String,
}

/// How a service is attached to one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Further names by which the others find it; the service's own name is always one.
    pub aliases: Vec<String>,
}

/// A limit of the kernel for each process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// Limit that a process may raise itself up to `hard`.
    pub soft: i64,
    /// Highest value.
    pub hard: i64,
}

/// Limits and reservations of one container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Resources {
    /// Most memory it may use.
    pub memory: Option<Bytes>,
    /// Memory that it should find even when the host is short of it.
    pub memory_reservation: Option<Bytes>,
    /// Most processor time it may use.
    pub cpus: Option<Cpus>,
    /// Most processes and threads it may have.
    pub pids: Option<i64>,
}

/// Where its output goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The engine's logging driver.
    pub driver: Option<String>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
}

/// A service of the stack, resolved: every default of Compose applied, nothing left to interpolate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its key.
    pub name: ServiceName,
    /// Its image.
    pub image: ImageRef,
    /// When the image is pulled.
    pub pull_policy: PullPolicy,
    /// Containers to run; 1 for a job.
    pub replicas: u32,
    /// How they are replaced.
    pub update: UpdateConfig,
    /// Replaces the image's entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// Environment; `None` as a value unsets a variable of the image.
    pub environment: BTreeMap<String, Option<String>>,
    /// User (and group) that it runs as, names or numbers.
    pub user: Option<String>,
    /// Working directory.
    pub working_dir: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// Fixed container name (then there can be one replica only).
    pub container_name: Option<String>,
    /// An init process forwards signals and reaps.
    pub init: Option<bool>,
    /// The root file system cannot be written.
    pub read_only: bool,
    /// File systems in memory.
    pub tmpfs: Vec<Tmpfs>,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// Security options.
    pub security_opt: Vec<String>,
    /// Kernel parameters of its namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Limits for each process.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Size of /dev/shm.
    pub shm_size: Option<Bytes>,
    /// Entries for /etc/hosts, `name:address`.
    pub extra_hosts: Vec<String>,
    /// When the engine starts it again.
    pub restart: RestartPolicy,
    /// Signal that asks it to stop; the image's when not given.
    pub stop_signal: Option<String>,
    /// How long it may take to stop before it is killed (Compose's default: 10 s).
    pub stop_grace_period: Duration,
    /// How its health is asked for; the image's own when not given.
    pub healthcheck: Option<Healthcheck>,
    /// What it waits for.
    pub depends_on: BTreeMap<ServiceName, Dependency>,
    /// Networks by their key in `Stack::networks`.
    pub networks: BTreeMap<String, Attachment>,
    /// Published ports.
    pub ports: Vec<Port>,
    /// Ports that are only documented (`expose`), `80/tcp`.
    pub expose: Vec<String>,
    /// Mounts.
    pub mounts: Vec<Mount>,
    /// Secrets and configs that it is granted.
    pub files: Vec<FileEntry>,
    /// Limits and reservations.
    pub resources: Resources,
    /// Where its output goes.
    pub logging: Option<Logging>,
    /// The user's own labels.
    pub labels: BTreeMap<String, String>,
    /// It takes in the traffic.
    pub ingress: Option<Ingress>,
    /// It migrates the database.
    pub migration: Option<Migration>,
    /// What a new replica is asked before the ingress sends requests to it.
    pub smoke: Vec<Smoke>,
    /// How its data is backed up.
    #[serde(default)]
    pub backup: DatabaseBackup,
}

impl Service {
    /// Whether its containers are meant to end: somebody waits for their completion, or it is the migration.
    ///
    /// Being a job is a property of the whole stack (a dependent says so), so the loader passes what it knows.
    pub fn is_job(&self, stack: &super::Stack) -> bool {
        self.migration.is_some()
            || stack.services.values().any(|other| {
                other.depends_on.get(&self.name).is_some_and(|d| d.condition == DependencyCondition::CompletedSuccessfully)
            })
    }
}
