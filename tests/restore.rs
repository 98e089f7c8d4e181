//! Restores: side by side, exchanged, kept, confirmed or taken back; cut off anywhere; from damaged sets.
//!
//! Tests that need no engine restore files of a directory; the others need one with the demo's images, and root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "restore/damage.rs"]
mod damage;
#[path = "restore/line.rs"]
mod line;
#[path = "restore/made.rs"]
mod made;
#[allow(dead_code)]
#[path = "restore/bytes.rs"]
mod pipeline;
#[path = "restore/real.rs"]
mod real;
#[path = "restore/shop.rs"]
mod shop;
#[path = "cli/support/mod.rs"]
mod support;
#[allow(dead_code)]
#[path = "backup/tree.rs"]
mod tree;
