//! `deploy` (Compose specification, "Deploy"): replicas and resources count, the way of an update is only checked.

use super::Context;
use super::fields::At;
use super::resources::{self, Limits};
use crate::compose::keys;

/// What `deploy` gives.
#[derive(Default)]
pub(super) struct Deploy<'a> {
    /// How many containers.
    pub(super) replicas: Option<(At<'a>, u32)>,
    /// Limits and reservations.
    pub(super) limits: Limits<'a>,
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
        update_config(cx, &update);
    }
    fields.finish(cx.report, keys::DEPLOY, false);
    Some(deploy)
}

fn update_config(cx: &mut Context<'_>, at: &At<'_>) -> Option<()> {
    let mut fields = at.fields(cx.report)?;
    if let Some(parallelism) = fields.take("parallelism") {
        parallelism.integer::<u32>(cx.report);
    }
    for key in ["delay", "monitor"] {
        if let Some(duration) = fields.take(key) {
            duration.duration(cx.report);
        }
    }
    if let Some(action) = fields.take("failure_action") {
        action.word(cx.report, &[("continue", ()), ("pause", ()), ("rollback", ())]);
    }
    if let Some(order) = fields.take("order") {
        order.word(cx.report, &[("start-first", ()), ("stop-first", ())]);
    }
    if let Some(ratio) = fields.take("max_failure_ratio") {
        let number = ratio.scalar(cx.report).and_then(|text| text.parse::<f64>().ok());
        if !number.is_some_and(|n| (0.0..=1.0).contains(&n)) {
            ratio.error(cx.report, "expected a number from 0 to 1");
        }
    }
    fields.finish(cx.report, &[], false);
    cx.report.warning(at.spot(), &at.key, "`update_config` is not used yet", None);
    Some(())
}
