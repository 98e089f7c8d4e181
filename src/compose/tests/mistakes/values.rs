//! Values of the wrong type, and words, amounts, ports and mounts that mean nothing.

use super::refused;

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
