//! What holds for every stack and every history: random stacks, deployed over what random accidents have left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

#[path = "properties/convergence.rs"]
mod convergence;
#[path = "properties/drift.rs"]
mod drift;
#[path = "properties/hash.rs"]
mod hash;
#[path = "properties/rollouts.rs"]
mod rollouts;
#[path = "properties/shape.rs"]
mod shape;
