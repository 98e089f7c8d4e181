//! What the tests of plans, of their execution and of faults share: projects, operators, engines that die.
//!
//! Refuses to assert anything but what holds for every stack after every good deploy (`settled`).
#![allow(dead_code, unused_imports, reason = "each test crate uses its part of it")]

mod mortal;
mod operator;
mod project;
mod registry;
mod settled;
mod watched;

pub use mortal::Mortal;
pub use operator::{Done, Operator, Trouble, clock};
pub use project::{Project, good, shop, shop_but, shop_engine, stocked};
pub use registry::FakeRegistry;
pub use settled::{assert_settled, containers, ids, planned};
pub use watched::{Fate, Watched, kind};

/// Says which of many cases is at hand; shown when it fails.
#[allow(clippy::print_stdout, reason = "the test harness keeps it for failures")]
pub fn tell(what: &str) {
    println!("{what}");
}
