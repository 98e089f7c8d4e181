//! What Docker Compose offers for the same stack: `up -d` with the new tag, and what docker-rollout does on top of it.
//!
//! Both are treated kindly. Health is checked every second; and nginx, which asks for a service's addresses only when it
//! reads its configuration, is told to read it again whenever they have changed.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use super::{
    interrupt,
    load::{VERSIONS, Window, stack},
    support::Site,
    swaps::{Row, under_load},
};

/// How often the engine checks health.
const HEALTH_INTERVAL: &str = "1s";
/// How long new containers may take to be healthy: docker-rollout's own default.
const HEALTH_LIMIT: Duration = Duration::from_secs(60);
/// Replicas of each of the application's services.
const REPLICAS: usize = 2;
/// The application's services.
const SERVICES: [&str; 2] = ["backend", "frontend"];

/// Goes from one release to the other.
type Swap = fn(&Peer, version: &str);

/// Measures both ways, each on a stack of its own; nothing where Docker Compose cannot be had.
pub fn measure(swaps: usize) -> Vec<Row> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer.sh");
    let found = Command::new(script).output().expect("the script can be run");
    if !found.status.success() {
        println!("\nDocker Compose v2 cannot be had here: nothing was measured beside it.");
        return Vec::new();
    }
    let config = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let ways: [(&str, Swap); 2] =
        [("docker compose up -d, nginx reloaded", Peer::up), ("docker-rollout's way, nginx reloaded twice", Peer::roll)];
    ways.map(|(way, swap)| {
        println!("\n{swaps} swaps by {way} [health checked every {HEALTH_INTERVAL}]");
        let peer = Peer::new(&config);
        let (took, report) = under_load(peer.site.port, swaps, |_, version| swap(&peer, version));
        println!("{report}");
        Row { way: way.into(), windows: format!("health checked every {HEALTH_INTERVAL}"), took, report }
    })
    .into()
}

/// The bundled stack under Docker Compose; gone when this is dropped.
struct Peer {
    site: Site,
    project: String,
    config: String,
}

impl Peer {
    fn new(config: &str) -> Self {
        // Its directory is all that is used of this site: the program never deploys it.
        let site = stack(Window::SHORT, &[]);
        let project = format!("{}-peer", site.place.project);
        let peer = Self { site, project, config: config.to_owned() };
        // Compose mounts the secrets' files as they are, and the containers' users must be able to read them.
        run(Command::new("chmod").args(["-R", "a+rX"]).arg(&peer.site.place.directory));
        peer.compose(VERSIONS[0], &["up", "-d", "--wait"]);
        peer
    }

    fn command(&self, version: &str, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--progress", "quiet", "-p", &self.project]).args(args);
        command.current_dir(&self.site.place.directory).env("DOCKER_CONFIG", &self.config);
        command.env("MEDIANEST_VERSION", version).env("HEALTH_INTERVAL", HEALTH_INTERVAL);
        command.env("MEDIANEST_NETWORK", format!("{}_network", self.project));
        command
    }

    fn compose(&self, version: &str, args: &[&str]) -> String {
        run(&mut self.command(version, args))
    }

    fn reload(&self, version: &str) {
        self.compose(version, &["kill", "--signal", "HUP", "nginx"]);
    }

    /// The new tag, and `up -d`.
    fn up(&self, version: &str) {
        self.compose(version, &["up", "-d"]);
        self.reload(version);
    }

    /// What docker-rollout does, service by service: twice the replicas, wait until the new ones are healthy, then the
    /// old ones go.
    fn roll(&self, version: &str) {
        self.compose(version, &["run", "--rm", "-T", "--no-deps", "migrate"]);
        for service in SERVICES {
            let containers =
                || -> Vec<String> { self.compose(version, &["ps", "--quiet", service]).lines().map(str::to_owned).collect() };
            let old = containers();
            let scale = format!("{service}={}", 2 * REPLICAS);
            self.compose(version, &["up", "-d", "--no-deps", "--no-recreate", "--scale", &scale, service]);
            let new: Vec<_> = containers().into_iter().filter(|id| !old.contains(id)).collect();
            assert_eq!((old.len(), new.len()), (REPLICAS, REPLICAS), "{service} was scaled");
            wait_until_healthy(&new);
            self.reload(version);
            run(Command::new("docker").arg("stop").args(&old));
            run(Command::new("docker").arg("rm").args(&old));
            self.reload(version);
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let down = ["down", "--volumes", "--remove-orphans", "--timeout", "2"];
        let ended = self.command(VERSIONS[0], &down).output();
        if !ended.is_ok_and(|output| output.status.success()) {
            println!("the project {} could not be taken down", self.project);
        }
    }
}

fn wait_until_healthy(containers: &[String]) {
    let begin = Instant::now();
    loop {
        let states = run(Command::new("docker").args(["inspect", "--format", "{{.State.Health.Status}}"]).args(containers));
        if states.lines().all(|state| state == "healthy") {
            return;
        }
        interrupt::check();
        assert!(begin.elapsed() < HEALTH_LIMIT, "{containers:?} are not healthy: {states}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Runs a command, which must succeed, and returns what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
