//! How a release is brought about: the flags of `deploy`, `update`, `rollback`, `autoupdate` and `maintenance`.

use std::time::Duration;

use clap::Subcommand;

use super::version;

/// `deploy`.
#[derive(Debug, clap::Args)]
pub struct Deploy {
    /// The release to deploy (MEDIANEST_VERSION); as .env says when left out
    #[arg(id = "release", value_name = "VERSION", value_parser = version)]
    pub version: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also remove containers of the project that belong to no service of its files; volumes stay
    #[arg(long)]
    pub remove_orphans: bool,
    /// How replicas that serve are replaced.
    #[command(flatten)]
    pub rollout: Rollout,
}

/// How replicas that serve are replaced.
#[derive(Debug, clap::Args)]
pub struct Rollout {
    /// Seconds to wait for each container to be healthy, in place of what its health check says
    #[arg(long, value_name = "SECONDS")]
    pub wait_timeout: Option<u64>,
    /// Try the first new replica of each routed service with so much of the requests, such as 10%
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub canary: Option<u8>,
    /// How long a canary is tried, such as 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = bake, default_value = "5m", requires = "canary")]
    pub bake: Duration,
    /// Migrate without a dump of the database before it
    #[arg(long)]
    pub no_backup: bool,
    /// Stop everything old, then start everything new: for releases that cannot run beside each other
    #[arg(long, conflicts_with = "canary")]
    pub recreate: bool,
}

fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
    number.filter(|n| (1..=50).contains(n)).ok_or_else(|| "a share from 1% to 50% is wanted".into())
}

/// A span of time: a number with `s`, `m` or `h`.
fn span(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds).map(Duration::from_secs)
    });
    found.ok_or_else(|| "a time is a number with a unit, such as 90s, 5m or 1h".into())
}

/// How long a canary is tried: in no time nobody asks it for anything.
fn bake(text: &str) -> Result<Duration, String> {
    let time = span(text)?;
    if time.is_zero() { Err("a canary has to be tried for a second at least".into()) } else { Ok(time) }
}

/// What people read during maintenance. nginx takes no more than 4096 bytes in one piece, and a letter may need five there.
fn message(text: &str) -> Result<String, String> {
    const MOST: usize = 500;
    match text.chars().count() {
        0..=MOST => Ok(text.to_owned()),
        count => Err(format!("a message has {MOST} letters at most, and this one has {count}")),
    }
}

/// How often to look: a registry wants to be asked no more than once a minute.
fn every(text: &str) -> Result<Duration, String> {
    let time = span(text)?;
    if time < Duration::from_secs(60) { Err("a minute at least".into()) } else { Ok(time) }
}

/// `autoupdate`.
#[derive(Debug, clap::Args)]
pub struct Autoupdate {
    /// Look again and again, with such a pause in between, until SIGINT or SIGTERM; once when left out
    #[arg(long, value_name = "TIME", value_parser = every)]
    pub every: Option<Duration>,
    /// A version that there is; the newest one in the range of the Compose file is moved to. May be given again
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub candidate: Vec<String>,
    /// Show what would be done, and get and change nothing
    #[arg(long, conflicts_with = "every")]
    pub dry_run: bool,
    /// How replicas that serve are replaced.
    #[command(flatten)]
    pub rollout: Rollout,
}

/// `rollback`.
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// Version or number of the release; the one before the current when left out
    #[arg(value_name = "VERSION|NUMBER")]
    pub release: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Seconds to wait for each container to be healthy, in place of what its health check says
    #[arg(long, value_name = "SECONDS")]
    pub wait_timeout: Option<u64>,
}

/// `maintenance`.
#[derive(Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Answer every visitor with 503 and a page; what runs goes on running
    #[command(after_help = "Example:  medianestctl maintenance on --retry-after 600")]
    On {
        /// After how many seconds programs may come back (Retry-After)
        #[arg(long, value_name = "SECONDS", default_value = "300")]
        retry_after: u32,
        /// What people read, 500 letters at most
        #[arg(long, value_name = "TEXT", value_parser = message)]
        message: Option<String>,
    },
    /// Let visitors in again
    #[command(after_help = "Example:  medianestctl maintenance off")]
    Off,
}

#[cfg(test)]
mod tests {
    use super::{bake, message};

    #[test]
    fn what_must_fail_later_is_refused() {
        for zero in ["0s", "0m", "00h"] {
            assert!(bake(zero).is_err(), "{zero}");
        }
        assert!(bake("1s").is_ok() && bake("5m").is_ok());
        assert!(message(&"ä".repeat(500)).is_ok());
        assert!(message(&"a".repeat(501)).unwrap_err().contains("501"));
    }
}
