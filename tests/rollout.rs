//! Updates and rollbacks under load: no request fails. And the load itself: what breaks does not go unseen.
//!
//! Tests whose names begin with `real_` need an engine with the demo's images (`make images`).
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "rollout/canary.rs"]
mod canary;
#[path = "rollout/failing.rs"]
mod failing;
#[path = "rollout/generator.rs"]
mod generator;
#[path = "load/mod.rs"]
mod load;
#[path = "cli/support/mod.rs"]
mod support;
#[path = "rollout/swaps.rs"]
mod swaps;
