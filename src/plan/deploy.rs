//! From what is there to what is wanted: the plan of `deploy`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Action, Note, Plan, PlanError, Staged, StagedContent, StagedFile, StepId,
    address::{Slots, dynamic_range, free_subnet},
    build::Builder,
    change,
    container::{Circumstances, specification},
    file_sets::{self, ServiceFiles},
    slot::{self, Gates},
};
use crate::ingress::render;
use crate::model::{
    ContainerSpec, ContainerState, Contents, DependencyCondition, FileOrigin, HOLDER_IMAGE, Healthcheck, Ingress, Labels, Mount,
    MountSource, Network, NetworkSpec, Observed, ObservedContainer, PullPolicy, Service, ServiceName, Stack, SubnetChoice,
    VolumeName, VolumeOwner, VolumeSpec, ingress_volume, label, stage_holder, state_holder, state_volume,
};

/// How long one attempt of a job may take.
const JOB_PATIENCE: Duration = Duration::from_secs(600);
/// How long a gate waits when nothing is declared: the engine's three checks of 30 seconds.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(90);
/// What the operator chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployOptions {
    /// Images with `pull_policy: always` have been pulled already.
    pub pulled: bool,
    /// How long each gate waits, in place of what the health checks say.
    pub patience: Option<Duration>,
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

/// Services in an order in which each comes after what it waits for.
fn start_order(stack: &Stack) -> Result<Vec<&Service>, PlanError> {
    let mut order = Vec::new();
    let mut placed = BTreeSet::new();
    while order.len() < stack.services.len() {
        let ready: Vec<_> = stack
            .services
            .values()
            .filter(|s| !placed.contains(&s.name))
            .filter(|s| s.depends_on.keys().all(|d| placed.contains(d) || !stack.services.contains_key(d)))
            .collect();
        if ready.is_empty() {
            let left: Vec<_> = stack.services.keys().filter(|name| !placed.contains(*name)).map(ToString::to_string).collect();
            return Err(PlanError::Cycle(left.join(", ")));
        }
        placed.extend(ready.iter().map(|s| s.name.clone()));
        order.extend(ready);
    }
    Ok(order)
}

/// Everything that a service needs, directly or through others.
pub(super) fn needs(stack: &Stack, name: &ServiceName, found: &mut BTreeSet<ServiceName>) {
    if let Some(service) = stack.services.get(name) {
        for dependency in service.depends_on.keys() {
            if found.insert(dependency.clone()) {
                needs(stack, dependency, found);
            }
        }
    }
}

struct Deploy<'a> {
    stack: &'a Stack,
    observed: &'a Observed,
    contents: &'a Contents,
    options: &'a DeployOptions,
    builder: Builder,
    networks: Vec<StepId>,
    slots: BTreeMap<String, Slots>,
    files: BTreeMap<ServiceName, ServiceFiles>,
    ingress: Option<(&'a Service, &'a Ingress)>,
    addresses: BTreeMap<(ServiceName, u32), BTreeMap<String, std::net::Ipv4Addr>>,
}

/// Plans to bring `stack` about where `observed` is.
pub fn deploy(stack: &Stack, observed: &Observed, contents: &Contents, options: &DeployOptions) -> Result<Plan, PlanError> {
    let ingress = stack.services.values().find_map(|s| s.ingress.as_ref().map(|i| (s, i)));
    let mut deploy = Deploy {
        stack,
        observed,
        contents,
        options,
        builder: Builder::default(),
        networks: Vec::new(),
        slots: BTreeMap::new(),
        files: BTreeMap::new(),
        ingress,
        addresses: BTreeMap::new(),
    };
    deploy.refuse_foreign()?;
    for service in stack.services.values() {
        let except = ingress.filter(|(s, _)| s.name == service.name).map(|(_, i)| i.config.as_str());
        let files = file_sets::group(&stack.project, service, contents, observed, except)?;
        deploy.files.insert(service.name.clone(), files);
    }
    deploy.refuse_changed_passwords()?;
    deploy.pull();
    deploy.create_networks()?;
    deploy.assign_addresses()?;
    let upstreams = deploy.upstreams();
    let ready = deploy.volumes_and_files(upstreams.as_deref())?;
    deploy.services(&ready, upstreams.as_deref())?;
    let notes = deploy.notes();
    if deploy.builder.changes() {
        let ends = deploy.builder.ends();
        deploy.builder.add(Action::Record { upstreams }, "so that it can be returned to", ends);
    }
    Ok(Plan { project: stack.project.clone(), version: stack.version.clone(), steps: deploy.builder.finish(), notes })
}

