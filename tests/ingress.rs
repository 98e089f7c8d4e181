//! The ingress: new upstreams that are in force when `switch` says so, and a drain that knows when nobody is left.
//!
//! `fake` plays nginx by its processes; `real` runs the demo's nginx before two servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

#[path = "ingress/fake.rs"]
mod fake;
#[path = "ingress/maintenance.rs"]
mod maintenance;
#[path = "ingress/real.rs"]
mod real;
#[path = "ingress/site.rs"]
mod site;
#[path = "support/mod.rs"]
mod support;
