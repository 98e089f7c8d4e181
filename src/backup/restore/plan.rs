//! What a restore will do, in order, from a verified manifest, the stack, and what is there. Pure.
//!
//! Refuses what cannot come to a good end: an older server than the dump's, no room, a part that nothing of the stack stands for, files
//! that cannot be reached. Says all of what stands in the way at once. Leaves nothing out without a word.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{
    id::RestoreId,
    record::{FORMAT, Item, Record, RedisFiles, Root, Step, Way, part_name},
};
use crate::{
    backup::{
        index::RawPath,
        manifest::Manifest,
        plan::Reach,
        set::{Component, ObjectName},
    },
    model::{Bytes, Database, MountSource, Observed, ObservedContainer, Service, ServiceName, Stack, is_put_aside},
};

/// What the person wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Names of parts; all data when there are none. Configuration and secrets are restored only when they are named.
    pub only: BTreeSet<String>,
    /// Single paths, each with its part before it: `uploads/a/b.png`.
    pub files: Vec<String>,
    /// What is there is not backed up before.
    pub no_safety_copy: bool,
}

/// A database server, as it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its version.
    pub version: String,
    /// How Redis calls its files, and where they are.
    pub redis: Option<(String, RedisFiles)>,
}

/// What was found out for the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What of the engine's machine can be read and written directly.
    pub reach: Reach,
    /// Bytes that are free where the engine keeps its volumes, where that can be told.
    pub free: Option<u64>,
    /// Servers that answer, by service.
    pub servers: BTreeMap<ServiceName, Server>,
    /// The deployment directory.
    pub directory: String,
}

/// What stands in the way of a restore.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// A name that stands for nothing in the set.
    #[error("the backup has no part `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A path that names no part.
    #[error("`{0}` names no part of the backup with a path in it")]
    NotAPath(String),
    /// Nothing of the stack stands for a part of the set.
    #[error("the backup has {what} `{name}`, and the stack has none")]
    NotInStack {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Its server does not answer.
    #[error("`{0}` does not run, and its data can only be restored while it does")]
    NotRunning(ServiceName),
    /// A dump of a newer server.
    #[error("the dump of `{service}` is of PostgreSQL {dump}, and the server is {server}: an older one cannot read it")]
    Version {
        /// The service.
        service: ServiceName,
        /// The dump's version.
        dump: String,
        /// The server's.
        server: String,
    },
    /// The volume is not there.
    #[error("volume `{key}` ({volume}) does not exist")]
    NoVolume {
        /// Its key in the Compose file.
        key: String,
        /// Its name at the engine.
        volume: String,
    },
    /// The volume is the files of a database.
    #[error("volume `{volume}` holds the files of the database `{service}`, which cannot be exchanged under it")]
    DatabaseFiles {
        /// The volume's key in the Compose file.
        volume: String,
        /// The database.
        service: ServiceName,
    },
    /// The volume's files are on another machine, or not ours.
    #[error("the files of volume `{0}` cannot be reached from here")]
    OutOfReach(String),
    /// Redis has its files where they cannot be exchanged.
    #[error("`{0}` does not keep its files at the root of a volume")]
    RedisPlace(ServiceName),
    /// No room for both the old and the new data.
    #[error("{free} are free, and the restored data needs {needed} beside the old", free = Bytes(*.free), needed = Bytes(*.needed))]
    NoRoom {
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// An empty restore.
    #[error("there is nothing to restore")]
    Nothing,
}

impl Obstacle {
    /// What helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { known, .. } => Some(format!("there are: {known}")),
            Self::NotAPath(_) => Some("say the part and the path in it, such as `--file uploads/a/b.png`".into()),
            Self::NotInStack { .. } => Some("name the parts that you want with `--only`".into()),
            Self::NotRunning(service) => {
                Some(format!("start it with `medianestctl start {service}`, or bring the stack about with `medianestctl deploy`"))
            }
            Self::Version { .. } => Some("restore to a server of the dump's version or a later one".into()),
            Self::NoVolume { .. } => Some("bring the stack about with `medianestctl deploy` first".into()),
            Self::DatabaseFiles { volume, .. } => Some(format!(
                "export the set and take `{volume}` out of it by hand, as docs/backup-format.md tells, while the database is stopped"
            )),
            Self::OutOfReach(_) => Some("run the restore as root on the machine of the engine".into()),
            Self::NoRoom { .. } => Some("make room where the engine keeps its data (`docker system df`), or use `--only`".into()),
            Self::RedisPlace(_) | Self::Nothing => None,
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Refused(pub Vec<Obstacle>);

/// What will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestorePlan {
    /// What is restored.
    pub items: Vec<Item>,
    /// The services that are stopped for it: those that run.
    pub services: BTreeSet<ServiceName>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Archives of the deployment directory that are only compared with it.
    pub compared: Vec<ObjectName>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What lies beside the live data at most, in bytes.
    pub needed: u64,
    /// Parts of the stack that the set lacks.
    pub lacking: Vec<String>,
}

/// The set, the stack, and what is there.
pub struct Scene<'a> {
    /// The manifest; it was verified.
    pub manifest: &'a Manifest,
    /// The stack that the data goes to; none where only the deployment directory is restored.
    pub stack: Option<&'a Stack>,
    /// What is there.
    pub observed: Option<&'a Observed>,
    /// What was found out.
    pub facts: &'a Facts,
}

