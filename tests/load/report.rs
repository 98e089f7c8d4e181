//! What the books say.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    time::Duration,
};

use super::{
    failure::FailureKind,
    histogram::Histogram,
    ledger::{Books, Example, Period},
    traffic::Kind,
};

/// How many of the periods with failures are shown.
const PERIODS: usize = 10;

/// The books of a load that is over.
#[derive(Debug)]
pub struct Report {
    /// From the start of the load until the last answer.
    pub took: Duration,
    /// The first period: nothing was changed in it.
    pub before: Period,
    /// The others, each of which began with a change.
    pub changes: Vec<Period>,
    /// Requests, by what was asked for.
    pub by_kind: BTreeMap<Kind, u64>,
    /// Failures by kind, with the first examples of each.
    pub failures: BTreeMap<FailureKind, (u64, Vec<Example>)>,
    /// Why web sockets were lost, and how often.
    pub drop_reasons: BTreeMap<String, u64>,
    /// Echoes that web sockets have had.
    pub echoes: u64,
    /// Requests that went over a connection which had carried another before.
    pub reused: u64,
    /// Idle connections that the server had ended, as their clients saw in time.
    pub closed_idle: u64,
}

impl Report {
    pub(super) fn of(books: Books) -> Self {
        let mut periods = books.periods.into_iter();
        let before = periods.next().expect("the books begin with a period");
        let Books { by_kind, failures, drop_reasons, echoes, closed_idle, reused, .. } = books;
        let took = before.began.elapsed();
        Self { took, before, changes: periods.collect(), by_kind, failures, drop_reasons, echoes, reused, closed_idle }
    }

    fn periods(&self) -> impl Iterator<Item = &Period> {
        std::iter::once(&self.before).chain(&self.changes)
    }

    /// All requests.
    pub fn requests(&self) -> u64 {
        self.periods().map(|p| p.requests).sum()
    }

    /// Requests that ended after the first change had begun.
    pub fn requests_during(&self) -> u64 {
        self.changes.iter().map(|p| p.requests).sum()
    }

    /// All failed requests.
    pub fn failed(&self) -> u64 {
        self.periods().map(|p| p.failed).sum()
    }

    /// How often web sockets were dropped.
    pub fn drops(&self) -> u64 {
        self.drop_reasons.values().sum()
    }

    /// How often one and the same web socket was dropped in one period, at most.
    pub fn most_drops(&self) -> u64 {
        self.periods().map(Period::most_drops).max().unwrap_or(0)
    }

    /// Latencies of short requests while something was being changed.
    pub fn during(&self) -> Histogram {
        let mut all = Histogram::default();
        self.changes.iter().for_each(|p| all.merge(&p.latencies));
        all
    }
}

/// A quantile in milliseconds, or `-`.
pub fn milliseconds(histogram: &Histogram, q: f64) -> String {
    histogram.quantile(q).map_or_else(|| "-".into(), |value: Duration| format!("{:.1} ms", value.as_secs_f64() * 1000.0))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let (requests, seconds) = (self.requests(), self.took.as_secs_f64());
        writeln!(f, "{requests} requests in {seconds:.0} s, {} failed ({})", self.failed(), kinds.join(", "))?;
        writeln!(
            f,
            "{} of them over connections that had been used before; {} idle connections were ended by the server in time",
            self.reused, self.closed_idle
        )?;
        let during = self.during();
        writeln!(
            f,
            "short requests: p50 {} before, {} during; p99 {} before, {} during",
            milliseconds(&self.before.latencies, 0.5),
            milliseconds(&during, 0.5),
            milliseconds(&self.before.latencies, 0.99),
            milliseconds(&during, 0.99)
        )?;
        let (drops, most) = (self.drops(), self.most_drops());
        writeln!(f, "web sockets: {} echoes, {drops} drops, of one socket in one change at most {most}", self.echoes)?;
        for (reason, count) in &self.drop_reasons {
            writeln!(f, "  {count} x {reason}")?;
        }
        for period in self.periods().filter(|p| p.failed > 0).take(PERIODS) {
            let (first, last) = period.failing.unwrap_or_default();
            let (first, last) = (first.as_secs_f64(), last.as_secs_f64());
            writeln!(
                f,
                "{}: {} of {} failed, {first:.1} s to {last:.1} s from its begin",
                period.name, period.failed, period.requests
            )?;
        }
        for (kind, (count, examples)) in &self.failures {
            writeln!(f, "{count} x {kind}, first:")?;
            for Example { at, period, kind, after, reused, detail } in examples {
                let mut line = format!("  {} {period}: {kind}", at.format("%H:%M:%S%.3f"));
                let _ = write!(
                    line,
                    " after {:.3} s on a {} connection",
                    after.as_secs_f64(),
                    if *reused { "used" } else { "fresh" }
                );
                writeln!(f, "{line}: {detail}")?;
            }
        }
        Ok(())
    }
}
