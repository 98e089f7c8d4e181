//! From what is there to what is wanted: the plan of `deploy`.
//!
//! In the order of the files: refuse what cannot be, pull, networks with their addresses, volumes with what must be in
//! them, services and jobs in the order of what waits for what, traffic, tidying, the record.

mod dump;
mod files;
mod finish;
mod jobs;
mod names;
mod networks;
mod order;
mod orphan;
mod refuse;
mod replace;
mod routing;
mod services;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    time::Duration,
};

use super::{
    Note, Plan, PlanError,
    address::Slots,
    build::Builder,
    container::{Circumstances, specification},
    file_sets::{self, ServiceFiles},
    place::Leftover,
    rollout::Way,
};
use crate::model::{
    ContainerSpec, Contents, Healthcheck, ImageId, Ingress, Labels, Observed, ObservedContainer, Service, ServiceName, Stack,
    ingress_volume, label,
};

/// How long a gate waits when nothing is declared: the engine's three checks of 30 seconds.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(90);

/// What the operator chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployOptions {
    /// Images with `pull_policy: always` have been pulled already.
    pub pulled: bool,
    /// How long each gate waits, in place of what the health checks say.
    pub patience: Option<Duration>,
    /// Get images anew although the engine has some of that name, but for those of databases.
    pub refresh: bool,
    /// Migrate without a dump of the database.
    pub no_backup: bool,
    /// How replicas that serve are replaced.
    pub way: Way,
    /// Images by reference whose name leads elsewhere by now: containers are created from this content.
    pub pinned: BTreeMap<String, ImageId>,
    /// Identifiers of the orphans (`orphans`) that somebody has agreed to remove.
    pub orphans: BTreeSet<String>,
}

pub use dump::DUMPED_BEFORE;
pub use orphan::orphans;

/// Which part of the stack is planned.
enum Scope {
    /// All of it, and what is there too much goes.
    Everything,
    /// These services, the migration among them once more, whether or not it has run. Nothing else is touched.
    Migration(BTreeSet<ServiceName>),
}

/// The labels of an object of this project.
pub(super) fn own_labels(stack: &Stack, role: &str, compose: Option<(&str, &str)>, user: &Labels) -> Labels {
    let mut labels = user.clone();
    labels.insert(label::PROJECT.into(), stack.project.to_string());
    labels.insert(label::ROLE.into(), role.into());
    if let Some((name, key)) = compose {
        labels.insert(label::COMPOSE_PROJECT.into(), stack.project.to_string());
        labels.insert(name.into(), key.into());
    }
    labels
}

struct Deploy<'a> {
    stack: &'a Stack,
    observed: &'a Observed,
    contents: &'a Contents,
    options: &'a DeployOptions,
    scope: Scope,
    builder: Builder,
    slots: BTreeMap<String, Slots>,
    files: BTreeMap<ServiceName, ServiceFiles>,
    ingress: Option<(&'a Service, &'a Ingress)>,
    addresses: BTreeMap<(ServiceName, u32), BTreeMap<String, Ipv4Addr>>,
    upstreams: Option<String>,
    routing: routing::Routing,
    /// A container of each service planned so far, by the name that it has until the end.
    running: BTreeMap<ServiceName, String>,
    /// The container specifications that the release is made of, by name.
    made: BTreeMap<String, String>,
    /// What somebody should know before it is carried out.
    notes: Vec<Note>,
}

/// What is left to do when everything that is wanted runs.
#[derive(Default)]
struct Rest {
    leftovers: Vec<Leftover>,
    settlements: Vec<names::Settlement>,
}

/// Plans to bring `stack` about where `observed` is.
pub fn deploy(stack: &Stack, observed: &Observed, contents: &Contents, options: &DeployOptions) -> Result<Plan, PlanError> {
    Deploy::new(stack, observed, contents, options, Scope::Everything).plan()
}

/// Plans the way back to `stack`, which was chosen when the current release and the highest number were `chosen`.
///
/// # Errors
/// [`PlanError::Overtaken`] when the history went on since then: the choice may be another one now.
pub fn way_back(
    stack: &Stack,
    observed: &Observed,
    contents: &Contents,
    options: &DeployOptions,
    chosen: (Option<u64>, u64),
) -> Result<Plan, PlanError> {
    if (observed.kept.release, observed.kept.last) != chosen {
        return Err(PlanError::Overtaken { project: stack.project.clone() });
    }
    deploy(stack, observed, contents, &DeployOptions { pulled: true, way: Way::Returning, ..options.clone() })
}

