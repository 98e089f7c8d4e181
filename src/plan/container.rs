//! From a service to its containers: the full specification of each, and the hash that tells whether one that is
//! there is still what is wanted.

use std::{collections::BTreeMap, net::Ipv4Addr};

use sha2::{Digest as _, Sha256};

use crate::drift::Form;
use crate::model::{
    ContainerSpec, DependencyCondition, EndpointSpec, FileSet, Labels, Mount, MountSource, Service, Stack, label,
};

/// What the service itself does not say of one of its containers.
pub(super) struct Circumstances<'a> {
    /// The directories with secrets and configs.
    pub(super) files: &'a [FileSet],
    /// Where the ingress's upstreams are mounted: directory and volume.
    pub(super) upstreams: Option<(String, String)>,
    /// Fixed addresses by the network's name at the engine.
    pub(super) addresses: BTreeMap<String, Ipv4Addr>,
    /// What it is for.
    pub(super) role: &'static str,
    /// The replica's number.
    pub(super) number: u32,
    /// Its name.
    pub(super) name: String,
}

fn condition(condition: DependencyCondition) -> &'static str {
    match condition {
        DependencyCondition::Started => "service_started",
        DependencyCondition::Healthy => "service_healthy",
        DependencyCondition::CompletedSuccessfully => "service_completed_successfully",
    }
}

fn labels(stack: &Stack, service: &Service, circumstances: &Circumstances<'_>) -> Labels {
    let depends_on: Vec<_> =
        service.depends_on.iter().map(|(name, d)| format!("{name}:{}:{}", condition(d.condition), d.restart)).collect();
    let mut labels = service.labels.clone();
    let oneoff = if circumstances.role == "verify" { "True" } else { "False" };
    for (name, value) in [
        (label::COMPOSE_PROJECT, stack.project.to_string()),
        (label::COMPOSE_SERVICE, service.name.to_string()),
        (label::COMPOSE_NUMBER, circumstances.number.to_string()),
        (label::COMPOSE_ONEOFF, oneoff.into()),
        (label::COMPOSE_FILES, stack.files.join(",")),
        (label::COMPOSE_DIRECTORY, stack.directory.clone()),
        (label::COMPOSE_DEPENDS_ON, depends_on.join(",")),
        (label::PROJECT, stack.project.to_string()),
        (label::ROLE, circumstances.role.into()),
        (label::REPLICAS, service.replicas.to_string()),
    ] {
        labels.insert(name.into(), value);
    }
    if let Some(version) = &stack.version {
        labels.insert(label::VERSION.into(), version.clone());
    }
    labels
}

/// The hash of everything that a container is created from, but for what tells nothing of its behaviour: its name,
/// where the files lay, the number of its siblings, its image and version, its fixed addresses, and what other labels say of it.
pub fn config_hash(spec: &ContainerSpec) -> String {
    let mut relevant = spec.clone();
    relevant.name.clear();
    // What an image holds is compared by its identity, and a tag may move; which fixed address a replica has makes no
    // difference to it.
    relevant.image.clear();
    for endpoint in relevant.networks.values_mut() {
        endpoint.address = None;
    }
    for name in [
        label::CONFIG_HASH,
        label::COMPOSE_FILES,
        label::COMPOSE_DIRECTORY,
        label::COMPOSE_DEPENDS_ON,
        label::VERSION,
        label::REPLICAS,
        label::FORM,
        label::UPSTREAMS,
    ] {
        relevant.labels.remove(name);
    }
    let text = serde_json::to_vec(&relevant).unwrap_or_default();
    Sha256::digest(&text).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// One container of a service in full, with its hash among its labels.
pub(super) fn specification(stack: &Stack, service: &Service, circumstances: Circumstances<'_>) -> ContainerSpec {
    let mut mounts = service.mounts.clone();
    let mut no_copy = Vec::new();
    for mount in &service.mounts {
        let owned = |name: &str| stack.volumes.values().any(|v| v.name.as_str() == name && v.owner.is_some());
        if matches!(&mount.source, MountSource::Volume(name) if owned(name.as_str())) {
            // The image's directory would bring its own owner along.
            no_copy.push(mount.target.clone());
        }
    }
    for set in circumstances.files {
        mounts.push(Mount { source: MountSource::Volume(set.volume.clone()), target: set.directory.clone(), read_only: true });
        no_copy.push(set.directory.clone());
    }
    if let Some((directory, volume)) = &circumstances.upstreams
        && let Ok(volume) = volume.parse()
    {
        // Writable: the archive call refuses read-only mounts, and upstreams are replaced while nginx runs.
        mounts.push(Mount { source: MountSource::Volume(volume), target: directory.clone(), read_only: false });
        no_copy.push(directory.clone());
    }
    let networks = service
        .networks
        .iter()
        .filter_map(|(key, attachment)| {
            let network = stack.networks.get(key)?;
            let mut aliases = vec![service.name.to_string()];
            aliases.extend(attachment.aliases.iter().filter(|a| a.as_str() != service.name.as_str()).cloned());
            let address = circumstances.addresses.get(network.name.as_str()).copied();
            Some((network.name.to_string(), EndpointSpec { aliases, address }))
        })
        .collect();
    let mut spec = ContainerSpec {
        labels: labels(stack, service, &circumstances),
        name: circumstances.name,
        image: service.image.to_string(),
        entrypoint: service.entrypoint.clone(),
        command: service.command.clone(),
        environment: service.environment.clone(),
        user: service.user.clone(),
        working_dir: service.working_dir.clone(),
        hostname: service.hostname.clone(),
        init: service.init,
        read_only: service.read_only,
        tmpfs: service.tmpfs.clone(),
        cap_add: service.cap_add.clone(),
        cap_drop: service.cap_drop.clone(),
        security_opt: service.security_opt.clone(),
        sysctls: service.sysctls.clone(),
        ulimits: service.ulimits.clone(),
        shm_size: service.shm_size,
        extra_hosts: service.extra_hosts.clone(),
        restart: service.restart,
        stop_signal: service.stop_signal.clone(),
        stop_grace_period: service.stop_grace_period,
        healthcheck: service.healthcheck.clone(),
        networks,
        ports: service.ports.clone(),
        expose: service.expose.clone(),
        mounts,
        no_copy,
        resources: service.resources,
        logging: service.logging.clone(),
    };
    let hash = config_hash(&spec);
    spec.labels.insert(label::CONFIG_HASH.into(), hash);
    spec.labels.insert(label::FORM.into(), Form::of(&spec).to_label());
    spec
}
