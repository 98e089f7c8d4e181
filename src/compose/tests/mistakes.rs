//! What is refused, with its exact place, path, words and hint.

use super::{around, mistakes, warnings};

/// Checks that a service with these keys has this one mistake; its place is found by the text that it begins at.
fn refused(keys: &str, at: &str, message: &str) {
    let text = around(keys);
    let line = text.lines().position(|line| line.contains(keys)).unwrap();
    let start = text.lines().nth(line).unwrap().find(keys).unwrap();
    let column = start + keys.find(at).unwrap() + 1;
    assert_eq!(mistakes(&text), [format!("compose.yaml:{}:{column}: services.a.{message}", line + 1)], "{keys}");
}

#[test]
fn types() {
    let cases = [
        ("scale: two", "two", "scale: expected a whole number, found the string `two` (hint: write digits only, such as `2`)"),
        ("scale: 1.5", "1.5", "scale: expected a whole number, found the number `1.5` (hint: write digits only, such as `2`)"),
        ("scale: -1", "-1", "scale: the number -1 is out of range"),
        ("scale: [1]", "[1]", "scale: expected a whole number, found a list (hint: write digits only, such as `2`)"),
        ("user: 1000", "1000", "user: expected a string, found the number `1000` (hint: put it in quotes)"),
        ("restart: false", "false", "restart: expected a string, found `false` (hint: put it in quotes)"),
        ("command: [sleep, 5]", "5", "command[1]: expected a string, found the number `5` (hint: put it in quotes)"),
        ("command: {a: 1}", "{a", "command: expected a string or a list, found a map"),
        ("init: maybe", "maybe", "init: expected `true` or `false`, found the string `maybe`"),
        ("init: 1", "1", "init: expected `true` or `false`, found the number `1`"),
        ("ports: ", "ports", "ports: expected a list, found nothing (hint: remove the key, or give it a value)"),
        ("ports: '80'", "'80'", "ports: expected a list, found the string `80` (hint: write one item a line, each after `- `)"),
        ("environment: [1]", "1", "environment[0]: expected a string, found the number `1` (hint: put it in quotes)"),
        ("environment: x", "x", "environment: expected a map or a list of `KEY=value`, found the string `x`"),
        (
            "environment: {A: [1]}",
            "[1]",
            "environment.A: expected a string or a number, found a list (hint: write a single value)",
        ),
        ("environment: ['=x']", "['=x']", "environment: a key is empty"),
        ("healthcheck: x", "x", "healthcheck: expected a map, found the string `x` (hint: write one `key: value` a line)"),
        ("deploy: [x]", "[x]", "deploy: expected a map, found a list (hint: write one `key: value` a line)"),
        ("cap_add: X", "X", "cap_add: expected a list, found the string `X` (hint: write one item a line, each after `- `)"),
    ];
    for (keys, at, message) in cases {
        refused(keys, at, message);
    }
}

