//! The bundled stack on a real engine, from an empty directory to what operators do with it for years, and what goes
//! wrong on the way.
//!
//! Needs an engine with the demo's images (`make images`). A deployment takes its time, so each test makes one and
//! asks it everything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "stack/drift.rs"]
mod drift;
#[path = "stack/failures.rs"]
mod failures;
#[path = "stack/interrupted.rs"]
mod interrupted;
#[path = "stack/life.rs"]
mod life;
#[path = "stack/maintenance.rs"]
mod maintenance;
#[path = "stack/restore.rs"]
mod restore;
#[path = "stack/sealed.rs"]
mod sealed;
#[path = "cli/support/mod.rs"]
mod support;
