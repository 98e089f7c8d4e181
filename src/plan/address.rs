//! Subnets and fixed addresses: which are free, and who gets which.
//!
//! A network with replicas behind an ingress is split in two: the lower half holds fixed addresses, the upper half is
//! the `ip_range` from which the engine hands out the rest. Without that split a stopped container's address would
//! be given away.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use ipnet::Ipv4Net;

use super::PlanError;
use crate::model::{Observed, ObservedNetwork};

/// The first free /24 of the private ranges that few home networks use: 172.20–172.31, then 10.201–10.254.
pub(super) fn free_subnet(observed: &Observed, taken: &[Ipv4Net], network: &str) -> Result<Ipv4Net, PlanError> {
    let overlaps = |candidate: &Ipv4Net| {
        let used = observed.networks.values().flat_map(|n| n.subnets.iter()).chain(&observed.host_routes).chain(taken);
        used.into_iter().any(|net| net.contains(&candidate.network()) || candidate.contains(&net.network()))
    };
    let first = (20..32u8).flat_map(|b| (0..=255u8).map(move |c| Ipv4Addr::new(172, b, c, 0)));
    let second = (201..255u8).flat_map(|b| (0..=255u8).map(move |c| Ipv4Addr::new(10, b, c, 0)));
    first
        .chain(second)
        .filter_map(|base| Ipv4Net::new(base, 24).ok())
        .find(|candidate| !overlaps(candidate))
        .ok_or_else(|| PlanError::NoAddress { what: network.to_owned(), why: "every subnet that was tried is in use".into() })
}

/// The part of a subnet from which the engine hands out addresses: its upper half.
pub(super) fn dynamic_range(subnet: Ipv4Net, network: &str) -> Result<Ipv4Net, PlanError> {
    let small = || PlanError::NoAddress { what: network.to_owned(), why: format!("the subnet {subnet} is too small") };
    if subnet.prefix_len() > 28 {
        return Err(small());
    }
    subnet.subnets(subnet.prefix_len() + 1).ok().and_then(|mut halves| halves.nth(1)).ok_or_else(small)
}

/// The fixed addresses of one network, handed out lowest first.
pub(super) struct Slots {
    network: String,
    subnet: Ipv4Net,
    dynamic: Ipv4Net,
    taken: BTreeSet<Ipv4Addr>,
    held: BTreeMap<(String, u32), Ipv4Addr>,
}

impl Slots {
    /// The addresses of a network that is to be created.
    pub(super) fn planned(network: &str, subnet: Ipv4Net) -> Result<Self, PlanError> {
        let dynamic = dynamic_range(subnet, network)?;
        Ok(Self { network: network.to_owned(), subnet, dynamic, taken: BTreeSet::new(), held: BTreeMap::new() })
    }

    /// The addresses of a network that is there, those of its containers taken; `None` when it is not split.
    pub(super) fn observed(network: &ObservedNetwork, observed: &Observed) -> Option<Self> {
        let (subnet, dynamic) = (*network.subnets.first()?, network.ip_range?);
        let mut slots = Self {
            network: network.name.clone(),
            subnet,
            dynamic,
            taken: network.gateway.into_iter().collect(),
            held: BTreeMap::new(),
        };
        for container in &observed.containers {
            let Some(address) = container.fixed_addresses.get(&network.name) else { continue };
            slots.taken.insert(*address);
            if let (Some(service), Some(number)) = (container.service(), container.number()) {
                slots.held.insert((service.as_str().to_owned(), number), *address);
            }
        }
        Some(slots)
    }

    /// The address of a replica: the one it has, else the lowest free one.
    pub(super) fn address(&mut self, service: &str, number: u32) -> Result<Ipv4Addr, PlanError> {
        if let Some(address) = self.held.get(&(service.to_owned(), number)) {
            return Ok(*address);
        }
        // The first host address is the engine's default gateway.
        let free = self.subnet.hosts().skip(1).take_while(|a| !self.dynamic.contains(a)).find(|a| !self.taken.contains(a));
        let address = free.ok_or_else(|| PlanError::NoAddress {
            what: format!("{service} {number}"),
            why: format!("network {} ({}) has no fixed address left", self.network, self.subnet),
        })?;
        self.taken.insert(address);
        self.held.insert((service.to_owned(), number), address);
        Ok(address)
    }
}
