//! The dump of a database before it is migrated: an update can be taken back, a migration cannot.
//!
//! It is made in the database's own container, with the image's own tools, into the database's own volume. Refuses to let a
//! migration go without one in silence.

use super::{Deploy, jobs::PATIENCE};
use crate::model::Service;
use crate::plan::{Action, Note, StepId};

/// What is run, with the number of the current release as its argument.
const SCRIPT: &str = include_str!("dump.sh");

/// The exit code with which it says that there is a dump for that release already.
pub const DUMPED_BEFORE: i64 = 3;

impl<'a> Deploy<'a> {
    /// Dumps the database before `job` changes it.
    pub(super) fn dump(&mut self, job: &Service, runs: bool, waits: &[StepId]) -> Option<StepId> {
        let release = self.observed.kept.release.filter(|_| runs && job.migration.is_some() && !self.options.no_backup)?;
        let Some(container) = self.database(job).and_then(|database| self.runs_by_then(database)) else {
            let what = "no PostgreSQL of this stack will be running by then";
            self.notes.push(Note {
                message: format!("the migration `{}` runs without a dump before it: {what}", job.name),
                hint: Some("see that there is a backup of what it changes; `--no-backup` says that you know".into()),
            });
            return None;
        };
        let path = format!("$PGDATA/medianestctl-before-update-{release}.dump");
        let cause = format!("so that the data before the migration can be had again, from {path} in its volume");
        let command = ["sh", "-ec", SCRIPT, "dump"].map(str::to_owned).into_iter().chain([release.to_string()]).collect();
        let action = Action::Dump { container, command, path, patience: PATIENCE };
        Some(self.builder.add(action, cause, waits.iter().copied()))
    }

    /// The database that the job migrates, as far as it can be told: the one that is asked for its schema, or that the job
    /// waits for, before any other.
    fn database(&self, job: &Service) -> Option<&'a Service> {
        let asked = job.migration.as_ref().and_then(|m| m.head.as_ref()).map(|query| &query.service);
        let databases = self.stack.services.values().filter(|s| s.image.is_postgres());
        databases.min_by_key(|s| (Some(&s.name) != asked, !job.depends_on.contains_key(&s.name)))
    }

    /// The container in which it runs when the migration is about to begin: what is planned by now comes before that, and
    /// the rest is not touched until it is done.
    fn runs_by_then(&self, database: &Service) -> Option<String> {
        let there = || self.there(&database.name, &["service"]).into_iter().find(|c| c.state.is_running());
        self.running.get(&database.name).cloned().or_else(|| there().map(|c| c.name.clone()))
    }
}
