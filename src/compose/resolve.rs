//! From what the files declare to what is wanted: the services of the active profiles, their environment, and the
//! networks, volumes, secrets and configs that they use.
//!
//! Owns the only reading of files after the Compose files themselves: environment files and configs. Refuses to read
//! a secret.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Report;
use super::document::Node;
use super::dotenv;
use super::lower::{ConfigSource, EnvFile, Lowered, locate};
use super::source::{Source, SourceError};
use super::variables::Variables;
use crate::model::{ConfigFile, FileOrigin, MountSource, Service, ServiceName, Volume};

/// What is wanted.
pub(super) struct Resolved {
    /// The declared things that are wanted; the services' drafts are gone.
    pub(super) lowered: Lowered,
    /// The services of the active profiles.
    pub(super) services: BTreeMap<ServiceName, Service>,
    /// The profiles of those services.
    pub(super) profiles: BTreeMap<ServiceName, Vec<String>>,
    /// Contents of the configs that are used.
    pub(super) configs: BTreeMap<crate::model::ConfigName, ConfigFile>,
}

/// Selects and completes the services.
pub(super) fn resolve(
    report: &mut Report,
    root: &Node,
    mut lowered: Lowered,
    variables: &Variables<'_>,
    source: &dyn Source,
    profiles: &[String],
) -> Resolved {
    let is_active =
        |own: &[String]| own.is_empty() || own.iter().any(|p| profiles.contains(p)) || profiles.iter().any(|p| p == "*");
    let (active, inactive): (BTreeMap<_, _>, BTreeMap<_, _>) =
        std::mem::take(&mut lowered.services).into_iter().partition(|(_, draft)| is_active(&draft.profiles));
    let inactive: BTreeMap<ServiceName, Vec<String>> = inactive.into_iter().map(|(name, draft)| (name, draft.profiles)).collect();
    let (mut services, mut profiles) = (BTreeMap::new(), BTreeMap::new());
    for (name, draft) in active {
        let mut service = draft.service;
        leave_out_inactive(report, root, &mut service, &inactive);
        service.environment = environment(report, &service, &draft.env_files, variables, source);
        profiles.insert(name.clone(), draft.profiles);
        services.insert(name, service);
    }
    let configs = read_configs(report, &mut lowered, &services, source);
    keep_used(&mut lowered, &services);
    Resolved { lowered, services, profiles, configs }
}

/// Refuses to need a service whose profile is not active; forgets those that are not required.
fn leave_out_inactive(report: &mut Report, root: &Node, service: &mut Service, inactive: &BTreeMap<ServiceName, Vec<String>>) {
    let name = service.name.clone();
    let hint = |profiles: &[String]| format!("activate it with `--profile {}`", profiles.first().map_or("…", String::as_str));
    service.depends_on.retain(|other, dependency| {
        let Some(profiles) = inactive.get(other) else { return true };
        let spot = Some(locate(root, &["services", name.as_str(), "depends_on", other.as_str()]));
        let key = format!("services.{name}.depends_on.{other}");
        let message = format!("the service `{other}` belongs to a profile that is not active");
        if dependency.required {
            report.error_hint(spot, &key, message, hint(profiles));
        } else {
            report.warning(spot, &key, format!("{message}, nothing waits for it"), Some(&hint(profiles)));
        }
        false
    });
    for (i, route) in service.ingress.iter().flat_map(|ingress| &ingress.routes).enumerate() {
        if let Some(profiles) = inactive.get(&route.service) {
            let path = ["services", name.as_str(), "x-medianest", "ingress", "routes", route.service.as_str()];
            let key = format!("services.{name}.x-medianest.ingress.routes[{i}].service");
            let message = format!("the service `{}` belongs to a profile that is not active", route.service);
            report.error_hint(Some(locate(root, &path)), &key, message, hint(profiles));
        }
    }
}

/// The environment of a service: its files in their order, then what it says itself (Compose specification,
/// `env_file`). A variable without a value takes it from the project's variables, when it is set there.
fn environment(
    report: &mut Report,
    service: &Service,
    files: &[EnvFile],
    variables: &Variables<'_>,
    source: &dyn Source,
) -> BTreeMap<String, Option<String>> {
    let own: BTreeMap<String, Option<String>> =
        service.environment.iter().map(|(key, value)| (key.clone(), value.clone().or_else(|| variables.get(key)))).collect();
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let bytes = match source.read(&file.path) {
            Ok(bytes) => bytes,
            Err(SourceError::NotFound) if !file.required => continue,
            Err(error) => {
                let message = format!("the environment file `{}` cannot be read: {error}", file.path);
                let hint = "create it, or say `required: false` in the long form";
                report.error_hint(Some(file.spot), &file.key, message, hint);
                continue;
            }
        };
        let outer = |name: &str| variables.get(name).or_else(|| own.get(name).cloned().flatten());
        dotenv::parse(report, &file.path, &bytes, &outer, &mut given);
    }
    let given = given.into_iter().map(|(key, value)| (key, Some(value)));
    // What the service says itself comes last and wins.
    given.chain(own.clone()).collect()
}

/// Reads the configs that services use.
fn read_configs(
    report: &mut Report,
    lowered: &mut Lowered,
    services: &BTreeMap<ServiceName, Service>,
    source: &dyn Source,
) -> BTreeMap<crate::model::ConfigName, ConfigFile> {
    let used: BTreeSet<_> = services
        .values()
        .flat_map(|service| &service.files)
        .filter_map(|file| if let FileOrigin::Config(name) = &file.origin { Some(name) } else { None })
        .chain(services.values().filter_map(|service| service.ingress.as_ref().map(|ingress| &ingress.config)))
        .collect();
    let mut configs = BTreeMap::new();
    for (name, config) in std::mem::take(&mut lowered.configs) {
        if !used.contains(&name) {
            continue;
        }
        let content = match config {
            ConfigSource::Content(text) => text.into_bytes(),
            ConfigSource::File { path, spot, key } => match source.read(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    let message = format!("the file `{path}` cannot be read: {error}");
                    report.error_hint(
                        Some(spot),
                        &key,
                        message,
                        "create the file, or mend the path: it starts at the project's directory",
                    );
                    continue;
                }
            },
        };
        configs.insert(name, ConfigFile { content });
    }
    configs
}

/// Drops the networks, volumes and secrets that no service uses.
fn keep_used(lowered: &mut Lowered, services: &BTreeMap<ServiceName, Service>) {
    lowered.networks.retain(|key, _| services.values().any(|service| service.networks.contains_key(key)));
    let mounts = |volume: &Volume| {
        let is_it = |source: &MountSource| matches!(source, MountSource::Volume(name) if *name == volume.name);
        services.values().any(|service| service.mounts.iter().any(|mount| is_it(&mount.source)))
    };
    lowered.volumes.retain(|_, volume| mounts(volume));
    lowered.secrets.retain(|name, _| {
        let is_it = |origin: &FileOrigin| matches!(origin, FileOrigin::Secret(secret) if secret == name);
        services.values().any(|service| service.files.iter().any(|file| is_it(&file.origin)))
    });
}
