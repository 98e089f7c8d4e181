//! A command whose input and output are streams, and the pieces that such streams are made of.
//!
//! Owns what is the same for every engine: the words of a failed input and of silence, and the size of pieces. Refuses to
//! hold more than one piece.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{EngineError, ErrorKind, ExecOutput};
use crate::secret::Secret;

/// Bytes on their way into a container. A failure of their source ends the call that takes them, so that half of something
/// is not taken for the whole.
pub type Input = BoxStream<'static, io::Result<Bytes>>;

/// How much goes to an engine at once.
pub(super) const PIECE: usize = 64 * 1024;
/// How much of a command's output `Engine::exec` keeps.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// What to run in a container. It has no `Debug`: what is secret in it is not to be printed.
pub struct Command {
    /// Program and arguments. Anybody who may list processes reads them.
    pub argv: Vec<String>,
    /// Name or number of the user; `None` is the container's own.
    pub user: Option<String>,
    /// Variables that it has beside the container's own; the engine is told their values, and nobody else.
    pub environment: Vec<(String, Secret<String>)>,
    /// What it reads; `None` is an input that is at its end from the beginning.
    pub input: Option<Input>,
    /// The longest time in which it neither takes input nor gives output.
    pub idle: Duration,
}

impl Command {
    /// A command of the container's own user, without input.
    pub fn new(argv: &[String], idle: Duration) -> Self {
        Self { argv: argv.to_vec(), user: None, environment: Vec::new(), input: None, idle }
    }

    /// What is done, in words, without the arguments.
    pub(super) fn action(&self, container: &str) -> String {
        format!("run `{}` in container {container}", self.argv.first().map_or("", String::as_str))
    }
}

/// What comes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandEvent {
    /// A piece of its standard output; not necessarily whole lines.
    Stdout(Bytes),
    /// A piece of its standard error; not necessarily whole lines.
    Stderr(Bytes),
    /// Its exit code: the last event.
    Exit(i64),
}

/// All that comes of a command, its output cut at `OUTPUT_LIMIT`.
pub(super) async fn collected(
    action: &str,
    mut events: BoxStream<'static, Result<CommandEvent, EngineError>>,
) -> Result<ExecOutput, EngineError> {
    let mut output = Vec::new();
    while let Some(event) = events.next().await {
        match event? {
            CommandEvent::Stdout(bytes) | CommandEvent::Stderr(bytes) => {
                let room = OUTPUT_LIMIT - output.len();
                output.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            CommandEvent::Exit(code) => return Ok(ExecOutput { code, output }),
        }
    }
    Err(EngineError::new(ErrorKind::Other, action, "its output ended without an exit code"))
}

/// Bytes that are there already, in pieces.
pub(super) fn pieces(bytes: Vec<u8>) -> impl Iterator<Item = Bytes> + Send + 'static {
    let mut rest = Bytes::from(bytes);
    std::iter::from_fn(move || (!rest.is_empty()).then(|| rest.split_to(rest.len().min(PIECE))))
}

/// Bytes that are there already, as an input.
pub fn input_of(bytes: Vec<u8>) -> Input {
    stream::iter(pieces(bytes).map(Ok)).boxed()
}

/// The source of an input failed.
pub(super) fn input_failed(action: &str, why: &str) -> EngineError {
    EngineError::new(ErrorKind::Other, action, format!("its input could not be read to the end: {why}"))
}

/// Nothing moved for too long.
pub(super) fn silent(action: &str, idle: Duration) -> EngineError {
    EngineError::new(ErrorKind::Timeout, action, format!("nothing came or went for {} s", idle.as_secs_f64()))
}
