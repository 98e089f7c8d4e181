//! Whom a failure speaks against: the new content of one service or of all, or nobody, as where the engine fails or an
//! operator stops it.

use std::collections::BTreeSet;

use super::{Failure, StepError};
use crate::ingress::SwitchError;
use crate::model::ServiceName;
use crate::state::Release;

impl Failure {
    /// The service whose containers did not do what they must; `Some(None)` when it may have been any.
    pub fn blamed(&self) -> Option<Option<&ServiceName>> {
        match &self.error {
            StepError::Unhealthy { service, .. }
            | StepError::Job { service, .. }
            | StepError::Smoke { service, .. }
            | StepError::Canary { service, .. } => Some(Some(service)),
            StepError::Switch(SwitchError::Engine(_)) => None,
            StepError::Switch(_) => Some(None),
            _ => None,
        }
    }

    /// The same as the record of the attempt has it.
    pub(super) fn culprits(&self, attempted: &Release) -> BTreeSet<ServiceName> {
        match self.blamed() {
            Some(Some(service)) => [service.clone()].into_iter().filter(|name| attempted.services.contains_key(name)).collect(),
            Some(None) => attempted.services.keys().cloned().collect(),
            None => BTreeSet::new(),
        }
    }
}
