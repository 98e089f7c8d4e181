//! Where the engine is: finds the endpoint the way the docker CLI does, then connects to it.
//!
//! Owns the order `-H`, `DOCKER_HOST`, docker context, default socket, and reading contexts from the user's Docker
//! configuration. Refuses to read environment variables: whoever read them passes them in. `ssh://` and TLS are
//! recognised and refused by name, so that nobody is ever connected to another engine than the one asked for.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{EngineError, ErrorKind, docker::DockerEngine};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// The docker CLI's port for a `tcp://` address without one.
const DEFAULT_PORT: u16 = 2375;

/// What decides which engine is spoken to, and how patiently.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `-H`/`--host`.
    pub host: Option<String>,
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`; without it the configuration's current context counts.
    pub context: Option<String>,
    /// The Docker CLI's configuration directory: `DOCKER_CONFIG`, or `~/.docker`.
    pub config_dir: Option<String>,
    /// `DOCKER_TLS_VERIFY` is set: a `tcp://` address from `-H` or `DOCKER_HOST` means TLS.
    pub tls_verify: bool,
    /// Longest time for one call that has no limit of its own.
    pub timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            host: None,
            docker_host: None,
            context: None,
            config_dir: None,
            tls_verify: false,
            timeout: Duration::from_secs(120),
        }
    }
}

/// An address that can be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Path of a Unix socket.
    Unix(String),
    /// `host:port`, in the clear.
    Tcp(String),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{path}"),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

impl ConnectOptions {
    /// Whether these lead to a socket of this machine. What listens there may still be forwarded from another one.
    pub fn lead_to_a_local_socket(&self) -> bool {
        matches!(resolve(self), Ok(Endpoint::Unix(_)))
    }
}

/// Finds the engine and asks it for its version, in one bounded call.
pub async fn connect(options: &ConnectOptions) -> Result<DockerEngine, EngineError> {
    let endpoint = resolve(options)?;
    DockerEngine::connect(&endpoint, options.timeout, options.config_dir.as_ref().map(PathBuf::from)).await
}

fn resolve(options: &ConnectOptions) -> Result<Endpoint, EngineError> {
    let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    if let Some(address) = given(&options.host).or_else(|| given(&options.docker_host)) {
        return parse(address.trim(), options.tls_verify);
    }
    let Some(dir) = options.config_dir.as_deref().map(Path::new) else {
        return Ok(Endpoint::Unix(DEFAULT_SOCKET.into()));
    };
    let context = match given(&options.context) {
        Some(name) => Some(name),
        None => current_context(dir)?,
    };
    match context.as_deref() {
        // `default` is the CLI's name for "no context".
        None | Some("default") => Ok(Endpoint::Unix(DEFAULT_SOCKET.into())),
        Some(name) => from_context(dir, name),
    }
}

fn parse(address: &str, tls: bool) -> Result<Endpoint, EngineError> {
    let refuse = |why: String| Err(EngineError::new(ErrorKind::Other, format!("connect to {address}"), why));
    // Without a scheme the CLI takes `tcp`.
    let (scheme, rest) = address.split_once("://").unwrap_or(("tcp", address));
    match scheme {
        "unix" if rest.is_empty() => Ok(Endpoint::Unix(DEFAULT_SOCKET.into())),
        "unix" => Ok(Endpoint::Unix(rest.into())),
        "tcp" | "http" if tls => refuse("TLS to the engine is not supported yet".into()),
        "tcp" | "http" => {
            let host = rest.trim_end_matches('/');
            if host.is_empty() || host.contains('/') {
                return refuse("the address must be `tcp://host:port`".into());
            }
            // A bracket ends an IPv6 address; a colon after it begins the port.
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && !port.contains(']'));
            Ok(Endpoint::Tcp(if has_port { host.into() } else { format!("{}:{DEFAULT_PORT}", host.trim_end_matches(':')) }))
        }
        "https" => refuse("TLS to the engine is not supported yet".into()),
        "ssh" => refuse("ssh:// is not supported yet; forward the socket (`ssh -L`) and name it with unix://".into()),
        other => refuse(format!("`{other}://` is not supported; use unix:// or tcp://")),
    }
}

#[derive(Deserialize)]
struct CliConfig {
    #[serde(rename = "currentContext", default)]
    current_context: String,
}

#[derive(Deserialize)]
struct ContextMeta {
    #[serde(rename = "Endpoints", default)]
    endpoints: ContextEndpoints,
}

