//! One operator at a time: a container name is the lock, because creating one is what the engine does atomically.
//!
//! The container is never started. Its labels name the holder, and in its own file system lies the holder's sign of life
//! with the journal. A holder on the same machine that does not live any more is noticed at once; one on another machine,
//! by the engine's clock, after `LEASE`. So nobody has to delete anything after a kill. A holder stops well before others
//! may take it for dead, and takes nothing back then: somebody else may be at work.

mod fence;
mod heartbeat;
mod holder;
mod keep;
mod standing;
mod steal;
mod suspended;

use std::time::Duration;

use thiserror::Error;

pub use fence::{Fence, LockLost, since_boot};
pub use holder::Holder;
pub use standing::{Death, Standing};
pub use suspended::Suspended;

use super::journal::Journal;
use super::store::import_holder_image;
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::model::{ContainerSpec, HOLDER_IMAGE, ProjectName, lock_holder};

/// A holder whose last sign of life is older than this is dead.
pub const LEASE: Duration = Duration::from_secs(60);
/// How often a holder gives a sign of life.
pub const RENEWAL: Duration = Duration::from_secs(10);
/// So long before the end of its lease a holder begins nothing more: what has begun needs time to settle.
pub const MARGIN: Duration = Duration::from_secs(15);

/// Why the lock is not ours.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody is at work.
    #[error("{} is at work on `{project}` {by}", by.holder.who)]
    Held {
        /// The project.
        project: ProjectName,
        /// Who, and what they do.
        by: Box<Standing>,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The lock, held until `release`.
#[derive(Debug)]
pub struct Lock {
    id: String,
    fence: Fence,
    journal: Journal,
    taken_from: Option<Standing>,
}

impl Lock {
    /// Takes the lock of a project, at once or not at all.
    pub async fn acquire(engine: &dyn Engine, project: &ProjectName, holder: &Holder) -> Result<Self, LockError> {
        Self::acquire_by(since_boot, engine, project, holder).await
    }

    /// Takes the lock, with a clock of one's own for the time since the last renewal.
    pub async fn acquire_by(
        clock: fn() -> Duration,
        engine: &dyn Engine,
        project: &ProjectName,
        holder: &Holder,
    ) -> Result<Self, LockError> {
        let spec = ContainerSpec::holder(lock_holder(project), HOLDER_IMAGE.to_owned(), holder.labels(project), Vec::new());
        let mut taken_from = None;
        // Each turn but the last has removed an obstacle; more than a few mean that others are quicker.
        for _ in 0..20 {
            let begun = clock();
            let ours = |id, taken_from| {
                let fence = Fence::closing(clock, LEASE.saturating_sub(MARGIN), begun);
                Self { id, fence, journal: Journal::new(holder.command.clone()), taken_from }
            };
            match engine.create_container(&spec).await {
                Ok(id) => return Ok(ours(id, taken_from)),
                Err(e) if e.kind == ErrorKind::NotFound => import_holder_image(engine).await?,
                Err(e) if e.kind == ErrorKind::Conflict => {
                    let Some(there) = engine.container(&spec.name).await? else { continue };
                    let Some(standing) = Standing::read(engine, project, &there).await? else { continue };
                    if standing.dead.is_none() {
                        return Err(LockError::Held { project: project.clone(), by: Box::new(standing) });
                    }
                    standing.remove(engine).await?;
                    taken_from = Some(standing);
                }
                // An answer that was lost may have been a yes, and nobody else would ever give this lock back.
                Err(e) => match engine.container(&spec.name).await {
                    Ok(Some(there)) if Holder::from_labels(&there.labels) == *holder => return Ok(ours(there.id, taken_from)),
                    _ => return Err(e.into()),
                },
            }
        }
        // Many come and go: whoever has it now is at work.
        match Standing::find(engine, project).await? {
            Some(by) => Err(LockError::Held { project: project.clone(), by: Box::new(by) }),
            None => {
                Err(EngineError::new(ErrorKind::Conflict, format!("take the lock of {project}"), "others are quicker").into())
            }
        }
    }

    /// Whose lock this was, when its holder was found dead.
    pub fn taken_from(&self) -> Option<&Standing> {
        self.taken_from.as_ref()
    }

    /// Whether something may still begin under this lock.
    pub fn fence(&self) -> &Fence {
        &self.fence
    }

    /// Where to note what is done under this lock.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Gives the lock back. Tried twice: on another machine it would look for a while as if somebody were at work.
    pub async fn release(self, engine: &dyn Engine) -> Result<(), EngineError> {
        match engine.remove_container(&self.id, false).await {
            Ok(()) => Ok(()),
            Err(_) => engine.remove_container(&self.id, false).await,
        }
    }
}
