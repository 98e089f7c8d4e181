//! Redis: one connection, made when it is first needed and again after it broke, every use timed and bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::redis::{Address, Connection, RedisError, Reply};
use crate::environment::{Environment, Unfit};
use crate::metrics::Metrics;

/// The longest that connecting and one command may take together.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Cache {
    address: Address,
    connection: Mutex<Option<Connection>>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error(transparent)]
    Refused(#[from] RedisError),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Cache {
    pub(super) fn new(environment: &Environment, metrics: Arc<Metrics>) -> Result<Self, Unfit> {
        let address = environment.parse("REDIS_URL", "a Redis URL")?.ok_or(Unfit::Missing("REDIS_URL"))?;
        Ok(Self { address, connection: Mutex::default(), metrics })
    }

    /// Runs a command that answers with a number.
    pub(super) async fn number(&self, command: &[&str]) -> Result<u64, CacheError> {
        match self.run(command).await? {
            Reply::Number(number) => Ok(number),
            Reply::Text(_) => Err(RedisError::Unexpected.into()),
        }
    }

    pub(super) async fn ping(&self) -> Result<(), CacheError> {
        let pong = Reply::Text("PONG".to_owned());
        if self.run(&["PING"]).await? == pong { Ok(()) } else { Err(RedisError::Unexpected.into()) }
    }

    pub(super) async fn open_connections(&self) -> u64 {
        u64::from(self.connection.lock().await.is_some())
    }

    async fn run(&self, command: &[&str]) -> Result<Reply, CacheError> {
        let started = Instant::now();
        let result = tokio::time::timeout(PATIENCE, self.call(command)).await;
        let operation = command.first().copied().unwrap_or_default().to_ascii_lowercase();
        self.metrics.redis_duration.observe(&[&operation], started.elapsed().as_secs_f64());
        Ok(result.map_err(|_| CacheError::TooSlow)??)
    }

    async fn call(&self, command: &[&str]) -> Result<Reply, RedisError> {
        let mut slot = self.connection.lock().await;
        // Taken out for the while: a call that fails, or is given up half-way, leaves no connection to be used again.
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => Connection::open(&self.address).await?,
        };
        let reply = connection.call(command).await?;
        *slot = Some(connection);
        Ok(reply)
    }
}
