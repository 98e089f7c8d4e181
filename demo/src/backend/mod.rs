//! The back end's role: start-up checks, routes, and what every request passes on its way.

mod answer;
mod cache;
mod database;
mod guard;
mod health;
mod media;
mod observe;
mod queue;
mod redis;
mod socket;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::environment::{Environment, Requirement, Unfit};
use crate::faults::Faults;
use crate::identity::Identity;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::release::Release;
use crate::server::Server;
use crate::shutdown::Shutdown;
use crate::{Failure, log};
use answer::Refusal;
use cache::Cache;
use database::Database;

const SERVICE: &str = "backend";

/// What the application wants to see before it starts.
const REQUIREMENTS: [Requirement; 5] = [
    Requirement { name: "DATABASE_URL", minimum: 1 },
    Requirement { name: "JWT_SECRET", minimum: 32 },
    Requirement { name: "ENCRYPTION_KEY", minimum: 32 },
    Requirement { name: "METRICS_TOKEN", minimum: 20 },
    Requirement { name: "PLEX_CLIENT_ID", minimum: 1 },
];

/// How long a back end waits for its data stores before it gives up, and between two tries.
const START_PATIENCE: Duration = Duration::from_secs(30);
const START_RETRY: Duration = Duration::from_millis(500);

/// The longest that `/api/slow` sleeps.
const SLOWEST: Duration = Duration::from_secs(600);

/// What the handlers share.
#[derive(Debug)]
struct App {
    identity: Arc<Identity>,
    faults: Arc<Faults>,
    shutdown: Shutdown,
    database: Database,
    cache: Cache,
    metrics: Arc<Metrics>,
    metrics_token: String,
    health_limiter: Limiter,
    api_limiter: Limiter,
    uploads: PathBuf,
}

pub(crate) async fn run(environment: &Environment) -> Result<ExitCode, Failure> {
    environment.check(&REQUIREMENTS)?;
    let faults = Arc::new(Faults::of(environment)?);
    let identity = Identity::new(SERVICE, Release::of(environment)?);
    let shutdown = Shutdown::listen(faults.exit_at_once)?;
    let server = Server::new(environment, identity.clone(), faults.clone(), shutdown.clone(), "HOST", 4000)?;
    let app = Arc::new(App::new(environment, identity, faults, shutdown)?);

    server
        .run(async {
            app.wait_for_stores().await?;
            let metrics = app.metrics.clone();
            tokio::spawn(async move { metrics.watch_event_loop().await });
            Ok(routes(app))
        })
        .await
}

impl App {
    fn new(environment: &Environment, identity: Arc<Identity>, faults: Arc<Faults>, shutdown: Shutdown) -> Result<Self, Unfit> {
        let metrics = Arc::new(Metrics::new());
        Ok(Self {
            identity,
            faults,
            shutdown,
            database: Database::new(environment, metrics.clone())?,
            cache: Cache::new(environment, metrics.clone())?,
            metrics,
            metrics_token: environment.require("METRICS_TOKEN")?.to_owned(),
            health_limiter: limiter(environment, ("HEALTH_RATE_LIMIT", 100), ("HEALTH_RATE_WINDOW_S", 15 * 60))?,
            api_limiter: limiter(environment, ("API_RATE_LIMIT", 100), ("API_RATE_WINDOW_S", 60))?,
            uploads: environment.get("UPLOAD_DIR").unwrap_or("/app/uploads").into(),
        })
    }

    /// Both stores answer, or an error when they do not within [`START_PATIENCE`].
    async fn wait_for_stores(&self) -> Result<(), Failure> {
        let deadline = tokio::time::Instant::now() + START_PATIENCE;
        loop {
            let failure: Failure = match (self.database.ping().await, self.cache.ping().await) {
                (Ok(()), Ok(())) => return Ok(()),
                (Err(failure), _) => format!("PostgreSQL does not answer: {}", log::describe(&failure)).into(),
                (_, Err(failure)) => format!("Redis does not answer: {}", log::describe(&failure)).into(),
            };
            if tokio::time::Instant::now() >= deadline {
                return Err(failure);
            }
            log::info(SERVICE, &format!("{failure}; trying again"));
            tokio::time::sleep(START_RETRY).await;
        }
    }
}

fn limiter(environment: &Environment, limit: (&'static str, u32), window: (&'static str, u64)) -> Result<Limiter, Unfit> {
    const EXPECTED: &str = "a whole number";
    let requests = environment.parse(limit.0, EXPECTED)?.unwrap_or(limit.1);
    let seconds = environment.parse(window.0, EXPECTED)?.unwrap_or(window.1);
    Ok(Limiter::new(requests, Duration::from_secs(seconds)))
}

fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health::alive))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(observe::scrape))
        .route("/api/health", get(health::alive))
        .route("/api/media", get(media::list).post(media::create))
        .route("/api/upload", post(upload::receive))
        .route("/api/queue", get(queue::length).post(queue::push))
        .route("/api/session", get(queue::session))
        .route("/api/slow", get(slow))
        .route("/socket.io/", get(socket::connect))
        .route("/socket.io/{*path}", get(socket::connect))
        .fallback(async || Refusal::NotFound)
        // The last layer is the outermost: refused requests are counted too.
        .layer(from_fn_with_state(app.clone(), guard::fail_some))
        .layer(from_fn_with_state(app.clone(), guard::limit))
        .layer(from_fn_with_state(app.clone(), observe::count))
        .with_state(app)
}

#[derive(Debug, Deserialize)]
struct Slow {
    ms: Option<u64>,
}

/// Answers late: a request that is in flight while its container is replaced.
async fn slow(Query(Slow { ms }): Query<Slow>) -> Json<Value> {
    let delay = Duration::from_millis(ms.unwrap_or(1000)).min(SLOWEST);
    tokio::time::sleep(delay).await;
    Json(json!({ "waited_ms": delay.as_secs_f64() * 1000.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";

    fn variables(database_url: &str) -> Environment {
        Environment::from([
            ("NODE_ENV", "production"),
            ("DATABASE_URL", database_url),
            ("REDIS_URL", "redis://:abcdef@redis:6379/0"),
            ("JWT_SECRET", HEX),
            ("ENCRYPTION_KEY", HEX),
            ("METRICS_TOKEN", HEX),
            ("PLEX_CLIENT_ID", "9f8e7d6c"),
        ])
    }

    #[tokio::test]
    async fn a_production_environment_with_random_hex_is_fit() {
        let environment = variables("postgresql://medianest:0a1b2c@postgres:5432/medianest?connection_limit=20&pool_timeout=30");
        assert_eq!(environment.check(&REQUIREMENTS), Ok(()));
        let shutdown = Shutdown::listen(false).unwrap();
        let identity = Identity::new(SERVICE, Release::of(&environment).unwrap());
        assert!(App::new(&environment, identity, Arc::default(), shutdown).is_ok());
    }

    #[test]
    fn the_database_url_is_checked_like_the_other_secrets() {
        let environment = variables("postgresql://medianest:changeme@postgres:5432/medianest");
        assert_eq!(environment.check(&REQUIREMENTS), Err(Unfit::Placeholder("DATABASE_URL")));
    }
}
