//! Looks again at what was found healthy, before what it replaces goes and before all is called well: a container that
//! passed its gate may have ended while others were replaced.
//!
//! One call each time. Refuses to wait, and to judge what this run has not found healthy itself.

use super::{
    Context, StepError,
    gate::{Evidence, last_lines},
    step::Seen,
};
use crate::model::{ContainerState, GateEvidence, Health, ObservedContainer, ProjectName, ServiceName};

/// A container that was found healthy.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    /// Its name by then.
    pub(super) container: String,
    /// Its service.
    pub(super) service: ServiceName,
    /// The container and its start.
    pub(super) evidence: GateEvidence,
}

/// Whether everything that this run has found healthy still is, but for `leaving`, which is about to be stopped.
///
/// # Errors
/// The first one that is not, or the engine's refusal.
pub(super) async fn still_well(
    project: &ProjectName,
    context: &Context<'_>,
    seen: &Seen,
    leaving: Option<&str>,
) -> Result<(), StepError> {
    let watched: Vec<_> = seen.watched().into_iter().filter(|w| Some(w.container.as_str()) != leaving).collect();
    if watched.is_empty() {
        return Ok(());
    }
    let there = context.engine.containers(project).await?;
    for Watched { container, service, evidence } in watched {
        let now = there.iter().find(|c| c.id == evidence.container_id);
        let Some(how) = amiss(now, &evidence) else { continue };
        let said = Evidence {
            log: if now.is_some() { last_lines(context.engine, &container).await } else { Vec::new() },
            oom_killed: matches!(now.map(|c| &c.state), Some(ContainerState::Exited { oom_killed: true, .. })),
            memory_limit: now.and_then(|c| c.resources.memory),
            exit_code: match now.map(|c| &c.state) {
                Some(ContainerState::Exited { exit_code, .. } | ContainerState::Restarting { exit_code }) => Some(*exit_code),
                _ => None,
            },
            ..Evidence::default()
        };
        let why = format!("was healthy and did not stay so: {how}");
        return Err(StepError::Unhealthy { service, container, why, evidence: Box::new(said) });
    }
    Ok(())
}

/// What is wrong with a container that was healthy, in words.
fn amiss(now: Option<&ObservedContainer>, healthy: &GateEvidence) -> Option<String> {
    let Some(now) = now else { return Some("it is gone; somebody has removed it".into()) };
    match &now.state {
        ContainerState::Exited { exit_code, .. } | ContainerState::Restarting { exit_code } => {
            Some(format!("it ended with exit code {exit_code}"))
        }
        ContainerState::Created | ContainerState::Dead => Some("it does not run".into()),
        ContainerState::Running { paused: true } => Some("it is paused".into()),
        ContainerState::Running { .. } if now.started_at != Some(healthy.started_at) => {
            Some("it ended, and the engine has started it again".into())
        }
        ContainerState::Running { .. } if now.health == Health::Unhealthy => Some("its health check fails".into()),
        ContainerState::Running { .. } => None,
    }
}
