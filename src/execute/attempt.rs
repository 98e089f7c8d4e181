//! The record of an attempt that failed: that it was made is part of the history, whatever came of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::timeout;

use super::{Failure, StepError, Undone};
use crate::engine::Engine;
use crate::model::ProjectName;
use crate::state::{self, Fence, Outcome, Release, StateError, Store};

/// How long the record of a failure may keep whoever waits for the news of it.
const PATIENCE: Duration = Duration::from_secs(10);

impl Failure {
    /// How a release that ended in this failure went.
    pub fn outcome(&self) -> Outcome {
        if self.serves {
            return Outcome::Unfinished { why: state::reason(&self.to_string()) };
        }
        match &self.undone {
            Undone::Completely(_) => Outcome::RolledBack { why: state::reason(&self.to_string()) },
            Undone::Nothing => Outcome::Failed { why: state::reason(&self.to_string()) },
            Undone::Failed(why) => Outcome::Failed { why: state::reason(&format!("{self}; not taken back: {why}")) },
        }
    }
}

/// Writes down that `record` was attempted and failed, when it had touched anything; what is current stays so. Call it
/// under the lock that `fence` guards.
///
/// # Errors
/// When it cannot be written in good time, which changes nothing of what came of the attempt.
pub async fn record_attempt(
    engine: &dyn Engine,
    project: &ProjectName,
    record: &Release,
    failure: &Failure,
    fence: &Fence,
    now: DateTime<Utc>,
) -> Result<(), StateError> {
    // Whose lock it is writes.
    if !failure.touched || matches!(failure.error, StepError::LockLost(_)) || fence.check().is_err() {
        return Ok(());
    }
    let store = Store::new(engine, project.clone());
    let ended = record.failed(failure.outcome(), failure.migrated, now);
    let record = Release { culprits: failure.culprits(record), ..ended };
    let written = timeout(PATIENCE, store.save_attempt(record)).await;
    written.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}
