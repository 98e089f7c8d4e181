//! `start`, `stop`, `restart`, `down`, `migrate`: changes to containers that are there.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Outcome, agreed};
use crate::cli::{
    Exit,
    args::{Down, Global, Services},
    error::Usage,
    project::{self, Site},
};
use crate::engine::{Engine, docker::DockerEngine};
use crate::model::{Observed, ProjectName};
use crate::plan::{self, DeployOptions, Plan, PlanError, Selection};
use crate::ui::{self, Ui};

type Planner<'a> = &'a (dyn Fn(&Observed) -> Result<Plan, PlanError> + Sync);

fn selection(services: &Services) -> anyhow::Result<Selection> {
    let parse = |name: &String| {
        name.parse().map_err(|e: crate::model::NameError| {
            Usage { message: e.to_string(), hint: Some("see the names with `medianestctl status`".into()) }.into()
        })
    };
    services.services.iter().map(parse).collect::<anyhow::Result<_>>().map(Selection)
}

/// Starts.
pub async fn start(global: &Global, services: &Services, ui: &Ui) -> anyhow::Result<Exit> {
    let (project, selection) = (project::name(global, ui)?, selection(services)?);
    apply(global, ui, "start", "started", &project, &|observed| plan::start(&project, observed, &selection)).await
}

/// Stops.
pub async fn stop(global: &Global, services: &Services, ui: &Ui) -> anyhow::Result<Exit> {
    let (project, selection) = (project::name(global, ui)?, selection(services)?);
    apply(global, ui, "stop", "stopped", &project, &|observed| plan::stop(&project, observed, &selection)).await
}

/// Restarts.
pub async fn restart(global: &Global, services: &Services, ui: &Ui) -> anyhow::Result<Exit> {
    let (project, selection) = (project::name(global, ui)?, selection(services)?);
    apply(global, ui, "restart", "restarted", &project, &|observed| plan::restart(&project, observed, &selection)).await
}

/// Removes.
pub async fn down(global: &Global, args: &Down, ui: &Ui) -> anyhow::Result<Exit> {
    let project = project::name(global, ui)?;
    let (engine, site) = reach(global, &project).await?;
    let agreed = match args.remove_orphans {
        true => agreed(&plan::strays(&project, &site.observed), false, ui)?,
        false => BTreeSet::new(),
    };
    let planner = |observed: &Observed| plan::down(&project, observed, args.volumes, &agreed);
    carry_out(global, ui, ("down", "taken down"), &project, &planner, &engine, site).await
}

/// The engine, and one look at what is there.
async fn reach(global: &Global, project: &ProjectName) -> anyhow::Result<(DockerEngine, Site)> {
    let engine = project::connect(global).await?;
    let site = project::look(&engine, project, None, project::engine_is_local(global)).await?;
    Ok((engine, site))
}

async fn apply(
    global: &Global,
    ui: &Ui,
    command: &'static str,
    done: &str,
    project: &ProjectName,
    planner: Planner<'_>,
) -> anyhow::Result<Exit> {
    let (engine, site) = reach(global, project).await?;
    carry_out(global, ui, (command, done), project, planner, &engine, site).await
}

/// Carries the plan out; told as the command and what came of it.
async fn carry_out(
    global: &Global,
    ui: &Ui,
    (command, done): (&'static str, &str),
    project: &ProjectName,
    planner: Planner<'_>,
    engine: &dyn Engine,
    site: Site,
) -> anyhow::Result<Exit> {
    let plan = planner(&site.observed)?;
    let change = Change {
        engine,
        local: project::engine_is_local(global),
        project,
        stack: None,
        provided: None,
        images: &BTreeMap::new(),
        release: false,
        rollback_of: None,
        command,
        plan: planner,
    };
    let outcome = change.apply(ui, site, plan).await?;
    say(ui, project, command, done, &outcome);
    Ok(Exit::Ok)
}

fn say(ui: &Ui, project: &ProjectName, command: &str, done: &str, outcome: &Outcome) {
    let changed = matches!(outcome, Outcome::Done(_, plan) if !plan.is_empty());
    if ui.json() {
        ui.line(&serde_json::json!({
            "event": "finished", "schema": 1, "project": project, "command": command, "changed": changed,
        }));
        return;
    }
    let sign = ui.err().good("✓");
    match outcome {
        Outcome::Done(finished, _) => ui.say(&format!("{sign} {project}: {done} in {}", ui::duration(finished.took))),
        Outcome::Nothing => ui.say(&format!("{sign} {project}: nothing to change")),
    }
}

/// Runs the migration again.
pub async fn migrate(global: &Global, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None)?;
    let stack = &loaded.stack;
    let engine = project::connect(global).await?;
    let site = project::look(&engine, &stack.project, Some(stack), project::engine_is_local(global)).await?;
    let provided = project::provide(&engine, stack, site.opened.as_ref()).await?;
    let options = DeployOptions { pulled: true, ..DeployOptions::default() };
    let planner = |observed: &Observed| plan::migrate(stack, observed, &provided.contents, &options);
    let plan = planner(&site.observed)?;
    let change = Change {
        engine: &engine,
        local: project::engine_is_local(global),
        project: &stack.project,
        stack: Some(stack),
        provided: Some(&provided),
        images: &BTreeMap::new(),
        release: false,
        rollback_of: None,
        command: "migrate",
        plan: &planner,
    };
    let outcome = change.apply(ui, site, plan).await?;
    say(ui, &stack.project, "migrate", "migrated and verified", &outcome);
    Ok(Exit::Ok)
}
