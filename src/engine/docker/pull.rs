//! Pulling an image: the user's credentials for its registry, progress over all layers, a limit on silence.
//!
//! Owns reading credentials from the Docker configuration. Refuses to show them: no message here holds one.

use std::{collections::BTreeMap, fs::File, io::BufReader, path::PathBuf, time::Duration};

use bollard::{
    Docker,
    auth::DockerCredentials,
    models::CreateImageInfo,
    query_parameters::{CreateImageOptions, CreateImageOptionsBuilder},
};
use docker_credential::{CredentialRetrievalError, DockerCredential};
use futures_util::StreamExt;
use tokio::{task::spawn_blocking, time::timeout};

use super::error::{pull_failed, timed_out};
use crate::engine::{EngineError, ErrorKind, PullProgress};
use crate::model::ImageRef;

/// Docker Hub's name in configurations and credential helpers.
const HUB: &str = "https://index.docker.io/v1/";

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

/// The credentials for the image's registry, or why there are none; within `limit`.
async fn look_up(
    config_dir: Option<PathBuf>,
    image: &ImageRef,
    action: &str,
    limit: Duration,
) -> Result<(Option<DockerCredentials>, Option<String>), EngineError> {
    let server = server_of(image).to_owned();
    // A helper is somebody else's program: it may take its time, or ask for a finger on a key.
    let lookup = timeout(limit, spawn_blocking(move || credentials(config_dir, server))).await;
    Ok(match lookup.map_err(|_| timed_out(format!("{action}: ask for credentials"), limit))? {
        Ok(Ok(credentials)) => (credentials, None),
        Ok(Err(note)) => (None, Some(note)),
        Err(_) => (None, Some("the lookup of credentials failed".to_owned())),
    })
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

fn server_of(image: &ImageRef) -> &str {
    match image.registry() {
        "docker.io" | "index.docker.io" => HUB,
        other => other,
    }
}

fn credentials(config_dir: Option<PathBuf>, server: String) -> Result<Option<DockerCredentials>, String> {
    let Some(path) = config_dir.map(|dir| dir.join("config.json")) else { return Ok(None) };
    let Ok(file) = File::open(&path) else { return Ok(None) };
    let found = match docker_credential::get_credential_from_reader(BufReader::new(file), &server) {
        Ok(DockerCredential::IdentityToken(token)) => DockerCredentials { identitytoken: Some(token), ..Default::default() },
        Ok(DockerCredential::UsernamePassword(username, password)) => {
            DockerCredentials { username: Some(username), password: Some(password), ..Default::default() }
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => return Ok(None),
        // A helper's words may hold what it was asked for: only its name is passed on.
        Err(CredentialRetrievalError::HelperFailure { helper, stdout, .. }) => {
            // This is how helpers say that they have none, which is normal.
            if stdout.contains("credentials not found") {
                return Ok(None);
            }
            return Err(format!("`{helper}` failed, so the registry was asked without credentials"));
        }
        Err(error) => {
            return Err(format!("credentials could not be read from {}: {}", path.display(), error.to_string().to_lowercase()));
        }
    };
    Ok(Some(DockerCredentials { serveraddress: Some(server), ..found }))
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

    #[test]
    fn credentials_come_from_the_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let look = |server: &str| credentials(Some(dir.path().to_owned()), server.to_owned());
        assert_eq!(look(HUB), Ok(None));
        // "user:pass" and "hub:word" in base64.
        let config = r#"{"auths":{"registry.example:5000":{"auth":"dXNlcjpwYXNz"},"https://index.docker.io/v1/":{"auth":"aHViOndvcmQ="}},
            "credHelpers":{"helped.example":"that-is-not-installed"}}"#;
        std::fs::write(dir.path().join("config.json"), config).unwrap();
        let user = |server: &str| look(server).unwrap().unwrap().username;
        assert_eq!(user("registry.example:5000").as_deref(), Some("user"));
        assert_eq!(user(server_of(&"redis:7".parse().unwrap())).as_deref(), Some("hub"));
        assert_eq!(look("other.example"), Ok(None));
        assert!(look("helped.example").unwrap_err().contains("credentials"));
    }
}
