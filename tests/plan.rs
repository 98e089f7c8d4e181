//! Golden plans: what the tool decides, step by step and with its causes, for the situations that operators meet.
//!
//! A plan is reviewed by reading its snapshot. Each is also held to `plan::lint` (see `support::Operator`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

#[path = "plan/deploys.rs"]
mod deploys;
#[path = "plan/drift.rs"]
mod drift;
#[path = "plan/dumps.rs"]
mod dumps;
#[path = "plan/lifecycle.rs"]
mod lifecycle;
#[path = "plan/refusals.rs"]
mod refusals;
#[path = "plan/repairs.rs"]
mod repairs;
#[path = "plan/rollouts.rs"]
mod rollouts;
