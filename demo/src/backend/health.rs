//! Health: two endpoints that say no more than that the process runs, and one that asks the stores.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{App, SERVICE};
use crate::log;

/// `/health` and `/api/health`. Static, as in the real application: green does not mean that the database works.
pub(super) async fn alive(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let status = if app.faults.never_healthy { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    (status, Json(app.identity.health()))
}

pub(super) async fn live(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.identity.health())
}

/// `/health/ready`: the database has the shape that this release reads, and Redis answers.
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let probe = app.identity.release.schema.probe();
    let database = app.database.run("probe", async |client| client.query_one(&probe, &[]).await.map(drop)).await;
    let redis = app.cache.ping().await;
    let ready = database.is_ok() && redis.is_ok();
    let word = |store: &str, failure: Option<&(dyn Error + 'static)>| match failure {
        None => "ok",
        Some(failure) => {
            log::error(SERVICE, &format!("not ready: {store}: {}", log::describe(failure)));
            "failed"
        }
    };
    let body = json!({
        "status": if ready { "ready" } else { "not ready" },
        "version": app.identity.release.name,
        "instance": app.identity.instance,
        "checks": {
            "database": word("database", database.as_ref().err().map(|failure| failure as _)),
            "redis": word("redis", redis.as_ref().err().map(|failure| failure as _)),
        },
    });
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body))
}
