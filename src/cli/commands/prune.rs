//! `prune`: what was made for releases that are not kept any more goes.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Outcome};
use crate::cli::{
    Exit,
    args::{Global, Prune},
    project,
};
use crate::engine::Engine;
use crate::model::{ImageId, Observed, Stack};
use crate::plan::{self, KeptService, Prunable};
use crate::state::{self, Opened, Release, StateError, Store};
use crate::ui::{self, Ui};

/// Prunes.
pub async fn run(global: &Global, args: &Prune, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None)?;
    let stack = &loaded.stack;
    let (project, local) = (&stack.project, project::engine_is_local(global));
    let engine = project::connect(global).await?;
    let site = project::look(&engine, project, None, local).await?;
    let keep = args.keep.unwrap_or(stack.keep_releases);
    let prunable = prunable(&engine, stack, site.opened.as_ref(), &site.observed, keep).await?;
    let names: BTreeMap<_, _> =
        stack.services.values().filter_map(|s| Some((s.name.clone(), s.container_name.clone()?))).collect();
    let planner = |observed: &Observed| plan::prune(project, observed, &prunable, &names);
    let plan = planner(&site.observed)?;
    if args.dry_run {
        super::plan::show(ui, &plan);
        return Ok(Exit::Ok);
    }
    // What destroys is asked about where it is carried out.
    if !plan.steps.is_empty() && !plan.destroys() {
        let objects: Vec<_> = plan.steps.iter().map(|step| step.action.object()).collect();
        ui::confirm(ui, &format!("This removes {}. Go on?", objects.join(", ")))?;
    }
    let change = Change {
        engine: &engine,
        local,
        project,
        stack: None,
        provided: None,
        release: false,
        command: "prune",
        plan: &planner,
    };
    let outcome = change.apply(ui, site, plan).await?;
    say(ui, stack, &prunable, &outcome);
    Ok(Exit::Ok)
}

/// What is kept, and what goes.
async fn prunable(
    engine: &dyn Engine,
    stack: &Stack,
    opened: Option<&Opened>,
    observed: &Observed,
    keep: u32,
) -> Result<Prunable, StateError> {
    let Some(Opened { head, .. }) = opened else { return Ok(Prunable::default()) };
    let inventory = Store::new(engine, stack.project.clone()).inventory().await?;
    let history = inventory.history.clone().up_to(head.last);
    let (kept, dropped) = state::retention(&history.releases, head.release, keep);
    let mut prunable = Prunable {
        last: head.last,
        kept: kept.iter().filter(|release| release.came_about()).flat_map(|release| services(release)).collect(),
        files: inventory.not_needed(&kept, &dropped, head),
        images: BTreeMap::new(),
        unreadable: history.unreadable.iter().map(|record| record.file.clone()).collect(),
    };
    let mut needed: BTreeSet<&ImageId> = kept.iter().flat_map(|release| release.images()).collect();
    needed.extend(observed.containers.iter().map(|container| &container.image_id));
    for service in dropped.iter().flat_map(|release| release.services.values()) {
        let Some(id) = service.image_id.as_ref().filter(|id| !needed.contains(id)) else { continue };
        if !prunable.images.contains_key(id) && engine.image(&id.0).await?.is_some() {
            prunable.images.insert(id.clone(), service.image.clone());
        }
    }
    Ok(prunable)
}

fn services(release: &Release) -> impl Iterator<Item = (crate::model::ServiceName, KeptService)> {
    release.services.iter().map(|(name, service)| {
        let hashes = service.config_hashes.values().cloned().collect();
        (name.clone(), KeptService { image: service.image_id.clone(), hashes, volumes: service.volumes.clone() })
    })
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
