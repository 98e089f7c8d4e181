//! An engine with something before it that looks at each call before it is made: to count it, or to refuse it.
//!
//! Owns the division of calls into those that look and those that may change something. Refuses to change a call on its
//! way.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};

use super::{
    Command, CommandEvent, ContainerSpec, Engine, EngineError, ExecOutput, Input, LogChunk, LogOptions, NetworkSpec, Process,
    PullProgress, VolumeSpec,
};
use crate::model::{
    EngineInfo, ImageRef, Labels, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName, RestartPolicy,
};

/// What stands before an engine; an engine itself.
pub trait Decorator: Send + Sync {
    /// Where a call goes that only looks, a wait included.
    fn reading(&self) -> &dyn Engine;

    /// Where a call goes that may change something; a command in a container is one, whatever it does. `verb` and `object`
    /// say what is asked.
    ///
    /// # Errors
    /// Why the call is not made.
    fn changing(&self, verb: &str, object: &str) -> Result<&dyn Engine, EngineError>;
}

#[async_trait]
impl<D: Decorator> Engine for D {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.reading().info().await
    }

    async fn containers(&self, project: &ProjectName) -> Result<Vec<ObservedContainer>, EngineError> {
        self.reading().containers(project).await
    }

    async fn container(&self, name: &str) -> Result<Option<ObservedContainer>, EngineError> {
        self.reading().container(name).await
    }

    async fn networks(&self) -> Result<Vec<ObservedNetwork>, EngineError> {
        self.reading().networks().await
    }

    async fn volumes(&self) -> Result<Vec<ObservedVolume>, EngineError> {
        self.reading().volumes().await
    }

    async fn image(&self, reference: &str) -> Result<Option<ObservedImage>, EngineError> {
        self.reading().image(reference).await
    }

    async fn pull(
        &self,
        image: &ImageRef,
        idle: Duration,
        on_progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<(), EngineError> {
        self.changing("pull image", &image.to_string())?.pull(image, idle, on_progress).await
    }

    async fn digest_in_registry(&self, image: &ImageRef) -> Result<String, EngineError> {
        self.reading().digest_in_registry(image).await
    }

    async fn import_image(&self, name: &str, labels: &Labels, rootfs: Vec<u8>) -> Result<(), EngineError> {
        self.changing("import image", name)?.import_image(name, labels, rootfs).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Result<(), EngineError> {
        self.changing("create network", &spec.name)?.create_network(spec).await
    }

    async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        self.changing("remove network", name)?.remove_network(name).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError> {
        self.changing("create volume", &spec.name)?.create_volume(spec).await
    }

    async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        self.changing("remove volume", name)?.remove_volume(name).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        self.changing("create container", &spec.name)?.create_container(spec).await
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.changing("start container", name)?.start(name).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Result<(), EngineError> {
        self.changing("stop container", name)?.stop(name, grace).await
    }

    async fn pause(&self, name: &str) -> Result<(), EngineError> {
        self.changing("pause container", name)?.pause(name).await
    }

    async fn unpause(&self, name: &str) -> Result<(), EngineError> {
        self.changing("unpause container", name)?.unpause(name).await
    }

    async fn kill(&self, name: &str, signal: &str) -> Result<(), EngineError> {
        self.changing("signal container", name)?.kill(name, signal).await
    }

    async fn processes(&self, name: &str) -> Result<Vec<Process>, EngineError> {
        self.reading().processes(name).await
    }

    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Result<(), EngineError> {
        self.changing("set the restart policy of container", name)?.set_restart(name, policy).await
    }

    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError> {
        self.changing("rename container", name)?.rename(name, to).await
    }

    async fn remove_container(&self, name: &str, force: bool) -> Result<(), EngineError> {
        self.changing("remove container", name)?.remove_container(name, force).await
    }

    async fn wait(&self, name: &str) -> Result<i64, EngineError> {
        self.reading().wait(name).await
    }

    async fn exec(&self, name: &str, argv: &[String], timeout: Duration) -> Result<ExecOutput, EngineError> {
        self.changing("run a command in container", name)?.exec(name, argv, timeout).await
    }

    fn run(&self, name: &str, command: Command) -> BoxStream<'static, Result<CommandEvent, EngineError>> {
        match self.changing("run a command in container", name) {
            Ok(engine) => engine.run(name, command),
            Err(refused) => stream::once(ready(Err(refused))).boxed(),
        }
    }

    async fn archive_in(&self, name: &str, path: &str, tar: Input) -> Result<(), EngineError> {
        self.changing("put files into container", name)?.archive_in(name, path, tar).await
    }

    async fn archive_out(
        &self,
        name: &str,
        path: &str,
    ) -> Result<Option<BoxStream<'static, Result<Bytes, EngineError>>>, EngineError> {
        self.reading().archive_out(name, path).await
    }

    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Result<LogChunk, EngineError>> {
        self.reading().logs(name, options)
    }
}
