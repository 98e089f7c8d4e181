//! A real Docker Engine, through its HTTP API: the only module that knows bollard.
//!
//! Owns one connection and the time limits of its calls. `create` writes requests, `read` reads answers, `error` tells
//! failures apart, `stream`, `run`, `archive` and `pull` are the calls that go piece by piece. Refuses to hold state of its
//! own: every answer is the engine's.

mod archive;
mod create;
mod error;
mod pull;
mod read;
mod run;
mod stream;

use std::{future::Future, path::PathBuf, time::Duration};

use async_trait::async_trait;
use bollard::{
    API_DEFAULT_VERSION, Docker,
    errors::Error,
    models::{ContainerUpdateBody, EndpointSettings, NetworkConnectRequest},
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, InspectContainerOptions, InspectNetworkOptions,
        KillContainerOptionsBuilder, ListContainersOptionsBuilder, ListNetworksOptions, ListVolumesOptions,
        RemoveContainerOptionsBuilder, RemoveVolumeOptions, RenameContainerOptionsBuilder, StartContainerOptions,
        StopContainerOptionsBuilder, TopOptionsBuilder,
    },
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::try_join_all,
    stream::{self as futures_stream, BoxStream},
};
use tokio::time::timeout;

use self::error::{failed, redacted, timed_out};
use super::{
    Command, CommandEvent, ContainerSpec, Engine, EngineError, ErrorKind, ExecOutput, Input, LogChunk, LogOptions, NetworkSpec,
    Process, PullProgress, VolumeSpec, command::collected, connect::Endpoint,
};
use crate::model::{
    EngineInfo, ImageRef, Labels, MountSource, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName,
    RestartPolicy, label,
};

/// bollard's own limit covers a call's headers only, and is the same for all calls; ours replaces it.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Longest time to wait for the first answer of an engine.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// What a stop may take beyond the container's grace period.
const STOP_MARGIN: Duration = Duration::from_secs(30);
/// Longest time for a registry to say which digest a tag has.
const REGISTRY_LIMIT: Duration = Duration::from_secs(30);
/// The slowest transfer of an image that is still waited for, in bytes a second.
const SLOWEST_UPLOAD: u64 = 256 * 1024;

/// A connection to a Docker Engine.
#[derive(Debug, Clone)]
pub struct DockerEngine {
    docker: Docker,
    timeout: Duration,
    api: (usize, usize),
    config_dir: Option<PathBuf>,
}

impl DockerEngine {
    pub(super) async fn connect(endpoint: &Endpoint, limit: Duration, config_dir: Option<PathBuf>) -> Result<Self, EngineError> {
        let action = format!("connect to {endpoint}");
        let seconds = CLIENT_TIMEOUT.as_secs();
        let docker = match endpoint {
            Endpoint::Unix(path) => Docker::connect_with_unix(path, seconds, API_DEFAULT_VERSION),
            Endpoint::Tcp(address) => Docker::connect_with_http(address, seconds, API_DEFAULT_VERSION),
        };
        let docker = docker.map_err(|error| failed(&action, &error))?;
        let engine = Self { docker, timeout: limit, api: (0, 0), config_dir };
        // The URLs carry no version, so an old engine answers as itself; what it can do is decided by what it says here.
        let answer = engine.within(limit.min(CONNECT_LIMIT), &action, engine.docker.version()).await?;
        let api = answer.api_version.as_deref().and_then(version).ok_or_else(|| {
            EngineError::new(ErrorKind::Other, action, "what answered is not a Docker Engine: it names no API version")
        })?;
        let ours = (API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version);
        Ok(Self { api: api.min(ours), ..engine })
    }

