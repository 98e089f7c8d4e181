//! Who gets the traffic while replicas are replaced: the upstream file after each swap, in full.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Deploy;
use crate::ingress::{
    render::{self, Server},
    trial,
};
use crate::model::{Health, ObservedContainer, ServiceName, ingress_volume};
use crate::plan::{Action, StepId, place::is_active};

/// A replica as the ingress knows it.
pub(super) type Replica = (ServiceName, u32);

/// The ingress that runs, and what it has.
#[derive(Debug, Default)]
pub(super) struct Routing {
    /// The container that takes in the traffic now and the path of its upstream file; `None` when none does.
    live: Option<(String, String)>,
    /// Where the requests of each replica go now.
    serving: BTreeMap<Replica, Ipv4Addr>,
    /// What the file holds now; `None` when it is not known.
    text: Option<String>,
    /// The last swap; the next one builds on it.
    pub(super) last: Option<StepId>,
}

impl Deploy<'_> {
    /// Finds the ingress that runs and the replicas that it sends requests to.
    pub(super) fn find_routing(&mut self) {
        let (Some((service, ingress)), Some((directory, name))) = (self.ingress, self.upstream_file()) else { return };
        let volume = ingress_volume(&self.stack.project);
        let own = self.there(&service.name, &["service"]);
        let live = own.into_iter().find(|c| c.state.is_running() && c.volumes.contains(&volume));
        let live = live.map(|c| (c.name.clone(), format!("{directory}/{name}")));
        let text = self.observed.kept.upstreams.clone();
        let known = |address: Ipv4Addr| text.as_deref().is_none_or(|text| text.contains(&format!("server {address}:")));
        let good = |c: &ObservedContainer| is_active(c) && self.observed.kept.health_of(c) != Health::Unhealthy;
        let mut serving = BTreeMap::new();
        for route in &ingress.routes {
            for container in self.there(&route.service, &["service"]).into_iter().filter(|c| good(c)) {
                let Some(number) = container.number() else { continue };
                for address in container.fixed_addresses.values().filter(|a| known(**a)) {
                    serving.insert((route.service.clone(), number), *address);
                }
            }
        }
        self.routing = Routing { live, serving, text, last: None };
    }

    /// Whether requests reach this service through an ingress that runs.
    pub(super) fn is_routed(&self, service: &ServiceName) -> bool {
        let routes = self.ingress.is_some_and(|(_, i)| i.routes.iter().any(|r| r.service == *service));
        self.routing.live.is_some() && routes && self.addresses.keys().any(|(name, _)| name == service)
    }

    /// The address at which a planned replica will be.
    pub(super) fn address_of(&self, replica: &Replica) -> Option<Ipv4Addr> {
        self.addresses.get(replica).and_then(|by_network| by_network.values().next().copied())
    }

    /// Where the requests of a replica go now.
    pub(super) fn serving(&self, replica: &Replica) -> Option<Ipv4Addr> {
        self.routing.serving.get(replica).copied()
    }

    /// Where the requests of a service go now.
    pub(super) fn serving_addresses(&self, service: &ServiceName) -> Vec<Ipv4Addr> {
        self.routing.serving.iter().filter(|((name, _), _)| name == service).map(|(_, address)| *address).collect()
    }

    /// How many replicas of a service get requests now.
    pub(super) fn serving_count(&self, service: &ServiceName) -> usize {
        self.routing.serving.keys().filter(|(name, _)| name == service).count()
    }

    /// Sends the requests of these replicas to their planned addresses (`away`: nowhere for now), in one swap after `after`.
    /// `None` when no ingress runs, or it has that already.
    pub(super) fn swap(&mut self, moves: &[Replica], away: bool, cause: &str, after: &[StepId]) -> Option<StepId> {
        let before = self.before();
        let mut joined = Vec::new();
        for replica in moves {
            let to = self.address_of(replica).filter(|_| !away);
            let old = match to {
                Some(to) => self.routing.serving.insert(replica.clone(), to),
                None => self.routing.serving.remove(replica),
            };
            joined.extend(to.filter(|to| Some(*to) != old));
        }
        let text = self.render(&self.routing.serving, &[])?;
        self.put(text, before, joined, cause, after)
    }

    /// Waits until no request to these addresses is under way.
    pub(super) fn drain(&mut self, addresses: Vec<Ipv4Addr>, after: &[StepId]) -> Option<StepId> {
        let (container, _) = self.routing.live.clone().filter(|_| !addresses.is_empty())?;
        let action = Action::Drain { container, addresses, limit: self.drain_limit() };
        Some(self.builder.add(action, "what they have begun they shall finish", after.iter().copied()))
    }

    /// What the ingress has now, as far as it can be told.
    fn before(&self) -> Option<String> {
        self.routing.text.clone().or_else(|| self.render(&self.routing.serving, &[]))
    }

    /// Puts `text` before the ingress; when a later step fails, `before` again, and `joined` finish what they have begun.
    fn put(
        &mut self,
        text: String,
        before: Option<String>,
        joined: Vec<Ipv4Addr>,
        cause: &str,
        after: &[StepId],
    ) -> Option<StepId> {
        let (container, path) = self.routing.live.clone()?;
        if self.routing.text.as_ref() == Some(&text) {
            return None;
        }
        let waits: Vec<_> = after.iter().copied().chain(self.routing.last).collect();
        let switch = |content: String| Action::SwitchUpstreams { container: container.clone(), path: path.clone(), content };
        let id = self.builder.add(switch(text.clone()), cause, waits);
        let mut back: Vec<_> = before.map(switch).into_iter().collect();
        if !joined.is_empty() {
            back.push(Action::Drain { container, addresses: joined, limit: self.drain_limit() });
        }
        self.builder.undo(id, back);
        self.routing.text = Some(text);
        self.routing.last = Some(id);
        Some(id)
    }

    /// Puts the file that leads to every replica before the ingress, when it has another one.
    pub(super) fn swap_to_final(&mut self, cause: &str, after: &[StepId]) -> Option<StepId> {
        let (before, text) = (self.before(), self.upstreams.clone()?);
        self.put(text, before, Vec::new(), cause, after)
    }

    /// Gives a new replica a share of its service's requests, beside all that serve now.
    pub(super) fn share(&mut self, service: &ServiceName, new: Ipv4Addr, percent: u8, after: &[StepId]) -> Option<StepId> {
        let before = self.before();
        let text = self.render(&self.routing.serving, &[(service.clone(), new, percent)])?;
        let text = format!("{}{text}", trial::directives());
        self.put(text, before, vec![new], &format!("{percent} % of the requests are its trial"), after)
    }

    /// The container that takes in the traffic now.
    pub(super) fn ingress_container(&self) -> Option<String> {
        self.routing.live.as_ref().map(|(container, _)| container.clone())
    }

    /// A container of the service runs from now on; when it is the ingress's, it takes in the traffic.
    pub(super) fn runs(&mut self, service: &ServiceName, container: &str) {
        self.running.insert(service.clone(), container.to_owned());
        let (Some((ingress, _)), Some((directory, name))) = (self.ingress, self.upstream_file()) else { return };
        if ingress.name == *service {
            self.routing.live = Some((container.to_owned(), format!("{directory}/{name}")));
        }
    }

    /// Addresses that get requests now and will not in the end.
    pub(super) fn leaving(&self) -> Vec<Ipv4Addr> {
        let gone = |(replica, address): &(&Replica, &Ipv4Addr)| self.address_of(replica) != Some(**address);
        self.routing.serving.iter().filter(gone).map(|(_, address)| *address).collect()
    }

    /// The upstream file that leads to these; a service none of whose replicas serves leads to where it will.
    fn render(&self, serving: &BTreeMap<Replica, Ipv4Addr>, trials: &[(ServiceName, Ipv4Addr, u8)]) -> Option<String> {
        let (_, ingress) = self.ingress?;
        let servers = ingress.routes.iter().map(|route| {
            let now: Vec<_> = serving.iter().filter(|((name, _), _)| *name == route.service).map(|(_, a)| *a).collect();
            let planned = || self.planned_addresses(&route.service);
            let addresses = if now.is_empty() { planned() } else { now };
            match trials.iter().find(|(name, ..)| *name == route.service) {
                Some((_, new, percent)) => render::with_share(&addresses, *new, *percent),
                None => servers(&addresses, &route.service),
            }
        });
        Some(render::upstreams(&ingress.routes, &servers.collect::<Vec<_>>(), self.observed.kept.maintenance.as_ref()))
    }

    /// The addresses that a service's replicas will have.
    pub(super) fn planned_addresses(&self, service: &ServiceName) -> Vec<Ipv4Addr> {
        let replicas = self.stack.services.get(service).map_or(0, |s| s.replicas);
        (1..=replicas).filter_map(|n| self.address_of(&(service.clone(), n))).collect()
    }

    fn drain_limit(&self) -> std::time::Duration {
        self.ingress.map(|(_, ingress)| ingress.drain).unwrap_or_default()
    }
}

/// Without fixed addresses the service's name is all that is known before its containers run.
pub(super) fn servers(addresses: &[Ipv4Addr], service: &ServiceName) -> Vec<Server> {
    if addresses.is_empty() {
        vec![Server::new(service.as_str())]
    } else {
        addresses.iter().map(|a| Server::new(a.to_string())).collect()
    }
}
