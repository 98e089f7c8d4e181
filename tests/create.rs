//! Making backups: on the real engine with real PostgreSQL and Redis, opened with the tools that every system has; and on the fake
//! one, where each part fails in turn.
//!
//! Tests whose names begin with `real_` need an engine with the demo's images (`make images`), and root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "create/fake.rs"]
mod fake;
#[path = "support/mod.rs"]
mod fakes;
#[path = "create/killed.rs"]
mod killed;
#[path = "create/moment.rs"]
mod moment;
#[path = "create/plans.rs"]
mod plans;
#[path = "create/set.rs"]
mod set;
#[path = "create/shop.rs"]
mod shop;
#[path = "cli/support/mod.rs"]
mod support;
#[path = "create/targets.rs"]
mod targets;
