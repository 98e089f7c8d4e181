//! A decorator that counts what is asked of an engine, for benchmarks and tests.
//!
//! Counts calls of the trait, not HTTP requests, so that it means the same for every engine. Refuses to change
//! anything on the way.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Decorator, Engine, EngineError};

/// How many calls there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCounts {
    /// Calls that only look, a wait included.
    pub reading: u64,
    /// Calls that may change something; a command in a container is one, whatever it does.
    pub mutating: u64,
}

/// An engine with a counter before it.
#[derive(Debug, Default)]
pub struct Counting<E> {
    engine: E,
    reading: AtomicU64,
    mutating: AtomicU64,
}

impl<E> Counting<E> {
    /// Counts the calls that go to `engine` from now on.
    pub fn new(engine: E) -> Self {
        Self { engine, reading: AtomicU64::new(0), mutating: AtomicU64::new(0) }
    }

    /// The counts so far.
    pub fn calls(&self) -> CallCounts {
        CallCounts { reading: self.reading.load(Relaxed), mutating: self.mutating.load(Relaxed) }
    }

    /// The engine behind the counter.
    pub fn inner(&self) -> &E {
        &self.engine
    }
}

impl<E: Engine> Decorator for Counting<E> {
    fn reading(&self) -> &dyn Engine {
        self.reading.fetch_add(1, Relaxed);
        &self.engine
    }

    fn changing(&self, _: &str, _: &str) -> Result<&dyn Engine, EngineError> {
        self.mutating.fetch_add(1, Relaxed);
        Ok(&self.engine)
    }
}