impl<'a> Deploy<'a> {
    fn refuse_foreign(&self) -> Result<(), PlanError> {
        let project = &self.stack.project;
        let foreign = self
            .observed
            .containers
            .iter()
            .find(|c| !c.is_ours() && c.service().is_some_and(|s| self.stack.services.contains_key(&s)));
        if let Some(container) = foreign {
            let hint = format!(
                "look at it with `docker inspect {}`; `docker compose -p {project} down` removes the containers and keeps the volumes",
                container.name
            );
            return Err(PlanError::Foreign { kind: "container", name: container.name.clone(), hint });
        }
        for network in self.stack.networks.values().filter(|n| !n.external) {
            let there = self.observed.networks.get(network.name.as_str());
            if there.is_some_and(|n| n.labels.get(label::PROJECT).map(String::as_str) != Some(project.as_str())) {
                let hint =
                    format!("give this stack another network name, or remove that one with `docker network rm {}`", network.name);
                return Err(PlanError::Foreign { kind: "network", name: network.name.to_string(), hint });
            }
        }
        let missing = |kind, name: &str| Err(PlanError::MissingExternal { kind, name: name.to_owned() });
        for network in self.stack.networks.values().filter(|n| n.external) {
            if !self.observed.networks.contains_key(network.name.as_str()) {
                return missing("network", network.name.as_str());
            }
        }
        for volume in self.stack.volumes.values().filter(|v| v.external) {
            if !self.observed.volumes.contains_key(volume.name.as_str()) {
                return missing("volume", volume.name.as_str());
            }
        }
        Ok(())
    }

    /// PostgreSQL keeps the password that its data directory was made with, whatever the file says later.
    fn refuse_changed_passwords(&self) -> Result<(), PlanError> {
        for service in self.stack.services.values() {
            let Some(Some(path)) = service.environment.get("POSTGRES_PASSWORD_FILE") else { continue };
            let secret = service.files.iter().find_map(|f| match &f.origin {
                FileOrigin::Secret(name) if f.target == *path => Some(name),
                _ => None,
            });
            let data = service.mounts.iter().find_map(|m| match &m.source {
                MountSource::Volume(name) if self.observed.volumes.contains_key(name.as_str()) => Some(name),
                _ => None,
            });
            let (Some(secret), Some(data)) = (secret, data) else { continue };
            let (kept, given) = (self.observed.kept.secrets.get(secret), self.contents.secrets.get(secret));
            if kept.is_some() && kept != given {
                return Err(PlanError::PasswordOfExistingData { secret: secret.to_string(), volume: data.to_string() });
            }
        }
        Ok(())
    }

    fn pull(&mut self) {
        let mut seen = BTreeSet::new();
        for service in self.stack.services.values() {
            let there = self.observed.images.contains_key(&service.image.to_string());
            let cause = match service.pull_policy {
                PullPolicy::Missing if !there => "the engine does not have it",
                PullPolicy::Always if !self.options.pulled => "its pull policy is `always`",
                _ => continue,
            };
            if seen.insert(service.image.clone()) {
                self.builder.add(Action::Pull { image: service.image.clone() }, cause, []);
            }
        }
    }

