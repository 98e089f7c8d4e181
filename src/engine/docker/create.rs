//! What is to be created, in the words of the Engine API.
//!
//! Pure: specifications in, request bodies out, with what differs between API versions. Refuses to call anything.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig, Ipam, IpamConfig,
    Mount as ApiMount, MountType, MountVolumeOptions, NetworkCreateRequest, NetworkingConfig, PortBinding, PortMap,
    ResourcesUlimits, RestartPolicy as ApiRestartPolicy, RestartPolicyNameEnum, VolumeCreateRequest,
};

use crate::engine::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};
use crate::model::{HealthTest, Healthcheck, Mount, MountSource, RestartPolicy};

/// From this version on a container is created with all of its networks, and `start_interval` is understood.
const MANY_ENDPOINTS: (usize, usize) = (1, 44);

/// A container's body, and the networks that have to be connected one by one after it is created.
pub(super) fn container(spec: &ContainerSpec, api: (usize, usize)) -> (ContainerCreateBody, Vec<(String, EndpointSettings)>) {
    let mut at_create: Vec<_> = spec.networks.iter().map(|(name, e)| (name.clone(), endpoint(e))).collect();
    let later = if api < MANY_ENDPOINTS && at_create.len() > 1 { at_create.split_off(1) } else { Vec::new() };
    let network_mode = at_create.first().map_or("none", |(name, _)| name.as_str()).to_owned();
    let networking_config = NetworkingConfig { endpoints_config: Some(at_create.into_iter().collect()) };
    let body = ContainerCreateBody {
        hostname: spec.hostname.clone(),
        user: spec.user.clone(),
        exposed_ports: exposed(spec),
        env: non_empty(spec.environment.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            // A name without `=` takes the image's variable away.
            None => name.clone(),
        })),
        cmd: spec.command.clone(),
        healthcheck: spec.healthcheck.as_ref().map(|check| healthcheck(check, api)),
        image: Some(spec.image.clone()),
        working_dir: spec.working_dir.clone(),
        entrypoint: spec.entrypoint.clone(),
        labels: Some(spec.labels.clone().into_iter().collect()),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: Some(whole_seconds(spec.stop_grace_period).into()),
        host_config: Some(host_config(spec, network_mode)),
        networking_config: Some(networking_config),
        ..Default::default()
    };
    (body, later)
}

/// A network's body.
pub(super) fn network(spec: &NetworkSpec) -> NetworkCreateRequest {
    let ipam = spec.subnet.map(|subnet| Ipam {
        config: Some(vec![IpamConfig {
            subnet: Some(subnet.to_string()),
            ip_range: spec.ip_range.map(|range| range.to_string()),
            ..Default::default()
        }]),
        ..Default::default()
    });
    NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some(spec.driver.clone().unwrap_or_else(|| "bridge".into())),
        internal: Some(spec.internal),
        ipam,
        options: Some(spec.driver_opts.clone().into_iter().collect()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        ..Default::default()
    }
}

/// A volume's body.
pub(super) fn volume(spec: &VolumeSpec) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: Some(spec.name.clone()),
        driver: Some(spec.driver.clone().unwrap_or_else(|| "local".into())),
        driver_opts: Some(spec.driver_opts.clone().into_iter().collect()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        ..Default::default()
    }
}

/// Seconds for the engine, which takes no fractions: rounded up, so that half a second is not "at once".
pub(super) fn whole_seconds(duration: Duration) -> i32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// Lines of Dockerfile instructions that set labels, for an import; `None` for a text that they cannot express.
pub(super) fn label_instructions(labels: &crate::model::Labels) -> Option<Vec<String>> {
    labels.iter().map(|(name, value)| Some(format!("LABEL {}={}", quoted(name)?, quoted(value)?))).collect()
}

