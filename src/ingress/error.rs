//! Why traffic does not go where it was meant to, and what a person can do about it.

use std::time::Duration;

use thiserror::Error;

use crate::engine::EngineError;

/// Why the ingress keeps its old upstreams.
#[derive(Debug, Error)]
pub enum SwitchError {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// nginx does not accept the configuration; the old file is back.
    #[error("the ingress refuses its new upstreams: {0}")]
    Refused(String),
    /// A command in the container failed.
    #[error("`{command}` failed in {container}: {output}")]
    Command {
        /// The command.
        command: String,
        /// The container.
        container: String,
        /// What it said.
        output: String,
    },
    /// What was written is not what lies there: the archive call onto a tmpfs succeeds and has no effect.
    #[error("{path} in {container} does not take what is written to it")]
    NotWritten {
        /// The container.
        container: String,
        /// The file.
        path: String,
    },
    /// No process of the container is nginx's master.
    #[error("{container} runs no nginx that could be told of new upstreams")]
    NoMaster {
        /// The container.
        container: String,
    },
    /// The signal to reload went to another process, which does not pass it on; the old file is back.
    #[error("the signal to reload reaches `{first}` in {container} and not nginx")]
    NotFirst {
        /// The container.
        container: String,
        /// Command line of its first process.
        first: String,
    },
    /// nginx was told to reload, and its old workers go on as before; the old file is back.
    #[error("nginx in {container} does not take its new upstreams: its old workers still serve after {} s", limit.as_secs())]
    NotReloaded {
        /// The container.
        container: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The switch failed, and what was there before could not be put back.
    #[error("{error}; and the old upstreams could not be put back: {why}")]
    Stranded {
        /// Why the switch failed.
        error: Box<Self>,
        /// Why the old file is not back.
        why: Box<Self>,
    },
}

impl SwitchError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Engine(_) => return None,
            Self::Refused(_) => "correct what nginx complains of; a file of the stack is in `medianestctl config`".into(),
            Self::Command { .. } => {
                "the directory of the upstreams must be a writable volume, and the image must have `mv`".into()
            }
            Self::NotWritten { path, .. } => {
                format!("take the `tmpfs` away that covers {path}: the tool gives the directory a volume")
            }
            Self::NoMaster { .. } => "the service with `x-medianest.ingress` must run nginx; see `medianestctl logs`".into(),
            Self::NotFirst { .. } => {
                "let nginx take the shell's place (`exec nginx …`), or set `init: true` for the service".into()
            }
            Self::NotReloaded { container, .. } => format!("see what nginx says with `docker logs --tail 20 {container}`"),
            Self::Stranded { error, .. } => return error.hint(),
        })
    }
}
