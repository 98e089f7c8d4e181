//! The books: what every request came to, in the period in which it ended.
//!
//! A period begins when the test says so, usually just before it changes something, and lasts until the next.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{
    failure::{Failure, FailureKind},
    histogram::Histogram,
    http::Answer,
    report::Report,
    traffic::Kind,
};

/// How many failures of one kind are kept with their details.
const EXAMPLES: usize = 5;

/// A request that is over.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What was asked for.
    pub kind: Kind,
    /// When it should have been sent.
    pub due: Instant,
    /// When it was sent.
    pub sent: Instant,
    /// Over a connection that had carried another before.
    pub reused: bool,
    /// The answer, when it is the expected one.
    pub result: Result<&'a Answer, &'a Failure>,
}

/// A failure with its circumstances.
#[derive(Debug, Clone)]
pub struct Example {
    /// When, by the wall clock, which the logs of containers go by too.
    pub at: DateTime<Utc>,
    /// In which period.
    pub period: String,
    /// What was asked for.
    pub kind: Kind,
    /// How long after it had been sent.
    pub after: Duration,
    /// Over a connection that had carried another before.
    pub reused: bool,
    /// What was seen.
    pub detail: String,
}

/// What happened in a period.
#[derive(Debug, Clone)]
pub struct Period {
    /// Its name.
    pub name: String,
    /// When it began.
    pub began: Instant,
    /// Requests that ended in it, failed ones included.
    pub requests: u64,
    /// Of them, those that failed.
    pub failed: u64,
    /// When the first and the last of those ended: time since the period's begin.
    pub failing: Option<(Duration, Duration)>,
    /// How long the short ones took that did not fail, from when they were due.
    pub latencies: Histogram,
    /// When each version of each service answered first, of the requests that were sent in this period: time since its
    /// begin.
    pub versions: BTreeMap<(String, String), Duration>,
    /// How often each web socket was dropped, by its number.
    pub drops: BTreeMap<usize, u64>,
}

impl Period {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            began: Instant::now(),
            requests: 0,
            failed: 0,
            failing: None,
            latencies: Histogram::default(),
            versions: BTreeMap::new(),
            drops: BTreeMap::new(),
        }
    }

    /// When `version` answered first, whichever service it was.
    pub fn first_answer(&self, version: &str) -> Option<Duration> {
        self.versions.iter().filter(|((_, seen), _)| seen == version).map(|(_, at)| *at).min()
    }

    /// How often the web socket was dropped that was dropped most.
    pub fn most_drops(&self) -> u64 {
        self.drops.values().copied().max().unwrap_or(0)
    }
}

/// Everything that is known of a load.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) periods: Vec<Period>,
    pub(super) by_kind: BTreeMap<Kind, u64>,
    pub(super) failures: BTreeMap<FailureKind, (u64, Vec<Example>)>,
    pub(super) drop_reasons: BTreeMap<String, u64>,
    pub(super) echoes: u64,
    pub(super) closed_idle: u64,
    pub(super) reused: u64,
}

/// The books, open for every client to write in.
#[derive(Debug)]
pub struct Ledger {
    books: Mutex<Books>,
    numbers: AtomicU64,
}

impl Ledger {
    /// Empty, in the period `before`.
    pub fn new() -> Self {
        Self { books: Mutex::new(Books { periods: vec![Period::new("before")], ..Books::default() }), numbers: AtomicU64::new(0) }
    }

    fn open(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no client panics with the books open")
    }

    /// A number that nobody had before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn begin(&self, name: &str) {
        self.open().periods.push(Period::new(name));
    }

    pub(super) fn booked_in_this_period(&self) -> u64 {
        self.open().period().requests
    }

    /// Books a request.
    pub(super) fn book(&self, entry: &Entry<'_>) {
        let mut books = self.open();
        *books.by_kind.entry(entry.kind).or_default() += 1;
        books.reused += u64::from(entry.reused);
        let period = books.period();
        period.requests += 1;
        let failure = match entry.result {
            Ok(answer) => {
                if entry.kind.is_short() {
                    period.latencies.add(entry.due.elapsed());
                }
                // An answer to what was sent earlier says nothing of who serves since.
                if entry.sent >= period.began {
                    let since = period.began.elapsed();
                    let name = |header| answer.header(header).to_owned();
                    period.versions.entry((name("x-medianest-service"), name("x-medianest-version"))).or_insert(since);
                }
                return;
            }
            Err(failure) => failure,
        };
        period.failed += 1;
        let now = period.began.elapsed();
        period.failing = Some((period.failing.map_or(now, |(first, _)| first), now));
        let example = Example {
            at: Utc::now(),
            period: period.name.clone(),
            kind: entry.kind,
            after: entry.sent.elapsed(),
            reused: entry.reused,
            detail: failure.detail.clone(),
        };
        let (count, examples) = books.failures.entry(failure.kind).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(example);
        }
    }

    /// An idle connection had been ended by the server, and its client saw that before it used it.
    pub(super) fn closed_idle(&self) {
        self.open().closed_idle += 1;
    }

    /// A web socket has had its echo.
    pub(super) fn echoed(&self) {
        self.open().echoes += 1;
    }

    /// A web socket was lost.
    pub(super) fn dropped(&self, socket: usize, reason: &str) {
        let mut books = self.open();
        *books.drop_reasons.entry(reason.to_owned()).or_default() += 1;
        *books.period().drops.entry(socket).or_default() += 1;
    }

    /// Closes the books.
    pub(super) fn close(&self) -> Report {
        Report::of(std::mem::take(&mut *self.open()))
    }
}

impl Books {
    fn period(&mut self) -> &mut Period {
        self.periods.last_mut().expect("there is always a period")
    }
}
