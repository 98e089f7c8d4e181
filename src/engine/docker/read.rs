//! The engine's answers reduced to what decisions need.
//!
//! Pure: API models in, `model` types out. Refuses to invent: what an answer leaves out is absent or empty.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bollard::models::{
    ContainerInspectResponse, ContainerState as ApiState, ContainerStateStatusEnum, ContainerTopResponse, EndpointSettings,
    HealthConfig, HealthStatusEnum, HostConfig, ImageInspect, Network, NetworkSettings, RegistryServiceConfig,
    RestartPolicyNameEnum, SystemInfo, Volume,
};
use chrono::{DateTime, Datelike, Utc};
use ipnet::Ipv4Net;

use crate::engine::Process;
use crate::model::{
    Bytes, ContainerState, Cpus, EngineInfo, Health, HealthTest, Healthcheck, ImageId, ObservedContainer, ObservedImage,
    ObservedNetwork, ObservedVolume, Protocol, PublishedPort, Resources, RestartPolicy,
};

/// What `/info` says, with the API version that was agreed on.
pub(super) fn info(info: SystemInfo, api: (usize, usize)) -> EngineInfo {
    let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    EngineInfo {
        version: info.server_version.unwrap_or_default(),
        api,
        host: info.name.unwrap_or_default(),
        cpus: count(info.ncpu),
        memory: count(info.mem_total),
        root_dir: info.docker_root_dir.unwrap_or_default(),
        storage_driver: info.driver.unwrap_or_default(),
        architecture: info.architecture.unwrap_or_default(),
        clock: info.system_time.as_deref().and_then(time),
        insecure_registries: info.registry_config.map(insecure).unwrap_or_default(),
    }
}

fn insecure(config: RegistryServiceConfig) -> Vec<String> {
    let hosts = config.index_configs.unwrap_or_default().into_iter().filter(|(_, index)| index.secure == Some(false));
    let mut all: Vec<_> = hosts.map(|(host, _)| host).chain(config.insecure_registry_cidrs.unwrap_or_default()).collect();
    all.sort();
    all
}

/// A container; `None` when the answer lacks its identity.
pub(super) fn container(answer: ContainerInspectResponse) -> Option<ObservedContainer> {
    let state = answer.state.unwrap_or_default();
    let config = answer.config.unwrap_or_default();
    let settings = answer.network_settings.unwrap_or_default();
    let ports = published_ports(&settings);
    let host = answer.host_config.unwrap_or_default();
    let healthcheck = config.healthcheck.and_then(healthcheck);
    // `none` is how the engine spells the absence of a network.
    let networks = || settings.networks.iter().flatten().filter(|(name, _)| name.as_str() != "none");
    Some(ObservedContainer {
        id: answer.id?,
        name: answer.name?.trim_start_matches('/').to_owned(),
        image_id: ImageId(answer.image.unwrap_or_default()),
        image: config.image.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        state: state_of(&state),
        health: health_of(&state),
        healthcheck,
        stop_timeout: config.stop_timeout.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs),
        created_at: answer.created.as_ref().and_then(|t| time(&t.to_string())),
        started_at: state.started_at.as_deref().and_then(time),
        restart: restart(&host),
        resources: resources(&host),
        restart_count: answer.restart_count.and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
        networks: networks().map(|(name, e)| (name.clone(), e.ip_address.as_deref().and_then(address))).collect(),
        fixed_addresses: networks().filter_map(|(name, e)| Some((name.clone(), fixed_address(e)?))).collect(),
        ports,
        volumes: answer
            .mounts
            .into_iter()
            .flatten()
            .filter(|mount| mount.typ.as_deref() == Some("volume"))
            .filter_map(|mount| mount.name)
            .collect(),
    })
}

/// A container's processes: the columns are those that were asked for, but the engine names them.
pub(super) fn processes(answer: ContainerTopResponse) -> Vec<Process> {
    let titles = answer.titles.unwrap_or_default();
    let column = |wanted: &[&str]| titles.iter().position(|t| wanted.contains(&t.as_str()));
    let (Some(pid), Some(command)) = (column(&["PID"]), column(&["COMMAND", "CMD", "ARGS"])) else { return Vec::new() };
    let process = |row: Vec<String>| Some(Process { pid: row.get(pid)?.parse().ok()?, command: row.get(command)?.clone() });
    answer.processes.unwrap_or_default().into_iter().filter_map(process).collect()
}

/// A network; `None` when the answer lacks its identity.
pub(super) fn network(answer: Network) -> Option<ObservedNetwork> {
    let pools = answer.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let subnets: Vec<Ipv4Net> = pools.iter().filter_map(|pool| pool.subnet.as_deref()?.parse().ok()).collect();
    let ip_range = pools.iter().find_map(|pool| pool.ip_range.as_deref()?.parse().ok());
    let told = pools.iter().find_map(|pool| address(pool.gateway.as_deref()?));
    let bridge = answer.driver.as_deref() == Some("bridge");
    Some(ObservedNetwork {
        id: answer.id?,
        name: answer.name?,
        labels: answer.labels.unwrap_or_default().into_iter().collect(),
        gateway: told.or_else(|| usual_gateway(*subnets.first().filter(|_| bridge)?, ip_range)),
        subnets,
        ip_range,
        internal: answer.internal.unwrap_or_default(),
    })
}