/// Plans a restore.
///
/// # Errors
/// Everything that stands in the way.
pub fn plan(scene: &Scene<'_>, choices: &Choices) -> Result<RestorePlan, Refused> {
    let mut planner = Planner { scene, choices, items: Vec::new(), obstacles: Vec::new(), notes: Vec::new(), needed: 0 };
    planner.names();
    if choices.files.is_empty() {
        planner.parts();
    } else {
        planner.files();
    }
    planner.room();
    planner.finish()
}

struct Planner<'a> {
    scene: &'a Scene<'a>,
    choices: &'a Choices,
    items: Vec<Item>,
    obstacles: Vec<Obstacle>,
    notes: Vec<String>,
    needed: u64,
}

/// The first number of a version.
fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()
}

impl<'a> Planner<'a> {
    fn known(&self) -> BTreeSet<&'a str> {
        let all = self.scene.manifest.objects.keys().filter(|object| object.component != Component::Index);
        all.map(|object| part_name(&object.component)).collect()
    }

    fn names(&mut self) {
        let known = self.known();
        let list: Vec<_> = known.iter().copied().collect();
        let unknown = self.choices.only.iter().filter(|name| !known.contains(name.as_str()));
        self.obstacles.extend(unknown.map(|name| Obstacle::Unknown { name: name.clone(), known: list.join(", ") }));
    }

    fn service(&self, name: &str) -> Option<&'a Service> {
        let stack = self.scene.stack?;
        stack.services.iter().find(|(key, _)| key.as_str() == name).map(|(_, service)| service)
    }

    fn size(&self, object: &ObjectName) -> u64 {
        self.scene.manifest.objects.get(object).map_or(0, |record| record.plain_size)
    }

    fn parts(&mut self) {
        for object in self.scene.manifest.objects.keys() {
            let name = part_name(&object.component);
            let named = self.choices.only.contains(name);
            if !self.choices.only.is_empty() && !named {
                continue;
            }
            match &object.component {
                Component::Database(_) => self.database(object, name),
                Component::Redis(_) => self.redis(object, name),
                Component::Volume(_) => self.volume(object, name),
                Component::Config | Component::Secrets if named => {
                    let root = Root::Directory(self.scene.facts.directory.clone());
                    self.items.push(Item::Files { object: object.clone(), root, wanted: None, paths: Vec::new() });
                }
                Component::Config | Component::Secrets | Component::Globals(_) | Component::Index => {}
            }
        }
    }

    fn database(&mut self, object: &ObjectName, name: &str) {
        let found = self.service(name).and_then(|service| Some((service, service.database()?)));
        let Some((service, Database::Postgres { user, database })) = found else {
            return self.obstacles.push(Obstacle::NotInStack { what: "a database of", name: name.to_owned() });
        };
        let Some(server) = self.scene.facts.servers.get(&service.name) else {
            return self.obstacles.push(Obstacle::NotRunning(service.name.clone()));
        };
        let dump = self.scene.manifest.versions.get(name).cloned().unwrap_or_default();
        if major(&dump).zip(major(&server.version)).is_some_and(|(dump, server)| dump > server) {
            let server = server.version.clone();
            self.obstacles.push(Obstacle::Version { service: service.name.clone(), dump, server });
        }
        let of = |object: &&ObjectName| matches!(&object.component, Component::Globals(of) if of.as_str() == name);
        let globals = self.scene.manifest.objects.keys().find(of).cloned();
        // Tables and indexes take about twice what the dump does.
        self.needed += 2 * self.size(object);
        self.items.push(Item::Database { service: service.name.clone(), user, database, object: object.clone(), globals });
    }

    fn redis(&mut self, object: &ObjectName, name: &str) {
        let found = self.service(name).filter(|service| service.database() == Some(Database::Redis));
        let Some(service) = found else {
            return self.obstacles.push(Obstacle::NotInStack { what: "the data of Redis", name: name.to_owned() });
        };
        let Some((directory, files)) = self.scene.facts.servers.get(&service.name).and_then(|server| server.redis.clone()) else {
            return self.obstacles.push(Obstacle::NotRunning(service.name.clone()));
        };
        let at = |target: &str| target.trim_end_matches('/') == directory.trim_end_matches('/');
        let volume = service.mounts.iter().find_map(|mount| match &mount.source {
            MountSource::Volume(volume) if at(&mount.target) => Some(volume.to_string()),
            _ => None,
        });
        let Some(volume) = volume else { return self.obstacles.push(Obstacle::RedisPlace(service.name.clone())) };
        self.reach(name, &volume);
        self.needed += self.size(object);
        let keys = self.scene.manifest.objects.get(object).and_then(|record| record.keys);
        self.items.push(Item::Redis { service: service.name.clone(), volume, object: object.clone(), files, keys });
    }

    fn volume(&mut self, object: &ObjectName, name: &str) {
        let Some(volume) = self.scene.stack.and_then(|stack| stack.volumes.get(name)) else {
            return self.obstacles.push(Obstacle::NotInStack { what: "volume", name: name.to_owned() });
        };
        let volume = volume.name.to_string();
        if let Some(service) = self.database_in(&volume) {
            // The name stands for what was asked of the database, where the set has that.
            let asked = |object: &ObjectName| matches!(&object.component, Component::Database(of) | Component::Redis(of) if of.as_str() == service.as_str());
            if service.as_str() != name || !self.scene.manifest.objects.keys().any(asked) {
                self.obstacles.push(Obstacle::DatabaseFiles { volume: name.to_owned(), service });
            }
            return;
        }
        self.reach(name, &volume);
        self.needed += self.size(object);
        self.items.push(Item::Volume { key: name.to_owned(), volume, object: object.clone() });
    }

    /// The database that has its files in a volume.
    fn database_in(&self, volume: &str) -> Option<ServiceName> {
        let services = self.scene.stack?.services.values().filter(|service| service.database().is_some());
        let has = |service: &&Service| {
            let mut mounts = service.mounts.iter();
            mounts.any(|mount| matches!(&mount.source, MountSource::Volume(name) if name.as_str() == volume))
        };
        services.into_iter().find(has).map(|service| service.name.clone())
    }

    /// Whether a volume is there and its files can be exchanged from here.
    fn reach(&mut self, key: &str, volume: &str) {
        let Some(there) = self.scene.observed.and_then(|observed| observed.volumes.get(volume)) else {
            return self.obstacles.push(Obstacle::NoVolume { key: key.to_owned(), volume: volume.to_owned() });
        };
        if self.scene.facts.reach != Reach::Machine || there.mountpoint.is_none() {
            self.obstacles.push(Obstacle::OutOfReach(key.to_owned()));
        }
    }

    fn files(&mut self) {
        for wish in &self.choices.files {
            let wish = wish.trim_matches('/');
            let found = wish.split_once('/').filter(|(_, path)| {
                !path.is_empty() && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
            });
            let Some((name, path)) = found else {
                self.obstacles.push(Obstacle::NotAPath(wish.to_owned()));
                continue;
            };
            let archive = |object: &&ObjectName| {
                part_name(&object.component) == name
                    && matches!(object.component, Component::Volume(_) | Component::Config | Component::Secrets)
            };
            let Some(object) = self.scene.manifest.objects.keys().find(archive) else {
                let known: Vec<_> = self.known().into_iter().collect();
                self.obstacles.push(Obstacle::Unknown { name: name.to_owned(), known: known.join(", ") });
                continue;
            };
            let root = match &object.component {
                Component::Volume(_) => {
                    let Some(volume) = self.scene.stack.and_then(|stack| stack.volumes.get(name)) else {
                        self.obstacles.push(Obstacle::NotInStack { what: "volume", name: name.to_owned() });
                        continue;
                    };
                    self.reach(name, volume.name.as_str());
                    Root::Volume(volume.name.to_string())
                }
                _ => Root::Directory(self.scene.facts.directory.clone()),
            };
            if self.items.iter().any(|item| matches!(item, Item::Files { root: other, .. } if *other == root)) {
                self.obstacles.push(Obstacle::NotAPath(format!("a second path of {name}")));
                continue;
            }
            let wanted = Some(RawPath::new(path.as_bytes()));
            self.items.push(Item::Files { object: object.clone(), root, wanted, paths: Vec::new() });
        }
    }

    fn room(&mut self) {
        if let Some(free) = self.scene.facts.free
            && free < self.needed
        {
            self.obstacles.push(Obstacle::NoRoom { free, needed: self.needed });
        }
    }

    /// The services that may write to what is exchanged, or hold sessions in it, and run: all that mount it or depend on it. The
    /// ingress is not among them, so that visitors get an answer.
    fn services(&self) -> BTreeSet<ServiceName> {
        let (Some(stack), Some(observed)) = (self.scene.stack, self.scene.observed) else { return BTreeSet::new() };
        let mut databases = BTreeSet::new();
        let mut volumes = BTreeSet::new();
        let mut found = BTreeSet::new();
        for item in &self.items {
            match item {
                Item::Database { service, .. } => {
                    databases.insert(service.clone());
                }
                Item::Redis { service, volume, .. } => {
                    found.insert(service.clone());
                    volumes.insert(volume.as_str());
                }
                Item::Volume { volume, .. } => {
                    volumes.insert(volume.as_str());
                }
                // A single file is exchanged under whoever reads it.
                Item::Files { .. } => {}
            }
        }
        let mounts = |service: &Service| {
            service.mounts.iter().any(|mount| matches!(&mount.source, MountSource::Volume(v) if volumes.contains(v.as_str())))
        };
        found.extend(stack.services.values().filter(|service| mounts(service)).map(|service| service.name.clone()));
        loop {
            let needs =
                |service: &Service| service.depends_on.keys().any(|name| found.contains(name) || databases.contains(name));
            let stays =
                |service: &Service| service.ingress.is_some() || databases.contains(&service.name) || service.is_job(stack);
            let more: Vec<_> = stack
                .services
                .values()
                .filter(|service| needs(service) && !stays(service) && !found.contains(&service.name))
                .map(|service| service.name.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        let runs = |c: &ObservedContainer, name: &ServiceName| {
            c.is_of(&stack.project)
                && c.role() == Some("service")
                && !is_put_aside(&c.name)
                && c.state.is_running()
                && c.service().as_ref() == Some(name)
        };
        found.retain(|name| !databases.contains(name) && observed.containers.iter().any(|c| runs(c, name)));
        found
    }

    /// Parts of the stack that are data and not in the set.
    fn lacking(&self) -> Vec<String> {
        let Some(stack) = self.scene.stack.filter(|_| self.choices.only.is_empty() && self.choices.files.is_empty()) else {
            return Vec::new();
        };
        let known = self.known();
        let databases = stack.services.values().filter(|service| service.database().is_some());
        let of_databases: BTreeSet<_> = databases
            .clone()
            .flat_map(|service| &service.mounts)
            .filter_map(|mount| match &mount.source {
                MountSource::Volume(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let volumes = stack
            .volumes
            .iter()
            .filter(|(_, volume)| volume.backup.unwrap_or(!of_databases.contains(volume.name.as_str())))
            .map(|(key, _)| key.clone());
        databases.map(|service| service.name.to_string()).chain(volumes).filter(|name| !known.contains(name.as_str())).collect()
    }

    fn finish(mut self) -> Result<RestorePlan, Refused> {
        // Volumes first, then databases, then what is started to be counted.
        self.items.sort_by_key(|item| match item {
            Item::Files { .. } => 0,
            Item::Volume { .. } => 1,
            Item::Database { .. } => 2,
            Item::Redis { .. } => 3,
        });
        let lacking = self.lacking();
        let data = self.items.iter().any(|item| !matches!(item, Item::Files { root: Root::Directory(_), .. }));
        let compared: Vec<_> = self
            .scene
            .manifest
            .objects
            .keys()
            .filter(|object| matches!(object.component, Component::Config | Component::Secrets))
            .filter(|_| self.choices.only.is_empty() && self.choices.files.is_empty())
            .cloned()
            .collect();
        if self.items.is_empty() && self.obstacles.is_empty() {
            self.obstacles.push(Obstacle::Nothing);
        }
        if !self.obstacles.is_empty() {
            self.obstacles.dedup();
            return Err(Refused(self.obstacles));
        }
        let services = self.services();
        let mut steps = Vec::new();
        if data && !self.choices.no_safety_copy {
            steps.push(Step::SafetyCopy);
        } else if data {
            self.notes.push("what is there now is not backed up before".to_owned());
        }
        let all = 0..self.items.len();
        steps.extend(all.clone().map(Step::Stage));
        if !services.is_empty() {
            steps.push(Step::Stop);
        }
        steps.extend(all.clone().map(Step::Swap));
        steps.extend(all.filter(|index| matches!(self.items[*index], Item::Redis { .. })).map(Step::Revive));
        if !services.is_empty() {
            steps.push(Step::Start);
        }
        for name in &lacking {
            self.notes.push(format!("the backup has no {name}: it stays as it is"));
        }
        Ok(RestorePlan { items: self.items, services, steps, compared, notes: self.notes, needed: self.needed, lacking })
    }
}

/// Who restores what, when, from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The restore's name.
    pub id: RestoreId,
    /// The project; empty where only the deployment directory is restored.
    pub project: String,
    /// The target's name, or the directory that the set was read from.
    pub from: String,
    /// When.
    pub begun: DateTime<Utc>,
    /// Who.
    pub by: String,
}

impl RestorePlan {
    /// Whether anything of the engine is restored.
    pub fn needs_engine(&self) -> bool {
        self.items.iter().any(|item| !matches!(item, Item::Files { root: Root::Directory(_), .. }))
    }

    /// The record of a restore that has not begun.
    pub fn record(&self, manifest: &Manifest, beginning: Beginning) -> Record {
        let Beginning { id, project, from, begun, by } = beginning;
        Record {
            format: FORMAT,
            id,
            project,
            stack: manifest.stack.clone(),
            set: manifest.set,
            from,
            begun,
            by,
            items: self.items.clone(),
            services: self.services.clone(),
            steps: self.steps.clone(),
            at: 0,
            under_way: false,
            way: Way::Forward,
            safety: None,
            failure: None,
        }
    }

    /// The plan as text, a line a step.
    pub fn to_text(&self, manifest: &Manifest, project: &str) -> String {
        let label = manifest.label.as_ref().map(|label| format!(", \"{label}\"")).unwrap_or_default();
        let finished = manifest.finished.format("%Y-%m-%d %H:%M:%S UTC");
        let mut text = format!("restore {}/{} of {finished}{label} into {project}\n", manifest.stack, manifest.set);
        text.push_str("  check every object of it\n");
        let nothing = Beginning {
            id: RestoreId::new(0),
            project: String::new(),
            from: String::new(),
            begun: DateTime::UNIX_EPOCH,
            by: String::new(),
        };
        let record = self.record(manifest, nothing);
        for step in &self.steps {
            let (verb, object) = record.words(*step);
            text.push_str(&format!("  {verb} {object} ({})\n", Record::cause(*step)));
        }
        for note in &self.notes {
            text.push_str(&format!("  note: {note}\n"));
        }
        text.push_str(&format!("  {} beside the live data at most\n", Bytes(self.needed)));
        text
    }
}

#[cfg(test)]
mod tests;
