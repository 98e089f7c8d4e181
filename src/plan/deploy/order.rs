//! Who comes after whom.

use std::collections::BTreeSet;

use crate::model::{Service, ServiceName, Stack};
use crate::plan::PlanError;

/// Services in an order in which each comes after what it waits for.
pub(super) fn start_order(stack: &Stack) -> Result<Vec<&Service>, PlanError> {
    let mut order = Vec::new();
    let mut placed = BTreeSet::new();
    while order.len() < stack.services.len() {
        let ready: Vec<_> = stack
            .services
            .values()
            .filter(|s| !placed.contains(&s.name))
            .filter(|s| s.depends_on.keys().all(|d| placed.contains(d) || !stack.services.contains_key(d)))
            .collect();
        if ready.is_empty() {
            let left: Vec<_> = stack.services.keys().filter(|name| !placed.contains(*name)).map(ToString::to_string).collect();
            return Err(PlanError::Cycle(left.join(", ")));
        }
        placed.extend(ready.iter().map(|s| s.name.clone()));
        order.extend(ready);
    }
    Ok(order)
}

/// Everything that a service needs, directly or through others.
pub(super) fn needs(stack: &Stack, name: &ServiceName, found: &mut BTreeSet<ServiceName>) {
    if let Some(service) = stack.services.get(name) {
        for dependency in service.depends_on.keys() {
            if found.insert(dependency.clone()) {
                needs(stack, dependency, found);
            }
        }
    }
}
