//! What can be made to go wrong, by environment variables; `README.md` lists them for the reader.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::environment::{Environment, Unfit};

/// The faults of a server. The default is none.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) slow_start: Duration,
    pub(crate) never_healthy: bool,
    pub(crate) crash_after: Option<Duration>,
    pub(crate) allocate_bytes: usize,
    pub(crate) exit_at_once: bool,
    pub(crate) failures: Share,
}

impl Faults {
    pub(crate) fn of(environment: &Environment) -> Result<Self, Unfit> {
        const COUNT: &str = "a whole number";
        let megabytes: usize = environment.parse("FAULT_ALLOCATE_MB", COUNT)?.unwrap_or(0);
        Ok(Self {
            slow_start: Duration::from_millis(environment.parse("FAULT_SLOW_START_MS", COUNT)?.unwrap_or(0)),
            never_healthy: environment.flag("FAULT_NEVER_HEALTHY"),
            crash_after: environment.parse("FAULT_CRASH_AFTER_S", COUNT)?.map(Duration::from_secs),
            allocate_bytes: megabytes << 20,
            exit_at_once: environment.flag("FAULT_EXIT_AT_ONCE"),
            failures: Share::of(environment, "FAULT_5XX_RATE")?,
        })
    }
}

/// A share of the requests, evenly spread: by counting rather than by chance, so that a test can expect exact numbers.
#[derive(Debug, Default)]
pub(crate) struct Share {
    rate: f64,
    seen: AtomicU64,
}

impl Share {
    fn of(environment: &Environment, name: &'static str) -> Result<Self, Unfit> {
        const EXPECTED: &str = "a share between 0.0 and 1.0";
        let rate = environment.parse(name, EXPECTED)?.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&rate) {
            return Err(Unfit::Malformed { name, expected: EXPECTED });
        }
        Ok(Self { rate, seen: AtomicU64::new(0) })
    }

    /// Counts one request; true when it belongs to the share.
    pub(crate) fn hit(&self) -> bool {
        let before = self.seen.fetch_add(1, Ordering::Relaxed);
        let due = |seen: u64| (seen as f64 * self.rate).floor();
        due(before + 1) > due(before)
    }
}

/// How often `migrate deploy` fails before it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MigrateFault {
    None,
    /// The first so many runs, counted in the database: each run is a container of its own.
    First(u32),
    Always,
}

impl MigrateFault {
    pub(crate) fn of(environment: &Environment) -> Result<Self, Unfit> {
        const NAME: &str = "FAULT_MIGRATE_FAIL";
        if environment.get(NAME) == Some("always") {
            return Ok(Self::Always);
        }
        Ok(match environment.parse(NAME, "a whole number or 'always'")? {
            None | Some(0) => Self::None,
            Some(runs) => Self::First(runs),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(rate: &str, requests: usize) -> usize {
        let share = Share::of(&Environment::from([("RATE", rate)]), "RATE").unwrap();
        (0..requests).filter(|_| share.hit()).count()
    }

    #[test]
    fn the_share_is_exact() {
        assert_eq!([hits("0.0", 1000), hits("0.05", 1000), hits("0.3", 10), hits("1.0", 7)], [0, 50, 3, 7]);
    }

    #[test]
    fn a_share_outside_zero_to_one_is_refused() {
        for rate in ["1.5", "-0.1", "NaN", "half"] {
            assert!(Share::of(&Environment::from([("RATE", rate)]), "RATE").is_err(), "{rate}");
        }
    }

    #[test]
    fn nothing_set_means_no_fault() {
        let faults = Faults::of(&Environment::default()).unwrap();
        assert!(faults.slow_start.is_zero() && !faults.never_healthy && faults.crash_after.is_none());
        assert!(faults.allocate_bytes == 0 && !faults.exit_at_once && !faults.failures.hit());
    }

    #[test]
    fn migrations_fail_never_a_few_times_or_always() {
        let fault = |value| MigrateFault::of(&Environment::from([("FAULT_MIGRATE_FAIL", value)]));
        assert_eq!(fault(""), Ok(MigrateFault::None));
        assert_eq!(fault("0"), Ok(MigrateFault::None));
        assert_eq!(fault("2"), Ok(MigrateFault::First(2)));
        assert_eq!(fault("always"), Ok(MigrateFault::Always));
        assert!(fault("often").is_err());
    }
}
