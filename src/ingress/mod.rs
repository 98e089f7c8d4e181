//! The front door: which addresses nginx sends requests to.
//!
//! `render` is layer 1 and pure: the plan holds the file's whole text. The rest is layer 3: `switch` puts that text before
//! a running nginx and waits until it is in force, `drain` waits until nobody uses what it replaced. Refuses to decide
//! which replica is in: that is the plan's.

mod drain;
mod error;
mod file;
mod nginx;
pub mod render;
mod sockets;
mod switch;
pub mod trial;

pub use drain::{Drained, Wait, drain};
pub use error::SwitchError;
pub use switch::{Prepared, prepare, switch};
