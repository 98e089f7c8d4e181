//! Keeps a lock while work goes on under it: renews the lease, and writes the journal when it has changed.
//!
//! A future beside the work, polled by the same task: no step waits for it, and it needs no thread.

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::pending;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{Lock, RENEWAL, heartbeat::Heartbeat};
use crate::engine::{Engine, EngineError, ErrorKind};

/// The journal is written no more often than this.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);
/// And after so many times as long as it took to write: the engine, which starts a program for each archive (110 ms on
/// two busy processors), has the work itself to do.
const JOURNAL_SHARE: u32 = 30;
/// The pause after a sign of life that did not reach the engine.
const RETRY: Duration = Duration::from_secs(2);
/// How long one sign of life may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long one that is under way may still take when the work is done.
const SETTLE: Duration = Duration::from_secs(2);

impl Lock {
    /// Does `work` and keeps the lock meanwhile. A lost lock does not end the work: the fence tells it.
    pub async fn keep<T>(&self, engine: &dyn Engine, work: impl Future<Output = T>) -> T {
        let over = CancellationToken::new();
        let mut keeping = pin!(self.keeping(engine, &over));
        let beside = async {
            keeping.as_mut().await;
            pending().await
        };
        let done = tokio::select! {
            biased;
            done = work => done,
            never = beside => never,
        };
        // A file that the engine is just writing would be in the way of giving the lock back.
        over.cancel();
        if self.fence.check().is_ok() {
            let _ = timeout(SETTLE, keeping).await;
        }
        done
    }

    /// Until `over`, or until the lock is lost.
    async fn keeping(&self, engine: &dyn Engine, over: &CancellationToken) {
        let mut sequence = 0;
        let mut renewed = None;
        let mut renewal_at = Instant::now() + RENEWAL;
        let (mut noted, mut journal_at) = (false, Instant::now());
        while self.fence.check().is_ok() {
            let renewal = tokio::select! {
                biased;
                () = over.cancelled() => return,
                () = sleep_until(renewal_at) => true,
                () = sleep_until(journal_at), if noted => false,
                () = self.journal.changed(), if !noted => {
                    noted = true;
                    continue;
                }
                () = sleep(self.fence.rest()) => continue,
            };
            let (begun, called) = (self.fence.now(), Instant::now());
            noted = false;
            let sign = timeout(PATIENCE, self.sign(engine, sequence, renewal, &mut renewed)).await;
            let now = Instant::now();
            match sign {
                Ok(Ok(())) => {
                    sequence += 1;
                    journal_at = now + (called.elapsed() * JOURNAL_SHARE).clamp(JOURNAL_PAUSE, RENEWAL);
                    if renewal {
                        self.fence.renew(begun);
                        renewal_at = now + RENEWAL;
                    }
                }
                Ok(Err(e)) if e.kind == ErrorKind::NotFound && self.is_gone(engine).await => return self.fence.close(),
                // The same file again: the one that it may have torn. The other one stays whole.
                Ok(Err(_)) | Err(_) => {
                    (noted, journal_at) = (true, now + RETRY);
                    if renewal {
                        renewal_at = now + RETRY;
                    }
                }
            }
        }
    }

    /// Writes one sign of life, a renewal with the engine's time.
    async fn sign(
        &self,
        engine: &dyn Engine,
        sequence: u64,
        renewal: bool,
        renewed: &mut Option<DateTime<Utc>>,
    ) -> Result<(), EngineError> {
        if renewal {
            *renewed = engine.info().await?.clock.or(*renewed);
        }
        let heartbeat = Heartbeat::new(sequence, *renewed, &self.journal.progress());
        let failed = |e: std::io::Error| EngineError::new(ErrorKind::Other, "pack a sign of life", e.to_string());
        // By its identifier: a lock that somebody else has taken meanwhile is another container.
        engine.put_archive(&self.id, "/", heartbeat.pack().map_err(failed)?).await
    }

    async fn is_gone(&self, engine: &dyn Engine) -> bool {
        matches!(engine.container(&self.id).await, Ok(None))
    }
}
