//! A real nginx with the configuration that is shipped, and servers behind it that are slow where that is wanted.

use std::{
    collections::BTreeMap,
    future::Future,
    net::Ipv4Addr,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use medianestctl::engine::{ConnectOptions, ContainerSpec, EndpointSpec, Engine, NetworkSpec, connect, docker::DockerEngine};
use medianestctl::ingress::render::{self, Server};
use medianestctl::model::{Balance, Labels, ObservedContainer, Route, Tmpfs};
use medianestctl::state::archive::{self, Archive};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::support::Project;

const IMAGE: &str = "medianest-demo/nginx:1";
pub(crate) const UPSTREAMS: &str = "/etc/medianest/upstreams/upstreams.conf";
/// What `/slow` sends within about four seconds.
pub(crate) const SLOW: usize = 8 * 1024;

/// Answers with its name; `/slow` and `/socket.io/endless` come by and by. Not in pieces that fill nginx's buffers of 4 KiB to the
/// last byte: after those, nginx 1.22 forgets the connection, and a reload cuts it off (docs/ingress.md).
fn server_config(name: &str) -> String {
    format!(
        "events {{}}\nhttp {{\n server {{\n listen 3000;\n listen 4000;\n root /srv;\n location / {{ return 200 '{name}\\n'; }}\n \
         location = /slow {{ limit_rate 2100; }}\n location = /socket.io/endless {{ limit_rate 1100; }}\n }}\n}}\n"
    )
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The ingress with servers behind it.
pub(crate) struct Site {
    pub(crate) engine: DockerEngine,
    prefix: String,
    containers: Mutex<Vec<String>>,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Runs a case; what it made is gone afterwards, however it went.
pub(crate) async fn with_site<'a, F: Future<Output = ()> + 'a>(site: &'a Site, case: F) {
    let outcome = AssertUnwindSafe(case).catch_unwind().await;
    let containers = std::mem::take(&mut *site.containers.lock().unwrap_or_else(|e| e.into_inner()));
    let mut failures = Vec::new();
    for name in containers {
        failures.extend(site.engine.remove_container(&name, true).await.err());
    }
    failures.extend(site.engine.remove_network(&site.prefix).await.err());
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
    assert!(failures.is_empty(), "left behind: {failures:?}");
}

impl Site {
    /// A network, and nothing in it yet.
    pub(crate) async fn new() -> Self {
        let options = ConnectOptions {
            docker_host: std::env::var("DOCKER_HOST").ok(),
            timeout: Duration::from_secs(60),
            ..ConnectOptions::default()
        };
        let engine = connect(&options).await.expect("these tests need a Docker Engine");
        assert!(engine.image(IMAGE).await.unwrap().is_some(), "{IMAGE} is missing: make the demo's images");
        let prefix = format!("mn-ingress-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let network = NetworkSpec {
            name: prefix.clone(),
            labels: Labels::new(),
            driver: None,
            driver_opts: BTreeMap::new(),
            internal: false,
            subnet: None,
            ip_range: None,
        };
        engine.create_network(&network).await.unwrap();
        Self { engine, prefix, containers: Mutex::default() }
    }

    pub(crate) fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    fn spec(&self, what: &str) -> ContainerSpec {
        let spec = ContainerSpec::holder(self.name(what), IMAGE.into(), Labels::new(), Vec::new());
        self.containers.lock().unwrap().push(spec.name.clone());
        let networks = [(self.prefix.clone(), EndpointSpec { aliases: vec![what.to_owned()], address: None })];
        ContainerSpec { networks: networks.into(), ..spec }
    }

    async fn put(&self, container: &str, files: &[(&str, &[u8])]) {
        let mut archive = Archive::default();
        for (path, content) in files {
            archive.file(path, 0, 0, 0o644, content).unwrap();
        }
        self.engine.put_archive(container, "/", archive.finish().unwrap()).await.unwrap();
    }

    /// Starts a container; returns its address when it answers.
    async fn start(&self, name: &str, port: u16) -> Ipv4Addr {
        self.engine.start(name).await.unwrap();
        let there: ObservedContainer = self.engine.container(name).await.unwrap().unwrap();
        let address = there.networks[&self.prefix].expect("it has an address");
        let patience = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect((address, port)).await.is_err() {
            let there = self.engine.container(name).await.unwrap().unwrap();
            assert!(there.state.is_running() && Instant::now() < patience, "{name} does not answer: {:?}", there.state);
            sleep(Duration::from_millis(20)).await;
        }
        address
    }

    /// A server that answers with its name.
    pub(crate) async fn server(&self, what: &str) -> Ipv4Addr {
        let spec = self.spec(what);
        let command = ["nginx", "-c", "/etc/server.conf", "-g", "daemon off;"].map(str::to_owned).into();
        self.engine.create_container(&ContainerSpec { command: Some(command), ..spec.clone() }).await.unwrap();
        let (config, endless) = (server_config(what), vec![b'.'; 1 << 20]);
        let files = [
            ("etc/server.conf", config.as_bytes()),
            ("srv/slow", &endless[..SLOW]),
            ("srv/socket.io/endless", endless.as_slice()),
        ];
        self.put(&spec.name, &files).await;
        self.start(&spec.name, 3000).await
    }

    /// The shipped ingress, as its service says, with this upstream file.
    pub(crate) async fn ingress(&self, upstreams: &str) -> Ipv4Addr {
        self.ingress_with(upstreams, Vec::new()).await
    }

    pub(crate) async fn ingress_with(&self, upstreams: &str, tmpfs: Vec<Tmpfs>) -> Ipv4Addr {
        let stack = Project::bundled().stack();
        let nginx = &stack.services["nginx"];
        let spec = ContainerSpec {
            command: nginx.command.clone(),
            environment: nginx.environment.clone(),
            tmpfs,
            // The names that the configuration sends to: with them nginx also starts where it finds no upstreams.
            extra_hosts: ["backend", "backend_sticky", "frontend"].map(|name| format!("{name}:127.0.0.1")).into(),
            ..self.spec("nginx")
        };
        self.engine.create_container(&spec).await.unwrap();
        let config = |name: &str| stack.configs[name].content.clone();
        let (main, site) = (config("nginx"), config("nginx_site"));
        let files = [
            ("etc/medianest/nginx/nginx.conf", main.as_slice()),
            ("etc/medianest/nginx/site.conf", site.as_slice()),
            (UPSTREAMS.trim_start_matches('/'), upstreams.as_bytes()),
        ];
        self.put(&spec.name, &files).await;
        self.start(&spec.name, 80).await
    }

    pub(crate) async fn remove(&self, what: &str) {
        self.engine.remove_container(&self.name(what), true).await.unwrap();
    }

    /// The upstream file that the ingress has.
    pub(crate) async fn file(&self) -> String {
        let tar = self.engine.get_archive(&self.name("nginx"), UPSTREAMS).await.unwrap().unwrap();
        String::from_utf8(archive::files(&tar).unwrap().pop().unwrap().1).unwrap()
    }
}

/// The upstream file of the shipped stack with this one server.
pub(crate) fn to(server: Ipv4Addr) -> String {
    let route =
        |upstream: &str, port, balance| Route { upstream: upstream.into(), service: "frontend".parse().unwrap(), port, balance };
    let routes = [
        route("backend", 4000, Balance::LeastConn),
        route("backend_sticky", 4000, Balance::ClientAddress),
        route("frontend", 3000, Balance::RoundRobin),
    ];
    let server = Server { weight: Some(3), ..Server::new(server.to_string()) };
    render::upstreams(&routes, &vec![vec![server]; 3], None)
}

/// A request under way, its head read already.
pub(crate) struct Open(TcpStream, Vec<u8>);

/// Sends a request, and waits for the first bytes of the answer.
pub(crate) async fn open(at: Ipv4Addr, path: &str) -> Open {
    let mut stream = TcpStream::connect((at, 80)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = vec![0; 1024];
    let n = stream.read(&mut first).await.unwrap();
    first.truncate(n);
    Open(stream, first)
}

impl Open {
    /// Reads to the end.
    pub(crate) async fn finish(mut self) -> Answer {
        self.0.read_to_end(&mut self.1).await.unwrap();
        let text = String::from_utf8(self.1).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP: {text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

pub(crate) async fn get(at: Ipv4Addr, path: &str) -> Answer {
    open(at, path).await.finish().await
}
