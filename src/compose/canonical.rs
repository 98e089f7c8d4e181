//! A stack in the shape in which `docker compose config --format json` prints a project: every short form made long,
//! every default that Compose shows filled in.
//!
//! Owns that shape only; the stack is the truth. Refuses to show a secret's value, which it does not have.

mod backup;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::model::{
    Autoupdate, DependencyCondition, FileEntry, FileOrigin, HealthTest, Healthcheck, Mount, MountSource, Network, Port,
    PullPolicy, RestartPolicy, Service, ServiceName, Stack, SubnetChoice, Tmpfs, Ulimit, UpdateConfig, UpdateOrder, Volume,
};

/// The stack as Compose prints it. `profiles` are those of each service.
pub(super) fn canonical(stack: &Stack, profiles: &BTreeMap<ServiceName, Vec<String>>) -> Value {
    let keys: BTreeMap<&str, &str> = stack.volumes.iter().map(|(key, volume)| (volume.name.as_str(), key.as_str())).collect();
    let services = stack.services.values().map(|s| {
        let own = profiles.get(&s.name).map(Vec::as_slice).unwrap_or_default();
        (s.name.to_string(), service(s, own, &keys))
    });
    let project = &stack.project;
    let mut out = Object::new();
    out.put("name", json!(project.as_str()));
    out.put("services", Value::Object(services.collect()));
    out.put_some("networks", object(stack.networks.iter().map(|(key, network)| (key.clone(), self::network(network)))));
    out.put_some("volumes", object(stack.volumes.iter().map(|(key, volume)| (key.clone(), self::volume(volume)))));
    let secrets = stack
        .secrets
        .iter()
        .map(|(key, secret)| (key.to_string(), json!({"name": format!("{project}_{key}"), "file": secret.path})));
    out.put_some("secrets", object(secrets));
    let configs = stack.configs.iter().map(|(key, config)| {
        let content = String::from_utf8_lossy(&config.content).into_owned();
        (key.to_string(), json!({"name": format!("{project}_{key}"), "content": content}))
    });
    out.put_some("configs", object(configs));
    let mut extension = Object::new();
    extension.put_some("version", json!(stack.version));
    if stack.keep_releases != Stack::KEEP_RELEASES {
        extension.put("releases", json!({"keep": stack.keep_releases}));
    }
    extension.put_some("autoupdate", autoupdate(&stack.autoupdate));
    extension.put_some("backup", backup::settings(&stack.backup));
    out.put_some("x-medianest", extension.into_value());
    escape(out.into_value())
}

/// `x-medianest.autoupdate`, empty when it allows everything.
fn autoupdate(declared: &Autoupdate) -> Value {
    let mut out = Object::new();
    out.put_some("range", json!(declared.range));
    if !declared.min_age.is_zero() {
        out.put("min_age", duration(declared.min_age));
    }
    if let Some(window) = &declared.window {
        out.put("window", json!(window.hours.to_string()));
        let days = window.days.iter().map(|day| day.to_string().to_lowercase());
        out.put_some("days", json!(days.collect::<Vec<_>>()));
        out.put("timezone", json!(window.zone.to_string()));
    }
    out.into_value()
}

/// A map that leaves out what is empty.
struct Object(Map<String, Value>);

impl Object {
    fn new() -> Self {
        Self(Map::new())
    }

    fn put(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    /// Adds a value unless it is null, false, or empty.
    fn put_some(&mut self, key: &str, value: Value) {
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if !empty {
            self.put(key, value);
        }
    }

    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn object(entries: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.collect())
}

/// Doubles every dollar sign, so that what is printed can be read again.
fn escape(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('$', "$$")),
        Value::Array(items) => Value::Array(items.into_iter().map(escape).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, escape(value))).collect()),
        other => other,
    }
}

