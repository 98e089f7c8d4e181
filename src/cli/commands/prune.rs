//! `prune`: what was made for releases that are not kept any more goes.

use std::collections::BTreeMap;

use super::change::{Change, Outcome};
use crate::cli::{
    Exit,
    args::{Global, Prune},
    project,
};
use crate::model::{Observed, Stack};
use crate::plan::{self, Prunable};
use crate::state::Store;
use crate::ui::{self, Ui, Verbosity};

/// Prunes.
pub async fn run(global: &Global, args: &Prune, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None)?;
    let stack = &loaded.stack;
    let (project, local) = (&stack.project, project::engine_is_local(global));
    let engine = project::connect(global).await?;
    let site = project::look(&engine, project, None, local).await?;
    let keep = args.keep.unwrap_or(stack.keep_releases);
    let store = Store::new(&engine, project.clone());
    let prunable = store.prunable(&site.observed, keep).await?;
    let names: BTreeMap<_, _> =
        stack.services.values().filter_map(|s| Some((s.name.clone(), s.container_name.clone()?))).collect();
    let planner = |observed: &Observed| plan::prune(project, observed, &prunable, &names);
    let plan = planner(&site.observed)?;
    if args.dry_run {
        super::plan::show(ui, &plan);
        return Ok(Exit::Ok);
    }
    // What goes is named before anybody is asked.
    if !plan.steps.is_empty() && ui.verbosity == Verbosity::Normal {
        ui.say(plan.to_text().trim_end());
    }
    // What destroys is asked about where it is carried out.
    if !plan.steps.is_empty() && !plan.destroys() {
        let objects: Vec<_> = plan.steps.iter().map(|step| step.action.object()).collect();
        ui::confirm(ui, &format!("This removes {}. Go on?", objects.join(", ")))?;
    }
    let images = BTreeMap::new();
    let change = Change {
        engine: &engine,
        local,
        project,
        stack: None,
        provided: None,
        images: &images,
        release: false,
        rollback_of: None,
        command: "prune",
        plan: &planner,
    };
    let outcome = change.apply(ui, site, plan).await?;
    say(ui, stack, &prunable, &outcome);
    Ok(Exit::Ok)
}

fn say(ui: &Ui, stack: &Stack, prunable: &Prunable, outcome: &Outcome) {
    let removed: Vec<_> = match outcome {
        Outcome::Nothing => Vec::new(),
        Outcome::Done(_, plan) => plan.steps.iter().map(|step| step.action.object()).collect(),
    };
    if ui.json() {
        let images: BTreeMap<_, _> = prunable.images.iter().map(|(id, name)| (id.to_string(), name)).collect();
        ui.line(&serde_json::json!({
            "event": "finished", "schema": 1, "project": stack.project, "command": "prune", "changed": !removed.is_empty(),
            "removed": removed, "images": images,
        }));
        return;
    }
    let sign = ui.err().good("✓");
    match outcome {
        Outcome::Done(finished, _) => ui.say(&format!("{sign} {}: pruned in {}", stack.project, ui::duration(finished.took))),
        Outcome::Nothing => ui.say(&format!("{sign} {}: nothing to remove", stack.project)),
    }
}
