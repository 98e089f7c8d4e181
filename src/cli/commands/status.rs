//! `status`: how the services are.

use chrono::Utc;

use super::next;
use crate::cli::{Exit, args::Global, project};
use crate::drift;
use crate::engine::Engine;
use crate::model::Kept;
use crate::state::{Note, Standing};
use crate::status;
use crate::ui::{self, Ui};

/// Shows the status. The exit code is 0 only when every service is healthy.
pub async fn run(global: &Global, ui: &Ui) -> anyhow::Result<Exit> {
    let project = project::name(global, ui)?;
    let engine = project::connect(global).await?;
    let (containers, volumes) = futures_util::try_join!(engine.containers(&project), engine.volumes())?;
    let mut kept = Kept::default();
    Note::find(&project, &volumes).add_to(&mut kept);
    let mut status = status::of(&project, &containers, &kept, Utc::now());
    // While somebody is at work containers are beside, aside and on their way: that is no drift.
    if !status.drift.is_empty() && matches!(Standing::find(&engine, &project).await, Ok(Some(lock)) if lock.dead.is_none()) {
        status.drift.clear();
    }
    if ui.json() {
        ui.document(&status);
    } else {
        ui.data(&ui::status_table(ui, &status));
        if status.services.is_empty() {
            ui.say(&format!("next: {}", ui.err().hint(next(global, "deploy"))));
        } else if !status.healthy {
            let stopped = status.services.iter().all(|s| s.healthy || s.state == status::ServiceState::Stopped);
            let missing = status.services.iter().any(|s| s.state == status::ServiceState::Missing);
            let command = if missing {
                "deploy"
            } else if stopped {
                "start"
            } else {
                "logs --failed"
            };
            ui.say(&format!("next: {}", ui.err().hint(next(global, command))));
        } else if !status.drift.is_empty() {
            let orphans = status.drift.iter().all(|d| d.kind == drift::Kind::Orphan);
            let command = if orphans { "deploy --remove-orphans" } else { "deploy" };
            ui.say(&format!("next: {}", ui.err().hint(next(global, command))));
        }
    }
    Ok(if status.healthy { Exit::Ok } else { Exit::Failure })
}
