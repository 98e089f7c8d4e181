//! `deploy` and `update`: bring a release about.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::{
    change::{Change, Outcome, agreed},
    check, next,
};
use crate::cli::{
    Exit,
    args::{Deploy, Global, Rollout},
    error::NotReady,
    project::{self, VERSION_VARIABLE},
};
use crate::engine::Engine;
use crate::model::{Observed, Stack, Thresholds};
use crate::plan::{self, DeployOptions, PlanError, Trial, Way, autoupdate::Hold};
use crate::ui::{self, Ui};

/// What a canary must not exceed: 1 % more failures than the others, of 20 requests at least; twice their 95th percentile,
/// of 100 requests at least.
const THRESHOLDS: Thresholds = Thresholds { errors_permille: 10, p95_percent: 200, requests: 20, requests_for_p95: 100 };

/// What the operator chose of how a release comes about.
pub struct Choices<'a> {
    /// The release; as `.env` says when left out.
    pub version: Option<&'a str>,
    /// Show what would be done, and do nothing.
    pub dry_run: bool,
    /// Get images anew although the engine has some of that name.
    pub refresh: bool,
    /// Images that stay what they are; everything that is to come has been got already.
    pub hold: Option<&'a Hold>,
    /// Remove containers that belong to no service.
    pub remove_orphans: bool,
    /// How replicas that serve are replaced.
    pub rollout: &'a Rollout,
    /// The verb.
    pub command: &'static str,
}

/// `deploy`.
pub async fn run(global: &Global, args: &Deploy, ui: &Ui) -> anyhow::Result<Exit> {
    bring_about(global, &choices(args, false, "deploy"), ui).await
}

/// `update`: without a version, what the tags of the present one lead to by now.
pub async fn update(global: &Global, args: &Deploy, ui: &Ui) -> anyhow::Result<Exit> {
    bring_about(global, &choices(args, args.version.is_none(), "update"), ui).await
}

fn choices<'a>(args: &'a Deploy, refresh: bool, command: &'static str) -> Choices<'a> {
    let Deploy { version, dry_run, remove_orphans, rollout } = args;
    Choices {
        version: version.as_deref(),
        dry_run: *dry_run,
        refresh,
        hold: None,
        remove_orphans: *remove_orphans,
        rollout,
        command,
    }
}

/// Brings a release about.
pub async fn bring_about(global: &Global, choices: &Choices<'_>, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, choices.version)?;
    let stack = &loaded.stack;
    let engine = project::connect(global).await?;
    let mut site = project::look(&engine, &stack.project, Some(stack), project::engine_is_local(global)).await?;
    let nothing = Hold::default();
    let hold = choices.hold.unwrap_or(&nothing);
    site.observed.images.extend(hold.images.clone());
    refuse_what_cannot_work(global, &engine, stack, &site).await?;
    let provided = project::provide(&engine, stack, site.opened.as_ref()).await?;
    let options = DeployOptions {
        patience: choices.rollout.wait_timeout.map(Duration::from_secs),
        way: way(choices.rollout),
        refresh: choices.refresh,
        pulled: choices.hold.is_some(),
        pinned: hold.pinned.clone(),
        no_backup: choices.rollout.no_backup,
        orphans: match choices.remove_orphans {
            true => agreed(&plan::orphans(stack, &site.observed), choices.dry_run, ui)?,
            false => BTreeSet::new(),
        },
    };
    let plan = plan::deploy(stack, &site.observed, &provided.contents, &options)?;
    if choices.dry_run {
        super::plan::show(ui, &plan);
        return Ok(Exit::Ok);
    }
    // What is looked at again has been pulled by then.
    let options = DeployOptions { pulled: true, ..options };
    let change = Change {
        engine: &engine,
        local: project::engine_is_local(global),
        project: &stack.project,
        stack: Some(stack),
        provided: Some(&provided),
        images: &hold.images,
        release: true,
        rollback_of: None,
        command: choices.command,
        plan: &|observed: &Observed| match hold.still_holds(stack, observed) {
            true => plan::deploy(stack, observed, &provided.contents, &options),
            false => Err(PlanError::Overtaken { project: stack.project.clone() }),
        },
    };
    let outcome = change.apply(ui, site, plan).await?;
    if let Some(version) = choices.version {
        keep_version(global, version, ui);
    }
    say(global, ui, stack, &outcome);
    Ok(Exit::Ok)
}

