//! The Docker Engine as the rest of the program sees it: one trait, small typed calls, typed failures.
//!
//! Layer 2. `docker` speaks to a real engine and is the only module that knows bollard; `fake` is an engine in memory.
//! One contract suite (`tests/engine`) holds both to the same behaviour. `observe` gathers what decisions need.
//! Refuses to decide anything: what to create or remove comes from a plan.

mod call;
mod command;
mod connect;
mod counting;
mod decorator;
pub mod docker;
mod error;
pub mod fake;
mod observe;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};

pub use crate::model::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};
pub use call::{ExecOutput, LogChunk, LogOptions, LogSource, Process, PullProgress};
pub use command::{Command, CommandEvent, Input, input_of};
pub use connect::{ConnectOptions, connect};
pub use counting::{CallCounts, Counting};
pub use decorator::Decorator;
pub use error::{EngineError, ErrorKind};
pub use observe::{Wanted, observe};

use crate::model::{
    EngineInfo, ImageRef, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName, RestartPolicy,
};

/// What the engine is asked to do. Names address objects; the engine resolves them.
///
/// Every call ends: within the connection's timeout, or within the time given to the call. A call that changes
/// something says in its documentation what a second call with the same arguments does.
#[async_trait]
pub trait Engine: Send + Sync {
    /// What the engine says of itself; also proves that it can be reached.
    async fn info(&self) -> Result<EngineInfo, EngineError>;

    /// All containers that carry Compose's project label with this name, running or not, sorted by name.
    async fn containers(&self, project: &ProjectName) -> Result<Vec<ObservedContainer>, EngineError>;

    /// One container by name or identifier; `None` when there is none.
    async fn container(&self, name: &str) -> Result<Option<ObservedContainer>, EngineError>;

    /// All networks of the engine.
    async fn networks(&self) -> Result<Vec<ObservedNetwork>, EngineError>;

    /// All volumes of the engine.
    async fn volumes(&self) -> Result<Vec<ObservedVolume>, EngineError>;

    /// An image by reference or identifier; `None` when the engine does not have it.
    async fn image(&self, reference: &str) -> Result<Option<ObservedImage>, EngineError>;

