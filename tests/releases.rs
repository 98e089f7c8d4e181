//! What is kept of releases: what a record says and what it never says, what can be brought back from it, how long it is
//! kept, and what goes with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

#[path = "releases/prune.rs"]
mod prune;
#[path = "releases/records.rs"]
mod records;
#[path = "releases/retention.rs"]
mod retention;
#[path = "releases/shown.rs"]
mod shown;
#[path = "releases/volume.rs"]
mod volume;
