//! What each supported key becomes.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::Weekday;

use super::{around, loaded, mistakes, service};
use crate::model::*;

#[test]
fn a_bare_service_has_the_defaults() {
    let a = service("");
    assert_eq!(a.image.to_string(), "x");
    assert_eq!((a.replicas, a.restart, a.pull_policy), (1, RestartPolicy::No, PullPolicy::Missing));
    assert_eq!(a.stop_grace_period, Duration::from_secs(10));
    assert_eq!((a.command, a.entrypoint, a.user, a.init), (None, None, None, None));
    assert_eq!(a.networks.keys().collect::<Vec<_>>(), ["default"]);
    assert_eq!(a.resources, Resources::default());
    assert!(!a.read_only && a.healthcheck.is_none() && a.logging.is_none());
}

#[test]
fn command_lines() {
    let some = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
    let cases = [
        ("command: [a, 'b c']", some(&["a", "b c"])),
        ("command: a 'b c' \"d\"", some(&["a", "b c", "d"])),
        ("command: ''", some(&[])),
        ("command: []", some(&[])),
        ("command: ", None),
    ];
    for (keys, wanted) in cases {
        assert_eq!(service(keys).command, wanted, "{keys}");
        assert_eq!(service(&keys.replace("command", "entrypoint")).entrypoint, wanted, "{keys}");
    }
}

#[test]
fn environments() {
    let environment = |keys: &str| {
        let environment = service(keys).environment;
        environment.into_iter().map(|(k, v)| format!("{k}={}", v.unwrap_or("~".into()))).collect::<Vec<_>>()
    };
    assert_eq!(
        environment("environment: {A: 1, B: true, C: 1.50, D: '', E: , F: yes}"),
        ["A=1", "B=true", "C=1.5", "D=", "E=~", "F=yes"]
    );
    assert_eq!(environment("environment: [A=1, B=x=y, C, D=]"), ["A=1", "B=x=y", "C=~", "D="]);
    assert_eq!(environment("environment: {}"), Vec::<String>::new());
}

#[test]
fn plain_keys() {
    let a = service(
        "user: '1000:1000', working_dir: /w, hostname: h, container_name: my-a, init: true, read_only: 'true', \
         cap_add: [A, A, B], cap_drop: [ALL], security_opt: ['no-new-privileges:true'], stop_signal: SIGINT, \
         stop_grace_period: 1m30s, shm_size: 64m, pull_policy: always, restart: 'on-failure:3', labels: {a: 1, b: }",
    );
    assert_eq!(a.user.as_deref(), Some("1000:1000"));
    assert_eq!(a.working_dir.as_deref(), Some("/w"));
    assert_eq!(a.hostname.as_deref(), Some("h"));
    assert_eq!(a.container_name.as_deref(), Some("my-a"));
    assert_eq!((a.init, a.read_only), (Some(true), true));
    assert_eq!((a.cap_add, a.cap_drop), (vec!["A".to_owned(), "B".to_owned()], vec!["ALL".to_owned()]));
    assert_eq!(a.security_opt, ["no-new-privileges:true"]);
    assert_eq!(a.stop_signal.as_deref(), Some("SIGINT"));
    assert_eq!(a.stop_grace_period, Duration::from_secs(90));
    assert_eq!(a.shm_size, Some(Bytes::mib(64)));
    assert_eq!((a.pull_policy, a.restart), (PullPolicy::Always, RestartPolicy::OnFailure(Some(3))));
    assert_eq!(a.labels, BTreeMap::from([("a".into(), "1".into()), ("b".into(), String::new())]));
}

#[test]
fn words() {
    let cases = [
        ("no", RestartPolicy::No),
        ("'no'", RestartPolicy::No),
        ("always", RestartPolicy::Always),
        ("on-failure", RestartPolicy::OnFailure(None)),
        ("unless-stopped", RestartPolicy::UnlessStopped),
    ];
    for (text, wanted) in cases {
        assert_eq!(service(&format!("restart: {text}")).restart, wanted);
    }
    assert_eq!(service("pull_policy: if_not_present").pull_policy, PullPolicy::Missing);
    assert_eq!(service("pull_policy: never").pull_policy, PullPolicy::Never);
}

