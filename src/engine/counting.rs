//! A decorator that counts what is asked of an engine, for benchmarks and tests.
//!
//! Counts calls of the trait, not HTTP requests, so that it means the same for every engine. Refuses to change
//! anything on the way.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::{
    ContainerSpec, Engine, EngineError, ExecOutput, LogChunk, LogOptions, NetworkSpec, Process, PullProgress, VolumeSpec,
};
use crate::model::{
    EngineInfo, ImageRef, Labels, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName, RestartPolicy,
};

/// How many calls there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCounts {
    /// Calls that only look, a wait included.
    pub reading: u64,
    /// Calls that may change something; a command in a container is one, whatever it does.
    pub mutating: u64,
}

/// An engine with a counter before it.
#[derive(Debug, Default)]
pub struct Counting<E> {
    engine: E,
    reading: AtomicU64,
    mutating: AtomicU64,
}

impl<E> Counting<E> {
    /// Counts the calls that go to `engine` from now on.
    pub fn new(engine: E) -> Self {
        Self { engine, reading: AtomicU64::new(0), mutating: AtomicU64::new(0) }
    }

    /// The counts so far.
    pub fn calls(&self) -> CallCounts {
        CallCounts { reading: self.reading.load(Relaxed), mutating: self.mutating.load(Relaxed) }
    }

    /// The engine behind the counter.
    pub fn inner(&self) -> &E {
        &self.engine
    }

    fn reads(&self) -> &E {
        self.reading.fetch_add(1, Relaxed);
        &self.engine
    }

    fn mutates(&self) -> &E {
        self.mutating.fetch_add(1, Relaxed);
        &self.engine
    }
}

#[async_trait]
impl<E: Engine> Engine for Counting<E> {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.reads().info().await
    }

    async fn containers(&self, project: &ProjectName) -> Result<Vec<ObservedContainer>, EngineError> {
        self.reads().containers(project).await
    }

    async fn container(&self, name: &str) -> Result<Option<ObservedContainer>, EngineError> {
        self.reads().container(name).await
    }

    async fn networks(&self) -> Result<Vec<ObservedNetwork>, EngineError> {
        self.reads().networks().await
    }

    async fn volumes(&self) -> Result<Vec<ObservedVolume>, EngineError> {
        self.reads().volumes().await
    }

    async fn image(&self, reference: &str) -> Result<Option<ObservedImage>, EngineError> {
        self.reads().image(reference).await
    }

    async fn pull(
        &self,
        image: &ImageRef,
        idle: Duration,
        on_progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<(), EngineError> {
        self.mutates().pull(image, idle, on_progress).await
    }

    async fn import_image(&self, name: &str, labels: &Labels, rootfs: Vec<u8>) -> Result<(), EngineError> {
        self.mutates().import_image(name, labels, rootfs).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Result<(), EngineError> {
        self.mutates().create_network(spec).await
    }

    async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        self.mutates().remove_network(name).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError> {
        self.mutates().create_volume(spec).await
    }

    async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        self.mutates().remove_volume(name).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        self.mutates().create_container(spec).await
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.mutates().start(name).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Result<(), EngineError> {
        self.mutates().stop(name, grace).await
    }

    async fn kill(&self, name: &str, signal: &str) -> Result<(), EngineError> {
        self.mutates().kill(name, signal).await
    }

    async fn processes(&self, name: &str) -> Result<Vec<Process>, EngineError> {
        self.reads().processes(name).await
    }

    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Result<(), EngineError> {
        self.mutates().set_restart(name, policy).await
    }

    async fn digest_in_registry(&self, image: &ImageRef) -> Result<String, EngineError> {
        self.reads().digest_in_registry(image).await
    }

    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError> {
        self.mutates().rename(name, to).await
    }

    async fn remove_container(&self, name: &str, force: bool) -> Result<(), EngineError> {
        self.mutates().remove_container(name, force).await
    }

    async fn wait(&self, name: &str) -> Result<i64, EngineError> {
        self.reads().wait(name).await
    }

    async fn exec(&self, name: &str, argv: &[String], timeout: Duration) -> Result<ExecOutput, EngineError> {
        self.mutates().exec(name, argv, timeout).await
    }

    async fn put_archive(&self, name: &str, path: &str, tar: Vec<u8>) -> Result<(), EngineError> {
        self.mutates().put_archive(name, path, tar).await
    }

    async fn get_archive(&self, name: &str, path: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.reads().get_archive(name, path).await
    }

    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Result<LogChunk, EngineError>> {
        self.reads().logs(name, options)
    }
}
