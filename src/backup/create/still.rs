//! Holding the application still, and letting it go on whatever happens.
//!
//! Owns the order: somebody else knows first what is held still, then it is. Refuses to hold anything longer than its limit.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::{CreateError, PartError};
use crate::{
    backup::{manifest::Consistency, plan::Container},
    engine::{Engine, EngineError, ErrorKind},
    state::Suspended,
};

/// How long the application is kept waiting for the snapshots.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a container may take to stop when it does not say.
const GRACE: Duration = Duration::from_secs(10);
/// How often letting go is tried, and the pause between.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Somebody who lets the application go on when this process cannot any more.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Called before anything is held still.
    ///
    /// # Errors
    /// Then nothing is held still.
    async fn begin(&self, suspended: &Suspended) -> Result<(), EngineError>;

    /// All of it goes on.
    async fn over(&self);
}

/// Nobody watches.
pub struct Unwatched;

#[async_trait]
impl Watch for Unwatched {
    async fn begin(&self, _: &Suspended) -> Result<(), EngineError> {
        Ok(())
    }

    async fn over(&self) {}
}

impl fmt::Debug for Unwatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unwatched")
    }
}

/// The application, held still.
pub(super) struct Still<'a> {
    engine: &'a dyn Engine,
    watch: &'a dyn Watch,
    containers: &'a [Container],
    suspended: Suspended,
    begun: Instant,
}

impl<'a> Still<'a> {
    /// Freezes the containers, or stops them.
    pub(super) async fn hold(
        engine: &'a dyn Engine,
        watch: &'a dyn Watch,
        consistency: Consistency,
        containers: &'a [Container],
    ) -> Result<Self, CreateError> {
        let ids: Vec<String> = containers.iter().map(|c| c.id.clone()).collect();
        let stops = consistency == Consistency::Stop;
        let suspended = match stops {
            true => Suspended { stopped: ids, ..Suspended::default() },
            false => Suspended { paused: ids, ..Suspended::default() },
        };
        let refused = |error: EngineError| CreateError::Still(error.into());
        if !suspended.is_empty() {
            watch.begin(&suspended).await.map_err(refused)?;
        }
        let still = Self { engine, watch, containers, suspended, begun: Instant::now() };
        let late = || PartError::Late { what: "the application's pause".into(), seconds: LONGEST_PAUSE.as_secs() };
        let held = match stops {
            true => still.stop().await.map_err(refused),
            false => timeout(LONGEST_PAUSE, still.pause())
                .await
                .map_or_else(|_| Err(CreateError::Still(late())), |done| done.map_err(refused)),
        };
        if let Err(error) = held {
            still.let_go().await?;
            return Err(error);
        }
        Ok(still)
    }

    async fn pause(&self) -> Result<(), EngineError> {
        let pauses = self.containers.iter().map(|c| async move {
            match self.engine.pause(&c.id).await {
                // One that has ended writes nothing.
                Err(error) if matches!(error.kind, ErrorKind::NotRunning | ErrorKind::NotFound) => Ok(()),
                answer => answer,
            }
        });
        join_all(pauses).await.into_iter().collect()
    }

    async fn stop(&self) -> Result<(), EngineError> {
        let stops = self.containers.iter().map(|c| async move {
            let there = self.engine.container(&c.id).await?;
            let grace = there.and_then(|c| c.stop_timeout).unwrap_or(GRACE);
            self.engine.stop(&c.id, grace).await
        });
        join_all(stops).await.into_iter().collect()
    }

    /// Does `work`, which is not waited for beyond the limit; whatever comes of it, what is held still stays so.
    pub(super) async fn during<T>(&self, work: impl Future<Output = Result<T, CreateError>>) -> Result<T, CreateError> {
        let late = || PartError::Late { what: "the moment of the snapshots".into(), seconds: LONGEST_PAUSE.as_secs() };
        timeout(LONGEST_PAUSE, work).await.unwrap_or_else(|_| Err(CreateError::Still(late())))
    }

    /// Lets all of it go on; gives how long it was held still.
    pub(super) async fn let_go(self) -> Result<Duration, CreateError> {
        if self.suspended.is_empty() {
            return Ok(Duration::ZERO);
        }
        let mut tries = 1;
        loop {
            match self.suspended.let_go(self.engine).await {
                Ok(()) => break,
                // Whoever watches goes on watching, and tries again when we are gone.
                Err(source) if tries == TRIES => {
                    let names: Vec<_> = self.containers.iter().map(|c| c.name.as_str()).collect();
                    return Err(CreateError::StillHeld { containers: names.join(", "), source });
                }
                Err(_) => sleep(PAUSE).await,
            }
            tries += 1;
        }
        let held = self.begun.elapsed();
        self.watch.over().await;
        Ok(held)
    }
}