#[test]
fn maps_of_numbers_and_texts() {
    let a = service(
        "sysctls: {net.core.somaxconn: 1024, x: y}, ulimits: {nofile: 65535, nproc: {soft: 1, hard: -1}}, \
         extra_hosts: ['h:1.2.3.4', 'i=::1', 'j:[::1]', 'k:host-gateway', 'h:1.2.3.4'], \
         logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}",
    );
    assert_eq!(a.sysctls, BTreeMap::from([("net.core.somaxconn".into(), "1024".into()), ("x".into(), "y".into())]));
    assert_eq!(a.ulimits["nofile"], Ulimit { soft: 65535, hard: 65535 });
    assert_eq!(a.ulimits["nproc"], Ulimit { soft: 1, hard: -1 });
    assert_eq!(a.extra_hosts, ["h:1.2.3.4", "i:::1", "j:::1", "k:host-gateway"]);
    let logging = a.logging.unwrap();
    assert_eq!(logging.driver.as_deref(), Some("json-file"));
    assert_eq!(logging.options, BTreeMap::from([("max-file".into(), "3".into()), ("max-size".into(), "10m".into())]));
    assert_eq!(service("extra_hosts: {h: 1.2.3.4, i: [::1, 1.1.1.1]}").extra_hosts, ["h:1.2.3.4", "i:::1", "i:1.1.1.1"]);
    assert_eq!(service("sysctls: [a=1, b]").sysctls, BTreeMap::from([("a".into(), "1".into()), ("b".into(), String::new())]));
}

#[test]
fn health_checks() {
    let test = |keys: &str| service(&format!("healthcheck: {{{keys}}}")).healthcheck.unwrap().test;
    assert_eq!(test("test: curl x"), Some(HealthTest::Shell("curl x".into())));
    assert_eq!(test("test: [CMD-SHELL, curl x]"), Some(HealthTest::Shell("curl x".into())));
    assert_eq!(test("test: [CMD, curl, x]"), Some(HealthTest::Exec(vec!["curl".into(), "x".into()])));
    assert_eq!(test("test: [NONE]"), Some(HealthTest::Disabled));
    assert_eq!(test("test: []"), None);
    assert_eq!(test("disable: true"), Some(HealthTest::Disabled));
    assert_eq!(test("disable: true, test: curl x"), Some(HealthTest::Disabled));
    let keys = "interval: 30s, timeout: 500ms, retries: '5', start_period: 1m, start_interval: 2s";
    let check = service(&format!("healthcheck: {{{keys}}}")).healthcheck.unwrap();
    let seconds = |n| Some(Duration::from_secs(n));
    assert_eq!((check.interval, check.timeout, check.retries), (seconds(30), Some(Duration::from_millis(500)), Some(5)));
    assert_eq!((check.start_period, check.start_interval, check.test), (seconds(60), seconds(2), None));
}

#[test]
fn dependencies() {
    let dependency = |keys: &str| service(&format!("depends_on: {keys}")).depends_on["b"];
    let plain = Dependency { condition: DependencyCondition::Started, restart: false, required: true };
    assert_eq!(dependency("[b]"), plain);
    assert_eq!(dependency("{b: {condition: service_started}}"), plain);
    assert_eq!(
        dependency("{b: {condition: service_healthy, restart: true, required: false}}"),
        Dependency { condition: DependencyCondition::Healthy, restart: true, required: false }
    );
    assert_eq!(
        dependency("{b: {condition: service_completed_successfully}}").condition,
        DependencyCondition::CompletedSuccessfully
    );
}