/// The gateway of a bridge that was made with a subnet and no gateway: the engine takes the first address of the range
/// that it hands out from, and says so nowhere.
fn usual_gateway(subnet: Ipv4Net, ip_range: Option<Ipv4Net>) -> Option<Ipv4Addr> {
    let first = ip_range.unwrap_or(subnet).network();
    if first == subnet.network() { subnet.hosts().next() } else { Some(first) }
}

/// A volume.
pub(super) fn volume(answer: Volume) -> ObservedVolume {
    let mountpoint = Some(answer.mountpoint).filter(|path| !path.is_empty());
    ObservedVolume { name: answer.name, labels: answer.labels.into_iter().collect(), mountpoint }
}

/// An image; `None` when the answer lacks its identity.
pub(super) fn image(answer: ImageInspect) -> Option<ObservedImage> {
    let config = answer.config.unwrap_or_default();
    Some(ObservedImage {
        id: ImageId(answer.id?),
        repo_digests: answer.repo_digests.unwrap_or_default(),
        created: answer.created.as_ref().and_then(|t| time(&t.to_string())),
        user: config.user.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
    })
}

fn restart(host: &HostConfig) -> RestartPolicy {
    use RestartPolicyNameEnum as Name;
    let policy = host.restart_policy.clone().unwrap_or_default();
    match policy.name.unwrap_or(Name::EMPTY) {
        Name::EMPTY | Name::NO => RestartPolicy::No,
        Name::ALWAYS => RestartPolicy::Always,
        Name::UNLESS_STOPPED => RestartPolicy::UnlessStopped,
        Name::ON_FAILURE => {
            let most = policy.maximum_retry_count.and_then(|n| u32::try_from(n).ok());
            RestartPolicy::OnFailure(most.filter(|n| *n > 0))
        }
    }
}

/// The engine writes no limit as nought.
fn resources(host: &HostConfig) -> Resources {
    let given = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    Resources {
        memory: given(host.memory).map(Bytes),
        memory_reservation: given(host.memory_reservation).map(Bytes),
        cpus: given(host.nano_cpus).map(Cpus),
        pids: host.pids_limit.filter(|n| *n > 0),
    }
}

fn state_of(state: &ApiState) -> ContainerState {
    use ContainerStateStatusEnum as Status;
    let exit_code = state.exit_code.unwrap_or_default();
    match state.status.unwrap_or(Status::EMPTY) {
        Status::CREATED => ContainerState::Created,
        Status::RUNNING => ContainerState::Running { paused: state.paused.unwrap_or_default() },
        Status::PAUSED => ContainerState::Running { paused: true },
        // The process still runs while a newer engine says so.
        Status::STOPPING => ContainerState::Running { paused: false },
        Status::RESTARTING => ContainerState::Restarting { exit_code },
        Status::EXITED => ContainerState::Exited { exit_code, oom_killed: state.oom_killed.unwrap_or_default() },
        Status::REMOVING | Status::DEAD | Status::EMPTY => ContainerState::Dead,
    }
}

/// Between a start and the first check of it, an engine may still show what the last run's checks said.
fn health_of(state: &ApiState) -> Health {
    let Some(health) = &state.health else { return Health::NoCheck };
    let last_check = health.log.iter().flatten().filter_map(|check| time(check.start.as_deref()?)).max();
    let started = state.started_at.as_deref().and_then(time);
    let stale = matches!((last_check, started), (Some(check), Some(start)) if check < start);
    match health.status {
        None | Some(HealthStatusEnum::EMPTY | HealthStatusEnum::NONE) => Health::NoCheck,
        Some(HealthStatusEnum::STARTING) => Health::Starting,
        Some(_) if stale => Health::Starting,
        Some(HealthStatusEnum::HEALTHY) => Health::Healthy,
        // A container that was paused is called unhealthy until it is asked again, although nothing has failed.
        Some(HealthStatusEnum::UNHEALTHY) if health.failing_streak == Some(0) => Health::Starting,
        Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy,
    }
}

fn healthcheck(answer: HealthConfig) -> Option<Healthcheck> {
    let words = answer.test?;
    let test = match words.split_first() {
        Some((kind, rest)) if kind == "CMD" => HealthTest::Exec(rest.to_vec()),
        Some((kind, rest)) if kind == "CMD-SHELL" => HealthTest::Shell(rest.join(" ")),
        _ => return None,
    };
    let time =
        |nanoseconds: Option<i64>| nanoseconds.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0).map(Duration::from_nanos);
    Some(Healthcheck {
        test: Some(test),
        interval: time(answer.interval),
        timeout: time(answer.timeout),
        retries: answer.retries.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
        start_period: time(answer.start_period),
        start_interval: time(answer.start_interval),
    })
}

