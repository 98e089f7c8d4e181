//! Whether a set is what was stored: every byte that is kept, and with a key what comes out of it.
//!
//! | part | what it owns |
//! |---|---|
//! | `stored` | the bytes as they are kept, by their digests; needs no key |
//! | `contents` | what comes out: archives against the index, dumps by whoever can read them |
//!
//! Refuses to take a key that does not fit for damage, and the other way round.

mod contents;
mod stored;

use std::{io, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{
    catalog::VerifiedManifest,
    flaw::{Fault, Flaw},
    keys::Unlock,
    manifest::{ObjectRecord, Openers},
    pipeline::Progress,
    set::{Component, ObjectName},
    sink::{InvalidKey, ObjectKey, Sink, SinkError, SinkErrorKind},
};

pub use contents::Magic;
pub(super) use stored::{Hashing, check as stored};

/// How far a set was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// The bytes as they are kept.
    Stored,
    /// And what comes out of them.
    Contents,
}

/// What was looked into, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How far.
    pub depth: Depth,
    /// The objects that were looked into, in the order of their names.
    pub objects: Vec<ObjectName>,
    /// What is wrong; empty when nothing is.
    pub flaws: Vec<Flaw>,
}

/// Why a set was not looked into to its end. Nothing is said of the set by that.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The place that keeps it does not give it.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Somebody asked to stop.
    #[error("the verification was interrupted")]
    Cancelled,
    /// The key that was given opens other sets.
    #[error("the key does not open this backup")]
    WrongKey,
    /// No object of ours has so long a name.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// No thread could be started, or one was lost.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
}

impl VerifyError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Sink(error) => error.hint(),
            Self::WrongKey => Some(
                "medianestctl backup show tells the fingerprints of the keys that open it, medianestctl backup key test those of a key \
                 file; without a key the stored bytes are checked"
                    .to_owned(),
            ),
            Self::Cancelled | Self::Key(_) | Self::Thread(_) => None,
        }
    }
}

/// Reads what dumps of databases hold. `Magic` looks at how they begin; who has an engine at hand can ask the database's own
/// tools.
pub trait DumpReader: Send + Sync {
    /// Reads a dump; what it leaves is read and checked all the same. Gives what is wrong, in words.
    ///
    /// # Errors
    /// When it is no such dump.
    fn read(&self, component: &Component, input: &mut dyn io::Read) -> Result<(), String>;
}

/// How sets are looked into.
pub struct Verifier {
    /// Where they are.
    pub sink: Arc<dyn Sink>,
    /// What opens them; without it only the bytes as they are kept are looked at, unless a set is open to everybody.
    pub unlock: Option<Unlock>,
    /// Who reads dumps.
    pub dumps: Arc<dyn DumpReader>,
    /// Asks to stop.
    pub cancel: CancellationToken,
    /// Told of bytes as they go by.
    pub progress: Progress,
}

impl Verifier {
    /// Looks into those objects of a set that `wanted` names, given their place in the order of names.
    ///
    /// # Errors
    /// When nothing can be told: the place does not answer, or the key does not fit.
    pub async fn check(
        &self,
        set: &VerifiedManifest,
        wanted: &(dyn Fn(usize, &ObjectName) -> bool + Sync),
    ) -> Result<Checked, VerifyError> {
        let objects: Vec<_> =
            set.manifest().objects.iter().enumerate().filter(|(place, (name, _))| wanted(*place, name)).collect();
        let everybody = set.manifest().openers == Openers::Everybody;
        let depth = if everybody || self.unlock.is_some() { Depth::Contents } else { Depth::Stored };
        let mut checked = Checked { depth, objects: Vec::new(), flaws: Vec::new() };
        let archives = objects.iter().any(|(_, (name, _))| name.component.is_archive());
        let index = if depth == Depth::Contents && archives { self.index(set, &mut checked).await? } else { None };
        for (_, (name, record)) in objects {
            let at = set.key(name)?;
            let fault = match depth {
                Depth::Stored => self.stored(&at, record).await?,
                // It was read already.
                Depth::Contents if name.component == Component::Index && archives => None,
                Depth::Contents => self.contents(&at, name, record, index.as_ref()).await?,
            };
            checked.objects.push(name.clone());
            checked.flaws.extend(fault.map(|fault| Flaw::of_object(name, fault)));
        }
        checked.flaws.sort_by(|a, b| a.part.cmp(&b.part));
        Ok(checked)
    }

    /// Reads the index of a set. What is wrong with it is among the flaws then, and the archives are looked into without it.
    async fn index(&self, set: &VerifiedManifest, checked: &mut Checked) -> Result<Option<contents::Index>, VerifyError> {
        let found = set.manifest().objects.iter().find(|(name, _)| name.component == Component::Index);
        let Some((name, record)) = found else { return Ok(None) };
        match self.read_index(&set.key(name)?, name, record, set.manifest()).await? {
            Ok(index) => Ok(Some(index)),
            Err(fault) => {
                checked.flaws.push(Flaw::of_object(name, fault));
                Ok(None)
            }
        }
    }

    /// What is wrong with the bytes as they are kept.
    async fn stored(&self, at: &ObjectKey, record: &ObjectRecord) -> Result<Option<Fault>, VerifyError> {
        stored::check(self.sink.as_ref(), at, record, &self.cancel, &self.progress).await
    }
}

/// What a failure of the place says of the object: that it is gone or cannot be read is the object's, everything else is not.
fn fault_of(error: SinkError) -> Result<Fault, VerifyError> {
    match error.kind {
        SinkErrorKind::NotFound => Ok(Fault::Missing),
        SinkErrorKind::Damaged => Ok(Fault::Unreadable(error.detail)),
        _ => Err(error.into()),
    }
}
