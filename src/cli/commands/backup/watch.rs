//! Somebody who lets the application go on when the backup cannot any more: a process of its own, which reads from the one that
//! makes the backup, and acts when that ends without a word.
//!
//! And what the next command would find, should this process be killed as well: a note in the lock.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use crate::backup::create::{LONGEST_PAUSE, Watch};
use crate::cli::{Exit, args::Global, project};
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::state::{Lock, Suspended};

/// What the watcher says when it is ready, and what it is told when all is over.
const READY: &str = "ready";
const OVER: &str = "over";
/// How long the watcher may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than this nothing is meant to be paused, whatever its maker is doing.
const LONGEST: Duration = LONGEST_PAUSE.saturating_mul(3);
/// How often the watcher tries to let go, and the pause between.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// The watcher as the one has it who is watched.
pub struct Watcher<'a> {
    engine: &'a dyn Engine,
    lock: &'a Lock,
    arguments: Vec<String>,
    process: Mutex<Option<(Child, ChildStdin)>>,
}

impl<'a> Watcher<'a> {
    /// Watches nothing yet.
    pub fn new(engine: &'a dyn Engine, lock: &'a Lock, global: &Global) -> Self {
        let host = global.host.iter().flat_map(|host| ["-H".to_owned(), host.clone()]);
        let arguments = host.chain(["backup-watch".to_owned()]).collect();
        Self { engine, lock, arguments, process: Mutex::new(None) }
    }

    fn process(&self) -> Option<(Child, ChildStdin)> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Starts the process; it is ready when this returns.
fn start(arguments: &[String], suspended: &Suspended) -> std::io::Result<(Child, ChildStdin)> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C at a terminal is meant for us only.
        .process_group(0)
        .spawn()?;
    let broken = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let (mut input, output) = (child.stdin.take().ok_or_else(broken)?, child.stdout.take().ok_or_else(broken)?);
    let mut line = serde_json::to_string(suspended)?;
    line.push('\n');
    input.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(output).read_line(&mut answer)?;
    if answer.trim() == READY {
        return Ok((child, input));
    }
    drop(input);
    child.wait()?;
    Err(std::io::Error::other("it could not reach the engine"))
}

#[async_trait]
impl Watch for Watcher<'_> {
    async fn begin(&self, suspended: &Suspended) -> Result<(), EngineError> {
        let failed = |why: String| EngineError::new(ErrorKind::Other, "start who lets the application go on", why);
        self.lock.note_suspended(self.engine, suspended).await?;
        let (arguments, suspended) = (self.arguments.clone(), suspended.clone());
        let started = tokio::task::spawn_blocking(move || start(&arguments, &suspended));
        let started = timeout(PATIENCE, started).await.map_err(|_| failed("it was not ready in time".into()))?;
        let started = started.map_err(|died| failed(died.to_string()))?.map_err(|error| failed(error.to_string()))?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
        Ok(())
    }

    async fn over(&self) {
        if let Some((mut child, mut input)) = self.process() {
            let end = move || {
                let _ = input.write_all(format!("{OVER}\n").as_bytes());
                drop(input);
                let _ = child.wait();
            };
            // It lets go what goes on already, and ends; there is nothing to wait for.
            let _ = timeout(PATIENCE, tokio::task::spawn_blocking(end)).await;
        }
        // A note that stays lets go what goes on already.
        let _ = self.lock.note_suspended(self.engine, &Suspended::default()).await;
    }
}

/// The watcher itself: reads what is held still, says that it is ready, and waits for a word or the end of its input.
pub async fn run(global: &Global) -> anyhow::Result<Exit> {
    let engine = project::connect(global).await?;
    let mut lines = lines();
    let first = lines.recv().await.context("nothing was said")?;
    let suspended: Suspended = serde_json::from_str(&first)?;
    println(READY)?;
    // What is stopped may be so for as long as a backup takes.
    let limit = if suspended.stopped.is_empty() { LONGEST } else { Duration::MAX };
    let word = tokio::select! {
        word = lines.recv() => word,
        () = sleep(limit) => None,
    };
    if word.as_deref() == Some(OVER) {
        return Ok(Exit::Ok);
    }
    let mut tries = 1;
    while let Err(error) = suspended.let_go(&engine).await {
        if tries == TRIES {
            return Err(error.into());
        }
        tries += 1;
        sleep(PAUSE).await;
    }
    Ok(Exit::Ok)
}

fn println(word: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{word}")?;
    output.flush()
}

/// The lines of the input, read by a thread that ends with it.
fn lines() -> tokio::sync::mpsc::Receiver<String> {
    let (lines, read) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { break };
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    });
    read
}
