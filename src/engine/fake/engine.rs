//! The fake's side of the `Engine` trait: each call as an engine was seen to answer it.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, sleep, sleep_until},
};

use super::{
    FakeEngine, FakeImage, Fault,
    calls::{chunk, first_line},
    container::Life,
    create::{create, put},
    files::{self, Tree, below, clean},
    images::{self, key},
    network::{Network, choose_subnet},
    run,
    world::{Volume, World},
};
use crate::engine::{
    Command, CommandEvent, ContainerSpec, Engine, EngineError, ErrorKind, ExecOutput, Input, LogChunk, LogOptions, NetworkSpec,
    Process, PullProgress, VolumeSpec,
    command::{collected, pieces},
};
use crate::model::{
    EngineInfo, ImageRef, Labels, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName, RestartPolicy,
    label,
};

/// How long a call hangs before its caller gives up.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) type Answer<T> = Result<T, EngineError>;

pub(super) fn fail<T>(kind: ErrorKind, action: &str, message: impl Into<String>) -> Answer<T> {
    Err(EngineError::new(kind, action, message))
}

impl FakeEngine {
    fn reading(&self, line: String) {
        self.world().faults.note_reading(line);
    }

    /// A call that may change something: written down, and made to fail when that is planned.
    pub(super) async fn changing<T>(&self, line: String, call: impl Future<Output = Answer<T>>) -> Answer<T> {
        let fault = self.world().faults.note_mutating(line.clone());
        let answer = match fault {
            None => call.await,
            Some(Fault::Error) => fail(ErrorKind::Other, &line, "the engine failed (injected)"),
            Some(Fault::Refuses(kind)) => fail(kind, &line, "the engine refuses (injected)"),
            Some(Fault::Hang) => {
                sleep(PATIENCE).await;
                fail(ErrorKind::Timeout, &line, format!("no answer within {} s (injected)", PATIENCE.as_secs()))
            }
            Some(Fault::LoseAnswer) => {
                drop(call.await);
                fail(ErrorKind::Unreachable, &line, "the connection broke before the answer (injected)")
            }
        };
        self.0.changed.notify_waiters();
        answer
    }

    /// Waits until `look` finds what it looks for, looking again whenever something may have changed.
    pub(super) async fn until<T>(&self, name: &str, mut look: impl FnMut(&mut World) -> Option<T>) -> T {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let next = {
                let mut world = self.world();
                if let Some(found) = look(&mut world) {
                    return found;
                }
                world.find(name).and_then(|key| world.containers.get(&key)?.next_change())
            };
            match next {
                Some(at) => drop(tokio::time::timeout_at(at, changed).await),
                None => changed.await,
            }
        }
    }
}

#[async_trait]
impl Engine for FakeEngine {
    async fn info(&self) -> Answer<EngineInfo> {
        self.reading("info".into());
        let world = self.world();
        let clock = world.info.clock.or(Some(world.clock(Instant::now())));
        Ok(EngineInfo { clock, ..world.info.clone() })
    }

