//! Replicas that run are replaced, batch by batch: by start-first with the traffic switched in between, or stop-first
//! where two generations cannot run side by side.

use std::net::Ipv4Addr;

use super::{
    Deploy, Rest,
    names::Settlement,
    routing::Replica,
    services::{Gates, Milestones},
};
use crate::model::{ObservedContainer, Service};
use crate::plan::{
    Action, StepId,
    place::{Place, Up},
    rollout::Order,
};

type Batch<'b, 'a> = &'b [(u32, Place<'a>)];

impl<'a> Deploy<'a> {
    /// Replaces what runs in these places.
    pub(super) fn replace(
        &mut self,
        service: &'a Service,
        places: Vec<(u32, Place<'a>)>,
        mut gates: Gates,
        milestones: &mut Milestones,
        rest: &mut Rest,
    ) {
        let options = self.options;
        let strategy = options.way.strategy();
        let (order, delay) = (strategy.order(service), strategy.delay(service));
        let trial = strategy.trial().filter(|_| self.is_routed(&service.name) && order == Order::StartFirst);
        let batches: Vec<_> = places.chunks(strategy.batch(service)).collect();
        let count = batches.len();
        for (index, batch) in batches.iter().copied().enumerate() {
            let window = strategy.window(service);
            let later: Vec<_> = batches.iter().skip(index + 1).flat_map(|batch| self.old_addresses(batch)).collect();
            let (ups, next) = match &order {
                Order::StartFirst => self.start_first(service, batch, &later, &gates, window, trial.filter(|_| index == 0)),
                Order::StopFirst(why) => self.stop_first(service, batch, &later, &gates, window, why),
            };
            // The next batch is touched when this one is done.
            gates.disturb.extend(next);
            if !delay.is_zero() && index + 1 < count {
                let pause = Action::Pause { service: service.name.clone(), span: delay };
                let after = gates.disturb.clone();
                gates.disturb.push(self.builder.add(pause, format!("its update_config says {} s", delay.as_secs()), after));
            }
            for ((_, place), up) in batch.iter().zip(ups) {
                milestones.note(&up);
                self.runs(&service.name, &up.container);
                rest.settlements.push(Settlement::of(place, up.container));
            }
        }
    }

    /// New ones run, are healthy and have the traffic before old ones go; those at `later` go after them. Returns what the next batch waits for.
    fn start_first(
        &mut self,
        service: &Service,
        batch: Batch<'_, 'a>,
        later: &[Ipv4Addr],
        gates: &Gates,
        window: std::time::Duration,
        trial: Option<&crate::plan::Trial>,
    ) -> (Vec<Up>, Vec<StepId>) {
        let mut ups = Vec::new();
        for (_, place) in batch {
            let mut maker = self.maker(service, window);
            let (container, created) = maker.create(place, &gates.create);
            let before = gates.start.iter().chain(&gates.disturb).copied().chain(created).collect();
            ups.push(maker.run(place, container, before));
        }
        let mut ready: Vec<StepId> = ups.iter().filter_map(|up| up.healthy).collect();
        if ready.is_empty() {
            ready.extend(gates.start.iter().chain(&gates.disturb));
        }
        let mut next = ready.clone();
        if self.is_routed(&service.name) {
            let replicas = self.replicas_of(service, batch);
            ready = self.smoke(service, &replicas, &ups, ready);
            if let (Some(trial), Some(replica), Some(up)) = (trial, replicas.first(), ups.first()) {
                ready = self.try_out(service, (replica, &up.container), trial, &ready);
            }
            let cause = format!("{} have the requests from now on", containers(&ups));
            ready.extend(self.swap(&replicas, false, &cause, &ready));
            next.clone_from(&ready);
            ready.extend(self.drain(self.old_addresses(batch), later, &ready));
        }
        let mut gone = Vec::new();
        for ((_, place), up) in batch.iter().zip(&ups) {
            for old in place.active() {
                gone.push(self.maker(service, window).retire(old, makes_way(place, up, None), ready.clone(), &[]));
            }
        }
        // Where no ingress tells them apart, one generation goes before the next replica comes.
        (ups, if self.is_routed(&service.name) { next } else { gone })
    }

    /// Old ones go before new ones come; where others of the service serve, without a request lost.
    fn stop_first(
        &mut self,
        service: &Service,
        batch: Batch<'_, 'a>,
        later: &[Ipv4Addr],
        gates: &Gates,
        window: std::time::Duration,
        why: &str,
    ) -> (Vec<Up>, Vec<StepId>) {
        let mut made = Vec::new();
        let mut before: Vec<StepId> = gates.start.iter().chain(&gates.disturb).copied().collect();
        for (_, place) in batch {
            let (container, created) = self.maker(service, window).create(place, &gates.create);
            before.extend(created);
            made.push(container);
        }
        let routed = self.is_routed(&service.name);
        let replicas = self.replicas_of(service, batch);
        let serve = replicas.iter().filter(|r| self.serving(r).is_some()).count();
        if routed && self.serving_count(&service.name) > serve {
            before.extend(self.swap(&replicas, true, "the others serve while these are replaced", &before));
            before.extend(self.drain(self.old_addresses(batch), later, &before));
        }
        let mut ups = Vec::new();
        let mut stopped = Vec::new();
        for ((_, place), container) in batch.iter().zip(&made) {
            let up = Up { container: container.clone(), started: None, healthy: None };
            for old in place.active() {
                let cause = makes_way(place, &up, Some(why));
                stopped.push(self.maker(service, window).retire(old, cause, before.clone(), &made));
            }
        }
        before.extend(stopped);
        for ((_, place), container) in batch.iter().zip(made) {
            ups.push(self.maker(service, window).run(place, container, before.clone()));
        }
        let mut next: Vec<StepId> = ups.iter().filter_map(|up| up.healthy).collect();
        if routed {
            next = self.smoke(service, &replicas, &ups, next);
            let cause = format!("{} have the requests from now on", containers(&ups));
            next.extend(self.swap(&replicas, false, &cause, &next));
        }
        (ups, next)
    }

    /// New replicas answer what the file asks of them before they get traffic. Returns what to wait for from then on.
    fn smoke(&mut self, service: &Service, replicas: &[Replica], ups: &[Up], after: Vec<StepId>) -> Vec<StepId> {
        let port = self.ingress.and_then(|(_, i)| i.routes.iter().find(|r| r.service == service.name)).map(|r| r.port);
        let (Some(ingress), Some(port)) = (self.ingress_container(), port) else { return after };
        let mut asked = Vec::new();
        for (replica, up) in replicas.iter().zip(ups) {
            let Some(address) = self.address_of(replica) else { continue };
            for smoke in &service.smoke {
                let action = Action::Smoke {
                    ingress: ingress.clone(),
                    service: service.name.clone(),
                    container: up.container.clone(),
                    address,
                    port,
                    smoke: smoke.clone(),
                };
                let cause = format!("it must answer with status {} before it gets requests", smoke.status);
                asked.push(self.builder.add(action, cause, after.iter().copied()));
            }
        }
        if asked.is_empty() { after } else { asked }
    }

    /// A new replica gets a share of the requests, and is compared with the others.
    fn try_out(
        &mut self,
        service: &Service,
        (replica, container): (&Replica, &str),
        trial: &crate::plan::Trial,
        after: &[StepId],
    ) -> Vec<StepId> {
        let route = self.ingress.and_then(|(_, i)| i.routes.iter().find(|r| r.service == service.name));
        let (Some(new), Some(ingress), Some(route)) = (self.address_of(replica), self.ingress_container(), route) else {
            return after.to_vec();
        };
        let stable = self.serving_addresses(&service.name).iter().map(|a| format!("{a}:{}", route.port)).collect();
        let Some(shared) = self.share(&service.name, new, trial.percent, after) else { return after.to_vec() };
        let bake = Action::Bake {
            ingress,
            service: service.name.clone(),
            container: container.to_owned(),
            candidate: format!("{new}:{}", route.port),
            stable,
            span: trial.bake,
            thresholds: trial.thresholds,
        };
        let cause = format!("{} % of the requests for {} s, compared with the others", trial.percent, trial.bake.as_secs());
        vec![self.builder.add(bake, cause, [shared])]
    }

    fn replicas_of(&self, service: &Service, batch: Batch<'_, 'a>) -> Vec<Replica> {
        batch.iter().map(|(number, _)| (service.name.clone(), *number)).collect()
    }

    /// Where requests to those that go may still be under way.
    fn old_addresses(&self, batch: Batch<'_, 'a>) -> Vec<Ipv4Addr> {
        let of = |c: &ObservedContainer| c.fixed_addresses.values().copied().collect::<Vec<_>>();
        batch.iter().flat_map(|(_, place)| place.active().flat_map(of).collect::<Vec<_>>()).collect()
    }
}

fn containers(ups: &[Up]) -> String {
    ups.iter().map(|up| up.container.as_str()).collect::<Vec<_>>().join(", ")
}

/// Why an old container is stopped.
fn makes_way(place: &Place<'_>, up: &Up, stop_first: Option<&str>) -> String {
    let takes = format!("{} takes its place", up.container);
    let changed = place.changed.as_ref().filter(|_| place.wanted.is_none()).map(|c| format!(": {c}")).unwrap_or_default();
    let first = stop_first.map(|why| format!("; stopped first, as {why}")).unwrap_or_default();
    format!("{takes}{changed}{first}")
}
