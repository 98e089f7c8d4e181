//! How health is asked for, and what the answers mean.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The command that tells whether a container is healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthTest {
    /// The image's own check is switched off (`["NONE"]` or `disable: true`).
    Disabled,
    /// Arguments run as they are (`["CMD", …]`).
    Exec(Vec<String>),
    /// One text given to the container's shell (`["CMD-SHELL", …]` or a plain string).
    Shell(String),
}

impl HealthTest {
    /// The arguments to execute in the container, `None` when there is nothing to ask.
    pub fn argv(&self) -> Option<Vec<String>> {
        match self {
            Self::Disabled => None,
            Self::Exec(argv) => Some(argv.clone()),
            // The engine's own default shell for CMD-SHELL on Linux.
            Self::Shell(text) => Some(vec!["/bin/sh".into(), "-c".into(), text.clone()]),
        }
    }
}

/// A health check as a service declares it. Unset fields are the image's, then the engine's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// What to run; `None` keeps the image's test.
    pub test: Option<HealthTest>,
    /// Time between two of the engine's checks (engine default: 30 s).
    pub interval: Option<Duration>,
    /// Time after which one check counts as failed (engine default: 30 s).
    pub timeout: Option<Duration>,
    /// Failures in a row that make a container unhealthy (engine default: 3).
    pub retries: Option<u32>,
    /// Time after the start in which failures do not count (engine default: 0 s).
    pub start_period: Option<Duration>,
    /// Time between checks during the start period (Engine API 1.44 and newer; left out for older engines).
    pub start_interval: Option<Duration>,
}

impl Healthcheck {
    /// The engine's default interval and timeout.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
    /// The engine's default number of retries.
    pub const DEFAULT_RETRIES: u32 = 3;

    /// How long a gate waits for the first healthy answer: the time in which the engine itself would make up its
    /// mind (start period, then every retry), kept between 30 seconds and 10 minutes.
    pub fn patience(&self) -> Duration {
        let interval = self.interval.unwrap_or(Self::DEFAULT_INTERVAL);
        let retries = self.retries.filter(|n| *n > 0).unwrap_or(Self::DEFAULT_RETRIES);
        let wait = self.start_period.unwrap_or_default().saturating_add(interval.saturating_mul(retries));
        wait.clamp(Duration::from_secs(30), Duration::from_secs(600))
    }
}

/// What is known of a container's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// There is no check: running is all that can be said.
    NoCheck,
    /// No answer yet that counts.
    Starting,
    /// The last answer was good.
    Healthy,
    /// Too many bad answers in a row.
    Unhealthy,
}