    fn create_networks(&mut self) -> Result<(), PlanError> {
        let pulls = self.builder.all();
        let mut taken = Vec::new();
        for (key, network) in &self.stack.networks {
            let name = network.name.as_str();
            if let Some(there) = self.observed.networks.get(name) {
                if let Some(slots) = Slots::observed(there, self.observed) {
                    self.slots.insert(name.to_owned(), slots);
                }
                continue;
            }
            let (subnet, ip_range) = match network.subnet {
                SubnetChoice::Engine => (None, None),
                SubnetChoice::Auto => {
                    let subnet = free_subnet(self.observed, &taken, name)?;
                    (Some(subnet), Some(dynamic_range(subnet, name)?))
                }
                SubnetChoice::Fixed(subnet) => (Some(subnet), Some(dynamic_range(subnet, name)?)),
            };
            if let Some(subnet) = subnet {
                taken.push(subnet);
                self.slots.insert(name.to_owned(), Slots::planned(name, subnet)?);
            }
            let spec = self.network_spec(key, network, subnet, ip_range);
            let id = self.builder.add(Action::CreateNetwork { spec }, "it is not there yet", pulls.iter().copied());
            self.networks.push(id);
        }
        Ok(())
    }

    fn network_spec(
        &self,
        key: &str,
        network: &Network,
        subnet: Option<ipnet::Ipv4Net>,
        ip_range: Option<ipnet::Ipv4Net>,
    ) -> NetworkSpec {
        NetworkSpec {
            name: network.name.to_string(),
            labels: own_labels(self.stack, "network", Some((label::COMPOSE_NETWORK, key)), &network.labels),
            driver: network.driver.clone(),
            driver_opts: network.driver_opts.clone(),
            internal: network.internal,
            subnet,
            ip_range,
        }
    }

    /// The network over which the ingress reaches a service: one that both are in, with fixed addresses.
    fn shared_network(&self, service: &Service) -> Option<String> {
        let (ingress, _) = self.ingress?;
        let shared = service.networks.keys().filter(|key| ingress.networks.contains_key(*key));
        let mut names = shared.filter_map(|key| self.stack.networks.get(key)).map(|n| n.name.to_string());
        names.find(|name| self.slots.contains_key(name))
    }

    fn assign_addresses(&mut self) -> Result<(), PlanError> {
        let Some((_, ingress)) = self.ingress else { return Ok(()) };
        let routed: BTreeSet<_> = ingress.routes.iter().map(|r| r.service.clone()).collect();
        for name in routed {
            let Some(service) = self.stack.services.get(&name) else { continue };
            let Some(network) = self.shared_network(service) else { continue };
            for number in 1..=service.replicas {
                if let Some(slots) = self.slots.get_mut(&network) {
                    let address = slots.address(name.as_str(), number)?;
                    self.addresses.entry((name.clone(), number)).or_default().insert(network.clone(), address);
                }
            }
        }
        Ok(())
    }

    fn upstreams(&self) -> Option<String> {
        let (_, ingress) = self.ingress?;
        let servers: Vec<_> = ingress
            .routes
            .iter()
            .map(|route| {
                let replicas = self.stack.services.get(&route.service).map_or(0, |s| s.replicas);
                let fixed: Vec<_> = (1..=replicas)
                    .filter_map(|n| self.addresses.get(&(route.service.clone(), n)))
                    .flat_map(|by_network| by_network.values().map(ToString::to_string))
                    .collect();
                // Without fixed addresses the names are all that is known before the containers run.
                if fixed.is_empty() { vec![route.service.to_string()] } else { fixed }
            })
            .collect();
        Some(render::upstreams(&ingress.routes, &servers))
    }

    fn upstream_file(&self) -> Option<(String, String)> {
        let (service, ingress) = self.ingress?;
        let entry = service.files.iter().find(|f| f.origin == FileOrigin::Config(ingress.config.clone()))?;
        let (directory, name) = entry.target.rsplit_once('/')?;
        Some((directory.to_owned(), name.to_owned()))
    }

