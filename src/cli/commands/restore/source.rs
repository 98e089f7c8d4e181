//! The set that is restored: found at a target or in a directory, its signer known, its key at hand.

use std::{path::Path, sync::Arc};

use tokio_util::sync::CancellationToken;

use crate::backup::{
    catalog::{Catalog, OpenError, VerifiedManifest},
    keyring::{Keyring, Unlocking},
    keys::Unlock,
    pipeline::Progress,
    restore::Source,
    set::SetId,
    signature::VerifyingKey,
    sink::{DiskSink, Sink},
    target,
};
use crate::cli::{args::RestoreBegin, env, error::Usage};
use crate::model::{ProjectName, TargetName};

use super::place::Place;

/// A set that can be read.
pub struct Opened {
    /// The target's name, or the directory.
    pub from: String,
    /// Its manifest.
    pub verified: VerifiedManifest,
    sink: Arc<dyn Sink>,
    unlock: Option<Unlock>,
}

impl Opened {
    /// As restores read it.
    pub fn source<'a>(&'a self, cancel: &'a CancellationToken, progress: Progress) -> Source<'a> {
        let (sink, manifest) = (&*self.sink, self.verified.manifest());
        Source { sink, manifest, unlock: self.unlock.as_ref(), cancel, progress }
    }
}

/// Places where sets may be: those of a target, or a directory.
fn places(place: &Place, from: Option<&str>) -> anyhow::Result<Vec<(String, Arc<dyn Sink>)>> {
    let declared = |names: &[TargetName]| -> anyhow::Result<Vec<(String, Arc<dyn Sink>)>> {
        let Some(loaded) = &place.loaded else {
            return Err(Usage {
                message: "there are no Compose files here that would say where backups are".into(),
                hint: Some("say it: `medianestctl restore --from DIR`".into()),
            }
            .into());
        };
        let targets = target::chosen(&loaded.stack.backup, &loaded.stack.directory, names)?;
        targets.iter().map(|declared| Ok((declared.name.to_string(), target::sink(declared, &env::text)?))).collect()
    };
    let Some(from) = from else { return declared(&[]) };
    let is_target = |name: &TargetName| {
        let stack = place.loaded.as_ref().map(|loaded| &loaded.stack);
        stack.is_some_and(|stack| stack.backup.targets(&stack.directory).iter().any(|target| target.name == *name))
    };
    if let Some(name) = from.parse::<TargetName>().ok().filter(is_target) {
        return declared(&[name]);
    }
    let path = std::path::absolute(Path::new(from))?;
    if !path.is_dir() {
        return Err(Usage {
            message: format!("`{from}` is neither a declared backup target nor a directory"),
            hint: Some("targets are declared in the Compose file below `x-medianest.backup.targets`".into()),
        }
        .into());
    }
    Ok(vec![(path.to_string_lossy().into_owned(), Arc::new(DiskSink::new(path)))])
}

/// Finds a set of `stack`, the newest whole one when none is named, and what opens it.
pub async fn open(
    place: &Place,
    stack: &ProjectName,
    set: Option<SetId>,
    from: Option<&str>,
    args: &RestoreBegin,
) -> anyhow::Result<Opened> {
    let mut trusted: Vec<VerifyingKey> = Keyring::of(&place.directory).trusted()?;
    trusted.extend(&args.trust);
    let unlocking = Unlocking::read(&args.identity, args.passphrase_file.as_deref())?;
    let mut best: Option<(String, Arc<dyn Sink>, VerifiedManifest)> = None;
    let mut failed = None;
    for (name, sink) in places(place, from)? {
        let catalog = Catalog::new(Arc::clone(&sink), stack, trusted.clone())?;
        let found = match set {
            Some(set) => catalog.open(set).await.map(Some),
            None => catalog.newest().await.map_err(OpenError::Sink),
        };
        match found {
            Ok(Some(verified)) => {
                let newer = best.as_ref().is_none_or(|(_, _, best)| best.manifest().set < verified.manifest().set);
                if newer {
                    best = Some((name, sink, verified));
                }
            }
            Ok(None) => {}
            // Another target may have it.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    let (from, sink, verified) = match (best, failed) {
        (Some(found), _) => found,
        (None, Some(error)) => return Err(error.into()),
        (None, None) => {
            return Err(Usage {
                message: format!("there is no backup of `{stack}` that could be restored"),
                hint: Some("see what there is with `medianestctl backup list`".into()),
            }
            .into());
        }
    };
    let unlock = unlocking.key_for(&verified.manifest().openers);
    Ok(Opened { from, verified, sink, unlock })
}
