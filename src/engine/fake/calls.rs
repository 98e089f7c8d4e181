//! The fake's calls that take time or look inside a container: stopping, signals, pulls, logs.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    FakeEngine,
    container::{Container, Life, Line},
    engine::{Answer, fail},
    images::key,
};
use crate::engine::{ErrorKind, LogChunk, LogOptions, PullProgress};
use crate::model::ImageRef;

impl FakeEngine {
    pub(super) async fn stop_container(&self, name: &str, grace: Duration) -> Answer<()> {
        let action = format!("stop container {name}");
        let (id, started, on_stop) = {
            let mut world = self.world();
            let (_, c) = world.container(&action, name)?;
            c.stopped_by_hand = true;
            match c.life {
                Life::Running { .. } => (c.id.clone(), c.started_at, c.image.about.on_stop),
                Life::Restarting { code, .. } => {
                    c.finish(code, false);
                    return Ok(());
                }
                Life::Created | Life::Exited { .. } => return Ok(()),
            }
        };
        let (wait, code) = on_stop.filter(|(wait, _)| *wait <= grace).unwrap_or((grace, 137));
        if !wait.is_zero() {
            sleep(wait).await;
        }
        let mut world = self.world();
        if let Ok((_, c)) = world.container(&action, &id)
            && c.is_running()
            && c.started_at == started
        {
            c.finish(code, false);
        }
        Ok(())
    }

    pub(super) fn kill_container(&self, name: &str, signal: &str) -> Answer<()> {
        let action = format!("send {signal} to container {name}");
        let mut world = self.world();
        let (_, c) = world.container(&action, name)?;
        let signal = signal.strip_prefix("SIG").unwrap_or(signal);
        if !["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "WINCH"].contains(&signal) {
            return fail(ErrorKind::Other, &action, format!("Invalid signal: {signal}"));
        }
        if !c.is_running() {
            return fail(ErrorKind::NotRunning, &action, format!("Container {} is not running", c.id));
        }
        c.signals.push(signal.to_owned());
        if signal == "HUP" {
            c.hups.push(Instant::now());
        }
        let stop_signal = c.spec.stop_signal.as_deref().unwrap_or("TERM");
        let asked = signal == stop_signal.strip_prefix("SIG").unwrap_or(stop_signal);
        c.stopped_by_hand |= asked || signal == "KILL";
        match c.image.about.on_stop {
            _ if signal == "KILL" => c.finish(137, false),
            Some((_, code)) if asked => c.finish(code, false),
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn pull_image(
        &self,
        image: &ImageRef,
        idle: Duration,
        on_progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Answer<()> {
        let action = format!("pull {image}");
        if self.world().registry_hangs {
            sleep(idle).await;
            return fail(ErrorKind::Timeout, &action, format!("no answer within {} s", idle.as_secs_f64()));
        }
        let wanted = key(&image.to_string());
        let Some((name, about)) = self.world().in_registry(&wanted) else {
            return fail(ErrorKind::ImageUnavailable, &action, "manifest unknown: manifest unknown");
        };
        for received in [about.size / 2, about.size] {
            on_progress(PullProgress { received, total: about.size });
        }
        self.world().pulled(&wanted, &name, about);
        Ok(())
    }
}

/// Where the wanted part of the output begins.
pub(super) fn first_line(c: &Container, options: &LogOptions) -> usize {
    let newer = options.since.map_or(0, |since| c.log.iter().take_while(|line| line.at <= since).count());
    let tail = options.tail.map_or(0, |n| c.log.len().saturating_sub(usize::try_from(n).unwrap_or(usize::MAX)));
    newer.max(tail)
}

/// A line as the engine gives it.
pub(super) fn chunk(line: &Line, options: &LogOptions) -> LogChunk {
    let mut bytes = Vec::new();
    if options.timestamps {
        bytes.extend_from_slice(line.at.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true).as_bytes());
        bytes.push(b' ');
    }
    bytes.extend_from_slice(&line.text);
    LogChunk { source: line.source, bytes: bytes.into() }
}
