//! The metrics that the application exposes, under its names, in Prometheus' text format.
//!
//! Requests, queries and Redis operations are really counted and timed. What a Rust process has no counterpart for (heap
//! of a JavaScript engine) shows the nearest thing that the kernel knows, so that dashboards find every name.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::process::Usage;

const SECONDS: &[f64] = &[0.001, 0.005, 0.015, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0];
const BYTES: &[f64] = &[100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0];

/// How often the event loop's lag is measured.
const LAG_INTERVAL: Duration = Duration::from_millis(500);

/// All that a back end counts while it runs.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: SystemTime,
    pub(crate) http_requests: Counter,
    pub(crate) http_duration: Histogram,
    pub(crate) http_request_size: Histogram,
    pub(crate) http_response_size: Histogram,
    pub(crate) database_duration: Histogram,
    pub(crate) redis_duration: Histogram,
    external_duration: Histogram,
    pub(crate) media_requests: Counter,
    event_loop_lag_micros: AtomicU64,
}

/// What is looked up at the moment of a scrape.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) database_connections: u64,
    pub(crate) redis_connections: u64,
    pub(crate) sessions: u64,
    pub(crate) queued: u64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        const HTTP: &[&str] = &["method", "route", "status_code"];
        let metrics = Self {
            started: SystemTime::now(),
            http_requests: Counter::new("http_requests_total", "HTTP requests answered", HTTP),
            http_duration: Histogram::new("http_request_duration_seconds", "Duration of HTTP requests", HTTP, SECONDS),
            http_request_size: Histogram::new("http_request_size_bytes", "Size of HTTP requests", &["method", "route"], BYTES),
            http_response_size: Histogram::new("http_response_size_bytes", "Size of HTTP responses", HTTP, BYTES),
            database_duration: Histogram::new("database_query_duration_seconds", "Duration of queries", &["operation"], SECONDS),
            redis_duration: Histogram::new("redis_operation_duration_seconds", "Duration of operations", &["operation"], SECONDS),
            external_duration: Histogram::new(
                "external_api_duration_seconds",
                "Duration of calls to others",
                &["service"],
                SECONDS,
            ),
            media_requests: Counter::new("media_requests_total", "Media requests by their status", &["status"]),
            event_loop_lag_micros: AtomicU64::new(0),
        };
        // A counter that starts at zero lets rate() see the first increment. Nothing here calls Plex, so that stays zero.
        metrics.media_requests.add(&["pending"], 0);
        metrics.external_duration.touch(&["plex"]);
        metrics
    }

    /// Measures for as long as the process lives how late a timer fires: a loop that is kept busy fires late.
    pub(crate) async fn watch_event_loop(&self) {
        loop {
            let due = tokio::time::Instant::now() + LAG_INTERVAL;
            tokio::time::sleep_until(due).await;
            let lag = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.event_loop_lag_micros.store(lag, Ordering::Relaxed);
        }
    }

    /// The whole page.
    pub(crate) fn render(&self, version: &str, now: &Snapshot) -> String {
        let mut page = Page::default();
        self.http_requests.render(&mut page);
        self.http_duration.render(&mut page);
        self.http_request_size.render(&mut page);
        self.http_response_size.render(&mut page);
        self.database_duration.render(&mut page);
        page.gauge("database_connections_active", "Open connections to PostgreSQL", now.database_connections as f64);
        self.redis_duration.render(&mut page);
        page.gauge("redis_connections_active", "Open connections to Redis", now.redis_connections as f64);
        self.external_duration.render(&mut page);
        self.media_requests.render(&mut page);
        page.gauge("user_sessions_active", "Sessions that Redis holds", now.sessions as f64);
        page.head("queue_size", "Jobs that wait", "gauge");
        page.sample("queue_size", &[("queue", "media")], now.queued as f64);
        page.head("app_info", "The release that answers", "gauge");
        page.sample("app_info", &[("name", "medianest-backend"), ("version", version)], 1.0);
        let lag = Duration::from_micros(self.event_loop_lag_micros.load(Ordering::Relaxed));
        page.gauge("nodejs_eventloop_lag_seconds", "How late timers fire", lag.as_secs_f64());
        self.render_process(&mut page);
        page.0
    }

    /// prom-client's defaults.
    fn render_process(&self, page: &mut Page) {
        let usage = Usage::now();
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let (user, system) = (usage.user_cpu.as_secs_f64(), usage.system_cpu.as_secs_f64());
        page.counter("process_cpu_user_seconds_total", "User CPU time", user);
        page.counter("process_cpu_system_seconds_total", "System CPU time", system);
        page.counter("process_cpu_seconds_total", "CPU time", user + system);
        page.gauge("process_start_time_seconds", "Start, in seconds since 1970", started);
        page.gauge("process_resident_memory_bytes", "Resident memory", usage.resident_bytes as f64);
        page.gauge("process_virtual_memory_bytes", "Virtual memory", usage.virtual_bytes as f64);
        page.gauge("process_heap_bytes", "Heap and stacks", usage.data_bytes as f64);
        page.gauge("process_open_fds", "Open file descriptors", usage.open_files as f64);
        page.gauge("nodejs_heap_size_total_bytes", "Heap and stacks", usage.data_bytes as f64);
        page.gauge("nodejs_heap_size_used_bytes", "Resident memory", usage.resident_bytes as f64);
    }
}