#[test]
fn networks() {
    assert_eq!(service("networks: [n, default]").networks.keys().collect::<Vec<_>>(), ["default", "n"]);
    assert_eq!(service("networks: {n: {aliases: [x, y, x]}}").networks["n"].aliases, ["x", "y"]);
    assert_eq!(service("networks: {n: }").networks["n"].aliases, Vec::<String>::new());
    assert_eq!(service("networks: []").networks.keys().collect::<Vec<_>>(), ["default"]);
    let text = "name: p\nservices: {a: {image: x, networks: [n, e, f, g]}}\nnetworks:\n  n: {driver: bridge, internal: true, \
                driver_opts: {a: 1}, labels: [l=1], ipam: {config: [{subnet: 172.30.0.0/24}]}}\n  e: {external: true}\n  \
                f: {name: own, x-medianest: {subnet: auto}}\n  g: {x-medianest: {subnet: 10.9.0.0/16}}\n  unused: {}\n";
    let stack = loaded(text).stack;
    assert_eq!(stack.networks.keys().collect::<Vec<_>>(), ["e", "f", "g", "n"]);
    let n = &stack.networks["n"];
    assert_eq!((n.name.as_str(), n.internal, n.external, n.driver.as_deref()), ("p_n", true, false, Some("bridge")));
    assert_eq!(n.subnet, SubnetChoice::Fixed("172.30.0.0/24".parse().unwrap()));
    assert_eq!((n.driver_opts["a"].as_str(), n.labels["l"].as_str()), ("1", "1"));
    let e = &stack.networks["e"];
    assert_eq!((e.name.as_str(), e.external, e.subnet), ("e", true, SubnetChoice::Engine));
    assert_eq!((stack.networks["f"].name.as_str(), stack.networks["f"].subnet), ("own", SubnetChoice::Auto));
    assert_eq!(stack.networks["g"].subnet, SubnetChoice::Fixed("10.9.0.0/16".parse().unwrap()));
    let empty = "services: {a: {image: x}}\nnetworks: {default: {x-medianest: {subnet: ''}}}\n";
    assert_eq!(loaded(empty).stack.networks["default"].subnet, SubnetChoice::Engine);
}

#[test]
fn ports() {
    let a = service(
        "ports: [80, '8443:443', '8443:443', {target: 53, published: '5353', host_ip: 127.0.0.1, protocol: udp, mode: host}, \
         {target: '90', published: 9090}], expose: [3000, '53/udp', 4000-4001, '3000']",
    );
    let port = |published, target| Port { host_ip: None, published, target, protocol: Protocol::Tcp };
    let dns = Port { host_ip: Some("127.0.0.1".parse().unwrap()), published: Some(5353), target: 53, protocol: Protocol::Udp };
    assert_eq!(a.ports, [port(None, 80), port(Some(8443), 443), dns, port(Some(9090), 90)]);
    assert_eq!(a.expose, ["3000/tcp", "53/udp", "4000/tcp", "4001/tcp"]);
}

#[test]
fn mounts() {
    let loaded = loaded(&around(
        "volumes: ['data:/d', './conf:/c:ro', '/abs/../x:/x:rw', '/anon', '~/h:/h', {type: volume, source: data, target: /d2, \
         read_only: true, volume: {}}, {type: bind, source: rel, target: /r, bind: {create_host_path: false}}, {type: volume, \
         target: /v}, \
         {type: tmpfs, target: /t, read_only: true, tmpfs: {size: 10m, mode: 01777}}, 'data:/c'], tmpfs: ['/run:size=64m', /tmp]",
    ).replace('~', "${PWD:-/home/u}"));
    let a = &loaded.stack.services["a"];
    let volume = || MountSource::Volume("app_data".parse().unwrap());
    let bind = |path: &str| MountSource::Bind(path.into());
    let wanted = [
        (volume(), "/d", false),
        // What comes later takes the place of what has the same target.
        (volume(), "/c", false),
        (bind("/x"), "/x", false),
        (MountSource::Anonymous, "/anon", false),
        (bind("/home/u/h"), "/h", false),
        (volume(), "/d2", true),
        (bind("/srv/app/rel"), "/r", false),
        (MountSource::Anonymous, "/v", false),
    ];
    let wanted = wanted.map(|(source, target, read_only)| Mount { source, target: target.into(), read_only });
    assert_eq!(a.mounts, wanted);
    let tmpfs = |target: &str, options: &str| Tmpfs { target: target.into(), options: options.into() };
    assert_eq!(a.tmpfs, [tmpfs("/run", "size=64m"), tmpfs("/tmp", ""), tmpfs("/t", "size=10485760,mode=1777,ro")]);
    assert_eq!(service("tmpfs: /run").tmpfs, [tmpfs("/run", "")]);
}

