//! What a plan has to know of database servers: whether they answer, their versions, and how Redis calls its files.

use std::collections::{BTreeMap, BTreeSet};

use super::{database::Postgres, error::RestoreError, id::RestoreId, plan::Server, redis::Redis};
use crate::{
    engine::Engine,
    model::{Database, Observed, ObservedContainer, ServiceName, Stack, is_put_aside},
};

/// Asks the stack's databases of these names that run. One that does not answer is not among the answers.
///
/// # Errors
/// The engine fails, or a server that runs says no.
pub async fn servers(
    engine: &dyn Engine,
    stack: &Stack,
    observed: &Observed,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<ServiceName, Server>, RestoreError> {
    let mut found = BTreeMap::new();
    for service in stack.services.values().filter(|service| names.contains(service.name.as_str())) {
        let Some(database) = service.database() else { continue };
        let runs = |c: &&ObservedContainer| {
            c.is_of(&stack.project)
                && c.role() == Some("service")
                && !is_put_aside(&c.name)
                && c.state.is_running()
                && c.service().as_ref() == Some(&service.name)
        };
        let Some(container) = observed.containers.iter().find(runs).map(|c| c.name.clone()) else { continue };
        let server = match database {
            Database::Postgres { user, database } => {
                let postgres = Postgres { engine, container, user: &user, live: &database, id: RestoreId::new(0) };
                Server { version: postgres.version().await?, redis: None }
            }
            Database::Redis => {
                let (version, directory, files) = Redis { engine, container }.files().await?;
                Server { version, redis: Some((directory, files)) }
            }
        };
        found.insert(service.name.clone(), server);
    }
    Ok(found)
}
