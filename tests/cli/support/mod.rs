//! What the tests of the command line and of the whole stack share: the program in an environment of its own, a
//! deployment directory, the real engine without the program's own client, and cleaning up after all of it.
#![allow(dead_code, unused_imports, reason = "each test crate uses its part of it")]

mod by_hand;
mod engine;
mod http;
mod mute;
mod place;
mod registry;
mod relay;
mod running;
mod site;

use std::time::{Duration, Instant};

pub use by_hand::ByHand;
pub use engine::Engine;
pub use http::{Answer, get, handshake, request};
pub use mute::Mute;
pub use place::{Place, Ran, address, as_nobody, program};
pub use registry::Registry;
pub use relay::Relay;
pub use running::Running;
pub use site::{Site, free_port};

/// Longest time for anything here to come about. Reaching it is a failure, so it is no measure of anything.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Waits until `condition` holds.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < LIMIT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