    /// Volumes with what must be in them; returns what a container waits for before it can be created.
    fn volumes_and_files(&mut self, upstreams: Option<&str>) -> Result<Vec<StepId>, PlanError> {
        let mut ready = Vec::new();
        let mut staged = Vec::new();
        // A container that mounts a volume was created after it was filled: that is how a fill cut short is noticed.
        let in_use: BTreeSet<&str> = self.observed.containers.iter().flat_map(|c| c.volumes.iter().map(String::as_str)).collect();
        let pulls: Vec<_> = self.builder.all().into_iter().filter(|id| !self.networks.contains(id)).collect();
        let create = |builder: &mut Builder, spec: VolumeSpec, observed: &Observed, cause: &str| {
            if observed.volumes.contains_key(&spec.name) {
                return None;
            }
            Some(builder.add(Action::CreateVolume { spec }, cause, pulls.iter().copied()))
        };
        let plain = |name: &str, role| VolumeSpec {
            name: name.to_owned(),
            labels: own_labels(self.stack, role, None, &Labels::new()),
            driver: None,
            driver_opts: BTreeMap::new(),
        };
        for (key, volume) in self.stack.volumes.iter().filter(|(_, v)| !v.external) {
            let spec = VolumeSpec {
                name: volume.name.to_string(),
                labels: own_labels(self.stack, "data", Some((label::COMPOSE_VOLUME, key)), &volume.labels),
                driver: volume.driver.clone(),
                driver_opts: volume.driver_opts.clone(),
            };
            ready.extend(create(&mut self.builder, spec, self.observed, "it is not there yet"));
            if let Some(owner) = volume.owner
                && !in_use.contains(volume.name.as_str())
            {
                staged.push(Staged { volume: volume.name.to_string(), owner, files: Vec::new() });
            }
        }
        for (service, files) in &self.files {
            for set in &files.staged {
                let cause = format!("secrets and configs of {service}");
                ready.extend(create(&mut self.builder, plain(&set.volume, "files"), self.observed, &cause));
                if !in_use.contains(set.volume.as_str()) {
                    staged.push(set.clone());
                }
            }
        }
        if let (Some((service, _)), Some((_, name)), Some(text)) = (self.ingress, self.upstream_file(), upstreams) {
            let volume = ingress_volume(&self.stack.project);
            ready.extend(create(
                &mut self.builder,
                plain(&volume, "ingress"),
                self.observed,
                "where the ingress finds its upstreams",
            ));
            if !in_use.contains(volume.as_str()) {
                let (uid, gid) = file_sets::owner(service, &service.image, self.observed)?;
                let content = StagedContent::Rendered(text.to_owned());
                let file = StagedFile { name, content, uid, gid, mode: 0o644 };
                // nginx's user owns the directory: a new file takes the old one's place by a rename in the container.
                staged.push(Staged { volume, owner: VolumeOwner { uid, gid, mode: 0o755 }, files: vec![file] });
            }
        }
        if !self.observed.kept.ready {
            let action = self.init_state();
            // Not in `ready`: containers need not wait for it, the record does.
            self.builder.add(action, "keeps records, secret versions and configuration with the engine", pulls.iter().copied());
        }
        if !staged.is_empty() {
            let holder = self.holder("stage", stage_holder(&self.stack.project), staged.iter().map(|s| s.volume.as_str()));
            let action = Action::Stage { holder: Box::new(holder), volumes: staged };
            let after = ready.iter().chain(&pulls).copied().collect::<Vec<_>>();
            // It waits for every volume, so waiting for it is waiting for all of them.
            ready = vec![self.builder.add(action, "owners, secrets and configs", after)];
        }
        ready.extend(self.networks.iter().copied());
        if ready.is_empty() {
            ready = pulls;
        }
        Ok(ready)
    }

