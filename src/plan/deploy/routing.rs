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

/// What speaks for a container as the one that gets a replica's requests, the weightier first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    /// It is well by evidence.
    proven: bool,
    /// It has the replica's proper name: nobody made it to take the place of another.
    proper: bool,
}

/// The ingress that runs, and what it has.
#[derive(Debug, Default)]
pub(super) struct Routing {
    /// The container that takes in the traffic now and the path of its upstream file; `None` when none does.
    live: Option<(String, String)>,
    /// Where the requests of each replica go now.
    serving: BTreeMap<Replica, Ipv4Addr>,
    /// What the file holds now; `None` when it is not known.
    text: Option<String>,
    /// Every list that some worker may still go by, when that is known: a run that was killed leaves workers with others.
    lists: Option<Vec<BTreeMap<Replica, Ipv4Addr>>>,
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
        // One that was made by another file may have it elsewhere than the one that comes.
        let path = |c: &ObservedContainer| c.upstreams().map_or_else(|| format!("{directory}/{name}"), str::to_owned);
        let live = live.map(|c| (c.name.clone(), path(c)));
        let text = self.observed.kept.upstreams.clone();
        let known = |address: Ipv4Addr| text.as_deref().is_none_or(|text| names(text, address));
        let good = |c: &ObservedContainer| is_active(c) && self.observed.kept.health_of(c) != Health::Unhealthy;
        let mut serving = BTreeMap::new();
        for route in &ingress.routes {
            let mut found: BTreeMap<u32, (Standing, Ipv4Addr)> = BTreeMap::new();
            for container in self.there(&route.service, &["service"]).into_iter().filter(|c| good(c)) {
                let Some(number) = container.number() else { continue };
                let standing = self.standing(container, &route.service, number);
                for address in container.fixed_addresses.values().filter(|a| known(**a)) {
                    if found.get(&number).is_none_or(|(other, _)| *other < standing) {
                        found.insert(number, (standing, *address));
                    }
                }
            }
            // What a run that was killed has left, and never saw healthy, gets nothing while there is another one.
            let proven = found.values().any(|(standing, _)| standing.proven);
            let trusted = |standing: &Standing| standing.proven || standing.proper || text.is_some() || !proven;
            let found = found.into_iter().filter(|(_, (standing, _))| trusted(standing));
            serving.extend(found.map(|(number, (_, address))| ((route.service.clone(), number), address)));
        }
        let lists = text.is_some().then(|| vec![serving.clone()]);
        self.routing = Routing { live, serving, text, lists, last: None };
    }

    fn standing(&self, container: &ObservedContainer, service: &ServiceName, number: u32) -> Standing {
        let own = self.stack.services.get(service).and_then(|s| s.container_name.clone());
        let proper = container.name == own.unwrap_or_else(|| format!("{}-{service}-{number}", self.stack.project));
        let proven = match self.observed.kept.health_of(container) {
            Health::Healthy => container.state.is_running(),
            // That it runs is all that can be said of it: of one that was to come, not even that it stayed so.
            Health::NoCheck => container.state.is_running() && proper,
            Health::Starting | Health::Unhealthy => false,
        };
        Standing { proven, proper }
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

    /// Sends the requests of a replica that is about to restart to the others, when there are others, and waits until it has
    /// none. Returns what its stop waits for, and whether it has left.
    pub(super) fn set_apart(&mut self, replica: &Replica, mut after: Vec<StepId>) -> (Vec<StepId>, bool) {
        let Some(address) = self.serving(replica).filter(|_| self.is_routed(&replica.0)) else { return (after, false) };
        if self.serving_count(&replica.0) < 2 {
            return (after, false);
        }
        after.extend(self.swap(std::slice::from_ref(replica), true, "the others serve while it restarts", &after));
        let others = self.serving_addresses(&replica.0);
        after.extend(self.drain(vec![address], &others, &after));
        (after, true)
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
        // Those that stay need none of the others to be there for them.
        let stays = |(replica, address): (&Replica, &Ipv4Addr)| {
            self.address_of(replica) == Some(*address) && moves.iter().any(|m| m.0 == replica.0 && m != replica)
        };
        let others_stay = self.routing.lists.is_some() && self.routing.serving.iter().any(stays);
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
        let swapped = self.put(text, before, (joined, others_stay), cause, after);
        if let (Some(_), Some(lists)) = (swapped, &mut self.routing.lists) {
            lists.push(self.routing.serving.clone());
        }
        swapped
    }

    /// Waits until no request to these addresses is under way. Those at `later` stay until they are drained themselves.
    pub(super) fn drain(&mut self, addresses: Vec<Ipv4Addr>, later: &[Ipv4Addr], after: &[StepId]) -> Option<StepId> {
        let (container, _) = self.routing.live.clone().filter(|_| !addresses.is_empty())?;
        let connections_tell = self.others_stay(&addresses, later);
        let cause = if connections_tell {
            "what they have begun they shall finish"
        } else {
            "what old workers have begun they shall finish: nobody else of their list is left for it"
        };
        let action = Action::Drain { container, addresses, connections_tell, limit: self.drain_limit() };
        Some(self.builder.add(action, cause, after.iter().copied()))
    }

    /// Whether every list with one of these addresses names another replica of the service that is still there when they
    /// are not: one that is there in the end, or one that goes later, which its own drain makes sure of.
    fn others_stay(&self, addresses: &[Ipv4Addr], later: &[Ipv4Addr]) -> bool {
        let Some(lists) = &self.routing.lists else { return false };
        lists.iter().all(|list| {
            let stays = |(replica, address): (&Replica, &Ipv4Addr)| {
                !addresses.contains(address) && (later.contains(address) || self.address_of(replica) == Some(*address))
            };
            let services = list.iter().filter(|(_, a)| addresses.contains(a)).map(|((service, _), _)| service);
            services.into_iter().all(|service| list.iter().filter(|((name, _), _)| name == service).any(stays))
        })
    }

    /// What the ingress has now, as far as it can be told.
    fn before(&self) -> Option<String> {
        self.routing.text.clone().or_else(|| self.render(&self.routing.serving, &[]))
    }

    /// Puts `text` before the ingress; when a later step fails, `before` again, and `joined` finish what they have begun (with
    /// whether it is enough then that no connection leads to them).
    fn put(
        &mut self,
        text: String,
        before: Option<String>,
        joined: (Vec<Ipv4Addr>, bool),
        cause: &str,
        after: &[StepId],
    ) -> Option<StepId> {
        let (mut joined, connections_tell) = joined;
        let (container, path) = self.routing.live.clone()?;
        if self.routing.text.as_ref() == Some(&text) {
            return None;
        }
        let waits: Vec<_> = after.iter().copied().chain(self.routing.last).collect();
        let switch = |content: String| Action::SwitchUpstreams { container: container.clone(), path: path.clone(), content };
        let id = self.builder.add(switch(text.clone()), cause, waits);
        // One that has requests afterwards as well is not waited for.
        joined.retain(|address| before.as_ref().is_none_or(|text| !names(text, *address)));
        let mut back: Vec<_> = before.map(switch).into_iter().collect();
        if !joined.is_empty() {
            back.push(Action::Drain { container, addresses: joined, connections_tell, limit: self.drain_limit() });
        }
        self.builder.undo(id, back);
        self.routing.text = Some(text);
        self.routing.last = Some(id);
        Some(id)
    }

    /// Puts the file that leads to every replica before the ingress, when it has another one.
    pub(super) fn swap_to_final(&mut self, cause: &str, after: &[StepId]) -> Option<StepId> {
        let (before, text) = (self.before(), self.upstreams.clone()?);
        self.put(text, before, (Vec::new(), false), cause, after)
    }

    /// Gives a new replica a share of its service's requests, beside all that serve now.
    pub(super) fn share(&mut self, service: &ServiceName, new: Ipv4Addr, percent: u8, after: &[StepId]) -> Option<StepId> {
        let before = self.before();
        let text = self.render(&self.routing.serving, &[(service.clone(), new, percent)])?;
        let text = format!("{}{text}", trial::directives());
        self.put(text, before, (vec![new], false), &format!("{percent} % of the requests are its trial"), after)
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
            let there = self.observed.containers.iter().find(|c| c.name == container);
            let path = there.and_then(|c| c.upstreams()).map_or_else(|| format!("{directory}/{name}"), str::to_owned);
            self.routing.live = Some((container.to_owned(), path));
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

/// Whether an upstream file sends requests to `address`.
fn names(text: &str, address: Ipv4Addr) -> bool {
    text.contains(&format!("server {address}:"))
}

/// Without fixed addresses the service's name is all that is known before its containers run.
pub(super) fn servers(addresses: &[Ipv4Addr], service: &ServiceName) -> Vec<Server> {
    if addresses.is_empty() {
        vec![Server::new(service.as_str())]
    } else {
        addresses.iter().map(|a| Server::new(a.to_string())).collect()
    }
}
