//! The front door: which addresses nginx sends requests to.
//!
//! `render` is layer 1 and pure: the plan holds the file's whole text. `switch` is layer 3 and puts it before a running
//! nginx. Refuses to decide which replica is in: that is the plan's.

pub mod render;
mod switch;

pub use switch::{SwitchError, drain, switch};
