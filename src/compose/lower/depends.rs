//! `depends_on` (Compose specification, "depends_on").

use std::collections::BTreeMap;

use super::fields::At;
use super::{Context, Declared};
use crate::model::{Dependency, DependencyCondition, ServiceName};

const CONDITIONS: &[(&str, DependencyCondition)] = &[
    ("service_started", DependencyCondition::Started),
    ("service_healthy", DependencyCondition::Healthy),
    ("service_completed_successfully", DependencyCondition::CompletedSuccessfully),
];

/// What a service waits for: a list of names, or a map with conditions.
pub(super) fn depends_on(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<ServiceName, Dependency> {
    let mut found = BTreeMap::new();
    if at.node.as_map().is_none() {
        for item in at.items(cx.report).unwrap_or_default() {
            let Some(name) = item.text(cx.report) else { continue };
            let dependency = Dependency { condition: DependencyCondition::Started, restart: false, required: true };
            add(cx, &item, &name, dependency, &mut found);
        }
        return found;
    }
    for (entry, value) in at.entries(cx.report).unwrap_or_default() {
        let Some(mut fields) = value.fields(cx.report) else { continue };
        let condition = fields.require(cx.report, "condition").and_then(|v| v.word(cx.report, CONDITIONS));
        let restart = fields.take("restart").and_then(|v| v.bool(cx.report)).unwrap_or(false);
        let required = fields.take("required").and_then(|v| v.bool(cx.report)).unwrap_or(true);
        fields.finish(cx.report, &[], false);
        if let Some(condition) = condition {
            add(cx, &value, &entry.key, Dependency { condition, restart, required }, &mut found);
        }
    }
    found
}

fn add(cx: &mut Context<'_>, at: &At<'_>, name: &str, dependency: Dependency, to: &mut BTreeMap<ServiceName, Dependency>) {
    if !dependency.required && !cx.declared.services.contains(name) {
        cx.report.warning(at.spot(), &at.key, format!("the service `{name}` is not declared, nothing waits for it"), None);
        return;
    }
    if cx.dangling(at, "service", name, |declared: &Declared| &declared.services) {
        return;
    }
    // A name that is declared and no valid name is in the report already.
    if let Ok(name) = name.parse() {
        to.insert(name, dependency);
    }
}
