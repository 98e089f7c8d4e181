//! Waits until a container is healthy, much sooner than the engine's own interval would tell.
//!
//! The gate runs the container's own health command through the exec API: often at first, then less and less. The
//! number of probes is bounded as well as the time, because an application may count them against a rate limit
//! (100 requests in 15 minutes for the real one). The engine's verdict counts too, when it is given earlier.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::StepError;
use crate::engine::{Engine, EngineError, ErrorKind, LogOptions};
use crate::model::{Bytes, ContainerState, GateEvidence, Health, ObservedContainer, ServiceName};

/// The pauses between probes.
#[derive(Debug, Clone, Copy)]
pub struct Probing {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Probing {
    fn default() -> Self {
        Self { first: Duration::from_millis(60), longest: Duration::from_secs(30) }
    }
}

impl Probing {
    /// Each pause is a quarter longer than the one before: 21 probes in the first 25 seconds, 35 in five minutes, 55 in
    /// a quarter of an hour. Beside them there are the engine's own, one every 30 seconds.
    fn next(&self, pause: Duration) -> Duration {
        (pause * 5 / 4).min(self.longest)
    }
}

/// Restarts by the engine after which a container counts as crashing for good.
const CRASHES: u64 = 3;
/// Pause between two looks at a container that was healthy.
const WATCH: Duration = Duration::from_secs(1);
/// How long a container without a health check must stay up.
const SETTLE: Duration = Duration::from_secs(2);
/// How long one probe may take when the health check does not say.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many lines of output are shown.
const LOG_LINES: u64 = 10;

/// What a container said before it failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Output of the last health check.
    pub health_output: Option<String>,
    /// The last lines of its output.
    pub log: Vec<String>,
    /// It was killed for its use of memory.
    pub oom_killed: bool,
    /// Most memory that it might use.
    pub memory_limit: Option<Bytes>,
    /// Exit code, when it has ended.
    pub exit_code: Option<i64>,
}

