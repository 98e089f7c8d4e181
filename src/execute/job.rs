//! Runs a container that is meant to end, and tries again with growing pauses when it does not end well.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{StepError, gate};
use crate::engine::Engine;
use crate::model::{ContainerState, ServiceName};

/// What is run, and how often.
pub(super) struct Job<'a> {
    /// The container; it exists.
    pub(super) container: &'a str,
    /// Its service.
    pub(super) service: &'a ServiceName,
    /// Tries in all.
    pub(super) attempts: u32,
    /// Pause before the second try; it doubles.
    pub(super) backoff: Duration,
    /// How long one try may take.
    pub(super) patience: Duration,
}

/// Runs `job`. A try under way is never cut short by the operator: half a migration helps nobody.
pub(super) async fn run(
    engine: &dyn Engine,
    job: &Job<'_>,
    cancel: &CancellationToken,
    tell: &(dyn Fn(String) + Send + Sync),
) -> Result<(), StepError> {
    let mut pause = job.backoff;
    for attempt in 1..=job.attempts {
        engine.start(job.container).await?;
        let outcome = timeout(job.patience, engine.wait(job.container)).await;
        let why = match outcome {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(code)) => format!("exit code {code}"),
            Ok(Err(e)) => return Err(e.into()),
            Err(_) => {
                engine.stop(job.container, Duration::from_secs(10)).await?;
                format!("it did not end within {} s", job.patience.as_secs())
            }
        };
        if attempt == job.attempts {
            let tries = if attempt == 1 { String::new() } else { format!(" at the last of {attempt} attempts") };
            return Err(failed(engine, job, format!("{why}{tries}")).await);
        }
        tell(format!("attempt {attempt} of {} failed ({why}), next one in {} s", job.attempts, pause.as_secs()));
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(StepError::Cancelled),
            () = sleep(pause) => {}
        }
        pause = pause.saturating_mul(2);
    }
    Ok(())
}

async fn failed(engine: &dyn Engine, job: &Job<'_>, why: String) -> StepError {
    let seen = engine.container(job.container).await.ok().flatten();
    let (exit_code, oom_killed) = match seen.as_ref().map(|c| &c.state) {
        Some(ContainerState::Exited { exit_code, oom_killed }) => (Some(*exit_code), *oom_killed),
        _ => (None, false),
    };
    let memory_limit = seen.and_then(|c| c.resources.memory);
    let log = gate::last_lines(engine, job.container).await;
    let evidence = gate::Evidence { health_output: None, log, oom_killed, memory_limit, exit_code };
    StepError::Job { service: job.service.clone(), container: job.container.to_owned(), why, evidence: Box::new(evidence) }
}
