//! Putting a set in the place of live data: beside it first, compared, exchanged by renames, and kept until somebody confirms.
//!
//! | part | what it owns |
//! |---|---|
//! | `plan` | what will be done, and what stands in the way |
//! | `record`, `journal` | what is written down, so that any process goes on with it or takes it back |
//! | `run` | one step after the other, forward, back, and the confirmation |
//! | `database`, `globals` | PostgreSQL |
//! | `redis` | Redis |
//! | `files`, `tree`, `picked` | volumes and single files |
//! | `app` | the services, stopped and started around it |
//! | `input` | an object's way to whatever takes it |
//!
//! ```text
//! check all ─▶ back up what is there ─▶ beside, compare ─▶ stop ─▶ exchange ─▶ start, health ─▶ kept … confirm
//!                                             ◀──────────── any failure, or `rollback` ────────────┘
//! ```
//!
//! A process that is killed anywhere leaves the old data or the new, or a record from which either is reached. Refuses to read sets
//! that were not verified, to remove old data before it is told to, and to go on when it cannot write down where it is.

pub mod app;
mod database;
mod error;
mod files;
mod globals;
pub mod id;
mod input;
pub mod journal;
mod picked;
pub mod plan;
mod probe;
pub mod record;
mod redis;
mod run;
mod tree;

pub use error::{ConsumeError, Failure, RestoreError, Undone};
pub use files::differing;
pub use input::Source;
pub use probe::servers;
pub use run::{Context, Finished, SafetyCopy, back, confirm, forward, verify};