type Labels = Vec<String>;

fn owned(values: &[&str]) -> Labels {
    values.iter().map(|&value| value.to_owned()).collect()
}

/// A family of counters.
#[derive(Debug)]
pub(crate) struct Counter {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    series: Mutex<BTreeMap<Labels, u64>>,
}

impl Counter {
    fn new(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, help, labels, series: Mutex::default() }
    }

    /// `values` in the order of the family's labels.
    pub(crate) fn add(&self, values: &[&str], amount: u64) {
        *self.series.lock().unwrap_or_else(PoisonError::into_inner).entry(owned(values)).or_default() += amount;
    }

    fn render(&self, page: &mut Page) {
        page.head(self.name, self.help, "counter");
        for (values, count) in &*self.series.lock().unwrap_or_else(PoisonError::into_inner) {
            page.sample(self.name, &pairs(self.labels, values), *count as f64);
        }
    }
}

/// A family of histograms.
#[derive(Debug)]
pub(crate) struct Histogram {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    buckets: &'static [f64],
    series: Mutex<BTreeMap<Labels, Observations>>,
}

#[derive(Debug, Default)]
struct Observations {
    /// One per bucket, not yet cumulated.
    counts: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Histogram {
    fn new(name: &'static str, help: &'static str, labels: &'static [&'static str], buckets: &'static [f64]) -> Self {
        Self { name, help, labels, buckets, series: Mutex::default() }
    }

    /// `values` in the order of the family's labels.
    pub(crate) fn observe(&self, values: &[&str], value: f64) {
        self.change(values, |series| {
            if let Some(count) = self.buckets.iter().position(|&limit| value <= limit).and_then(|at| series.counts.get_mut(at)) {
                *count += 1;
            }
            series.count += 1;
            series.sum += value;
        });
    }

    /// Makes the series exist, with nothing observed.
    fn touch(&self, values: &[&str]) {
        self.change(values, |_| ());
    }

    fn change(&self, values: &[&str], change: impl FnOnce(&mut Observations)) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = || Observations { counts: vec![0; self.buckets.len()], ..Observations::default() };
        change(series.entry(owned(values)).or_insert_with(empty));
    }

    fn render(&self, page: &mut Page) {
        page.head(self.name, self.help, "histogram");
        for (values, series) in &*self.series.lock().unwrap_or_else(PoisonError::into_inner) {
            let labels = pairs(self.labels, values);
            let mut cumulated = 0;
            let mut bucket = |limit: &str, count: u64| {
                let labels: Vec<_> = labels.iter().copied().chain([("le", limit)]).collect();
                page.sample(&format!("{}_bucket", self.name), &labels, count as f64);
            };
            for (limit, count) in self.buckets.iter().zip(&series.counts) {
                cumulated += count;
                bucket(&limit.to_string(), cumulated);
            }
            bucket("+Inf", series.count);
            page.sample(&format!("{}_sum", self.name), &labels, series.sum);
            page.sample(&format!("{}_count", self.name), &labels, series.count as f64);
        }
    }
}

fn pairs<'a>(names: &[&'a str], values: &'a [String]) -> Vec<(&'a str, &'a str)> {
    names.iter().copied().zip(values.iter().map(String::as_str)).collect()
}

/// The text as it grows.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help, "gauge");
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help, "counter");
        self.sample(name, &[], value);
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative() {
        let histogram = Histogram::new("seconds", "help", &["route"], &[0.1, 1.0]);
        for value in [0.05, 0.1, 0.5, 7.0] {
            histogram.observe(&["/a\"b"], value);
        }
        let mut page = Page::default();
        histogram.render(&mut page);
        let expected = r#"# HELP seconds help
# TYPE seconds histogram
seconds_bucket{route="/a\"b",le="0.1"} 2
seconds_bucket{route="/a\"b",le="1"} 3
seconds_bucket{route="/a\"b",le="+Inf"} 4
seconds_sum{route="/a\"b"} 7.65
seconds_count{route="/a\"b"} 4
"#;
        assert_eq!(page.0, expected);
    }

    #[test]
    fn every_name_of_the_contract_has_a_sample_or_a_type() {
        let page = Metrics::new().render("v1.0.0", &Snapshot::default());
        for name in [
            "http_request_duration_seconds",
            "http_requests_total",
            "http_request_size_bytes",
            "http_response_size_bytes",
            "database_query_duration_seconds",
            "database_connections_active",
            "redis_operation_duration_seconds",
            "redis_connections_active",
            "external_api_duration_seconds",
            "media_requests_total",
            "user_sessions_active",
            "queue_size",
            "app_info",
            "nodejs_eventloop_lag_seconds",
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
        ] {
            assert!(page.contains(&format!("# TYPE {name} ")), "{name}");
        }
        assert!(page.contains("app_info{name=\"medianest-backend\",version=\"v1.0.0\"} 1\n"));
        assert!(page.contains("media_requests_total{status=\"pending\"} 0\n"));
    }
}
