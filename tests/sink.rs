//! Where backups are kept: one contract for directory and S3, and what only one of them can get wrong.
//!
//! The S3 server is `s3s` over a directory, in this process; it checks signatures. `front` stands before it and breaks what a
//! test tells it to. Nothing here has met a live store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

#[path = "sink/contract.rs"]
mod contract;
#[path = "sink/disk.rs"]
mod disk;
#[cfg(feature = "s3")]
#[path = "sink/s3/mod.rs"]
mod s3;
#[path = "sink/support.rs"]
mod support;
