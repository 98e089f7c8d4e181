//! What the checks know: gathered once, so that all checks judge the same moment. Owns the questions to the host as a
//! trait; refuses to ask the engine, whose answers come in from outside.

use std::{
    collections::BTreeSet,
    io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use crate::{
    engine::EngineError,
    model::{Bytes, EngineInfo, ObservedContainer, Port, Protocol, PublishedPort, Service, Stack},
    secret::Problem,
};

/// Space of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that an unprivileged user can still write.
    pub free: Bytes,
    /// Files that can still be created; `None` when the file system has no such limit.
    pub free_inodes: Option<u64>,
}

/// Who listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A process of the host.
    Process {
        /// Its number.
        pid: u32,
        /// Its command's name.
        name: String,
    },
    /// A container: its port is published by the engine's proxy.
    Container {
        /// The container's address, when the proxy tells.
        address: Option<String>,
    },
    /// Somebody; who, only the system's administrator may see.
    Unknown,
}

/// Whether a port of the host can be listened on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortUse {
    /// Nobody does.
    Free,
    /// Somebody does.
    Taken(Holder),
    /// The host has no such address.
    NoSuchAddress,
}

/// What can be asked of the machine that the tool runs on. The answers are the engine's machine's only when the engine
/// is local.
pub trait HostFacts: Send + Sync {
    /// Processors that can be used.
    fn cpus(&self) -> Option<u64>;

    /// Memory of the machine.
    fn memory(&self) -> Option<Bytes>;

    /// Space of the file system that holds an existing path.
    ///
    /// # Errors
    /// When the system does not tell, for example because the path does not exist.
    fn disk(&self, path: &Path) -> io::Result<Disk>;

    /// Whether a port can be listened on; without an address, on all of them.
    fn port(&self, address: Option<IpAddr>, port: u16, protocol: Protocol) -> PortUse;

    /// Whether there is something at a path.
    fn exists(&self, path: &Path) -> bool;

    /// Whether this user may write at a path.
    fn writable(&self, path: &Path) -> bool;

    /// The time of the machine's clock.
    fn now(&self) -> DateTime<Utc>;
}

/// Everything that the checks judge.
pub struct Facts<'a> {
    /// What the engine says of itself, or why it does not.
    pub engine: Result<EngineInfo, EngineError>,
    /// This machine's clock when the engine had answered.
    pub engine_answered_at: DateTime<Utc>,
    /// The engine runs on this machine, so that its ports and paths can be looked at.
    pub engine_is_local: bool,
    /// The stack, when it could be read.
    pub stack: Option<&'a Stack>,
    /// Why the stack could not be read.
    pub stack_problem: Option<String>,
    /// Ports that containers of this project hold: taking them over is no conflict.
    pub own_ports: Vec<PublishedPort>,
    /// Where the project's files lie.
    pub deployment_dir: PathBuf,
    /// What is wrong with the secrets.
    pub secrets: Vec<Problem>,
    /// The stack's images (references as written) that the engine has already.
    pub images: BTreeSet<String>,
    /// This machine.
    pub host: &'a dyn HostFacts,
}

impl<'a> Facts<'a> {
    /// Facts of an engine that has just answered (its clock is compared with this moment); the rest is empty and filled
    /// in by the caller.
    pub fn new(
        host: &'a dyn HostFacts,
        engine: Result<EngineInfo, EngineError>,
        engine_is_local: bool,
        deployment_dir: impl Into<PathBuf>,
    ) -> Self {
        Self {
            engine,
            engine_answered_at: host.now(),
            engine_is_local,
            stack: None,
            stack_problem: None,
            own_ports: Vec::new(),
            deployment_dir: deployment_dir.into(),
            secrets: Vec::new(),
            images: BTreeSet::new(),
            host,
        }
    }

    /// Notes the ports that the project's running containers hold.
    pub fn note_own_ports(&mut self, containers: &[ObservedContainer]) {
        let running = containers.iter().filter(|container| container.state.is_running());
        self.own_ports = running.flat_map(|container| container.ports.iter().cloned()).collect();
    }

    /// The services of the stack; none when there is no stack.
    pub(super) fn services(&self) -> impl Iterator<Item = &'a Service> {
        self.stack.into_iter().flat_map(|stack| stack.services.values())
    }

    /// Processors of the machine that containers run on.
    pub(super) fn cpus(&self) -> Option<u64> {
        match &self.engine {
            Ok(engine) => Some(engine.cpus),
            Err(_) if self.engine_is_local => self.host.cpus(),
            Err(_) => None,
        }
    }

    /// Memory of the machine that containers run on.
    pub(super) fn memory(&self) -> Option<Bytes> {
        match &self.engine {
            Ok(engine) => Some(Bytes(engine.memory)),
            Err(_) if self.engine_is_local => self.host.memory(),
            Err(_) => None,
        }
    }

    /// Where the engine keeps images and volumes, when that can be looked at.
    pub(super) fn engine_root(&self) -> Option<&Path> {
        self.engine.as_ref().ok().filter(|_| self.engine_is_local).map(|engine| Path::new(&engine.root_dir))
    }

    /// Whether one of the project's own containers holds this port.
    pub(super) fn is_own(&self, port: &Port, published: u16) -> bool {
        let any = |address: Option<IpAddr>| address.is_none_or(|address| address.is_unspecified());
        self.own_ports.iter().any(|own| {
            own.published == published
                && own.protocol == port.protocol
                && (any(own.host_ip) || any(port.host_ip) || own.host_ip == port.host_ip)
        })
    }
}
