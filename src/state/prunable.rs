//! From the records to what `prune` is planned from: which releases are kept, and what goes with the others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Release, StateError, Store, retention};
use crate::model::{ImageId, Observed, ServiceName, is_put_aside};
use crate::plan::{KeptService, Prunable};

impl Store<'_> {
    /// What goes when `keep` releases are kept. Asks the engine which images it still has; changes nothing.
    pub async fn prunable(&self, observed: &Observed, keep: u32) -> Result<Prunable, StateError> {
        let Some(everything) = self.everything().await? else { return Ok(Prunable::default()) };
        let (head, history) = (&everything.opened.head, &everything.history);
        let (kept, dropped) = retention(&history.releases, head.release, keep);
        let mut prunable = Prunable {
            last: head.last,
            kept: kept.iter().filter(|release| release.came_about()).flat_map(|release| services(release)).collect(),
            files: everything.not_needed(&kept, &dropped),
            images: BTreeMap::new(),
            unreadable: history.unreadable.iter().map(|record| record.file.clone()).collect(),
        };
        // One that an attempt failed with is no more needed than one of a release that is not kept.
        let came_about = kept.iter().filter(|release| release.came_about());
        let mut needed: BTreeSet<&ImageId> = came_about.flat_map(|release| release.images()).collect();
        // What was put aside stays for as long as a kept release needs it, and goes with the rest otherwise.
        let in_use = observed.containers.iter().filter(|c| !is_put_aside(&c.name));
        needed.extend(in_use.map(|container| &container.image_id));
        for service in history.releases.iter().flat_map(|release| release.services.values()) {
            let Some(id) = service.image_id.as_ref().filter(|id| !needed.contains(id)) else { continue };
            if !prunable.images.contains_key(id) && self.engine.image(&id.0).await?.is_some() {
                prunable.images.insert(id.clone(), service.image.clone());
            }
        }
        Ok(prunable)
    }
}

/// What a release's services need.
fn services(release: &Release) -> impl Iterator<Item = (ServiceName, KeptService)> {
    release.services.iter().map(|(name, service)| {
        let hashes = service.config_hashes.values().cloned().collect();
        (name.clone(), KeptService { image: service.image_id.clone(), hashes, volumes: service.volumes.clone() })
    })
}
