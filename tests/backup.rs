//! The core of backups: the way of bytes into a sink and back, and that of directories into archives and back.
//!
//! Whole trees need root, as backups of other users' files do; where the tests run without, they fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "backup/archive.rs"]
mod archive;
#[path = "backup/changing.rs"]
mod changing;
#[path = "backup/evil.rs"]
mod evil;
#[path = "backup/memory.rs"]
mod memory;
#[path = "backup/pipeline.rs"]
mod pipeline;
#[path = "backup/sets.rs"]
mod sets;
#[path = "backup/shelf.rs"]
mod shelf;
#[path = "backup/stock.rs"]
mod stock;
#[path = "backup/tree.rs"]
mod tree;
