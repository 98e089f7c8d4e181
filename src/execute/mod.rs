//! Carries a plan out: side by side where steps are independent, one after the other where they wait.
//!
//! Layer 3. Decides nothing that the plan has not decided. When a step fails nothing new starts, what is under way
//! settles, and what the plan says to take back is taken back. Refuses to print: events tell what happens.

mod again;
mod attempt;
mod bake;
mod blame;
mod drain;
mod fenced;
mod gate;
mod job;
mod offer;
mod run;
pub mod smoke;
mod stage;
mod step;
mod survey;

use chrono::{DateTime, Utc};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use attempt::record_attempt;
pub use gate::{Evidence, Probing};
pub use offer::Offer;
pub use run::{Failure, Finished, Undone, run};
pub use smoke::SmokeError;
pub use survey::Survey;

use crate::engine::{Engine, EngineError, ErrorKind};
use crate::event::Sink;
use crate::ingress::{SwitchError, trial::Figures};
use crate::model::ServiceName;
use crate::secret::FingerprintKey;
use crate::state::{Draft, Fence, Head, LockLost, StateError, Versions};

/// What a plan is carried out with.
pub struct Context<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// The contents that the plan's files need.
    pub granted: &'a Versions,
    /// The key of the project's fingerprints; a new project's state is made with it.
    pub key: &'a FingerprintKey,
    /// What was current when the plan was made.
    pub head: Option<Head>,
    /// The record to write when the plan has one to write and this is a new release.
    pub release: Option<Draft>,
    /// Where events go.
    pub events: Sink<'a>,
    /// How many containers are started at once at most: as many as the engine's machine has processors. To start one costs
    /// it a processor for a third of a second, so more at once only make those wait that come first in the plan.
    pub starts: usize,
    /// Set by the first Ctrl-C.
    pub cancel: CancellationToken,
    /// Set by the second Ctrl-C: waiting ends too.
    pub abandon: CancellationToken,
    /// Asked before anything begins, and before each call that may change something: whether the lock is still held.
    pub fence: &'a Fence,
    /// The wall clock.
    pub now: fn() -> DateTime<Utc>,
}

/// Why a step failed.
#[derive(Debug, Error)]
pub enum StepError {
    /// The engine refused or did not answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A container did not become healthy.
    #[error("service `{service}`: container {container} {why}")]
    Unhealthy {
        /// The service.
        service: ServiceName,
        /// The container.
        container: String,
        /// What it did instead, in words that follow its name.
        why: String,
        /// What it said.
        evidence: Box<Evidence>,
    },
    /// A job did not succeed.
    #[error("job `{service}` failed in container {container}: {why}")]
    Job {
        /// The service.
        service: ServiceName,
        /// The container.
        container: String,
        /// Exit code and attempts, or the time that ran out.
        why: String,
        /// What it said.
        evidence: Box<Evidence>,
    },
    /// A new replica did not answer as it must before it gets traffic.
    #[error("service `{service}`: container {container} fails its smoke test: {error}")]
    Smoke {
        /// The service.
        service: ServiceName,
        /// The container.
        container: String,
        /// What it did instead.
        #[source]
        error: Box<SmokeError>,
        /// What it has printed.
        evidence: Box<Evidence>,
    },
    /// A canary did worse than the others.
    #[error("service `{service}`: the canary {container} {why} ({figures})")]
    Canary {
        /// The service.
        service: ServiceName,
        /// The canary's container.
        container: String,
        /// What it did, in words that follow its name.
        why: String,
        /// The figures of both sides.
        figures: Box<Figures>,
        /// What it has printed.
        evidence: Box<Evidence>,
    },
    /// The database could not be dumped.
    #[error("cannot dump the database of {container}: {why}")]
    Dump {
        /// The database's container.
        container: String,
        /// Exit code and output.
        why: String,
    },
    /// A file to be delivered is not at hand.
    #[error("{0}")]
    Content(String),
    /// The ingress did not take its new upstreams.
    #[error(transparent)]
    Switch(#[from] SwitchError),
    /// The state could not be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The lock is not held any more: somebody else may be at work.
    #[error(transparent)]
    LockLost(#[from] LockLost),
    /// The operator asked to stop.
    #[error("stopped at the operator's request")]
    Cancelled,
}

impl StepError {
    /// The container that did not do what it must.
    fn culprit(&self) -> Option<&str> {
        match self {
            Self::Unhealthy { container, .. } => Some(container),
            _ => None,
        }
    }

    /// Whether the engine was not asked because the lock is lost.
    fn was_refused(&self) -> bool {
        let error = match self {
            Self::Engine(error) | Self::State(StateError::Engine(error)) | Self::Switch(SwitchError::Engine(error)) => error,
            _ => return false,
        };
        error.kind == ErrorKind::Refused
    }
}
