//! What a service's `x-medianest` extension says: which service takes in the traffic and where it goes, how its answers
//! are tried out, and which service is the database migration.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ConfigName, ImageId, ServiceName};

/// How the ingress spreads requests over the replicas of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// One after the other (nginx's default).
    RoundRobin,
    /// To the replica with the fewest requests under way.
    LeastConn,
    /// The same client address always to the same replica, for protocols that need it.
    ClientAddress,
}

/// One upstream of the ingress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The upstream's name in the ingress configuration.
    pub upstream: String,
    /// The service whose replicas answer.
    pub service: ServiceName,
    /// The port in those containers.
    pub port: u16,
    /// How requests are spread.
    pub balance: Balance,
}

/// Marks a service as the stack's ingress (stock nginx): the tool writes its upstreams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingress {
    /// The config that holds the upstreams. In the Compose file it names services; the tool puts the replicas' fixed
    /// addresses in its place.
    pub config: ConfigName,
    /// The upstreams, in the order in which they are written.
    pub routes: Vec<Route>,
    /// How long connections to a replica that is replaced are waited for before it is stopped.
    pub drain: Duration,
}

impl Ingress {
    /// How long is waited where the file does not say: an upload of 20 MB at 3 Mbit/s is in by then, and nobody waits
    /// longer for somebody's websocket.
    pub const DEFAULT_DRAIN: Duration = Duration::from_secs(30);
}

/// The site is closed to visitors, and they are told so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// After how many seconds a program may come back (`Retry-After`).
    pub retry_after: u32,
    /// What people read; a sentence of the page's own when not given.
    pub message: Option<String>,
}

/// A request that a replica must answer well before it gets traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smoke {
    /// Path with its query, from `/` on.
    pub path: String,
    /// The status that is expected.
    pub status: u16,
    /// A text that the body must contain.
    pub body: Option<String>,
    /// The time within which the whole answer must be there.
    pub latency: Option<Duration>,
}

/// Marks a service as the job that migrates the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// How often it is tried before the deploy gives up (1 is no retry).
    pub attempts: u32,
    /// Pause before the second try; it doubles at each further one.
    pub backoff: Duration,
    /// A command that must succeed afterwards, run once in a container of the same image and settings.
    pub verify: Option<Vec<String>>,
    /// The application versions whose migrations the releases before them can live with, as a range of semantic versions
    /// (`<2.0.0`); `None` when nothing is known of any.
    pub backward_compatible: Option<String>,
    /// How the database tells which schema it has.
    pub head: Option<SchemaQuery>,
}

/// The form of a migration job: when a job of this form has succeeded, it need not run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationForm {
    /// Hash of what its container is created from.
    pub config_hash: String,
    /// The content that it runs.
    pub image_id: ImageId,
}

impl MigrationForm {
    /// As it stands among the migrations that have succeeded (`Kept::migrated`).
    pub fn key(&self) -> String {
        format!("{} {}", self.config_hash, self.image_id)
    }
}

/// A command in the database's container that prints which schema the database has: another text means another schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaQuery {
    /// The database.
    pub service: ServiceName,
    /// The command.
    pub command: Vec<String>,
}

/// What a canary must not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Its share of answers with status 500 and above may be so many thousandths above that of the others.
    pub errors_permille: u16,
    /// Its 95th percentile of the time to answer may be so many hundredths of that of the others.
    pub p95_percent: u32,
    /// With fewer requests than this nothing is decided, and the canary counts as good when its time is over.
    pub requests: u32,
    /// With fewer requests than this a percentile says nothing: one slow answer by its nature would decide.
    pub requests_for_p95: u32,
}
