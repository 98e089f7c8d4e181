//! Everything that the fake engine holds, and how it moves on with the clock.
//!
//! Nothing runs in the background: before each look, `advance` lets everything happen that is due by now. So the same
//! calls at the same times give the same answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::container::{Container, Image, Life, line};
use super::fault::Faults;
use super::files::{Node, Tree, below, clean, join};
use super::image::{Behaviour, FakeImage};
use super::network::Network;
use crate::engine::{EngineError, ErrorKind, LogSource};
use crate::model::{EngineInfo, Labels, MountSource, ObservedContainer, PublishedPort};

/// A volume.
#[derive(Debug, Default)]
pub(super) struct Volume {
    pub(super) labels: Labels,
    pub(super) tree: Tree,
    /// Where its files are on this machine, when a test says so.
    pub(super) mountpoint: Option<String>,
}

#[derive(Debug)]
pub(super) struct World {
    began: Instant,
    serial: u64,
    pub(super) info: EngineInfo,
    /// By `repository:tag` and by `repository@digest`.
    pub(super) images: BTreeMap<String, Arc<Image>>,
    pub(super) registry: BTreeMap<String, FakeImage>,
    pub(super) registry_hangs: bool,
    pub(super) networks: BTreeMap<String, Network>,
    pub(super) volumes: BTreeMap<String, Volume>,
    pub(super) host_paths: BTreeMap<String, Tree>,
    /// Ports that other programs of the host listen on.
    pub(super) busy_ports: BTreeSet<u16>,
    /// By order of creation.
    pub(super) containers: BTreeMap<u64, Container>,
    pub(super) scripts: BTreeMap<String, Behaviour>,
    pub(super) faults: Faults,
}

/// What a container holds while it runs.
#[derive(Debug, Default)]
struct Taken {
    addresses: BTreeMap<String, Ipv4Addr>,
    ports: Vec<PublishedPort>,
}

/// Where a path of a container leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Store {
    Root,
    Volume(String),
    Host(String),
    /// What is put there is gone, as with an engine's archive call onto a tmpfs.
    Memory,
}

impl World {
    pub(super) fn new() -> Self {
        let info = EngineInfo {
            version: "20.10.24".into(),
            api: (1, 41),
            host: "fake".into(),
            cpus: 2,
            memory: 8 << 30,
            root_dir: "/var/lib/docker".into(),
            storage_driver: "overlay2".into(),
            architecture: "x86_64".into(),
            clock: None,
            insecure_registries: Vec::new(),
        };
        let mut world = Self {
            began: Instant::now(),
            serial: 0,
            info,
            images: BTreeMap::new(),
            registry: BTreeMap::new(),
            registry_hangs: false,
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            host_paths: BTreeMap::new(),
            busy_ports: BTreeSet::new(),
            containers: BTreeMap::new(),
            scripts: BTreeMap::new(),
            faults: Faults::default(),
        };
        for name in ["bridge", "host", "none"] {
            let id = world.new_id("network");
            let subnet = (name == "bridge").then(|| ipnet::Ipv4Net::new(Ipv4Addr::new(172, 17, 0, 0), 16).ok()).flatten();
            let labels = Labels::new();
            world
                .networks
                .insert(name.into(), Network { id, labels, subnet, ip_range: None, internal: false, fixed_possible: false });
        }
        world
    }

    /// An identifier as engines make them, but always the same ones in the same order.
    pub(super) fn new_id(&mut self, kind: &str) -> String {
        self.serial += 1;
        hash(&format!("{kind} {}", self.serial))
    }

