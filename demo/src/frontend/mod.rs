//! The front end's role: a page, a static asset, a health endpoint.

use std::process::ExitCode;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::Failure;
use crate::environment::Environment;
use crate::faults::Faults;
use crate::identity::Identity;
use crate::release::Release;
use crate::server::Server;
use crate::shutdown::Shutdown;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("app.css");

#[derive(Debug, Clone)]
struct App {
    identity: Arc<Identity>,
    faults: Arc<Faults>,
}

pub(crate) async fn run(environment: &Environment) -> Result<ExitCode, Failure> {
    for name in ["NEXTAUTH_URL", "NEXTAUTH_SECRET"] {
        environment.require(name)?;
    }
    let faults = Arc::new(Faults::of(environment)?);
    let identity = Identity::new("frontend", Release::of(environment)?);
    let shutdown = Shutdown::listen(faults.exit_at_once)?;
    let server = Server::new(environment, identity.clone(), faults.clone(), shutdown, "HOSTNAME", 3000)?;
    server.run(async { Ok(routes(App { identity, faults })) }).await
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/api/health", get(health))
        .route("/_next/static/app.css", get(style))
        .with_state(app)
}

async fn page(State(App { identity, .. }): State<App>) -> Html<String> {
    Html(PAGE.replace("{version}", &escape(&identity.release.name)).replace("{instance}", &escape(&identity.instance)))
}

async fn health(State(App { identity, faults }): State<App>) -> Response {
    let status = if faults.never_healthy { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    (status, Json(identity.health())).into_response()
}

/// Cached for good, as Next.js serves what carries a hash in its name.
async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], STYLE)
}

/// Both come from the machine's operator, who may still have typed a `<`.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_page_shows_who_answers() {
        let environment = Environment::from([("APP_VERSION", "v1.0.0-<b>")]);
        let identity = Identity::new("frontend", Release::of(&environment).unwrap());
        let instance = identity.instance.clone();
        let Html(page) = page(State(App { identity, faults: Arc::default() })).await;
        assert!(page.contains("v1.0.0-&lt;b>") && page.contains(&instance));
        assert!(!page.contains("{version}") && !page.contains("{instance}"));
    }
}
