//! Several stacks side by side, on which all that is to be tried is tried. A trial mostly waits, so more of them fit on
//! a machine than it has processors.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{
    call::{Call, Trap},
    trial::{Bench, Trial, Way},
};

/// What is to be tried, each way.
pub type Work = [VecDeque<Trap>; 2];

/// The stacks.
pub struct Crew(Vec<Bench>);

impl Crew {
    /// So many.
    pub fn of(size: usize) -> Self {
        Self((0..size.max(1)).map(|_| Bench::new()).collect())
    }

    /// Runs without faults, one each way, and what they call.
    pub fn record(&mut self, tell: impl Fn(&Trial)) -> Vec<(Way, Vec<Call>)> {
        let record = |_| {
            let trial = self.0[0].trial(None);
            tell(&trial);
            (trial.way, trial.calls)
        };
        Way::ALL.into_iter().map(record).collect()
    }

    /// Tries all of it, or what is possible until `stop`.
    pub fn work(&mut self, work: Work, stop: &AtomicBool, tell: &(dyn Fn(&Trial) + Sync)) {
        let work = Mutex::new(work);
        let next = |way: Way| {
            let mut work = work.lock().unwrap();
            let over = stop.load(Ordering::Relaxed) || work.iter().all(VecDeque::is_empty);
            // There and back in turn, so that nothing has to be put back in between; an empty hand is a way, too.
            (!over).then(|| work[way as usize].pop_front())
        };
        thread::scope(|scope| {
            for bench in &mut self.0 {
                scope.spawn(|| {
                    while let Some(trap) = next(bench.next_way()) {
                        tell(&bench.trial(trap));
                    }
                });
            }
        });
    }

    /// Takes everything down; what is still there.
    pub fn finish(self) -> Vec<String> {
        self.0.into_iter().flat_map(Bench::finish).collect()
    }
}
