//! The bundled stack as it stands under load: limits raised, windows short, replicas counted.

use std::fmt;

use crate::support::Site;

/// The release that is there first, and the one that it is updated to.
pub const VERSIONS: [&str; 2] = ["v1.0.0", "v1.1.0"];

/// How the new release comes, and how the old one comes back.
pub const UPDATE: &[&str] = &["deploy", VERSIONS[1]];
/// See [`UPDATE`].
pub const ROLLBACK: &[&str] = &["rollback"];

/// How long an update waits where nothing tells it to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Seconds for which a new replica must stay up before it gets traffic (`update_config.monitor`).
    pub monitor: u64,
    /// Seconds after which a connection to an old replica is cut (`x-medianest.ingress.drain`).
    pub drain: u64,
}

impl Window {
    /// Longer than the slowest answer and the slowest upload, and otherwise short.
    pub const SHORT: Self = Self { monitor: 1, drain: 16 };
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "monitor window {} s, drain limit {} s", self.monitor, self.drain)
    }
}

/// Limits for one client address, which the whole load is to the stack: variables of nginx and of the back end.
const NGINX: [(&str, &str); 5] = [
    ("NGINX_API_RATE", "100000r/s"),
    ("NGINX_API_BURST", "10000"),
    ("NGINX_PAGE_RATE", "100000r/s"),
    ("NGINX_PAGE_BURST", "10000"),
    ("NGINX_CONNECTIONS_PER_CLIENT", "10000"),
];
const BACKEND: [(&str, &str); 2] = [("API_RATE_LIMIT", "0"), ("HEALTH_RATE_LIMIT", "0")];

/// What was raised, in words: no figure is worth anything without.
pub fn raised() -> String {
    let list =
        |limits: &[(&str, &str)]| limits.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    format!(
        "rate limits raised, because all load comes from one address:\n  nginx: {}\n  back end (0 is unlimited): {}",
        list(&NGINX),
        list(&BACKEND)
    )
}

/// The bundled stack with these windows and raised limits, not deployed yet. `environment` is added to that of the
/// application's services, as `NAME: value` each.
pub fn stack(window: Window, environment: &[&str]) -> Site {
    let site = Site::bundled();
    site.place.append(".env", &NGINX.map(|(name, value)| format!("{name}={value}\n")).concat());
    configure(&site, window, environment);
    site
}

/// Sets windows and environment of a stack anew; the next `deploy` brings them about.
pub fn configure(site: &Site, window: Window, environment: &[&str]) {
    write(site, window, environment, environment);
}

/// The same, with an environment for the back end alone: a fault of one service.
pub fn configure_backend(site: &Site, window: Window, environment: &[&str]) {
    write(site, window, environment, &[]);
}

fn write(site: &Site, Window { monitor, drain }: Window, backend: &[&str], frontend: &[&str]) {
    let limits = BACKEND.iter().map(|(name, value)| format!("{name}: \"{value}\""));
    let own = |environment: &[&str]| environment.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let list = |lines: Vec<String>| format!("{{{}}}", lines.join(", "));
    let (backend, frontend) = (list(own(backend).into_iter().chain(limits).collect()), list(own(frontend)));
    site.overrides(&format!(
        "services:\n\
         \x20 backend:\n    environment: {backend}\n    deploy: {{update_config: {{monitor: {monitor}s}}}}\n\
         \x20 frontend:\n    environment: {frontend}\n    deploy: {{update_config: {{monitor: {monitor}s}}}}\n\
         \x20 nginx:\n    x-medianest: {{ingress: {{drain: {drain}s}}}}\n"
    ));
}

/// The running containers of a service and the versions of their images: `backend-1 v1.0.0`.
pub fn replicas(site: &Site, service: &str) -> Vec<String> {
    let of_service = |c: &&serde_json::Value| {
        let labels = &c["Config"]["Labels"];
        labels["com.docker.compose.service"] == service
            && labels["io.medianest.role"] == "service"
            && c["State"]["Running"] == true
    };
    let describe = |c: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let (name, image) = (text(&c["Name"]), text(&c["Config"]["Image"]));
        let name = name.trim_start_matches('/').trim_start_matches(&site.name("")).to_owned();
        format!("{name} {}", image.rsplit(':').next().unwrap_or_default())
    };
    site.containers().iter().filter(of_service).map(describe).collect()
}

/// Exactly the replicas that there should be run, all of this version: two of each of the application's services.
#[track_caller]
pub fn assert_replicas(site: &Site, version: &str) {
    for service in ["backend", "frontend"] {
        let expected = [1, 2].map(|n| format!("{service}-{n} {version}"));
        assert_eq!(replicas(site, service), expected);
    }
}