#[test]
fn words_and_amounts() {
    let cases = [
        (
            "restart: allways",
            "allways",
            "restart: expected `no`, `always`, `on-failure`, `unless-stopped`, found the string `allways` (hint: did you mean \
             `always`?)",
        ),
        ("restart: 'on-failure:x'", "'on", "restart: `on-failure:x`: after `on-failure:` comes the number of attempts"),
        ("pull_policy: daily", "daily", "pull_policy: the pull policy `daily` is not supported yet"),
        ("stop_grace_period: 5", "5", "stop_grace_period: `5`: the unit is missing"),
        (
            "stop_grace_period: soon",
            "soon",
            "stop_grace_period: `soon`: a duration is numbers with units `us`, `ms`, `s`, `m`, `h`, such as `1m30s`",
        ),
        ("shm_size: 1x", "1x", "shm_size: `1x`: a size is a number with a unit `b`, `k`, `m`, `g` or `t`, such as `512m`"),
        ("cpus: '0,5'", "'0,5'", "cpus: `0,5`: a share of processors is a decimal number such as `0.5`"),
        (
            "container_name: -a",
            "-a",
            "container_name: `-a` is not a container name: it takes two or more letters, digits, `_`, `.` and `-`, and starts \
             with a letter or digit",
        ),
        ("ulimits: {n: {soft: 2, hard: 1}}", "{soft", "ulimits.n: the soft limit 2 is above the hard limit 1"),
        ("ulimits: {n: {soft: 2}}", "{soft", "ulimits.n: `hard` is missing"),
        ("extra_hosts: [h]", "h]", "extra_hosts[0]: `h:` is not a host and its IP address"),
        ("labels: {com.docker.compose.x: 1}", "{com", "labels: the label `com.docker.compose.x` is reserved for the tool itself"),
        ("labels: [io.medianest.x=1]", "[io", "labels: the label `io.medianest.x` is reserved for the tool itself"),
        (
            "command: a && b",
            "a && b",
            "command: no shell runs here, so its operators have no meaning (hint: write a list, such as `[\"sh\", \"-c\", \
             \"…\"]` for a shell)",
        ),
        (
            "healthcheck: {test: [curl, x]}",
            "[curl",
            "healthcheck.test: the list must begin with `NONE`, `CMD` or `CMD-SHELL` \
             (hint: put `CMD` before the command, or write it as one text for the shell)",
        ),
        (
            "healthcheck: {test: [CMD-SHELL, a, b]}",
            "[CMD",
            "healthcheck.test: `CMD-SHELL` takes one text (hint: use `CMD` for a command with arguments)",
        ),
        ("healthcheck: {test: [CMD]}", "[CMD", "healthcheck.test: `CMD` needs a command after it"),
        (
            "deploy: {update_config: {order: x}}",
            "x}",
            "deploy.update_config.order: expected `start-first`, `stop-first`, found the string `x`",
        ),
        (
            "deploy: {update_config: {max_failure_ratio: 2}}",
            "2}",
            "deploy.update_config.max_failure_ratio: expected a number from 0 to 1",
        ),
        (
            "cpus: 1, deploy: {resources: {limits: {cpus: 2}}}",
            "1",
            "cpus: `services.a.deploy.resources.limits.cpus` gives a different value (hint: remove one of the two)",
        ),
        (
            "scale: 2, deploy: {replicas: 3}",
            "2",
            "scale: `services.a.deploy.replicas` gives a different value (hint: remove one of the two)",
        ),
    ];
    for (keys, at, message) in cases {
        refused(keys, at, message);
    }
}