/// Plans to run the migration, whether or not it has run, with what it needs.
pub fn migrate(stack: &Stack, observed: &Observed, contents: &Contents, options: &DeployOptions) -> Result<Plan, PlanError> {
    let mut part: BTreeSet<_> = stack.services.values().filter(|s| s.migration.is_some()).map(|s| s.name.clone()).collect();
    if part.is_empty() {
        return Err(PlanError::NoMigration);
    }
    for job in part.clone() {
        order::needs(stack, &job, &mut part);
    }
    Deploy::new(stack, observed, contents, options, Scope::Migration(part)).plan()
}

impl<'a> Deploy<'a> {
    fn new(stack: &'a Stack, observed: &'a Observed, contents: &'a Contents, options: &'a DeployOptions, scope: Scope) -> Self {
        Self {
            stack,
            observed,
            contents,
            options,
            scope,
            builder: Builder::default(),
            slots: BTreeMap::new(),
            files: BTreeMap::new(),
            ingress: stack.services.values().find_map(|s| s.ingress.as_ref().map(|i| (s, i))),
            addresses: BTreeMap::new(),
            upstreams: None,
            routing: routing::Routing::default(),
            running: BTreeMap::new(),
            made: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    fn plan(mut self) -> Result<Plan, PlanError> {
        self.refuse()?;
        self.group_files()?;
        self.refuse_changed_passwords()?;
        self.pull();
        let networks = self.create_networks()?;
        if matches!(self.scope, Scope::Everything) {
            self.refuse_unreachable()?;
        }
        self.assign_addresses()?;
        self.upstreams = self.render_upstreams();
        self.find_routing();
        let mut ready = self.volumes_and_files()?;
        ready.extend(networks);
        let rest = self.services(&ready)?;
        self.finish_up(rest);
        let notes = self.notes();
        let (project, version) = (self.stack.project.clone(), self.stack.version.clone());
        Ok(Plan { project, version, steps: self.builder.finish(), notes })
    }

    fn in_scope(&self, service: &ServiceName) -> bool {
        match &self.scope {
            Scope::Everything => true,
            Scope::Migration(part) => part.contains(service),
        }
    }

    /// The services that are planned, by name.
    fn planned(&self) -> Vec<&'a Service> {
        self.stack.services.values().filter(|s| self.in_scope(&s.name)).collect()
    }

    fn group_files(&mut self) -> Result<(), PlanError> {
        for service in self.planned() {
            let except = self.ingress.filter(|(s, _)| s.name == service.name).map(|(_, i)| i.config.as_str());
            let files = file_sets::group(&self.stack.project, service, self.contents, self.observed, except)?;
            self.files.insert(service.name.clone(), files);
        }
        Ok(())
    }

    /// A container of a service in full, under its proper name.
    fn spec(&self, service: &Service, number: u32, role: &'static str) -> ContainerSpec {
        let name = match (&service.container_name, role) {
            (_, "verify") => format!("{}-{}-verify", self.stack.project, service.name),
            (Some(name), _) => name.clone(),
            (None, _) => format!("{}-{}-{number}", self.stack.project, service.name),
        };
        let is_ingress = self.ingress.is_some_and(|(s, _)| s.name == service.name);
        let upstreams = self.upstream_file().filter(|_| is_ingress);
        let mut spec = specification(
            self.stack,
            service,
            Circumstances {
                files: self.files.get(&service.name).map_or(&[], |f| f.sets.as_slice()),
                upstreams: upstreams.clone().map(|(directory, _)| (directory, ingress_volume(&self.stack.project))),
                addresses: self.addresses.get(&(service.name.clone(), number)).cloned().unwrap_or_default(),
                role,
                number,
                name,
            },
        );
        if let Some((directory, name)) = upstreams {
            spec.labels.insert(label::UPSTREAMS.into(), format!("{directory}/{name}"));
        }
        if let Some(id) = self.options.pinned.get(&spec.image) {
            spec.image = id.to_string();
        }
        spec
    }

    /// The tool's containers of a service that are there in one of these roles.
    fn there(&self, service: &ServiceName, roles: &[&str]) -> Vec<&'a ObservedContainer> {
        let ours = |c: &&ObservedContainer| c.is_of(&self.stack.project) && c.role().is_some_and(|role| roles.contains(&role));
        self.observed.containers.iter().filter(ours).filter(|c| c.service().as_ref() == Some(service)).collect()
    }

    /// Notes that a container of this form is part of the release.
    fn note_made(&mut self, spec: &ContainerSpec) {
        let hash = spec.labels.get(label::CONFIG_HASH).cloned().unwrap_or_default();
        let image = self.observed.images.get(&spec.image).map(|i| i.id.to_string()).unwrap_or_default();
        self.made.insert(spec.name.clone(), format!("{hash} {image}"));
    }

    fn patience(&self, service: &Service) -> Duration {
        let declared = service.healthcheck.as_ref().map(Healthcheck::patience);
        self.options.patience.or(declared).unwrap_or(DEFAULT_PATIENCE)
    }
}