    /// A call that has to end within `limit`.
    async fn within<T>(
        &self,
        limit: Duration,
        action: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, EngineError> {
        match timeout(limit, call).await {
            Ok(answer) => answer.map_err(|error| failed(action, &error)),
            Err(_) => Err(timed_out(action, limit)),
        }
    }

    async fn call<T>(&self, action: &str, call: impl Future<Output = Result<T, Error>>) -> Result<T, EngineError> {
        self.within(self.timeout, action, call).await
    }

    /// Whether the engine shows nothing that is attached to a network.
    async fn shows_no_endpoint(&self, action: &str, network: &str) -> bool {
        let answer = self.call(action, self.docker.inspect_network(network, None::<InspectNetworkOptions>)).await;
        answer.is_ok_and(|network| network.containers.unwrap_or_default().is_empty())
    }

    async fn connect_networks(&self, container: &str, networks: Vec<(String, EndpointSettings)>) -> Result<(), EngineError> {
        for (network, endpoint) in networks {
            let action = format!("connect {container} to network {network}");
            let request = NetworkConnectRequest { container: container.to_owned(), endpoint_config: Some(endpoint) };
            self.call(&action, self.docker.connect_network(segment(&action, &network)?, request)).await?;
        }
        Ok(())
    }

    /// A volume that is only named in a mount would be made by the engine, empty and without labels: a database would
    /// start anew.
    async fn volumes_exist(&self, spec: &ContainerSpec) -> Result<(), EngineError> {
        let checks = spec.mounts.iter().filter_map(|mount| match &mount.source {
            MountSource::Volume(name) => Some(async move {
                let action = format!("create container {}", spec.name);
                self.call(&action, self.docker.inspect_volume(name.as_str())).await
            }),
            _ => None,
        });
        try_join_all(checks).await.map(drop)
    }
}

fn version(text: &str) -> Option<(usize, usize)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// A name as a part of a URL. Names of the engine need no escaping, so a text that would is the name of nothing.
fn segment<'a>(action: &str, name: &'a str) -> Result<&'a str, EngineError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
    if !name.is_empty() && name.chars().all(plain) && !name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Ok(name);
    }
    Err(EngineError::new(ErrorKind::NotFound, action, format!("`{name}` is not the name of anything")))
}

