//! Images of the fake engine: what their containers do, written down beforehand.
//!
//! Pure: a behaviour answers what a container does after so much time. Refuses to know containers.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::exec::{Asked, Inside, Reply};
use crate::engine::ExecOutput;
use crate::model::{Healthcheck, Labels};

/// An image and what its containers do.
#[derive(Debug, Clone, PartialEq)]
pub struct FakeImage {
    /// User that it runs as.
    pub user: String,
    /// Labels.
    pub labels: Labels,
    /// Its own health check.
    pub healthcheck: Option<Healthcheck>,
    /// What its containers do.
    pub script: Behaviour,
    /// Lines that each start writes to standard output.
    pub logs: Vec<String>,
    /// How the first process takes its stop signal: ends after this time with this code; `None` ignores it.
    pub on_stop: Option<(Duration, i64)>,
    /// Content by absolute path, owned by root, mode 0644.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Answers commands; see `ExecScript`.
    pub exec: Option<ExecScript>,
    /// Answers commands that need more than `exec` has, and before it; see `CommandScript`.
    pub commands: Option<CommandScript>,
    /// Programs that answer each piece of their input as it comes; see `Dialogue`.
    pub dialogues: Vec<Dialogue>,
    /// What its nginx does when it is told to reload.
    pub reload: Reload,
    /// When it was built.
    pub created: Option<DateTime<Utc>>,
    /// Bytes that a pull reports.
    pub size: u64,
}

impl Default for FakeImage {
    fn default() -> Self {
        Self {
            user: String::new(),
            labels: Labels::new(),
            healthcheck: None,
            script: Behaviour::default(),
            logs: Vec::new(),
            on_stop: Some((Duration::ZERO, 0)),
            files: BTreeMap::new(),
            exec: None,
            commands: None,
            dialogues: Vec::new(),
            reload: Reload::default(),
            created: None,
            size: 10 << 20,
        }
    }
}

impl FakeImage {
    /// An image whose containers do this, and are asked for their health by `/healthcheck` every 30 seconds.
    pub fn checked(script: Behaviour) -> Self {
        let healthcheck = Healthcheck {
            test: Some(crate::model::HealthTest::Exec(vec!["/healthcheck".into()])),
            interval: Some(Duration::from_secs(30)),
            timeout: Some(Duration::from_secs(5)),
            retries: Some(3),
            start_period: None,
            start_interval: None,
        };
        Self { script, healthcheck: Some(healthcheck), ..Self::default() }
    }

    /// An image whose containers do this and have no health check.
    pub fn unchecked(script: Behaviour) -> Self {
        Self { script, ..Self::default() }
    }
}

/// What nginx does on SIGHUP. Every container's processes look like nginx's, whatever its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reload {
    /// Another worker serves, and the one before is gone.
    #[default]
    AtOnce,
    /// Another worker serves after this time; each one before goes on with what it has for another such time.
    Slow(Duration),
    /// Another worker serves at once; each one before goes on with what it has for this time.
    Lingers(Duration),
    /// The configuration is refused: the old worker serves on.
    Refused,
    /// A shell is the first process and passes no signal on.
    BehindShell,
}

/// What a container does from its start on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Runs until it is stopped, and is healthy after some time.
    Healthy {
        /// From the start on.
        after: Duration,
    },
    /// Runs, and its health check fails.
    NeverHealthy {
        /// What the health check prints.
        output: String,
    },
    /// Becomes healthy, and later is not.
    TurnsUnhealthy {
        /// Healthy from here on.
        healthy: Duration,
        /// Not healthy from here on.
        unhealthy: Duration,
    },
    /// Runs, and its health check never comes back.
    HealthHangs,
    /// Ends by itself.
    ExitsWith {
        /// Exit code.
        code: i64,
        /// From the start on.
        after: Duration,
        /// Lines that it writes to standard error before.
        log: Vec<String>,
    },
    /// Ends at once, each time it is started.
    CrashLoop {
        /// Exit code.
        code: i64,
    },
    /// Is healthy until the kernel kills it for its use of memory.
    OomAfter(Duration),
    /// A job that ends with these codes, run after run of the image's containers; the last code repeats.
    JobExits {
        /// Exit codes.
        codes: Vec<i64>,
        /// How long a run takes.
        after: Duration,
    },
}

impl Default for Behaviour {
    fn default() -> Self {
        Self::Healthy { after: Duration::ZERO }
    }
}

