//! Which sets of a target go and which stay, and the removal of those that go. What is shown beforehand and what is done come
//! from the same decision.
//!
//! Refuses to remove what `retention` keeps, and what was not decided on.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_util::sync::CancellationToken;

use super::{
    catalog::{Catalog, Found},
    retention::{self, Fate},
    set::SetId,
    sink::{SinkError, SinkErrorKind},
};
use crate::model::KeepPolicy;

/// A folder among the sets, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The folder.
    pub found: Found,
    /// Kept or not, and why.
    pub fate: Fate,
}

impl Decision {
    /// The set that goes.
    pub fn removes(&self) -> Option<SetId> {
        if matches!(self.fate, Fate::Remove(_)) { self.found.set } else { None }
    }
}

/// Decides, in the order given. `damaged` tells of sets whose contents are known to be damaged, `day_of` on which day of the
/// person's calendar a moment lies.
pub fn decide(
    found: Vec<Found>,
    damaged: impl Fn(SetId) -> bool,
    policy: KeepPolicy,
    now: DateTime<Utc>,
    day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
) -> Vec<Decision> {
    let candidates: Vec<_> = found.iter().map(|found| found.candidate(found.set.is_some_and(&damaged))).collect();
    let fates = retention::decide(&candidates, policy, now, day_of);
    found.into_iter().zip(fates).map(|(found, fate)| Decision { found, fate }).collect()
}

/// What became of the sets that were to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Gone.
    pub removed: Vec<SetId>,
    /// Kept by a lock of the place; they go another time.
    pub locked: Vec<(SetId, SinkError)>,
    /// Not removed, or not wholly.
    pub failed: Vec<(SetId, SinkError)>,
}

/// Removes what was decided to go, oldest first. After `cancel` none is begun any more.
pub async fn remove(catalog: &Catalog, sets: &[SetId], cancel: &CancellationToken) -> Pruned {
    let mut pruned = Pruned::default();
    for set in sets {
        if cancel.is_cancelled() {
            break;
        }
        match catalog.remove(*set).await {
            Ok(()) => pruned.removed.push(*set),
            Err(error) if matches!(error.kind, SinkErrorKind::Locked { .. }) => pruned.locked.push((*set, error)),
            Err(error) => pruned.failed.push((*set, error)),
        }
    }
    pruned
}