#[test]
fn volumes() {
    let text = "name: p\nservices: {a: {image: x, volumes: ['v:/v', 'e:/e', 'o:/o', 'w:/w']}}\nvolumes:\n  v:\n  \
                e: {external: true}\n  o: {name: own, driver: local, driver_opts: {type: nfs}, labels: {a: b}}\n  \
                w: {x-medianest: {uid: 1001, gid: '1001', mode: '0750'}}\n  unused: {}\n";
    let stack = loaded(text).stack;
    assert_eq!(stack.volumes.keys().collect::<Vec<_>>(), ["e", "o", "v", "w"]);
    assert_eq!(stack.volumes["v"].name.as_str(), "p_v");
    assert_eq!((stack.volumes["e"].name.as_str(), stack.volumes["e"].external), ("e", true));
    let own = &stack.volumes["o"];
    assert_eq!((own.name.as_str(), own.driver.as_deref(), own.driver_opts["type"].as_str()), ("own", Some("local"), "nfs"));
    assert_eq!(stack.volumes["w"].owner, Some(VolumeOwner { uid: 1001, gid: 1001, mode: 0o750 }));
}

#[test]
fn secrets_and_configs() {
    let a = service(
        "secrets: [s, {source: s, target: other, uid: '103', gid: 104, mode: 0440}, {source: s, target: /etc/s}], \
         configs: [c, {source: c, target: /etc/c.conf, mode: '0444'}]",
    );
    let file = |target: &str, origin: FileOrigin| FileEntry { target: target.into(), origin, uid: None, gid: None, mode: None };
    let secret = || FileOrigin::Secret("s".parse().unwrap());
    let config = || FileOrigin::Config("c".parse().unwrap());
    let wanted = [
        file("/run/secrets/s", secret()),
        FileEntry { uid: Some(103), gid: Some(104), mode: Some(0o440), ..file("/run/secrets/other", secret()) },
        file("/etc/s", secret()),
        file("/c", config()),
        FileEntry { mode: Some(0o444), ..file("/etc/c.conf", config()) },
    ];
    assert_eq!(a.files, wanted);
}

#[test]
fn replicas_and_resources() {
    assert_eq!(service("deploy: {replicas: 3}").replicas, 3);
    assert_eq!(service("scale: 2").replicas, 2);
    assert_eq!(service("scale: 2, deploy: {replicas: 2}").replicas, 2);
    let wanted = Resources {
        memory: Some(Bytes::mib(512)),
        memory_reservation: Some(Bytes::mib(256)),
        cpus: Some(Cpus(1_500_000_000)),
        pids: Some(100),
    };
    let limits =
        "deploy: {resources: {limits: {cpus: '1.5', memory: 512M, pids: 100}, reservations: {cpus: 0.25, memory: 256m}}}";
    assert_eq!(service(limits).resources, wanted);
    assert_eq!(service("cpus: 1.5, mem_limit: 512m, mem_reservation: 256m, pids_limit: 100").resources, wanted);
    assert_eq!(service("cpus: 0.1").resources.cpus, Some(Cpus(100_000_000)));
    assert_eq!(service("mem_limit: 0, pids_limit: -1").resources, Resources::default());
}

