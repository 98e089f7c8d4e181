//! Redis: a snapshot that is saved at the moment, and read when the server says that it was.
//!
//! Owns everything that is asked of the server. Refuses to sleep and hope: a save counts when the server says that it went well
//! and gives it a later time than the one before.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    PartError,
    job::Job,
    output,
    session::{Dialect, Session},
};
use crate::{
    backup::{
        pipeline::{StoreError, Stored},
        plan::Container,
    },
    engine::{Command, Engine},
};

const SCRIPT: &str = include_str!("redis.sh");
/// Gives the file that is there when it begins, whatever is put in its place meanwhile.
const READ: &str = "exec cat < \"$1\"";

const SOON: Duration = Duration::from_secs(30);
/// How long a save may take, one that is under way before ours included.
const SAVING: Duration = Duration::from_secs(6 * 3600);
/// How long the file may give nothing.
const SILENCE: Duration = Duration::from_secs(300);
/// The pauses between two looks, growing.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// A Redis server that is asked for a snapshot.
pub(super) struct Redis<'a> {
    engine: &'a dyn Engine,
    container: Container,
    session: Session,
    file: String,
    /// Time of the last save before ours, in seconds since 1970 by the server's clock.
    before: u64,
    keys: u64,
    pub(super) version: String,
}

impl<'a> Redis<'a> {
    /// Connects, and waits until a save of ours can be told from those before.
    pub(super) async fn open(engine: &'a dyn Engine, container: &Container) -> Result<Self, PartError> {
        let session = Session::open(engine, &container.id, &argv(SCRIPT, &["redis-cli"]), Dialect::Redis);
        let mut redis = Self {
            engine,
            container: container.clone(),
            session,
            file: String::new(),
            before: 0,
            keys: 0,
            version: String::new(),
        };
        let server = redis.info("server").await?;
        redis.version = server.get("redis_version").cloned().unwrap_or_default();
        let directory = redis.setting("dir").await?;
        redis.file = format!("{directory}/{}", redis.setting("dbfilename").await?);
        redis.has_room(&directory).await?;
        redis.ready().await?;
        Ok(redis)
    }

    async fn ask(&mut self, question: &str) -> Result<String, PartError> {
        let answer = self.session.ask(question, SOON).await?;
        match answer.split_whitespace().next() {
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => Err(PartError::refused(
                format!("ask Redis in {}", self.container.name),
                answer.trim(),
                Some(
                    "its password is looked for in REDISCLI_AUTH, REDIS_PASSWORD_FILE, REDIS_PASSWORD and in \
                     /run/secrets/*redis*pass* of its container",
                ),
            )),
            _ => Ok(answer),
        }
    }

    async fn info(&mut self, section: &str) -> Result<BTreeMap<String, String>, PartError> {
        let answer = self.ask(&format!("INFO {section}")).await?;
        let pair = |line: &str| line.trim().split_once(':').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Ok(answer.lines().filter_map(pair).collect())
    }

    async fn setting(&mut self, name: &str) -> Result<String, PartError> {
        let answer = self.ask(&format!("CONFIG GET {name}")).await?;
        let mut lines = answer.lines();
        match (lines.next(), lines.next()) {
            (Some(first), Some(value)) if first == name && !value.is_empty() => Ok(value.to_owned()),
            _ => Err(PartError::refused(
                format!("ask Redis in {} where it saves", self.container.name),
                answer.trim(),
                Some("it must allow CONFIG GET to its own user"),
            )),
        }
    }

    /// A save that fails for want of room makes the server refuse writes.
    async fn has_room(&mut self, directory: &str) -> Result<(), PartError> {
        let memory = self.info("memory").await?;
        let used: u64 = memory.get("used_memory").and_then(|bytes| bytes.parse().ok()).unwrap_or_default();
        let asked = self.engine.exec(&self.container.id, &argv("exec df -Pk \"$1\"", &[directory]), SOON).await?;
        let free = asked.text().lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
        match free {
            Some(free) if free < used / 1024 => Err(PartError::refused(
                format!("save a snapshot in {}", self.container.name),
                format!("{} MiB are free in {directory}, and it may need {} MiB", free / 1024, used >> 20),
                Some("free some space: a save that fails makes Redis refuse writes"),
            )),
            _ => Ok(()),
        }
    }

