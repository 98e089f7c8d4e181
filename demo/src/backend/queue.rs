//! What lives in Redis: the job queue, and how often each session came by.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::App;
use super::answer::Refusal;
use super::cache::CacheError;

const QUEUE: &str = "medianest:queue:media";
const SESSIONS: &str = "medianest:sessions";
const LAST_SESSION: &str = "medianest:sessions:last";
const COOKIE: &str = "medianest.session";

pub(super) async fn queued(app: &App) -> Result<u64, CacheError> {
    app.cache.number(&["LLEN", QUEUE]).await
}

pub(super) async fn sessions(app: &App) -> Result<u64, CacheError> {
    app.cache.number(&["HLEN", SESSIONS]).await
}

pub(super) async fn length(State(app): State<Arc<App>>) -> Result<Json<Value>, Refusal> {
    Ok(Json(json!({ "length": queued(&app).await? })))
}

/// The body is the job, whatever it is.
pub(super) async fn push(State(app): State<Arc<App>>, job: String) -> Result<(StatusCode, Json<Value>), Refusal> {
    let length = app.cache.number(&["LPUSH", QUEUE, &job]).await?;
    Ok((StatusCode::CREATED, Json(json!({ "length": length }))))
}

/// Counts a visit of the cookie's session, or of a new one: it goes on counting when another replica answers.
pub(super) async fn session(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<impl IntoResponse, Refusal> {
    let session = match session_of(&headers) {
        Some(session) => session,
        None => app.cache.number(&["INCR", LAST_SESSION]).await?,
    };
    let visits = app.cache.number(&["HINCRBY", SESSIONS, &session.to_string(), "1"]).await?;
    let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
    let body = json!({ "session": session, "visits": visits, "instance": app.identity.instance });
    Ok(([(header::SET_COOKIE, cookie)], Json(body)))
}

fn session_of(headers: &HeaderMap) -> Option<u64> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('=')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        assert_eq!(session_of(&headers), None);
        headers.insert(header::COOKIE, "theme=dark; medianest.session=42".parse().unwrap());
        assert_eq!(session_of(&headers), Some(42));
        headers.insert(header::COOKIE, "medianest.session=forged".parse().unwrap());
        assert_eq!(session_of(&headers), None);
    }
}
