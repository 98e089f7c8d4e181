//! Whether a run may still begin something: not once its lock is gone, nor once it may have been taken for dead.
//!
//! Time is counted by a clock that goes on while the machine sleeps: a laptop that wakes up must not go on with a lock
//! that somebody else has meanwhile. What is lost stays lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// Why a run does not hold its lock any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LockLost {
    /// Its container is gone.
    #[error("the lock was lost: somebody has taken it away or over")]
    Gone,
    /// No sign of life has reached the engine for so long that others may take the lock over.
    #[error("the lock was lost: for {} s no sign of life has reached the engine (was this machine asleep?)", .0.as_secs())]
    Silent(Duration),
}

impl LockLost {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let look = "see who is at work with `medianestctl lock status`";
        format!("{look}; when nobody is, run the same command again: it goes on from what is there")
    }
}

/// The time since this machine started, sleep included.
pub fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[derive(Debug)]
struct Inner {
    clock: fn() -> Duration,
    /// How long a renewal is good for; `None` where no lock is needed.
    span: Option<Duration>,
    /// When the last renewal that succeeded was begun.
    renewed: Mutex<Duration>,
    lost: Mutex<Option<LockLost>>,
    told: CancellationToken,
}

/// The permission to begin something. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Fence(Arc<Inner>);

impl Fence {
    /// For work that needs no lock.
    pub fn open() -> Self {
        Self::new(|| Duration::ZERO, None, Duration::ZERO)
    }

    /// For a lock whose acquisition was begun at `begun` and whose renewals are good for `span`, by `clock`.
    pub(super) fn closing(clock: fn() -> Duration, span: Duration, begun: Duration) -> Self {
        Self::new(clock, Some(span), begun)
    }

    fn new(clock: fn() -> Duration, span: Option<Duration>, begun: Duration) -> Self {
        let told = CancellationToken::new();
        Self(Arc::new(Inner { clock, span, renewed: Mutex::new(begun), lost: Mutex::new(None), told }))
    }

    /// Whether there is a lock behind it.
    pub fn guards(&self) -> bool {
        self.0.span.is_some()
    }

    /// Whether something may begin now.
    ///
    /// # Errors
    /// The lock is lost, and was from the first time on that this said so.
    pub fn check(&self) -> Result<(), LockLost> {
        let mut lost = self.0.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_none()
            && let Some(span) = self.0.span
        {
            let silent = self.now().saturating_sub(*self.renewed());
            *lost = (silent >= span).then_some(LockLost::Silent(silent));
        }
        match *lost {
            None => Ok(()),
            Some(why) => {
                self.0.told.cancel();
                Err(why)
            }
        }
    }

    /// Waits until the lock is known to be lost.
    pub async fn lost(&self) {
        self.0.told.cancelled().await;
    }

    pub(super) fn now(&self) -> Duration {
        (self.0.clock)()
    }

    /// How long the last renewal is still good for.
    pub(super) fn rest(&self) -> Duration {
        let until = self.0.span.map_or(Duration::MAX, |span| self.renewed().saturating_add(span));
        until.saturating_sub(self.now())
    }

    /// A renewal that was begun at `begun` has succeeded. One that came too late brings nothing back.
    pub(super) fn renew(&self, begun: Duration) {
        if self.check().is_ok() {
            *self.renewed() = begun;
        }
    }

    /// The lock is gone.
    pub(super) fn close(&self) {
        self.0.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(LockLost::Gone);
        self.0.told.cancel();
    }

    fn renewed(&self) -> std::sync::MutexGuard<'_, Duration> {
        self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const SPAN: Duration = Duration::from_secs(45);

    #[test]
    fn a_machine_that_slept_does_not_go_on() {
        static NOW: AtomicU64 = AtomicU64::new(1000);
        let clock = || Duration::from_secs(NOW.load(Ordering::Relaxed));
        let fence = Fence::closing(clock, SPAN, clock());
        NOW.store(1044, Ordering::Relaxed);
        assert_eq!((fence.check(), fence.rest()), (Ok(()), Duration::from_secs(1)));
        fence.renew(clock());
        NOW.store(1088, Ordering::Relaxed);
        assert_eq!(fence.check(), Ok(()));
        // Nothing ran meanwhile, no timer either: the next look at the clock tells.
        NOW.store(9999, Ordering::Relaxed);
        fence.renew(clock());
        let lost = LockLost::Silent(Duration::from_secs(9999 - 1044));
        assert_eq!(fence.check(), Err(lost), "a renewal that comes too late brings nothing back");
        NOW.store(1044, Ordering::Relaxed);
        assert_eq!(fence.check(), Err(lost), "what is lost stays lost");
    }

    #[test]
    fn without_a_lock_nothing_is_lost() {
        assert_eq!((Fence::open().check(), Fence::open().rest()), (Ok(()), Duration::MAX));
    }

    #[test]
    fn the_clock_goes_on() {
        assert!(since_boot() > Duration::ZERO);
    }
}
