//! Counting requests, and showing the counts to whoever has the token.

use std::sync::Arc;
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::answer::Refusal;
use super::queue;
use crate::metrics::Snapshot;

/// Middleware: counts, times and measures each request, by the route and not by the path, whose number has no bound.
pub(super) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let sent = request.body().size_hint().exact().unwrap_or(0);

    let response = next.run(request).await;

    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let status = response.status();
    let labels = [method.as_str(), route, status.as_str()];
    app.metrics.http_requests.add(&labels, 1);
    app.metrics.http_duration.observe(&labels, started.elapsed().as_secs_f64());
    app.metrics.http_request_size.observe(&labels[..2], sent as f64);
    app.metrics.http_response_size.observe(&labels, response.body().size_hint().exact().unwrap_or(0) as f64);
    response
}

/// `/metrics`.
pub(super) async fn scrape(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<impl IntoResponse, Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if given != Some(app.metrics_token.as_str()) {
        return Err(Refusal::Unauthorized);
    }
    let snapshot = Snapshot {
        // A scrape must not fail because Redis does: the numbers of that moment are then zero.
        queued: queue::queued(&app).await.unwrap_or(0),
        sessions: queue::sessions(&app).await.unwrap_or(0),
        database_connections: app.database.open_connections().await,
        redis_connections: app.cache.open_connections().await,
    };
    let page = app.metrics.render(&app.identity.release.name, &snapshot);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page))
}
