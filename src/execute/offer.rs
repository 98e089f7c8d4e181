//! Asks registries which versions of a stack there are.

use std::collections::BTreeSet;

use crate::engine::{Engine, EngineError};
use crate::model::{Observed, Stack};
use crate::plan::autoupdate::{self, Follower};
use crate::registry::{Registry, RegistryError};

/// What registries have for the images whose tags follow the stack's version.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// The repositories that were asked.
    pub asked: Vec<String>,
    /// The versions that each of them has.
    pub lists: Vec<BTreeSet<String>>,
    /// Why some could not be listed.
    pub errors: Vec<RegistryError>,
}

impl Offer {
    /// Asks. `probed` is the stack with `PROBE` as its version. Images that are never updated unasked are left out.
    ///
    /// # Errors
    /// When the engine cannot be talked to; a registry that does not answer is told in the offer.
    pub async fn gather(
        engine: &dyn Engine,
        registry: &dyn Registry,
        stack: &Stack,
        probed: &Stack,
        observed: &Observed,
    ) -> Result<Self, EngineError> {
        let subjects = autoupdate::subjects(stack, observed);
        let mut offer = Self::default();
        for follower in autoupdate::followers(stack, probed) {
            let Some(subject) = subjects.iter().find(|subject| subject.image == follower.image) else { continue };
            let mut contents = Vec::new();
            for id in &subject.runs {
                contents.extend(engine.image(&id.to_string()).await?);
            }
            if autoupdate::exempt(subject, &contents.iter().collect::<Vec<_>>()).is_none() {
                offer.ask(registry, &follower).await;
            }
        }
        Ok(offer)
    }

    async fn ask(&mut self, registry: &dyn Registry, follower: &Follower) {
        self.asked.push(follower.image.repository().to_owned());
        match registry.tags(&follower.image).await {
            Ok(tags) => self.lists.push(follower.versions(&tags)),
            Err(error) => self.errors.push(error),
        }
    }
}
