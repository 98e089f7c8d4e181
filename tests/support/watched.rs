//! An engine's client with visitors behind it: after every single call somebody looks whether requests would be answered.
//!
//! Served means: whatever list of upstreams some worker of the ingress works by (each one that was in force at a reload
//! and still has a worker, and the one in the file, which any restart would take), every address in it belongs to a
//! container that runs, and each upstream has one that is well. `tries_others` lets workers that only finish what they have
//! find nobody at some of their addresses, as nginx then asks the next one. One call may be made to go wrong, reading ones included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::StreamExt as _;
use futures_util::{
    future::{pending, ready},
    stream::{self, BoxStream},
};
use medianestctl::engine::fake::FakeEngine;
use medianestctl::engine::{
    Command, CommandEvent, ContainerSpec, Engine, EngineError, ErrorKind, ExecOutput, Input, LogChunk, LogOptions, LogSource,
    NetworkSpec, Process, PullProgress, VolumeSpec,
};
use medianestctl::model::{
    EngineInfo, ImageRef, Labels, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume, ProjectName, RestartPolicy,
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

type Answer<T> = Result<T, EngineError>;

/// How long a healthy container of these tests takes to be so.
const WELL_AFTER: TimeDelta = TimeDelta::seconds(1);
/// How long a call hangs before its caller gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The client is killed before it.
    Killed,
    /// The engine refuses; nothing is done.
    Error,
    /// It is done, and the answer does not arrive.
    Lost,
    /// Nothing is done, and no answer comes until patience ends.
    Hang,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Killed, Self::Error, Self::Lost, Self::Hang];
}

