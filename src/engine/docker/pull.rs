//! Pulling an image: the user's credentials for its registry, progress over all layers, a limit on silence.
//!
//! Refuses to show credentials: no message here holds one.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use bollard::{
    Docker,
    auth::DockerCredentials,
    models::CreateImageInfo,
    query_parameters::{CreateImageOptions, CreateImageOptionsBuilder},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::error::{pull_failed, timed_out};
use crate::engine::{EngineError, ErrorKind, PullProgress};
use crate::model::ImageRef;
use crate::registry::{self, Credentials};

/// Pulls `image`; fails after `idle` without any sign of life.
pub(super) async fn pull(
    docker: &Docker,
    config_dir: Option<PathBuf>,
    image: &ImageRef,
    idle: Duration,
    on_progress: &(dyn Fn(PullProgress) + Send + Sync),
) -> Result<(), EngineError> {
    let action = format!("pull {image}");
    let (credentials, note) = look_up(config_dir, image, &action, idle).await?;
    let mut layers = Layers::default();
    let docker = docker.clone().with_request_modifier(url_safe_auth);
    let mut messages = docker.create_image(Some(options(image)), None, credentials);
    loop {
        match timeout(idle, messages.next()).await {
            Ok(Some(Ok(message))) => {
                if layers.note(&message) {
                    on_progress(layers.sum());
                }
            }
            Ok(Some(Err(error))) => return Err(with_note(pull_failed(action, &error), note)),
            Ok(None) => return Ok(()),
            Err(_) => return Err(timed_out(action, idle)),
        }
    }
}

/// The digest that the registry has for the image's tag.
pub(super) async fn digest(
    docker: &Docker,
    config_dir: Option<PathBuf>,
    image: &ImageRef,
    limit: Duration,
) -> Result<String, EngineError> {
    let action = format!("ask the registry for {image}");
    let (credentials, note) = look_up(config_dir, image, &action, limit).await?;
    let docker = docker.clone().with_request_modifier(url_safe_auth);
    let name = image.to_string();
    match timeout(limit, docker.inspect_registry_image(&name, credentials)).await {
        Ok(Ok(answer)) => {
            answer.descriptor.digest.ok_or_else(|| EngineError::new(ErrorKind::Other, action, "it names no digest"))
        }
        Ok(Err(error)) => Err(with_note(pull_failed(action, &error), note)),
        Err(_) => Err(timed_out(action, limit)),
    }
}

/// The user's credentials as the engine takes them, or why there are none; within `limit`.
async fn look_up(
    config_dir: Option<PathBuf>,
    image: &ImageRef,
    action: &str,
    limit: Duration,
) -> Result<(Option<DockerCredentials>, Option<String>), EngineError> {
    let found = timeout(limit, registry::look_up(config_dir, image)).await;
    Ok(match found.map_err(|_| timed_out(format!("{action}: ask for credentials"), limit))? {
        Ok(found) => (found.map(|found| for_engine(&found, registry::server_of(image))), None),
        Err(note) => (None, Some(note)),
    })
}

fn for_engine(credentials: &Credentials, server: &str) -> DockerCredentials {
    let found = match credentials {
        Credentials::Identity(token) => {
            DockerCredentials { identitytoken: Some(token.expose().clone()), ..DockerCredentials::default() }
        }
        Credentials::Password(user, password) => DockerCredentials {
            username: Some(user.clone()),
            password: Some(password.expose().clone()),
            ..DockerCredentials::default()
        },
    };
    DockerCredentials { serveraddress: Some(server.to_owned()), ..found }
}

/// A pull that lacks credentials fails at the registry; why they were lacking is what the user needs to hear.
fn with_note(mut error: EngineError, note: Option<String>) -> EngineError {
    if let Some(note) = note.filter(|_| error.kind == ErrorKind::ImageUnavailable) {
        error.message = format!("{} ({note})", error.message);
    }
    error
}

fn options(image: &ImageRef) -> CreateImageOptions {
    // The engine takes a digest in the place of the tag; a digest beside a tag wins, as in the docker CLI.
    let version = image.digest().or(image.tag()).unwrap_or("latest");
    CreateImageOptionsBuilder::new().from_image(image.repository()).tag(version).build()
}

/// The engine reads the header as URL-safe base64, bollard writes the standard alphabet.
fn url_safe_auth(mut request: bollard::BollardRequest) -> bollard::BollardRequest {
    if let Some(header) = request.headers_mut().get_mut("x-registry-auth")
        && let Ok(text) = header.to_str()
        && let Ok(safe) = text.replace('+', "-").replace('/', "_").parse()
    {
        *header = safe;
    }
    request
}

/// Bytes by layer. Only downloads count: they are what takes the time, and unpacking would count them twice.
#[derive(Default)]
struct Layers(BTreeMap<String, PullProgress>);

impl Layers {
    /// Takes a message in; `true` when it changed the sum.
    fn note(&mut self, message: &CreateImageInfo) -> bool {
        let (Some(id), Some(status)) = (&message.id, message.status.as_deref()) else { return false };
        let detail = message.progress_detail.as_ref();
        let bytes = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
        match status {
            "Downloading" => {
                let Some(total) = detail.and_then(|d| bytes(d.total)) else { return false };
                let received = detail.and_then(|d| bytes(d.current)).unwrap_or_default();
                let now = PullProgress { received: received.min(total), total };
                self.0.insert(id.clone(), now) != Some(now)
            }
            "Download complete" | "Pull complete" => match self.0.get_mut(id) {
                Some(layer) if layer.received != layer.total => {
                    layer.received = layer.total;
                    true
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn sum(&self) -> PullProgress {
        self.0.values().fold(PullProgress::default(), |sum, layer| PullProgress {
            received: sum.received + layer.received,
            total: sum.total + layer.total,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, status: &str, current: i64, total: i64) -> CreateImageInfo {
        serde_json::from_value(serde_json::json!({
            "id": id, "status": status, "progressDetail": { "current": current, "total": total },
        }))
        .unwrap()
    }

    #[test]
    fn progress_is_the_sum_of_the_layers() {
        let mut layers = Layers::default();
        assert!(!layers.note(&message("a", "Pulling fs layer", 0, 0)));
        assert!(layers.note(&message("a", "Downloading", 10, 100)));
        assert!(layers.note(&message("b", "Downloading", 5, 50)));
        assert_eq!(layers.sum(), PullProgress { received: 15, total: 150 });
        assert!(layers.note(&message("a", "Download complete", 0, 0)));
        assert!(!layers.note(&message("a", "Extracting", 50, 100)));
        assert!(!layers.note(&message("a", "Pull complete", 0, 0)));
        assert_eq!(layers.sum(), PullProgress { received: 105, total: 150 });
    }

    #[test]
    fn a_digest_stands_in_the_place_of_the_tag() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let options = |text: &str| options(&text.parse().unwrap());
        assert_eq!(options("redis").tag.as_deref(), Some("latest"));
        assert_eq!(options("localhost:5000/redis:7").from_image.as_deref(), Some("localhost:5000/redis"));
        assert_eq!(options(&format!("redis:7@{digest}")).tag.as_deref(), Some(digest.as_str()));
    }
}
