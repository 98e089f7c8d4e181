//! Networks, and who has which address in them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::{Deploy, own_labels, routing::servers};
use crate::ingress::render;
use crate::model::{Network, NetworkSpec, Service, SubnetChoice, label};
use crate::plan::{
    Action, PlanError, StepId,
    address::{Slots, dynamic_range, free_subnet},
};

impl Deploy<'_> {
    /// Creates the networks that are missing; returns the steps.
    pub(super) fn create_networks(&mut self) -> Result<Vec<StepId>, PlanError> {
        let mut created = Vec::new();
        let mut taken = Vec::new();
        for (key, network) in &self.stack.networks {
            let name = network.name.as_str();
            if let Some(there) = self.observed.networks.get(name) {
                if let Some(slots) = Slots::observed(there, self.observed) {
                    self.slots.insert(name.to_owned(), slots);
                }
                continue;
            }
            let (subnet, ip_range) = match network.subnet {
                SubnetChoice::Engine if !self.needs_addresses(key, network) => (None, None),
                SubnetChoice::Engine | SubnetChoice::Auto => {
                    let subnet = free_subnet(self.observed, &taken, name)?;
                    (Some(subnet), Some(dynamic_range(subnet, name)?))
                }
                SubnetChoice::Fixed(subnet) => (Some(subnet), Some(dynamic_range(subnet, name)?)),
            };
            if let Some(subnet) = subnet {
                taken.push(subnet);
                self.slots.insert(name.to_owned(), Slots::planned(name, subnet)?);
            }
            let spec = self.network_spec(key, network, subnet, ip_range);
            created.push(self.builder.add(Action::CreateNetwork { spec }, "it is not there yet", []));
        }
        Ok(created)
    }

    /// Whether the ingress may reach a service over this network: a name instead of a fixed address would be looked up once
    /// by nginx, and lead nowhere after the next update.
    fn needs_addresses(&self, key: &str, network: &Network) -> bool {
        let bridge = network.driver.as_deref().is_none_or(|driver| driver == "bridge");
        bridge && self.routed().any(|service| self.shared_keys(service).any(|shared| shared == key))
    }

    /// The services that the ingress sends requests to.
    fn routed(&self) -> impl Iterator<Item = &Service> {
        let routes = self.ingress.into_iter().flat_map(|(_, ingress)| &ingress.routes);
        routes.filter_map(|route| self.stack.services.get(&route.service))
    }

    /// The keys of the networks that the ingress and a service are both in.
    fn shared_keys<'s>(&'s self, service: &'s Service) -> impl Iterator<Item = &'s str> {
        let joined = |key: &&String| self.ingress.is_some_and(|(ingress, _)| ingress.networks.contains_key(*key));
        service.networks.keys().filter(joined).map(String::as_str)
    }

    /// Every service behind the ingress can have fixed addresses, or its requests would be lost in the next update.
    pub(super) fn refuse_unreachable(&self) -> Result<(), PlanError> {
        let Some((ingress, _)) = self.ingress else { return Ok(()) };
        let Some(service) = self.routed().find(|service| self.shared_network(service).is_none()) else { return Ok(()) };
        let shared = self.shared_keys(service).find_map(|key| self.stack.networks.get(key));
        Err(PlanError::NoFixedAddress {
            service: service.name.clone(),
            ingress: ingress.name.clone(),
            network: shared.map(|network| (network.name.to_string(), self.made_anew_by(network))),
        })
    }

    /// How a network comes to have a part for fixed addresses.
    fn made_anew_by(&self, network: &Network) -> String {
        let name = &network.name;
        if network.external {
            return format!(
                "make the network `{name}` anew with a part for fixed addresses: \
                 `docker network create --subnet 10.99.0.0/24 --ip-range 10.99.0.128/25 {name}`"
            );
        }
        if self.observed.networks.contains_key(name.as_str()) {
            return "run `medianestctl down` and then the same command again: the network is made anew, data stays".into();
        }
        format!("give the network `{name}` a subnet with `x-medianest: {{subnet: auto}}`")
    }

    fn network_spec(&self, key: &str, network: &Network, subnet: Option<Ipv4Net>, ip_range: Option<Ipv4Net>) -> NetworkSpec {
        NetworkSpec {
            name: network.name.to_string(),
            labels: own_labels(self.stack, "network", Some((label::COMPOSE_NETWORK, key)), &network.labels),
            driver: network.driver.clone(),
            driver_opts: network.driver_opts.clone(),
            internal: network.internal,
            subnet,
            ip_range,
        }
    }

    /// The network over which the ingress reaches a service: one that both are in, with fixed addresses.
    fn shared_network(&self, service: &Service) -> Option<String> {
        let (ingress, _) = self.ingress?;
        let shared = service.networks.keys().filter(|key| ingress.networks.contains_key(*key));
        let mut names = shared.filter_map(|key| self.stack.networks.get(key)).map(|n| n.name.to_string());
        names.find(|name| self.slots.contains_key(name))
    }

    /// Gives every replica behind the ingress its fixed address: the one of the container that is wanted and there, else a
    /// free one. A successor never gets its predecessor's: both run for a while.
    pub(super) fn assign_addresses(&mut self) -> Result<(), PlanError> {
        let Some((_, ingress)) = self.ingress else { return Ok(()) };
        let routed: BTreeSet<_> = ingress.routes.iter().map(|r| r.service.clone()).collect();
        for name in routed {
            let Some(service) = self.stack.services.get(&name) else { continue };
            let Some(network) = self.shared_network(service) else { continue };
            for number in 1..=service.replicas {
                // Until the choice is made any address stands for it: what has none is not what is wanted.
                let replica = (name.clone(), number);
                self.addresses.entry(replica.clone()).or_default().insert(network.clone(), Ipv4Addr::UNSPECIFIED);
                let place = self.place(service, number);
                let there = place.wanted.and_then(|c| c.fixed_addresses.get(&network).copied());
                let Some(slots) = self.slots.get_mut(&network) else { continue };
                let address = match there {
                    Some(address) => address,
                    None => slots.free(&format!("{name} {number}"))?,
                };
                self.addresses.entry(replica).or_default().insert(network.clone(), address);
            }
        }
        Ok(())
    }

    /// The upstream file that leads to every replica.
    pub(super) fn render_upstreams(&self) -> Option<String> {
        let (_, ingress) = self.ingress?;
        let lists: Vec<_> = ingress.routes.iter().map(|r| servers(&self.planned_addresses(&r.service), &r.service)).collect();
        Some(render::upstreams(&ingress.routes, &lists, self.observed.kept.maintenance.as_ref()))
    }
}