fn published_ports(settings: &NetworkSettings) -> Vec<PublishedPort> {
    let mut ports = BTreeSet::new();
    for (key, bindings) in settings.ports.iter().flatten() {
        let Some((target, protocol)) = container_port(key) else { continue };
        for binding in bindings.iter().flatten() {
            let Some(published) = binding.host_port.as_deref().and_then(|p| p.parse().ok()) else { continue };
            // "All addresses" is listed once for each address family.
            let host_ip = binding.host_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok()).filter(|ip| !ip.is_unspecified());
            ports.insert(PublishedPort { host_ip, published, target, protocol });
        }
    }
    ports.into_iter().collect()
}

fn container_port(key: &str) -> Option<(u16, Protocol)> {
    let (port, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
    let protocol = [Protocol::Tcp, Protocol::Udp].into_iter().find(|p| p.as_str() == protocol)?;
    Some((port.parse().ok()?, protocol))
}

fn fixed_address(endpoint: &EndpointSettings) -> Option<Ipv4Addr> {
    address(endpoint.ipam_config.as_ref()?.ipv4_address.as_deref()?)
}

/// Some engines write a gateway with its prefix length.
fn address(text: &str) -> Option<Ipv4Addr> {
    text.split('/').next()?.parse().ok()
}

/// The engine writes "never" as the year 1.
fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc)).filter(|t| t.year() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(text: &str) -> Health {
        health_of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn health_from_before_the_last_start_does_not_count() {
        let with = |status: &str, check: &str| {
            format!(
                r#"{{"Status":"running","StartedAt":"2026-01-02T00:00:00.5Z","Health":{{"Status":"{status}","Log":[
                {{"Start":"2026-01-01T00:00:00Z","End":"2026-01-01T00:00:01Z","ExitCode":0}},{{"Start":"{check}","ExitCode":0}}]}}}}"#
            )
        };
        assert_eq!(health(&with("healthy", "2026-01-01T00:00:01Z")), Health::Starting);
        assert_eq!(health(&with("unhealthy", "2026-01-02T00:00:00.4Z")), Health::Starting);
        assert_eq!(health(&with("healthy", "2026-01-02T01:00:00.6+01:00")), Health::Healthy);
        assert_eq!(health(&with("unhealthy", "2026-01-02T00:01:00Z")), Health::Unhealthy);
        assert_eq!(health(&with("none", "2026-01-02T00:01:00Z")), Health::NoCheck);
        assert_eq!(health(r#"{"Status":"running","Health":{"Status":"starting"}}"#), Health::Starting);
        let streak =
            |streak| format!(r#"{{"Status":"running","Health":{{"Status":"unhealthy","FailingStreak":{streak},"Log":[]}}}}"#);
        assert_eq!(health(&streak(0)), Health::Starting, "it was paused, and not asked since");
        assert_eq!(health(&streak(3)), Health::Unhealthy);
        assert_eq!(health(r#"{"Status":"running"}"#), Health::NoCheck);
    }

    #[test]
    fn a_gateway_that_is_not_told_is_the_first_address_of_the_range() {
        let gateway = |config: &str| {
            let text = format!(r#"{{"Id":"1","Name":"n","Driver":"bridge","IPAM":{{"Config":[{config}]}}}}"#);
            network(serde_json::from_str(&text).unwrap()).unwrap().gateway.map(|a| a.to_string())
        };
        let subnet = r#""Subnet":"10.1.0.0/24""#;
        assert_eq!(gateway(&format!("{{{subnet}}}")).as_deref(), Some("10.1.0.1"));
        assert_eq!(gateway(&format!(r#"{{{subnet},"IPRange":"10.1.0.0/25"}}"#)).as_deref(), Some("10.1.0.1"));
        assert_eq!(gateway(&format!(r#"{{{subnet},"IPRange":"10.1.0.128/25"}}"#)).as_deref(), Some("10.1.0.128"));
        assert_eq!(gateway(&format!(r#"{{{subnet},"Gateway":"10.1.0.9"}}"#)).as_deref(), Some("10.1.0.9"));
        assert_eq!(gateway("{}"), None);
    }

    #[test]
    fn times_and_ports_read_as_engines_write_them() {
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert!(time("2026-11-23T12:09:33.123456789+01:00").is_some());
        let settings = r#"{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],
            "53/udp":[{"HostIp":"127.0.0.1","HostPort":"53"}],"9/sctp":[{"HostIp":"","HostPort":"9"}],"81/tcp":null}}"#;
        let ports = published_ports(&serde_json::from_str(settings).unwrap());
        let shown: Vec<_> = ports.iter().map(|p| (p.host_ip.map(|ip| ip.to_string()), p.published, p.target)).collect();
        assert_eq!(shown, [(None, 8080, 80), (Some("127.0.0.1".into()), 53, 53)]);
    }
}
