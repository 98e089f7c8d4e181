//! Takes a lock away from a holder who may still be at work, and keeps everybody out until that holder begins nothing more.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Holder, LEASE, Lock, LockError, RENEWAL, Standing, keep::PATIENCE};
use crate::engine::Engine;
use crate::model::ProjectName;

/// How often to look whether the holder's process has ended.
const LOOK: Duration = Duration::from_millis(200);

impl Standing {
    /// How long the holder may still begin something after the lock is gone: until its next sign of life has failed. One that
    /// has been silent for longer than that may be asleep, and is held back by its own clock before its lease ends.
    pub fn notices_within(&self) -> Duration {
        let awake = RENEWAL + PATIENCE;
        match (self.dead, self.silent) {
            (Some(_), _) => Duration::ZERO,
            (None, Some(silent)) if silent > awake => LEASE.saturating_sub(silent),
            (None, _) => awake,
        }
    }

    /// Puts a lock of `thief` in the place of this one.
    ///
    /// # Errors
    /// The engine refuses; [`LockError::Held`] when somebody else was quicker to take the lock that was free for a moment.
    pub async fn take(&self, engine: &dyn Engine, project: &ProjectName, thief: &Holder) -> Result<Lock, LockError> {
        self.remove(engine).await?;
        Lock::acquire(engine, project, thief).await
    }

    /// Waits until the holder, whose lock is gone, begins nothing more; no longer than its process lives, where that is known.
    pub async fn settled(&self) {
        let until = Instant::now() + self.notices_within();
        while Instant::now() < until && !self.holder.is_dead() {
            sleep(LOOK).await;
        }
    }
}