    async fn containers(&self, project: &ProjectName) -> Answer<Vec<ObservedContainer>> {
        self.reading(format!("containers {project}"));
        let world = self.world();
        let ours = |c: &ObservedContainer| c.labels.get(label::COMPOSE_PROJECT).is_some_and(|p| p == project.as_str());
        let mut found: Vec<_> = world.containers.values().map(|c| world.observed(c)).filter(ours).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn container(&self, name: &str) -> Answer<Option<ObservedContainer>> {
        self.reading(format!("container {name}"));
        let world = self.world();
        Ok(world.find(name).and_then(|key| world.containers.get(&key)).map(|c| world.observed(c)))
    }

    async fn networks(&self) -> Answer<Vec<ObservedNetwork>> {
        self.reading("networks".into());
        Ok(self.world().networks.iter().map(|(name, network)| network.observed(name)).collect())
    }

    async fn volumes(&self) -> Answer<Vec<ObservedVolume>> {
        self.reading("volumes".into());
        let world = self.world();
        let seen = |(name, v): (&String, &Volume)| ObservedVolume {
            name: name.clone(),
            labels: v.labels.clone(),
            mountpoint: v.mountpoint.clone(),
        };
        Ok(world.volumes.iter().map(seen).collect())
    }

    async fn image(&self, reference: &str) -> Answer<Option<ObservedImage>> {
        self.reading(format!("image {reference}"));
        let world = self.world();
        Ok(world.image(reference).map(|image| world.observed_image(image)))
    }

    async fn pull(&self, image: &ImageRef, idle: Duration, on_progress: &(dyn Fn(PullProgress) + Send + Sync)) -> Answer<()> {
        self.changing(format!("pull {image}"), self.pull_image(image, idle, on_progress)).await
    }

    async fn import_image(&self, name: &str, labels: &Labels, rootfs: Vec<u8>) -> Answer<()> {
        let line = format!("import {name}");
        let call = async {
            let entries = files::unpack(&rootfs);
            let entries = entries.map_err(|error| EngineError::new(ErrorKind::Other, &line, error.to_string()))?;
            let mut tree = Tree::default();
            entries.into_iter().for_each(|(path, node)| tree.put(&path, node));
            let about = FakeImage { labels: labels.clone(), ..FakeImage::default() };
            self.world().add_image(&key(name), about, tree);
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Answer<()> {
        let line = format!("create network {}", spec.name);
        let call = async {
            let mut world = self.world();
            if world.networks.contains_key(&spec.name) {
                return fail(ErrorKind::Conflict, &line, format!("network with name {} already exists", spec.name));
            }
            let others: Vec<_> = world.networks.values().filter_map(|n| n.subnet).collect();
            let subnet = choose_subnet(spec, &others).map_err(|(kind, why)| EngineError::new(kind, &line, why))?;
            let network = Network {
                id: world.new_id("network"),
                labels: spec.labels.clone(),
                subnet: Some(subnet),
                ip_range: spec.ip_range,
                internal: spec.internal,
                fixed_possible: spec.subnet.is_some(),
            };
            world.networks.insert(spec.name.clone(), network);
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn remove_network(&self, name: &str) -> Answer<()> {
        let line = format!("remove network {name}");
        let call = async {
            let mut world = self.world();
            if world.containers.values().any(|c| c.addresses.contains_key(name)) {
                return fail(ErrorKind::Conflict, &line, format!("network {name} has active endpoints"));
            }
            world.networks.remove(name);
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Answer<()> {
        let call = async {
            let new = || Volume { labels: spec.labels.clone(), ..Volume::default() };
            self.world().volumes.entry(spec.name.clone()).or_insert_with(new);
            Ok(())
        };
        self.changing(format!("create volume {}", spec.name), call).await
    }

    async fn remove_volume(&self, name: &str) -> Answer<()> {
        let line = format!("remove volume {name}");
        let call = async {
            let mut world = self.world();
            if world.containers.values().any(|c| world.observed(c).volumes.contains(name)) {
                return fail(ErrorKind::Conflict, &line, "volume is in use");
            }
            world.volumes.remove(name);
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Answer<String> {
        let line = format!("create container {}", spec.name);
        self.changing(line.clone(), async { create(&mut self.world(), &line, spec) }).await
    }

    async fn start(&self, name: &str) -> Answer<()> {
        let line = format!("start {name}");
        let call = async {
            let mut world = self.world();
            let (key, c) = world.container(&line, name)?;
            if matches!(c.life, Life::Running { .. } | Life::Restarting { .. }) {
                return Ok(());
            }
            (c.restart_count, c.restarts_in_a_row) = (0, 0);
            world.begin(key, Instant::now()).map_err(|(kind, why)| EngineError::new(kind, &line, why))
        };
        self.changing(line.clone(), call).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Answer<()> {
        self.changing(format!("stop {name}"), self.stop_container(name, grace)).await
    }

    async fn pause(&self, name: &str) -> Answer<()> {
        let line = format!("pause {name}");
        let call = async {
            let mut world = self.world();
            let (_, c) = world.container(&line, name)?;
            if !c.is_running() {
                return fail(ErrorKind::NotRunning, &line, format!("Container {} is not running", c.id));
            }
            c.paused = true;
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn unpause(&self, name: &str) -> Answer<()> {
        let line = format!("unpause {name}");
        let call = async {
            self.world().container(&line, name)?.1.paused = false;
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn kill(&self, name: &str, signal: &str) -> Answer<()> {
        self.changing(format!("kill {name} {signal}"), async { self.kill_container(name, signal) }).await
    }

    async fn processes(&self, name: &str) -> Answer<Vec<Process>> {
        self.reading(format!("processes {name}"));
        let action = format!("list the processes of container {name}");
        let mut world = self.world();
        let (_, c) = world.container(&action, name)?;
        if !c.is_running() {
            return fail(ErrorKind::NotRunning, &action, format!("Container {} is not running", c.id));
        }
        Ok(c.processes(Instant::now()))
    }

    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Answer<()> {
        let line = format!("set restart {name}");
        let call = async {
            self.world().container(&line, name)?.1.spec.restart = policy;
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn digest_in_registry(&self, image: &ImageRef) -> Answer<String> {
        self.reading(format!("digest {image}"));
        let action = format!("ask the registry for {image}");
        let world = self.world();
        match world.in_registry(&key(&image.to_string())) {
            Some((name, about)) => Ok(images::digest(&name, &about)),
            None => fail(ErrorKind::ImageUnavailable, &action, "manifest unknown: manifest unknown"),
        }
    }

    async fn rename(&self, name: &str, to: &str) -> Answer<()> {
        let line = format!("rename {name} {to}");
        let call = async {
            let mut world = self.world();
            let (key, _) = world.container(&line, name)?;
            if world.find(to).is_some_and(|other| other != key) {
                return fail(ErrorKind::Conflict, &line, format!("The container name \"/{to}\" is already in use"));
            }
            let (_, c) = world.container(&line, name)?;
            if c.spec.name == to {
                return fail(ErrorKind::Other, &line, "Renaming a container with the same name as its current name");
            }
            c.spec.name = to.to_owned();
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn remove_container(&self, name: &str, force: bool) -> Answer<()> {
        let line = format!("remove container {name}");
        let call = async {
            let mut world = self.world();
            let Ok((key, c)) = world.container(&line, name) else { return Ok(()) };
            if !force && matches!(c.life, Life::Running { .. } | Life::Restarting { .. }) {
                return fail(ErrorKind::Conflict, &line, "You cannot remove a running container");
            }
            world.containers.remove(&key);
            Ok(())
        };
        self.changing(line.clone(), call).await
    }

    async fn wait(&self, name: &str) -> Answer<i64> {
        self.reading(format!("wait {name}"));
        let action = format!("wait for container {name}");
        self.until(name, |world| match world.container(&action, name) {
            Err(error) => Some(Err(error)),
            Ok((_, c)) => (!matches!(c.life, Life::Running { .. } | Life::Restarting { .. })).then_some(Ok(c.last_code)),
        })
        .await
    }

    async fn exec(&self, name: &str, argv: &[String], limit: Duration) -> Answer<ExecOutput> {
        let command = Command::new(argv, limit);
        let action = command.action(name);
        // All at once, without a turn for anybody else in between, as the clock stands still meanwhile.
        let (events, mut given) = mpsc::channel(Semaphore::MAX_PERMITS);
        let line = format!("exec {name} {}", argv.join(" "));
        let code = self.changing(line, self.run_in(name, command, &events)).await?;
        drop(events);
        let output = stream::poll_fn(move |cx| given.poll_recv(cx));
        collected(&action, output.chain(stream::once(ready(Ok(CommandEvent::Exit(code))))).boxed()).await
    }

    fn run(&self, name: &str, command: Command) -> BoxStream<'static, Answer<CommandEvent>> {
        self.events(name, command)
    }

    async fn archive_in(&self, name: &str, path: &str, mut tar: Input) -> Answer<()> {
        let line = format!("put {name} {path}");
        let call = async {
            let mut archive = Vec::new();
            while let Some(piece) = run::next(&line, &mut tar, PATIENCE).await? {
                archive.extend_from_slice(&piece);
            }
            put(&mut self.world(), &line, name, path, &archive)
        };
        self.changing(line.clone(), call).await
    }

    async fn archive_out(&self, name: &str, path: &str) -> Answer<Option<BoxStream<'static, Answer<Bytes>>>> {
        let line = format!("get {name} {path}");
        self.reading(line.clone());
        let world = self.world();
        let view = world.find(name).map(|key| world.view(key)).unwrap_or_default();
        let top = clean(path);
        // Named by its last part, or `.` when the path ends in one.
        let base = if path.ends_with("/.") { "." } else { top.rsplit('/').next().unwrap_or_default() };
        let nodes = view.iter().filter_map(|(at, node)| Some((files::join(base, below(at, &top)?), *node)));
        let nodes: Vec<_> = nodes.filter(|(at, _)| !at.is_empty()).collect();
        if nodes.is_empty() {
            return Ok(None);
        }
        let archive = files::pack(nodes.into_iter());
        let archive = archive.map_err(|error| EngineError::new(ErrorKind::Other, line, error.to_string()))?;
        Ok(Some(stream::iter(pieces(archive).map(Ok)).boxed()))
    }

    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Answer<LogChunk>> {
        self.reading(format!("logs {name}"));
        let (name, options) = (name.to_owned(), options.clone());
        let limit = options.limit;
        // `None` as the position: the beginning has to be found first.
        let chunks = stream::unfold(Some((None, name, options)), move |state| async move {
            let (position, name, options) = state?;
            let next = self
                .until(&name, |world| {
                    let c = match world.container(&format!("read the logs of {name}"), &name) {
                        Ok((_, c)) => c,
                        Err(error) => return Some(Some((Err(error), None))),
                    };
                    let at = position.unwrap_or_else(|| first_line(c, &options));
                    match c.log.get(at) {
                        Some(line) => Some(Some((Ok(chunk(line, &options)), Some(at + 1)))),
                        None if options.follow && c.is_running() => None,
                        None => Some(None),
                    }
                })
                .await;
            next.map(|(chunk, at)| (chunk, at.map(|at| (Some(at), name, options))))
        });
        match limit {
            Some(limit) => chunks.take_until(sleep_until(Instant::now() + limit)).boxed(),
            None => chunks.boxed(),
        }
    }
}
