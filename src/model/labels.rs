//! The labels that identify what belongs to a stack.
//!
//! The `com.docker.compose.*` names are Docker Compose's, so that its `ps` and other tools recognise the project; the
//! `io.medianest.*` names are ours and alone decide what the tool may change or remove.

use std::collections::BTreeMap;

use super::ProjectName;

/// Labels of a container, network, volume or image.
pub type Labels = BTreeMap<String, String>;

/// Whether the tool made for this project what carries these labels.
pub fn made_for(project: &ProjectName, labels: &Labels) -> bool {
    labels.get(label::PROJECT).is_some_and(|made_for| made_for == project.as_str())
}

/// The names of the labels.
pub mod label {
    /// Compose: the project's name.
    pub const COMPOSE_PROJECT: &str = "com.docker.compose.project";
    /// Compose: the service's name.
    pub const COMPOSE_SERVICE: &str = "com.docker.compose.service";
    /// Compose: the replica's number, from 1.
    pub const COMPOSE_NUMBER: &str = "com.docker.compose.container-number";
    /// Compose: `True` for containers outside the service's replicas.
    pub const COMPOSE_ONEOFF: &str = "com.docker.compose.oneoff";
    /// Compose: the network's key.
    pub const COMPOSE_NETWORK: &str = "com.docker.compose.network";
    /// Compose: the volume's key.
    pub const COMPOSE_VOLUME: &str = "com.docker.compose.volume";
    /// Compose: the files that the project was read from, separated by commas.
    pub const COMPOSE_FILES: &str = "com.docker.compose.project.config_files";
    /// Compose: the project's directory.
    pub const COMPOSE_DIRECTORY: &str = "com.docker.compose.project.working_dir";
    /// Compose: what the service waits for, `name:condition:restart` separated by commas.
    pub const COMPOSE_DEPENDS_ON: &str = "com.docker.compose.depends_on";

    /// Ours: the project. What lacks it is never changed or removed.
    pub const PROJECT: &str = "io.medianest.project";
    /// Ours: what the object is for (`service`, `job`, `verify`, `state`, `lock`, `stage`, `data`, `files`, `ingress`).
    pub const ROLE: &str = "io.medianest.role";
    /// Ours: the hash of everything that the container was created from.
    pub const CONFIG_HASH: &str = "io.medianest.config-hash";
    /// Ours: the application's version.
    pub const VERSION: &str = "io.medianest.version";
    /// Ours: how many replicas were wanted when the container was created.
    pub const REPLICAS: &str = "io.medianest.replicas";
    /// Ours, of the ingress: the path of its upstream file.
    pub const UPSTREAMS: &str = "io.medianest.upstreams";
    /// Ours: what the container was created as, of what can be changed while it is there; JSON.
    pub const FORM: &str = "io.medianest.form";
}
