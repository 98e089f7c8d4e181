//! The images of a recorded release, as the engine has them now: by content, wherever their tags lead by then.
//!
//! Refuses to pull: a way back that depends on a registry is none.

use std::collections::BTreeMap;

use futures_util::{future::try_join_all, try_join};

use super::{Release, rollback::RollbackError};
use crate::engine::{Engine, EngineError};
use crate::model::{ImageId, ObservedImage};

/// The images that a release is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseImages {
    /// Those that are there, by the reference that the files name, and by identity.
    pub there: BTreeMap<String, ObservedImage>,
    /// References that lead to other content by now, with the content that was recorded.
    pub pinned: BTreeMap<String, ImageId>,
    /// References whose content the engine does not have any more.
    pub gone: Vec<String>,
    /// Digests of those, where they are known.
    pub digests: Vec<String>,
}

impl ReleaseImages {
    /// Looks for the recorded content of every image of `release`.
    ///
    /// # Errors
    /// When the engine fails; an image that is gone is no error yet.
    pub async fn find(engine: &dyn Engine, release: &Release) -> Result<Self, EngineError> {
        let mut found = Self::default();
        let looks = release.services.values().filter_map(|service| {
            let id = service.image_id.as_ref()?;
            Some(async move {
                let text = id.to_string();
                let (content, named) = try_join!(engine.image(&text), engine.image(&service.image))?;
                Ok::<_, EngineError>((service, id, content, named))
            })
        });
        for (service, id, content, named) in try_join_all(looks).await? {
            let Some(image) = content else {
                found.gone.push(service.image.clone());
                found.digests.extend(service.digests.first().cloned());
                continue;
            };
            if named.is_none_or(|now| now.id != *id) {
                found.pinned.insert(service.image.clone(), id.clone());
            }
            found.there.insert(service.image.clone(), image.clone());
            found.there.insert(id.to_string(), image);
        }
        for list in [&mut found.gone, &mut found.digests] {
            list.sort();
            list.dedup();
        }
        Ok(found)
    }

    /// All of them.
    ///
    /// # Errors
    /// [`RollbackError::ImagesGone`] when one is missing; `target` is the release's number.
    pub fn complete(self, target: u64) -> Result<Self, RollbackError> {
        if self.gone.is_empty() {
            return Ok(self);
        }
        Err(RollbackError::ImagesGone { target, images: self.gone, digests: self.digests })
    }
}
