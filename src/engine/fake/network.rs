//! Networks of the fake engine: subnets that must not overlap, and who gets which address.
//!
//! Follows what the real engine was seen to do: a stopped container holds no address, and the gateway is the first
//! address of the range that the engine hands out from.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::engine::{EndpointSpec, ErrorKind, NetworkSpec};
use crate::model::{Labels, ObservedNetwork};

/// A network.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) id: String,
    pub(super) labels: Labels,
    pub(super) subnet: Option<Ipv4Net>,
    pub(super) ip_range: Option<Ipv4Net>,
    pub(super) internal: bool,
    /// The user chose the subnet; only then are fixed addresses possible.
    pub(super) fixed_possible: bool,
}

impl Network {
    pub(super) fn gateway(&self) -> Option<Ipv4Addr> {
        first_address(self.subnet?, self.ip_range)
    }

    pub(super) fn observed(&self, name: &str) -> ObservedNetwork {
        ObservedNetwork {
            id: self.id.clone(),
            name: name.to_owned(),
            labels: self.labels.clone(),
            subnets: self.subnet.into_iter().collect(),
            ip_range: self.ip_range,
            gateway: self.gateway(),
            internal: self.internal,
        }
    }

    /// The address for a container that starts, with `held` being those of the running ones.
    pub(super) fn address(
        &self,
        wanted: &EndpointSpec,
        held: &BTreeSet<Ipv4Addr>,
    ) -> Result<Option<Ipv4Addr>, (ErrorKind, String)> {
        let Some(subnet) = self.subnet else { return Ok(None) };
        let taken = |address: &Ipv4Addr| held.contains(address) || Some(*address) == self.gateway();
        let Some(fixed) = wanted.address else {
            let pool = self.ip_range.unwrap_or(subnet);
            let mut free = pool.hosts().filter(|a| !taken(a) && *a != subnet.network() && *a != subnet.broadcast());
            return free
                .next()
                .map(Some)
                .ok_or((ErrorKind::Other, "no available IPv4 addresses on this network's address pools".into()));
        };
        if !self.fixed_possible {
            let why = "user specified IP address is supported only when connecting to networks with user configured subnets";
            return Err((ErrorKind::Other, why.into()));
        }
        if !subnet.contains(&fixed) {
            let why = format!("Invalid address {fixed}: It does not belong to any of this network's subnets");
            return Err((ErrorKind::Other, why));
        }
        if taken(&fixed) { Err((ErrorKind::AddressInUse, "Address already in use".into())) } else { Ok(Some(fixed)) }
    }
}

/// What the engine takes for its gateway.
fn first_address(subnet: Ipv4Net, ip_range: Option<Ipv4Net>) -> Option<Ipv4Addr> {
    let first = ip_range.unwrap_or(subnet).network();
    if first == subnet.network() { subnet.hosts().next() } else { Some(first) }
}

/// The subnet of a new network among `others`.
pub(super) fn choose_subnet(spec: &NetworkSpec, others: &[Ipv4Net]) -> Result<Ipv4Net, (ErrorKind, String)> {
    let overlaps = |net: &Ipv4Net| others.iter().any(|other| other.contains(net) || net.contains(other));
    if let Some(subnet) = spec.subnet {
        let why = "Pool overlaps with other one on this address space";
        return if overlaps(&subnet) { Err((ErrorKind::AddressInUse, why.into())) } else { Ok(subnet) };
    }
    // The engine's own pool.
    let pool = (17..32).filter_map(|n| Ipv4Net::new(Ipv4Addr::new(172, n, 0, 0), 16).ok());
    let exhausted = "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
    pool.into_iter().find(|net| !overlaps(net)).ok_or_else(|| (ErrorKind::AddressInUse, exhausted.into()))
}
