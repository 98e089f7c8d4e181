//! What is to be created, in full: the engine gets exactly this, and the config hash is taken over it.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use ipnet::Ipv4Net;
use serde::Serialize;

use super::{Healthcheck, Labels, Logging, Mount, Port, Resources, RestartPolicy, Tmpfs, Ulimit};

/// A container's attachment to one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndpointSpec {
    /// Names by which the others find it.
    pub aliases: Vec<String>,
    /// Fixed address.
    pub address: Option<Ipv4Addr>,
}

/// A container to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerSpec {
    /// Name.
    pub name: String,
    /// Image, by reference or identifier.
    pub image: String,
    /// Labels.
    pub labels: Labels,
    /// Replaces the image's entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// Environment; `None` unsets.
    pub environment: BTreeMap<String, Option<String>>,
    /// User.
    pub user: Option<String>,
    /// Working directory.
    pub working_dir: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// Init process.
    pub init: Option<bool>,
    /// Read-only root file system.
    pub read_only: bool,
    /// File systems in memory.
    pub tmpfs: Vec<Tmpfs>,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// Security options.
    pub security_opt: Vec<String>,
    /// Kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// Process limits.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Size of /dev/shm in bytes.
    pub shm_size: Option<super::Bytes>,
    /// Entries for /etc/hosts.
    pub extra_hosts: Vec<String>,
    /// Restart policy.
    pub restart: RestartPolicy,
    /// Stop signal.
    pub stop_signal: Option<String>,
    /// Time to stop, kept with the container so that an engine's own stop honours it.
    pub stop_grace_period: Duration,
    /// Health check; the image's when `None`.
    pub healthcheck: Option<Healthcheck>,
    /// Networks by name at the engine. Empty means no network at all (`none`).
    pub networks: BTreeMap<String, EndpointSpec>,
    /// Published ports.
    pub ports: Vec<Port>,
    /// Documented ports.
    pub expose: Vec<String>,
    /// Mounts. Volumes must exist; a bind's source must exist.
    pub mounts: Vec<Mount>,
    /// Targets in `mounts` into which the image's content is not copied when the volume is empty.
    pub no_copy: Vec<String>,
    /// Limits.
    pub resources: Resources,
    /// Logging.
    pub logging: Option<Logging>,
}

impl ContainerSpec {
    /// A container that is never started: it only gives its volumes to the archive calls.
    pub fn holder(name: String, image: String, labels: Labels, mounts: Vec<Mount>) -> Self {
        Self {
            name,
            image,
            labels,
            // The engine refuses to create a container without a command, and never looks for this one.
            command: Some(vec!["/never-started".into()]),
            mounts,
            entrypoint: None,
            environment: BTreeMap::new(),
            user: None,
            working_dir: None,
            hostname: None,
            init: None,
            read_only: false,
            tmpfs: Vec::new(),
            cap_add: Vec::new(),
            cap_drop: Vec::new(),
            security_opt: Vec::new(),
            sysctls: BTreeMap::new(),
            ulimits: BTreeMap::new(),
            shm_size: None,
            extra_hosts: Vec::new(),
            restart: RestartPolicy::No,
            stop_signal: None,
            stop_grace_period: Duration::from_secs(10),
            healthcheck: None,
            networks: BTreeMap::new(),
            ports: Vec::new(),
            expose: Vec::new(),
            no_copy: Vec::new(),
            resources: Resources::default(),
            logging: None,
        }
    }
}

/// A network to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkSpec {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Driver; `bridge` when `None`.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// No way out.
    pub internal: bool,
    /// Subnet; the engine's choice when `None`.
    pub subnet: Option<Ipv4Net>,
    /// The part of the subnet for addresses that the engine hands out.
    pub ip_range: Option<Ipv4Net>,
}

/// A volume to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VolumeSpec {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Driver; `local` when `None`.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
}
