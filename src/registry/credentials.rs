//! The user's credentials for a registry, from the Docker configuration and the credential helpers that it names.
//!
//! Refuses to show them: no message here holds one.

use std::{fs::File, io::BufReader, path::PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential};
use tokio::task::spawn_blocking;

use crate::model::ImageRef;
use crate::secret::Secret;

/// Docker Hub's name in configurations and credential helpers.
const HUB: &str = "https://index.docker.io/v1/";

/// What proves to a registry who asks.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A name and a password.
    Password(String, Secret<String>),
    /// A token that is exchanged for others.
    Identity(Secret<String>),
}

/// The name of the image's registry in configurations and credential helpers.
pub fn server_of(image: &ImageRef) -> &str {
    match image.registry() {
        "docker.io" | "index.docker.io" => HUB,
        other => other,
    }
}

/// The credentials for the image's registry; `None` when there are none, and in words when they could not be read.
///
/// A helper is somebody else's program, which may take its time, or ask for a finger on a key: the limit is the caller's.
pub async fn look_up(config_dir: Option<PathBuf>, image: &ImageRef) -> Result<Option<Credentials>, String> {
    let server = server_of(image).to_owned();
    let found = spawn_blocking(move || read(config_dir, &server)).await;
    found.unwrap_or_else(|_| Err("the lookup of credentials failed".to_owned()))
}

fn read(config_dir: Option<PathBuf>, server: &str) -> Result<Option<Credentials>, String> {
    let Some(path) = config_dir.map(|dir| dir.join("config.json")) else { return Ok(None) };
    let Ok(file) = File::open(&path) else { return Ok(None) };
    match docker_credential::get_credential_from_reader(BufReader::new(file), server) {
        Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Credentials::Identity(Secret::new(token)))),
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some(Credentials::Password(user, Secret::new(password)))),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        // This is how helpers say that they have none, which is normal.
        Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if stdout.contains("credentials not found") => Ok(None),
        // A helper's words may hold what it was asked for: only its name is passed on.
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(format!("`{helper}` failed, so the registry was asked without credentials"))
        }
        Err(error) => Err(format!("credentials could not be read from {}: {}", path.display(), error.to_string().to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_come_from_the_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let look = |server: &str| read(Some(dir.path().to_owned()), server);
        assert!(look(HUB).unwrap().is_none());
        // "user:pass" and "hub:word" in base64.
        let config = r#"{"auths":{"registry.example:5000":{"auth":"dXNlcjpwYXNz"},"https://index.docker.io/v1/":{"auth":"aHViOndvcmQ="}},
            "credHelpers":{"helped.example":"that-is-not-installed"}}"#;
        std::fs::write(dir.path().join("config.json"), config).unwrap();
        let found = |server: &str| match look(server).unwrap().unwrap() {
            Credentials::Password(user, password) => format!("{user} {}", password.expose()),
            Credentials::Identity(_) => panic!("no token is configured"),
        };
        assert_eq!(found("registry.example:5000"), "user pass");
        assert_eq!(found(server_of(&"redis:7".parse().unwrap())), "hub word");
        assert!(look("other.example").unwrap().is_none());
        assert!(look("helped.example").unwrap_err().contains("credentials"));
        assert!(!format!("{:?}", look("registry.example:5000")).contains("pass"));
    }
}
