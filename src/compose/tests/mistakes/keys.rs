//! Keys that there are not or that do not go together, and names that lead nowhere.

use super::super::mistakes;
use super::refused;

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
        (
            "x-medianest: {backup: {user: dump}}",
            "{user",
            "x-medianest.backup: the image does not tell which database this is (hint: say so: `kind: postgres`)",
        ),
        (
            "x-medianest: {backup: {kind: mysql}}",
            "mysql",
            "x-medianest.backup.kind: expected `postgres`, `redis`, `none`, found the string `mysql`",
        ),
        (
            "x-medianest: {backup: {kind: redis, user: dump}}",
            "dump",
            "x-medianest.backup.user: only PostgreSQL has users and databases here",
        ),
        (
            "x-medianest: {backup: false}",
            "false",
            "x-medianest.backup: expected a map, found `false` (hint: write one `key: value` a line)",
        ),
    ];
    for (keys, at, message) in cases {
        refused(keys, at, message);
    }
}

#[test]
fn backups() {
    let text = |keys: &str| format!("x-medianest: {{backup: {{{keys}}}}}\nservices: {{a: {{image: x}}}}\n");
    let cases = [
        ("consistency: none", "none", "consistency: expected `live`, `barrier`, `stop`, found the string `none`"),
        ("compress: xz", "xz", "compress: expected `zstd`, `gzip`, found the string `xz`"),
        ("recipient: [age1x]", "recipient", "recipient: unknown key `recipient` (hint: did you mean `recipients`?)"),
        (
            "recipients: [ssh-ed25519]",
            "ssh",
            "recipients[0]: `ssh-ed25519` is not an age recipient (age1…) (hint: medianestctl backup key generate makes a key and \
             shows its recipient)",
        ),
        (
            "keep: {last: 0}",
            "{last",
            "keep: a policy that keeps no backup at all is none; say how many to keep (hint: write for example `{last: 7, daily: 7, \
             weekly: 4, monthly: 12}`)",
        ),
        ("keep: {last: -1}", "-1", "keep.last: the number -1 is out of range"),
        ("keep: {yearly: 1, last: 1}", "yearly", "keep.yearly: unknown key `yearly`"),
        (
            "targets: {Far: {disk: {path: /b}}}",
            "Far",
            "targets.Far: `Far` is not a name of a backup target: it takes lower-case letters, digits, `-` and `_`, and starts with a \
             letter or digit",
        ),
        (
            "targets: {a: {}}",
            "{}",
            "targets.a: a target is either a `disk` or an `s3` (hint: write for example `disk: {path: /mnt/backups}`)",
        ),
        (
            "targets: {a: {disk: {path: /b}, s3: {bucket: shop}}}",
            "{disk",
            "targets.a: a target is either a `disk` or an `s3` (hint: write for example `disk: {path: /mnt/backups}`)",
        ),
        ("targets: {a: {disk: {}}}", "{}", "targets.a.disk: `path` is missing"),
        ("targets: {a: {disk: {path: ''}}}", "''", "targets.a.disk.path: the path is empty"),
        ("targets: {a: {s3: {region: eu}}}", "{region", "targets.a.s3: `bucket` is missing"),
        (
            "targets: {a: {s3: {bucket: a/b}}}",
            "a/b",
            "targets.a.s3.bucket: `a/b` is not a bucket's name: it takes letters, digits, `.`, `-` and `_`",
        ),
        (
            "targets: {a: {s3: {bucket: shop, lock: {mode: forever, days: 1}}}}",
            "forever",
            "targets.a.s3.lock.mode: expected `governance`, `compliance`, found the string `forever`",
        ),
        (
            "targets: {a: {s3: {bucket: shop, lock: {mode: compliance, days: 0}}}}",
            "0}",
            "targets.a.s3.lock.days: a lock lasts at least one day",
        ),
        (
            "targets: {a: {s3: {bucket: shop, credentials: {file: a, profile: b}}}}",
            "{file",
            "targets.a.s3.credentials: credentials come from one place (hint: write `environment`, `{file: PATH}` or `{profile: NAME}`)",
        ),
    ];
    for (keys, at, message) in cases {
        let text = text(keys);
        let column = text.find(keys).unwrap() + keys.find(at).unwrap() + 1;
        assert_eq!(mistakes(&text), [format!("compose.yaml:1:{column}: x-medianest.backup.{message}")], "{keys}");
    }
    // A secret that strayed into the file stands in no message and in no line that is shown.
    for (keys, secret) in [
        ("recipients: [AGE-SECRET-KEY-1HUNTER2]", "HUNTER2"),
        ("targets: {a: {s3: {bucket: shop, endpoint: 'https://me:hunter2@host'}}}", "hunter2"),
        ("targets: {a: {s3: {bucket: shop, secret_key: hunter2}}}", "hunter2"),
    ] {
        let errors = super::super::load_text(&text(keys)).unwrap_err();
        assert_eq!(errors.0.len(), 1, "{errors}");
        assert!(errors.0[0].hint.is_some() && !format!("{errors:?}").contains(secret), "{errors:?}");
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