    fn holder<'v>(&self, role: &str, name: String, volumes: impl Iterator<Item = &'v str>) -> ContainerSpec {
        let mounts = volumes
            .filter_map(|name| name.parse::<VolumeName>().ok())
            .map(|name| Mount { target: format!("/{name}"), source: MountSource::Volume(name), read_only: false })
            .collect();
        let labels = own_labels(self.stack, role, None, &Labels::new());
        ContainerSpec::holder(name, HOLDER_IMAGE.to_owned(), labels, mounts)
    }

    fn init_state(&self) -> Action {
        let name = state_volume(&self.stack.project);
        Action::InitState {
            holder: Box::new(self.holder("state", state_holder(&self.stack.project), std::iter::once(name.as_str()))),
            volume: VolumeSpec {
                name,
                labels: own_labels(self.stack, "state", None, &Labels::new()),
                driver: None,
                driver_opts: BTreeMap::new(),
            },
        }
    }

    fn spec(&self, service: &Service, number: u32, role: &'static str) -> ContainerSpec {
        let name = match (&service.container_name, role) {
            (_, "verify") => format!("{}-{}-verify", self.stack.project, service.name),
            (Some(name), _) => name.clone(),
            (None, _) => format!("{}-{}-{number}", self.stack.project, service.name),
        };
        let is_ingress = self.ingress.is_some_and(|(s, _)| s.name == service.name);
        let upstreams = self.upstream_file().filter(|_| is_ingress);
        specification(
            self.stack,
            service,
            Circumstances {
                files: self.files.get(&service.name).map_or(&[], |f| f.sets.as_slice()),
                upstreams: upstreams.map(|(directory, _)| (directory, ingress_volume(&self.stack.project))),
                addresses: self.addresses.get(&(service.name.clone(), number)).cloned().unwrap_or_default(),
                role,
                number,
                name,
            },
        )
    }

    fn there(&self, service: &ServiceName, number: u32) -> Vec<&'a ObservedContainer> {
        let ours = |c: &&ObservedContainer| c.is_ours() && matches!(c.role(), Some("service" | "job"));
        let in_place = |c: &&ObservedContainer| c.service().as_ref() == Some(service) && c.number() == Some(number);
        self.observed.containers.iter().filter(ours).filter(in_place).collect()
    }

    fn services(&mut self, ready: &[StepId], upstreams: Option<&str>) -> Result<(), PlanError> {
        let mut migrations: Vec<StepId> = Vec::new();
        let mut before_migration = BTreeSet::new();
        for service in self.stack.services.values().filter(|s| s.migration.is_some()) {
            needs(self.stack, &service.name, &mut before_migration);
        }
        // Jobs before the rest of their generation, so that everything that is replaced can wait for migrations.
        let mut order = start_order(self.stack)?;
        order.sort_by_key(|s| !(before_migration.contains(&s.name) || s.migration.is_some()));

        let mut started: BTreeMap<&ServiceName, Vec<StepId>> = BTreeMap::new();
        let mut healthy: BTreeMap<&ServiceName, Vec<StepId>> = BTreeMap::new();
        let mut completed: BTreeMap<&ServiceName, Vec<StepId>> = BTreeMap::new();
        let mut leftovers: Vec<(String, bool)> = Vec::new();
        let mut renames: Vec<(String, String)> = Vec::new();
        let none = Vec::new();
        for service in order {
            let waits: Vec<StepId> = service
                .depends_on
                .iter()
                .flat_map(|(name, dependency)| match dependency.condition {
                    DependencyCondition::Started => started.get(name).unwrap_or(&none),
                    DependencyCondition::Healthy => healthy.get(name).unwrap_or(&none),
                    DependencyCondition::CompletedSuccessfully => completed.get(name).unwrap_or(&none),
                })
                .copied()
                .collect();
            if service.is_job(self.stack) {
                let steps = self.job(service, ready, &waits);
                if service.migration.is_some() {
                    migrations.extend(&steps);
                }
                completed.insert(&service.name, steps);
                continue;
            }
            let patience = self.patience(service);
            let mut previous: Option<StepId> = None;
            for number in 1..=service.replicas {
                let spec = self.spec(service, number, "service");
                let there = self.there(&service.name, number);
                let mut replace: Vec<_> = previous.into_iter().collect();
                if !before_migration.contains(&service.name) {
                    replace.extend(&migrations);
                }
                let gates = Gates { create: ready.to_vec(), start: waits.clone(), replace };
                let outcome = slot::reconcile(&mut self.builder, self.observed, service, &spec, &there, &gates, patience);
                started.entry(&service.name).or_default().extend(outcome.started);
                healthy.entry(&service.name).or_default().extend(outcome.healthy);
                leftovers.extend(outcome.leftovers.into_iter().map(|name| (name, false)));
                renames.extend(outcome.rename);
                // One after the other where a predecessor serves, all at once where nothing does.
                if outcome.replaced {
                    previous = outcome.healthy;
                }
            }
            for extra in self.observed.containers.iter().filter(|c| {
                c.is_ours() && c.service().as_ref() == Some(&service.name) && c.number().is_some_and(|n| n > service.replicas)
            }) {
                leftovers.push((extra.name.clone(), extra.state.is_running()));
            }
        }
        self.finish_up(upstreams, leftovers, renames);
        Ok(())
    }

    fn patience(&self, service: &Service) -> Duration {
        let declared = service.healthcheck.as_ref().map(Healthcheck::patience);
        self.options.patience.or(declared).unwrap_or(DEFAULT_PATIENCE)
    }

    /// What comes when everything that is wanted runs: traffic, then what is not needed any more.
    fn finish_up(&mut self, upstreams: Option<&str>, leftovers: Vec<(String, bool)>, renames: Vec<(String, String)>) {
        let mut ends = self.builder.ends();
        if let (Some((service, _)), Some((directory, name)), Some(text)) = (self.ingress, self.upstream_file(), upstreams) {
            let kept = self.observed.kept.upstreams.as_deref();
            let volume = ingress_volume(&self.stack.project);
            let filled = self.observed.containers.iter().any(|c| c.volumes.contains(&volume));
            if filled && kept != Some(text) {
                let container = self.spec(service, 1, "service").name;
                let container =
                    renames.iter().find(|(_, to)| *to == container).map_or(container.clone(), |(from, _)| from.clone());
                let switch = |content: &str| Action::SwitchUpstreams {
                    container: container.clone(),
                    path: format!("{directory}/{name}"),
                    content: content.to_owned(),
                };
                let id = self.builder.add(switch(text), "its routes or their addresses changed", ends);
                if let Some(kept) = kept {
                    self.builder.undo(id, vec![switch(kept)]);
                }
                ends = vec![id];
            }
        }
        let mut removed = Vec::new();
        for (container, running) in leftovers {
            let mut after = ends.clone();
            if running {
                let grace = Duration::from_secs(30);
                after = vec![self.builder.add(
                    Action::Stop { container: container.clone(), grace },
                    "it is one replica too many",
                    after,
                )];
            }
            removed.push(self.builder.add(Action::RemoveContainer { container }, "it is not needed any more", after));
        }
        let after = if removed.is_empty() { ends } else { removed };
        for (container, to) in renames {
            self.builder.add(Action::Rename { container, to }, "it has taken the place", after.iter().copied());
        }
        self.remove_unused_files(&after);
    }

    /// Volumes with secrets and configs that nothing wanted mounts. Their content stays with the engine's records.
    fn remove_unused_files(&mut self, after: &[StepId]) {
        let wanted: BTreeSet<_> = self.files.values().flat_map(|f| f.staged.iter().map(|s| s.volume.clone())).collect();
        let project = Some(self.stack.project.as_str());
        let unused: Vec<_> = self
            .observed
            .volumes
            .values()
            .filter(|v| v.labels.get(label::PROJECT).map(String::as_str) == project)
            .filter(|v| v.labels.get(label::ROLE).map(String::as_str) == Some("files") && !wanted.contains(&v.name))
            .map(|v| v.name.clone())
            .collect();
        let orphaned = |volume: &str| {
            let wanted_service = |c: &ObservedContainer| c.service().is_some_and(|s| self.stack.services.contains_key(&s));
            !self.observed.containers.iter().any(|c| c.volumes.contains(volume) && !wanted_service(c))
        };
        for name in unused.into_iter().filter(|name| orphaned(name)).collect::<Vec<_>>() {
            let action = Action::RemoveVolume { name, data: false };
            self.builder.add(action, "no container uses these secrets or configs any more", after.iter().copied());
        }
    }

    /// A job: run when it has not succeeded in its present form. Returns what completion waits for.
    fn job(&mut self, service: &Service, ready: &[StepId], waits: &[StepId]) -> Vec<StepId> {
        let spec = self.spec(service, 1, "job");
        let there = self.there(&service.name, 1);
        let image = self.observed.images.get(&spec.image);
        let wanted = there.iter().find(|c| c.name == spec.name && change::reason(c, &spec, image).is_none());
        if wanted.is_some_and(|c| matches!(c.state, ContainerState::Exited { exit_code: 0, .. })) {
            return Vec::new();
        }
        let mut after: Vec<_> = waits.to_vec();
        let cause = match wanted {
            Some(_) => "it has not succeeded yet".to_owned(),
            None => {
                let mut create_after = ready.to_vec();
                let mut cause = "it has not run yet".to_owned();
                for old in &there {
                    cause = change::reason(old, &spec, image).unwrap_or(cause);
                    let remove = Action::RemoveContainer { container: old.name.clone() };
                    create_after.push(self.builder.add(remove, "the job runs in a new form", waits.iter().copied()));
                }
                let action = Action::CreateContainer { spec: Box::new(spec.clone()) };
                after.push(self.builder.add(action, cause.clone(), create_after));
                cause
            }
        };
        let migration = service.migration.as_ref();
        let run = Action::RunJob {
            container: spec.name.clone(),
            service: service.name.clone(),
            attempts: migration.map_or(1, |m| m.attempts.max(1)),
            backoff: migration.map_or(Duration::ZERO, |m| m.backoff),
            patience: JOB_PATIENCE,
        };
        let ran = self.builder.add(run, cause, after);
        match migration.and_then(|m| m.verify.clone()) {
            Some(command) => vec![self.verify(service, command, ready, ran)],
            None => vec![ran],
        }
    }

    fn verify(&mut self, service: &Service, command: Vec<String>, ready: &[StepId], ran: StepId) -> StepId {
        let mut spec = self.spec(service, 1, "verify");
        spec.command = Some(command);
        let name = spec.name.clone();
        let mut create_after = ready.to_vec();
        if self.observed.containers.iter().any(|c| c.is_ours() && c.name == name) {
            let remove = Action::RemoveContainer { container: name.clone() };
            create_after.push(self.builder.add(remove, "it was left by a run that did not end", []));
        }
        let create =
            self.builder.add(Action::CreateContainer { spec: Box::new(spec) }, "checks what the migration did", create_after);
        let run = Action::RunJob {
            container: name.clone(),
            service: service.name.clone(),
            attempts: 1,
            backoff: Duration::ZERO,
            patience: JOB_PATIENCE,
        };
        let verified = self.builder.add(run, "a migration counts when its result has been checked", [create, ran]);
        self.builder.add(Action::RemoveContainer { container: name }, "it has done its work", [verified]);
        verified
    }

    fn notes(&self) -> Vec<Note> {
        let mut orphans: Vec<_> = self
            .observed
            .containers
            .iter()
            .filter(|c| matches!(c.role(), None | Some("service" | "job")))
            .filter(|c| c.service().is_none_or(|s| !self.stack.services.contains_key(&s)))
            .map(|c| c.name.clone())
            .collect();
        orphans.sort();
        let note = |name: String| Note {
            message: format!("container {name} belongs to this project and to no service of its files"),
            hint: Some(format!("remove it with `docker rm -f {name}` when nobody needs it")),
        };
        orphans.into_iter().map(note).collect()
    }
}