fn service(service: &Service, profiles: &[String], volumes: &BTreeMap<&str, &str>) -> Value {
    let mut out = Object::new();
    out.put("image", json!(service.image.to_string()));
    out.put("command", json!(service.command));
    out.put("entrypoint", json!(service.entrypoint));
    match service.pull_policy {
        PullPolicy::Missing => {}
        PullPolicy::Always => out.put("pull_policy", json!("always")),
        PullPolicy::Never => out.put("pull_policy", json!("never")),
    }
    out.put_some("profiles", json!(profiles));
    out.put_some("environment", json!(service.environment));
    out.put_some("user", json!(service.user));
    out.put_some("working_dir", json!(service.working_dir));
    out.put_some("hostname", json!(service.hostname));
    out.put_some("container_name", json!(service.container_name));
    if let Some(init) = service.init {
        out.put("init", json!(init));
    }
    out.put_some("read_only", json!(service.read_only));
    out.put_some("tmpfs", service.tmpfs.iter().map(tmpfs).collect());
    out.put_some("cap_add", json!(service.cap_add));
    out.put_some("cap_drop", json!(service.cap_drop));
    out.put_some("security_opt", json!(service.security_opt));
    out.put_some("sysctls", json!(service.sysctls));
    out.put_some("ulimits", object(service.ulimits.iter().map(|(key, limit)| (key.clone(), ulimit(*limit)))));
    out.put_some("shm_size", json!(service.shm_size.map(|size| size.0.to_string())));
    out.put_some("extra_hosts", service.extra_hosts.iter().map(|host| json!(host.replacen(':', "=", 1))).collect());
    out.put_some("restart", restart(service.restart));
    out.put_some("stop_signal", json!(service.stop_signal));
    if service.stop_grace_period != Duration::from_secs(10) {
        out.put("stop_grace_period", duration(service.stop_grace_period));
    }
    out.put_some("healthcheck", service.healthcheck.as_ref().map_or(Value::Null, healthcheck));
    let depends_on = service.depends_on.iter().map(|(name, dependency)| {
        let condition = match dependency.condition {
            DependencyCondition::Started => "service_started",
            DependencyCondition::Healthy => "service_healthy",
            DependencyCondition::CompletedSuccessfully => "service_completed_successfully",
        };
        let mut out = Object::new();
        out.put("condition", json!(condition));
        out.put_some("restart", json!(dependency.restart));
        out.put("required", json!(dependency.required));
        (name.to_string(), out.into_value())
    });
    out.put_some("depends_on", object(depends_on));
    let networks = service.networks.iter().map(|(key, attachment)| {
        let aliases = &attachment.aliases;
        (key.clone(), if aliases.is_empty() { Value::Null } else { json!({"aliases": aliases}) })
    });
    out.put_some("networks", object(networks));
    out.put_some("ports", service.ports.iter().map(port).collect());
    out.put_some("expose", service.expose.iter().map(|port| json!(port.strip_suffix("/tcp").unwrap_or(port))).collect());
    out.put_some("volumes", service.mounts.iter().map(|m| mount(m, volumes)).collect());
    let is_secret = |file: &&FileEntry| matches!(file.origin, FileOrigin::Secret(_));
    out.put_some("secrets", service.files.iter().filter(is_secret).map(file).collect());
    out.put_some("configs", service.files.iter().filter(|f| !is_secret(f)).map(file).collect());
    out.put_some("deploy", deploy(service));
    let logging = service.logging.as_ref().map_or(Value::Null, |logging| {
        let mut out = Object::new();
        out.put_some("driver", json!(logging.driver));
        out.put_some("options", json!(logging.options));
        out.into_value()
    });
    out.put_some("logging", logging);
    out.put_some("labels", json!(service.labels));
    out.put_some("x-medianest", extension(service));
    out.into_value()
}

fn tmpfs(tmpfs: &Tmpfs) -> Value {
    if tmpfs.options.is_empty() { json!(tmpfs.target) } else { json!(format!("{}:{}", tmpfs.target, tmpfs.options)) }
}

fn ulimit(limit: Ulimit) -> Value {
    if limit.soft == limit.hard { json!(limit.soft) } else { json!({"soft": limit.soft, "hard": limit.hard}) }
}