#[derive(Deserialize, Default)]
struct ContextEndpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
struct DockerEndpoint {
    #[serde(rename = "Host", default)]
    host: String,
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, EngineError> {
    let action = || format!("read {}", path.display());
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| EngineError::new(ErrorKind::Other, action(), format!("not the expected JSON: {error}"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EngineError::new(ErrorKind::Other, action(), error.to_string())),
    }
}

fn current_context(dir: &Path) -> Result<Option<String>, EngineError> {
    let config: Option<CliConfig> = read_json(&dir.join("config.json"))?;
    Ok(config.map(|c| c.current_context).filter(|name| !name.is_empty()))
}

/// The CLI keeps each context in a directory named by the SHA-256 of its name.
fn context_id(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_context(dir: &Path, name: &str) -> Result<Endpoint, EngineError> {
    let action = || format!("use docker context `{name}`");
    let id = context_id(name);
    let meta: ContextMeta = read_json(&dir.join("contexts/meta").join(&id).join("meta.json"))?
        .ok_or_else(|| EngineError::new(ErrorKind::Other, action(), format!("there is no such context in {}", dir.display())))?;
    let Some(host) = meta.endpoints.docker.map(|d| d.host).filter(|host| !host.is_empty()) else {
        return Err(EngineError::new(ErrorKind::Other, action(), "it has no docker endpoint"));
    };
    let tls = dir.join("contexts/tls").join(&id).join("docker").is_dir();
    parse(&host, tls).map_err(|error| EngineError { action: format!("{} ({})", action(), error.action), ..error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(options: &ConnectOptions) -> Result<String, String> {
        resolve(options).map(|e| e.to_string()).map_err(|e| e.to_string())
    }

    fn with_config(config: &str) -> (tempfile::TempDir, ConnectOptions) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.json"), config).unwrap();
        let options = ConnectOptions { config_dir: Some(dir.path().display().to_string()), ..Default::default() };
        (dir, options)
    }

    fn add_context(dir: &Path, name: &str, host: &str) {
        let path = dir.join("contexts/meta").join(context_id(name));
        std::fs::create_dir_all(&path).unwrap();
        let meta =
            format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#);
        std::fs::write(path.join("meta.json"), meta).unwrap();
    }

    #[test]
    fn the_flag_wins_over_the_variable_over_the_context() {
        let (dir, mut options) = with_config(r#"{"currentContext":"remote"}"#);
        add_context(dir.path(), "remote", "tcp://remote.example:2375");
        assert_eq!(resolved(&options).unwrap(), "tcp://remote.example:2375");
        options.docker_host = Some("tcp://variable".into());
        assert_eq!(resolved(&options).unwrap(), "tcp://variable:2375");
        options.host = Some("unix:///tmp/flag.sock".into());
        assert_eq!(resolved(&options).unwrap(), "unix:///tmp/flag.sock");
    }

    #[test]
    fn without_anything_it_is_the_default_socket() {
        assert_eq!(resolved(&ConnectOptions::default()).unwrap(), "unix:///var/run/docker.sock");
        let (_dir, mut options) = with_config("{}");
        assert_eq!(resolved(&options).unwrap(), "unix:///var/run/docker.sock");
        options.context = Some("default".into());
        assert_eq!(resolved(&options).unwrap(), "unix:///var/run/docker.sock");
        options.host = Some(String::new());
        assert_eq!(resolved(&options).unwrap(), "unix:///var/run/docker.sock");
    }

    #[test]
    fn the_variable_for_the_context_wins_over_the_current_one() {
        let (dir, mut options) = with_config(r#"{"currentContext":"a","auths":{}}"#);
        add_context(dir.path(), "a", "unix:///a.sock");
        add_context(dir.path(), "b", "unix:///b.sock");
        options.context = Some("b".into());
        assert_eq!(resolved(&options).unwrap(), "unix:///b.sock");
    }

    #[test]
    fn a_missing_or_broken_context_is_an_error_and_never_another_engine() {
        let (_dir, options) = with_config(r#"{"currentContext":"gone"}"#);
        assert!(resolved(&options).unwrap_err().contains("no such context"));
        let (_dir, options) = with_config("{");
        assert!(resolved(&options).unwrap_err().contains("config.json"));
    }

    #[test]
    fn what_is_not_supported_yet_says_so() {
        for (address, tls, word) in [
            ("ssh://user@host", false, "not supported yet"),
            ("https://host:2376", false, "not supported yet"),
            ("tcp://host:2376", true, "not supported yet"),
            ("npipe:////./pipe/docker_engine", false, "not supported"),
            ("tcp://host:2375/path", false, "must be"),
        ] {
            let error = parse(address, tls).unwrap_err();
            assert!(error.message.contains(word), "{error}");
        }
    }

    #[test]
    fn addresses_get_the_default_port() {
        for (address, expected) in [
            ("tcp://[::1]:99", "tcp://[::1]:99"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("host", "tcp://host:2375"),
            ("host:1", "tcp://host:1"),
            ("tcp://host/", "tcp://host:2375"),
        ] {
            assert_eq!(parse(address, false).unwrap().to_string(), expected, "{address}");
        }
    }
}
