//! The hash that decides whether a container is replaced: it changes with everything that a container does, and with
//! nothing else. A field that is added to the specification does not compile here until somebody has decided.

use std::collections::BTreeMap;
use std::time::Duration;

use medianestctl::model::{
    Bytes, ContainerSpec, EndpointSpec, HealthTest, Healthcheck, Labels, Logging, Mount, MountSource, Port, Protocol, Resources,
    RestartPolicy, Tmpfs, Ulimit, label,
};
use medianestctl::plan::config_hash;

fn spec() -> ContainerSpec {
    ContainerSpec::holder("shop-web-1".into(), "web:1".into(), Labels::new(), Vec::new())
}

fn words(text: &str) -> Option<Vec<String>> {
    Some(vec![text.into()])
}

/// Each change that makes another container of it.
fn changes() -> Vec<(&'static str, ContainerSpec)> {
    // Every field by name: a new one is an error here.
    let ContainerSpec {
        name: _,
        image: _,
        labels: _,
        entrypoint: _,
        command: _,
        environment: _,
        user: _,
        working_dir: _,
        hostname: _,
        init: _,
        read_only: _,
        tmpfs: _,
        cap_add: _,
        cap_drop: _,
        security_opt: _,
        sysctls: _,
        ulimits: _,
        shm_size: _,
        extra_hosts: _,
        restart: _,
        stop_signal: _,
        stop_grace_period: _,
        healthcheck: _,
        networks: _,
        ports: _,
        expose: _,
        mounts: _,
        no_copy: _,
        resources: _,
        logging: _,
    } = spec();
    let endpoint = EndpointSpec { aliases: vec!["web".into()], address: None };
    let port = Port { host_ip: None, published: Some(80), target: 80, protocol: Protocol::Tcp };
    let check = Healthcheck {
        test: Some(HealthTest::Disabled),
        interval: None,
        timeout: None,
        retries: None,
        start_period: None,
        start_interval: None,
    };
    let mount = Mount { source: MountSource::Anonymous, target: "/data".into(), read_only: false };
    vec![
        ("a label of the user", ContainerSpec { labels: [("a".to_owned(), "b".to_owned())].into(), ..spec() }),
        ("entrypoint", ContainerSpec { entrypoint: words("run"), ..spec() }),
        ("command", ContainerSpec { command: words("serve"), ..spec() }),
        ("no command", ContainerSpec { command: None, ..spec() }),
        ("environment", ContainerSpec { environment: [("A".to_owned(), Some("1".to_owned()))].into(), ..spec() }),
        ("a variable that is unset", ContainerSpec { environment: [("A".to_owned(), None)].into(), ..spec() }),
        ("user", ContainerSpec { user: Some("1".into()), ..spec() }),
        ("working_dir", ContainerSpec { working_dir: Some("/".into()), ..spec() }),
        ("hostname", ContainerSpec { hostname: Some("web".into()), ..spec() }),
        ("init", ContainerSpec { init: Some(true), ..spec() }),
        ("read_only", ContainerSpec { read_only: true, ..spec() }),
        ("tmpfs", ContainerSpec { tmpfs: vec![Tmpfs { target: "/tmp".into(), options: String::new() }], ..spec() }),
        ("cap_add", ContainerSpec { cap_add: vec!["CHOWN".into()], ..spec() }),
        ("cap_drop", ContainerSpec { cap_drop: vec!["CHOWN".into()], ..spec() }),
        ("security_opt", ContainerSpec { security_opt: vec!["no-new-privileges:true".into()], ..spec() }),
        ("sysctls", ContainerSpec { sysctls: [("a".to_owned(), "1".to_owned())].into(), ..spec() }),
        ("ulimits", ContainerSpec { ulimits: [("nofile".to_owned(), Ulimit { soft: 1, hard: 1 })].into(), ..spec() }),
        ("shm_size", ContainerSpec { shm_size: Some(Bytes(1)), ..spec() }),
        ("extra_hosts", ContainerSpec { extra_hosts: vec!["a:1.1.1.1".into()], ..spec() }),
        ("restart", ContainerSpec { restart: RestartPolicy::Always, ..spec() }),
        ("stop_signal", ContainerSpec { stop_signal: Some("QUIT".into()), ..spec() }),
        ("stop_grace_period", ContainerSpec { stop_grace_period: Duration::from_secs(1), ..spec() }),
        ("healthcheck", ContainerSpec { healthcheck: Some(check), ..spec() }),
        ("a network", ContainerSpec { networks: [("net".to_owned(), endpoint)].into(), ..spec() }),
        ("ports", ContainerSpec { ports: vec![port], ..spec() }),
        ("expose", ContainerSpec { expose: vec!["80/tcp".into()], ..spec() }),
        ("mounts", ContainerSpec { mounts: vec![mount], ..spec() }),
        ("no_copy", ContainerSpec { no_copy: vec!["/data".into()], ..spec() }),
        ("resources", ContainerSpec { resources: Resources { pids: Some(1), ..Resources::default() }, ..spec() }),
        ("logging", ContainerSpec { logging: Some(Logging { driver: None, options: BTreeMap::new() }), ..spec() }),
    ]
}

#[test]
fn whatever_a_container_does_counts() {
    let mut seen = BTreeMap::from([(config_hash(&spec()), "nothing")]);
    for (what, changed) in changes() {
        assert_eq!(config_hash(&changed), config_hash(&changed.clone()));
        let same = seen.insert(config_hash(&changed), what);
        assert_eq!(same, None, "{what} gives another hash");
    }
}

#[test]
fn what_it_is_called_and_where_the_files_lie_does_not() {
    let labelled = |name: &str| ContainerSpec { labels: [(name.to_owned(), "value".to_owned())].into(), ..spec() };
    for same in [
        ContainerSpec { name: "shop-web-1-next".into(), ..spec() },
        // Told by its identity, whatever its name.
        ContainerSpec { image: "another".into(), ..spec() },
        labelled(label::CONFIG_HASH),
        labelled(label::COMPOSE_FILES),
        labelled(label::COMPOSE_DIRECTORY),
        labelled(label::COMPOSE_DEPENDS_ON),
        labelled(label::VERSION),
        labelled(label::REPLICAS),
        labelled(label::FORM),
    ] {
        assert_eq!(config_hash(&same), config_hash(&spec()), "{same:?}");
    }
}