/// The kind of a call, by its line: `create container` of `create container shop-api-1`.
pub fn kind(line: &str) -> String {
    let words = if ["create", "remove", "set"].iter().any(|verb| line.starts_with(verb)) { 2 } else { 1 };
    line.split_whitespace().take(words).collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Visitors {
    /// What each live worker of the ingress was started with.
    workers: BTreeMap<(String, u32), String>,
    /// The first thing that was seen to be wrong, with the call after which it was.
    wrong: Option<String>,
    /// Moment of the last look, when nothing was changed since.
    seen: Option<Instant>,
}

/// A client whose every call is watched.
pub struct Watched {
    engine: FakeEngine,
    project: ProjectName,
    ingress: String,
    file: String,
    /// Images whose containers never answer anybody.
    sick: BTreeSet<String>,
    tries_others: bool,
    fate: Option<(usize, Fate)>,
    calls: Mutex<Vec<(bool, String)>>,
    visitors: Mutex<Visitors>,
    /// Answers of the candidate and of the others in the ingress's log: status, seconds, how many.
    log: Option<[(u16, &'static str, usize); 2]>,
    struck: AtomicBool,
    dead: CancellationToken,
}

impl Watched {
    /// Watches the shop's proxy.
    pub fn shop(engine: &FakeEngine) -> Self {
        Self::proxy_of("shop", engine)
    }

    /// Watches the service `proxy` of a project.
    pub fn proxy_of(project: &str, engine: &FakeEngine) -> Self {
        Self {
            engine: engine.clone(),
            project: project.parse().unwrap(),
            ingress: format!("{project}-proxy-1"),
            file: "/etc/proxy/upstreams.conf".into(),
            sick: BTreeSet::new(),
            tries_others: false,
            fate: None,
            calls: Mutex::default(),
            visitors: Mutex::default(),
            log: None,
            struck: AtomicBool::new(false),
            dead: CancellationToken::new(),
        }
    }

    /// The `n`th call, counted from 0 over reading and changing ones, goes wrong.
    pub fn fails(mut self, n: usize, fate: Fate) -> Self {
        self.fate = Some((n, fate));
        self
    }

    /// Containers of this image are never well.
    pub fn sick(mut self, image: &str) -> Self {
        self.sick.insert(image.to_owned());
        self
    }

    /// What old workers still take in goes to whichever replica of their list can be reached.
    pub fn tries_others(mut self) -> Self {
        self.tries_others = true;
        self
    }

    /// While somebody follows the ingress's log, it tells these answers of who is on trial and of one of the others:
    /// status, seconds, how many.
    pub fn logs_trial(mut self, candidate: (u16, &'static str, usize), others: (u16, &'static str, usize)) -> Self {
        self.log = Some([candidate, others]);
        self
    }

    async fn trial(&self, answers: [(u16, &'static str, usize); 2]) -> Answer<LogChunk> {
        let tar = self.engine.get_archive(&self.ingress, &self.file).await?.expect("the ingress has upstreams");
        let (_, file) = medianestctl::state::archive::files(&tar).unwrap().pop().unwrap();
        let file = String::from_utf8(file).unwrap();
        let mut lines = String::new();
        for block in file.split("\nupstream ").filter(|block| block.contains(" weight=")) {
            let servers: Vec<_> = block.split("server ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
            // The one on trial stands last.
            let (candidate, others) = servers.split_last().expect("somebody is tried");
            for ((status, seconds, count), server) in answers.into_iter().zip([Some(candidate), others.first()]) {
                let server = server.copied().unwrap_or_default();
                lines.push_str(&format!("medianestctl-trial|{server}|{status}|{seconds}\n").repeat(count));
            }
        }
        Ok(LogChunk { source: LogSource::Stdout, bytes: lines.into() })
    }

    /// The calls so far, and whether each may change something.
    pub fn calls(&self) -> Vec<(bool, String)> {
        self.calls.lock().unwrap().clone()
    }

    /// Whether the call that was to go wrong was made.
    pub fn struck(&self) -> bool {
        self.struck.load(Ordering::Relaxed)
    }

    /// Runs `work` until it ends or the client is killed; `None` when it was killed.
    pub async fn live<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.dead.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// Nobody was ever turned away, and nobody is now.
    #[track_caller]
    pub fn assert_served(&self) {
        if let Some(wrong) = &self.visitors.lock().unwrap().wrong {
            panic!("{wrong}");
        }
    }

    /// One more look at what visitors get.
    pub async fn look(&self, after: &str) {
        if let Err(wrong) = self.visit().await {
            self.visitors.lock().unwrap().wrong.get_or_insert_with(|| format!("after `{after}`: {wrong}"));
        }
    }

    async fn visit(&self) -> Result<(), String> {
        let there = self.engine.containers(&self.project).await.unwrap();
        let clock = self.engine.info().await.unwrap().clock.unwrap();
        let proxy = there.iter().find(|c| c.name == self.ingress).ok_or("the ingress is gone")?;
        if !proxy.state.is_running() {
            return Err(format!("the ingress is {:?}", proxy.state));
        }
        let tar = self.engine.get_archive(&self.ingress, &self.file).await.unwrap().ok_or("the ingress has no upstreams")?;
        let (_, file) = medianestctl::state::archive::files(&tar).unwrap().pop().unwrap();
        let file = String::from_utf8(file).unwrap();
        let workers = self.engine.processes(&self.ingress).await.unwrap();
        let leaving: BTreeSet<_> = workers.iter().filter(|p| p.command.contains("is shutting down")).map(|p| p.pid).collect();
        let workers: BTreeSet<_> =
            workers.iter().filter(|p| p.command.contains("worker")).map(|p| (proxy.id.clone(), p.pid)).collect();
        // Each with whether all of its addresses must answer.
        let mut lists = vec![(file.clone(), true)];
        {
            let mut visitors = self.visitors.lock().unwrap();
            visitors.workers.retain(|worker, _| workers.contains(worker));
            for worker in workers {
                visitors.workers.entry(worker).or_insert_with(|| file.clone());
            }
            let strict = |pid: &u32| !(self.tries_others && leaving.contains(pid));
            lists.extend(visitors.workers.iter().map(|((_, pid), list)| (list.clone(), strict(pid))));
        }
        lists.sort();
        lists.dedup();
        let at = |address: &str| {
            there.iter().find(|c| c.state.is_running() && c.fixed_addresses.values().any(|a| a.to_string() == address))
        };
        let well = |c: &ObservedContainer| {
            let old_enough = c.started_at.is_some_and(|start| clock - start >= WELL_AFTER);
            old_enough && !self.sick.contains(&c.image)
        };
        for (list, strict) in lists {
            for upstream in list.split("\nupstream ").skip(1) {
                let addresses = upstream.split("server ").skip(1).filter_map(|rest| rest.split(':').next());
                let mut anyone = false;
                for address in addresses {
                    match at(address) {
                        Some(container) => anyone |= well(container),
                        None if !strict => {}
                        None => return Err(format!("nobody runs at {address}, and requests go there")),
                    }
                }
                if !anyone {
                    return Err(format!("nobody who is well gets the requests:\n{list}"));
                }
            }
        }
        Ok(())
    }

    /// Books a call, and says what is to go wrong with it.
    fn book(&self, changes: bool, line: &str) -> Option<Fate> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((changes, line.to_owned()));
            calls.len() - 1
        };
        let fate = self.fate.filter(|(n, _)| *n == number).map(|(_, fate)| fate);
        if fate.is_some() {
            self.struck.store(true, Ordering::Relaxed);
        }
        fate
    }

    async fn call<T>(&self, changes: bool, line: String, call: impl Future<Output = Answer<T>> + Send) -> Answer<T> {
        let fate = self.book(changes, &line);
        if fate == Some(Fate::Killed) || self.dead.is_cancelled() {
            self.dead.cancel();
            pending::<()>().await;
        }
        let answer = match fate {
            None | Some(Fate::Killed) => call.await,
            Some(Fate::Error) => Err(EngineError::new(ErrorKind::Other, &line, "the engine failed (injected)")),
            Some(Fate::Lost) => {
                drop(call.await);
                Err(EngineError::new(ErrorKind::Unreachable, &line, "the connection broke (injected)"))
            }
            Some(Fate::Hang) => {
                sleep(PATIENCE).await;
                Err(EngineError::new(ErrorKind::Timeout, &line, "no answer within 120 s (injected)"))
            }
        };
        let now = Instant::now();
        let seen = self.visitors.lock().unwrap().seen;
        if changes || seen != Some(now) {
            self.look(&line).await;
            self.visitors.lock().unwrap().seen = Some(now);
        }
        answer
    }
}

#[async_trait]
impl Engine for Watched {
    async fn info(&self) -> Answer<EngineInfo> {
        self.call(false, "info".into(), self.engine.info()).await
    }

    async fn containers(&self, project: &ProjectName) -> Answer<Vec<ObservedContainer>> {
        self.call(false, format!("containers {project}"), self.engine.containers(project)).await
    }

    async fn container(&self, name: &str) -> Answer<Option<ObservedContainer>> {
        self.call(false, format!("container {name}"), self.engine.container(name)).await
    }

    async fn networks(&self) -> Answer<Vec<ObservedNetwork>> {
        self.call(false, "networks".into(), self.engine.networks()).await
    }

    async fn volumes(&self) -> Answer<Vec<ObservedVolume>> {
        self.call(false, "volumes".into(), self.engine.volumes()).await
    }

    async fn image(&self, reference: &str) -> Answer<Option<ObservedImage>> {
        self.call(false, format!("image {reference}"), self.engine.image(reference)).await
    }

    async fn pull(&self, image: &ImageRef, idle: Duration, tell: &(dyn Fn(PullProgress) + Send + Sync)) -> Answer<()> {
        self.call(true, format!("pull {image}"), self.engine.pull(image, idle, tell)).await
    }

    async fn import_image(&self, name: &str, labels: &Labels, rootfs: Vec<u8>) -> Answer<()> {
        self.call(true, format!("import {name}"), self.engine.import_image(name, labels, rootfs)).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Answer<()> {
        self.call(true, format!("create network {}", spec.name), self.engine.create_network(spec)).await
    }

    async fn remove_network(&self, name: &str) -> Answer<()> {
        self.call(true, format!("remove network {name}"), self.engine.remove_network(name)).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Answer<()> {
        self.call(true, format!("create volume {}", spec.name), self.engine.create_volume(spec)).await
    }

    async fn remove_volume(&self, name: &str) -> Answer<()> {
        self.call(true, format!("remove volume {name}"), self.engine.remove_volume(name)).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Answer<String> {
        let mut spec = spec.clone();
        if let Some(process) = spec.labels.get_mut("io.medianest.lock.process").filter(|_| {
            // Process 1 of this machine did not start at its first tick: whoever is to be killed is dead already.
            self.fate.is_some_and(|(_, fate)| fate == Fate::Killed)
        }) {
            "1:1".clone_into(process);
        }
        self.call(true, format!("create container {}", spec.name), self.engine.create_container(&spec)).await
    }

    async fn start(&self, name: &str) -> Answer<()> {
        self.call(true, format!("start {name}"), self.engine.start(name)).await
    }

    async fn stop(&self, name: &str, grace: Duration) -> Answer<()> {
        self.call(true, format!("stop {name}"), self.engine.stop(name, grace)).await
    }

    async fn pause(&self, name: &str) -> Answer<()> {
        self.call(true, format!("pause {name}"), self.engine.pause(name)).await
    }

    async fn unpause(&self, name: &str) -> Answer<()> {
        self.call(true, format!("unpause {name}"), self.engine.unpause(name)).await
    }

    async fn kill(&self, name: &str, signal: &str) -> Answer<()> {
        self.call(true, format!("kill {name} {signal}"), self.engine.kill(name, signal)).await
    }

    async fn processes(&self, name: &str) -> Answer<Vec<Process>> {
        self.call(false, format!("processes {name}"), self.engine.processes(name)).await
    }

    async fn set_restart(&self, name: &str, policy: RestartPolicy) -> Answer<()> {
        self.call(true, format!("set restart {name}"), self.engine.set_restart(name, policy)).await
    }

    async fn digest_in_registry(&self, image: &ImageRef) -> Answer<String> {
        self.call(false, format!("digest {image}"), self.engine.digest_in_registry(image)).await
    }

    async fn rename(&self, name: &str, to: &str) -> Answer<()> {
        self.call(true, format!("rename {name} {to}"), self.engine.rename(name, to)).await
    }

    async fn remove_container(&self, name: &str, force: bool) -> Answer<()> {
        self.call(true, format!("remove container {name}"), self.engine.remove_container(name, force)).await
    }

    async fn wait(&self, name: &str) -> Answer<i64> {
        self.call(false, format!("wait {name}"), self.engine.wait(name)).await
    }

    async fn exec(&self, name: &str, argv: &[String], timeout: Duration) -> Answer<ExecOutput> {
        self.call(true, format!("exec {name} {}", argv.join(" ")), self.engine.exec(name, argv, timeout)).await
    }

    fn run(&self, name: &str, command: Command) -> BoxStream<'static, Answer<CommandEvent>> {
        let line = format!("run {name} {}", command.argv.join(" "));
        let fate = self.book(true, &line);
        if fate == Some(Fate::Killed) || self.dead.is_cancelled() {
            self.dead.cancel();
            return Box::pin(stream::pending());
        }
        let fails = |kind, why: &'static str| Err(EngineError::new(kind, &line, why));
        match fate {
            None | Some(Fate::Killed) => self.engine.run(name, command),
            Some(Fate::Error) => Box::pin(stream::once(ready(fails(ErrorKind::Other, "the engine failed (injected)")))),
            // All of it is done, and the end of it is not heard.
            Some(Fate::Lost) => {
                let end = fails(ErrorKind::Unreachable, "the connection broke (injected)");
                let events = self.engine.run(name, command);
                let heard = events.filter(|event| ready(!matches!(event, Ok(CommandEvent::Exit(_)))));
                Box::pin(heard.chain(stream::once(ready(end))))
            }
            Some(Fate::Hang) => {
                let end = fails(ErrorKind::Timeout, "no answer within 120 s (injected)");
                Box::pin(stream::once(async move {
                    sleep(PATIENCE).await;
                    end
                }))
            }
        }
    }

    async fn archive_in(&self, name: &str, path: &str, tar: Input) -> Answer<()> {
        self.call(true, format!("put {name} {path}"), self.engine.archive_in(name, path, tar)).await
    }

    async fn archive_out(&self, name: &str, path: &str) -> Answer<Option<BoxStream<'static, Answer<Bytes>>>> {
        self.call(false, format!("get {name} {path}"), self.engine.archive_out(name, path)).await
    }

    fn logs<'a>(&'a self, name: &str, options: &LogOptions) -> BoxStream<'a, Answer<LogChunk>> {
        let line = format!("logs {name}");
        let fails = |kind, why: &'static str| Err(EngineError::new(kind, &line, why));
        match self.book(false, &line) {
            None => {}
            Some(Fate::Killed) => {
                self.dead.cancel();
                return Box::pin(stream::pending());
            }
            Some(Fate::Error) => return Box::pin(stream::once(ready(fails(ErrorKind::Other, "the engine failed (injected)")))),
            // It breaks off in the middle.
            Some(Fate::Lost) => {
                let end = fails(ErrorKind::Unreachable, "the connection broke (injected)");
                let begin = self.log.map(|answers| self.trial(answers.map(|(status, seconds, n)| (status, seconds, n / 12))));
                return match begin {
                    Some(begin) => Box::pin(stream::once(begin).chain(stream::once(ready(end)))),
                    None => Box::pin(stream::once(ready(end))),
                };
            }
            Some(Fate::Hang) => {
                let end = fails(ErrorKind::Timeout, "no answer within 120 s (injected)");
                return Box::pin(stream::once(async move {
                    sleep(PATIENCE).await;
                    end
                }));
            }
        }
        match self.log.filter(|_| name == self.ingress && options.follow) {
            Some(answers) => Box::pin(stream::once(self.trial(answers)).chain(self.engine.logs(name, options))),
            None => self.engine.logs(name, options),
        }
    }
}
