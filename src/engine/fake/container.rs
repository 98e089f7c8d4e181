//! One container of the fake engine: what it runs, where it is in its life, what its health checks said.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::files::Tree;
use super::image::{Behaviour, Check, End, FakeImage, Reload};
use crate::engine::{ContainerSpec, LogSource, Process};
use crate::model::{ContainerState, Health, HealthTest, Healthcheck, ImageId, PublishedPort, RestartPolicy};

/// An image that the fake has; containers keep theirs even when the name moves on.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) id: ImageId,
    pub(super) about: FakeImage,
    pub(super) tree: Tree,
    /// Runs of its containers so far, for jobs that fail at first.
    pub(super) runs: std::sync::atomic::AtomicUsize,
}

/// Where a container is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Created,
    Running { since: Instant, run: usize },
    Restarting { until: Instant, code: i64 },
    Exited { code: i64, oom: bool },
}

/// A line of output.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) at: DateTime<Utc>,
    pub(super) source: LogSource,
    pub(super) text: Bytes,
}

/// What the engine's own checks found, check by check.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checks {
    pub(super) status: Health,
    streak: u32,
    next: Instant,
}

#[derive(Debug)]
pub(super) struct Container {
    pub(super) id: String,
    pub(super) spec: ContainerSpec,
    pub(super) image: Arc<Image>,
    /// The engine checks more often while a container starts (API 1.44 and newer).
    pub(super) start_interval_known: bool,
    /// Replaces the image's behaviour.
    pub(super) script: Option<Behaviour>,
    pub(super) life: Life,
    pub(super) created_at: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    /// Number of its first process.
    pub(super) pid: u32,
    /// Exit code of the last run, or of the last start that failed.
    pub(super) last_code: i64,
    pub(super) restart_count: u64,
    /// Failed restarts in a row, for the pauses between them.
    pub(super) restarts_in_a_row: u32,
    pub(super) stopped_by_hand: bool,
    /// Frozen by `docker pause`.
    pub(super) paused: bool,
    pub(super) addresses: BTreeMap<String, Ipv4Addr>,
    pub(super) ports: Vec<PublishedPort>,
    /// The engine's names for volumes without one, by target.
    pub(super) anonymous: BTreeMap<String, String>,
    pub(super) root: Tree,
    pub(super) log: Vec<Line>,
    pub(super) signals: Vec<String>,
    /// When SIGHUP came.
    pub(super) hups: Vec<Instant>,
    pub(super) checks: Option<Checks>,
}

impl Container {
    pub(super) fn behaviour(&self) -> &Behaviour {
        self.script.as_ref().unwrap_or(&self.image.about.script)
    }

    /// The health check in force: the container's, what it leaves out from the image's.
    pub(super) fn healthcheck(&self) -> Option<Healthcheck> {
        let image = self.image.about.healthcheck.as_ref();
        let own = self.spec.healthcheck.as_ref();
        let test = own.and_then(|c| c.test.clone()).or_else(|| image.and_then(|c| c.test.clone()))?;
        let pick = |field: fn(&Healthcheck) -> Option<Duration>| own.and_then(field).or_else(|| image.and_then(field));
        Some(Healthcheck {
            test: Some(test),
            interval: pick(|c| c.interval),
            timeout: pick(|c| c.timeout),
            retries: own.and_then(|c| c.retries).or_else(|| image.and_then(|c| c.retries)),
            start_period: pick(|c| c.start_period),
            start_interval: pick(|c| c.start_interval).filter(|_| self.start_interval_known),
        })
        .filter(|check| check.test != Some(HealthTest::Disabled))
    }

