//! Who answers: service, release and instance, in every answer's headers, so that a load test can tell replicas apart.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use crate::release::Release;

/// One running process.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) service: &'static str,
    pub(crate) release: Release,
    pub(crate) instance: String,
    pub(crate) started: Instant,
}

impl Identity {
    pub(crate) fn new(service: &'static str, release: Release) -> Arc<Self> {
        Arc::new(Self { service, release, instance: hostname(), started: Instant::now() })
    }

    /// The document that the static health endpoints answer.
    pub(crate) fn health(&self) -> Value {
        json!({
            "status": "ok",
            "service": self.service,
            "version": self.release.name,
            "instance": self.instance,
            "uptime": self.started.elapsed().as_secs_f64(),
        })
    }
}

/// The kernel's name for this container. Not `$HOSTNAME`: the front end's contract uses that for the address to bind.
fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// Middleware: signs every answer.
pub(crate) async fn sign(State(identity): State<Arc<Identity>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        ("x-medianest-service", identity.service),
        ("x-medianest-version", &identity.release.name),
        ("x-medianest-instance", &identity.instance),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
