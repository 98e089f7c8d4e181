//! What a backup will be made of: which parts, how each is read, what is held still meanwhile, what is left out. Pure.
//!
//! Refuses to leave out in silence what was asked for: a database that does not run is a failure, not a smaller backup.

mod directory;
mod error;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use directory::{Directory, Place};
pub use error::{Obstacle, Refused};

use super::{
    manifest::Consistency,
    set::{Component, PartName},
};
use crate::model::{
    ContainerState, Database, MountSource, Observed, ObservedContainer, ProjectName, ServiceName, Stack, is_put_aside,
};

/// Names of parts that no service and no volume stands for.
pub const CONFIG: &str = "config";
/// The same for the secrets.
pub const SECRETS: &str = "secrets";

/// What of the engine's machine we can read ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing: all comes through the engine's calls.
    Engine,
    /// Everything: the engine's machine is this one, and we are root.
    Machine,
}

/// What the person wants of a backup.
#[derive(Debug, Clone)]
pub struct Choices {
    /// Names of parts; all when there are none.
    pub only: BTreeSet<String>,
    /// How the parts are brought to one moment.
    pub consistency: Consistency,
    /// Somebody's key or a passphrase is needed to read it.
    pub encrypted: bool,
    /// What can be read directly.
    pub reach: Reach,
}

/// A container by the engine's identifier, and its name for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// Identifier: another container of the same name is another one.
    pub id: String,
    /// Name.
    pub name: String,
}

/// How a dump comes out of a database's container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DumpWay {
    /// Through the engine's connection.
    Engine,
    /// Through a pipe in the container's own directory for temporary files.
    Pipe,
}

/// How a volume's files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeWay {
    /// From the directory of this machine where they lie: everything is kept.
    Directory(String),
    /// Through the engine's archive call.
    Engine,
}

/// A part of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A Redis snapshot.
    Redis {
        /// The service.
        name: PartName,
        /// Where it runs.
        container: Container,
    },
    /// A PostgreSQL database, and the roles beside it.
    Postgres {
        /// The service.
        name: PartName,
        /// Where it runs.
        container: Container,
        /// Who dumps it.
        user: String,
        /// What is dumped.
        database: String,
        /// How the dump is read.
        way: DumpWay,
    },
    /// A volume.
    Volume {
        /// Its key in the Compose file.
        name: PartName,
        /// Its name at the engine.
        volume: String,
        /// How it is read.
        way: VolumeWay,
    },
    /// The deployment's files but for its secrets.
    Config,
    /// The deployment's secrets.
    Secrets,
}

impl Part {
    /// The name by which people choose it.
    pub fn name(&self) -> &str {
        match self {
            Self::Redis { name, .. } | Self::Postgres { name, .. } | Self::Volume { name, .. } => name.as_str(),
            Self::Config => CONFIG,
            Self::Secrets => SECRETS,
        }
    }

    /// The objects that come of it.
    pub fn components(&self) -> Vec<Component> {
        match self {
            Self::Redis { name, .. } => vec![Component::Redis(name.clone())],
            Self::Postgres { name, .. } => vec![Component::Database(name.clone()), Component::Globals(name.clone())],
            Self::Volume { name, .. } => vec![Component::Volume(name.clone())],
            Self::Config => vec![Component::Config],
            Self::Secrets => vec![Component::Secrets],
        }
    }
}

/// Something that is not in the backup, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

/// A backup that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupPlan {
    /// The project.
    pub project: ProjectName,
    /// How the parts are brought to one moment.
    pub consistency: Consistency,
    /// The parts, in the order in which they are read: what changes fastest comes first.
    pub parts: Vec<Part>,
    /// Containers that are frozen for a moment, or stopped meanwhile.
    pub still: Vec<Container>,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Plans a backup of `stack` as it is `observed`.
