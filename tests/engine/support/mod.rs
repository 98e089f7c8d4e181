//! The laboratory of the contract suite: an engine, programs to run on it, unique names, and cleaning up.

mod fake;
mod real;

use std::{
    any::Any,
    collections::BTreeMap,
    future::Future,
    panic::{AssertUnwindSafe, resume_unwind},
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt;
use ipnet::Ipv4Net;
use medianestctl::engine::{ContainerSpec, EndpointSpec, Engine, ErrorKind, NetworkSpec, VolumeSpec};
use medianestctl::model::{Labels, Mount, MountSource, ObservedContainer, ProjectName};
use tokio::time::{Instant, sleep};

/// What a container of a case does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    /// Says `ready`, runs; on SIGTERM it ends with code 3.
    Serve,
    /// Runs and takes no notice of SIGTERM.
    Stubborn,
    /// Says `out`, says `err` on standard error, and ends with this code.
    Exit(i64),
    /// Ends with this code after half a second.
    ExitSoon(i64),
    /// Uses memory until it is killed.
    Eat,
    /// Runs; its health check fails.
    Sick,
}

impl Program {
    pub(crate) const ALL: [Self; 8] =
        [Self::Serve, Self::Stubborn, Self::Exit(0), Self::Exit(3), Self::ExitSoon(0), Self::ExitSoon(5), Self::Eat, Self::Sick];
}

/// What the two engines need differently.
#[async_trait]
pub(crate) trait Setup: Send + Sync {
    /// The engine.
    fn engine(&self) -> &dyn Engine;
    /// The image and the command that do this.
    fn program(&self, program: Program) -> (String, Vec<String>);
    /// Removes an image that a case has made.
    async fn remove_image(&self, name: &str);
}

