//! Subnets and fixed addresses: which are free, and who gets which.
//!
//! A network with replicas behind an ingress is split in two: the lower half holds fixed addresses, the upper half is
//! the `ip_range` from which the engine hands out the rest. Without that split a stopped container's address would
//! be given away.

use std::{collections::BTreeSet, net::Ipv4Addr};

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
}

impl Slots {
    /// The addresses of a network that is to be created.
    pub(super) fn planned(network: &str, subnet: Ipv4Net) -> Result<Self, PlanError> {
        let dynamic = dynamic_range(subnet, network)?;
        Ok(Self { network: network.to_owned(), subnet, dynamic, taken: BTreeSet::new() })
    }

    /// The addresses of a network that is there, those of its containers taken; `None` when it is not split.
    pub(super) fn observed(network: &ObservedNetwork, observed: &Observed) -> Option<Self> {
        let (subnet, dynamic) = (*network.subnets.first()?, network.ip_range?);
        let mut slots = Self { network: network.name.clone(), subnet, dynamic, taken: network.gateway.into_iter().collect() };
        slots.taken.extend(observed.containers.iter().filter_map(|c| c.fixed_addresses.get(&network.name)));
        Some(slots)
    }

    /// The lowest free address, taken from now on; `who` is it for, in words.
    pub(super) fn free(&mut self, who: &str) -> Result<Ipv4Addr, PlanError> {
        // The first host address is the engine's default gateway.
        let free = self.subnet.hosts().skip(1).take_while(|a| !self.dynamic.contains(a)).find(|a| !self.taken.contains(a));
        let address = free.ok_or_else(|| PlanError::NoAddress {
            what: who.to_owned(),
            why: format!("network {} ({}) has no fixed address left", self.network, self.subnet),
        })?;
        self.taken.insert(address);
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{EngineInfo, Kept};

    fn observed(networks: Vec<Ipv4Net>, host_routes: Vec<Ipv4Net>) -> Observed {
        let network = |(n, subnet): (usize, Ipv4Net)| ObservedNetwork {
            id: n.to_string(),
            name: format!("net{n}"),
            labels: BTreeMap::new(),
            subnets: vec![subnet],
            ip_range: None,
            gateway: None,
            internal: false,
        };
        Observed {
            engine: EngineInfo {
                version: String::new(),
                api: (1, 41),
                host: String::new(),
                cpus: 1,
                memory: 0,
                root_dir: String::new(),
                storage_driver: String::new(),
                architecture: String::new(),
                clock: None,
                insecure_registries: Vec::new(),
            },
            containers: Vec::new(),
            networks: networks.into_iter().enumerate().map(network).map(|n| (n.name.clone(), n)).collect(),
            host_routes,
            volumes: BTreeMap::new(),
            images: BTreeMap::new(),
            kept: Kept::default(),
        }
    }

    /// Subnets where the tool looks for a free one, and around.
    fn subnets() -> impl Strategy<Value = Vec<Ipv4Net>> {
        let subnet = (prop_oneof![Just(172u8), Just(10)], 15..40u8, any::<u8>(), 8..=30u8);
        let net = |(a, b, c, length)| Ipv4Net::new(Ipv4Addr::new(a, b, c, 0), length).unwrap().trunc();
        prop::collection::vec(subnet.prop_map(net), 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_chosen_subnet_overlaps_none(networks in subnets(), routes in subnets(), taken in subnets()) {
            let observed = observed(networks.clone(), routes.clone());
            if let Ok(chosen) = free_subnet(&observed, &taken, "net") {
                for other in networks.iter().chain(&routes).chain(&taken) {
                    let apart = chosen.broadcast() < other.network() || other.broadcast() < chosen.network();
                    prop_assert!(apart, "{chosen} overlaps {other}");
                }
            }
        }

        #[test]
        fn addresses_are_in_the_lower_half_and_given_once(
            length in 16..=28u8,
            wanted in 1..60usize,
        ) {
            let subnet = Ipv4Net::new(Ipv4Addr::new(172, 20, 0, 0), length).unwrap();
            let mut slots = Slots::planned("net", subnet).unwrap();
            let dynamic = dynamic_range(subnet, "net").unwrap();
            let mut given = Vec::new();
            for number in 0..wanted {
                // None is left: that is told, and those that have one keep it.
                let Ok(address) = slots.free(&number.to_string()) else { break };
                prop_assert!(subnet.contains(&address) && !dynamic.contains(&address), "{address}");
                // The network's own address, and the one that engines take for the gateway.
                prop_assert!(u32::from(address) >= u32::from(subnet.network()) + 2, "{address}");
                given.push(address);
            }
            let distinct: BTreeSet<_> = given.iter().collect();
            prop_assert_eq!(distinct.len(), given.len());
        }
    }

    #[test]
    fn a_small_subnet_is_refused_and_a_full_one_told() {
        let net = |text: &str| text.parse::<Ipv4Net>().unwrap();
        assert!(Slots::planned("net", net("172.20.0.0/29")).is_err());
        let mut slots = Slots::planned("net", net("172.20.0.0/28")).unwrap();
        let given = (1..=7).map(|n: u32| slots.free(&n.to_string()).map(|a| a.octets()[3]).ok()).collect::<Vec<_>>();
        assert_eq!(given, [Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), None]);
    }
}
