//! What people do to containers with `docker update`, `docker network`, `docker pause` and `docker rm`, and where volumes lie:
//! not calls of the trait, because the tool itself never does it, or not so.

use std::collections::BTreeMap;

use super::FakeEngine;
use super::container::Container;
use crate::engine::EndpointSpec;
use crate::model::Resources;

impl FakeEngine {
    fn by_hand(&self, name: &str, edit: impl FnOnce(&mut Container)) -> bool {
        let mut world = self.world();
        world.container("edit by hand", name).map(|(_, container)| edit(container)).is_ok()
    }

    /// `docker update`: other limits. `false` when there is no such container.
    pub fn update_by_hand(&self, name: &str, edit: impl FnOnce(&mut Resources)) -> bool {
        self.by_hand(name, |container| edit(&mut container.spec.resources))
    }

    /// `docker network disconnect`. `false` when there is no such container.
    pub fn disconnect_by_hand(&self, name: &str, network: &str) -> bool {
        self.by_hand(name, |container| {
            container.spec.networks.remove(network);
            container.addresses.remove(network);
        })
    }

    /// `docker network connect`, without an address. `false` when there is no such container.
    pub fn connect_by_hand(&self, name: &str, network: &str) -> bool {
        self.by_hand(name, |container| {
            let endpoint = EndpointSpec { aliases: Vec::new(), address: None };
            container.spec.networks.extend(BTreeMap::from([(network.to_owned(), endpoint)]));
        })
    }

    /// `docker rm -f`, at once. `false` when there is no such container.
    pub fn remove_by_hand(&self, name: &str) -> bool {
        let mut world = self.world();
        let found = world.find(name);
        found.is_some_and(|key| world.containers.remove(&key).is_some())
    }

    /// `docker pause`. `false` when there is no such container.
    pub fn pause_by_hand(&self, name: &str) -> bool {
        self.by_hand(name, |container| container.paused = container.is_running())
    }

    /// The files of a volume lie at this path of this machine. `false` when there is no such volume.
    pub fn volume_lies_at(&self, volume: &str, path: &str) -> bool {
        self.world().volumes.get_mut(volume).map(|v| v.mountpoint = Some(path.to_owned())).is_some()
    }
}
