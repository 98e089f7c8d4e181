//! What a run holds still for a moment: containers that are frozen or stopped and have to go on, whatever becomes of the run.
//!
//! Written into the lock's own file system before anything is held still, so that whoever finds a dead holder's lock lets it go
//! on. Refuses to touch anything but the containers named by their identifiers.

use std::io;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::super::{archive, archive::Archive};
use super::{Lock, heartbeat::DIRECTORY};
use crate::engine::{Engine, EngineError, ErrorKind};

/// The file's name in the lock's directory.
const FILE: &str = "suspended";

/// Containers that a run holds still, by identifier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// Frozen.
    pub paused: Vec<String>,
    /// Stopped, in the order in which they are to start.
    pub stopped: Vec<String>,
}

impl Suspended {
    /// Whether nothing is held still.
    pub fn is_empty(&self) -> bool {
        self.paused.is_empty() && self.stopped.is_empty()
    }

    /// Lets all of it go on; what goes on already, or is gone, is no error. All are tried; the first failure is told.
    pub async fn let_go(&self, engine: &dyn Engine) -> Result<(), EngineError> {
        let unless_gone = |answer: Result<(), EngineError>| match answer {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            answer => answer,
        };
        let unpaused = join_all(self.paused.iter().map(|id| engine.unpause(id))).await;
        let mut all = unpaused.into_iter().try_for_each(unless_gone);
        for id in &self.stopped {
            all = all.and(unless_gone(engine.start(id).await));
        }
        all
    }

    /// The one in an archive of the lock's directory; nothing is held still where there is none.
    pub(super) fn find(tar: &[u8]) -> Self {
        let files = archive::files(tar).unwrap_or_default();
        let file = files.iter().find(|(path, _)| path.rsplit('/').next() == Some(FILE));
        // A torn one was written before anything was held still.
        file.and_then(|(_, content)| serde_json::from_slice(content).ok()).unwrap_or_default()
    }

    fn pack(&self) -> io::Result<Vec<u8>> {
        let mut archive = Archive::default();
        archive.file(&format!("{DIRECTORY}/{FILE}"), 0, 0, 0o600, &serde_json::to_vec(self)?)?;
        archive.finish()
    }
}

impl Lock {
    /// Writes down what is about to be held still under this lock, or that nothing is any more.
    ///
    /// # Errors
    /// Then nobody would let it go on, so it must not be held still.
    pub async fn note_suspended(&self, engine: &dyn Engine, suspended: &Suspended) -> Result<(), EngineError> {
        let failed = |error: io::Error| EngineError::new(ErrorKind::Other, "note what is held still", error.to_string());
        engine.put_archive(&self.id, "/", suspended.pack().map_err(failed)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_note_holds_nothing() {
        let held = Suspended { paused: vec!["a".into()], stopped: vec!["b".into()] };
        assert_eq!(Suspended::find(&held.pack().unwrap()), held);
        let mut archive = Archive::default();
        archive.file("volume-access/suspended", 0, 0, 0o600, b"{\"paused\":[\"a").unwrap();
        assert!(Suspended::find(&archive.finish().unwrap()).is_empty());
        assert!(Suspended::find(b"").is_empty());
    }
}
