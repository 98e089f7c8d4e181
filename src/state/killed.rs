//! The attempt of a run that was killed: written down by whoever takes its lock over, because it could not do so itself.
//!
//! What the migration's container tells counts, not how far the journal had come: that is written now and then only.
//! Refuses to guess what the database is by now.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::store::{StateError, Store};
use super::{Opened, Outcome, Release, Standing, reason, release::SCHEMA};
use crate::model::{ContainerState, MigrationForm, ObservedContainer, ProjectName, ServiceName, is_waiting};

/// The verbs that bring a release about.
const VERBS: [&str; 4] = ["deploy", "update", "autoupdate", "rollback"];

/// The form of the migration that a run has begun and not brought to its end as a release, with the version of its image.
fn begun<'c>(
    project: &ProjectName,
    containers: &'c [ObservedContainer],
    migrations: &BTreeSet<ServiceName>,
) -> Option<(MigrationForm, &'c str)> {
    let is_migration = |c: &ObservedContainer| c.service().is_some_and(|service| migrations.contains(&service));
    let ours = containers.iter().filter(|c| c.is_of(project) && c.role() == Some("job") && is_waiting(&c.name));
    let ran = ours.filter(|c| is_migration(c) && c.state != ContainerState::Created);
    let job = ran.max_by_key(|c| c.created_at)?;
    let form = MigrationForm { config_hash: job.config_hash()?.to_owned(), image_id: job.image_id.clone() };
    Some((form, job.version().unwrap_or(&job.image)))
}

/// What is said of a migration that a killed run had begun; `current` is the release whose data its dump has.
fn told(version: &str, current: Option<u64>) -> String {
    let dump = current.map(|n| format!("; the dump before it, where one was made, is medianestctl-before-update-{n}.dump"));
    format!("the migration of {version} had begun, so the database may be that of {version}{}", dump.unwrap_or_default())
}

impl Store<'_> {
    /// Writes down what `dead` attempted, where it has not come so far as to do that itself. Call it under the lock.
    /// `migrations` are the services whose jobs migrate the database. Returns the record.
    ///
    /// # Errors
    /// The state cannot be read or written.
    pub async fn save_killed(
        &self,
        dead: &Standing,
        containers: &[ObservedContainer],
        migrations: &BTreeSet<ServiceName>,
        now: DateTime<Utc>,
    ) -> Result<Option<Release>, StateError> {
        let mut words = dead.command().split(' ');
        let (command, version) = (words.next().unwrap_or_default().to_owned(), words.next().map(str::to_owned));
        if !VERBS.contains(&command.as_str()) {
            return Ok(None);
        }
        let Some(Opened { head, .. }) = self.open().await? else { return Ok(None) };
        let history = self.releases().await?.up_to(head.last);
        let own = |r: &Release| r.by == dead.holder.who && r.version == version && dead.holder.since.is_none_or(|s| r.at >= s);
        if history.releases.iter().any(own) {
            return Ok(None);
        }
        let begun = begun(&self.project, containers, migrations).filter(|_| command != "rollback");
        let told = begun.as_ref().map(|(_, version)| told(version, head.release));
        let migration = begun.map(|(form, _)| form);
        let how = match &dead.progress {
            Some(progress) if progress.steps > 0 => {
                format!("killed after at least {} of {} steps", progress.done, progress.steps)
            }
            _ => "killed".to_owned(),
        };
        let why = reason(&told.map_or_else(|| how.clone(), |told| format!("{how}; {told}")));
        let record = Release {
            schema: SCHEMA,
            number: head.last + 1,
            version,
            at: now,
            by: dead.holder.who.clone(),
            command,
            files: Vec::new(),
            services: Default::default(),
            secrets: Default::default(),
            configs: Default::default(),
            schema_head: None,
            migration,
            backward_compatible: None,
            stack: None,
            outcome: Outcome::Failed { why },
            culprits: Default::default(),
            rollback_of: None,
            took_ms: None,
        };
        self.save_attempt(record.clone()).await?;
        Ok(Some(record))
    }
}