#[test]
fn ports_and_mounts() {
    let hint = "(hint: a port is `[address:][host port:]container port[/tcp|udp]`, best in quotes)";
    let cases = [
        ("ports: ['80:a']", "'80", format!("ports[0]: `80:a`: a port is a number from 1 to 65535 {hint}")),
        (
            "ports: ['8000-8009:80']",
            "'80",
            format!(
                "ports[0]: `8000-8009:80`: a range of host ports for one port of the \
                                        container is not supported yet {hint}"
            ),
        ),
        ("ports: [80.5]", "80.5", format!("ports[0]: `80.5`: a port is a number from 1 to 65535 {hint}")),
        ("ports: [{published: 80}]", "{pub", "ports[0]: `target` is missing".into()),
        (
            "ports: [{target: 80, published: 80-90}]",
            "80-90",
            "ports[0].published: a range of host ports for one port of the \
            container is not supported yet"
                .into(),
        ),
        ("ports: [{target: 80, name: web}]", "name", "ports[0].name: `name` is not supported yet".into()),
        (
            "ports: [{target: 80, protocol: sctp}]",
            "sctp",
            "ports[0].protocol: expected `tcp`, `udp`, found the string \
                                        `sctp`"
                .into(),
        ),
        (
            "ports: [{target: 80, host_ip: localhost}]",
            "localhost",
            "ports[0].host_ip: `localhost`: the host's address is not \
            an IP address"
                .into(),
        ),
        ("expose: [x]", "x]", "expose[0]: `x` is not a port such as `80` or `53/udp`".into()),
        (
            "volumes: ['data:/a:ro:z']",
            "'data",
            "volumes[0]: `data:/a:ro:z` has too many colons (hint: use the long syntax \
                                        with `source` and `target`)"
                .into(),
        ),
        ("volumes: ['data:/a:z']", "'data", "volumes[0]: the mount option `z` is not supported yet".into()),
        ("volumes: ['data:/a:foo']", "'data", "volumes[0]: unknown mount option `foo` (hint: use `ro` or `rw`)".into()),
        ("volumes: ['data:a']", "'data", "volumes[0]: `a` is not an absolute path in the container".into()),
        ("volumes: [':/a']", "':", "volumes[0]: `:/a` has an empty part".into()),
        ("volumes: ['']", "''", "volumes[0]: the mount is empty".into()),
        (
            "volumes: ['conf/x:/a']",
            "'conf",
            "volumes[0]: `conf/x` is neither a volume nor a path (hint: a path begins with \
                                        `./`: `./conf/x`)"
                .into(),
        ),
        ("volumes: ['~/x:/a']", "'~", "volumes[0]: `~` has no meaning here (hint: set `HOME`, or write the whole path)".into()),
        ("volumes: [{type: bind, target: /a}]", "{type", "volumes[0]: `source` is missing".into()),
        (
            "volumes: [{type: image, source: x, target: /a}]",
            "image",
            "volumes[0].type: expected `volume`, `bind`, `tmpfs`, \
            found the string `image`"
                .into(),
        ),
        (
            "volumes: [{type: tmpfs, source: x, target: /a}]",
            "x",
            "volumes[0].source: a file system in memory has no \
            source"
                .into(),
        ),
        (
            "volumes: [{type: volume, source: data, target: /a, volume: {nocopy: true}}]",
            "nocopy",
            "volumes[0].volume.nocopy: \
            `nocopy` is not supported yet"
                .into(),
        ),
        ("tmpfs: run", "run", "tmpfs: `run` is not an absolute path in the container".into()),
        ("secrets: [{target: x}]", "{target", "secrets[0]: `source` is missing".into()),
        (
            "secrets: [{source: s, target: ../x}]",
            "{source",
            "secrets[0]: `/run/secrets/../x` is not the path of a file in the \
            container"
                .into(),
        ),
        (
            "secrets: [{source: s, mode: 0o17777}]",
            "0o1",
            "secrets[0].mode: 0o17777 is more than permission bits can be (hint: \
                                        write them as an octal number with a leading `0`, such as `0440`)"
                .into(),
        ),
        (
            "secrets: [{source: s, mode: rw}]",
            "rw",
            "secrets[0].mode: expected permission bits such as `0440`, found the \
                                        string `rw`"
                .into(),
        ),
    ];
    for (keys, at, message) in cases {
        refused(keys, at, &message);
    }
}

#[test]
fn references() {
    let cases = [
        ("depends_on: [c]", "c]", "depends_on[0]: the service `c` is not declared (hint: did you mean `a`?)"),
        (
            "depends_on: {zz: {condition: service_started}}",
            "{cond",
            "depends_on.zz: the service `zz` is not declared (hint: declare it below `services`)",
        ),
        ("depends_on: {b: }", "b:", "depends_on.b: expected a map, found nothing (hint: remove the key, or give it a value)"),
        ("depends_on: {b: {}}", "{}", "depends_on.b: `condition` is missing"),
        (
            "depends_on: {b: {condition: healthy}}",
            "healthy",
            "depends_on.b.condition: expected `service_started`, `service_healthy`, `service_completed_successfully`, found \
             the string `healthy`",
        ),
        (
            "networks: [front]",
            "front",
            "networks[0]: the network `front` is not declared (hint: declare it below the top-level key `networks`)",
        ),
        ("networks: {nn: }", "nn", "networks.nn: the network `nn` is not declared (hint: did you mean `n`?)"),
        (
            "networks: {n: {ipv4_address: 1.2.3.4}}",
            "ipv4",
            "networks.n.ipv4_address: `ipv4_address` is not supported yet (hint: the tool gives fixed addresses to the \
             services that need them)",
        ),
        ("volumes: ['date:/d']", "'date", "volumes[0]: the volume `date` is not declared (hint: did you mean `data`?)"),
        ("secrets: [x]", "x]", "secrets[0]: the secret `x` is not declared (hint: did you mean `s`?)"),
        (
            "configs: [{source: other}]",
            "{source",
            "configs[0]: the config `other` is not declared (hint: declare it below the top-level key `configs`)",
        ),
    ];
    for (keys, at, message) in cases {
        refused(keys, at, message);
    }
}