#[test]
fn the_tools_own_extension() {
    let text = "x-medianest: {version: 1.4.2}\nx-other: [1]\nservices:\n  web:\n    image: nginx\n    configs: [up]\n    \
                x-note: free\n    \
                x-medianest:\n      ingress:\n        config: up\n        routes:\n        - {upstream: api, service: app, \
                port: 4000}\n        \
                - {upstream: ws, service: app, port: '4000', balance: client_address}\n  app: {image: app}\n  job:\n    \
                image: app\n    \
                x-medianest: {migration: {attempts: 3, backoff: 500ms, verify: [check, --all]}}\nconfigs: {up: {content: 'x'}}\n";
    let stack = loaded(text).stack;
    assert_eq!(stack.version.as_deref(), Some("1.4.2"));
    let ingress = stack.services["web"].ingress.as_ref().unwrap();
    assert_eq!(ingress.config.as_str(), "up");
    let balances: Vec<_> = ingress.routes.iter().map(|r| (r.upstream.as_str(), r.service.as_str(), r.port, r.balance)).collect();
    assert_eq!(balances, [("api", "app", 4000, Balance::RoundRobin), ("ws", "app", 4000, Balance::ClientAddress)]);
    let migration = stack.services["job"].migration.as_ref().unwrap();
    assert_eq!((migration.attempts, migration.backoff), (3, Duration::from_millis(500)));
    assert_eq!(migration.verify.as_ref().unwrap(), &["check", "--all"]);
    assert_eq!(ingress.drain, Duration::from_secs(30));
    let bare = service("x-medianest: {migration: {}}").migration.unwrap();
    assert_eq!((bare.attempts, bare.backoff, bare.verify), (1, Duration::from_secs(2), None));
}

#[test]
fn drains_and_smoke_tests() {
    let text = "services:\n  web:\n    image: nginx\n    configs: [up]\n    x-medianest:\n      ingress: {config: up, drain: 2m, \
                routes: [{upstream: api, service: app, port: 4000}]}\n  app:\n    image: app\n    x-medianest:\n      smoke:\n      \
                - {path: /health}\n      - {path: '/api?q=1', status: 401, body: 'no token', latency: 500ms}\nconfigs: {up: \
                {content: 'x'}}\n";
    let stack = loaded(text).stack;
    assert_eq!(stack.services["web"].ingress.as_ref().unwrap().drain, Duration::from_secs(120));
    let smoke = |path: &str, status, body: Option<&str>, latency: Option<u64>| Smoke {
        path: path.into(),
        status,
        body: body.map(Into::into),
        latency: latency.map(Duration::from_millis),
    };
    let wanted = [smoke("/health", 200, None, None), smoke("/api?q=1", 401, Some("no token"), Some(500))];
    assert_eq!(stack.services["app"].smoke, wanted);
}

#[test]
fn when_a_stack_may_be_updated_unasked() {
    let text = |extension: &str| format!("x-medianest: {{autoupdate: {extension}}}\nservices: {{a: {{image: x}}}}\n");
    let read = |extension: &str| loaded(&text(extension)).stack.autoupdate;
    assert_eq!(loaded("services: {a: {image: x}}\n").stack.autoupdate, Autoupdate::default());
    assert_eq!(read("{}"), Autoupdate::default());
    let full = read("{range: ^1.2, min_age: 24h, window: '22:00-04:00', days: [sun, sat, sun], timezone: utc}");
    let window = Window { hours: "22:00-04:00".parse().unwrap(), days: vec![Weekday::Sat, Weekday::Sun], zone: Zone::Utc };
    assert_eq!(full, Autoupdate { range: Some("^1.2".into()), min_age: Duration::from_secs(86_400), window: Some(window) });
    let canonical = loaded(&text("{min_age: 90m, window: 2:00-5:00}")).canonical;
    let wanted = serde_json::json!({"min_age": "1h30m0s", "window": "02:00-05:00", "timezone": "local"});
    assert_eq!(canonical["x-medianest"]["autoupdate"], wanted);
    let days = read("{days: sun}").window.unwrap();
    assert_eq!((days.hours, days.zone), (Hours::ALL, Zone::Local));
    let refused = |extension: &str| mistakes(&text(extension)).join("; ");
    for (extension, why) in [
        ("{range: newest}", "autoupdate.range: `newest` is not a range of versions"),
        ("{window: '2-5'}", "autoupdate.window: `2-5` is not a time of the day"),
        ("{days: [moon]}", "autoupdate.days[0]: expected `mon`"),
        ("{days: []}", "autoupdate.days: at least one day is needed"),
        ("{timezone: utc}", "autoupdate.timezone: a clock without a time has no meaning"),
        ("{window: 02:00-05:00, timezone: CET}", "autoupdate.timezone: expected `utc`, `local`"),
        ("{min_age: old}", "autoupdate.min_age"),
        ("{max_age: 1h}", "autoupdate.max_age: unknown key"),
    ] {
        assert!(refused(extension).contains(why), "{extension}: {}", refused(extension));
    }
}

