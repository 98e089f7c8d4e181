//! What becomes of a stack when something goes wrong: an engine that fails or answers nothing, a process that is killed,
//! an image that never becomes healthy, an operator who changes their mind, two operators at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

#[path = "faults/again.rs"]
mod again;
#[path = "faults/autoupdate.rs"]
mod autoupdate;
#[path = "faults/cancelled.rs"]
mod cancelled;
#[path = "faults/every_call.rs"]
mod every_call;
#[path = "faults/gate.rs"]
mod gate;
#[path = "faults/lock.rs"]
mod lock;
#[path = "faults/migration.rs"]
mod migration;
#[path = "faults/rollback.rs"]
mod rollback;
#[path = "faults/rollout.rs"]
mod rollout;
#[path = "faults/state.rs"]
mod state;
#[path = "faults/trials.rs"]
mod trials;
#[path = "faults/update.rs"]
mod update;
#[path = "faults/visitors.rs"]
mod visitors;
