//! PostgreSQL: one connection, made when it is first needed and again after it broke, every use timed and bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio_postgres::{Client, Config, NoTls};

use crate::environment::{Environment, Unfit};
use crate::metrics::Metrics;
use crate::postgres;

/// The longest that connecting and one query may take together.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Database {
    config: Config,
    client: Mutex<Option<Arc<Client>>>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DatabaseError {
    #[error(transparent)]
    Refused(#[from] tokio_postgres::Error),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Database {
    pub(super) fn new(environment: &Environment, metrics: Arc<Metrics>) -> Result<Self, Unfit> {
        let config = postgres::config(environment, "medianest-backend")?;
        Ok(Self { config, client: Mutex::default(), metrics })
    }

    /// Runs `work` on a live connection; `operation` is its name among the metrics.
    pub(super) async fn run<T>(
        &self,
        operation: &'static str,
        work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, DatabaseError> {
        let started = Instant::now();
        let result = tokio::time::timeout(PATIENCE, async {
            let client = self.client().await?;
            work(&client).await
        })
        .await;
        self.metrics.database_duration.observe(&[operation], started.elapsed().as_secs_f64());
        match result {
            Ok(outcome) => Ok(outcome?),
            Err(_) => {
                // Whoever sits at the other end of this connection no longer answers; the next use dials again.
                *self.client.lock().await = None;
                Err(DatabaseError::TooSlow)
            }
        }
    }

    pub(super) async fn ping(&self) -> Result<(), DatabaseError> {
        self.run("ping", async |client| client.simple_query("SELECT 1").await.map(drop)).await
    }

    pub(super) async fn open_connections(&self) -> u64 {
        u64::from(self.client.lock().await.as_ref().is_some_and(|client| !client.is_closed()))
    }

    async fn client(&self) -> Result<Arc<Client>, tokio_postgres::Error> {
        let mut slot = self.client.lock().await;
        if let Some(client) = slot.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        let (client, connection) = self.config.connect(NoTls).await?;
        // How it broke is what the next query says.
        tokio::spawn(async { drop(connection.await) });
        Ok(slot.insert(Arc::new(client)).clone())
    }
}