fn way(rollout: &Rollout) -> Way {
    match (rollout.canary, rollout.recreate) {
        (Some(percent), _) => Way::Canary(Trial { percent, bake: rollout.bake, thresholds: THRESHOLDS }),
        (None, true) => Way::Recreate,
        (None, false) => Way::Rolling,
    }
}

/// The checks whose failure means that a deploy cannot work, before anything is touched.
async fn refuse_what_cannot_work(
    global: &Global,
    engine: &dyn Engine,
    stack: &Stack,
    site: &project::Site,
) -> anyhow::Result<()> {
    let report = check::report(global, Ok(engine), Some(stack), None, Some(site)).await;
    if report.failed() { Err(NotReady(report).into()) } else { Ok(()) }
}

/// The version that was deployed is the one that `.env` names from now on: the next plain `deploy` must not go back.
pub fn keep_version(global: &Global, version: &str, ui: &Ui) {
    let file = global.env_file.last().cloned().unwrap_or_else(|| Path::new(".env").to_owned());
    let path = project::directory(global).join(file);
    match crate::cli::dotenv::set(&path, VERSION_VARIABLE, version) {
        Ok(true) => ui.say(&format!("{VERSION_VARIABLE} in {} is {version} now", path.display())),
        Ok(false) => {}
        Err(error) => ui.warn(
            &format!("{version} runs, but {} could not be changed to say so: {error}", path.display()),
            Some(&format!("put {VERSION_VARIABLE}={version} there, or the next deploy goes back")),
        ),
    }
}

fn say(global: &Global, ui: &Ui, stack: &Stack, outcome: &Outcome) {
    let version = stack.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    let (changed, seconds) = match outcome {
        Outcome::Nothing => (false, 0.0),
        Outcome::Done(finished, plan) => (!plan.is_empty(), finished.took.as_secs_f64()),
    };
    if ui.json() {
        ui.line(&serde_json::json!({
            "event": "finished", "schema": 1, "project": stack.project, "version": stack.version,
            "outcome": "healthy", "changed": changed, "seconds": (seconds * 1000.0).round() / 1000.0,
        }));
        return;
    }
    let marks = ui.err();
    match outcome {
        Outcome::Done(finished, plan) if !plan.is_empty() => {
            ui.say(&format!("{} {}{version} is healthy after {}", marks.good("✓"), stack.project, ui::duration(finished.took)));
            for address in addresses(stack) {
                ui.say(&format!("serves at {}", marks.strong(address)));
            }
            ui.say(&format!("next: {}", marks.hint(next(global, "status"))));
        }
        _ => ui.say(&format!("{} {}{version} is as it should be: nothing to change", marks.good("✓"), stack.project)),
    }
}

/// Where the ingress can be reached from the engine's machine.
fn addresses(stack: &Stack) -> Vec<String> {
    let ports = stack.services.values().filter(|s| s.ingress.is_some()).flat_map(|s| s.ports.iter());
    let address = |port: &crate::model::Port| {
        let scheme = match port.target {
            80 => "http",
            443 => "https",
            _ => return None,
        };
        let host = port.host_ip.filter(|ip| !ip.is_unspecified());
        let host =
            host.map_or_else(|| "localhost".to_owned(), |ip| if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
        Some(match (port.published?, scheme) {
            (80, "http") | (443, "https") => format!("{scheme}://{host}"),
            (published, _) => format!("{scheme}://{host}:{published}"),
        })
    };
    ports.filter_map(address).collect()
}
