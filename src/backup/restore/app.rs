//! The services of a project, stopped and started around the exchange of their data.
//!
//! Plans are those of `stop` and `start`. Refuses to start what did not run before: that is in the caller's list or it is not.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::error::RestoreError;
use crate::{
    engine::{self, Engine, Wanted},
    event::{Event, Sink},
    execute::{self, Context},
    model::{Observed, ObservedContainer, ProjectName, ServiceName, is_put_aside},
    plan::{self, Plan, PlanError, Selection},
    state::{Fence, Note, Opened, Store, Versions},
};

/// Who stops and starts services.
#[async_trait]
pub trait Services: Send + Sync {
    /// Stops them, dependents first. Those that do not run are no error.
    async fn stop(&self, services: &BTreeSet<ServiceName>) -> Result<(), RestoreError>;
    /// Starts them in health order, and waits until they are healthy. Those that run are no error.
    async fn start(&self, services: &BTreeSet<ServiceName>) -> Result<(), RestoreError>;
    /// The container of a service that runs now.
    async fn container(&self, service: &ServiceName) -> Result<String, RestoreError>;
}

/// The services at an engine.
pub struct AtEngine<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// The project.
    pub project: &'a ProjectName,
    /// The lock under which all is done.
    pub fence: &'a Fence,
    /// Where events go.
    pub events: Sink<'a>,
}

/// What is there, and what the tool keeps there.
async fn look(engine: &dyn Engine, project: &ProjectName) -> Result<(Observed, Opened), RestoreError> {
    let store = Store::new(engine, project.clone());
    let opened = store.open().await?.ok_or_else(|| RestoreError::NotDeployed(project.to_string()))?;
    let mut observed = engine::observe(engine, project, Wanted::default()).await?;
    observed.kept = opened.head.kept();
    Note::find(project, observed.volumes.values()).add_to(&mut observed.kept);
    Ok((observed, opened))
}

impl AtEngine<'_> {
    async fn carry_out(
        &self,
        services: &BTreeSet<ServiceName>,
        planner: fn(&ProjectName, &Observed, &Selection) -> Result<Plan, PlanError>,
    ) -> Result<(), RestoreError> {
        let (observed, opened) = look(self.engine, self.project).await?;
        let known = |service: &ServiceName| observed.containers.iter().any(|c| is_of(c, self.project, service));
        let selection = Selection(services.iter().filter(|service| known(service)).cloned().collect());
        // A selection of none would be one of all.
        if selection.0.is_empty() {
            return Ok(());
        }
        let plan = planner(self.project, &observed, &selection)?;
        if plan.steps.is_empty() {
            return Ok(());
        }
        let nothing = Versions::default();
        let context = Context {
            engine: self.engine,
            granted: &nothing,
            key: &opened.key,
            head: Some(opened.head.clone()),
            release: None,
            events: &|event| {
                // Steps of this plan are parts of one of ours.
                if let Event::StepStarted { verb, object, .. } = event {
                    (self.events)(Event::StepProgress { step: 0, message: format!("{verb} {object}"), done: None, total: None });
                }
            },
            starts: usize::try_from(observed.engine.cpus).unwrap_or(usize::MAX),
            // Half of the services stopped helps nobody.
            cancel: CancellationToken::new(),
            abandon: CancellationToken::new(),
            fence: self.fence,
            now: chrono::Utc::now,
        };
        match execute::run(&plan, &context).await {
            Ok(_) => Ok(()),
            Err(failure) => match failure.error {
                execute::StepError::LockLost(lost) => Err(lost.into()),
                _ => Err(RestoreError::Services(failure)),
            },
        }
    }
}

fn is_of(container: &ObservedContainer, project: &ProjectName, service: &ServiceName) -> bool {
    container.is_of(project)
        && container.role() == Some("service")
        && !is_put_aside(&container.name)
        && container.service().as_ref() == Some(service)
}

#[async_trait]
impl Services for AtEngine<'_> {
    async fn stop(&self, services: &BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        self.carry_out(services, plan::stop).await
    }

    async fn start(&self, services: &BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        self.carry_out(services, plan::start).await
    }

    async fn container(&self, service: &ServiceName) -> Result<String, RestoreError> {
        let there = self.engine.containers(self.project).await?;
        let runs = there.into_iter().find(|c| is_of(c, self.project, service) && c.state.is_running());
        runs.map(|c| c.name).ok_or_else(|| RestoreError::NotRunning(service.to_string()))
    }
}
