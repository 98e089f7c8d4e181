//! The command line as people and scripts meet it: what is said on which stream, with which exit code, and that
//! nothing happens where something is wrong.
//!
//! Tests whose names begin with `real_` need an engine with the demo's images (`make images`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "cli/autoupdate.rs"]
mod autoupdate;
#[path = "cli/backup.rs"]
mod backup;
#[path = "cli/configuration.rs"]
mod configuration;
#[path = "cli/documents.rs"]
mod documents;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/lock.rs"]
mod lock;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/registry.rs"]
mod registry;
#[path = "cli/releases.rs"]
mod releases;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "backup/shelf.rs"]
mod shelf;
#[path = "cli/support/mod.rs"]
mod support;
#[path = "cli/unreachable.rs"]
mod unreachable;