/// How a container ends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) after: Duration,
    pub(super) code: i64,
    pub(super) oom: bool,
    pub(super) log: Vec<String>,
}

/// What a health check finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    Good,
    Bad(String),
    Hangs,
}

impl Behaviour {
    /// How and when a container ends by itself; `run` counts the starts of the image's containers from 0.
    pub(super) fn end(&self, run: usize) -> Option<End> {
        let end = |after, code| End { after, code, oom: false, log: Vec::new() };
        match self {
            Self::ExitsWith { code, after, log } => Some(End { log: log.clone(), ..end(*after, *code) }),
            Self::CrashLoop { code } => Some(end(Duration::ZERO, *code)),
            Self::OomAfter(after) => Some(End { oom: true, ..end(*after, 137) }),
            Self::JobExits { codes, after } => Some(end(*after, codes.get(run).or(codes.last()).copied().unwrap_or_default())),
            Self::Healthy { .. } | Self::NeverHealthy { .. } | Self::TurnsUnhealthy { .. } | Self::HealthHangs => None,
        }
    }

    /// What a health check finds so long after the start.
    pub(super) fn check(&self, elapsed: Duration) -> Check {
        match self {
            Self::Healthy { after } if elapsed < *after => Check::Bad("not ready yet".into()),
            Self::TurnsUnhealthy { healthy, unhealthy } if elapsed < *healthy || elapsed >= *unhealthy => {
                Check::Bad("not ready".into())
            }
            Self::NeverHealthy { output } => Check::Bad(output.clone()),
            Self::HealthHangs => Check::Hangs,
            _ => Check::Good,
        }
    }
}

type Script = dyn Fn(&mut Inside<'_>, &[String]) -> Option<ExecOutput> + Send + Sync;

/// Answers commands in an image's containers; `None` leaves the command to what the fake does by itself.
#[derive(Clone)]
pub struct ExecScript(Arc<Script>);

impl ExecScript {
    /// Answers with this function, which sees the container from the inside.
    pub fn new(script: impl Fn(&mut Inside<'_>, &[String]) -> Option<ExecOutput> + Send + Sync + 'static) -> Self {
        Self(Arc::new(script))
    }

    pub(super) fn run(&self, inside: &mut Inside<'_>, argv: &[String]) -> Option<ExecOutput> {
        (self.0)(inside, argv)
    }
}

impl fmt::Debug for ExecScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExecScript")
    }
}

impl PartialEq for ExecScript {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

type Commands = dyn Fn(&mut Inside<'_>, &Asked<'_>) -> Option<Reply> + Send + Sync;

/// Answers commands by what they read and are told, with both outputs and a time; `None` leaves the command to others.
#[derive(Clone)]
pub struct CommandScript(Arc<Commands>);

impl CommandScript {
    /// Answers with this function, which sees the container from the inside.
    pub fn new(script: impl Fn(&mut Inside<'_>, &Asked<'_>) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self(Arc::new(script))
    }

    pub(super) fn run(&self, inside: &mut Inside<'_>, asked: &Asked<'_>) -> Option<Reply> {
        (self.0)(inside, asked)
    }
}

impl fmt::Debug for CommandScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommandScript")
    }
}

impl PartialEq for CommandScript {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

type Answers = dyn Fn(&mut Inside<'_>, &str) -> Reply + Send + Sync;

/// A program that is asked one thing after the other: to each piece of its input it gives an answer at once, and it ends with its
/// input, or with an answer whose code is not 0.
#[derive(Clone)]
pub struct Dialogue {
    program: String,
    answers: Arc<Answers>,
}

impl Dialogue {
    /// Commands with `program` among their words, and with an input, are answered by this function.
    pub fn new(program: &str, answers: impl Fn(&mut Inside<'_>, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self { program: program.to_owned(), answers: Arc::new(answers) }
    }

    pub(super) fn is_of(&self, argv: &[String]) -> bool {
        argv.contains(&self.program)
    }

    pub(super) fn answer(&self, inside: &mut Inside<'_>, question: &str) -> Reply {
        (self.answers)(inside, question)
    }
}

impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialogue({})", self.program)
    }
}

impl PartialEq for Dialogue {
    fn eq(&self, other: &Self) -> bool {
        self.program == other.program && Arc::ptr_eq(&self.answers, &other.answers)
    }
}