    /// The engine's clock: begins at a fixed date and follows tokio's.
    pub(super) fn clock(&self, at: Instant) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(at.saturating_duration_since(self.began)).unwrap_or(TimeDelta::MAX);
        // 2026-01-01T00:00:00Z
        DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default() + passed
    }

    pub(super) fn find(&self, name: &str) -> Option<u64> {
        let matches = |c: &Container| c.spec.name == name || (name.len() >= 12 && c.id.starts_with(name));
        self.containers.iter().find(|(_, c)| matches(c)).map(|(key, _)| *key)
    }

    pub(super) fn container(&mut self, action: &str, name: &str) -> Result<(u64, &mut Container), EngineError> {
        let missing = || EngineError::new(ErrorKind::NotFound, action, format!("No such container: {name}"));
        let key = self.find(name).ok_or_else(missing)?;
        self.containers.get_mut(&key).map(|c| (key, c)).ok_or_else(missing)
    }

    /// Lets everything happen that is due.
    pub(super) fn advance(&mut self, now: Instant) {
        let keys: Vec<u64> = self.containers.keys().copied().collect();
        for key in keys {
            while self.step(key, now) {}
            if let Some(c) = self.containers.get_mut(&key) {
                c.check_health(now);
            }
        }
    }

    /// One change of one container that is due; `false` when there is none.
    fn step(&mut self, key: u64, now: Instant) -> bool {
        let Some(c) = self.containers.get_mut(&key) else { return false };
        if let Life::Restarting { until, code } = c.life
            && until <= now
        {
            if self.begin(key, until).is_err()
                && let Some(c) = self.containers.get_mut(&key)
            {
                c.finish(code, false);
            }
            return true;
        }
        let Some((at, end)) = c.end().filter(|(at, _)| *at <= now) else { return false };
        c.check_health(at);
        let (log, code) = (end.log, end.code);
        self.end(key, at, code, end.oom, &log);
        true
    }

    /// A run ends by itself; the restart policy decides what follows.
    fn end(&mut self, key: u64, at: Instant, code: i64, oom: bool, log: &[String]) {
        let clock = self.clock(at);
        let Some(c) = self.containers.get_mut(&key) else { return };
        // A start is later than the clock by a trifle; an end is not before its start.
        let clock = c.started_at.map_or(clock, |started| clock.max(started));
        let ran = if let Life::Running { since, .. } = c.life { at - since } else { Duration::ZERO };
        c.log.extend(log.iter().map(|text| line(clock, LogSource::Stderr, text)));
        c.finish(code, oom);
        if c.restarts(code) {
            let pause = c.pause(ran);
            c.restart_count += 1;
            c.life = Life::Restarting { until: at + pause, code };
        }
    }

    /// Starts a container: addresses, ports, then its process.
    pub(super) fn begin(&mut self, key: u64, now: Instant) -> Result<(), (ErrorKind, String)> {
        let outcome = self.resources(key);
        // No two starts at the same time, so that a start can be told from the one before.
        self.serial += 1;
        let at = self.clock(now) + TimeDelta::nanoseconds(i64::try_from(self.serial % 1_000_000).unwrap_or_default());
        let Some(c) = self.containers.get_mut(&key) else { return Ok(()) };
        match outcome {
            Ok(taken) => {
                (c.addresses, c.ports) = (taken.addresses, taken.ports);
                c.pid = 1000 * u32::try_from(self.serial).unwrap_or(1);
                c.begin(now, at);
                Ok(())
            }
            Err(error) => {
                c.last_code = 128;
                Err(error)
            }
        }
    }

    fn resources(&self, key: u64) -> Result<Taken, (ErrorKind, String)> {
        let Some(c) = self.containers.get(&key) else { return Ok(Taken::default()) };
        let mut addresses = BTreeMap::new();
        for (name, endpoint) in &c.spec.networks {
            let network = self.networks.get(name).ok_or_else(|| (ErrorKind::NotFound, format!("network {name} not found")))?;
            let held: BTreeSet<Ipv4Addr> = self.containers.values().filter_map(|c| c.addresses.get(name).copied()).collect();
            if let Some(address) = network.address(endpoint, &held)? {
                addresses.insert(name.clone(), address);
            }
        }
        let mut ports: Vec<PublishedPort> = Vec::new();
        for port in &c.spec.ports {
            let held = |candidate: &PublishedPort| {
                let others = self.containers.values().flat_map(|c| &c.ports).chain(&ports);
                self.busy_ports.contains(&candidate.published) || others.into_iter().any(|other| collide(candidate, other))
            };
            let with =
                |published| PublishedPort { host_ip: port.host_ip, published, target: port.target, protocol: port.protocol };
            let chosen = match port.published {
                Some(published) => Some(with(published)).filter(|p| !held(p)),
                None => (49153..=u16::MAX).map(with).find(|p| !held(p)),
            };
            let why = || format!("Bind for 0.0.0.0:{} failed: port is already allocated", port.published.unwrap_or_default());
            let chosen = chosen.ok_or_else(|| (ErrorKind::AddressInUse, why()))?;
            ports.push(chosen);
        }
        if c.spec.command.as_deref() == Some(&["/never-started".to_owned()]) && c.spec.entrypoint.is_none() {
            return Err((ErrorKind::Other, "exec: \"/never-started\": stat /never-started: no such file or directory".into()));
        }
        Ok(Taken { addresses, ports })
    }

    /// Mounts of a container: cleaned target, where it leads, read-only.
    pub(super) fn mounts(&self, key: u64) -> Vec<(String, Store, bool)> {
        let Some(c) = self.containers.get(&key) else { return Vec::new() };
        let mounts = c.spec.mounts.iter().map(|mount| {
            let store = match &mount.source {
                MountSource::Volume(name) => Store::Volume(name.to_string()),
                MountSource::Anonymous => Store::Volume(c.anonymous.get(&mount.target).cloned().unwrap_or_default()),
                MountSource::Bind(path) => Store::Host(path.clone()),
            };
            (clean(&mount.target), store, mount.read_only)
        });
        mounts.chain(c.spec.tmpfs.iter().map(|t| (clean(&t.target), Store::Memory, false))).collect()
    }

    /// Where a cleaned path leads: the store, the path in it, whether it can be written.
    pub(super) fn locate(&self, key: u64, path: &str) -> (Store, String, bool) {
        let found = self.mounts(key).into_iter().filter(|(target, ..)| below(path, target).is_some());
        match found.max_by_key(|(target, ..)| target.len()) {
            Some((target, store, read_only)) => (store, below(path, &target).unwrap_or_default().to_owned(), !read_only),
            None => (Store::Root, path.to_owned(), self.containers.get(&key).is_some_and(|c| !c.spec.read_only)),
        }
    }

    fn tree(&mut self, key: u64, store: &Store) -> Option<&mut Tree> {
        match store {
            Store::Root => self.containers.get_mut(&key).map(|c| &mut c.root),
            Store::Volume(name) => self.volumes.get_mut(name).map(|v| &mut v.tree),
            Store::Host(path) => self.host_paths.get_mut(path),
            Store::Memory => None,
        }
    }

    pub(super) fn put_node(&mut self, key: u64, path: &str, node: Node) {
        let (store, rest, _) = self.locate(key, path);
        if let Some(tree) = self.tree(key, &store) {
            tree.put(&rest, node);
        }
    }

    /// The container's files with what is mounted over them, by cleaned path.
    pub(super) fn view(&self, key: u64) -> BTreeMap<String, &Node> {
        let mut view = BTreeMap::new();
        let Some(c) = self.containers.get(&key) else { return view };
        view.extend(c.root.iter().map(|(path, node)| (path.to_owned(), node)));
        let mut mounts = self.mounts(key);
        mounts.sort_by_key(|(target, ..)| target.len());
        for (target, store, _) in mounts {
            let tree = match &store {
                Store::Volume(name) => self.volumes.get(name).map(|v| &v.tree),
                Store::Host(path) => self.host_paths.get(path),
                Store::Root | Store::Memory => None,
            };
            if let Some(tree) = tree {
                view.retain(|path, _| below(path, &target).is_none());
                view.extend(tree.iter().map(|(path, node)| (join(&target, path), node)));
            }
        }
        view
    }

    /// `mv`; `false` when there is nothing to move or it cannot be written.
    pub(super) fn rename_path(&mut self, key: u64, from: &str, to: &str) -> bool {
        let ((from_store, from, from_writable), (to_store, to, to_writable)) =
            (self.locate(key, &clean(from)), self.locate(key, &clean(to)));
        if !from_writable || !to_writable {
            return false;
        }
        let taken = self.tree(key, &from_store).map(|tree| tree.take(&from)).unwrap_or_default();
        let Some(target) = self.tree(key, &to_store).filter(|_| !taken.is_empty()) else { return false };
        target.take(&to);
        for (path, node) in taken {
            target.put(&join(&to, below(&path, &from).unwrap_or_default()), node);
        }
        true
    }

    /// Removes a file or directory where it can be written; one that is not there is no error.
    pub(super) fn remove_path(&mut self, key: u64, path: &str) {
        let (store, path, writable) = self.locate(key, &clean(path));
        if let Some(tree) = self.tree(key, &store).filter(|_| writable) {
            tree.take(&path);
        }
    }

    pub(super) fn observed(&self, c: &Container) -> ObservedContainer {
        let named = c.spec.mounts.iter().filter_map(|m| match &m.source {
            MountSource::Volume(name) => Some(name.to_string()),
            _ => None,
        });
        ObservedContainer {
            id: c.id.clone(),
            name: c.spec.name.clone(),
            image_id: c.image.id.clone(),
            image: c.spec.image.clone(),
            labels: c.image.about.labels.iter().chain(&c.spec.labels).map(|(k, v)| (k.clone(), v.clone())).collect(),
            state: c.state(),
            health: c.health(),
            healthcheck: c.healthcheck(),
            stop_timeout: Some(c.spec.stop_grace_period),
            created_at: Some(c.created_at),
            started_at: c.started_at,
            restart: c.spec.restart,
            resources: c.spec.resources,
            restart_count: c.restart_count,
            networks: c.spec.networks.keys().map(|name| (name.clone(), c.addresses.get(name).copied())).collect(),
            fixed_addresses: c.spec.networks.iter().filter_map(|(name, e)| Some((name.clone(), e.address?))).collect(),
            ports: c.ports.clone(),
            volumes: named.chain(c.anonymous.values().cloned()).collect(),
        }
    }
}

fn collide(a: &PublishedPort, b: &PublishedPort) -> bool {
    let same_address = a.host_ip.is_none() || b.host_ip.is_none() || a.host_ip == b.host_ip;
    a.published == b.published && a.protocol == b.protocol && same_address
}

/// SHA-256 in hexadecimal.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
