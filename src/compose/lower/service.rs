//! One service: every supported key of it, in one place (Compose specification, "Services top-level element").

use std::collections::BTreeMap;
use std::time::Duration;

use super::fields::At;
use super::{Context, depends, deploy, extension, files, health, mounts, networks, ports, process, resources};
use crate::compose::diagnostic::Spot;
use crate::compose::keys;
use crate::model::{PullPolicy, RestartPolicy, Service, ServiceName};

/// How long a container may take to stop when the file does not say (Compose specification, `stop_grace_period`).
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// A service before environment files are read and profiles are applied.
pub(in crate::compose) struct Draft {
    /// The service; its environment is not resolved yet.
    pub(in crate::compose) service: Service,
    /// The profiles that it belongs to; none means all.
    pub(in crate::compose) profiles: Vec<String>,
    /// Environment files, in the order in which later ones win.
    pub(in crate::compose) env_files: Vec<EnvFile>,
}

/// An environment file of a service.
pub(in crate::compose) struct EnvFile {
    /// Its path.
    pub(in crate::compose) path: String,
    /// Its absence is an error.
    pub(in crate::compose) required: bool,
    /// Where the file names it.
    pub(in crate::compose) spot: Spot,
    /// The dotted path there.
    pub(in crate::compose) key: String,
}

/// Reads a service. `None` when it is no map.
pub(super) fn service(cx: &mut Context<'_>, name: ServiceName, at: &At<'_>) -> Option<Draft> {
    let mut fields = at.fields(cx.report)?;
    let f = &mut fields;
    let image = f.take("image");
    if image.is_none() && at.node.as_map().is_some_and(|map| map.get("build").is_none() && map.get("extends").is_none()) {
        at.error_hint(cx.report, "the service has no image", "give the name of one as `image`");
    }
    let image = image.and_then(|v| process::image(cx, &v));
    let deployed = f.take("deploy").and_then(|v| deploy::deploy(cx, &v)).unwrap_or_default();
    let scale = f.take("scale").and_then(|v| v.integer(cx.report).map(|count| (v, count)));
    let replicas = resources::one(cx, scale, deployed.replicas).unwrap_or(1);
    let update = deployed.update;
    let resources = resources::resources(cx, f, deployed.limits);
    let (tmpfs, volumes) = (f.take("tmpfs"), f.take("volumes"));
    let mounts = mounts::mounts(cx, tmpfs, volumes);
    let mut granted = f.take("secrets").map(|v| files::granted_secrets(cx, &v)).unwrap_or_default();
    granted.extend(f.take("configs").map(|v| files::granted_configs(cx, &v)).unwrap_or_default());
    let own = f.take("x-medianest").and_then(|v| extension::service(cx, &v, image.as_ref())).unwrap_or_default();
    let attached = f.take("networks");
    let networks = networks::attachments(cx, attached);
    let environment = f.take("environment").and_then(|v| v.pairs(cx.report)).unwrap_or_default();
    let env_files = f.take("env_file").map(|v| process::env_files(cx, &v)).unwrap_or_default();
    let profiles = f.take("profiles").and_then(|v| v.unique_scalars(cx.report)).unwrap_or_default();
    // The mistake is reported; with any image the rest can be read, and its mistakes too.
    let image = image.or_else(|| "unknown".parse().ok())?;
    let service = Service {
        name,
        image,
        pull_policy: f.take("pull_policy").and_then(|v| process::pull_policy(cx, &v)).unwrap_or(PullPolicy::Missing),
        replicas,
        update,
        entrypoint: f.take("entrypoint").and_then(|v| process::command(cx, &v)),
        command: f.take("command").and_then(|v| process::command(cx, &v)),
        environment: environment.into_iter().collect::<BTreeMap<_, _>>(),
        user: f.take("user").and_then(|v| v.text(cx.report)),
        working_dir: f.take("working_dir").and_then(|v| v.text(cx.report)),
        hostname: f.take("hostname").and_then(|v| v.text(cx.report)),
        container_name: f.take("container_name").and_then(|v| process::container_name(cx, &v)),
        init: f.take("init").and_then(|v| v.bool(cx.report)),
        read_only: f.take("read_only").and_then(|v| v.bool(cx.report)).unwrap_or(false),
        tmpfs: mounts.tmpfs,
        cap_add: f.take("cap_add").and_then(|v| v.unique_scalars(cx.report)).unwrap_or_default(),
        cap_drop: f.take("cap_drop").and_then(|v| v.unique_scalars(cx.report)).unwrap_or_default(),
        security_opt: f.take("security_opt").and_then(|v| v.unique_scalars(cx.report)).unwrap_or_default(),
        sysctls: f.take("sysctls").map(|v| process::sysctls(cx, &v)).unwrap_or_default(),
        ulimits: f.take("ulimits").map(|v| process::ulimits(cx, &v)).unwrap_or_default(),
        shm_size: f.take("shm_size").and_then(|v| v.bytes(cx.report)),
        extra_hosts: f.take("extra_hosts").map(|v| process::extra_hosts(cx, &v)).unwrap_or_default(),
        restart: f.take("restart").and_then(|v| process::restart(cx, &v)).unwrap_or(RestartPolicy::No),
        stop_signal: f.take("stop_signal").and_then(|v| v.text(cx.report)),
        stop_grace_period: f.take("stop_grace_period").and_then(|v| v.duration(cx.report)).unwrap_or(DEFAULT_GRACE),
        healthcheck: f.take("healthcheck").and_then(|v| health::healthcheck(cx, &v)),
        depends_on: f.take("depends_on").map(|v| depends::depends_on(cx, &v)).unwrap_or_default(),
        networks,
        ports: f.take("ports").map(|v| ports::ports(cx, &v)).unwrap_or_default(),
        expose: f.take("expose").map(|v| ports::expose(cx, &v)).unwrap_or_default(),
        mounts: mounts.mounts,
        files: granted,
        resources,
        logging: f.take("logging").and_then(|v| process::logging(cx, &v)),
        labels: f.take("labels").and_then(|v| cx.labels(&v)).unwrap_or_default(),
        ingress: own.ingress,
        migration: own.migration,
        smoke: own.smoke,
        backup: own.backup,
    };
    fields.finish(cx.report, keys::SERVICE, false);
    Some(Draft { service, profiles, env_files })
}