/// A case's laboratory. Everything that it names is removed after the case.
pub(crate) struct Lab {
    setup: Box<dyn Setup>,
    names: Mutex<Vec<String>>,
    volumes: Mutex<Vec<String>>,
    networks: Mutex<Vec<String>>,
    images: Mutex<Vec<String>>,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A name that nobody else has.
fn unique(what: &str) -> String {
    let prefix = std::env::var("MEDIANEST_TEST_PREFIX").unwrap_or_else(|_| "mn-contract-".into());
    format!("{prefix}{}-{}-{what}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

fn noted(list: &Mutex<Vec<String>>, what: &str) -> String {
    let name = unique(what);
    list.lock().unwrap().push(name.clone());
    name
}

impl Lab {
    fn new(setup: Box<dyn Setup>) -> Self {
        Self { setup, names: Mutex::default(), volumes: Mutex::default(), networks: Mutex::default(), images: Mutex::default() }
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        self.setup.engine()
    }

    /// A name for a container.
    pub(crate) fn name(&self, what: &str) -> String {
        noted(&self.names, what)
    }

    /// A name for an image.
    pub(crate) fn image_name(&self) -> String {
        noted(&self.images, "image:7")
    }

    /// A name for a volume that is not made.
    pub(crate) fn volume_name(&self) -> String {
        noted(&self.volumes, "volume")
    }

    /// A name for a network that is not made.
    pub(crate) fn network_name(&self) -> String {
        noted(&self.networks, "network")
    }

    /// A container of the program, with nothing else.
    pub(crate) fn spec(&self, program: Program) -> ContainerSpec {
        let (image, command) = self.setup.program(program);
        let spec = ContainerSpec::holder(self.name("container"), image, Labels::new(), Vec::new());
        ContainerSpec { command: Some(command), ..spec }
    }

    /// A container that is never started.
    pub(crate) fn holder(&self, mounts: Vec<Mount>) -> ContainerSpec {
        let (image, _) = self.setup.program(Program::Serve);
        ContainerSpec::holder(self.name("holder"), image, Labels::new(), mounts)
    }

    pub(crate) async fn create(&self, spec: &ContainerSpec) {
        self.engine().create_container(spec).await.unwrap();
    }

    /// Creates and starts.
    pub(crate) async fn run(&self, spec: &ContainerSpec) {
        self.create(spec).await;
        self.engine().start(&spec.name).await.unwrap();
    }

    /// A running container of the program.
    pub(crate) async fn running(&self, program: Program) -> String {
        let spec = self.spec(program);
        self.run(&spec).await;
        spec.name
    }

    pub(crate) async fn volume(&self) -> String {
        let spec = VolumeSpec { name: self.volume_name(), labels: Labels::new(), driver: None, driver_opts: BTreeMap::new() };
        self.engine().create_volume(&spec).await.unwrap();
        spec.name
    }

    pub(crate) fn network_spec(&self, subnet: Option<Ipv4Net>, ip_range: Option<Ipv4Net>) -> NetworkSpec {
        NetworkSpec {
            name: self.network_name(),
            labels: Labels::new(),
            driver: None,
            driver_opts: BTreeMap::new(),
            internal: false,
            subnet,
            ip_range,
        }
    }

    /// A network with a subnet of its own (a /24); others may take subnets at the same time, so it tries again.
    pub(crate) async fn network(&self) -> (String, Ipv4Net) {
        for attempt in 0..50 {
            let subnet = self.free_subnet(attempt).await;
            let spec = self.network_spec(Some(subnet), Some(half(subnet)));
            match self.engine().create_network(&spec).await {
                Ok(()) => return (spec.name, subnet),
                Err(error) => assert_eq!(error.kind, ErrorKind::AddressInUse, "{error}"),
            }
        }
        panic!("no free subnet");
    }

    /// A /24 that no network of the engine has now.
    pub(crate) async fn free_subnet(&self, attempt: u32) -> Ipv4Net {
        let taken: Vec<Ipv4Net> = self.engine().networks().await.unwrap().into_iter().flat_map(|n| n.subnets).collect();
        let start = std::process::id().wrapping_mul(31).wrapping_add(attempt * 7);
        let subnets = (0..4096u32).map(|n| {
            let n = start.wrapping_add(n) % 4096;
            Ipv4Net::new([10, 224 + u8::try_from(n / 256).unwrap(), u8::try_from(n % 256).unwrap(), 0].into(), 24).unwrap()
        });
        let free = |net: &Ipv4Net| !taken.iter().any(|other| other.contains(net) || net.contains(other));
        subnets.into_iter().find(free).expect("a free subnet")
    }

    pub(crate) async fn inspect(&self, name: &str) -> ObservedContainer {
        self.engine().container(name).await.unwrap().expect("the container is there")
    }

    /// Looks at a container until it is as wanted.
    pub(crate) async fn until(&self, name: &str, wanted: impl Fn(&ObservedContainer) -> bool) -> ObservedContainer {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let now = self.inspect(name).await;
            if wanted(&now) {
                return now;
            }
            assert!(Instant::now() < patience, "still not as wanted: {now:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn clean(&self) {
        // All of it even when some fails; a failure to clean up is a failure.
        let mut failures = Vec::new();
        let take = |list: &Mutex<Vec<String>>| std::mem::take(&mut *list.lock().unwrap_or_else(|e| e.into_inner()));
        for name in take(&self.names) {
            failures.extend(self.engine().remove_container(&name, true).await.err());
        }
        for name in take(&self.networks) {
            failures.extend(self.engine().remove_network(&name).await.err());
        }
        for name in take(&self.volumes) {
            failures.extend(self.engine().remove_volume(&name).await.err());
        }
        for name in take(&self.images) {
            self.setup.remove_image(&name).await;
        }
        assert!(failures.is_empty(), "left behind: {failures:?}");
    }
}

/// The upper half of a subnet, as the range for the engine's own choice.
pub(crate) fn half(subnet: Ipv4Net) -> Ipv4Net {
    subnet.subnets(subnet.prefix_len() + 1).unwrap().last().unwrap()
}

pub(crate) fn endpoint(address: Option<std::net::Ipv4Addr>) -> EndpointSpec {
    EndpointSpec { aliases: vec!["alias".into()], address }
}

pub(crate) fn mount(volume: &str, target: &str) -> Mount {
    Mount { source: MountSource::Volume(volume.parse().unwrap()), target: target.into(), read_only: false }
}

pub(crate) fn project() -> ProjectName {
    unique("project").parse().unwrap()
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

type Case<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs a case on a fake engine.
pub(crate) async fn on_fake(case: impl for<'a> FnOnce(&'a Lab) -> Case<'a>) {
    on(Lab::new(Box::new(fake::FakeSetup::new())), case).await;
}

/// Runs a case on the real engine.
pub(crate) async fn on_real(case: impl for<'a> FnOnce(&'a Lab) -> Case<'a>) {
    let image = unique("base");
    let lab = Lab::new(Box::new(real::RealSetup::new(image.clone()).await));
    lab.images.lock().unwrap().push(image);
    on(lab, case).await;
}

async fn on(lab: Lab, case: impl for<'a> FnOnce(&'a Lab) -> Case<'a>) {
    let outcome: Result<(), Box<dyn Any + Send>> = AssertUnwindSafe(case(&lab)).catch_unwind().await;
    // A failed case must leave as little behind as a good one.
    let cleaned = AssertUnwindSafe(lab.clean()).catch_unwind().await;
    if let Err(panic) = outcome.and(cleaned) {
        resume_unwind(panic);
    }
}
