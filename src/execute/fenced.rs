//! The engine as a run may use it: before each call that may change something it is asked whether the lock is still held.
//!
//! A step can be long, a job's pauses and a switch among them, and a machine may sleep in the middle of one. Refuses to
//! take back what has begun: the engine carries a call out, whoever holds the lock.

use crate::engine::{Decorator, Engine, EngineError, ErrorKind};
use crate::state::Fence;

/// An engine behind a fence.
pub(super) struct Fenced<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) fence: &'a Fence,
}

impl Decorator for Fenced<'_> {
    fn reading(&self) -> &dyn Engine {
        self.engine
    }

    fn changing(&self, verb: &str, object: &str) -> Result<&dyn Engine, EngineError> {
        match self.fence.check() {
            Ok(()) => Ok(self.engine),
            Err(lost) => Err(EngineError::new(ErrorKind::Refused, format!("{verb} {object}"), lost.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::Duration;

    use chrono::DateTime;
    use futures_util::{StreamExt, TryStreamExt, stream};

    use super::*;
    use crate::engine::fake::FakeEngine;
    use crate::engine::{Command, NetworkSpec, VolumeSpec};
    use crate::model::{ContainerSpec, Labels, RestartPolicy};
    use crate::state::{Holder, LEASE, Lock};

    #[tokio::test(start_paused = true)]
    async fn without_the_lock_everything_can_be_seen_and_nothing_changed() {
        static NOW: AtomicU64 = AtomicU64::new(0);
        let clock = || Duration::from_secs(NOW.load(Relaxed));
        let (fake, project) = (FakeEngine::new(), "shop".parse().unwrap());
        let holder = Holder::this_process("ann@laptop".into(), "deploy", DateTime::UNIX_EPOCH);
        let lock = Lock::acquire_by(clock, &fake, &project, &holder).await.unwrap();
        let engine = Fenced { engine: &fake, fence: lock.fence() };
        let container = ContainerSpec::holder("web".into(), crate::model::HOLDER_IMAGE.into(), Labels::new(), Vec::new());
        engine.create_container(&container).await.unwrap();
        NOW.store(LEASE.as_secs(), Relaxed);
        let before = fake.changes();
        let network = NetworkSpec {
            name: "front".into(),
            labels: Labels::new(),
            driver: None,
            driver_opts: Labels::new(),
            internal: false,
            subnet: None,
            ip_range: None,
        };
        let volume = VolumeSpec { name: "data".into(), labels: Labels::new(), driver: None, driver_opts: Labels::new() };
        let (second, none) = (Duration::from_secs(1), Vec::new());
        let refused = [
            engine.pull(&"web:1".parse().unwrap(), second, &|_| ()).await,
            engine.import_image("web:1", &Labels::new(), none.clone()).await,
            engine.create_network(&network).await,
            engine.remove_network("front").await,
            engine.create_volume(&volume).await,
            engine.remove_volume("data").await,
            engine.create_container(&container).await.map(drop),
            engine.start("web").await,
            engine.stop("web", second).await,
            engine.pause("web").await,
            engine.unpause("web").await,
            engine.kill("web", "HUP").await,
            engine.set_restart("web", RestartPolicy::No).await,
            engine.rename("web", "other").await,
            engine.remove_container("web", true).await,
            engine.exec("web", &["true".into()], second).await.map(drop),
            engine.run("web", Command::new(&["true".into()], second)).try_collect::<Vec<_>>().await.map(drop),
            engine.put_archive("web", "/", none).await,
            engine.archive_in("web", "/", stream::empty().boxed()).await,
        ];
        for answer in refused {
            let error = answer.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refused, "{error}");
            assert!(error.to_string().contains(": the lock was lost: "), "{error}");
        }
        assert_eq!(fake.changes(), before, "the engine was asked for none of it");
        assert!(engine.container("web").await.unwrap().is_some());
    }
}