    /// Nothing is being saved or written anew, and the clock has gone on since the last save.
    async fn ready(&mut self) -> Result<(), PartError> {
        let what = "the end of a save that is under way in Redis";
        let mut looks = Looks::new(what);
        loop {
            let state = self.info("persistence").await?;
            let idle = |key: &str| state.get(key).is_none_or(|value| value == "0");
            self.before = number(&state, "rdb_last_save_time");
            let answer = self.ask("TIME").await?;
            let now: u64 = answer.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or_default();
            if ["rdb_bgsave_in_progress", "aof_rewrite_in_progress", "aof_rewrite_scheduled", "loading"].into_iter().all(idle)
                && now > self.before
            {
                return Ok(());
            }
            looks.pause().await?;
        }
    }

    /// The moment is now: the server copies itself. `false` when something came between, so that it is to be asked again.
    pub(super) async fn hold(&mut self) -> Result<bool, PartError> {
        let answer = self.ask("BGSAVE").await?;
        if !answer.starts_with("Background saving started") {
            if answer.contains("in progress") || answer.contains("active") {
                return Ok(false);
            }
            return Err(PartError::refused(format!("save a snapshot in {}", self.container.name), answer.trim(), None));
        }
        let spaces = self.info("keyspace").await?;
        // `keys=12,expires=0,avg_ttl=0`
        let keys = |space: &String| space.strip_prefix("keys=")?.split(',').next()?.parse::<u64>().ok();
        self.keys = spaces.values().filter_map(keys).sum();
        Ok(true)
    }

    /// Waits until it can be asked again.
    pub(super) async fn again(&mut self) -> Result<(), PartError> {
        self.ready().await
    }

    /// The time of the snapshot, once it is there.
    async fn saved(&mut self) -> Result<u64, PartError> {
        let mut looks = Looks::new("the snapshot of Redis");
        loop {
            let state = self.info("persistence").await?;
            let going_on = state.get("rdb_bgsave_in_progress").is_some_and(|value| value != "0");
            if !going_on {
                let saved = number(&state, "rdb_last_save_time");
                if state.get("rdb_last_bgsave_status").is_some_and(|status| status == "ok") && saved > self.before {
                    return Ok(saved);
                }
                return Err(PartError::refused(
                    format!("save a snapshot in {}", self.container.name),
                    "the server says that it failed",
                    Some("see `medianestctl logs` of the service: mostly its disk is full"),
                ));
            }
            looks.pause().await?;
        }
    }

    /// Stores the snapshot; gives its number of keys, and what a person should know.
    pub(super) async fn snapshot(&mut self, job: Job<'_>) -> Result<(Stored, u64, Vec<String>), StoreError<PartError>> {
        let cancel = job.cancel.clone();
        let saved = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(StoreError::Cancelled),
            saved = self.saved() => saved.map_err(StoreError::Source)?,
        };
        let (inlet, outlet) = output::way();
        let events = self.engine.run(&self.container.id, Command::new(&argv(READ, &[&self.file]), SILENCE));
        let read = output::run("read the snapshot of Redis", events, inlet, &cancel);
        let (read, stored) = futures_util::join!(read, job.store(move |output| outlet.copy(output)));
        let stored = super::postgres::both(read, stored)?;
        // A save by the server's own rules may have come between; the one that was opened counts.
        let state = self.info("persistence").await.map_err(StoreError::Source)?;
        let newer = (number(&state, "rdb_last_save_time") != saved)
            .then(|| "Redis has saved again by its own rules meanwhile: the snapshot may be of that later moment".to_owned());
        Ok((stored, self.keys, newer.into_iter().collect()))
    }

    pub(super) async fn close(self) {
        self.session.close().await;
    }
}

fn argv(script: &str, program: &[&str]) -> Vec<String> {
    ["sh", "-c", script, "redis"].iter().chain(program).map(|word| (*word).to_owned()).collect()
}

fn number(state: &BTreeMap<String, String>, key: &str) -> u64 {
    state.get(key).and_then(|value| value.parse().ok()).unwrap_or_default()
}

/// Looks again and again, less and less often, and not for ever.
struct Looks {
    what: &'static str,
    begun: Instant,
    pause: Duration,
}

impl Looks {
    fn new(what: &'static str) -> Self {
        Self { what, begun: Instant::now(), pause: FIRST_LOOK }
    }

    async fn pause(&mut self) -> Result<(), PartError> {
        if self.begun.elapsed() > SAVING {
            return Err(PartError::Late { what: self.what.to_owned(), seconds: SAVING.as_secs() });
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_LOOK);
        Ok(())
    }
}
