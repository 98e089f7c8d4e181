//! Services in the order of what waits for what, each replica in its turn.

use std::collections::{BTreeMap, BTreeSet};

use super::{Deploy, Rest, order};
use crate::model::{DependencyCondition, ObservedContainer, Service, ServiceName};
use crate::plan::{
    PlanError, StepId,
    slot::{Gates, Leftover, Slot, is_active},
};

/// The steps of one service that others may wait for.
#[derive(Default)]
struct Milestones {
    started: Vec<StepId>,
    healthy: Vec<StepId>,
    completed: Vec<StepId>,
}

impl Milestones {
    fn of(&self, condition: DependencyCondition) -> &[StepId] {
        match condition {
            DependencyCondition::Started => &self.started,
            DependencyCondition::Healthy => &self.healthy,
            DependencyCondition::CompletedSuccessfully => &self.completed,
        }
    }
}

impl Deploy<'_> {
    /// Plans every service; `ready` is what a container waits for before it can be created.
    pub(super) fn services(&mut self, ready: &[StepId]) -> Result<Rest, PlanError> {
        let mut migrations: Vec<StepId> = Vec::new();
        let mut before_migration = BTreeSet::new();
        for service in self.stack.services.values().filter(|s| s.migration.is_some()) {
            order::needs(self.stack, &service.name, &mut before_migration);
        }
        // Jobs before the rest of their generation, so that everything that is replaced can wait for migrations.
        let mut order = order::start_order(self.stack)?;
        order.retain(|s| self.in_scope(&s.name));
        order.sort_by_key(|s| !(before_migration.contains(&s.name) || s.migration.is_some()));

        let mut reached: BTreeMap<&ServiceName, Milestones> = BTreeMap::new();
        let mut rest = Rest::default();
        for service in order {
            let dependencies = || service.depends_on.iter().filter_map(|(name, d)| Some((name, d, reached.get(name)?)));
            let waits: Vec<_> = dependencies().flat_map(|(_, d, m)| m.of(d.condition)).copied().collect();
            if service.is_job(self.stack) {
                let steps = self.job(service, ready, &waits, &mut rest);
                if service.migration.is_some() {
                    migrations.extend(&steps);
                }
                // That it has started or is healthy says less of a job than that it is done.
                let milestones = Milestones { started: steps.clone(), healthy: steps.clone(), completed: steps };
                reached.insert(&service.name, milestones);
                continue;
            }
            // `depends_on: {restart: true}`
            let with = dependencies().find(|(_, d, m)| d.restart && !m.started.is_empty());
            let with = with.map(|(name, _, m)| (format!("it restarts with `{name}`"), m.healthy.clone()));
            let disturb = if before_migration.contains(&service.name) { Vec::new() } else { migrations.clone() };
            let milestones = self.replicas(service, Gates { create: ready.to_vec(), start: waits, disturb, with }, &mut rest);
            reached.insert(&service.name, milestones);
        }
        Ok(rest)
    }

    /// One after the other where something serves already, all at once where nothing does.
    fn replicas(&mut self, service: &Service, mut gates: Gates, rest: &mut Rest) -> Milestones {
        let all = self.there(&service.name, &["service", "job"]);
        let in_place = |number: u32| all.iter().filter(|c| c.number() == Some(number)).copied().collect::<Vec<_>>();
        let mut numbers: Vec<_> = (1..=service.replicas).collect();
        // What is missing comes first: it can serve while the others are replaced.
        numbers.sort_by_key(|n| in_place(*n).iter().any(|c| is_active(c)));
        let (patience, mut milestones) = (self.patience(service), Milestones::default());
        for number in numbers {
            let spec = self.spec(service, number, "service");
            self.note_made(&spec);
            let (builder, observed) = (&mut self.builder, self.observed);
            let slot = Slot { builder, observed, service, spec: &spec, gates: &gates, patience };
            let outcome = slot.reconcile(&in_place(number));
            // The next one is touched when this one is healthy.
            gates.disturb.extend(outcome.healthy);
            milestones.started.extend(outcome.started);
            milestones.healthy.extend(outcome.healthy);
            rest.leftovers.extend(outcome.leftovers);
            rest.renames.extend(outcome.rename);
        }
        let extra = all.iter().filter(|c| c.number().is_none_or(|n| n > service.replicas || n == 0));
        rest.leftovers.extend(extra.map(|c| too_many(c, service)));
        milestones
    }
}

fn too_many(container: &ObservedContainer, service: &Service) -> Leftover {
    Leftover {
        container: container.name.clone(),
        running: is_active(container).then_some(service.stop_grace_period),
        cause: "it is one replica too many",
    }
}
