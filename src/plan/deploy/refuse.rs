//! What cannot be brought about, found before anything is planned.

use super::Deploy;
use crate::model::{FileOrigin, MountSource, SecretName, made_for};
use crate::plan::PlanError;

/// The secret with which the application encrypts what it stores.
const ENCRYPTION_KEY: &str = "encryption_key";

impl Deploy<'_> {
    /// What is not the tool's to touch, and what must be there and is not.
    pub(super) fn refuse(&self) -> Result<(), PlanError> {
        let project = &self.stack.project;
        self.refuse_foreign()?;
        for network in self.stack.networks.values().filter(|n| !n.external) {
            let there = self.observed.networks.get(network.name.as_str());
            if there.is_some_and(|n| !made_for(project, &n.labels)) {
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

    /// PostgreSQL keeps the password that its data directory was made with, whatever the file says later; and what the
    /// application has encrypted can be read with the old key only.
    pub(super) fn refuse_changed_passwords(&self) -> Result<(), PlanError> {
        let changed = |name: &SecretName| {
            let kept = self.observed.kept.secrets.get(name);
            kept.is_some() && kept != self.contents.secrets.get(name)
        };
        if let Some(key) = self.stack.secrets.keys().find(|name| name.as_str() == ENCRYPTION_KEY && changed(name)) {
            let volume = "the application's data".to_owned();
            return Err(PlanError::PasswordOfExistingData { secret: key.to_string(), volume });
        }
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
            if changed(secret) {
                return Err(PlanError::PasswordOfExistingData { secret: secret.to_string(), volume: data.to_string() });
            }
        }
        Ok(())
    }
}
