//! What is written down of a restore, so that any process can go on with it, take it back, or confirm it. Pure.
//!
//! A restore is a line of steps and the place on it that has been reached. Every step can be carried out again and taken back
//! again, so after a cut the step at that place is repeated, whichever way the restore goes. Names of objects, roles and
//! files stand in it, no contents.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::RestoreId;
use crate::backup::{
    index::RawPath,
    set::{Component, ObjectName, SetId},
};
use crate::model::ServiceName;

/// The version of the record that is written, and the only one so far.
pub const FORMAT: u32 = 1;

/// How Redis names its files below its data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisFiles {
    /// The snapshot.
    pub snapshot: String,
    /// The directory of the append-only files; `None` before Redis 7, which has one file.
    pub directory: Option<String>,
    /// The append-only file, or how those in the directory begin.
    pub append: String,
}

impl Default for RedisFiles {
    fn default() -> Self {
        Self { snapshot: "dump.rdb".to_owned(), directory: Some("appendonlydir".to_owned()), append: "appendonly.aof".to_owned() }
    }
}

/// Where single files go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Root {
    /// Into a volume, by its name at the engine.
    Volume(String),
    /// Into a directory of the machine on which the restore was begun.
    Directory(String),
}

/// A part that is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Item {
    /// A PostgreSQL database.
    Database {
        /// The service that it belongs to.
        service: ServiceName,
        /// Who restores it: the server's superuser.
        user: String,
        /// Its name.
        database: String,
        /// The dump.
        object: ObjectName,
        /// The roles.
        globals: Option<ObjectName>,
    },
    /// All that Redis holds.
    Redis {
        /// The service.
        service: ServiceName,
        /// The volume with its data directory as root.
        volume: String,
        /// The snapshot.
        object: ObjectName,
        /// How its files are called.
        files: RedisFiles,
        /// How many keys it must have then.
        keys: Option<u64>,
    },
    /// A volume's whole content.
    Volume {
        /// Its key in the Compose file.
        key: String,
        /// Its name at the engine.
        volume: String,
        /// The archive.
        object: ObjectName,
    },
    /// Single files out of an archive: a chosen path, or those of the deployment directory that differ.
    Files {
        /// The archive.
        object: ObjectName,
        /// Where they go.
        root: Root,
        /// The path that was asked for; all that differs when none was.
        wanted: Option<RawPath>,
        /// What is exchanged; known once they have been unpacked.
        paths: Vec<RawPath>,
    },
}

impl Item {
    /// For people: `database app of postgres`.
    pub fn describe(&self) -> String {
        match self {
            Self::Database { service, database, .. } => format!("database {database} of {service}"),
            Self::Redis { service, .. } => format!("the keys of {service}"),
            Self::Volume { key, .. } => format!("volume {key}"),
            Self::Files { object, wanted: Some(path), .. } => format!("{path} of {}", part_name(&object.component)),
            Self::Files { object, .. } => format!("files of {}", part_name(&object.component)),
        }
    }

    /// The objects that it is read from.
    pub fn objects(&self) -> Vec<&ObjectName> {
        match self {
            Self::Database { object, globals, .. } => std::iter::once(object).chain(globals).collect(),
            Self::Redis { object, .. } | Self::Volume { object, .. } | Self::Files { object, .. } => vec![object],
        }
    }
}

/// The name by which people choose a part of a set.
pub fn part_name(component: &Component) -> &str {
    match component {
        Component::Database(name) | Component::Globals(name) | Component::Redis(name) | Component::Volume(name) => name.as_str(),
        Component::Config => "config",
        Component::Secrets => "secrets",
        Component::Index => "index",
    }
}

/// A step; numbers are places in [`Record::items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Back up what is there. Not taken back.
    SafetyCopy,
    /// Put the part beside the live one, and compare it with the set. Taken back by removing it.
    Stage(usize),
    /// Stop the services, dependents first. Taken back by starting them.
    Stop,
    /// Put the part in the live one's place. Taken back by putting the old one back.
    Swap(usize),
    /// Start Redis with its new files, and compare its keys. Taken back by what takes the swap back.
    Revive(usize),
    /// Start the services in health order. Taken back by stopping them.
    Start,
}

/// Where a restore is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To the restored data.
    Forward,
    /// Back to the old data.
    Back,
    /// Nowhere: the restored data is live, and the old data kept.
    Done,
    /// The old data is being removed.
    Confirming,
}

/// A restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u32,
    /// Its name.
    pub id: RestoreId,
    /// The project whose data is replaced; empty where only the deployment directory is.
    pub project: String,
    /// The stack that the set is of.
    pub stack: String,
    /// The set.
    pub set: SetId,
    /// The target's name, or the directory that the set was read from.
    pub from: String,
    /// When it was begun.
    pub begun: DateTime<Utc>,
    /// Who began it.
    pub by: String,
    /// What is restored.
    pub items: Vec<Item>,
    /// The services that are stopped for it and started again: those that ran.
    pub services: BTreeSet<ServiceName>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// How many of these are done.
    pub at: usize,
    /// The step at that place has begun, or has begun to be taken back.
    pub under_way: bool,
    /// Where it is going.
    pub way: Way,
    /// The set with what was there before.
    pub safety: Option<SetId>,
    /// Why it turned back.
    pub failure: Option<String>,
}

impl Record {
    /// Whether the services may run at this place: before they are stopped, and from their start on.
    pub fn is_between(&self) -> bool {
        let place = |wanted: Step| self.steps.iter().position(|step| *step == wanted);
        match (place(Step::Stop), place(Step::Start)) {
            (Some(stop), Some(start)) => self.at > stop && self.at < start,
            _ => false,
        }
    }

    /// Whether live data has been touched, or may have been.
    pub fn has_touched(&self) -> bool {
        let first = self.steps.iter().position(|step| matches!(step, Step::Stop | Step::Swap(_)));
        first.is_some_and(|first| self.at > first || self.at == first && self.under_way)
    }

    /// What a step does, as a verb and its object.
    pub fn words(&self, step: Step) -> (&'static str, String) {
        let item = |index: usize| self.items.get(index).map(Item::describe).unwrap_or_default();
        let services = || self.services.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match step {
            Step::SafetyCopy => ("back up", "what is there now".to_owned()),
            Step::Stage(index) => ("restore", format!("{} beside the live data", item(index))),
            Step::Stop => ("stop", services()),
            Step::Swap(index) => ("exchange", item(index)),
            Step::Revive(index) => ("start", format!("Redis with {}", item(index))),
            Step::Start => ("start", services()),
        }
    }

    /// Why a step is there.
    pub fn cause(step: Step) -> &'static str {
        match step {
            Step::SafetyCopy => "so that what is lost by this can be had again",
            Step::Stage(_) => "nothing live is touched before all of it is there and compared with the backup",
            Step::Stop => "nobody may write while data is exchanged",
            Step::Swap(_) => "by renames; what was there is kept",
            Step::Revive(_) => "it must have all of its keys before anybody uses it",
            Step::Start => "in health order; if they do not become healthy, the old data comes back",
        }
    }

    /// Where it is, for people.
    pub fn standing(&self) -> String {
        let all = self.steps.len();
        match self.way {
            Way::Done => "done; the old data is kept until it is confirmed".to_owned(),
            Way::Confirming => "confirmed; the old data is being removed".to_owned(),
            Way::Forward => format!("cut off after {} of {all} steps", self.at),
            Way::Back => format!("cut off on its way back, {} of {all} steps from the old data", self.at),
        }
    }
}
