//! Arguments and answers of single calls.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

/// What a command in a container gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutput {
    /// Exit code.
    pub code: i64,
    /// Standard output and standard error as they came, at most 64 KiB; the rest is dropped.
    pub output: Vec<u8>,
}

impl ExecOutput {
    /// The output as text, for people.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).trim().to_owned()
    }
}

/// A process of a container, as the engine's host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Number in the host's process namespace: the same process has the same number at each look.
    pub pid: u32,
    /// The command line as the process shows it; some programs write there what they are doing.
    pub command: String,
}

/// How far the pull of one image is, over all of its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PullProgress {
    /// Bytes received of the layers whose size is known.
    pub received: u64,
    /// Bytes in all of the layers whose size is known.
    pub total: u64,
}

/// Which stream of a container a log chunk comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// Standard output (all output, when the container has a terminal).
    Stdout,
    /// Standard error.
    Stderr,
}

/// A piece of a container's output; not necessarily whole lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// Where it comes from.
    pub source: LogSource,
    /// The bytes; each line begins with the engine's timestamp when those were asked for.
    pub bytes: Bytes,
}

/// Which part of a container's output is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Go on as output comes.
    pub follow: bool,
    /// Only so many lines from the end.
    pub tail: Option<u64>,
    /// Only what is newer.
    pub since: Option<DateTime<Utc>>,
    /// Each line begins with the engine's timestamp (RFC 3339) and a space.
    pub timestamps: bool,
    /// Ends the stream after this time even with `follow`.
    pub limit: Option<Duration>,
}