#[test]
fn keys() {
    let cases = [
        ("imgae: y", "imgae", "imgae: unknown key `imgae` (hint: did you mean `image`?)"),
        ("enviroment: {}", "enviroment", "enviroment: unknown key `enviroment` (hint: did you mean `environment`?)"),
        ("depends-on: [b]", "depends-on", "depends-on: unknown key `depends-on` (hint: did you mean `depends_on`?)"),
        ("frobnicate: 1", "frobnicate", "frobnicate: unknown key `frobnicate`"),
        (
            "build: .",
            "build",
            "build: `build` is not supported yet (hint: build and push the image beforehand, and give its name as `image`)",
        ),
        (
            "extends: {service: b}",
            "extends",
            "extends: `extends` is not supported yet (hint: share settings by an anchor and a merge key instead: `<<: *common`)",
        ),
        (
            "platform: linux/arm64",
            "platform",
            "platform: `platform` is not supported yet (hint: name an image of the engine's own platform)",
        ),
        ("network_mode: host", "network_mode", "network_mode: `network_mode` is not supported yet"),
        ("healthcheck: {tset: x}", "tset", "healthcheck.tset: unknown key `tset` (hint: did you mean `test`?)"),
        (
            "deploy: {restart_policy: {}}",
            "restart_policy",
            "deploy.restart_policy: `restart_policy` is not supported yet (hint: use `restart` of the service)",
        ),
        ("deploy: {rollback_config: {}}", "rollback_config", "deploy.rollback_config: `rollback_config` is not supported yet"),
        ("env_file: [{path: x, format: raw, required: false}]", "format", "env_file[0].format: `format` is not supported yet"),
        ("x-medianest: {ingres: 1}", "ingres", "x-medianest.ingres: unknown key `ingres` (hint: did you mean `ingress`?)"),
        ("x-medianest: {x-note: 1}", "x-note", "x-medianest.x-note: unknown key `x-note`"),
        ("x-medianest: {migration: {attempts: 0}}", "0}", "x-medianest.migration.attempts: at least one attempt is needed"),
        ("x-medianest: {migration: {verify: []}}", "[]", "x-medianest.migration.verify: the command is empty"),
        (
            "configs: [c], x-medianest: {ingress: {config: c, routes: []}}",
            "[]",
            "x-medianest.ingress.routes: an ingress needs at least one route",
        ),
        ("configs: [c], x-medianest: {ingress: {config: c}}", "{config", "x-medianest.ingress: `routes` is missing"),
        (
            "configs: [c], x-medianest: {ingress: {config: c, routes: [{upstream: u, service: bb, port: 1}]}}",
            "bb",
            "x-medianest.ingress.routes[0].service: the service `bb` is not declared (hint: did you mean `b`?)",
        ),
        (
            "configs: [c], x-medianest: {ingress: {config: c, routes: [{upstream: u, service: b, port: 0}]}}",
            "0}",
            "x-medianest.ingress.routes[0].port: a port is a number from 1 to 65535",
        ),
        (
            "x-medianest: {smoke: [{path: health}]}",
            "health",
            "x-medianest.smoke[0].path: `health` is not a path such as `/api/health?full=1`",
        ),
        (
            "x-medianest: {smoke: [{path: /, status: 101}]}",
            "101",
            "x-medianest.smoke[0].status: a final status is a number from 200 to 599",
        ),
        ("x-medianest: {smoke: [{path: /, latency: 0s}]}", "0s", "x-medianest.smoke[0].latency: no answer takes no time"),
        ("x-medianest: {smoke: [{status: 200}]}", "{status", "x-medianest.smoke[0]: `path` is missing"),
        (
            "x-medianest: {smoke: [{path: /}]}",
            "[{path",
            "x-medianest.smoke: no ingress has a route to this service, so nobody knows which port to ask (hint: give the ingress \
             a route to it, or remove `smoke`)",
        ),
    ];
    for (keys, at, message) in cases {
        refused(keys, at, message);
    }
}