fn quoted(text: &str) -> Option<String> {
    if text.contains(['\n', '\r', '\0']) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        // The instruction is read like a line of a Dockerfile: quotes end, dollars begin a variable.
        if matches!(c, '"' | '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Some(out)
}

fn host_config(spec: &ContainerSpec, network_mode: String) -> HostConfig {
    HostConfig {
        memory: spec.resources.memory.map(|b| clamped(b.0)),
        memory_reservation: spec.resources.memory_reservation.map(|b| clamped(b.0)),
        nano_cpus: spec.resources.cpus.map(|c| clamped(c.0)),
        pids_limit: spec.resources.pids,
        init: spec.init,
        ulimits: non_empty(spec.ulimits.iter().map(|(name, limit)| ResourcesUlimits {
            name: Some(name.clone()),
            soft: Some(limit.soft),
            hard: Some(limit.hard),
        })),
        log_config: spec.logging.as_ref().map(|logging| HostConfigLogConfig {
            typ: logging.driver.clone(),
            config: Some(logging.options.clone().into_iter().collect()),
        }),
        network_mode: Some(network_mode),
        port_bindings: Some(port_bindings(spec)),
        restart_policy: Some(restart(spec.restart)),
        mounts: non_empty(spec.mounts.iter().map(|m| mount(m, spec.no_copy.contains(&m.target)))),
        cap_add: non_empty(spec.cap_add.iter().cloned()),
        cap_drop: non_empty(spec.cap_drop.iter().cloned()),
        extra_hosts: non_empty(spec.extra_hosts.iter().cloned()),
        readonly_rootfs: Some(spec.read_only),
        security_opt: non_empty(spec.security_opt.iter().cloned()),
        tmpfs: (!spec.tmpfs.is_empty()).then(|| spec.tmpfs.iter().map(|t| (t.target.clone(), t.options.clone())).collect()),
        shm_size: spec.shm_size.map(|b| clamped(b.0)),
        sysctls: (!spec.sysctls.is_empty()).then(|| spec.sysctls.clone().into_iter().collect()),
        ..Default::default()
    }
}

fn endpoint(spec: &EndpointSpec) -> EndpointSettings {
    EndpointSettings {
        aliases: non_empty(spec.aliases.iter().cloned()),
        ipam_config: spec
            .address
            .map(|address| EndpointIpamConfig { ipv4_address: Some(address.to_string()), ..Default::default() }),
        ..Default::default()
    }
}

fn mount(mount: &Mount, no_copy: bool) -> ApiMount {
    let (typ, source) = match &mount.source {
        MountSource::Volume(name) => (MountType::VOLUME, Some(name.to_string())),
        MountSource::Anonymous => (MountType::VOLUME, None),
        // A mount of this form fails when the path is missing, where the older `Binds` would create it.
        MountSource::Bind(path) => (MountType::BIND, Some(path.clone())),
    };
    ApiMount {
        target: Some(mount.target.clone()),
        source,
        volume_options: (typ == MountType::VOLUME && no_copy)
            .then(|| MountVolumeOptions { no_copy: Some(true), ..Default::default() }),
        typ: Some(typ),
        read_only: Some(mount.read_only),
        ..Default::default()
    }
}

fn healthcheck(check: &Healthcheck, api: (usize, usize)) -> HealthConfig {
    HealthConfig {
        test: check.test.as_ref().map(|test| match test {
            HealthTest::Disabled => vec!["NONE".into()],
            HealthTest::Exec(argv) => ["CMD".into()].into_iter().chain(argv.iter().cloned()).collect(),
            HealthTest::Shell(text) => vec!["CMD-SHELL".into(), text.clone()],
        }),
        interval: check.interval.map(nanoseconds),
        timeout: check.timeout.map(nanoseconds),
        retries: check.retries.map(i64::from),
        start_period: check.start_period.map(nanoseconds),
        start_interval: check.start_interval.filter(|_| api >= MANY_ENDPOINTS).map(nanoseconds),
    }
}

pub(super) fn restart(policy: RestartPolicy) -> ApiRestartPolicy {
    let (name, count) = match policy {
        RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
        RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
        RestartPolicy::OnFailure(count) => (RestartPolicyNameEnum::ON_FAILURE, count),
        RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
    };
    ApiRestartPolicy { name: Some(name), maximum_retry_count: count.map(i64::from) }
}

fn exposed(spec: &ContainerSpec) -> Option<Vec<String>> {
    let published = spec.ports.iter().map(|port| format!("{}/{}", port.target, port.protocol.as_str()));
    let documented = spec.expose.iter().map(|port| if port.contains('/') { port.clone() } else { format!("{port}/tcp") });
    non_empty(published.chain(documented))
}

fn port_bindings(spec: &ContainerSpec) -> PortMap {
    let mut bindings: PortMap = HashMap::new();
    for port in &spec.ports {
        let binding = PortBinding {
            host_ip: port.host_ip.map(|ip| ip.to_string()),
            host_port: Some(port.published.map(|p| p.to_string()).unwrap_or_default()),
        };
        let key = format!("{}/{}", port.target, port.protocol.as_str());
        bindings.entry(key).or_default().get_or_insert_default().push(binding);
    }
    bindings
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn clamped(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn non_empty<T>(items: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let items: Vec<T> = items.collect();
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ContainerSpec {
        ContainerSpec::holder("shop-web-1".into(), "web".into(), Default::default(), Vec::new())
    }

    #[test]
    fn older_engines_get_one_network_at_create() {
        let mut spec = spec();
        for name in ["a", "b", "c"] {
            spec.networks.insert(name.into(), EndpointSpec { aliases: vec!["web".into()], address: None });
        }
        let (body, later) = container(&spec, (1, 41));
        assert_eq!(body.networking_config.unwrap().endpoints_config.unwrap().len(), 1);
        assert_eq!(body.host_config.unwrap().network_mode.as_deref(), Some("a"));
        assert_eq!(later.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        let (body, later) = container(&spec, (1, 44));
        assert_eq!((body.networking_config.unwrap().endpoints_config.unwrap().len(), later.len()), (3, 0));
        let (body, _) = container(&self::spec(), (1, 41));
        assert_eq!(body.host_config.unwrap().network_mode.as_deref(), Some("none"));
    }

    #[test]
    fn the_start_interval_is_only_sent_where_it_is_understood() {
        let check = Healthcheck {
            test: Some(HealthTest::Shell("true".into())),
            interval: Some(Duration::from_secs(1)),
            timeout: None,
            retries: None,
            start_period: None,
            start_interval: Some(Duration::from_millis(200)),
        };
        assert_eq!(healthcheck(&check, (1, 43)).start_interval, None);
        assert_eq!(healthcheck(&check, (1, 44)).start_interval, Some(200_000_000));
        assert_eq!(healthcheck(&check, (1, 44)).test.unwrap(), ["CMD-SHELL", "true"]);
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), i32::MAX);
    }

    #[test]
    fn labels_survive_the_dockerfile_reader() {
        let labels = [("a b".to_owned(), r#"say "$HOME" \ "#.to_owned())].into();
        assert_eq!(label_instructions(&labels).unwrap(), [r#"LABEL "a b"="say \"\$HOME\" \\ ""#]);
        assert_eq!(label_instructions(&[("a".to_owned(), "1\n2".to_owned())].into()), None);
    }
}
