//! An engine in memory, for tests: deterministic, scripted, and able to fail on command.
//!
//! Time is tokio's, so a test with a paused clock waits for nothing. It holds to the same contract suite as the real
//! engine (`tests/engine`). Refuses to be cleverer than an engine: it decides nothing and remembers no intentions.

mod calls;
mod container;
mod create;
mod engine;
mod exec;
mod fault;
mod files;
mod hand;
mod image;
mod images;
mod network;
mod run;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::Notify, time::Instant};

pub use exec::{Asked, Inside, Reply};
pub use fault::Fault;
pub use image::{Behaviour, CommandScript, Dialogue, ExecScript, FakeImage, Reload};

use self::{files::Tree, world::World};
use crate::model::EngineInfo;

/// An engine in memory. Clones are the same engine.
#[derive(Debug, Clone)]
pub struct FakeEngine(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    changed: Notify,
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeEngine {
    /// An engine with nothing but its own networks.
    pub fn new() -> Self {
        Self(Arc::new(Shared { world: Mutex::new(World::new()), changed: Notify::new() }))
    }

    /// It has this image already.
    pub fn with_image(self, reference: &str, image: FakeImage) -> Self {
        self.world().add_image(&images::key(reference), image, Tree::default());
        self
    }

    /// A registry has this image; an image of that reference that was there before is replaced.
    pub fn with_registry_image(self, reference: &str, image: FakeImage) -> Self {
        self.world().registry.insert(images::key(reference), image);
        self
    }

    /// The registry answers nothing from now on.
    pub fn registry_hangs(self) -> Self {
        self.world().registry_hangs = true;
        self
    }

    /// It says this of itself; a clock that is not set goes on with tokio's.
    pub fn with_info(self, info: EngineInfo) -> Self {
        self.world().info = info;
        self
    }

    /// A directory of the engine's host, for bind mounts.
    pub fn with_host_path(self, path: &str) -> Self {
        self.world().host_paths.insert(path.to_owned(), Tree::default());
        self
    }

    /// Another program of the engine's host listens on this port.
    pub fn with_busy_port(self, port: u16) -> Self {
        self.world().busy_ports.insert(port);
        self
    }

    /// The next containers of this name do this, whatever their image does.
    pub fn with_script_for(self, container: &str, script: Behaviour) -> Self {
        self.world().scripts.insert(container.to_owned(), script);
        self
    }

    /// The `n`th call that may change something, counted from 1 over the engine's life, goes wrong.
    pub fn fail_call(self, n: u64, fault: Fault) -> Self {
        self.world().faults.plan_number(n, fault);
        self
    }

    /// The next changing call whose line in the journal holds `text` goes wrong.
    pub fn fail_on(self, text: &str, fault: Fault) -> Self {
        self.world().faults.plan_text(text, fault);
        self
    }

    /// The digest under which the registry has a reference.
    pub fn registry_digest(&self, reference: &str) -> Option<String> {
        let key = images::key(reference);
        self.world().registry.get(&key).map(|image| images::digest(&key, image))
    }

    /// Every call so far, a line each (`start shop-web-1`), oldest first.
    pub fn calls(&self) -> Vec<String> {
        self.world().faults.journal(false)
    }

    /// The calls so far that may have changed something.
    pub fn changes(&self) -> Vec<String> {
        self.world().faults.journal(true)
    }

    /// The world as it is now.
    fn world(&self) -> MutexGuard<'_, World> {
        // A test that fails while it holds the lock must not hide its own message.
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(Instant::now());
        world
    }
}