fn restart(policy: RestartPolicy) -> Value {
    match policy {
        RestartPolicy::No => Value::Null,
        RestartPolicy::Always => json!("always"),
        RestartPolicy::UnlessStopped => json!("unless-stopped"),
        RestartPolicy::OnFailure(None) => json!("on-failure"),
        RestartPolicy::OnFailure(Some(count)) => json!(format!("on-failure:{count}")),
    }
}

fn healthcheck(check: &Healthcheck) -> Value {
    let mut out = Object::new();
    match &check.test {
        None => {}
        Some(HealthTest::Disabled) => out.put("disable", json!(true)),
        Some(HealthTest::Exec(argv)) => {
            let test: Vec<&str> = std::iter::once("CMD").chain(argv.iter().map(String::as_str)).collect();
            out.put("test", json!(test));
        }
        Some(HealthTest::Shell(text)) => out.put("test", json!(["CMD-SHELL", text])),
    }
    let times = [
        ("interval", check.interval),
        ("timeout", check.timeout),
        ("start_period", check.start_period),
        ("start_interval", check.start_interval),
    ];
    for (key, time) in times {
        out.put_some(key, time.map_or(Value::Null, duration));
    }
    out.put_some("retries", json!(check.retries));
    out.into_value()
}

/// A duration in Compose's form: `1m30s`, `1h0m0s`, `500ms`.
fn duration(time: Duration) -> Value {
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    let decimal = |whole: u64, fraction: u32, digits: usize, unit: &str| {
        let fraction = format!("{fraction:0digits$}");
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { format!("{whole}{unit}") } else { format!("{whole}.{fraction}{unit}") }
    };
    if seconds == 0 && nanos > 0 {
        return json!(match nanos {
            1_000_000.. => decimal(u64::from(nanos / 1_000_000), nanos % 1_000_000, 6, "ms"),
            1_000.. => decimal(u64::from(nanos / 1_000), nanos % 1_000, 3, "µs"),
            _ => format!("{nanos}ns"),
        });
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = decimal(seconds % 60, nanos, 9, "s");
    json!(match (hours, minutes) {
        (0, 0) => rest,
        (0, _) => format!("{minutes}m{rest}"),
        _ => format!("{hours}h{minutes}m{rest}"),
    })
}

fn port(port: &Port) -> Value {
    let mut out = Object::new();
    out.put("mode", json!("ingress"));
    out.put("target", json!(port.target));
    out.put_some("published", json!(port.published.map(|p| p.to_string())));
    out.put_some("host_ip", json!(port.host_ip.map(|ip| ip.to_string())));
    out.put("protocol", json!(port.protocol.as_str()));
    out.into_value()
}

fn mount(mount: &Mount, volumes: &BTreeMap<&str, &str>) -> Value {
    let mut out = Object::new();
    match &mount.source {
        MountSource::Volume(name) => {
            out.put("type", json!("volume"));
            out.put("source", json!(volumes.get(name.as_str()).copied().unwrap_or(name.as_str())));
            out.put("volume", json!({}));
        }
        MountSource::Anonymous => {
            out.put("type", json!("volume"));
            out.put("volume", json!({}));
        }
        MountSource::Bind(path) => {
            out.put("type", json!("bind"));
            out.put("source", json!(path));
            // What the tool does with it, and what Compose shall do when it reads this.
            out.put("bind", json!({"create_host_path": false}));
        }
    }
    out.put("target", json!(mount.target));
    out.put_some("read_only", json!(mount.read_only));
    out.into_value()
}

fn file(file: &FileEntry) -> Value {
    let mut out = Object::new();
    let source = match &file.origin {
        FileOrigin::Secret(name) => name.as_str(),
        FileOrigin::Config(name) => name.as_str(),
    };
    out.put("source", json!(source));
    out.put("target", json!(file.target));
    out.put_some("uid", json!(file.uid.map(|id| id.to_string())));
    out.put_some("gid", json!(file.gid.map(|id| id.to_string())));
    out.put_some("mode", json!(file.mode.map(|mode| format!("{mode:04o}"))));
    out.into_value()
}

fn deploy(service: &Service) -> Value {
    let resources = &service.resources;
    let mut limits = Object::new();
    // Billionths of a processor fit a float exactly enough to print what was written.
    limits.put_some("cpus", json!(resources.cpus.map(|cpus| cpus.0 as f64 / 1e9)));
    limits.put_some("memory", json!(resources.memory.map(|bytes| bytes.0.to_string())));
    limits.put_some("pids", json!(resources.pids));
    let mut reservations = Object::new();
    reservations.put_some("memory", json!(resources.memory_reservation.map(|bytes| bytes.0.to_string())));
    let mut both = Object::new();
    both.put_some("limits", limits.into_value());
    both.put_some("reservations", reservations.into_value());
    let mut out = Object::new();
    if service.replicas != 1 {
        out.put("replicas", json!(service.replicas));
    }
    out.put_some("update_config", update_config(&service.update));
    out.put_some("resources", both.into_value());
    out.into_value()
}

fn update_config(update: &UpdateConfig) -> Value {
    let mut out = Object::new();
    out.put_some("parallelism", json!(update.parallelism));
    out.put_some("delay", update.delay.map_or(Value::Null, duration));
    out.put_some("monitor", update.monitor.map_or(Value::Null, duration));
    let order = update.order.map(|order| match order {
        UpdateOrder::StartFirst => "start-first",
        UpdateOrder::StopFirst => "stop-first",
    });
    out.put_some("order", json!(order));
    out.into_value()
}

fn extension(service: &Service) -> Value {
    let mut out = Object::new();
    if let Some(ingress) = &service.ingress {
        let mut object = Object::new();
        object.put("config", json!(ingress.config.as_str()));
        object.put("routes", json!(ingress.routes));
        object.put("drain", duration(ingress.drain));
        out.put("ingress", object.into_value());
    }
    if let Some(migration) = &service.migration {
        let mut object = Object::new();
        object.put("attempts", json!(migration.attempts));
        object.put("backoff", duration(migration.backoff));
        object.put_some("verify", json!(migration.verify));
        object.put_some("backward_compatible", json!(migration.backward_compatible));
        object.put_some("head", json!(migration.head));
        out.put("migration", object.into_value());
    }
    let smoke = service.smoke.iter().map(|smoke| {
        let mut object = Object::new();
        object.put("path", json!(smoke.path));
        object.put("status", json!(smoke.status));
        object.put_some("body", json!(smoke.body));
        object.put_some("latency", smoke.latency.map_or(Value::Null, duration));
        object.into_value()
    });
    out.put_some("smoke", Value::Array(smoke.collect()));
    out.put_some("backup", backup::database(&service.backup));
    out.into_value()
}

fn network(network: &Network) -> Value {
    let mut out = Object::new();
    out.put("name", json!(network.name.as_str()));
    out.put_some("external", json!(network.external));
    out.put_some("internal", json!(network.internal));
    out.put_some("driver", json!(network.driver));
    out.put_some("driver_opts", json!(network.driver_opts));
    out.put_some("labels", json!(network.labels));
    match network.subnet {
        SubnetChoice::Engine => out.put("ipam", json!({})),
        SubnetChoice::Fixed(subnet) => out.put("ipam", json!({"config": [{"subnet": subnet.to_string()}]})),
        SubnetChoice::Auto => {
            out.put("ipam", json!({}));
            out.put("x-medianest", json!({"subnet": "auto"}));
        }
    }
    out.into_value()
}

fn volume(volume: &Volume) -> Value {
    let mut out = Object::new();
    out.put("name", json!(volume.name.as_str()));
    out.put_some("external", json!(volume.external));
    out.put_some("driver", json!(volume.driver));
    out.put_some("driver_opts", json!(volume.driver_opts));
    out.put_some("labels", json!(volume.labels));
    let mut extension = Object::new();
    if let Some(owner) = volume.owner {
        extension.put("uid", json!(owner.uid));
        extension.put("gid", json!(owner.gid));
        extension.put("mode", json!(format!("{:04o}", owner.mode)));
    }
    if let Some(backup) = volume.backup {
        extension.put("backup", json!(backup));
    }
    out.put_some("x-medianest", extension.into_value());
    out.into_value()
}
