//! Calls whose answer is a stream: commands in containers, logs, archives, waiting for an end.
//!
//! Owns their idle limits. Refuses unbounded memory where the trait allows it: a command's output is cut at 64 KiB.

use std::time::Duration;

use bollard::{
    Docker,
    container::LogOutput,
    errors::Error,
    exec::StartExecResults,
    models::ExecConfig,
    query_parameters::{
        DownloadFromContainerOptionsBuilder, LogsOptionsBuilder, WaitContainerOptions, WaitContainerOptionsBuilder,
    },
};
use futures_util::{
    StreamExt,
    future::Either,
    stream::{self, BoxStream, Stream},
};
use tokio::time::{sleep, timeout};

use super::error::{failed, is_not_found, timed_out};
use crate::engine::{EngineError, ErrorKind, ExecOutput, LogChunk, LogOptions, LogSource};

/// How much of a command's output is kept.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// Runs a command: created, started attached, then asked for its exit code.
pub(super) async fn exec(docker: &Docker, name: &str, argv: &[String]) -> Result<ExecOutput, Error> {
    let config =
        ExecConfig { cmd: Some(argv.to_vec()), attach_stdout: Some(true), attach_stderr: Some(true), ..Default::default() };
    let id = docker.create_exec(name, config).await?.id;
    let mut output = Vec::new();
    // The input half keeps the connection open; it goes away together with the output.
    if let StartExecResults::Attached { output: mut chunks, input: _input } = docker.start_exec(&id, None).await? {
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            let room = OUTPUT_LIMIT - output.len();
            let bytes = chunk.as_ref();
            output.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
    // A command that closes its output before it ends, or an engine that has not noted the end yet, is asked again.
    let mut pause = Duration::from_millis(2);
    loop {
        let state = match docker.inspect_exec(&id).await {
            // An engine that was restarted in between knows the container, and nothing of the command.
            Err(error) if is_not_found(&error) => return Err(broken()),
            state => state?,
        };
        match state.exit_code {
            Some(code) if state.running != Some(true) => return Ok(ExecOutput { code, output }),
            _ => sleep(pause).await,
        }
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}

/// Waits for a container's end (`not-running`) or for its disappearance (`removed`).
pub(super) async fn wait(docker: &Docker, name: &str, condition: &str) -> Result<i64, Error> {
    let options: WaitContainerOptions = WaitContainerOptionsBuilder::new().condition(condition).build();
    let mut answers = std::pin::pin!(docker.wait_container(name, Some(options)));
    match answers.next().await {
        Some(Ok(answer)) => Ok(answer.status_code),
        // bollard makes an error of every exit code but 0.
        Some(Err(Error::DockerContainerWaitError { code, error })) if error.is_empty() => Ok(code),
        Some(Err(error)) => Err(error),
        None => Err(broken()),
    }
}

/// The connection ended before the answer.
fn broken() -> Error {
    Error::from(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
}

/// A path of a container as a tar archive; `None` when the container or the path is missing. `idle` is the longest
/// time without a byte.
pub(super) async fn get_archive(
    docker: &Docker,
    action: &str,
    name: &str,
    path: &str,
    idle: Duration,
) -> Result<Option<Vec<u8>>, EngineError> {
    let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
    let mut chunks = std::pin::pin!(docker.download_from_container(name, Some(options)));
    let mut archive = Vec::new();
    loop {
        match timeout(idle, chunks.next()).await {
            Ok(Some(Ok(chunk))) => archive.extend_from_slice(&chunk),
            Ok(Some(Err(error))) if is_not_found(&error) => return Ok(None),
            Ok(Some(Err(error))) => return Err(failed(action, &error)),
            Ok(None) => return Ok(Some(archive)),
            Err(_) => return Err(timed_out(action, idle)),
        }
    }
}

/// A container's output. Without `follow`, `idle` is the longest time without a byte; with it, silence is normal.
pub(super) fn logs<'a>(
    docker: &Docker,
    name: &str,
    options: &LogOptions,
    idle: Duration,
) -> BoxStream<'a, Result<LogChunk, EngineError>> {
    let action = format!("read the logs of {name}");
    let tail = options.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
    let api = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .follow(options.follow)
        .timestamps(options.timestamps)
        .tail(&tail)
        .build();
    let docker = match options.since {
        // bollard has whole seconds where the engine takes nanoseconds, which would repeat a second of lines; the engine
        // also gives the line of that very time, which its reader has.
        Some(since) => {
            let after = since + chrono::TimeDelta::nanoseconds(1);
            with_since(docker, format!("{}.{:09}", after.timestamp(), after.timestamp_subsec_nanos()))
        }
        None => docker.clone(),
    };
    let idle = (!options.follow).then_some(idle);
    let chunks = limited(docker.logs(name, Some(api)).map(|chunk| chunk.map(chunk_of)).boxed(), action, idle);
    match options.limit {
        Some(limit) => chunks.take_until(sleep(limit)).boxed(),
        None => chunks.boxed(),
    }
}

fn with_since(docker: &Docker, since: String) -> Docker {
    docker.clone().with_request_modifier(move |mut request| {
        let uri = request.uri().to_string().replace("since=0", &format!("since={since}"));
        if let Ok(uri) = uri.parse() {
            *request.uri_mut() = uri;
        }
        request
    })
}

fn chunk_of(output: LogOutput) -> LogChunk {
    let source = if matches!(output, LogOutput::StdErr { .. }) { LogSource::Stderr } else { LogSource::Stdout };
    LogChunk { source, bytes: output.into_bytes() }
}

/// The stream up to its first failure, with silence longer than `idle` being one.
fn limited<'a, T: Send + 'a>(
    chunks: BoxStream<'a, Result<T, Error>>,
    action: String,
    idle: Option<Duration>,
) -> impl Stream<Item = Result<T, EngineError>> + Send + 'a {
    stream::unfold(Some(chunks), move |chunks| {
        let action = action.clone();
        async move {
            let mut chunks = chunks?;
            let next = match idle {
                Some(idle) => Either::Left(timeout(idle, chunks.next())),
                None => Either::Right(async { Ok(chunks.next().await) }),
            };
            match (next.await, idle) {
                (Ok(None), _) => None,
                (Ok(Some(Ok(chunk))), _) => Some((Ok(chunk), Some(chunks))),
                (Ok(Some(Err(error))), _) => Some((Err(failed(action, &error)), None)),
                (Err(_), idle) => Some((Err(timed_out(action, idle.unwrap_or_default())), None)),
            }
        }
    })
}

/// What a wait for an end says when the connection breaks first.
pub(super) fn wait_failed(action: String, error: &Error) -> EngineError {
    let failure = failed(action, error);
    if failure.kind == ErrorKind::Unreachable {
        return EngineError { message: format!("the engine went away ({})", failure.message), ..failure };
    }
    failure
}