/// What is missing is `None`.
fn optional<T>(answer: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// An answer that says that things are as they were wanted is a good one.
fn unless(answer: Result<(), EngineError>, words: &[&str]) -> Result<(), EngineError> {
    match answer {
        Err(error) if words.iter().any(|word| error.message.contains(word)) => Ok(()),
        answer => answer,
    }
}

#[async_trait]
impl Engine for DockerEngine {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.call("ask the engine about itself", self.docker.info()).await.map(|info| read::info(info, self.api))
    }

    async fn containers(&self, project: &ProjectName) -> Result<Vec<ObservedContainer>, EngineError> {
        let filters = [("label".to_owned(), vec![format!("{}={project}", label::COMPOSE_PROJECT)])].into();
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listed = self.call("list containers", self.docker.list_containers(Some(options))).await?;
        let ids: Vec<String> = listed.into_iter().filter_map(|c| c.id).collect();
        // One that vanished since the list is not there.
        let mut found: Vec<_> = try_join_all(ids.iter().map(|id| self.container(id))).await?.into_iter().flatten().collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn container(&self, name: &str) -> Result<Option<ObservedContainer>, EngineError> {
        let action = format!("inspect container {name}");
        let Ok(path) = segment(&action, name) else { return Ok(None) };
        let answer = self.call(&action, self.docker.inspect_container(path, None::<InspectContainerOptions>)).await;
        Ok(optional(answer)?.and_then(read::container))
    }

    async fn networks(&self) -> Result<Vec<ObservedNetwork>, EngineError> {
        let networks = self.call("list networks", self.docker.list_networks(None::<ListNetworksOptions>)).await?;
        Ok(networks.into_iter().filter_map(read::network).collect())
    }

    async fn volumes(&self) -> Result<Vec<ObservedVolume>, EngineError> {
        let volumes = self.call("list volumes", self.docker.list_volumes(None::<ListVolumesOptions>)).await?;
        Ok(volumes.volumes.unwrap_or_default().into_iter().map(read::volume).collect())
    }

    async fn image(&self, reference: &str) -> Result<Option<ObservedImage>, EngineError> {
        let action = format!("inspect image {reference}");
        let Ok(path) = segment(&action, reference) else { return Ok(None) };
        Ok(optional(self.call(&action, self.docker.inspect_image(path)).await)?.and_then(read::image))
    }

    async fn pull(
        &self,
        image: &ImageRef,
        idle: Duration,
        on_progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<(), EngineError> {
        pull::pull(&self.docker, self.config_dir.clone(), image, idle, on_progress).await
    }

    async fn import_image(&self, name: &str, labels: &Labels, rootfs: Vec<u8>) -> Result<(), EngineError> {
        let action = format!("import image {name}");
        let Some(changes) = create::label_instructions(labels) else {
            return Err(EngineError::new(ErrorKind::Other, action, "a label of an image takes no line break"));
        };
        let options = CreateImageOptionsBuilder::new().from_src("-").repo(name).changes(changes).build();
        let limit = upload_limit(self.timeout, rootfs.len());
        let mut messages = self.docker.create_image(Some(options), Some(bollard::body_full(rootfs.into())), None);
        let import = async {
            while let Some(message) = messages.next().await {
                message?;
            }
            Ok(())
        };
        self.within(limit, &action, import).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Result<(), EngineError> {
        let action = format!("create network {}", spec.name);
        let request = create::network(spec);
        let body = serde_json::to_value(&request).and_then(|mut body| {
            // bollard has dropped it, and without it an engine before API 1.44 makes a second network of the same name.
            body["CheckDuplicate"] = true.into();
            serde_json::to_vec(&body)
        });
        let body = body.map_err(|error| EngineError::new(ErrorKind::Other, &action, error.to_string()))?;
        let docker = self.docker.clone().with_request_modifier(move |mut request| {
            *request.body_mut() = bollard::body_full(body.clone().into());
            request
        });
        self.call(&action, docker.create_network(request)).await.map(drop)
    }

    async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        let action = format!("remove network {name}");
        let Ok(path) = segment(&action, name) else { return Ok(()) };
        let removed = optional(self.call(&action, self.docker.remove_network(path)).await);
        match removed {
            Err(error) if error.kind == ErrorKind::Conflict && self.shows_no_endpoint(&action, path).await => {
                Err(EngineError { kind: ErrorKind::StaleEndpoints, ..error })
            }
            answer => answer.map(drop),
        }
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError> {
        let action = format!("create volume {}", spec.name);
        self.call(&action, self.docker.create_volume(create::volume(spec))).await.map(drop)
    }

    async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        let action = format!("remove volume {name}");
        let Ok(path) = segment(&action, name) else { return Ok(()) };
        optional(self.call(&action, self.docker.remove_volume(path, None::<RemoveVolumeOptions>)).await).map(drop)
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        let action = format!("create container {}", spec.name);
        self.volumes_exist(spec).await?;
        let (body, later) = create::container(spec, self.api);
        let options = CreateContainerOptionsBuilder::new().name(&spec.name).build();
        let created = self
            .call(&action, self.docker.create_container(Some(options), body))
            .await
            .map_err(|error| redacted(error, spec.environment.values().flatten().map(String::as_str)))?;
        if let Err(error) = self.connect_networks(&created.id, later).await {
            // Half a container would take its name, and start where it cannot be reached.
            return Err(match self.remove_container(&created.id, true).await {
                Ok(()) => EngineError { action, message: error.to_string(), ..error },
                Err(left) => EngineError { action, message: format!("{error}; and it is still there: {left}"), ..error },
            });
        }
        Ok(created.id)
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        let action = format!("start container {name}");
        self.call(&action, self.docker.start_container(segment(&action, name)?, None::<StartContainerOptions>)).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Result<(), EngineError> {
        let action = format!("stop container {name}");
        let options = StopContainerOptionsBuilder::new().t(create::whole_seconds(grace)).build();
        let call = self.docker.stop_container(segment(&action, name)?, Some(options));
        self.within(grace.saturating_add(STOP_MARGIN), &action, call).await
    }

    async fn pause(&self, name: &str) -> Result<(), EngineError> {
        let action = format!("pause container {name}");
        let call = self.docker.pause_container(segment(&action, name)?);
        // The engine says so of one that is frozen already.
        unless(self.call(&action, call).await, &["already paused"])
    }

    async fn unpause(&self, name: &str) -> Result<(), EngineError> {
        let action = format!("unpause container {name}");
        let call = self.docker.unpause_container(segment(&action, name)?);
        unless(self.call(&action, call).await, &["is not paused", "is not running"])
    }

    async fn kill(&self, name: &str, signal: &str) -> Result<(), EngineError> {
        let action = format!("send {signal} to container {name}");
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        self.call(&action, self.docker.kill_container(segment(&action, name)?, Some(options))).await
    }

    async fn processes(&self, name: &str) -> Result<Vec<Process>, EngineError> {
        let action = format!("list the processes of container {name}");
        let options = TopOptionsBuilder::new().ps_args("-eo pid,args").build();
        let answer = self.call(&action, self.docker.top_processes(segment(&action, name)?, Some(options))).await?;
        Ok(read::processes(answer))
    }

    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Result<(), EngineError> {
        let action = format!("set the restart policy of container {name}");
        let body = ContainerUpdateBody { restart_policy: Some(create::restart(policy)), ..Default::default() };
        self.call(&action, self.docker.update_container(segment(&action, name)?, body)).await.map(drop)
    }

    async fn digest_in_registry(&self, image: &ImageRef) -> Result<String, EngineError> {
        pull::digest(&self.docker, self.config_dir.clone(), image, self.timeout.min(REGISTRY_LIMIT)).await
    }

    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError> {
        let action = format!("rename container {name} to {to}");
        let options = RenameContainerOptionsBuilder::new().name(to).build();
        self.call(&action, self.docker.rename_container(segment(&action, name)?, options)).await
    }

    async fn remove_container(&self, name: &str, force: bool) -> Result<(), EngineError> {
        let action = format!("remove container {name}");
        let Ok(path) = segment(&action, name) else { return Ok(()) };
        let options = RemoveContainerOptionsBuilder::new().force(force).build();
        let removal = async {
            match self.docker.remove_container(path, Some(options)).await {
                // Somebody else is at it: then it is gone when they are done.
                Err(error) if error.to_string().contains("is already in progress") => {
                    stream::wait(&self.docker, path, "removed").await.map(drop)
                }
                answer => answer,
            }
        };
        optional(self.call(&action, removal).await).map(drop)
    }

    async fn wait(&self, name: &str) -> Result<i64, EngineError> {
        let action = format!("wait for container {name}");
        let path = segment(&action, name)?;
        stream::wait(&self.docker, path, "not-running").await.map_err(|error| stream::wait_failed(action, &error))
    }

    async fn exec(&self, name: &str, argv: &[String], limit: Duration) -> Result<ExecOutput, EngineError> {
        let command = Command::new(argv, limit);
        let action = command.action(name);
        match timeout(limit, collected(&action, self.run(name, command))).await {
            Ok(answer) => answer,
            Err(_) => Err(timed_out(action, limit)),
        }
    }

    fn run(&self, name: &str, command: Command) -> BoxStream<'static, Result<CommandEvent, EngineError>> {
        match segment(&command.action(name), name) {
            Ok(path) => run::run(self.docker.clone(), path.to_owned(), command, self.timeout),
            Err(error) => futures_stream::iter([Err(error)]).boxed(),
        }
    }

    async fn archive_in(&self, name: &str, path: &str, tar: Input) -> Result<(), EngineError> {
        let action = format!("copy files to {path} of container {name}");
        archive::put(&self.docker, &action, segment(&action, name)?, path, tar, self.timeout).await
    }

    async fn archive_out(
        &self,
        name: &str,
        path: &str,
    ) -> Result<Option<BoxStream<'static, Result<Bytes, EngineError>>>, EngineError> {
        let action = format!("copy {path} from container {name}");
        let Ok(segment) = segment(&action, name) else { return Ok(None) };
        archive::get(&self.docker, action, segment, path, self.timeout).await
    }

    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Result<LogChunk, EngineError>> {
        match segment("read logs", name) {
            Ok(path) => stream::logs(&self.docker, path, options, self.timeout),
            Err(error) => futures_stream::iter([Err(error)]).boxed(),
        }
    }
}

/// A large body may take its time, a stuck one may not.
fn upload_limit(timeout: Duration, bytes: usize) -> Duration {
    timeout.saturating_add(Duration::from_secs(u64::try_from(bytes).unwrap_or(u64::MAX) / SLOWEST_UPLOAD))
}
