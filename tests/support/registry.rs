//! Registries in memory, for their lists of tags.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use medianestctl::{
    model::ImageRef,
    registry::{Registry, RegistryError},
};

/// Knows the repositories that it was told of, and no others.
#[derive(Default)]
pub struct FakeRegistry {
    tags: BTreeMap<String, Vec<String>>,
    asked: Mutex<Vec<String>>,
}

impl FakeRegistry {
    /// With a repository that has these tags.
    pub fn has(mut self, repository: &str, tags: &[&str]) -> Self {
        self.tags.insert(repository.into(), tags.iter().map(|tag| (*tag).to_owned()).collect());
        self
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Registry for FakeRegistry {
    async fn tags(&self, image: &ImageRef) -> Result<Vec<String>, RegistryError> {
        let repository = image.repository();
        self.asked.lock().unwrap().push(repository.to_owned());
        let (registry, path) = repository.split_once('/').unwrap();
        let unknown = || RegistryError::NotFound { registry: registry.into(), repository: path.into() };
        self.tags.get(repository).cloned().ok_or_else(unknown)
    }
}