/// The last lines of a container's output.
pub(super) async fn last_lines(engine: &dyn Engine, container: &str) -> Vec<String> {
    let options = LogOptions { tail: Some(LOG_LINES), limit: Some(Duration::from_secs(5)), ..LogOptions::default() };
    let chunks = engine.logs(container, &options).filter_map(|chunk| async { chunk.ok() }).collect::<Vec<_>>();
    let chunks = timeout(Duration::from_secs(5), chunks).await.unwrap_or_default();
    let bytes: Vec<u8> = chunks.iter().flat_map(|c| c.bytes.iter().copied()).collect();
    String::from_utf8_lossy(&bytes).lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Waits for `container`. `tell` is called with the seconds waited.
pub(super) async fn await_healthy(
    engine: &dyn Engine,
    container: &str,
    service: &ServiceName,
    patience: Duration,
    cancel: &CancellationToken,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<GateEvidence, StepError> {
    let mut gate = Gate { engine, container, service, last_output: None, last_exit: None, crashes_before: None };
    let begin = Instant::now();
    let probing = Probing::default();
    let mut pause = probing.first;
    loop {
        if let Some(evidence) = gate.look().await? {
            return Ok(evidence);
        }
        if begin.elapsed() >= patience {
            let why = format!("did not become healthy within {} s", patience.as_secs());
            return Err(gate.failed(why, None).await);
        }
        tell(begin.elapsed().as_secs());
        let rest = patience.saturating_sub(begin.elapsed());
        tokio::select! {
            () = sleep(pause.min(rest)) => {}
            () = cancel.cancelled() => return Err(StepError::Cancelled),
        }
        pause = probing.next(pause);
    }
}

/// Watches for `span` that a container that was healthy stays up: the same start, no restart.
pub(super) async fn stays_up(
    engine: &dyn Engine,
    container: &str,
    service: &ServiceName,
    healthy: &GateEvidence,
    span: Duration,
    cancel: &CancellationToken,
) -> Result<(), StepError> {
    let mut gate = Gate { engine, container, service, last_output: None, last_exit: None, crashes_before: None };
    let (begin, mut went) = (Instant::now(), false);
    let now = loop {
        tokio::select! {
            () = sleep(WATCH.min(span.saturating_sub(begin.elapsed()))) => {}
            () = cancel.cancelled() => return Err(StepError::Cancelled),
        }
        let now = gate.inspect().await?;
        went |= !now.state.is_running() || now.started_at != Some(healthy.started_at);
        // The engine forgets how a run ended when it begins the next: it is worth while to wait for its next end.
        match now.state {
            ContainerState::Exited { .. } => break now,
            ContainerState::Restarting { exit_code } => {
                gate.last_exit = Some(exit_code);
                break now;
            }
            _ if begin.elapsed() < span => {}
            _ if !went && now.health != Health::Unhealthy => return Ok(()),
            _ => break now,
        }
    };
    let how = match &now.state {
        ContainerState::Exited { exit_code, .. } | ContainerState::Restarting { exit_code } => {
            format!("it ended with exit code {exit_code}")
        }
        ContainerState::Running { .. } if now.started_at != Some(healthy.started_at) => {
            "it ended, and the engine has started it again".into()
        }
        ContainerState::Running { .. } => "its health check fails".into(),
        ContainerState::Created | ContainerState::Dead => "it does not run".into(),
    };
    let why = format!("was healthy and did not stay up for {} s: {how}", span.as_secs());
    Err(gate.failed(why, Some(&now)).await)
}

struct Gate<'a> {
    engine: &'a dyn Engine,
    container: &'a str,
    service: &'a ServiceName,
    last_output: Option<String>,
    /// Exit code of the last run that was seen to have ended.
    last_exit: Option<i64>,
    crashes_before: Option<u64>,
}

impl Gate<'_> {
    async fn inspect(&self) -> Result<ObservedContainer, EngineError> {
        let found = self.engine.container(self.container).await?;
        let gone = || EngineError::new(ErrorKind::NotFound, format!("look at container {}", self.container), "it is gone");
        found.ok_or_else(gone)
    }

    /// One look: `Some` when it is healthy, an error when it never will be.
    async fn look(&mut self) -> Result<Option<GateEvidence>, StepError> {
        let seen = self.inspect().await?;
        let crashes = seen.restart_count.saturating_sub(*self.crashes_before.get_or_insert(seen.restart_count));
        if let ContainerState::Restarting { exit_code } = &seen.state {
            self.last_exit = Some(*exit_code);
        }
        match &seen.state {
            ContainerState::Running { .. } if crashes < CRASHES => {}
            ContainerState::Restarting { .. } if crashes < CRASHES => return Ok(None),
            ContainerState::Running { .. } | ContainerState::Restarting { .. } => {
                let last = self.last_exit.map(|code| format!(", the last time with exit code {code}")).unwrap_or_default();
                return Err(self.failed(format!("keeps crashing ({crashes} restarts{last})"), Some(&seen)).await);
            }
            ContainerState::Exited { exit_code, oom_killed: true } => {
                let limit = seen.resources.memory.map(|limit| format!(" of {limit}")).unwrap_or_default();
                let why = format!("was killed because it used more memory than its limit{limit} (exit code {exit_code})");
                return Err(self.failed(why, Some(&seen)).await);
            }
            ContainerState::Exited { exit_code, .. } => {
                return Err(self.failed(format!("ended with exit code {exit_code}"), Some(&seen)).await);
            }
            ContainerState::Created | ContainerState::Dead => {
                return Err(self.failed("does not run".into(), Some(&seen)).await);
            }
        }
        match seen.health {
            Health::Healthy => return Ok(evidence(&seen)),
            Health::NoCheck => return self.settled(&seen).await,
            Health::Starting | Health::Unhealthy => {}
        }
        let check = seen.healthcheck.as_ref();
        let Some(argv) = check.and_then(|c| c.test.as_ref()).and_then(|test| test.argv()) else { return Ok(None) };
        let limit = check.and_then(|c| c.timeout).unwrap_or(PROBE_TIMEOUT);
        match self.engine.exec(self.container, &argv, limit).await {
            // Whoever answered must be the process that runs now.
            Ok(output) if output.code == 0 => {
                let now = self.inspect().await?;
                Ok((now.state.is_running() && now.started_at == seen.started_at).then(|| evidence(&now)).flatten())
            }
            Ok(output) => {
                self.last_output = Some(format!("exit code {}: {}", output.code, output.text()));
                Ok(None)
            }
            Err(e) if e.kind == ErrorKind::Timeout => {
                self.last_output = Some(format!("no answer within {} s", limit.as_secs()));
                Ok(None)
            }
            Err(e) if matches!(e.kind, ErrorKind::NotRunning | ErrorKind::Conflict) => Ok(None),
            // A command that is not in the image never will be.
            Err(e) => {
                self.last_output = Some(e.message.clone());
                Ok(None)
            }
        }
    }

    /// Without a check, staying up is all that can be asked for.
    async fn settled(&self, seen: &ObservedContainer) -> Result<Option<GateEvidence>, StepError> {
        sleep(SETTLE).await;
        let now = self.inspect().await?;
        Ok((now.state.is_running() && now.started_at == seen.started_at).then(|| evidence(&now)).flatten())
    }

    async fn failed(&self, why: String, seen: Option<&ObservedContainer>) -> StepError {
        let (exit_code, oom_killed) = match seen.map(|c| &c.state) {
            Some(ContainerState::Exited { exit_code, oom_killed }) => (Some(*exit_code), *oom_killed),
            Some(ContainerState::Restarting { exit_code }) => (Some(*exit_code), *exit_code == 137),
            // 137 is SIGKILL; while it restarts the engine does not say who sent it.
            _ => (self.last_exit, self.last_exit == Some(137)),
        };
        let evidence = Evidence {
            health_output: self.last_output.clone(),
            log: last_lines(self.engine, self.container).await,
            oom_killed,
            memory_limit: seen.and_then(|c| c.resources.memory),
            exit_code,
        };
        StepError::Unhealthy {
            service: self.service.clone(),
            container: self.container.to_owned(),
            why,
            evidence: Box::new(evidence),
        }
    }
}

fn evidence(container: &ObservedContainer) -> Option<GateEvidence> {
    Some(GateEvidence { container_id: container.id.clone(), started_at: container.started_at? })
}
