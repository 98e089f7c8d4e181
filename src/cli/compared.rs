//! What an attempt at a release differs in from the release that is current: after a failure, where to look first. Tells
//! names, images and limits; values of variables and secrets it never sees.

use std::collections::BTreeMap;

use crate::model::{Bytes, Observed, ServiceName, is_put_aside};
use crate::plan::{Action, Plan};
use crate::state::{Names, Pair, Release, ReleaseDiff, ServiceDiff};

/// How many lines are told; a screen has room for little more.
const LINES: usize = 8;

/// An attempt beside what is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The number of the release that is current.
    pub release: u64,
    /// Its version.
    pub version: Option<String>,
    /// What the attempt changed, one line a service or kind of thing.
    pub changes: Vec<String>,
}

/// Most memory that a service's containers may use, before and after; the services where it changes.
pub type Limits = BTreeMap<ServiceName, Pair<Option<Bytes>>>;

/// The limits that `plan` changes.
pub fn limits(observed: &Observed, plan: &Plan) -> Limits {
    let mut found = Limits::new();
    for step in &plan.steps {
        let Action::CreateContainer { spec } = &step.action else { continue };
        let Some(service) = spec.labels.get(crate::model::label::COMPOSE_SERVICE).and_then(|s| s.parse::<ServiceName>().ok())
        else {
            continue;
        };
        let runs = |c: &&crate::model::ObservedContainer| {
            c.service().as_ref() == Some(&service) && c.state.is_running() && !is_put_aside(&c.name)
        };
        let Some(there) = observed.containers.iter().find(runs) else { continue };
        let (from, to) = (there.resources.memory, spec.resources.memory);
        if from != to {
            found.insert(service, Pair { from, to });
        }
    }
    found
}

impl Compared {
    /// Compares `attempted` with `current`.
    pub fn of(current: &Release, attempted: &Release, limits: &Limits) -> Self {
        let diff = ReleaseDiff::of(current, attempted);
        let mut changes: Vec<_> = diff.services.iter().filter_map(|s| service(s, limits.get(&s.name))).collect();
        changes.extend(diff.services_added.iter().map(|name| format!("{name}: a new service")));
        changes.extend(diff.services_removed.iter().map(|name| format!("{name}: not there any more")));
        for (kind, of_kind) in [("secrets", &diff.secrets), ("configs", &diff.configs)] {
            changes.extend((!of_kind.is_empty()).then(|| format!("{kind}: {}", names(of_kind))));
        }
        if changes.is_empty() {
            changes.push("nothing that the records tell".into());
        } else if changes.len() > LINES {
            let more = changes.len() - (LINES - 1);
            changes.truncate(LINES - 1);
            changes.push(format!("and {more} more"));
        }
        Self { release: current.number, version: current.version.clone(), changes }
    }

    /// The release that is current, for people.
    pub fn name(&self) -> String {
        match &self.version {
            Some(version) => format!("{version} (release {})", self.release),
            None => format!("release {}", self.release),
        }
    }
}

fn service(diff: &ServiceDiff, memory: Option<&Pair<Option<Bytes>>>) -> Option<String> {
    let mut parts = Vec::new();
    match (&diff.image, &diff.image_id) {
        (Some(image), _) => parts.push(format!("image {} becomes {}", image.from, image.to)),
        (None, Some(content)) => {
            let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "unknown".into());
            parts.push(format!("its tag is another image now: {} becomes {}", id(&content.from), id(&content.to)));
        }
        (None, None) => {}
    }
    if let Some(replicas) = &diff.replicas {
        parts.push(format!("{} replicas become {}", replicas.from, replicas.to));
    }
    if let Some(memory) = memory {
        let limit = |limit: &Option<Bytes>| limit.map_or_else(|| "none".into(), |bytes| bytes.to_string());
        parts.push(format!("memory limit {} becomes {}", limit(&memory.from), limit(&memory.to)));
    }
    let environment = diff.environment.as_ref().filter(|names| !names.is_empty());
    parts.extend(environment.map(|of| format!("variables {}", names(of))));
    if parts.is_empty() && diff.settings {
        parts.push("other settings".into());
    }
    (!parts.is_empty()).then(|| format!("{}: {}", diff.name, parts.join("; ")))
}

fn names(names: &Names) -> String {
    let part = |names: &[String], what: &str| (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")));
    let parts = [part(&names.added, "added"), part(&names.removed, "removed"), part(&names.changed, "changed")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        serde_json::from_slice(include_bytes!("../../tests/fixtures/release-schema-1.json")).unwrap()
    }

    fn changes(change: impl FnOnce(&mut Release), limits: &Limits) -> Vec<String> {
        let mut attempted = release();
        change(&mut attempted);
        Compared::of(&release(), &attempted, limits).changes
    }

    fn api(release: &mut Release) -> &mut crate::state::ReleaseService {
        release.services.get_mut("api").unwrap()
    }

    #[test]
    fn one_line_a_service() {
        let limits = [("api".parse().unwrap(), Pair { from: None, to: Some(Bytes::mib(64)) })].into();
        let change = |release: &mut Release| {
            api(release).image = "shop/api:v2".into();
            api(release).replicas = 3;
        };
        let told = changes(change, &limits);
        let from = &release().services["api"].image;
        let line = format!("api: image {from} becomes shop/api:v2; 2 replicas become 3; memory limit none becomes 64 MiB");
        assert_eq!(told, [line]);
    }

    #[test]
    fn a_tag_that_was_moved_is_told() {
        let told = changes(|release| api(release).image_id = None, &Limits::new());
        assert!(told[0].starts_with("api: its tag is another image now: ") && told[0].ends_with(" becomes unknown"), "{told:?}");
    }

    #[test]
    fn names_are_told_and_no_values() {
        let names = Names { added: vec!["A".into(), "B".into()], removed: Vec::new(), changed: vec!["C".into()] };
        assert_eq!(super::names(&names), "A, B added, C changed");
        assert_eq!(changes(|_| (), &Limits::new()), ["nothing that the records tell"]);
    }

    #[test]
    fn it_stays_short() {
        let many = |release: &mut Release| {
            let one = api(release).clone();
            release.services.extend((0..20).map(|n| (format!("extra-{n:02}").parse().unwrap(), one.clone())));
        };
        let told = changes(many, &Limits::new());
        assert_eq!((told.len(), told.last().map(String::as_str)), (LINES, Some("and 13 more")));
    }
}
