//! A host, an engine and stacks made up for the checks' tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{Check, Disk, Facts, Finding, HostFacts, PortUse, Severity};
use crate::{
    engine::{EngineError, ErrorKind},
    model::{Bytes, EngineInfo, Port, Protocol, PullPolicy, Resources, RestartPolicy, Service, Stack},
};

/// A host that answers what a test wants.
pub(super) struct FakeHost {
    pub(super) cpus: u64,
    pub(super) memory: Bytes,
    pub(super) disk: Option<Disk>,
    pub(super) ports: BTreeMap<u16, PortUse>,
    pub(super) missing: BTreeSet<PathBuf>,
    pub(super) read_only: bool,
}

impl Default for FakeHost {
    fn default() -> Self {
        Self {
            cpus: 4,
            memory: Bytes::gib(8),
            disk: Some(Disk { free: Bytes::gib(100), free_inodes: Some(1_000_000) }),
            ports: BTreeMap::new(),
            missing: BTreeSet::new(),
            read_only: false,
        }
    }
}

impl HostFacts for FakeHost {
    fn cpus(&self) -> Option<u64> {
        Some(self.cpus)
    }

    fn memory(&self) -> Option<Bytes> {
        Some(self.memory)
    }

    fn disk(&self, _path: &Path) -> io::Result<Disk> {
        self.disk.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn port(&self, _address: Option<IpAddr>, port: u16, _protocol: Protocol) -> PortUse {
        self.ports.get(&port).cloned().unwrap_or(PortUse::Free)
    }

    fn exists(&self, path: &Path) -> bool {
        !self.missing.contains(path)
    }

    fn writable(&self, _path: &Path) -> bool {
        !self.read_only
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
}

/// An engine with which nothing is wrong.
pub(super) fn engine() -> EngineInfo {
    EngineInfo {
        version: "28.4.0".into(),
        api: (1, 51),
        host: "shop".into(),
        cpus: 4,
        memory: 8 << 30,
        root_dir: "/var/lib/docker".into(),
        storage_driver: "overlay2".into(),
        architecture: "x86_64".into(),
        clock: Some(DateTime::UNIX_EPOCH),
        insecure_registries: Vec::new(),
    }
}

/// Facts of that engine, running here.
pub(super) fn facts(host: &FakeHost) -> Facts<'_> {
    Facts::new(host, Ok(engine()), true, "/srv/shop")
}

/// Facts of an engine that does not answer.
pub(super) fn silent(host: &FakeHost, kind: ErrorKind, local: bool) -> Facts<'_> {
    Facts::new(host, Err(EngineError::new(kind, "ask the engine", "no answer")), local, "/srv/shop")
}

/// A service that runs one container and asks for nothing.
pub(super) fn service(name: &str) -> Service {
    Service {
        name: name.parse().unwrap(),
        image: "shop/app:1".parse().unwrap(),
        pull_policy: PullPolicy::Missing,
        update: crate::model::UpdateConfig::default(),
        replicas: 1,
        entrypoint: None,
        command: None,
        environment: BTreeMap::new(),
        user: None,
        working_dir: None,
        hostname: None,
        container_name: None,
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
        depends_on: BTreeMap::new(),
        networks: BTreeMap::new(),
        ports: Vec::new(),
        expose: Vec::new(),
        mounts: Vec::new(),
        files: Vec::new(),
        resources: Resources::default(),
        logging: None,
        labels: BTreeMap::new(),
        ingress: None,
        migration: None,
        smoke: Vec::new(),
        backup: crate::model::DatabaseBackup::Detected,
    }
}

/// A stack of these services.
pub(super) fn stack(services: Vec<Service>) -> Stack {
    Stack {
        project: "shop".parse().unwrap(),
        version: None,
        keep_releases: Stack::KEEP_RELEASES,
        autoupdate: crate::model::Autoupdate::default(),
        backup: crate::model::BackupSettings::default(),
        services: services.into_iter().map(|service| (service.name.clone(), service)).collect(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
        secrets: BTreeMap::new(),
        configs: BTreeMap::new(),
        files: Vec::new(),
        directory: "/srv/shop".into(),
    }
}

/// A published TCP port.
pub(super) fn port(address: Option<&str>, published: u16) -> Port {
    Port {
        host_ip: address.map(|address| address.parse().unwrap()),
        published: Some(published),
        target: 80,
        protocol: Protocol::Tcp,
    }
}

/// What a check finds.
pub(super) async fn findings(check: &dyn Check, facts: &Facts<'_>) -> Vec<Finding> {
    let found = check.run(facts).await;
    assert!(found.iter().all(|finding| finding.code == check.id()));
    found
}

/// How bad what a check finds is.
pub(super) async fn severities(check: &dyn Check, facts: &Facts<'_>) -> Vec<Severity> {
    findings(check, facts).await.iter().map(|finding| finding.severity).collect()
}
