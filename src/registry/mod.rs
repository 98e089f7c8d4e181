//! Registries, asked by this program itself: which tags there are, which the Engine API cannot tell.
//!
//! Layer 2. Owns the address of a registry's API, its authentication, and reading the user's credentials for it (which the
//! engine's pulls use too). Refuses to pull or to choose anything: images come through the engine, and which tag counts is
//! decided in `plan::autoupdate`. No credential stands in an error.

mod address;
mod challenge;
mod client;
mod credentials;
mod page;

use async_trait::async_trait;
use thiserror::Error;

pub use client::Registries;
pub use credentials::{Credentials, look_up, server_of};

use crate::model::ImageRef;

/// What registries are asked.
#[async_trait]
pub trait Registry: Send + Sync {
    /// All tags of the image's repository, in the registry's order. Ends within a minute.
    async fn tags(&self, image: &ImageRef) -> Result<Vec<String>, RegistryError>;
}

/// Why a registry's tags are not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// No connection, or one that broke.
    #[error("{registry} cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        registry: String,
        /// In words.
        why: String,
    },
    /// It took too long.
    #[error("{registry} did not list the tags of {repository} within {seconds} s")]
    TimedOut {
        /// Host and port.
        registry: String,
        /// The repository's path.
        repository: String,
        /// The limit.
        seconds: u64,
    },
    /// It wants other credentials, or none will do.
    #[error("{registry} does not let the tags of {repository} be listed: {why}")]
    Denied {
        /// Host and port.
        registry: String,
        /// The repository's path.
        repository: String,
        /// In words.
        why: String,
    },
    /// It has no such repository.
    #[error("{registry} knows no {repository}")]
    NotFound {
        /// Host and port.
        registry: String,
        /// The repository's path.
        repository: String,
    },
    /// What it says makes no sense, or is more than is read.
    #[error("{registry} gave an answer that is of no use: {why}")]
    Answer {
        /// Host and port.
        registry: String,
        /// In words.
        why: String,
    },
    /// Its address is one of the engine's machine, which is another one.
    #[error("{registry} is on the engine's machine, which is not this one")]
    Elsewhere {
        /// Host and port.
        registry: String,
    },
}

impl RegistryError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Denied { registry, .. } => Some(format!("log in with `docker login {registry}`, as somebody who may read it")),
            Self::Elsewhere { .. } => Some("run this on the engine's machine, or name versions with `--candidate`".into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
