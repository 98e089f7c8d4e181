//! A lock as it stands at the engine: whose it is, how far they have come, and whether they still live.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::try_join;

use super::super::journal::Progress;
use super::{Holder, LEASE, Suspended, heartbeat, heartbeat::Heartbeat};
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::model::{ObservedContainer, ProjectName, lock_holder};

/// Why a holder counts as dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It was a process of this machine, which is gone.
    ProcessGone,
    /// Its last sign of life is older than the lease.
    LeaseOver,
}

/// Somebody's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The container's identifier: another lock of the same name is another container.
    pub(super) id: String,
    /// Who.
    pub holder: Holder,
    /// Since when, by the engine's clock where it says.
    pub since: Option<DateTime<Utc>>,
    /// What they are doing; `None` when they have not said.
    pub progress: Option<Progress>,
    /// Age of the last sign of life by the engine's clock; `None` when the engine does not tell the time.
    pub silent: Option<Duration>,
    /// Why they count as dead; `None` when they do not.
    pub dead: Option<Death>,
    /// What they hold still, or did when they died.
    pub suspended: Suspended,
}

impl Standing {
    /// The lock of `project`; `None` when nobody has it.
    ///
    /// # Errors
    /// The engine refuses, or has something else under the lock's name.
    pub async fn find(engine: &dyn Engine, project: &ProjectName) -> Result<Option<Self>, EngineError> {
        match engine.container(&lock_holder(project)).await? {
            Some(there) => Self::read(engine, project, &there).await,
            None => Ok(None),
        }
    }

    /// The lock that `there` is; `None` when it has been given back since.
    pub(super) async fn read(
        engine: &dyn Engine,
        project: &ProjectName,
        there: &ObservedContainer,
    ) -> Result<Option<Self>, EngineError> {
        if !Holder::are_of_a_lock(&there.labels, project) {
            let message = format!("container {} was not made by medianestctl and has the lock's name", there.name);
            return Err(EngineError::new(ErrorKind::Conflict, format!("read the lock of {project}"), message));
        }
        let (sign, info) = try_join!(engine.get_archive(&there.id, heartbeat::DIRECTORY), engine.info())?;
        // The directory is there for as long as the container is: a holder that has ended well is not one that died.
        if sign.is_none() && engine.container(&there.id).await?.is_none() {
            return Ok(None);
        }
        let heartbeat = sign.as_deref().and_then(Heartbeat::newest);
        let holder = Holder::from_labels(&there.labels);
        let last = there.created_at.max(heartbeat.as_ref().and_then(|h| h.renewed));
        let age = |(now, last): (DateTime<Utc>, DateTime<Utc>)| (now - last).to_std().unwrap_or_default();
        let silent = info.clock.zip(last).map(age);
        let dead = match silent {
            _ if holder.is_dead() => Some(Death::ProcessGone),
            Some(silent) if silent > LEASE => Some(Death::LeaseOver),
            _ => None,
        };
        let since = there.created_at.or(holder.since);
        let progress = heartbeat.and_then(|h| h.progress());
        let suspended = sign.as_deref().map(Suspended::find).unwrap_or_default();
        Ok(Some(Self { id: there.id.clone(), since, progress, holder, silent, dead, suspended }))
    }

    /// The command with the version that it was for, as far as it is known.
    pub fn command(&self) -> &str {
        self.progress.as_ref().map_or(&self.holder.command, |progress| &progress.command)
    }

    /// What a holder that counts as dead was about, for whoever goes on.
    pub fn obituary(&self) -> String {
        let ended = match self.dead {
            Some(Death::LeaseOver) => "has given no sign of life for too long",
            Some(Death::ProcessGone) | None => "ended",
        };
        let story = match &self.progress {
            None => " before it said what it did".to_owned(),
            Some(progress) if progress.steps == 0 => " before its first step".to_owned(),
            Some(progress) => {
                let during = progress.now().map(|now| format!(", during: {now}")).unwrap_or_default();
                format!(" after step {} of {}{during}", progress.done, progress.steps)
            }
        };
        let held = match self.suspended.paused.len() + self.suspended.stopped.len() {
            0 => String::new(),
            count => format!("; {count} containers that it held still go on again"),
        };
        format!("`{}` by {} {ended}{story}{held}; going on from what is there", self.command(), self.holder.who)
    }

    /// Takes this lock away from its holder, who notices at the next sign of life. Nobody else's is touched. What the holder
    /// held still goes on first: with the lock nobody would know of it any more.
    ///
    /// # Errors
    /// The lock stays, or it is gone and something that was held still does not go on.
    pub async fn remove(&self, engine: &dyn Engine) -> Result<(), EngineError> {
        let going_on = self.suspended.let_go(engine).await;
        engine.remove_container(&self.id, false).await?;
        going_on
    }
}

/// `ann@laptop is at work (deploy v1.1.0) since …: 12 of 40 steps done, now: …; last sign of life 3 s ago`.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.command())?;
        if let Some(since) = self.since {
            write!(f, " since {}", since.format("%Y-%m-%d %H:%M:%S UTC"))?;
        }
        if let Some(progress) = &self.progress {
            write!(f, ": {progress}")?;
        }
        self.silent.map_or(Ok(()), |silent| write!(f, "; last sign of life {} s ago", silent.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(progress: Option<Progress>, dead: Option<Death>) -> Standing {
        let holder = Holder::this_process("ann@laptop".into(), "deploy", DateTime::UNIX_EPOCH);
        let since = Some(DateTime::UNIX_EPOCH);
        let (silent, suspended) = (Some(Duration::from_secs(3)), Suspended::default());
        Standing { id: "1".into(), holder, since, progress, silent, dead, suspended }
    }

    #[test]
    fn what_is_told_of_a_holder() {
        let progress = Progress {
            command: "deploy v1.1.0".into(),
            steps: 40,
            done: 12,
            under_way: vec!["start container x".into()],
            taking_back: None,
        };
        let at_work = standing(Some(progress.clone()), None);
        assert_eq!(
            at_work.to_string(),
            "(deploy v1.1.0) since 1970-01-01 00:00:00 UTC: 12 of 40 steps done, now: start container x; last sign of life 3 s ago"
        );
        assert_eq!(
            standing(Some(progress), Some(Death::ProcessGone)).obituary(),
            "`deploy v1.1.0` by ann@laptop ended after step 12 of 40, during: start container x; going on from what is there"
        );
        assert_eq!(
            standing(None, Some(Death::ProcessGone)).obituary(),
            "`deploy` by ann@laptop ended before it said what it did; going on from what is there"
        );
        let lease = standing(Some(Progress { steps: 7, ..Progress::default() }), Some(Death::LeaseOver)).obituary();
        assert!(lease.contains("has given no sign of life for too long after step 0 of 7; going on"), "{lease}");
    }
}
