//! `healthcheck` (Compose specification, "healthcheck").

use super::Context;
use super::fields::At;
use crate::compose::document::Value;
use crate::model::{HealthTest, Healthcheck};

/// The health check of a service.
pub(super) fn healthcheck(cx: &mut Context<'_>, at: &At<'_>) -> Option<Healthcheck> {
    let mut fields = at.fields(cx.report)?;
    let disable = fields.take("disable").and_then(|v| v.bool(cx.report)).unwrap_or(false);
    let test = fields.take("test").and_then(|v| test(cx, &v));
    let check = Healthcheck {
        test: if disable { Some(HealthTest::Disabled) } else { test },
        interval: fields.take("interval").and_then(|v| v.duration(cx.report)),
        timeout: fields.take("timeout").and_then(|v| v.duration(cx.report)),
        retries: fields.take("retries").and_then(|v| v.integer(cx.report)),
        start_period: fields.take("start_period").and_then(|v| v.duration(cx.report)),
        start_interval: fields.take("start_interval").and_then(|v| v.duration(cx.report)),
    };
    fields.finish(cx.report, &[], false);
    Some(check)
}

/// The test: a text for the shell, or a list whose first item says how the rest is run. An empty list keeps the
/// image's test.
fn test(cx: &mut Context<'_>, at: &At<'_>) -> Option<HealthTest> {
    if let Value::String(text) = &at.node.value {
        return Some(HealthTest::Shell(text.clone()));
    }
    let texts = at.texts(cx.report)?;
    let (first, rest) = texts.split_first()?;
    match (first.as_str(), rest) {
        ("NONE", _) => Some(HealthTest::Disabled),
        ("CMD", [_, ..]) => Some(HealthTest::Exec(rest.to_vec())),
        ("CMD-SHELL", [text]) => Some(HealthTest::Shell(text.clone())),
        ("CMD", []) => {
            at.error(cx.report, "`CMD` needs a command after it");
            None
        }
        ("CMD-SHELL", _) => {
            at.error_hint(cx.report, "`CMD-SHELL` takes one text", "use `CMD` for a command with arguments");
            None
        }
        _ => {
            let hint = "put `CMD` before the command, or write it as one text for the shell";
            at.error_hint(cx.report, "the list must begin with `NONE`, `CMD` or `CMD-SHELL`", hint);
            None
        }
    }
}
