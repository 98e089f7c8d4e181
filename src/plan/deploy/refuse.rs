//! What cannot be brought about, found before anything is planned.

use super::Deploy;
use crate::model::{FileOrigin, MountSource, label};
use crate::plan::PlanError;

impl Deploy<'_> {
    /// What is not the tool's to touch, and what must be there and is not.
    pub(super) fn refuse(&self) -> Result<(), PlanError> {
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
    pub(super) fn refuse_changed_passwords(&self) -> Result<(), PlanError> {
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
}
