//! How a sink can fail, in kinds that decisions depend on, each with what a person can do about it.

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

/// The kinds of failure that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkErrorKind {
    /// No such object, or the place itself (directory, bucket) is not there.
    NotFound,
    /// There is an object of that key already.
    Exists,
    /// Credentials or permissions do not suffice.
    Denied,
    /// No space left, or a quota is used up.
    Full,
    /// The object may not be removed or replaced yet.
    Locked {
        /// When it may; `None` where the place does not tell, or has put it on hold for good.
        until: Option<DateTime<Utc>>,
    },
    /// The place does not answer, not in time, or is overloaded. Trying again later can help.
    Unreachable,
    /// What is stored is not what was sent, or is shorter than it was.
    Damaged,
    /// Anything else.
    Other,
}

/// A failed call to a sink.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}: {detail}")]
pub struct SinkError {
    /// Its kind.
    pub kind: SinkErrorKind,
    /// What was tried, with the key (`write shop/…/uploads.tar.zst.age`).
    pub what: String,
    /// What came back, with the chain of its sources; on one line, without secrets.
    pub detail: String,
    /// What helps in this very case, where there is more to say than the kind tells.
    pub remedy: Option<String>,
}

impl SinkError {
    /// A failure of `what`.
    pub fn new(kind: SinkErrorKind, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, what: what.into(), detail: detail.into(), remedy: None }
    }

    /// The same with what helps in this very case.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// What a person can do about it, where anything can be done.
    pub fn hint(&self) -> Option<String> {
        let of_its_kind = || match self.kind {
            SinkErrorKind::Denied => Some("check the target's credentials, and what they may do".to_owned()),
            SinkErrorKind::Full => {
                Some("free some space at the target, or remove old sets: medianestctl backup prune".to_owned())
            }
            SinkErrorKind::Locked { until: Some(until) } => {
                Some(format!("it can be removed after {}", until.to_rfc3339_opts(SecondsFormat::Secs, true)))
            }
            SinkErrorKind::Locked { until: None } => Some("the store keeps it until its lock or legal hold is lifted".to_owned()),
            SinkErrorKind::Unreachable => Some("check that the target is up and can be reached, then try again".to_owned()),
            SinkErrorKind::Damaged => Some("see which sets are whole: medianestctl backup verify".to_owned()),
            SinkErrorKind::NotFound | SinkErrorKind::Exists | SinkErrorKind::Other => None,
        };
        self.remedy.clone().or_else(of_its_kind)
    }
}