    pub(super) fn health_argv(&self) -> Option<Vec<String>> {
        self.healthcheck()?.test?.argv()
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.life, Life::Running { .. })
    }

    /// When and how this run ends by itself.
    pub(super) fn end(&self) -> Option<(Instant, End)> {
        let Life::Running { since, run } = self.life else { return None };
        let end = self.behaviour().end(run)?;
        Some((since + end.after, end))
    }

    /// The next moment at which it changes by itself.
    pub(super) fn next_change(&self) -> Option<Instant> {
        match self.life {
            Life::Restarting { until, .. } => Some(until),
            _ => self.end().map(|(at, _)| at),
        }
    }

    /// It runs from now on; the caller has got it its addresses and ports.
    pub(super) fn begin(&mut self, now: Instant, at: DateTime<Utc>) {
        let run = self.image.runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.life = Life::Running { since: now, run };
        self.started_at = Some(at);
        self.stopped_by_hand = false;
        self.paused = false;
        self.signals.clear();
        self.hups.clear();
        self.log.extend(self.image.about.logs.iter().map(|text| line(at, LogSource::Stdout, text)));
        // As in an engine, the first check comes one interval after the start.
        self.checks = self.healthcheck().map(|check| Checks {
            status: Health::Starting,
            streak: 0,
            next: now + self.interval(&check, Health::Starting, Duration::ZERO),
        });
    }

    /// Time to the next check.
    fn interval(&self, check: &Healthcheck, status: Health, elapsed: Duration) -> Duration {
        let starts = status == Health::Starting && elapsed < check.start_period.unwrap_or_default();
        let interval = if starts && self.start_interval_known {
            check.start_interval.unwrap_or(Duration::from_secs(5))
        } else {
            check.interval.unwrap_or(Healthcheck::DEFAULT_INTERVAL)
        };
        interval.max(Duration::from_millis(1))
    }

    /// It has ended.
    pub(super) fn finish(&mut self, code: i64, oom: bool) {
        self.life = Life::Exited { code, oom };
        self.last_code = code;
        self.addresses.clear();
        self.ports.clear();
        // This is what an engine shows of a stopped container, whatever the last check found.
        if let Some(checks) = &mut self.checks {
            checks.status = Health::Unhealthy;
        }
    }

    /// Whether the engine starts it again after an end by itself.
    pub(super) fn restarts(&self, code: i64) -> bool {
        !self.stopped_by_hand
            && match self.spec.restart {
                RestartPolicy::No => false,
                RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
                RestartPolicy::OnFailure(limit) => {
                    code != 0 && limit.filter(|n| *n > 0).is_none_or(|n| self.restart_count < u64::from(n))
                }
            }
    }

    /// The engine's pause before the next restart: 100 ms, doubled each time up to a minute, from the beginning
    /// again after ten seconds of running.
    pub(super) fn pause(&mut self, ran: Duration) -> Duration {
        self.restarts_in_a_row = if ran > Duration::from_secs(10) { 0 } else { self.restarts_in_a_row + 1 };
        let doubled = 100u64.saturating_mul(1 << self.restarts_in_a_row.saturating_sub(1).min(20));
        Duration::from_millis(doubled).min(Duration::from_secs(60))
    }

    /// Does the engine's checks that are due.
    pub(super) fn check_health(&mut self, now: Instant) {
        let (Life::Running { since, .. }, Some(check), Some(mut checks)) = (self.life, self.healthcheck(), self.checks) else {
            return;
        };
        let retries = check.retries.filter(|n| *n > 0).unwrap_or(Healthcheck::DEFAULT_RETRIES);
        while checks.next <= now {
            let elapsed = checks.next - since;
            match self.behaviour().check(elapsed) {
                Check::Good => (checks.status, checks.streak) = (Health::Healthy, 0),
                // Failures do not count while it starts.
                _ if checks.status == Health::Starting && elapsed < check.start_period.unwrap_or_default() => {}
                _ => {
                    checks.streak += 1;
                    if checks.streak >= retries {
                        checks.status = Health::Unhealthy;
                    }
                }
            }
            checks.next += self.interval(&check, checks.status, elapsed);
        }
        self.checks = Some(checks);
    }

    pub(super) fn health(&self) -> Health {
        self.checks.map_or(Health::NoCheck, |checks| checks.status)
    }

    /// What runs in it, whatever its image: nginx's master, a worker for the newest configuration that it has taken,
    /// and those before it that are not done yet.
    pub(super) fn processes(&self, now: Instant) -> Vec<Process> {
        let reload = self.image.about.reload;
        // When each worker begins to serve, the first one with the container.
        let (taken, lingers) = match reload {
            Reload::AtOnce => (self.hups.clone(), Duration::ZERO),
            Reload::Lingers(time) => (self.hups.clone(), time),
            Reload::Slow(time) => (self.hups.iter().map(|at| *at + time).filter(|at| *at <= now).collect(), time),
            Reload::Refused | Reload::BehindShell => (Vec::new(), Duration::ZERO),
        };
        let mut found = Vec::new();
        let mut add = |pid: u32, command: &str| found.push(Process { pid, command: command.into() });
        if reload == Reload::BehindShell {
            add(self.pid, "/bin/sh -c nginx");
        }
        add(self.pid + 1, "nginx: master process nginx");
        for (pid, left) in (self.pid + 2..).zip(taken.iter().map(Some).chain([None])) {
            match left {
                None => add(pid, "nginx: worker process"),
                Some(left) if *left + lingers > now => add(pid, "nginx: worker process is shutting down"),
                Some(_) => {}
            }
        }
        found
    }

    pub(super) fn state(&self) -> ContainerState {
        match self.life {
            Life::Created => ContainerState::Created,
            Life::Running { .. } => ContainerState::Running { paused: self.paused },
            Life::Restarting { code, .. } => ContainerState::Restarting { exit_code: code },
            Life::Exited { code, oom } => ContainerState::Exited { exit_code: code, oom_killed: oom },
        }
    }
}

pub(super) fn line(at: DateTime<Utc>, source: LogSource, text: &str) -> Line {
    Line { at, source, text: format!("{text}\n").into() }
}