#[test]
fn images() {
    assert_eq!(
        mistakes("services:\n  a: {user: x}\n"),
        ["compose.yaml:2:6: services.a: the service has no image (hint: give the name of one as `image`)"]
    );
    assert_eq!(
        mistakes("services:\n  a: {image: ''}\n"),
        ["compose.yaml:2:14: services.a.image: the service has no image (hint: give the name of one)"]
    );
    assert_eq!(
        mistakes("services:\n  a: {image: 'A b'}\n"),
        ["compose.yaml:2:14: services.a.image: `A b` is not an image reference: the name takes lower-case letters, digits, \
             `.`, `_`, `-`, separated by `/`"]
    );
    let build = mistakes("services:\n  a: {build: ., frob: 1}\n");
    assert_eq!(build.len(), 2, "{build:?}");
}

#[test]
fn top_level_keys() {
    let cases = [
        ("name: 5\nservices: {a: {image: x}}\n", "1:7: name: expected a string, found the number `5` (hint: put it in quotes)"),
        (
            "name: A b\nservices: {a: {image: x}}\n",
            "1:7: name: the value: `A b` is not a project name: it takes lower-case letters, digits, `-` and `_`, and starts \
             with a letter or digit (hint: `ab` would be one)",
        ),
        ("volumes: {}\n", "1:1: the project has no `services`"),
        ("services:\n", "1:1: services: expected a map, found nothing (hint: remove the key, or give it a value)"),
        ("services: [a]\n", "1:11: services: expected a map, found a list (hint: write one `key: value` a line)"),
        ("services:\n  a:\n", "2:3: services.a: expected a map, found nothing (hint: remove the key, or give it a value)"),
        (
            "services:\n  a b: {image: x}\n",
            "2:3: services.a b: `a b` is not a service name: it takes letters, digits, `_`, `.` and `-`",
        ),
        (
            "service:\n  a: {image: x}\nservices: {a: {image: x}}\n",
            "1:1: service: unknown key `service` (hint: did you mean `services`?)",
        ),
        (
            "include: [x]\nservices: {a: {image: x}}\n",
            "1:1: include: `include` is not supported yet (hint: pass the files one after the other instead: `-f a.yaml -f \
             b.yaml`)",
        ),
        (
            "x-medianest: {verison: 1}\nservices: {a: {image: x}}\n",
            "1:15: x-medianest.verison: unknown key `verison` (hint: did you mean `version`?)",
        ),
        ("[]", "1:1: expected a map with `services`, found a list"),
        (
            "services: {a: {image: x}}\nnetworks: {n: {external: true, driver: x}}\n",
            "2:40: networks.n.driver: an external network is used as it is (hint: remove this key, or `external`)",
        ),
        (
            "services: {a: {image: x}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.1/8}]}}}\n",
            "2:41: networks.n.ipam.config[0].subnet: `10.0.0.1/8` is an address within a subnet, not the subnet (hint: the \
             subnet is `10.0.0.0/8`)",
        ),
        (
            "services: {a: {image: x}}\nnetworks: {n: {ipam: {config: [{subnet: 'fd00::/64'}]}}}\n",
            "2:41: networks.n.ipam.config[0].subnet: IPv6 subnets are not supported yet",
        ),
        (
            "services: {a: {image: x}}\nnetworks: {n: {x-medianest: {subnet: big}}}\n",
            "2:38: networks.n.x-medianest.subnet: `big` is not a subnet such as `172.30.0.0/24`",
        ),
        (
            "services: {a: {image: x}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}, x-medianest: {subnet: auto}}}\n",
            "2:69: networks.n.x-medianest: the subnet is given in `ipam` too (hint: remove one of the two)",
        ),
        (
            "services: {a: {image: x}}\nvolumes: {v: {external: true, driver: x}}\n",
            "2:39: volumes.v.driver: an external volume is used as it is (hint: remove this key, or `external`)",
        ),
        (
            "services: {a: {image: x}}\nvolumes: {v: {name: a/b}}\n",
            "2:21: volumes.v.name: `a/b` is not a volume name: it takes letters, digits, `_`, `.` and `-`, and starts with a \
             letter or digit",
        ),
        ("services: {a: {image: x}}\nvolumes: {v: {x-medianest: {uid: 1}}}\n", "2:28: volumes.v.x-medianest: `gid` is missing"),
        (
            "services: {a: {image: x}}\nsecrets: {s: {environment: X}}\n",
            "2:15: secrets.s.environment: `environment` is not supported yet",
        ),
        (
            "services: {a: {image: x}}\nsecrets: {s: {external: true}}\n",
            "2:15: secrets.s.external: `external` is not supported yet",
        ),
        (
            "services: {a: {image: x}}\nsecrets: {s: {}}\n",
            "2:14: secrets.s: the secret has no source (hint: give the path of its file as `file`)",
        ),
        (
            "services: {a: {image: x}}\nsecrets: {../s: {file: x}}\n",
            "2:11: secrets.../s: `../s` is not a secret name: it takes letters, digits, `_`, `.` and `-`, and starts with a \
             letter or digit",
        ),
        (
            "services: {a: {image: x}}\nconfigs: {c: {}}\n",
            "2:14: configs.c: the config has no source (hint: give `file` or `content`)",
        ),
        (
            "services: {a: {image: x}}\nconfigs: {c: {file: x, content: y}}\n",
            "2:33: configs.c: the config has both `file` and `content` (hint: remove one of the two)",
        ),
    ];
    for (text, message) in cases {
        let message = message.replace("configs.c: the config has both", "configs.c.content: the config has both");
        assert_eq!(mistakes(text), [format!("compose.yaml:{message}")], "{text}");
    }
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_the_file() {
    let text =
        "services:\n  a:\n    image: X\n    scale: two\n    ports: [a]\n    frob: 1\n  b:\n    imgae: y\n    depends_on: [c]\n";
    let places: Vec<String> = mistakes(text).iter().map(|m| m.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        places,
        [
            "compose.yaml:3:12 services.a.image",
            "compose.yaml:4:12 services.a.scale",
            "compose.yaml:5:13 services.a.ports[0]",
            "compose.yaml:6:5 services.a.frob",
            "compose.yaml:8:5 services.b",
            "compose.yaml:8:5 services.b.imgae",
            "compose.yaml:9:18 services.b.depends_on[0]",
        ]
    );
}

#[test]
fn a_mistake_shows_its_line() {
    let errors = super::load_text("services:\n  a:\n    image: x\n    scale: two  # soon\n").unwrap_err();
    assert_eq!(errors.0[0].snippet.as_deref(), Some("    scale: two  # soon"));
}

#[test]
fn what_is_only_a_warning() {
    assert_eq!(
        warnings("version: '3.8'\nservices: {a: {image: x}}\n"),
        ["compose.yaml:1:10: version: `version` is obsolete and has no effect (hint: remove the key)"]
    );
    assert_eq!(
        warnings("services: {a: {image: x, init: yes}}\n"),
        ["compose.yaml:1:32: services.a.init: `yes` is no truth value of YAML 1.2, it is read as `true` (hint: write \
             `true` or `false`)"]
    );
    assert_eq!(
        warnings(
            "services: {a: {image: x, deploy: {update_config: {parallelism: 1, delay: 5s, order: start-first, failure_action: \
             pause}}}}\n"
        ),
        ["compose.yaml:1:114: services.a.deploy.update_config.failure_action: an update that fails is always rolled back \
             (hint: write `failure_action: rollback`)"]
    );
    assert_eq!(
        warnings("services: {a: {image: x, depends_on: {z: {condition: service_started, required: false}}}}\n"),
        ["compose.yaml:1:42: services.a.depends_on.z: the service `z` is not declared, nothing waits for it"]
    );
}
