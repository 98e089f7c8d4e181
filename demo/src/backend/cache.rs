//! Redis: one connection, made when it is first needed and again after it broke, every use timed and bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};
use tokio::sync::Mutex;

use crate::environment::{Environment, Unfit};
use crate::metrics::Metrics;

/// The longest that connecting and one operation may take together.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Cache {
    client: redis::Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error("{0}")]
    Refused(#[from] redis::RedisError),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Cache {
    pub(super) fn new(environment: &Environment, metrics: Arc<Metrics>) -> Result<Self, Unfit> {
        let malformed = Unfit::Malformed { name: "REDIS_URL", expected: "a Redis URL" };
        let client = redis::Client::open(environment.require("REDIS_URL")?).map_err(|_| malformed)?;
        Ok(Self { client, connection: Mutex::default(), metrics })
    }

    /// Runs one command; `operation` is its name among the metrics.
    pub(super) async fn run<T: FromRedisValue>(&self, operation: &'static str, command: &Cmd) -> Result<T, CacheError> {
        let started = Instant::now();
        let result = tokio::time::timeout(PATIENCE, async {
            let mut connection = self.connection().await?;
            command.query_async(&mut connection).await
        })
        .await;
        self.metrics.redis_duration.observe(&[operation], started.elapsed().as_secs_f64());
        let failure = match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(failure)) => CacheError::Refused(failure),
            Err(_) => CacheError::TooSlow,
        };
        // Cheaper to dial again than to tell which errors leave a connection usable.
        *self.connection.lock().await = None;
        Err(failure)
    }

    pub(super) async fn ping(&self) -> Result<(), CacheError> {
        self.run("ping", &redis::cmd("PING")).await
    }

    pub(super) async fn open_connections(&self) -> u64 {
        u64::from(self.connection.lock().await.is_some())
    }

    async fn connection(&self) -> Result<MultiplexedConnection, redis::RedisError> {
        let mut slot = self.connection.lock().await;
        match &*slot {
            Some(connection) => Ok(connection.clone()),
            None => Ok(slot.insert(self.client.get_multiplexed_async_connection().await?).clone()),
        }
    }
}