    /// Pulls an image, with the credentials of the user's Docker configuration for its registry. Progress comes to
    /// `on_progress`. Fails with `ErrorKind::Timeout` when nothing arrives for `idle` (a hanging registry).
    async fn pull(
        &self,
        image: &ImageRef,
        idle: Duration,
        on_progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<(), EngineError>;

    /// The digest (`sha256:…`) that the image's registry has for its tag now, asked by the engine with the credentials of
    /// the user's Docker configuration. `ErrorKind::ImageUnavailable` when the registry has no such image, or does not
    /// give it.
    async fn digest_in_registry(&self, image: &ImageRef) -> Result<String, EngineError>;

    /// Makes an image out of a tar archive of a root file system. The same name again replaces the name.
    async fn import_image(&self, name: &str, labels: &crate::model::Labels, rootfs: Vec<u8>) -> Result<(), EngineError>;

    /// Creates a network. `ErrorKind::Conflict` when the name or (`ErrorKind::AddressInUse`) the subnet is taken.
    async fn create_network(&self, spec: &NetworkSpec) -> Result<(), EngineError>;

    /// Removes a network; one that is not there is no error. `ErrorKind::StaleEndpoints` when the engine has lost count of it.
    async fn remove_network(&self, name: &str) -> Result<(), EngineError>;

    /// Creates a volume; one of that name that exists stays as it is, which is no error.
    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError>;

    /// Removes a volume; one that is not there is no error, one in use is `ErrorKind::Conflict`.
    async fn remove_volume(&self, name: &str) -> Result<(), EngineError>;

    /// Creates a container and returns its identifier. `ErrorKind::Conflict` when the name is taken: the engine does
    /// this atomically, which the lock relies on. `ErrorKind::NotFound` when the image or a volume is missing. What is
    /// wrong with networks (missing, address outside the subnet) shows here or at the start, depending on the engine.
    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError>;

    /// Starts a container; a running one is no error. `ErrorKind::AddressInUse` when its fixed address or host port is
    /// held by a running container (a stopped one holds nothing); it then stays as it was.
    async fn start(&self, name: &str) -> Result<(), EngineError>;

    /// Asks a container to stop, and kills it after `grace`; a stopped one is no error.
    async fn stop(&self, name: &str, grace: Duration) -> Result<(), EngineError>;

    /// Freezes the processes of a running container; a frozen one is no error. `ErrorKind::NotRunning` when it does not run.
    async fn pause(&self, name: &str) -> Result<(), EngineError>;

    /// Lets a frozen container go on; one that is not frozen, running or not, is no error.
    async fn unpause(&self, name: &str) -> Result<(), EngineError>;

    /// Sends a signal (`HUP`) to the first process of a running container.
    async fn kill(&self, name: &str, signal: &str) -> Result<(), EngineError>;

    /// The processes of a running container; `ErrorKind::NotRunning` when it does not run.
    async fn processes(&self, name: &str) -> Result<Vec<Process>, EngineError>;

    /// Changes when the engine starts a container again by itself. The same again is no error.
    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Result<(), EngineError>;

    /// Gives a container another name.
    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError>;

    /// Removes a container; `force` also when it runs. One that is not there is no error. Its anonymous volumes stay: what
    /// is in them exists nowhere else.
    async fn remove_container(&self, name: &str, force: bool) -> Result<(), EngineError>;

    /// Waits until a container does not run and returns its exit code; at once when it does not run now. Has no limit,
    /// and goes on while the engine restarts it.
    async fn wait(&self, name: &str) -> Result<i64, EngineError>;

    /// Runs a command in a running container and returns when it has ended; `ErrorKind::Timeout` after `timeout`,
    /// `ErrorKind::NotRunning` when the container does not run. Nothing can end the command in the container: after a
    /// timeout it runs on. A command that is not there is exit code 126 or 127.
    async fn exec(&self, name: &str, argv: &[String], timeout: Duration) -> Result<ExecOutput, EngineError>;

    /// Runs a command in a running container, its input and its output as streams; it begins when the stream is first
    /// polled. The exit code is the last event, and a stream without one ends in an error. A command that is not there is
    /// exit code 126 or 127, and what the engine says of it comes as its output. `ErrorKind::NotRunning` when the container does
    /// not run; when the container ends in the middle the code is 137.
    ///
    /// A few pieces are in flight each way, not more: nothing is read from the input that the command does not take, and
    /// nothing from the command while nobody polls the stream. `ErrorKind::Timeout` when nothing moves either way for
    /// `Command::idle` while the stream is polled: a silent source of the input counts, an idle reader of the output does
    /// not. A command that ends with 0 and leaves input behind is an error; with another code, that code says it.
    ///
    /// Nothing can end the command in the container. When the stream is dropped, has failed or has timed out, our side ends
    /// at once and the command runs on: what it writes is thrown away, and its input is at its end. So a command that
    /// reads must not take the end of its input for success by itself (a transaction, a format with an end of its own).
    fn run(&self, name: &str, command: Command) -> BoxStream<'static, Result<CommandEvent, EngineError>>;

    /// Unpacks a tar archive below the directory `path` of a container, running or not, with the owners and modes in it.
    /// The archive's own root (`./`) changes nothing: a volume's root is given an owner from the directory above it. Not
    /// atomic, and without effect on a tmpfs: after a failure, the source's included, a part of it may be there.
    /// `ErrorKind::Timeout` when nothing of the archive is wanted or comes for the connection's time limit.
    async fn archive_in(&self, name: &str, path: &str, tar: Input) -> Result<(), EngineError>;

    /// A tar archive of `path` of a container, running or not; `None` when there is no such container or path. The last
    /// item is an error when the connection breaks; an engine that fails in the middle may just stop, so only an archive
    /// with its end blocks is whole. `ErrorKind::Timeout` when nothing comes for the connection's time limit.
    async fn archive_out(
        &self,
        name: &str,
        path: &str,
    ) -> Result<Option<BoxStream<'static, Result<Bytes, EngineError>>>, EngineError>;

    /// `archive_in` of an archive that fits into memory.
    async fn put_archive(&self, name: &str, path: &str, tar: Vec<u8>) -> Result<(), EngineError> {
        self.archive_in(name, path, command::input_of(tar)).await
    }

    /// `archive_out` into memory.
    async fn get_archive(&self, name: &str, path: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(mut chunks) = self.archive_out(name, path).await? else { return Ok(None) };
        let mut archive = Vec::new();
        while let Some(chunk) = chunks.next().await {
            archive.extend_from_slice(&chunk?);
        }
        Ok(Some(archive))
    }

    /// A container's output, oldest first. With `follow` the stream ends when the container does.
    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Result<LogChunk, EngineError>>;
}
