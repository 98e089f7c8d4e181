//! How a call to the engine can fail, in kinds that the callers tell apart.

use thiserror::Error;

/// The kinds of failure that decisions depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The engine cannot be reached: no socket, nobody listens, name not found.
    Unreachable,
    /// The user may not talk to the engine.
    PermissionDenied,
    /// No such object.
    NotFound,
    /// The name is taken, or the object is in use.
    Conflict,
    /// The subnet, address or host port is taken.
    AddressInUse,
    /// The container does not run.
    NotRunning,
    /// The registry refuses: unknown image, or no access.
    ImageUnavailable,
    /// The answer did not come in time.
    Timeout,
    /// The engine counts endpoints in a network that it shows none of: a defect of older engines, which lose count when many
    /// of their calls meet. Such a network can be used, and removed only when the engine was restarted.
    StaleEndpoints,
    /// The host of the engine has no space left.
    NoSpace,
    /// The engine was not asked: whoever asks may change nothing any more.
    Refused,
    /// Anything else that the engine answered.
    Other,
}

/// A failed call to the engine.
#[derive(Debug, Clone, Error)]
#[error("{action}: {message}")]
pub struct EngineError {
    /// What was asked, in words (`create container shop-web-1`).
    pub action: String,
    /// What came back, with the chain of its sources; on one line, without secrets.
    pub message: String,
    /// Its kind.
    pub kind: ErrorKind,
}

impl EngineError {
    /// A failure of `action`.
    pub fn new(kind: ErrorKind, action: impl Into<String>, message: impl Into<String>) -> Self {
        Self { action: action.into(), message: message.into(), kind }
    }
}
