//! An update, and the way back, on the real engine, with one call going wrong: the site serves throughout, the next
//! command converges, and nothing is left over.
//!
//! What goes wrong is one of five faults at one of the calls of a run without faults. Here are some of every kind; `make
//! kill-matrix` tries all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

#[path = "kill/mod.rs"]
mod kill;
#[path = "cli/support/mod.rs"]
mod support;

use std::{
    collections::BTreeSet,
    sync::{Mutex, atomic::AtomicBool},
};

use kill::{
    call::{Call, Fault},
    choice,
    crew::Crew,
    trial::Trial,
};

/// How many combinations of a place and a fault come about at least.
const COUNT: usize = 30;
/// So many more are tried: how often a container's health is asked for differs from run to run.
const SPARE: usize = 4;

#[test]
fn real_one_call_of_every_kind_goes_wrong() {
    let told = Mutex::new((0, Vec::new()));
    let tell = |trial: &Trial| {
        eprintln!("{trial}");
        let mut told = told.lock().unwrap();
        told.0 += usize::from(trial.sprung);
        if !trial.problems.is_empty() {
            told.1.push(trial.to_string());
        }
    };
    let mut crew = Crew::of(4);
    let recorded = crew.record(tell);
    let chosen = choice::some(&recorded, COUNT + SPARE);
    let kinds: BTreeSet<_> = recorded.iter().flat_map(|(_, calls)| calls).map(Call::kind).collect();
    let covered: BTreeSet<_> = chosen.iter().map(|(_, trap)| trap.point.call.kind()).collect();
    assert_eq!(covered, kinds, "every kind of call is chosen");
    let faults: BTreeSet<_> = chosen.iter().map(|(_, trap)| trap.fault).collect();
    assert_eq!(faults, BTreeSet::from(Fault::ALL), "every fault is chosen");

    crew.work(choice::by_way(&chosen), &AtomicBool::new(false), &tell);
    let left = crew.finish();
    let (sprung, failed) = told.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {sprung} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(sprung >= COUNT, "only {sprung} of {} came about", chosen.len());
    assert_eq!(left, Vec::<String>::new(), "nothing is left after `down --volumes`");
}