#[test]
fn how_a_stack_is_backed_up() {
    let text = |extension: &str| format!("x-medianest: {{backup: {extension}}}\nservices: {{a: {{image: x}}}}\n");
    let read = |extension: &str| loaded(&text(extension)).stack.backup;
    assert_eq!(loaded("services: {a: {image: x}}\n").stack.backup, BackupSettings::default());
    assert_eq!(read("{}"), BackupSettings::default());
    let full = "{recipients: [age1abc, '${NOBODY:-}', age1abc], consistency: stop, compress: gzip, keep: {daily: 3, monthly: '2'}, \
                targets: {offsite: {s3: {bucket: shop, endpoint: 'https://s3.example.org', region: eu, path_style: true, ca_file: \
                ca.pem, prefix: a/b, storage_class: COLD, lock: {mode: compliance, days: 30}, credentials: {file: ./keys}}}, \
                local: {disk: {path: ../b}, keep: {last: 2}}}}";
    let settings = read(full);
    assert_eq!(settings.recipients, ["age1abc"]);
    assert_eq!((settings.consistency(), settings.packing()), (Consistency::Stop, Packing::Gzip));
    assert_eq!(settings.keep, KeepPolicy::new(0, 3, 0, 2).ok());
    let offsite = TargetPlace::S3(S3Target {
        bucket: "shop".into(),
        prefix: Some("a/b".into()),
        endpoint: Some("https://s3.example.org".into()),
        region: "eu".into(),
        path_style: true,
        ca_file: Some("/srv/app/ca.pem".into()),
        storage_class: Some("COLD".into()),
        lock: Some(ObjectLock { mode: LockMode::Compliance, days: 30 }),
        credentials: CredentialSource::File("/srv/app/keys".into()),
    });
    let wanted = [
        BackupTarget {
            name: "local".parse().unwrap(),
            place: TargetPlace::Disk("/srv/b".into()),
            keep: KeepPolicy::new(2, 0, 0, 0).ok(),
        },
        BackupTarget { name: "offsite".parse().unwrap(), place: offsite, keep: None },
    ];
    assert_eq!(settings.targets, wanted);
    let s3 = |credentials: &str| {
        let read = read(&format!("{{targets: {{t: {{s3: {{bucket: shop, credentials: {credentials}}}}}}}}}"));
        let TargetPlace::S3(target) = read.targets[0].place.clone() else { panic!("not S3") };
        (target.region, target.credentials)
    };
    assert_eq!(s3("environment"), ("us-east-1".into(), CredentialSource::Environment));
    assert_eq!(s3("{profile: shop}").1, CredentialSource::Profile(Some("shop".into())));
    assert_eq!(s3("{profile: ''}").1, CredentialSource::Profile(None));
    let canonical = loaded(&text(full)).canonical;
    let again = loaded(&canonical.to_string());
    assert_eq!((again.stack.backup, again.canonical), (settings, canonical));
}

