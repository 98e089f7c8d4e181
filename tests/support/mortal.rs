//! An engine's client that is killed: after so many changing calls it asks for nothing any more, like a process after
//! `kill -9`. The lock that it takes is that of a process which does not live.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{
    future::pending,
    stream::{self, BoxStream},
};
use medianestctl::engine::fake::FakeEngine;
use medianestctl::engine::{
    Command, CommandEvent, ContainerSpec, Engine, EngineError, ExecOutput, Input, LogChunk, LogOptions, NetworkSpec, Process,
    PullProgress, VolumeSpec,
};
use medianestctl::model::{
    EngineInfo, ImageRef, Labels, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName, RestartPolicy,
};
use tokio_util::sync::CancellationToken;

type Answer<T> = Result<T, EngineError>;

/// When the client is killed.
enum End {
    /// Instead of the call after so many.
    After(u64),
    /// Instead of the first call whose line holds this text.
    Before(String),
}

/// A client with so many changing calls to live.
pub struct Mortal {
    engine: FakeEngine,
    end: End,
    made: AtomicU64,
    dead: CancellationToken,
}

impl Mortal {
    fn killed(engine: &FakeEngine, end: End) -> Self {
        Self { engine: engine.clone(), end, made: AtomicU64::new(0), dead: CancellationToken::new() }
    }

    /// Killed after so many changing calls.
    pub fn after(engine: &FakeEngine, calls: u64) -> Self {
        Self::killed(engine, End::After(calls))
    }

    /// Killed before a call such as `start shop-api-1`.
    pub fn before(engine: &FakeEngine, call: &str) -> Self {
        Self::killed(engine, End::Before(call.to_owned()))
    }

    /// Changing calls so far.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Runs `work` until it ends or the client is killed; `None` when it was killed.
    pub async fn live<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.dead.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// One more changing call: the engine, or the end.
    async fn spend(&self, call: String) -> &FakeEngine {
        if !self.lives(&call) {
            pending::<()>().await;
        }
        &self.engine
    }

    /// Whether the client lives to make one more changing call.
    fn lives(&self, call: &str) -> bool {
        let ends = match &self.end {
            End::After(calls) => self.made() >= *calls,
            End::Before(text) => call.contains(text.as_str()),
        };
        if ends || self.dead.is_cancelled() {
            self.dead.cancel();
            return false;
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        true
    }
}

#[async_trait]
impl Engine for Mortal {
    async fn info(&self) -> Answer<EngineInfo> {
        self.engine.info().await
    }

    async fn containers(&self, project: &ProjectName) -> Answer<Vec<ObservedContainer>> {
        self.engine.containers(project).await
    }

    async fn container(&self, name: &str) -> Answer<Option<ObservedContainer>> {
        self.engine.container(name).await
    }

    async fn networks(&self) -> Answer<Vec<ObservedNetwork>> {
        self.engine.networks().await
    }

    async fn volumes(&self) -> Answer<Vec<ObservedVolume>> {
        self.engine.volumes().await
    }

    async fn image(&self, reference: &str) -> Answer<Option<ObservedImage>> {
        self.engine.image(reference).await
    }

    async fn pull(&self, image: &ImageRef, idle: Duration, tell: &(dyn Fn(PullProgress) + Send + Sync)) -> Answer<()> {
        self.spend(format!("pull {image}")).await.pull(image, idle, tell).await
    }

    async fn import_image(&self, name: &str, labels: &Labels, rootfs: Vec<u8>) -> Answer<()> {
        self.spend(format!("import {name}")).await.import_image(name, labels, rootfs).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Answer<()> {
        self.spend(format!("create network {}", spec.name)).await.create_network(spec).await
    }

    async fn remove_network(&self, name: &str) -> Answer<()> {
        self.spend(format!("remove network {name}")).await.remove_network(name).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Answer<()> {
        self.spend(format!("create volume {}", spec.name)).await.create_volume(spec).await
    }

    async fn remove_volume(&self, name: &str) -> Answer<()> {
        self.spend(format!("remove volume {name}")).await.remove_volume(name).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Answer<String> {
        let mut spec = spec.clone();
        if let Some(process) = spec.labels.get_mut("io.medianest.lock.process") {
            // Process 1 of this machine did not start at its first tick.
            "1:1".clone_into(process);
        }
        self.spend(format!("create container {}", spec.name)).await.create_container(&spec).await
    }

    async fn start(&self, name: &str) -> Answer<()> {
        self.spend(format!("start {name}")).await.start(name).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Answer<()> {
        self.spend(format!("stop {name}")).await.stop(name, grace).await
    }

    async fn pause(&self, name: &str) -> Answer<()> {
        self.spend(format!("pause {name}")).await.pause(name).await
    }

    async fn unpause(&self, name: &str) -> Answer<()> {
        self.spend(format!("unpause {name}")).await.unpause(name).await
    }

    async fn kill(&self, name: &str, signal: &str) -> Answer<()> {
        self.spend(format!("kill {name} {signal}")).await.kill(name, signal).await
    }

    async fn processes(&self, name: &str) -> Answer<Vec<Process>> {
        self.engine.processes(name).await
    }

    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Answer<()> {
        self.spend(format!("set restart {name}")).await.set_restart(name, policy).await
    }

    async fn digest_in_registry(&self, image: &ImageRef) -> Answer<String> {
        self.engine.digest_in_registry(image).await
    }

    async fn rename(&self, name: &str, to: &str) -> Answer<()> {
        self.spend(format!("rename {name} {to}")).await.rename(name, to).await
    }

    async fn remove_container(&self, name: &str, force: bool) -> Answer<()> {
        self.spend(format!("remove container {name}")).await.remove_container(name, force).await
    }

    async fn wait(&self, name: &str) -> Answer<i64> {
        self.engine.wait(name).await
    }

    async fn exec(&self, name: &str, argv: &[String], timeout: Duration) -> Answer<ExecOutput> {
        self.spend(format!("exec {name} {}", argv.join(" "))).await.exec(name, argv, timeout).await
    }

    fn run(&self, name: &str, command: Command) -> BoxStream<'static, Answer<CommandEvent>> {
        match self.lives(&format!("run {name} {}", command.argv.join(" "))) {
            true => self.engine.run(name, command),
            false => Box::pin(stream::pending()),
        }
    }

    async fn archive_in(&self, name: &str, path: &str, tar: Input) -> Answer<()> {
        self.spend(format!("put {name} {path}")).await.archive_in(name, path, tar).await
    }

    async fn archive_out(&self, name: &str, path: &str) -> Answer<Option<BoxStream<'static, Answer<Bytes>>>> {
        self.engine.archive_out(name, path).await
    }

    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Answer<LogChunk>> {
        self.engine.logs(name, options)
    }
}
