//! One operator at a time: a container name is the lock, because creating one is what the engine does atomically.
//!
//! The container is never started. Its labels name the holder; a holder on the same machine that does not live any more
//! is noticed, so that nobody has to delete anything after a kill. A lock held on another machine is respected.

use std::fs;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::store::import_holder_image;
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::model::{ContainerSpec, HOLDER_IMAGE, Labels, ProjectName, label, lock_holder};

const WHO: &str = "io.medianest.lock.who";
const COMMAND: &str = "io.medianest.lock.command";
const SINCE: &str = "io.medianest.lock.since";
const PROCESS: &str = "io.medianest.lock.process";
const MACHINE: &str = "io.medianest.lock.machine";

/// Who is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    /// The command, without its arguments' values.
    pub command: String,
    /// Since when, by the holder's clock.
    pub since: Option<DateTime<Utc>>,
    /// Process number and start time in clock ticks, `4711:123456`.
    process: String,
    /// Boot and process namespace: process numbers mean something only within these.
    machine: String,
}

impl Holder {
    /// This process.
    pub fn this_process(who: String, command: &str, since: DateTime<Utc>) -> Self {
        let pid = std::process::id();
        Self {
            who,
            command: command.to_owned(),
            since: Some(since),
            process: identity(pid).unwrap_or_default(),
            machine: machine(),
        }
    }

    fn labels(&self, project: &ProjectName) -> Labels {
        [
            (label::PROJECT, project.to_string()),
            (label::ROLE, "lock".into()),
            (WHO, self.who.clone()),
            (COMMAND, self.command.clone()),
            (SINCE, self.since.map(|t| t.to_rfc3339()).unwrap_or_default()),
            (PROCESS, self.process.clone()),
            (MACHINE, self.machine.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn from_labels(labels: &Labels) -> Self {
        let text = |name: &str| labels.get(name).cloned().unwrap_or_default();
        Self {
            who: text(WHO),
            command: text(COMMAND),
            since: text(SINCE).parse().ok(),
            process: text(PROCESS),
            machine: text(MACHINE),
        }
    }

    /// Whether it is certain that the holder does not live any more.
    fn is_dead(&self) -> bool {
        if self.machine.is_empty() || self.machine != machine() {
            return false;
        }
        let pid = self.process.split(':').next().and_then(|pid| pid.parse().ok());
        // Somebody else's process may be hidden from us: only what is known to be gone is gone.
        let gone = |pid: u32| {
            let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
            id.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH))
        };
        pid.is_some_and(|pid| gone(pid) || identity(pid).is_some_and(|now| now != self.process))
    }
}

/// A process by number and start, as numbers are used again.
fn identity(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command in parentheses may hold anything; start time is the 20th field after it (proc(5), field 22).
    let start = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    Some(format!("{pid}:{start}"))
}

fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{} {namespace}", boot.trim())
}

/// Why the lock is not ours.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody is at work.
    #[error("{} is at work on `{project}` ({}){}", holder.who, holder.command, since(holder))]
    Held {
        /// The project.
        project: ProjectName,
        /// Who.
        holder: Holder,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn since(holder: &Holder) -> String {
    holder.since.map(|t| format!(" since {}", t.format("%Y-%m-%d %H:%M:%S UTC"))).unwrap_or_default()
}

/// The lock, held until `release`.
#[derive(Debug)]
pub struct Lock {
    id: String,
}

impl Lock {
    /// Takes the lock of a project, at once or not at all.
    pub async fn acquire(engine: &dyn Engine, project: &ProjectName, holder: &Holder) -> Result<Self, LockError> {
        let spec = ContainerSpec::holder(lock_holder(project), HOLDER_IMAGE.to_owned(), holder.labels(project), Vec::new());
        // Each turn but the last has removed an obstacle; more than a few mean that others are quicker.
        for _ in 0..20 {
            match engine.create_container(&spec).await {
                Ok(id) => return Ok(Self { id }),
                Err(e) if e.kind == ErrorKind::NotFound => import_holder_image(engine).await?,
                Err(e) if e.kind == ErrorKind::Conflict => {
                    let Some(there) = engine.container(&spec.name).await? else { continue };
                    let other = Holder::from_labels(&there.labels);
                    if !other.is_dead() {
                        return Err(LockError::Held { project: project.clone(), holder: other });
                    }
                    // By its identifier: a lock that somebody else has taken meanwhile is another container.
                    engine.remove_container(&there.id, false).await?;
                }
                // An answer that was lost may have been a yes, and nobody else would ever give this lock back.
                Err(e) => match engine.container(&spec.name).await {
                    Ok(Some(there)) if Holder::from_labels(&there.labels) == *holder => return Ok(Self { id: there.id }),
                    _ => return Err(e.into()),
                },
            }
        }
        // Many come and go: whoever has it now is at work.
        let holder = engine.container(&spec.name).await?.map(|there| Holder::from_labels(&there.labels));
        match holder {
            Some(holder) => Err(LockError::Held { project: project.clone(), holder }),
            None => {
                Err(EngineError::new(ErrorKind::Conflict, format!("take the lock of {project}"), "others are quicker").into())
            }
        }
    }

    /// Gives the lock back. Tried twice: on another machine it would look as if somebody were at work for ever.
    pub async fn release(self, engine: &dyn Engine) -> Result<(), EngineError> {
        match engine.remove_container(&self.id, false).await {
            Ok(()) => Ok(()),
            Err(_) => engine.remove_container(&self.id, false).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder::this_process("ann@laptop".into(), "deploy", DateTime::UNIX_EPOCH)
    }

    #[test]
    fn only_a_process_of_this_machine_can_be_known_dead() {
        assert!(!holder().is_dead());
        let gone = Holder { process: "1:1".into(), ..holder() };
        assert!(gone.is_dead());
        let elsewhere = Holder { machine: "another".into(), ..gone };
        assert!(!elsewhere.is_dead());
    }

    #[test]
    fn labels_carry_the_holder() {
        let labels = holder().labels(&"shop".parse().unwrap());
        assert_eq!(Holder::from_labels(&labels), holder());
    }
}
