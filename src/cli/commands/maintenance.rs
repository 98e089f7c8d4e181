//! `maintenance`: closes the site to visitors, and opens it again.

use std::collections::BTreeMap;

use super::{
    change::{Change, Outcome},
    next,
};
use crate::cli::{
    Exit,
    args::{Global, MaintenanceCommand},
    project,
};
use crate::model::{Maintenance, Observed};
use crate::plan;
use crate::ui::{self, Ui};

/// Switches maintenance on or off.
pub async fn run(global: &Global, command: &MaintenanceCommand, ui: &Ui) -> anyhow::Result<Exit> {
    let wanted = match command {
        MaintenanceCommand::On { retry_after, message } => {
            Some(Maintenance { retry_after: *retry_after, message: message.clone() })
        }
        MaintenanceCommand::Off => None,
    };
    let loaded = project::load(global, ui, None)?;
    let stack = &loaded.stack;
    let engine = project::connect(global).await?;
    let local = project::engine_is_local(global);
    let site = project::look(&engine, &stack.project, Some(stack), local).await?;
    let planner = |observed: &Observed| plan::maintenance(stack, observed, wanted.as_ref());
    let plan = planner(&site.observed)?;
    let change = Change {
        engine: &engine,
        local,
        project: &stack.project,
        stack: Some(stack),
        provided: None,
        images: &BTreeMap::new(),
        release: false,
        rollback_of: None,
        command: "maintenance",
        plan: &planner,
    };
    let outcome = change.apply(ui, site, plan).await?;
    say(global, ui, stack.project.as_str(), wanted.is_some(), &outcome);
    Ok(Exit::Ok)
}

fn say(global: &Global, ui: &Ui, project: &str, on: bool, outcome: &Outcome) {
    if ui.json() {
        ui.line(&serde_json::json!({
            "event": "finished", "schema": 1, "project": project, "command": "maintenance",
            "maintenance": on, "changed": matches!(outcome, Outcome::Done(..)),
        }));
        return;
    }
    let sign = ui.err().good("✓");
    let word = if on { "on" } else { "off" };
    match outcome {
        Outcome::Done(finished, _) => {
            ui.say(&format!("{sign} {project}: maintenance is {word} ({})", ui::duration(finished.took)))
        }
        Outcome::Nothing => ui.say(&format!("{sign} {project}: maintenance is {word} already")),
    }
    if on {
        ui.say(&format!("next: {}", ui.err().hint(next(global, "maintenance off"))));
    }
}
