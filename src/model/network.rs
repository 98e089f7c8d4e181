//! Networks of a stack.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::NetworkName;

/// Where a network's addresses come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubnetChoice {
    /// The engine picks.
    Engine,
    /// The tool picks a free one, so that replicas can have fixed addresses.
    Auto,
    /// This one.
    Fixed(Ipv4Net),
}

/// A network that the stack declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its name at the engine.
    pub name: NetworkName,
    /// It must exist already and is never created or removed.
    pub external: bool,
    /// No way out of it.
    pub internal: bool,
    /// Driver; the engine's default (`bridge`) when not given.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Addresses.
    pub subnet: SubnetChoice,
    /// The user's own labels.
    pub labels: BTreeMap<String, String>,
}
