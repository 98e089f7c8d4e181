//! Services in the order of what waits for what; in each, what is missing first, then what is to be replaced.

use std::collections::{BTreeMap, BTreeSet};

use super::{Deploy, Rest, finish::leftover, names::Settlement, order};
use crate::model::{ContainerState, DependencyCondition, Health, Service, ServiceName};
use crate::plan::{
    PlanError, StepId,
    place::{Maker, Place, Up},
};

/// The steps of one service that others may wait for.
#[derive(Default)]
pub(super) struct Milestones {
    pub(super) started: Vec<StepId>,
    pub(super) healthy: Vec<StepId>,
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

    pub(super) fn note(&mut self, up: &Up) {
        self.started.extend(up.started);
        self.healthy.extend(up.healthy);
    }
}

/// What the steps of a service's replicas wait for.
pub(super) struct Gates {
    /// Before one can be created: networks, volumes, files.
    pub(super) create: Vec<StepId>,
    /// Before one can be started: what it depends on.
    pub(super) start: Vec<StepId>,
    /// Before what runs may be disturbed: migrations, and the replicas before it.
    pub(super) disturb: Vec<StepId>,
    /// It is restarted with something that it depends on: why, and after what.
    with: Option<(String, Vec<StepId>)>,
}

impl<'a> Deploy<'a> {
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
        self.ingress_last(&mut order);
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
            let mut disturb = if before_migration.contains(&service.name) { Vec::new() } else { migrations.clone() };
            if self.ingress.is_some_and(|(s, _)| s.name == service.name) {
                // It goes on taking in traffic while the others are replaced.
                disturb.extend(self.routing.last);
            }
            let milestones = self.replicas(service, Gates { create: ready.to_vec(), start: waits, disturb, with }, &mut rest);
            reached.insert(&service.name, milestones);
        }
        Ok(rest)
    }

    /// The ingress comes when everything that it sends requests to has been replaced, unless something waits for it.
    fn ingress_last(&self, order: &mut Vec<&'a Service>) {
        let Some((ingress, _)) = self.ingress else { return };
        let waited = order.iter().any(|s| s.depends_on.contains_key(&ingress.name));
        if !waited && let Some(at) = order.iter().position(|s| s.name == ingress.name) {
            let ingress = order.remove(at);
            order.push(ingress);
        }
    }

    /// A replica's place.
    pub(super) fn place(&self, service: &Service, number: u32) -> Place<'a> {
        let there = self.there(&service.name, &["service", "job"]);
        let in_place: Vec<_> = there.into_iter().filter(|c| c.number() == Some(number)).collect();
        let spec = self.spec(service, number, "service");
        let image = self.observed.images.get(&service.image.to_string());
        Place::of(spec, &in_place, image)
    }

    /// What makes this service's containers; `window` is for those that replace others.
    pub(super) fn maker<'m>(&'m mut self, service: &'m Service, window: std::time::Duration) -> Maker<'m, 'a> {
        let patience = self.patience(service);
        Maker { builder: &mut self.builder, project: &self.stack.project, observed: self.observed, service, patience, window }
    }

    fn replicas(&mut self, service: &'a Service, mut gates: Gates, rest: &mut Rest) -> Milestones {
        let mut milestones = Milestones::default();
        let mut outdated = Vec::new();
        // What is missing comes first: it can serve while the others are replaced.
        for number in 1..=service.replicas {
            let place = self.place(service, number);
            self.note_made(&place.spec);
            self.maker(service, std::time::Duration::ZERO).mend_restart(&place);
            if place.replaces() {
                outdated.push((number, place));
                continue;
            }
            let up = self.fill(service, number, &place, &gates);
            // The next one is touched when this one is healthy.
            gates.disturb.extend(up.healthy);
            milestones.note(&up);
            self.runs(&service.name, &up.container);
            rest.settlements.push(Settlement::of(&place, up.container));
        }
        self.replace(service, outdated, gates, &mut milestones, rest);
        let there = self.there(&service.name, &["service", "job"]);
        let extra = there.iter().filter(|c| c.number().is_none_or(|n| n > service.replicas || n == 0));
        rest.leftovers.extend(extra.map(|c| leftover(c, service, "it is one replica too many")));
        milestones
    }

    /// A replica in whose place nothing else runs.
    fn fill(&mut self, service: &Service, number: u32, place: &Place<'_>, gates: &Gates) -> Up {
        let health = place.wanted.map(|c| self.observed.kept.health_of(c));
        let runs = place.wanted.is_some_and(|c| matches!(c.state, ContainerState::Running { .. }));
        let mut maker = self.maker(service, std::time::Duration::ZERO);
        let (container, created) = maker.create(place, &gates.create);
        let mut before: Vec<StepId> = gates.start.iter().copied().chain(created).collect();
        if runs && health == Some(Health::Unhealthy) {
            before.extend(&gates.disturb);
        } else if runs && let Some((cause, with)) = &gates.with {
            before.extend(gates.disturb.iter().chain(with));
            return self.restart(service, number, &container, cause, before);
        }
        maker.run(place, container, before)
    }

    /// Restarts a replica that is as it should be, without a request lost where others of its service serve.
    fn restart(&mut self, service: &Service, number: u32, container: &str, cause: &str, before: Vec<StepId>) -> Up {
        let replica = (service.name.clone(), number);
        let (before, apart) = self.set_apart(&replica, before);
        let mut up = self.maker(service, std::time::Duration::ZERO).restart(container, cause, before);
        if apart {
            let cause = format!("{container} has the requests again");
            let ready: Vec<_> = up.healthy.into_iter().collect();
            // Whoever waits for it waits until it serves.
            up.healthy = self.swap(&[replica], false, &cause, &ready).or(up.healthy);
        }
        up
    }
}
