//! What every command on backups needs first: the stack, its keys, its targets, and what was verified when.

use std::path::PathBuf;
use std::sync::Arc;

use crate::backup::{
    catalog::{Catalog, Found},
    keyring::{Keyring, Unlocking},
    sink::{Sink, SinkError, SinkErrorKind},
    target,
    verified::Verified,
};
use crate::cli::{
    args::{FromTargets, Global, Unlock},
    env, project,
};
use crate::model::{BackupTarget, KeepPolicy, Stack, TargetName, TargetPlace};
use crate::ui::Ui;

/// The stack with what its backups need.
pub struct Room {
    /// The stack.
    pub stack: Stack,
    /// The deployment directory.
    pub directory: PathBuf,
    /// Its keys.
    pub keyring: Keyring,
}

/// A target, reached or not.
pub struct Place {
    /// As it is declared.
    pub target: BackupTarget,
    /// What it keeps.
    pub keep: KeepPolicy,
    /// Its sets; or why they cannot be had.
    pub catalog: Result<Catalog, SinkError>,
    /// It is the target that there is when none is declared, and nothing was put there yet.
    pub untouched: bool,
}

impl Place {
    /// What the target is called.
    pub fn name(&self) -> &TargetName {
        &self.target.name
    }

    /// Its sets.
    pub async fn list(&self) -> Result<Vec<Found>, SinkError> {
        if self.untouched {
            return Ok(Vec::new());
        }
        self.catalog()?.list().await
    }

    /// What lists and opens its sets.
    pub fn catalog(&self) -> Result<&Catalog, SinkError> {
        self.catalog.as_ref().map_err(Clone::clone)
    }

    /// Where it is, for people.
    pub fn describe(&self) -> String {
        match (&self.catalog, &self.target.place) {
            (Ok(catalog), _) => catalog.sink().describe(),
            (Err(_), TargetPlace::Disk(path)) => format!("disk {}", path.display()),
            (Err(_), TargetPlace::S3(target)) => format!("s3 {}", target.bucket),
        }
    }
}

impl Room {
    /// Reads the project.
    pub fn enter(global: &Global, ui: &Ui) -> anyhow::Result<Self> {
        Ok(Self::of(project::load(global, ui, None)?.stack))
    }

    /// Of a stack that was read.
    pub fn of(stack: Stack) -> Self {
        let directory = PathBuf::from(&stack.directory);
        Self { keyring: Keyring::of(&directory), directory, stack }
    }

    /// The targets that are meant. Nobody was asked yet; what is wrong with one is told where it is used.
    pub fn places(&self, from: &FromTargets) -> anyhow::Result<Vec<Place>> {
        let trusted = self.keyring.trusted()?;
        let settings = &self.stack.backup;
        let chosen = target::chosen(settings, &self.stack.directory, &from.from)?;
        let place = |target: BackupTarget| {
            let catalog = target::sink(&target, &|name| env::text(name)).and_then(|sink: Arc<dyn Sink>| {
                let catalog = Catalog::new(sink, &self.stack.project, trusted.clone());
                catalog.map_err(|error| SinkError::new(SinkErrorKind::Other, "open the target", error.to_string()))
            });
            let untouched = settings.targets.is_empty() && matches!(&target.place, TargetPlace::Disk(path) if !path.exists());
            Place { keep: settings.keep(&target), target, catalog, untouched }
        };
        Ok(chosen.into_iter().map(place).collect())
    }

    /// What was verified when. A file that cannot be used is told of, and counts as none.
    pub fn verified(&self, ui: &Ui) -> Verified {
        Verified::read(&self.directory).unwrap_or_else(|error| {
            ui.warn(&error.to_string(), error.hint().as_deref());
            Verified::default()
        })
    }
}

/// What a person has given to open sets with.
pub fn unlocking(unlock: &Unlock) -> anyhow::Result<Unlocking> {
    Ok(Unlocking::read(&unlock.identity, unlock.passphrase_file.as_deref())?)
}

/// Tells of a target that cannot be used, where others can.
pub fn warn(ui: &Ui, place: &Place, error: &SinkError) {
    ui.warn(&format!("target `{}`: {error}", place.name()), error.hint().as_deref());
}
