//! Latencies in buckets whose width grows with the value: exact to 1/32, in constant memory.

use std::time::Duration;

/// Buckets of each power of two.
const STEPS: u64 = 32;
/// log2 of [`STEPS`].
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Enough for 2^40 microseconds, which is twelve days.
const BUCKETS: usize = (40 - STEP_BITS as usize + 1) * STEPS as usize;

/// How many values lie in which bucket.
#[derive(Debug, Clone)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }
}

impl Histogram {
    /// Adds a value.
    pub fn add(&mut self, value: Duration) {
        let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros).min(BUCKETS - 1)] += 1;
        self.count += 1;
    }

    /// Adds all values of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(own, theirs)| *own += theirs);
        self.count += other.count;
    }

    /// The value that a share of `q` (from 0 to 1) does not exceed, rounded up to its bucket's end; `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let rank = ((self.count as f64 * q).ceil() as u64).max(1);
        let mut below = 0;
        let found = self.buckets.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        Some(Duration::from_micros(end(found as u64)))
    }
}

/// Values below [`STEPS`] have a bucket each; above, each power of two is cut into [`STEPS`].
fn bucket(micros: u64) -> usize {
    if micros < STEPS {
        return micros as usize;
    }
    let shift = micros.ilog2() - STEP_BITS;
    (u64::from(shift) * STEPS + (micros >> shift)) as usize
}

/// The greatest value in a bucket.
fn end(bucket: u64) -> u64 {
    if bucket < STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    ((bucket - shift * STEPS + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_in_its_bucket_and_the_bucket_is_narrow() {
        for value in (0..70).chain([100, 1_000, 4_095, 4_096, 4_097, 999_999, 30_000_000]) {
            let bucket = bucket(value) as u64;
            assert!(end(bucket) >= value && (bucket == 0 || end(bucket - 1) < value), "{value}: bucket {bucket}");
            assert!(end(bucket) - value <= value / STEPS, "{value}: rounded to {}", end(bucket));
        }
    }

    #[test]
    fn quantiles() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (1..=100).for_each(|ms| histogram.add(Duration::from_millis(ms)));
        let near = |q: f64, ms: f64| {
            let found = histogram.quantile(q).unwrap().as_secs_f64() * 1000.0;
            assert!(found >= ms && found <= ms * 33.0 / 32.0, "quantile {q} is {found} ms, not {ms}");
        };
        near(0.0, 1.0);
        near(0.5, 50.0);
        near(0.99, 99.0);
        near(1.0, 100.0);
    }

    #[test]
    fn merged_is_as_if_added() {
        let (mut a, mut b, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for n in 0..1000_u64 {
            let value = Duration::from_micros(n * n);
            if n % 3 == 0 {
                a.add(value)
            } else {
                b.add(value)
            }
            both.add(value);
        }
        a.merge(&b);
        assert_eq!((a.buckets, a.count), (both.buckets, both.count));
    }

    #[test]
    fn no_value_is_too_large() {
        let mut histogram = Histogram::default();
        histogram.add(Duration::MAX);
        assert!(histogram.quantile(1.0).unwrap() > Duration::from_secs(1_000_000));
    }
}
