//! Images, volumes, and what must be in the volumes before a container can use them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Deploy, own_labels};
use crate::model::{
    ContainerSpec, FileOrigin, HOLDER_IMAGE, Labels, Mount, MountSource, PullPolicy, Service, VolumeName, VolumeOwner,
    VolumeSpec, ingress_volume, label, stage_holder, state_holder, state_volume,
};
use crate::plan::{Action, PlanError, Staged, StagedContent, StagedFile, StepId, file_sets};

impl Deploy<'_> {
    /// Gets every image that is missing; everything else waits for that.
    pub(super) fn pull(&mut self) {
        let mut seen = BTreeSet::new();
        for service in self.planned() {
            let there = self.observed.images.contains_key(&service.image.to_string());
            let refresh = self.options.refresh && !self.options.pulled && service.pull_policy != PullPolicy::Never;
            let cause = match service.pull_policy {
                _ if refresh && there && self.came_from_a_registry(service) && !service.image.is_database() => {
                    "its tag may lead elsewhere by now"
                }
                PullPolicy::Missing if !there => "the engine does not have it",
                PullPolicy::Always if !self.options.pulled => "its pull policy is `always`",
                _ => continue,
            };
            if seen.insert(service.image.clone()) {
                self.builder.add(Action::Pull { image: service.image.clone() }, cause, []);
            }
        }
        self.builder.rest_waits();
    }

    /// Whether a registry knows the image: one that was built or imported here cannot be got anew.
    fn came_from_a_registry(&self, service: &Service) -> bool {
        self.observed.images.get(&service.image.to_string()).is_some_and(|image| !image.repo_digests.is_empty())
    }

    /// Directory in the ingress container, and name, of the file with the upstreams.
    pub(super) fn upstream_file(&self) -> Option<(String, String)> {
        let (service, ingress) = self.ingress?;
        let entry = service.files.iter().find(|f| f.origin == FileOrigin::Config(ingress.config.clone()))?;
        let (directory, name) = entry.target.rsplit_once('/')?;
        Some((directory.to_owned(), name.to_owned()))
    }

    /// Volumes with what must be in them; returns what a container waits for before it can be created.
    pub(super) fn volumes_and_files(&mut self) -> Result<Vec<StepId>, PlanError> {
        let mut ready = Vec::new();
        let mut staged = Vec::new();
        // A container that mounts a volume was created after it was filled: that is how a fill cut short is noticed.
        let holder = stage_holder(&self.stack.project);
        let users = self.observed.containers.iter().filter(|c| c.name != holder);
        let in_use: BTreeSet<&str> = users.flat_map(|c| c.volumes.iter().map(String::as_str)).collect();
        let mounted: BTreeSet<&str> = self.planned().into_iter().flat_map(|s| &s.mounts).filter_map(volume_of).collect();
        for (key, volume) in &self.stack.volumes {
            let name = volume.name.as_str();
            if volume.external || !mounted.contains(name) {
                continue;
            }
            let spec = VolumeSpec {
                name: name.to_owned(),
                labels: own_labels(self.stack, "data", Some((label::COMPOSE_VOLUME, key)), &volume.labels),
                driver: volume.driver.clone(),
                driver_opts: volume.driver_opts.clone(),
            };
            ready.extend(self.create_volume(spec, "it is not there yet"));
            if let Some(owner) = volume.owner.filter(|_| !in_use.contains(name)) {
                staged.push(Staged { volume: name.to_owned(), owner, files: Vec::new() });
            }
        }
        let idle = self.without_containers();
        let used = self.files.iter().filter(|(name, _)| !idle.contains(*name));
        let sets: Vec<_> = used.map(|(name, files)| (name.clone(), files.staged.clone())).collect();
        for (service, sets) in sets {
            for set in sets {
                let spec = self.plain_volume(&set.volume, "files");
                ready.extend(self.create_volume(spec, &format!("secrets and configs of {service}")));
                if !in_use.contains(set.volume.as_str()) {
                    staged.push(set);
                }
            }
        }
        if let (Some((service, _)), Some((_, name)), Some(text)) = (self.ingress, self.upstream_file(), self.upstreams.clone())
            && self.in_scope(&service.name)
        {
            let volume = ingress_volume(&self.stack.project);
            let spec = self.plain_volume(&volume, "ingress");
            ready.extend(self.create_volume(spec, "where the ingress finds its upstreams"));
            if !in_use.contains(volume.as_str()) {
                let (uid, gid) = file_sets::owner(service, &service.image, self.observed)?;
                let file = StagedFile { name, content: StagedContent::Rendered(text), uid, gid, mode: 0o644 };
                // nginx's user owns the directory: a new file takes the old one's place by a rename in the container.
                staged.push(Staged { volume, owner: VolumeOwner { uid, gid, mode: 0o755 }, files: vec![file] });
            }
        }
        if !self.observed.kept.ready {
            // Not in `ready`: containers need not wait for it, the record does.
            let action = self.init_state();
            self.builder.add(action, "keeps records, secret versions and configuration with the engine", []);
        }
        if !staged.is_empty() {
            let holder = self.holder("stage", stage_holder(&self.stack.project), staged.iter().map(|s| s.volume.as_str()));
            let action = Action::Stage { holder: Box::new(holder), volumes: staged };
            // It waits for every volume, so waiting for it is waiting for all of them.
            ready = vec![self.builder.add(action, "owners, secrets and configs", ready)];
        }
        Ok(ready)
    }

    fn create_volume(&mut self, spec: VolumeSpec, cause: &str) -> Option<StepId> {
        let there = self.observed.volumes.contains_key(&spec.name);
        (!there).then(|| self.builder.add(Action::CreateVolume { spec }, cause, []))
    }

    fn plain_volume(&self, name: &str, role: &str) -> VolumeSpec {
        let labels = own_labels(self.stack, role, None, &Labels::new());
        VolumeSpec { name: name.to_owned(), labels, driver: None, driver_opts: BTreeMap::new() }
    }

    fn holder<'v>(&self, role: &str, name: String, volumes: impl Iterator<Item = &'v str>) -> ContainerSpec {
        let mounts = volumes
            .filter_map(|name| name.parse::<VolumeName>().ok())
            .map(|name| Mount { target: format!("/{name}"), source: MountSource::Volume(name), read_only: false })
            .collect();
        let mut labels = own_labels(self.stack, role, None, &Labels::new());
        if role == "stage" {
            // One that a killed run leaves is found with the project's containers, and removed.
            labels.insert(label::COMPOSE_PROJECT.into(), self.stack.project.to_string());
        }
        ContainerSpec::holder(name, HOLDER_IMAGE.to_owned(), labels, mounts)
    }

    fn init_state(&self) -> Action {
        let name = state_volume(&self.stack.project);
        let holder = self.holder("state", state_holder(&self.stack.project), std::iter::once(name.as_str()));
        Action::InitState { holder: Box::new(holder), volume: self.plain_volume(&name, "state") }
    }
}

fn volume_of(mount: &Mount) -> Option<&str> {
    match &mount.source {
        MountSource::Volume(name) => Some(name.as_str()),
        _ => None,
    }
}
