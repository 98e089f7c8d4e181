//! Swaps of the release under load: ours against the targets, and everybody's as a row of one table.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::{
    WINDOW,
    change::{self, Change, Step},
    interrupt,
    load::{Load, Mix, ROLLBACK, Report, UPDATE, VERSIONS, assert_replicas, milliseconds},
    support::Site,
    verdict::Verdict,
};

/// Requests before the first swap: what latencies are compared with.
const REQUESTS_BEFORE: u64 = 3_000;
/// Requests in each swap, at least: together 100,000 in 100 swaps.
const REQUESTS_IN_A_SWAP: u64 = 1_000;
/// Rollbacks without load.
const QUIET_ROUNDS: usize = 5;
/// The longest that the first answer of the old release may take.
const ROLLBACK_TARGET: Duration = Duration::from_secs(2);

/// What a way of swapping came to.
pub struct Row {
    /// Which way.
    pub way: String,
    /// With which windows.
    pub windows: String,
    /// How long each swap's commands took.
    pub took: Vec<Duration>,
    /// What the clients met.
    pub report: Report,
}

/// Puts load on `port` and swaps releases under it, `swaps` times: `swap` gets the number and the version to go to.
pub fn under_load(port: u16, swaps: usize, mut swap: impl FnMut(usize, &str)) -> (Vec<Duration>, Report) {
    let load = Load::start(port, Mix::default());
    load.until_booked(REQUESTS_BEFORE);
    let mut took = Vec::new();
    for n in 0..swaps {
        interrupt::check();
        let (name, version) = if n % 2 == 0 { ("update", VERSIONS[1]) } else { ("rollback", VERSIONS[0]) };
        load.begin(&format!("{name} {}", n / 2 + 1));
        let begin = Instant::now();
        swap(n, version);
        took.push(begin.elapsed());
        load.until_booked(REQUESTS_IN_A_SWAP);
    }
    (took, load.finish())
}

/// `rounds` updates and as many rollbacks by this program.
pub fn measure(site: &Site, rounds: usize, verdict: &mut Verdict) -> Row {
    println!("\nupdates and rollbacks under load, {rounds} of each [{WINDOW}]");
    let (took, report) = under_load(site.port, 2 * rounds, |n, version| {
        change::run(site, if n % 2 == 0 { UPDATE } else { ROLLBACK });
        assert_replicas(site, version);
    });
    println!("{report}");
    let failed = report.failed();
    verdict.line("failed requests", &format!("{failed} of {}", report.requests()), "0", failed == 0);
    let (during, enough) = (report.requests_during(), rounds as u64 * 2 * REQUESTS_IN_A_SWAP);
    verdict.line("requests during the swaps", &during.to_string(), &format!(">= {enough}"), during >= enough);
    let most = report.most_drops();
    verdict.line("drops of one web socket in one swap, at most", &most.to_string(), "<= 1", most <= 1);
    let (median, max) = first_answers(&report);
    println!("  first answer of the old version in a rollback under this load: {} [{WINDOW}]", in_seconds(median, max));
    Row { way: "medianestctl".into(), windows: WINDOW.to_string(), took, report }
}

/// How soon a rollback answers where there is nothing but somebody who asks: that is what it is held to, because two
/// processors that are busy with the load generator and the stack under it say more of those than of the program.
pub fn quiet(site: &Site, verdict: &mut Verdict) {
    println!("\n{QUIET_ROUNDS} rollbacks with one client that asks [{WINDOW}]");
    let hour = Duration::from_secs(3600);
    let asking = Mix {
        brisk: (1, Duration::from_millis(20)),
        lazy: (0, hour),
        fresh: hour,
        slow: hour,
        upload: hour,
        trickle: hour,
        sockets: 0,
    };
    let load = Load::start(site.port, asking);
    let mut rollbacks = Vec::new();
    for n in 1..=QUIET_ROUNDS {
        load.begin(&format!("update {n}"));
        change::run(site, UPDATE);
        load.begin(&format!("rollback {n}"));
        rollbacks.push(change::run(site, ROLLBACK));
        assert_replicas(site, VERSIONS[0]);
    }
    let report = load.finish();
    let (median, max) = first_answers(&report);
    let met = max.is_some_and(|max| max < ROLLBACK_TARGET);
    let target = format!("< {} s", ROLLBACK_TARGET.as_secs());
    verdict.line("first answer of the old version in a rollback", &in_seconds(median, max), &target, met);
    first_switch(&rollbacks);
}

/// How soon the old release answers again, from the start of the command: median and longest. One that was never
/// answered is the longest of all, and `None`.
fn first_answers(report: &Report) -> (Option<Duration>, Option<Duration>) {
    let rollbacks = report.changes.iter().filter(|change| change.name.starts_with("rollback"));
    let mut firsts: Vec<_> = rollbacks.map(|change| change.first_answer(VERSIONS[0])).collect();
    firsts.sort_by_key(|first| first.unwrap_or(Duration::MAX));
    (median(&firsts), firsts.last().copied().flatten())
}

fn in_seconds(median: Option<Duration>, max: Option<Duration>) -> String {
    let seconds = |first: Option<Duration>| first.map_or_else(|| "never".into(), |first| format!("{:.2} s", first.as_secs_f64()));
    format!("median {}, max {}", seconds(median), seconds(max))
}

/// Where the time goes until the first replica of the old release has its traffic, in the slowest rollback.
fn first_switch(rollbacks: &[Change]) {
    let switched = |change: &Change| change.steps.iter().position(|step| step.verb == "switch");
    let at = |change: &Change| switched(change).map(|n| change.steps[n].end);
    let Some(slowest) = rollbacks.iter().max_by_key(|change| at(change)) else { return };
    println!("  until the first switch of the slowest rollback, from the start of its process [{WINDOW}]:");
    for Step { verb, object, end, took, .. } in slowest.steps.iter().take(switched(slowest).map_or(0, |n| n + 1)) {
        println!("  {:>6.2} s  {verb} {object} ({:.2} s)", end.as_secs_f64(), took.as_secs_f64());
    }
}

fn median<T: Copy>(sorted: &[Option<T>]) -> Option<T> {
    sorted[sorted.len() / 2]
}

/// The rows beside each other, as Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| way | swaps | requests | failed | web socket drops (most of one in one swap) | p99 before | p99 during | median swap | windows |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for Row { way, windows, took, report } in rows {
        let mut sorted: Vec<_> = took.iter().copied().map(Some).collect();
        sorted.sort();
        let swap = median(&sorted).unwrap_or_default().as_secs_f64();
        let _ = writeln!(
            text,
            "| {way} | {} | {} | {} | {} ({}) | {} | {} | {swap:.1} s | {windows} |",
            took.len(),
            report.requests_during(),
            report.failed(),
            report.drops(),
            report.most_drops(),
            milliseconds(&report.before.latencies, 0.99),
            milliseconds(&report.during(), 0.99),
        );
    }
    text
}
