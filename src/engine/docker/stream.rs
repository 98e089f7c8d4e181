//! Calls whose answer takes as long as a container: logs, waiting for an end.
//!
//! Owns the limits of answers that come piece by piece. Refuses to collect: each piece goes on as it comes.

use std::time::Duration;

use bollard::{
    Docker,
    container::LogOutput,
    errors::Error,
    query_parameters::{LogsOptionsBuilder, WaitContainerOptions, WaitContainerOptionsBuilder},
};
use futures_util::{
    StreamExt,
    future::Either,
    stream::{self, BoxStream, Stream},
};
use tokio::time::{sleep, timeout};

use super::error::{failed, timed_out};
use crate::engine::{EngineError, ErrorKind, LogChunk, LogOptions, LogSource};

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
pub(super) fn broken() -> Error {
    Error::from(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
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
pub(super) fn limited<'a, T: Send + 'a>(
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
