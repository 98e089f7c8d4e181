//! What stands before the handlers: the rate limiter, and the fault that spoils a share of the answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;
use super::answer::Refusal;
use crate::limiter::Verdict;

/// Middleware: 429 to whoever asks too often, and to Docker's own health check no less than to others.
pub(super) async fn limit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let limiter = if path.starts_with("/health") {
        &app.health_limiter
    } else if path.starts_with("/api/") {
        &app.api_limiter
    } else {
        return next.run(request).await;
    };
    match limiter.admit(&client_address(request.headers(), peer), Instant::now()) {
        Verdict::Allowed => next.run(request).await,
        Verdict::Refused { retry_after } => {
            // Rounded up: whoever waits as long as told is let in.
            let seconds = retry_after.as_millis().div_ceil(1000).to_string();
            let body = Json(json!({ "error": "too many requests, please try again later" }));
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], body).into_response()
        }
    }
}

/// The first entry of X-Forwarded-For, which nginx sets; without one, the peer.
fn client_address(headers: &HeaderMap, peer: SocketAddr) -> String {
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    match forwarded.and_then(|list| list.split(',').next()).map(str::trim) {
        Some(client) if !client.is_empty() => client.to_owned(),
        _ => peer.ip().to_canonical().to_string(),
    }
}

/// Middleware: `FAULT_5XX_RATE` of the answers under `/api`. Not its health endpoint: that has a fault of its own.
pub(super) async fn fail_some(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") && path != "/api/health" && app.faults.failures.hit() {
        return Refusal::Fault.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_first_hop_or_the_peer() {
        let peer: SocketAddr = "[::ffff:10.0.0.9]:5555".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(client_address(&headers, peer), "10.0.0.9");
        headers.insert("x-forwarded-for", "203.0.113.7, 10.0.0.2".parse().unwrap());
        assert_eq!(client_address(&headers, peer), "203.0.113.7");
        headers.insert("x-forwarded-for", " ".parse().unwrap());
        assert_eq!(client_address(&headers, peer), "10.0.0.9");
    }
}
