//! What counts as a failed request: everything but the answer that was expected, in time.

use std::{fmt, io};

/// How a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Nobody took the connection.
    Refused,
    /// The connection was reset, before the answer or within it.
    Reset,
    /// The connection ended before the answer or within it.
    CutOff,
    /// Another status than was expected: 5xx, 429, or any other.
    Status(u16),
    /// The status was right and the body was not.
    WrongBody,
    /// What came back is no HTTP that this client speaks.
    Malformed,
    /// No whole answer within [`super::PATIENCE`].
    TimedOut,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("connection refused"),
            Self::Reset => f.write_str("connection reset"),
            Self::CutOff => f.write_str("connection ended without the whole answer"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::WrongBody => f.write_str("wrong body"),
            Self::Malformed => f.write_str("malformed answer"),
            Self::TimedOut => f.write_str("timed out"),
        }
    }
}

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How it failed.
    pub kind: FailureKind,
    /// What was seen of it.
    pub detail: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::ConnectionRefused => FailureKind::Refused,
            io::ErrorKind::UnexpectedEof => FailureKind::CutOff,
            // A broken pipe is a reset that came before what was being sent.
            _ => FailureKind::Reset,
        };
        Self::new(kind, error.to_string())
    }
}
