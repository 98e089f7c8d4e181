//! The backup of what is there before it is replaced: the same parts, to all targets, for the same readers as every backup.

use std::path::Path;

use async_trait::async_trait;
use chrono::Utc;
use tokio_util::sync::CancellationToken;

use crate::backup::{
    create::{Making, create},
    keyring::{Keyring, Unlocking},
    pipeline::{Compression, StoreSettings},
    plan::{Choices, Directory, Reach, plan},
    restore::{SafetyCopy, id::RestoreId},
    set::SetId,
};
use crate::cli::{
    args::Global,
    commands::backup::{Watcher, prepare},
    project,
};
use crate::engine::{Engine, docker::DockerEngine};
use crate::event::Event;
use crate::model::Stack;
use crate::secret::system_random;
use crate::state::Lock;

/// Makes the copy under a lock that is held.
pub struct Copy<'a> {
    /// Where the engine is.
    pub global: &'a Global,
    /// The engine.
    pub engine: &'a DockerEngine,
    /// The stack whose data is replaced.
    pub stack: &'a Stack,
    /// The lock.
    pub lock: &'a Lock,
    /// The parts that are replaced.
    pub parts: std::collections::BTreeSet<String>,
    /// What can be read directly.
    pub reach: Reach,
    /// Whether the set that is restored can be read by everybody; then so may this one.
    pub in_clear: bool,
    /// The restore.
    pub id: RestoreId,
    /// The passphrase for it, where that is how backups are encrypted here.
    pub unlocking: &'a Unlocking,
    /// Ends it in good order.
    pub cancel: CancellationToken,
}

impl Copy<'_> {
    async fn try_make(&self) -> anyhow::Result<SetId> {
        let keyring = Keyring::of(Path::new(&self.stack.directory));
        let encryption = keyring.lock(&self.stack.backup.recipients, self.unlocking)?;
        if encryption.is_none() && !self.in_clear {
            anyhow::bail!("nobody could open it: there is no recipient and no passphrase");
        }
        let compression = Compression::of(self.stack.backup.packing());
        let settings = StoreSettings { compression, lock: encryption };
        let observed = project::observe(self.engine, &self.stack.project, std::collections::BTreeSet::new(), false).await?;
        let choices = Choices {
            only: self.parts.clone(),
            consistency: self.stack.backup.consistency(),
            encrypted: settings.lock.is_some(),
            reach: self.reach,
        };
        let plan = plan(self.stack, &observed, &choices)?;
        let tee = prepare::targets(self.stack, &[])?;
        let making = Making {
            engine: self.engine,
            plan: &plan,
            directory: &Directory::of(self.stack),
            settings: &settings,
            tee: &tee,
            signing: &keyring.signing_key_or_new(&mut system_random)?,
            set: prepare::set_id()?,
            label: Some(format!("before restore {}", self.id)),
            versions: prepare::versions(self.engine.info().await?.version),
            watch: &Watcher::new(self.engine, self.lock, self.global),
            // Its steps are parts of one of the restore's.
            events: &|event| {
                self.lock.journal().event(&match event {
                    Event::StepStarted { verb, object, .. } => {
                        Event::StepProgress { step: 0, message: format!("{verb} {object}"), done: None, total: None }
                    }
                    other => other,
                })
            },
            cancel: self.cancel.clone(),
            fence: self.lock.fence(),
            now: Utc::now,
        };
        Ok(create(&making).await?.manifest.set)
    }
}

#[async_trait(?Send)]
impl SafetyCopy for Copy<'_> {
    async fn make(&self) -> Result<SetId, String> {
        self.try_make().await.map_err(|error| error.to_string())
    }
}
