//! `check`: whether everything that a deploy needs is there.

use crate::cli::{
    Exit,
    args::Global,
    project::{self, Site},
};
use crate::compose::Diagnostics;
use crate::engine::{Engine, EngineError};
use crate::model::Stack;
use crate::preflight::{self, Facts, LocalHost, Report};
use crate::ui::{self, Ui};

/// Runs every check.
pub async fn run(global: &Global, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None);
    let (stack, problem) = match &loaded {
        Ok(loaded) => (Some(&loaded.stack), None),
        Err(error) => (None, Some(error.downcast_ref::<Diagnostics>().map_or_else(|| error.to_string(), ToString::to_string))),
    };
    let engine = project::connect(global).await.map_err(|error| error.0);
    let site = match (&engine, stack) {
        (Ok(engine), Some(stack)) => {
            Some(project::look(engine, &stack.project, Some(stack), project::engine_is_local(global)).await?)
        }
        _ => None,
    };
    let engine = engine.as_ref().map(|engine| engine as &dyn Engine).map_err(Clone::clone);
    let report = report(global, engine, stack, problem, site.as_ref()).await;
    if ui.json() {
        ui.document(&serde_json::json!({"schema": 1, "ready": !report.failed(), "findings": report.findings}));
    } else {
        ui.data(&ui::checks(ui, &report));
    }
    Ok(if report.failed() { Exit::Preflight } else { Exit::Ok })
}

/// The findings of every check.
pub async fn report(
    global: &Global,
    engine: Result<&dyn Engine, EngineError>,
    stack: Option<&Stack>,
    stack_problem: Option<String>,
    site: Option<&Site>,
) -> Report {
    let info = match (engine, site) {
        (_, Some(site)) => Ok(site.observed.engine.clone()),
        (Ok(engine), None) => engine.info().await,
        (Err(error), _) => Err(error),
    };
    let host = LocalHost;
    // A socket may be forwarded: the engine is this machine's when it says the same name.
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let local = project::engine_is_local(global) && info.as_ref().map_or(true, |info| info.host == name);
    let mut facts = Facts::new(&host, info, local, project::directory(global));
    facts.stack = stack;
    facts.stack_problem = stack_problem;
    if let Some(stack) = stack {
        facts.secrets = project::secret_problems(stack, site.and_then(|s| s.opened.as_ref()));
    }
    if let Some(site) = site {
        facts.note_own_ports(&site.observed.containers);
        facts.images = site.observed.images.keys().cloned().collect();
    }
    preflight::run_all(&facts).await
}
