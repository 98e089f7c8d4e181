//! `rollback`: brings a recorded release back, all of it.

use std::{collections::BTreeSet, time::Duration};

use futures_util::join;

use super::{
    change::{Change, Outcome},
    deploy::keep_version,
    next,
};
use crate::cli::{
    Exit,
    args::{Global, Rollback},
    project::{self, Provided, Site},
};
use crate::model::{Contents, Observed};
use crate::plan::{self, DeployOptions};
use crate::state::{
    Release, ReleaseImages, Standing, Store,
    rollback::{self, RollbackError},
};
use crate::ui::{self, Ui};

/// Rolls back.
pub async fn run(global: &Global, args: &Rollback, ui: &Ui) -> anyhow::Result<Exit> {
    let project = project::name(global, ui)?;
    let local = project::engine_is_local(global);
    let engine = project::connect(global).await?;
    let store = Store::new(&engine, project.clone());
    let look = project::observe(&engine, &project, BTreeSet::new(), local);
    let (everything, observed, lock) = join!(store.everything(), look, Standing::find(&engine, &project));
    let interrupted = lock?.is_some_and(|lock| lock.dead.is_some());
    let everything = everything?.ok_or(RollbackError::NothingDeployed)?;
    let observed = observed?;
    let target = &rollback::way_back(&everything, &project, &observed, args.release.as_deref(), interrupted)?.clone();
    if args.release.is_none() && everything.opened.head.release == Some(target.number) {
        let version = target.version.as_deref().map(|v| format!(" ({v})")).unwrap_or_default();
        let message = format!(
            "a command did not come to its end here, so the current release {}{version} is brought back, and not the one before it",
            target.number
        );
        ui.note(&message, Some("name a release to go to another one: `medianestctl releases` lists them"));
    }
    let chosen = (everything.opened.head.release, everything.opened.head.last);
    let loaded = everything.load(target.number)?;
    let ReleaseImages { there, pinned, .. } = ReleaseImages::find(&engine, target).await?.complete(target.number)?;

    let stack = &loaded.stack;
    let contents = Contents { secrets: loaded.release.secrets.clone(), configs: loaded.release.configs.clone() };
    let provided = Provided { contents, granted: loaded.versions, key: everything.opened.key.clone() };
    let patience = args.wait_timeout.map(Duration::from_secs);
    let options = DeployOptions { patience, pinned, ..DeployOptions::default() };
    let mut site = Site::of(&project, observed, Some(everything.opened));
    site.observed.images.extend(there.clone());
    let planner = |observed: &Observed| plan::way_back(stack, observed, &provided.contents, &options, chosen);
    let plan = planner(&site.observed)?;
    if args.dry_run {
        super::plan::show(ui, &plan);
        return Ok(Exit::Ok);
    }
    let change = Change {
        engine: &engine,
        local,
        project: &project,
        stack: Some(stack),
        provided: Some(&provided),
        images: &there,
        release: true,
        rollback_of: Some(target.number),
        command: "rollback",
        plan: &planner,
    };
    let outcome = change.apply(ui, site, plan).await?;
    if let Some(version) = &target.version
        && project::load(global, ui, Some(version)).is_ok()
    {
        keep_version(global, version, ui);
    }
    say(global, ui, target, &outcome);
    Ok(Exit::Ok)
}

fn say(global: &Global, ui: &Ui, target: &Release, outcome: &Outcome) {
    let changed = matches!(outcome, Outcome::Done(_, plan) if !plan.is_empty());
    let seconds = match outcome {
        Outcome::Done(finished, _) => finished.took.as_secs_f64(),
        Outcome::Nothing => 0.0,
    };
    if ui.json() {
        ui.line(&serde_json::json!({
            "event": "finished", "schema": 1, "command": "rollback", "rollback_of": target.number, "version": target.version,
            "outcome": "healthy", "changed": changed, "seconds": (seconds * 1000.0).round() / 1000.0,
        }));
        return;
    }
    let marks = ui.err();
    let version = target.version.as_deref().map(|v| format!(" ({v})")).unwrap_or_default();
    match outcome {
        Outcome::Done(finished, _) if changed => {
            let took = ui::duration(finished.took);
            ui.say(&format!("{} release {}{version} serves again after {took}", marks.good("✓"), target.number));
            ui.say("the files in the deployment directory are as they were: `medianestctl plan` shows what they would change");
            ui.say(&format!("next: {}", marks.hint(next(global, "status"))));
        }
        _ => ui.say(&format!("{} release {}{version} is what runs: nothing to change", marks.good("✓"), target.number)),
    }
}
