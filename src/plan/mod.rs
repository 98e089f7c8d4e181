//! What is to be done, decided in full before anything is touched.
//!
//! Layer 1, pure and synchronous: the same stack, observation and fingerprints give the same plan, byte for byte. A plan
//! is a graph of small steps, each about one call to the engine, each with its cause; waits are steps too, so that a
//! plan shows what will block. Recovery is to observe again and plan again. Refuses to know time, randomness, content
//! of secrets, and the engine.

mod address;
pub mod autoupdate;
mod build;
mod change;
mod container;
mod deploy;
mod error;
mod file_sets;
mod graph;
mod lifecycle;
pub mod lint;
mod maintenance;
mod place;
mod prune;
mod rollout;
mod step;
mod undo;

pub use container::config_hash;
pub use deploy::{DUMPED_BEFORE, DeployOptions, deploy, migrate, orphans, way_back};
pub use error::PlanError;
pub use graph::{Note, Plan};
pub use lifecycle::{Selection, down, restart, start, stop, strays};
pub use maintenance::maintenance;
pub use prune::{KeptService, Prunable, prune};
pub use rollout::{Trial, Way};
pub use step::{Action, Change, Phase, Staged, StagedContent, StagedFile, Step, StepId};
pub use undo::{Back, Undo};