///
/// # Errors
/// Everything that stands in its way, at once.
pub fn plan(stack: &Stack, observed: &Observed, choices: &Choices) -> Result<BackupPlan, Refused> {
    let planning = Planning { stack, observed, choices };
    let mut plan = BackupPlan {
        project: stack.project.clone(),
        consistency: choices.consistency,
        parts: Vec::new(),
        still: Vec::new(),
        left_out: Vec::new(),
        notes: Vec::new(),
    };
    let mut obstacles = planning.unknown();
    planning.databases(&mut plan, &mut obstacles);
    planning.volumes(&mut plan, &mut obstacles);
    planning.directory(&mut plan, &mut obstacles);
    // Redis is small and its snapshot is soon replaced; databases hold their moment; files go on changing whatever is done.
    plan.parts.sort_by_key(|part| match part {
        Part::Redis { .. } => 0,
        Part::Postgres { .. } => 1,
        Part::Volume { .. } => 2,
        Part::Config => 3,
        Part::Secrets => 4,
    });
    if plan.parts.is_empty() && obstacles.is_empty() {
        obstacles.push(Obstacle::Nothing);
    }
    planning.still(&mut plan);
    if obstacles.is_empty() { Ok(plan) } else { Err(Refused(obstacles)) }
}

struct Planning<'a> {
    stack: &'a Stack,
    observed: &'a Observed,
    choices: &'a Choices,
}

impl<'a> Planning<'a> {
    fn wanted(&self, name: &str) -> bool {
        self.choices.only.is_empty() || self.choices.only.contains(name)
    }

    fn asked_for(&self, name: &str) -> bool {
        self.choices.only.contains(name)
    }

