//! `deploy` (Compose specification, "Deploy"): replicas, resources, and how replicas are replaced.

use super::Context;
use super::fields::At;
use super::resources::{self, Limits};
use crate::compose::keys;
use crate::model::{UpdateConfig, UpdateOrder};

/// What `deploy` gives.
#[derive(Default)]
pub(super) struct Deploy<'a> {
    /// How many containers.
    pub(super) replicas: Option<(At<'a>, u32)>,
    /// Limits and reservations.
    pub(super) limits: Limits<'a>,
    /// How replicas are replaced.
    pub(super) update: UpdateConfig,
}

/// Reads `deploy`.
pub(super) fn deploy<'a>(cx: &mut Context<'_>, at: &At<'a>) -> Option<Deploy<'a>> {
    let mut fields = at.fields(cx.report)?;
    let mut deploy = Deploy::default();
    if let Some(replicas) = fields.take("replicas") {
        deploy.replicas = replicas.integer(cx.report).map(|count| (replicas, count));
    }
    if let Some(resources) = fields.take("resources") {
        deploy.limits = resources::deployed(cx, &resources).unwrap_or_default();
    }
    if let Some(update) = fields.take("update_config") {
        deploy.update = update_config(cx, &update).unwrap_or_default();
    }
    fields.finish(cx.report, keys::DEPLOY, false);
    Some(deploy)
}

fn update_config(cx: &mut Context<'_>, at: &At<'_>) -> Option<UpdateConfig> {
    let mut fields = at.fields(cx.report)?;
    let parallelism = fields.take("parallelism").and_then(|v| v.integer(cx.report));
    let delay = fields.take("delay").and_then(|v| v.duration(cx.report));
    let monitor = fields.take("monitor").and_then(|v| v.duration(cx.report));
    if let Some(action) = fields.take("failure_action")
        && let Some(false) = action.word(cx.report, &[("continue", false), ("pause", false), ("rollback", true)])
    {
        let text = "an update that fails is always rolled back";
        cx.report.warning(action.spot(), &action.key, text, Some("write `failure_action: rollback`"));
    }
    let orders = [("start-first", UpdateOrder::StartFirst), ("stop-first", UpdateOrder::StopFirst)];
    let order = fields.take("order").and_then(|v| v.word(cx.report, &orders));
    if let Some(ratio) = fields.take("max_failure_ratio") {
        let number = ratio.scalar(cx.report).and_then(|text| text.parse::<f64>().ok());
        if !number.is_some_and(|n| (0.0..=1.0).contains(&n)) {
            ratio.error(cx.report, "expected a number from 0 to 1");
        } else if number > Some(0.0) {
            let text = "one replica that fails makes the whole update fail";
            cx.report.warning(ratio.spot(), &ratio.key, text, Some("remove the key"));
        }
    }
    fields.finish(cx.report, &[], false);
    Some(UpdateConfig { parallelism, delay, monitor, order })
}
