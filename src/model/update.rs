//! How the replicas of a service are replaced (Compose deploy specification, `update_config`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which comes first when a container is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateOrder {
    /// The new one is healthy before the old one goes.
    StartFirst,
    /// The old one goes before the new one starts.
    StopFirst,
}

/// `deploy.update_config` as it is declared; what is left out has the defaults of the methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpdateConfig {
    /// Replicas that are replaced side by side; 0 means all.
    pub parallelism: Option<u32>,
    /// Pause between two batches.
    pub delay: Option<Duration>,
    /// How long a new container is watched after it is healthy.
    pub monitor: Option<Duration>,
    /// Which comes first; where it is left out, start-first wherever nothing forbids it.
    pub order: Option<UpdateOrder>,
}

impl UpdateConfig {
    /// Compose's default for `monitor`.
    const MONITOR: Duration = Duration::from_secs(5);

    /// How many of `replicas` are replaced side by side; 1 when the file does not say.
    pub fn batch(&self, replicas: u32) -> u32 {
        match self.parallelism {
            None => 1,
            Some(0) => replicas.max(1),
            Some(n) => n,
        }
    }

    /// How long a new container must stay up after it is healthy, before anything relies on it.
    pub fn window(&self) -> Duration {
        self.monitor.unwrap_or(Self::MONITOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_a_default() {
        let plain = UpdateConfig::default();
        assert_eq!((plain.batch(4), plain.window()), (1, Duration::from_secs(5)));
        let all = UpdateConfig { parallelism: Some(0), ..plain };
        assert_eq!((all.batch(4), all.batch(0)), (4, 1));
    }
}
