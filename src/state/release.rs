//! The record of one release: what ran, from what, brought about by whom.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ConfigName, Contents, Fingerprint, ImageId, Observed, SecretName, ServiceName, Stack};

/// One service of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseService {
    /// The image as the Compose file names it.
    pub image: String,
    /// The content that it stood for.
    pub image_id: Option<ImageId>,
    /// Digests under which registries know that content.
    pub digests: Vec<String>,
    /// Containers; 0 for a job.
    pub replicas: u32,
}

/// What a deploy brought about. Holds references and fingerprints, never a secret and no environment values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The format's version.
    pub schema: u32,
    /// Counts the project's releases from 1.
    pub number: u64,
    /// The application's version.
    pub version: Option<String>,
    /// When it was recorded, by the clock of the machine that deployed.
    pub at: DateTime<Utc>,
    /// `user@host` that deployed.
    pub by: String,
    /// The Compose files.
    pub files: Vec<String>,
    /// Services.
    pub services: BTreeMap<ServiceName, ReleaseService>,
    /// The version of each secret.
    pub secrets: BTreeMap<SecretName, Fingerprint>,
    /// The version of each config.
    pub configs: BTreeMap<ConfigName, Fingerprint>,
}

impl Release {
    /// The services that stay up, with their replicas.
    pub fn replicas(&self) -> BTreeMap<ServiceName, u32> {
        self.services.iter().filter(|(_, s)| s.replicas > 0).map(|(name, s)| (name.clone(), s.replicas)).collect()
    }

    /// The record of `stack` as it is about to be brought about.
    pub fn of(stack: &Stack, observed: &Observed, contents: &Contents, by: String, at: DateTime<Utc>) -> Self {
        let service = |s: &crate::model::Service| {
            let image = s.image.to_string();
            let there = observed.images.get(&image);
            ReleaseService {
                image_id: there.map(|i| i.id.clone()),
                digests: there.map(|i| i.repo_digests.clone()).unwrap_or_default(),
                image,
                replicas: if s.is_job(stack) { 0 } else { s.replicas },
            }
        };
        Self {
            schema: 1,
            number: observed.kept.release.unwrap_or(0) + 1,
            version: stack.version.clone(),
            at,
            by,
            files: stack.files.clone(),
            services: stack.services.iter().map(|(name, s)| (name.clone(), service(s))).collect(),
            secrets: contents.secrets.clone(),
            configs: contents.configs.clone(),
        }
    }
}
