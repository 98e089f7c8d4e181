//! What changed between two releases. Pure; tells names and versions, never values.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Release, ReleaseService};
use crate::model::ServiceName;

/// One value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// Before.
    pub from: T,
    /// After.
    pub to: T,
}

fn pair<T: PartialEq>(from: T, to: T) -> Option<Pair<T>> {
    (from != to).then_some(Pair { from, to })
}

/// Names that came, went, or stand for something else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// Only after.
    pub added: Vec<String>,
    /// Only before.
    pub removed: Vec<String>,
    /// In both, and not the same.
    pub changed: Vec<String>,
}

impl Names {
    fn of<K: Ord + ToString, V: PartialEq>(from: &BTreeMap<K, V>, to: &BTreeMap<K, V>) -> Self {
        let only = |these: &BTreeMap<K, V>, those: &BTreeMap<K, V>| {
            these.keys().filter(|name| !those.contains_key(*name)).map(ToString::to_string).collect()
        };
        let changed = from.iter().filter(|(name, value)| to.get(*name).is_some_and(|other| other != *value));
        Self { added: only(to, from), removed: only(from, to), changed: changed.map(|(name, _)| name.to_string()).collect() }
    }

    /// Whether nothing came, went or changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// What changed of one service that is in both releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceDiff {
    /// The service.
    pub name: ServiceName,
    /// The image as it is written.
    pub image: Option<Pair<String>>,
    /// The image's content; with the same `image`, its tag was moved.
    pub image_id: Option<Pair<Option<String>>>,
    /// Containers.
    pub replicas: Option<Pair<u32>>,
    /// Variables; `None` when one of the records does not tell them.
    pub environment: Option<Names>,
    /// Anything that its containers are created from, the above but for image and replicas included.
    pub settings: bool,
}

impl ServiceDiff {
    fn of(name: &ServiceName, from: &ReleaseService, to: &ReleaseService) -> Option<Self> {
        let id = |s: &ReleaseService| s.image_id.as_ref().map(|id| id.short().to_owned());
        let environments = from.environment.as_ref().zip(to.environment.as_ref());
        let diff = Self {
            name: name.clone(),
            image: pair(from.image.clone(), to.image.clone()),
            image_id: pair(id(from), id(to)),
            replicas: pair(from.replicas, to.replicas),
            environment: environments.map(|(from, to)| Names::of(from, to)),
            settings: from.config_hash().zip(to.config_hash()).is_some_and(|(from, to)| from != to),
        };
        let same = diff.image.is_none()
            && diff.image_id.is_none()
            && diff.replicas.is_none()
            && diff.environment.as_ref().is_none_or(Names::is_empty)
            && !diff.settings;
        (!same).then_some(diff)
    }
}

/// What changed between two releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseDiff {
    /// The application's version.
    pub version: Option<Pair<Option<String>>>,
    /// Services that came.
    pub services_added: Vec<ServiceName>,
    /// Services that went.
    pub services_removed: Vec<ServiceName>,
    /// Services that are in both and not the same.
    pub services: Vec<ServiceDiff>,
    /// Secrets, by version.
    pub secrets: Names,
    /// Configs, by version.
    pub configs: Names,
    /// What the migration's check said of the database.
    pub schema_head: Option<Pair<Option<String>>>,
}

impl ReleaseDiff {
    /// What changed on the way from one release to another.
    pub fn of(from: &Release, to: &Release) -> Self {
        let names = |release: &Release| release.services.keys().cloned().collect::<BTreeSet<_>>();
        let (before, after) = (names(from), names(to));
        let both = from.services.iter().filter_map(|(name, service)| Some((name, service, to.services.get(name)?)));
        Self {
            version: pair(from.version.clone(), to.version.clone()),
            services_added: after.difference(&before).cloned().collect(),
            services_removed: before.difference(&after).cloned().collect(),
            services: both.filter_map(|(name, from, to)| ServiceDiff::of(name, from, to)).collect(),
            secrets: Names::of(&from.secrets, &to.secrets),
            configs: Names::of(&from.configs, &to.configs),
            schema_head: pair(from.schema_head.clone(), to.schema_head.clone()),
        }
    }

    /// Whether the two are made of the same.
    pub fn is_empty(&self) -> bool {
        self.version.is_none()
            && self.services_added.is_empty()
            && self.services_removed.is_empty()
            && self.services.is_empty()
            && self.secrets.is_empty()
            && self.configs.is_empty()
            && self.schema_head.is_none()
    }
}
