//! Updates and rollbacks under load, in one run: failed requests, latencies, what an update waits for, how soon a
//! rollback answers; and the same load over what Docker Compose offers for the same stack.
//!
//! Needs an engine with the demo's images; `make bench-rollout` sees to that. `ROLLOUT_SWAPS` is the number of updates,
//! and of rollbacks (50); `ROLLOUT_PEER_SWAPS` that of the peers' swaps (5; 0 leaves them out). Ends with 1 when a target is missed. However it
//! ends, interrupted or not, nothing is left at the engine.
#![allow(clippy::print_stdout, clippy::panic, clippy::expect_used, clippy::unwrap_used, missing_docs)]

#[path = "rollout/change.rs"]
mod change;
#[path = "rollout/interrupt.rs"]
mod interrupt;
#[path = "../tests/load/mod.rs"]
mod load;
#[path = "rollout/peer.rs"]
mod peer;
#[path = "../tests/cli/support/mod.rs"]
mod support;
#[path = "rollout/swaps.rs"]
mod swaps;
#[path = "rollout/verdict.rs"]
mod verdict;
#[path = "rollout/waits.rs"]
mod waits;

use load::{REQUESTS_PER_SECOND, VERSIONS, Window, raised, stack};
use verdict::Verdict;

/// Windows of every figure of ours.
const WINDOW: Window = Window::SHORT;
/// What makes the application's services healthy after about a second.
const HEALTHY_AFTER_A_SECOND: &str = "FAULT_SLOW_START_MS: \"600\"";

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")))
}

fn main() {
    interrupt::hold_off();
    let (rounds, peer_swaps) = (number("ROLLOUT_SWAPS", 50), number("ROLLOUT_PEER_SWAPS", 5));
    println!("{}", raised());
    println!("load: about {REQUESTS_PER_SECOND} requests a second; {WINDOW}\n");

    let mut verdict = Verdict::default();
    let mut rows = Vec::new();
    {
        let site = stack(WINDOW, &[HEALTHY_AFTER_A_SECOND]);
        change::run(&site, &["deploy", VERSIONS[0]]);
        waits::measure(&site, &mut verdict);
        load::configure(&site, WINDOW, &[]);
        change::run(&site, &["deploy", VERSIONS[0]]);
        swaps::quiet(&site, &mut verdict);
        rows.push(swaps::measure(&site, rounds, &mut verdict));
        site.run(&["down", "--volumes", "--yes"]).exits(0);
    }
    if peer_swaps > 0 {
        rows.extend(peer::measure(peer_swaps));
    }
    println!("\n{}", swaps::table(&rows));
    std::process::exit(verdict.conclude());
}