    fn databases_of_stack(&self) -> BTreeMap<&'a ServiceName, Database> {
        self.stack.services.values().filter_map(|service| Some((&service.name, service.database()?))).collect()
    }

    /// Names that stand for nothing.
    fn unknown(&self) -> Vec<Obstacle> {
        let databases = self.databases_of_stack();
        let mut known: BTreeSet<&str> = databases.keys().map(|name| name.as_str()).collect();
        known.extend(self.stack.volumes.keys().map(String::as_str));
        known.extend([CONFIG, SECRETS]);
        let list = || known.iter().copied().collect::<Vec<_>>().join(", ");
        let unknown = self.choices.only.iter().filter(|name| !known.contains(name.as_str()));
        unknown.map(|name| Obstacle::Unknown { name: name.clone(), known: list() }).collect()
    }

    /// Its first replica, whatever it does.
    fn container(&self, service: &ServiceName) -> Option<&'a ObservedContainer> {
        let of_it = |c: &&ObservedContainer| c.service().as_ref() == Some(service) && !is_put_aside(&c.name);
        let all = self.observed.containers.iter().filter(of_it);
        all.min_by_key(|c| (!c.state.is_running(), c.number(), c.name.clone()))
    }

    fn databases(&self, plan: &mut BackupPlan, obstacles: &mut Vec<Obstacle>) {
        for (service, database) in self.databases_of_stack() {
            if !self.wanted(service.as_str()) {
                continue;
            }
            let Ok(name) = PartName::new(service.as_str()) else {
                obstacles.push(Obstacle::Name(service.to_string()));
                continue;
            };
            let found = self.container(service);
            let Some(container) = found.filter(|c| c.state == ContainerState::Running { paused: false }) else {
                obstacles.push(Obstacle::NotRunning {
                    service: service.to_string(),
                    state: found.map_or("it has no container", |c| state(&c.state)),
                });
                continue;
            };
            let container = Container { id: container.id.clone(), name: container.name.clone() };
            plan.parts.push(match database {
                Database::Redis => Part::Redis { name, container },
                Database::Postgres { user, database } => {
                    let way = match self.choices.reach {
                        Reach::Engine => DumpWay::Engine,
                        Reach::Machine => DumpWay::Pipe,
                    };
                    Part::Postgres { name, container, user, database, way }
                }
            });
        }
    }

    /// The volumes that hold a database's own files, by their names at the engine: these are of no use without its moment.
    fn of_databases(&self) -> BTreeSet<&'a str> {
        let services = self.stack.services.values().filter(|service| service.database().is_some());
        let mounts = services.flat_map(|service| &service.mounts);
        mounts
            .filter_map(|mount| match &mount.source {
                MountSource::Volume(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    fn volumes(&self, plan: &mut BackupPlan, obstacles: &mut Vec<Obstacle>) {
        let of_databases = self.of_databases();
        let databases = self.databases_of_stack();
        for (key, volume) in &self.stack.volumes {
            let database = of_databases.contains(volume.name.as_str());
            // A name that a database has too stands for that.
            let asked_for = self.asked_for(key) && !(database && databases.keys().any(|service| service.as_str() == key));
            let included = volume.backup.unwrap_or(!database) || asked_for;
            if !self.wanted(key) {
                continue;
            }
            if !included {
                if !database {
                    plan.left_out.push(LeftOut { what: format!("volume {key}"), why: "its `x-medianest.backup` says so" });
                }
                continue;
            }
            let Ok(name) = PartName::new(key) else {
                obstacles.push(Obstacle::Name(key.clone()));
                continue;
            };
            let Some(there) = self.observed.volumes.get(volume.name.as_str()) else {
                obstacles.push(Obstacle::NoVolume { key: key.clone(), volume: volume.name.to_string() });
                continue;
            };
            let way = match (self.choices.reach, &there.mountpoint) {
                (Reach::Machine, Some(path)) => VolumeWay::Directory(path.clone()),
                _ => VolumeWay::Engine,
            };
            if way == VolumeWay::Engine {
                plan.notes.push(format!(
                    "volume {key} is read through the engine: extended attributes, access control lists and holes are not kept"
                ));
            }
            if database {
                plan.notes
                    .push(format!("volume {key} holds the files of a database that runs: a copy of these may be of no use"));
            }
            plan.parts.push(Part::Volume { name, volume: volume.name.to_string(), way });
        }
    }

    fn directory(&self, plan: &mut BackupPlan, obstacles: &mut Vec<Obstacle>) {
        if self.wanted(CONFIG) {
            plan.parts.push(Part::Config);
        }
        if !self.wanted(SECRETS) {
            return;
        }
        if self.choices.encrypted {
            plan.parts.push(Part::Secrets);
        } else if self.asked_for(SECRETS) {
            obstacles.push(Obstacle::SecretsInClear);
        } else {
            plan.left_out.push(LeftOut { what: "secrets, and files of variables".into(), why: "the backup is not encrypted" });
        }
        for secret in self.stack.secrets.values() {
            if Directory::of(self.stack).within(&secret.path).is_none() {
                plan.left_out.push(LeftOut { what: secret.path.clone(), why: "it lies outside the deployment directory" });
            }
        }
    }

    /// What is held still: all that may write, but neither the databases, which have snapshots, nor the ingress, so that
    /// visitors are kept waiting and not turned away.
    fn still(&self, plan: &mut BackupPlan) {
        let data = plan.parts.iter().any(|part| !matches!(part, Part::Config | Part::Secrets));
        if self.choices.consistency == Consistency::Live || !data {
            return;
        }
        let databases = self.databases_of_stack();
        let writes = |c: &&ObservedContainer| {
            let service = c.service();
            let service = service.as_ref().and_then(|name| self.stack.services.get(name));
            c.state == ContainerState::Running { paused: false }
                && service.is_some_and(|service| service.ingress.is_none() && !databases.contains_key(&service.name))
        };
        let all = self.observed.containers.iter().filter(writes);
        plan.still = all.map(|c| Container { id: c.id.clone(), name: c.name.clone() }).collect();
    }
}

const fn state(state: &ContainerState) -> &'static str {
    match state {
        ContainerState::Created => "it was never started",
        ContainerState::Running { paused: true } => "it is paused",
        ContainerState::Running { paused: false } => "it runs",
        ContainerState::Restarting { .. } => "it ends and is started again",
        ContainerState::Exited { .. } => "it is stopped",
        ContainerState::Dead => "it is half removed",
    }
}