#[test]
fn what_a_service_and_a_volume_say_of_their_backup() {
    let database = |image: &str, keys: &str| {
        let stack = loaded(&format!("services: {{a: {{image: {image}, {keys}}}}}\n")).stack;
        stack.services["a"].database()
    };
    let postgres = |user: &str, database: &str| Some(Database::Postgres { user: user.into(), database: database.into() });
    assert_eq!(database("shop/app", "init: true"), None);
    assert_eq!(database("demo/postgres:15", "init: true"), postgres("postgres", "postgres"));
    assert_eq!(database("postgres", "environment: {POSTGRES_USER: shop}"), postgres("shop", "shop"));
    assert_eq!(database("postgres", "environment: {POSTGRES_USER: shop, POSTGRES_DB: data}"), postgres("shop", "data"));
    let own = "x-medianest: {backup: {user: dump}}, environment: {POSTGRES_USER: shop, POSTGRES_DB: data}";
    assert_eq!(database("postgres", own), postgres("dump", "data"));
    assert_eq!(database("bespoke", "x-medianest: {backup: {kind: postgres, user: u, database: d}}"), postgres("u", "d"));
    assert_eq!(database("postgres", "x-medianest: {backup: {kind: none}}"), None);
    assert_eq!(database("redis:7-alpine", "init: true"), Some(Database::Redis));
    assert_eq!(database("bespoke", "x-medianest: {backup: {kind: redis}}"), Some(Database::Redis));
    let text = "services: {a: {image: x, volumes: ['l:/l', 'd:/d', 'e:/e', 'o:/o']}}\nvolumes:\n  l: {x-medianest: {backup: \
                false}}\n  d:\n  e: {external: true, x-medianest: {backup: false}}\n  o: {x-medianest: {uid: 1, gid: 2, backup: \
                true}}\n";
    let loaded_ = loaded(text);
    let flags: Vec<_> = loaded_.stack.volumes.values().map(|volume| volume.backup).collect();
    assert_eq!(flags, [None, Some(false), Some(false), Some(true)]);
    assert_eq!(loaded_.stack.volumes["o"].owner, Some(VolumeOwner { uid: 1, gid: 2, mode: 0o755 }));
    let again = loaded(&loaded_.canonical.to_string());
    assert_eq!(again.stack.volumes, loaded_.stack.volumes);
}

#[test]
fn how_many_releases_are_kept() {
    let kept =
        |extension: &str| loaded(&format!("x-medianest: {extension}\nservices: {{a: {{image: x}}}}\n")).stack.keep_releases;
    assert_eq!(loaded("services: {a: {image: x}}\n").stack.keep_releases, 10);
    let given = ["{version: 1}", "{releases: {}}", "{releases: {keep: 3}}", "{releases: {keep: '${N:-25}'}}"].map(kept);
    assert_eq!(given, [10, 10, 3, 25]);
    let refused = |extension: &str| mistakes(&format!("x-medianest: {extension}\nservices: {{a: {{image: x}}}}\n"));
    let message = "x-medianest.releases.keep: at least one release is kept, the one that runs";
    assert_eq!(refused("{releases: {keep: 0}}"), [format!("compose.yaml:1:32: {message}")]);
    assert_eq!(refused("{releases: {kept: 1}}").len(), 1);
    assert_eq!(refused("{releases: 3}").len(), 1);
}

#[test]
fn a_text_becomes_the_type_that_is_wanted() {
    let text = "services: {a: {image: x, deploy: {replicas: '${N:-2}'}, init: '${I:-true}', cpus: '${C:-0.5}', mem_limit: \
                '${M:-1g}', \
                healthcheck: {retries: '${R:-3}', interval: '${D:-5s}'}}}";
    let a = &loaded(text).stack.services["a"];
    assert_eq!((a.replicas, a.init, a.resources.cpus), (2, Some(true), Some(Cpus(500_000_000))));
    assert_eq!(a.resources.memory, Some(Bytes::gib(1)));
    assert_eq!(a.healthcheck.as_ref().unwrap().retries, Some(3));
}

#[test]
fn every_key_that_waits_for_support_is_refused_as_such() {
    for key in crate::compose::keys::SERVICE {
        let found = mistakes(&around(&format!("{key}: x")));
        assert!(found.len() == 1 && found[0].contains(&format!("`{key}` is not supported yet")), "{key}: {found:?}");
    }
}
