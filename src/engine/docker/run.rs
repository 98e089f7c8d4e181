//! A command in a container with its input and output as streams.
//!
//! Owns both directions of the one connection, their back-pressure, and the question for the exit code. Refuses to call
//! anything a success that lost bytes: output out of frame, an input that was not taken whole.

use std::{io, pin::Pin, time::Duration};

use bollard::{
    Docker,
    container::LogOutput,
    errors::Error,
    exec::{StartExecOptions, StartExecResults},
    models::ExecConfig,
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::{sleep, timeout},
};

use super::error::{failed, is_not_found, redacted, timed_out};
use super::stream::broken;
use crate::engine::command::{PIECE, input_failed, silent};
use crate::engine::{Command, CommandEvent, EngineError, ErrorKind, Input};

/// Room for output on its way; the engine's frames are half as long at most.
const OUTPUT_CAPACITY: usize = 64 * 1024;

type Events = BoxStream<'static, Result<CommandEvent, EngineError>>;
type Writer = Pin<Box<dyn AsyncWrite + Send>>;

/// What became of a piece of the input.
enum Sent {
    /// It is on its way.
    Piece,
    /// The last one was; the input is closed.
    All,
    /// Its source failed.
    Unread(io::Error),
    /// The command, or the connection, takes no more.
    Refused,
}

/// Where the input is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Goes,
    Whole,
    CutOff,
}

/// A command that was started.
struct Running {
    docker: Docker,
    id: String,
    action: String,
    idle: Duration,
    output: Option<BoxStream<'static, Result<LogOutput, Error>>>,
    input: BoxStream<'static, Sent>,
    sent: Progress,
}

/// Runs a command; `limit` is the longest time until the engine has started it.
pub(super) fn run(docker: Docker, name: String, command: Command, limit: Duration) -> Events {
    let start = async move {
        let action = command.action(&name);
        let secrets: Vec<_> = command.environment.iter().map(|(_, value)| value.clone()).collect();
        let answer = match timeout(limit, start(docker, &name, command, action.clone())).await {
            Ok(answer) => answer.map_err(|error| failed(action, &error)),
            Err(_) => Err(timed_out(action, limit)),
        };
        match answer {
            Ok(running) => stream::unfold(Some(running), |running| async {
                let mut running = running?;
                let event = running.next().await;
                let goes_on = matches!(event, Ok(CommandEvent::Stdout(_) | CommandEvent::Stderr(_)));
                Some((event, goes_on.then_some(running)))
            })
            .boxed(),
            Err(error) => {
                let error = redacted(error, secrets.iter().map(|value| value.expose().as_str()));
                stream::once(ready(Err(error))).boxed()
            }
        }
    };
    stream::once(start).flatten().boxed()
}

async fn start(docker: Docker, name: &str, command: Command, action: String) -> Result<Running, Error> {
    let Command { argv, user, environment, input, idle } = command;
    let config = ExecConfig {
        cmd: Some(argv),
        user,
        env: Some(environment.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect()),
        attach_stdin: Some(input.is_some()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..Default::default()
    };
    let id = docker.create_exec(name, config).await?.id;
    let options = StartExecOptions { output_capacity: Some(OUTPUT_CAPACITY), ..Default::default() };
    let StartExecResults::Attached { output, input: writer } = docker.start_exec(&id, Some(options)).await? else {
        return Err(broken());
    };
    let sent = if input.is_some() { Progress::Goes } else { Progress::Whole };
    let input = sending(input.unwrap_or_else(|| stream::empty().boxed()), writer);
    Ok(Running { docker, id, action, idle, output: Some(output), input, sent })
}

/// The input on its way, piece by piece. It holds the connection's sending half until the end, since its drop would leave
/// the engine waiting; the end of the input is told by closing that half.
fn sending(input: Input, writer: Writer) -> BoxStream<'static, Sent> {
    stream::unfold((input, writer, Bytes::new()), |(mut input, mut writer, mut rest)| async move {
        if rest.is_empty() {
            rest = match input.next().await {
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Some((Sent::Unread(error), (input, writer, rest))),
                None => {
                    // A command that has ended needs to be told nothing.
                    drop(writer.shutdown().await);
                    return Some((Sent::All, (input, writer, rest)));
                }
            };
        }
        let piece = rest.split_to(rest.len().min(PIECE));
        let sent = match writer.write_all(&piece).await {
            Ok(()) => Sent::Piece,
            Err(_) => Sent::Refused,
        };
        Some((sent, (input, writer, rest)))
    })
    .boxed()
}

impl Running {
    async fn next(&mut self) -> Result<CommandEvent, EngineError> {
        while let Some(output) = &mut self.output {
            // Dropped in the middle, neither of the two loses anything: what it has begun stays in its stream.
            let step = async {
                tokio::select! {
                    frame = output.next() => Ok(frame),
                    sent = self.input.next(), if self.sent == Progress::Goes => Err(sent),
                }
            };
            match timeout(self.idle, step).await {
                Err(_) => return Err(silent(&self.action, self.idle)),
                Ok(Err(sent)) => self.note(sent)?,
                Ok(Ok(Some(Ok(LogOutput::StdOut { message })))) => {
                    return Ok(CommandEvent::Stdout(message));
                }
                Ok(Ok(Some(Ok(LogOutput::StdErr { message })))) => {
                    return Ok(CommandEvent::Stderr(message));
                }
                // bollard's name for bytes that make no frame.
                Ok(Ok(Some(Ok(LogOutput::Console { .. } | LogOutput::StdIn { .. })))) => {
                    return Err(self.failure("its output broke off in the middle of a piece"));
                }
                Ok(Ok(Some(Err(error)))) => return Err(failed(&self.action, &error)),
                Ok(Ok(None)) => self.output = None,
            }
        }
        let code = exit_code(&self.docker, &self.id, &self.action, self.idle).await?;
        // What it did not wait for may still be on its way; only success depends on it.
        while code == 0 && self.sent == Progress::Goes {
            let Ok(sent) = timeout(self.idle, self.input.next()).await else { return Err(silent(&self.action, self.idle)) };
            self.note(sent)?;
        }
        if code == 0 && self.sent == Progress::CutOff {
            return Err(self.failure("it ended with code 0, and did not take all of its input"));
        }
        Ok(CommandEvent::Exit(code))
    }

    fn note(&mut self, sent: Option<Sent>) -> Result<(), EngineError> {
        match sent {
            Some(Sent::Piece) => {}
            Some(Sent::All) | None => self.sent = Progress::Whole,
            Some(Sent::Refused) => self.sent = Progress::CutOff,
            Some(Sent::Unread(error)) => return Err(input_failed(&self.action, &error.to_string())),
        }
        Ok(())
    }

    fn failure(&self, why: &str) -> EngineError {
        EngineError::new(ErrorKind::Other, self.action.as_str(), why)
    }
}

/// Asks for the exit code until there is one: a command may close its output before it ends, and an engine may not have
/// noted the end yet.
async fn exit_code(docker: &Docker, id: &str, action: &str, idle: Duration) -> Result<i64, EngineError> {
    let ask = async {
        let mut pause = Duration::from_millis(2);
        loop {
            let state = match docker.inspect_exec(id).await {
                // An engine that was restarted in between knows the container, and nothing of the command.
                Err(error) if is_not_found(&error) => return Err(broken()),
                state => state?,
            };
            match state.exit_code {
                Some(code) if state.running != Some(true) => return Ok(code),
                _ => sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(250));
        }
    };
    match timeout(idle, ask).await {
        Ok(code) => code.map_err(|error| failed(action, &error)),
        Err(_) => Err(silent(action, idle)),
    }
}
