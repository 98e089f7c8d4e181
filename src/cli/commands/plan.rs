//! `plan`: what deploy would do, and why.

use crate::cli::{
    Exit,
    args::{Global, PlanArgs},
    project,
};
use crate::plan::{self, DeployOptions, Plan};
use crate::ui::{self, Ui};

/// Shows the plan.
pub async fn run(global: &Global, args: &PlanArgs, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, args.version.as_deref())?;
    let stack = &loaded.stack;
    let engine = project::connect(global).await?;
    let site = project::look(&engine, &stack.project, Some(stack), project::engine_is_local(global)).await?;
    let provided = project::provide(&engine, stack, site.opened.as_ref()).await?;
    let plan = plan::deploy(stack, &site.observed, &provided.contents, &DeployOptions::default())?;
    show(ui, &plan);
    Ok(if args.exit_code && !plan.is_empty() { Exit::ChangesPending } else { Exit::Ok })
}

/// Prints a plan, as data.
pub fn show(ui: &Ui, plan: &Plan) {
    if ui.json() {
        ui.document(&serde_json::json!({"schema": 1, "changes": !plan.is_empty(), "plan": plan}));
        return;
    }
    if !plan.steps.is_empty() {
        ui.data(&plan.to_text());
    }
    let version = plan.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    ui.data(&format!("{}{version}: {}", plan.project, ui::plan_summary(plan)));
}
