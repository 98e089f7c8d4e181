//! What people start beside the program.

use serde_json::{Value, json};

use super::Engine;

/// A container that somebody started with `docker run`, gone when the test is over.
pub struct ByHand<'a> {
    engine: &'a Engine,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: String,
}

impl<'a> ByHand<'a> {
    /// Starts it, without any network.
    pub fn started(engine: &'a Engine, name: &str, labels: &Value) -> Self {
        Self::in_network(engine, name, labels, "none")
    }

    /// Starts it in a network.
    pub fn in_network(engine: &'a Engine, name: &str, labels: &Value, network: &str) -> Self {
        let body = json!({
            "Image": "medianest-demo/redis:7", "Entrypoint": ["sleep"], "Cmd": ["600"], "Labels": labels,
            // Without a volume of its own, which would stay when the program removes the container.
            "HostConfig": {"Init": true, "NetworkMode": network, "Tmpfs": {"/data": ""}},
        });
        let id = engine.post(&format!("/containers/create?name={name}"), &body)["Id"].as_str().unwrap().to_owned();
        let by_hand = Self { engine, name: name.into(), id };
        engine.start(name);
        by_hand
    }

    /// Whether it is there and runs.
    pub fn runs(&self) -> bool {
        let there = self.engine.container(&self.name);
        there["Id"] == self.id.as_str() && there["State"]["Running"] == true
    }
}

impl Drop for ByHand<'_> {
    fn drop(&mut self) {
        if !self.engine.container(&self.id).is_null() {
            self.engine.remove_container(&self.id);
        }
    }
}
